//! Writes the corpus out as files, so that other scanners can be run on it.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use super::cases::Case;

/// `FOLDER/cases/NUMBER/PATH` for every case, and `FOLDER/labels.jsonl` with the marked lines of each.
pub(crate) fn write<'a>(cases: impl Iterator<Item = &'a Case>, folder: &Path) -> io::Result<()> {
    let mut labels = String::new();
    for (number, case) in cases.enumerate() {
        let file = format!("cases/{number:04}/{}", case.path);
        let target = folder.join(&file);
        fs::create_dir_all(target.parent().unwrap())?;
        fs::write(target, &case.bytes)?;
        let line = |at: usize| case.bytes[..at].iter().filter(|b| **b == b'\n').count() + 1;
        let expected: Vec<[usize; 2]> =
            case.expected.iter().map(|s| [line(s.start), line(s.end.saturating_sub(1))]).collect();
        let label = serde_json::json!({
            "file": file, "name": case.name, "origin": case.origin, "category": case.category, "kind": case.kind,
            "carrier": case.carrier, "encoding": case.encoding, "lines": expected,
        });
        writeln!(labels, "{label}").unwrap();
    }
    fs::write(folder.join("labels.jsonl"), labels)
}
