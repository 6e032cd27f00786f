//! Contents of git objects as a stream: one `git cat-file --batch` process, one object in hand at a time, whatever
//! their number and size.

use std::io::{self, BufRead, BufReader, Read, Take, Write};
use std::process::{ChildStdout, Stdio};

use std::ffi::OsStr;

use super::Failure;
use super::git::{Git, not_started, refused};

/// Which objects to read.
pub(super) enum Wanted {
    /// Everything in the repository, in the order of the packs: the cheapest one.
    All,
    /// These, in this order.
    Listed(Vec<String>),
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Content of a file.
    Blob,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
    /// A folder.
    Tree,
    /// Not in this clone.
    Missing,
}

/// The content of one object; what is left of it after the call is thrown away.
pub(super) type Content = Take<BufReader<ChildStdout>>;

/// Hands each object to `each`: id in hex, kind, content.
///
/// # Errors
/// `git` cannot be started, fails, or ends in the middle of an object.
pub(super) fn each(
    git: &Git,
    wanted: Wanted,
    each: &mut dyn FnMut(&str, Kind, &mut Content),
) -> Result<(), Failure> {
    let mut args = vec!["cat-file", "--batch", "--buffer"];
    if matches!(wanted, Wanted::All) {
        args.extend(["--batch-all-objects", "--unordered"]);
    }
    let args: Vec<&OsStr> = args.into_iter().map(OsStr::new).collect();
    let mut child = git
        .command(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&error))?;
    let mut stdin = child.stdin.take().expect("piped above");
    let stdout = child.stdout.take().expect("piped above");
    let mut stderr = child.stderr.take().expect("piped above");
    let said = std::thread::spawn(move || {
        let mut text = Vec::new();
        // A repository with many faults must not fill the memory with complaints.
        let _ = Read::by_ref(&mut stderr).take(64 * 1024).read_to_end(&mut text);
        let _ = io::copy(&mut stderr, &mut io::sink());
        text
    });
    let writer = std::thread::spawn(move || {
        if let Wanted::Listed(ids) = wanted {
            let mut input = io::BufWriter::new(&mut stdin);
            for id in ids {
                // git is gone: its exit code says why.
                if writeln!(input, "{id}").is_err() {
                    return;
                }
            }
            let _ = input.flush();
        }
    });
    let outcome = stream(stdout, each);
    if outcome.is_err() {
        // Whatever git still has to say is of no use.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| not_started(&error))?;
    let _ = writer.join();
    let said = said.join().unwrap_or_default();
    outcome.map_err(|error| broken(&error, &said))?;
    if status.success() { Ok(()) } else { Err(refused("the objects of the repository", &said)) }
}

fn broken(error: &io::Error, said: &[u8]) -> Failure {
    if said.is_empty() {
        Failure {
            what: String::from("the objects of the repository"),
            cause: format!("git ended early: {error}"),
            remedy: String::from("check the repository with: git fsck"),
        }
    } else {
        refused("the objects of the repository", said)
    }
}

fn stream(stdout: ChildStdout, each: &mut dyn FnMut(&str, Kind, &mut Content)) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 * 1024, stdout);
    let mut header = Vec::new();
    loop {
        header.clear();
        let mut limited = reader.take(1024);
        limited.read_until(b'\n', &mut header)?;
        reader = limited.into_inner();
        if header.is_empty() {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&header).into_owned();
        let mut words = line.split_whitespace();
        let (id, kind, size) = (words.next().unwrap_or_default(), words.next(), words.next());
        let kind = match kind {
            Some("blob") => Kind::Blob,
            Some("commit") => Kind::Commit,
            Some("tag") => Kind::Tag,
            Some("tree") => Kind::Tree,
            Some("missing") => Kind::Missing,
            _ => return Err(io::Error::other("an answer that is not an object")),
        };
        if kind == Kind::Missing {
            let mut nothing = reader.take(0);
            each(id, kind, &mut nothing);
            reader = nothing.into_inner();
            continue;
        }
        let size: u64 = size.and_then(|s| s.parse().ok()).ok_or_else(|| io::Error::other("no size"))?;
        let mut content = reader.take(size);
        each(id, kind, &mut content);
        io::copy(&mut content, &mut io::sink())?;
        if content.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        reader = content.into_inner();
        reader.read_exact(&mut [0])?;
    }
}

/// An object that is listed but not here.
pub(super) fn missing(id: &str) -> Failure {
    Failure {
        what: format!("object {id}"),
        cause: String::from("is not in this clone"),
        remedy: String::from(
            "fetch the rest of a partial clone with: git fetch --refetch --no-filter; otherwise check it with: git fsck",
        ),
    }
}
