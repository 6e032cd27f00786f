//! The changes between two states according to git: which files, and which of their lines. Used by the index and the
//! diff source; also reads the new contents.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::git::Git;
use super::objects::{self, Kind};
use super::{Failure, SkipReason, Visitor};
use crate::blob::{Blob, BlobPath, LineSet, Origin};

/// Options of every comparison: full ids, renames followed, nothing that git's configuration could change.
pub(super) const COMPARE: &[&str] = &[
    "-r",
    "-M",
    "--full-index",
    "--no-abbrev",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--submodule=short",
    "--ignore-submodules=none",
];

/// A file that the change adds or alters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Mode after the change, in octal digits.
    pub(super) mode: String,
    /// Object id before, all zeros if there was none.
    pub(super) old: String,
    /// Object id after, all zeros if there is none.
    pub(super) new: String,
    /// Git's letter: `A`, `M`, `R`, `T`, `D`, `U`, …
    pub(super) status: char,
    /// Path after the change.
    pub(super) path: BlobPath,
}

/// Which lines of the files to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// Those that the change adds or touches.
    #[default]
    Touched,
    /// All lines of the changed files.
    Whole,
}

/// Returns the changes that git reports, and the lines that they touch. `command` is `diff-index` or `diff-tree` with
/// what to compare; `paths`, if any, limit it; `what` names it in a failure.
///
/// # Errors
/// `git` cannot be started or fails.
pub(super) fn compare(
    git: &Git,
    what: &str,
    command: &[&str],
    paths: &[std::path::PathBuf],
    lines: Lines,
) -> Result<(Vec<Change>, Touched), Failure> {
    let run = |more: &[&str]| {
        let all: Vec<&str> = [&command[..1], COMPARE, more, &command[1..]].concat();
        git.read_paths(what, &all, paths)
    };
    // Following renames reads contents that a partial clone may not have.
    let (raw, whole) = match run(&["--raw", "-z"]) {
        Ok(raw) => (raw, false),
        Err(_) => (run(&["--raw", "-z", "--no-renames"])?, true),
    };
    let changes = parse_raw(&raw);
    let altered = |c: &Change| !c.is_new() && c.old != c.new;
    if lines == Lines::Whole || whole || !changes.iter().any(altered) {
        return Ok((changes, Touched { whole: whole || lines == Lines::Whole, lines: HashMap::new() }));
    }
    // Without the old content every line counts.
    Ok(match run(&["-p", "-U0", "--inter-hunk-context=0"]) {
        Ok(patch) => (changes, Touched { whole: false, lines: parse_patch(&patch) }),
        Err(_) => (changes, Touched { whole: true, lines: HashMap::new() }),
    })
}

/// The touched lines by old and new object id. Paths, which can contain anything, are not used.
#[derive(Debug, Default)]
pub(super) struct Touched {
    whole: bool,
    lines: HashMap<(String, String), LineSet>,
}

impl Change {
    fn is_new(&self) -> bool {
        self.old.bytes().all(|b| b == b'0')
    }
}

impl Touched {
    /// Returns the lines of a changed file that count; `None` for all, as in a file that is new, binary, unmerged or
    /// of a new type.
    fn of(&self, change: &Change) -> Option<LineSet> {
        if self.whole || change.is_new() || matches!(change.status, 'T' | 'U') {
            return None;
        }
        self.lines.get(&(change.old.clone(), change.new.clone())).cloned()
    }
}

/// Reads the changed files as they are after the change, and hands them to the visitor.
///
/// # Errors
/// `git` cannot be started or fails.
pub(super) fn read(
    git: &Git,
    changes: &[Change],
    touched: &Touched,
    origin: &Origin,
    visitor: &dyn Visitor,
) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    for change in changes {
        let gone = change.new.bytes().all(|b| b == b'0');
        let same = change.old == change.new && !touched.whole;
        if change.mode == "160000" {
            visitor.skipped(change.path.clone(), SkipReason::Submodule);
        } else if !gone && !same {
            wanted.push(change);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = wanted.iter().map(|change| change.new.clone()).collect();
    let mut next = wanted.iter();
    objects::each(git, &ids, &mut |id, kind, content| {
        let Some(change) = next.next() else { return };
        if kind == Kind::Missing {
            return visitor.failed(Failure { what: change.path.to_text(), ..objects::missing(id) });
        }
        visitor.blob(Blob {
            path: change.path.clone(),
            origin: origin.clone(),
            touched: touched.of(change),
            content,
        });
    })
}

/// Parses the output of `--raw -z`: `:mode mode id id status NUL path NUL [path NUL]`.
pub(super) fn parse_raw(raw: &[u8]) -> Vec<Change> {
    let mut out = Vec::new();
    let mut parts = raw.split(|b| *b == 0);
    while let Some(meta) = parts.next() {
        let Some(meta) = meta.strip_prefix(b":") else { continue };
        let meta = String::from_utf8_lossy(meta).into_owned();
        let words: Vec<&str> = meta.split(' ').collect();
        let [_, mode, old, new, status] = words[..] else { continue };
        let status = status.chars().next().unwrap_or('X');
        let mut path = parts.next().unwrap_or_default();
        if matches!(status, 'R' | 'C') {
            path = parts.next().unwrap_or_default();
        }
        if path.is_empty() {
            continue;
        }
        out.push(Change {
            mode: mode.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
            status,
            path: BlobPath::new(path),
        });
    }
    out
}

/// Parses the output of `-p -U0 --full-index`. Only `index old..new` and `@@` lines matter; content cannot be
/// mistaken for either, because each line of a hunk starts with `+`, `-` or `\`.
fn parse_patch(patch: &[u8]) -> HashMap<(String, String), LineSet> {
    let mut out: HashMap<(String, String), LineSet> = HashMap::new();
    let mut current: Option<(String, String)> = None;
    for line in patch.split(|b| *b == b'\n') {
        if line.starts_with(b"diff --git ") {
            current = None;
        } else if let Some(ids) = line.strip_prefix(b"index ") {
            let text = String::from_utf8_lossy(ids);
            let ids = text.split(' ').next().unwrap_or_default();
            current = ids.split_once("..").map(|(old, new)| (old.to_owned(), new.to_owned()));
        } else if line.starts_with(b"@@ ")
            && let (Some(key), Some(range)) = (&current, added(line))
        {
            let set = out.entry(key.clone()).or_default();
            if let Some(range) = range
                && set.0.last().is_none_or(|last| last.end() < range.start())
            {
                set.0.push(range);
            }
        }
    }
    out
}

/// Returns the lines that `@@ -a,b +c,d @@` adds: `Some(None)` if `d` is 0, `None` if it is not a hunk header.
fn added(line: &[u8]) -> Option<Option<RangeInclusive<usize>>> {
    let text = String::from_utf8_lossy(line);
    let plus = text.split(' ').nth(2)?.strip_prefix('+')?.to_owned();
    let (start, count) = plus.split_once(',').unwrap_or((&plus, "1"));
    let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
    Some((count > 0).then(|| start..=start.saturating_add(count - 1)))
}

#[cfg(test)]
mod tests {
    use super::{parse_patch, parse_raw};

    #[test]
    fn raw_entries_keep_any_path() {
        let raw = b":100644 100755 aa bb M\0a\nb\0:000000 100644 00 cc A\0-x y\0:100644 100644 dd ee R090\0old\0n\xffw\0";
        let changes = parse_raw(raw);
        let paths: Vec<&[u8]> = changes.iter().map(|c| c.path.as_bytes()).collect();
        assert_eq!(paths, [&b"a\nb"[..], b"-x y", b"n\xffw"]);
        assert_eq!(changes[2].status, 'R');
    }

    #[test]
    fn content_cannot_pass_for_a_header() {
        let patch = b"diff --git a/x b/x\nindex aa..bb 100644\n--- a/x\n+++ b/x\n@@ -1,0 +2 @@\n+@@ -0,0 +9,9 @@\n+index cc..dd\n@@ -5,2 +7,0 @@\n-a\n-b\n@@ -9 +10,3 @@ fn x\n";
        let touched = parse_patch(patch);
        assert_eq!(touched.len(), 1);
        assert_eq!(touched[&("aa".to_owned(), "bb".to_owned())].0, [2..=2, 10..=12]);
    }
}
