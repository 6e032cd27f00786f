//! Answers of the API with a credential in them: those to requests that make or tell one. Who prints such an answer as a
//! whole prints its `result.value`, its `client_secret` or the token of the tunnel.

use std::cell::OnceCell;
use std::sync::LazyLock;

use memchr::{memchr, memmem};

use super::super::passage::{Style, arrives};
use super::super::shell::{is_substituted, substitution};
use super::origins::last_assigned;
use super::sent::bound_again;
use super::{Program, occurrences, takes};
use crate::check::fixed;
use crate::fact::brackets;
use crate::fact::command::{Expansion, Next, command_end};
use crate::fact::lines::{self, indentation};
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};
use crate::span::Span;

mod chain;
mod requests;

use chain::{chain, filtered};
use requests::{Head, endpoint, requests};

/// How many names with answers are followed, and how often each is looked at.
const MOST: usize = 20;
/// How far below a request its answer is followed, and how long a command may be, in bytes.
const BELOW: usize = 8000;
const COMMAND: usize = 4000;
/// How far before an address its command may begin, in bytes.
const BEFORE: usize = 2000;

/// Which credential is in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The value of a token that was made.
    Token,
    /// The new value of a token, which is all of the result.
    Rolled,
    /// The token and the secret of a tunnel that was made.
    Tunnel,
    /// The token of a tunnel, which is all of the result.
    TunnelToken,
    /// The secret of a service token of Access.
    Service,
}

impl Kind {
    /// Returns the fields of the result that hold the credential; none if the result is the credential.
    fn fields(self) -> &'static [&'static [u8]] {
        match self {
            Kind::Token => &[b"value"],
            Kind::Rolled | Kind::TunnelToken => &[],
            Kind::Tunnel => &[b"token", b"credentials_file", b"TunnelSecret", b"tunnel_secret"],
            Kind::Service => &[b"client_secret"],
        }
    }

    /// Whether the address answers other methods with less.
    fn needs_post(self) -> bool {
        matches!(self, Kind::Token | Kind::Tunnel | Kind::Service)
    }
}

/// How much of an answer something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// An object that the answer has to be read from: who prints it shows the status.
    Response,
    /// The answer, or all of its result.
    Answer,
    /// The credential alone.
    Secret,
}

/// A name that holds an answer.
#[derive(Clone, Copy)]
struct Held<'a> {
    name: &'a [u8],
    /// Where it is assigned to.
    place: usize,
    kind: Kind,
    part: Part,
}

/// The answers of a file, computed when first asked for.
pub(in super::super) struct Answers<'a> {
    program: Program<'a>,
    held: OnceCell<Vec<Held<'a>>>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(program: Program<'a>) -> Answers<'a> {
        Answers { program, held: OnceCell::new() }
    }

    /// Whether a name at a place holds the credential of an answer.
    pub(super) fn is_secret(&self, name: &[u8], at: usize) -> bool {
        self.current(name, at).is_some_and(|held| held.part == Part::Secret)
    }

    /// Returns an answer among the arguments of a call, which begin at a place: all of it, or the credential in it.
    pub(in super::super) fn in_call(&self, arguments: Span, style: Style) -> Option<Span> {
        let body = &self.program.bytes[arguments.start..arguments.end];
        let mut names: Vec<&[u8]> = self.held().iter().map(|held| held.name).collect();
        names.dedup();
        names.into_iter().find_map(|name| {
            let mut places = occurrences(body, name).take(MOST);
            places.find_map(|at| {
                let held = self.current(name, arguments.start + at)?;
                let (part, end) = chain(held, body, at + name.len())?;
                let shown = match part {
                    Part::Response => false,
                    Part::Answer => !self.is_failure(arguments),
                    Part::Secret => held.part != Part::Secret,
                };
                let place = Span::new(at, end);
                (shown && arrives(body, place, style)).then_some(place.shift(arguments.start))
            })
        })
    }

    /// Returns an answer among the variables of a command that prints: all of it, or the credential that is taken out of
    /// it: `echo "$R" | jq -r .result.value`.
    pub(in super::super) fn in_command(&self, zone: Span, variables: &[Expansion<'_>]) -> Option<Span> {
        let bytes = self.program.bytes;
        if self.held().is_empty() {
            return None;
        }
        let found = variables.iter().find(|variable| {
            let Some(held) = self.current(variable.name, variable.span.start) else { return false };
            let inner = substitution(&bytes[zone.start..variable.span.start]);
            let (part, of) = match inner {
                Some(inner) => {
                    let start = zone.start + inner;
                    (filtered(held.kind, &bytes[start..closing(bytes, start)]), start)
                }
                None => match command_end(bytes, zone.start).1 {
                    Next::Pipe(start) => {
                        (filtered(held.kind, &bytes[start - 1..command_end(bytes, start).0]), zone.start)
                    }
                    _ => (Some(Part::Answer), zone.start),
                },
            };
            match part {
                Some(Part::Secret) => true,
                Some(Part::Answer) => {
                    (of == zone.start || !is_substituted(bytes, zone, variable.span))
                        && !self.is_failure(zone)
                }
                _ => false,
            }
        });
        found.map(|variable| variable.span)
    }

    fn held(&self) -> &[Held<'a>] {
        self.held.get_or_init(|| self.find())
    }

    /// Returns what a name holds at a place, if that is an answer.
    fn current(&self, name: &[u8], at: usize) -> Option<&Held<'a>> {
        let own = self.held().iter().filter(|held| held.name == name && held.place < at);
        own.max_by_key(|held| held.place).filter(|held| is_current(self.program, held, at))
    }

    fn find(&self) -> Vec<Held<'a>> {
        static PATHS: LazyLock<Literals> =
            LazyLock::new(|| Literals::new(&["/tokens", "cfd_tunnel", "service_tokens"]));
        let mut out = Vec::new();
        let Some(text) = self.program.text else { return out };
        let bytes = self.program.bytes;
        let hits = PATHS.all(bytes);
        if hits.is_empty() || !contains(bytes, b"cloudflare") {
            return out;
        }
        for hit in hits.into_iter().take(2 * MOST) {
            if let Some((kind, end)) = endpoint(bytes, &hit) {
                requests(text, Span::new(hit.start, end), kind, true, &mut out);
            }
        }
        let mut next = 0;
        while next < out.len() && out.len() < MOST {
            self.derive(out[next], &mut out);
            next += 1;
        }
        out
    }

    /// Adds the names that get an answer, or a part of it, from another.
    fn derive(&self, from: Held<'a>, out: &mut Vec<Held<'a>>) {
        if from.part == Part::Secret {
            return;
        }
        let bytes = self.program.bytes;
        let start = from.place + from.name.len();
        let zone = &bytes[start..bytes.len().min(start + BELOW)];
        for at in occurrences(zone, from.name).take(MOST).map(|at| start + at) {
            if !is_current(self.program, &from, at) {
                continue;
            }
            let line = lines::start(bytes, at.saturating_sub(BEFORE), at);
            if let Some((name, inner)) = substituted(bytes, line, at) {
                let inner = &bytes[inner..closing(bytes, inner)];
                let part = filtered(from.kind, inner);
                out.extend(part.map(|part| Held {
                    name: &bytes[name.start..name.end],
                    place: name.start,
                    kind: from.kind,
                    part,
                }));
                continue;
            }
            let Some(head) = Head::of(bytes, line, at) else { continue };
            fixed! {
                static READS = r"^\s*(?:await\s+|\(|\$|json\.loads?\(|JSON\.(?:parse|load)\(|json_decode\(|json\.load\()*$";
            }
            let end = at + from.name.len();
            if READS.is_match(&bytes[head.value..at])
                && let Some((part, _)) = chain(&from, bytes, end)
            {
                head.hold(bytes, from.kind, part, out);
            }
        }
    }

    /// Whether what prints is reached only if the request has failed: then the answer tells why.
    fn is_failure(&self, printed: Span) -> bool {
        fixed! {
            static SAYS = r"(?i)error|fail|unable|could ?n[o']t|cannot|invalid|unexpected|unknown|exception|denied|abort";
            static HEAD = r"(?i)\b(?:if|elif|elsif|elseif|else|unless|catch|except|rescue|case)\b|\|\|";
            static NEGATIVE = r"(?i)\b(?:else|unless|catch|except|rescue|not|null|none|nil|false|err)\b|!|\|\||-z\b|-ne\b|error|fail|[>=]=?\s*[345]\d\d\b";
            static LEAVES = r"^\s*(?:\}?\s*)?(?:exit\s+[1-9]|exit\([1-9]|return\s+[1-9]|throw\b|raise\b|die\b|abort\b|fail\b|sys\.exit\([1-9]|process\.exit\([1-9]|os\.Exit\([1-9])";
        }
        /// How many lines above are looked at, and how much of each, in bytes.
        const ABOVE: usize = 12;
        const LINE: usize = 300;
        let bytes = self.program.bytes;
        let mut start = lines::start(bytes, printed.start.saturating_sub(LINE), printed.start);
        let own = &bytes[start..printed.end];
        let before = &bytes[start..printed.start];
        if SAYS.is_match(own) || HEAD.is_match(before) && NEGATIVE.is_match(before) {
            return true;
        }
        let mut below =
            bytes[printed.end..bytes.len().min(printed.end + LINE)].split(|b| *b == b'\n').skip(1);
        if below.next().is_some_and(|line| LEAVES.is_match(line)) {
            return true;
        }
        let mut depth = indentation(own);
        for _ in 0..ABOVE {
            let Some(end) = start.checked_sub(1) else { break };
            start = lines::start(bytes, end.saturating_sub(LINE), end);
            let line = &bytes[start..end];
            if line.trim_ascii().is_empty() || indentation(line) >= depth {
                continue;
            }
            depth = indentation(line);
            if HEAD.is_match(line) && NEGATIVE.is_match(line) {
                return true;
            }
        }
        false
    }
}

/// Whether a name still holds at a place what it was given.
fn is_current(program: Program<'_>, held: &Held<'_>, at: usize) -> bool {
    let bytes = program.bytes;
    let start = held.place + held.name.len();
    let scope = program.scope(Span::new(held.place, held.place));
    let own = program.scope(Span::new(at, at));
    // A parameter of the same name is another.
    let hidden = own != scope && own.start > held.place && takes(&bytes[own.start..own.end], held.name);
    start <= at
        && !hidden
        && (scope.start..=scope.end).contains(&at)
        && at - start < 2 * BELOW
        && last_assigned(bytes, held.name, at).is_none_or(|last| last <= held.place)
        && bound_again(&bytes[start..at], held.name).is_none()
        && !is_masked(&bytes[start..at], held.name)
}

/// Whether a step of a workflow masks what a name holds: `echo "::add-mask::$NEW"`, `core.setSecret(token)`.
pub(super) fn is_masked(bytes: &[u8], name: &[u8]) -> bool {
    const MASKS: &[&[u8]] = &[b"::add-mask::", b"setSecret("];
    MASKS.iter().any(|mask| {
        memmem::find_iter(bytes, mask).any(|at| {
            let rest = &bytes[at + mask.len()..];
            let rest = &rest[rest.iter().take_while(|b| matches!(b, b'$' | b'{' | b'"' | b'\'')).count()..];
            rest.strip_prefix(name).is_some_and(|rest| !rest.first().is_some_and(|b| is_word(*b)))
        })
    })
}

/// Returns the name that the output of the command around a place is assigned to, and where the command starts:
/// `NAME=$(curl …`.
fn substituted(bytes: &[u8], floor: usize, at: usize) -> Option<(Span, usize)> {
    let inner = floor + substitution(&bytes[floor..at])?;
    let before = &bytes[..inner];
    let before = before.strip_suffix(b"$(").or_else(|| before.strip_suffix(b"`"))?;
    let before = before.strip_suffix(b"\"").unwrap_or(before).strip_suffix(b"=")?;
    let length = before.iter().rev().take_while(|b| is_word(**b)).count();
    (length > 0).then(|| (Span::new(before.len() - length, before.len()), inner))
}

/// Returns where a substituted command ends that starts at a place, behind its bracket or backtick.
fn closing(bytes: &[u8], start: usize) -> usize {
    if bytes[..start].ends_with(b"`") {
        let rest = &bytes[start..bytes.len().min(start + COMMAND)];
        return start + memchr(b'`', rest).unwrap_or(rest.len());
    }
    brackets::close(bytes, start - 1, start + COMMAND)
}

#[cfg(test)]
mod tests;
