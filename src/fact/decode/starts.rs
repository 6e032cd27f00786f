//! Where something encoded starts: found without a look at every byte, because most of a text is none of it.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::base64::{BUDGET, end, plain};
use super::{JOINT, PIECE, Piece, escape, joint, word};
use crate::fact::runs::SHORTEST;
use crate::literals::{DEPTH, Shapes};
use crate::span::Span;

/// Finds one encoded piece of a text after the other. What comes next of each kind is kept until it is passed.
pub(super) struct Starts<'a> {
    bytes: &'a [u8],
    /// Its [`long`](crate::fact::runs::long) runs, of which those that were passed are left out.
    runs: &'a [Span],
    mark: Next,
    base64: Next,
    /// How much base64 may still be decoded, in bytes.
    budget: usize,
    /// Whether lists are joined to strings anywhere.
    joins: bool,
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
    pub(super) fn new(bytes: &'a [u8], runs: &'a [Span], joins: bool) -> Starts<'a> {
        Starts { bytes, runs, mark: Next::unknown(), base64: Next::unknown(), budget: BUDGET, joins }
    }

    /// The first piece that starts at or behind `at` and before `stop`.
    pub(super) fn after(&mut self, at: usize, stop: usize) -> Option<Piece> {
        if at >= stop {
            return None;
        }
        let passed = self.runs.iter().take_while(|run| run.end <= at).count();
        self.runs = &self.runs[passed..];
        let (bytes, runs, budget, joins) = (self.bytes, self.runs, self.budget, self.joins);
        let places = [
            self.mark.update(at, stop, || next_mark(bytes, at, stop, joins)),
            self.base64.update(at, stop, || next_base64(bytes, runs, Span::new(at, stop), budget)),
        ];
        let first = places.iter().flatten().min()?;
        let kind = places.iter().position(|place| place.as_ref() == Some(first))?;
        let next = [&mut self.mark, &mut self.base64].into_iter().nth(kind)?;
        let piece = next.piece.take();
        *next = Next::unknown();
        if kind == 1 {
            self.budget -= piece.as_ref().map_or(0, |(span, _)| span.len());
        }
        piece
    }
}

/// What an escape begins with and what may follow it; the end of a piece, a quote, and what may lead to the next piece.
static MARKS: LazyLock<Shapes> = LazyLock::new(|| {
    const LETTERS: &[u8] = b"#0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // A byte is told by its halves: the signs would let a space pass among letters.
    const WORD: &[u8] = b"=_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const SIGNS: &[u8] = b"+-./";
    const ANY: &[u8] = b"+-./=_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const QUOTES: &[u8] = b"\"'";
    Shapes::new(&[
        &[b"%&", LETTERS],
        &[b"\\", b"ux\n\r"],
        &[ANY, QUOTES, b"\t\n\r"],
        &[ANY, QUOTES, b" \"$&'+,."],
        &[WORD, QUOTES, b"<>ru|~"],
        &[WORD, QUOTES, b"@\\bf"],
        &[SIGNS, QUOTES, b"<>ru|~@\\bf"],
        &[ANY, b"`", b"\t\n\r $&`+,.<>ru|~@\\bf"],
    ])
});

/// The first escape or joint at or behind `from` and before `stop`.
fn next_mark(bytes: &[u8], from: usize, stop: usize, joins: bool) -> Option<Piece> {
    let mut piece = None;
    let _ = MARKS.each(&bytes[..bytes.len().min(stop + DEPTH)], from.saturating_sub(1), |start| {
        let escapes = matches!(bytes[start], b'%' | b'\\' | b'&');
        // The end of the piece before a joint is a part of its shape.
        let at = if escapes { start } else { start + 1 };
        if (from..stop).contains(&at) {
            piece = match escapes {
                true => may_escape(&bytes[at..]).then(|| escape(bytes, at)).flatten(),
                false => may_join(bytes, at, joins).then(|| joint(bytes, at)).flatten(),
            };
        }
        if piece.is_some() || at >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    piece
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
/// key or an argument.
fn may_join(bytes: &[u8], at: usize, joins: bool) -> bool {
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
        b',' if joins => {
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
