//! `json`: one versioned object. `jsonl`: one finding per line, then one summary object.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Finding, SuppressedBy};
use crate::rule::RuleSet;
use crate::span::Location;

/// Version of the shape; raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// Writes the whole report as one object.
pub(super) fn json(report: &Report, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = report.findings.iter().map(|f| finding(f, rules)).collect();
    let mut object = summary(report);
    object["findings"] = Value::Array(findings);
    serde_json::to_writer_pretty(&mut *out, &object)?;
    out.write_all(b"\n")
}

/// Writes a line per finding and a last one with the summary.
pub(super) fn jsonl(report: &Report, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    for item in &report.findings {
        writeln!(out, "{}", finding(item, rules))?;
    }
    writeln!(out, "{}", json!({ "summary": summary(report) }))
}

fn summary(report: &Report) -> Value {
    json!({
        "version": VERSION,
        "tool": { "name": "flaresec", "version": env!("CARGO_PKG_VERSION") },
        "skipped": report.skipped.iter().map(|(path, reason)| json!({
            "path": path.to_text(), "reason": reason.describe(),
        })).collect::<Vec<_>>(),
        "failures": report.failures.iter().map(|f| json!({
            "what": f.what, "cause": f.cause, "remedy": f.remedy,
        })).collect::<Vec<_>>(),
        "notices": report.notices,
        "stats": {
            "files": report.stats.files,
            "bytes": report.stats.bytes,
            "rules": report.stats.rules,
            "findings": report.findings.iter().filter(|f| f.suppressed.is_none()).count(),
            "suppressed": report.findings.iter().filter(|f| f.suppressed.is_some()).count(),
        },
    })
}

fn finding(finding: &Finding, rules: &RuleSet) -> Value {
    let mut object = place(&finding.location);
    let practice = rules.practice(&finding.rule.practice);
    let fields = json!({
        "rule_id": finding.rule.id,
        "category": finding.rule.category.name(),
        "practice": finding.rule.practice,
        "practice_title": practice.map(|p| &p.title),
        "practice_source": practice.map(|p| &p.source),
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "message": finding.message,
        "path": finding.path.to_text(),
        "labels": finding.labels.iter().map(|label| {
            let mut object = place(&label.location);
            object["message"] = json!(label.message);
            object
        }).collect::<Vec<_>>(),
        "evidence": finding.evidence,
        "help": finding.help,
        "permissions": finding.permissions,
        "fingerprint": finding.fingerprint.0,
        "credential": finding.credential.as_ref().map(|c| json!({
            "kind": c.kind, "masked": c.masked, "length": c.length,
        })),
        "suppressed": finding.suppressed.as_ref().map(|s| json!({
            "by": match s.by {
                SuppressedBy::Inline => "inline",
                SuppressedBy::Baseline => "baseline",
                SuppressedBy::Config => "config",
            },
            "reason": s.reason,
        })),
        "provenance": finding.provenance.as_ref().map(|p| json!({
            "commit": p.commit, "date": p.date, "age_days": p.age_days, "in_head": p.in_head,
        })),
    });
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object
}

fn place(location: &Location) -> Value {
    json!({
        "start": { "line": location.start.line, "column": location.start.column },
        "end": { "line": location.end.line, "column": location.end.column },
        "span": { "start": location.span.start, "end": location.span.end },
    })
}
