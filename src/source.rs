//! Sources of blobs: the worktree, the git index, a diff, the history, standard input, a list of files. A source
//! hands each blob to a [`Visitor`] and reports what it could not read. It knows nothing of rules.

use std::path::Path;

use crate::blob::{Blob, BlobPath};

pub mod changes;
pub mod diff;
pub mod exclude;
pub mod git;
pub mod history;
pub mod index;
mod objects;
pub mod revision;
mod running;
pub mod stream;
pub mod tracked;
pub mod worktree;

/// Receives what a source reads, possibly from several threads at once.
pub trait Visitor: Sync {
    /// Takes one blob. The visitor itself reports errors of its reader.
    fn blob(&self, blob: Blob<'_>);

    /// Takes note of a blob that is left out by design (binary, too large, submodule): counted in the summary, not an
    /// error.
    fn skipped(&self, path: BlobPath, reason: SkipReason);

    /// Takes note of something that could not be read: the scan is incomplete, and the exit code says so.
    fn failed(&self, failure: Failure);
}

/// Why a blob was left out by design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Contains NUL bytes among many other control characters, and is not UTF-16.
    Binary,
    /// Larger than `--max-file-size`.
    TooLarge,
    /// A symbolic link whose target is not in the scanned tree.
    SymlinkOutside,
    /// A symbolic link to something in the scanned tree that is left out itself.
    SymlinkUnscanned,
    /// A git submodule, which is a repository of its own.
    Submodule,
    /// Not a regular file (socket, device, pipe).
    NotAFile,
}

impl SkipReason {
    /// Returns the reason in words, for the summary.
    pub fn describe(self) -> &'static str {
        match self {
            SkipReason::Binary => "binary",
            SkipReason::TooLarge => "larger than --max-file-size",
            SkipReason::SymlinkOutside => "symbolic link out of the scanned tree",
            SkipReason::SymlinkUnscanned => "symbolic link to what is left out",
            SkipReason::Submodule => "submodule",
            SkipReason::NotAFile => "not a regular file",
        }
    }
}

/// Something that could not be scanned: what, why, and what to do about it. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The path, or what else was being read ("the git index").
    pub what: String,
    /// The cause, lower-case, no final full stop.
    pub cause: String,
    /// What the user can do, lower-case, no final full stop; may be empty.
    pub remedy: String,
}

/// Returns the failure that a path of the command line is nothing in the source: it would count as clean.
fn unmatched(path: &Path, cause: &str) -> Failure {
    Failure {
        what: BlobPath::from_path(path).to_text(),
        cause: cause.to_owned(),
        remedy: String::from("name a path that exists there, relative to the current folder"),
    }
}
