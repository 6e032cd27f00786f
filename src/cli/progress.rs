//! Shows the progress of a long scan, if standard error is a terminal.

use std::time::Duration;

use flaresec::blob::{Blob, BlobPath};
use flaresec::source::{Failure, SkipReason, Visitor};
use indicatif::{ProgressBar, ProgressStyle};

/// A visitor that counts blobs on their way to the next one.
pub(crate) struct Progress<'a> {
    bar: ProgressBar,
    next: &'a dyn Visitor,
}

impl<'a> Progress<'a> {
    /// Counts what is passed on to `next`.
    pub(crate) fn new(next: &'a dyn Visitor) -> Progress<'a> {
        let bar = ProgressBar::new_spinner();
        let style =
            ProgressStyle::with_template("{spinner} {human_pos} versions of files, {per_sec}, {elapsed}");
        bar.set_style(style.expect("a fixed template"));
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress { bar, next }
    }
}

impl Visitor for Progress<'_> {
    fn blob(&self, blob: Blob<'_>) {
        self.next.blob(blob);
        self.bar.inc(1);
    }

    fn skipped(&self, path: BlobPath, reason: SkipReason) {
        self.next.skipped(path, reason);
    }

    fn failed(&self, failure: Failure) {
        self.next.failed(failure);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
