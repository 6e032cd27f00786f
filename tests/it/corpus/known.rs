//! What is known to go wrong with the corpus: a list with a line for each miss and false alarm. A new one has to be looked
//! at, and one that is mended has to leave the list, or the list would let it come back.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::support::root;

const HEAD: &str = "\
# What the scanner gets wrong in the corpus: `CASE | CATEGORY | miss or false alarm, and where`. The README says more.
# `cargo bless` writes this file.
";

fn file() -> PathBuf {
    root().join("fixtures/corpus/known.txt")
}

/// The lines of the list, as they stand.
pub(crate) fn read() -> Vec<String> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Writes the list anew.
pub(crate) fn write(wrong: &[String]) {
    let lines: String = wrong.iter().flat_map(|line| [line, "\n"]).collect();
    fs::write(file(), format!("{HEAD}{lines}")).unwrap();
}

/// What the list does not say, and what it says in vain; nothing where it is what came out.
pub(crate) fn compare(known: &[String], wrong: &[String]) -> String {
    let mut out = String::new();
    for (title, all, but) in [
        ("went wrong and is not known; mend it, or accept it", wrong, known),
        ("is mended and still on the list; take it off", known, wrong),
    ] {
        let lines = without(all, but);
        if !lines.is_empty() {
            let _ = writeln!(out, "{title}:\n    {}", lines.join("\n    "));
        }
    }
    if out.is_empty() && known != wrong {
        out.push_str("the lines are not in order\n");
    }
    if !out.is_empty() {
        out.push_str(
            "`cargo bless --test it corpus` writes fixtures/corpus/known.txt anew: read what it changes",
        );
    }
    out
}

/// The lines of the first list that are not in the second, each as often as it is there too often.
fn without<'a>(all: &'a [String], but: &[String]) -> Vec<&'a str> {
    let mut left: Vec<&String> = but.iter().collect();
    let known = |line: &&String| match left.iter().position(|other| other == line) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    all.iter().filter(known).map(String::as_str).collect()
}

#[test]
fn new_and_mended_cases_are_told_apart() {
    let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(compare(&lines("a b"), &lines("a b")), "");
    let complaint = compare(&lines("a c c"), &lines("b c"));
    assert!(complaint.contains("not known; mend it, or accept it:\n    b\n"), "{complaint}");
    assert!(complaint.contains("still on the list; take it off:\n    a\n    c\n"), "{complaint}");
    assert!(complaint.contains("cargo bless"), "{complaint}");
    assert!(!compare(&lines("b a"), &lines("a b")).is_empty());
}
