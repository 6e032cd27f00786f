//! The forms in which the header is written with its value, in any language.

use std::sync::LazyLock;

use memchr::memchr2_iter;

use super::spans;
use crate::check::{Input, fixed};
use crate::fact::words::is_word;
use crate::literals::Literals;
use crate::span::Span;

/// The header with a value: `X-Auth-Key: v`, `"X-Auth-Key": v`, `("X-Auth-Key", v)`, `["X-Auth-Key"] = v`,
/// `{key: "X-Auth-Key", value: v}`, `name: X-Auth-Key` above `value: v`, `Headers("X-Auth-Key") = v`, `[X-Auth-Key $v]`. A
/// line break of a raw request may be in front, `\nX-Auth-Key: v`, and Ansible's `HEADER_`.
const AFTER_NAME: &str = concat!(
    r#"(?:(?:\b|\\[rn])(?P<name>x[-_]?auth[-_]?key)|header_x-auth-key)\b["'`\\]*\]?\s*(?:(?:=>|:=|<-|[:=])\s*[^\s,)}\]][^\n,)}\]]*"#,
    r#"|\)[ \t]*=[ \t]*[^\s=>~,)}\]][^\n,)}\]]*"#,
    r#"|[ \t]+\$[({]?[a-z_][^\s\]),;]*"#,
    r#"|[,)]?\s*["',]*\s*(?:["']?(?:value|httpHeaderValue\d?)["']?\s*[:=])\s*[^\n,}]+|"?\s*,\s*[^\s\]][^\n]*?[)\]}])"#,
);

/// The name after its value: `setValue(v, forHTTPHeaderField: "X-Auth-Key")`.
const BEFORE_NAME: &str = r#"(?:\bsetValue|\baddValue|\bsetValue:|\baddValue:)[( ]?[^\n;]{1,120}forHTTPHeaderField:\s*@?"x-auth-key""#;

/// Further forms: `set "X-Auth-Key", v` without brackets, Haskell and Elm, constructors of names and values, fields in
/// another order, `proxy_set_header X-Auth-Key v`.
const FURTHER: &str = concat!(
    r#"|\b[a-z]\w*[ \t]+["']x-auth-key["'][ \t]*,[ \t]*(?:[$@*&]?[a-z_]|["'][0-9a-f]{32})[^\n]*"#,
    // Haskell and Elm.
    r#"|\b\w*header[ \t]+"x-auth-key"[ \t]+(?:\.~[ \t]*\S[^\n]*|\[[^\]\n]*\]|\([^)\n]*\)|[a-z_][\w.']*)"#,
    r#"|\b(?:from_static|from_bytes|HeaderName|HeaderString|of|new)\(\s*b?["']x-auth-key["']\s*\)\??\s*,\s*[^\n;]+"#,
    r#"|@header\(\s*"x-auth-key"\s*\)\s*(?:final\s+)?\w[\w: ]*"#,
    r#"|["']?\bvalue["']?\s*:\s*["'][^"'\n]{1,200}["']\s*,\s*["']?(?:key|name)["']?\s*:\s*["']x-auth-key["']"#,
    r#"|\bhttpHeaderName\d+["']?\s*[:=]\s*["']?x-auth-key"#,
    r#"|\b(?:proxy_set_header|header_up|set-header|RequestHeader\s+\w+|more_set_input_headers|request_header)\s+["']?x-auth-key["']?\s+[^\s;]+"#,
);

fixed! {
    /// The header with a value after its name, as most write it.
    static KEY = format!("(?i)(?P<span>{AFTER_NAME})");

    /// The operators of Kotlin and Scala that make a pair: `"X-Auth-Key" to key`, `"X-Auth-Key" -> key`.
    static PAIR = r#"(?i)["'](?P<span>x-auth-key["'][ \t]*(?:\bto[ \t]|->)[ \t]*[^\s,)}\]][^\n,)}\]]*)"#;

    /// The header with a value in any form; takes several times as long to compile.
    static ANY_KEY = format!("(?i)(?P<span>{}|{AFTER_NAME}{})", BEFORE_NAME, FURTHER);
}

/// Returns where the header is written with a value.
pub(super) fn places(input: &Input<'_>) -> Vec<Span> {
    let mut found =
        if has_further_form(input.text.bytes()) { spans(&ANY_KEY, input) } else { spans(&KEY, input) };
    if [&b".kt"[..], b".kts", b".scala", b".sc"].iter().any(|end| input.path.file_name().ends_with(end)) {
        found.extend(spans(&PAIR, input));
    }
    found
}

/// Whether the header may be written in another way than [`AFTER_NAME`].
fn has_further_form(bytes: &[u8]) -> bool {
    static WORDS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::caseless(&[
            "forhttpheaderfield",
            "from_static",
            "from_bytes",
            "headername",
            "headerstring",
            "@header",
            "proxy_set_header",
            "header_up",
            "set-header",
            "requestheader",
            "more_set_input",
            "request_header",
        ])
    });
    const NAME: &[u8] = b"x-auth-key";
    let is_quote = |b: Option<&u8>| matches!(b, Some(b'"' | b'\'' | b'`'));
    WORDS.is_match(bytes)
        || memchr2_iter(b'x', b'X', bytes).any(|at| {
            let end = at + NAME.len();
            if !bytes.get(at..end).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
                return false;
            }
            let before = bytes[..at.saturating_sub(1)].trim_ascii_end();
            // `set "X-Auth-Key", v` and `"key": "X-Auth-Key"`; `of("X-Auth-Key")` and its like.
            at > 0
                && is_quote(bytes.get(at - 1))
                && is_quote(bytes.get(end))
                && (before.last().is_some_and(|b| is_word(*b) || *b == b':')
                    || bytes[end + 1..].trim_ascii_start().starts_with(b")"))
        })
}

#[cfg(test)]
mod tests {
    use super::{ANY_KEY, KEY, has_further_form};

    #[test]
    fn what_only_the_longer_expression_finds_has_a_further_form() {
        for text in [
            "[r setValue:k forHTTPHeaderField:@\"X-Auth-Key\"];",
            "set \"X-Auth-Key\", value",
            "header \"X-Auth-Key\" .~ [key]",
            "insert(HeaderName::from_static(\"x-auth-key\"), v)",
            "@Header(\"X-Auth-Key\") String key",
            "{\"value\": \"k\", \"key\": \"X-Auth-Key\"}",
            "{\"value\":\"k\",\"key\":\"X-Auth-Key\"}",
            "httpHeaderName1: x-auth-key",
            "proxy_set_header X-Auth-Key $key;",
            "header_up X-Auth-Key {env.KEY}",
        ] {
            assert!(ANY_KEY.is_match(text.as_bytes()) && has_further_form(text.as_bytes()), "{text}");
        }
        for text in [
            "-H \"X-Auth-Key: $KEY\"",
            "{ \"X-Auth-Email\": email, \"X-Auth-Key\": key }",
            "{ 'X-Auth-Key' => $key }",
            "req.Header.Set(\"X-Auth-Key\", key)",
            "headers[\"X-Auth-Key\"] = key",
            "headers: [[\"X-Auth-Key\", key]]",
        ] {
            assert!(KEY.is_match(text.as_bytes()) && !has_further_form(text.as_bytes()), "{text}");
        }
    }
}
