//! Brackets without a grammar: how many are open, where one is closed, which ones contain a place. Round, square and
//! curly brackets are not distinguished: most texts are well-formed.

use super::words::is_word;
use crate::span::Span;

/// Returns how many more brackets the bytes open than they close.
pub(crate) fn balance(bytes: &[u8]) -> i32 {
    bytes.iter().map(|byte| step(*byte)).sum()
}

/// Returns 1 for an opening bracket, -1 for a closing one, 0 for anything else.
fn step(byte: u8) -> i32 {
    match byte {
        b'(' | b'[' | b'{' => 1,
        b')' | b']' | b'}' => -1,
        _ => 0,
    }
}

/// Returns where the bracket that the bytes begin with is closed.
pub(crate) fn closing(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_i32;
    bytes.iter().position(|byte| {
        depth += step(*byte);
        depth == 0
    })
}

/// Returns where the bracket at `open` is closed, but at most `limit`.
pub(crate) fn close(bytes: &[u8], open: usize, limit: usize) -> usize {
    let limit = limit.min(bytes.len());
    closing(&bytes[open..limit]).map_or(limit, |length| open + length)
}

/// Returns where the bytes close a bracket that they did not open: the one that contains them.
pub(crate) fn end(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_i32;
    bytes.iter().position(|byte| {
        depth += step(*byte);
        depth < 0
    })
}

/// Like [`end`] for code, where brackets in strings do not count. Also ends at the first of `marks` outside of strings.
pub(crate) fn end_in_code(bytes: &[u8], marks: &[u8]) -> Option<usize> {
    let (mut depth, mut quote, mut at) = (0_i32, 0_u8, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'\\' => at += 1,
            // These strings do not span lines: a quote that is still open is an apostrophe.
            b'\n' if matches!(quote, b'"' | b'\'') => quote = 0,
            _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
            b'"' | b'\'' | b'`' => quote = byte,
            _ if marks.contains(&byte) => return Some(at),
            _ => depth += step(byte),
        }
        if depth < 0 {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns where an argument or a statement ends: at a comma, a semicolon or a line break outside of brackets, or where
/// the bracket that contains it is closed.
pub(crate) fn end_of_argument(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_i32;
    bytes.iter().position(|byte| {
        depth += step(*byte);
        depth < 0 || depth == 0 && matches!(byte, b',' | b';' | b'\n')
    })
}

/// Returns the arguments of a call, of which the bytes are all that is between its brackets: what commas outside of
/// brackets and strings separate.
pub(crate) fn arguments(bytes: &[u8]) -> Vec<Span> {
    let (mut depth, mut quote, mut start, mut at) = (0_i32, 0_u8, 0, 0);
    let mut out = Vec::new();
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'\\' => at += 1,
            _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
            b'"' | b'\'' | b'`' => quote = byte,
            b',' if depth == 0 => {
                out.push(Span::new(start, at));
                start = at + 1;
            }
            _ => depth += step(byte),
        }
        at += 1;
    }
    out.push(Span::new(start, bytes.len()));
    out
}

/// Returns the opening brackets around a place, innermost first, back to `floor`.
pub(crate) fn around(bytes: &[u8], floor: usize, at: usize) -> impl Iterator<Item = usize> {
    let mut closed = 0_usize;
    (floor..at).rev().filter(move |at| match bytes[*at] {
        b')' | b']' | b'}' => {
            closed += 1;
            false
        }
        b'(' | b'[' | b'{' if closed > 0 => {
            closed -= 1;
            false
        }
        b'(' | b'[' | b'{' => true,
        _ => false,
    })
}

/// Returns what is in front of the expression that a bracket opens, given the text before the bracket: the name of what is
/// called or constructed is part of it, `? new Headers(`, `: array(`. A method of a value, `a?.set(`, is not.
pub(crate) fn before_expression(before: &[u8]) -> &[u8] {
    const LONGEST: usize = 80;
    let before = before.trim_ascii_end();
    let in_name = |b: &&u8| is_word(**b) || matches!(b, b'.' | b'\\' | b'$');
    let name = before.iter().rev().take(LONGEST).take_while(in_name).count();
    let (rest, name) = before.split_at(before.len() - name);
    if name.starts_with(b".") {
        return before;
    }
    let rest = rest.trim_ascii_end();
    rest.strip_suffix(b"new").map_or(rest, <[u8]>::trim_ascii_end)
}

#[cfg(test)]
mod tests {
    use super::{
        arguments, around, balance, before_expression, close, closing, end, end_in_code, end_of_argument,
    };

    #[test]
    fn names_belong_to_the_expressions_that_they_begin() {
        for (text, before) in [
            ("a ? ", "a ?"),
            ("a ? new Headers", "a ?"),
            ("a\n  : \\A\\b", "a\n  :"),
            ("a ? x.y.call", "a ?"),
            ("a?.set", "a?.set"),
        ] {
            assert_eq!(before_expression(text.as_bytes()), before.as_bytes(), "{text}");
        }
    }

    #[test]
    fn brackets_are_counted() {
        assert_eq!([balance(b"a({["), balance(b"(]"), balance(b"})"), balance(b"")], [3, 0, -2, 0]);
    }

    #[test]
    fn a_bracket_is_closed_where_all_inside_are() {
        assert_eq!(closing(b"(a[b]{c}) d)"), Some(8));
        assert_eq!(closing(b"(a"), None);
        assert_eq!(close(b"f(a(b))", 1, 100), 6);
        assert_eq!(close(b"f(a(b))", 1, 4), 4);
    }

    #[test]
    fn the_end_is_of_the_bracket_around() {
        assert_eq!(end(b"a, (b), [c]) d"), Some(11));
        assert_eq!(end(b"a, (b)"), None);
        assert_eq!(end(b"')', a)"), Some(1));
    }

    #[test]
    fn brackets_in_strings_do_not_count_in_code() {
        assert_eq!(end_in_code(b"')', a)", b""), Some(6));
        assert_eq!(end_in_code(br#""\")", a)"#, b""), Some(8));
        assert_eq!(end_in_code(b"it's a)\n)", b""), Some(8));
        assert_eq!(end_in_code(b"`)\n)`)", b""), Some(5));
        assert_eq!(end_in_code(b"';', f(a); b)", b";"), Some(9));
        assert_eq!(end_in_code(b"'a', b", b""), None);
    }

    #[test]
    fn an_argument_ends_outside_of_brackets() {
        assert_eq!(end_of_argument(b"f(a, b), c"), Some(7));
        assert_eq!(end_of_argument(b"[a\n]\nb"), Some(4));
        assert_eq!(end_of_argument(b"a) b"), Some(1));
        assert_eq!(end_of_argument(b"a b"), None);
    }

    #[test]
    fn arguments_are_separated_outside_of_brackets_and_strings() {
        let text = r#"a, f(b, c), "d, e", g"#;
        let found: Vec<&str> =
            arguments(text.as_bytes()).iter().map(|a| text[a.start..a.end].trim()).collect();
        assert_eq!(found, ["a", "f(b, c)", r#""d, e""#, "g"]);
    }

    #[test]
    fn brackets_around_a_place_are_those_still_open() {
        let text = b"a(b[c], {d: (e), f";
        assert_eq!(around(text, 0, text.len()).collect::<Vec<_>>(), [8, 1]);
        assert_eq!(around(text, 5, text.len()).collect::<Vec<_>>(), [8]);
        assert_eq!(around(text, 0, 5).collect::<Vec<_>>(), [3, 1]);
    }
}
