//! `check = "setting"`: how a tool or an SDK is told to authenticate. A key and an e-mail address beside each other are
//! the Global API Key whatever the names say; a token stands alone.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::{Candidate, Detection, Input, expression};
use crate::endpoint::{Scope, permission};
use crate::fact::place::{around, in_comment, in_prose, is_code, is_prose, is_test};
use crate::fact::words::words;
use crate::rule::Confidence;
use crate::span::Span;

/// A setting by its name, in any syntax, with the start of its value.
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i)(?P<span>(?P<name>(?:--?)?\b(?:[a-z_$][\w.:-]*?)?(?:key(?:secure)?|token|tkn|password|e?mail|user|username|login|secretref|keyref))["'`\]\\]*(?P<sep>\s*(?:=>|:=|\?=|::|=|:)\s*|["']\s*,\s*|[ \t]+|\s*[\n,]\s*["']?value(?:From)?["']?\s*[:=]\s*)(?P<value>[^\s,;)}\]#][^\n,;)}\]]*))"#,
    )
    .expect("a fixed expression")
});

static OURS: LazyLock<Regex> = LazyLock::new(|| {
    expression("(^| )(cf|cloudflare|cloudflareapi|flarectl|wrangler)( |$)").expect("a fixed expression")
});
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    expression("(^| )(email|mail|e mail)( |$)|(^| )(user|username|login|apiuser|api user)$")
        .expect("a fixed expression")
});
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| expression("(^| )(token|tkn|password)( secret ref)?$").expect("a fixed expression"));
static GLOBAL: LazyLock<Regex> =
    LazyLock::new(|| expression("global (api )?(key|token)").expect("a fixed expression"));
static NOT_KEY: LazyLock<Regex> = LazyLock::new(|| {
    expression("(^| )(site|public|ssh|private|service|user service|access|secret access|cache|primary|foreign|partition|sort|license|encryption|signing|turnstile|stream|images|r2|tunnel|kv|object|zone|account id|cert|ca|hmac|gpg|pgp|deploy|s3|aws|item|map|cookie|session|ec|rsa)( api)? (key|token|password)")
        .expect("a fixed expression")
});

/// Names of an API key that do not say whose.
static API_KEY: LazyLock<Regex> = LazyLock::new(|| {
    expression("(^| )(api|auth|global)( user| api| access)* (key|token)|(^| )apikey( |$)")
        .expect("a fixed expression")
});

/// SDK calls that take the key by position or by their own name.
static SDK: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?P<span>"#,
        r#"\b(?:cloudflare|cf)\.New\(\s*[^,()\n]+(?:\([^()\n]*\))?\s*,\s*[^()\n]+(?:\([^()\n]*\))?\s*[,)]"#,
        r#"|\bWithAPIKey\(\s*[^)\n]+\)+"#,
        r#"|\bUserAuthKey\s*\{[^}]*\}"#,
        r#"|\bnew\s+\\?(?:Cloudflare\\API\\Auth\\)?APIKey\(\s*[^)\n]+\)"#,
        r#"|\bnew\s+ApiKeyAuthentication\(\s*[^)\n]+\)"#,
        r#"|\bnew\s+CloudFlareClient\(\s*[^,)\n]+,\s*[^)\n]+\)"#,
        r#"|\bnew\s+CloudflareAccess\(\s*[^,)\n]+,\s*[^)\n]+\)|\bCloudflareAccess\(\s*[^,)\n]+,\s*[^)\n]+\)"#,
        r#"|\bRubyflare\.connect_with\(\s*[^)\n]+\)"#,
        r#"|\bCloudFlare\.CloudFlare\(\s*["'][^"'@\s]+@[^"'\s]+["']\s*,\s*[^)\n]+\)|\bCloudFlare\(\s*["'][^"'@\s]+@[^"'\s]+["']\s*,\s*[^)\n]+\)"#,
        r#"|\bCloudFlare\.CloudFlare\(\s*[^,=()\n]+,\s*[^,=()\n]+\)|\bauth_method\s*=\s*["']?global\b"#,
        r#"|\bapiKeySecretRef\s*:"#,
        r#"|\baccount_api_(?:key|token)\s*[:=]\s*[^\s]+"#,
        r#"|\bdefine\(\s*['"]CLOUDFLARE_API_KEY['"]\s*,\s*[^)\n]+\)"#,
        r#")"#
    ))
    .expect("a fixed expression")
});

/// One setting of the file.
struct Setting {
    span: Span,
    words: String,
    value: Span,
    ours: bool,
    email: bool,
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
    let settings = settings(input);
    for (key, email) in keys(input, &settings) {
        if supports_both(input, key.span) {
            continue;
        }
        let sure = email.is_some() || GLOBAL.is_match(key.words.as_bytes());
        let confidence = if sure { detection.detect.confidence } else { Confidence::Low };
        let mut found = Candidate::new(detection.rule, key.span, confidence);
        found.labels.extend(email.map(|e| (e.span, String::from("the e-mail address that goes with it"))));
        found.evidence.push(format!("setting `{}`", key.words));
        found.permissions = tool_permissions(input);
        out.push(found);
    }
    for groups in SDK.captures_iter(input.text.bytes()) {
        let Some(m) = groups.name("span") else { continue };
        let span = Span::new(m.start(), m.end());
        let topic = has(input.text.bytes(), b"flare");
        let token = has(m.as_bytes(), b"cfut_") || has(m.as_bytes(), b"cfat_");
        if topic && !token && !skipped(input, span) && !supports_both(input, span) {
            out.push(Candidate::new(detection.rule, span, detection.detect.confidence));
        }
    }
}

/// Tools in which key and e-mail win over the token that is configured beside them.
fn shadowed(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    static WINS: LazyLock<Regex> = LazyLock::new(|| {
        expression("(?i)wrangler|traefik|lego|python|CloudFlare|workers?\\b|CF_DNS_API|CLOUDFLARE_DNS_API|pages deploy").expect("a fixed expression")
    });
    let script = input.path.file_name().ends_with(b"sh");
    if is_prose(input.path)
        || is_test(input.path)
        || (is_code(input.path) && !script)
        || !(WINS.is_match(input.text.bytes()) || WINS.is_match(input.path.as_bytes()))
    {
        return;
    }
    let settings = settings(input);
    for (key, email) in keys(input, &settings) {
        let Some(email) = email else { continue };
        let near = around(input.text, key.span, 600);
        let token = settings.iter().find(|s| {
            near.contains(s.span)
                && s.words.ends_with("token")
                && (s.ours || s.words == "api token")
                && !GLOBAL.is_match(s.words.as_bytes())
                && s.span != key.span
        });
        let Some(token) = token else { continue };
        let mut found = Candidate::new(detection.rule, token.span, detection.detect.confidence);
        found.labels.push((key.span, String::from("this key is used in its place")));
        found.labels.push((email.span, String::from("together with this address")));
        out.push(found);
    }
}

/// Key settings that say Cloudflare, each with the e-mail setting beside it.
fn keys<'s>(input: &Input<'_>, settings: &'s [Setting]) -> Vec<(&'s Setting, Option<&'s Setting>)> {
    let about = |s: &Setting| {
        s.ours || {
            let near = around(input.text, s.span, 300);
            has(input.text.get(near), b"cloudflare") || OURS.is_match(words(input.path.as_bytes()).as_bytes())
        }
    };
    let mut out = Vec::new();
    for key in settings.iter().filter(|s| !s.email && !NOT_KEY.is_match(s.words.as_bytes())) {
        let near = around(input.text, key.span, 400);
        let line = input.text.line_index(key.span.start);
        let token = TOKEN.is_match(key.words.as_bytes());
        let email = settings
            .iter()
            .filter(|e| {
                e.email && near.contains(e.span) && input.text.line_index(e.span.start).abs_diff(line) <= 8
            })
            .filter(|e| alike(key, e))
            .filter(|e| {
                mentions_mail(input, e)
                    || (!token && (e.ours || e.words.contains("auth") || e.words.contains("api")))
            })
            .min_by_key(|e| e.span.start.abs_diff(key.span.start));
        let global = GLOBAL.is_match(key.words.as_bytes());
        // A token stays a token beside an address that belongs to a key of its own.
        let own_key = token
            && settings.iter().any(|o| {
                !o.email
                    && near.contains(o.span)
                    && o.words.ends_with("key")
                    && !NOT_KEY.is_match(o.words.as_bytes())
            });
        let named = key.ours && key.words.ends_with("key");
        // A plain `key` means the API key only inside a call or block that is named after Cloudflare.
        let plain = matches!(key.words.as_str(), "key" | "token" | "password");
        let says_api = key.ours || API_KEY.is_match(key.words.as_bytes());
        if if plain { !directly_inside(input, key.span) } else { !says_api } {
            continue;
        }
        if !(about(key) && (email.is_some() || global || named))
            || own_key
            || (token && !global && email.is_none())
        {
            continue;
        }
        if token
            && !global
            && (key.words.contains("api token") || is_token(input, key))
            && !has(input.text.bytes(), b"account_api_token")
        {
            continue;
        }
        if !is_token(input, key) {
            out.push((key, email));
        }
    }
    out
}

/// Names of the same family: both say Cloudflare, or neither does.
fn alike(key: &Setting, email: &Setting) -> bool {
    key.ours == email.ours
        || !key.ours
        || EMAIL.is_match(email.words.as_bytes()) && email.words.contains("mail")
}

fn mentions_mail(input: &Input<'_>, email: &Setting) -> bool {
    let value = input.text.get(email.value);
    email.words.contains("mail") || value.contains(&b'@') || has(value, b"mail")
}

/// The value is a token by its prefix, or has a token's mix of letters.
fn is_token(input: &Input<'_>, key: &Setting) -> bool {
    let value = input.text.get(key.value);
    let core: Vec<u8> =
        value.iter().copied().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).collect();
    has(value, b"cfut_")
        || has(value, b"cfat_")
        || (core.len() == 40 && super::value::looks_random(crate::rule::Randomness::Token, &core))
}

fn settings(input: &Input<'_>) -> Vec<Setting> {
    static WORTH: LazyLock<Regex> = LazyLock::new(|| {
        expression("(?i)mail|apiuser|cfuser|cf_user|global|login=|username").expect("a fixed expression")
    });
    let bytes = input.text.bytes();
    if !WORTH.is_match(bytes) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(groups) = SETTING.captures_at(bytes, from) {
        let (Some(span), Some(name), Some(value), Some(separator)) =
            (groups.name("span"), groups.name("name"), groups.name("value"), groups.name("sep"))
        else {
            break;
        };
        // Values can hold further settings: `{ email: a, key: b }`.
        from = name.end();
        let start = Span::new(span.start(), span.end());
        if skipped(input, start)
            || !is_setting(input, name.as_bytes(), separator.as_bytes(), value.as_bytes(), start)
        {
            continue;
        }
        let words = words(name.as_bytes());
        let line_end = input.text.line(value.start()).end;
        let end =
            value.start() + trimmed(&bytes[value.start()..value.end().min(line_end.max(value.start()))]);
        out.push(Setting {
            span: Span::new(span.start(), end.max(name.end())),
            ours: OURS.is_match(words.as_bytes()),
            email: EMAIL.is_match(words.as_bytes()),
            value: Span::new(value.start(), end.max(value.start())),
            words,
        });
    }
    out
}

fn trimmed(bytes: &[u8]) -> usize {
    let end =
        bytes.iter().rposition(|b| !b.is_ascii_whitespace() && !matches!(b, b'\\' | b'"' | b'\'' | b'`'));
    end.map_or(0, |at| at + 1)
}

/// Not every name before a word is a setting: spaces only separate after flags and some keywords; types are no values.
fn is_setting(input: &Input<'_>, name: &[u8], separator: &[u8], value: &[u8], span: Span) -> bool {
    if separator.iter().all(|b| matches!(b, b' ' | b'\t')) {
        let line = input.text.line(span.start);
        let before = input.text.bytes()[line.start..span.start].trim_ascii().to_ascii_lowercase();
        let keyword = [&b"env"[..], b"option", b"setenv", b"set", b"arg"].contains(&before.as_slice());
        let own_line = before.is_empty() && has(name, b"cloudflare");
        if !(name.starts_with(b"--") || keyword || own_line) {
            return false;
        }
    }
    let word = value.to_ascii_lowercase();
    let word = word.trim_ascii();
    let types: &[&[u8]] = &[
        b"string",
        b"str",
        b"&str",
        b"none",
        b"null",
        b"nil",
        b"undefined",
        b"optional",
        b"\"\"",
        b"''",
        b"option<",
        b"true",
        b"false",
        b"required",
        b"bool",
        b"types.string",
        b"any",
        b"z.string",
        b"schema",
        b"string;",
        b"*string",
        b"varchar",
        b"text",
        b"typing",
    ];
    let comparison = separator.ends_with(b"=") && value.starts_with(b"=") || value.starts_with(b"~");
    !comparison
        && !types.iter().any(|t| {
            word == *t
                || (word.starts_with(t)
                    && word
                        .get(t.len())
                        .is_some_and(|b| !b.is_ascii_alphanumeric() && *b != b'_' && *b != b'.'))
        })
}

/// `cloudflare` stands shortly before, or in the name of the file or section.
fn directly_inside(input: &Input<'_>, span: Span) -> bool {
    let start = span.start.saturating_sub(160);
    has(input.text.get(Span::new(start, span.start)), b"cloudflare")
        || OURS.is_match(words(input.path.file_name()).as_bytes())
        || has(input.text.get(around(input.text, span, 160)), b"cloudflareprovider")
}

fn skipped(input: &Input<'_>, span: Span) -> bool {
    in_comment(input.text, span.start, input.path) || in_prose(input.text, span.start, input.path)
}

/// Code that takes a token as well and decides, an option table, or documentation that shows both ways.
fn supports_both(input: &Input<'_>, span: Span) -> bool {
    static TOKEN_WAY: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)api_?-?token|bearer|_token\b|APIToken|tokenSecretRef").expect("a fixed expression")
    });
    static DECIDES: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)\bif\b|\belse\b|\belif\b|\bcase\b|\bswitch\b|\bmatch\b|\|\||\?\?|add_argument|\.option\(|description|Optional\[|conflicts|os\.environ\.get|Getenv\(").expect("a fixed expression")
    });
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

/// What the tool of the file needs: DNS for the many that edit records, the deployment template for wrangler.
fn tool_permissions(input: &Input<'_>) -> Vec<String> {
    let bytes = input.text.bytes();
    let about = |w: &[u8]| has(bytes, w) || has(input.path.as_bytes(), w);
    let groups: &[(Scope, &str)] = if about(b"purge") {
        &[(Scope::Zone, "Cache Purge")]
    } else if about(b"wrangler") || about(b"workers") {
        &[
            (Scope::Account, "Workers Scripts Write"),
            (Scope::Account, "Workers KV Storage Write"),
            (Scope::Account, "Account Settings Read"),
            (Scope::Zone, "Workers Routes Write"),
        ]
    } else if about(b"exporter") {
        &[(Scope::Zone, "Analytics Read")]
    } else if [&b"dns"[..], b"acme", b"lego", b"traefik", b"certbot", b"cert-manager", b"letsencrypt"]
        .iter()
        .any(|w| about(w))
    {
        &[(Scope::Zone, "DNS Write"), (Scope::Zone, "Zone Read")]
    } else {
        &[]
    };
    groups.iter().map(|(scope, group)| permission(*scope, group)).collect()
}
