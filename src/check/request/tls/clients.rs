//! Files with two clients, of which the one without certificate checks does not talk to the API. Names are followed
//! from the switch and from the API's address. If they never meet, the two clients are independent.

use memchr::memmem;

use super::addresses::{is_client, is_whole};
use super::target::NAME;
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

fixed! {
    /// A name that what follows is assigned to: `client = `, `let client = `, `Transport: `, `session=`.
    static GIVEN = r#"(?P<name>[A-Za-z_]\w*)(?:\s*,\s*(?:err|_|ok))?["']?\s*(?P<mark>:=|=|:)\s*(?:$|[^=:\s])"#;

    /// After a name: it makes a request. Before a name: it is an option of a request.
    static ASKS = r"(?i)^\(?\)?\??\s*(?:\.|->)\s*(?:get|post|put|patch|delete|head|request|send|do|execute|fetch|newCall|perform)\w*\s*\(";
    static OPTION = r"(?i)(?:agent|dispatcher|verify|context)\s*[:=]\s*$";

    /// The call that makes a request.
    static REQUEST = concat!(
        // Constructing a request does not send it: `http.NewRequest(`, `urllib.request.Request(`.
        r"(?:\b[A-Za-z_]\w*|\)|\?)\s*(?:\.|->|::)\s*(?:[gG]et|[pP]ost|[pP]ut|[pP]atch|[dD]elete|[hH]ead|request|[sS]end|[dD]o|[eE]xecute|[fF]etch|newCall|[pP]erform)",
        r"(?:Async|String|Json|JSON|_json|_request|Request)?\s*[(<]",
        r"|\bfetch\(|\baxios\(|\burlopen\(|\bInvoke-(?:RestMethod|WebRequest)\b|\bgot\("
    );
}

/// Whether the client that the switch (in the statement `own`) belongs to is not the one that calls the API at `api`.
pub(super) fn clients_are_independent(input: &Input<'_>, switch: Span, own: Span, api: Span) -> bool {
    let bytes = input.text.bytes();
    // Defaults apply to all clients.
    if contains(input.text.get(own), b"default") {
        return false;
    }
    let window = Span::new(switch.start.saturating_sub(REACH), bytes.len().min(switch.end + REACH));
    let inside = function(input.text, switch);
    let mut unchecked = Names::new(window);
    owners(input, switch, own, &mut unchecked);
    if let Some((_, name)) = inside.filter(|(body, _)| !body.contains(api)) {
        unchecked.add(Assignee { name, local: false }, window);
    }
    let unchecked_uses = unchecked.follow(input);
    let asks = unchecked_uses.iter().any(|place| {
        let line = input.text.line_near(place.start);
        ASKS.is_match(&bytes[place.end..])
            || OPTION.is_match(&bytes[line.start.min(place.start)..place.start])
    });
    if !asks {
        return false;
    }
    let call = input.text.get(api);
    if is_client(call) {
        return !unchecked.touch(bytes, api);
    }
    let first = statement(input.text, api);
    let mut api_names = Names::new(window);
    api_names.add_all(input, api, input.text.get(Span::new(first.start, api.start)));
    let mut places = api_names.follow(input);
    places.push(api);
    let statements: Vec<Span> = places.iter().map(|place| statement(input.text, *place)).collect();
    statements.iter().all(|part| !part.overlaps(switch) && !unchecked.touch(bytes, *part))
        && statements.iter().any(|part| REQUEST.is_match(input.text.get(*part)))
}

/// The name that something is assigned to.
struct Assignee<'i> {
    name: &'i [u8],
    /// Whether it is visible only in its function.
    local: bool,
}

/// The names of one client and of what it is made of, each with the part of the text in which it is visible.
struct Names<'i> {
    window: Span,
    all: Vec<(&'i [u8], Span)>,
}

impl<'i> Names<'i> {
    fn new(window: Span) -> Names<'i> {
        Names { window, all: Vec::new() }
    }

    /// Adds a name, which is visible in `function` if it is local.
    fn add(&mut self, assignee: Assignee<'i>, function: Span) {
        let known = self.all.iter().any(|(name, _)| *name == assignee.name);
        if !known && self.all.len() < NAMES {
            self.all.push((assignee.name, if assignee.local { function } else { self.window }));
        }
    }

    /// Adds the names that the expression after `text` is assigned to, where `at` is in the same function.
    fn add_all(&mut self, input: &'i Input<'_>, at: Span, text: &'i [u8]) {
        let mut names = assignees(text);
        names.extend(NAME.captures(text).and_then(|groups| groups.name("name")).map(|name| Assignee {
            name: name.as_bytes(),
            local: name.start() == 0 || text[name.start() - 1] != b'.',
        }));
        if names.is_empty() {
            return;
        }
        let body = function(input.text, at).map_or(self.window, |(body, _)| body);
        names.into_iter().for_each(|name| self.add(name, body));
    }

    /// Returns the uses of the names. Adds the names that receive one of them on the way: variables that it is assigned
    /// to, functions that return it.
    fn follow(&mut self, input: &'i Input<'_>) -> Vec<Span> {
        let bytes = input.text.bytes();
        let mut out = Vec::new();
        let mut next = 0;
        while let Some((name, window)) = self.all.get(next).copied() {
            next += 1;
            let places = memmem::find_iter(input.text.get(window), name)
                .map(|at| Span::new(window.start + at, window.start + at + name.len()))
                .filter(|place| is_name(bytes, *place));
            for place in places.take(USES) {
                out.push(place);
                let start = statement(input.text, place).start;
                let before = &bytes[start.max(place.start.saturating_sub(STATEMENT))..place.start];
                self.add_all(input, place, before);
                if before.trim_ascii_start().starts_with(b"return")
                    && let Some((_, name)) = function(input.text, place)
                {
                    self.add(Assignee { name, local: false }, self.window);
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
                    .any(|at| is_name(bytes, Span::new(span.start + at, span.start + at + name.len())))
        })
    }
}

/// Adds the names of the object that the switch is set on: those in its statement, and those of the brackets around it.
fn owners<'i>(input: &'i Input<'_>, switch: Span, own: Span, out: &mut Names<'i>) {
    const BRACKETS: usize = 2000;
    let bytes = input.text.bytes();
    out.add_all(input, switch, input.text.get(Span::new(own.start, switch.start)));
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
    /// Names that are too common to follow.
    const ANYTHING: &[&[u8]] = &[b"err", b"error", b"self", b"this", b"res", b"resp", b"response", b"result"];
    let mut out: Vec<Assignee<'_>> = Vec::new();
    for groups in GIVEN.captures_iter(text) {
        let (name, whole) = (named(&groups, "name"), groups.get_match());
        let rest = &text[whole.end()..];
        let first = out.is_empty() && balance(&text[..whole.start()]) <= 0;
        if (balance(rest) > 0 || rest.is_empty() || first)
            && name.len() > 1
            && !ANYTHING.contains(&name.as_bytes())
        {
            // `key: value` and `this.name = value` are visible everywhere.
            let key = groups.name("mark").is_some_and(|mark| mark.as_bytes() == b":");
            let member = name.start() > 0 && matches!(text[name.start() - 1], b'.' | b'>' | b'@');
            out.push(Assignee { name: name.as_bytes(), local: !key && !member });
        }
    }
    out
}
