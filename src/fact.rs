//! Facts about a text, without judgement: runs of token characters, the names of values, encoded text, comments,
//! statements. Knows syntax, never severity or rules.

use regex::bytes::{Captures, Match, Regex, RegexBuilder};

pub(crate) mod brackets;
pub mod command;
pub mod credential;
pub mod decode;
pub mod directive;
pub(crate) mod lines;
pub mod namesake;
pub mod naming;
pub mod place;
pub mod request;
pub mod runs;
pub mod script;
pub mod search;
pub mod setting;
pub mod statement;
pub mod tree;
pub mod words;

/// The size of the DFA cache that each expression may fill in each thread, in bytes. It is small because there are many
/// expressions.
const CACHE: usize = 256 * 1024;

/// Compiles an expression over bytes. It has no Unicode tables: compiling those takes longer than a small scan.
pub(crate) fn expression(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).dfa_size_limit(CACHE).build()
}

/// Compiles an expression that is part of the program, and panics if it is invalid.
pub(crate) fn compiled(source: impl AsRef<str>) -> Regex {
    expression(source.as_ref()).expect("a fixed expression")
}

/// Declares expressions that are part of the program and are compiled when first used:
/// `fixed! { static NAME = r"…"; }`.
macro_rules! fixed {
    ($($(#[$doc:meta])* $visible:vis static $name:ident = $source:expr;)+) => { $(
        $(#[$doc])*
        $visible static $name: std::sync::LazyLock<regex::bytes::Regex> =
            std::sync::LazyLock::new(|| $crate::fact::compiled($source));
    )+ };
}
pub(crate) use fixed;

/// Returns a group that takes part in every match of its expression; panics if it does not.
pub(crate) fn named<'h>(groups: &Captures<'h>, name: &str) -> Match<'h> {
    groups.name(name).expect("always takes part")
}
