//! Masks secrets: what may be shown of them.

use crate::blob::PREFIXES;

/// Other public prefixes, which say only what kind of credential it is.
const PUBLIC: [&str; 2] = ["v1.0-", "0x4AAAAA"];
/// Values shorter than this, in characters, do not show their end.
const SHOWS_TAIL: usize = 24;

/// Returns the value with everything but a public prefix and the last four characters replaced by `*`, one per
/// character.
pub(super) fn masked(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let length = text.chars().count();
    let prefix = PREFIXES.iter().chain(&PUBLIC).find(|p| text.starts_with(**p)).map_or("", |p| *p);
    let tail = if length >= SHOWS_TAIL { 4 } else { 0 };
    let hidden = length - prefix.len() - tail;
    let end: String =
        text.chars().skip(length - tail).map(|c| if c.is_control() { '*' } else { c }).collect();
    format!("{prefix}{}{end}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn at_most_prefix_and_four_characters_stay() {
        assert_eq!(masked(b"cfut_0123456789012345678901"), "cfut_******************8901");
        assert_eq!(masked(b"short"), "*****");
        assert_eq!(masked(b"cfk_1"), "cfk_*");
    }
}
