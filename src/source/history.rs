//! Everything ever committed. Each unique blob and message is read once, a blob under one of its names; only those
//! that may hold a secret are then looked up in the commits and read again.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::mpsc;

use memchr::memchr;

use super::git::Git;
use super::objects::{self, Kind};
use super::running::Running;
use super::{Failure, Visitor, diff, unmatched};
use crate::blob::{Blob, BlobPath, Origin};

mod attribute;

pub use attribute::{Origins, attribute};

/// Which part of the history to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Revisions as git understands them (`v1..HEAD`, a branch); empty for all refs.
    pub revisions: Vec<String>,
    /// Only commits after this date, as git understands it.
    pub since: Option<String>,
    /// Only these files and folders; empty for all.
    pub paths: Vec<PathBuf>,
}

impl Options {
    fn is_everything(&self) -> bool {
        self.revisions.is_empty() && self.since.is_none() && self.paths.is_empty()
    }

    /// Returns the arguments that select the commits.
    fn select(&self) -> Vec<String> {
        self.select_in(&self.paths)
    }

    fn select_in(&self, paths: &[PathBuf]) -> Vec<String> {
        let mut args: Vec<String> = self.since.iter().map(|date| format!("--since={date}")).collect();
        if !paths.is_empty() {
            // Without it git leaves out branches whose changes to the paths were undone before they were merged.
            args.push(String::from("--full-history"));
        }
        if self.revisions.is_empty() {
            args.push(String::from("--all"));
            args.push(String::from("HEAD"));
        } else {
            args.push(String::from("--end-of-options"));
            args.extend(self.revisions.iter().cloned());
        }
        args.push(String::from("--"));
        args.extend(paths.iter().map(|path| path.to_string_lossy().into_owned()));
        args
    }
}

/// Hands over every blob and message once: a blob under one of its names, a message under its object id. The name
/// matters: it shows that a value in `cloudflare.ini` is Cloudflare's even if the file does not say so.
pub fn contents(git: &Git, options: &Options, visitor: &dyn Visitor) {
    if let Err(failure) = read(git, options, visitor) {
        visitor.failed(failure);
    }
}

fn read(git: &Git, options: &Options, visitor: &dyn Visitor) -> Result<(), Failure> {
    if diff::is_shallow(git)? {
        visitor.failed(Failure {
            what: String::from("the git history"),
            cause: String::from("this clone is shallow: the older commits are not here"),
            remedy: String::from(
                "fetch the history with: git fetch --unshallow (GitHub Actions: `fetch-depth: 0` for actions/checkout)",
            ),
        });
    }
    if git.commit("HEAD")?.is_none() && options.is_everything() {
        let any = git.line("the git refs", &["for-each-ref", "--count=1"])?;
        if any.is_none() {
            return Ok(());
        }
    }
    for path in &options.paths {
        // One that the selected commits leave alone is no mistake.
        let select = Options::default().select_in(std::slice::from_ref(path));
        let args: Vec<&str> =
            ["rev-list", "-1"].into_iter().chain(select.iter().map(String::as_str)).collect();
        if git.read("the git history", &args)?.is_empty() {
            visitor.failed(unmatched(path, "no commit has such a path"));
        }
    }
    let list = |args: &[&str]| {
        let own = ["rev-list"].iter().chain(args).map(|arg| (*arg).to_owned());
        let args: Vec<String> = own.chain(options.select()).collect();
        Running::start(git, &args, false)
    };
    let mut blobs = list(&["--objects", "--missing=print", "--filter=object:type=blob"])?;
    let mut commits = list(&[])?;
    let listed = [blobs.output(), commits.output()];
    let (names, paths) = mpsc::channel();
    let mut lacking = Ok(0);
    let ask = |ids: &mut dyn Write| {
        let [blobs, commits] = listed.map(|output| BufReader::with_capacity(64 * 1024, output));
        // Lines without a name are commits; the first list has only those that a ref names, the second has all.
        let names_one = |line: &[u8]| memchr(b' ', line).is_some();
        lacking = pass_on(blobs, names_one, &names, ids)
            .and_then(|lacking| Ok(lacking + pass_on(commits, |_| true, &names, ids)?));
        // Nobody waits for more names.
        drop(names);
        Ok(())
    };
    let outcome = objects::each_asked(git, ask, &mut |id, kind, content| {
        let path = paths.recv().unwrap_or_default();
        match kind {
            Kind::Blob => visitor.blob(Blob {
                path: BlobPath::new(if path.is_empty() { id.as_bytes().to_vec() } else { path }),
                origin: Origin::History { object: id.to_owned() },
                touched: None,
                content,
            }),
            Kind::Commit | Kind::Tag => message(id, content, visitor),
            Kind::Tree => {}
            Kind::Missing => visitor.failed(objects::missing(id)),
        }
    });
    let lacking = blobs.finish("the git history", lacking)?;
    commits.finish("the git history", Ok(()))?;
    outcome?;
    if lacking > 0 {
        visitor.failed(Failure {
            what: String::from("the git history"),
            cause: format!("{lacking} object{} not in this clone", if lacking == 1 { " is" } else { "s are" }),
            remedy: String::from(
                "fetch the rest of a partial clone with: git fetch --refetch --no-filter; otherwise check it with: git fsck",
            ),
        });
    }
    Ok(())
}

/// Writes the id of every object of a list whose line is `wanted` to `ids`, after sending its name to `names`.
/// Returns how many objects are listed but missing from the clone.
///
/// # Errors
/// The list cannot be read.
fn pass_on(
    mut listed: impl BufRead,
    wanted: impl Fn(&[u8]) -> bool,
    names: &mpsc::Sender<Vec<u8>>,
    ids: &mut dyn Write,
) -> io::Result<usize> {
    let mut lacking = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        if listed.read_until(b'\n', &mut line)? == 0 {
            return Ok(lacking);
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        if line.starts_with(b"?") {
            lacking += 1;
            continue;
        }
        if !wanted(line) {
            continue;
        }
        let end = memchr(b' ', line).unwrap_or(line.len());
        // The receiver has gone; git says why.
        if names.send(line[line.len().min(end + 1)..].to_vec()).is_err()
            || ids.write_all(&line[..end]).and_then(|()| ids.write_all(b"\n")).is_err()
        {
            return Ok(lacking);
        }
    }
}

/// Hands over the message of a commit or tag: the text after its headers.
fn message(id: &str, content: &mut objects::Content, visitor: &dyn Visitor) {
    // Headers end at the first empty line; a continuation line starts with a blank.
    let mut last = 0;
    loop {
        let Ok(buffer) = content.fill_buf() else { return };
        if buffer.is_empty() {
            return;
        }
        let mut end = None;
        for (at, byte) in buffer.iter().enumerate() {
            if *byte == b'\n' && last == b'\n' {
                end = Some(at + 1);
                break;
            }
            last = *byte;
        }
        let used = end.unwrap_or(buffer.len());
        content.consume(used);
        if end.is_some() {
            break;
        }
    }
    visitor.blob(Blob {
        path: BlobPath::new(id),
        origin: Origin::Message { object: id.to_owned() },
        touched: None,
        content,
    });
}

/// Reads attributed objects again, each under the path at which it was first recorded. Returns for each what `take`
/// returned after it was read.
pub fn by_object<T>(
    git: &Git,
    found: &HashMap<String, Origins>,
    visitor: &dyn Visitor,
    mut take: impl FnMut() -> T,
) -> Vec<(Origins, T)> {
    let mut out = Vec::new();
    if found.is_empty() {
        return out;
    }
    let mut ids: Vec<String> = found.keys().cloned().collect();
    ids.sort();
    let outcome = objects::each(git, &ids, &mut |id, kind, content| {
        let Some(origins) = found.get(id) else { return };
        let renamed = Renamed { path: origins.path.clone(), next: visitor };
        match kind {
            Kind::Blob => renamed.blob(Blob {
                path: BlobPath::new(id),
                origin: Origin::History { object: id.to_owned() },
                touched: None,
                content,
            }),
            Kind::Commit | Kind::Tag => message(id, content, &renamed),
            Kind::Tree => {}
            Kind::Missing => visitor.failed(objects::missing(id)),
        }
        out.push((origins.clone(), take()));
    });
    if let Err(failure) = outcome {
        visitor.failed(failure);
    }
    out
}

/// Passes blobs on under another name.
struct Renamed<'a> {
    path: BlobPath,
    next: &'a dyn Visitor,
}

impl Visitor for Renamed<'_> {
    fn blob(&self, blob: Blob<'_>) {
        self.next.blob(Blob { path: self.path.clone(), ..blob });
    }

    fn skipped(&self, path: BlobPath, reason: super::SkipReason) {
        self.next.skipped(path, reason);
    }

    fn failed(&self, failure: Failure) {
        self.next.failed(failure);
    }
}
