//! Leaves paths out by glob, for the sources that do not walk folders.

use ignore::overrides::{Override, OverrideBuilder};

use super::git::path_from_bytes;
use super::{Failure, SkipReason, Visitor};
use crate::blob::{Blob, BlobPath};

/// Passes on everything but what the globs name.
pub struct Excluding<'a> {
    globs: Override,
    next: &'a dyn Visitor,
}

impl<'a> Excluding<'a> {
    /// Before `next`; `globs` in `.gitignore` syntax.
    ///
    /// # Errors
    /// The first glob that is not one.
    pub fn new(globs: &[String], next: &'a dyn Visitor) -> Result<Excluding<'a>, Failure> {
        let fault = |glob: &str, error: ignore::Error| Failure {
            what: format!("--exclude {glob}"),
            cause: format!("not a valid glob: {error}"),
            remedy: String::from("use .gitignore syntax, for example `vendor/**`"),
        };
        let mut builder = OverrideBuilder::new("");
        for glob in globs {
            builder.add(&format!("!{glob}")).map_err(|e| fault(glob, e))?;
        }
        Ok(Excluding { globs: builder.build().map_err(|e| fault("", e))?, next })
    }

    /// Whether a glob names the path or a folder above it.
    fn excludes(&self, path: &BlobPath) -> bool {
        if self.globs.num_ignores() == 0 && self.globs.is_empty() {
            return false;
        }
        let path = path_from_bytes(path.as_bytes());
        self.globs.matched(&path, false).is_ignore()
            || path
                .ancestors()
                .skip(1)
                .any(|folder| !folder.as_os_str().is_empty() && self.globs.matched(folder, true).is_ignore())
    }
}

impl Visitor for Excluding<'_> {
    fn blob(&self, blob: Blob<'_>) {
        if !self.excludes(&blob.path) {
            self.next.blob(blob);
        }
    }

    fn skipped(&self, path: BlobPath, reason: SkipReason) {
        if !self.excludes(&path) {
            self.next.skipped(path, reason);
        }
    }

    fn failed(&self, failure: Failure) {
        self.next.failed(failure);
    }
}
