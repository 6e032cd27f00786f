//! Reads a file that may have come with what is scanned, whatever it is: the configuration, the baseline.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Returns what a file holds, if that is not more than `most` bytes. Nothing is believed about its size beforehand: a
/// device says that it is empty and never ends.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn content(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("it has more than the {most} bytes allowed"));
    }
    Ok(bytes)
}

/// Like [`content`], for a file that nobody named. A link of that name may lead to a pipe, which would never answer.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn found(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    match std::fs::metadata(file) {
        Ok(meta) if !meta.is_file() => Err(String::from("it is not a regular file")),
        _ => content(file, most),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{content, found};

    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        assert!(content(Path::new("/dev/zero"), 1000).unwrap_err().contains("more than the 1000 bytes"));
        assert!(found(Path::new("/dev/zero"), 1000).unwrap_err().contains("regular file"));
        assert_eq!(content(Path::new("/dev/null"), 0), Ok(Vec::new()));
    }
}
