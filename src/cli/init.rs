//! `flaresec init`: a commented configuration, a workflow and a hook for a repository. Asks nothing, never overwrites.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use flaresec::config::NAMES;
use flaresec::source::git::Git;

use super::hook::{self, Outcome};
use super::select::here;
use super::{CLEAN, complain, print};

/// Arguments of `flaresec init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Do not write the git hook
    #[arg(long)]
    no_hook: bool,
    /// Do not write the GitHub workflow
    #[arg(long)]
    no_workflow: bool,
}

const CONFIG: &str = include_str!("init/flaresec.toml");
/// The workflow, with `{version}` in place of the version of the action.
const WORKFLOW: &str = include_str!("init/workflow.yml");
const WORKFLOW_FILE: &str = ".github/workflows/flaresec.yml";

/// Writes what is missing and returns the exit code.
pub(crate) fn run(args: &InitArgs) -> u8 {
    if let Some(top) = around().filter(|_| !(args.no_workflow && args.no_hook)) {
        return complain(
            "this is not the top folder of its repository: GitHub would not find the workflow, and the hook is for all of it",
            &format!(
                "run it in {}, or with --no-workflow --no-hook to configure this folder alone",
                top.display()
            ),
        );
    }
    let existing = NAMES.iter().find(|name| Path::new(name).exists());
    let config = match existing {
        Some(name) => Ok(format!("{name} already exists\n")),
        None => create(Path::new(NAMES[0]), CONFIG),
    };
    let workflow =
        if args.no_workflow { Ok(String::new()) } else { create(Path::new(WORKFLOW_FILE), &workflow()) };
    let hook = if args.no_hook { Ok(String::new()) } else { hook_or_advice() };
    let mut code = CLEAN;
    for step in [config, workflow, hook] {
        code = code.max(step.map_or_else(|failed| failed, |text| print(text.as_bytes())));
    }
    code
}

/// Returns the top of the repository around the current folder, if that is not the top itself.
fn around() -> Option<PathBuf> {
    let top = Git::at(".").line("the repository", &["rev-parse", "--show-toplevel"]).ok().flatten()?;
    Path::new(&top).canonicalize().ok().filter(|top| *top != here())
}

/// Returns the workflow, which uses the action in the version of this program.
fn workflow() -> String {
    WORKFLOW.replace("{version}", env!("CARGO_PKG_VERSION"))
}

/// Writes a file that does not exist yet, and returns what was done.
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
            Ok(format!("{} already exists\n", file.display()))
        }
        Err(error) => Err(complain(
            &format!("{} cannot be written: {error}", file.display()),
            "make sure that the folder exists and that you may write to it",
        )),
    }
}

/// Installs the hook, unless a hook manager is used: then returns what to add to its configuration.
fn hook_or_advice() -> Result<String, u8> {
    let managers = [
        (
            ".pre-commit-config.yaml",
            concat!(
                "add the hook to .pre-commit-config.yaml: ",
                env!("CARGO_PKG_REPOSITORY"),
                "/blob/main/docs/guides/pre-commit.md shows how"
            ),
        ),
        ("lefthook.yml", "add `flaresec --staged` to pre-commit in lefthook.yml"),
        (".husky", "add the line `flaresec --staged` to .husky/pre-commit"),
    ];
    if let Some((_, advice)) = managers.iter().find(|(file, _)| Path::new(file).exists()) {
        return Ok(format!("{advice}\n"));
    }
    match hook::install_if_absent() {
        Ok(Outcome::Installed(path)) => Ok(format!("wrote {}\n", path.display())),
        Ok(Outcome::Exists(path)) => Ok(format!("{} already exists\n", path.display())),
        Ok(Outcome::Shared(folder)) => Ok(format!(
            "no hook was written: {} is the folder of hooks of more than this repository; {}\n",
            folder.display(),
            hook::SHARED
        )),
        Ok(Outcome::NoRepository) => Ok(String::from("no git repository here: no hook was written\n")),
        Err(code) => Err(code),
    }
}
