//! Long runs of token characters. Almost all of a text is shorter words, so the search looks at every n-th byte
//! only and widens where it lands on a token character with company.

use crate::span::Span;

/// Runs shorter than this are never credentials of a shape that needs a name.
pub const SHORTEST: usize = 32;

const STEP: usize = SHORTEST / 2;

/// Whether the byte can stand in an API token: `[A-Za-z0-9_-]`.
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// All maximal runs of token characters of at least [`SHORTEST`] bytes that touch `within`.
pub fn runs(bytes: &[u8], within: Span) -> Vec<Span> {
    let mut out = Vec::new();
    let mut at = within.start;
    let end = within.end.min(bytes.len());
    while at < end {
        // A run that long covers two neighbouring probes.
        if !is_token_byte(bytes[at]) || bytes.get(at + STEP - 1).is_some_and(|b| !is_token_byte(*b)) {
            at += STEP;
            continue;
        }
        let mut start = at;
        while start > 0 && is_token_byte(bytes[start - 1]) {
            start -= 1;
        }
        let mut stop = at;
        while stop < bytes.len() && is_token_byte(bytes[stop]) {
            stop += 1;
        }
        // In `"\nVALUE"` the `n` belongs to the escape, not to the value.
        if start > 0 && bytes[start - 1] == b'\\' && matches!(bytes[start], b'n' | b'r' | b't') {
            start += 1;
        }
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
