//! Where files about a scan are looked for, the configuration among them. Reads none of them.

use std::path::{Path, PathBuf};

/// The names that are looked for, in this order, in each folder.
pub const NAMES: [&str; 3] = ["flaresec.toml", ".flaresec.toml", ".github/flaresec.toml"];

/// The folders in which a file about a scanned path is looked for, nearest first: from its folder up to the root of
/// the git repository around it. Outside of a repository only the folder itself counts, so that nobody else's file is
/// picked up. All are absolute and without links.
pub fn upwards(scanned: &Path) -> Vec<PathBuf> {
    let Ok(start) = scanned.canonicalize() else { return Vec::new() };
    let start = if start.is_dir() { start.as_path() } else { start.parent().unwrap_or(&start) };
    let root = start.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(start);
    start.ancestors().take_while(|folder| folder.starts_with(root)).map(Path::to_owned).collect()
}

/// The files that may be the configuration for a scanned path; the first that exists is.
pub fn candidates(scanned: &Path) -> Vec<PathBuf> {
    upwards(scanned).iter().flat_map(|folder| NAMES.map(|name| folder.join(name))).collect()
}

/// The configuration for a scanned path, if there is one.
pub fn discover(scanned: &Path) -> Option<PathBuf> {
    candidates(scanned).into_iter().find(|file| file.is_file())
}
