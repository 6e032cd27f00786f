//! `--config`, `--isolated`, `FLARESEC_CONFIG`, and the configuration found from the scanned folder upwards: read once,
//! merged under what was typed. `flaresec config show|check`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use flaresec::config::{self, Config};
use flaresec::rule::{Confidence, RuleSet, Severity};

use super::{CLEAN, ScanArgs, complain, print};

/// Arguments of `flaresec config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show which configuration a scan of PATH uses, and what it changes
    Show(Where),
    /// Read a configuration and say what is wrong with it
    Check(Where),
}

#[derive(Debug, Args)]
struct Where {
    /// The folder a scan would start from, or the file itself
    #[arg(default_value = ".")]
    path: PathBuf,
}

/// A configuration and the name of its file.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) file: String,
}

/// Reads the configuration that applies and puts it under what was typed; the exit code if it is broken.
pub(crate) fn load(args: &mut ScanArgs) -> Result<Option<Loaded>, u8> {
    if args.isolated {
        return Ok(None);
    }
    let from = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let named = args.config.clone().or_else(|| std::env::var_os("FLARESEC_CONFIG").map(PathBuf::from));
    let Some(file) = named.or_else(|| config::discover(from)) else { return Ok(None) };
    let loaded = read(&file)?;
    let config = &loaded.config;
    args.fail_on = args.fail_on.or(config.fail_on);
    args.min_confidence = args.min_confidence.or(config.min_confidence);
    args.max_file_size = args.max_file_size.or(config.max_file_size);
    args.pedantic |= config.pedantic;
    args.exclude.extend(config.exclude.iter().cloned());
    Ok(Some(loaded))
}

fn read(file: &Path) -> Result<Loaded, u8> {
    let known: Vec<String> = RuleSet::embedded().rules.iter().map(|rule| rule.id.clone()).collect();
    let config = config::read(file, &known).map_err(|e| complain(&e.what, &e.remedy))?;
    Ok(Loaded { config, file: file.display().to_string() })
}

/// Shows or checks a configuration; the exit code.
pub(crate) fn run(args: &ConfigArgs) -> u8 {
    let (place, show) = match &args.what {
        What::Show(place) => (&place.path, true),
        What::Check(place) => (&place.path, false),
    };
    let file = if place.is_file() { Some(place.clone()) } else { config::discover(place) };
    let Some(file) = file else {
        if show {
            print(
                format!(
                    "no configuration: fail-on {}, min-confidence {}\n",
                    Severity::Low,
                    Confidence::Medium
                )
                .as_bytes(),
            );
            return CLEAN;
        }
        return complain(
            &format!("no configuration from {} upwards", place.display()),
            "name the file, or create flaresec.toml",
        );
    };
    let loaded = match read(&file) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let mut out = String::new();
    if show {
        for notice in config::notices(&loaded.config, &loaded.file) {
            let _ = writeln!(out, "{notice}");
        }
    } else {
        let _ = writeln!(out, "{}: no faults", loaded.file);
    }
    print(out.as_bytes());
    CLEAN
}
