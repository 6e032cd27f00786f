//! Everything ever committed. Each unique blob and message is read once, in the order of the packs and without its
//! path; only what turns out to matter is then looked up in the commits and read again under its name.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::process::Stdio;

use super::git::{Git, not_started, refused};
use super::objects::{self, Kind, Wanted};
use super::{Failure, Visitor, diff};
use crate::blob::{Blob, BlobPath, Origin};

/// Which part of the history.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Revisions as git takes them (`v1..HEAD`, a branch); empty: all refs.
    pub revisions: Vec<String>,
    /// Only commits after this date, as git takes it.
    pub since: Option<String>,
}

/// Where an object was first recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    /// Path in that commit.
    pub path: BlobPath,
    /// Commit id in hex.
    pub commit: String,
    /// Author date, ISO 8601.
    pub date: String,
    /// Author date, seconds since 1970.
    pub seconds: i64,
    /// How far back the commit is: the older, the larger.
    pub rank: usize,
    /// Whether HEAD holds the object.
    pub in_head: bool,
}

impl Options {
    fn is_everything(&self) -> bool {
        self.revisions.is_empty() && self.since.is_none()
    }

    /// The arguments that select the commits.
    fn select(&self) -> Vec<String> {
        let mut args: Vec<String> = self.since.iter().map(|date| format!("--since={date}")).collect();
        if self.revisions.is_empty() {
            args.push(String::from("--all"));
            args.push(String::from("HEAD"));
        } else {
            args.push(String::from("--end-of-options"));
            args.extend(self.revisions.iter().cloned());
        }
        args.push(String::from("--"));
        args
    }
}

/// Hands over every blob and message once; a blob is named by its object id.
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
    let wanted = if options.is_everything() {
        Wanted::All
    } else {
        let mut args = vec![String::from("rev-list"), String::from("--objects")];
        args.extend(options.select());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let listed = git.read("the git history", &args)?;
        let ids = listed.split(|b| *b == b'\n').filter_map(|line| line.split(|b| *b == b' ').next());
        let ids = ids.filter(|id| !id.is_empty());
        Wanted::Listed(ids.map(|id| String::from_utf8_lossy(id).into_owned()).collect())
    };
    if matches!(wanted, Wanted::All) {
        absent(git, visitor)?;
    }
    objects::each(git, wanted, &mut |id, kind, content| match kind {
        Kind::Blob => visitor.blob(Blob {
            path: BlobPath::new(id),
            origin: Origin::History { object: id.to_owned() },
            touched: None,
            content,
        }),
        Kind::Commit | Kind::Tag => message(id, content, visitor),
        Kind::Tree => {}
        Kind::Missing => visitor.failed(objects::missing(id)),
    })
}

/// A partial clone does not list what it lacks, so it is asked.
fn absent(git: &Git, visitor: &dyn Visitor) -> Result<(), Failure> {
    if git.line("the repository", &["config", "--get-regexp", r"^remote\..*\.promisor$"])?.is_none() {
        return Ok(());
    }
    let args = ["rev-list", "--objects", "--all", "--missing=print", "--no-object-names"];
    let listed = git.read("the git history", &args)?;
    let lacking = listed.split(|b| *b == b'\n').filter(|line| line.starts_with(b"?")).count();
    if lacking > 0 {
        visitor.failed(Failure {
            what: String::from("the git history"),
            cause: format!("this is a partial clone: {lacking} objects are not here"),
            remedy: String::from("fetch them with: git fetch --refetch --no-filter"),
        });
    }
    Ok(())
}

/// The text after the headers of a commit or tag.
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

/// Where the objects were first recorded; one that no selected commit holds is left out.
///
/// # Errors
/// `git` cannot be started or fails.
pub fn attribute(
    git: &Git,
    options: &Options,
    ids: &HashSet<String>,
) -> Result<HashMap<String, Origins>, Failure> {
    let mut out = HashMap::new();
    if ids.is_empty() {
        return Ok(out);
    }
    let mut args: Vec<String> = [
        "log",
        "--date-order",
        "-r",
        "-c",
        "--root",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-notes",
        "--no-show-signature",
        "--no-mailmap",
        "--no-decorate",
        "--no-relative",
        "--ignore-submodules=none",
        "--format=tformat:commit %H %at %aI",
    ]
    .map(str::to_owned)
    .to_vec();
    args.extend(options.select());
    let os: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    let mut child = git
        .command(&os)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&error))?;
    let stdout = child.stdout.take().expect("piped above");
    let mut stderr = child.stderr.take().expect("piped above").take(64 * 1024);
    let said = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        text
    });
    let parsed = commits(&mut BufReader::with_capacity(64 * 1024, stdout), ids, &mut out);
    let status = child.wait().map_err(|error| not_started(&error))?;
    let said = said.join().unwrap_or_default();
    if parsed.is_err() || !status.success() {
        return Err(refused("the git history", &said));
    }
    tags(git, ids, &mut out)?;
    if git.commit("HEAD")?.is_some() {
        let tree = git.read("HEAD", &["ls-tree", "-r", "-z", "--full-tree", "HEAD"])?;
        for entry in tree.split(|b| *b == 0) {
            let meta = entry.split(|b| *b == b'\t').next().unwrap_or_default();
            let id = meta.rsplit(|b| *b == b' ').next().unwrap_or_default();
            if let Some(origins) = out.get_mut(&*String::from_utf8_lossy(id)) {
                origins.in_head = true;
            }
        }
    }
    Ok(out)
}

/// Newest commit first; what comes later is older and wins.
fn commits(
    log: &mut dyn BufRead,
    ids: &HashSet<String>,
    out: &mut HashMap<String, Origins>,
) -> io::Result<()> {
    let mut commit = Origins {
        path: BlobPath::new("commit"),
        commit: String::new(),
        date: String::new(),
        seconds: 0,
        rank: 0,
        in_head: false,
    };
    let (mut part, mut path) = (Vec::new(), Vec::new());
    loop {
        part.clear();
        if log.read_until(0, &mut part)? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(part.strip_suffix(&[0]).unwrap_or(&part)).into_owned();
        let line = line.trim_start_matches('\n');
        if let Some(rest) = line.strip_prefix("commit ") {
            let mut words = rest.split_whitespace();
            commit.commit = words.next().unwrap_or_default().to_owned();
            commit.seconds = words.next().and_then(|s| s.parse().ok()).unwrap_or(0);
            commit.date = words.next().unwrap_or_default().to_owned();
            commit.rank += 1;
            if ids.contains(&commit.commit) {
                let path = BlobPath::new(format!("commit {}", commit.commit));
                out.insert(commit.commit.clone(), Origins { path, ..commit.clone() });
            }
        } else if line.starts_with(':') {
            path.clear();
            log.read_until(0, &mut path)?;
            let name = path.strip_suffix(&[0]).unwrap_or(&path);
            // `:mode mode id id M`, or for a merge of n parents n colons, n + 1 modes, n + 1 ids.
            let new = line.split(' ').rev().nth(1).unwrap_or_default();
            if ids.contains(new) && !name.is_empty() {
                out.insert(new.to_owned(), Origins { path: BlobPath::new(name), ..commit.clone() });
            }
        }
    }
}

/// Annotated tags are nobody's content: they stand for themselves.
fn tags(git: &Git, ids: &HashSet<String>, out: &mut HashMap<String, Origins>) -> Result<(), Failure> {
    let format =
        "--format=%(objectname) %(taggerdate:unix) %(taggerdate:iso-strict) %(objecttype) %(refname:short)";
    let listed = git.read("the git tags", &["for-each-ref", format, "refs/tags"])?;
    for line in String::from_utf8_lossy(&listed).lines() {
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        if let [id, seconds, date, "tag", name] = words[..]
            && ids.contains(id)
        {
            let origins = Origins {
                path: BlobPath::new(format!("tag {name}")),
                commit: id.to_owned(),
                date: date.to_owned(),
                seconds: seconds.parse().unwrap_or(0),
                rank: 0,
                in_head: false,
            };
            out.insert(id.to_owned(), origins);
        }
    }
    Ok(())
}

/// Reads attributed objects again, each under its own name. After each, `take` says what came of it.
pub fn by_object<T>(
    git: &Git,
    found: &HashMap<String, Origins>,
    visitor: &dyn Visitor,
    mut take: impl FnMut() -> T,
) -> Vec<(Origins, T)> {
    let mut ids: Vec<String> = found.keys().cloned().collect();
    ids.sort();
    let mut out = Vec::new();
    let outcome = objects::each(git, Wanted::Listed(ids), &mut |id, kind, content| {
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

/// Gives what comes through another name.
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
