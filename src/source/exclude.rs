//! Globs that leave paths out, and a visitor that applies them for sources that do not walk folders.

use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::git::path_from_bytes;
use super::{Failure, SkipReason, Visitor};
use crate::blob::{Blob, BlobPath};

/// Globs in `.gitignore` syntax, relative to a folder.
#[derive(Clone, Debug)]
pub struct Globs {
    folder: PathBuf,
    globs: Gitignore,
}

impl Globs {
    /// Compiles globs that are relative to `folder`, which is absolute and without links.
    ///
    /// # Errors
    /// The first glob that is invalid, and why.
    pub fn new(folder: &Path, lines: &[String]) -> Result<Globs, (String, ignore::Error)> {
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for line in lines {
            builder.add_line(None, line).map_err(|e| (line.clone(), e))?;
        }
        let globs = builder.build().map_err(|e| (String::new(), e))?;
        Ok(Globs { folder: folder.to_owned(), globs })
    }

    /// Whether a glob matches the path or a folder above it. `path` is absolute.
    pub fn cover(&self, path: &Path, is_folder: bool) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let inside = |path: &Path| {
            let path = path.strip_prefix(&self.folder).ok().filter(|p| !p.as_os_str().is_empty())?;
            Some(self.globs.matched_path_or_any_parents(path, is_folder).is_ignore())
        };
        // The path may have been given through a link.
        let real = || inside(&path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        inside(path).or_else(real).unwrap_or(false)
    }
}

/// Returns a path as an absolute one, with `.` and `..` resolved by name; a relative path starts from `root`.
pub fn absolute(root: &Path, path: &Path) -> PathBuf {
    let mut out = root.to_owned();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = out.pop(),
            part => out.push(part),
        }
    }
    out
}

/// What a scan leaves out: sets of globs, and the folder that relative paths start from.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    /// The folder, absolute and without links.
    pub root: PathBuf,
    /// The sets; a match in any of them leaves a path out.
    pub globs: Vec<Globs>,
}

impl Exclude {
    /// Whether any glob matches the path or a folder above it.
    pub fn covers(&self, path: &Path, is_folder: bool) -> bool {
        let any = self.globs.iter().any(|globs| !globs.globs.is_empty());
        any && {
            let path = absolute(&self.root, path);
            self.globs.iter().any(|globs| globs.cover(&path, is_folder))
        }
    }
}

/// Passes on everything except what the globs match.
pub struct Excluding<'a> {
    /// What is left out.
    pub exclude: &'a Exclude,
    /// The visitor that receives the rest.
    pub next: &'a dyn Visitor,
}

impl Excluding<'_> {
    fn excludes(&self, path: &BlobPath) -> bool {
        self.exclude.covers(&path_from_bytes(path.as_bytes()), false)
    }
}

impl Visitor for Excluding<'_> {
    fn blob(&self, blob: Blob<'_>) {
        if !self.excludes(&blob.path) {
            self.next.blob(blob);
        }
    }

    fn skipped(&self, path: BlobPath, reason: SkipReason) {
        if !self.excludes(&path) {
            self.next.skipped(path, reason);
        }
    }

    fn failed(&self, failure: Failure) {
        self.next.failed(failure);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Exclude, Globs, absolute};

    #[test]
    fn globs_are_relative_to_their_own_folder() {
        let globs = Globs::new(Path::new("/r"), &[String::from("/a/*.txt"), String::from("b/")]).unwrap();
        let here = Exclude { root: PathBuf::from("/r/a"), globs: vec![globs] };
        for (path, covered) in [
            ("x.txt", true),
            ("./x.txt", true),
            ("../a/x.txt", true),
            ("a/x.txt", false),
            ("c/b/x", true),
            ("../b/x", true),
            ("/r/a/x.txt", true),
            ("/elsewhere/a/x.txt", false),
        ] {
            assert_eq!(here.covers(Path::new(path), false), covered, "{path}");
        }
    }

    #[test]
    fn dots_are_resolved_by_name() {
        assert_eq!(absolute(Path::new("/a/b"), Path::new("./../c/./d")), Path::new("/a/c/d"));
    }
}
