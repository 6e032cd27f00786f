//! `human`: for a person at a terminal. Findings with their lines, why they matter and what to do, then a summary.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Chars, Config, emit_to_write_style};

use super::{Report, Style, printable, shown_path};
use crate::finding::{Excerpt, Finding};
use crate::rule::{RuleSet, Severity};

/// Writes findings and summary.
pub(super) fn human(report: &Report, rules: &RuleSet, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.color {
        write(report, rules, style, &mut Ansi::new(&mut *out))
    } else {
        write(report, rules, style, &mut NoColor::new(&mut *out))
    }
}

fn write(report: &Report, rules: &RuleSet, style: Style, out: &mut dyn WriteColor) -> io::Result<()> {
    let config = Config { chars: Chars::box_drawing(), ..Config::default() };
    let mut explained = BTreeSet::new();
    for finding in report.shown() {
        let files = Shown { name: shown_path(&finding.path), finding };
        let first = explained.insert(finding.rule.id.as_str());
        let diagnostic = diagnostic(finding, rules, first, style.width);
        emit_to_write_style(out, &config, &files, &diagnostic).map_err(io::Error::other)?;
    }
    for notice in report.notices().filter(|_| !style.quiet) {
        writeln!(out, "note: {}", printable(notice))?;
    }
    for failure in &report.failures {
        writeln!(out, "error: {}: {}", printable(&failure.what), printable(&failure.cause))?;
        if !failure.remedy.is_empty() {
            writeln!(out, "  help: {}", printable(&failure.remedy))?;
        }
    }
    if style.quiet { Ok(()) } else { summary(report, out) }
}

/// The finding as codespan prints it; `first` of its rule in the report, it also says what holds for the whole rule.
fn diagnostic(finding: &Finding, rules: &RuleSet, first: bool, width: usize) -> Diagnostic<()> {
    let labels = finding.excerpt.labels.iter().map(|label| {
        let style = if label.primary { LabelStyle::Primary } else { LabelStyle::Secondary };
        let message = if label.primary { what(finding) } else { printable(&label.message) };
        Label::new(style, (), label.span.start..label.span.end).with_message(message)
    });
    // codespan prints notes after the column of line numbers and ` = `.
    let last = finding.excerpt.lines.last().map_or(1, |line| line.number);
    let width = width.saturating_sub(last.to_string().len() + " = ".len());
    let level = if finding.suppressed.is_some() { Level::Note } else { level(finding.severity) };
    Diagnostic::new(level)
        .with_code(format!("{} {}", finding.severity, finding.rule.id))
        .with_message(printable(&finding.message))
        .with_labels(labels.collect())
        .with_notes(notes(finding, rules, first, width))
}

/// What is said under the lines of a finding.
fn notes(finding: &Finding, rules: &RuleSet, first: bool, width: usize) -> Vec<String> {
    let rule = &finding.rule;
    let mut notes = Vec::new();
    if let Some(suppression) = &finding.suppressed {
        notes.push(note("note", &printable(&suppression.to_string()), width));
    }
    if !finding.evidence.is_empty() {
        let text = format!("{} ({} confidence)", printable(&finding.evidence.join("; ")), finding.confidence);
        notes.push(note("evidence", &text, width));
    }
    if let Some(value) = finding.credential.as_ref().and_then(|credential| credential.revealed.as_ref()) {
        // Whoever copies it needs it in one piece.
        notes.push(format!("value: {}", printable(value)));
    }
    if !finding.permissions.is_empty() {
        notes.push(note("a token needs", &finding.permissions.join(", "), width));
    }
    if let Some(from) = &finding.provenance {
        let head = if from.in_head { "still in HEAD" } else { "no longer in HEAD, but in the history" };
        let text = format!("commit {} of {}, {} days ago; {head}", from.commit, from.date, from.age_days);
        notes.push(note("first seen", &text, width));
    }
    let (why, help) = (rule.docs.why.trim(), finding.help.trim());
    if first && !why.is_empty() {
        notes.push(note("why", &reflowed(why), width));
    }
    if let Some(practice) = rules.practice(&rule.practice).filter(|_| first) {
        notes.push(note("practice", &format!("{}\n{}", practice.title, practice.source), width));
    }
    if !first && help == rule.docs.instead.trim() {
        notes.push(note("help", &format!("as above; `flaresec explain {}` says more", rule.id), width));
    } else if !help.is_empty() {
        notes.push(note("help", &reflowed(help), width));
    }
    notes
}

/// Prose of a rule without its line breaks, which are those of the file it was written in; paragraphs stay apart.
fn reflowed(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// Wraps a note so that its lines fit into `width` characters, as far as words do; all but the first are indented below
/// the text. Control characters become escapes, line breaks of the text stay.
fn note(key: &str, text: &str, width: usize) -> String {
    let mut out = format!("{key}:");
    let indent = out.len() + 1;
    let mut column = out.len();
    for line in text.lines().map(printable) {
        for (index, word) in line.split_whitespace().enumerate() {
            let length = word.chars().count();
            // The first word stands beside the key however long it is.
            let first = column < indent;
            if first || index > 0 && column + 1 + length <= width {
                out.push(' ');
                column += 1 + length;
            } else {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent + length;
            }
            out.push_str(word);
        }
    }
    out
}

/// Returns the label of the marked place: kind and length of a credential, else nothing.
fn what(finding: &Finding) -> String {
    match &finding.credential {
        Some(credential) => format!("{}, {} characters", printable(&credential.kind), credential.length),
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

/// Returns how many findings of which severity there are: "2 findings (1 critical, 1 high), 1 suppressed".
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

/// Writes the line that ends a report: findings, figures of the scan, what was left out.
///
/// # Errors
/// Those of `out`.
pub fn summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut line = headline(report);
    let stats = report.stats;
    line += &format!(
        "; {} file{}, {}, {}, {:.2} s",
        stats.files,
        if stats.files == 1 { "" } else { "s" },
        size(stats.bytes),
        stats.rules_in_words(),
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

/// Presents the masked excerpt of one finding to codespan as the file, which it never sees.
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
