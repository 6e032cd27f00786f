//! Single files as a revision of the repository holds them, whatever the worktree contains.

use std::path::{Path, PathBuf};

use super::Failure;
use super::git::{Git, path_from_bytes};
use crate::blob::BlobPath;

/// A commit of a repository, and where that repository is checked out.
#[derive(Clone, Debug)]
pub struct Revision {
    git: Git,
    commit: String,
    /// The top of the worktree, absolute and without links.
    top: PathBuf,
    /// The revision as it was named.
    pub name: String,
}

/// A file of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where the file would be in the worktree, absolute.
    pub file: PathBuf,
    /// What to call it in messages: `main:flaresec.toml`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Revision {
    /// Looks up the revision that `name` names.
    ///
    /// # Errors
    /// There is no such commit, no worktree, or git refuses to read the repository.
    pub fn new(git: Git, name: &str) -> Result<Revision, Failure> {
        let unknown = || Failure {
            what: name.to_owned(),
            cause: String::from("no such commit in this clone"),
            remedy: format!(
                "fetch it with: git fetch origin {name} (GitHub Actions: `fetch-depth: 0` for actions/checkout)"
            ),
        };
        let commit = git.commit(name)?.ok_or_else(unknown)?;
        let mut top = git.read("the top of the repository", &["rev-parse", "--show-toplevel"])?;
        top.pop_if(|last| *last == b'\n');
        let top = path_from_bytes(&top);
        let top = top.canonicalize().unwrap_or(top);
        Ok(Revision { git, commit, top, name: name.to_owned() })
    }

    /// Whether a file, named by its absolute path, would be in the worktree of the repository.
    pub fn covers(&self, file: &Path) -> bool {
        file.starts_with(&self.top)
    }

    /// Returns the first of the files, named by their absolute paths, that the revision holds.
    ///
    /// # Errors
    /// Git cannot read it, it has more than `most` bytes, or it is a link to something that the revision does not hold.
    pub fn first(&self, files: &[PathBuf], most: u64) -> Result<Option<Held>, Failure> {
        let inside = |file: &PathBuf| {
            let path = file.strip_prefix(&self.top).ok().filter(|path| !path.as_os_str().is_empty())?;
            Some((file.clone(), BlobPath::from_path(path)))
        };
        let wanted: Vec<(PathBuf, BlobPath)> = files.iter().filter_map(inside).collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let what = format!("the files of {}", self.name);
        let paths: Vec<PathBuf> = wanted.iter().map(|(_, path)| path_from_bytes(path.as_bytes())).collect();
        let listed = self.git.read_paths(&what, &["ls-tree", "-z", "--full-tree", &self.commit], &paths)?;
        let entries: Vec<Entry<'_>> = listed.split(|byte| *byte == 0).filter_map(Entry::read).collect();
        for (file, path) in wanted {
            let Some(entry) = entries.iter().find(|entry| entry.path == path.as_bytes()) else { continue };
            let name = format!("{}:{}", self.name, path.to_text());
            let object = match entry.mode {
                "100644" | "100755" => entry.object.to_owned(),
                "120000" => self.target(&path, &name)?,
                _ => continue,
            };
            self.check_size(&object, &name, most)?;
            let bytes = self.git.read(&name, &["cat-file", "blob", &object])?;
            return Ok(Some(Held { file, name, bytes }));
        }
        Ok(None)
    }

    /// Makes sure that an object has no more than `most` bytes.
    fn check_size(&self, object: &str, name: &str, most: u64) -> Result<(), Failure> {
        let size = self.git.read(name, &["cat-file", "-s", object])?;
        match String::from_utf8_lossy(&size).trim().parse::<u64>() {
            Ok(size) if size <= most => Ok(()),
            _ => Err(Failure {
                what: name.to_owned(),
                cause: format!("has more than the {most} bytes allowed"),
                remedy: String::from("name another revision or another file"),
            }),
        }
    }

    /// Returns the id of the file that a link leads to.
    fn target(&self, path: &BlobPath, name: &str) -> Result<String, Failure> {
        let mut asked = format!("{}:", self.commit).into_bytes();
        asked.extend_from_slice(path.as_bytes());
        asked.push(b'\n');
        let answer = self.git.feed(name, &["cat-file", "--batch-check", "--follow-symlinks"], asked)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        match answer.split_whitespace().collect::<Vec<_>>()[..] {
            [object, "blob", _] => Ok(object.to_owned()),
            _ => Err(Failure {
                what: name.to_owned(),
                cause: format!("is a link to something that is no file of {}", self.name),
                remedy: String::from("put the file itself there"),
            }),
        }
    }
}

/// One line of `git ls-tree`.
struct Entry<'a> {
    mode: &'a str,
    object: &'a str,
    path: &'a [u8],
}

impl Entry<'_> {
    fn read(line: &[u8]) -> Option<Entry<'_>> {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let mut words = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
        let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
        Some(Entry { mode, object, path: &line[tab + 1..] })
    }
}
