//! Requests that authenticate with the Global API Key: the `X-Auth-Key` header with a value, and Cloudflare nearby.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::{Candidate, Detection, Input, expression};
use super::{API, confidence, permissions, spans};
use crate::endpoint::NO_TOKEN;
use crate::fact::place::{around, in_comment, in_prose, is_code, is_prose, is_test};
use crate::rule::Severity;
use crate::span::Span;

/// The header with a value: `X-Auth-Key: v`, `"X-Auth-Key": v`, `("X-Auth-Key", v)`, `["X-Auth-Key"] = v`,
/// `{key: "X-Auth-Key", value: v}`, `name: X-Auth-Key` above `value: v`.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i)(?P<span>setValue\([^)\n]{1,80}forHTTPHeaderField:\s*"X-Auth-Key"|proxy_set_header\s+X-Auth-Key\s+[^\s;]+|\bx[-_]?auth[-_]?key\b["'`\\]*\]?\s*(?:(?:=>|:=|[:=])\s*[^\s,)}\]][^\n,)}\]]*|[,)]?\s*["',]*\s*(?:["']?(?:value|httpHeaderValue\d?)["']?\s*[:=])\s*[^\n,}]+|"?\s*,\s*[^\s\]][^\n]*?[)\]}]))"#,
    )
    .expect("a fixed expression")
});

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i)(?P<span>\bx[-_]?auth[-_]?email\b["'`\\]*\]?\s*(?:=>|:=|[:=,])?\s*[^\s,)}\]][^\n,)}\]]*)"#,
    )
    .expect("a fixed expression")
});

/// Other vendors with the same header, lists of header names, code that reads, hides or removes it.
static OTHERWISE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i)x-auth-user\b|access-control-allow|allow(?:ed)?_?-?headers|expose_?-?headers|redact|sanitiz|scrub|mask(?:ed)?\b|sensitive_?headers|removeHeader|deleteHeader|\.delete\(|\bdel\(|blocklist|denylist|filter_headers|vary:|proxy_pass_header|hide_header"#,
    )
    .expect("a fixed expression")
});

/// Code that can do both ways decides between them.
static DECIDES: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"(?i)\b(?:if|elif|else|elsif|unless|switch|case|match|when|fi)\b|\?[^\n]{1,80}:|\|\||&&")
        .expect("a fixed expression")
});
static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)authorization["'`\]]*[\s,:=>(]*[fb]?["'`]?\s*bearer|bearer[ "'`+]"#)
        .expect("a fixed expression")
});

pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    static TOPIC: LazyLock<Regex> =
        LazyLock::new(|| expression("(?i)cloudflare|cf_").expect("a fixed expression"));
    if is_test(input.path) {
        return;
    }
    let bytes = input.text.bytes();
    let emails = spans(&EMAIL, input);
    for mut span in spans(&KEY, input) {
        span = Span::new(span.start, span.start + trimmed(input.text.get(span)));
        let near = around(input.text, span, 600);
        let email =
            emails.iter().copied().filter(|e| near.contains(*e)).min_by_key(|e| e.start.abs_diff(span.start));
        let address =
            API.find(input.text.get(near)).map(|m| Span::new(near.start + m.start(), near.start + m.end()));
        let topic = TOPIC.is_match(bytes);
        let ours = email.is_some() || address.is_some() || (topic && has_word(input.text.get(span), b"cf"));
        let names_itself = input.text.get(span)[10.min(span.len())..]
            .windows(11)
            .any(|w| w.eq_ignore_ascii_case(b"\"x-auth-key") || w.eq_ignore_ascii_case(b"'x-auth-key"));
        let sets = input.text.get(span).starts_with(b"setValue");
        if names_itself && !sets {
            continue;
        }
        if !ours && !topic || other_use(input, span) || has_both(input, span) {
            continue;
        }
        let mut found = Candidate::new(detection.rule, span, confidence(detection, ours));
        found.labels.extend(email.map(|place| (place, String::from("the e-mail address that goes with it"))));
        found.labels.extend(address.map(|place| (place, String::from("the API it is sent to"))));
        found.permissions = permissions(input, span);
        if found.permissions == [NO_TOKEN] {
            found.severity = Some(Severity::Note);
            found.help =
                Some(String::from("Keep the key in a secret store and limit who can start this call."));
        }
        out.push(found);
    }
}

/// The value without closing quotes and continuation.
fn trimmed(bytes: &[u8]) -> usize {
    let end = bytes
        .iter()
        .rposition(|b| !b.is_ascii_whitespace() && !matches!(b, b'\\' | b'"' | b'\'' | b'`' | b';'));
    end.map_or(bytes.len(), |at| at + 1)
}

fn has_word(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}

/// Comments, prose, allow-lists, readers of the header, definitions of its name.
fn other_use(input: &Input<'_>, span: Span) -> bool {
    let text = input.text;
    if in_comment(text, span.start, input.path) || in_prose(text, span.start, input.path) {
        return true;
    }
    let line = text.line(span.start);
    let before = &text.bytes()[line.start..span.start];
    // In a list of names nothing is sent.
    let after = text.bytes()[span.start..line.end]
        .iter()
        .position(|b| matches!(b, b'"' | b'\''))
        .map(|at| span.start + at + 1);
    let next = after.and_then(|at| text.bytes().get(at)).copied();
    let listed = next == Some(b',')
        && !before.trim_ascii_end().trim_ascii_end().ends_with(b"(")
        && matches!(
            before.iter().rev().find(|b| !matches!(b, b'"' | b'\'' | b' ')),
            Some(b'[' | b',' | b'{') | None
        );
    let value = text.get(span);
    let pairs = value.windows(5).any(|w| w.eq_ignore_ascii_case(b"value"));
    (listed && !pairs)
        || OTHERWISE.is_match(
            text.get(Span::new(line.start.saturating_sub(160), (line.end + 80).min(text.bytes().len()))),
        )
}

/// Code that takes a token as well, or documentation that shows both ways.
fn has_both(input: &Input<'_>, span: Span) -> bool {
    let near = around(input.text, span, 1500);
    let bytes = input.text.get(near);
    if is_prose(input.path) {
        return BEARER.is_match(input.text.bytes());
    }
    if !input.path.file_name().ends_with(b"sh") && takes_a_token(input) {
        return true;
    }
    let Some(bearer) = BEARER.find(bytes) else { return false };
    let (place, at) = (bearer.start(), span.start - near.start);
    let between = &bytes[place.min(at)..place.max(at)];
    DECIDES.is_match(between)
}

/// A program that sends a token as well, depending on what is configured.
pub(super) fn takes_a_token(input: &Input<'_>) -> bool {
    let bytes = input.text.bytes();
    is_prose(input.path) && BEARER.is_match(bytes)
        || is_code(input.path) && BEARER.is_match(bytes) && DECIDES.is_match(bytes)
}
