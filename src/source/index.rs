//! The git index: what the commit in progress is going to record, whatever the worktree contains.

use std::path::PathBuf;

use super::changes::{self, Lines};
use super::git::Git;
use super::objects::{self, Kind};
use super::{Failure, Visitor, unmatched};
use crate::blob::{Blob, BlobPath, Origin};

/// Hands over every file of the index that differs from HEAD; `paths`, if any, limit it.
pub fn staged(git: &Git, paths: &[PathBuf], lines: Lines, visitor: &dyn Visitor) {
    if let Err(failure) = read(git, paths, lines, visitor) {
        visitor.failed(failure);
    }
}

fn read(git: &Git, paths: &[PathBuf], lines: Lines, visitor: &dyn Visitor) -> Result<(), Failure> {
    let what = "the git index";
    let base = match git.commit("HEAD")? {
        Some(commit) => commit,
        // The first commit: compare with the empty tree of the repository's hash algorithm.
        None => {
            let tree = git.feed(what, &["hash-object", "-t", "tree", "--stdin"], Vec::new())?;
            String::from_utf8_lossy(&tree).trim().to_owned()
        }
    };
    for path in git.unmatched(paths, &["ls-files"])? {
        // What the commit deletes.
        if !git.unmatched(std::slice::from_ref(path), &["ls-tree", "--name-only", &base])?.is_empty() {
            visitor.failed(unmatched(path, "neither the worktree nor the index nor HEAD has such a path"));
        }
    }
    let command = ["diff-index", "--cached", "--ita-invisible-in-index", &base];
    let (changed, touched) = changes::compare(git, what, &command, paths, lines)?;
    changes::read(git, &changed, &touched, &Origin::Index, visitor)?;
    if changed.iter().any(|change| change.status == 'U') {
        unmerged(git, paths, visitor)?;
    }
    Ok(())
}

/// Hands over both sides of every merge conflict, as whole files.
fn unmerged(git: &Git, paths: &[PathBuf], visitor: &dyn Visitor) -> Result<(), Failure> {
    let args = ["ls-files", "-z", "--unmerged", "--full-name"];
    let listed = git.read_paths("the git index", &args, paths)?;
    let mut entries: Vec<(String, BlobPath)> = Vec::new();
    for entry in listed.split(|b| *b == 0) {
        let Some(tab) = entry.iter().position(|b| *b == b'\t') else { continue };
        let meta = String::from_utf8_lossy(&entry[..tab]).into_owned();
        let words: Vec<&str> = meta.split(' ').collect();
        // Stage 1 is the common ancestor: nobody is about to commit it.
        if let [mode, id, "2" | "3"] = words[..]
            && mode != "160000"
        {
            entries.push((id.to_owned(), BlobPath::new(&entry[tab + 1..])));
        }
    }
    let ids: Vec<String> = entries.iter().map(|(id, _)| id.clone()).collect();
    let mut next = entries.iter();
    objects::each(git, &ids, &mut |id, kind, content| {
        let Some((_, path)) = next.next() else { return };
        if kind == Kind::Missing {
            return visitor.failed(objects::missing(id));
        }
        visitor.blob(Blob { path: path.clone(), origin: Origin::Index, touched: None, content });
    })
}
