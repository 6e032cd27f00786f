//! Which names of a file hold a credential of the API: by themselves, because one is assigned to them, or because they
//! are sent as one.

use std::cell::{LazyCell, OnceCell};
use std::collections::HashSet;
use std::ops::ControlFlow;

use memchr::memmem;
use regex::bytes::Captures;

use super::super::taint::tainted;
use crate::check::{fixed, named};
use crate::fact::credential::{each_credential, is_credential, is_secret, mentions};
use crate::fact::statement::function;
use crate::fact::words::is_word;
use crate::fact::{brackets, lines};
use crate::literals::contains;
use crate::span::Span;
use crate::text::Text;

mod addresses;
mod minted;

use addresses::api_addresses;

/// What a file says about its credentials, computed when first asked for.
pub(super) struct Known<'a> {
    text: Option<&'a Text<'a>>,
    pub(super) bytes: &'a [u8],
    names: OnceCell<HashSet<Vec<u8>>>,
    sends: OnceCell<bool>,
    rolls: OnceCell<bool>,
    is_dart: OnceCell<bool>,
    headers: OnceCell<Vec<(&'a [u8], usize)>>,
    sent: OnceCell<Vec<Sent<'a>>>,
    made: OnceCell<HashSet<&'a [u8]>>,
    creates: OnceCell<bool>,
    resources: OnceCell<HashSet<&'a [u8]>>,
    labels: OnceCell<HashSet<&'a [u8]>>,
    holders: OnceCell<Vec<Holder<'a>>>,
    lent: OnceCell<Vec<Holder<'a>>>,
}

impl<'a> Known<'a> {
    /// Names mean something in the function that they are in.
    pub(super) fn of(text: &'a Text<'a>) -> Known<'a> {
        Known { text: Some(text), ..Known::new(text.bytes()) }
    }

    pub(super) fn new(bytes: &'a [u8]) -> Known<'a> {
        Known {
            text: None,
            bytes,
            names: OnceCell::new(),
            sends: OnceCell::new(),
            rolls: OnceCell::new(),
            is_dart: OnceCell::new(),
            headers: OnceCell::new(),
            sent: OnceCell::new(),
            made: OnceCell::new(),
            creates: OnceCell::new(),
            resources: OnceCell::new(),
            labels: OnceCell::new(),
            holders: OnceCell::new(),
            lent: OnceCell::new(),
        }
    }

    /// Returns the names that hold a credential.
    fn names(&self) -> &HashSet<Vec<u8>> {
        self.names.get_or_init(|| tainted(self.bytes))
    }

    /// Whether the file puts a credential into the headers of a request to the API.
    pub(super) fn sends(&self) -> bool {
        fixed! {
            static BEARER = r#"(?i)authorization["'\])]*\s*(?:=>|[,:=])\s*[^\n]{0,20}bearer|x-auth-key"#;
        }
        *self.sends.get_or_init(|| contains(self.bytes, b"cloudflare") && BEARER.is_match(self.bytes))
    }

    /// Whether variables are replaced in texts in single quotes: the file is in Dart.
    pub(super) fn inserts_in_single(&self) -> bool {
        *self.is_dart.get_or_init(|| {
            [&b"import 'dart:"[..], b"import 'package:"]
                .iter()
                .any(|import| memmem::find(self.bytes, import).is_some())
        })
    }

    /// Whether the file rolls a token through the API.
    fn rolls(&self) -> bool {
        fixed! {
            // The id may be an expression of a workflow, or stand between two texts.
            static ROLL = r#"/tokens/(?:[^\s"'`]{1,60}|[^\s"'`]{0,20}\$\{\{[^\n{}]{1,80}\}\}|["'`]\s*(?:[+.,&]\s*)?[\w.$@{}()>-]{1,60}\s*(?:[+.,&]\s*)?["'`])/value\b"#;
        }
        *self.rolls.get_or_init(|| ROLL.is_match(self.bytes))
    }

    /// Returns the names of headers with a token among them, and where: `headers = {"Authorization": f"Bearer {token}"}`,
    /// `request.Header.Set("Authorization", …)`.
    fn headers(&self) -> &[(&'a [u8], usize)] {
        /// No program has more.
        const MOST: usize = 100;
        fixed! {
            static BOUND = concat!(
                r#"(?P<name>\b\w*(?i:headers))\s*(?::\s*\w+\s*)?(?::?=|:)\s*[\w.]{0,20}[{(\[][^})\]]{0,300}(?:(?i:authorization)["'`]?\s*(?:=>|[:=,])\s*[fb$]?["'`]?\s*(?i:bearer)|(?i:x-auth-key)["'`]?\s*(?:=>|[:=,]))"#,
                r#"|(?P<set>(?:\b\w+\.)*\b\w*(?i:headers?))(?:\(\))?(?:\.(?:[sS]et|[aA]dd|append|put)\(\s*|\[\s*)["'](?i:authorization|x-auth-key)["']"#,
                r#"|\$(?P<pushed>\w*(?i:headers))\[\]\s*=\s*["'](?i:authorization)"#,
            );
        }
        let name = |groups: Captures<'a>| {
            let name = ["name", "set", "pushed"].into_iter().find_map(|name| groups.name(name))?;
            Some((name.as_bytes(), name.start()))
        };
        self.headers.get_or_init(|| BOUND.captures_iter(self.bytes).filter_map(name).take(MOST).collect())
    }

    /// Whether a name at a place is one of headers with a token. Those of a request are its own, so they are set shortly
    /// before.
    pub(super) fn has_headers(&self, name: &[u8], at: usize) -> bool {
        const BEFORE: usize = 3000;
        self.headers()
            .iter()
            .any(|(own, set)| *own == name && (!name.contains(&b'.') || *set < at && at - set < BEFORE))
    }

    /// Whether what has the name is itself the name of something: `Name: spec.Secret`.
    pub(super) fn names_resource(&self, name: &[u8]) -> bool {
        const FIELD: &[u8] = b"Name: ";
        let names = self.resources.get_or_init(|| {
            let values = memmem::find_iter(self.bytes, FIELD).map(|at| &self.bytes[at + FIELD.len()..]);
            let in_chain = |b: &&u8| is_word(**b) || **b == b'.';
            values.map(|value| &value[..value.iter().take_while(in_chain).count()]).collect()
        });
        names.contains(name)
    }

    /// Whether the file says that a constant only holds the name of a variable: `const CF_API_TOKEN = "CF_API_TOKEN"`.
    fn is_label(&self, name: &[u8]) -> bool {
        fixed! {
            static LABEL = r#"(?:\b(?P<name>[A-Za-z_]\w*)(?:\s*:\s*[&'\w]+(?:\s\w+)?)?\s*:?=\s*|@(?P<attribute>[a-z_]\w*)\s+)["'](?P<value>[A-Z][A-Z0-9]*_[A-Z0-9_]+)["']"#;
        }
        self.labels
            .get_or_init(|| {
                let labels = LABEL.captures_iter(self.bytes);
                labels
                    .filter_map(|groups| groups.name("name").or_else(|| groups.name("attribute")))
                    .map(|name| name.as_bytes())
                    .collect()
            })
            .contains(name)
    }

    /// Whether what stands at a place is one item of what has the name: `$($config['zone'])`.
    fn is_item(&self, name: &[u8], at: usize) -> bool {
        let own = &self.bytes[at.min(self.bytes.len())..];
        let own = &own[own.iter().take_while(|b| matches!(b, b'$' | b'{' | b'(')).count()..];
        let rest = own.strip_prefix(name).unwrap_or_default();
        [&b"["[..], b"->"].iter().any(|item| rest.starts_with(item))
    }

    /// Whether a name is that of a table from which the file reads a credential: `config`, if it has
    /// `config["cloudflare_api_token"]`. Who prints the table prints the credential.
    fn holds(&self, name: &[u8], at: usize) -> bool {
        /// No program has more.
        const MOST: usize = 100;
        /// The environment, and what else nobody prints as a whole; and what is no table.
        const OTHERS: &[&[u8]] = &[
            b"env",
            b"environ",
            b"ENV",
            b"process",
            b"os",
            b"secrets",
            b"self",
            b"this",
            b"_ENV",
            b"_SERVER",
            b"vars",
            b"inputs",
            b"headers",
            b"steps",
            b"request",
            b"req",
            b"response",
            b"res",
        ];
        let holders = self.holders.get_or_init(|| {
            let mut out = Vec::new();
            each_credential(self.bytes, Span::new(0, self.bytes.len()), |item| {
                let before = &self.bytes[..item.start];
                let table =
                    [&b"[\""[..], b"['", b"[:"].into_iter().find_map(|mark| before.strip_suffix(mark));
                let Some(table) = table else { return ControlFlow::Continue(()) };
                let start = table.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
                let owner = &table[start..];
                if owner.len() > 1 && !OTHERS.contains(&owner) {
                    let body = self.text.and_then(|text| function(text, item)).map(|(body, _)| body);
                    let scope = body.unwrap_or(Span::new(0, self.bytes.len()));
                    out.push(Holder { name: owner, scope });
                }
                if out.len() < MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            out
        });
        let here = |scope: Span| (scope.start..=scope.end).contains(&at);
        holders.iter().any(|holder| holder.name == name && here(holder.scope))
    }

    /// Whether a name is the parameter of a function that a credential is handed to: `apiToken.apply((t) => …)`.
    fn is_lent(&self, name: &[u8], at: usize) -> bool {
        /// No program has more.
        const MOST: usize = 100;
        /// How long the head of the function, and the function, may be, in bytes.
        const HEAD: usize = 200;
        const LONGEST: usize = 3000;
        fixed! {
            static LENT = r"^[?!]?\.(?:apply|then|map|tap|pipe|subscribe|let|also|ifPresent|forEach|and_then|Apply\w*)(?P<open>[({])\s*(?:async\s*)?(?:lambda\s+|func\()?[(|]?\s*(?P<name>[A-Za-z_]\w*)(?:\s*:\s*\w+)?\s*(?:[)|]|=>|->|:)";
        }
        let lent = self.lent.get_or_init(|| {
            let mut out = Vec::new();
            let mut owned = |owner: Span| {
                let rest = &self.bytes[owner.end..self.bytes.len().min(owner.end + HEAD)];
                if !matches!(rest.first(), Some(b'.' | b'?' | b'!')) {
                    return;
                }
                if let Some(groups) = LENT.captures(rest) {
                    let (open, name) = (named(&groups, "open"), named(&groups, "name"));
                    let start = owner.end + open.start();
                    let end = brackets::close(self.bytes, start, start + LONGEST);
                    out.push(Holder {
                        name: name.as_bytes(),
                        scope: Span::new(owner.end + name.start(), end),
                    });
                }
            };
            let mut left = MOST;
            each_credential(self.bytes, Span::new(0, self.bytes.len()), |owner| {
                owned(owner);
                left -= 1;
                if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            for name in self.names().iter().filter(|name| is_secret(name)) {
                let starts =
                    |at: &usize| !at.checked_sub(1).is_some_and(|before| is_word(self.bytes[before]));
                let places = memmem::find_iter(self.bytes, name).filter(starts).take(MOST);
                places.for_each(|at| owned(Span::new(at, at + name.len())));
            }
            out
        });
        let here = |scope: Span| (scope.start..=scope.end).contains(&at);
        lent.iter().any(|holder| holder.name == name && here(holder.scope))
    }

    /// Returns where names are sent as the credential of the API: `-H "Authorization: Bearer $TOKEN"`,
    /// `"X-Auth-Key": key`.
    fn sent(&self) -> &[Sent<'a>] {
        /// No program has more.
        const MOST: usize = 100;
        fixed! {
            static SENT = r#"(?i)(?:\bbearer\s+|x-auth-key["'`]?\s*(?:=>|[:,=])\s*[f$]?["'`]?)(?:["'`]\s*(?:[+.,&]|\.\.|<>)\s*|%s["'`]\s*[,%]\s*|\$\{\{\s*|[$#]\{|\{\{?|\$\(?|\\\(|)(?:\$?(?P<member>(?:this|self)->|@)|\$)?(?P<name>[a-z_][\w.]*)"#;
        }
        self.sent.get_or_init(|| {
            // A program may talk to others as well: those requests have headers of their own.
            let addresses = LazyCell::new(|| api_addresses(self.bytes));
            let found = SENT
                .captures_iter(self.bytes)
                .filter_map(|groups| Some((groups.name("name")?, groups.name("member").is_some())));
            let found = found.take(20 * MOST).filter(|(name, _)| addresses.near(name.start())).take(MOST);
            let sent = found.map(|(name, member)| {
                let (place, name) = (Span::from(name), name.as_bytes());
                // Constants and members are the same in the whole file.
                let plain = !member && !name.iter().any(|b| b.is_ascii_uppercase() || *b == b'.');
                let text = self.text.filter(|_| plain);
                let body = text.and_then(|text| function(text, place)).map(|(body, _)| body);
                let scope = body.unwrap_or(Span::new(0, self.bytes.len()));
                let (rest, end) = (place.start, scope.end.max(place.start));
                let bound = bound_again(&self.bytes[scope.start..end], name).map(|at| scope.start + at);
                let assigned = assigned(&self.bytes[rest..end], name).map(|at| rest + at);
                Sent { name, scope, bound, assigned }
            });
            sent.collect()
        })
    }

    /// Whether a name at a place is one that is sent as the credential.
    fn is_sent(&self, name: &[u8], at: usize) -> bool {
        let mut own = self.sent().iter().filter(|sent| sent.name == name);
        own.any(|sent| {
            (sent.scope.start..=sent.scope.end).contains(&at)
                && sent.bound.is_none_or(|bound| at <= bound)
                && sent.assigned.is_none_or(|assigned| at <= assigned)
        })
    }

    fn contains(&self, name: &[u8]) -> bool {
        self.names().contains(name)
    }
}

/// Whether a name in this context holds a credential: by itself, because one is assigned to it, or because the
/// surrounding text says so.
pub(super) fn is_known(name: &[u8], at: usize, known: &Known<'_>, around: &[u8]) -> bool {
    let own = [&b"self."[..], b"this."].into_iter().find_map(|object| name.strip_prefix(object));
    // A field is accessed through any name: `settings.api_token`.
    let field = name.iter().rposition(|b| *b == b'.').map(|dot| &name[dot + 1..]);
    let holds = is_credential(name)
        || known.contains(own.unwrap_or(name))
        || !known.is_item(name, at) && (known.is_sent(name, at) || known.holds(name, at))
        || known.mints(name)
        || known.is_lent(name, at)
        || field.is_some_and(|field| is_secret(field) && known.contains(field))
        // `key` alone is mostly that of a map, `tokens` a number.
        || (is_secret(name)
            && ![&b"key"[..], b"tokens", b"keys"].iter().any(|word| own.unwrap_or(name).eq_ignore_ascii_case(word))
            && (mentions_vendor(around) || known.rolls()))
        || is_r2_secret(name) && contains(known.bytes, b".r2.cloudflarestorage.com");
    holds && !known.is_label(name)
}

/// Whether a name is that of the secret of an S3 client: `secret_access_key`.
fn is_r2_secret(name: &[u8]) -> bool {
    contains(name, b"secret") && contains(name, b"key") && is_secret(name)
}

/// What holds a credential, and where it has that name.
struct Holder<'a> {
    name: &'a [u8],
    scope: Span,
}

/// A name that is sent as the credential.
struct Sent<'a> {
    name: &'a [u8],
    /// Where the name means the credential.
    scope: Span,
    /// Where in its scope something else gives it another value, first.
    bound: Option<usize>,
    /// Where after its place something is assigned to it, first.
    assigned: Option<usize>,
}

/// Returns where a loop, a block or a prompt first gives the name another value: `for key in`, `|key, value|`, `read key`.
fn bound_again(bytes: &[u8], name: &[u8]) -> Option<usize> {
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
        let begins = BEFORE.contains(&word) || line.ends_with(b"|");
        let loops = memmem::find(line, b"for").is_some() || memmem::find(line, b"each").is_some();
        apart(at.checked_sub(1))
            && apart(Some(end))
            && (begins
                || loops && (BEHIND.iter().any(|mark| rest.starts_with(mark)) || rest.starts_with(b":"))
                || rest.starts_with(b"=>")
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

fn mentions_vendor(text: &[u8]) -> bool {
    contains(text, b"cloudflare") || mentions(text)
}

#[cfg(test)]
mod tests;
