//! Tokens that a program makes through the API or asks for, and the names that hold them.

use std::cell::OnceCell;
use std::collections::HashSet;

use memchr::memmem;
use regex::bytes::Captures;

use super::super::tunnel;
use crate::check::fixed;

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
        fixed! {
            static MADE = concat!(
                r"\b(?P<owner>\w+)(?:\s*,\s*\w+)?\s*:?=\s*(?:await\s+)?(?:[\w.]*\.[tT]okens\.(?:create|New|Create|roll|[vV]alue\.[uU]pdate)|[\w.]*\.CreateAPIToken)\(",
                r#"|(?m)^[ \t]*(?:(?:export|local|const|let|var|final|my|val|def|string|auto)[ \t]+)?\$?(?P<read>\w+)[ \t]*:?=[^\n]*(?:\bresult["'\])?!]*(?:\.|->|\[|\?\.|&\.)[\["':]*value\b|"value\\*"\s*:)"#,
            );
        }
        let made = self.names.get_or_init(|| {
            // Most files have no tokens to make.
            let speaks = || {
                let mut makers = [
                    &b"okens.create("[..],
                    b"okens.New(",
                    b"okens.Create(",
                    b"okens.roll(",
                    b"okens.value.update(",
                    b"okens.Value.Update(",
                    b"CreateAPIToken(",
                ]
                .into_iter();
                makers.any(|word| memmem::find(self.bytes, word).is_some())
            };
            if !speaks() && !self.creates() {
                return HashSet::new();
            }
            let name = |groups: Captures<'a>| {
                let own = groups.name("owner").map(|owner| owner.as_bytes());
                own.or_else(|| groups.name("read").filter(|_| self.creates()).map(|read| read.as_bytes()))
            };
            MADE.captures_iter(self.bytes).filter_map(name).take(MOST).collect()
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
            static CREATED = r#"(?i)(?:/user|/accounts/[^\s"'`]{1,80}|["'`])/tokens["'`\s]|/tokens\b[\s\S]{0,4000}(?:permission_groups|policies)|(?:permission_groups|policies)[\s\S]{0,4000}/tokens\b"#;
            static POSTS = r#"(?i)\bpost\b|--data\b|\s-d\s"#;
        }
        *self.creates.get_or_init(|| {
            memmem::find(self.bytes, b"/tokens").is_some()
                && CREATED.is_match(self.bytes)
                && POSTS.is_match(self.bytes)
        })
    }

    /// Whether the file rolls a token through the API.
    pub(super) fn rolls(&self) -> bool {
        fixed! {
            // The id may be an expression of a workflow, or stand between two texts.
            static ROLL = r#"/tokens/(?:[^\s"'`]{1,60}|[^\s"'`]{0,20}\$\{\{[^\n{}]{1,80}\}\}|["'`]\s*(?:[+.,&]\s*)?[\w.$@{}()>-]{1,60}\s*(?:[+.,&]\s*)?["'`])/value\b"#;
        }
        *self.rolls.get_or_init(|| ROLL.is_match(self.bytes))
    }
}
