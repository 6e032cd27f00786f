//! The e-mail address that goes with a key: near it, or in its scope.

use super::super::role::{Role, names_cloudflare};
use super::{BYTES, Sheet, is_option};
use crate::fact::lines;
use crate::fact::place::is_prose;
use crate::fact::setting::{Setting, same_group, same_scope};
use crate::literals::contains;

/// How far apart a key and its e-mail address can be, in lines, unless their scope says that they belong together.
const LINES: usize = 12;
/// How far apart they can be in one scope, in bytes.
const SCOPE: usize = 10_000;
/// How many of the nearest addresses are looked at there.
const NEAREST: usize = 4;
/// How many settings a file may have to be looked at for scopes: with more, it is a list of accounts.
const MANY: usize = 300;

impl<'a> Sheet<'a> {
    /// Returns the e-mail address that goes with a key: nearby, in the same group, and with a name of the same family.
    pub(super) fn email<'s>(&'s self, key: &Setting, role: Role) -> Option<&'s Setting> {
        let bytes = self.input.text.bytes();
        let line = self.input.text.line_index(key.span.start);
        let beside = |other: &Setting| {
            other.span != key.span
                && other.span.start.abs_diff(key.span.start) < BYTES
                && self.input.text.line_index(other.span.start).abs_diff(line) <= LINES
                && (same_group(bytes, other.span, key.span) || self.named(key) && self.named(other))
                && (!is_option(bytes, key.span) || self.same_command(other.span, key.span))
                && alike(key, other)
        };
        let near = self
            .around(key.span)
            .iter()
            .filter(|(other, who)| matches!(who, Role::Email | Role::User) && beside(other));
        let distance = |(other, _): &&(&'a Setting, Role)| other.span.start.abs_diff(key.span.start);
        if role == Role::Password {
            // A password belongs to the user next to it, whoever that is.
            return near
                .min_by_key(distance)
                .filter(|(o, who)| self.is_address(o, *who, role))
                .map(|(o, _)| *o);
        }
        near.filter(|(other, who)| self.is_address(other, *who, role))
            .min_by_key(distance)
            .map(|(other, _)| *other)
            .or_else(|| self.email_in_scope(key, role))
    }

    /// Returns the e-mail address that goes with a key however far away it is: a tool reads both under these names, and
    /// what is valid at one is valid at the other, or they are in one mapping that is Cloudflare's.
    fn email_in_scope<'s>(&'s self, key: &Setting, role: Role) -> Option<&'s Setting> {
        let bytes = self.input.text.bytes();
        if !matches!(role, Role::Global | Role::ApiKey)
            || self.all.len() > MANY
            || is_prose(self.input.path)
            || is_option(bytes, key.span)
        {
            return None;
        }
        let said = |words: &str, wanted: &str| words.split(' ').any(|word| word == wanted);
        let of_tool = |other: &Setting| {
            key.words.split(' ').any(|word| names_cloudflare(word) && said(&other.words, word))
        };
        let depth = |setting: &Setting| {
            let line = self.input.text.line_near(setting.span.start);
            lines::indentation(self.input.text.get(line))
        };
        let in_mapping = |other: &Setting| {
            !self.named(key)
                && alike(key, other)
                && depth(key) == depth(other)
                && self.in_cloudflare_group(key)
        };
        let mut far: Vec<&Setting> = self
            .within(key.span, SCOPE)
            .iter()
            .filter(|(other, who)| *who == Role::Email && (of_tool(other) || !self.named(key)))
            .map(|(other, _)| *other)
            .collect();
        far.sort_by_key(|other| other.span.start.abs_diff(key.span.start));
        let mut far = far.into_iter().take(NEAREST);
        far.find(|other| same_scope(bytes, other.span, key.span) && (of_tool(other) || in_mapping(other)))
    }

    /// Whether a setting is an e-mail address, as far as its name and value tell.
    fn is_address(&self, other: &Setting, who: Role, key: Role) -> bool {
        let value = self.input.text.get(other.value);
        who == Role::Email
            || value.contains(&b'@')
            || contains(value, b"mail")
            || (matches!(key, Role::ApiKey | Role::Token) && self.is_open(other))
    }
}

/// Whether the names of a key and an e-mail address go together: the latter names Cloudflare, consists of generic
/// words, or shares a specific word with the key.
pub(super) fn alike(key: &Setting, address: &Setting) -> bool {
    const NOTHING: &[&str] = &[
        "email", "mail", "e", "api", "auth", "account", "user", "username", "apiuser", "login", "my", "the",
        "x", "cfg", "config", "option", "admin", "your", "self", "this", "global", "name",
    ];
    let says = |words: &str| names_cloudflare(words);
    says(&address.words)
        || address.words.split(' ').all(|word| NOTHING.contains(&word))
        || address
            .words
            .split(' ')
            .any(|word| key.words.split(' ').any(|w| w == word && !NOTHING.contains(&w)))
}
