//! Which commit first recorded an object, under which path, and whether HEAD still contains it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, BufRead, BufReader};

use super::Options;
use crate::blob::BlobPath;
use crate::source::Failure;
use crate::source::git::Git;
use crate::source::running::Running;

/// Where an object was first recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    /// Path in that commit; the first one if it has several.
    pub path: BlobPath,
    /// Its other paths in that commit and in HEAD.
    pub also: BTreeSet<BlobPath>,
    /// Commit id in hex.
    pub commit: String,
    /// Author date, ISO 8601.
    pub date: String,
    /// Author date, seconds since 1970.
    pub seconds: i64,
    /// The position of the commit among the selected ones, oldest first, from 1; the largest number for a tag.
    pub rank: usize,
    /// Whether HEAD contains the object.
    pub in_head: bool,
}

impl Origins {
    /// Adds another path of the object.
    fn add(&mut self, path: BlobPath) {
        if path != self.path {
            self.also.insert(path);
        }
    }
}

/// Returns where the objects were first recorded. Objects that no selected commit contains are left out.
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
    tags(git, ids, &mut out)?;
    if out.len() < ids.len() {
        log(git, options, ids, &mut out)?;
    }
    if !out.is_empty() && git.commit("HEAD")?.is_some() {
        let tree = git.read("HEAD", &["ls-tree", "-r", "-z", "--full-tree", "HEAD"])?;
        for entry in tree.split(|b| *b == 0) {
            // `mode type id`, a tab, and the path.
            let mut parts = entry.splitn(2, |b| *b == b'\t');
            let (meta, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let id = meta.rsplit(|b| *b == b' ').next().unwrap_or_default();
            if let Some(origins) = out.get_mut(&*String::from_utf8_lossy(id)) {
                origins.in_head = true;
                origins.add(BlobPath::new(path));
            }
        }
    }
    Ok(out)
}

/// Reads the changes of the commits, oldest first, until all objects are found.
fn log(
    git: &Git,
    options: &Options,
    ids: &HashSet<String>,
    out: &mut HashMap<String, Origins>,
) -> Result<(), Failure> {
    let mut args: Vec<String> = [
        "log",
        "--date-order",
        "--reverse",
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
    let mut running = Running::start(git, &args, false)?;
    let mut log = BufReader::with_capacity(64 * 1024, running.output());
    let parsed = commits(&mut log, ids, out);
    drop(log);
    if matches!(parsed, Ok(End::Early)) {
        running.stop();
        return Ok(());
    }
    running.finish("the git history", parsed).map(drop)
}

/// How reading the log ended.
enum End {
    /// All objects were found; there may be more to read.
    Early,
    /// The log was read to its end.
    Late,
}

/// Reads the log, oldest commit first, into `out`. The first commit that contains an object counts.
///
/// # Errors
/// The log cannot be read.
fn commits(
    log: &mut dyn BufRead,
    ids: &HashSet<String>,
    out: &mut HashMap<String, Origins>,
) -> io::Result<End> {
    let mut commit = Origins {
        path: BlobPath::new("commit"),
        also: BTreeSet::new(),
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
            return Ok(End::Late);
        }
        let line = String::from_utf8_lossy(part.strip_suffix(&[0]).unwrap_or(&part));
        let line = line.trim_start_matches('\n');
        if let Some(rest) = line.strip_prefix("commit ") {
            if out.len() == ids.len() {
                return Ok(End::Early);
            }
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
            if !ids.contains(new) || name.is_empty() {
                continue;
            }
            let path = BlobPath::new(name);
            match out.get_mut(new) {
                None => _ = out.insert(new.to_owned(), Origins { path, ..commit.clone() }),
                Some(known) if known.commit == commit.commit => known.add(path),
                Some(_) => {}
            }
        }
    }
}

/// Adds annotated tags among the objects: no commit contains them, so each is its own origin.
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
                also: BTreeSet::new(),
                commit: id.to_owned(),
                date: date.to_owned(),
                seconds: seconds.parse().unwrap_or(0),
                rank: usize::MAX,
                in_head: false,
            };
            out.insert(id.to_owned(), origins);
        }
    }
    Ok(())
}
