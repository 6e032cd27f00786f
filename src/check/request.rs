//! `check = "request"`: how the API is called, judged by the address, the headers and the connection.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::{API_HOSTS, Candidate, Detection, Input, Sign, fixed};
use crate::endpoint::advice;
use crate::fact::place::{
    around, in_comment, in_prose, in_test, is_api_description, is_code, is_prose, is_test,
};
use crate::fact::request::Call;
use crate::fact::search::{in_search, is_rules};
use crate::fact::statement::statement;
use crate::literals::{Literals, contains};
use crate::rule::Confidence;
use crate::span::Span;

mod headers;
mod plain;
mod proxy;
mod tls;

pub(super) use headers::check as key_headers;
pub(super) use headers::{sends_key, takes_a_token};
pub(super) use plain::check as plain_http;
pub(super) use tls::check as tls_off;

/// The host of the API, or of a service that takes the same credentials.
pub(super) static API: LazyLock<Literals> = LazyLock::new(|| Literals::caseless(API_HOSTS));

fixed! {
    static V1 = r#"(?i)(?P<span>(?:https?://)?(?:www\.|api\.)?cloudflare\.com/(?:api_json\.html|host-gw\.html)[^\s"'`<>]*)"#;

    /// The path alone, of an address that is put together.
    static V1_PATH = r#"(?i)(?P<span>["'`]/?(?:api_json|host-gw)\.html[^"'`\s]*["'`])"#;
    static V1_HOST = r#"(?i)["'`](?:https?://)?(?:www|api)\.cloudflare\.com/?["'`]"#;

    static SERVICE_KEY = r#"(?i)(?P<span>x-auth-user-service-key["']?\]?\s*(?:[:=]|=>)\s*[^\s,;)\]}]+|\(\s*["']x-auth-user-service-key["']\s*,\s*[^\s)]+|\b(?:CLOUDFLARE|CF)_API_(?:USER_SERVICE_KEY|CERTKEY)["']?\s*[:=]\s*[^\s]+|\b(?:api_)?user_service_key["']?\s*[:=]\s*[^\s,;)}]+|\buserServiceKey\s*:\s*[^\s,;)}]+|\bserviceKeyRef\s*:|WithUserServiceKey\([^)\n]+\)|Credentials::Service\s*\{[^}]*\}|\bcerttoken\s*=\s*[^\s,)]+)"#;

    static TOKEN = r"(?i)api_?-?token|bearer";

    /// API tokens are often stored under a name that says API key. Only a name that says Global is trusted.
    static BEARER_KEY = r#"(?i)(?P<span>Authorization["']?\s*(?:[:=,]|=>)\s*[fb]?["'`]?\s*\\?["']?Bearer(?:\s|["'`]\s*[+.]\s*|%s|\s)+(?P<value>cfk_\w+|[0-9a-f]{37}\b|\$?\{?\{?\s*(?:[\w.-]*?)(?:global[_-]?(?:api[_-]?)?key|key[_-]?global)\b[^\s"'`]*))"#;
}

/// `variant = "legacy-v1"`: the retired first version of the API.
pub(super) fn legacy_v1(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let first = out.len();
    simple(&V1, detection, input, out);
    if out.len() == first && V1_PATH.is_match(input.text.bytes()) && V1_HOST.is_match(input.text.bytes()) {
        simple(&V1_PATH, detection, input, out);
    }
    out[first..].iter_mut().for_each(|found| label_key(input, found));
}

/// `variant = "service-key"`: the Origin CA key.
pub(super) fn service_key(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    // Programs and documentation that mention tokens as well merely offer the old way.
    if (is_code(input.path) || is_prose(input.path)) && TOKEN.is_match(input.text.bytes()) {
        return;
    }
    let first = out.len();
    simple(&SERVICE_KEY, detection, input, out);
    let new = out.split_off(first);
    out.extend(
        new.into_iter().filter(|found| !is_stored(input, found.span) && !is_declared(input, found.span)),
    );
}

/// Pushes a candidate for every match outside of comments, prose, tests, lists and code that handles headers.
fn simple(pattern: &Regex, detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path)
        || is_api_description(input.text, input.path)
        || is_rules(input.text, input.path)
        || input.takes_a_token()
    {
        return;
    }
    for span in spans(pattern, input) {
        if !skipped(input, span)
            && !headers::is_listed(input, span)
            && !headers::is_handled(input, span)
            && !headers::holds_nothing(input, span)
        {
            out.push(Candidate::new(detection.rule, span, detection.detect.confidence));
        }
    }
}

/// Whether a program only stores the service key of its caller: a parameter with an empty default, or an assignment
/// from the parameter.
fn is_stored(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static STORED = r#"(?i)^(?P<name>(?:api_)?user_?service_?key)\s*[:=]\s*(?:[\w\[\]|. ?]+\s*=\s*)?(?:(?:''|""|null|none|nil|undefined)(?:[\s,;)]|$)|[$@&]?(?:self\.)?(?P<value>(?:api_)?user_?service_?key)\b)"#;
    }
    let bytes = input.text.bytes();
    let end = bytes.len().min(span.end + 40);
    // `Client(service_key=service_key)` hands it on.
    let is_member = || matches!(bytes[..span.start].last(), Some(b'.' | b'>' | b'$' | b'@'));
    STORED.captures(&bytes[span.start..end]).is_some_and(|groups| {
        let name = |of: &str| groups.name(of).map(|m| m.as_bytes());
        name("value").is_none_or(|value| Some(value) == name("name") && is_member())
    })
}

/// Whether a name is given a type or a description instead of a value, as in the schema of a provider:
/// `"api_user_service_key": { "type": "string" }`, `api_user_service_key : Optional Text`.
fn is_declared(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static DECLARED = concat!(
            r#"(?i)^[\w-]*service_?key["']?\??\s*[:=]\s*(?:\{\s*["']?(?:type|description|description_kind|optional|required|computed|sensitive)["']?\s*[:=]"#,
            r#"|(?:optional|maybe|none|option|nullable)\b[\s<\[(]*(?:text|str|string)\b|(?:\w+\.)?(?:str|string|text)\??\s*(?:[,;|})\r\n]|$))"#,
        );
    }
    /// How long a declaration may be, in bytes.
    const LONGEST: usize = 120;
    let bytes = input.text.bytes();
    DECLARED.is_match(&bytes[span.start..bytes.len().min(span.start + LONGEST)])
}

/// Labels the parameter that carries the key.
fn label_key(input: &Input<'_>, found: &mut Candidate) {
    fixed! {
        static PARAMETER = r#"(?i)(?P<span>\btkn\b["'`]?\s*(?:=>|[:=,])\s*[^\s,;&)]+)"#;
    }
    let near = around(input.text, found.span, 600);
    let places = spans(&PARAMETER, input).into_iter().filter(|place| near.contains(*place));
    let nearest = places.min_by_key(|place| place.start.abs_diff(found.span.start));
    found.labels.extend(nearest.map(|place| (place, String::from("the key it is given"))));
}

/// `variant = "bearer-key"`: the Global API Key as a bearer token.
pub(super) fn bearer_key(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let topic = input.signs.has(Sign::Api);
    let bytes = input.text.bytes();
    let named = || contains(bytes, b"global") || memmem::find(bytes, b"cfk_").is_some();
    let may_be_key = input.runs.iter().any(|run| run.len() >= 37) || named();
    let found = if may_be_key { spans(&BEARER_KEY, input) } else { Vec::new() };
    for span in found {
        let own = input.text.get(span).to_ascii_lowercase();
        let named = [&b"cf"[..], b"clou"].iter().any(|word| memmem::find(&own, word).is_some());
        if (topic || named) && !skipped(input, span) {
            out.push(Candidate::new(detection.rule, span, detection.detect.confidence));
        }
    }
}

/// Returns the spans of the group `span` in all matches.
pub(super) fn spans(pattern: &Regex, input: &Input<'_>) -> Vec<Span> {
    let matches = pattern.captures_iter(input.text.bytes());
    matches.filter_map(|g| g.name("span").map(Span::from)).collect()
}

/// Whether the place is in a comment, in prose, in test code, or in code that searches for what the rule finds.
fn skipped(input: &Input<'_>, span: Span) -> bool {
    in_comment(input.text, span.start, input.path)
        || in_prose(input.text, span.start, input.path)
        || in_search(input.text, span.start, input.path)
        || in_test(input.text, span.start)
}

/// Returns the permissions that a token would need: for the nearest API call in the same paragraph as the header, or
/// for all calls of the file if there is none.
pub(super) fn permissions(input: &Input<'_>, span: Span) -> Vec<String> {
    let bytes = input.text.bytes();
    let own = |call: &&Call| {
        let (from, to) = (call.span.start.min(span.start), call.span.end.max(span.end));
        to - from < 700 && memmem::find(&bytes[from..to], b"\n\n").is_none()
    };
    // That of the next request may be nearer.
    let request = statement(input.text, span);
    let distance = |call: &&Call| (!request.contains(call.span), call.span.start.abs_diff(span.start));
    let nearest = input.calls().iter().filter(own).min_by_key(distance);
    nearest.map_or_else(
        || permissions_of_file(input),
        |call| advice(&call.method, &call.path).into_iter().collect(),
    )
}

/// Returns the permissions that a token would need for all API calls of the file.
pub(super) fn permissions_of_file(input: &Input<'_>) -> Vec<String> {
    let mut out: Vec<String> =
        input.calls().iter().filter_map(|call| advice(&call.method, &call.path)).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Returns the detection's confidence, but at most medium if it is not `sure`.
pub(super) fn confidence(detection: &Detection<'_>, sure: bool) -> Confidence {
    if sure { detection.detect.confidence } else { detection.detect.confidence.min(Confidence::Medium) }
}

#[cfg(test)]
mod tests {
    use super::{V1_HOST, V1_PATH, is_declared, is_stored};
    use crate::check::tests::{asked, marked};

    #[test]
    fn a_service_key_that_is_only_kept_is_not_used() {
        let stored = |text: &str| {
            let (text, span) = marked(text);
            asked("a.php", &text, |input| is_stored(input, span))
        };
        for text in [
            "function f($«user_service_key = ''») {",
            "def f(self, «user_service_key=None»):",
            "static::$«user_service_key = $user_service_key»;",
            "this.«userServiceKey = userServiceKey»;",
        ] {
            assert!(stored(text), "{text}");
        }
        for text in [
            "$c->«user_service_key = getenv('K')»;",
            "Client(«user_service_key=user_service_key»)",
            "«user_service_key = 'v1.0-abc'»",
            "«X-Auth-User-Service-Key: $user_service_key»",
        ] {
            assert!(!stored(text), "{text}");
        }
    }

    #[test]
    fn a_service_key_with_a_type_is_declared() {
        let declared = |text: &str| {
            let (text, span) = marked(text);
            asked("a.json", &text, |input| is_declared(input, span))
        };
        for text in [
            "\"api_«user_service_key\": {\"type\":\"string\"»,\"optional\":true}",
            "\"«api_user_service_key\": {»\n  \"description\": \"A key.\" }",
            ", «api_user_service_key : Optional» Text",
            ", «api_user_service_key = None» Text",
            "  «user_service_key: Option<String>»,",
            "  «userServiceKey: string;»\n",
            "  «userServiceKey?: string»;\n",
            "    «user_service_key: str» | None",
        ] {
            assert!(declared(text), "{text}");
        }
        for text in [
            "«api_user_service_key = var.key»",
            "«api_user_service_key = \"v1.0-abc\"»",
            "«userServiceKey: string(key)»",
            "«user_service_key: process.env.KEY»",
            "«X-Auth-User-Service-Key: $KEY»",
            "\"«user_service_key\": {»\"value\": \"v1.0-a\"}",
        ] {
            assert!(!declared(text), "{text}");
        }
    }

    #[test]
    fn the_first_api_may_be_written_in_two_pieces() {
        for (text, apart) in [
            ("$base = 'https://www.cloudflare.com'; $path = '/api_json.html';", true),
            ("{ \"host\": \"www.cloudflare.com\", \"path\": \"/api_json.html\" }", true),
            ("HOST = \"https://api.cloudflare.com/\"\nGATEWAY = \"host-gw.html\"", true),
            ("$path = '/api_json.html';", false),
            ("$base = 'https://www.cloudflare.com/plans'; $path = '/api_json.html';", false),
            ("$base = 'https://www.cloudflare.com'; // api_json.html", false),
        ] {
            let bytes = text.as_bytes();
            assert_eq!(V1_PATH.is_match(bytes) && V1_HOST.is_match(bytes), apart, "{text}");
        }
    }
}
