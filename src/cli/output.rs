//! `--format`: which reports are written and where. Files are opened before the scan, so that a report that cannot be
//! written is known before the work is done, and replaced after it, so that a scan that fails early costs no old report.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use flaresec::report::{self, Format, Report, Style};
use flaresec::rule::{RuleSet, Severity};
use flaresec::source::git::path_from_bytes;
use terminal_size::terminal_size_of;

use super::{CLEAN, Color, complain, named, print};

/// The most links that lead from one to the next, as systems count them.
const MOST_LINKS: usize = 40;

/// How findings are reported.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OutputArgs {
    /// Output format, optionally into a file: FORMAT[=FILE]; may be given several times [default: human]
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = WantedParser)]
    pub(crate) format: Vec<Wanted>,
    /// Print findings and errors only: no notes on the run, no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Lowest severity that makes the exit code 1 [default: low]
    #[arg(long, value_name = "SEVERITY", value_parser = named(&Severity::ALL, Severity::name))]
    pub(crate) fail_on: Option<Severity>,
    /// Exit with 0 even if there are findings (an incomplete scan is still 2)
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Show secrets in clear, in the human and JSON formats only; refused in CI (where CI is set), unless
    /// --reveal=force
    #[arg(
        long,
        value_name = "force",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "ask",
        value_parser = [PossibleValue::new("ask").hide(true), PossibleValue::new("force")]
    )]
    pub(crate) reveal: Option<String>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// One `--format FORMAT[=FILE]`.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) format: Format,
    /// Standard output if there is none.
    pub(crate) file: Option<PathBuf>,
}

/// Reads `FORMAT[=FILE]`; the file name may be any that the system allows.
#[derive(Clone)]
pub(crate) struct WantedParser;

impl TypedValueParser for WantedParser {
    type Value = Wanted;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Wanted, clap::Error> {
        let bytes = value.as_encoded_bytes();
        let (name, file) = match bytes.iter().position(|byte| *byte == b'=') {
            Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
            None => (bytes, None),
        };
        let name = String::from_utf8_lossy(name);
        // The names alone are what clap knows how to check and how to suggest.
        let known = PossibleValuesParser::new(Format::ALL.iter().map(|(name, _)| *name));
        let known = known.parse_ref(command, argument, OsStr::new(name.as_ref()))?;
        let invalid = |message: String| clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command);
        let format = known.parse().map_err(invalid)?;
        match file {
            Some([]) => Err(invalid(format!("no file is named after `--format {name}=`\n"))),
            _ => Ok(Wanted { format, file: file.map(path_from_bytes) }),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::ALL.iter().map(|(name, _)| PossibleValue::new(*name))))
    }
}

/// The reports of one run.
pub(crate) struct Outputs {
    targets: Vec<Target>,
}

struct Target {
    format: Format,
    /// Standard output if there is none.
    file: Option<OpenFile>,
}

struct OpenFile {
    path: PathBuf,
    /// `None` if there was none before: it is made when the report is written, because an empty report would be taken for
    /// one.
    file: Option<File>,
}

impl Outputs {
    /// Opens the files, whose contents stay until a report takes their place. Returns the exit code if one cannot be
    /// written.
    pub(crate) fn open(wanted: &[Wanted]) -> Result<Outputs, u8> {
        let human = [Wanted { format: Format::Human, file: None }];
        let wanted = if wanted.is_empty() { &human[..] } else { wanted };
        // A file may have several names.
        let places: Vec<Option<PathBuf>> =
            wanted.iter().map(|one| one.file.as_deref().map(destination)).collect();
        let mut outputs = Outputs { targets: Vec::new() };
        for (number, Wanted { format, file }) in wanted.iter().enumerate() {
            let place = &places[number];
            if places[..number].contains(place) {
                let what = match file {
                    None => String::from("two reports for standard output"),
                    Some(file) => format!("two reports for {}", file.display()),
                };
                return Err(complain(
                    &what,
                    "write one into a file of its own: --format sarif=flaresec.sarif",
                ));
            }
            let file = place.clone().map(OpenFile::open).transpose()?;
            outputs.targets.push(Target { format: *format, file });
        }
        Ok(outputs)
    }

    /// Writes every report. What could not be scanned is also said on standard error, unless a report that people read
    /// says it on standard output; so is the summary, if nothing goes to standard output.
    pub(crate) fn write(mut self, report: &Report, rules: &RuleSet, args: &OutputArgs) -> Result<(), u8> {
        let mut outcome = Ok(());
        for target in &mut self.targets {
            let plain = Style { quiet: args.quiet, ..Style::default() };
            let style = if target.file.is_none() { printed(args) } else { plain };
            let mut text = Vec::new();
            report::write(target.format, report, rules, style, &mut text)
                .expect("writing to memory cannot fail");
            match &mut target.file {
                // A closed pipe keeps the verdict.
                None => {
                    outcome =
                        outcome.and(Some(print(&text)).filter(|code| *code != CLEAN).map_or(Ok(()), Err))
                }
                Some(file) => outcome = outcome.and(file.replace(&text)),
            }
        }
        let printed = || self.targets.iter().filter(|target| target.file.is_none());
        if !printed().any(|target| target.format.is_prose()) {
            for failure in &report.failures {
                complain(&format!("{}: {}", failure.what, failure.cause), &failure.remedy);
            }
        }
        if printed().next().is_none() && !args.quiet {
            let _ = report::summary(report, &mut io::stderr().lock());
        }
        outcome
    }
}

/// Returns the file that is written if `path` is, however it is spelled: where links lead, with the true name of its
/// folder. The file need not exist.
fn destination(path: &Path) -> PathBuf {
    match path.canonicalize() {
        Ok(real) => return real,
        // A pipe has a name, such as /dev/stdout, but nowhere that the name leads to.
        Err(_) if path.exists() => return path.to_owned(),
        Err(_) => {}
    }
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (Ok(folder), Some(name)) = (folder.canonicalize(), path.file_name()) else { break };
        path = folder.join(name);
        match fs::read_link(&path) {
            Ok(target) => path = folder.join(target),
            Err(_) => break,
        }
    }
    path
}

/// Returns the style of what is printed to standard output.
fn printed(args: &OutputArgs) -> Style {
    let terminal = terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    Style { color: args.color.enabled(), width: terminal.unwrap_or(report::WIDTH), quiet: args.quiet }
}

impl OpenFile {
    fn open(path: PathBuf) -> Result<OpenFile, u8> {
        let mut options = OpenOptions::new();
        options.write(true);
        // Found, but not yet emptied; or made to see whether that is possible.
        let made = options.clone().create_new(true).open(&path).and_then(|_| fs::remove_file(&path));
        if made.is_ok() {
            return Ok(OpenFile { path, file: None });
        }
        match options.create(true).truncate(false).open(&path) {
            Ok(file) => Ok(OpenFile { path, file: Some(file) }),
            Err(error) => Err(unwritable(&path, &error)),
        }
    }

    fn replace(&mut self, text: &[u8]) -> Result<(), u8> {
        let written = match &mut self.file {
            None => fs::write(&self.path, text),
            Some(file) => {
                // A pipe or a device has no length to set.
                let regular = file.metadata().is_ok_and(|meta| meta.is_file());
                let emptied = if regular { file.set_len(0) } else { Ok(()) };
                emptied.and_then(|()| file.write_all(text))
            }
        };
        written.map_err(|error| unwritable(&self.path, &error))
    }
}

fn unwritable(path: &Path, error: &io::Error) -> u8 {
    complain(&format!("{} cannot be written: {error}", path.display()), "name a file in a folder that exists")
}
