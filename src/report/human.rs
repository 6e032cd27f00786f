//! `human`: for a person at a terminal. Findings with their lines, why they matter and what to do, then a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Chars, Config, emit_to_write_style};

use super::{Report, printable, shown_path};
use crate::finding::{Excerpt, Finding};
use crate::rule::{RuleSet, Severity};

/// Writes findings and summary.
pub(super) fn human(report: &Report, rules: &RuleSet, color: bool, out: &mut dyn Write) -> io::Result<()> {
    if color {
        write(report, rules, &mut Ansi::new(&mut *out))
    } else {
        write(report, rules, &mut NoColor::new(&mut *out))
    }
}

fn write(report: &Report, rules: &RuleSet, out: &mut dyn WriteColor) -> io::Result<()> {
    let config = Config { chars: Chars::box_drawing(), ..Config::default() };
    for finding in report.open() {
        let files = Shown { name: shown_path(&finding.path), finding };
        emit_to_write_style(out, &config, &files, &diagnostic(finding, rules)).map_err(io::Error::other)?;
    }
    for notice in report.notices() {
        writeln!(out, "note: {}", printable(notice))?;
    }
    for failure in &report.failures {
        writeln!(out, "error: {}: {}", printable(&failure.what), printable(&failure.cause))?;
        if !failure.remedy.is_empty() {
            writeln!(out, "  help: {}", printable(&failure.remedy))?;
        }
    }
    summary(report, out)
}

fn diagnostic(finding: &Finding, rules: &RuleSet) -> Diagnostic<()> {
    let labels = finding.excerpt.labels.iter().map(|label| {
        let style = if label.primary { LabelStyle::Primary } else { LabelStyle::Secondary };
        let message = if label.primary { what(finding) } else { label.message.clone() };
        Label::new(style, (), label.span.start..label.span.end).with_message(message)
    });
    let mut notes = Vec::new();
    if !finding.evidence.is_empty() {
        notes.push(format!("evidence: {} ({} confidence)", finding.evidence.join("; "), finding.confidence));
    }
    if let Some(value) = finding.credential.as_ref().and_then(|credential| credential.revealed.as_ref()) {
        notes.push(format!("value: {value}"));
    }
    if !finding.permissions.is_empty() {
        notes.push(format!("a token needs: {}", finding.permissions.join(", ")));
    }
    if let Some(practice) = rules.practice(&finding.rule.practice) {
        notes.push(format!("why: {}\n     {}", practice.why, practice.source));
    }
    if let Some(from) = &finding.provenance {
        let head = if from.in_head { "still in HEAD" } else { "no longer in HEAD, but in the history" };
        notes.push(format!(
            "first in commit {} of {}, {} days ago; {head}",
            from.commit, from.date, from.age_days
        ));
    }
    notes.push(format!("help: {}", finding.help.trim()));
    Diagnostic::new(level(finding.severity))
        .with_code(format!("{} {}", finding.severity, finding.rule.id))
        .with_message(&finding.message)
        .with_labels(labels.collect())
        .with_notes(notes.iter().map(|note| printable_lines(note)).collect())
}

/// The few words under the marked place.
fn what(finding: &Finding) -> String {
    match &finding.credential {
        Some(credential) => format!("{}, {} characters", credential.kind, credential.length),
        None => String::new(),
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium | Severity::Low => Level::Warning,
        Severity::Note => Level::Note,
    }
}

/// As [`printable`], but line breaks stay.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// How many findings of which severity: "2 findings (1 critical, 1 high), 1 suppressed".
pub(super) fn headline(report: &Report) -> String {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    report.open().for_each(|f| *counts.entry(f.severity).or_default() += 1);
    let total: usize = counts.values().sum();
    let each: Vec<String> = counts.iter().rev().map(|(severity, n)| format!("{n} {severity}")).collect();
    let mut line = match total {
        0 => String::from("no findings"),
        1 => format!("1 finding ({})", each.join(", ")),
        _ => format!("{total} findings ({})", each.join(", ")),
    };
    let suppressed = report.findings.len() - total;
    if suppressed > 0 {
        line += &format!(", {suppressed} suppressed");
    }
    line
}

fn summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut line = headline(report);
    let stats = report.stats;
    line += &format!(
        "; {} files, {}, {} rules, {:.2} s",
        stats.files,
        size(stats.bytes),
        stats.rules,
        stats.elapsed.as_secs_f64()
    );
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    report.skipped.iter().for_each(|(_, reason)| *skipped.entry(reason.describe()).or_default() += 1);
    let skipped: Vec<String> = skipped.iter().map(|(reason, n)| format!("{n} skipped ({reason})")).collect();
    if !skipped.is_empty() {
        line += &format!("; {}", skipped.join(", "));
    }
    if !report.failures.is_empty() {
        line += &format!("; INCOMPLETE: {} could not be scanned", report.failures.len());
    }
    writeln!(out, "flaresec: {line}")
}

fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} GB")
}

/// The excerpt of one finding as the file that codespan prints: it never sees the real one.
struct Shown<'a> {
    name: String,
    finding: &'a Finding,
}

impl Shown<'_> {
    fn excerpt(&self) -> &Excerpt {
        &self.finding.excerpt
    }
}

impl<'a> Files<'a> for Shown<'a> {
    type FileId = ();
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, (): ()) -> Result<&'a str, Error> {
        Ok(&self.name)
    }

    fn source(&'a self, (): ()) -> Result<&'a str, Error> {
        Ok(&self.excerpt().text)
    }

    fn line_index(&'a self, (): (), byte: usize) -> Result<usize, Error> {
        Ok(self.excerpt().lines.partition_point(|line| line.start <= byte).saturating_sub(1))
    }

    fn line_number(&'a self, (): (), index: usize) -> Result<usize, Error> {
        Ok(self.excerpt().lines.get(index).map_or(0, |line| line.number))
    }

    fn column_number(&'a self, (): (), index: usize, byte: usize) -> Result<usize, Error> {
        let line = self.finding.location.start.line;
        match self.excerpt().lines.get(index) {
            Some(shown) if shown.number == line => Ok(self.finding.location.start.column),
            shown => Ok(byte - shown.map_or(0, |s| s.start) + 1),
        }
    }

    fn line_range(&'a self, (): (), index: usize) -> Result<Range<usize>, Error> {
        let lines = &self.excerpt().lines;
        let start = lines.get(index).map_or(self.excerpt().text.len(), |line| line.start);
        let end = lines.get(index + 1).map_or(self.excerpt().text.len(), |line| line.start);
        Ok(start..end)
    }
}
