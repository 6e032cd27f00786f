//! `check = "setting"`: how a tool or an SDK is told to authenticate. A key and an e-mail address beside each other are
//! the Global API Key whatever the names say; a token stands alone.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::{Candidate, Detection, Input, expression};
use crate::fact::naming::naming;
use crate::fact::place::{around, in_comment, in_prose, is_code, is_prose, is_test};
use crate::fact::setting::{Setting, about, same_group, settings};
use crate::fact::words::words;
use crate::rule::{Confidence, Randomness};
use crate::span::Span;

mod sdk;
mod tools;

/// What a setting holds, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The name says Global API Key.
    Global,
    /// An API key of somebody.
    ApiKey,
    /// `key`, and nothing else.
    Key,
    /// An API token by its full name.
    ApiToken,
    /// `token`, `auth token`, `cf token`: which of both shows in what stands beside it.
    Token,
    /// A password.
    Password,
    /// An e-mail address.
    Email,
    /// Who logs in: an address, or something else.
    User,
    /// `auth_method`: says which of both the key is.
    Method,
    /// Anything else.
    Other,
}

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident = $source:expr;)*) => { $(
        $(#[$doc])*
        static $name: LazyLock<Regex> = LazyLock::new(|| expression($source).expect("a fixed expression"));
    )* };
}

fixed! {
    /// Names of Cloudflare and of its own tools.
    OURS = "(^| )(cf|cloudflare|cloudflareapi|flarectl|wrangler|terraforming)( |$)";
    GLOBAL = "global (api )?(key|token)|(key|token) global";
    /// Keys of other kinds.
    NOT_KEY = "(^| )(site|public|ssh|private|service|access|secret|cache|primary|foreign|partition|sort|license|encryption|signing|turnstile|stream|images|r2|tunnel|kv|object|zone|id|cert|ca|hmac|gpg|pgp|deploy|s3|aws|item|map|cookie|session|ec|rsa|host|user service|public api|by|per|is|has) (api )?(key|token|password)$";
    API_KEY = "(^| )(api|auth|global)( user| api| access)* key$|(^| )apikey$";
    API_TOKEN = "(^| )(api|dns|zone|workers|pages|management|user|account|bearer|access|purge|ddns|deploy|saas|ai|stream|tunnel|r2|id|refresh|oauth|github|gh|npm|access|session|csrf) token$";
    EMAIL = "(^| )(email|mail)( |$)|(^| )email$";
    USER = "(^| )(user|user ?name|login|cf id)$";
    /// Tools whose plain token is the key as soon as an address stands beside it.
    TRAPS = "(?i)provider\\s*\"cloudflare\"|octodns|lexicon|cfuser|\\bCloudFlare\\(|account_api_token|TF_VAR|terraform";
}

fn role(words: &str) -> Role {
    let is = |pattern: &Regex| pattern.is_match(words.as_bytes());
    let last = words.rsplit(' ').next().unwrap_or_default();
    match last {
        _ if is(&GLOBAL) => Role::Global,
        _ if words.ends_with("auth method") => Role::Method,
        _ if is(&NOT_KEY) => Role::Other,
        "key" | "apikey" if is(&API_KEY) => Role::ApiKey,
        "key" if words == "key" => Role::Key,
        "key" if is(&OURS) => Role::ApiKey,
        // An alias of Ansible's for the key.
        "token" if words == "account api token" => Role::ApiKey,
        "token" if is(&API_TOKEN) => Role::ApiToken,
        "token" | "tkn" => Role::Token,
        "password" | "passwd" => Role::Password,
        _ if is(&EMAIL) => Role::Email,
        _ if is(&USER) => Role::User,
        _ => Role::Other,
    }
}

/// How far apart the halves of a pair can be.
const LINES: usize = 12;
const BYTES: usize = 900;

/// The settings of one file that concern how it authenticates.
struct Sheet<'a> {
    input: &'a Input<'a>,
    all: Vec<(Setting, Role)>,
}

/// A setting that holds the Global API Key.
struct Pair<'s> {
    key: &'s Setting,
    email: Option<&'s Setting>,
    confidence: Confidence,
    evidence: String,
}

/// The variants a rule file can name.
pub(crate) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    match detection.detect.variant.as_deref() {
        Some("global-key") => global_key(detection, input, out),
        Some("shadowed-token") => shadowed(detection, input, out),
        _ => {}
    }
}

fn global_key(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path) {
        return;
    }
    let calls = sdk::calls(input);
    for span in &calls {
        if !skipped(input, *span) && !supports_both(input, *span) {
            let mut found = Candidate::new(detection.rule, *span, detection.detect.confidence);
            (found.help, found.permissions) = tools::advice(input, *span);
            out.push(found);
        }
    }
    let sends = is_code(input.path) && has(input.text.bytes(), b"x-auth-key");
    let sheet = Sheet::new(input);
    for pair in sheet.pairs() {
        let place = pair.key.span;
        let configured = role(&pair.key.words) == Role::Method;
        // The request that is made with it says the same.
        if !configured && sends {
            continue;
        }
        if calls.iter().any(|call| call.overlaps(place)) || (!configured && supports_both(input, place)) {
            continue;
        }
        let mut found =
            Candidate::new(detection.rule, place, detection.detect.confidence.min(pair.confidence));
        let words = String::from("the e-mail address that goes with it");
        found.labels.extend(pair.email.map(|email| (email.span, words)));
        found.evidence.push(pair.evidence);
        (found.help, found.permissions) = tools::advice(input, place);
        out.push(found);
    }
}

impl<'a> Sheet<'a> {
    fn new(input: &'a Input<'a>) -> Sheet<'a> {
        let all = settings(input.text.bytes())
            .into_iter()
            .map(|setting| {
                let role = role(&setting.words);
                (setting, role)
            })
            // Headers are part of requests.
            .filter(|(setting, role)| {
                *role != Role::Other && !setting.words.starts_with("x auth") && !skipped(input, setting.span)
            });
        Sheet { input, all: all.collect() }
    }

    fn pairs(&self) -> Vec<Pair<'_>> {
        let mut out: Vec<Pair<'_>> = Vec::new();
        for (setting, role) in &self.all {
            // `config.key = key` hands on what `key = …` just said.
            let handed_on = out.iter().any(|pair| words(self.value(setting)) == pair.key.words);
            if !handed_on {
                out.extend(self.pair(setting, *role));
            }
        }
        out
    }

    /// The setting as the Global API Key, if it is one.
    fn pair<'s>(&'s self, key: &'s Setting, role: Role) -> Option<Pair<'s>> {
        let found = |email: Option<&'s Setting>, confidence| {
            Some(Pair { key, email, confidence, evidence: format!("setting `{}`", key.words) })
        };
        let ours = self.ours(key);
        let email = self.email(key, role);
        match role {
            _ if self.holds_token(key) => None,
            Role::Global => {
                found(email, if ours || email.is_some() { Confidence::High } else { Confidence::Low })
            }
            Role::Method if self.value(key).eq_ignore_ascii_case(b"global") && email.is_some() => {
                found(email, Confidence::High)
            }
            Role::ApiKey if self.method_beside(key) => None,
            // A program that hands on all three lets its user choose.
            Role::Key | Role::ApiKey if is_code(self.input.path) && self.token_beside(key) => None,
            Role::ApiKey if email.is_some() && (ours || self.near(key)) => found(email, Confidence::High),
            Role::ApiKey if self.named(key) => found(None, Confidence::Low),
            Role::ApiKey if key.words == "api key" && self.is_reference(key) && ours => {
                found(None, Confidence::High)
            }
            Role::Key if self.in_reference(key) => None,
            Role::Key | Role::Password if email.is_some() && ours => found(email, Confidence::High),
            Role::Token if email.is_some() && ours && !self.key_beside(key) => {
                let near = self.input.text.get(around(self.input.text, key.span, BYTES));
                let trap = TRAPS.is_match(near) || TRAPS.is_match(self.input.path.as_bytes());
                let plain = matches!(key.words.as_str(), "token" | "auth token");
                found(email, if trap || plain { Confidence::High } else { Confidence::Low })
            }
            _ => None,
        }
    }

    /// The address that goes with a key: in the same group, near, and of the same family of names.
    fn email<'s>(&'s self, key: &Setting, role: Role) -> Option<&'s Setting> {
        let bytes = self.input.text.bytes();
        let line = self.input.text.line_index(key.span.start);
        self.all
            .iter()
            .filter(|(other, as_role)| match as_role {
                Role::Email => true,
                Role::User => {
                    let value = self.input.text.get(other.value).to_ascii_lowercase();
                    let address = value.contains(&b'@') || value.windows(4).any(|w| w == b"mail");
                    address || (matches!(role, Role::ApiKey | Role::Token) && self.is_open(other))
                }
                _ => false,
            })
            .map(|(other, _)| other)
            .filter(|other| {
                other.span != key.span
                    && other.span.start.abs_diff(key.span.start) < BYTES
                    && self.input.text.line_index(other.span.start).abs_diff(line) <= LINES
                    && (same_group(bytes, other.span, key.span) || self.named(key) && self.named(other))
                    && alike(key, other)
            })
            .min_by_key(|other| other.span.start.abs_diff(key.span.start))
    }

    /// A reference or an empty value: may well be an address.
    fn is_open(&self, setting: &Setting) -> bool {
        let value = self.value(setting);
        value.is_empty() || value.iter().any(|b| matches!(b, b'$' | b'{' | b'%' | b'(' | b'[' | b'.'))
    }

    /// Whether Cloudflare is what the setting is about: its name, the call, block or section it is in, the file.
    fn ours(&self, key: &Setting) -> bool {
        let bytes = self.input.text.bytes();
        self.named(key)
            || OURS.is_match(words(self.input.path.file_name()).as_bytes())
            || match about(bytes, key.span) {
                Some(value) => has(self.input.text.get(value), b"cloudflare"),
                None => {
                    let naming = naming(bytes, key.span, self.input.path);
                    let outer = naming.phrases.iter().map(|name| name.words.as_str());
                    outer
                        .chain([naming.enclosing.as_str()])
                        .any(|words| OURS.is_match(words.trim_end().as_bytes()))
                }
            }
    }

    fn named(&self, key: &Setting) -> bool {
        OURS.is_match(key.words.as_bytes())
    }

    /// Cloudflare is mentioned shortly before or after.
    fn near(&self, key: &Setting) -> bool {
        has(self.input.text.get(around(self.input.text, key.span, 300)), b"cloudflare")
    }

    /// `apiKeySecretRef:` says by itself that it is not `apiTokenSecretRef`.
    fn is_reference(&self, key: &Setting) -> bool {
        let name = self.input.text.get(Span::new(key.span.start, key.value.start.max(key.span.start)));
        has(name, b"secretref")
    }

    /// `key:` under `secretKeyRef:` names an entry of a secret; in a list of headers it names a header.
    fn in_reference(&self, key: &Setting) -> bool {
        let before = self.input.text.get(Span::new(key.span.start.saturating_sub(120), key.span.start));
        has(before, b"ref:")
            || has(before, b"ref\":")
            || has(before, b"ref {")
            || self.value(key).starts_with(b"X-")
    }

    fn value(&self, setting: &Setting) -> &[u8] {
        let value = self.input.text.get(setting.value);
        let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`');
        let start = value.iter().position(|b| !quote(b)).unwrap_or(value.len());
        let end = value.iter().rposition(|b| !quote(b)).map_or(start, |at| at + 1);
        &value[start..end]
    }

    /// Another setting of the group is the key: then this one is what its name says.
    fn key_beside(&self, token: &Setting) -> bool {
        self.beside(token, |role, _| matches!(role, Role::ApiKey | Role::Global | Role::Key))
    }

    fn token_beside(&self, key: &Setting) -> bool {
        self.beside(key, |role, _| matches!(role, Role::Token | Role::ApiToken))
    }

    /// `auth_method` decides, and is looked at by itself.
    fn method_beside(&self, key: &Setting) -> bool {
        self.beside(key, |role, _| role == Role::Method)
    }

    fn beside(&self, one: &Setting, wanted: impl Fn(Role, &Setting) -> bool) -> bool {
        self.all.iter().any(|(other, role)| {
            other.span != one.span
                && other.span.start.abs_diff(one.span.start) < BYTES
                && wanted(*role, other)
                && same_group(self.input.text.bytes(), other.span, one.span)
        })
    }

    /// The value is a token by its prefix, or has a token's mix of letters.
    fn holds_token(&self, key: &Setting) -> bool {
        let value = self.value(key);
        let core: Vec<u8> = value
            .iter()
            .copied()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            .collect();
        has(value, b"cfut_")
            || has(value, b"cfat_")
            || (core.len() == 40 && super::value::looks_random(Randomness::Token, &core))
    }
}

/// Names of the same family: a key that says Cloudflare goes with an address that says so or says nothing else.
fn alike(key: &Setting, email: &Setting) -> bool {
    const NOTHING: &[&str] = &[
        "email", "mail", "e", "api", "auth", "account", "user", "username", "login", "my", "the", "x", "cfg",
        "config", "option", "admin", "your", "self", "this", "global", "name",
    ];
    let says = |words: &str| OURS.is_match(words.as_bytes());
    says(&email.words)
        || email.words.split(' ').all(|word| NOTHING.contains(&word))
        || email.words.split(' ').any(|word| key.words.split(' ').any(|w| w == word && !NOTHING.contains(&w)))
}

/// Tools in which key and e-mail win over the token that is configured beside them.
fn shadowed(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    static WINS: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            "(?i)wrangler|traefik|lego|python|CloudFlare|workers?\\b|CF_DNS_API|CLOUDFLARE_DNS_API|pages deploy",
        )
        .expect("a fixed expression")
    });
    let script = input.path.file_name().ends_with(b"sh");
    if is_prose(input.path)
        || is_test(input.path)
        || (is_code(input.path) && !script)
        || !(WINS.is_match(input.text.bytes()) || WINS.is_match(input.path.as_bytes()))
    {
        return;
    }
    let sheet = Sheet::new(input);
    for pair in sheet.pairs() {
        let Some(email) = pair.email else { continue };
        let token = sheet.all.iter().find(|(other, role)| {
            *role == Role::ApiToken
                && (sheet.named(other) || other.words == "api token")
                && other.span.start.abs_diff(pair.key.span.start) < BYTES
                && same_group(input.text.bytes(), other.span, pair.key.span)
        });
        let Some((token, _)) = token else { continue };
        let mut found = Candidate::new(detection.rule, token.span, detection.detect.confidence);
        found.labels.push((pair.key.span, String::from("this key is used in its place")));
        found.labels.push((email.span, String::from("together with this address")));
        out.push(found);
    }
}

fn skipped(input: &Input<'_>, span: Span) -> bool {
    in_comment(input.text, span.start, input.path) || in_prose(input.text, span.start, input.path)
}

/// Code that takes a token as well and decides, an option table, or documentation that shows both ways.
fn supports_both(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        TOKEN_WAY = r"(?i)api[ _-]?token|bearer|_token\b|APIToken|tokenSecretRef";
        DECIDES = r"(?i)\bif\b|\belse\b|\belif\b|\bcase\b|\bswitch\b|\bmatch\b|\|\||\?\?|add_argument|\.option\(|description|Optional\[|conflicts|os\.environ\.get|Getenv\(";
    }
    if is_prose(input.path) {
        return TOKEN_WAY.is_match(input.text.bytes());
    }
    let script = input.path.file_name().ends_with(b"sh");
    let reach = if script { 1500 } else { 20_000 };
    let near = input.text.get(around(input.text, span, reach));
    is_code(input.path) && TOKEN_WAY.is_match(near) && DECIDES.is_match(near)
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}
