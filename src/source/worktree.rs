//! Files on disk: folders are walked in parallel, files that are named one by one are read directly.

use std::collections::HashSet;
use std::fs::{File, FileType};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::exclude::Exclude;
use super::{Failure, SkipReason, Visitor};
use crate::blob::{Blob, BlobPath, Origin};

mod met;

use met::{Met, unmet};

/// What of the worktree to scan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// What to leave out.
    pub exclude: Exclude,
    /// Whether ignore files are disregarded.
    pub no_ignore: bool,
    /// Number of threads; 0 for one per core.
    pub threads: usize,
    /// Files to scan even if an ignore file matches them: those that git tracks.
    pub tracked: Vec<PathBuf>,
    /// Whether the same holds for the files of repositories that the walk meets inside of the folders.
    pub nested: bool,
}

/// What a walk came across.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// Whether an `.ignore` file may have kept files out.
    pub ignore: bool,
    /// The folders of repositories inside of the walked ones.
    pub repositories: Vec<PathBuf>,
    /// Files of theirs that were scanned because git tracks them.
    pub kept: HashSet<PathBuf>,
}

/// Hands every file to the visitor, each once however often it is named.
pub fn walk(options: &Options, visitor: &dyn Visitor) -> Walked {
    let (mut folders, mut files) = (Vec::new(), options.tracked.clone());
    for path in &options.paths {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => folders.push(path.clone()),
            // A pipe or device that is named is meant to be read.
            Ok(_) => files.push(path.clone()),
            Err(error) => visitor.failed(Failure {
                what: BlobPath::from_path(path).to_text(),
                cause: format!("cannot be scanned: {error}"),
                remedy: String::from("name a file or folder that exists"),
            }),
        }
    }
    // Only if several paths are named can a file come up twice.
    let seen = (options.paths.len() > 1 || !files.is_empty()).then(|| Mutex::new(HashSet::new()));
    let once = |path: &Path| match &seen {
        None => true,
        Some(seen) => {
            let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(real)
        }
    };
    read_all(&files, options, &once, visitor);
    if folders.is_empty() {
        return Walked::default();
    }
    let met = Arc::new(Met::default());
    if !options.no_ignore && folders.iter().any(|folder| is_under_ignore(folder)) {
        met.ignore();
    }
    let real: Vec<PathBuf> = folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
    let mut walk = builder(&folders, options);
    walk.filter_entry(entering(&met, options)).build_parallel().run(|| {
        Box::new(|entry| {
            match entry {
                Ok(entry) => {
                    if let Some(kind) = entry.file_type().filter(|_| !met.is_kept(entry.path())) {
                        visit(entry.path(), kind, &real, options, &once, &met, visitor);
                    }
                }
                Err(error) => visitor.failed(Failure {
                    what: String::from("a folder"),
                    cause: format!("cannot be walked: {error}"),
                    remedy: String::from("make it readable, or leave it out with --exclude"),
                }),
            }
            WalkState::Continue
        })
    });
    let (noted, kept) = met.take();
    read_all(&kept, options, &once, visitor);
    noted.failures.into_iter().for_each(|failure| visitor.failed(failure));
    files.extend(kept.iter().cloned());
    for link in unmet(noted.links, &real, &files, options) {
        visitor.skipped(name(&link, &options.exclude.root), SkipReason::SymlinkUnscanned);
    }
    Walked { ignore: met.ignores(), repositories: noted.repositories, kept: kept.into_iter().collect() }
}

/// Whether a folder or one above it has an `.ignore` file.
fn is_under_ignore(folder: &Path) -> bool {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.ancestors().any(has_ignore)
}

fn has_ignore(folder: &Path) -> bool {
    folder.join(".ignore").symlink_metadata().is_ok()
}

/// Reads files that are named one by one, several at the same time.
fn read_all(
    files: &[PathBuf],
    options: &Options,
    once: &(dyn Fn(&Path) -> bool + Sync),
    visitor: &dyn Visitor,
) {
    let one = |file: &PathBuf| {
        if once(file) {
            read(file, &options.exclude.root, visitor);
        }
    };
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().ok();
    // Without threads it only takes longer.
    match (files.len() > 1 && options.threads != 1).then(pool).flatten() {
        Some(pool) => pool.install(|| files.par_iter().for_each(one)),
        None => files.iter().for_each(one),
    }
}

/// Prepares a walk that reads the ignore files it is to obey.
fn builder(folders: &[PathBuf], options: &Options) -> WalkBuilder {
    let mut walk = WalkBuilder::new(&folders[0]);
    for folder in &folders[1..] {
        walk.add(folder);
    }
    let obey = !options.no_ignore;
    walk.hidden(false)
        .ignore(obey)
        .git_ignore(obey)
        .git_exclude(obey)
        .git_global(obey)
        .parents(obey)
        .follow_links(false)
        .threads(options.threads);
    walk
}

/// Returns what decides whether the walk goes on with an entry, and looks at folders before it enters them.
fn entering(met: &Arc<Met>, options: &Options) -> impl Fn(&DirEntry) -> bool + Send + Sync + use<> {
    let (met, options) = (Arc::clone(met), options.clone());
    move |entry| {
        if is_left_out(entry, &options.exclude) {
            return false;
        }
        if !options.no_ignore && is_folder(entry) {
            if !met.ignores() && has_ignore(entry.path()) {
                met.ignore();
            }
            // Whoever names a folder knows its repository.
            if entry.depth() > 0 {
                met.enter(entry.path(), &options);
            }
        }
        true
    }
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

fn is_left_out(entry: &DirEntry, exclude: &Exclude) -> bool {
    entry.depth() > 0 && (entry.file_name() == ".git" || exclude.covers(entry.path(), is_folder(entry)))
}

fn visit(
    path: &Path,
    kind: FileType,
    folders: &[PathBuf],
    options: &Options,
    once: &dyn Fn(&Path) -> bool,
    met: &Met,
    visitor: &dyn Visitor,
) {
    if kind.is_file() {
        if once(path) {
            read(path, &options.exclude.root, visitor);
        }
    } else if kind.is_symlink() {
        // A link to a file of the tree is that file, which the walk may meet by itself; anything else is not scanned.
        match path.canonicalize() {
            Ok(target) if folders.iter().any(|folder| target.starts_with(folder)) => met.link(path, target),
            _ => visitor.skipped(name(path, &options.exclude.root), SkipReason::SymlinkOutside),
        }
    } else if !kind.is_dir() {
        visitor.skipped(name(path, &options.exclude.root), SkipReason::NotAFile);
    }
}

/// Returns the name of a file: relative to `root` if an absolute path leads into it, otherwise as it was given.
fn name(path: &Path, root: &Path) -> BlobPath {
    let inside = path.is_absolute().then(|| path.strip_prefix(root).ok()).flatten();
    BlobPath::from_path(inside.unwrap_or(path))
}

fn read(path: &Path, root: &Path, visitor: &dyn Visitor) {
    match File::open(path) {
        Ok(mut file) => visitor.blob(Blob {
            path: name(path, root),
            origin: Origin::Worktree,
            touched: None,
            content: &mut file,
        }),
        Err(error) => visitor.failed(Failure {
            what: BlobPath::from_path(path).to_text(),
            cause: format!("cannot be read: {error}"),
            remedy: String::from("make it readable, or leave it out with --exclude"),
        }),
    }
}
