//! `gitlab-secrets` and `gitlab-quality`: what GitLab reads from the artifacts of a job.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Finding, day};
use crate::rule::Severity;

/// Version of GitLab's security report schemas that the output follows; the limits below are that schema's:
/// <https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/blob/v15.2.1/dist/secret-detection-report-format.json>.
const SCHEMA: &str = "15.2.1";
/// The longest name of a vulnerability, in characters.
const LONGEST_NAME: usize = 255;
/// The longest solution, in characters.
const LONGEST_SOLUTION: usize = 7000;
/// GitLab requires a commit for every secret; its own analyzer writes this one when it does not scan the history.
const NO_COMMIT: &str = "0000000";

/// The findings that are credentials, as a secret detection report. Holds the time of the scan, which GitLab requires.
pub(super) fn secrets(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let program = json!({
        "id": "flaresec",
        "name": "flaresec",
        "version": env!("CARGO_PKG_VERSION"),
        "vendor": { "name": "flaresec" },
        "url": env!("CARGO_PKG_REPOSITORY"),
    });
    let messages: Vec<Value> = report
        .failures
        .iter()
        .map(|f| json!({ "level": "fatal", "value": format!("{}: {}", f.what, f.cause) }))
        .chain(report.notices().map(|text| json!({ "level": "info", "value": text })))
        .collect();
    let object = json!({
        "version": SCHEMA,
        "vulnerabilities": report.open().filter(|f| f.credential.is_some()).map(vulnerability).collect::<Vec<_>>(),
        "scan": {
            "type": "secret_detection",
            "analyzer": program,
            "scanner": program,
            "start_time": time(now.saturating_sub(report.stats.elapsed)),
            "end_time": time(now),
            "status": if report.failures.is_empty() { "success" } else { "failure" },
            "messages": messages,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &object)?;
    out.write_all(b"\n")
}

fn vulnerability(finding: &Finding) -> Value {
    let mut identifier = json!({
        "type": "flaresec_rule_id",
        "name": format!("flaresec rule {}", finding.rule.id),
        "value": finding.rule.id,
    });
    let links: Vec<&str> = finding.rule.docs.links().collect();
    if let Some(link) = links.first() {
        identifier["url"] = json!(link);
    }
    json!({
        "id": finding.fingerprint.0,
        "category": "secret_detection",
        "name": short(&finding.message, LONGEST_NAME),
        "description": format!("{}. {}", finding.message, finding.evidence.join("; ")),
        "severity": match finding.severity {
            Severity::Critical => "Critical",
            Severity::High => "High",
            Severity::Medium => "Medium",
            Severity::Low => "Low",
            Severity::Note => "Info",
        },
        "solution": short(finding.help.trim(), LONGEST_SOLUTION),
        "location": {
            "file": finding.path.to_text(),
            "start_line": finding.location.start.line,
            "end_line": finding.location.end.line,
            "commit": { "sha": finding.provenance.as_ref().map_or(NO_COMMIT, |p| p.commit.as_str()) },
        },
        "identifiers": [identifier],
        "links": links.iter().map(|url| json!({ "url": url })).collect::<Vec<_>>(),
    })
}

/// Returns the text, cut to `longest` characters with `…` at the end if it is longer.
fn short(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest - 1).chain(['…']).collect()
}

/// All findings, as a code quality report.
pub(super) fn quality(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<Value> = report
        .open()
        .map(|finding| {
            json!({
                "description": format!("{}. {}", finding.message, finding.help.trim()),
                "check_name": finding.rule.id,
                "fingerprint": finding.fingerprint.0,
                "severity": match finding.severity {
                    Severity::Critical => "blocker",
                    Severity::High => "critical",
                    Severity::Medium => "major",
                    Severity::Low => "minor",
                    Severity::Note => "info",
                },
                "location": {
                    "path": finding.path.to_text(),
                    "lines": { "begin": finding.location.start.line, "end": finding.location.end.line },
                },
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}

/// Formats the time since the start of 1970 as UTC: `2026-01-31T23:59:59`.
fn time(since: Duration) -> String {
    let seconds = since.as_secs();
    let (days, rest) = (seconds / day::SECONDS, seconds % day::SECONDS);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}", day::date(i64::try_from(days).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_735_689_599, "2024-12-31T23:59:59"),
            (1_735_689_600, "2025-01-01T00:00:00"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), text);
        }
    }
}
