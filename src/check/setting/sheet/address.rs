//! The e-mail address that goes with a key: near it, or in its scope.

use memchr::memmem;

use super::super::role::{Role, names_cloudflare};
use super::{BYTES, Sheet, is_option};
use crate::check::fixed;
use crate::fact::place::{is_program, is_prose, is_shell};
use crate::fact::setting::{Setting, same_group, same_scope};
use crate::fact::words::{is_word, words};
use crate::fact::{brackets, lines};
use crate::literals::contains;
use crate::span::Span;

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
                && !self.is_of_acme(other)
                && !(matches!(role, Role::Key | Role::Token) && self.is_apart(key, other))
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

    /// Whether a program hands one of the two over, as an argument or in a map, without the other: an e-mail address
    /// elsewhere does not make a token the key, and a variable is no setting of what it is later handed to.
    fn is_apart(&self, key: &Setting, email: &Setting) -> bool {
        if !is_program(self.input.text, self.input.path) || is_shell(self.input.text, self.input.path) {
            return false;
        }
        let bytes = self.input.text.bytes();
        let arguments = |of: &Setting| {
            let floor = of.span.start.saturating_sub(BYTES);
            let open = brackets::around(bytes, floor, of.span.start).next()?;
            let holds = bytes[open] == b'(' || matches!(bytes[..open].last(), Some(b'@' | b'(' | b'{'));
            holds.then(|| Span::new(open, brackets::close(bytes, open, open + 2 * BYTES)))
        };
        let name = |of: &'_ Setting| {
            let own = &bytes[of.span.start..of.value.start];
            own[..own.iter().take_while(|b| is_word(**b) || **b == b'$').count()].to_vec()
        };
        let lacks = |call: Option<Span>, other: &Setting| {
            call.is_some_and(|call| {
                !call.contains(other.span) && memmem::find(self.input.text.get(call), &name(other)).is_none()
            })
        };
        // `@{Email = 'a'; KeySecure = $key}`: the entry is the setting.
        let handed_on = |call: Span| {
            let entry = |(other, role): &&(&Setting, Role)| {
                call.contains(other.span) && *role == Role::ApiKey && words(self.value(other)) == key.words
            };
            !call.contains(key.span) && self.around(key.span).iter().find(entry).is_some()
        };
        lacks(arguments(key), email) || arguments(email).is_some_and(handed_on)
    }

    /// Whether a program reads the e-mail address as optional, beside a key that is required: without it the value is
    /// sent as a token. What stands in another paragraph may be optional for another reason.
    pub(super) fn is_optional_beside(&self, email: &Setting, key: &Setting) -> bool {
        fixed! {
            // A type, a word, or a default that is empty.
            static OPTIONAL = r#"(?i)optional|\boption\s*<|\brequired["']?\s*[:=]\s*false\b|(?:\|\||\?\?|\?:|\bor\b)\s*(?:""|''|``|(?:null|undefined|nil|none)\b)|,\s*(?:""|''|(?:null|none|nil|undefined)\b)\s*\)|:-(?:""|'')?\}|unwrap_or_default|\.ok\(\)"#;
        }
        /// How much of the line is looked at, in bytes.
        const LINE: usize = 300;
        let is_optional = |setting: &Setting| {
            let rest = &self.input.text.bytes()[setting.span.start..];
            OPTIONAL.is_match(lines::first(&rest[..rest.len().min(LINE)]))
        };
        let (first, second) = (email.span.start.min(key.span.start), email.span.start.max(key.span.start));
        let mut between = self.input.text.bytes()[first..second].split(|b| *b == b'\n');
        // The last is the beginning of a line.
        between.next_back();
        is_program(self.input.text, self.input.path)
            && !between.any(|line| line.trim_ascii().is_empty())
            && is_optional(email)
            && !is_optional(key)
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
        "x", "cfg", "config", "option", "admin", "your", "self", "this", "global", "name", "lexicon",
    ];
    let says = |words: &str| names_cloudflare(words);
    says(&address.words)
        || address.words.split(' ').all(|word| NOTHING.contains(&word))
        || address
            .words
            .split(' ')
            .any(|word| key.words.split(' ').any(|w| w == word && !NOTHING.contains(&w)))
}
