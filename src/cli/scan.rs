//! `flaresec scan`: source, scan, report, exit code.

use std::path::PathBuf;

use flaresec::collect::Collector;
use flaresec::report::Report;
use flaresec::rule::RuleSet;
use flaresec::scan::Scanner;
use flaresec::source::worktree;

use super::{CLEAN, FINDINGS, INCOMPLETE, ScanArgs};

/// Scans as asked; the exit code.
pub(crate) fn run(args: &ScanArgs) -> u8 {
    let mut rules = RuleSet::embedded();
    if !args.pedantic {
        rules.rules.retain(|rule| !rule.pedantic);
    }
    let scanner = Scanner::new(rules);
    let collector = Collector::new(&scanner, args.max_file_size);
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() };
    worktree::walk(
        &worktree::Options {
            paths,
            exclude: args.exclude.clone(),
            no_ignore: args.no_ignore,
            threads: args.threads,
            tracked: Vec::new(),
        },
        &collector,
    );
    let mut report = collector.finish();
    report.findings.retain(|finding| finding.confidence >= args.min_confidence);
    let _ = args.color.enabled();
    super::print(&format!("{report:#?}\n"));
    exit_code(args, &report)
}

fn exit_code(args: &ScanArgs, report: &Report) -> u8 {
    let fails = |finding: &flaresec::finding::Finding| {
        finding.suppressed.is_none() && finding.severity >= args.fail_on
    };
    if !report.failures.is_empty() {
        INCOMPLETE
    } else if !args.exit_zero && report.findings.iter().any(fails) {
        FINDINGS
    } else {
        CLEAN
    }
}
