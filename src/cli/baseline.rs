//! `flaresec baseline`: writes, updates, prunes and shows the file of accepted findings.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use flaresec::config::{self, upwards};
use flaresec::filter::baseline::{self, DEFAULT, Entry};
use flaresec::report::Report;
use flaresec::rule::RuleSet;
use flaresec::scan::Anchor;
use flaresec::source::revision::{Held, Revision};

use super::choice::RuleArgs;
use super::select::{SourceArgs, here, root};
use super::{AcceptanceArgs, CommentArgs, FileArgs, ScanArgs, complain, print, revision, scan};

/// The largest baseline that is read, in bytes: some 500,000 entries. It may come with what is scanned.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Arguments of `flaresec baseline`.
///
/// The file has one line per accepted finding: fingerprint, rule, path. No line numbers, no dates, no secrets: it does
/// not change when lines move, and a different secret in an accepted place is a new finding. Scans in its folder and
/// below use it. Commit the file.
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a new baseline with all findings; never overwrites one
    Create(Box<ChangeArgs>),
    /// Add findings that are not in the baseline, and remove entries without a finding
    Update(Box<ChangeArgs>),
    /// Remove entries without a finding
    Prune(Box<ChangeArgs>),
    /// List the entries
    Show {
        /// The baseline to list [default: .flaresec-baseline, from the current folder up to the git root]
        #[arg(long, value_name = "FILE")]
        baseline: Option<PathBuf>,
    },
}

/// What a baseline is made of: a scan, of which no report is written.
#[derive(Debug, Args)]
struct ChangeArgs {
    /// Files and folders to scan [default: the current folder]
    paths: Vec<PathBuf>,
    /// The baseline to write [default: .flaresec-baseline, from the current folder up to the git root]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Source")]
    source: SourceArgs,
    #[command(flatten, next_help_heading = "Rules")]
    rules: RuleArgs,
    #[command(flatten, next_help_heading = "Acceptance")]
    comments: CommentArgs,
    #[command(flatten, next_help_heading = "Files")]
    files: FileArgs,
}

impl ChangeArgs {
    /// Returns the scan whose findings are meant.
    fn scan(&self) -> ScanArgs {
        let ChangeArgs { paths, baseline, source, rules, comments, files } = self;
        ScanArgs {
            paths: paths.clone(),
            source: source.clone(),
            rules: rules.clone(),
            acceptance: AcceptanceArgs {
                baseline: baseline.clone(),
                comments: comments.clone(),
                ..AcceptanceArgs::default()
            },
            files: files.clone(),
            ..ScanArgs::default()
        }
    }
}

/// Carries out `flaresec baseline` and returns the exit code.
pub(crate) fn run(args: &BaselineArgs) -> u8 {
    let outcome = match &args.action {
        Action::Create(args) => change(&args.scan(), "create"),
        Action::Update(args) => change(&args.scan(), "update"),
        Action::Prune(args) => change(&args.scan(), "prune"),
        Action::Show { baseline } => baseline
            .as_deref()
            .map_or_else(|| read(&nearest().0, false), |file| read(file, true))
            .map(|entries| print(baseline::write(&entries).as_bytes())),
    };
    outcome.unwrap_or_else(|code| code)
}

fn change(args: &ScanArgs, action: &str) -> Result<u8, u8> {
    let (file, folder) = match &args.acceptance.baseline {
        Some(file) => (file.clone(), None),
        None if action == "create" => (PathBuf::from(DEFAULT), Some(here())),
        None => {
            let (file, folder) = nearest();
            (file, Some(folder))
        }
    };
    let old = match action {
        "create" if file.exists() => {
            let what = format!("{} already exists", file.display());
            return Err(complain(&what, "`flaresec baseline update` brings it up to date"));
        }
        "create" => BTreeSet::new(),
        _ => read(&file, args.acceptance.baseline.is_some())?,
    };
    if action != "create" {
        keeps_all(args, action, folder.as_deref())?;
    }
    let anchor = folder.map(|folder| Anchor { root: root(args), folder });
    let (mut report, scanner) = scan::collect(args, anchor.clone())?;
    keeps_opinions(&old, scanner.rules(), action)?;
    if let Some(failure) = report.failures.first() {
        let what = format!("{}: {}; the baseline was not changed", failure.what, failure.cause);
        return Err(complain(&what, &failure.remedy));
    }
    if let Some(anchor) = anchor {
        report.findings.iter_mut().for_each(|finding| finding.path = anchor.name(&finding.path));
    }
    let open = report.findings.iter().filter(|f| f.suppressed.is_none());
    let now: BTreeSet<Entry> = open.map(baseline::entry).collect();
    let new: BTreeSet<Entry> =
        if action == "prune" { now.intersection(&old).cloned().collect() } else { now };
    let written = std::fs::write(&file, baseline::write(&new));
    written.map_err(|e| complain(&format!("{} cannot be written: {e}", file.display()), ""))?;
    let (added, removed) = (new.difference(&old).count(), old.difference(&new).count());
    Ok(print(
        format!("{}: {} entries, {added} added, {removed} removed\n", file.display(), new.len()).as_bytes(),
    ))
}

/// Refuses a scan that does not look at all that the baseline in `folder` is about: entries of what it leaves out would
/// be dropped although their findings are still there.
fn keeps_all(args: &ScanArgs, action: &str, folder: Option<&Path>) -> Result<(), u8> {
    let refuse = |how: &str, whose: &str, remedy: &str| {
        Err(complain(&format!("`baseline {action}` {how} would drop the entries of {whose}"), remedy))
    };
    if args.source.is_part() || !(args.paths.is_empty() || whole(&args.paths)) {
        let remedy = "run it without paths and without --staged, --diff, --history or --files-from";
        return refuse("over a part of the tree", "the rest", remedy);
    }
    if let Some(folder) = folder.filter(|folder| **folder != *here()) {
        return refuse("in a subfolder", "the rest", &format!("run it in {}", folder.display()));
    }
    if args.files.is_part() {
        let remedy =
            "run it without --exclude and --max-file-size, or set them in flaresec.toml for every scan";
        return refuse("of some of the files", "the others", remedy);
    }
    if args.rules.is_part() || args.files.no_ignore {
        let remedy = "run it without --select, --ignore, --min-confidence and --no-ignore, or set \
                      `min-confidence` in flaresec.toml for every scan";
        return refuse("with some of the rules", "the others", remedy);
    }
    if args.acceptance.comments.foreign_suppressions {
        let remedy = "set `foreign-suppressions` in flaresec.toml for every scan";
        return refuse("with --foreign-suppressions", "findings that other scans report", remedy);
    }
    Ok(())
}

/// Refuses a scan without the rules that state opinions, if the baseline holds findings of theirs; `ran` are the rules of
/// the scan.
fn keeps_opinions(old: &BTreeSet<Entry>, ran: &RuleSet, action: &str) -> Result<(), u8> {
    let all = RuleSet::embedded();
    let left_out = |id: &str| ran.get(id).is_none() && all.get(id).is_some_and(|rule| rule.pedantic);
    match old.iter().find(|entry| left_out(&entry.rule)) {
        None => Ok(()),
        Some(entry) => Err(complain(
            &format!("`baseline {action}` without --pedantic would drop the entries of `{}`", entry.rule),
            "run it with --pedantic, or set `pedantic = true` in flaresec.toml for every scan",
        )),
    }
}

/// The places of the baseline of a scan that names none, nearest first: from the current folder up to the top of the
/// repository.
fn places() -> Vec<PathBuf> {
    upwards(&["."]).iter().map(|folder| folder.join(DEFAULT)).collect()
}

/// Returns the nearest baseline and its folder, or the one that the current folder might have.
fn nearest() -> (PathBuf, PathBuf) {
    // One that cannot be read is there all the same.
    let exists =
        |file: &PathBuf| !matches!(std::fs::metadata(file), Err(e) if e.kind() == ErrorKind::NotFound);
    let (here, found) = (here(), places().into_iter().find(exists));
    match found.as_deref().and_then(|file| Some((file, file.parent()?))) {
        Some((file, folder)) if folder != here => (file.to_owned(), folder.to_owned()),
        _ => (PathBuf::from(DEFAULT), here),
    }
}

/// Whether the paths name the current folder and nothing else.
fn whole(paths: &[PathBuf]) -> bool {
    !paths.is_empty() && paths.iter().all(|path| path == Path::new("."))
}

/// Reads a baseline, which is there because somebody `named` it or because it was found.
fn read(file: &Path, named: bool) -> Result<BTreeSet<Entry>, u8> {
    let bytes = if named { config::content(file, LARGEST) } else { config::found(file, LARGEST) };
    let bytes = bytes.map_err(|cause| {
        complain(
            &format!("the baseline {} cannot be read: {cause}", file.display()),
            "`flaresec baseline create` writes one",
        )
    })?;
    parse(&bytes, &file.display().to_string())
}

fn parse(bytes: &[u8], name: &str) -> Result<BTreeSet<Entry>, u8> {
    baseline::read(&String::from_utf8_lossy(bytes)).map_err(|(line, fault)| {
        complain(
            &format!("{name}:{line}: {fault}"),
            "fix the line, or delete the file and run `flaresec baseline create`",
        )
    })
}

/// The baseline of a scan, as read from its file.
pub(crate) struct Accepted {
    /// The name of the file, for messages.
    file: String,
    /// The folder that its entries are relative to; those of a file that was named have the names of the scan.
    folder: Option<PathBuf>,
    entries: BTreeSet<Entry>,
}

/// Reads the baseline that a scan uses, from the worktree or from a revision, if it exists; returns the exit code if it
/// is broken or was named and does not exist.
pub(crate) fn load(args: &ScanArgs, from: Option<&Revision>) -> Result<Option<Accepted>, u8> {
    let named = args.acceptance.baseline.as_deref();
    // With a root of the scan's own, the baseline of the current folder is about other files.
    let isolated = args.files.isolated && from.is_none();
    let found = !args.acceptance.no_baseline && !isolated && args.root.is_none();
    if named.is_none() && !found {
        return Ok(None);
    }
    if let Some(from) = from {
        let held = match named {
            Some(file) => Some(revision::named(from, "baseline", file, LARGEST)?),
            None => revision::first(from, &places(), LARGEST)?,
        };
        let read = |Held { name, bytes, file: place }: Held| {
            let folder = if named.is_some() { None } else { place.parent().map(Path::to_owned) };
            Ok(Accepted { entries: parse(&bytes, &name)?, file: name, folder })
        };
        return held.map(read).transpose();
    }
    let (file, folder) = match named {
        Some(file) => (file.to_owned(), None),
        None => {
            let (file, folder) = nearest();
            if matches!(std::fs::metadata(&file), Err(e) if e.kind() == ErrorKind::NotFound) {
                return Ok(None);
            }
            (file, Some(folder))
        }
    };
    Ok(Some(Accepted { file: file.display().to_string(), folder, entries: read(&file, named.is_some())? }))
}

impl Accepted {
    /// Returns what fingerprints have to name files from, so that they are those of the entries.
    pub(crate) fn anchor(&self, args: &ScanArgs) -> Option<Anchor> {
        self.folder.clone().map(|folder| Anchor { root: root(args), folder })
    }

    /// Marks what the baseline accepts, and says so in the report of the scan that was `asked` for.
    pub(crate) fn apply(&self, asked: &ScanArgs, report: &mut Report) {
        let Accepted { file, entries, folder } = self;
        let stale = baseline::apply(entries, &mut report.findings).len();
        report.settings.push(format!("baseline {file}: {} accepted findings", entries.len()));
        // A scan of a part of the tree, or with some of the rules, says nothing about the rest.
        let below = folder.as_ref().is_some_and(|folder| *folder != here());
        let part = below || asked.source.is_part() || asked.files.is_part() || asked.rules.is_part();
        if stale > 0 && !part && (asked.paths.is_empty() || whole(&asked.paths)) {
            report.settings.push(format!(
                "baseline {file}: {stale} entries without a finding in this scan; `flaresec baseline prune` removes them"
            ));
        }
    }
}
