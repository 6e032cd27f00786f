//! Any bytes under any name: the scan must end, must not panic, and no finding may hold a secret.
#![no_main]

use std::sync::LazyLock;

use flaresec::blob::BlobPath;
use flaresec::rule::RuleSet;
use flaresec::scan::Scanner;
use libfuzzer_sys::fuzz_target;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(RuleSet::embedded()));
const NAMES: [&str; 8] = [".env", "a.tf", "a.yaml", "a.json", "a.toml", "a.py", "Dockerfile", "README.md"];

fuzz_target!(|data: &[u8]| {
    let Some((first, content)) = data.split_first() else { return };
    let path = BlobPath::new(NAMES[usize::from(*first) % NAMES.len()]);
    for finding in SCANNER.scan(&path, content) {
        assert!(finding.credential.is_none_or(|credential| credential.revealed.is_none()));
    }
});
