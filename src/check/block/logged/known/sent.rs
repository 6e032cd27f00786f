//! Names that a file sends as the credential of the API, alone or in headers.

use std::cell::{LazyCell, OnceCell};
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::{Captures, Regex};

use super::addresses::api_addresses;
use super::{Program, item_mark};
use crate::check::{captures_around, fixed};
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};
use crate::span::Span;

/// What a file sends as the credential, computed when first asked for.
pub(in super::super) struct Sent<'a> {
    program: Program<'a>,
    any: OnceCell<bool>,
    headers: OnceCell<Vec<(&'a [u8], usize)>>,
    names: OnceCell<Vec<Name<'a>>>,
}

impl<'a> Sent<'a> {
    pub(super) fn new(program: Program<'a>) -> Sent<'a> {
        Sent { program, any: OnceCell::new(), headers: OnceCell::new(), names: OnceCell::new() }
    }

    /// Whether the file puts a credential into the headers of a request to the API.
    pub(in super::super) fn any(&self) -> bool {
        fixed! {
            static BEARER = r#"(?i)authorization["'\])]*\s*(?:=>|[,:=])\s*[^\n]{0,20}bearer|x-auth-key"#;
        }
        *self.any.get_or_init(|| {
            contains(self.program.bytes, b"cloudflare") && BEARER.is_match(self.program.bytes)
        })
    }

    /// Returns the matches of an expression that all contain one of the words for the credential of a request.
    fn around(&self, pattern: &LazyLock<Regex>, before: usize) -> Vec<Captures<'a>> {
        static WORDS: LazyLock<Literals> =
            LazyLock::new(|| Literals::caseless(&["bearer", "authorization", "x-auth-key"]));
        /// How far after the word a match may reach, in bytes.
        const AFTER: usize = 400;
        let bytes = self.program.bytes;
        captures_around(pattern, &WORDS.all(bytes), bytes, before, |_| AFTER)
    }

    /// Returns the names of headers with a token among them, and where: `headers = {"Authorization": f"Bearer {token}"}`,
    /// `request.Header.Set("Authorization", …)`.
    fn headers(&self) -> &[(&'a [u8], usize)] {
        /// No program has more.
        const MOST: usize = 100;
        /// How long such a table may be up to the token, in bytes.
        const TABLE: usize = 500;
        fixed! {
            static BOUND = concat!(
                r#"(?P<name>\b\w*(?i:headers))\s*(?::\s*\w+\s*)?(?::?=|:)\s*[\w.]{0,20}[{(\[][^})\]]{0,300}(?:(?i:authorization)["'`]?\s*(?:=>|[:=,])\s*[fb$]?["'`]?\s*(?i:bearer)|(?i:x-auth-key)["'`]?\s*(?:=>|[:=,]))"#,
                r#"|(?P<set>(?:\b\w+\.)*\b\w*(?i:headers?))(?:\(\))?(?:\.(?:[sS]et|[aA]dd|append|put)\(\s*|\[\s*)["'](?i:authorization|x-auth-key)["']"#,
                r#"|\b(?P<short>[A-Za-z])\s*(?::\s*\w+\s*)?:?=\s*(?:new\s+Headers\(\s*|dict|array|map\[string\]string|http\.Header)?[{\[(][^{}()\[\]]{0,300}(?:(?i:authorization)["'`]?\s*(?:=>|[:=,])\s*[fb$]?["'`]?\s*(?i:bearer)|(?i:x-auth-key)["'`]?\s*(?:=>|[:=,]))"#,
                r#"|\$(?P<pushed>\w*(?i:headers))\[\]\s*=\s*["'](?i:authorization)"#,
            );
        }
        let name = |groups: Captures<'a>| {
            let name = ["name", "set", "short", "pushed"].into_iter().find_map(|name| groups.name(name))?;
            Some((name.as_bytes(), name.start()))
        };
        self.headers
            .get_or_init(|| self.around(&BOUND, TABLE).into_iter().filter_map(name).take(MOST).collect())
    }

    /// Whether a name at a place is one of headers with a token. Those of a request are its own, so they are set shortly
    /// before.
    pub(in super::super) fn has_headers(&self, name: &[u8], at: usize) -> bool {
        const BEFORE: usize = 3000;
        let name = of_object(name);
        // A name of one letter means many things in a file.
        let means = |set: usize| {
            name.len() > 1
                || set < at
                    && assigned(&self.program.bytes[set..at], name).is_none()
                    && bound_again(&self.program.bytes[set..at], name).is_none()
        };
        self.headers().iter().any(|(own, set)| {
            of_object(own) == name && means(*set) && (!name.contains(&b'.') || *set < at && at - set < BEFORE)
        })
    }

    /// Whether any headers with a token have a name of one letter.
    pub(in super::super) fn has_short_headers(&self) -> bool {
        self.headers().iter().any(|(name, _)| name.len() == 1)
    }

    /// Returns where names are sent as the credential of the API: `-H "Authorization: Bearer $TOKEN"`,
    /// `"X-Auth-Key": key`.
    fn names(&self) -> &[Name<'a>] {
        /// No program has more.
        const MOST: usize = 100;
        fixed! {
            static SENT = r#"(?i)(?:\bbearer(?:\s+|["'`]\s*,\s*)|\bbearer_auth\(\s*&?|x-auth-key["'`]?\s*(?:=>|[:,=])\s*[f$]?["'`]?)(?:["'`]\s*(?:[+.,&]|\.\.|<>)\s*|(?:%s|\{\})["'`]\s*(?:[,%]|\.format\()\s*|\$\{\{\s*|[$#]\{|\{\{?|\$\(?|\\\(|)(?:(?:os\.environ(?:\.get)?|(?:os\.)?getenv|ENV(?:\.fetch)?|Deno\.env\.get|\$_(?:ENV|SERVER))\s*[\[(]\s*["'])?(?:\$?(?P<member>(?:this|self)->|@)|\$)?(?P<name>[a-z_][\w.]*)"#;
        }
        self.names.get_or_init(|| {
            // A program may talk to others as well: those requests have headers of their own.
            let addresses = LazyCell::new(|| api_addresses(self.program.bytes));
            let found = self
                .around(&SENT, 0)
                .into_iter()
                .filter_map(|groups| Some((groups.name("name")?, groups.name("member").is_some())));
            let found = found.take(20 * MOST).filter(|(name, _)| addresses.near(name.start())).take(MOST);
            let sent = found.map(|(name, member)| {
                let (place, name) = (Span::from(name), name.as_bytes());
                // Constants and members are the same in the whole file.
                let plain = !member && !name.iter().any(|b| b.is_ascii_uppercase() || *b == b'.');
                let scope = if plain { self.program.scope(place) } else { self.program.whole() };
                Name::at(self.program, place, name, scope)
            });
            sent.collect()
        })
    }

    /// Returns where names are sent as the credential.
    pub(super) fn places(&self) -> impl Iterator<Item = Span> {
        self.names().iter().map(|sent| sent.place)
    }

    /// Whether a name at a place is one that is sent as the credential.
    pub(super) fn is(&self, name: &[u8], at: usize) -> bool {
        let mut own = self.names().iter().filter(|sent| sent.name == name);
        let table = |sent: &Name<'_>| {
            item_mark(&self.program.bytes[sent.place.end..]).is_some_and(|mark| mark[0] == b'[')
        };
        own.any(|sent| !table(sent) && sent.holds(at))
    }
}

/// Returns the name of a field without the object that a method calls its own: `self.headers`, `$this->headers`.
fn of_object(name: &[u8]) -> &[u8] {
    let own = [&b"self."[..], b"this.", b"this->", b"self->"];
    own.iter().find_map(|own| name.strip_prefix(*own)).unwrap_or(name)
}

/// A name that stands for a credential in a part of a file.
pub(super) struct Name<'a> {
    pub(super) name: &'a [u8],
    /// Where it is used as one.
    pub(super) place: Span,
    /// Where the name means the credential.
    pub(super) scope: Span,
    /// Where in its scope something else gives it another value, first.
    bound: Option<usize>,
    /// Where after its place something is assigned to it, first.
    assigned: Option<usize>,
}

impl<'a> Name<'a> {
    /// Returns what a name means that is used at a place.
    pub(super) fn at(program: Program<'a>, place: Span, name: &'a [u8], scope: Span) -> Name<'a> {
        let (rest, end) = (place.start, scope.end.max(place.start));
        let bound = bound_again(&program.bytes[scope.start..end], name).map(|at| scope.start + at);
        let assigned = assigned(&program.bytes[rest..end], name).map(|at| rest + at);
        Name { name, place, scope, bound, assigned }
    }

    /// Returns what a name means in a scope that its place is not in.
    pub(super) fn within(program: Program<'a>, place: Span, name: &'a [u8], scope: Span) -> Name<'a> {
        let bound = bound_again(&program.bytes[scope.start..scope.end], name).map(|at| scope.start + at);
        Name { name, place, scope, bound, assigned: None }
    }

    /// Whether the name means the credential at a place.
    pub(super) fn holds(&self, at: usize) -> bool {
        (self.scope.start..=self.scope.end).contains(&at)
            && self.bound.is_none_or(|bound| at <= bound)
            && self.assigned.is_none_or(|assigned| at <= assigned)
    }
}

/// Returns where a loop, a block or a prompt first gives the name another value: `for key in`, `|key, value|`, `read key`.
pub(super) fn bound_again(bytes: &[u8], name: &[u8]) -> Option<usize> {
    const BEFORE: &[&[u8]] = &[b"for", b"foreach", b"as", b"lambda", b"each"];
    const BEHIND: &[&[u8]] = &[b"in ", b"of ", b"->", b"|", b":= range", b"]"];
    let mut places = memmem::find_iter(bytes, name).take(200);
    places.find(|at| {
        let at = *at;
        let end = at + name.len();
        let apart = |at: Option<usize>| !at.and_then(|at| bytes.get(at)).is_some_and(|b| is_word(*b));
        let line = lines::before(bytes, at, 200);
        let line = line.strip_suffix(b"$").unwrap_or(line).trim_ascii_end();
        let word = &line[line.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1)..];
        let rest = lines::first(&bytes[end..]).trim_ascii_start();
        // `value => use(value)`; of a table in Perl: `token => $ENV{TOKEN}`.
        let arrow = rest.strip_prefix(b"=>").map(|rest| rest.trim_ascii_start());
        let is_function = arrow.is_some_and(|rest| !matches!(rest.first(), Some(b'$' | b'"' | b'\'')));
        let begins = BEFORE.contains(&word) || line.ends_with(b"|");
        let loops = memmem::find(line, b"for").is_some() || memmem::find(line, b"each").is_some();
        apart(at.checked_sub(1))
            && apart(Some(end))
            && (begins
                || loops && (BEHIND.iter().any(|mark| rest.starts_with(mark)) || rest.starts_with(b":"))
                || is_function
                || memmem::find(line, b"while read").is_some())
    })
}

/// Returns where something is first assigned to the name, which is at the start of the text.
fn assigned(bytes: &[u8], name: &[u8]) -> Option<usize> {
    let mut places = memmem::find_iter(bytes, name).skip(1).take(200);
    places.find(|at| {
        let at = *at;
        let rest = bytes[at + name.len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        let member = bytes[..at].last().is_some_and(|b| is_word(*b) || matches!(b, b'.' | b'-' | b'$'));
        !member && rest.starts_with(b"=") && !rest.starts_with(b"==") && !rest.starts_with(b"=>")
    })
}
