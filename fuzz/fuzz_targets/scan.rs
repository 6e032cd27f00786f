//! Any bytes under any name, with a token among them: the scan must end, must not panic, and no report may show the token.
#![no_main]

use std::sync::LazyLock;

use flaresec::blob::BlobPath;
use flaresec::report::{self, Format, Report, Style};
use flaresec::rule::RuleSet;
use flaresec::scan::Scanner;
use flaresec::synthetic::value;
use libfuzzer_sys::fuzz_target;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(RuleSet::embedded()));
static TOKEN: LazyLock<String> = LazyLock::new(|| value("cfut", "1").expect("a known kind"));
const NAMES: [&str; 8] = [".env", "a.tf", "a.yaml", "a.json", "a.toml", "a.py", "Dockerfile", "README.md"];

fuzz_target!(|data: &[u8]| {
    let Some((first, content)) = data.split_first() else { return };
    let path = BlobPath::new(NAMES[usize::from(*first) % NAMES.len()]);
    let half = content.len() / 2;
    let planted = [&content[..half], TOKEN.as_bytes(), &content[half..]].concat();
    let found = Report { findings: SCANNER.scan(&path, &planted), ..Report::default() };
    let mut shown = Vec::new();
    for (_, format) in Format::ALL {
        report::write(*format, &found, SCANNER.rules(), Style::default(), &mut shown).expect("memory");
    }
    // Its prefix and its last characters may be shown.
    let body = &TOKEN.as_bytes()["cfut_".len()..];
    assert!(!body.windows(8).any(|part| shown.windows(8).any(|window| window == part)));
});
