//! `check = "request"`: how the API is called: the address, the headers, the connection.

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::{Candidate, Detection, Input, expression};
use crate::endpoint::advice;
use crate::fact::place::{around, in_comment, in_prose, in_test, is_code, is_prose, is_test};
use crate::fact::request::Call;
use crate::fact::setting::same_group;
use crate::literals::contains;
use crate::rule::Confidence;
use crate::span::Span;

mod headers;
mod tls;

/// Addresses of the API and of services that take the same credentials, behind a scheme.
const HOSTS: &str = r"(?:api(?:\.fed|\.staging)?\.cloudflare\.com|gateway\.ai\.cloudflare\.com|rtc\.live\.cloudflare\.com|dash\.cloudflare\.com/api|challenges\.cloudflare\.com/turnstile|www\.cloudflare\.com/api_json|[^\s\x22'`/<>]{1,90}\.r2\.cloudflarestorage\.com)";

/// Any mention of an API address.
pub(super) static API: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"(?i)api(?:\.fed|\.staging)?\.cloudflare\.com|gateway\.ai\.cloudflare\.com|\.r2\.cloudflarestorage\.com|challenges\.cloudflare\.com/turnstile|rtc\.live\.cloudflare\.com")
        .expect("a fixed expression")
});

static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    expression(&format!(r#"(?i)(?P<span>http:(?:\\?/){{2}}(?:["'`]\s*[+.]\s*["'`])?(?:[^\s"'/@]{{1,60}}@)?{HOSTS}[^\s"'`<>)\\,;]*)"#))
        .expect("a fixed expression")
});

/// A scheme on its own beside the host on its own, clients that are plain HTTP by their name or a switch.
static SPLIT: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"(?i)(?P<span>[\w-]*(?:scheme|protocol|proto)["']?\s*(?:=>|[:=])\s*["']?http["']?)(?:[\s,;)}]|$)"#,
        r#"(?i)(?P<span>HTTPConnection\(\s*["']api\.cloudflare\.com["'][^)]*\))"#,
        r#"(?i)(?P<span>http\.(?:request|get)\(\s*\{[^}]{0,200}?(?:host|hostname)\s*:\s*["']api\.cloudflare\.com["'])"#,
        r#"(?i)(?P<span>\bcurl_easy_setopt\([^)]{0,80}"api\.cloudflare\.com[^)]*\))"#,
        r#"(?im)^[ \t]*(?P<span>ssl[ \t]*=[ \t]*no)\b"#,
        r#"(?im)(?P<span>\buse_https\b[ \t]*[= ][ \t]*['"]?0['"]?)"#,
        r#"(?P<span>\bsecure[ \t]*=[ \t]*False)\b"#,
        r#"(?i)(?P<span>(?:use|enable)_?(?:ssl|tls|https)["']?\s*(?:=>|[:=])\s*(?:false|0|off|no)\b)"#,
    ]
    .iter()
    .map(|e| expression(e).expect("a fixed expression"))
    .collect()
});

/// The scheme is added to a variable that holds the host.
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)(?P<span>http://["'`]?\s*(?:[+.,]\s*)?(?:\$\{?|\{\{?|#\{|\$\(|%\()?\s*(?P<name>[A-Za-z_][\w.]*))"#)
        .expect("a fixed expression")
});

/// `curl` and `wget` add `http://` themselves.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)\b(?:curl|wget|http|xh)\b(?:[^\n|;&`]|\\\r?\n){0,500}?[\s"'=](?P<span>api\.cloudflare\.com/[^\s"'`]*)"#)
        .expect("a fixed expression")
});

static LOCATION_TRUSTED: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?P<span>--location-trusted)").expect("a fixed expression"));

static V1: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)(?P<span>(?:https?://)?(?:www\.|api\.)?cloudflare\.com/(?:api_json\.html|host-gw\.html)[^\s"'`<>]*)"#)
        .expect("a fixed expression")
});

static SERVICE_KEY: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)(?P<span>x-auth-user-service-key["']?\]?\s*(?:[:=]|=>)\s*[^\s,;)\]}]+|\(\s*["']x-auth-user-service-key["']\s*,\s*[^\s)]+|\b(?:CLOUDFLARE|CF)_API_(?:USER_SERVICE_KEY|CERTKEY)["']?\s*[:=]\s*[^\s]+|\b(?:api_)?user_service_key["']?\s*[:=]\s*[^\s,;)}]+|\buserServiceKey\s*:\s*[^\s,;)}]+|\bserviceKeyRef\s*:|WithUserServiceKey\([^)\n]+\)|Credentials::Service\s*\{[^}]*\}|\bcerttoken\s*=\s*[^\s,)]+)"#)
        .expect("a fixed expression")
});

static VENDOR: LazyLock<Regex> = LazyLock::new(|| expression("(?i)cloudflare").expect("a fixed expression"));

static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?i)api_?-?token|bearer").expect("a fixed expression"));

static BEARER_KEY: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)(?P<span>Authorization["']?\s*(?:[:=,]|=>)\s*[fb]?["'`]?\s*\\?["']?Bearer(?:\s|["'`]\s*[+.]\s*|%s|\s)+(?P<value>cfk_\w+|[0-9a-f]{37}\b|\$?\{?\{?\s*(?:[\w.]*?)(?:(?:cf|cloudflare)_?(?:global_?)?(?:api|auth)_?key|global_?(?:api_?)?key)\b[^\s"'`]*))"#)
        .expect("a fixed expression")
});

/// The variants a rule file can name.
pub(crate) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    match detection.detect.variant.as_deref() {
        Some("plain-http") => plain(detection, input, out),
        Some("tls-off") => tls::check(detection, input, out),
        Some("key-headers") => headers::check(detection, input, out),
        Some("legacy-v1") => {
            let first = out.len();
            simple(&V1, detection, input, out);
            out[first..].iter_mut().for_each(|found| label_key(input, found));
        }
        // Programs and documentation that know the token as well only offer the old way.
        Some("service-key")
            if (is_code(input.path) || is_prose(input.path)) && TOKEN.is_match(input.text.bytes()) => {}
        Some("service-key") => simple(&SERVICE_KEY, detection, input, out),
        Some("bearer-key") => bearer(detection, input, out),
        _ => {}
    }
}

/// Every match outside comments and running text.
fn simple(pattern: &Regex, detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path) || headers::takes_a_token(input) {
        return;
    }
    for span in spans(pattern, input) {
        if !skipped(input, span) && !headers::is_listed(input, span) && !headers::is_handled(input, span) {
            out.push(Candidate::new(detection.rule, span, detection.detect.confidence));
        }
    }
}

/// Marks the parameter that carries the key.
fn label_key(input: &Input<'_>, found: &mut Candidate) {
    static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?i)(?P<span>\btkn\b["'`]?\s*(?:=>|[:=,])\s*[^\s,;&)]+)"#).expect("a fixed expression")
    });
    let near = around(input.text, found.span, 600);
    let places = spans(&PARAMETER, input).into_iter().filter(|place| near.contains(*place));
    let nearest = places.min_by_key(|place| place.start.abs_diff(found.span.start));
    found.labels.extend(nearest.map(|place| (place, String::from("the key it is given"))));
}

fn bearer(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let topic = API.is_match(input.text.bytes());
    for span in spans(&BEARER_KEY, input) {
        let own = input.text.get(span).to_ascii_lowercase();
        let named =
            own.windows(4).any(|w| w == b"cfk_" || w == b"clou") || own.windows(3).any(|w| w == b"cf_");
        if (topic || named) && !skipped(input, span) {
            out.push(Candidate::new(detection.rule, span, detection.detect.confidence));
        }
    }
}

/// All places of the group `span`.
pub(super) fn spans(pattern: &Regex, input: &Input<'_>) -> Vec<Span> {
    let matches = pattern.captures_iter(input.text.bytes());
    matches.filter_map(|g| g.name("span").map(|m| Span::new(m.start(), m.end()))).collect()
}

/// Comments, running text, and code that refuses what the rule looks for.
fn skipped(input: &Input<'_>, span: Span) -> bool {
    in_comment(input.text, span.start, input.path)
        || in_prose(input.text, span.start, input.path)
        || in_test(input.text, span.start)
}

/// How many names are looked up for a host that they hold.
const NAMES: usize = 1000;

fn plain(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path) {
        return;
    }
    let bytes = input.text.bytes();
    let mut push = |span: Span, label: Option<(Span, &str)>| {
        let other = is_namespace(input, span) || is_link(input, span) || is_longer(input, span);
        if other || skipped(input, span) || is_being_mended(input, span) || in_message(input, span) {
            return;
        }
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        found.labels.extend(label.map(|(place, words)| (place, words.to_owned())));
        if input.text.get(span).get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"http://")) {
            found.fix = Some((Span::new(span.start, span.start + 4), String::from("https")));
        }
        out.push(found);
    };
    for span in spans(&PLAIN, input) {
        push(span, None);
    }
    // The other ways need the host itself, or a tool's own switch.
    static SWITCH: LazyLock<Regex> =
        LazyLock::new(|| expression(r"(?i)\bssl[ \t]*=|use_https").expect("a fixed expression"));
    let talks = API.is_match(bytes);
    if !talks && !SWITCH.is_match(bytes) {
        return;
    }
    let mut hosts: HashMap<&[u8], Option<Span>> = HashMap::new();
    for groups in JOINED.captures_iter(bytes) {
        let (Some(span), Some(name)) = (groups.name("span"), groups.name("name")) else { continue };
        // Only so many names can be asked for without reading the text over and over.
        if hosts.len() >= NAMES && !hosts.contains_key(name.as_bytes()) {
            continue;
        }
        let host = *hosts.entry(name.as_bytes()).or_insert_with(|| defined_host(bytes, name.as_bytes()));
        if let Some(host) = host {
            push(Span::new(span.start(), span.end()), Some((host, "the host it is put before")));
        }
    }
    if has_bare_host(bytes) {
        for span in spans(&BARE, input) {
            push(span, None);
        }
    }
    for pattern in SPLIT.iter().chain([&*LOCATION_TRUSTED]) {
        for span in spans(pattern, input) {
            let near = around(input.text, span, 400);
            let beside = API.find(input.text.get(near));
            let own = API.is_match(input.text.get(span));
            // Cookies are secure as well: only the call that names the host is meant.
            let elsewhere =
                first_word(input.text.get(span)) == b"secure" && !in_group(input, span, near, &API);
            if elsewhere || is_of_another_host(input, span) {
                continue;
            }
            let settings = matches!(first_word(input.text.get(span)), b"ssl" | b"use_https")
                && in_group(input, span, near, &VENDOR);
            if own || settings || beside.is_some() && !other_host_closer(input, span, near) {
                let label = beside.map(|m| Span::new(near.start + m.start(), near.start + m.end()));
                push(span, label.filter(|l| !l.overlaps(span)).map(|l| (l, "the API it talks to")));
            }
        }
    }
}

/// Whether what the expression finds stands in the group of a setting: its call, section or block.
fn in_group(input: &Input<'_>, span: Span, near: Span, what: &Regex) -> bool {
    what.find_iter(input.text.get(near)).any(|found| {
        let place = Span::new(near.start + found.start(), near.start + found.end());
        same_group(input.text.bytes(), place, span)
    })
}

/// Whether the API's host stands anywhere without a scheme.
fn has_bare_host(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"api.cloudflare.com/")
        .any(|at| at > 0 && matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'='))
}

/// The line holds the same address with `https` as well: it tells one from the other, or replaces one by the other.
fn is_being_mended(input: &Input<'_>, span: Span) -> bool {
    static HTTPS: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)https:(?:\\?/){2}api\.cloudflare\.com").expect("a fixed expression")
    });
    if !input.text.get(span).get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"http:")) {
        return false;
    }
    let line = input.text.line_near(span.start);
    let near = around(input.text, span, 200);
    HTTPS
        .is_match(input.text.get(Span::new(near.start.max(line.start), near.end.min(line.end.max(span.end)))))
}

/// Three plain words follow: the address is quoted in a sentence.
fn in_message(input: &Input<'_>, span: Span) -> bool {
    static WORDS: LazyLock<Regex> =
        LazyLock::new(|| expression(r"^(?: [a-z]+){3}").expect("a fixed expression"));
    WORDS.is_match(input.text.get(Span::new(span.end, around(input.text, span, 100).end)))
}

/// The scheme stands in brackets of its own line with a host that is not the API's.
fn is_of_another_host(input: &Input<'_>, span: Span) -> bool {
    // A host that is only known at run time may well be the API's.
    static HOST: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?i)host(?:name)?["']?\s*(?:=>|[:=])\s*["'][a-z0-9]"#).expect("a fixed expression")
    });
    let line = input.text.line_near(span.start);
    let near = around(input.text, span, 300);
    let (start, end) = (near.start.max(line.start), near.end.min(line.end.max(span.end)));
    let bytes = input.text.bytes();
    let open = bytes[start..span.start].iter().rposition(|b| matches!(b, b'{' | b'('));
    let close = bytes[span.end..end].iter().position(|b| matches!(b, b'}' | b')'));
    let (Some(open), Some(close)) = (open, close) else { return false };
    let group = input.text.get(Span::new(start + open, span.end + close));
    HOST.is_match(group) && !API.is_match(group)
}

/// The host goes on: `api.cloudflare.com.example.org` is somebody else's.
fn is_longer(input: &Input<'_>, span: Span) -> bool {
    static HOST: LazyLock<Regex> =
        LazyLock::new(|| expression(r"(?i)cloudflare\.com\.[a-z0-9]").expect("a fixed expression"));
    HOST.is_match(input.text.get(span))
}

fn first_word(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(bytes.len());
    &bytes[..end]
}

/// Whether an address of somebody else stands nearer to the place than one of the API.
fn other_host_closer(input: &Input<'_>, span: Span, near: Span) -> bool {
    static ANY: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?i)https?://[\w.-]+|["'][\w-]+(?:\.[\w-]+)+["']|api\.cloudflare\.com"#)
            .expect("a fixed expression")
    });
    let distance = |m: &regex::bytes::Match<'_>| {
        let (start, end) = (near.start + m.start(), near.start + m.end());
        if end <= span.start { span.start - end } else { start.saturating_sub(span.end) }
    };
    let nearest = ANY.find_iter(input.text.get(near)).min_by_key(distance);
    nearest.is_some_and(|m| !contains(m.as_bytes(), b"cloudflare"))
}

/// `NAME = "api.cloudflare.com"` in the same file, for the last part of a dotted name.
fn defined_host(bytes: &[u8], name: &[u8]) -> Option<Span> {
    // A name that ends with a dot has no last part.
    let last = name.rsplit(|b| *b == b'.').next().filter(|last| !last.is_empty())?;
    let mut from = 0;
    while let Some(at) = memmem::find(&bytes[from..], last) {
        let start = from + at;
        let rest = &bytes[start + last.len()..bytes.len().min(start + last.len() + 40)];
        let between = |b: &u8| matches!(b, b' ' | b':' | b'=' | b'"' | b'\'' | b'`' | b'>' | b',');
        let skip = rest.iter().take_while(|b| between(b)).count();
        if skip > 0 && rest[skip..].starts_with(b"api.cloudflare.com") {
            let host = start + last.len() + skip;
            return Some(Span::new(host, host + 18));
        }
        from = start + last.len();
    }
    None
}

/// A link for people to follow; nothing is sent with it.
fn is_link(input: &Input<'_>, span: Span) -> bool {
    let line = input.text.line_near(span.start);
    let before = &input.text.bytes()[line.start..span.start];
    let before = before.trim_ascii_end();
    let bare = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    bare.ends_with(b"href=") || bare.ends_with(b"href={")
}

/// XML namespaces, JSON-LD contexts and schema ids only look like addresses.
fn is_namespace(input: &Input<'_>, span: Span) -> bool {
    let line = input.text.line_near(span.start);
    let before = input.text.get(Span::new(line.start, span.start)).to_ascii_lowercase();
    [&b"xmlns"[..], b"$schema", b"@context", b"\"$id\"", b"schemalocation", b"namespace"]
        .iter()
        .any(|word| before.windows(word.len()).any(|w| w == *word))
}

/// The permissions a token would need: for the call a header stands in, or for all calls of the file where it stands
/// apart from them.
pub(super) fn permissions(input: &Input<'_>, span: Span) -> Vec<String> {
    let bytes = input.text.bytes();
    let all = input.calls();
    let own = |call: &&Call| {
        let (from, to) = (call.span.start.min(span.start), call.span.end.max(span.end));
        to - from < 700 && !bytes[from..to].windows(2).any(|w| w == b"\n\n")
    };
    let nearest = all.iter().filter(own).min_by_key(|call| call.span.start.abs_diff(span.start));
    let say = |call: &Call| advice(&call.method, &call.path);
    let mut out: Vec<String> = match nearest {
        Some(call) => say(call).into_iter().collect(),
        None => all.iter().filter_map(say).collect(),
    };
    out.sort_unstable();
    out.dedup();
    out
}

/// Lowers the confidence where a way round cannot be excluded.
pub(super) fn confidence(detection: &Detection<'_>, sure: bool) -> Confidence {
    if sure { detection.detect.confidence } else { detection.detect.confidence.min(Confidence::Medium) }
}
