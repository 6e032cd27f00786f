//! Lines of bytes that are not a [`Text`](crate::text::Text): a part of one, or one with pieces decoded in place. A
//! line may be as long as the file, so most functions take a limit.

use memchr::{memchr, memrchr};

/// Returns where the line of `at` starts, but at least `floor`.
pub(crate) fn start(bytes: &[u8], floor: usize, at: usize) -> usize {
    memrchr(b'\n', &bytes[floor..at]).map_or(floor, |length| floor + length + 1)
}

/// Returns the line of `at` up to `at`, at most `reach` bytes of it.
pub(crate) fn before(bytes: &[u8], at: usize, reach: usize) -> &[u8] {
    &bytes[start(bytes, at.saturating_sub(reach), at)..at]
}

/// Returns the first line, without its line break.
pub(crate) fn first(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr(b'\n', bytes).unwrap_or(bytes.len())]
}

/// Returns what follows the last line break.
pub(crate) fn last(bytes: &[u8]) -> &[u8] {
    before(bytes, bytes.len(), bytes.len())
}

/// Returns how many spaces and tabs a line starts with.
pub(crate) fn indentation(line: &[u8]) -> usize {
    line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use super::{before, first, last, start};

    #[test]
    fn lines_start_behind_a_break_or_at_the_floor() {
        let text = b"one\ntwo\n";
        assert_eq!(
            [start(text, 0, 2), start(text, 0, 3), start(text, 0, 4), start(text, 0, 6)],
            [0, 0, 4, 4]
        );
        assert_eq!([start(text, 5, 6), start(text, 2, 6), start(text, 0, 8)], [5, 4, 8]);
    }

    #[test]
    fn pieces_end_at_breaks() {
        assert_eq!(before(b"one\ntwo", 6, 100), b"tw");
        assert_eq!(before(b"one\ntwo", 6, 1), b"w");
        assert_eq!([first(b"one\ntwo"), first(b"one"), first(b"")], [&b"one"[..], b"one", b""]);
        assert_eq!([last(b"one\ntwo"), last(b"one"), last(b"one\n")], [&b"two"[..], b"one", b""]);
    }
}
