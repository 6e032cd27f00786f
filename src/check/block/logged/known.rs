//! Which names of a file hold a credential of the API: by themselves, because one is assigned to them, or because they
//! are sent as one.

use std::cell::OnceCell;
use std::collections::HashSet;

use memchr::memmem;

use super::super::taint::tainted;
use crate::fact::brackets;
use crate::fact::credential::{is_credential, is_secret, mentions_any};
use crate::fact::statement::function;
use crate::fact::words::is_word;
use crate::literals::contains;
use crate::span::Span;
use crate::text::Text;

mod addresses;
mod answers;
mod containers;
mod holders;
mod labels;
mod minted;
mod origins;
mod sent;

use answers::{Answers, is_masked};
use containers::Containers;
use holders::Holders;
use labels::Labels;
use minted::Minted;
use sent::Sent;

/// What a file says about its credentials, each part computed when first asked for.
pub(super) struct Known<'a> {
    program: Program<'a>,
    pub(super) bytes: &'a [u8],
    /// Names that a credential is assigned to.
    assigned: OnceCell<HashSet<Vec<u8>>>,
    pub(super) sent: Sent<'a>,
    containers: Containers<'a>,
    holders: Holders<'a>,
    minted: Minted<'a>,
    pub(super) answers: Answers<'a>,
    pub(super) labels: Labels<'a>,
    is_dart: OnceCell<bool>,
}

impl<'a> Known<'a> {
    /// Names mean something in the function that they are in.
    pub(super) fn of(text: &'a Text<'a>) -> Known<'a> {
        Known::from(Program { text: Some(text), bytes: text.bytes() })
    }

    /// Names mean the same in the whole file.
    #[cfg(test)]
    pub(super) fn new(bytes: &'a [u8]) -> Known<'a> {
        Known::from(Program { text: None, bytes })
    }

    fn from(program: Program<'a>) -> Known<'a> {
        Known {
            program,
            bytes: program.bytes,
            assigned: OnceCell::new(),
            sent: Sent::new(program),
            containers: Containers::new(program),
            holders: Holders::new(program),
            minted: Minted::new(program.bytes),
            answers: Answers::new(program),
            labels: Labels::new(program.bytes),
            is_dart: OnceCell::new(),
        }
    }

    /// Returns the names that a credential is assigned to.
    fn assigned(&self) -> &HashSet<Vec<u8>> {
        self.assigned.get_or_init(|| tainted(self.bytes))
    }

    /// Whether variables are replaced in texts in single quotes: the file is in Dart.
    pub(super) fn inserts_in_single(&self) -> bool {
        *self.is_dart.get_or_init(|| {
            [&b"import 'dart:"[..], b"import 'package:"]
                .iter()
                .any(|import| memmem::find(self.bytes, import).is_some())
        })
    }

    /// Whether a name at a place was given what a request returned: `r = requests.get(url)`. A parameter is judged by the
    /// calls of its function.
    pub(super) fn is_answer_of_call(&self, name: &[u8], at: usize) -> bool {
        origins::is_requested(self.bytes, name, at)
    }

    /// Whether what stands at a place is one item of what has the name: `$($config['zone'])`.
    fn is_item(&self, name: &[u8], at: usize) -> bool {
        let own = &self.bytes[at.min(self.bytes.len())..];
        let own = &own[own.iter().take_while(|b| matches!(b, b'$' | b'{' | b'(')).count()..];
        let rest = own.strip_prefix(name).unwrap_or_default();
        [&b"["[..], b"->"].iter().any(|item| rest.starts_with(item))
    }
}

/// A program, and how far the functions in it reach if that is asked for.
#[derive(Clone, Copy)]
struct Program<'a> {
    text: Option<&'a Text<'a>>,
    bytes: &'a [u8],
}

impl Program<'_> {
    fn whole(self) -> Span {
        Span::new(0, self.bytes.len())
    }

    /// Returns the function that a place is in, or the whole file.
    fn scope(self, place: Span) -> Span {
        let body = self.text.and_then(|text| function(text, place)).map(|(body, _)| body);
        body.unwrap_or(self.whole())
    }
}

/// Whether a name in this context holds a credential: by itself, because one is assigned to it, or because the
/// surrounding text says so.
pub(super) fn is_known(name: &[u8], at: usize, known: &Known<'_>, around: &[u8]) -> bool {
    let own = [&b"self."[..], b"this."].into_iter().find_map(|object| name.strip_prefix(object));
    // A field is accessed through any name: `settings.api_token`.
    let field = name.iter().rposition(|b| *b == b'.').map(|dot| &name[dot + 1..]);
    let holds = is_credential(name)
        || known.assigned().contains(own.unwrap_or(name))
            && (own.is_some() || !origins::is_rebound(known.program, name, at))
        || !known.is_item(name, at)
            && (known.sent.is(name, at) || known.containers.is(name, at, &known.sent))
        || known.minted.has(name) && !is_masked(&known.bytes[..at.min(known.bytes.len())], name)
        || known.answers.is_secret(name, at)
        || known.holders.is_parameter(name, at, known.assigned())
        || field.is_some_and(|field| is_secret(field) && known.assigned().contains(field))
        // `key` alone is mostly that of a map, `tokens` a number.
        || (is_secret(name)
            && ![&b"key"[..], b"tokens", b"keys"].iter().any(|word| own.unwrap_or(name).eq_ignore_ascii_case(word))
            && (mentions_vendor(around) || known.minted.rolls())
            && !origins::is_foreign(known.bytes, name, at))
        || is_r2_secret(name)
            && contains(known.bytes, b".r2.cloudflarestorage.com")
            && !origins::is_foreign(known.bytes, name, at);
    holds && !known.labels.is_constant(name)
}

/// Whether a name is that of the secret of an S3 client: `secret_access_key`.
fn is_r2_secret(name: &[u8]) -> bool {
    contains(name, b"secret") && contains(name, b"key") && is_secret(name)
}

fn mentions_vendor(text: &[u8]) -> bool {
    contains(text, b"cloudflare") || mentions_any(text)
}

/// Returns what begins an item of a table that the bytes follow: `["`, of `config["token"]`.
fn item_mark(rest: &[u8]) -> Option<&'static [u8]> {
    const MARKS: &[&[u8]] = &[b"[\"", b"['", b"[:", b"->", b"?.", b"(\"", b"('"];
    MARKS.iter().copied().find(|mark| rest.starts_with(mark))
}

/// Whether the head of a function has a parameter with the name.
fn takes(function: &[u8], name: &[u8]) -> bool {
    let first = function.iter().position(|b| *b == b'(').unwrap_or(0);
    let end = brackets::close(function, first, first + 500);
    occurrences(&function[first..end], name).any(|at| {
        let rest = &function[first + at + name.len()..];
        !matches!(rest.first(), Some(b'.' | b'['))
    })
}

/// Returns where a name stands as a word.
fn occurrences<'t>(text: &'t [u8], name: &'t [u8]) -> impl Iterator<Item = usize> + use<'t> {
    let apart = |b: Option<&u8>| !b.is_some_and(|b| is_word(*b));
    memmem::find_iter(text, name).filter(move |at| {
        apart(at.checked_sub(1).and_then(|before| text.get(before))) && apart(text.get(at + name.len()))
    })
}

#[cfg(test)]
mod tests;
