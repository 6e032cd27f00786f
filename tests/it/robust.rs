//! Hostile texts: every example of every rule, cut off, torn, glued and sprinkled with syntax. Nothing may panic.

use std::fs;

use flaresec::blob::BlobPath;
use flaresec::rule::RuleSet;
use flaresec::scan::Scanner;
use flaresec::synthetic::expand;

use crate::support::root;

/// Pieces of syntax that open, close or separate something.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "`",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "${",
    "$(",
    "{{",
    "}}",
    "<<",
    "\\",
    "\\\n",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "=",
    ":",
    ":=",
    "=>",
    ",",
    ";",
    ".",
    "..",
    "-",
    "--",
    "#",
    "//",
    "/*",
    "*/",
    "<!--",
    "-->",
    "|",
    "&",
    "%",
    "%s",
    "@",
    "@@",
    "http://a.",
    "http://",
    "https://api.cloudflare.com",
    "api.cloudflare.com",
    "X-Auth-Key",
    "X-Auth-Key:",
    "Bearer ",
    "cf_",
    "key",
    "token=",
    "\u{e9}",
    "\u{202e}",
    "\u{1d11e}",
    "0",
    "-k",
    "verify=False",
    "policies",
    "permission_groups",
    "flaresec: allow(",
    "curl ",
];

/// A small generator, so that every run tries the same.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn change(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len() + 1);
    match random.below(5) {
        0 => text.truncate(at),
        1 => {
            let end = (at + 1 + random.below(12)).min(text.len());
            text.drain(at..end);
        }
        2 => {
            let end = (at + random.below(60)).min(text.len());
            let piece = text[at..end].to_vec();
            text.splice(at..at, piece);
        }
        3 if at < text.len() => text[at] = random.below(256) as u8,
        _ => {
            let piece = PIECES[random.below(PIECES.len())];
            text.splice(at..at, piece.bytes());
        }
    }
}

#[test]
fn no_text_makes_a_check_panic() {
    let scanner = Scanner::new(RuleSet::embedded());
    let mut random = Random(7);
    let rounds: usize = std::env::var("FLARESEC_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(30);
    for rule in &scanner.rules().rules {
        for example in &rule.examples {
            let path = BlobPath::new(example.path.as_deref().unwrap_or("a.txt"));
            let original = expand(&example.text).unwrap().text.into_bytes();
            for _ in 0..rounds {
                let mut text = original.clone();
                for _ in 0..=random.below(6) {
                    change(&mut text, &mut random);
                }
                scanner.scan(&path, &text);
            }
        }
    }
}

#[test]
fn no_place_far_along_a_line_makes_a_check_panic() {
    let scanner = Scanner::new(RuleSet::embedded());
    // Longer than anything looks back for names.
    let ahead = [" ".repeat(20_000), "x".repeat(20_000), "\"a\":{\"b\":\"c\"},".repeat(1_500)];
    for rule in &scanner.rules().rules {
        for example in &rule.examples {
            let path = BlobPath::new(example.path.as_deref().unwrap_or("a.txt"));
            let text = expand(&example.text).unwrap().text;
            for ahead in &ahead {
                scanner.scan(&path, format!("cloudflare\n{ahead}{text}").as_bytes());
                let keyed = format!("cloudflare{ahead}\"default\": \"{}", text.replace('\n', " "));
                scanner.scan(&path, keyed.as_bytes());
            }
        }
    }
}

#[test]
fn the_own_sources_are_scanned_without_a_fault() {
    let scanner = Scanner::new(RuleSet::embedded());
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && name != ".git" {
                folders.push(path);
            } else if path.is_file() {
                scanner.scan(&BlobPath::from_path(&path), &fs::read(&path).unwrap());
            }
        }
    }
}
