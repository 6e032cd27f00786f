//! What a text says, without judgement: runs of token characters, the names values go by, and encoded text.
//! Knows syntax, never severity or rules.

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
pub mod search;
pub mod setting;
pub mod statement;
pub mod tree;
pub mod words;

/// How much memory an expression may keep in each thread for what it has worked out, in bytes: there are many.
const CACHE: usize = 256 * 1024;

/// An expression over bytes: no Unicode tables, which cost more to compile than a small scan takes.
pub(crate) fn expression(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).dfa_size_limit(CACHE).build()
}

/// One that stands in the program.
pub(crate) fn compiled(source: impl AsRef<str>) -> Regex {
    expression(source.as_ref()).expect("a fixed expression")
}

/// Expressions that stand in the program, compiled when first used: `fixed! { static NAME = r"…"; }`.
macro_rules! fixed {
    ($($(#[$doc:meta])* $visible:vis static $name:ident = $source:expr;)+) => { $(
        $(#[$doc])*
        $visible static $name: std::sync::LazyLock<regex::bytes::Regex> =
            std::sync::LazyLock::new(|| $crate::fact::compiled($source));
    )+ };
}
pub(crate) use fixed;

/// A group of a match that takes part in every match.
pub(crate) fn named<'h>(groups: &Captures<'h>, name: &str) -> Match<'h> {
    groups.name(name).expect("always takes part")
}
