//! `flaresec scan`: source, scan, report, exit code.

use flaresec::filter::follow::follow;
use flaresec::report::{Format, Report};
use flaresec::rule::{Category, CheckKind, Confidence, Detect, RuleSet, Severity};
use flaresec::scan::{Anchor, Scanner};
use flaresec::source::revision::Revision;

use super::config::Loaded;
use super::output::Outputs;
use super::{CLEAN, FINDINGS, INCOMPLETE, ScanArgs, complain};

/// Scans as the arguments say, and returns the exit code.
pub(crate) fn run(asked: &ScanArgs) -> u8 {
    let mut args = asked.clone();
    let (from, loaded) = match load(&mut args) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let args = &args;
    if let Err(code) = may_reveal(args) {
        return code;
    }
    if let Err(code) = may_read_stdin(args) {
        return code;
    }
    let prepared = super::baseline::load(args, from.as_ref())
        .and_then(|accepted| Ok((accepted, Outputs::open(&args.output.format)?)));
    let (accepted, outputs) = match prepared {
        Ok(prepared) => prepared,
        Err(code) => return code,
    };
    let anchor = accepted.as_ref().and_then(|accepted| accepted.anchor(args));
    let (mut report, scanner) = match configured(args, loaded.as_ref(), anchor) {
        Ok(scanned) => scanned,
        Err(code) => return code,
    };
    if let Some(from) = from {
        report.settings.push(format!("configuration and baseline are those of {}", from.name));
    }
    if let Some(accepted) = accepted {
        accepted.apply(asked, &mut report);
    }
    follow(&mut report.findings);
    narrow(args, &mut report);
    let code = exit_code(args, &report);
    report.exit_code = Some(code);
    report.show_suppressed = args.acceptance.show_suppressed;
    outputs.write(&report, scanner.rules(), &args.output).map_or_else(|code| code, |()| code)
}

/// Reads the configuration and fills in the arguments from it; also returns the revision that it was read from, if one
/// was named. Returns the exit code if something is wrong with either.
fn load(args: &mut ScanArgs) -> Result<(Option<Revision>, Option<Loaded>), u8> {
    let from = super::revision::of(args)?;
    let loaded = super::config::load(args, from.as_ref())?;
    Ok((from, loaded))
}

/// Refuses `--reveal` where secrets would be passed on by accident: in the logs of CI, which are kept and shared, and in
/// formats made for other programs.
fn may_reveal(args: &ScanArgs) -> Result<(), u8> {
    let Some(how) = &args.output.reveal else { return Ok(()) };
    let passed_on =
        args.output.format.iter().find(|wanted| !matches!(wanted.format, Format::Human | Format::Json));
    if let Some(wanted) = passed_on {
        let what = format!("--reveal does not go with --format {}", wanted.format.name());
        return Err(complain(&what, "use human or json"));
    }
    // Some services write `True` or the name of the service.
    let in_ci = std::env::var_os("CI")
        .is_some_and(|ci| !ci.is_empty() && ci != "0" && !ci.eq_ignore_ascii_case("false"));
    if how != "force" && in_ci {
        return Err(complain(
            "--reveal would put secrets into the log of this CI run: CI is set",
            "run it on your own machine, or use --reveal=force if the log is as safe as the secrets must be",
        ));
    }
    Ok(())
}

/// Refuses standard input where another source is read, and a name for it where it is not read.
fn may_read_stdin(args: &ScanArgs) -> Result<(), u8> {
    let (source, stdin) = (&args.source, args.paths.iter().any(|path| path.as_os_str() == "-"));
    let others = [
        ("--staged", source.staged.is_some()),
        ("--diff", source.diff.is_some()),
        ("--history", source.history.is_some()),
        ("--files-from", source.files_from.is_some()),
    ];
    match others.iter().find(|(_, given)| *given) {
        Some((option, _)) if stdin => Err(complain(
            &format!("`-`, which is standard input, does not go with {option}"),
            "scan standard input in a run of its own; a file of that name is `./-`",
        )),
        _ if source.stdin_path.is_some() && !stdin => Err(complain(
            "--stdin-path names what comes from standard input, which is not read",
            "add `-` as the path",
        )),
        _ => Ok(()),
    }
}

/// Returns what a scan with these arguments finds, with the fingerprints of an anchor, and its scanner; or the exit code
/// if its configuration is broken.
pub(crate) fn collect(args: &ScanArgs, anchor: Option<Anchor>) -> Result<(Report, Scanner), u8> {
    let mut args = args.clone();
    let (_, loaded) = load(&mut args)?;
    may_read_stdin(&args)?;
    let (mut report, scanner) = configured(&args, loaded.as_ref(), anchor)?;
    narrow(&args, &mut report);
    Ok((report, scanner))
}

/// Drops what the rules found that do not report. They have run all the same: some rules speak about what others find and
/// are accepted with it, and of several rules that find the same the best one reports.
fn narrow(args: &ScanArgs, report: &mut Report) {
    report.findings.retain(|finding| args.rules.reports(&finding.rule));
}

fn configured(
    args: &ScanArgs,
    loaded: Option<&Loaded>,
    anchor: Option<Anchor>,
) -> Result<(Report, Scanner), u8> {
    let mut rules = RuleSet::embedded();
    if let Some(Loaded { config, .. }) = loaded {
        rules = config.extended(rules);
    }
    args.rules.check(&rules)?;
    let all = rules.rules.len();
    rules.rules.retain(|rule| args.rules.runs(rule));
    if args.files.no_ignore {
        // What git ignores is scanned as well, so that a file is scanned no longer says that git would take it.
        rules.rules.retain(|rule| rule.detects.iter().any(|detect| detect.check != CheckKind::Tracked));
    }
    if args.source.history.is_some() {
        // What code once did wrong is over; a secret that was once committed is not.
        let about_secrets = |detect: &Detect| matches!(detect.check, CheckKind::Age | CheckKind::Duplicate);
        rules
            .rules
            .retain(|rule| rule.category == Category::Secret || rule.detects.iter().any(about_secrets));
    }
    let reporting = rules.rules.iter().filter(|rule| args.rules.reports(rule)).count();
    if reporting == 0 {
        let remedy = "change --select or --ignore; --history runs only the rules about secrets";
        return Err(complain("no rule is left that could report anything", remedy));
    }
    let mut scanner = Scanner::new(rules);
    scanner.reveal = args.output.reveal.is_some();
    scanner.anchor = anchor;
    let mut report = super::select::scan(args, loaded, &scanner);
    let least = args.rules.min_confidence.unwrap_or(Confidence::Medium);
    report.findings.retain(|finding| finding.confidence >= least);
    if let Some(Loaded { config, file, folder }) = loaded {
        flaresec::config::apply(config, folder, &super::select::root(args), &mut report.findings);
        report.settings.extend(flaresec::config::notices(config, file));
        follow(&mut report.findings);
    }
    (report.stats.rules, report.stats.all_rules) = (reporting, all);
    report.settings.extend(args.rules.notices());
    suggest_commands(args, &mut report);
    Ok((report, scanner))
}

/// Suggests a command where the first path does not exist and resembles one.
fn suggest_commands(args: &ScanArgs, report: &mut Report) {
    let Some(word) = args.paths.first().and_then(|path| path.to_str()) else { return };
    for failure in report.failures.iter_mut().filter(|failure| failure.what == word) {
        if let Some(command) = super::resembles_command(word) {
            failure.remedy = format!("did you mean `flaresec {command}`? Otherwise name a path that exists");
        }
    }
}

fn exit_code(args: &ScanArgs, report: &Report) -> u8 {
    let fails = |finding: &flaresec::finding::Finding| {
        finding.suppressed.is_none() && finding.severity >= args.output.fail_on.unwrap_or(Severity::Low)
    };
    if !report.failures.is_empty() {
        INCOMPLETE
    } else if !args.output.exit_zero && report.findings.iter().any(fails) {
        FINDINGS
    } else {
        CLEAN
    }
}
