//! What fingerprints call a file: by its name from a fixed folder, so that the folder in which the scan was started makes
//! no difference.

use std::path::{Component, Path, PathBuf};

use crate::blob::BlobPath;
use crate::source::exclude::absolute;
use crate::source::git::path_from_bytes;

/// Two folders, both absolute and without links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What the names of the scan are relative to.
    pub root: PathBuf,
    /// What the names in fingerprints are relative to.
    pub folder: PathBuf,
}

impl Anchor {
    /// Returns the name of a file from the folder of the anchor. Elsewhere an absolute name stays as it is.
    pub fn name(&self, path: &BlobPath) -> BlobPath {
        let given = path_from_bytes(path.as_bytes());
        let file = absolute(&self.root, &given);
        if let Ok(inside) = file.strip_prefix(&self.folder) {
            return if inside.as_os_str().is_empty() { path.clone() } else { BlobPath::from_path(inside) };
        }
        if given.is_absolute() {
            return path.clone();
        }
        BlobPath::from_path(&relative(&self.folder, &file))
    }
}

/// Returns the way from a folder to a file outside of it.
fn relative(folder: &Path, file: &Path) -> PathBuf {
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(file.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::Anchor;
    use crate::blob::BlobPath;

    #[test]
    fn a_file_has_one_name_from_everywhere() {
        for (root, given, expected) in [
            ("/r", "a/b/x", "b/x"),
            ("/r/a", "b/x", "b/x"),
            ("/r/a/b", "x", "b/x"),
            ("/r/a/b", "../b/x", "b/x"),
            ("/elsewhere", "/r/a/b/x", "b/x"),
            ("/r", "x", "../x"),
            ("/r/a/b", "../../x", "../x"),
            ("/r/c", "d/x", "../c/d/x"),
            ("/r", "/elsewhere/x", "/elsewhere/x"),
        ] {
            let anchor = Anchor { root: root.into(), folder: "/r/a".into() };
            assert_eq!(anchor.name(&BlobPath::new(given)), BlobPath::new(expected), "{given} in {root}");
        }
    }
}
