//! What a client, a function or a table is used for under its name: the requests that are made on it or given it.

use memchr::memmem;

use super::addresses::{Address, is_in_host, is_whole};
use super::clients::{is_method, makes_request};
use super::reach::{receiver, scope};
use super::scope::{NAME, bound, is_member, passes_parameter, visible};
use crate::check::Input;
use crate::fact::brackets::{self, close};
use crate::fact::command::command_end_in;
use crate::fact::lines;
use crate::fact::place::is_shell;
use crate::fact::statement::{function, statement};
use crate::fact::words::is_word;
use crate::literals::contains;
use crate::span::Span;

/// How far the call that a name is used in may reach before and after it, in bytes.
const REQUEST: usize = 300;
/// How many further names a client is followed through.
const HOPS: usize = 2;
/// The maximum number of uses of a name that are examined, and of those that are followed to another name.
const USES: usize = 50;
const FOLLOWED: usize = 6;

/// Returns the address of a request that is made on the name, or that the name is passed to. If there are several, one
/// of the API is preferred.
pub(super) fn of_uses(input: &Input<'_>, name: &[u8], own: Span, addresses: &[Address]) -> Option<Address> {
    followed(input, name, own, addresses, HOPS)
}

/// The same, through no more than `hops` further names.
fn followed(
    input: &Input<'_>,
    name: &[u8],
    own: Span,
    addresses: &[Address],
    hops: usize,
) -> Option<Address> {
    let bytes = input.text.bytes();
    let places = memmem::find_iter(bytes, name).map(|at| Span::new(at, at + name.len()));
    let scope = scope(input, name, own);
    // A function that is no member is not called on something: `requests.get(…)` does not call `get`.
    let is_function = is_head(lines::first(input.text.get(own)), name);
    let is_free = is_function && !is_method(input.text.get(own));
    // What a function that makes requests is given says where they go; one that returns a client is asked on.
    let sends = is_function && makes_request(input.text.get(own));
    let means = |place: &Span| {
        is_whole(bytes, *place)
            && !is_in_host(bytes, *place)
            && !own.contains(*place)
            && scope.contains(*place)
            && !(is_free && is_member(bytes, *place))
    };
    let uses: Vec<Span> = places.filter(means).take(USES).collect();
    let commands = is_shell(input.text, input.path);
    // PowerShell passes a parameter table with an `@`: the rest of the command counts.
    let splat = |place: Span| place.start > 0 && bytes[place.start - 1] == b'@';
    let call = |place: Span| {
        if splat(place) {
            Some(statement(input.text, place))
        } else if commands && is_free {
            Some(Span::new(place.end, command_end_in(input.text, place.end, input.path).0))
        } else if sends && bytes.get(place.end) == Some(&b'(') {
            Some(Span::new(place.end, close(bytes, place.end, place.end + REQUEST)))
        } else {
            request(bytes, place)
        }
    };
    let mut found: Vec<Address> = Vec::new();
    let mut callers = 0;
    for place in &uses {
        let Some(call) = call(*place) else { continue };
        let known = found.len();
        found.extend(visible(input, call, addresses));
        if found.len() == known {
            found.extend(bound(input, call, addresses));
        }
        // A function that passes its own parameter on is called with the address instead.
        if found.len() == known
            && hops > 0
            && callers < FOLLOWED
            && let Some((body, caller)) = function(input.text, *place)
            && caller != name
            && passes_parameter(input, body, caller, call)
        {
            callers += 1;
            found.extend(followed(input, caller, body, addresses, hops - 1));
        }
    }
    // What a function that makes requests returns is an answer.
    if hops > 0 && !sends && !found.iter().any(|found| found.is_cloudflare) {
        // `client := &http.Client{Transport: tr}`: follow the names that it becomes a part of. One that asks another
        // host says nothing of the others.
        let next =
            uses.iter().filter(|place| !is_member(bytes, **place)).take(FOLLOWED).filter_map(|place| {
                let line = input.text.line_near(place.start);
                let next = receiver(input.text.get(Span::new(line.start, place.start)))?;
                (next != name).then(|| followed(input, next, line, addresses, hops - 1)).flatten()
            });
        found.extend(next);
    }
    found.sort_by_key(|address| !address.is_cloudflare);
    found.first().copied()
}

/// Whether the line is the head of the function with the name.
fn is_head(line: &[u8], name: &[u8]) -> bool {
    let called = memmem::find(line, name).map(|at| line[at + name.len()..].trim_ascii_start());
    called.is_some_and(|rest| [&b"("[..], b"{", b"<", b"="].iter().any(|mark| rest.starts_with(mark)))
        && NAME.captures(line).is_none_or(|groups| contains(line, b"=>") || groups.name("name").is_none())
}

/// Returns the arguments of the call that is made on the name at the place, or that the name is an argument of; if a
/// value is assigned to the name there, returns that value.
pub(super) fn request(bytes: &[u8], place: Span) -> Option<Span> {
    let after = &bytes[place.end..bytes.len().min(place.end + REQUEST)];
    let member = after
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'>' | b'?')));
    let value = after.trim_ascii_start();
    let value = value.strip_prefix(b":").unwrap_or(value);
    if value.starts_with(b"=") && !value.starts_with(b"==") {
        return Some(Span::new(place.end, place.end + lines::first(after).len()));
    }
    let open = match member {
        Some(end) if end > 1 && after[end] == b'(' => place.end + end,
        // A call without brackets: `request.Open "GET", url`.
        Some(end) if end > 1 && [&b" \""[..], b" '"].iter().any(|mark| after[end..].starts_with(mark)) => {
            return Some(Span::new(place.end + end, place.end + end + lines::first(&after[end..]).len()));
        }
        // `client(config).Get(…)`: the result of the function is used at once.
        Some(0) if after[0] == b'(' && called(bytes, place.end).is_some() => called(bytes, place.end)?,
        _ => {
            let floor = place.start.saturating_sub(REQUEST);
            brackets::around(bytes, floor, place.start).find(|at| bytes[*at] == b'(')?
        }
    };
    Some(Span::new(open, close(bytes, open, open.max(place.end) + REQUEST)))
}

/// Returns the opening bracket of the method that is called on the result of the call whose bracket is at `open`.
pub(super) fn called(bytes: &[u8], open: usize) -> Option<usize> {
    let end = close(bytes, open, open + REQUEST) + 1;
    let rest = bytes.get(end..)?.strip_prefix(b".")?;
    let length = rest.iter().take_while(|b| is_word(**b)).count();
    (rest.get(length) == Some(&b'(')).then_some(end + 1 + length)
}
