//! What a walk meets on its way and has to look at once more: repositories inside of the walked folders, whose tracked
//! files are scanned although they are ignored, and links, whose targets are scanned only if the walk meets them as well.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use ignore::DirEntry;

use super::super::Failure;
use super::super::tracked::{Patterns, tracked_in};
use super::{Options, builder, is_left_out};

/// Collects what all threads meet.
#[derive(Default)]
pub(super) struct Met {
    noted: Mutex<Noted>,
    /// Whether an `.ignore` file may have kept files out.
    ignore: AtomicBool,
    /// Files that the repositories track although they are ignored. The walk leaves them to whoever takes them.
    kept: RwLock<HashSet<PathBuf>>,
}

#[derive(Default)]
pub(super) struct Noted {
    /// The folders of repositories inside of the walked ones.
    pub(super) repositories: Vec<PathBuf>,
    /// Those of them that git cannot read.
    pub(super) failures: Vec<Failure>,
    /// Links with their targets, which are in the walked folders.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
}

impl Met {
    fn noted(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an `.ignore` file is obeyed.
    pub(super) fn ignores(&self) -> bool {
        self.ignore.load(Ordering::Relaxed)
    }

    /// Notes that an `.ignore` file is obeyed.
    pub(super) fn ignore(&self) {
        self.ignore.store(true, Ordering::Relaxed);
    }

    /// Notes a link.
    pub(super) fn link(&self, link: &Path, target: PathBuf) {
        self.noted().links.push((link.to_owned(), target));
    }

    /// Looks at a folder before the walk enters it: `.gitignore` decides about files that git may track all the same.
    pub(super) fn enter(&self, folder: &Path, options: &Options) {
        if !options.nested || folder.join(".git").symlink_metadata().is_err() {
            return;
        }
        // While git is asked, other threads go on.
        let tracked = tracked_in(folder, Patterns::Git);
        let mut noted = self.noted();
        noted.repositories.push(folder.to_owned());
        match tracked {
            Ok(files) => {
                let wanted = files.into_iter().filter(|file| !options.exclude.covers(file, false));
                self.kept.write().unwrap_or_else(PoisonError::into_inner).extend(wanted);
            }
            Err(failure) => noted.failures.push(failure),
        }
    }

    /// Whether a file is one of those that are scanned after the walk.
    pub(super) fn is_kept(&self, file: &Path) -> bool {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).contains(file)
    }

    /// Returns what was met, and the files that are scanned after the walk.
    pub(super) fn take(&self) -> (Noted, Vec<PathBuf>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let mut files: Vec<PathBuf> = kept.drain().collect();
        files.sort();
        (std::mem::take(&mut *self.noted()), files)
    }
}

/// Returns those of the links whose target is not scanned: it is ignored, excluded or in `.git`. The folders, which have
/// no links in their paths, are walked again, but only where a target may be; `files` are scanned as well.
pub(super) fn unmet(
    links: Vec<(PathBuf, PathBuf)>,
    folders: &[PathBuf],
    files: &[PathBuf],
    options: &Options,
) -> Vec<PathBuf> {
    if links.is_empty() || folders.is_empty() {
        return Vec::new();
    }
    let targets: HashSet<PathBuf> = links.iter().map(|(_, target)| target.clone()).collect();
    let ways: HashSet<PathBuf> =
        targets.iter().flat_map(|target| target.ancestors().map(Path::to_owned)).collect();
    let exclude = options.exclude.clone();
    let mut walk = builder(folders, options);
    walk.filter_entry(move |entry: &DirEntry| ways.contains(entry.path()) && !is_left_out(entry, &exclude));
    let met: HashSet<PathBuf> = walk.build().flatten().map(DirEntry::into_path).collect();
    let files: HashSet<PathBuf> = files.iter().filter_map(|file| file.canonicalize().ok()).collect();
    let is_unmet = |target: &PathBuf| !met.contains(target) && !files.contains(target);
    links.into_iter().filter(|(_, target)| is_unmet(target)).map(|(link, _)| link).collect()
}
