//! API calls over plain HTTP: an `http://` address, or a scheme, port or switch near the host.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{LazyLock, OnceLock};

use memchr::memmem;
use regex::bytes::Regex;

use super::super::{Candidate, Detection, Input, Sign, fixed, spans_around};
use super::{API, proxy, skipped};
use crate::fact::compiled;
use crate::fact::place::{around, in_pattern, is_code, is_test, is_yaml, list_item};
use crate::fact::setting::same_group;
use crate::fact::words::is_word;
use crate::literals::{Hit, Literals, contains};
use crate::span::Span;

mod call;

use call::host_of_call;

/// The part after the scheme in addresses of the API and of services that take the same credentials.
const HOSTS: &str = r"(?:api(?:\.fed|\.staging)?\.cloudflare\.com|gateway\.ai\.cloudflare\.com|rtc\.live\.cloudflare\.com|dash\.cloudflare\.com/api|challenges\.cloudflare\.com/turnstile|www\.cloudflare\.com/api_json|(?:\{\{[^\n{}]{1,100}\}\}|\{%[^\n{}]{1,100}%\}|<%[^\n<>]{1,100}%>|\{[^\n{}]{1,100}\}|[^\s\x22'`/<>])+\.r2\.cloudflarestorage\.com)";

/// What joins the parts of an address, in any language.
const JOIN: &str = r"(?:\.\.|\+\+|<>|\|\||[+.&~^,])";

/// A variable, or a call or an item that says what to put in: `env('R2_ACCOUNT')`, `os.environ["R2_ACCOUNT"]`.
const VALUE: &str = r"[$@]?[\w.$>:-]{1,60}(?:(?:\([^()\n]{0,60}\)|\[[^\[\]\n]{0,60}\])[\w.$>:-]{0,60}){0,3}";

fixed! {
    /// An address of the API with `http://`, which Java's properties write `http\://`.
    static PLAIN = format!(
        r#"(?i)(?P<span>http\\?:(?:\\?/){{2}}(?:["'`]\s*[+.]\s*["'`])?(?:[^\s"'/@]+@)?{HOSTS}[^\s"'`<>)\\,;]*|http://["'`]\s*{JOIN}\s*{VALUE}\s*{JOIN}\s*["'`](?:\.eu|\.fedramp)?\.r2\.cloudflarestorage\.com)"#
    );
}

/// Expressions, each of which is compiled only if a text contains one of its words.
struct Patterns {
    words: Literals,
    /// For each word, the indices of the expressions that need it.
    owners: Vec<Vec<usize>>,
    patterns: Vec<(OnceLock<Regex>, &'static str)>,
}

impl Patterns {
    /// Creates the set from expressions and their lower-case words.
    fn new(all: &[(&[&'static str], &'static str)]) -> Patterns {
        let mut words: Vec<&str> = all.iter().flat_map(|(words, _)| *words).copied().collect();
        words.sort_unstable();
        words.dedup();
        let asks = |word: &&str| (0..all.len()).filter(|at| all[*at].0.contains(word)).collect();
        Patterns {
            words: Literals::caseless(&words),
            owners: words.iter().map(asks).collect(),
            patterns: all.iter().map(|(_, source)| (OnceLock::new(), *source)).collect(),
        }
    }

    /// Returns what the expressions match around their words: those of the first, those of the second, and so on.
    fn spans(&self, bytes: &[u8]) -> Vec<Span> {
        /// How far before its word a match may begin, and how far after it, in bytes.
        const BEFORE: usize = 200;
        const AFTER: usize = 600;
        let mut hits = vec![Vec::new(); self.patterns.len()];
        let _ = self.words.each(bytes, 0, |hit| {
            self.owners[hit.index].iter().for_each(|owner| hits[*owner].push(hit));
            ControlFlow::Continue(())
        });
        let asked = self.patterns.iter().zip(hits).filter(|(_, hits)| !hits.is_empty());
        let found = asked.map(|((pattern, source), hits)| {
            let pattern = pattern.get_or_init(|| compiled(source));
            spans_around(&pattern, &hits, bytes, BEFORE, |_| AFTER)
        });
        found.flatten().collect()
    }
}

/// Schemes and ports that are given apart from the host, and clients that use plain HTTP because of their name or a
/// switch.
static SPLIT: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        (
            &["scheme", "proto"],
            r#"(?i)(?P<span>[\w-]*(?:scheme|protocol|proto)["']?\s*(?::\s*[\w<>\[\]|&' ]{1,30})?(?:=>|:=|[:=])\s*(?:["'.:]|(?:\w+::)*(?-i:[A-Z])\w*(?:\.|::))?http(?:://)?["']?)(?:[,;)}]|\s+[^|\s]|\s*$)"#,
        ),
        (
            &["scheme", "protocol"],
            r#"(?i)(?P<span>\b(?:set_?)?(?:scheme|protocol)\(\s*(?:["'.:]|(?:\w+::)*(?-i:[A-Z])\w*(?:\.|::))http["']?\s*\))"#,
        ),
        // A port without TLS.
        (&["80"], r#"(?i)(?P<span>api\.cloudflare\.com["']?(?:\s*,\s*|:)80\b)"#),
        (
            &["80"],
            r#"(?i)(?P<span>\bport(?:_?(?:value|number))?["']?\s*(?::\s*\w+\s*)?(?:=>|:=|[:=])\s*["']?80["']?)(?:[\s,;)}]|$)"#,
        ),
        // A scheme as an argument before the host, and `http "api.cloudflare.com" /: "client"`.
        (
            &["http\"", "http'", ":http", "http "],
            r#"(?i)(?P<span>(?:(?:["']http["']|:http)\s*,\s*|\bhttp )["']api\.cloudflare\.com["'])"#,
        ),
        (&["uri.http"], r#"(?i)(?P<span>\bUri\.http\(\s*["']api\.cloudflare\.com["'])"#),
        (&["httpconnection"], r#"(?i)(?P<span>HTTPConnection\(\s*["']api\.cloudflare\.com["'][^)]*\))"#),
        (
            &["http.request", "http.get"],
            r#"(?i)(?P<span>http\.(?:request|get)\(\s*\{[^}]*?(?:host|hostname)\s*:\s*["']api\.cloudflare\.com["'])"#,
        ),
        (&["setopt"], r#"(?i)(?P<span>\bcurl_easy_setopt\([^)]*?"api\.cloudflare\.com[^)]*\))"#),
        (&["ssl", "tls"], r#"(?i)(?P<span>\b(?:ssl|tls)["']?\s*(?:=>|[:=])\s*(?:false|nil|none)\b)"#),
        (&["ssl"], r#"(?im)^[ \t]*(?P<span>ssl[ \t]*=[ \t]*no)\b"#),
        (&["use_https"], r#"(?m)(?P<span>\buse_https\b[ \t]*[= ][ \t]*['"]?0['"]?)"#),
        (&["secure"], r#"(?i)(?P<span>\bsecure["']?[ \t]*(?:=>|[:=])[ \t]*False)\b"#),
        (&["secure"], r#"(?i)(?P<span>\bsecure[-_]ssl[ \t]*=[ \t]*false)\b"#),
        (
            &["use_", "enable_", "usessl", "usetls", "usehttps", "enablessl", "enabletls", "enablehttps"],
            r#"(?i)(?P<span>(?:use|enable)_?(?:ssl|tls|https)["']?\s*(?:=>|[:=])\s*(?:false|0|off|no)\b)"#,
        ),
    ])
});

fixed! {
    /// `http://` in front of a variable that may hold the host, or `http` as an argument before it.
    static JOINED = r#"(?i)(?P<span>(?:http://["'`]?\s*(?:[+.,]\s*)?(?:\$\{?|\{\{?|#\{|\$\(|%\()?\s*|(?:["']http["']|:http)\s*,\s*[$@]?)(?P<name>[A-Za-z_][\w.]*))"#;

    /// An address without a scheme: `curl`, `wget` and others then use `http://`, unless they are told what to use.
    static BARE = r#"(?i)\b(?:curl|wget|http|xh)\b(?:[^\n|;&`]|\\\r?\n)*?[\s"'=](?P<span>api\.cloudflare\.com/[^\s"'`]*)"#;

    /// The host without a scheme.
    static BARE_HOST = r"(?i)[^/.\w]api\.cloudflare\.com";

    static VENDOR = "(?i)cloudflare";
}

/// The option of curl that sends the credential to whatever host it is sent on to.
const TRUSTED: &[u8] = b"--location-trusted";

/// What every match of [`JOINED`] contains.
static SCHEME: LazyLock<Literals> =
    LazyLock::new(|| Literals::caseless(&["http://", "http\"", "http'", ":http"]));

/// The maximum number of variables that are looked up to see whether they hold the host.
const NAMES: usize = 1000;

/// `variant = "plain-http"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path) {
        return;
    }
    let bytes = input.text.bytes();
    let mut push = |span: Span, labels: Vec<(Span, &str)>| {
        let other = is_namespace(input, span) || is_link(input, span) || has_longer_host(input, span);
        let other = other || in_pattern(input.text, span.start, input.path);
        if other || skipped(input, span) || has_https_beside(input, span) || in_message(input, span) {
            return;
        }
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        found.labels.extend(labels.into_iter().map(|(place, words)| (place, words.to_owned())));
        if input.text.get(span).get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"http://")) {
            found.fix = Some((Span::new(span.start, span.start + 4), String::from("https")));
        }
        out.push(found);
    };
    /// How long an address may be, and a command up to its address, in bytes.
    const ADDRESS: usize = 400;
    const COMMAND: usize = 1500;
    // `http: client` of a program is no scheme.
    static SCHEMES: LazyLock<Literals> =
        LazyLock::new(|| Literals::caseless(&["http:/", "http:\\", "http\\:"]));
    if input.signs.has(Sign::Plain) && input.signs.has(Sign::Site) {
        for span in spans_around(&PLAIN, &SCHEMES.all(bytes), bytes, 0, |_| ADDRESS) {
            push(span, Vec::new());
        }
    }
    // Everything else needs the host itself, or a switch of a certain tool.
    fixed! {
        static SWITCH = r"(?i)\bssl[ \t]*=|use_https|secure[-_]ssl";
    }
    let talks = input.signs.has(Sign::Api);
    static SWITCHES: LazyLock<Literals> =
        LazyLock::new(|| Literals::caseless(&["ssl", "use_https", "secure-ssl", "secure_ssl"]));
    let switched = || !is_code(input.path) && SWITCHES.is_match(bytes) && SWITCH.is_match(bytes);
    if !talks && !switched() {
        return;
    }
    let mut hosts: HashMap<&[u8], Option<Span>> = HashMap::new();
    let joined = SCHEME.find(bytes, 0).map(|_| JOINED.captures_iter(bytes));
    for groups in joined.into_iter().flatten() {
        let (Some(span), Some(name)) = (groups.name("span"), groups.name("name")) else { continue };
        // The host is an argument as well, and no key of another object: `"http", Host: …`.
        let argument = memmem::find(input.text.get(Span::from(span)), b"://").is_none();
        if argument && !matches!(bytes[span.end()..].trim_ascii_start().first(), Some(b',' | b')')) {
            continue;
        }
        // Each look-up reads the whole text.
        if hosts.len() >= NAMES && !hosts.contains_key(name.as_bytes()) {
            continue;
        }
        let host = *hosts.entry(name.as_bytes()).or_insert_with(|| defined_host(bytes, name.as_bytes()));
        if let Some(host) = host {
            push(Span::from(span), vec![(host, "the host it is put before")]);
        }
    }
    let bare = bare_hosts(bytes);
    if !bare.is_empty() {
        for span in spans_around(&BARE, &bare, bytes, COMMAND, |_| ADDRESS) {
            let line = input.text.get(input.text.line_near(span.start));
            if memmem::find(line, b"--proto-default").is_none() {
                push(span, Vec::new());
            }
        }
    }
    let mut split: Vec<(Span, Option<Span>, Vec<Span>)> = Vec::new();
    let trusted = memmem::find_iter(bytes, TRUSTED).map(|at| Span::new(at, at + TRUSTED.len()));
    for span in SPLIT.spans(bytes).into_iter().chain(trusted) {
        let near = around(input.text, span, 400);
        let text = input.text.get(near);
        let beside = API.find(text, 0);
        let own = API.is_match(input.text.get(span));
        // Cookies have a `secure` setting as well: it counts only in a call that names the host.
        let word = first_word(input.text.get(span)).to_ascii_lowercase();
        let unrelated = word == b"secure" && !own && !input.text.get(span).contains(&b'-');
        let called = if word == b"secure" { host_of_call(input, span) } else { None };
        let unrelated = unrelated && called.is_none() && !in_group(input, span, near, API.all(text));
        // What a proxy does is a question of certificates.
        let unrelated = unrelated || word == b"secure" && proxy::target(bytes, span).is_some();
        // A port, and an argument without TLS, count only beside the host, and only if the host has no scheme.
        let argument = matches!(word.as_slice(), b"ssl" | b"tls") && !input.text.get(span).ends_with(b"no");
        let of_host = word.starts_with(b"port") || argument;
        let unrelated = unrelated || of_host && !in_group(input, span, near, BARE_HOST.find_iter(text));
        let scheme = input.text.get(span).to_ascii_lowercase();
        let scheme = ["scheme", "proto"].iter().any(|name| memmem::find(&scheme, name.as_bytes()).is_some());
        let unrelated = unrelated || scheme && !own && !has_open_host(input, near);
        if unrelated || !own && (is_of_another_host(input, span) || in_other_item(input, span)) {
            continue;
        }
        // A variable of the environment may be for any of the hosts that are set beside it.
        let variable = input.text.get(span).first().is_some_and(u8::is_ascii_uppercase);
        let settings = !variable
            && !argument
            && matches!(word.as_slice(), b"ssl" | b"use_https")
            && in_group(input, span, near, VENDOR.find_iter(text));
        // The switch of the tool itself comes before all of its providers.
        let settings = settings || word == b"secure" && contains(text, b"cloudflare");
        let settings = settings || called.is_some();
        if own || settings || beside.is_some() && !other_host_closer(input, span, near) {
            let host = called.or(beside.map(|m| Span::from(m).shift(near.start)));
            // One connection may have several of these, such as a port and a scheme.
            match split.iter_mut().find(|(_, other, _)| host.is_some() && *other == host) {
                Some((_, _, more)) => more.push(span),
                None => split.push((span, host, Vec::new())),
            }
        }
    }
    for (span, host, more) in split {
        let host = host.filter(|host| !host.overlaps(span)).map(|host| (host, "the API it talks to"));
        push(
            span,
            host.into_iter()
                .chain(more.into_iter().map(|span| (span, "not encrypted here, either")))
                .collect(),
        );
    }
}

/// Whether an address of the API nearby has no `https://` before its host. Only then does a separate scheme matter.
fn has_open_host(input: &Input<'_>, near: Span) -> bool {
    let bytes = input.text.bytes();
    API.all(input.text.get(near)).iter().any(|found| {
        let before = &bytes[near.start.saturating_sub(100)..near.start + found.start];
        let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'$' | b'{' | b'}');
        let host = before.iter().rev().take_while(|b| part(b)).count();
        !before[..before.len() - host].to_ascii_lowercase().ends_with(b"https://")
    })
}

/// Whether the place is in an item of a YAML list that does not contain an address of the API.
fn in_other_item(input: &Input<'_>, span: Span) -> bool {
    is_yaml(input.path)
        && list_item(input.text, span.start).is_some_and(|item| !API.is_match(input.text.get(item)))
}

/// Whether the expression matches in the group of a setting: its call, section or block.
fn in_group(
    input: &Input<'_>,
    span: Span,
    near: Span,
    places: impl IntoIterator<Item = impl Into<Span>>,
) -> bool {
    let mut places = places.into_iter().map(|place| place.into().shift(near.start));
    places.any(|place| same_group(input.text.bytes(), place, span))
}

/// Returns where the API's host stands without a scheme.
fn bare_hosts(bytes: &[u8]) -> Vec<Hit> {
    static HOST: LazyLock<Literals> = LazyLock::new(|| Literals::caseless(&["api.cloudflare.com/"]));
    let mut hits = HOST.all(bytes);
    hits.retain(|hit| {
        hit.start > 0 && matches!(bytes[hit.start - 1], b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'=')
    });
    hits
}

/// Whether the line contains the same address with `https` as well: it distinguishes the two, or replaces one by the
/// other.
fn has_https_beside(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static HTTPS = r"(?i)https:(?:\\?/){2}api\.cloudflare\.com";
    }
    if !input.text.get(span).get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"http:")) {
        return false;
    }
    let line = input.text.line_near(span.start);
    let near = around(input.text, span, 200);
    HTTPS
        .is_match(input.text.get(Span::new(near.start.max(line.start), near.end.min(line.end.max(span.end)))))
}

/// Whether three plain words follow: then the address is quoted in a sentence.
fn in_message(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static WORDS = r"^(?: [a-z]+){3}";
    }
    WORDS.is_match(input.text.get(Span::new(span.end, around(input.text, span, 100).end)))
}

/// Whether the place is in brackets on its line together with a host that is not the API's.
fn is_of_another_host(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        // A host that is known only at run time may be the API's.
        static HOST = r#"(?i)host(?:name)?["']?\s*(?:=>|[:=])\s*["'][a-z0-9]"#;
    }
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

/// Whether the host goes on: `api.cloudflare.com.example.org` belongs to someone else.
fn has_longer_host(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static HOST = r"(?i)cloudflare\.com\.[a-z0-9]";
    }
    HOST.is_match(input.text.get(span))
}

fn first_word(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !is_word(*b)).unwrap_or(bytes.len());
    &bytes[..end]
}

/// Whether another host is closer to the place than an address of the API.
fn other_host_closer(input: &Input<'_>, span: Span, near: Span) -> bool {
    fixed! {
        static ANY = r#"(?i)https?://[\w.-]+|["'][\w-]+(?:\.[\w-]+)+["']|api\.cloudflare\.com"#;
    }
    let distance = |m: &regex::bytes::Match<'_>| {
        let (start, end) = (near.start + m.start(), near.start + m.end());
        if end <= span.start { span.start - end } else { start.saturating_sub(span.end) }
    };
    let nearest = ANY.find_iter(input.text.get(near)).min_by_key(distance);
    nearest.is_some_and(|m| !contains(m.as_bytes(), b"cloudflare"))
}

/// Returns the host in `NAME = "api.cloudflare.com"` anywhere in the file; of a dotted name, the last part counts.
pub(super) fn defined_host(bytes: &[u8], name: &[u8]) -> Option<Span> {
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

/// Whether the address is a link for people to follow, with which no credential is sent.
fn is_link(input: &Input<'_>, span: Span) -> bool {
    let line = input.text.line_near(span.start);
    let before = &input.text.bytes()[line.start..span.start];
    let before = before.trim_ascii_end();
    let bare = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    bare.ends_with(b"href=") || bare.ends_with(b"href={")
}

/// Whether the address is an XML namespace, a JSON-LD context or a schema id. These are names, not addresses.
fn is_namespace(input: &Input<'_>, span: Span) -> bool {
    let line = input.text.line_near(span.start);
    let before = input.text.get(Span::new(line.start, span.start)).to_ascii_lowercase();
    [&b"xmlns"[..], b"$schema", b"@context", b"\"$id\"", b"schemalocation", b"namespace"]
        .iter()
        .any(|word| memmem::find(&before, word).is_some())
}

#[cfg(test)]
mod tests;
