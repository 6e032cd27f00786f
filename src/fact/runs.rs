//! Long runs of the letters that encoded and random values are made of. Almost all of a text is shorter words, so the search
//! looks at eight bytes at a time: a long run covers two such groups whole, wherever it starts.

use crate::span::Span;

/// Shorter runs hold neither a credential nor the base64 of one, in bytes.
pub const SHORTEST: usize = 24;

/// Runs shorter than this are never credentials of a shape that needs a name, in bytes.
pub const SHORTEST_VALUE: usize = 32;

/// Which bytes can stand in an API token.
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

/// Whether the byte can stand in an API token: `[A-Za-z0-9_-]`.
pub fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Whether the byte is of the alphabet of base64, the URL-safe one included: `[A-Za-z0-9+/_-]`. Written so that the
/// compiler asks it of many bytes at once.
pub fn is_base64(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // The digits follow the slash.
    let digit = byte.wrapping_sub(b'/') < 11;
    letter | digit | (byte == b'+') | (byte == b'-') | (byte == b'_')
}

/// All maximal runs of bytes of base64 of at least [`SHORTEST`] bytes that touch `within`, in order.
pub fn long(bytes: &[u8], within: Span) -> Vec<Span> {
    let mut out = Vec::new();
    // A run that reaches into the part may start before it, and end behind it.
    let before = bytes[..within.start].iter().rev().take_while(|b| is_base64(**b)).count();
    let mut at = within.start - before;
    let stop = bytes.len().min(within.end.saturating_add(SHORTEST));
    let mut whole_before = false;
    while at < stop {
        let [first, second] = whole_groups(&bytes[at..stop]);
        let start = match (whole_before, first, second) {
            (true, true, _) => at - GROUP,
            (_, true, true) => at,
            _ => {
                whole_before = second;
                at += BLOCK;
                continue;
            }
        };
        let reach = bytes[..start].iter().rev().take_while(|b| is_base64(**b)).count();
        let rest = &bytes[start + 2 * GROUP..];
        let end = start + 2 * GROUP + rest.iter().position(|b| !is_base64(*b)).unwrap_or(rest.len());
        let run = Span::new(start - reach, end);
        if run.len() >= SHORTEST && run.start < within.end {
            out.push(run);
        }
        (at, whole_before) = (end + 1, false);
    }
    out
}

/// How many bytes are looked at together, and how many of these in each of two groups.
const BLOCK: usize = 2 * GROUP;
const GROUP: usize = 8;

/// Whether the first two groups of the bytes are wholly of base64; what is missing at the end is not.
fn whole_groups(bytes: &[u8]) -> [bool; 2] {
    let mut block = [0; BLOCK];
    match bytes.first_chunk() {
        Some(whole) => block = *whole,
        None => block[..bytes.len()].copy_from_slice(bytes),
    }
    for byte in &mut block {
        *byte = if is_base64(*byte) { u8::MAX } else { 0 };
    }
    let both = u128::from_le_bytes(block);
    [both as u64 == u64::MAX, both >> 64 == u128::from(u64::MAX)]
}

/// The runs of token characters of at least [`SHORTEST_VALUE`] bytes among [`long`] runs, in order.
pub fn values(bytes: &[u8], long: &[Span]) -> Vec<Span> {
    let mut out = Vec::new();
    for run in long.iter().filter(|run| run.len() >= SHORTEST_VALUE) {
        let mut at = run.start;
        while at + SHORTEST_VALUE <= run.end {
            // Most are paths: the end of what could be a value says so.
            if let Some(other) = bytes[at..at + SHORTEST_VALUE].iter().rposition(|b| !is_token_byte(*b)) {
                at += other + 1;
                continue;
            }
            let rest = &bytes[at + SHORTEST_VALUE..run.end];
            let end = at + SHORTEST_VALUE + rest.iter().take_while(|b| is_token_byte(**b)).count();
            // In `"\nVALUE"` the `n` belongs to the escape, not to the value.
            let escape = at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b'r' | b't');
            let start = at + usize::from(escape);
            if end - start >= SHORTEST_VALUE {
                out.push(Span::new(start, end));
            }
            at = end + 1;
        }
    }
    out
}

/// All maximal runs of token characters of at least [`SHORTEST_VALUE`] bytes that touch `within`, in order.
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
                // The same at the end of a text, and behind another run.
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
    fn the_alphabet_is_that_of_base64() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte);
            assert_eq!(is_base64(byte), expected, "{byte}");
        }
    }

    #[test]
    fn an_escape_before_a_value_is_not_part_of_it() {
        let text = format!("token:\\n{}", "a".repeat(40));
        assert_eq!(runs(text.as_bytes(), Span::new(0, text.len())), [Span::new(8, 48)]);
    }
}
