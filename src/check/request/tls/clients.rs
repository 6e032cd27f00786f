//! Files with two clients, of which the one without certificate checks does not talk to the API. Names are followed
//! from the switch and from the API's addresses. If they never meet, the two clients are independent. A request whose
//! address is unknown is a client of its own.

use memchr::memmem;
use regex::bytes::Captures;

use super::addresses::{Address, is_client, is_whole};
use super::reach::scope;
use super::scope::{NAME, has_parameter, is_hidden, is_member, is_visible};
use super::switch::is_command;
use crate::check::{Input, fixed, named};
use crate::fact::brackets::{self, balance};
use crate::fact::lines;
use crate::fact::statement::{function, statement};
use crate::literals::contains;
use crate::span::Span;

/// How far from the switch names are followed, in bytes.
const REACH: usize = 32 * 1024;
/// How much of a statement before a place is examined, in bytes.
const STATEMENT: usize = 1000;
/// The maximum number of names that are followed from each side, and of uses of each name.
const NAMES: usize = 10;
const USES: usize = 20;
/// The maximum number of addresses of the API that are examined.
const ADDRESSES: usize = 30;
/// How far behind the name of a function the headers that it returns may be, in bytes.
const HEADER: usize = 300;

fixed! {
    /// A name that what follows is assigned to: `client = `, `let client = `, `Transport: `, `session=`.
    static GIVEN = r#"(?P<name>[A-Za-z_]\w*)(?:\s*,\s*(?:err|_|ok))?["']?\s*(?P<mark>:=|=|:)\s*(?:$|[^=:\s])"#;

    /// The name that the value of a block in Python is given.
    static BOUND = r"\bas\s+(?P<name>[A-Za-z_]\w*)\s*[:,)]";

    /// After a name: it makes a request. Before a name: it is an option of a request.
    static ASKS = r"(?i)^\(?\)?\??\s*(?:\.|->)\s*(?:get|post|put|patch|delete|head|request|send|do|execute|fetch|newCall|perform)\w*\s*\(";
    static OPTION = r"(?i)(?:agent|dispatcher|verify|context)\s*[:=]\s*$";

    /// The call that makes a request.
    static REQUEST = concat!(
        // Constructing a request does not send it: `http.NewRequest(`, `urllib.request.Request(`.
        r"(?:\b[A-Za-z_]\w*|\)|\?)\s*(?:\.|->|::)\s*(?:[gG]et|[pP]ost|[pP]ut|[pP]atch|[dD]elete|[hH]ead|request|[sS]end|[dD]o|[eE]xecute|[fF]etch|newCall|[pP]erform)",
        r"(?:Async|String|Json|JSON|_json|_request|Request)?\s*[(<]",
        r"|\bfetch\(|\baxios\(|\burlopen\(|\bInvoke-(?:RestMethod|WebRequest)\b|\bgot\(|\bcurl\s+[\x22'$h-]|\bcurl_exec\("
    );

    /// The construction of a client.
    static CLIENT = r"(?i)\bnew\s?\w*client\(|\bclients?\.(?:create\w*|custom)\(|\bhttp\.client\b|\bsession\(\)|\bclient::(?:new|builder)\(";

    /// What a request carries that the API asks for.
    static CREDENTIAL = r"(?i)\bauthorization\b|x-auth-|\bbearer";
    static HEADERS = r#"(?i)\bheaders["']?\s*(?::=|=>|[:=,])\s*[$@]?(?:self\.|this\.)?(?P<name>[a-z_]\w*)\b|[{,]\s*(?P<short>headers)\s*[,}]|["'`]?[$@][{]?(?P<shell>\w*(?:headers?|auth)\w*)"#;
}

/// Whether the statement of the switch makes a request itself, rather than being the setup of a client.
pub(super) fn is_request(input: &Input<'_>, switch: Span, own: Span) -> bool {
    is_command(input.text.get(switch)) || REQUEST.is_match(input.text.get(own))
}

/// Whether the text makes a request.
pub(super) fn makes_request(text: &[u8]) -> bool {
    REQUEST.is_match(text)
}

/// Returns how many requests a text makes.
pub(super) fn count_requests(text: &[u8]) -> usize {
    REQUEST.find_iter(text).count()
}

/// Whether the request carries a credential, in headers that it names or that a name stands for.
fn carries_credential(input: &Input<'_>, request: Span) -> bool {
    let bytes = input.text.bytes();
    let own = input.text.get(request);
    if CREDENTIAL.is_match(own) {
        return true;
    }
    let function = function(input.text, request);
    HEADERS.captures_iter(own).take(NAMES).any(|groups| {
        let name = ["name", "short", "shell"].into_iter().find_map(|group| groups.name(group));
        let Some(name) = name.map(|name| name.as_bytes()) else { return false };
        // Whoever calls the function gives it the headers.
        if function.is_some_and(|(body, owner)| has_parameter(input.text.get(body), owner, name)) {
            return CREDENTIAL.is_match(bytes);
        }
        let places = memmem::find_iter(bytes, name).map(|at| Span::new(at, at + name.len()));
        places.filter(|place| is_name(bytes, *place)).take(USES).any(|place| {
            let rest = bytes[place.end..].trim_ascii_start();
            let sets = [&b"="[..], b":", b"[", b".", b"+="].iter().any(|mark| rest.starts_with(mark));
            // A function that returns headers: the beginning of its body.
            let body = place.cover(Span::new(place.end, bytes.len().min(place.end + HEADER)));
            !request.contains(place)
                && (sets && CREDENTIAL.is_match(input.text.get(statement(input.text, place)))
                    || rest.starts_with(b"(") && CREDENTIAL.is_match(input.text.get(body)))
        })
    })
}

/// Whether the client that the switch (in the statement `own`) belongs to is not the one that calls the API, of which
/// `api` is the nearest address.
pub(super) fn clients_are_independent(
    input: &Input<'_>,
    switch: Span,
    own: Span,
    api: Span,
    addresses: &[Address],
) -> bool {
    let bytes = input.text.bytes();
    // Defaults apply to all clients.
    if contains(input.text.get(own), b"default") {
        return false;
    }
    let window = Span::new(switch.start.saturating_sub(REACH), bytes.len().min(switch.end + REACH));
    let inside = function(input.text, switch);
    let mut unchecked = Names::new(window);
    let request = is_request(input, switch, own);
    if request && carries_credential(input, own) {
        return false;
    }
    // What is assigned is the answer of a request, but the client of a setup.
    if !request {
        owners(input, switch, own, &mut unchecked);
    }
    if let Some((body, name)) = inside.filter(|(body, _)| !body.contains(api)) {
        let free = !is_method(input.text.get(body));
        unchecked.add(Assignee { name, local: false, member: false }, window);
        unchecked.free.extend(free.then_some(name));
    }
    if !request && !is_asked(input, &mut unchecked) {
        return inside.is_some_and(|(body, name)| !body.contains(api) && is_spare(input, body, name));
    }
    let mut near: Vec<&Address> = addresses
        .iter()
        .filter(|address| address.is_cloudflare && window.contains(address.place) && address.place != api)
        .collect();
    near.sort_by_key(|address| address.place.start.abs_diff(api.start));
    near.truncate(ADDRESSES);
    near.retain(|address| is_visible(input, address, addresses));
    let mut places: Vec<Span> = near.iter().rev().map(|address| address.place).collect();
    places.push(api);
    if places.iter().any(|place| is_client(input.text.get(*place)) && unchecked.touch(bytes, *place)) {
        return false;
    }
    let has_client = places.iter().any(|place| is_client(input.text.get(*place)));
    let mut api_names = Names::new(window);
    for place in places.iter().rev() {
        let first = statement(input.text, *place);
        api_names.add_all(input, *place, input.text.get(Span::new(first.start, place.start)));
    }
    // A client may be passed on under its name; an address has the name that the caller knows.
    places.extend(api_names.follow(input, |place| !is_hidden(input, place)));
    let statements: Vec<Span> = places.iter().map(|place| statement(input.text, *place)).collect();
    statements.iter().all(|part| !part.overlaps(switch) && !unchecked.touch(bytes, *part))
        && (has_client || statements.iter().any(|part| REQUEST.is_match(input.text.get(*part))))
}

/// Whether one of the names makes a request, or is an option of one. Follows the names.
fn is_asked<'i>(input: &'i Input<'_>, names: &mut Names<'i>) -> bool {
    let bytes = input.text.bytes();
    names.follow(input, |_| true).iter().any(|place| {
        let line = input.text.line_near(place.start);
        ASKS.is_match(&bytes[place.end..])
            || OPTION.is_match(&bytes[line.start.min(place.start)..place.start])
    })
}

/// Whether nothing in the file uses the client that the function makes, and another client is made elsewhere.
fn is_spare(input: &Input<'_>, body: Span, name: &[u8]) -> bool {
    let bytes = input.text.bytes();
    let other = |part: &[u8]| CLIENT.is_match(part);
    let used = memmem::find_iter(bytes, name)
        .map(|at| Span::new(at, at + name.len()))
        .any(|place| is_name(bytes, place) && !body.contains(place));
    !used && (other(&bytes[..body.start]) || other(&bytes[body.end..]))
}

/// Whether the function whose text starts with its head belongs to a class or has a receiver.
pub(super) fn is_method(body: &[u8]) -> bool {
    body.first().is_some_and(u8::is_ascii_whitespace) || body.starts_with(b"func (")
}

/// The name that something is assigned to.
struct Assignee<'i> {
    name: &'i [u8],
    /// Whether it is visible only in its function.
    local: bool,
    /// Whether it is one of its object: `self.http = `.
    member: bool,
}

/// The names of one client and of what it is made of, each with the part of the text in which it is visible.
struct Names<'i> {
    window: Span,
    all: Vec<(&'i [u8], Span)>,
    /// Those of functions that are no members: `requests.get(…)` does not call `get`.
    free: Vec<&'i [u8]>,
}

impl<'i> Names<'i> {
    fn new(window: Span) -> Names<'i> {
        Names { window, all: Vec::new(), free: Vec::new() }
    }

    /// Adds a name, which is visible only within `reach` if it is local or a member.
    fn add(&mut self, assignee: Assignee<'i>, reach: Span) {
        let scope = if assignee.local || assignee.member { reach } else { self.window };
        let known = self.all.iter().any(|(name, window)| *name == assignee.name && window.contains(scope));
        if !known && self.all.len() < NAMES {
            self.all.push((assignee.name, scope));
        }
    }

    /// Adds the names that the expression after `text` is assigned to, where `at` is in the same function.
    fn add_all(&mut self, input: &'i Input<'_>, at: Span, text: &'i [u8]) {
        let mut names = assignees(text);
        names.extend(NAME.captures(text).and_then(|groups| groups.name("name")).map(|name| {
            let member = is_member(text, Span::from(name));
            Assignee { name: name.as_bytes(), local: !member, member }
        }));
        if names.is_empty() {
            return;
        }
        let body = function(input.text, at).map_or(self.window, |(body, _)| body);
        for name in names {
            // Another class may have a member of the same name.
            let class = || scope(input, name.name, statement(input.text, at));
            let reach = if name.member { within(class(), self.window) } else { body };
            self.add(name, reach);
        }
    }

    /// Returns the uses of the names, of those that are visible everywhere only where they mean the same. Adds the names that receive one of them on the way: variables that it is assigned
    /// to, functions that return it.
    fn follow(&mut self, input: &'i Input<'_>, means: impl Fn(Span) -> bool) -> Vec<Span> {
        let bytes = input.text.bytes();
        let mut out = Vec::new();
        let mut next = 0;
        while let Some((name, window)) = self.all.get(next).copied() {
            next += 1;
            let places = memmem::find_iter(input.text.get(window), name)
                .map(|at| Span::new(window.start + at, window.start + at + name.len()))
                .filter(|place| self.is_use(bytes, name, *place))
                .take(USES)
                .filter(|place| window != self.window || means(*place))
                .collect::<Vec<_>>();
            for place in places {
                out.push(place);
                let start = statement(input.text, place).start;
                let before = &bytes[start.max(place.start.saturating_sub(STATEMENT))..place.start];
                self.add_all(input, place, before);
                if before.trim_ascii_start().starts_with(b"return")
                    && let Some((_, name)) = function(input.text, place)
                {
                    self.add(Assignee { name, local: false, member: false }, self.window);
                }
            }
        }
        out
    }

    /// Whether the span contains one of the names.
    fn touch(&self, bytes: &[u8], span: Span) -> bool {
        self.all.iter().any(|(name, window)| {
            window.overlaps(span)
                && memmem::find_iter(&bytes[span.start..span.end], *name)
                    .map(|at| Span::new(span.start + at, span.start + at + name.len()))
                    .any(|place| self.is_use(bytes, name, place))
        })
    }

    /// Whether the place, which holds the name, may mean it.
    fn is_use(&self, bytes: &[u8], name: &[u8], place: Span) -> bool {
        is_name(bytes, place) && !(self.free.contains(&name) && is_member(bytes, place))
    }
}

/// Returns the part of a span that is in the window.
fn within(span: Span, window: Span) -> Span {
    let start = span.start.clamp(window.start, window.end);
    Span::new(start, span.end.clamp(start, window.end))
}

/// Adds the names of the object that the switch is set on: those in its statement, and those of the brackets around it.
fn owners<'i>(input: &'i Input<'_>, switch: Span, own: Span, out: &mut Names<'i>) {
    const BRACKETS: usize = 2000;
    let bytes = input.text.bytes();
    out.add_all(input, switch, input.text.get(Span::new(own.start, switch.start)));
    // `with Client(verify=False) as client:`.
    let after = input.text.get(Span::new(switch.end, own.end.max(switch.end)));
    if let Some(name) = BOUND.captures(after).and_then(|groups| groups.name("name")) {
        let body = function(input.text, switch).map_or(out.window, |(body, _)| body);
        out.add(Assignee { name: name.as_bytes(), local: true, member: false }, body);
    }
    let floor = switch.start.saturating_sub(BRACKETS);
    for at in brackets::around(bytes, floor, switch.start) {
        let known = out.all.len();
        out.add_all(input, switch, &bytes[lines::start(bytes, floor, at)..at]);
        // The body of a function: what precedes it is another statement.
        if bytes[at] == b'{' && out.all.len() == known && bytes[..at].trim_ascii_end().ends_with(b")") {
            break;
        }
    }
}

/// Whether the place is a whole word and not a part of an address: `…/client/v4`.
fn is_name(bytes: &[u8], place: Span) -> bool {
    is_whole(bytes, place) && (place.start == 0 || bytes[place.start - 1] != b'/')
}

/// Returns the names that the expression after the text is assigned to: that of the statement, the last one, and those
/// of open brackets.
fn assignees(text: &[u8]) -> Vec<Assignee<'_>> {
    /// Names that are too common to follow: of what is no client, and the fields of every client in Go.
    const ANYTHING: &[&[u8]] = &[
        b"err",
        b"error",
        b"self",
        b"this",
        b"res",
        b"resp",
        b"response",
        b"result",
        b"Transport",
        b"TLSClientConfig",
    ];
    let is_key = |groups: &Captures<'_>| groups.name("mark").is_some_and(|mark| mark.as_bytes() == b":");
    let mut out: Vec<Assignee<'_>> = Vec::new();
    for groups in GIVEN.captures_iter(text) {
        let (name, whole) = (named(&groups, "name"), groups.get_match());
        let rest = &text[whole.end()..];
        let first = out.is_empty() && balance(&text[..whole.start()]) <= 0;
        // A key whose value goes on up to the end: `one: a(), other: b()` is the end of `other`.
        let goes_on = balance(rest) == 0 && brackets::arguments(rest).len() == 1 && is_key(&groups);
        if (balance(rest) > 0 || rest.is_empty() || first || goes_on)
            && name.len() > 1
            && !ANYTHING.contains(&name.as_bytes())
        {
            // `key: value` and `this.name = value` are visible everywhere.
            let key = is_key(&groups);
            let member = name.start() > 0 && matches!(text[name.start() - 1], b'.' | b'>' | b'@');
            out.push(Assignee { name: name.as_bytes(), local: !key && !member, member });
        }
    }
    out
}
