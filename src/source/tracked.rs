//! Files that git tracks although an ignore pattern matches them: they are in every clone, so they are scanned.

use std::path::{Path, PathBuf};

use super::Failure;
use super::git::{Git, looks_like_repository, path_from_bytes};
use crate::blob::BlobPath;

/// Whose patterns a file is ignored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patterns {
    /// Git's own: `.gitignore`, `.git/info/exclude` and the user's.
    Git,
    /// Those of `.ignore` files, which search tools obey and git does not.
    Search,
}

/// Returns the tracked files under `root` that exist although they are ignored, as paths that start with `root`. Returns
/// none if `root` is not in a repository, or if there is no `git`.
///
/// # Errors
/// There is a repository, but git cannot read it.
pub fn tracked_but_ignored(root: &Path, patterns: Patterns) -> Result<Vec<PathBuf>, Failure> {
    if !root.is_dir() || !looks_like_repository(root) {
        return Ok(Vec::new());
    }
    listed(root, &Git::at(root), patterns)
}

/// Like [`tracked_but_ignored`], for a folder that is known to hold a repository of its own.
///
/// # Errors
/// Git cannot read it.
pub fn tracked_in(folder: &Path, patterns: Patterns) -> Result<Vec<PathBuf>, Failure> {
    listed(folder, &Git::at(folder).own(), patterns).map_err(|failure| Failure {
        what: format!("{} of the repository {}", failure.what, BlobPath::from_path(folder).to_text()),
        ..failure
    })
}

fn listed(root: &Path, git: &Git, patterns: Patterns) -> Result<Vec<PathBuf>, Failure> {
    // Only names are read, so trusting an unknown owner is harmless; a scan in a container, where the owner differs,
    // has to work.
    let git = git.clone().trusted();
    let excluded = match patterns {
        Patterns::Git => "--exclude-standard",
        Patterns::Search => "--exclude-per-directory=.ignore",
    };
    let listed = match git.read("the tracked files", &["ls-files", "-z", "--cached", "--ignored", excluded]) {
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
