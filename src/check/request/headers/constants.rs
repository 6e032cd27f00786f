//! Constants that hold the name of the header, and where they are used with a value.

use memchr::memchr2_iter;

use crate::check::{Input, expression, fixed};
use crate::literals::contains;
use crate::span::Span;

fixed! {
    /// A constant that holds the name of the header.
    static CONSTANT = r#"(?i)\b(?P<name>[a-z_]\w{2,60})["']?\s*(?::\s*[&'\w]{1,20}(?:\s[&\w]{1,20})?\s*)?(?:=>|:=|=|:|,)\s*["'`]x-auth-key["'`]\s*(?:[;,)]|$|\n|\r|#|//)"#;

    /// A macro of C that holds it.
    static MACRO = r#"(?im)^[ \t]*#[ \t]*define[ \t]+(?P<name>[a-z_]\w{2,60})[ \t]+"x-auth-key"[ \t\r]*(?:$|//|/\*)"#;
}

/// A use of a constant that holds the name of the header.
pub(super) struct ConstantUse {
    /// The constant and the value that is sent under it.
    pub(super) place: Span,
    /// Where the constant is defined.
    pub(super) definition: Span,
}

/// Whether the name of the header stands in quotes after which nothing is sent: a bracket, the end of a statement or of
/// the line.
fn may_be_defined(bytes: &[u8]) -> bool {
    const HEADER: &[u8] = b"x-auth-key";
    memchr2_iter(b'x', b'X', bytes).any(|at| {
        let end = at + HEADER.len();
        let quoted = bytes.get(end).is_some_and(|b| matches!(b, b'"' | b'\'' | b'`'));
        let next = || bytes[end + 1..].iter().find(|b| !matches!(b, b' ' | b'\t'));
        quoted
            && bytes[at..end].eq_ignore_ascii_case(HEADER)
            && next().is_none_or(|b| matches!(b, b';' | b',' | b')' | b'\r' | b'\n' | b'#' | b'/'))
    })
}

/// Returns the places where a constant that holds the name of the header is paired with a value: `{NAME: v}`,
/// `[NAME] = v`, `set(NAME, v)`.
pub(super) fn constants(input: &Input<'_>) -> Vec<ConstantUse> {
    const MOST: usize = 20;
    let bytes = input.text.bytes();
    let mut out = Vec::new();
    if !may_be_defined(bytes) {
        return out;
    }
    let macros = contains(bytes, b"define").then(|| MACRO.captures_iter(bytes)).into_iter().flatten();
    for groups in CONSTANT.captures_iter(bytes).chain(macros).take(MOST) {
        let Some(name) = groups.name("name") else { continue };
        let Ok(text) = std::str::from_utf8(name.as_bytes()) else { continue };
        let whole = groups.get_match().as_bytes();
        let before = bytes[..name.start()].trim_ascii_end();
        let is_defined = before.ends_with(b"define('") || before.ends_with(b"define(\"");
        // A labeled argument is no constant: `setValue(v, forHTTPHeaderField: "X-Auth-Key")`.
        let is_argument = whole.ends_with(b")") && !whole.contains(&b'=');
        // In a list of two names, neither is a constant that holds the other.
        let is_listed = whole[name.len()..].iter().find(|b| matches!(b, b',' | b'=' | b':')) == Some(&b',');
        if (is_argument || is_listed) && !is_defined {
            continue;
        }
        if text.to_ascii_lowercase().starts_with("x") && text.len() <= "x_auth_key".len() || text == "name" {
            continue;
        }
        let used = format!(r#"(?P<span>\b{text}\]?\s*(?:=>|[:,]|\]\s*=)\s*[^\s=][^\n,)}}\]]*)"#);
        let Ok(used) = expression(&used) else { continue };
        let places = used.captures_iter(bytes).filter_map(|groups| groups.name("span"));
        let places = places.filter(|m| !contains(m.as_bytes(), b"x-auth-key"));
        let definition = groups.get(0).map_or(Span::from(name), |m| {
            Span::new(m.start(), m.start() + m.as_bytes().trim_ascii_end().len())
        });
        let used = places.map(|m| ConstantUse { place: Span::from(m), definition });
        out.extend(used.take(MOST));
    }
    out
}
