//! Identifiers that name a Cloudflare credential. They are recognized by their words, so that `CF_DNS_API_TOKEN`,
//! `cfDnsApiToken` and `secrets.CLOUDFLARE_TOKEN` need no list. Knows names, never values.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::words::{is_word, words};
use crate::literals::Literals;
use crate::span::Span;

/// Words that name Cloudflare or one of its products.
const VENDOR: &[&str] =
    &["cloudflare", "cloudflared", "cf", "cfut", "cfat", "wrangler", "turnstile", "argo", "cftunnel"];
/// `tunnel` and `r2` name Cloudflare only together with one of these words each.
const OF_TUNNEL: &[&str] = &["token", "secret", "credentials"];
const OF_R2: &[&str] = &["secret", "token"];
/// `cfd` names `cloudflared` only together with this word.
const OF_CFD: &[&str] = &["token"];
/// Words that name a secret.
const SECRET: &[&str] = &[
    "token",
    "tokens",
    "key",
    "secret",
    "secrets",
    "password",
    "passwd",
    "pwd",
    "tkn",
    "apikey",
    "credential",
    "credentials",
    "bearer",
];
/// Last words of names that describe or locate a credential rather than hold it.
const METADATA: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "file",
    "path",
    "url",
    "uri",
    "email",
    "count",
    "length",
    "len",
    "size",
    "type",
    "header",
    "headers",
    "prefix",
    "suffix",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "status",
    "code",
    "do",
    "form",
    "action",
    "button",
    "valid",
    "set",
    "present",
    "exists",
    "missing",
    "masked",
    "redacted",
    "display",
    "short",
    "hash",
    "digest",
    "hint",
    "scopes",
    "permissions",
    "error",
    "version",
    "policy",
    "policies",
    "link",
    "docs",
    "help",
    "env",
    "var",
    "label",
    "description",
    "slice",
    "substring",
    "substr",
    "startswith",
    "starts",
    "endswith",
    "with",
    "trim",
    "includes",
    "match",
    "test",
    "arn",
    "kind",
    "source",
    "required",
    "configured",
    "format",
    "regex",
    "pattern",
    "placeholder",
    "last4",
    "space",
    "binding",
    "service",
    "enabled",
    "age",
    "rotated",
    "created",
    "at",
    "on",
    "group",
    "groups",
    "verify",
    "empty",
    "define",
    "domain",
    "host",
    "issuer",
    "parameter",
    "param",
    "days",
    "hours",
    "minutes",
    "seconds",
    "duration",
    "lifetime",
    "ref",
    "reference",
    "location",
    "store",
    "vault",
    "mount",
    "item",
    "field",
    "filter",
    "filters",
    "rotation",
    "interval",
    "schedule",
    "command",
    "template",
    "config",
    "dir",
    "directory",
    "folder",
    "index",
    "bucket",
];
/// Words in names of public values and of Booleans.
const PUBLIC: &[&str] = &[
    "site",
    "sitekey",
    "public",
    "pub",
    "has",
    "is",
    "no",
    "masked",
    "redacted",
    "hashed",
    "ssh",
    "beacon",
    "analytics",
    "analy",
    "insights",
    "annotation",
    "annotations",
    "label",
    "labels",
    "proxied",
    "context",
    "cache",
    "partition",
    "primary",
    "foreign",
    "codesign",
];
/// Words that make `tokens` those that a language model counts: `max_tokens`, `CF_AI_TOTAL_TOKENS`.
const COUNTS: &[&str] = &[
    "max",
    "min",
    "total",
    "num",
    "prompt",
    "completion",
    "input",
    "output",
    "context",
    "used",
    "usage",
    "cached",
    "reasoning",
    "new",
];
/// Verbs that make a name a switch or a question: `CF_OVERWRITE_KEY`, `useCfToken`.
const VERBS: &[&str] = &[
    "overwrite",
    "skip",
    "check",
    "show",
    "use",
    "need",
    "needs",
    "force",
    "require",
    "requires",
    "ask",
    "enable",
    "disable",
    "allow",
];

/// Whether the identifier, or a longer text, contains the beginning of a word for secrets. A cheap test, because
/// splitting names into words is slow.
pub fn may_be_secret(identifier: &[u8]) -> bool {
    let (mut first, mut second) = (0, 0);
    identifier.iter().any(|byte| {
        let [begins, goes_on, ends] = SECRETS[usize::from(*byte)];
        let third = second & ends;
        (first, second) = (begins, first & goes_on);
        third != 0
    })
}

/// For each byte, in any case, a bit for each beginning of a word for secrets that has it as its first, its second and
/// its third byte.
const SECRETS: [[u8; 3]; 256] = {
    const BEGINNINGS: [&[u8; 3]; 8] = [b"key", b"tok", b"tkn", b"sec", b"pas", b"pwd", b"cre", b"bea"];
    let mut table = [[0; 3]; 256];
    let mut number = 0;
    while number < BEGINNINGS.len() {
        let mut place = 0;
        while place < 3 {
            let byte = BEGINNINGS[number][place] as usize;
            table[byte][place] |= 1 << number;
            table[byte & !0x20][place] |= 1 << number;
            place += 1;
        }
        number += 1;
    }
    table
};

/// Whether the identifier contains a word for Cloudflare; also a cheap test.
fn may_be_cloudflare(identifier: &[u8]) -> bool {
    identifier.windows(2).enumerate().any(|(at, w)| {
        let starts = |word: &[u8]| {
            identifier.get(at..at + word.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(word))
        };
        match [w[0] | 0x20, w[1] | 0x20] {
            [b'c', b'f'] => true,
            [b'c', b'l'] => starts(b"cloudf"),
            [b'w', b'r'] => starts(b"wrangler"),
            [b't', b'u'] => starts(b"turnstile") || starts(b"tunnel"),
            [b'a', b'r'] => starts(b"argo"),
            [b'r', _] => w[1] == b'2' || w[1] == b'_',
            _ => false,
        }
    })
}

/// Beginnings of the words for Cloudflare, to search a whole text: every name of a credential contains one.
pub const BEGINNINGS: &[&str] = &["cf", "r2", "r_2", "cloudf", "wrangl", "turns", "argo", "tunne"];
static VENDOR_BEGINNINGS: LazyLock<Literals> = LazyLock::new(|| Literals::caseless(BEGINNINGS));

/// Whether an identifier, or a dotted chain of them, names a Cloudflare credential.
pub fn is_credential(identifier: &[u8]) -> bool {
    if identifier.len() > 120 || !may_be_cloudflare(identifier) || !may_be_secret(identifier) {
        return false;
    }
    let text = words(identifier);
    let list = without_store(&text);
    let any = |of: &[&str]| list.iter().any(|w| of.contains(w));
    let vendor = any(VENDOR)
        || (list.contains(&"tunnel") && any(OF_TUNNEL))
        || (list.contains(&"r2") && any(OF_R2))
        || (list.contains(&"cfd") && any(OF_CFD));
    vendor && is_secret_words(&list) && !is_of_program(&list)
}

/// Whether the words of a name are those of a secret that a program makes for itself, to encrypt or to sign what it stores:
/// `CF_ENCRYPTION_KEY`, `CF_SESSION_SECRET`.
fn is_of_program(list: &[&str]) -> bool {
    const ENCRYPTS: &[&str] = &["encryption", "encrypt", "cipher", "fernet", "aes"];
    const STORES: &[&str] = &["session", "cookie", "csrf", "jwt"];
    list.windows(2).any(|pair| {
        SECRET.contains(&pair[1]) && ENCRYPTS.contains(&pair[0])
            || pair[1] == "secret" && STORES.contains(&pair[0])
    })
}

/// Whether the identifier names a secret of any vendor: `API_TOKEN`, `secretKey`.
pub fn is_secret(identifier: &[u8]) -> bool {
    if identifier.len() > 120 {
        return false;
    }
    is_secret_words(&without_store(&words(identifier)))
}

/// Returns the words of a name without the store that it is read from: `secrets.CF_ZONE` is a zone.
fn without_store(words: &str) -> Vec<&str> {
    let list: Vec<&str> = words.split(' ').collect();
    match list.as_slice() {
        ["secrets", rest @ ..] if rest.len() > 1 => rest.to_vec(),
        _ => list,
    }
}

/// Whether the words of a name are those of a secret, rather than of something public or of metadata.
fn is_secret_words(list: &[&str]) -> bool {
    let any = |of: &[&str]| list.iter().any(|w| of.contains(w));
    let last = list.last().copied().unwrap_or_default();
    // `api_token_secret_key` names an entry of a Kubernetes secret.
    let entry =
        matches!(list, [.., "token" | "tokens" | "key" | "password" | "credentials", "secret", "key"]);
    let signs_code = list.windows(2).any(|pair| pair[0] == "code" && pair[1].starts_with("sign"));
    // `PWD` alone is the working folder.
    let folder = list == ["pwd"];
    // What a visitor solved, and where a list goes on.
    let passing = matches!(list, [.., "turnstile" | "page", "token"]);
    // `r2_key`: what an object in a bucket is called.
    let object = matches!(list, [.., "r2" | "object", "key"]);
    let counted = list.windows(2).any(|pair| pair[1] == "tokens" && COUNTS.contains(&pair[0]));
    // A verb after what it is about is no order: `tokenForUse`.
    let secret = list.iter().position(|w| SECRET.contains(w));
    let switch = secret.is_some_and(|at| list[..at].iter().any(|w| VERBS.contains(w)));
    secret.is_some()
        && !switch
        && !any(PUBLIC)
        && !METADATA.contains(&last)
        && !entry
        && !signs_code
        && !folder
        && !object
        && !passing
        && !counted
}

/// Calls `visit` for every identifier (letters, digits and `_`) in the zone that names a Cloudflare credential.
pub fn each_credential(bytes: &[u8], zone: Span, visit: impl FnMut(Span) -> ControlFlow<()>) {
    let _ = identifiers(bytes, zone, false, visit);
}

/// Like [`each_credential`]; with `chains`, also for identifiers with members: `r2.secretAccessKey`.
fn identifiers(
    bytes: &[u8],
    zone: Span,
    chains: bool,
    mut visit: impl FnMut(Span) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let bytes = &bytes[..zone.end];
    let mut from = zone.start;
    VENDOR_BEGINNINGS.each(bytes, zone.start, |hit| {
        // A name may contain several words for Cloudflare.
        if hit.start < from {
            return ControlFlow::Continue(());
        }
        let before = bytes[from..hit.start].iter().rev().take_while(|b| is_word(**b)).count();
        let span = Span::new(hit.start - before, hit.end + word_length(&bytes[hit.end..]));
        from = span.end;
        let longer = if chains { chain(bytes, span) } else { span };
        if !may_be_secret(&bytes[span.start..longer.end]) {
            return ControlFlow::Continue(());
        }
        let named = |span: &Span| span.len() >= 6 && is_credential(&bytes[span.start..span.end]);
        [span, longer].into_iter().find(named).map_or(ControlFlow::Continue(()), &mut visit)
    })
}

fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| is_word(**b)).count()
}

/// Extends an identifier over up to three members after it.
fn chain(bytes: &[u8], span: Span) -> Span {
    const MEMBERS: usize = 3;
    const MARKS: &[&[u8]] = &[b".", b"?.", b"->", b"::", b"!."];
    let mut end = span.end;
    for _ in 0..MEMBERS {
        let rest = &bytes[end..];
        let mark = MARKS.iter().find(|mark| rest.starts_with(mark));
        let Some(length) = mark.map(|mark| (mark.len(), word_length(&rest[mark.len()..]))) else { break };
        // The name of a called method is not part of a value's name.
        if length.1 == 0 || rest.get(length.0 + length.1) == Some(&b'(') {
            break;
        }
        end += length.0 + length.1;
    }
    Span::new(span.start, end)
}

/// Like [`each_credential`], also for chains of identifiers.
pub fn each_mention(bytes: &[u8], visit: impl FnMut(Span) -> ControlFlow<()>) {
    let _ = identifiers(bytes, Span::new(0, bytes.len()), true, visit);
}

/// Returns all that [`each_mention`] visits.
pub fn mentions(bytes: &[u8]) -> Vec<Span> {
    let mut out = Vec::new();
    each_mention(bytes, |span| {
        out.push(span);
        ControlFlow::Continue(())
    });
    out
}

/// Whether any identifier in the bytes, or a chain of identifiers, names a Cloudflare credential.
pub fn mentions_any(bytes: &[u8]) -> bool {
    identifiers(bytes, Span::new(0, bytes.len()), true, |_| ControlFlow::Break(())).is_break()
}

#[cfg(test)]
mod tests {
    use super::is_credential;

    #[test]
    fn words_tell_credentials_from_what_is_about_them() {
        for name in [
            "CF_API_TOKEN",
            "cloudflareApiToken",
            "TUNNEL_TOKEN",
            "CLOUDFLARE_GLOBAL_API_KEY",
            "cf_dns_token",
            "CFToken",
            "R2_SECRET_ACCESS_KEY",
            "TURNSTILE_SECRET_KEY",
            "process.env.CLOUDFLARE_API_KEY",
            "cloudflare.apiToken",
            "CF_ACCESS_CLIENT_SECRET",
            "VITE_CF_TOKEN",
            "CFtkn",
            "CF_TOKEN_FOR_USE",
            "secrets.CF_TOKEN",
            "secrets.CLOUDFLARE",
            "CF_SESSION_TOKEN",
            "ENCRYPTED_CF_API_TOKEN",
        ] {
            assert!(is_credential(name.as_bytes()), "{name}");
        }
        for name in [
            "CF_ACCOUNT_ID",
            "R2_ACCESS_KEY_ID",
            "CF_API_TOKEN_FILE",
            "TURNSTILE_SITE_KEY",
            "cfTokenLength",
            "GITHUB_TOKEN",
            "hasCfToken",
            "CF_TOKEN.length",
            "CLOUDFLARE_ZONE_ID",
            "sshTunnelToken",
            "cloudflare_api_token_secret_key",
            "cloudflareTokenSsmParameter",
            "CF_TOKEN_TTL_DAYS",
            "cfApiTokenRef",
            "CF_OVERWRITE_KEY",
            "CF_SKIP_TOKEN_CHECK",
            "useCloudflareToken",
            "CF_REQUIRE_API_TOKEN",
            "CF_TOKEN_CONFIG",
            "CF_TOKEN_DIR",
            "r2_key",
            "contentItem.r2_key",
            "r2ObjectKey",
            "secrets.CLOUDFLARE_ZONE",
            "CF_AI_MAX_TOKENS",
            "cfUsage.total_tokens",
            "cfPromptTokens",
            "CF_ENCRYPTION_KEY",
            "cloudflareEncryptionSecret",
            "CF_SESSION_SECRET",
            "CF_COOKIE_SECRET_KEY",
        ] {
            assert!(!is_credential(name.as_bytes()), "{name}");
        }
    }
}
