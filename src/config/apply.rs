//! What the configuration does to findings.

use std::path::Path;

use super::{Config, Level, PerPath, Setting, about, parts};
use crate::finding::{Finding, SuppressedBy, Suppression};
use crate::rule::Severity;
use crate::source::exclude::{Globs, absolute};
use crate::source::git::path_from_bytes;

/// Marks and changes findings as the configuration says; later entries for a path win over earlier ones. `folder` is
/// where the configuration applies from, `root` what the paths of findings are relative to; both absolute.
pub fn apply(config: &Config, folder: &Path, root: &Path, findings: &mut [Finding]) {
    let per_path: Vec<(Globs, &PerPath)> =
        config.per_path.iter().filter_map(|p| Some((Globs::new(folder, &p.paths).ok()?, p))).collect();
    for finding in findings {
        if let Some(setting) = about(&config.rules, &finding.rule) {
            change(finding, setting, "by the configuration");
        }
        if per_path.is_empty() {
            continue;
        }
        let path = absolute(root, &path_from_bytes(finding.path.as_bytes()));
        for (globs, settings) in &per_path {
            if let Some(setting) = about(&settings.rules, &finding.rule)
                && globs.cover(&path, false)
            {
                change(finding, setting, "for this path by the configuration");
            }
        }
    }
}

fn change(finding: &mut Finding, setting: Setting, by: &str) {
    let (level, severity) = parts(setting);
    if let Some(severity) = severity {
        finding.severity = severity;
    }
    match level {
        Some(Level::Allow) => {
            finding.suppressed.get_or_insert_with(|| Suppression {
                by: SuppressedBy::Config,
                reason: format!("rule disabled {by}"),
            });
        }
        Some(Level::Warn) => finding.severity = severity.unwrap_or(Severity::Note),
        Some(Level::Deny) => finding.severity = finding.severity.max(Severity::High),
        None => {}
    }
    if matches!(level, Some(Level::Warn | Level::Deny))
        && finding.suppressed.as_ref().is_some_and(|s| s.by == SuppressedBy::Config)
    {
        finding.suppressed = None;
    }
}
