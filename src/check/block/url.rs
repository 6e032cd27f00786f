//! Credentials in addresses: in the query or before the host. Addresses end up in logs, histories and referrers.

use std::cell::LazyCell;
use std::collections::HashSet;

use memchr::{memchr, memchr_iter, memchr2_iter, memmem};

use super::taint::tainted;
use super::{Detection, is_comment, matches};
use crate::blob::PREFIXES;
use crate::check::{Candidate, Input, Sign, fixed, named, value};
use crate::fact::credential::{is_credential, mentions_any};
use crate::fact::place::is_test;
use crate::fact::words::{is_word, words};
use crate::fact::{brackets, lines};
use crate::literals::contains;
use crate::rule::{Confidence, Randomness};
use crate::span::Span;

mod formats;
mod parameters;

fixed! {
    /// A query parameter named after a secret, with its address.
    static QUERY = r#"(?xi)(?:https?|wss?)://(?<host>[^\s/"'`<>?]+)(?<path>(?:[^\s"'`<>]|<\w+>)*?)[?&](?<name>[\w.-]*(?:token|key|secret|tkn|auth|password|bearer|credential)[\w-]*)=
        (?<value>(?:["'\s]*\+|["']\s*\.)\s*[\w.$\[\]"']+ | \$?\{\{?\s*[^}\n]+\}\}? | \#\{[^}\n]+\} | \$\(?\w+\)?(?::\w+)? | %[sv] | [^\s"'`<>&\#]{8,})"#;

    /// A query without its address, which is in a variable or another string: `f"{BASE}?token={token}"`,
    /// `'?secret=' . $secret`.
    static OPEN_QUERY = r#"(?xi)[?&](?<name>[\w.-]*(?:token|key|secret|tkn|password|bearer|credential)[\w-]*)=
        (?<value>["'`]\s*[+.]\s*[\w.$(\[>-]+ | \$?\{\{?\s*[^}\n]+\}\}? | \#\{[^}\n]+\} )"#;

    /// A user or password before a host.
    static USER = r#"(?xi)\b[a-z][a-z0-9+.-]+://(?:(?:\$?\{[^}\n]+\}|\#\{[^}\n]+\}|[^\s/"'`<>:@${}]*):)?(?<value>\$?\{\{?\s*[^}\n]+\}\}?|\$\w+|[^\s/"'`<>:@${}]{20,})@(?<host>[^\s/"'`<>]+)"#;
}

/// `variant = "credential-in-url"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
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
    let places: Vec<usize> = parameter_places(bytes).collect();
    let (parameters, users) =
        (zones_around(bytes, places.iter().copied()), zones_around(bytes, user_places(bytes)));
    let query = matches(&QUERY, bytes, &parameters).map(|groups| (groups, false));
    let user = matches(&USER, bytes, &users).map(|groups| (groups, true));
    let open = matches(&OPEN_QUERY, bytes, &parameters).map(|groups| (groups, false));
    let mut done: Vec<Span> = Vec::new();
    for span in formats::formats(bytes, places.into_iter(), &known) {
        if !is_comment(input.text.get(input.text.line_near(span.start))) && !is_test(input.path) {
            done.push(span);
            out.push(Candidate::new(detection.rule, span, Confidence::High));
        }
    }
    for (groups, before_host) in query.chain(user).chain(open) {
        let place = named(&groups, "value");
        let host = groups.name("host");
        let name = groups.name("name").map_or(&b""[..], |m| m.as_bytes());
        let span = Span::from(place);
        let starts = groups.get_match().start();
        if done.iter().any(|other| other.overlaps(span)) || host.is_none() && !is_query(bytes, starts) {
            continue;
        }
        // A test looks at an address that is made from a variable.
        if is_test(input.path) && place.as_bytes().iter().any(|b| matches!(b, b'$' | b'{')) {
            continue;
        }
        let host = host.map_or(&b""[..], |host| host.as_bytes());
        // `"…?token=" + os.Getenv("CF_API_TOKEN")`
        let read = bytes[span.end..].starts_with(b"(") && READS.is_match(place.as_bytes());
        let (place, span) = if read {
            let end = brackets::close(bytes, span.end, span.end + READ) + 1;
            (&bytes[span.start..end.min(bytes.len())], Span::new(span.start, end.min(bytes.len())))
        } else {
            (place.as_bytes(), span)
        };
        let by_name = before_host || host.is_empty();
        if !(is_credential_value(place, name, host) || by_name && holds(place, &known))
            || is_comment(input.text.get(input.text.line_near(span.start)))
        {
            continue;
        }
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        if before_host {
            candidate.message = Some("Cloudflare credential before the host of a URL".to_owned());
        }
        if !place.contains(&b'$') && !place.contains(&b'{') && !read {
            candidate.secrets.push(span);
        }
        done.push(span);
        out.push(candidate);
    }
}

/// Whether a parameter belongs to an address rather than to a form: there is a question mark in the same string, or in
/// one before it that it is joined to (`'…?user=' . $user . '&token=' . $token`).
fn is_query(bytes: &[u8], at: usize) -> bool {
    fixed! {
        static JOINED = r#"\?[\w.-]+=["'`]\s*[+.][^;]*[+.]\s*["'`]$"#;
    }
    let line = bytes[at.saturating_sub(LONGEST)..=at].iter().rev();
    let own = line.take_while(|b| !matches!(b, b'"' | b'\'' | b'`' | b'\n'));
    own.into_iter().any(|b| *b == b'?')
        || bytes[at] == b'&' && JOINED.is_match(lines::before(bytes, at, LONGEST))
}

/// Whether an inserted expression contains a name that holds a credential.
fn holds(text: &[u8], known: &HashSet<Vec<u8>>) -> bool {
    let words = text.split(|b| !is_word(*b));
    text.iter().any(|b| matches!(b, b'$' | b'{' | b'+' | b'.'))
        && words.into_iter().any(|word| known.contains(word))
}

fixed! {
    /// The end of a function that reads a variable of the environment or of the configuration.
    static READS = r"(?i)(?:env\w*|environ|config|settings?)(?:\.get)?$";
}

/// How long the arguments of such a function may be, in bytes.
const READ: usize = 120;

/// How long an address may be, in bytes.
const LONGEST: usize = 800;

/// Returns the places of parameters whose names suggest a secret: `?token=`, `&api_key=`.
fn parameter_places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const SECRET: &[&[u8]] =
        &[b"token", b"key", b"secret", b"tkn", b"auth", b"password", b"bearer", b"credential"];
    memchr2_iter(b'?', b'&', bytes).filter(|at| {
        let rest = &bytes[at + 1..];
        let named = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let name = &rest[..rest.iter().take_while(named).count()];
        rest.get(name.len()) == Some(&b'=') && SECRET.iter().any(|word| contains(name, word))
    })
}

/// Returns the places of addresses that may have a user before the host: an `@` follows on the line.
fn user_places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memmem::find_iter(bytes, b"://").filter(|at| {
        let rest = &bytes[*at..bytes.len().min(at + LONGEST)];
        memchr(b'@', &rest[..memchr(b'\n', rest).unwrap_or(rest.len())]).is_some()
    })
}

/// Returns the zones that may be an address around the places, which are in order: from the beginning of the string to
/// the end of the next line. Overlapping zones are merged.
fn zones_around(bytes: &[u8], places: impl Iterator<Item = usize>) -> Vec<Span> {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`');
    let mut out: Vec<Span> = Vec::new();
    for place in places {
        let before = &bytes[place.saturating_sub(2 * LONGEST)..place];
        let start = place - before.iter().rev().take_while(|b| !ends(b)).count();
        let after = &bytes[place..bytes.len().min(place + LONGEST)];
        let end = place + memchr_iter(b'\n', after).nth(1).unwrap_or(after.len());
        match out.last_mut() {
            Some(last) if start <= last.end => last.end = end.max(last.end),
            _ => out.push(Span::new(start, end)),
        }
    }
    out
}

/// Whether the value of a parameter, or of a user before a host, is a Cloudflare credential. For an expression its
/// names and the host decide, for a literal its prefix or its look.
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
    let prefixed = PREFIXES.iter().any(|prefix| text.starts_with(prefix.as_bytes()));
    let random = value::looks_random(Randomness::Token, text) && text.len() >= 32
        || (text.len() >= 37
            && value::looks_random(Randomness::Hex, text)
            && text.iter().all(u8::is_ascii_hexdigit));
    (prefixed && !value::is_placeholder(&text[4..])) || (random && (api || is_credential(name)))
}

/// Whether a parameter named like a token is harmless: a page token, a cursor, a site key.
fn is_public(name: &[u8]) -> bool {
    let public = ["page", "next", "cursor", "continuation", "csrf", "cache", "sync", "state", "site"];
    words(name).split(' ').any(|word| public.contains(&word))
}

fn mentions_credential(text: &[u8]) -> bool {
    fixed! {
        static CHAIN = r"[A-Za-z_][\w.]*";
    }
    mentions_any(text) || CHAIN.find_iter(text).any(|m| is_credential(m.as_bytes()))
}
