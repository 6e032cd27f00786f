//! Requests whose answers hold a credential, and the names that the answers are assigned to.

use memchr::memmem;

use super::chain::{chain, filtered};
use super::{BEFORE, BELOW, COMMAND, Held, Kind, MOST, Part, closing, substituted};
use crate::check::{fixed, named};
use crate::fact::brackets;
use crate::fact::lines;
use crate::fact::statement::statement;
use crate::fact::words::is_word;
use crate::literals::Hit;
use crate::span::Span;
use crate::text::Text;

use super::super::occurrences;

/// Returns which credential the answer of an address holds that a hit is in, and where the address ends.
pub(super) fn endpoint(bytes: &[u8], hit: &Hit) -> Option<(Kind, usize)> {
    /// How long an id may be, or the expression for it, in bytes.
    const ID: usize = 100;
    let before = &bytes[hit.start.saturating_sub(ID)..hit.start];
    let after = &bytes[hit.end..bytes.len().min(hit.end + ID)];
    let ends = |rest: &[u8]| {
        rest.first().is_none_or(|b| {
            b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b')' | b',' | b';' | b'\\' | b'|')
        })
    };
    // `/ID/value`, where the id may be an expression.
    let member = |word: &[u8]| {
        let at = memmem::find(after, word)?;
        let id = after[..at].strip_prefix(b"/")?;
        let plain = !id.is_empty() && !id.contains(&b'/') && !id.contains(&b'\n');
        (plain && ends(&after[at + word.len()..])).then_some(hit.end + at + word.len())
    };
    let own = |kind: Kind| ends(after).then_some((kind, hit.end));
    match &bytes[hit.start..hit.end] {
        b"/tokens" => {
            let account = memmem::rfind(before, b"accounts/").map(|at| &before[at + b"accounts/".len()..]);
            let whose = before.ends_with(b"/user")
                || account.is_some_and(|id| !id.is_empty() && !id.contains(&b'/') && !id.contains(&b'\n'));
            if !whose {
                return None;
            }
            own(Kind::Token).or_else(|| Some((Kind::Rolled, member(b"/value")?)))
        }
        b"cfd_tunnel" if before.ends_with(b"/") => {
            own(Kind::Tunnel).or_else(|| Some((Kind::TunnelToken, member(b"/token")?)))
        }
        b"service_tokens" if before.ends_with(b"access/") => {
            own(Kind::Service).or_else(|| Some((Kind::Service, member(b"/rotate")?)))
        }
        _ => None,
    }
}

/// Adds the names that hold the answers to requests to an address. If the address only has a name, its uses are looked at.
pub(super) fn requests<'a>(
    text: &'a Text<'a>,
    address: Span,
    kind: Kind,
    follow: bool,
    out: &mut Vec<Held<'a>>,
) {
    fixed! {
        static POSTS = r#"(?i)\bpost\b|--data|--json\b|\s-d\b|\b(?:data|json)\s*="#;
        static GETS = r"\s-G\b|\s--get\b";
        static AS = r"\bas\s+(?P<name>[A-Za-z_]\w*)\s*:\s*$";
        // What gives back an answer rather than a response.
        static PARSES = r"\baxios\b|\.json\(\)|json\.loads?\(|JSON\.parse\(|\$http\b|RestMethod";
    }
    let bytes = text.bytes();
    let makes = |body: &[u8]| !kind.needs_post() || POSTS.is_match(body) && !GETS.is_match(body);
    let floor =
        lines::start(bytes, address.start.saturating_sub(2 * BEFORE), address.start.saturating_sub(BEFORE));
    if let Some((name, inner)) = substituted(bytes, floor, address.start) {
        let body = &bytes[inner..closing(bytes, inner)];
        if makes(body)
            && let Some(part) = filtered(kind, body)
        {
            out.push(Held { name: &bytes[name.start..name.end], place: name.start, kind, part });
        }
        return;
    }
    let own = statement(text, address);
    let body = &bytes[own.start..own.end];
    let head = Head::of(bytes, own.start, address.start);
    let open = brackets::around(bytes, own.start, address.start)
        .find(|open| bytes[*open] == b'(' && bytes[..*open].last().is_some_and(|b| is_word(*b)));
    let Some(open) = open else {
        // `url = f"{API}/user/tokens"`
        if let Some(head) = head.filter(|_| follow)
            && let Some(name) = head.name
        {
            let zone = &bytes[own.end..bytes.len().min(own.end + BELOW)];
            let uses = occurrences(zone, &bytes[name.start..name.end]).take(MOST / 2);
            for at in uses.map(|at| own.end + at) {
                requests(text, Span::new(at, at + name.len()), kind, false, out);
            }
        }
        return;
    };
    if !makes(body) {
        return;
    }
    let close = brackets::close(bytes, open, open + COMMAND);
    let part = if PARSES.is_match(body) { Part::Answer } else { Part::Response };
    let response = Held { name: b"", place: own.start, kind, part };
    let Some((part, _)) = chain(&response, bytes, (close + 1).min(bytes.len())) else { return };
    match head {
        Some(head) => head.hold(bytes, kind, part, out),
        None => {
            // `async with session.post(url) as answer:`
            if let Some(name) = AS.captures(body).and_then(|groups| groups.name("name")) {
                let place = own.start + name.start();
                out.push(Held { name: &bytes[place..own.start + name.end()], place, kind, part });
            }
        }
    }
}

/// What is left of the value in an assignment.
pub(super) struct Head {
    /// The name that is assigned to, or the names in braces that take fields of the value.
    name: Option<Span>,
    fields: Span,
    /// Where the value starts.
    pub(super) value: usize,
}

impl Head {
    /// Returns the assignment that starts at a place, before the end of which is part of its value.
    pub(super) fn of(bytes: &[u8], start: usize, end: usize) -> Option<Head> {
        fixed! {
            static HEAD = r"^\s*(?:(?:export|const|let|var|local|my|final|val|auto|string)\s+)*(?:\{(?P<fields>[^{}]{1,200})\}|\$?(?P<name>[A-Za-z_]\w*)(?:\s*,\s*\w+)?)(?:\s*:\s*[\w<>\[\], ]{1,60})?\s*:?=[^=>]";
        }
        let groups = HEAD.captures(&bytes[start..end.max(start)])?;
        let value = start + groups.get_match().end() - 1;
        let span = |name: &str| groups.name(name).map(|found| Span::from(found).shift(start));
        Some(Head { name: span("name"), fields: span("fields").unwrap_or(Span::new(start, start)), value })
    }

    /// Adds what the names of the assignment hold if its value is a part of an answer.
    pub(super) fn hold<'a>(&self, bytes: &'a [u8], kind: Kind, part: Part, out: &mut Vec<Held<'a>>) {
        if let Some(name) = self.name {
            out.push(Held { name: &bytes[name.start..name.end], place: name.start, kind, part });
            return;
        }
        fixed! {
            static FIELD = r"(?P<field>\w+)(?:\s*:\s*(?P<alias>\w+))?";
        }
        for groups in FIELD.captures_iter(&bytes[self.fields.start..self.fields.end]) {
            let field = named(&groups, "field");
            let own = groups.name("alias").unwrap_or(field);
            let place = self.fields.start + own.start();
            let name = &bytes[place..self.fields.start + own.end()];
            let part = match field.as_bytes() {
                b"result" | b"data" | b"body"
                    if kind.fields().is_empty() && field.as_bytes() == b"result" =>
                {
                    Part::Secret
                }
                b"result" | b"data" | b"body" => Part::Answer,
                field if kind.fields().contains(&field) => Part::Secret,
                _ => continue,
            };
            out.push(Held { name, place, kind, part });
        }
    }
}
