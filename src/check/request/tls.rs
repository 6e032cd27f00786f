//! Certificate checks turned off for a client that talks to the API.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::super::{Candidate, Detection, Input, expression};
use super::{API, spans};
use crate::fact::place::{around, in_comment, in_prose, is_prose};
use crate::fact::setting::about;
use crate::literals::{Literals, contains};
use crate::span::Span;

/// The switches, language by language; words first, so that one pass finds them all.
static SWITCH: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?i)(?P<span>"#,
        r#"\bcurl\b(?:[^\n|;&]|\\\r?\n){0,300}?\s(?:(?-i:-[a-zA-Z]*k[a-zA-Z]*)|--insecure|--proxy-insecure|--doh-insecure)(?:[\s"'\\]|$)"#,
        r#"|--no-check-certificate|check_certificate\s*=\s*off|--check-certificate=false|--no-verify-ssl|--insecure-tls|--no-verify-peer|--verify[= ]no\b"#,
        r#"|\bverify["']?\s*(?:=>|[:=])\s*(?:False|0)\b|\bverify_?ssl["']?\s*(?:=>|[:=])\s*(?:False|0)\b|\bssl\s*=\s*False\b|ssl_verify["']?\s*(?:=>|[:=])\s*(?:false|0)\b"#,
        r#"|_create_unverified_context|CERT_NONE|check_hostname\s*=\s*False|PYTHONHTTPSVERIFY["']?\]?\s*=\s*["']?0|SSL_VERIFYPEER\s*,\s*(?:0|false)|(?:CURL|REQUESTS)_CA_BUNDLE["']?\]?\s*=\s*["']{2}"#,
        r#"|rejectUnauthorized["']?\s*[:=]\s*(?:false|0)\b|NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s*[:=]\s*["']?0|strict-?SSL["']?\s*[:=]\s*false|--unsafely-ignore-certificate-errors"#,
        r#"|InsecureSkipVerify\s*[:=]\s*true|danger_accept_invalid_(?:certs|hostnames)\(\s*true|disable_verification\(\s*true|SslVerifyMode::NONE|(?-i:DANGER_ACCEPT_INVALID_CERTS)|\.dangerous\(\)|tls_danger_accept"#,
        r#"|CURLOPT_SSL_VERIFY(?:PEER|HOST)["']?\s*(?:,|=>|\]?\s*=)\s*(?:false|0L?)\b|verify_peer(?:_name)?["']?\s*=>\s*false|sslverify["']?\s*=>\s*false|withoutVerifying\(\)"#,
        r#"|VERIFY_NONE|verify_hostname\s*=>\s*0|SSL_verify_mode\s*=>\s*0|PERL_LWP_SSL_VERIFY_HOSTNAME["']?\}?\s*=\s*["']?0|verify:\s*:?verify_none|\{verify,\s*verify_none\}|verify\s*=\s*"none"|\binsecure:\s*true"#,
        r#"|NoopHostnameVerifier|ALLOW_ALL_HOSTNAME_VERIFIER|TrustAllStrategy|TrustSelfSignedStrategy|set(?:Default)?HostnameVerifier\(\s*\([^)]*\)\s*->\s*true|hostnameVerifier\s*\{\s*_,\s*_\s*->\s*true|X509TrustManager"#,
        r#"|ServerCertificateCustomValidationCallback\s*\+?=[^\n]{0,80}true|DangerousAcceptAnyServerCertificateValidator|ServerCertificateValidationCallback\s*\+?=[^\n]{0,80}true|-SkipCertificateCheck\b"#,
        r#"|validate_certs["']?\s*[:=]\s*["']?(?:no|false)\b|\binsecure\s*=\s*true|insecure_?skip_?(?:tls_?)?verify["']?\s*[:=]\s*["']?true|--insecure-skip-tls-verify|proxy_ssl_verify\s+off|tls_insecure_skip_verify|tlsSkipVerify["']?\s*[:=]\s*true"#,
        r#"|\bssl_verify(?:peer|host)\s*=\s*(?:FALSE|0)\b|:insecure\?\s+true|(?m:^[ \t]*insecure[ \t]*\r?$)|GIT_SSL_NO_VERIFY\s*=\s*["']?(?:1|true)|sslVerify\s*[= ]\s*false|validateSSL["']?\s*:\s*false|verifyHostCertificate["']?\s*:\s*false|cacert\s+'IGNORE'"#,
        r#")"#
    ))
    .expect("a fixed expression")
});

/// Pieces of which every switch holds one, in the ways people capitalise them: most texts hold none.
static HINTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "nsecure",
        "NSECURE",
        "verif",
        "Verif",
        "VERIF",
        "no-check-cert",
        "check_cert",
        "check-cert",
        "check_host",
        "CERT_NONE",
        "CA_BUNDLE",
        "nauthorized",
        "NAUTHORIZED",
        "trict-ssl",
        "trict-SSL",
        "trictSSL",
        "trictSsl",
        "unsafely",
        "danger",
        "Danger",
        "DANGER",
        "TrustAll",
        "TrustSelf",
        "TrustManager",
        "ertificateVal",
        "ertificateCust",
        "SkipCert",
        "validate_cert",
        "validateSSL",
        "'IGNORE'",
        "ssl",
        "curl",
    ])
});

/// Any address or host name, and names that hold one.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)https?://[^\s"'`<>)\\]+|["'][a-z0-9-]+(?:\.[a-z0-9-]+)+\.?(?:/[^"']*)?["']|api(?:\.fed)?\.cloudflare\.com"#).expect("a fixed expression")
});

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)\b(?P<name>[A-Za-z_]\w*)["']?\s*(?::\s*[\w&]+\s*)?(?:=>|:=|[:=])\s*[&fbru]?["'`]?(?P<url>https?://[^\s"'`]+|api\.cloudflare\.com[^\s"'`]*)"#)
        .expect("a fixed expression")
});

pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    if HINTS.find(bytes, 0).is_none() {
        return;
    }
    let switches = spans(&SWITCH, input);
    if switches.is_empty() {
        return;
    }
    let addresses = addresses(bytes);
    let mut kept: Vec<Span> = Vec::new();
    for switch in switches {
        let near_origin = {
            let line = input.text.line_near(switch.start);
            let around = &bytes[line.start.saturating_sub(200)..line.end];
            contains(around, b"originrequest") || contains(around, b"notlsverify")
        };
        if near_origin
            || in_comment(input.text, switch.start, input.path)
            || in_prose(input.text, switch.start, input.path)
        {
            continue;
        }
        if is_inline_code(input, switch) {
            continue;
        }
        let found = by_name(input, switch).map(|place| (place, true));
        let Some((place, ours)) = found.or_else(|| target(input, switch, &addresses)) else { continue };
        // One client has several switches side by side.
        if !ours
            || kept
                .iter()
                .any(|k| input.text.line_index(k.start).abs_diff(input.text.line_index(switch.start)) <= 3)
        {
            continue;
        }
        kept.push(switch);
        let span = narrow(input, switch);
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        if !place.overlaps(span) {
            found.labels.push((place, String::from("the API it talks to")));
        }
        out.push(found);
    }
}

/// The switch is named in running text, in code marks of its own that hold no address.
fn is_inline_code(input: &Input<'_>, switch: Span) -> bool {
    if !is_prose(input.path) {
        return false;
    }
    let line = input.text.line_near(switch.start);
    let line = Span::new(line.start.max(switch.start.saturating_sub(500)), line.end.max(switch.start));
    let mark = |b: &u8| *b == b'`';
    let before = input.text.get(Span::new(line.start, switch.start));
    let behind = input.text.get(Span::new(switch.start, line.end.min(switch.start + 500)));
    let (Some(open), Some(close)) = (before.iter().rposition(mark), behind.iter().position(mark)) else {
        return false;
    };
    let open_marks = before.iter().filter(|b| mark(b)).count();
    open_marks % 2 == 1 && !API.is_match(input.text.get(Span::new(line.start + open, switch.start + close)))
}

/// What the switch is for where no address says so: a dynamic DNS entry, or a command that talks to the API.
fn by_name(input: &Input<'_>, switch: Span) -> Option<Span> {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)\b(?:wrangler|flarectl)(?:@[\w.]+)? [a-z]|uses:\s*cloudflare/wrangler-action")
            .expect("a fixed expression")
    });
    let bytes = input.text.bytes();
    let own = input.text.get(switch).to_ascii_lowercase();
    if own.starts_with(b"node_tls") {
        let mut near = around(input.text, switch, 300);
        // In the scripts of a package.json each string is a command of its own.
        if input.path.file_name().ends_with(b".json") {
            let quote = |b: &u8| *b == b'"';
            let before = bytes[near.start..switch.start].iter().rposition(quote).map_or(0, |at| at + 1);
            let after = bytes[switch.end..near.end].iter().position(quote).unwrap_or(near.end - switch.end);
            near = Span::new(near.start + before, switch.end + after);
        }
        let command = COMMAND.find(input.text.get(near))?;
        return Some(Span::new(near.start + command.start(), near.start + command.end()));
    }
    if own.starts_with(b"insecureskipverify")
        || own.starts_with(b"rejectunauthorized")
        || own.starts_with(b"verify")
    {
        static SDK: LazyLock<Regex> = LazyLock::new(|| {
            expression(r"\bcloudflare\.New\w*\(|\bnew Cloudflare\(|\bCloudflare\(")
                .expect("a fixed expression")
        });
        let near = around(input.text, switch, 400);
        let call = SDK.find(input.text.get(near))?;
        return Some(Span::new(near.start + call.start(), near.start + call.end()));
    }
    if own.starts_with(b"cacert") {
        return about(bytes, switch).filter(|value| input.text.get(*value).starts_with(b"cloudflare"));
    }
    None
}

/// Of a whole command only the switch.
fn narrow(input: &Input<'_>, switch: Span) -> Span {
    let bytes = input.text.get(switch).trim_ascii_end();
    let bytes = bytes
        .strip_suffix(b"\"")
        .or(bytes.strip_suffix(b"'"))
        .or(bytes.strip_suffix(b"\\"))
        .unwrap_or(bytes)
        .trim_ascii_end();
    if !bytes.to_ascii_lowercase().starts_with(b"curl") {
        return Span::new(switch.start, switch.start + bytes.len());
    }
    let word = bytes.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    Span::new(switch.start + word, switch.start + bytes.len())
}

/// All addresses and uses of names that hold one, in order, with whether they are the API's.
fn addresses(bytes: &[u8]) -> Vec<(Span, bool)> {
    let mut out: Vec<(Span, bool)> = ADDRESS
        .find_iter(bytes)
        .map(|m| (Span::new(m.start(), m.end()), API.is_match(m.as_bytes())))
        .collect();
    for groups in NAMED.captures_iter(bytes).take(50) {
        let (Some(name), Some(url)) = (groups.name("name"), groups.name("url")) else { continue };
        if name.len() < 3 {
            continue;
        }
        let ours = API.is_match(url.as_bytes());
        let mut from = groups.get(0).map_or(0, |m| m.end());
        while let Some(at) =
            bytes[from..].windows(name.len()).position(|w| w == name.as_bytes()).filter(|_| out.len() < 2000)
        {
            let start = from + at;
            out.push((Span::new(start, start + name.len()), ours));
            from = start + name.len();
        }
    }
    out.sort_by_key(|(span, _)| span.start);
    out
}

/// What the switch is for: an address in its own statement, else the nearest, else that of the file.
fn target(input: &Input<'_>, switch: Span, addresses: &[(Span, bool)]) -> Option<(Span, bool)> {
    static OTHER_CLIENT: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)\b(?:new\s+pool|createpool|postgres\w*|pg|mysql\w*|redis|ioredis|mongo\w*|sequelize|knex|typeorm|datasource|amqp\w*|ldap\w*|smtp\w*|nodemailer|createTransport|imap\w*|mqtt|kafka\w*|database_url|connectionString)\b")
            .expect("a fixed expression")
    });
    let own = statement(input, switch);
    // Databases and mail servers are no web clients.
    if OTHER_CLIENT.is_match(input.text.get(own)) && !API.is_match(input.text.get(own)) {
        return None;
    }
    let mut inside: Vec<&(Span, bool)> = within(addresses, own).collect();
    if inside.iter().any(|(_, ours)| *ours) {
        inside.retain(|(_, ours)| *ours);
    }
    if let Some(found) = inside.first() {
        return Some(**found);
    }
    // A flag concerns its own command only, or what the command is handed whole: `@params`.
    if input.text.get(switch).starts_with(b"-") {
        let name = SPLAT.captures(input.text.get(own))?.name("name")?.as_bytes();
        return of_settings(input, name, addresses);
    }
    // What has a name concerns what it is used for.
    if let Some(groups) = NAME.captures(input.text.get(Span::new(own.start, switch.start)))
        && let Some(name) = groups.name("name")
        && let Some(found) = of_uses(input, name.as_bytes(), own, addresses)
    {
        return Some(found);
    }
    // A client is configured before it is used.
    let distance = |span: &Span| {
        if span.start >= switch.end {
            span.start - switch.end
        } else {
            (switch.start - span.end.min(switch.start)) * 2
        }
    };
    let next = addresses.partition_point(|(span, _)| span.start < switch.end);
    let beside = addresses[..next].last().into_iter().chain(addresses.get(next));
    beside.min_by_key(|(span, _)| distance(span)).copied()
}

static SPLAT: LazyLock<Regex> =
    LazyLock::new(|| expression(r"\s@(?P<name>[A-Za-z_]\w*)").expect("a fixed expression"));

/// A statement that gives its value to a name or to a part of what has the name: `const agent = …`, `tls.verify = …`.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"^\s*(?:(?:const|let|mut|var|val|final|auto|my|local|static|private|readonly)\s+)*[$@]?(?P<name>[A-Za-z_]\w*)(?:(?:\.|->)\w+)*\s*(?::[^=\n]{1,60})?:?=[^=>]")
        .expect("a fixed expression")
});

/// How long a request may be that uses what has a name, in bytes on each side.
const REQUEST: usize = 300;
/// At most this many uses of a name are looked at.
const USES: usize = 50;

/// The address in the table of parameters with that name.
fn of_settings(input: &Input<'_>, name: &[u8], addresses: &[(Span, bool)]) -> Option<(Span, bool)> {
    let bytes = input.text.bytes();
    let places = memmem::find_iter(bytes, name).filter(|at| *at > 0 && bytes[at - 1] == b'$');
    let table = places.map(|at| Span::new(at, at + name.len())).find(|place| {
        bytes[place.end..]
            .trim_ascii_start()
            .strip_prefix(b"=")
            .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"@{"))
    })?;
    within(addresses, statement(input, table)).next().copied()
}

/// The address of a request that what has the name makes or is handed to; one of the API, if there are several.
fn of_uses(input: &Input<'_>, name: &[u8], own: Span, addresses: &[(Span, bool)]) -> Option<(Span, bool)> {
    let bytes = input.text.bytes();
    let word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let places = memmem::find_iter(bytes, name).map(|at| Span::new(at, at + name.len()));
    let alone = |place: &Span| !word(place.end) && (place.start == 0 || !word(place.start - 1));
    let requests = places
        .filter(|place| alone(place) && !own.contains(*place))
        .take(USES)
        .filter_map(|place| request(bytes, place));
    let mut found: Vec<(Span, bool)> = requests.flat_map(|call| within(addresses, call)).copied().collect();
    found.sort_by_key(|(_, ours)| !ours);
    found.first().copied()
}

/// The arguments of the call that is made on what stands at the place, or that it is an argument of.
fn request(bytes: &[u8], place: Span) -> Option<Span> {
    let behind = &bytes[place.end..bytes.len().min(place.end + REQUEST)];
    let member = behind
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'>' | b'?')));
    let open = match member {
        Some(end) if end > 1 && behind[end] == b'(' => place.end + end,
        _ => {
            let floor = place.start.saturating_sub(REQUEST);
            let mut depth = 0_i32;
            floor
                + bytes[floor..place.start].iter().rposition(|b| {
                    depth += balance(&[*b]);
                    *b == b'(' && depth > 0
                })?
        }
    };
    let limit = bytes.len().min(open.max(place.end) + REQUEST);
    let mut depth = 0_i32;
    let close = bytes[open..limit].iter().position(|b| {
        depth += balance(&[*b]);
        depth == 0
    });
    Some(Span::new(open, close.map_or(limit, |length| open + length)))
}

/// The addresses that start within the span, or shortly before it and reach into it; they are in order.
fn within(addresses: &[(Span, bool)], span: Span) -> impl Iterator<Item = &(Span, bool)> {
    let from = addresses.partition_point(|(place, _)| place.start + STATEMENT < span.start);
    let to = addresses.partition_point(|(place, _)| place.start < span.end);
    addresses[from..to.max(from)].iter().filter(move |(place, _)| place.overlaps(span))
}

/// How much of a statement is looked at on each side, in bytes: a line may be a whole file long.
const STATEMENT: usize = 3000;

/// The lines of the statement: over continuations and open brackets, at most 25 lines each way.
fn statement(input: &Input<'_>, span: Span) -> Span {
    let text = input.text;
    let (mut first, mut last) =
        (text.line_index(span.start), text.line_index(span.end.saturating_sub(1).max(span.start)));
    let line = |index: usize| text.line_at(index).map(|l| text.get(l).trim_ascii_end());
    let mut depth = 0_i32;
    for _ in 0..25 {
        let Some(previous) = first.checked_sub(1).and_then(line) else { break };
        let current = line(first).unwrap_or_default();
        depth += balance(if first == last { &current[..current.len().min(STATEMENT)] } else { b"" });
        let goes_on = matches!(previous.last(), Some(b'\\' | b'`' | b'(' | b'{' | b'[' | b',' | b'^'))
            && !previous.starts_with(b"}");
        if !goes_on || (previous.ends_with(b"{") && is_block(previous)) {
            break;
        }
        first -= 1;
    }
    for _ in 0..25 {
        let current = line(last).unwrap_or_default();
        let Some(_) = line(last + 1) else { break };
        if !matches!(current.last(), Some(b'\\' | b'`' | b'(' | b'{' | b'[' | b',' | b'^')) && depth <= 0 {
            break;
        }
        if !matches!(current.last(), Some(b'\\' | b'`' | b'(' | b'{' | b'[' | b',' | b'^')) {
            break;
        }
        last += 1;
    }
    let start = text.line_at(first).map_or(span.start, |l| l.start).max(span.start.saturating_sub(STATEMENT));
    let end = text.line_at(last).map_or(span.end, |l| l.end).min(span.end + STATEMENT);
    Span::new(start.min(span.start), end.max(span.end))
}

fn balance(line: &[u8]) -> i32 {
    line.iter()
        .map(|b| match b {
            b'(' | b'[' | b'{' => 1,
            b')' | b']' | b'}' => -1,
            _ => 0,
        })
        .sum()
}

/// A line that opens a body rather than a value.
fn is_block(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii_start();
    [
        &b"func "[..],
        b"function ",
        b"if ",
        b"for ",
        b"class ",
        b"fn ",
        b"pub ",
        b"async ",
        b"def ",
        b"public ",
        b"private ",
        b"else",
        b"try",
    ]
    .iter()
    .any(|w| trimmed.starts_with(w))
}
