//! What a connection is for: the address in its own statement, in the requests of what has its name, or the nearest.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::API;
use crate::check::{Input, expression};
use crate::span::Span;

/// Any address or host name, and names that hold one.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)https?://[^\s"'`<>)\\]+|["'][a-z0-9-]+(?:\.[a-z0-9-]+)+\.?(?:/[^"']*)?["']|api(?:\.fed)?\.cloudflare\.com"#).expect("a fixed expression")
});

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)\b(?P<name>[A-Za-z_]\w*)["']?\s*(?::\s*[\w&]+\s*)?(?:=>|:=|[:=])\s*[^\n"'`=$/]{0,80}?[&fbru]?["'`]?(?P<url>https?://[^\s"'`]+|api\.cloudflare\.com[^\s"'`]*)"#)
        .expect("a fixed expression")
});

/// All addresses and uses of names that hold one, in order, with whether they are the API's.
pub(super) fn addresses(bytes: &[u8]) -> Vec<(Span, bool)> {
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
        while let Some(at) = memmem::find(&bytes[from..], name.as_bytes()).filter(|_| out.len() < 2000) {
            let place = Span::new(from + at, from + at + name.len());
            if is_whole(bytes, place) {
                out.push((place, ours));
            }
            from = place.end;
        }
    }
    out.sort_by_key(|(span, _)| span.start);
    out
}

/// What the switch is for: an address in its own statement, else the nearest, else that of the file.
pub(super) fn target(input: &Input<'_>, switch: Span, addresses: &[(Span, bool)]) -> Option<(Span, bool)> {
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
        && let Some(found) = of_uses(input, name.as_bytes(), own, addresses, HOPS)
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
    expression(r"^\s*(?:(?:const|let|mut|var|val|final|auto|my|local|static|private|readonly)\s+)*[$@]?(?P<name>[A-Za-z_]\w*)(?:(?:\.|->)\w+)*\s*(?:(?::[^=\n]{1,60})?:?=[^=>]|(?:\.|->)$)")
        .expect("a fixed expression")
});

/// How long a request may be that uses what has a name, in bytes on each side.
const REQUEST: usize = 300;
/// How often what is made of something with a name is followed.
const HOPS: usize = 2;
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
fn of_uses(
    input: &Input<'_>,
    name: &[u8],
    own: Span,
    addresses: &[(Span, bool)],
    hops: usize,
) -> Option<(Span, bool)> {
    let bytes = input.text.bytes();
    let places = memmem::find_iter(bytes, name).map(|at| Span::new(at, at + name.len()));
    let uses: Vec<Span> =
        places.filter(|place| is_whole(bytes, *place) && !own.contains(*place)).take(USES).collect();
    let requests = uses.iter().filter_map(|place| request(bytes, *place));
    let mut found: Vec<(Span, bool)> = requests.flat_map(|call| within(addresses, call)).copied().collect();
    if found.is_empty() && hops > 0 {
        // `client := &http.Client{Transport: tr}`: what is made of it has a name as well.
        found.extend(uses.iter().find_map(|place| {
            let line = input.text.line_near(place.start);
            let next = NAME.captures(input.text.get(Span::new(line.start, place.start)))?.name("name")?;
            (next.as_bytes() != name)
                .then(|| of_uses(input, next.as_bytes(), line, addresses, hops - 1))
                .flatten()
        }));
    }
    found.sort_by_key(|(_, ours)| !ours);
    found.first().copied()
}

/// Whether the place is not a part of a longer word.
fn is_whole(bytes: &[u8], place: Span) -> bool {
    let word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    !word(place.end) && !place.start.checked_sub(1).is_some_and(word)
}

/// The arguments of the call that is made on what stands at the place, or that it is an argument of; where it is given
/// its value, that value.
fn request(bytes: &[u8], place: Span) -> Option<Span> {
    let behind = &bytes[place.end..bytes.len().min(place.end + REQUEST)];
    let member = behind
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'>' | b'?')));
    let value = behind.trim_ascii_start();
    let value = value.strip_prefix(b":").unwrap_or(value);
    if value.starts_with(b"=") && !value.starts_with(b"==") {
        let length = behind.iter().position(|b| *b == b'\n').unwrap_or(behind.len());
        return Some(Span::new(place.end, place.end + length));
    }
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
        let goes_on = goes_on || is_chained(current);
        if !goes_on || (previous.ends_with(b"{") && is_block(previous)) {
            break;
        }
        first -= 1;
    }
    for _ in 0..25 {
        let current = line(last).unwrap_or_default();
        let Some(next) = line(last + 1) else { break };
        if is_chained(next) {
            last += 1;
            continue;
        }
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

/// Whether the line goes on with a call on what the line before says.
fn is_chained(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    [&b"."[..], b"?.", b"->"].iter().any(|start| line.starts_with(start)) && !line.starts_with(b"..")
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
