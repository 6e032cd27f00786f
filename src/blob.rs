//! What a source hands over: a path, the origin of the content, and a reader. Knows no rules.

use std::fmt;
use std::io::Read;
use std::ops::RangeInclusive;

/// A path as the source names it: raw bytes, parts separated by `/`, never empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobPath(Vec<u8>);

impl BlobPath {
    /// Makes a path of the bytes, unchanged.
    pub fn new(bytes: impl Into<Vec<u8>>) -> BlobPath {
        BlobPath(bytes.into())
    }

    /// Converts a path of the file system and drops a leading `./`. On Windows `\` becomes `/`; elsewhere a `\` is
    /// part of a name.
    pub fn from_path(path: &std::path::Path) -> BlobPath {
        let bytes = path.as_os_str().as_encoded_bytes();
        let bytes = bytes.strip_prefix(b"./").unwrap_or(bytes);
        if cfg!(windows) {
            BlobPath(bytes.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect())
        } else {
            BlobPath(bytes.to_vec())
        }
    }

    /// Returns the raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the part after the last `/`.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|&b| b == b'/').next().unwrap_or(&self.0)
    }

    /// Returns the path for people and reports: bytes that are not UTF-8 become U+FFFD, and self-identifying
    /// credentials are hidden. Control characters are kept: escaping them is up to each report format.
    pub fn to_text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0).into_owned();
        if text.len() < SECRET { text } else { hidden(text) }
    }
}

impl BlobPath {
    /// Returns the raw bytes with self-identifying credentials hidden.
    pub fn shown(&self) -> Vec<u8> {
        let text = self.to_text();
        let lossy = String::from_utf8_lossy(&self.0);
        if text == lossy { self.0.clone() } else { text.into_bytes() }
    }
}

/// Public prefixes of self-identifying credentials.
pub const PREFIXES: [&str; 5] = ["cfut_", "cfat_", "cfk_", "cfast_", "cfoat_"];
/// The least number of characters after a prefix that make a credential.
const SECRET: usize = 32;

/// Replaces everything after the prefix of each self-identifying credential with `*`: for text from outside that is
/// otherwise shown as it is, such as a path or a name in a configuration.
pub fn hidden(mut text: String) -> String {
    for prefix in PREFIXES {
        let mut from = 0;
        while let Some(at) = text[from..].find(prefix).map(|at| from + at + prefix.len()) {
            let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let length = text[at..].find(|c| !part(c)).unwrap_or(text.len() - at);
            if length >= SECRET {
                text.replace_range(at..at + length, &"*".repeat(length));
            }
            from = at;
        }
    }
    text
}

impl fmt::Debug for BlobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

/// Where the content of a blob was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file on disk.
    Worktree,
    /// Standard input.
    Stdin,
    /// The git index, as the commit in progress records it.
    Index,
    /// The head side of a git diff.
    Diff,
    /// A blob of the git history, by its object id in hex.
    History {
        /// Object id in hex.
        object: String,
    },
    /// The message of a commit or annotated tag, by its object id in hex.
    Message {
        /// Object id in hex.
        object: String,
    },
}

/// The lines that a change adds or touches: inclusive ranges, counted from 1, ascending and not adjacent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSet(pub Vec<RangeInclusive<usize>>);

impl LineSet {
    /// Whether any line of `lines` is in the set.
    pub fn touches(&self, lines: RangeInclusive<usize>) -> bool {
        self.0.iter().any(|r| r.start() <= lines.end() && lines.start() <= r.end())
    }
}

/// One thing to scan.
pub struct Blob<'a> {
    /// The name, for reports and for rules that look at file names.
    pub path: BlobPath,
    /// Where the content comes from.
    pub origin: Origin,
    /// The lines that a finding must touch to count; `None` for all.
    pub touched: Option<LineSet>,
    /// The content.
    pub content: &'a mut dyn Read,
}
