//! Long runs of the characters that encoded and random values consist of. Almost all of a text is shorter words, so the
//! search examines 64 bytes at a time with SIMD: which of them are such characters, and are enough of these adjacent?

use std::sync::LazyLock;

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16};

use super::words::is_word;
use crate::span::Span;

/// Shorter runs contain neither a credential nor the base64 of one, in bytes.
pub const SHORTEST: usize = 24;

/// Runs shorter than this are never credentials of a shape that needs a name, in bytes.
pub const SHORTEST_VALUE: usize = 32;

/// Which bytes can occur in an API token.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        table[i] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        i += 1;
    }
    table
};

/// Whether the byte can occur in an API token: `[A-Za-z0-9_-]`.
pub fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Whether the byte is in the alphabet of base64, including the URL-safe variant: `[A-Za-z0-9+/_-]`.
pub const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'/' | b'_')
}

/// Returns all maximal runs of base64 bytes of at least [`SHORTEST`] bytes that touch `within`, in order.
pub fn long(bytes: &[u8], within: Span) -> Vec<Span> {
    static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);
    // A run that touches the part may start before it and end after it.
    let before = bytes[..within.start].iter().rev().take_while(|b| is_base64(**b)).count();
    let stop = bytes.len().min(within.end.saturating_add(SHORTEST));
    dispatch!(*LEVEL, simd => search(simd, bytes, Span::new(within.start - before, stop), within.end))
}

/// How many bytes are examined together.
const WINDOW: usize = 64;
/// The distance between windows: every run of [`SHORTEST`] bytes is inside of at least one window.
const STEP: usize = WINDOW - SHORTEST + 1;

/// Returns the runs that start before `end` and have [`SHORTEST`] bytes inside `part`; they may continue after it.
#[inline(always)]
fn search<S: Simd>(simd: S, bytes: &[u8], part: Span, end: usize) -> Vec<Span> {
    let mut out = Vec::new();
    let mut at = part.start;
    while at < part.end {
        let Some(first) = first_long(base64_bytes(simd, &bytes[at..part.end])) else {
            at += STEP;
            continue;
        };
        let start = at + first;
        if start >= end {
            break;
        }
        let mut close = start + SHORTEST;
        while close < bytes.len() {
            let more = base64_bytes(simd, &bytes[close..]).trailing_ones() as usize;
            close += more;
            if more < WINDOW {
                break;
            }
        }
        out.push(Span::new(start, close));
        at = close;
    }
    out
}

const _: () = assert!(SHORTEST == 24, "what `first_long` looks for");

/// Returns the index of the first of [`SHORTEST`] adjacent set bits.
fn first_long(bits: u64) -> Option<usize> {
    // Two, four and eight adjacent bits; then three times eight.
    let two = bits & bits >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let long = eight & eight >> 8 & eight >> 16;
    (long != 0).then(|| long.trailing_zeros() as usize)
}

/// Returns a set bit for each of the first [`WINDOW`] bytes that is a base64 byte.
#[inline(always)]
fn base64_bytes<S: Simd>(simd: S, bytes: &[u8]) -> u64 {
    let mut padded = [0; WINDOW];
    let window = bytes.first_chunk::<WINDOW>().unwrap_or_else(|| {
        padded[..bytes.len()].copy_from_slice(bytes);
        &padded
    });
    let table = |table: &[u8; 16]| S::u8s::block_splat(u8x16::from_slice(simd, table));
    let (low, high) = (table(&LOW), table(&HIGH));
    let mut bits = 0;
    for (number, part) in window.chunks_exact(S::u8s::LEN).enumerate() {
        let part = S::u8s::from_slice(simd, part);
        let kinds = low.swizzle_dyn_within_blocks(part & S::u8s::splat(simd, 15))
            & high.swizzle_dyn_within_blocks(part >> 4);
        let others = kinds.simd_eq(S::u8s::splat(simd, 0));
        bits |= (!others).to_bitmask() << (number * S::u8s::LEN % WINDOW);
    }
    bits
}

/// Tables that classify a byte by its halves: for each upper half the kind of bytes that it has, and for each lower
/// half all kinds that contain a base64 byte with it. A byte is a base64 byte if both entries share a bit.
const HIGH: [u8; 16] = {
    let mut table = [0; 16];
    // `+`, `-` and `/`; digits; `A` to `O` and `a` to `o`; `P` to `_`; `p` to `z`.
    table[0x2] = 1;
    table[0x3] = 2;
    table[0x4] = 4;
    table[0x5] = 8;
    table[0x6] = 4;
    table[0x7] = 16;
    table
};
const LOW: [u8; 16] = {
    let mut table = [0; 16];
    let mut byte = 0x20;
    while byte < 0x80 {
        if is_base64(byte) {
            table[(byte & 15) as usize] |= HIGH[(byte >> 4) as usize];
        }
        byte += 1;
    }
    table
};

/// Returns the runs of token characters of at least [`SHORTEST_VALUE`] bytes inside of [`long`] runs, in order.
pub fn values(bytes: &[u8], long: &[Span]) -> Vec<Span> {
    let mut out = Vec::new();
    for run in long.iter().filter(|run| run.len() >= SHORTEST_VALUE) {
        let mut at = run.start;
        while at + SHORTEST_VALUE <= run.end {
            // Most long runs are paths. Search backwards for a `/` or the like, to skip as much as possible.
            if let Some(other) = bytes[at..at + SHORTEST_VALUE].iter().rposition(|b| !is_token_byte(*b)) {
                at += other + 1;
                continue;
            }
            let rest = &bytes[at + SHORTEST_VALUE..run.end];
            let end = at + SHORTEST_VALUE + rest.iter().take_while(|b| is_token_byte(**b)).count();
            // In `"\nVALUE"` the `n` belongs to the escape, not to the value.
            let escape = at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b'r' | b't');
            let start = at + if escape { 1 } else { operator(bytes, Span::new(at, end)) };
            if end - start >= SHORTEST_VALUE {
                out.push(Span::new(start, end));
            }
            at = end + 1;
        }
    }
    out
}

/// Returns how much of a run belongs to an expansion of the shell rather than to the literal in it, which is the value
/// if the variable is not set: `-` in `${NAME:-VALUE}`, `NAME-` in `${NAME-VALUE}`.
fn operator(bytes: &[u8], run: Span) -> usize {
    /// How long the name of a variable may be, in bytes.
    const LONGEST: usize = 80;
    let name = |text: &[u8]| text.iter().rev().take(LONGEST).take_while(|b| is_word(**b)).count();
    let before = &bytes[..run.start];
    if bytes[run.start] == b'-' {
        let left = before.strip_suffix(b":").unwrap_or(before);
        let length = name(left);
        return usize::from(length > 0 && left[..left.len() - length].ends_with(b"${"));
    }
    if !before.ends_with(b"${") {
        return 0;
    }
    let length = bytes[run.start..run.end].iter().take(LONGEST).take_while(|b| is_word(**b)).count();
    if bytes.get(run.start + length) == Some(&b'-') && run.start + length < run.end { length + 1 } else { 0 }
}

/// Returns all maximal runs of token characters of at least [`SHORTEST_VALUE`] bytes that touch `within`, in order.
pub fn runs(bytes: &[u8], within: Span) -> Vec<Span> {
    let mut out = values(bytes, &long(bytes, within));
    out.retain(|run| run.start < within.end && run.end >= within.start);
    out
}

#[cfg(test)]
mod tests {
    use super::{SHORTEST, SHORTEST_VALUE, is_base64, long, runs};
    use crate::span::Span;

    #[test]
    fn every_run_is_found_wherever_it_starts() {
        for start in 0..70 {
            for length in 10..100 {
                let text = format!("{}{}{}", ".".repeat(start), "a".repeat(length), ".".repeat(40));
                let (whole, run) = (Span::new(0, text.len()), Span::new(start, start + length));
                let expected = |shortest: usize| if length >= shortest { vec![run] } else { Vec::new() };
                assert_eq!(runs(text.as_bytes(), whole), expected(SHORTEST_VALUE), "{start} {length}");
                assert_eq!(long(text.as_bytes(), whole), expected(SHORTEST), "{start} {length}");
                // The same at the end of a text, and after another run.
                let end = &text.as_bytes()[..start + length];
                assert_eq!(long(end, Span::new(0, end.len())), expected(SHORTEST), "{start} {length}");
            }
        }
    }

    #[test]
    fn runs_side_by_side_are_all_found() {
        for first in 24..60 {
            for gap in 1..20 {
                for second in 20..40 {
                    let text = format!("{}{}{}", "a".repeat(first), ".".repeat(gap), "b".repeat(second));
                    let at = first + gap;
                    let mut expected = vec![Span::new(0, first)];
                    expected.extend((second >= SHORTEST).then(|| Span::new(at, at + second)));
                    assert_eq!(long(text.as_bytes(), Span::new(0, text.len())), expected);
                }
            }
        }
    }

    #[test]
    fn runs_that_reach_into_a_part_belong_to_it() {
        let text = format!("{} {}", "a".repeat(40), "b".repeat(40));
        let found = |start, end| long(text.as_bytes(), Span::new(start, end));
        assert_eq!(found(30, 35), [Span::new(0, 40)]);
        assert_eq!(found(40, 41), [Span::new(0, 40)]);
        assert_eq!(found(30, 42), [Span::new(0, 40), Span::new(41, 81)]);
        assert_eq!(found(60, 61), [Span::new(41, 81)]);
    }

    #[test]
    fn every_byte_is_of_the_alphabet_or_not() {
        for byte in 0..=u8::MAX {
            let text = [b'a'; 12].into_iter().chain([byte]).chain([b'a'; 11]).collect::<Vec<u8>>();
            let found = !long(&text, Span::new(0, text.len())).is_empty();
            assert_eq!(found, is_base64(byte), "{byte}");
        }
    }

    #[test]
    fn an_escape_before_a_value_is_not_part_of_it() {
        let text = format!("token:\\n{}", "a".repeat(40));
        assert_eq!(runs(text.as_bytes(), Span::new(0, text.len())), [Span::new(8, 48)]);
    }

    #[test]
    fn the_default_of_an_expansion_is_a_value() {
        let value = "a1".repeat(20);
        for (before, after) in [
            ("${NAME:-", "}"),
            ("${NAME-", "}"),
            ("${NAME:=", "}"),
            ("${NAME=", "}"),
            ("${1:-", "}"),
            ("K=${A_LONG_NAME_OF_A_VARIABLE_WITH_32-", "}"),
        ] {
            let text = format!("{before}{value}{after}");
            let span = Span::new(before.len(), before.len() + value.len());
            assert_eq!(runs(text.as_bytes(), Span::new(0, text.len())), [span], "{text}");
        }
        // A value may start with a dash, and a name may be long.
        let text = format!("${{NAME:--{value}}}");
        assert_eq!(runs(text.as_bytes(), Span::new(0, text.len())), [Span::new(8, 49)]);
        for text in [format!("x:-{value}"), format!("{{NAME:-{value}")] {
            let start = text.find('-').unwrap();
            assert_eq!(runs(text.as_bytes(), Span::new(0, text.len())), [Span::new(start, text.len())]);
        }
    }
}
