//! `flaresec init`: a commented configuration, a workflow and a hook for a repository. Asks nothing, never overwrites.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use clap::Args;
use flaresec::config::NAMES;

use super::hook::{self, Outcome};
use super::{CLEAN, complain, print};

/// Arguments of `flaresec init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Leave the git hook out
    #[arg(long)]
    no_hook: bool,
    /// Leave the GitHub workflow out
    #[arg(long)]
    no_workflow: bool,
}

const CONFIG: &str = include_str!("init/flaresec.toml");
const WORKFLOW: &str = include_str!("init/workflow.yml");
const WORKFLOW_FILE: &str = ".github/workflows/flaresec.yml";

/// Writes what is missing; the exit code.
pub(crate) fn run(args: &InitArgs) -> u8 {
    let there = NAMES.iter().find(|name| Path::new(name).exists());
    let config = match there {
        Some(name) => Ok(format!("{name} is there already\n")),
        None => create(Path::new(NAMES[0]), CONFIG),
    };
    let workflow =
        if args.no_workflow { Ok(String::new()) } else { create(Path::new(WORKFLOW_FILE), WORKFLOW) };
    let hook = if args.no_hook { Ok(String::new()) } else { hook_or_advice() };
    let mut code = CLEAN;
    for step in [config, workflow, hook] {
        match step {
            Ok(text) => print(text.as_bytes()),
            Err(failed) => code = failed,
        }
    }
    code
}

/// Writes a file that is not there yet; what was done.
fn create(file: &Path, text: &str) -> Result<String, u8> {
    let write = || {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
    };
    match write() {
        Ok(()) => Ok(format!("wrote {}\n", file.display())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(format!("{} is there already\n", file.display()))
        }
        Err(error) => Err(complain(
            &format!("{} cannot be written: {error}", file.display()),
            "see that the folder exists and that you may write to it",
        )),
    }
}

/// Hook managers own the hooks: they get advice, others the hook.
fn hook_or_advice() -> Result<String, u8> {
    let managers = [
        (
            ".pre-commit-config.yaml",
            "add the hook to .pre-commit-config.yaml: docs/guides/pre-commit.md shows how",
        ),
        ("lefthook.yml", "add `flaresec --staged` to pre-commit in lefthook.yml"),
        (".husky", "add the line `flaresec --staged` to .husky/pre-commit"),
    ];
    if let Some((_, advice)) = managers.iter().find(|(file, _)| Path::new(file).exists()) {
        return Ok(format!("{advice}\n"));
    }
    match hook::install_unless_there() {
        Ok(Outcome::Installed(path)) => Ok(format!("wrote {}\n", path.display())),
        Ok(Outcome::There(path)) => Ok(format!("{} is there already\n", path.display())),
        Ok(Outcome::NoRepository) => Ok(String::from("no git repository here: no hook was written\n")),
        Err(code) => Err(code),
    }
}
