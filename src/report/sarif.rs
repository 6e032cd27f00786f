//! `sarif`: SARIF 2.1.0 within the limits of GitHub code scanning.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Finding, SuppressedBy};
use crate::rule::{Confidence, Rule, RuleSet, Severity};
use crate::span::Location;

/// The most results that GitHub accepts per run.
const RESULTS: usize = 25_000;

/// Writes one run. Suppressed findings are left out: code scanning would open alerts for them.
pub(super) fn sarif(report: &Report, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&Finding> = report.shown().collect();
    let mut index: BTreeMap<&str, (usize, &Rule)> = BTreeMap::new();
    for finding in &shown {
        index.entry(&finding.rule.id).or_insert((0, &finding.rule));
    }
    for rule in &rules.rules {
        index.entry(&rule.id).or_insert((0, rule));
    }
    for (number, entry) in index.values_mut().enumerate() {
        entry.0 = number;
    }
    let results: Vec<Value> =
        shown.iter().take(RESULTS).map(|f| result(f, index[f.rule.id.as_str()].0)).collect();
    let run = json!({
        "tool": { "driver": {
            "name": "flaresec",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": index.values().map(|(_, rule)| descriptor(rule, rules)).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the folder flaresec was started in" } } },
        "invocations": [invocation(report, shown.len())],
        "results": results,
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn descriptor(rule: &Rule, rules: &RuleSet) -> Value {
    let practice = rules.practice(&rule.practice);
    let practice =
        practice.map_or(String::new(), |p| format!("**Best practice**: [{}]({})\n\n", p.title, p.source));
    let links: String = rule.docs.links().map(|link| format!("- <{link}>\n")).collect();
    let markdown = format!(
        "{}\n\n**Why this is bad**: {}\n\n**What to do instead**: {}\n\n{practice}{links}",
        rule.docs.what.trim(),
        rule.docs.why.trim(),
        rule.docs.instead.trim()
    );
    // GitHub refuses a description or help without a text, which a rule of the user's may leave out.
    let or_title =
        |text: &str| if text.trim().is_empty() { rule.title.clone() } else { text.trim().to_owned() };
    // No `name`: SARIF has one only where it says more than the id.
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": or_title(&rule.docs.what) },
        "help": { "text": or_title(&rule.docs.instead), "markdown": markdown },
        "helpUri": rule.docs.links().next().unwrap_or(env!("CARGO_PKG_REPOSITORY")),
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "tags": ["security", "cloudflare", rule.category.name()],
            "security-severity": score(rule.severity),
            "precision": "high",
        },
    })
}

fn result(finding: &Finding, index: usize) -> Value {
    let related: Vec<Value> = finding
        .labels
        .iter()
        .enumerate()
        .map(|(id, label)| {
            let mut place = location(finding, &label.location);
            place["id"] = json!(id + 1);
            place["message"] = json!({ "text": label.message });
            place
        })
        .collect();
    let needs = match finding.permissions.as_slice() {
        [] => String::new(),
        needs => format!(" A token needs: {}.", needs.join(", ")),
    };
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": format!("{}.{needs} {}", finding.message, finding.help.trim()) },
        "locations": [location(finding, &finding.location)],
        "relatedLocations": related,
        "partialFingerprints": { "flaresec/v1": finding.fingerprint.0 },
        "properties": {
            "security-severity": score(finding.severity),
            "precision": precision(finding.confidence),
            "evidence": finding.evidence,
        },
    });
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([{
            "description": { "text": finding.help.trim() },
            "artifactChanges": [{
                "artifactLocation": artifact(&finding.path.shown()),
                "replacements": [{ "deletedRegion": region(&fix.location), "insertedContent": { "text": fix.text } }],
            }],
        }]);
    }
    if let Some(suppression) = &finding.suppressed {
        let kind = if suppression.by == SuppressedBy::Inline { "inSource" } else { "external" };
        result["suppressions"] = json!([{ "kind": kind, "justification": suppression.reason }]);
    }
    result
}

fn location(finding: &Finding, at: &Location) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": artifact(&finding.path.shown()),
        "region": region(at),
    }})
}

fn region(at: &Location) -> Value {
    json!({
        "startLine": at.start.line,
        "startColumn": at.start.column,
        "endLine": at.end.line,
        "endColumn": at.end.column.max(if at.start.line == at.end.line { at.start.column } else { 1 }),
        "byteOffset": at.span.start,
        "byteLength": at.span.len(),
    })
}

/// Returns the location of a file: relative to the folder flaresec was started in, or a `file:` URI if the path is
/// absolute.
fn artifact(path: &[u8]) -> Value {
    if path.starts_with(b"/") {
        json!({ "uri": format!("file://{}", uri(path)) })
    } else {
        json!({ "uri": uri(path), "uriBaseId": "%SRCROOT%" })
    }
}

/// Returns the path as a relative URI reference, with every byte that is not unreserved percent-encoded.
fn uri(path: &[u8]) -> String {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    path.iter().fold(String::new(), |mut out, &b| {
        if b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~') {
            out.push(b as char);
        } else {
            out += &format!("%{b:02X}");
        }
        out
    })
}

/// Describes the run: its exit code, its configuration, what could not be scanned and what was left out.
fn invocation(report: &Report, results: usize) -> Value {
    let settings: Vec<Value> = report.settings.iter().map(|text| note("note", text.clone())).collect();
    let mut out = json!({
        "executionSuccessful": report.failures.is_empty(),
        "toolConfigurationNotifications": settings,
        "toolExecutionNotifications": notifications(report, results),
    });
    if let Some(code) = report.exit_code {
        out["exitCode"] = json!(code);
    }
    out
}

fn note(level: &str, text: String) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

fn notifications(report: &Report, open: usize) -> Vec<Value> {
    let mut out: Vec<Value> = report.notices.iter().map(|text| note("note", text.clone())).collect();
    out.extend(
        report.failures.iter().map(|f| note("error", format!("{}: {}; {}", f.what, f.cause, f.remedy))),
    );
    out.extend(
        report
            .skipped
            .iter()
            .map(|(path, reason)| note("note", format!("skipped {}: {}", path.to_text(), reason.describe()))),
    );
    if open > RESULTS {
        out.push(note("warning", format!("{} more findings are not listed", open - RESULTS)));
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Note => "note",
    }
}

/// Returns the score by which GitHub sorts: above 9 is critical, from 7 high, from 4 medium, below that low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Note => "1.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "low",
    }
}
