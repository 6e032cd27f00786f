//! Reports: one file per format, all over the same sorted [`Report`]. The only part that formats output.

use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use crate::blob::BlobPath;
use crate::finding::Finding;
use crate::rule::RuleSet;
use crate::source::{Failure, SkipReason};
use crate::text::is_deceptive;

mod gitlab;
mod human;
mod json;
mod lines;
mod markdown;
mod sarif;
mod xml;

pub use human::summary;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One line per finding.
    Concise,
    /// One versioned object.
    Json,
    /// One object per line.
    Jsonl,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// GitHub annotations.
    Github,
    /// GitLab secret detection: the findings that are credentials.
    GitlabSecrets,
    /// GitLab code quality: all findings.
    GitlabQuality,
    /// JUnit XML: a finding is a failed test.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// Markdown for a job summary or a comment.
    Markdown,
}

impl Format {
    /// All formats with their names on the command line.
    pub const ALL: &[(&str, Format)] = &[
        ("human", Format::Human),
        ("concise", Format::Concise),
        ("json", Format::Json),
        ("jsonl", Format::Jsonl),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("gitlab-secrets", Format::GitlabSecrets),
        ("gitlab-quality", Format::GitlabQuality),
        ("junit", Format::Junit),
        ("checkstyle", Format::Checkstyle),
        ("markdown", Format::Markdown),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Format::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Whether people read it as it is; the others are made for programs.
    pub fn is_prose(self) -> bool {
        matches!(self, Format::Human | Format::Concise | Format::Github | Format::Markdown)
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        let found = Format::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format).ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
            format!("no format `{name}`; there are: {}", names.join(", "))
        })
    }
}

/// How a report for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether it has colours, as escape sequences.
    pub color: bool,
    /// Where lines of prose end, in characters.
    pub width: usize,
    /// Whether notices and the summary are left out.
    pub quiet: bool,
}

/// Width of lines where nobody knows that of the terminal, in characters.
pub const WIDTH: usize = 100;

impl Default for Style {
    fn default() -> Style {
        Style { color: false, width: WIDTH, quiet: false }
    }
}

/// Writes the report in a format; only those for people have a style.
///
/// # Errors
/// Those of `out`.
pub fn write(
    format: Format,
    report: &Report,
    rules: &RuleSet,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::human(report, rules, style, out),
        Format::Concise => lines::concise(report, style, out),
        Format::Json => json::json(report, rules, out),
        Format::Jsonl => json::jsonl(report, rules, out),
        Format::Sarif => sarif::sarif(report, rules, out),
        Format::Github => lines::github(report, out),
        Format::GitlabSecrets => gitlab::secrets(report, out),
        Format::GitlabQuality => gitlab::quality(report, out),
        Format::Junit => xml::junit(report, out),
        Format::Checkstyle => xml::checkstyle(report, out),
        Format::Markdown => markdown::markdown(report, rules, out),
    }
}

/// Makes text from outside safe for a terminal: control characters and those that change the direction of text become
/// escapes.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if is_deceptive(c) => c.escape_unicode().to_string(),
            c if c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        })
        .collect()
}

/// The outcome of a scan.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// All findings, suppressed ones included, sorted by path, place and rule.
    pub findings: Vec<Finding>,
    /// What was left out by design.
    pub skipped: Vec<(BlobPath, SkipReason)>,
    /// What could not be scanned; the exit code is 2 if there is anything.
    pub failures: Vec<Failure>,
    /// The configuration and the baseline used, and everything they change.
    pub settings: Vec<String>,
    /// What else the user should know about this run.
    pub notices: Vec<String>,
    /// Whether formats that leave accepted findings out include them after all.
    pub show_suppressed: bool,
    /// The exit code of the program, once it is known.
    pub exit_code: Option<u8>,
    /// Figures for the summary.
    pub stats: Stats,
}

impl Report {
    /// Settings and notices, in this order.
    pub fn notices(&self) -> impl Iterator<Item = &str> {
        self.settings.iter().chain(&self.notices).map(String::as_str)
    }

    /// The findings that a report lists: all if accepted ones are wanted, else those that count.
    pub fn shown(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| self.show_suppressed || finding.suppressed.is_none())
    }

    /// The findings that count: those that nothing accepted.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }
}

/// Figures of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Blobs that were scanned.
    pub files: u64,
    /// Their total size in bytes.
    pub bytes: u64,
    /// Rules that were active.
    pub rules: usize,
    /// All rules there are, the active ones included; 0 if that is not known.
    pub all_rules: usize,
    /// Wall time.
    pub elapsed: Duration,
}

impl Stats {
    /// How many rules were active, and of how many: "40 of 42 rules", or "42 rules" if all were.
    fn rules_in_words(&self) -> String {
        if self.rules < self.all_rules {
            format!("{} of {} rules", self.rules, self.all_rules)
        } else {
            format!("{} rules", self.rules)
        }
    }
}

/// Makes a path safe for a terminal and for the log of a workflow, where a line that starts with `::` is a command.
pub fn shown_path(path: &BlobPath) -> String {
    let text = printable(&path.to_text());
    if text.starts_with("::") || text.starts_with("##[") { format!("./{text}") } else { text }
}
