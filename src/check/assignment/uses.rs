//! How a value is used: the name in `const k = "…"` says nothing about it, but `Bearer ${k}` in an API call does.

use memchr::memmem;

use super::STATEMENT;
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::span::Span;

/// The maximum number of uses of a name that are examined.
const MOST: usize = 30;

/// The name that something is assigned to.
#[derive(Clone, Copy)]
pub(super) struct Assignee<'b> {
    pub(super) name: &'b [u8],
    /// Whether it is a key or a field. Such names are not unique in a file.
    pub(super) key: bool,
}

/// Returns the name that a value is assigned to: the variable of the assignment, or the key. It is `k` in
/// `const k: string = "VALUE"`, `"k": "VALUE"`, `:k => "VALUE"`.
pub(super) fn assignee(bytes: &[u8], value: usize) -> Option<Assignee<'_>> {
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
        return named.then_some(Assignee { name: key, key: true });
    }
    let left = left.trim_ascii_end();
    let left = left.strip_suffix(b"[]").unwrap_or(left);
    if left.last().is_none_or(|b| !(is_word(*b) || matches!(b, b']' | b'>' | b'?' | b'"' | b'\''))) {
        return None;
    }
    // `$env:NAME` of PowerShell: a scope precedes the name. A type may follow it, with a colon or, in Go, without one.
    let scope = left.strip_prefix(b"$").and_then(|scoped| scoped.iter().position(|b| *b == b':'));
    let left = scope.map_or(left, |colon| &left[colon + 2..]);
    let left = left.iter().position(|b| *b == b':').map_or(left, |colon| &left[..colon]);
    let words: Vec<&[u8]> = left.split(|b| !is_word(*b)).filter(|word| !word.is_empty()).collect();
    let name = match words.as_slice() {
        [b"const" | b"var", name, _] => name,
        [.., name] if !name[0].is_ascii_digit() => name,
        _ => return None,
    };
    Some(Assignee { name, key: false })
}

/// Whether something is assigned to the name at a place: `NAME=`, `"name": `, `name := `.
pub(super) fn is_target(bytes: &[u8], place: Span) -> bool {
    let rest = &bytes[place.end..];
    let rest =
        rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest).trim_ascii_start();
    match rest {
        [b'=', next, ..] => !matches!(next, b'=' | b'~'),
        [b':', b'=', ..] => true,
        [b':', next, ..] => next.is_ascii_whitespace(),
        _ => false,
    }
}

/// Where the value of a name goes from one of its uses.
pub(super) enum Destination<'b> {
    /// It is assigned to another name, `creds = local.misc.k`, or the function of this name returns it, `return K`.
    Name(Assignee<'b>),
    /// It is passed to the function of this name: `headers(k)`.
    Function(&'b [u8]),
}

/// Extends a use of a name to the left over the path that it is accessed through: `local.misc.k`, `self::K`,
/// `conf["k"]`, `$c{k}`.
pub(super) fn access_path(bytes: &[u8], place: Span) -> Span {
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

/// Whether the item before a place is the scheme of an authorization header: `"Bearer", `.
pub(super) fn follows_scheme(bytes: &[u8], at: usize) -> bool {
    const SCHEME: &[u8] = b"bearer";
    let before = lines::before(bytes, at, STATEMENT).trim_ascii_end();
    let item = before.strip_suffix(b",").map(<[u8]>::trim_ascii_end);
    let text = item.and_then(|item| item.strip_suffix(b"\"").or_else(|| item.strip_suffix(b"'")));
    let text = text.map_or(&b""[..], <[u8]>::trim_ascii_end);
    text.len() >= SCHEME.len() && text[text.len() - SCHEME.len()..].eq_ignore_ascii_case(SCHEME)
}

/// Returns where the value of the name at a place goes next, as far as its statement says.
pub(super) fn destination(bytes: &[u8], place: Span) -> Option<Destination<'_>> {
    let line = lines::before(bytes, place.start, STATEMENT);
    let start = access_path(bytes, place).start;
    let path = line.len() - (place.start - start).min(line.len());
    let before = line[..path].trim_ascii_end();
    if before.ends_with(b"return") {
        let name = function_around(bytes, place.start)?;
        return Some(Destination::Name(Assignee { name, key: false }));
    }
    if let Some(name) = assignee(bytes, start) {
        return Some(Destination::Name(name));
    }
    let callee = before.strip_suffix(b"(").or_else(|| before.ends_with(b",").then_some(before));
    let callee = match callee {
        Some(call) => &call[..call.iter().rposition(|b| *b == b'(').unwrap_or(call.len())],
        None => before,
    };
    let name = &callee[callee.iter().rposition(|b| !(is_word(*b) || *b == b'-')).map_or(0, |at| at + 1)..];
    (name.len() > 2).then_some(Destination::Function(name))
}

/// What precedes the name in the declaration of a function: a keyword, or the return type.
const KEYWORDS: &[&[u8]] = &[b"def ", b"defp ", b"fn ", b"func ", b"function ", b"sub ", b"fun "];
const TYPES: &[&[u8]] = &[b"> ", b"String ", b"Headers "];

/// Returns the name of the last function that is declared shortly before a place.
fn function_around(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let before = &bytes[at.saturating_sub(2 * STATEMENT)..at];
    let start = KEYWORDS.iter().filter_map(|word| Some(memmem::rfind(before, word)? + word.len())).max()?;
    let name = &before[start..];
    Some(&name[..name.iter().take_while(|b| is_word(**b)).count()]).filter(|name| !name.is_empty())
}

/// Returns the beginning of the function with the name.
pub(super) fn function_start<'b>(bytes: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let declared = |at: &usize| KEYWORDS.iter().chain(TYPES).any(|word| bytes[..*at].ends_with(word));
    let at = memmem::find_iter(bytes, name).find(declared)?;
    Some(&bytes[at..bytes.len().min(at + 2 * STATEMENT)])
}

/// Returns the places where the name occurs as a whole word. Those of a key count only where it is accessed: `c.k`,
/// `c["k"]`.
pub(super) fn uses<'b>(bytes: &'b [u8], assignee: Assignee<'b>) -> impl Iterator<Item = Span> {
    let name = assignee.name;
    let apart = |at: Option<usize>| !at.and_then(|at| bytes.get(at)).is_some_and(|b| is_word(*b));
    let reached = move |at: &usize| {
        let before = &bytes[..*at];
        let quoted = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'"));
        let before = quoted.unwrap_or(before);
        !assignee.key
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
    use super::{assignee, uses};

    #[track_caller]
    fn name(text: &str, expected: Option<&str>) {
        let at = text.find("VALUE").unwrap();
        let own = assignee(text.as_bytes(), at).map(|assignee| String::from_utf8_lossy(assignee.name));
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
            let name = assignee(text, at).unwrap();
            uses(text, name).map(|place| place.start).collect::<Vec<_>>()
        };
        assert_eq!(found(b"k = \"VALUE\"\nkey = k + ok;\nf(k)", 5), [0, 18, 28]);
        assert_eq!(found(b"{ k: \"VALUE\", k: 1 }\nc.k + c[\"k\"] + k", 6), [23, 30]);
    }
}
