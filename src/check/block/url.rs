//! A credential in an address: in the query or before the host. Addresses end up in logs, histories and referrers.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memchr2_iter, memmem};
use regex::bytes::Regex;

use super::taint::tainted;
use super::{Detection, is_comment};
use crate::check::{Candidate, Input, Sign, expression, value};
use crate::fact::credential::{is_credential, mentions};
use crate::fact::words::words;
use crate::literals::contains;
use crate::rule::{Confidence, Randomness};
use crate::span::Span;

mod parameters;

static QUERY: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?xi)(?:https?|wss?)://(?<host>[^\s/"'`<>?]+)(?<path>[^\s"'`<>]*?)[?&](?<name>[\w.-]*(?:token|key|secret|tkn|auth|password|bearer|credential)[\w-]*)=
        (?<value>["'\s]*\+\s*[\w.$\[\]"']+ | \$?\{\{?\s*[^}\n]+\}\}? | \#\{[^}\n]+\} | \$\(?\w+\)?(?::\w+)? | %[sv] | [^\s"'`<>&\#]{8,})"#,
    )
    .expect("a fixed expression")
});

/// A query whose address stands elsewhere, or in the string before: `f"{BASE}?token={token}"`, `'?secret=' . $secret`.
static OPEN_QUERY: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?xi)[?&](?<name>[\w.-]*(?:token|key|secret|tkn|password|bearer|credential)[\w-]*)=
        (?<value>["'`]\s*[+.]\s*[\w.$(\[>-]+ | \$?\{\{?\s*[^}\n]+\}\}? | \#\{[^}\n]+\} )"#,
    )
    .expect("a fixed expression")
});

static USER: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?xi)\b[a-z][a-z0-9+.-]+://(?:(?:\$?\{[^}\n]+\}|\#\{[^}\n]+\}|[^\s/"'`<>:@${}]*):)?(?<value>\$?\{\{?\s*[^}\n]+\}\}?|\$\w+|[^\s/"'`<>:@${}]{20,})@(?<host>[^\s/"'`<>]+)"#,
    )
    .expect("a fixed expression")
});

/// `variant = "credential-in-url"`.
pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    let names = input.names_credential();
    let known = LazyCell::new(|| tainted(bytes));
    if names {
        for span in parameters::parameters(bytes, &known) {
            if !is_comment(input.text.get(input.text.line_near(span.start))) {
                out.push(Candidate::new(detection.rule, span, Confidence::High));
            }
        }
    }
    if !(names || input.signs.any(&[Sign::Site, Sign::Prefix])) {
        return;
    }
    let (parameters, users) = (has_parameter(bytes), has_user(bytes));
    if !(parameters || users) || !has_address(bytes) {
        return;
    }
    let every = |pattern: &'static LazyLock<Regex>, wanted: bool| {
        wanted.then(|| pattern.captures_iter(bytes)).into_iter().flatten()
    };
    let query = every(&QUERY, parameters).map(|groups| (groups, false));
    let user = every(&USER, users).map(|groups| (groups, true));
    let open = every(&OPEN_QUERY, parameters).map(|groups| (groups, false));
    let mut done: Vec<Span> = Vec::new();
    for (groups, before_host) in query.chain(user).chain(open) {
        let place = groups.name("value").expect("always takes part");
        let host = groups.name("host");
        let name = groups.name("name").map_or(&b""[..], |m| m.as_bytes());
        let span = Span::new(place.start(), place.end());
        let starts = groups.get(0).map_or(span.start, |m| m.start());
        if done.iter().any(|other| other.overlaps(span)) || host.is_none() && !is_query(bytes, starts) {
            continue;
        }
        let host = host.map_or(&b""[..], |host| host.as_bytes());
        let by_name = before_host || host.is_empty();
        if !(is_credential_value(place.as_bytes(), name, host) || by_name && holds(place.as_bytes(), &known))
            || is_comment(input.text.get(input.text.line_near(span.start)))
        {
            continue;
        }
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        if before_host {
            candidate.message = Some("Cloudflare credential before the host of a URL".to_owned());
        }
        if !place.as_bytes().contains(&b'$') && !place.as_bytes().contains(&b'{') {
            candidate.secrets.push(span);
        }
        done.push(span);
        out.push(candidate);
    }
}

/// Whether a parameter is one of an address rather than of a form: the question mark stands in the same string.
fn is_query(bytes: &[u8], at: usize) -> bool {
    let line = bytes[at.saturating_sub(LONGEST)..=at].iter().rev();
    let own = line.take_while(|b| !matches!(b, b'"' | b'\'' | b'`' | b'\n'));
    own.into_iter().any(|b| *b == b'?')
}

/// Whether what is put in has a name that stands for a credential.
fn holds(text: &[u8], known: &HashSet<Vec<u8>>) -> bool {
    let words = text.split(|b| !b.is_ascii_alphanumeric() && *b != b'_');
    text.iter().any(|b| matches!(b, b'$' | b'{' | b'+' | b'.'))
        && words.into_iter().any(|word| known.contains(word))
}

/// How long an address may be, in bytes.
const LONGEST: usize = 800;

/// Whether any address has a query or somebody before its host: few texts get further.
fn has_address(bytes: &[u8]) -> bool {
    let end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>');
    let whole = memmem::find_iter(bytes, b"://").any(|at| {
        let mut address = bytes[at..].iter().take(LONGEST).take_while(|b| !end(b));
        address.any(|b| matches!(b, b'?' | b'&' | b'@'))
    });
    // A query of its own, behind a name or another string.
    whole || memchr_iter(b'?', bytes).any(|at| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic))
}

/// Whether a parameter anywhere has a name that a secret may have: `?token=`, `&api_key=`.
fn has_parameter(bytes: &[u8]) -> bool {
    const SECRET: &[&[u8]] =
        &[b"token", b"key", b"secret", b"tkn", b"auth", b"password", b"bearer", b"credential"];
    memchr2_iter(b'?', b'&', bytes).any(|at| {
        let rest = &bytes[at + 1..];
        let named = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let name = &rest[..rest.iter().take_while(named).count()];
        rest.get(name.len()) == Some(&b'=') && SECRET.iter().any(|word| contains(name, word))
    })
}

/// Whether a line has anybody before the host of an address.
fn has_user(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"://").any(|at| {
        let rest = &bytes[at..bytes.len().min(at + LONGEST)];
        memchr(b'@', &rest[..memchr(b'\n', rest).unwrap_or(rest.len())]).is_some()
    })
}

fn is_credential_value(text: &[u8], name: &[u8], host: &[u8]) -> bool {
    let api = contains(host, b"api.cloudflare.com") || contains(host, b"www.cloudflare.com");
    let dynamic =
        text.first().is_some_and(|b| matches!(b, b'$' | b'{' | b'#' | b'%' | b'"' | b'\'' | b'+' | b' '));
    if dynamic {
        if is_public(name) {
            return false;
        }
        let public = words(name);
        if contains(host, b"challenges.cloudflare.com") && public == "secret" {
            return true;
        }
        return mentions_credential(text) || (api && !public.contains("site") && !public.contains("id"));
    }
    let prefixed =
        [&b"cfut_"[..], b"cfat_", b"cfk_", b"cfast_", b"cfoat_"].iter().any(|p| text.starts_with(p));
    let random = value::looks_random(Randomness::Token, text) && text.len() >= 32
        || (text.len() >= 37
            && value::looks_random(Randomness::Hex, text)
            && text.iter().all(u8::is_ascii_hexdigit));
    (prefixed && !value::is_placeholder(&text[4..])) || (random && (api || is_credential(name)))
}

/// Where a list goes on is no secret.
fn is_public(name: &[u8]) -> bool {
    let public = ["page", "next", "cursor", "continuation", "csrf", "cache", "sync", "state", "site"];
    words(name).split(' ').any(|word| public.contains(&word))
}

fn mentions_credential(text: &[u8]) -> bool {
    static CHAIN: LazyLock<Regex> =
        LazyLock::new(|| expression(r"[A-Za-z_][\w.]*").expect("a fixed expression"));
    mentions(text) || CHAIN.find_iter(text).any(|m| is_credential(m.as_bytes()))
}
