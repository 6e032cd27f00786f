//! Names of settings with a credential among them: who prints all of `config` prints its `token`.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use memchr::memmem;

use super::sent::{Name, Sent};
use super::{Program, item_mark, occurrences, takes};
use crate::fact::brackets;
use crate::fact::credential::each_mention;
use crate::fact::statement::function;
use crate::fact::words::{is_word, words};
use crate::literals::contains;
use crate::span::Span;

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

/// The settings of a file that hold a credential, computed when first asked for.
pub(super) struct Containers<'a> {
    program: Program<'a>,
    all: OnceCell<Vec<Container<'a>>>,
}

/// Settings, and the name of the credential in them.
struct Container<'a> {
    name: Name<'a>,
    member: &'a [u8],
}

impl<'a> Containers<'a> {
    pub(super) fn new(program: Program<'a>) -> Containers<'a> {
        Containers { program, all: OnceCell::new() }
    }

    /// Whether a name at a place is that of settings with a credential, all of which are meant there: `config`, if the
    /// file has `config["cloudflare_api_token"]`, or sends `config.token` to the API.
    pub(super) fn is(&self, name: &[u8], at: usize, sent: &Sent<'a>) -> bool {
        let all = self.all.get_or_init(|| self.find(sent));
        let mut own = all.iter().filter(|container| container.name.name == name).peekable();
        own.peek().is_some()
            && !lists_keys(&self.program.bytes[..at])
            && own.any(|container| self.is_visible(&container.name, at) && !self.replaces(container, at))
    }

    fn find(&self, sent: &Sent<'a>) -> Vec<Container<'a>> {
        let bytes = self.program.bytes;
        let mut out = Vec::new();
        each_mention(bytes, |item| {
            // A chain begins with its owner: `cfg.cfApiToken`.
            let start = bytes[item.start..item.end].iter().rposition(|b| !is_word(*b));
            self.add(start.map_or(item, |at| Span::new(item.start + at + 1, item.end)), &mut out);
            if out.len() < MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        for name in sent.places() {
            let last = bytes[name.start..name.end].iter().rposition(|b| *b == b'.');
            if let Some(dot) = last {
                self.add(Span::new(name.start + dot + 1, name.end), &mut out);
            }
            if let Some(mark) = item_mark(&bytes[name.end..]) {
                let start = name.end + mark.len();
                let length = bytes[start..].iter().take_while(|b| is_word(**b)).count();
                self.add(Span::new(start, start + length), &mut out);
            }
            if out.len() >= MOST {
                break;
            }
        }
        out
    }

    /// Adds the settings that an item is read from, if it is.
    fn add(&self, item: Span, out: &mut Vec<Container<'a>>) {
        let bytes = self.program.bytes;
        let before = &bytes[..item.start];
        let tables = [&b"[\""[..], b"['", b"[:", b".get(\"", b".get('"];
        let members = [&b"?."[..], b".", b"->"];
        let table = tables.into_iter().find_map(|mark| before.strip_suffix(mark));
        let owner = |before: &[u8]| {
            let start = before.iter().rposition(|b| !is_word(*b) && *b != b'.').map_or(0, |at| at + 1);
            Span::new(start, before.len())
        };
        let member = &bytes[item.start..item.end];
        if let Some(table) = table {
            return self.push(owner(table), member, out);
        }
        let Some(chain) = members.into_iter().find_map(|mark| before.strip_suffix(mark)).map(owner) else {
            return;
        };
        // What is in `config.cloudflare` is in `config`.
        let dots = memchr::memchr_iter(b'.', &bytes[chain.start..chain.end]).map(|dot| chain.start + dot);
        for end in dots.chain([chain.end]) {
            let own = Span::new(chain.start, end);
            // An object of a class shows its name, not its fields.
            if are_settings(&bytes[own.start..own.end]) && !shows_itself(bytes) {
                self.push(own, member, out);
            }
        }
    }

    /// Adds settings that a name at a place stands for.
    fn push(&self, owner: Span, member: &'a [u8], out: &mut Vec<Container<'a>>) {
        let name = &self.program.bytes[owner.start..owner.end];
        let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
        if name.is_empty() || OTHERS.contains(&last) || name.starts_with(b".") {
            return;
        }
        let own = self.program.scope(owner);
        for scope in self.scopes(owner) {
            let name = if scope == own {
                Name::at(self.program, owner, name, scope)
            } else {
                Name::within(self.program, owner, name, scope)
            };
            out.push(Container { name, member });
        }
    }

    /// Returns where settings that are used at a place have that name: in the function that makes them, and if they are
    /// handed to it, in those that call it; otherwise in the whole file.
    fn scopes(&self, owner: Span) -> Vec<Span> {
        /// How many calls are followed.
        const CALLS: usize = 20;
        let (program, bytes) = (self.program, self.program.bytes);
        let name = &bytes[owner.start..owner.end];
        let found = program.text.and_then(|text| function(text, owner));
        let Some((body, function)) = found else { return vec![program.whole()] };
        let own = &bytes[body.start..body.end];
        if name.contains(&b'.') || !binds(own, name) {
            return vec![program.whole()];
        }
        let mut out = vec![body];
        if !takes(own, name) {
            return out;
        }
        let calls = memmem::find_iter(bytes, function).filter(|at| {
            let whole = !at.checked_sub(1).is_some_and(|before| is_word(bytes[before]));
            whole && bytes.get(at + function.len()) == Some(&b'(') && (*at < body.start || *at > body.end)
        });
        for at in calls.take(CALLS) {
            let open = at + function.len();
            let arguments = &bytes[open..brackets::close(bytes, open, open + 500)];
            let scope = program.scope(Span::new(at, open));
            if occurrences(arguments, name).next().is_some() && !out.contains(&scope) {
                out.push(scope);
            }
        }
        out
    }

    /// Whether the name means the settings at a place: a function may have others of the same name.
    fn is_visible(&self, name: &Name<'a>, at: usize) -> bool {
        let own = self.program.scope(Span::new(at, at));
        let other = name.scope == self.program.whole()
            && own != name.scope
            && !(own.start..=own.end).contains(&name.place.start)
            && binds(&self.program.bytes[own.start..own.end], name.name);
        name.holds(at) && !other
    }

    /// Whether the credential is replaced where the settings are copied: `{ ...config, token: "***" }`.
    fn replaces(&self, container: &Container<'_>, at: usize) -> bool {
        let copied = [&b"..."[..], b"**", b"dict(", b"assign("];
        let before = self.program.bytes[..at].trim_ascii_end();
        let rest = &self.program.bytes[at..self.program.bytes.len().min(at + 200)];
        let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
        copied.iter().any(|mark| before.ends_with(mark))
            && occurrences(line, container.member).any(|at| {
                let rest = line[at + container.member.len()..].trim_ascii_start();
                let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
                matches!(rest.trim_ascii_start().first(), Some(b':' | b'='))
            })
    }
}

/// Whether the bytes end where a call begins that only takes the names in a table.
fn lists_keys(before: &[u8]) -> bool {
    let calls = [&b"list("[..], b"set(", b"tuple(", b"sorted(", b"frozenset(", b"iter("];
    calls.iter().any(|call| {
        before.strip_suffix(*call).is_some_and(|rest| !rest.last().is_some_and(|b| is_word(*b) || *b == b'.'))
    })
}

/// Whether a name is that of settings, rather than of an object that does something.
fn are_settings(name: &[u8]) -> bool {
    const SETTINGS: &[&str] = &[
        "config",
        "configuration",
        "cfg",
        "conf",
        "settings",
        "setting",
        "options",
        "opts",
        "args",
        "arguments",
        "flags",
        "params",
        "credentials",
        "creds",
        "secrets",
    ];
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let said = words(last);
    said.split(' ').next_back().is_some_and(|word| SETTINGS.contains(&word))
}

/// Whether a program says by itself how its settings are shown, which mostly is to hide something.
fn shows_itself(bytes: &[u8]) -> bool {
    const SAYS: &[&[u8]] = &[
        b"secretstr",
        b"secretstring",
        b"secret<",
        b"repr=false",
        b"__repr__",
        b"__str__",
        b"debug for ",
        b"display for ",
        b"string() string",
        b"tostring()",
        b"marshaljson",
        b"logvalue",
        b"json:\"-\"",
        b"redact",
    ];
    SAYS.iter().any(|word| contains(bytes, word))
}

/// Whether a function, which begins with its head, gives the name a value of its own.
fn binds(function: &[u8], name: &[u8]) -> bool {
    if memmem::find(function, &[b"global ", name].concat()).is_some() {
        return false;
    }
    takes(function, name)
        || occurrences(function, name).any(|at| {
            let rest = function[at + name.len()..].trim_ascii_start();
            let rest = rest.strip_prefix(b":").unwrap_or(rest);
            let member = matches!(function[..at].last(), Some(b'.' | b'-'));
            !member && rest.starts_with(b"=") && !rest.starts_with(b"==") && !rest.starts_with(b"=>")
        })
}

#[cfg(test)]
mod tests;
