//! Long runs of token characters. Almost all of a text is shorter words, so the search looks at the byte where a run would
//! end, goes back to the nearest that cannot be part of one, and starts again behind it.

use crate::span::Span;

/// Runs shorter than this are never credentials of a shape that needs a name.
pub const SHORTEST: usize = 32;

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

/// All maximal runs of token characters of at least [`SHORTEST`] bytes that touch `within`.
pub fn runs(bytes: &[u8], within: Span) -> Vec<Span> {
    let mut out = Vec::new();
    // A run that reaches into the part may start before it.
    let before = bytes[..within.start].iter().rev().take_while(|b| is_token_byte(**b)).count();
    let mut at = within.start - before;
    let end = within.end.min(bytes.len());
    while at < end && at + SHORTEST <= bytes.len() {
        let window = &bytes[at..at + SHORTEST];
        if let Some(other) = window.iter().rposition(|b| !is_token_byte(*b)) {
            at += other + 1;
            continue;
        }
        let rest = &bytes[at + SHORTEST..];
        let stop = rest.iter().position(|b| !is_token_byte(*b)).map_or(bytes.len(), |n| at + SHORTEST + n);
        // In `"\nVALUE"` the `n` belongs to the escape, not to the value.
        let escape = at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b'r' | b't');
        let start = at + usize::from(escape);
        if stop - start >= SHORTEST {
            out.push(Span::new(start, stop));
        }
        at = stop + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{SHORTEST, runs};
    use crate::span::Span;

    #[test]
    fn every_run_is_found_wherever_it_starts() {
        for start in 0..70 {
            for length in SHORTEST..100 {
                let text = format!("{}{}{}", ".".repeat(start), "a".repeat(length), ".".repeat(40));
                let found = runs(text.as_bytes(), Span::new(0, text.len()));
                assert_eq!(found, [Span::new(start, start + length)], "{start} {length}");
            }
        }
    }

    #[test]
    fn an_escape_before_a_value_is_not_part_of_it() {
        let text = format!("token:\\n{}", "a".repeat(40));
        assert_eq!(runs(text.as_bytes(), Span::new(0, text.len())), [Span::new(8, 48)]);
    }
}
