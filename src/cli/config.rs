//! `--config`, `--isolated`, `FLARESEC_CONFIG`, and the configuration found from the scanned folder upwards, on disk or
//! in a revision: read once, merged under what was typed. `flaresec config show|check|schema`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use flaresec::blob::BlobPath;
use flaresec::config::{self, Config};
use flaresec::report::printable;
use flaresec::rule::{Example, Rule, RuleSet};
use flaresec::scan::Scanner;
use flaresec::source::revision::{Held, Revision};
use flaresec::synthetic;

use super::{INCOMPLETE, ScanArgs, complain, print, revision};

const SCHEMA: &str = include_str!("../../docs/schema/config-v1.json");

/// Arguments of `flaresec config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show every setting that a scan of PATH uses, and where it comes from
    Show(Where),
    /// Check a configuration and run the examples of its own rules
    Check(Where),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
}

#[derive(Debug, Args)]
struct Where {
    /// The folder that a scan would start from, or the configuration file
    #[arg(default_value = ".")]
    path: PathBuf,
}

/// A configuration and the name of its file.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) file: String,
    /// The folder its globs are relative to, absolute: its own, or the one around `.github`.
    pub(crate) folder: PathBuf,
}

/// Reads the configuration that applies, from the worktree or from a revision, and fills in what was not given on the
/// command line. Returns the exit code if it is broken.
pub(crate) fn load(args: &mut ScanArgs, from: Option<&Revision>) -> Result<Option<Loaded>, u8> {
    if args.files.isolated {
        return Ok(None);
    }
    let scanned = scanned(args);
    let loaded = match from {
        None => which(&scanned, args.files.config.as_deref()).map(|file| read(&file)),
        Some(from) => match named(args.files.config.as_deref()) {
            Some(file) => Some(revision::named(from, "configuration", &file, config::LARGEST)?),
            None => revision::first(from, &config::candidates(&scanned), config::LARGEST)?,
        }
        .map(|file| held(&file)),
    };
    let Some(loaded) = loaded.transpose()? else { return Ok(None) };
    let config = &loaded.config;
    args.output.fail_on = args.output.fail_on.or(config.fail_on);
    args.rules.min_confidence = args.rules.min_confidence.or(config.min_confidence);
    args.files.max_file_size = args.files.max_file_size.or(config.max_file_size);
    args.rules.pedantic |= config.pedantic;
    let comments = &mut args.acceptance.comments;
    comments.foreign_suppressions |= config.foreign_suppressions && !comments.no_suppressions;
    Ok(Some(loaded))
}

/// Returns the configuration that a scan of these paths reads: the one that is named, else the one that is found.
pub(crate) fn which<P: AsRef<Path>>(scanned: &[P], option: Option<&Path>) -> Option<PathBuf> {
    named(option).or_else(|| config::discover(scanned))
}

/// Returns the configuration that an option names, or FLARESEC_CONFIG, which names none if it is empty.
fn named(option: Option<&Path>) -> Option<PathBuf> {
    let variable = || std::env::var_os("FLARESEC_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
    option.map(Path::to_owned).or_else(variable)
}

/// Returns the paths that the configuration has to speak about: those of the arguments, standard input by the name that
/// it is given. The names in a list belong to the current folder.
fn scanned(args: &ScanArgs) -> Vec<PathBuf> {
    let named = |path: &PathBuf| {
        let given = if path == Path::new("-") { args.source.stdin_path.as_ref() } else { Some(path) };
        given.cloned().unwrap_or_else(|| PathBuf::from("<stdin>"))
    };
    let mut paths: Vec<PathBuf> = args.paths.iter().map(named).collect();
    if paths.is_empty() || args.source.files_from.is_some() {
        paths.push(PathBuf::from("."));
    }
    paths
}

/// Reads a configuration. Returns the exit code if it is broken.
pub(crate) fn read(file: &Path) -> Result<Loaded, u8> {
    let config = config::read(file, &RuleSet::embedded()).map_err(|e| complain(&e.what, &e.remedy))?;
    // A link stands for the file itself: its globs speak about what is around the link, not around its target.
    let folder = folder(&std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
    let folder = folder.canonicalize().unwrap_or(folder);
    Ok(Loaded { config, file: file.display().to_string(), folder })
}

/// Reads a configuration that a revision holds.
fn held(held: &Held) -> Result<Loaded, u8> {
    let text = String::from_utf8_lossy(&held.bytes);
    let config =
        config::parse(&text, &held.name, &RuleSet::embedded()).map_err(|e| complain(&e.what, &e.remedy))?;
    Ok(Loaded { config, file: held.name.clone(), folder: folder(&held.file) })
}

/// Returns the folder that the globs of a configuration are relative to.
fn folder(file: &Path) -> PathBuf {
    let own = file.parent().unwrap_or(Path::new(""));
    let folder = if own.ends_with(".github") { own.parent().unwrap_or(own) } else { own };
    folder.to_owned()
}

/// Shows or checks a configuration, or prints the schema, and returns the exit code.
pub(crate) fn run(args: &ConfigArgs) -> u8 {
    match &args.what {
        What::Show(place) => show(&place.path),
        What::Check(place) => check(&place.path),
        What::Schema => print(SCHEMA.as_bytes()),
    }
}

/// Returns the configuration that a scan of a place uses, or the place itself if it is a file. Returns the exit code if
/// the place does not exist.
fn file(place: &Path) -> Result<Option<PathBuf>, u8> {
    if !place.exists() {
        let what = format!("{} does not exist", place.display());
        return Err(complain(&what, "name a folder, or a configuration file"));
    }
    Ok(if place.is_file() { Some(place.to_owned()) } else { which(&[place], None) })
}

fn show(place: &Path) -> u8 {
    let loaded = match file(place).and_then(|file| file.map(|file| read(&file)).transpose()) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let (config, origin) =
        loaded.map_or((Config::default(), String::new()), |loaded| (loaded.config, printable(&loaded.file)));
    let mut out =
        if origin.is_empty() { String::from("# no configuration\n") } else { format!("# {origin}\n") };
    for shown in config::settings(&config, &RuleSet::embedded()) {
        let from = if shown.from_file { origin.as_str() } else { "default" };
        let _ = writeln!(out, "{}  # {from}", shown.line);
    }
    print(out.as_bytes())
}

/// Reads a configuration, runs the examples of its own rules, and returns the exit code.
fn check(place: &Path) -> u8 {
    let file = match file(place) {
        Ok(file) => file,
        Err(code) => return code,
    };
    let Some(file) = file else {
        return complain(
            &format!("no configuration from {} upwards", place.display()),
            "name the file, or write one with `flaresec init`",
        );
    };
    let loaded = match read(&file) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let scanner = Scanner::new(loaded.config.extended(RuleSet::embedded()));
    let own = loaded.config.custom_rule.iter().filter_map(|rule| scanner.rules().get(rule.id()));
    let wrong: Vec<String> = own.flat_map(|rule| misjudged(&scanner, rule)).collect();
    if wrong.is_empty() {
        return print(format!("{}: no faults\n", loaded.file).as_bytes());
    }
    for what in wrong {
        complain(&format!("{}: {what}", loaded.file), "fix the rule or the example");
    }
    INCOMPLETE
}

/// Returns a message for every example of a rule that the rule does not judge as the example says.
fn misjudged(scanner: &Scanner, rule: &Rule) -> Vec<String> {
    let wrong = |example: &&Example| {
        let Ok(text) = synthetic::expand(&example.text) else { return true };
        let path = BlobPath::new(example.path.as_deref().unwrap_or("example.txt"));
        let found = scanner.scan(&path, text.text.as_bytes());
        let own: Vec<_> = found.iter().filter(|f| f.rule.id == rule.id).map(|f| f.location.span).collect();
        own != text.expected
    };
    let say = |example: &Example| format!("rule `{}` misjudges its example `{}`", rule.id, example.name);
    rule.examples.iter().filter(wrong).map(say).collect()
}
