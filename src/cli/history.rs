//! `--history`: what was ever committed, and where each finding was first recorded.

use std::collections::{BTreeSet, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

use flaresec::blob::BlobPath;
use flaresec::collect::Survey;
use flaresec::finding::{Finding, Provenance};
use flaresec::report::Report;
use flaresec::scan::Scanner;
use flaresec::source::exclude::{Exclude, Excluding};
use flaresec::source::git::Git;
use flaresec::source::history::Origins;
use flaresec::source::{Failure, Visitor as _, history};

use super::ScanArgs;
use super::progress::Progress;
use super::select::{collector, repository};

/// Reads every blob once; what may hold a secret is looked up in the commits and scanned as a whole.
pub(super) fn scan_history(args: &ScanArgs, range: &str, scanner: &Scanner, exclude: &Exclude) -> Report {
    let (git, limits) = repository(args);
    if let Some(failure) = args.source.since.as_deref().and_then(|date| undated(&git, date)) {
        return Report { failures: vec![failure], ..Report::default() };
    }
    let mut revisions = args.source.branch.clone();
    if !range.is_empty() {
        revisions.push(range.to_owned());
    }
    let options = history::Options { revisions, since: args.source.since.clone(), paths: limits };
    let first = Survey::new(scanner, args.files.max_file_size);
    history::contents(&git, &options, &Progress::new(&first));
    let first = first.finish();
    let second = collector(args, scanner);
    // With nothing to look up, a git that failed above would only say so again.
    let looked_up = if first.objects.is_empty() {
        Ok(HashMap::new())
    } else {
        history::attribute(&git, &options, &first.objects)
    };
    let origins = looked_up.unwrap_or_else(|failure| {
        second.failed(failure);
        HashMap::new()
    });
    let visitor = Excluding { exclude, next: &second };
    let found = history::by_object(&git, &origins, &visitor, || second.take());
    let mut report = second.finish();
    report.stats.files = first.files;
    report.stats.bytes = first.bytes;
    report.stats.elapsed += first.elapsed;
    report.skipped = first.skipped;
    report.failures.extend(first.failures);
    report.findings = attributed(found);
    let stale = flaresec::scan::stale(scanner.rules(), &report.findings);
    report.findings.extend(stale);
    report.findings.sort_by(Finding::order);
    report
}

/// Returns the failure that git finds no date in a text: it then takes the present time, and no commit would be read.
fn undated(git: &Git, date: &str) -> Option<Failure> {
    /// How long git may take to answer, in seconds.
    const SLACK: u64 = 60;
    let said = git.line("--since", &["rev-parse", &format!("--since={date}")]).ok().flatten()?;
    let since: u64 = said.strip_prefix("--max-age=")?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    (since.saturating_add(SLACK) >= now).then(|| Failure {
        what: format!("--since {date}"),
        cause: String::from("git reads no past date in it, so that no commit would be left"),
        remedy: String::from("write a date such as 2026-01-31, or `3 months ago`"),
    })
}

/// A finding of the history: equal ones of several versions of a file are one.
struct Recorded {
    finding: Finding,
    /// Where the oldest version with it was recorded.
    origins: Origins,
    /// Whether HEAD contains a version with it.
    in_head: bool,
    /// The other paths of all versions with it.
    also: BTreeSet<BlobPath>,
}

/// Returns one finding per secret and path, with the commit that first held it and whether HEAD still holds it.
fn attributed(found: Vec<(Origins, Vec<Finding>)>) -> Vec<Finding> {
    let mut out: HashMap<String, Recorded> = HashMap::new();
    for (origins, findings) in found {
        for finding in findings {
            let recorded = out.entry(finding.fingerprint.0.clone()).or_insert_with(|| Recorded {
                finding: finding.clone(),
                origins: origins.clone(),
                in_head: false,
                also: BTreeSet::new(),
            });
            recorded.in_head |= origins.in_head;
            recorded.also.extend(origins.also.iter().cloned());
            if origins.rank < recorded.origins.rank {
                (recorded.finding, recorded.origins) = (finding, origins.clone());
            }
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    let dated = |Recorded { mut finding, origins, in_head, also }: Recorded| {
        finding.evidence.extend(copies(&also));
        let age_days = (now - origins.seconds).max(0) as u64 / 86_400;
        let Origins { commit, date, .. } = origins;
        finding.provenance = Some(Provenance { commit, date, age_days, in_head });
        finding
    };
    out.into_values().map(dated).collect()
}

/// Says under which other paths a file was recorded.
fn copies(paths: &BTreeSet<BlobPath>) -> Option<String> {
    /// How many are named.
    const NAMED: usize = 20;
    let mut named: Vec<String> = paths.iter().take(NAMED).map(BlobPath::to_text).collect();
    if paths.len() > NAMED {
        named.push(format!("{} more", paths.len() - NAMED));
    }
    (!named.is_empty()).then(|| format!("the same file is also at {}", named.join(", ")))
}
