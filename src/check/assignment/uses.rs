//! What a value is called where it is used: `const k = "…"` says nothing of it, `Bearer ${k}` in a call of the API does.

use memchr::{memmem, memrchr};

use super::STATEMENT;
use crate::fact::words::is_word;
use crate::span::Span;

/// At most this many uses of a name are looked at.
const MOST: usize = 30;

/// The name that the statement of a value gives to it: `k` in `const k: string = "VALUE"`.
pub(super) fn assigned(bytes: &[u8], value: Span) -> Option<&[u8]> {
    let before = &bytes[value.start.saturating_sub(STATEMENT)..value.start];
    let line = &before[memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ' | b'\t');
    let end = line.iter().rposition(|b| !quote(b))?;
    let left = line[..end].strip_suffix(b":").unwrap_or(&line[..end]).trim_ascii_end();
    if line[end] != b'=' || left.last().is_none_or(|b| !(is_word(*b) || matches!(b, b']' | b'>' | b'?'))) {
        return None;
    }
    // A type may stand behind the name, with a colon or, in Go, without one.
    let left = left.strip_suffix(b"[]").unwrap_or(left);
    let left = left.iter().position(|b| *b == b':').map_or(left, |colon| &left[..colon]);
    let words: Vec<&[u8]> = left.split(|b| !is_word(*b)).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [b"const" | b"var", name, _] => Some(name),
        [.., name] if !name[0].is_ascii_digit() => Some(name),
        _ => None,
    }
}

/// Where a name stands, as a word.
pub(super) fn uses<'b>(bytes: &'b [u8], name: &'b [u8]) -> impl Iterator<Item = Span> {
    let apart = |at: Option<usize>| !at.and_then(|at| bytes.get(at)).is_some_and(|b| is_word(*b));
    memmem::find_iter(bytes, name)
        .filter(move |at| apart(at.checked_sub(1)) && apart(Some(at + name.len())))
        .map(|at| Span::new(at, at + name.len()))
        .take(MOST)
}

#[cfg(test)]
mod tests {
    use super::{assigned, uses};
    use crate::span::Span;

    #[track_caller]
    fn name(text: &str, expected: Option<&str>) {
        let at = text.find("VALUE").unwrap();
        let own = assigned(text.as_bytes(), Span::new(at, at + 5));
        assert_eq!(own.map(String::from_utf8_lossy).as_deref(), expected, "{text}");
    }

    #[test]
    fn the_name_stands_left_of_the_assignment() {
        name("const k = \"VALUE\"", Some("k"));
        name("const k: string = 'VALUE'", Some("k"));
        name("\tcfAccess = \"VALUE\"", Some("cfAccess"));
        name("const cfAccess string = \"VALUE\"", Some("cfAccess"));
        name("x := \"VALUE\"", Some("x"));
        name("static final String CRED = \"VALUE\"", Some("CRED"));
        name("static const char cred[] = \"VALUE\"", Some("cred"));
        name("A=VALUE", Some("A"));
        name("$cred = \"VALUE\"", Some("cred"));
        name("self.cred = \"VALUE\"", Some("cred"));
        name("f(\"VALUE\")", None);
        name("if k == \"VALUE\"", None);
        name("k: VALUE", None);
        name("x != \"VALUE\"", None);
    }

    #[test]
    fn uses_are_whole_words() {
        let text = b"k = \"VALUE\"\nkey = k + ok;\nf(k)";
        let found: Vec<usize> = uses(text, b"k").map(|place| place.start).collect();
        assert_eq!(found, [0, 18, 28]);
    }
}
