//! A `git` command whose output is read while it runs, however much it prints.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::JoinHandle;

use super::Failure;
use super::git::{Git, not_started, refused};

/// How much of git's error output is kept, in bytes: a repository with many faults must not fill the memory.
const COMPLAINTS: u64 = 64 * 1024;

/// A running command. Its pipes have to be taken and closed before [`Running::finish`].
pub(super) struct Running {
    child: Child,
    said: JoinHandle<Vec<u8>>,
    /// Its standard input; `None` once taken, or if it was started without one.
    pub(super) stdin: Option<ChildStdin>,
    /// Its standard output; `None` once taken.
    pub(super) stdout: Option<ChildStdout>,
}

impl Running {
    /// Starts a command; with `input`, its standard input can be written to.
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

    /// Takes its standard output. Can be called once.
    pub(super) fn output(&mut self) -> ChildStdout {
        self.stdout.take().expect("piped at the start and taken once")
    }

    /// Kills it, whatever it has not printed yet.
    pub(super) fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.said.join();
    }

    /// Waits for the end and returns `read`, the result of reading the output. `what` names what was being read, in a
    /// failure.
    ///
    /// # Errors
    /// Reading failed, or `git` did.
    pub(super) fn finish<T>(mut self, what: &str, read: io::Result<T>) -> Result<T, Failure> {
        if read.is_err() {
            // The rest of its output is of no use.
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
