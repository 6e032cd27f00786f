//! `concise` and `github`: one line per finding, for editors and for annotations.

use std::io::{self, Write};

use super::{Report, Style, printable, shown_path};
use crate::rule::Severity;
use crate::text::is_deceptive;

/// The most annotations that GitHub shows per step.
const ANNOTATIONS: usize = 10;

/// `path:line:column: severity[rule] message`.
pub(super) fn concise(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.shown() {
        let accepted = finding.suppressed.as_ref().map(|s| format!(" ({})", printable(&s.to_string())));
        writeln!(
            out,
            "{}:{}:{}: {}[{}] {}{}",
            shown_path(&finding.path),
            finding.location.start.line,
            finding.location.start.column,
            finding.severity,
            finding.rule.id,
            printable(&finding.message),
            accepted.unwrap_or_default()
        )?;
    }
    for failure in &report.failures {
        writeln!(out, "error: {}: {}", printable(&failure.what), printable(&failure.cause))?;
        if !failure.remedy.is_empty() {
            writeln!(out, "  help: {}", printable(&failure.remedy))?;
        }
    }
    for notice in report.notices().filter(|_| !style.quiet) {
        writeln!(out, "note: {}", printable(notice))?;
    }
    Ok(())
}

/// Workflow commands. Everything from outside is escaped as GitHub's toolkit does, so no command can be smuggled in.
pub(super) fn github(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut count = 0;
    for finding in report.open() {
        count += 1;
        if count > ANNOTATIONS {
            continue;
        }
        let level = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium | Severity::Low => "warning",
            Severity::Note => "notice",
        };
        writeln!(
            out,
            "::{level} file={},line={},endLine={},col={},endColumn={},title={}::{}",
            property(&finding.path.to_text()),
            finding.location.start.line,
            finding.location.end.line,
            finding.location.start.column,
            finding.location.end.column,
            property(&format!("flaresec {}", finding.rule.id)),
            data(&format!("{}. {}", finding.message, finding.help.trim()))
        )?;
    }
    if count > ANNOTATIONS {
        writeln!(
            out,
            "::notice title=flaresec::{} more findings are in the log and the report",
            count - ANNOTATIONS
        )?;
    }
    for notice in report.notices() {
        writeln!(out, "::notice title=flaresec::{}", data(notice))?;
    }
    for failure in &report.failures {
        writeln!(out, "::error title=flaresec::{}", data(&format!("{}: {}", failure.what, failure.cause)))?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    let hides = |c: char| c.is_control() && !matches!(c, '\r' | '\n') || is_deceptive(c);
    let text: String = text.chars().map(|c| if hides(c) { '\u{FFFD}' } else { c }).collect();
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
