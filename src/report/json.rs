//! `json`: one versioned object. `jsonl`: one finding per line, then one object with the rest. The types are the shape:
//! `docs/schema/report-v1.json` is made of them.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::finding;
use crate::finding::{Fix, SuppressedBy};
use crate::rule::{Category, Confidence, RuleSet, Severity};
use crate::span::Location;

/// Version of the shape; raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// The whole report.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Whole<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    /// Sorted by path, place and rule; accepted ones included.
    findings: Vec<Finding<'a>>,
}

/// The last line of `jsonl`; every other line is a finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LastLine<'a> {
    summary: Summary<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary<'a> {
    /// Version of this shape.
    version: u32,
    tool: Tool,
    /// Left out by design.
    skipped: Vec<Skipped>,
    /// Could not be scanned; not empty means exit code 2.
    failures: Vec<Failure<'a>>,
    /// The configuration and baseline in use and everything they change; files that were not understood.
    notices: Vec<&'a str>,
    stats: Stats,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tool {
    /// Always `flaresec`.
    name: &'static str,
    /// Version of the program.
    version: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Skipped {
    path: String,
    reason: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Failure<'a> {
    /// The file, option or repository.
    what: &'a str,
    cause: &'a str,
    remedy: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Stats {
    /// Files, or versions of files, that were scanned.
    files: u64,
    /// Their total size in bytes.
    bytes: u64,
    /// Rules that were active.
    rules: usize,
    /// Findings that nothing accepted.
    findings: usize,
    /// Findings that something accepted.
    suppressed: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Finding<'a> {
    rule_id: &'a str,
    category: Category,
    /// Id of the best practice that the rule serves.
    practice: &'a str,
    practice_title: Option<&'a str>,
    practice_source: Option<&'a str>,
    severity: Severity,
    confidence: Confidence,
    /// One line, lower-case, no final full stop.
    message: &'a str,
    /// With `/` as separator; bytes that are not UTF-8 appear as U+FFFD.
    path: String,
    #[serde(flatten)]
    place: Place,
    /// Other places in the file that belong to the finding.
    labels: Vec<Label<'a>>,
    /// Why the finding is taken to be real.
    evidence: &'a [String],
    /// How to fix it.
    help: &'a str,
    /// The permissions that a token would need to replace a Global API Key.
    permissions: &'a [String],
    /// Identity of the finding: `v1:` and 32 hex digits; it does not change when lines move.
    fingerprint: &'a str,
    credential: Option<Credential<'a>>,
    fix: Option<Replacement<'a>>,
    /// Set when something accepted the finding; it then does not count.
    suppressed: Option<Suppressed<'a>>,
    /// With `--history`.
    provenance: Option<Provenance<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    start: Position,
    /// Exclusive: the column after the last character.
    end: Position,
    span: Span,
}

/// Line and column, both counted from 1.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Position {
    line: usize,
    /// In characters of the original line.
    column: usize,
}

/// Offsets into the file in bytes; the end is exclusive.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Label<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Credential<'a> {
    /// "user API token", "Global API Key", …
    kind: &'a str,
    /// A public prefix, asterisks, at most the last four characters.
    masked: &'a str,
    /// In characters.
    length: usize,
    /// In clear, only with `--reveal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    revealed: Option<&'a str>,
}

/// What to write in place of a part of the file.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Place,
    text: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Suppressed<'a> {
    by: By,
    reason: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum By {
    Inline,
    Baseline,
    Config,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Provenance<'a> {
    /// The first commit that holds it, in hex.
    commit: &'a str,
    /// Its author date, ISO 8601.
    date: &'a str,
    age_days: u64,
    /// Whether the same secret still stands in HEAD.
    in_head: bool,
}

/// Writes the whole report as one object.
pub(super) fn json(report: &Report, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let findings = report.findings.iter().map(|f| finding(f, rules)).collect();
    serde_json::to_writer_pretty(&mut *out, &Whole { summary: summary(report), findings })?;
    out.write_all(b"\n")
}

/// Writes a line per finding and a last one with the summary.
pub(super) fn jsonl(report: &Report, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    for item in &report.findings {
        serde_json::to_writer(&mut *out, &finding(item, rules))?;
        out.write_all(b"\n")?;
    }
    serde_json::to_writer(&mut *out, &LastLine { summary: summary(report) })?;
    out.write_all(b"\n")
}

fn summary(report: &Report) -> Summary<'_> {
    let open = report.open().count();
    let skipped = report.skipped.iter();
    Summary {
        version: VERSION,
        tool: Tool { name: "flaresec", version: env!("CARGO_PKG_VERSION") },
        skipped: skipped
            .map(|(path, reason)| Skipped { path: path.to_text(), reason: reason.describe() })
            .collect(),
        failures: report
            .failures
            .iter()
            .map(|f| Failure { what: &f.what, cause: &f.cause, remedy: &f.remedy })
            .collect(),
        notices: report.notices().collect(),
        stats: Stats {
            files: report.stats.files,
            bytes: report.stats.bytes,
            rules: report.stats.rules,
            findings: open,
            suppressed: report.findings.len() - open,
        },
    }
}

fn finding<'a>(finding: &'a finding::Finding, rules: &'a RuleSet) -> Finding<'a> {
    let practice = rules.practice(&finding.rule.practice);
    Finding {
        rule_id: &finding.rule.id,
        category: finding.rule.category,
        practice: &finding.rule.practice,
        practice_title: practice.map(|p| p.title.as_str()),
        practice_source: practice.map(|p| p.source.as_str()),
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        path: finding.path.to_text(),
        place: place(&finding.location),
        labels: finding
            .labels
            .iter()
            .map(|label| Label { message: &label.message, place: place(&label.location) })
            .collect(),
        evidence: &finding.evidence,
        help: &finding.help,
        permissions: &finding.permissions,
        fingerprint: &finding.fingerprint.0,
        credential: finding.credential.as_ref().map(|c| Credential {
            kind: &c.kind,
            masked: &c.masked,
            length: c.length,
            revealed: c.revealed.as_deref(),
        }),
        fix: finding.fix.as_ref().map(|Fix { location, text }| Replacement { place: place(location), text }),
        suppressed: finding.suppressed.as_ref().map(|s| Suppressed {
            by: match s.by {
                SuppressedBy::Inline => By::Inline,
                SuppressedBy::Baseline => By::Baseline,
                SuppressedBy::Config => By::Config,
            },
            reason: &s.reason,
        }),
        provenance: finding.provenance.as_ref().map(|p| Provenance {
            commit: &p.commit,
            date: &p.date,
            age_days: p.age_days,
            in_head: p.in_head,
        }),
    }
}

fn place(location: &Location) -> Place {
    Place {
        start: Position { line: location.start.line, column: location.start.column },
        end: Position { line: location.end.line, column: location.end.column },
        span: Span { start: location.span.start, end: location.span.end },
    }
}

#[cfg(test)]
mod tests {
    use super::{LastLine, Whole};

    /// `cargo bless` rewrites the schema.
    #[test]
    fn the_schema_is_current() {
        let mut schema = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
        let last = schema.subschema_for::<LastLine<'_>>();
        let mut whole = schema.into_root_schema_for::<Whole<'_>>().to_value();
        whole["title"] = serde_json::json!("flaresec --format json, version 1");
        whole["description"] = serde_json::json!(
            "A line of --format jsonl is a finding or, the last one, what $defs/LastLine describes."
        );
        // The description names what no line of the schema refers to: it has to be there, and to hold what is printed.
        assert_eq!(last.get("$ref").and_then(|place| place.as_str()), Some("#/$defs/LastLine"));
        assert_eq!(whole["$defs"]["LastLine"]["properties"]["summary"]["$ref"], "#/$defs/Summary");
        assert_eq!(whole["$defs"]["LastLine"]["required"], serde_json::json!(["summary"]));
        let text = serde_json::to_string_pretty(&whole).unwrap() + "\n";
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/report-v1.json");
        if std::env::var_os("FLARESEC_BLESS").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        assert!(std::fs::read_to_string(file).unwrap() == text, "run with FLARESEC_BLESS=1");
    }
}
