//! Names that hold a credential in a part of a file: parameters of functions that it is handed to.

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
    parameters: OnceCell<Vec<Holder<'a>>>,
}

impl<'a> Holders<'a> {
    pub(super) fn new(program: Program<'a>) -> Holders<'a> {
        Holders { program, parameters: OnceCell::new() }
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
