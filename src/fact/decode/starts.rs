//! Where something encoded starts: found without a look at every byte, because most of a text is none of it.

use std::cell::OnceCell;

use memchr::memchr3_iter;

use super::base64::{BUDGET, end, plain};
use super::{JOINT, PIECE, Piece, escape, joint, word};
use crate::fact::runs::SHORTEST;
use crate::span::Span;

/// Finds one encoded piece of a text after the other. What comes next of each kind is kept until it is passed.
pub(super) struct Starts<'a> {
    bytes: &'a [u8],
    /// Its [`long`](crate::fact::runs::long) runs, of which those that were passed are left out.
    runs: &'a [Span],
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
    pub(super) fn new(bytes: &'a [u8], runs: &'a [Span]) -> Starts<'a> {
        Starts {
            bytes,
            runs,
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
        let passed = self.runs.iter().take_while(|run| run.end <= at).count();
        self.runs = &self.runs[passed..];
        let (bytes, runs, budget, joins) = (self.bytes, self.runs, self.budget, &self.joins);
        let places = [
            self.escape.update(at, stop, || next_escape(bytes, at, stop)),
            self.joint.update(at, stop, || next_joint(bytes, at, stop, joins)),
            self.base64.update(at, stop, || next_base64(bytes, runs, Span::new(at, stop), budget)),
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
    places.filter(|at| may_join(bytes, *at)).find_map(|at| joint(bytes, at, joins))
}

/// Whether a quote stands between a piece of a word and what may lead to the next: most others begin a string, or end a
/// key or an argument.
fn may_join(bytes: &[u8], at: usize) -> bool {
    let mark = |next: &u8| matches!(next, b'f' | b'r' | b'b' | b'u' | b'@' | b'$');
    let space = |next: &u8| matches!(next, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    let leads_on = |next: &u8| match next {
        next if space(next) => true,
        // Side by side only the same quotes are two pieces.
        b'"' | b'\'' | b'`' => *next == bytes[at],
        b'+' | b'.' | b'&' | b'~' | b'|' | b'<' | b'>' => true,
        // The mark of the next literal.
        next if mark(next) => true,
        // A list goes on with another string.
        b',' => {
            let item = bytes[at + 2..].iter().take(JOINT).find(|b| !space(b));
            item.is_some_and(|b| mark(b) || matches!(b, b'"' | b'\'' | b'`'))
        }
        _ => false,
    };
    at >= PIECE && word(bytes[at - 1]) && bytes.get(at + 1).is_some_and(leads_on)
}

/// The next base64 that starts in a zone, if there is budget for it.
fn next_base64(bytes: &[u8], runs: &[Span], zone: Span, budget: usize) -> Option<Piece> {
    let mut from = zone.start;
    for run in runs {
        // A run starts with a letter, not with what only the URL-safe form has.
        let rest = &bytes[run.end.min(from.max(run.start))..run.end];
        let start = run.end - rest.len() + rest.iter().take_while(|b| matches!(b, b'-' | b'_')).count();
        if start >= zone.end {
            break;
        }
        if run.end - start < SHORTEST {
            continue;
        }
        // It may go on in the next lines, with runs of their own.
        from = end(bytes, Span::new(start, run.end));
        let fits = from - start <= budget;
        if let Some(piece) = fits.then(|| plain(bytes, Span::new(start, from))).flatten() {
            return Some(piece);
        }
    }
    None
}
