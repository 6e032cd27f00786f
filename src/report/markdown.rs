//! `markdown`: for the summary of a job or a comment on a pull request.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::human::headline;
use super::{Report, printable};
use crate::rule::{Rule, RuleSet};

/// Rows of the table: with some 300 bytes each they stay far below the 65,536 characters of a comment.
const ROWS: usize = 100;

/// A table of findings, then what to do about each rule, then what the reader should know about the scan.
pub(super) fn markdown(report: &Report, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## flaresec: {}\n", headline(report))?;
    let total = report.open().count();
    if total > 0 {
        writeln!(out, "| severity | place | rule | finding |\n| --- | --- | --- | --- |")?;
    }
    let mut fired: BTreeMap<&str, &Rule> = BTreeMap::new();
    for finding in report.open().take(ROWS) {
        fired.insert(&finding.rule.id, &finding.rule);
        let masked = finding.credential.as_ref().map_or(String::new(), |c| format!(" {}", code(&c.masked)));
        let place = format!("{}:{}", finding.path.to_text(), finding.location.start.line);
        writeln!(
            out,
            "| {} | {} | {} | {}{masked} |",
            finding.severity,
            code(&place),
            code(&finding.rule.id),
            plain(&finding.message)
        )?;
    }
    if total > ROWS {
        writeln!(out, "\n{} more findings are in the log and the report.", total - ROWS)?;
    }
    for rule in fired.values() {
        writeln!(out, "\n**{}**: {}", rule.title, plain(rule.docs.instead.trim()))?;
        if let Some(practice) = rules.practice(&rule.practice) {
            writeln!(out, "Best practice: [{}]({}).", practice.title, practice.source)?;
        }
    }
    if !report.failures.is_empty() {
        writeln!(out, "\n**The scan is incomplete:**\n")?;
    }
    for failure in &report.failures {
        writeln!(out, "- {}: {}", code(&failure.what), plain(&failure.cause))?;
    }
    if report.notices().next().is_some() {
        writeln!(out)?;
    }
    for notice in report.notices() {
        writeln!(out, "- {}", plain(notice))?;
    }
    writeln!(out, "\n{} files, {} rules.", report.stats.files, report.stats.rules)
}

/// Text as code: neither Markdown nor HTML in it has a meaning, nor is anyone mentioned or anything linked.
fn code(text: &str) -> String {
    format!("<code>{}</code>", entities(text))
}

/// Text as text: as [`code`], except that code spans of the rules' own prose lose their backticks.
/// The empty comment keeps `@name` from notifying anyone.
fn plain(text: &str) -> String {
    entities(&text.replace('`', "").replace(['\n', '\r'], " ")).replace("&#64;", "&#64;<!-- -->")
}

fn entities(text: &str) -> String {
    printable(text).chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-') {
            out += &format!("&#{};", c as u32);
        } else {
            out.push(c);
        }
        out
    })
}
