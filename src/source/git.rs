//! The one place that builds `git` commands. They only read, and nothing that a hostile repository configures can
//! run: no hook, file system monitor, external diff, text conversion, pager, credential helper or transfer.
//! `GIT_DIR`, `GIT_INDEX_FILE` and `GIT_WORK_TREE` stay as the caller set them: a commit in progress names its index
//! with them.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::Failure;

/// Settings that name programs or change output. A setting on the command line wins over every file.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.untrackedCache=keep",
    "core.pager=cat",
    "core.askPass=",
    "credential.helper=",
    "diff.external=",
    "diff.renameLimit=1000",
    "log.showSignature=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// Environment variables that name programs or change how git behaves; none of them says which repository is meant.
const CLEARED: &[&str] = &[
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_PAGER",
    "GIT_ASKPASS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// Environment variables that name a repository or a part of it.
const NAMING: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// A repository, by the folder that `git` is started in.
#[derive(Clone, Debug)]
pub struct Git {
    folder: PathBuf,
    trusted: bool,
    hooks: bool,
    own: bool,
}

impl Git {
    /// Makes the repository that contains `folder`; `.` is the one that the caller's environment names.
    pub fn at(folder: impl Into<PathBuf>) -> Git {
        Git { folder: folder.into(), trusted: false, hooks: false, own: false }
    }

    /// Also reads a repository that somebody else owns: for commands that look at names only.
    #[must_use]
    pub fn trusted(self) -> Git {
        Git { trusted: true, ..self }
    }

    /// Reads the repository that the folder is in, whatever the environment names: that is another one.
    #[must_use]
    pub fn own(self) -> Git {
        Git { own: true, ..self }
    }

    /// Keeps the configured path of hooks, so that `git` can tell where they are. The command must not run any.
    #[must_use]
    pub fn knowing_hooks(self) -> Git {
        Git { hooks: true, ..self }
    }

    /// Returns a command with everything dangerous switched off. Paths among `args` belong after `--`.
    pub fn command(&self, args: &[&OsStr]) -> Command {
        let mut command = Command::new("git");
        command.args(["--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs"]);
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        if !self.hooks {
            command.args(["-c", "core.hooksPath=/dev/null"]);
        }
        if self.trusted {
            command.args(["-c", "safe.directory=*"]);
        }
        CLEARED.iter().for_each(|name| _ = command.env_remove(name));
        if self.own {
            NAMING.iter().for_each(|name| _ = command.env_remove(name));
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .args(args)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command and returns its output, whatever its exit code.
    ///
    /// # Errors
    /// `git` cannot be started.
    pub fn output(&self, args: &[&OsStr]) -> Result<Output, Failure> {
        self.command(args).output().map_err(|error| not_started(&error))
    }

    /// Runs a command that has to succeed, and returns what it prints. `what` names what is being read, in a failure.
    ///
    /// # Errors
    /// `git` cannot be started or fails.
    pub fn read(&self, what: &str, args: &[&str]) -> Result<Vec<u8>, Failure> {
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        let output = self.output(&args)?;
        if output.status.success() { Ok(output.stdout) } else { Err(refused(what, &output.stderr)) }
    }

    /// Like [`Git::read`], with paths after `--`.
    ///
    /// # Errors
    /// `git` cannot be started or fails.
    pub fn read_paths(&self, what: &str, args: &[&str], paths: &[PathBuf]) -> Result<Vec<u8>, Failure> {
        let mut all: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        all.push(OsStr::new("--"));
        all.extend(paths.iter().map(|path| path.as_os_str()));
        let output = self.output(&all)?;
        if output.status.success() { Ok(output.stdout) } else { Err(refused(what, &output.stderr)) }
    }

    /// Returns those of the paths that do not exist in the worktree and that a command, which lists files, does not
    /// know either.
    ///
    /// # Errors
    /// `git` cannot be started or fails.
    pub(super) fn unmatched<'p>(
        &self,
        paths: &'p [PathBuf],
        list: &[&str],
    ) -> Result<Vec<&'p PathBuf>, Failure> {
        let mut out = Vec::new();
        for path in paths.iter().filter(|path| self.folder.join(path).symlink_metadata().is_err()) {
            if self.read_paths("the repository", list, std::slice::from_ref(path))?.is_empty() {
                out.push(path);
            }
        }
        Ok(out)
    }

    /// Like [`Git::read`], with `input` on standard input.
    ///
    /// # Errors
    /// `git` cannot be started or fails.
    pub fn feed(&self, what: &str, args: &[&str], input: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        let mut child = self
            .command(&args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let mut stdin = child.stdin.take().expect("piped above");
        // A thread of its own: git may fill its output before it has read all input.
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().map_err(|error| not_started(&error))?;
        // The exit code of git tells if the pipe broke.
        let _ = writer.join();
        if output.status.success() { Ok(output.stdout) } else { Err(refused(what, &output.stderr)) }
    }

    /// Returns the first line that a command prints, or `None` if it fails without a message (`-q`).
    ///
    /// # Errors
    /// `git` cannot be started, or fails with a message.
    pub fn line(&self, what: &str, args: &[&str]) -> Result<Option<String>, Failure> {
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        let output = self.output(&args)?;
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            return Ok(text.lines().next().map(str::to_owned));
        }
        if output.stderr.is_empty() { Ok(None) } else { Err(refused(what, &output.stderr)) }
    }

    /// Returns the id of the commit that `revision` names, if there is one.
    ///
    /// # Errors
    /// There is no repository, or git refuses to read it.
    pub fn commit(&self, revision: &str) -> Result<Option<String>, Failure> {
        let wanted = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
        // Even with `--quiet` git complains about unborn or ambiguous names; they are no failure if the repository
        // can be read.
        match self.line(revision, &args) {
            Ok(found) => Ok(found),
            Err(failure) => self.read("the repository", &["rev-parse", "--git-dir"]).and_then(|_| {
                if failure.cause.contains("unknown revision") || failure.cause.contains("Needed a single") {
                    Ok(None)
                } else {
                    Err(failure)
                }
            }),
        }
    }
}

/// Whether a folder or one above it looks like a repository, or the environment names one.
pub fn looks_like_repository(folder: &Path) -> bool {
    std::env::var_os("GIT_DIR").is_some()
        || std::path::absolute(folder).is_ok_and(|path| path.ancestors().any(|p| p.join(".git").exists()))
}

/// Converts a path of git's `-z` output to a path of the file system.
pub fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        PathBuf::from(OsString::from_vec(bytes.to_vec()))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(OsString::from(String::from_utf8_lossy(bytes).into_owned()))
    }
}

/// Returns the failure that `git` itself could not be started.
pub(super) fn not_started(error: &std::io::Error) -> Failure {
    Failure {
        what: String::from("git"),
        cause: format!("cannot be started: {error}"),
        remedy: String::from("install git and see that it is on the PATH"),
    }
}

/// Returns the error message of git as a failure, with git's own remedy if it gives one.
pub(super) fn refused(what: &str, stderr: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines
        .iter()
        .find_map(|line| line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: ")))
        .or_else(|| lines.first().copied())
        .unwrap_or("git failed and gave no reason");
    let remedy = if text.contains("dubious ownership") {
        lines
            .iter()
            .find(|line| line.starts_with("git config"))
            .map_or_else(String::new, |line| format!("if you trust its owner: {line}"))
    } else if text.contains("not a git repository") {
        String::from("run it inside a git repository, or name files and folders to scan instead")
    } else if text.contains("missing blob") || text.contains("lazy fetching") || text.contains("promisor") {
        String::from("this is a partial clone; fetch the rest with: git fetch --refetch --no-filter")
    } else {
        String::new()
    };
    Failure { what: what.to_owned(), cause: format!("git: {}", said.trim_end_matches('.')), remedy }
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn the_remedy_for_a_foreign_owner_is_gits_own() {
        let said = b"fatal: detected dubious ownership in repository at '/r'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /r\n";
        let failure = refused("the index", said);
        assert!(failure.remedy.ends_with("git config --global --add safe.directory /r"));
        assert!(failure.cause.contains("dubious ownership"));
    }

    #[test]
    fn a_silent_failure_still_has_a_cause() {
        assert!(!refused("x", b"").cause.is_empty());
    }
}
