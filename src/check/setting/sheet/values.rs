//! What a setting holds: a key or a token, a reference, the name of something, or nothing.

use std::collections::HashSet;

use memchr::memmem;

use super::{BYTES, Sheet, foreign_words, is_option};
use crate::check::advice::recommends_key;
use crate::check::{fixed, value};
use crate::fact::brackets::{self, arguments};
use crate::fact::lines;
use crate::fact::naming::parent;
use crate::fact::place::{around, is_program, is_shell};
use crate::fact::setting::Setting;
use crate::fact::words::{is_word, words};
use crate::literals::contains;
use crate::rule::Randomness;
use crate::span::Span;

use super::super::role::{GENERIC_WORDS, Role, names_cloudflare, role};

impl Sheet<'_> {
    /// Whether the value is named after another vendor: `env.SENDGRID_API_KEY`.
    pub(super) fn is_of_other_vendor(&self, key: &Setting) -> bool {
        let value = self.value(key);
        let end = value
            .iter()
            .position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'.' | b'$' | b'{' | b' '));
        let said = words(&value[..end.unwrap_or(value.len())]);
        said.ends_with(" key")
            && !names_cloudflare(&said)
            // `s.key` is a field of whatever `s` is.
            && said.split(' ').any(|word| word.len() > 1 && !GENERIC_WORDS.contains(&word))
    }

    /// Whether a setting has no value yet, or a word that stands for one: `your-api-key`, `<token>`.
    pub(in super::super) fn is_unset(&self, setting: &Setting) -> bool {
        const STANDS: &[&[u8]] = &[
            b"your",
            b"here",
            b"xxxx",
            b"example",
            b"placeholder",
            b"changeme",
            b"replace",
            b"insert",
            b"<",
        ];
        let value = self.value(setting);
        let literal = |b: &u8| is_word(*b) || matches!(b, b'-' | b'<' | b'>' | b' ');
        let stands = STANDS.iter().any(|word| contains(value, word));
        value.is_empty() || stands && value.iter().all(literal)
    }

    /// Whether the value is a reference or empty, and so may be an e-mail address.
    pub(super) fn is_open(&self, setting: &Setting) -> bool {
        let value = self.value(setting);
        // In a list of arguments, `["--auth-username", user]`, the value is a variable of the program.
        let own = self.input.text.get(setting.value);
        let name = is_option(self.input.text.bytes(), setting.span)
            && is_program(self.input.text, self.input.path)
            && !is_shell(self.input.text, self.input.path)
            && own.iter().all(|b| is_word(*b));
        name || value.is_empty() || value.iter().any(|b| matches!(b, b'$' | b'{' | b'%' | b'(' | b'[' | b'.'))
    }

    /// Whether the setting refers to a Kubernetes secret: `apiKeySecretRef:`, as opposed to `apiTokenSecretRef:`.
    pub(super) fn is_reference(&self, key: &Setting) -> bool {
        let name = self.input.text.get(Span::new(key.span.start, key.value.start.max(key.span.start)));
        contains(name, b"secretref")
    }

    /// Whether `key:` is a name rather than a key: of an entry of a secret under `secretKeyRef:`, or of a header.
    pub(super) fn in_reference(&self, key: &Setting) -> bool {
        let before = self.input.text.get(Span::new(key.span.start.saturating_sub(120), key.span.start));
        let parent = || parent(self.input.text.bytes(), key.span.start);
        contains(before, b"ref:")
            || contains(before, b"ref\":")
            || contains(before, b"ref {")
            || self.value(key).starts_with(b"X-")
            // `key: api-token` is the name of an entry, `Key: "apiuser"` that of a setting.
            || words(self.value(key)).ends_with("token")
            || self.is_quoted(key)
                && matches!(
                    words(self.value(key)).as_str(),
                    "api user" | "apiuser" | "apikey" | "api key" | "email" | "user"
                )
            || self.is_quoted(key) && self.is_in_list_of_names(key)
            || parent().is_some_and(|name| name.words.trim_end().ends_with("ref"))
    }

    /// Whether the value is the name of a setting in a list of options, of which another is a token:
    /// `{ key: 'CF_API_TOKEN', … }, { key: 'CF_API_KEY', … }`.
    fn is_in_list_of_names(&self, key: &Setting) -> bool {
        fixed! {
            static NAMED = r#"(?i)\bkey["']?\s*(?:=>|[:=])\s*["'](?P<name>[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+)["']"#;
        }
        let bytes = self.input.text.bytes();
        let own = self.value(key);
        let is_name = |name: &[u8]| name.iter().all(|b| is_word(*b) || *b == b'-');
        let near = self.input.text.get(around(self.input.text, key.span, BYTES));
        let of_line = lines::before(bytes, key.span.start, LINE).trim_ascii_start();
        is_name(own)
            && role(&words(own)) != Role::Other
            && of_line.iter().any(|b| matches!(b, b'{' | b'[' | b'('))
            && NAMED
                .captures_iter(near)
                .filter_map(|groups| groups.name("name"))
                .any(|name| matches!(role(&words(name.as_bytes())), Role::ApiToken | Role::Token))
    }

    /// Whether the name is an item in a list of names: `["CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL"]`.
    pub(super) fn is_listed(&self, key: &Setting) -> bool {
        let between = self.input.text.get(Span::new(key.span.start, key.value.start.max(key.span.start)));
        let value = self.value(key);
        let value = &value[..value.iter().take_while(|b| is_word(**b)).count()];
        let is_name = value.contains(&b'_') && !value.iter().any(u8::is_ascii_digit);
        self.is_quoted(key) && between.contains(&b',') && (is_name || self.is_word_of_list(key))
    }

    /// Whether a name is one of at least three words in a list: `["email", "key", "domain"]`.
    fn is_word_of_list(&self, key: &Setting) -> bool {
        const LONGEST: usize = 400;
        let bytes = self.input.text.bytes();
        let floor = key.span.start.saturating_sub(LONGEST);
        let Some(open) = brackets::around(bytes, floor, key.span.start).next() else { return false };
        let is_list = bytes[open] == b'[' || bytes[floor..open].ends_with(b"array");
        let inside = &bytes[open + 1..brackets::close(bytes, open, key.span.end + LONGEST)];
        let items = arguments(inside);
        let is_word = |item: &Span| {
            let item = inside[item.start..item.end].trim_ascii();
            let word =
                item.strip_prefix(b"'").or(item.strip_prefix(b"\"")).and_then(|item| item.split_last());
            word.is_some_and(|(_, word)| word.iter().all(|b| b.is_ascii_lowercase() || *b == b'_'))
        };
        is_list && items.len() > 2 && items.iter().all(is_word)
    }

    /// Whether the value is an empty collection: `new Dictionary<string, string>()`.
    pub(super) fn is_collection(&self, key: &Setting) -> bool {
        let class = self.value(key).strip_prefix(b"new ");
        class.is_some_and(|class| class.iter().all(|b| is_word(*b) || *b == b'.'))
            && self.input.text.bytes().get(key.value.end) == Some(&b'<')
    }

    /// Whether a program only names the setting: it registers a field of its page, or gives the type of a column.
    pub(super) fn is_registered(&self, key: &Setting) -> bool {
        const REGISTER: &[&[u8]] = &[b"register_setting(", b"add_settings_field(", b"settings_fields("];
        const TYPES: &[&[u8]] = &[b"varchar(", b"char(", b"text("];
        let before = lines::before(self.input.text.bytes(), key.span.start, LINE);
        let value = self.value(key);
        REGISTER.iter().any(|call| memmem::find(before, call).is_some())
            // A cast of Laravel.
            || value == b"encrypted"
            || TYPES
                .iter()
                .any(|word| value.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word)))
    }

    /// Whether a program takes the value from the session or the request of its user and hands it on: whoever logs in
    /// chose it.
    pub(super) fn is_of_request(&self, key: &Setting) -> bool {
        fixed! {
            static READ = r"(?i)^(?:[\w$]+(?:\.|->)){0,2}(?:locals\(|session(?:\.|->|\[|\()|(?:FormValue|PostForm)\(|(?:req|request)(?:\.|->)(?:body|form|query|args)(?:\.|\[|\()|\$_(?:POST|GET|SESSION|REQUEST)\[|request->(?:input|get|post)\()";
        }
        let value = self.value(key);
        let said = [&b"locals"[..], b"session", b"form", b"req", b"$_"];
        said.iter().any(|word| contains(value, word)) && READ.is_match(value)
    }

    /// Whether the value is an object of a form that a program builds: `TextField::create('AuthKey')`, `new FormControl()`.
    pub(super) fn is_object_of_form(&self, key: &Setting) -> bool {
        fixed! {
            static OBJECT = r"^(?:new\s+)?\\?(?:[A-Za-z_]\w*(?:\.|::|\\))*[A-Z]\w*(?:Field|Input|Control|[aA]rea|[bB]ox|Entry|Widget|Column)(?:(?:::|\.)(?:create|make|new|builder))?\s*\(";
        }
        let value = self.value(key);
        value.contains(&b'(') && is_program(self.input.text, self.input.path) && OBJECT.is_match(value)
    }

    /// Whether a name is handed on under its own name, in a list of such pairs that something copies what is set of:
    /// `cloudflareApiKey:CLOUDFLARE_API_KEY`.
    pub(super) fn is_name_to_copy(&self, key: &Setting) -> bool {
        let bytes = self.input.text.bytes();
        let constant = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
        let value = self.value(key);
        let value = &value[..value.iter().take_while(|b| constant(b)).count()];
        let end = key.value.start + value.len();
        let apart =
            |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'\\'));
        let pair = bytes[..key.value.start].last() == Some(&b':') && apart(bytes.get(end));
        // A name of the environment with a value is one: `CF_API_KEY:abc`.
        let own = &bytes[key.span.start..key.value.start];
        let lower = own.iter().any(u8::is_ascii_lowercase);
        pair && lower && value.contains(&b'_') && words(value) == key.words
    }

    /// Whether the value has the form of the Global API Key.
    pub(super) fn is_like_key(&self, key: &Setting) -> bool {
        let value = self.value(key);
        (37..=45).contains(&value.len()) && value.iter().all(u8::is_ascii_hexdigit)
            || value.starts_with(b"cfk_")
    }

    /// Whether the value is the number of an enumeration: `CloudflareGlobalApiKey = 58;`.
    pub(super) fn is_numbered(&self, key: &Setting) -> bool {
        let value = self.input.text.get(key.value);
        let next = self.input.text.bytes().get(key.value.end);
        (1..6).contains(&value.len())
            && value.iter().all(u8::is_ascii_digit)
            && matches!(next, Some(b';' | b','))
    }

    /// Whether the value is a string literal.
    pub(super) fn is_quoted(&self, setting: &Setting) -> bool {
        let quote = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'"' | b'\'' | b'`'));
        let (bytes, value) = (self.input.text.bytes(), setting.value);
        quote(bytes[..value.start].last()) || quote(bytes.get(value.start))
    }

    /// Returns the value without quotes.
    pub(super) fn value(&self, setting: &Setting) -> &[u8] {
        let value = self.input.text.get(setting.value);
        let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`');
        let start = value.iter().position(|b| !quote(b)).unwrap_or(value.len());
        let end = value.iter().rposition(|b| !quote(b)).map_or(start, |at| at + 1);
        &value[start..end]
    }

    /// Whether the method is `global`. Only the first word counts; a comment that names all methods may follow.
    pub(super) fn is_global(&self, method: &Setting) -> bool {
        let value = self.value(method);
        let word = &value[..value.iter().take_while(|b| b.is_ascii_alphanumeric()).count()];
        word.eq_ignore_ascii_case(b"global")
    }

    /// Whether the value is a literal that does not have the form of a Global API Key.
    pub(super) fn holds_another(&self, key: &Setting) -> bool {
        let value = self.value(key);
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let hex = value.iter().all(u8::is_ascii_hexdigit) && (37..=45).contains(&value.len());
        value.len() >= 20
            && value.iter().all(plain)
            && !hex
            && !value.starts_with(b"cfk_")
            && value::looks_random(Randomness::Opaque, value)
    }

    /// Whether the file leaves open how to authenticate: neither the key nor a token near it is set.
    pub(super) fn is_open_template(&self, key: &Setting, role: Role) -> bool {
        let token = |(other, role): &(&Setting, Role)| {
            other.span != key.span
                && matches!(role, Role::Token | Role::ApiToken)
                && self.is_unset(other)
                && self.is_own_token(other, key)
        };
        matches!(role, Role::Key | Role::ApiKey | Role::Global)
            && self.is_unset(key)
            && self.around(key.span).iter().any(token)
            && !recommends_key(self.input.text.get(around(self.input.text, key.span, BYTES)))
    }

    /// Whether a word stands for the key while a token beside it is set: the tool uses the token.
    pub(super) fn is_left_out(&self, key: &Setting) -> bool {
        let token = |(other, role): &(&Setting, Role)| {
            other.span != key.span
                && matches!(role, Role::Token | Role::ApiToken)
                && !self.is_unset(other)
                && (self.named(other) || other.words == "api token")
        };
        !key.value.is_empty() && self.is_unset(key) && self.around(key.span).iter().any(token)
    }

    /// Whether a token is Cloudflare's, as far as its name tells, or called like the key beside it: `r2ApiToken` beside
    /// `r2GlobalKey`.
    pub(super) fn is_own_token(&self, token: &Setting, key: &Setting) -> bool {
        let shared = |word: &str| key.words.split(' ').any(|own| own == word);
        // HashiCorp's is the only other vendor among the words that say nothing.
        (self.named(token) || foreign_words(token).all(shared)) && token.words != "vault token"
    }

    /// Whether key and token are both values that the caller of a reusable unit may set: inputs of an action or a
    /// workflow, values of a chart.
    pub(super) fn is_left_to_caller(&self, key: &Setting) -> bool {
        let is_reusable = || memmem::find(self.input.text.bytes(), b"workflow_call").is_some();
        let from_caller = |setting: &Setting| {
            let value = self.value(setting);
            value.starts_with(b"$") && contains(value, b"inputs.")
                || value.starts_with(b"{{") && contains(value, b".values.")
                || value.starts_with(b"$") && contains(value, b"secrets.") && is_reusable()
        };
        from_caller(key)
            && self.beside(key, |role, other| {
                matches!(role, Role::Token | Role::ApiToken)
                    && self.is_own_token(other, key)
                    && from_caller(other)
            })
    }

    /// Whether the key is in a store of secrets that SOPS has encrypted, with its e-mail address or with a token: who
    /// reads the store decides what is used. A configuration of which only the key is encrypted decides itself, and so do
    /// variables that a tool reads: `CF_API_KEY`.
    pub(super) fn is_stored(&self, key: &Setting, email: Option<&Setting>) -> bool {
        let encrypted = |setting: &Setting| self.value(setting).starts_with(b"ENC[AES256_GCM");
        let of_environment = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
        let name = &self.input.text.bytes()[key.span.start..];
        let is_variable = name.iter().take_while(|b| is_word(**b)).all(of_environment);
        encrypted(key)
            && (email.is_none_or(encrypted) && !(is_variable && email.is_some())
                || self.beside(key, |role, other| {
                    matches!(role, Role::Token | Role::ApiToken)
                        && self.is_own_token(other, key)
                        && encrypted(other)
                }))
    }

    /// Whether the file sends the value in an `Authorization` header and not as the key: then it is a token, whatever it is
    /// called.
    pub(super) fn is_sent_as_token(&self, key: &Setting) -> bool {
        fixed! {
            // `Bearer $KEY`, `"Authorization": self.key`, `X-Auth-Key: ${KEY}`.
            static SENT = r#"(?i)(?:\bbearer|\bauthorization(?:["'`\]):=,>( \t]+[fb]?["'`]?bearer\b)?|(?P<key>\bx-auth-key))(?:["'`:=,+.(\])>\\ \t]|\$\{?|\{+|\b[fb]["'])+(?:\w+(?:\.|->|\?\.|::))*(?P<name>[a-z_]\w*)"#;
        }
        let bytes = self.input.text.bytes();
        let bearers = self.bearers.get_or_init(|| {
            let (mut tokens, mut keys) = (HashSet::new(), HashSet::new());
            if !contains(bytes, b"authorization") && !contains(bytes, b"bearer") {
                return tokens;
            }
            for groups in SENT.captures_iter(bytes).take(SENDINGS) {
                let Some(name) = groups.name("name") else { continue };
                let sent = if groups.name("key").is_some() { &mut keys } else { &mut tokens };
                sent.insert(words(name.as_bytes()));
            }
            tokens.retain(|name| !keys.contains(name));
            tokens
        });
        bearers.contains(&key.words)
    }

    /// Whether the value is the key only if there is no token: `api_key = var.token == null ? var.key : null`.
    pub(super) fn is_choice(&self, key: &Setting) -> bool {
        let value = self.value(key);
        let between = |first: &[u8], second: &[u8]| {
            memmem::find(value, first).is_some_and(|at| memmem::find(&value[at..], second).is_some())
        };
        contains(value, b"token") && (between(b"?", b":") || between(b" if ", b" else "))
    }

    /// Whether the value is an API token, by its prefix or because it has 40 random characters.
    pub(super) fn holds_token(&self, key: &Setting) -> bool {
        let value = self.value(key);
        let core: Vec<u8> = value
            .iter()
            .copied()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            .collect();
        contains(value, b"cfut_")
            || contains(value, b"cfat_")
            // What Access adds to the request of a visitor is a JWT.
            || contains(value, b"cf-access-jwt-assertion")
            || contains(value, b"cf_authorization")
            || (core.len() == 40 && value::looks_random(Randomness::Token, &core))
    }
}

/// Whether a value opens an object of settings: `{`, `{"api_key": …`. One with a reference in it, `{"Ref": "Key"}`, is a
/// value.
pub(super) fn opens_object(value: &[u8]) -> bool {
    let Some(inner) = value.strip_prefix(b"{") else { return false };
    let inner = inner.trim_ascii_start();
    let Some(quoted) = inner.strip_prefix(b"\"").or_else(|| inner.strip_prefix(b"'")) else {
        return inner.is_empty();
    };
    let name = &quoted[..quoted.iter().take_while(|b| is_word(**b) || **b == b'-').count()];
    role(&words(name)) != Role::Other
}

/// How much of a line before a setting is looked at, in bytes.
const LINE: usize = 256;
/// How many headers are looked at that send something.
const SENDINGS: usize = 200;

/// Whether a value is the next field of a structure: `Label: "API key",`, `label: 'API key',`.
pub(super) fn is_field(value: &[u8]) -> bool {
    /// The fields that describe an option.
    const DESCRIBES: &[&[u8]] = &[
        b"label",
        b"title",
        b"description",
        b"type",
        b"secret",
        b"required",
        b"optional",
        b"help",
        b"hint",
        b"placeholder",
        b"text",
        b"kind",
    ];
    let name = value.iter().take_while(|b| is_word(**b)).count();
    let (own, rest) = value.split_at(name);
    // The name may be in quotes, of which those before it are not part of the value.
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    (own.first().is_some_and(u8::is_ascii_uppercase) || DESCRIBES.contains(&own))
        && rest.starts_with(b":")
        && !rest.starts_with(b"::")
}
