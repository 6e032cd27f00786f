//! Headers in one flat list, in which names and values alternate: `['x-auth-email', a, 'x-auth-key', b]`.

use crate::check::{Input, fixed};
use crate::fact::brackets;
use crate::span::Span;

/// How far before and after a name the list that holds it may reach, in bytes.
const LIST: usize = 1200;

/// Returns the headers in such lists, from the name to the end of the value.
pub(super) fn pairs(input: &Input<'_>) -> Vec<Span> {
    fixed! {
        static NAME = r#"(?i)["'](?P<span>x-auth-key)["']\s*,"#;
    }
    /// How many places are looked at.
    const MOST: usize = 20;
    let bytes = input.text.bytes();
    let names = NAME.captures_iter(bytes).filter_map(|groups| groups.name("span")).take(MOST);
    names.filter_map(|name| pair(bytes, name.start())).collect()
}

/// Returns the name at the place and its value, if both are items of such a list. A list of names has another name in
/// the place of the value. With a single pair, other syntaxes look the same.
pub(super) fn pair(bytes: &[u8], at: usize) -> Option<Span> {
    let open = brackets::around(bytes, at.saturating_sub(LIST), at).next()?;
    let rest = &bytes[open + 1..bytes.len().min(open + 1 + LIST)];
    let inner = &rest[..brackets::end_in_code(rest, b"")?];
    let mut items: Vec<Span> =
        brackets::arguments(inner).into_iter().map(|item| own(bytes, item.shift(open + 1))).collect();
    let text = |item: &Span| &bytes[item.start..item.end];
    // A comma after the last item, and what ends an array of C.
    while items.last().is_some_and(|item| matches!(text(item), b"" | b"NULL" | b"nullptr" | b"nil" | b"0")) {
        items.pop();
    }
    let number = items.iter().position(|item| (item.start..item.end).contains(&at))?;
    let (name, value) = (*items.get(number)?, *items.get(number + 1)?);
    let pairs: Vec<&[Span]> = items[number % 2..].chunks(2).collect();
    let named = |pair: &&&[Span]| is_name(text(&pair[0]));
    // The first arguments of a call may be others.
    let whole = bytes[open] == b'(' || number % 2 == 0 && pairs.iter().all(|pair| is_name(text(&pair[0])));
    let many = pairs.iter().filter(named).count() > 1
        && pairs.iter().all(|pair| pair.len() == 2 && !is_header(text(&pair[1])));
    (whole && many && name.start + 1 == at && is_name(text(&name)) && !is_word(text(&value)))
        .then(|| Span::new(at, value.end))
}

/// Returns an item without the spaces around it and the comments above it.
fn own(bytes: &[u8], item: Span) -> Span {
    let (mut start, mut end) = (item.start, item.end);
    loop {
        start += bytes[start..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let comment = bytes[start..end].starts_with(b"//") || bytes[start..end].starts_with(b"#");
        match bytes[start..end].iter().position(|b| *b == b'\n') {
            Some(line) if comment => start += line,
            _ => break,
        }
    }
    while end > start && bytes[end - 1].is_ascii_whitespace() {
        end -= 1;
    }
    Span::new(start, end)
}

/// Whether an item is a string that may name a header.
fn is_name(item: &[u8]) -> bool {
    fixed! {
        static NAME = r#"^["'`][A-Za-z][A-Za-z0-9-]*["'`]$"#;
    }
    NAME.is_match(item)
}

/// Whether an item is a string of letters: the name of another header, or a word for what to do with this one.
fn is_word(item: &[u8]) -> bool {
    is_name(item) && !item.iter().any(u8::is_ascii_digit)
}

/// Whether an item is written like the name of a header: `"Content-Type"`.
fn is_header(item: &[u8]) -> bool {
    is_word(item) && (item.contains(&b'-') || item[1].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::pairs;
    use crate::check::tests::asked;

    /// Returns the headers that are found, as they are written.
    fn found(text: &str) -> Vec<&str> {
        asked("a.x", text, |input| pairs(input).iter().map(|pair| &text[pair.start..pair.end]).collect())
    }

    #[test]
    fn names_and_values_alternate_in_a_list() {
        for (text, pair) in [
            ("headers: [\n  'x-auth-email', a,\n  'x-auth-key', s.key,\n]", "x-auth-key', s.key"),
            ("h = ['x-auth-key', k, 'x-auth-email', e]", "x-auth-key', k"),
            (
                "h := []string{\n\t\"X-Auth-Email\", e,\n\t\"X-Auth-Key\", f(a, b),\n}",
                "X-Auth-Key\", f(a, b)",
            ),
            (
                "const char *h[] = { \"X-Auth-Email\", e, \"X-Auth-Key\", getenv(\"K\"), NULL };",
                "X-Auth-Key\", getenv(\"K\")",
            ),
            (".headers(\n  \"X-Auth-Email\", e,\n  \"X-Auth-Key\", k)", "X-Auth-Key\", k"),
            ("ask(url, \"X-Auth-Email\", e, \"X-Auth-Key\", k)", "X-Auth-Key\", k"),
            ("Map.of(\"Accept\", \"a/b\", \"X-Auth-Key\", key)", "X-Auth-Key\", key"),
            ("['a-b', c,\n  // the key\n  'x-auth-key', \"0a1b\"]", "x-auth-key', \"0a1b\""),
        ] {
            assert_eq!(found(text), [pair], "{text}");
        }
        for text in [
            "hidden = ['x-auth-email', 'x-auth-key', 'cookie']",
            "hidden = ['accept', 'cookie', 'x-auth-key', 'x-auth-email']",
            "hidden = ['x-auth-email', 'x-auth-key']",
            "h = ['x-auth-key', k]",
            "h = { 'Content-Type', 'Accept', 'X-Auth-Key', LAST }",
            "h = [a, 'x-auth-key', b, c]",
            "h = ['x-auth-email', a, 'x-auth-key', 'redacted']",
            "h = [['x-auth-email', a], ['x-auth-key', b]]",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
