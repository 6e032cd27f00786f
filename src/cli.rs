//! The command line: what was typed, and which command carries it out. Belongs to the program; the library cannot
//! import it.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use flaresec::report::printable;
use flaresec::rule::{Confidence, Severity};

pub(crate) mod baseline;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod hook;
pub(crate) mod init;
pub(crate) mod output;
pub(crate) mod permissions;
pub(crate) mod progress;
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
    Demo(Box<ScanArgs>),
    /// Accept the findings there are now, so that only new ones count
    Baseline(Box<baseline::BaselineArgs>),
    /// Write a commented configuration, a workflow and a hook; never overwrites
    Init(init::InitArgs),
    /// Show or check the configuration, or print its schema
    Config(config::ConfigArgs),
    /// List the rules
    Rules(rules::ListArgs),
    /// Install, remove or look for a pre-commit hook that scans what is about to be committed
    Hook(hook::HookArgs),
    /// Say which permissions a token needs: for one operation, or for all calls in a tree
    Permissions(permissions::PermissionsArgs),
    /// Print a script that completes options and commands in a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff
    Man,
    /// Explain a rule: what it finds, why, what to do instead, examples
    Explain(rules::ExplainArgs),
}

/// What to scan and how to report it.
#[derive(Clone, Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files and folders to scan [default: the current folder]
    pub(crate) paths: Vec<PathBuf>,
    /// What names are relative to, if not to the current folder.
    #[arg(skip)]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: select::SourceArgs,
    /// Output format, optionally into a file: FORMAT[=FILE]; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = output::WantedParser)]
    pub(crate) format: Vec<output::Wanted>,
    /// Lowest severity that makes the exit code 1 [default: low]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) fail_on: Option<Severity>,
    /// Exit with 0 even if there are findings (an incomplete scan is still 2)
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Least confidence of the findings that are reported [default: medium]
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence)]
    pub(crate) min_confidence: Option<Confidence>,
    /// Also run the rules that state opinions
    #[arg(long)]
    pub(crate) pedantic: bool,
    /// Leave out what matches GLOB (.gitignore syntax); may be given several times
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Scan files that .gitignore and the like leave out
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Skip files of more than BYTES bytes; the summary counts them
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_file_size: Option<u64>,
    /// Report also what `flaresec: allow(…)` comments accept
    #[arg(long)]
    pub(crate) no_suppressions: bool,
    /// Comments for other scanners accept findings as well: gitleaks:allow, trufflehog:ignore, kingfisher:ignore,
    /// pragma: allowlist secret, nosec
    #[arg(long, conflicts_with = "no_suppressions")]
    pub(crate) foreign_suppressions: bool,
    /// Write accepted findings to SARIF as well, marked as suppressed
    #[arg(long)]
    pub(crate) show_suppressed: bool,
    /// Show secrets in clear, in the human and JSON formats only; refused where CI=true, unless --reveal=force
    #[arg(long, value_name = "force", num_args = 0..=1, require_equals = true, default_missing_value = "ask", value_parser = ["ask", "force"])]
    pub(crate) reveal: Option<String>,
    /// Accept the findings listed in FILE [default: .flaresec-baseline, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Read the configuration from FILE [default: flaresec.toml, .flaresec.toml or .github/flaresec.toml, from the
    /// scanned folder up to the git root; also FLARESEC_CONFIG]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Number of threads, at most four per core [default: one per core]
    #[arg(long, short = 'j', value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
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

fn severity(text: &str) -> Result<Severity, String> {
    let all = [Severity::Note, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.into_iter()
        .find(|s| s.name() == text)
        .ok_or_else(|| String::from("one of note, low, medium, high, critical"))
}

fn confidence(text: &str) -> Result<Confidence, String> {
    let all = [Confidence::Low, Confidence::Medium, Confidence::High];
    all.into_iter().find(|s| s.name() == text).ok_or_else(|| String::from("one of low, medium, high"))
}

/// Carries out the command line; the exit code.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no fault. A closed pipe changes nothing.
            let _ = error.print();
            return if error.use_stderr() { INCOMPLETE } else { CLEAN };
        }
    };
    match cli.command {
        None => scan::run(&cli.scan),
        Some(Command::Scan(args)) => scan::run(&args),
        Some(Command::Demo(args)) => demo::run(*args),
        Some(Command::Hook(args)) => hook::run(&args),
        Some(Command::Baseline(args)) => baseline::run(&args),
        Some(Command::Permissions(args)) => permissions::run(&args),
        Some(Command::Init(args)) => init::run(&args),
        Some(Command::Config(args)) => config::run(&args),
        Some(Command::Rules(args)) => rules::list(&args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "flaresec", &mut script);
            print(&script);
            CLEAN
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).expect("writing to memory cannot fail");
            print(&page);
            CLEAN
        }
        Some(Command::Explain(args)) => rules::explain(&args),
    }
}

/// Prints to standard output; a closed pipe keeps the exit code.
pub(crate) fn print(text: &[u8]) {
    let _ = io::stdout().lock().write_all(text);
}

/// Prints an error the way all commands do: what, why, what to do.
pub(crate) fn complain(what: &str, remedy: &str) -> u8 {
    let mut stderr = io::stderr().lock();
    // What was typed or read may be quoted in it: secrets, and characters that a terminal obeys.
    let shown = |text: &str| {
        let lines = text.lines().map(printable).collect::<Vec<_>>();
        flaresec::blob::hidden(lines.join("\n"))
    };
    let _ = writeln!(stderr, "error: {}", shown(what));
    if !remedy.is_empty() {
        let _ = writeln!(stderr, "  help: {}", shown(remedy));
    }
    INCOMPLETE
}
