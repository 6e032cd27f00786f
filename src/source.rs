//! Sources yield blobs: the worktree, the git index, a diff, the history, standard input, a list of files.
//! A source knows nothing of rules; it hands each blob to a [`Visitor`] and says what it could not read.

use crate::blob::{Blob, BlobPath};

pub mod changes;
pub mod diff;
pub mod exclude;
pub mod git;
pub mod history;
pub mod index;
mod objects;
mod running;
pub mod stream;
pub mod tracked;
pub mod worktree;

/// Receives what a source finds. Called from several threads at once.
pub trait Visitor: Sync {
    /// One blob. Errors of its reader are reported by the visitor, not returned.
    fn blob(&self, blob: Blob<'_>);

    /// Left out by design (binary, size, submodule): counted in the summary, not an error.
    fn skipped(&self, path: BlobPath, reason: SkipReason);

    /// Could not be read: the scan is incomplete and the exit code says so.
    fn failed(&self, failure: Failure);
}

/// Why a blob was left out by design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Holds NUL bytes and is not UTF-16.
    Binary,
    /// Larger than `--max-file-size`.
    TooLarge,
    /// A symbolic link whose target is not in the scanned tree.
    SymlinkOutside,
    /// A git submodule: it is a repository of its own.
    Submodule,
    /// Not a regular file (socket, device, pipe).
    NotAFile,
}

impl SkipReason {
    /// The reason in words for the summary.
    pub fn describe(self) -> &'static str {
        match self {
            SkipReason::Binary => "binary",
            SkipReason::TooLarge => "larger than --max-file-size",
            SkipReason::SymlinkOutside => "symbolic link out of the scanned tree",
            SkipReason::Submodule => "submodule",
            SkipReason::NotAFile => "not a regular file",
        }
    }
}

/// Something that could not be scanned: what, why, and what to do about it. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The path, or what else was being read ("the git index").
    pub what: String,
    /// The cause, lower-case, no final full stop.
    pub cause: String,
    /// What the user can do, lower-case, no final full stop; may be empty.
    pub remedy: String,
}
