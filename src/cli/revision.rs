//! `--config-from`: the configuration and the baseline as a git revision holds them, so that whoever changes the
//! worktree does not decide what is found there.

use std::path::{Path, PathBuf};

use flaresec::source::Failure;
use flaresec::source::exclude::absolute;
use flaresec::source::git::Git;
use flaresec::source::revision::{Held, Revision};

use super::select::here;
use super::{ScanArgs, complain};

/// Returns the revision that the configuration and the baseline are read from, if one is named. Returns the exit code
/// if there is no such revision.
pub(crate) fn of(args: &ScanArgs) -> Result<Option<Revision>, u8> {
    let named = args.files.config_from.as_deref();
    named.map(|name| Revision::new(Git::at("."), name).map_err(|failure| refused(&failure))).transpose()
}

/// Returns the first of the files that the revision holds. Returns the exit code if it cannot be read or has more than
/// `most` bytes.
pub(crate) fn first(revision: &Revision, files: &[PathBuf], most: u64) -> Result<Option<Held>, u8> {
    revision.first(files, most).map_err(|failure| refused(&failure))
}

/// Returns a file that was named, as the revision holds it; `what` it is, for messages. Returns the exit code if the
/// revision does not hold it or if it has more than `most` bytes.
pub(crate) fn named(revision: &Revision, what: &str, file: &Path, most: u64) -> Result<Held, u8> {
    let here = here();
    let mut path = absolute(&here, file);
    if !revision.covers(&path)
        && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
        && let Ok(real) = folder.canonicalize()
    {
        // It may have been named through a link.
        path = real.join(name);
    }
    if !revision.covers(&path) {
        let fault = format!("the {what} {} is outside of the repository", file.display());
        return Err(complain(&fault, "with --config-from, name a file of that revision"));
    }
    let held = first(revision, &[path], most)?;
    held.ok_or_else(|| {
        let fault = format!("the {what} {} does not exist in {}", file.display(), revision.name);
        complain(&fault, "with --config-from, name a file of that revision")
    })
}

fn refused(failure: &Failure) -> u8 {
    complain(&format!("--config-from: {}: {}", failure.what, failure.cause), &failure.remedy)
}
