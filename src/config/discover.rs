//! Where files about a scan are looked for, the configuration among them. Reads none of them.

use std::path::{Path, PathBuf};

/// The names that are looked for, in this order, in each folder.
pub const NAMES: [&str; 3] = ["flaresec.toml", ".flaresec.toml", ".github/flaresec.toml"];

/// The folders in which a file about the scanned paths is looked for, nearest first: from the folder that all of them
/// are in up to the root of the git repository around it. Outside of a repository only that folder counts, and only if
/// one of the paths stands in it, so that nobody else's file is picked up. All are absolute and without links.
pub fn upwards<P: AsRef<Path>>(scanned: &[P]) -> Vec<PathBuf> {
    let folders: Vec<PathBuf> = scanned.iter().filter_map(|path| folder(path.as_ref())).collect();
    let Some(first) = folders.first() else { return Vec::new() };
    // One that speaks about some of the paths only must not decide about the others.
    let around = first.ancestors().find(|around| folders.iter().all(|folder| folder.starts_with(around)));
    let Some(start) = around else { return Vec::new() };
    match start.ancestors().find(|folder| folder.join(".git").exists()) {
        Some(root) => {
            start.ancestors().take_while(|folder| folder.starts_with(root)).map(Path::to_owned).collect()
        }
        None => folders.iter().find(|folder| *folder == start).cloned().into_iter().collect(),
    }
}

/// Returns the folder that a path stands in, or the folder that it is; if it does not exist, the nearest around it that
/// does.
fn folder(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let real = path.ancestors().find_map(|around| around.canonicalize().ok())?;
    if real.is_dir() { Some(real) } else { real.parent().map(Path::to_owned) }
}

/// The files that may be the configuration for the scanned paths; the first that exists is.
pub fn candidates<P: AsRef<Path>>(scanned: &[P]) -> Vec<PathBuf> {
    upwards(scanned).iter().flat_map(|folder| NAMES.map(|name| folder.join(name))).collect()
}

/// The configuration for the scanned paths, if there is one.
pub fn discover<P: AsRef<Path>>(scanned: &[P]) -> Option<PathBuf> {
    candidates(scanned).into_iter().find(|file| file.is_file())
}
