//! The baseline: findings accepted once, by fingerprint. A text file with one entry per line, sorted, without dates, line
//! numbers or secrets, so that it is the same when made again and merges line by line.

use std::collections::{BTreeSet, HashSet};

use crate::finding::{Finding, SuppressedBy, Suppression};

/// The name of the file that is looked for if no other is named.
pub const DEFAULT: &str = ".flaresec-baseline";
const HEADER: &str =
    "# flaresec baseline 1: accepted findings, one per line; `flaresec baseline --help` says more";

/// One accepted finding. The fingerprint alone decides; the rest is for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Path, with control characters escaped.
    pub path: String,
    /// Id of the rule.
    pub rule: String,
    /// Identity of the finding.
    pub fingerprint: String,
}

/// Returns the entry for a finding.
pub fn entry(finding: &Finding) -> Entry {
    let path = finding.path.to_text();
    let path = path.chars().flat_map(|c| {
        let escape = c.is_control() || c == '\u{2028}' || c == '\u{2029}';
        if escape { c.escape_default().collect::<Vec<_>>() } else { vec![c] }
    });
    Entry { path: path.collect(), rule: finding.rule.id.clone(), fingerprint: finding.fingerprint.0.clone() }
}

/// Reads a baseline.
///
/// # Errors
/// Returns the number of the first line that is not an entry, counted from 1, and what is wrong with it.
pub fn read(text: &str) -> Result<BTreeSet<Entry>, (usize, String)> {
    let mut entries = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if let Some(version) = line.strip_prefix("# flaresec baseline ") {
            let version = version.split(':').next().unwrap_or_default();
            if version != "1" {
                return Err((index + 1, String::from("unknown version of the baseline")));
            }
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
            return Err((index + 1, String::from("unresolved merge conflict: keep the lines of both sides")));
        }
        let mut parts = line.splitn(3, ' ');
        let (Some(fingerprint), Some(rule), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            return Err((index + 1, String::from("not an entry: `fingerprint rule path`")));
        };
        let hex = fingerprint.strip_prefix("v1:");
        if !hex.is_some_and(|h| h.len() == 32 && h.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Err((index + 1, String::from("not a fingerprint, which is `v1:` and 32 hex digits")));
        }
        entries.insert(Entry {
            path: path.to_owned(),
            rule: rule.to_owned(),
            fingerprint: fingerprint.to_owned(),
        });
    }
    Ok(entries)
}

/// Returns the text of the file: entries sorted by path, rule and fingerprint.
pub fn write(entries: &BTreeSet<Entry>) -> String {
    let mut out = format!("{HEADER}\n");
    for entry in entries {
        out += &format!("{} {} {}\n", entry.fingerprint, entry.rule, entry.path);
    }
    out
}

/// Marks the findings that the baseline accepts, and returns the entries without a finding.
pub fn apply<'a>(entries: &'a BTreeSet<Entry>, findings: &mut [Finding]) -> Vec<&'a Entry> {
    let accepted: HashSet<&str> = entries.iter().map(|e| e.fingerprint.as_str()).collect();
    let mut used = HashSet::new();
    for finding in findings {
        if let Some(fingerprint) = accepted.get(finding.fingerprint.0.as_str()) {
            used.insert(*fingerprint);
            finding.suppressed.get_or_insert_with(|| Suppression {
                by: SuppressedBy::Baseline,
                reason: String::from("in the baseline"),
            });
        }
    }
    entries.iter().filter(|e| !used.contains(e.fingerprint.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn what_is_written_is_read_and_order_does_not_matter() {
        let a = format!("v1:{} rule-a dir/a b.env", "0".repeat(32));
        let b = format!("v1:{} rule-b c.env", "1".repeat(32));
        let one = write(&read(&format!("{a}\n{b}\n")).unwrap());
        assert_eq!(one, write(&read(&format!("\n# note\n{b}\r\n{a}")).unwrap()));
        assert_eq!(one, write(&read(&one).unwrap()));
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(read("\nrubbish").unwrap_err().0, 2);
        assert!(read("<<<<<<< HEAD\n").unwrap_err().1.contains("merge"));
        assert_eq!(read("# flaresec baseline 9: x").unwrap_err().0, 1);
        assert!(read("v1:xyz a b").is_err());
    }
}
