//! Where something encoded starts: found without a look at every byte, because most of a text is none of it.

use std::cell::OnceCell;

use memchr::memchr3_iter;

use super::base64::{BUDGET, SHORTEST, end, is_base64, plain};
use super::{PIECE, Piece, escape, has_joins, joint, word};
use crate::span::Span;

/// Finds one encoded piece of a text after the other. What comes next of each kind is kept until it is passed.
pub(super) struct Starts<'a> {
    bytes: &'a [u8],
    escape: Next,
    joint: Next,
    base64: Next,
    /// How much base64 may still be decoded, in bytes.
    budget: usize,
    /// Whether lists are joined to strings anywhere.
    joins: OnceCell<bool>,
}

/// The next piece of a kind, and up to where it was looked for.
struct Next {
    piece: Option<Piece>,
    /// Nothing that the piece is not starts in these bytes.
    known: Span,
}

impl Next {
    fn unknown() -> Next {
        Next { piece: None, known: Span::new(0, 0) }
    }

    /// Whether the next piece at or behind `at` and before `stop` is known.
    fn covers(&self, at: usize, stop: usize) -> bool {
        match &self.piece {
            Some((span, _)) => self.known.start <= at && at <= span.start,
            None => self.known.start <= at && stop <= self.known.end,
        }
    }

    fn update(&mut self, at: usize, stop: usize, find: impl FnOnce() -> Option<Piece>) -> Option<usize> {
        if !self.covers(at, stop) {
            *self = Next { piece: find(), known: Span::new(at, stop) };
        }
        self.piece.as_ref().map(|(span, _)| span.start)
    }
}

impl<'a> Starts<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Starts<'a> {
        Starts {
            bytes,
            escape: Next::unknown(),
            joint: Next::unknown(),
            base64: Next::unknown(),
            budget: BUDGET,
            joins: OnceCell::new(),
        }
    }

    /// The first piece that starts at or behind `at` and before `stop`.
    pub(super) fn after(&mut self, at: usize, stop: usize) -> Option<Piece> {
        if at >= stop {
            return None;
        }
        let (bytes, budget, joins) = (self.bytes, self.budget, &self.joins);
        let places = [
            self.escape.update(at, stop, || next_escape(bytes, at, stop)),
            self.joint.update(at, stop, || next_joint(bytes, at, stop, joins)),
            self.base64.update(at, stop, || next_base64(bytes, at, stop, budget)),
        ];
        let first = places.iter().flatten().min()?;
        let kind = places.iter().position(|place| place.as_ref() == Some(first))?;
        let next = [&mut self.escape, &mut self.joint, &mut self.base64].into_iter().nth(kind)?;
        let piece = next.piece.take();
        *next = Next::unknown();
        if kind == 2 {
            self.budget -= piece.as_ref().map_or(0, |(span, _)| span.len());
        }
        piece
    }
}

fn next_escape(bytes: &[u8], from: usize, stop: usize) -> Option<Piece> {
    let places = memchr3_iter(b'%', b'\\', b'&', bytes.get(from..stop)?).map(|n| from + n);
    places.filter(|at| may_escape(&bytes[*at..])).find_map(|at| escape(bytes, at))
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

fn next_joint(bytes: &[u8], from: usize, stop: usize, joins: &OnceCell<bool>) -> Option<Piece> {
    let places = memchr3_iter(b'"', b'\'', b'`', bytes.get(from..stop)?).map(|n| from + n);
    places.filter(|at| may_join(bytes, *at, joins)).find_map(|at| joint(bytes, at, joins))
}

/// Whether a quote stands between a piece of a word and what may lead to the next: most others begin a string, or end a
/// key or an argument.
fn may_join(bytes: &[u8], at: usize, joins: &OnceCell<bool>) -> bool {
    let leads_on = |next: &u8| match next {
        b' ' | b'\t' | b'\r' | b'\n' | b'\\' => true,
        // Side by side only the same quotes are two pieces.
        b'"' | b'\'' | b'`' => *next == bytes[at],
        b'+' | b'.' | b'&' | b'~' | b'|' | b'<' | b'>' => true,
        // The mark of the next literal.
        b'f' | b'r' | b'b' | b'u' | b'@' | b'$' => true,
        b',' => has_joins(bytes, joins),
        _ => false,
    };
    at >= PIECE && word(bytes[at - 1]) && bytes.get(at + 1).is_some_and(leads_on)
}

/// The next base64 of a text, if there is budget for it.
fn next_base64(bytes: &[u8], mut from: usize, stop: usize, budget: usize) -> Option<Piece> {
    while let Some(start) = next_run(bytes, from).filter(|start| *start < stop) {
        let end = end(bytes, start);
        let fits = end - start >= SHORTEST && end - start <= budget;
        if let Some(piece) = fits.then(|| plain(bytes, Span::new(start, end))).flatten() {
            return Some(piece);
        }
        // The next run starts after this one.
        from = end.max(start + 1);
    }
    None
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
