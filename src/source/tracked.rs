//! Files that git tracks although an ignore pattern matches them: they are in every clone, so they are scanned.

use std::path::{Path, PathBuf};

use super::Failure;
use super::git::{Git, looks_like_repository, path_from_bytes};

/// Returns the tracked but ignored files under `root` that exist, as paths that start with `root`. Returns none if
/// `root` is not in a repository, or if there is no `git`.
///
/// # Errors
/// There is a repository, but git cannot read it.
pub fn tracked_but_ignored(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !root.is_dir() || !looks_like_repository(root) {
        return Ok(Vec::new());
    }
    // Only names are read, so trusting an unknown owner is harmless; a scan in a container, where the owner differs,
    // has to work.
    let git = Git::at(root).trusted();
    let arguments = ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
    let listed = match git.read("the tracked files", &arguments) {
        Ok(listed) => listed,
        Err(failure)
            if failure.what == "git"
                || failure.cause.contains("not a git repository")
                || failure.cause.contains("must be run in a work tree")
                || failure.cause.contains("dubious ownership") =>
        {
            return Ok(Vec::new());
        }
        Err(failure) => return Err(failure),
    };
    let names = listed.split(|b| *b == 0).filter(|name| !name.is_empty());
    let mut paths: Vec<PathBuf> = names
        .map(|name| root.join(path_from_bytes(name)))
        // Deleted, or outside a sparse checkout.
        .filter(|path| path.symlink_metadata().is_ok_and(|meta| meta.is_file()))
        .collect();
    paths.dedup();
    Ok(paths)
}
