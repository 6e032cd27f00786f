//! Contents of git objects as a stream: from one `git cat-file --batch` process, one object at a time, whatever their
//! number and size.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Take, Write};
use std::process::ChildStdout;

use super::Failure;
use super::git::Git;
use super::running::Running;

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

/// The content of one object; what is not read during the call is discarded.
pub(super) type Content = Take<BufReader<ChildStdout>>;

/// Hands each object of a list to `each`, in the order of the list: id in hex, kind, content.
///
/// # Errors
/// `git` cannot be started, fails, or ends in the middle of an object.
pub(super) fn each(
    git: &Git,
    ids: &[String],
    each: &mut dyn FnMut(&str, Kind, &mut Content),
) -> Result<(), Failure> {
    let ask = |input: &mut dyn Write| ids.iter().try_for_each(|id| writeln!(input, "{id}"));
    each_asked(git, ask, each)
}

/// Hands each object whose id `ask` writes, one per line, to `each`. Both run at the same time.
///
/// # Errors
/// `git` cannot be started, fails, or ends in the middle of an object.
pub(super) fn each_asked(
    git: &Git,
    ask: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
    each: &mut dyn FnMut(&str, Kind, &mut Content),
) -> Result<(), Failure> {
    let mut running = Running::start(git, &["cat-file", "--batch", "--buffer"], true)?;
    let stdin = running.stdin.take();
    let stdout = running.output();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(move || {
            // If git is gone, its exit code says why.
            let mut input = stdin.map(BufWriter::new)?;
            ask(&mut input).and_then(|()| input.flush()).ok()
        });
        stream(stdout, each)
    });
    running.finish("the objects of the repository", outcome)
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

/// Returns the failure for an object that is listed but missing from this clone.
pub(super) fn missing(id: &str) -> Failure {
    Failure {
        what: format!("object {id}"),
        cause: String::from("is not in this clone"),
        remedy: String::from(
            "fetch the rest of a partial clone with: git fetch --refetch --no-filter; otherwise check it with: git fsck",
        ),
    }
}
