//! What a value is called where it is used: `const k = "…"` says nothing of it, `Bearer ${k}` in a call of the API does.

use memchr::memmem;

use super::STATEMENT;
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::span::Span;

/// At most this many uses of a name are looked at.
const MOST: usize = 30;

/// A name that is given something.
#[derive(Clone, Copy)]
pub(super) struct Given<'b> {
    pub(super) name: &'b [u8],
    /// It is the key of a table, or a field: others may be called the same.
    key: bool,
}

/// The name that a value is given: of the statement that assigns it, or the key it stands behind. `k` in
/// `const k: string = "VALUE"`, `"k": "VALUE"`, `:k => "VALUE"`.
pub(super) fn given(bytes: &[u8], value: usize) -> Option<Given<'_>> {
    let line = lines::before(bytes, value, STATEMENT);
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ' | b'\t');
    let end = line.iter().rposition(|b| !quote(b))? + 1;
    let separator = [&b"=>"[..], b":=", b"<-", b"=", b":", b" to"]
        .into_iter()
        .find(|mark| line[..end].ends_with(mark))?;
    let left = &line[..end - separator.len()];
    if matches!(left.last(), Some(b'=' | b'!' | b'<' | b'>' | b':' | b'+' | b'~')) {
        return None;
    }
    if !matches!(separator, b"=" | b":=" | b"<-") {
        let left = &left[..left.iter().rposition(|b| !quote(b))? + 1];
        let key = &left[left.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1)..];
        let named = key.first().is_some_and(|b| !b.is_ascii_digit());
        return named.then_some(Given { name: key, key: true });
    }
    let left = left.trim_ascii_end();
    let left = left.strip_suffix(b"[]").unwrap_or(left);
    if left.last().is_none_or(|b| !(is_word(*b) || matches!(b, b']' | b'>' | b'?' | b'"' | b'\''))) {
        return None;
    }
    // A type may stand behind the name, with a colon or, in Go, without one.
    let left = left.iter().position(|b| *b == b':').map_or(left, |colon| &left[..colon]);
    let words: Vec<&[u8]> = left.split(|b| !is_word(*b)).filter(|word| !word.is_empty()).collect();
    let name = match words.as_slice() {
        [b"const" | b"var", name, _] => name,
        [.., name] if !name[0].is_ascii_digit() => name,
        _ => return None,
    };
    Some(Given { name, key: false })
}

/// What hands a name on to something that the whole file knows.
pub(super) enum Next<'b> {
    /// Another name is given it: `creds = local.misc.k`, or a function gives it back: `return K`.
    Name(Given<'b>),
    /// A function takes it: `headers(k)`.
    Function(&'b [u8]),
}

/// A use with what the name is reached through: `local.misc.k`, `self::K`, `conf["k"]`, `$c{k}`.
pub(super) fn whole(bytes: &[u8], place: Span) -> Span {
    let line = lines::before(bytes, place.start, STATEMENT);
    let mut path = line.len();
    while path > 0 {
        let joint =
            line[..path].ends_with(b"::") || line[..path].ends_with(b"->") || line[..path].ends_with(b"[:");
        let through = is_word(line[path - 1])
            || matches!(line[path - 1], b'.' | b'$' | b'&' | b'*' | b'@' | b'>' | b'[' | b'"' | b'\'' | b'{');
        if !joint && !through {
            break;
        }
        path -= if joint { 2 } else { 1 };
    }
    Span::new(place.start - (line.len() - path), place.end)
}

/// Whether the item before a place is the scheme of the header: `"Bearer", `.
pub(super) fn follows_scheme(bytes: &[u8], at: usize) -> bool {
    const SCHEME: &[u8] = b"bearer";
    let before = lines::before(bytes, at, STATEMENT).trim_ascii_end();
    let item = before.strip_suffix(b",").map(<[u8]>::trim_ascii_end);
    let text = item.and_then(|item| item.strip_suffix(b"\"").or_else(|| item.strip_suffix(b"'")));
    let text = text.map_or(&b""[..], <[u8]>::trim_ascii_end);
    text.len() >= SCHEME.len() && text[text.len() - SCHEME.len()..].eq_ignore_ascii_case(SCHEME)
}

/// What becomes of what the name at a place stands for, as far as its statement says.
pub(super) fn next(bytes: &[u8], place: Span) -> Option<Next<'_>> {
    let line = lines::before(bytes, place.start, STATEMENT);
    let start = whole(bytes, place).start;
    let path = line.len() - (place.start - start).min(line.len());
    let before = line[..path].trim_ascii_end();
    if before.ends_with(b"return") {
        let name = function_around(bytes, place.start)?;
        return Some(Next::Name(Given { name, key: false }));
    }
    if let Some(name) = given(bytes, start) {
        return Some(Next::Name(name));
    }
    let callee = before.strip_suffix(b"(").or_else(|| before.ends_with(b",").then_some(before));
    let callee = match callee {
        Some(call) => &call[..call.iter().rposition(|b| *b == b'(').unwrap_or(call.len())],
        None => before,
    };
    let name = &callee[callee.iter().rposition(|b| !(is_word(*b) || *b == b'-')).map_or(0, |at| at + 1)..];
    (name.len() > 2).then_some(Next::Function(name))
}

/// What functions are declared with: a word of the language, or the type of what they give back.
const KEYWORDS: &[&[u8]] = &[b"def ", b"defp ", b"fn ", b"func ", b"function ", b"sub ", b"fun "];
const TYPES: &[&[u8]] = &[b"> ", b"String ", b"Headers "];

/// The name of the function that a place is in, as far as it is near.
fn function_around(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let before = &bytes[at.saturating_sub(2 * STATEMENT)..at];
    let start = KEYWORDS.iter().filter_map(|word| Some(memmem::rfind(before, word)? + word.len())).max()?;
    let name = &before[start..];
    Some(&name[..name.iter().take_while(|b| is_word(**b)).count()]).filter(|name| !name.is_empty())
}

/// The beginning of the function with the name.
pub(super) fn body<'b>(bytes: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let declared = |at: &usize| KEYWORDS.iter().chain(TYPES).any(|word| bytes[..*at].ends_with(word));
    let at = memmem::find_iter(bytes, name).find(declared)?;
    Some(&bytes[at..bytes.len().min(at + 2 * STATEMENT)])
}

/// Where what has the name is used: where the name stands as a word, and a key is reached through what has it.
pub(super) fn uses<'b>(bytes: &'b [u8], given: Given<'b>) -> impl Iterator<Item = Span> {
    let name = given.name;
    let apart = |at: Option<usize>| !at.and_then(|at| bytes.get(at)).is_some_and(|b| is_word(*b));
    let reached = move |at: &usize| {
        let before = &bytes[..*at];
        let quoted = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'"));
        let before = quoted.unwrap_or(before);
        !given.key
            || before.ends_with(b"[")
            || before.ends_with(b"[:")
            || quoted.is_none() && matches!(before.last(), Some(b'.' | b'{' | b'>' | b'$' | b'@'))
    };
    memmem::find_iter(bytes, name)
        .filter(move |at| apart(at.checked_sub(1)) && apart(Some(at + name.len())) && reached(at))
        .map(|at| Span::new(at, at + name.len()))
        .take(MOST)
}

#[cfg(test)]
mod tests {
    use super::{given, uses};

    #[track_caller]
    fn name(text: &str, expected: Option<&str>) {
        let at = text.find("VALUE").unwrap();
        let own = given(text.as_bytes(), at).map(|given| String::from_utf8_lossy(given.name));
        assert_eq!(own.as_deref(), expected, "{text}");
    }

    #[test]
    fn the_name_stands_left_of_the_value() {
        name("const k = \"VALUE\"", Some("k"));
        name("const k: string = 'VALUE'", Some("k"));
        name("\tcfAccess = \"VALUE\"", Some("cfAccess"));
        name("const cfAccess string = \"VALUE\"", Some("cfAccess"));
        name("x := \"VALUE\"", Some("x"));
        name("static final String CRED = \"VALUE\"", Some("CRED"));
        name("static const char cred[] = \"VALUE\"", Some("cred"));
        name("A=VALUE", Some("A"));
        name("p <- \"VALUE\"", Some("p"));
        name("$cred = \"VALUE\"", Some("cred"));
        name("self.cred = \"VALUE\"", Some("cred"));
        name("f(\"VALUE\")", None);
        name("if k == \"VALUE\"", None);
        name("x != \"VALUE\"", None);
        name("  k: VALUE", Some("k"));
        name("{\"k\": \"VALUE\"", Some("k"));
        name("w => 'VALUE'", Some("w"));
        name("\"a\" to \"VALUE\"", Some("a"));
        name("misc = { a = \"VALUE\"", Some("a"));
        name("https://VALUE", None);
    }

    #[test]
    fn uses_are_whole_words_and_keys_are_reached() {
        let found = |text: &[u8], at: usize| {
            let given = given(text, at).unwrap();
            uses(text, given).map(|place| place.start).collect::<Vec<_>>()
        };
        assert_eq!(found(b"k = \"VALUE\"\nkey = k + ok;\nf(k)", 5), [0, 18, 28]);
        assert_eq!(found(b"{ k: \"VALUE\", k: 1 }\nc.k + c[\"k\"] + k", 6), [23, 30]);
    }
}
