//! Where something encoded may start: found without a look at every byte, because most of a text is none of it.

use memchr::memchr3_iter;

use super::base64::{SHORTEST, is_base64};
use super::{PIECE, word};

/// What an encoded piece may start with.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Escape,
    Quote,
    Base64,
}

/// Finds the next place where something encoded may start, without a look at every byte.
pub(super) struct Starts<'a> {
    bytes: &'a [u8],
    escape: Option<usize>,
    quote: Option<usize>,
    run: Option<usize>,
}

impl<'a> Starts<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Starts<'a> {
        let mut starts = Starts { bytes, escape: Some(0), quote: Some(0), run: Some(0) };
        starts.escape = starts.next_escape(0);
        starts.quote = starts.next_quote(0);
        starts.run = next_run(bytes, 0);
        starts
    }

    /// The first start at or behind `at`.
    pub(super) fn after(&mut self, at: usize) -> Option<(usize, Start)> {
        if self.escape.is_some_and(|place| place < at) {
            self.escape = self.next_escape(at);
        }
        if self.quote.is_some_and(|place| place < at) {
            self.quote = self.next_quote(at);
        }
        if self.run.is_some_and(|place| place < at) {
            self.run = next_run(self.bytes, at);
        }
        [(self.escape, Start::Escape), (self.quote, Start::Quote), (self.run, Start::Base64)]
            .into_iter()
            .filter_map(|(place, kind)| Some((place?, kind)))
            .min_by_key(|(place, _)| *place)
    }

    fn next_escape(&self, from: usize) -> Option<usize> {
        let mut places = memchr3_iter(b'%', b'\\', b'&', &self.bytes[from..]).map(|n| from + n);
        places.find(|at| may_escape(&self.bytes[*at..]))
    }

    fn next_quote(&self, from: usize) -> Option<usize> {
        let mut places = memchr3_iter(b'"', b'\'', b'`', &self.bytes[from..]).map(|n| from + n);
        places.find(|at| may_join(self.bytes, *at))
    }
}

/// Whether what follows lets an escape be one: most are `%s`, `\n` and `&&`.
fn may_escape(rest: &[u8]) -> bool {
    match rest {
        [b'%', a, ..] => a.is_ascii_hexdigit(),
        [b'\\', a, ..] => matches!(a, b'u' | b'x' | b'\n' | b'\r'),
        [b'&', a, ..] => *a == b'#' || a.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Whether a quote stands between a piece of a word and what may lead to the next: most others begin a string, or end a
/// key.
fn may_join(bytes: &[u8], at: usize) -> bool {
    at >= PIECE
        && word(bytes[at - 1])
        && bytes.get(at + 1).is_some_and(|next| !matches!(next, b':' | b')' | b']' | b'}' | b';' | b'='))
}

/// Where the next run of at least [`SHORTEST`] characters of base64 starts: a look at the byte that its end would
/// have says in most places that there is none.
fn next_run(bytes: &[u8], from: usize) -> Option<usize> {
    let mut start = from;
    while start + SHORTEST <= bytes.len() {
        let window = &bytes[start..start + SHORTEST];
        match window.iter().rposition(|b| !is_base64(*b)) {
            Some(other) => start += other + 1,
            // A run starts with a letter, not with what only the URL-safe form has.
            None if matches!(bytes[start], b'-' | b'_') => start += 1,
            None => return Some(start),
        }
    }
    None
}
