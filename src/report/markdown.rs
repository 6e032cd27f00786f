//! `markdown`: for the summary of a job or a comment on a pull request.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::human::headline;
use super::{Report, printable};
use crate::rule::{Rule, RuleSet};

/// The most rows of the table: at about 300 bytes each they stay far below the 65,536 characters of a comment.
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
        writeln!(out, "\n**{}**: {}", plain(&rule.title), plain(rule.docs.instead.trim()))?;
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
    writeln!(out, "\n{} files, {}.", report.stats.files, report.stats.rules_in_words())
}

/// Returns the text as code in which Markdown and HTML have no meaning, nobody is mentioned and nothing becomes a link.
fn code(text: &str) -> String {
    format!("<code>{}</code>", entities(text))
}

/// Returns the text as prose, as harmless as [`code`]. Code spans lose their backticks; the empty comment keeps `@name`
/// from notifying anyone.
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
