//! Requests that authenticate with the Global API Key: an `X-Auth-Key` header with a value, in a text that concerns
//! Cloudflare.

use std::sync::LazyLock;

use super::super::{Candidate, Detection, Input, Sign, fixed};
use super::{API, confidence, permissions, spans};
use crate::blob::BlobPath;
use crate::endpoint::NO_TOKEN;
use crate::fact::namesake::is_file_of_other_vendor;
use crate::fact::place::{
    around, in_comment, in_pattern, in_prose, in_test_module, is_api_description, is_source_map, is_test,
};
use crate::fact::search::{in_search, is_rules};
use crate::fact::setting::closed;
use crate::fact::statement::statement;
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};
use crate::rule::{Confidence, Severity};
use crate::span::Span;

mod both;
mod constants;
mod flat;
mod forms;
mod host;
mod lisp;
mod sent;
mod source;
mod zip;

use both::supports_both;
pub(in crate::check) use both::takes_a_token;
use constants::constants;
use host::{has_other_hosts, is_for_other_host, is_of_other_vendor};
pub(super) use sent::holds_nothing;

fixed! {
    static EMAIL = r#"(?i)(?:\b|\\[rn]|header_)(?P<span>x[-_]?auth[-_]?email\b["'`\\]*\]?\s*(?:=>|:=|[:=,])?\s*[^\s,)}\]][^\n,)}\]]*)"#;

    /// Lists of header names, and code that reads, hides or removes headers.
    static HANDLED = r#"(?i)access-control-allow|allow(?:ed)?_?-?headers|expose_?-?headers|redact|sanitiz|scrub|mask(?:ed)?\b|sensitive_?-?headers|removeHeader|deleteHeader|header\w*(?:\(\))?\.delete\(|\.delete\(["'`]x-|\bdel\(|blocklist|denylist|filter_headers|filter_sensitive|before_record|vary:|proxy_pass_header|hide_header|requestheader\s+unset|del-header|clear_header"#;

    /// Rackspace and OpenStack send the same header, with a user name instead of an e-mail address.
    static VENDOR = r#"(?i)x-auth-user(?:[^\w-]|$)"#;

}

/// What every match of [`HANDLED`] contains. Few texts have any of it.
static HANDLING: LazyLock<Literals> = LazyLock::new(|| {
    Literals::caseless(&[
        "allow",
        "expose",
        "redact",
        "sanitiz",
        "scrub",
        "mask",
        "sensitive",
        "removeheader",
        "delete",
        "del(",
        "blocklist",
        "denylist",
        "filter_",
        "before_record",
        "vary:",
        "proxy_pass_header",
        "hide_header",
        "unset",
        "del-header",
        "clear_header",
    ])
});

/// `variant = "key-headers"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let mut uses = uses(input);
    source::take(input, &mut uses);
    out.extend(uses.into_iter().map(|used| used.candidate(detection, input)));
}

/// Whether the file sends the key in a header that is reported.
pub(in crate::check) fn sends_key(input: &Input<'_>) -> bool {
    !uses(input).is_empty()
}

/// A header that carries the key.
struct Use {
    /// The name and the value.
    span: Span,
    /// Whether something beside it says that it is Cloudflare's.
    is_cloudflare: bool,
    /// The header with the e-mail address.
    email: Option<Span>,
    /// The constant that holds the name of the header.
    constant: Option<Span>,
    /// Where the request goes.
    address: Option<Span>,
    /// The variable that the value was put into, if it is called like the header.
    source: Option<Span>,
}

impl Use {
    fn candidate(self, detection: &Detection<'_>, input: &Input<'_>) -> Candidate {
        let sure = if self.is_cloudflare || input.signs.has(Sign::Api) {
            confidence(detection, self.is_cloudflare)
        } else {
            Confidence::Low
        };
        let mut found = Candidate::new(detection.rule, self.span, sure);
        let labels = [
            (self.email, "the e-mail address that goes with it"),
            (self.constant, "the name of the header"),
            (self.address, "the API it is sent to"),
            (self.source, "where the key comes from"),
        ];
        let labels = labels.into_iter().filter_map(|(place, says)| Some((place?, String::from(says))));
        found.labels.extend(labels);
        found.permissions = permissions(input, self.span);
        if found.permissions == [NO_TOKEN] {
            found.severity = Some(Severity::Note);
            found.help =
                Some(String::from("Keep the key in a secret store and limit who can start this call."));
        }
        found
    }
}

/// Returns the headers of the file that carry the key.
fn uses(input: &Input<'_>) -> Vec<Use> {
    fixed! {
        static TOPIC = "(?i)cf_";
    }
    if is_test(input.path) && !is_request(input.path)
        || is_file_of_other_vendor(input.text.bytes(), input.path)
        || is_api_description(input.text, input.path)
        || is_rules(input.text, input.path)
        || is_source_map(input.path)
    {
        return Vec::new();
    }
    let topic = input.signs.has(Sign::Vendor) || TOPIC.is_match(input.text.bytes());
    let emails = spans(&EMAIL, input);
    let by_constant = constants(input);
    let defined: Vec<(Span, Span)> = by_constant.iter().map(|used| (used.place, used.definition)).collect();
    let mut places = forms::places(input);
    let mut others = flat::pairs(input);
    others.retain(|pair| !places.iter().any(|place| place.overlaps(*pair)));
    others.extend(by_constant.into_iter().map(|used| used.place));
    others.extend(lisp::pairs(input));
    others.extend(zip::names(input));
    places.extend(others);
    let mut out = Vec::new();
    for span in places {
        let broken = input.text.get(span).starts_with(b"\\");
        let span = Span::new(span.start + if broken { 2 } else { 0 }, span.end);
        let span = first_header(input.text.bytes(), span);
        let span = Span::new(span.start, span.start + trimmed_len(input.text.get(span)));
        let span = closed(input.text.bytes(), span);
        let near = around(input.text, span, 600);
        // A constant is valid in the whole file; the one for the e-mail address is defined beside it.
        let constant = defined.iter().find(|(place, _)| place.start == span.start).map(|(_, name)| *name);
        let definition = constant.map(|name| around(input.text, name, 600));
        let beside = |e: &Span| near.contains(*e) || definition.is_some_and(|place| place.contains(*e));
        let email = emails.iter().copied().filter(beside).min_by_key(|e| e.start.abs_diff(span.start));
        let address = address(input, span, near);
        let is_cloudflare =
            email.is_some() || address.is_some() || (topic && contains(input.text.get(span), b"cf"));
        if email.is_none() && (is_of_other_vendor(input, span) || has_other_hosts(input, span))
            || is_for_other_host(input, span)
        {
            continue;
        }
        if !is_cloudflare && !topic || is_not_sent(input, span) || supports_both(input, span) {
            continue;
        }
        out.push(Use { span, is_cloudflare, email, constant, address, source: None });
    }
    out
}

/// Whether the file is a request or a script that can be run as it is. Such files are checked even in test folders.
fn is_request(path: &BlobPath) -> bool {
    [&b".http"[..], b".rest", b".hurl", b".bru", b".sh"].iter().any(|end| path.file_name().ends_with(end))
}

/// Returns the nearest address of the API, with its scheme and path.
fn address(input: &Input<'_>, span: Span, near: Span) -> Option<Span> {
    let bytes = input.text.bytes();
    let places = API.all(input.text.get(near)).into_iter().map(|hit| Span::from(hit).shift(near.start));
    // That of the next request may be nearer.
    let own = statement(input.text, span);
    let host = places.min_by_key(|place| (!own.contains(*place), place.start.abs_diff(span.start)))?;
    let scheme =
        [&b"https://"[..], b"http://"].into_iter().find(|scheme| bytes[..host.start].ends_with(scheme));
    let ends = |b: &u8| {
        b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b')' | b'<' | b',' | b';' | b'\\')
    };
    let length = bytes[host.end..].iter().position(ends).unwrap_or(bytes.len() - host.end);
    Some(Span::new(host.start - scheme.map_or(0, <[u8]>::len), host.end + length))
}

/// Cuts off the arguments that follow on the line: `-H "X-Auth-Key: $K" -H "X-Auth-Email: $E"`,
/// `X-Auth-Key:$K X-Auth-Email:$E`. A list of names without values is not cut.
fn first_header(bytes: &[u8], span: Span) -> Span {
    fixed! {
        static NEXT = r#"(?i)^x[-_]?auth[-_]?key\\?["'`]?\s*(?:[:=]>?\s*[^\s,]|,\s*[^\s,"'])[^\n]*?(?P<next>\\?["'`]?(?:[ \t]+|[ \t]*[;,][ \t]*|(?:\\r)?\\n)(?:--?[a-z][\w-]*[ =]*)?\\?["'`]?x[-_]?auth[-_]?email\b|\\?["'`][ \t]+(?:--?[a-z]|[|&>;]))"#;
    }
    let groups = NEXT.captures(&bytes[span.start..span.end]);
    match groups.and_then(|groups| groups.name("next")) {
        Some(next) => Span::new(span.start, span.start + next.start()),
        None => span,
    }
}

/// Returns the length without closing quotes and line continuation.
fn trimmed_len(bytes: &[u8]) -> usize {
    let end = bytes
        .iter()
        .rposition(|b| !b.is_ascii_whitespace() && !matches!(b, b'\\' | b'"' | b'\'' | b'`' | b';'));
    end.map_or(bytes.len(), |at| at + 1)
}

/// Whether the header is not sent here: the place is in a comment or prose, in a list of names, in code that reads or
/// hides the header, or it defines the name of the header.
fn is_not_sent(input: &Input<'_>, span: Span) -> bool {
    let text = input.text;
    if in_comment(text, span.start, input.path)
        || in_test_module(text, span.start, input.path)
        || in_prose(text, span.start, input.path)
        || in_pattern(text, span.start, input.path)
        || in_search(text, span.start, input.path)
    {
        return true;
    }
    let line = text.line_near(span.start);
    let before = &text.bytes()[line.start..span.start];
    let own = text.get(span);
    fixed! {
        static COMPARED = r#"(?i)^[\w.-]+["'`\])]*\s*[=!]=(?:[^>]|$)"#;
    }
    if COMPARED.is_match(own) || is_compared_in_basic(before, own) || is_name_only(before, own) {
        return true;
    }
    let defined = own
        .windows(11)
        .skip(1)
        .any(|w| matches!(w[0], b'"' | b'\'' | b'`') && w[1..].eq_ignore_ascii_case(b"x-auth-key"));
    // `"value": v, "key": "X-Auth-Key"`
    let defined = defined && !own.get(..8).is_some_and(|start| contains(start, b"value"));
    let wrapped = contains(own, b"x-auth-key\")") || contains(own, b"x-auth-key')");
    let again = defined && !wrapped && !contains(own, b"set") || contains(own, b"x-auth-email");
    again
        || is_listed(input, span)
        || holds_nothing(input, span)
        || in_sentence(before)
        || is_handled(input, span)
        || VENDOR.is_match(text.get(around(text, line, 160)))
}

/// Whether a name without quotes is that of a variable which no header is made from here: a parameter with its type,
/// `string xAuthKey, …`, one of several arguments, `f(XAuthKey, XAuthEmail)`, or stored under its own name,
/// `XAuthKey = xAuthKey`.
fn is_name_only(before: &[u8], own: &[u8]) -> bool {
    let (name, rest) = own.split_at(own.iter().take_while(|b| is_word(**b)).count());
    let rest = rest.trim_ascii_start();
    if name.is_empty() || before.last().is_some_and(|b| matches!(b, b'"' | b'\'' | b'`')) {
        return false;
    }
    let plain =
        |text: &[u8]| text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    if let Some(next) = rest.strip_prefix(b",") {
        let next = &next[..next.iter().position(|b| matches!(b, b',' | b')')).unwrap_or(next.len())];
        let next: Vec<u8> = plain(next);
        let typed = before.ends_with(b" ")
            && before.trim_ascii_end().last().is_some_and(|b| is_word(*b) || *b == b'?');
        return typed || next.ends_with(b"xauthemail") || next.starts_with(b"xauthemail");
    }
    let value = rest.strip_prefix(b"=").map(|value| value.trim_ascii_start());
    value.is_some_and(|value| {
        let value = &value[..value.iter().take_while(|b| is_word(**b)).count()];
        let (name, value): (Vec<u8>, Vec<u8>) = (plain(name), plain(value));
        name == value
    })
}

/// Whether the header is compared rather than set, as Basic writes it: `If Headers("X-Auth-Key") = key Then`. A statement
/// that sets it begins with its receiver.
fn is_compared_in_basic(before: &[u8], own: &[u8]) -> bool {
    fixed! {
        static EQUALS = r#"(?i)^x-auth-key["']\)[ \t]*=[ \t]"#;
        static RECEIVER = r#"^[\w.$>-]*\(["']$"#;
    }
    EQUALS.is_match(own) && !RECEIVER.is_match(before.trim_ascii_start())
}

/// Whether the surrounding code hides, removes or lists headers.
pub(super) fn is_handled(input: &Input<'_>, span: Span) -> bool {
    let line = input.text.line_near(span.start);
    let length = input.text.bytes().len();
    let near = input.text.get(Span::new(line.start.saturating_sub(160), (line.end + 80).min(length)));
    HANDLING.is_match(near) && HANDLED.is_match(near)
}

/// Whether the name is in a list of header names, which sends nothing: it is quoted and followed by a comma, and is
/// neither an argument of a call nor paired with a value.
pub(super) fn is_listed(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static LISTED = r#"^[\w-]+["'`]\s*,\s*(?P<next>["'`](?:[A-Za-z]+-)*[A-Za-z]+["'`])?"#;
    }
    let own = input.text.get(span);
    if flat::pair(input.text.bytes(), span.start).is_some() {
        return false;
    }
    let before = &input.text.bytes()[input.text.line_near(span.start).start..span.start];
    let Some(groups) = LISTED.captures(own) else { return false };
    let open = before.iter().rev().find(|b| !matches!(b, b'"' | b'\'' | b'`' | b' '));
    match open {
        Some(b'(') => false,
        Some(b'{' | b'[' | b',') | None => {
            // In a pair of arguments the value is on the same line, and is no header name.
            let after = own[groups.get_match().end()..].first();
            let pair = groups.name("next").is_none()
                && !groups.get_match().as_bytes().contains(&b'\n')
                && after.is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'$' | b'*' | b'&'))
                && open != Some(&b'{')
                && open != Some(&b'[');
            !pair
                && !contains(own, b"value")
                && (groups.name("next").is_some() || open != Some(&b'{') && open != Some(&b'['))
        }
        Some(_) => false,
    }
}

/// Whether the word before the name makes it part of a sentence: "Unknown X-Auth-Key".
fn in_sentence(before: &[u8]) -> bool {
    const TAKES: &[&[u8]] = &[
        b"header",
        b"headers",
        b"set",
        b"add",
        b"export",
        b"env",
        b"const",
        b"let",
        b"var",
        b"local",
        b"option",
        b"arg",
        b"static",
        b"final",
        b"string",
        b"h",
        b"declare",
        b"readonly",
        b"define",
        b"put",
        b"append",
        b"key",
        b"val",
    ];
    let Some(rest) = before.strip_suffix(b" ") else { return false };
    let start = rest.iter().rposition(|b| !b.is_ascii_alphabetic() && *b != b'-').map_or(0, |at| at + 1);
    let word = rest[start..].to_ascii_lowercase();
    // The end of a preceding argument is no word: `X-Auth-Email:$CF_USER X-Auth-Key:$CF_PASS`,
    // `$creds.email X-Auth-Key $key`. Nor is the receiver of a message: `[request setValue:key …]`.
    let whole = !start
        .checked_sub(1)
        .is_some_and(|at| rest[at].is_ascii_alphanumeric() || b"_$}./[".contains(&rest[at]));
    whole && !word.is_empty() && !word.starts_with(b"-") && !TAKES.contains(&word.as_slice())
}

#[cfg(test)]
mod tests;
