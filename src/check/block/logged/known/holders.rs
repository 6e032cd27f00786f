//! Names that hold a credential in a part of a file: tables that have it among their items, and parameters of functions
//! that it is handed to.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::ControlFlow;

use memchr::memmem;

use super::Program;
use crate::check::{fixed, named};
use crate::fact::brackets;
use crate::fact::credential::{each_credential, is_secret};
use crate::fact::words::is_word;
use crate::span::Span;

/// What holds a credential in a file, computed when first asked for.
pub(super) struct Holders<'a> {
    program: Program<'a>,
    tables: OnceCell<Vec<Holder<'a>>>,
    parameters: OnceCell<Vec<Holder<'a>>>,
}

impl<'a> Holders<'a> {
    pub(super) fn new(program: Program<'a>) -> Holders<'a> {
        Holders { program, tables: OnceCell::new(), parameters: OnceCell::new() }
    }

    /// Whether a name is that of a table from which the file reads a credential: `config`, if it has
    /// `config["cloudflare_api_token"]`. Who prints the table prints the credential.
    pub(super) fn is_table(&self, name: &[u8], at: usize) -> bool {
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
        let tables = self.tables.get_or_init(|| {
            let mut out = Vec::new();
            each_credential(self.program.bytes, self.program.whole(), |item| {
                let before = &self.program.bytes[..item.start];
                let table =
                    [&b"[\""[..], b"['", b"[:"].into_iter().find_map(|mark| before.strip_suffix(mark));
                let Some(table) = table else { return ControlFlow::Continue(()) };
                let start = table.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
                let owner = &table[start..];
                if owner.len() > 1 && !OTHERS.contains(&owner) {
                    out.push(Holder { name: owner, scope: self.program.scope(item) });
                }
                if out.len() < MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            out
        });
        tables.iter().any(|table| table.is(name, at))
    }

    /// Whether a name is the parameter of a function that a credential is handed to: `apiToken.apply((t) => …)`.
    pub(super) fn is_parameter(&self, name: &[u8], at: usize, assigned: &HashSet<Vec<u8>>) -> bool {
        /// No program has more.
        const MOST: usize = 100;
        /// How long the head of the function, and the function, may be, in bytes.
        const HEAD: usize = 200;
        const LONGEST: usize = 3000;
        fixed! {
            static LENT = r"^[?!]?\.(?:apply|then|map|tap|pipe|subscribe|let|also|ifPresent|forEach|and_then|Apply\w*)(?P<open>[({])\s*(?:async\s*)?(?:lambda\s+|func\()?[(|]?\s*(?P<name>[A-Za-z_]\w*)(?:\s*:\s*\w+)?\s*(?:[)|]|=>|->|:)";
        }
        let parameters = self.parameters.get_or_init(|| {
            let mut out = Vec::new();
            let mut owned = |owner: Span| {
                let rest = &self.program.bytes[owner.end..self.program.bytes.len().min(owner.end + HEAD)];
                if !matches!(rest.first(), Some(b'.' | b'?' | b'!')) {
                    return;
                }
                if let Some(groups) = LENT.captures(rest) {
                    let (open, name) = (named(&groups, "open"), named(&groups, "name"));
                    let start = owner.end + open.start();
                    let end = brackets::close(self.program.bytes, start, start + LONGEST);
                    out.push(Holder {
                        name: name.as_bytes(),
                        scope: Span::new(owner.end + name.start(), end),
                    });
                }
            };
            let mut left = MOST;
            each_credential(self.program.bytes, self.program.whole(), |owner| {
                owned(owner);
                left -= 1;
                if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            for name in assigned.iter().filter(|name| is_secret(name)) {
                let starts =
                    |at: &usize| !at.checked_sub(1).is_some_and(|before| is_word(self.program.bytes[before]));
                let places = memmem::find_iter(self.program.bytes, name).filter(starts).take(MOST);
                places.for_each(|at| owned(Span::new(at, at + name.len())));
            }
            out
        });
        parameters.iter().any(|parameter| parameter.is(name, at))
    }
}

/// What holds a credential, and where it has that name.
struct Holder<'a> {
    name: &'a [u8],
    scope: Span,
}

impl Holder<'_> {
    fn is(&self, name: &[u8], at: usize) -> bool {
        self.name == name && (self.scope.start..=self.scope.end).contains(&at)
    }
}
