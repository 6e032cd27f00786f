//! Decodes encoded text in place: base64 (also over several lines), percent and backslash escapes, HTML entities, and
//! string literals in several pieces. The result is the whole text with the plain values in it, so that the names
//! around them still count, and a map back to the encoded form.
//!
//! Bounds: a text is decoded at most [`DEPTH`] times in a row, and at most 1 MiB of base64 per text and pass. The
//! decoded text is never longer than the text.

use memchr::{memchr, memchr_iter, memmem, memrchr2};

use super::lines;
use super::words::is_word;
use crate::literals::contains;
use crate::span::Span;

mod base64;
mod starts;

use starts::Starts;

/// The maximum number of times in a row that a text is decoded.
pub const DEPTH: usize = 3;
/// The shortest piece of a string literal that is joined to the next, in bytes.
const PIECE: usize = 4;
/// The maximum length of what separates two pieces, in bytes.
const JOINT: usize = 120;

/// A text with its encoded pieces decoded.
pub struct Decoded {
    /// The text.
    pub bytes: Vec<u8>,
    /// The decoded pieces, in bytes of [`Decoded::bytes`], in order.
    pub zones: Vec<Span>,
    /// For every zone, the span of the encoded form in the text before decoding.
    replaced: Vec<Span>,
}

impl Decoded {
    /// Maps a span of the decoded text to the text before decoding. Encoded pieces are always included whole.
    pub fn original(&self, span: Span) -> Span {
        Span::new(self.map(span.start, false), self.map(span.end, true))
    }

    /// Maps one end of a span.
    fn map(&self, at: usize, is_end: bool) -> usize {
        // An end belongs to the piece of the byte before it.
        let zone = self.zones.partition_point(|z| if is_end { z.end < at } else { z.end <= at });
        match self.zones.get(zone) {
            Some(z) if is_end && z.start < at && at <= z.end => self.replaced[zone].end,
            Some(z) if !is_end && z.start <= at && at < z.end => self.replaced[zone].start,
            _ => match zone.checked_sub(1) {
                None => at,
                Some(last) => at - self.zones[last].end + self.replaced[last].end,
            },
        }
    }
}

/// Decodes everything encoded inside the zones of a text once; `None` if there is nothing. Zones are in order and do
/// not touch; `runs` are the [`long`](crate::fact::runs::long) runs that touch them; `joins` says whether lists are
/// joined to strings anywhere in the text.
pub fn decode(bytes: &[u8], within: &[Span], runs: &[Span], joins: bool) -> Option<Decoded> {
    let mut out = Decoded { bytes: Vec::new(), zones: Vec::new(), replaced: Vec::new() };
    let mut copied = 0;
    let mut starts = Starts::new(bytes, runs, joins);
    for zone in within {
        let mut at = copied.max(zone.start);
        while let Some((span, plain)) = starts.after(at, zone.end) {
            out.bytes.extend_from_slice(&bytes[copied..span.start]);
            let start = out.bytes.len();
            out.bytes.extend_from_slice(&plain);
            out.zones.push(Span::new(start, out.bytes.len()));
            out.replaced.push(span);
            copied = span.end;
            at = span.end;
        }
    }
    if out.zones.is_empty() {
        return None;
    }
    out.bytes.extend_from_slice(&bytes[copied..]);
    Some(out)
}

/// The span of an encoded piece, and its decoded bytes.
type Piece = (Span, Vec<u8>);

/// Decodes percent, `\u`, `\x` and HTML escapes of printable ASCII, and a line continuation inside a word.
fn escape(bytes: &[u8], at: usize) -> Option<Piece> {
    let rest = &bytes[at..bytes.len().min(at + 12)];
    let (length, code) = match rest {
        [b'%', a, b, ..] => (3, hex(&[*a, *b])?),
        [b'\\', b'u', b'{', more @ ..] => {
            let end = more.iter().position(|b| *b == b'}')?;
            (end + 4, hex(&more[..end])?)
        }
        [b'\\', b'u', a, b, c, d, ..] => (6, hex(&[*a, *b, *c, *d])?),
        [b'\\', b'x', a, b, ..] => (4, hex(&[*a, *b])?),
        [b'\\', b'\n' | b'\r', ..] => return continuation(bytes, at),
        [b'&', b'#', b'x' | b'X', more @ ..] => {
            let end = more.iter().position(|b| *b == b';')?;
            (end + 4, hex(&more[..end])?)
        }
        [b'&', b'#', more @ ..] => {
            let end = more.iter().position(|b| *b == b';')?;
            (end + 3, std::str::from_utf8(&more[..end]).ok()?.parse().ok()?)
        }
        [b'&', more @ ..] => {
            let end = more.iter().position(|b| *b == b';')?;
            let plain = match &more[..end] {
                b"quot" => b'"',
                b"apos" => b'\'',
                b"equals" => b'=',
                b"colon" => b':',
                b"lowbar" | b"UnderBar" => b'_',
                b"hyphen" | b"dash" => b'-',
                b"nbsp" => b' ',
                _ => return None,
            };
            (end + 2, u32::from(plain))
        }
        _ => return None,
    };
    let plain = u8::try_from(code).ok().filter(|b| (0x20..0x7F).contains(b))?;
    Some((Span::new(at, at + length), vec![plain]))
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 6 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Removes a backslash at the end of a line inside a word, and the line break and indentation after it.
fn continuation(bytes: &[u8], at: usize) -> Option<Piece> {
    let next = at + bytes[at..].iter().take(80).skip(1).position(|b| !b.is_ascii_whitespace())? + 1;
    let inside = at > 0 && word(bytes[at - 1]) && word(bytes[next]);
    inside.then(|| (Span::new(at, next), Vec::new()))
}

/// Whether the byte can be part of a piece of a string.
fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'.')
}

/// Removes the end of one piece of a string literal and the start of the next: `" + "`, `' . '`, `" ^ "` in OCaml,
/// `" * "` in Julia, `" \` line break `"`, `""`.
fn joint(bytes: &[u8], at: usize) -> Option<Piece> {
    // Pieces of a credential are longer than most words between quotes.
    if at < PIECE || !bytes[at - PIECE..at].iter().all(|b| word(*b)) {
        return None;
    }
    let quote = bytes[at];
    let window = &bytes[at + 1..bytes.len().min(at + JOINT)];
    let mut operator: &[u8] = b"";
    let mut i = 0;
    while i < window.len() {
        match window[i] {
            b'"' | b'\'' | b'`' => break,
            b' ' | b'\t' | b'\r' | b'\n' | b'\\' => {}
            // Prefixes of string literals between the pieces: `"a" f"b"`.
            b'f' | b'r' | b'b' | b'u' | b'@' | b'$' if matches!(window.get(i + 1), Some(b'"' | b'\'')) => {}
            b',' if operator.is_empty() && joined_list(bytes, at) => operator = b",",
            // A single one of these means "or": `'a' | 'b'`.
            b'|' | b'<' | b'>'
                if operator.is_empty() && !matches!(&window[i..], [_, b'|' | b'<' | b'>', ..]) =>
            {
                return None;
            }
            b'+' | b'.' | b'&' | b'~' | b'|' | b'<' | b'>' | b'^' | b'*' if operator.len() < 2 => {
                operator = &window[i - operator.len()..=i];
            }
            _ => return None,
        }
        i += 1;
    }
    if window.get(i + 1..i + 1 + PIECE).is_none_or(|piece| !piece.iter().all(|b| word(*b))) {
        return None;
    }
    // Without an operator, both pieces must be long and mixed and have the same quotes. Otherwise they are two
    // values, as in lists of short names and of paths.
    let plausible = !operator.is_empty() || {
        let own = bytes[..at].iter().rev().take(SIDE_BY_SIDE).take_while(|b| in_value(**b));
        let next = window[i + 1..].iter().take(SIDE_BY_SIDE).take_while(|b| in_value(**b));
        let mixed = own.clone().chain(next.clone()).any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        window[i] == quote && mixed && own.count() == SIDE_BY_SIDE && next.count() == SIDE_BY_SIDE
    };
    plausible.then(|| (Span::new(at, at + i + 2), Vec::new()))
}

/// The minimum length of two pieces without an operator, in bytes.
const SIDE_BY_SIDE: usize = 8;

/// Whether the byte can be part of a piece that has no operator beside it: neither a path nor a dotted name.
fn in_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'=')
}

/// Whether the list around `at` is joined to one string: `[…].join("")`, `"".join([…])`, `concat(…)`, or later by its
/// name.
fn joined_list(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(160)..at];
    let after = &bytes[at..bytes.len().min(at + 200)];
    let opens = |bracket: usize| {
        let call = &before[..bracket];
        [&b"join"[..], b"concat", b"concat!", b"implode"].iter().any(|name| {
            call.len().checked_sub(name.len()).is_some_and(|from| call[from..].eq_ignore_ascii_case(name))
        })
    };
    let closes = |bracket: usize| {
        [&b"].join("[..], b"].concat"].iter().any(|call| {
            after.get(bracket..bracket + call.len()).is_some_and(|own| own.eq_ignore_ascii_case(call))
        })
    };
    memchr_iter(b'(', before).any(opens)
        || memchr(b'[', before).is_some() && memchr_iter(b']', after).any(closes)
        || is_joined_later(before, &bytes[at..bytes.len().min(at + LATER)])
}

/// How far after a list it may be joined by its name, in bytes.
const LATER: usize = 1500;

/// Whether the list that is open at the end of `before` has a name, and what follows joins what has that name:
/// `parts = ["a", "b"]` and `parts.join("")`, `"".join(parts)`, `implode("", $parts)`.
fn is_joined_later(before: &[u8], after: &[u8]) -> bool {
    let Some(open) = memrchr2(b'[', b'{', before) else { return false };
    let declared = before[..open].trim_ascii_end();
    // The type of a list in Go and in typed languages: `parts := []string{`, `parts: string[] = [`.
    let declared = declared.strip_suffix(b"[]string").unwrap_or(declared).trim_ascii_end();
    let Some(declared) = declared.strip_suffix(b"=") else { return false };
    let declared = declared.trim_ascii_end();
    let declared =
        declared.strip_suffix(b":").or_else(|| declared.strip_suffix(b": string[]")).unwrap_or(declared);
    let declared = declared.trim_ascii_end();
    let name = &declared[declared.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1)..];
    let joins = |at: usize| {
        let call = lines::last(&after[..at]);
        let call = call.strip_suffix(b"$").unwrap_or(call);
        let call = &call[call.iter().rposition(|b| matches!(b, b';' | b'{')).map_or(0, |end| end + 1)..];
        let own = after[at + name.len()..].get(..6).is_some_and(|own| own.eq_ignore_ascii_case(b".join("));
        own || call.ends_with(b".join(") || call.ends_with(b".Join(") || contains(call, b"implode(")
    };
    name.len() > 1 && memmem::find_iter(after, name).any(joins)
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::fact::runs::long;
    use crate::span::Span;
    use crate::synthetic::expand;

    fn whole(bytes: &[u8]) -> Option<super::Decoded> {
        let whole = Span::new(0, bytes.len());
        decode(bytes, &[whole], &long(bytes, whole), true)
    }

    #[track_caller]
    fn plain(template: &str, expected: &str) {
        let text = expand(template).unwrap();
        let expected = expand(expected).unwrap().text;
        let out = whole(text.text.as_bytes()).expect("something to decode");
        assert_eq!(String::from_utf8_lossy(&out.bytes), expected);
        // The decoded secret maps back to the encoded one.
        if let (Some(place), Some(secret)) = (text.expected.first(), text.secrets.first()) {
            let at = expected.find(secret.as_str()).unwrap();
            assert_eq!(out.original(Span::new(at, at + secret.len())), *place);
        }
    }

    #[test]
    fn encodings() {
        plain("a: @@token40|base64@@ b", "a: @@token40@@ b");
        plain("a=@@token40|percent@@&b", "a=@@token40@@&b");
        plain("a=\"@@token40|unicode@@\"", "a=\"@@token40@@\"");
        plain("a=\"@@token40|hexesc@@\"", "a=\"@@token40@@\"");
        plain("a=&quot;@@token40|html@@", "a=\"@@token40@@");
    }

    #[test]
    fn pieces_of_literals() {
        plain("k = \"abcd\" + \"efgh\"", "k = \"abcdefgh\"");
        plain("k = 'abcd' .\n  'efgh'", "k = 'abcdefgh'");
        plain("k = \"abcd\" ^\n  \"efgh\"", "k = \"abcdefgh\"");
        plain("k = \"abcd\"^\"efgh\"", "k = \"abcdefgh\"");
        plain("k = \"abcd\" * \"efgh\"", "k = \"abcdefgh\"");
        plain("k = (\"abcdABCD\"\n     \"efghEFGH\")", "k = (\"abcdABCDefghEFGH\")");
        plain("k = \"abcd\\\nefgh\"", "k = \"abcdefgh\"");
        plain("k = [\"abcd\", \"efgh\"].join(\"\")", "k = [\"abcdefgh\"].join(\"\")");
        plain("ps = ['abcd', 'efgh'];\nf(ps.join(''))", "ps = ['abcdefgh'];\nf(ps.join(''))");
        plain("ps = ['abcd', 'efgh']\nf(''.join(ps))", "ps = ['abcdefgh']\nf(''.join(ps))");
        plain("$ps = ['abcd', 'efgh'];\nf(implode('', $ps))", "$ps = ['abcdefgh'];\nf(implode('', $ps))");
        plain(
            "ps := []string{\"abcd\", \"efgh\"}\nf(strings.Join(ps, \"\"))",
            "ps := []string{\"abcdefgh\"}\nf(strings.Join(ps, \"\"))",
        );
        assert!(whole(b"ps = ['abcd', 'efgh']\nf(','.join(qs))").is_none());
        assert!(whole(b"k = [\"abcd\", \"efgh\"]").is_none());
        assert!(whole(b"plain words, nothing else").is_none());
        assert!(whole(b"import (\n\t\"context\"\n\t\"x.test/other/Version2\"\n)").is_none());
        assert!(whole(b"resource \"cloudflare_zone\" \"production\" {").is_none());
        assert!(whole(b"kind: 'sent' | 'received' | 'dropped'").is_none());
    }
}
