//! `flaresec hook`: a pre-commit hook for people without a hook manager. Touches only a hook that it wrote.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use flaresec::source::Failure;
use flaresec::source::git::{Git, path_from_bytes};

use super::{CLEAN, FINDINGS, complain, print};

/// The line by which a hook that flaresec wrote is recognised.
const MARK: &str = "# Written by `flaresec hook install`";

const SCRIPT: &str = "#!/bin/sh
# Written by `flaresec hook install`; `flaresec hook uninstall` removes it.
if ! command -v flaresec >/dev/null 2>&1; then
    echo 'flaresec is not on the PATH: install it, or remove this hook' >&2
    exit 1
fi
exec flaresec --staged
";

/// What to do with the hook.
#[derive(Debug, Args)]
pub(crate) struct HookArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a pre-commit hook that scans what is about to be committed
    Install,
    /// Remove the hook that `install` wrote
    Uninstall,
    /// Show whether the hook is installed: exit code 0 if it is, 1 if not
    Status,
}

enum State {
    Absent,
    Ours,
    Foreign,
}

/// What [`install_if_absent`] did.
pub(crate) enum Outcome {
    /// It was written.
    Installed(PathBuf),
    /// A hook already exists, written by flaresec or not.
    Exists(PathBuf),
    /// There is no repository.
    NoRepository,
    /// Git looks for hooks in this folder, which other repositories use as well.
    Shared(PathBuf),
}

/// What to do about a folder of hooks that is not of one repository.
pub(crate) const SHARED: &str = "add the line `flaresec --staged || exit` to the hook there, if it is meant for all of \
                                 them, or give this repository its own: git config core.hooksPath .git/hooks";

/// Writes the hook if there is none at all.
pub(crate) fn install_if_absent() -> Result<Outcome, u8> {
    let Ok(path) = hook_path() else { return Ok(Outcome::NoRepository) };
    if let Some(folder) = shared(&path) {
        return Ok(Outcome::Shared(folder));
    }
    let fault = |error: io::Error| {
        complain(&format!("{}: {error}", path.display()), "make sure that you may write to the folder")
    };
    match state(&path).map_err(fault)? {
        State::Absent => write(&path).map(|()| Outcome::Installed(path.clone())).map_err(fault),
        State::Ours | State::Foreign => Ok(Outcome::Exists(path)),
    }
}

/// Carries out the command and returns the exit code.
pub(crate) fn run(args: &HookArgs) -> u8 {
    let path = match hook_path() {
        Ok(path) => path,
        Err(failure) => return complain(&format!("{}: {}", failure.what, failure.cause), &failure.remedy),
    };
    let outcome = state(&path).and_then(|state| match args.action {
        Action::Install => install(&path, &state),
        Action::Uninstall => uninstall(&path, &state),
        Action::Status => Ok(status(&path, &state)),
    });
    outcome.unwrap_or_else(|error| {
        complain(
            &format!("{}: {error}", path.display()),
            "make sure that the folder exists and that you may write to it",
        )
    })
}

/// Returns the path where git looks for the hook, according to `core.hooksPath` if that is set.
fn hook_path() -> Result<PathBuf, Failure> {
    // `rev-parse` runs no hooks.
    let git = Git::at(".").knowing_hooks();
    let output = git.read("the hooks of the repository", &["rev-parse", "--git-path", "hooks"])?;
    Ok(path_from_bytes(output.strip_suffix(b"\n").unwrap_or(&output)).join("pre-commit"))
}

fn state(path: &Path) -> io::Result<State> {
    if path.symlink_metadata().is_ok_and(|meta| !meta.is_file()) {
        return Ok(State::Foreign);
    }
    match fs::read(path) {
        Ok(text) if String::from_utf8_lossy(&text).contains(MARK) => Ok(State::Ours),
        Ok(_) => Ok(State::Foreign),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::Absent),
        Err(error) => Err(error),
    }
}

/// Returns the folder of a hook if it is neither in the worktree nor in the folder of the repository: `core.hooksPath`
/// then names one for all repositories of the user or the system, and each of their commits would run the hook.
fn shared(path: &Path) -> Option<PathBuf> {
    let folder = real(&std::path::absolute(path.parent()?).ok()?);
    let git = Git::at(".");
    let own = ["--show-toplevel", "--absolute-git-dir", "--git-common-dir"].into_iter().any(|what| {
        let line = git.line("the repository", &["rev-parse", what]).ok().flatten();
        line.and_then(|line| Path::new(&line).canonicalize().ok()).is_some_and(|own| folder.starts_with(own))
    });
    (!own).then_some(folder)
}

/// Returns a path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let exists = path.ancestors().find_map(|around| Some((around, around.canonicalize().ok()?)));
    match exists {
        Some((around, real)) => path.strip_prefix(around).map_or(real.clone(), |rest| real.join(rest)),
        None => path.to_owned(),
    }
}

fn install(path: &Path, state: &State) -> io::Result<u8> {
    if let Some(folder) = shared(path) {
        let what = format!("{} is the folder of hooks of more than this repository", folder.display());
        return Ok(complain(&what, SHARED));
    }
    if matches!(state, State::Foreign) {
        return Ok(complain(
            &format!("{} is a hook that flaresec did not write", path.display()),
            "add the line `flaresec --staged || exit` to it, or use a hook manager",
        ));
    }
    write(path)?;
    Ok(print(format!("installed {}\n", path.display()).as_bytes()))
}

fn write(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // A new file that takes the name in one step: git never sees half a hook.
    let draft = path.with_extension("flaresec-new");
    // What an earlier run left behind, when it was stopped.
    let _ = fs::remove_file(&draft);
    let of_draft = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", draft.display()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&draft).map_err(of_draft)?;
    let written = file.write_all(SCRIPT.as_bytes()).and_then(|()| executable(&draft));
    if let Err(error) = written.and_then(|()| fs::rename(&draft, path)) {
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    Ok(())
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn uninstall(path: &Path, state: &State) -> io::Result<u8> {
    match state {
        State::Absent => Ok(print(b"no hook is installed\n")),
        State::Ours => {
            fs::remove_file(path)?;
            Ok(print(format!("removed {}\n", path.display()).as_bytes()))
        }
        State::Foreign => Ok(complain(
            &format!("{} is a hook that flaresec did not write", path.display()),
            "remove what belongs to flaresec by hand",
        )),
    }
}

fn status(path: &Path, state: &State) -> u8 {
    let (text, code) = match state {
        State::Ours => ("installed", CLEAN),
        State::Absent => ("not installed", FINDINGS),
        State::Foreign => ("another hook is installed", FINDINGS),
    };
    print(format!("{text}: {}\n", path.display()).as_bytes()).max(code)
}
