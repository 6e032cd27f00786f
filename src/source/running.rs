//! A `git` command that runs while its output is read, however much that is.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::JoinHandle;

use super::Failure;
use super::git::{Git, not_started, refused};

/// How much of what git complains about is kept, in bytes: a repository with many faults must not fill the memory.
const COMPLAINTS: u64 = 64 * 1024;

/// The command. Its pipes are to be taken and closed before [`Running::finish`].
pub(super) struct Running {
    child: Child,
    said: JoinHandle<Vec<u8>>,
    /// What it reads; `None` once taken, or if it was started without.
    pub(super) stdin: Option<ChildStdin>,
    /// What it prints; `None` once taken.
    pub(super) stdout: Option<ChildStdout>,
}

impl Running {
    /// Starts a command; with `input` it has a standard input to write to.
    ///
    /// # Errors
    /// `git` cannot be started.
    pub(super) fn start<A: AsRef<OsStr>>(git: &Git, args: &[A], input: bool) -> Result<Running, Failure> {
        let args: Vec<&OsStr> = args.iter().map(AsRef::as_ref).collect();
        let mut child = git
            .command(&args)
            .stdin(if input { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let mut stderr = child.stderr.take().expect("piped above");
        let said = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = Read::by_ref(&mut stderr).take(COMPLAINTS).read_to_end(&mut text);
            let _ = io::copy(&mut stderr, &mut io::sink());
            text
        });
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Running { child, said, stdin, stdout })
    }

    /// What it prints.
    pub(super) fn output(&mut self) -> ChildStdout {
        self.stdout.take().expect("piped at the start and taken once")
    }

    /// Ends it, whatever it still has to say.
    pub(super) fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.said.join();
    }

    /// Waits for the end. `what` was being read, and `read` is what came of reading it.
    ///
    /// # Errors
    /// Reading failed, or `git` says no.
    pub(super) fn finish<T>(mut self, what: &str, read: io::Result<T>) -> Result<T, Failure> {
        if read.is_err() {
            // Whatever it still has to say is of no use.
            let _ = self.child.kill();
        }
        (self.stdin, self.stdout) = (None, None);
        let status = self.child.wait().map_err(|error| not_started(&error))?;
        let said = self.said.join().unwrap_or_default();
        match read {
            Ok(read) if status.success() => Ok(read),
            Err(error) if said.is_empty() => Err(Failure {
                what: what.to_owned(),
                cause: format!("git ended early: {error}"),
                remedy: String::from("check the repository with: git fsck"),
            }),
            _ => Err(refused(what, &said)),
        }
    }
}
