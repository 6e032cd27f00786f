//! `junit` and `checkstyle`: for the many services that read one of the two.

use std::io::{self, Write};

use super::{Report, shown_path};
use crate::finding::Finding;
use crate::rule::Severity;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// A finding is a failed test, a suppressed one a skipped test, an unreadable file an error.
pub(super) fn junit(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let open = report.open().count();
    let tests = (report.findings.len() + report.failures.len()).max(1);
    let counts = format!("tests=\"{tests}\" failures=\"{open}\" errors=\"{}\"", report.failures.len());
    // The schema of Jenkins knows the number of skipped tests of a suite, not of all suites.
    let skipped = report.findings.len() - open;
    writeln!(
        out,
        "{HEAD}\n<testsuites name=\"flaresec\" {counts}>\n  <testsuite name=\"flaresec\" {counts} skipped=\"{skipped}\">"
    )?;
    for finding in &report.findings {
        let place = format!("{}:{}", shown_path(&finding.path), position(finding));
        writeln!(
            out,
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">",
            escape(&finding.rule.id),
            escape(&place),
            escape(&finding.path.to_text()),
            finding.location.start.line
        )?;
        match &finding.suppressed {
            Some(why) => writeln!(out, "      <skipped message=\"{}\"/>", escape(&why.reason))?,
            None => writeln!(
                out,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                finding.severity,
                escape(&finding.message),
                escape(&format!("{place}: {}. {}", finding.message, finding.help.trim()))
            )?,
        }
        writeln!(out, "    </testcase>")?;
    }
    for failure in &report.failures {
        writeln!(
            out,
            "    <testcase classname=\"scan\" name=\"{}\">\n      <error message=\"{}\"/>\n    </testcase>",
            escape(&failure.what),
            escape(&failure.cause)
        )?;
    }
    if report.findings.is_empty() && report.failures.is_empty() {
        writeln!(out, "    <testcase classname=\"scan\" name=\"no findings\"/>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// One element per file, one error per finding.
pub(super) fn checkstyle(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}\n<checkstyle version=\"8.0\">")?;
    let findings: Vec<&Finding> = report.open().collect();
    for file in findings.chunk_by(|a, b| a.path == b.path) {
        let name = file.first().map_or(String::new(), |f| escape(&f.path.to_text()));
        writeln!(out, "  <file name=\"{name}\">")?;
        for finding in file {
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"flaresec.{}\"/>",
                finding.location.start.line,
                finding.location.start.column,
                match finding.severity {
                    Severity::Critical | Severity::High => "error",
                    Severity::Medium | Severity::Low => "warning",
                    Severity::Note => "info",
                },
                escape(&format!("{}. {}", finding.message, finding.help.trim())),
                escape(&finding.rule.id)
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    for failure in &report.failures {
        writeln!(
            out,
            "  <file name=\"{}\">\n    <error severity=\"error\" message=\"{}\" source=\"flaresec.scan\"/>\n  </file>",
            escape(&failure.what),
            escape(&failure.cause)
        )?;
    }
    writeln!(out, "</checkstyle>")
}

fn position(finding: &Finding) -> String {
    format!("{}:{}", finding.location.start.line, finding.location.start.column)
}

/// Escapes text for content and quoted attributes; characters that XML 1.0 cannot represent become U+FFFD.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out += &format!("&#{};", c as u32),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
        out
    })
}
