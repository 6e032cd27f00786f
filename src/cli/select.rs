//! Which source a scan reads, as asked on the command line, and running it.

use std::io::{self, BufReader, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::Args;
use flaresec::blob::BlobPath;
use flaresec::collect::{Collector, Comments};
use flaresec::report::Report;
use flaresec::scan::Scanner;
use flaresec::source::changes::Lines;
use flaresec::source::exclude::{Exclude, Excluding, Globs};
use flaresec::source::git::Git;
use flaresec::source::tracked::{self, Patterns};
use flaresec::source::{Failure, Visitor, diff, index, stream, worktree};

use super::ScanArgs;
use super::config::Loaded;
use super::history::scan_history;

/// More threads than these wait for each other: with thousands of them a scan of one file would take minutes.
const THREADS_PER_CORE: usize = 4;

/// What to scan other than the worktree.
#[derive(Clone, Debug, Default, Args)]
#[group(id = "source", multiple = true)]
pub(crate) struct SourceArgs {
    /// Scan what the commit in progress records: lines it adds or touches, or whole files with --staged=all
    #[arg(
        long,
        value_name = "all",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "touched",
        value_parser = ["touched", "all"],
        conflicts_with_all = ["diff", "history", "files_from"]
    )]
    pub(crate) staged: Option<String>,
    /// Scan what a branch adds or touches since it left BASE
    #[arg(long, value_name = "BASE[..HEAD]", conflicts_with_all = ["history", "files_from"])]
    pub(crate) diff: Option<String>,
    /// Look for secrets in everything ever committed on any ref, or in RANGE; PATH limits it, or is another repository
    #[arg(
        long,
        value_name = "RANGE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "files_from"
    )]
    pub(crate) history: Option<String>,
    /// With --history: only commits after DATE, as git understands it
    #[arg(long, value_name = "DATE", requires = "history")]
    pub(crate) since: Option<String>,
    /// With --history: only this branch; may be given several times
    #[arg(long, value_name = "NAME", requires = "history")]
    pub(crate) branch: Vec<String>,
    /// Name under which standard input (`-`) is reported
    #[arg(long, value_name = "PATH")]
    pub(crate) stdin_path: Option<PathBuf>,
    /// Scan the files listed in FILE, one per line (`-`: standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) files_from: Option<PathBuf>,
    /// Names in --files-from end with a NUL byte
    #[arg(short = '0', requires = "files_from")]
    pub(crate) nul: bool,
}

impl SourceArgs {
    /// Whether the source is something other than the worktree.
    pub(crate) fn is_part(&self) -> bool {
        self.staged.is_some() || self.diff.is_some() || self.history.is_some() || self.files_from.is_some()
    }
}

/// Scans what was asked for.
pub(crate) fn scan(args: &ScanArgs, config: Option<&Loaded>, scanner: &Scanner) -> Report {
    let exclude = match exclude(args, config) {
        Ok(exclude) => exclude,
        Err(failure) => return Report { failures: vec![failure], ..Report::default() },
    };
    if let Some(range) = &args.source.history {
        return scan_history(args, range, scanner, &exclude);
    }
    let collector = collector(args, scanner);
    read(args, &exclude, &collector);
    collector.finish()
}

pub(super) fn collector<'a>(args: &ScanArgs, scanner: &'a Scanner) -> Collector<'a> {
    let mut collector = Collector::new(scanner, args.files.max_file_size);
    let comments = &args.acceptance.comments;
    collector.comments = match (comments.no_suppressions, comments.foreign_suppressions) {
        (true, _) => Comments::Ignored,
        (false, true) => Comments::AllScanners,
        (false, false) => Comments::Own,
    };
    collector
}

/// Returns the folder that the paths of the scan are relative to: git names them from the top of the repository.
pub(crate) fn root(args: &ScanArgs) -> PathBuf {
    if let Some(root) = &args.root {
        return root.clone();
    }
    let source = &args.source;
    let by_git = source.staged.is_some() || source.diff.is_some() || source.history.is_some();
    let top = || {
        let line =
            repository(args).0.line("the repository", &["rev-parse", "--show-toplevel"]).ok().flatten()?;
        PathBuf::from(line).canonicalize().ok()
    };
    by_git.then(top).flatten().unwrap_or_else(here)
}

/// Returns the repository that git reads, and the paths that limit what it reads: with --history a folder of another
/// repository stands for that one.
pub(super) fn repository(args: &ScanArgs) -> (Git, Vec<PathBuf>) {
    let ask = |git: &Git, what: &str| git.line("the repository", &["rev-parse", what]).ok().flatten();
    let own = |git: &Git| ask(git, "--absolute-git-dir");
    if args.source.history.is_some()
        && let [folder] = args.paths.as_slice()
        && folder.is_dir()
    {
        let (here, there) = (Git::at("."), Git::at(folder));
        let top = own(&there);
        if top.is_some() && top != own(&here) {
            let is_part = ask(&there, "--show-prefix").is_some_and(|prefix| !prefix.is_empty());
            return (there, if is_part { vec![PathBuf::from(".")] } else { Vec::new() });
        }
    }
    // Where the caller stands: a hook's environment names its repository and index relative to that.
    (Git::at("."), args.paths.clone())
}

/// Returns the absolute path of the current folder, without symbolic links.
pub(crate) fn here() -> PathBuf {
    Path::new(".").canonicalize().unwrap_or_default()
}

/// Reads the globs of what is left out: those of the command line are relative to the current folder, those of a
/// configuration to its folder.
fn exclude(args: &ScanArgs, config: Option<&Loaded>) -> Result<Exclude, Failure> {
    let build = |folder: &Path, globs: &[String]| {
        Globs::new(folder, globs).map_err(|(glob, error)| Failure {
            what: format!("--exclude {glob}"),
            cause: format!("not a valid glob: {error}"),
            remedy: String::from("use .gitignore syntax, for example `vendor/**`"),
        })
    };
    let mut globs = vec![build(&here(), &args.files.exclude)?];
    if let Some(loaded) = config {
        globs.push(build(&loaded.folder, &loaded.config.exclude)?);
    }
    Ok(Exclude { root: root(args), globs })
}

fn read(args: &ScanArgs, exclude: &Exclude, direct: &dyn Visitor) {
    let visitor: &dyn Visitor = &Excluding { exclude, next: direct };
    let source = &args.source;
    let (git, limits) = repository(args);
    if let Some(lines) = &source.staged {
        index::staged(&git, &limits, lines_of(lines), visitor);
    } else if let Some(range) = &source.diff {
        diff::diff(&git, range, &limits, Lines::Touched, visitor);
    } else if let Some(list) = &source.files_from {
        match listed(list, source.nul) {
            Ok(mut paths) => {
                paths.extend(args.paths.iter().cloned());
                if !paths.is_empty() {
                    walk(args, exclude, paths, visitor, direct);
                }
            }
            Err(error) => visitor.failed(Failure {
                what: list.display().to_string(),
                cause: format!("the list of files cannot be read: {error}"),
                remedy: String::from("name a file that exists, or `-` for standard input"),
            }),
        }
    } else {
        let (stdin, paths): (Vec<PathBuf>, Vec<PathBuf>) =
            args.paths.iter().cloned().partition(|path| path == Path::new("-"));
        if !stdin.is_empty() {
            let name = source.stdin_path.as_deref().unwrap_or(Path::new("<stdin>"));
            stream::stream(&mut io::stdin().lock(), BlobPath::from_path(name), visitor);
        }
        if !paths.is_empty() || stdin.is_empty() {
            let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
            walk(args, exclude, paths, visitor, direct);
        }
    }
}

fn lines_of(word: &str) -> Lines {
    if word == "all" { Lines::Whole } else { Lines::Touched }
}

fn walk(
    args: &ScanArgs,
    exclude: &Exclude,
    paths: Vec<PathBuf>,
    visitor: &dyn Visitor,
    direct: &dyn Visitor,
) {
    let folders: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    let mut kept = Vec::new();
    let keep = |kept: &mut Vec<PathBuf>, found: Result<Vec<PathBuf>, Failure>| match found {
        Ok(found) => kept.extend(found),
        Err(failure) => visitor.failed(failure),
    };
    if !args.files.no_ignore {
        folders.iter().for_each(|f| keep(&mut kept, tracked::tracked_but_ignored(f, Patterns::Git)));
    }
    // The walk prunes excluded folders by itself; only what git names has to be looked at one by one.
    let options = worktree::Options {
        paths,
        exclude: exclude.clone(),
        no_ignore: args.files.no_ignore,
        threads: threads(args.files.threads),
        tracked: kept,
        nested: !args.files.no_ignore,
    };
    let walked = worktree::walk(&options, if options.tracked.is_empty() { direct } else { visitor });
    if walked.ignore {
        // Few repositories have `.ignore` files, so git is only asked about them where they are.
        let mut more = Vec::new();
        folders.iter().for_each(|f| keep(&mut more, tracked::tracked_but_ignored(f, Patterns::Search)));
        walked.repositories.iter().for_each(|f| keep(&mut more, tracked::tracked_in(f, Patterns::Search)));
        more.retain(|path| !options.tracked.contains(path) && !walked.kept.contains(path));
        worktree::walk(&worktree::Options { paths: Vec::new(), tracked: more, ..options }, visitor);
    }
}

/// Returns the number of threads to start if `asked` are wanted; 0 stands for one per core.
fn threads(asked: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    asked.min(cores * THREADS_PER_CORE)
}

fn listed(list: &Path, nul: bool) -> io::Result<Vec<PathBuf>> {
    let input: Box<dyn Read> =
        if list == Path::new("-") { Box::new(io::stdin()) } else { Box::new(std::fs::File::open(list)?) };
    stream::file_list(&mut BufReader::new(input), nul)
}
