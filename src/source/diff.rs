//! The changes of a branch since it left its base, as a pull request shows them.

use std::path::PathBuf;

use super::changes::{self, Lines};
use super::git::Git;
use super::{Failure, Visitor, unmatched};
use crate::blob::Origin;

/// Hands over every file that differs between the merge base and the head of `range`, which is `BASE`, `BASE..HEAD`
/// or `BASE...HEAD`. `paths`, if any, limit it.
pub fn diff(git: &Git, range: &str, paths: &[PathBuf], lines: Lines, visitor: &dyn Visitor) {
    if let Err(failure) = read(git, range, paths, lines, visitor) {
        visitor.failed(failure);
    }
}

fn read(
    git: &Git,
    range: &str,
    paths: &[PathBuf],
    lines: Lines,
    visitor: &dyn Visitor,
) -> Result<(), Failure> {
    let (base, head) = range.split_once("...").or_else(|| range.split_once("..")).unwrap_or((range, "HEAD"));
    let side = |name: &str| if name.is_empty() { String::from("HEAD") } else { name.to_owned() };
    let (base, head) = (side(base), side(head));
    let base_commit = git.commit(&base)?.ok_or_else(|| unknown(&base))?;
    let head_commit = git.commit(&head)?.ok_or_else(|| unknown(&head))?;
    let fork = match git.line("the merge base", &["merge-base", &base_commit, &head_commit])? {
        Some(fork) => fork,
        None => return Err(no_merge_base(git, &base, &head)?),
    };
    for path in git.unmatched(paths, &["ls-tree", "--name-only", &head_commit])? {
        if !git.unmatched(std::slice::from_ref(path), &["ls-tree", "--name-only", &fork])?.is_empty() {
            visitor.failed(unmatched(path, "neither side of the comparison has such a path"));
        }
    }
    let what = format!("the changes from {base} to {head}");
    let command = ["diff-tree", &fork, &head_commit];
    let (changed, touched) = changes::compare(git, &what, &command, paths, lines)?;
    changes::read(git, &changed, &touched, &Origin::Diff, visitor)
}

fn unknown(name: &str) -> Failure {
    let fetch = match name.split_once('/') {
        Some((remote @ ("origin" | "upstream"), branch)) => {
            format!("git fetch {remote} {branch}:refs/remotes/{remote}/{branch}")
        }
        _ => format!("git fetch origin {name}"),
    };
    Failure {
        what: format!("--diff {name}"),
        cause: String::from("no such commit in this clone"),
        remedy: format!("fetch it with: {fetch} (GitHub Actions: `fetch-depth: 0` for actions/checkout)"),
    }
}

fn no_merge_base(git: &Git, base: &str, head: &str) -> Result<Failure, Failure> {
    let (cause, remedy) = if is_shallow(git)? {
        (
            "this clone is shallow and holds no common ancestor",
            "fetch the history with: git fetch --unshallow (GitHub Actions: `fetch-depth: 0` for actions/checkout)",
        )
    } else {
        ("they have no common ancestor", "name a base that the branch started from")
    };
    Ok(Failure {
        what: format!("--diff {base}..{head}"),
        cause: String::from(cause),
        remedy: String::from(remedy),
    })
}

/// Whether the clone lacks the older part of its history.
pub(super) fn is_shallow(git: &Git) -> Result<bool, Failure> {
    let answer = git.line("the repository", &["rev-parse", "--is-shallow-repository"])?;
    Ok(answer.as_deref() == Some("true"))
}
