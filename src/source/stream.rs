//! Standard input as one blob, and lists of files.

use std::io::{BufRead, Read};
use std::path::PathBuf;

use super::Visitor;
use super::git::path_from_bytes;
use crate::blob::{Blob, BlobPath, Origin};

/// Hands over one stream as a blob of the given name.
pub fn stream(content: &mut dyn Read, name: BlobPath, visitor: &dyn Visitor) {
    visitor.blob(Blob { path: name, origin: Origin::Stdin, touched: None, content });
}

/// Reads a list of paths: one per line, or with `nul` each ended by a NUL byte.
///
/// # Errors
/// Those of `input`.
pub fn file_list(input: &mut dyn BufRead, nul: bool) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for name in input.split(if nul { 0 } else { b'\n' }) {
        let name = name?;
        let name = if nul { &name[..] } else { name.strip_suffix(b"\r").unwrap_or(&name) };
        if !name.is_empty() {
            paths.push(path_from_bytes(name));
        }
    }
    Ok(paths)
}
