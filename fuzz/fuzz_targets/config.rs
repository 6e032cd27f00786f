//! Any text as configuration: an error or a configuration, never a panic.
#![no_main]

use std::sync::LazyLock;

use flaresec::config::parse;
use flaresec::rule::RuleSet;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<RuleSet> = LazyLock::new(RuleSet::embedded);

fuzz_target!(|text: &str| {
    let _ = parse(text, "flaresec.toml", &RULES);
});
