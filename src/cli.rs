//! The command line: what was typed, and which command carries it out. Belongs to the program; the library cannot
//! import it.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use flaresec::filter::suppression::nearest;
use flaresec::report::printable;

pub(crate) mod baseline;
pub(crate) mod choice;
pub(crate) mod config;
pub(crate) mod demo;
mod history;
pub(crate) mod hook;
pub(crate) mod init;
pub(crate) mod output;
pub(crate) mod permissions;
pub(crate) mod progress;
pub(crate) mod revision;
pub(crate) mod rules;
pub(crate) mod scan;
pub(crate) mod select;

/// Everything went well and nothing was found.
pub(crate) const CLEAN: u8 = 0;
/// Something was found at or above the failing level.
pub(crate) const FINDINGS: u8 = 1;
/// The scan could not be completed.
pub(crate) const INCOMPLETE: u8 = 2;

/// Find Cloudflare credentials and unsafe use of the Cloudflare API
///
/// Without a command, flaresec scans the given paths, or the current folder.
/// Exit code: 0 nothing found at or above the failing level, 1 findings, 2 the scan could not be completed.
#[derive(Debug, Parser)]
#[command(name = "flaresec", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    scan: ScanArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Scan files, folders, the git index, a diff or the history (the default command)
    Scan(Box<ScanArgs>),
    /// Scan a small example that comes with the program, to see what findings look like
    Demo(demo::DemoArgs),
    /// Accept the present findings, so that only new ones count
    Baseline(Box<baseline::BaselineArgs>),
    /// Write a commented configuration, a workflow and a hook; never overwrites
    Init(init::InitArgs),
    /// Show or check the configuration, or print its schema
    Config(config::ConfigArgs),
    /// List the rules
    Rules(rules::ListArgs),
    /// Install, remove or check a pre-commit hook that scans what is about to be committed
    Hook(hook::HookArgs),
    /// Show which permissions a token needs: for one operation, or for all calls in a tree
    Permissions(permissions::PermissionsArgs),
    /// Print a script that completes options and commands in a shell
    Completions {
        /// The shell that is to read the script
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff
    Man,
    /// Explain a rule: what it finds, why, what to do instead, examples
    Explain(rules::ExplainArgs),
}

/// What to scan and how to report it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ScanArgs {
    /// Files and folders to scan [default: the current folder]
    pub(crate) paths: Vec<PathBuf>,
    /// What names are relative to, if not to the current folder.
    #[arg(skip)]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Source")]
    pub(crate) source: select::SourceArgs,
    #[command(flatten, next_help_heading = "Rules")]
    pub(crate) rules: choice::RuleArgs,
    #[command(flatten, next_help_heading = "Output")]
    pub(crate) output: output::OutputArgs,
    #[command(flatten, next_help_heading = "Acceptance")]
    pub(crate) acceptance: AcceptanceArgs,
    #[command(flatten, next_help_heading = "Files")]
    pub(crate) files: FileArgs,
}

/// What accepts findings.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AcceptanceArgs {
    /// Accept the findings listed in FILE [default: .flaresec-baseline, from the current folder up to the
    /// git root]
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Also report what the baseline accepts
    #[arg(long, conflicts_with = "baseline")]
    pub(crate) no_baseline: bool,
    #[command(flatten)]
    pub(crate) comments: CommentArgs,
    /// List accepted findings as well, and what accepted them (human, concise, SARIF; JSON always does)
    #[arg(long)]
    pub(crate) show_suppressed: bool,
}

/// Which comments accept findings.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CommentArgs {
    /// Also report what `flaresec: allow(…)` comments accept
    #[arg(long)]
    pub(crate) no_suppressions: bool,
    /// Comments for other scanners accept findings as well: gitleaks:allow, trufflehog:ignore, kingfisher:ignore,
    /// pragma: allowlist secret, nosec
    #[arg(long, conflicts_with = "no_suppressions")]
    pub(crate) foreign_suppressions: bool,
}

/// Which files are read, and how.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FileArgs {
    /// Leave out what matches GLOB (.gitignore syntax); may be given several times
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Scan files that .gitignore and the like leave out
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Skip files larger than SIZE, in bytes or with a unit such as 512KiB or 10MB; the summary counts them
    #[arg(long, value_name = "SIZE", value_parser = flaresec::config::size)]
    pub(crate) max_file_size: Option<u64>,
    /// Read the configuration from FILE [default: flaresec.toml, .flaresec.toml or .github/flaresec.toml, from the
    /// folder that all scanned paths are in up to the git root; also FLARESEC_CONFIG]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Read the configuration and the baseline from the git revision REV and not from the worktree: what a change
    /// brings along does not decide what is found in it
    #[arg(long, value_name = "REV")]
    pub(crate) config_from: Option<String>,
    /// Use no configuration, and no baseline but one that --baseline or --config-from names
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Number of threads, at most four per core [default: one per core]
    #[arg(long, short = 'j', value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
}

impl FileArgs {
    /// Whether the options leave out files that a scan without them reads.
    pub(crate) fn is_part(&self) -> bool {
        !self.exclude.is_empty() || self.max_file_size.is_some()
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard output gets colour.
    pub(crate) fn enabled(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && io::stdout().is_terminal()
            }
        }
    }
}

/// Returns a parser that accepts the names of the given values and lists them in the help.
pub(crate) fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|value| name(*value)))
        .try_map(move |text| all.iter().copied().find(|value| name(*value) == text).ok_or("no such value"))
}

/// Returns the command that a word resembles, if there is one.
pub(crate) fn resembles_command(word: &str) -> Option<String> {
    let names: Vec<String> = Cli::command().get_subcommands().map(|c| c.get_name().to_owned()).collect();
    // Two short words are alike by chance: `bin` is no slip for `man`.
    let near = nearest(word, &names).filter(|near| word.chars().next() == near.chars().next());
    near.map(str::to_owned)
}

/// Carries out the command line and returns the exit code.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                // It quotes what was typed.
                let _ = writeln!(io::stderr().lock(), "{}", shown(&error.render().to_string()));
                return INCOMPLETE;
            }
            // Help and version are no fault, and a closed pipe changes nothing.
            let _ = error.print();
            return CLEAN;
        }
    };
    match cli.command {
        None => scan::run(&cli.scan),
        Some(Command::Scan(args)) => scan::run(&args),
        Some(Command::Demo(args)) => demo::run(args),
        Some(Command::Hook(args)) => hook::run(&args),
        Some(Command::Baseline(args)) => baseline::run(&args),
        Some(Command::Permissions(args)) => permissions::run(&args),
        Some(Command::Init(args)) => init::run(&args),
        Some(Command::Config(args)) => config::run(&args),
        Some(Command::Rules(args)) => rules::list(&args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "flaresec", &mut script);
            print(&script)
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).expect("writing to memory cannot fail");
            print(&page)
        }
        Some(Command::Explain(args)) => rules::explain(&args),
    }
}

/// Prints to standard output and returns the exit code for that. A closed pipe is not an error: it must not change the
/// exit code.
#[must_use]
pub(crate) fn print(text: &[u8]) -> u8 {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("standard output cannot be written: {error}"), "")
        }
        _ => CLEAN,
    }
}

/// Returns a text that may quote what was typed or read, without secrets and without characters that a terminal obeys.
fn shown(text: &str) -> String {
    let lines = text.lines().map(printable).collect::<Vec<_>>();
    flaresec::blob::hidden(lines.join("\n"))
}

/// Prints an error and, unless it is empty, what to do about it; returns the exit code for it.
pub(crate) fn complain(what: &str, remedy: &str) -> u8 {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "error: {}", shown(what));
    if !remedy.is_empty() {
        let _ = writeln!(stderr, "  help: {}", shown(remedy));
    }
    INCOMPLETE
}
