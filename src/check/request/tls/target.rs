//! What a connection is for: the address in its own statement, in the requests of what has its name, or the nearest.

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::super::API;
use super::super::plain::defined_host;
use crate::check::{Input, expression};
use crate::fact::place::list_item;
use crate::span::Span;

/// Any address or host name, also one whose host is only known at run time.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?i)https?://(?:[$#%]?\{+\s*|\$)?(?P<inside>[A-Za-z_][\w.]*)\b[^\s"'`<>)\\]*"#,
        r#"|https?://["'`]\s*(?:\.\.|[+.,&])\s*(?P<behind>[A-Za-z_][\w.]*)"#,
        r#"|https?://[^\s"'`<>)\\]+"#,
        r#"|["'`](?:\$?\{|#\{)\$?(?P<base>[A-Za-z_][\w.]*)\}(?P<path>/[^\s"'`]*)"#,
        r#"|["'][a-z0-9-]+(?:\.[a-z0-9-]+)+\.?(?:/[^"']*)?["']|\b\d{1,3}(?:\.\d{1,3}){3}\b|api(?:\.fed)?\.cloudflare\.com"#,
    ))
    .expect("a fixed expression")
});

/// A name that is given an address, in a call or not.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?i)\b(?P<name>[A-Za-z_]\w*)["']?\s*(?::\s*[\w&]+\s*)?(?:=>|:=|[:=])\s*(?:(?:new\s+)?[\w.:<>]{1,40}\(\s*)?(?:["'][\w.]+["']\s*,\s*)?[&fbru]?["'`]?(?P<url>https?://[^\s"'`]+|api\.cloudflare\.com[^\s"'`]*)"#)
        .expect("a fixed expression")
});

/// The client of an SDK: it talks to the API, whatever its address.
static SDK: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"\b(?:cloudflare|cf|cfgo)\.New(?:WithAPIToken|Client)?\(|(?P<class>class\s+)?\b(?:Cloudflare|CloudFlare|AsyncCloudflare)\(|\bcloudflare\.Client\(|\bCloudflare::Client\.new\(")
        .expect("a fixed expression")
});

/// At most this many addresses, definitions of names and clients are looked at.
const MOST: usize = 2000;
const DEFINITIONS: usize = 50;

/// All addresses and uses of names that hold one, in order, with whether they are the API's.
pub(super) fn addresses(bytes: &[u8]) -> Vec<(Span, bool)> {
    let mut names: HashMap<&[u8], Vec<(Span, bool)>> = HashMap::new();
    for groups in NAMED.captures_iter(bytes).take(DEFINITIONS) {
        let (Some(name), Some(url)) = (groups.name("name"), groups.name("url")) else { continue };
        if name.len() >= 3 {
            let place = Span::new(name.start(), name.end());
            names.entry(name.as_bytes()).or_default().push((place, API.is_match(url.as_bytes())));
        }
    }
    let mut out: Vec<(Span, bool)> = Vec::new();
    let mut hosts = 0;
    for groups in ADDRESS.captures_iter(bytes).take(MOST) {
        let Some(whole) = groups.get(0) else { continue };
        let mut ours = API.is_match(whole.as_bytes());
        let host = groups.name("behind").or(groups.name("inside"));
        if let Some(host) = host.filter(|_| !ours && hosts < DEFINITIONS) {
            hosts += 1;
            ours = defined_host(bytes, host.as_bytes()).is_some();
        }
        if let (Some(base), Some(path)) = (groups.name("base"), groups.name("path")) {
            // What has the address of something else by its name; the rest may be anything, or is among the names.
            if names.contains_key(base.as_bytes()) || is_open(base.as_bytes(), path.as_bytes()) {
                continue;
            }
        }
        out.push((Span::new(whole.start(), whole.end()), ours));
    }
    for groups in SDK.captures_iter(bytes).take(DEFINITIONS) {
        if let Some(call) = groups.get(0).filter(|_| groups.name("class").is_none()) {
            out.push((Span::new(call.start(), close(bytes, call.end() - 1, call.end() + SETUP)), true));
        }
    }
    for (name, definitions) in &names {
        for at in memmem::find_iter(bytes, *name) {
            let place = Span::new(at, at + name.len());
            // A place that gives the name another value is no use of the first.
            if out.len() >= MOST
                || !is_whole(bytes, place)
                || definitions.iter().any(|(own, _)| *own == place)
            {
                continue;
            }
            let before = definitions.iter().rfind(|(own, _)| own.end <= at);
            out.extend(before.or(definitions.first()).map(|(_, ours)| (place, *ours)));
        }
    }
    out.sort_by_key(|(span, ours)| (span.start, span.end, *ours));
    out
}

/// How long the setting up of a client may be, in bytes.
const SETUP: usize = 1500;

/// Whether an address that is made of a name and a path may be the API's: by the path, or because the name does not say.
fn is_open(base: &[u8], path: &[u8]) -> bool {
    static PATH: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"^/(?:client/v4|zones|accounts|user|ips|graphql|memberships|certificates|radar)\b")
            .expect("a fixed expression")
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)cf|cloudflare|base|api|endpoint|host|url|prefix|root").expect("a fixed expression")
    });
    PATH.is_match(path) || NAME.is_match(base)
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
    // So does what a function makes; otherwise it is for what the function itself asks.
    if let Some((body, name)) = function(input, switch) {
        let nearest = within(addresses, body).min_by_key(|(span, _)| span.start.abs_diff(switch.start));
        let found = nearest.copied().or_else(|| of_uses(input, name, body, addresses, HOPS));
        if found.is_some() {
            return found;
        }
    }
    let name = input.path.file_name();
    if (name.ends_with(b".yml") || name.ends_with(b".yaml"))
        && let Some(item) = list_item(input.text, switch.start)
    {
        return within(addresses, item).next().copied();
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
    expression(r"^\s*(?:(?:const|let|mut|var|val|final|auto|my|local|static|private|readonly)\s+)*(?:(?:self|this)\.|\$this->)?[$@]?(?P<name>[A-Za-z_]\w*)(?:(?:\.|->)\w+)*\s*(?:(?::[^=\n]{1,60})?:?=[^=>]|(?:\.|->)$)")
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
    Some(Span::new(open, close(bytes, open, open.max(place.end) + REQUEST)))
}

/// Where the bracket at `open` is closed, at most at `limit`.
fn close(bytes: &[u8], open: usize, limit: usize) -> usize {
    let limit = limit.min(bytes.len());
    let mut depth = 0_i32;
    let length = bytes[open..limit].iter().position(|b| {
        depth += balance(&[*b]);
        depth == 0
    });
    length.map_or(limit, |length| open + length)
}

/// The function that the place is in, by indentation, and its name.
fn function<'a>(input: &Input<'a>, place: Span) -> Option<(Span, &'a [u8])> {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r"^\s*(?:(?:export|default|public|private|protected|internal|static|final|async|override|suspend|pub(?:\([a-z]+\))?|unsafe|local)\s+)*",
            r"(?:(?:def|func|function|fn|fun|sub)\s+(?:\([^)]*\)\s*)?(?P<a>[A-Za-z_][\w-]*)",
            r"|(?:const|let|var)\s+(?P<b>\w+)\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)[^=\n]{0,40}=>)",
            r"|(?P<c>[A-Za-z_][\w-]*)\s*\(\)\s*\{",
            r"|[A-Z]\w*(?:<[\w<>, \[\]?]*>)?(?:\[\])?\s+(?P<d>\w+)\([^;]*\{\s*$)",
        ))
        .expect("a fixed expression")
    });
    let text = input.text;
    let indent = |line: &[u8]| line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let line = |index: usize| {
        text.line_at(index)
            .map(|span| (span, text.get(Span::new(span.start, span.end.min(span.start + 500)))))
    };
    let own = text.line_index(place.start);
    let mut depth = indent(line(own)?.1);
    let mut found = None;
    for index in (own.saturating_sub(BODY)..own).rev() {
        let (span, content) = line(index)?;
        if content.trim_ascii().is_empty() || indent(content) >= depth {
            continue;
        }
        depth = indent(content);
        if let Some(groups) = HEAD.captures(content) {
            let name = ["a", "b", "c", "d"].into_iter().find_map(|name| groups.name(name))?;
            let start = span.start + name.start();
            found = Some((index, span.start, Span::new(start, start + name.len())));
            break;
        }
    }
    let (first, start, name) = found?;
    let last = (own + 1..first + 2 * BODY).find(|index| {
        line(*index).is_none_or(|(_, content)| !content.trim_ascii().is_empty() && indent(content) <= depth)
    })?;
    Some((Span::new(start, text.line_at(last - 1)?.end.max(place.end)), text.get(name)))
}

/// How many lines a function may have.
const BODY: usize = 200;

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
    // A cascade of Dart starts with two dots and a small letter.
    let range = line.starts_with(b"..") && !line.get(2).is_some_and(u8::is_ascii_lowercase);
    [&b"."[..], b"?.", b"->"].iter().any(|start| line.starts_with(start)) && !range
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
