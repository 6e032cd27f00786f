//! The settings of one file that concern authentication, and which of them hold the Global API Key.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::check::Input;
use crate::check::assignment::is_sent_elsewhere;
use crate::fact::lines;
use crate::fact::namesake::{cf_means_other_product, cf_means_other_product_at};
use crate::fact::naming::{enclosing, enclosing_code, naming, parent};
use crate::fact::place::{around, is_program, is_shell};
use crate::fact::script::is_printed;
use crate::fact::setting::{Setting, about, any_setting, concerns, same_group};
use crate::fact::words::{has_any, words};
use crate::literals::contains;
use crate::rule::Confidence;
use crate::span::Span;

use super::role::{GENERIC_WORDS, Role, TRAPS, may_be_owner, names_cloudflare, role, stands_for_global_key};
use super::{sdk, skipped};

mod address;
mod command;
mod preference;
mod values;

pub(super) use preference::prefers_key;
use values::{is_field, opens_object};

/// How far around a setting its neighbours are looked at, in bytes.
pub(super) const BYTES: usize = 900;

/// The settings of one file that concern authentication.
pub(super) struct Sheet<'a> {
    input: &'a Input<'a>,
    pub(super) all: Vec<(&'a Setting, Role)>,
    /// Whether `CF` means another product in this file.
    cf_means_other_product: OnceCell<bool>,
    /// The words of what the file sends as a bearer token and not as the key.
    bearers: OnceCell<HashSet<String>>,
}

/// A setting that holds the Global API Key, and the e-mail address that goes with it.
pub(super) struct Pair<'s> {
    pub(super) key: &'s Setting,
    pub(super) email: Option<&'s Setting>,
    pub(super) confidence: Confidence,
    pub(super) evidence: String,
}

impl<'a> Sheet<'a> {
    /// Reads the settings of a file; none if there is neither a key nor an owner.
    pub(super) fn new(input: &'a Input<'a>) -> Sheet<'a> {
        // Without a key or an owner there is nothing to look for.
        let sheet =
            |all| Sheet { input, all, cf_means_other_product: OnceCell::new(), bearers: OnceCell::new() };
        if !any_setting(input.text.bytes(), may_be_owner) {
            return sheet(Vec::new());
        }
        let mut all: Vec<(&Setting, Role)> = input
            .settings()
            .iter()
            .map(|setting| (setting, role_of(setting, input.text.get(setting.value))))
            // Headers are examined by the request checks.
            .filter(|(setting, role)| *role != Role::Other && !setting.words.starts_with("x auth"))
            .collect();
        if !all.iter().any(|(_, role)| role.is_owner()) {
            return sheet(Vec::new());
        }
        let shell = is_shell(input.text, input.path);
        all.retain(|(setting, _)| {
            let place = setting.span;
            let printed = || !names_cloudflare(&setting.words) && is_printed(input.text.bytes(), place.start);
            !(skipped(input, place) || shell && printed())
        });
        sheet(all)
    }

    /// Returns the settings that hold the Global API Key.
    pub(super) fn pairs(&self) -> Vec<Pair<'_>> {
        let mut out: Vec<Pair<'_>> = Vec::new();
        let mut said: HashSet<&str> = HashSet::new();
        for (number, (setting, role)) in self.all.iter().enumerate() {
            // `docker run -e NAME` forwards what the name was given above.
            let handed_on = setting.value.is_empty()
                && self.all[..number].iter().any(|(other, _)| other.words == setting.words);
            if handed_on {
                continue;
            }
            // `config.key = key` forwards what `key = …` has set; it is not reported again.
            if said.is_empty() || !said.contains(words(self.value(setting)).as_str()) {
                let pair = self.pair(setting, *role);
                said.extend(pair.iter().map(|pair| pair.key.words.as_str()));
                out.extend(pair);
            }
        }
        out
    }

    /// Returns the settings that start within [`BYTES`] of a place.
    pub(super) fn around(&self, place: Span) -> &[(&'a Setting, Role)] {
        self.within(place, BYTES)
    }

    /// Returns the settings that start within some bytes of a place.
    fn within(&self, place: Span, reach: usize) -> &[(&'a Setting, Role)] {
        let from = self.all.partition_point(|(other, _)| other.span.start + reach <= place.start);
        let to = self.all.partition_point(|(other, _)| other.span.start < place.start + reach);
        &self.all[from..to]
    }

    /// Returns the setting as a [`Pair`] if it holds the Global API Key.
    fn pair<'s>(&'s self, key: &'s Setting, role: Role) -> Option<Pair<'s>> {
        // E-mail addresses and API tokens are not keys.
        if matches!(role, Role::Email | Role::User | Role::ApiToken | Role::Other) {
            return None;
        }
        let found = |email: Option<&'s Setting>, confidence| {
            Some(Pair { key, email, confidence, evidence: format!("setting `{}`", key.words) })
        };
        // `c.authKey = authKey` in a program stores what its caller chose.
        let name = self.input.text.get(Span::new(key.span.start, key.value.start.max(key.span.start)));
        let value = || words(self.value(key));
        let stores = |value: &str| !value.is_empty() && key.words.ends_with(value);
        if is_program(self.input.text, self.input.path) && name.contains(&b'.') && stores(&value()) {
            return None;
        }
        // `const O_CLOUDFLARE_KEY = 'cloudflare-key'` names an option.
        if is_program(self.input.text, self.input.path)
            && self.is_quoted(key)
            && is_option_name(self.value(key))
            && stores(&value())
        {
            return None;
        }
        // `api_key: {` opens an object; a quoted name before a field, `"apikey",` above `Label:`, has no value.
        let own = self.value(key);
        if opens_object(own) && !self.is_reference(key)
            || is_field(own)
            || self.is_collection(key)
            || self.is_listed(key)
            || self.is_numbered(key)
            || self.is_registered(key)
            || self.is_object_of_form(key)
            || self.is_name_to_copy(key)
            || is_program(self.input.text, self.input.path) && self.is_of_request(key)
            || self.is_left_to_caller(key)
        {
            return None;
        }
        let email = self.email(key, role);
        if self.is_open_template(key, role)
            || self.is_left_out(key)
            || self.is_stored(key, email)
            || email.is_some_and(|email| self.is_optional_beside(email, key))
        {
            return None;
        }
        // A script that sets both to nothing takes them away.
        let emptied = |setting: &Setting| {
            lines::first(&self.input.text.bytes()[setting.span.start..]).trim_ascii_end().ends_with(b"=")
        };
        if is_program(self.input.text, self.input.path) && emptied(key) && email.is_some_and(emptied) {
            return None;
        }
        // Without an e-mail address, the name itself must say that it is a key.
        if email.is_none() && !matches!(role, Role::Global | Role::ApiKey | Role::Method) {
            return None;
        }
        let is_cloudflare = self.is_cloudflare(key) || self.is_for_sdk(key, email);
        let pair = match role {
            _ if self.holds_token(key) || self.is_choice(key) || self.is_token_preferred(key) => None,
            Role::Token | Role::Key | Role::ApiKey if self.is_sent_as_token(key) => None,
            Role::ApiKey | Role::Key if !self.named(key) && self.holds_another(key) => None,
            Role::Global => found(
                email,
                if is_cloudflare || email.is_some() { Confidence::High } else { Confidence::Low },
            ),
            Role::Method if self.is_global(key) && (email.is_some() || is_cloudflare) => {
                found(email, Confidence::High)
            }
            Role::ApiKey if self.method_beside(key) => None,
            Role::ApiKey if !self.in_cloudflare_group(key) && self.has_foreign_word(key) => None,
            // A program with settings for key, e-mail address and token lets its user choose.
            Role::Key | Role::ApiKey
                if is_program(self.input.text, self.input.path) && self.token_beside(key) =>
            {
                None
            }
            Role::ApiKey
                if !self.named(key) && !self.in_cloudflare_group(key) && self.is_of_other_vendor(key) =>
            {
                None
            }
            Role::ApiKey if email.is_some() && is_cloudflare => found(email, Confidence::High),
            // In code that merely mentions Cloudflare nearby, the key may be another vendor's.
            Role::ApiKey if email.is_some() && self.near(key) => found(
                email,
                if is_program(self.input.text, self.input.path) { Confidence::Low } else { Confidence::High },
            ),
            Role::ApiKey if self.named(key) => found(None, Confidence::Low),
            Role::ApiKey if key.words == "api key" && self.is_reference(key) && is_cloudflare => {
                found(None, Confidence::High)
            }
            Role::Key if self.in_reference(key) => None,
            // A password is the key only in the settings of a tool that has no other name for it.
            Role::Password
                if is_program(self.input.text, self.input.path)
                    && !is_shell(self.input.text, self.input.path) =>
            {
                None
            }
            // `CLOUDFLARE_PASSWORD` is that of the account.
            Role::Password if self.has_foreign_word(key) || key.words.contains("cloudflare") => None,
            // `ADMIN_PASSWORD` is that of a login to the application.
            Role::Password if key.words.split(' ').any(|word| LOGINS.contains(&word)) => None,
            // `key` is the most common name of all: in a program, comments and the name of the file do not say whose.
            Role::Key | Role::Password
                if is_program(self.input.text, self.input.path)
                    && !is_shell(self.input.text, self.input.path)
                    && !self.is_cloudflare_in_code(key) =>
            {
                None
            }
            Role::Key | Role::Password if email.is_some() && is_cloudflare => found(email, Confidence::High),
            // The author has chosen the name of an input; what a provider does with it stands elsewhere.
            Role::Token if self.is_input(key) => None,
            // For acme.sh it is an API token, whatever stands beside it.
            Role::Token if name.starts_with(b"CF_Token") => None,
            // `LEXICON_GANDI_TOKEN` is that of the other provider.
            Role::Token if self.has_foreign_word(key) => None,
            Role::Token if email.is_some() && is_cloudflare && !self.key_beside(key) => {
                let trap = self.is_trap(key);
                // Programs hand on what their caller has.
                let plain = matches!(key.words.as_str(), "token" | "auth token");
                if !trap && key.words != "auth token" && is_program(self.input.text, self.input.path) {
                    return None;
                }
                // The `auth_token` of Lexicon is the key. A `token` that no known tool reads is what it is called, unless
                // it has the form of the key.
                let sure = trap || plain && (key.words == "auth token" || self.is_like_key(key));
                found(email, if sure { Confidence::High } else { Confidence::Low })
            }
            _ => None,
        }?;
        // The host of a request says whose login it is, whatever the path says.
        if !self.named(key) && is_sent_elsewhere(self.input.text.bytes(), key.span) {
            return None;
        }
        // CurseForge uses `CF_API_KEY` as well, but has no e-mail address with `CF` in its name.
        let (bytes, path) = (self.input.text.bytes(), self.input.path);
        let other = !key.words.contains("cloudflare")
            && (*self.cf_means_other_product.get_or_init(|| cf_means_other_product(bytes, path))
                || !email.is_some_and(|email| self.named(email))
                    && cf_means_other_product_at(bytes, key.span));
        (!other).then_some(pair)
    }

    /// Whether the `token` of a tool that is named near the setting is the Global API Key.
    fn is_trap(&self, token: &Setting) -> bool {
        let near = self.input.text.get(around(self.input.text, token.span, BYTES));
        // The settings of fail2ban stand in its files and in scripts that write them. In other programs, such names are
        // those of variables.
        let program =
            is_program(self.input.text, self.input.path) && !is_shell(self.input.text, self.input.path);
        TRAPS.is_match(near)
            || TRAPS.is_match(self.input.path.as_bytes())
            || !program && contains(near, b"cfuser")
    }

    /// Whether the setting is a variable of Terraform that is set from outside: `TF_VAR_name=…`, `-var name=…`.
    fn is_input(&self, setting: &Setting) -> bool {
        let before = lines::before(self.input.text.bytes(), setting.span.start, BYTES);
        let option = before.iter().rposition(|b| !matches!(b, b' ' | b'=' | b'"' | b'\''));
        has_any(&setting.words, &["tf var"]) || option.is_some_and(|at| before[..=at].ends_with(b"-var"))
    }

    /// Whether the setting declares a secret: the lines under it say where the value comes from.
    pub(super) fn is_declared(&self, key: &Setting) -> bool {
        let value = self.value(key);
        let line = self.input.text.line_near(key.span.start);
        let before = self.input.text.get(Span::new(line.start.min(key.span.start), key.span.start));
        if [&b"LoadCredential"[..], b"SetCredential"].iter().any(|word| before.starts_with(word)) {
            return true;
        }
        let between = self.input.text.get(Span::new(key.span.start, key.value.start.max(key.span.start)));
        // `cf_key: { external: true }`
        let own = value.trim_ascii_start();
        let flow = own.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        (between.contains(&b'\n') || flow.is_some())
            && [&b"file:"[..], b"external:", b"environment:"]
                .iter()
                .any(|word| flow.unwrap_or(value).starts_with(word))
    }

    /// Whether the name of the setting says what else it is for: `FORGE_API_KEY`, `STRIPE_PASSWORD`.
    fn has_foreign_word(&self, key: &Setting) -> bool {
        !self.named(key) && foreign_words(key).next().is_some()
    }

    /// Whether the setting is Cloudflare's: by its name, by the call, block or section it is in, or by the file name.
    fn is_cloudflare(&self, key: &Setting) -> bool {
        let bytes = self.input.text.bytes();
        self.named(key)
            || names_cloudflare(&words(tail(self.input.path.as_bytes())))
            || match about(bytes, key.span) {
                Some(value) => contains(self.input.text.get(value), b"cloudflare"),
                None => {
                    let naming = naming(bytes, key.span, self.input.path);
                    let is_cloudflare = |words: &str| names_cloudflare(words.trim_end());
                    if is_option(bytes, key.span) && contains(self.command(key.span), b"cloudflare") {
                        return true;
                    }
                    naming.phrases.iter().any(|name| is_cloudflare(&name.words))
                        || is_cloudflare(&enclosing(bytes, key.span.start))
                }
            }
    }

    /// Like [`Sheet::is_cloudflare`], by code alone.
    fn is_cloudflare_in_code(&self, key: &Setting) -> bool {
        let bytes = self.input.text.bytes();
        let naming = naming(bytes, key.span, self.input.path);
        self.named(key)
            || names_cloudflare(&words(self.value(key)))
            || about(bytes, key.span).is_some_and(|value| contains(self.input.text.get(value), b"cloudflare"))
            || naming.phrases.iter().any(|name| names_cloudflare(name.words.trim_end()))
            || names_cloudflare(enclosing_code(bytes, key.span.start).trim_end())
    }

    /// Whether key and address are the options of the SDK that the file imports: `apiKey` and `apiEmail`.
    fn is_for_sdk(&self, key: &Setting, email: Option<&Setting>) -> bool {
        key.words == "api key"
            && email.is_some_and(|email| email.words == "api email")
            && sdk::is_imported(self.input.text.bytes())
    }

    /// Whether the group of the setting names Cloudflare: `TYPE: CLOUDFLAREAPI` in it, `cloudflare_dns:` above it.
    fn in_cloudflare_group(&self, key: &Setting) -> bool {
        let bytes = self.input.text.bytes();
        let said = about(bytes, key.span);
        said.is_some_and(|value| contains(self.input.text.get(value), b"cloudflare"))
            || parent(bytes, key.span.start).is_some_and(|name| names_cloudflare(name.words.trim_end()))
    }

    /// Whether the name of the setting names Cloudflare.
    pub(super) fn named(&self, key: &Setting) -> bool {
        names_cloudflare(&key.words)
    }

    /// Whether Cloudflare is mentioned shortly before or after, but not in an unrelated group.
    fn near(&self, key: &Setting) -> bool {
        let near = around(self.input.text, key.span, 300);
        let places = mentions_any(self.input.text.get(near), b"cloudflare");
        places.map(|at| near.start + at).any(|at| concerns(self.input.text.bytes(), at, key.span))
    }

    /// Whether another setting of the group is the key; then the token is really a token.
    fn key_beside(&self, token: &Setting) -> bool {
        let is_key = |role| matches!(role, Role::ApiKey | Role::Global | Role::Key);
        self.beside(token, |role, other| is_key(role) && !(role == Role::Key && self.in_reference(other)))
    }

    /// Whether another setting of the group is a token, and not that of another vendor.
    fn token_beside(&self, key: &Setting) -> bool {
        self.beside(key, |role, other| {
            matches!(role, Role::Token | Role::ApiToken) && self.is_own_token(other, key)
        })
    }

    /// Whether the group has an `auth_method`, which decides and is examined on its own.
    fn method_beside(&self, key: &Setting) -> bool {
        self.beside(key, |role, _| role == Role::Method)
    }

    /// Whether another setting nearby in the same group is `wanted`.
    fn beside(&self, one: &Setting, wanted: impl Fn(Role, &Setting) -> bool) -> bool {
        self.around(one.span).iter().any(|(other, role)| {
            other.span != one.span
                && other.span.start.abs_diff(one.span.start) < BYTES
                && wanted(*role, other)
                && same_group(self.input.text.bytes(), other.span, one.span)
        })
    }
}

/// Returns the role of a setting, by its name and by what its value says.
fn role_of(setting: &Setting, value: &[u8]) -> Role {
    match role(&setting.words) {
        Role::Token | Role::ApiToken if stands_for_global_key(value) => Role::Global,
        role => role,
    }
}

/// Words in the names of passwords that say whose login they are for.
const LOGINS: &[&str] = &["admin", "user", "root", "test", "app", "account", "member", "customer", "staff"];

/// Words in the names of keys and passwords that say nothing about a vendor, besides [`GENERIC_WORDS`].
const OWN_WORDS: &[&str] =
    &["password", "passwd", "apikey", "global", "access", "token", "tkn", "the", "my", "lexicon"];

/// Returns the words in the name of a key or a password that may say whose it is.
pub(super) fn foreign_words(setting: &Setting) -> impl Iterator<Item = &str> {
    let words = setting.words.split(' ');
    words.filter(|word| !GENERIC_WORDS.contains(word) && !OWN_WORDS.contains(word))
}

/// Returns where the text contains the word, in any case.
fn mentions_any(text: &[u8], word: &'static [u8]) -> impl Iterator<Item = usize> {
    let fits = |(at, part): (usize, &[u8])| part.eq_ignore_ascii_case(word).then_some(at);
    text.windows(word.len()).enumerate().filter_map(fits)
}

/// Returns the last three components of a path: `.wrangler/config/default.toml`.
fn tail(path: &[u8]) -> &[u8] {
    let start = path.iter().enumerate().rev().filter(|(_, b)| **b == b'/').nth(2).map_or(0, |(at, _)| at + 1);
    &path[start..]
}

fn is_option(bytes: &[u8], span: Span) -> bool {
    bytes[span.start..].starts_with(b"--")
}

/// Whether a value is written like the name of an option rather than like a variable of the environment.
fn is_option_name(value: &[u8]) -> bool {
    let word = |b: &u8| b.is_ascii_lowercase() || matches!(b, b'-' | b'_' | b'.');
    value.iter().all(word) && value.iter().any(|b| !b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests;
