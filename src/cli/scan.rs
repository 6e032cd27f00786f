//! `flaresec scan`: source, scan, report, exit code.

use flaresec::filter::follow::follow;
use flaresec::report::{self, Format, Report};
use flaresec::rule::{CheckKind, Confidence, RuleSet, Severity};
use flaresec::scan::Scanner;

use super::config::Loaded;
use super::{CLEAN, FINDINGS, INCOMPLETE, ScanArgs, complain, print};

/// Scans as asked; the exit code.
pub(crate) fn run(args: &ScanArgs) -> u8 {
    let mut args = args.clone();
    let loaded = match super::config::load(&mut args) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let args = &args;
    let (mut report, scanner) = configured(args, loaded.as_ref());
    if let Err(code) = super::baseline::apply(args, &mut report) {
        return code;
    }
    follow(&mut report.findings);
    match output(args, &report, scanner.rules()) {
        Ok(()) => exit_code(args, &report),
        Err(code) => code,
    }
}

/// Everything found that is asked for, without a configuration.
pub(crate) fn collect(args: &ScanArgs) -> (Report, Scanner) {
    configured(args, None)
}

fn configured(args: &ScanArgs, loaded: Option<&Loaded>) -> (Report, Scanner) {
    let mut rules = RuleSet::embedded();
    if let Some(Loaded { config, .. }) = loaded {
        rules = config.extended(rules);
    }
    if !args.pedantic {
        rules.rules.retain(|rule| !rule.pedantic);
    }
    if args.no_ignore {
        // What git ignores is scanned as well, so that a file is scanned no longer says that git would take it.
        rules.rules.retain(|rule| rule.detects.iter().all(|detect| detect.check != CheckKind::Tracked));
    }
    let scanner = Scanner::new(rules);
    let mut report = super::select::scan(args, loaded, &scanner);
    let least = args.min_confidence.unwrap_or(Confidence::Medium);
    report.findings.retain(|finding| finding.confidence >= least);
    if let Some(Loaded { config, file, folder }) = loaded {
        flaresec::config::apply(config, folder, &super::select::root(args), &mut report.findings);
        report.notices.extend(flaresec::config::notices(config, file));
        follow(&mut report.findings);
    }
    (report, scanner)
}

/// Writes every format asked for; human on standard output if none is.
fn output(args: &ScanArgs, report: &Report, rules: &RuleSet) -> Result<(), u8> {
    if args.format.is_empty() {
        emit(Format::Human, None, args, report, rules)?;
    }
    for wanted in &args.format {
        let text = wanted.to_string_lossy();
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name.to_owned(), Some(file.to_owned())),
            None => (text.into_owned(), None),
        };
        let format = name.parse().map_err(|e: String| complain(&format!("--format: {e}"), ""))?;
        emit(format, file.as_deref(), args, report, rules)?;
    }
    Ok(())
}

fn emit(
    format: Format,
    file: Option<&str>,
    args: &ScanArgs,
    report: &Report,
    rules: &RuleSet,
) -> Result<(), u8> {
    let color = file.is_none() && args.color.enabled();
    let mut text = Vec::new();
    report::write(format, report, rules, color, &mut text).expect("writing to memory cannot fail");
    match file {
        // A closed pipe keeps the verdict.
        None => print(&text),
        Some(file) => std::fs::write(file, text).map_err(|e| {
            complain(&format!("{file} cannot be written: {e}"), "name a file in a folder that exists")
        })?,
    }
    Ok(())
}

fn exit_code(args: &ScanArgs, report: &Report) -> u8 {
    let fails = |finding: &flaresec::finding::Finding| {
        finding.suppressed.is_none() && finding.severity >= args.fail_on.unwrap_or(Severity::Low)
    };
    if !report.failures.is_empty() {
        INCOMPLETE
    } else if !args.exit_zero && report.findings.iter().any(fails) {
        FINDINGS
    } else {
        CLEAN
    }
}
