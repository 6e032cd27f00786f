//! Reports: one file per format, all over the same sorted [`Report`]. The only part that formats output.

use std::time::Duration;

use crate::blob::BlobPath;
use crate::finding::Finding;
use crate::source::{Failure, SkipReason};

/// Everything a scan has to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// All findings, suppressed ones included, sorted by path, place and rule.
    pub findings: Vec<Finding>,
    /// Left out by design.
    pub skipped: Vec<(BlobPath, SkipReason)>,
    /// Could not be scanned; not empty means exit code 2.
    pub failures: Vec<Failure>,
    /// What the user should know about this run: the configuration used, each rule it disables.
    pub notices: Vec<String>,
    /// Figures for the summary.
    pub stats: Stats,
}

/// Figures of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Blobs looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rules that were active.
    pub rules: usize,
    /// Wall time.
    pub elapsed: Duration,
}
