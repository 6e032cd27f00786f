//! Tokens that a program makes through the API or asks for, and the names that hold them.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Captures;

use super::super::tunnel;
use crate::check::{captures_around, fixed};
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};

/// What every place where a token is made, or read from an answer, contains.
const MADE_BY: &[&str] = &[
    "okens.create(",
    "okens.New(",
    "okens.Create(",
    "okens.roll(",
    "okens.value.update(",
    "okens.value.Update(",
    "okens.Value.update(",
    "okens.Value.Update(",
    "CreateAPIToken(",
    "result",
    "\"value",
];

/// The tokens that a file makes, computed when first asked for.
pub(super) struct Minted<'a> {
    bytes: &'a [u8],
    names: OnceCell<HashSet<&'a [u8]>>,
    creates: OnceCell<bool>,
    rolls: OnceCell<bool>,
    of_tunnels: OnceCell<HashSet<&'a [u8]>>,
}

impl<'a> Minted<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Minted<'a> {
        Minted {
            bytes,
            names: OnceCell::new(),
            creates: OnceCell::new(),
            rolls: OnceCell::new(),
            of_tunnels: OnceCell::new(),
        }
    }

    /// Whether a name holds a token that the file has made: `token.value` after `token = client.user.tokens.create(…)`, or
    /// the `result.value` of an answer.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        /// How many are followed.
        const MOST: usize = 20;
        /// How far before the words that make it an expression may begin, in bytes.
        const BEFORE: usize = 500;
        static MAKERS: LazyLock<Literals> = LazyLock::new(|| Literals::new(MADE_BY));
        fixed! {
            static MADE = concat!(
                r"\b(?P<owner>\w+)(?:\s*,\s*\w+)?\s*:?=\s*(?:await\s+)?(?:[\w.]*\.[tT]okens\.(?:create|New|Create|roll|[vV]alue\.[uU]pdate)|[\w.]*\.CreateAPIToken)\(",
                r#"|(?m)^[ \t]*(?:(?:export|local|const|let|var|final|my|val|def|string|auto)[ \t]+)?\$?(?P<read>\w+)[ \t]*:?=[^\n]*(?:\bresult["'\])?!]*(?:\.|->|\[|\?\.|&\.)[\["':]*value\b|"value\\*"\s*:)"#,
            );
        }
        let made = self.names.get_or_init(|| {
            let name = |groups: Captures<'a>| {
                let own = groups.name("owner").map(|owner| owner.as_bytes());
                own.or_else(|| groups.name("read").filter(|_| self.creates()).map(|read| read.as_bytes()))
            };
            let mut hits = MAKERS.all(self.bytes);
            // The last two read an answer, which has no token unless the file makes one.
            hits.retain(|hit| hit.index + 2 < MADE_BY.len() || self.creates());
            let made = captures_around(&MADE, &hits, self.bytes, BEFORE, |_| 0);
            made.into_iter().filter_map(name).take(MOST).collect()
        });
        if self.of_tunnels.get_or_init(|| tunnel::names(self.bytes)).contains(name) {
            return true;
        }
        match [&b".value"[..], b".Value"].into_iter().find_map(|member| name.strip_suffix(member)) {
            Some(owner) => made.contains(owner) || owner.ends_with(b".result") && self.creates(),
            None => made.contains(name),
        }
    }

    /// Whether the file makes a token through the API.
    fn creates(&self) -> bool {
        fixed! {
            static CREATED = r#"(?i)(?:/user|/accounts/[^\s"'`]{1,80}|["'`])/tokens(?:["'`\s);,]|$)"#;
            static POSTS = r#"(?i)\bpost\b|--data\b|\s-d\s"#;
        }
        /// How far from the address the body of the request may be, in bytes.
        const BODY: usize = 4000;
        let bytes = self.bytes;
        let mut places = memmem::find_iter(bytes, b"/tokens");
        let mut has_body = || {
            places.any(|at| {
                let near = &bytes[at.saturating_sub(BODY)..bytes.len().min(at + BODY)];
                let ends = !bytes.get(at + 7).is_some_and(|b| is_word(*b));
                ends && (contains(near, b"permission_groups") || contains(near, b"policies"))
            })
        };
        *self.creates.get_or_init(|| {
            memmem::find(bytes, b"/tokens").is_some()
                && (CREATED.is_match(bytes) || has_body())
                && POSTS.is_match(bytes)
        })
    }

    /// Whether the file rolls a token through the API.
    pub(super) fn rolls(&self) -> bool {
        fixed! {
            // The id may be an expression of a workflow, or stand between two texts.
            static ROLL = r#"/tokens/(?:[^\s"'`]{1,60}|[^\s"'`]{0,20}\$\{\{[^\n{}]{1,80}\}\}|["'`]\s*(?:[+.,&]\s*)?[\w.$@{}()>-]{1,60}\s*(?:[+.,&]\s*)?["'`])/value\b"#;
        }
        *self.rolls.get_or_init(|| memmem::find(self.bytes, b"/value").is_some() && ROLL.is_match(self.bytes))
    }
}
