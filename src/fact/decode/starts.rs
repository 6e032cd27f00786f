//! Finds where encoded text starts, without examining every byte: most of a text is not encoded.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::base64::{BUDGET, end, plain};
use super::{JOINT, PIECE, Piece, escape, joint, word};
use crate::fact::runs::SHORTEST;
use crate::literals::{DEPTH, Shapes};
use crate::span::Span;

/// Finds the encoded pieces of a text one by one. The next piece of each kind is remembered until it is passed.
pub(super) struct Starts<'a> {
    bytes: &'a [u8],
    /// The [`long`](crate::fact::runs::long) runs of the text that have not been passed.
    runs: &'a [Span],
    mark: Next,
    base64: Next,
    /// How much base64 may still be decoded, in bytes.
    budget: usize,
    /// Whether lists are joined to strings anywhere in the text.
    joins: bool,
}

/// The next piece of a kind, and the part of the text that was searched for it.
struct Next {
    piece: Option<Piece>,
    /// The bytes that were searched: no other piece of the kind starts before the piece in them.
    known: Span,
}

impl Next {
    fn unknown() -> Next {
        Next { piece: None, known: Span::new(0, 0) }
    }

    /// Whether it is known which piece is the next from `at` up to `stop`.
    fn covers(&self, at: usize, stop: usize) -> bool {
        match &self.piece {
            Some((span, _)) => self.known.start <= at && at <= span.start,
            None => self.known.start <= at && stop <= self.known.end,
        }
    }

    /// Searches for the next piece if it is not known, and returns where it starts.
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

    /// Returns the first piece that starts from `at` up to `stop`.
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

/// The beginnings of escapes, and what may be a joint: the end of a piece, a quote, and what may lead to the next
/// piece.
static MARKS: LazyLock<Shapes> = LazyLock::new(|| marks(b" \"$&'+."));
/// The same where lists are joined: a comma leads to the next piece.
static MARKS_IN_LISTS: LazyLock<Shapes> = LazyLock::new(|| marks(b" \"$&'+,."));

fn marks(leads_on: &[u8]) -> Shapes {
    const LETTERS: &[u8] = b"#0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // Bytes are classified by their halves; with the signs in the same class as the letters, a space would match as
    // well.
    const WORD: &[u8] = b"=_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const SIGNS: &[u8] = b"+-./";
    const ANY: &[u8] = b"+-./=_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const QUOTES: &[u8] = b"\"'";
    Shapes::new(&[
        &[b"%&", LETTERS],
        &[b"\\", b"ux\n\r"],
        &[ANY, QUOTES, b"\t\n\r"],
        &[ANY, QUOTES, leads_on],
        &[WORD, QUOTES, b"<>ru|~*"],
        &[WORD, QUOTES, b"@\\bf^"],
        &[SIGNS, QUOTES, b"<>ru|~*@\\bf^"],
        &[ANY, b"`", b"\t\n\r $&`+,.<>ru|~*@\\bf^"],
    ])
}

/// Returns the first escape or joint from `from` up to `stop`.
fn next_mark(bytes: &[u8], from: usize, stop: usize, joins: bool) -> Option<Piece> {
    let mut piece = None;
    let marks = if joins { &MARKS_IN_LISTS } else { &MARKS };
    let _ = marks.each(&bytes[..bytes.len().min(stop + DEPTH)], from.saturating_sub(1), |start| {
        let escapes = matches!(bytes[start], b'%' | b'\\' | b'&');
        // The shape of a joint includes the last byte of the piece before it.
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

/// Whether the text may start with an escape. Most marks do not: `%s`, `\n`, `&&`.
fn may_escape(rest: &[u8]) -> bool {
    match rest {
        [b'%', a, ..] => a.is_ascii_hexdigit(),
        [b'\\', a, ..] => matches!(a, b'u' | b'x' | b'\n' | b'\r'),
        [b'&', a, ..] => *a == b'#' || a.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Whether a quote is between a piece and what may lead to the next one. Most other quotes begin a string, or end a key
/// or an argument.
fn may_join(bytes: &[u8], at: usize, joins: bool) -> bool {
    let mark = |next: &u8| matches!(next, b'f' | b'r' | b'b' | b'u' | b'@' | b'$');
    let space = |next: &u8| matches!(next, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    let leads_on = |next: &u8| match next {
        next if space(next) => true,
        // Two quotes in a row join pieces only if they are the same.
        b'"' | b'\'' | b'`' => *next == bytes[at],
        b'+' | b'.' | b'&' | b'~' | b'|' | b'<' | b'>' | b'^' | b'*' => true,
        // The prefix of the next literal.
        next if mark(next) => true,
        // A list continues with another string.
        b',' if joins => {
            let item = bytes[at + 2..].iter().take(JOINT).find(|b| !space(b));
            item.is_some_and(|b| mark(b) || matches!(b, b'"' | b'\'' | b'`'))
        }
        _ => false,
    };
    at >= PIECE && word(bytes[at - 1]) && bytes.get(at + 1).is_some_and(leads_on)
}

/// Returns the next base64 that starts in a zone and fits in the budget.
fn next_base64(bytes: &[u8], runs: &[Span], zone: Span, budget: usize) -> Option<Piece> {
    let mut from = zone.start;
    for run in runs {
        // Skip leading `-` and `_`, which are rarely part of the base64.
        let rest = &bytes[run.end.min(from.max(run.start))..run.end];
        let start = run.end - rest.len() + rest.iter().take_while(|b| matches!(b, b'-' | b'_')).count();
        if start >= zone.end {
            break;
        }
        if run.end - start < SHORTEST {
            continue;
        }
        // It may continue on the next lines, in other runs.
        from = end(bytes, Span::new(start, run.end));
        let fits = from - start <= budget;
        if let Some(piece) = fits.then(|| plain(bytes, Span::new(start, from))).flatten() {
            return Some(piece);
        }
    }
    None
}
