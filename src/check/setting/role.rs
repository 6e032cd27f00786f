//! The role of a setting, judged by the words of its name.

use super::super::fixed;
use crate::fact::words;
use crate::literals::contains;

/// What a setting holds, judged by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The Global API Key, by name.
    Global,
    /// An API key.
    ApiKey,
    /// A setting that is just named `key`.
    Key,
    /// A token whose name says which kind: `api token`, `dns token`, also those of other vendors.
    ApiToken,
    /// `token`, `auth token`, `cf token`: a token or the key, depending on the settings beside it.
    Token,
    /// A password.
    Password,
    /// An e-mail address.
    Email,
    /// A user: an e-mail address or something else.
    User,
    /// `auth_method`: says whether the key is a token or the Global API Key.
    Method,
    /// Anything else.
    Other,
}

impl Role {
    /// Whether the setting names a key or an owner. Only files with such a setting are examined.
    pub(super) fn is_owner(self) -> bool {
        matches!(self, Role::Email | Role::User | Role::Global | Role::ApiKey)
    }
}

/// Whether [`Role::is_owner`] may hold for a setting with the name. A cheap test, because splitting names into words is
/// slow.
pub(super) fn may_be_owner(name: &[u8]) -> bool {
    let [mut cf, mut id, mut key, mut api, mut token, mut account] = [false; 6];
    for (at, first) in name.iter().enumerate() {
        let begins =
            |word: &[u8]| name.get(at..at + word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word));
        match first.to_ascii_lowercase() {
            b'm' if begins(b"mail") => return true,
            b'u' if begins(b"user") || begins(b"usr") => return true,
            b'l' if begins(b"login") => return true,
            b'g' if begins(b"global") => return true,
            b'k' => key |= begins(b"key"),
            b'i' => id |= begins(b"id"),
            b'c' => {
                cf |= begins(b"cf");
                api |= begins(b"cf") || begins(b"cloud");
            }
            b'a' => {
                api |= begins(b"api") || begins(b"auth");
                account |= begins(b"account");
            }
            b'f' => api |= begins(b"flarectl"),
            b'w' => api |= begins(b"wrangler"),
            b't' => {
                api |= begins(b"terraforming");
                token |= begins(b"token");
            }
            _ => {}
        }
    }
    cf && id || key && api || token && account
}

fixed! {
    /// Tools whose `token` setting is the Global API Key as soon as an e-mail address is set as well.
    pub(super) static TRAPS = "(?i)provider\\s*\"cloudflare\"|octodns|lexicon|\\bCloudFlare\\(|account_api_token|terraform|frontend_?cache|cloudflare\\.cfg";
}

/// Whether the words of a name are those of Cloudflare or one of its tools.
pub(super) fn names_cloudflare(words: &str) -> bool {
    const NAMES: &[&str] = &["cf", "cloudflare", "cloudflareapi", "flarectl", "terraforming", "wrangler"];
    words::has_any(words, NAMES)
}

/// What precedes `key`, `token` and `password` in the names of other kinds of keys.
#[rustfmt::skip]
const OTHER_KEYS: &[&str] = &[
    "site", "public", "ssh", "private", "service", "access", "secret", "cache", "primary", "foreign", "partition", "sort",
    "license", "encryption", "signing", "turnstile", "stream", "images", "r2", "tunnel", "kv", "object", "zone", "id",
    "cert", "ca", "hmac", "gpg", "pgp", "deploy", "s3", "aws", "item", "map", "cookie", "session", "ec", "rsa", "host",
    "by", "per", "is", "has",
];

/// What precedes `token` in names that say which kind it is.
#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "api", "dns", "zone", "workers", "pages", "management", "user", "account", "bearer", "access", "purge", "ddns",
    "deploy", "saas", "ai", "stream", "tunnel", "r2", "id", "refresh", "oauth", "github", "gh", "npm", "session", "csrf",
];

/// Words in the name of a value that do not tell whose it is.
pub(super) const GENERIC_WORDS: &[&str] = &[
    "env",
    "process",
    "secrets",
    "secret",
    "config",
    "cfg",
    "settings",
    "self",
    "this",
    "args",
    "opts",
    "options",
    "os",
    "environ",
    "getenv",
    "vars",
    "var",
    "local",
    "data",
    "my",
    "the",
    "your",
    "global",
    "api",
    "key",
    "auth",
    "x",
    "value",
    "get",
    "string",
    "params",
    "credentials",
    "props",
    "app",
    "input",
    "inputs",
    "vault",
    "lookup",
    "hashi",
    "pillar",
    "item",
    "dns",
    "ddns",
    "acme",
    "infra",
    "ops",
    "edge",
    "prod",
    "account",
    "admin",
    "user",
    "zone",
    "domain",
    "tls",
];

/// Returns the role of a setting whose name has these words.
pub(super) fn role(words: &str) -> Role {
    let (before, last) = words.rsplit_once(' ').unwrap_or(("", words));
    let kind = before.rsplit(' ').next().unwrap_or_default();
    match last {
        _ if names_global_key(words) => Role::Global,
        _ if words.ends_with("auth method") => Role::Method,
        // `CF_ZONE_API_TOKEN`, `CF_IMAGES_API_TOKEN`: what it is for does not change what it is.
        "token" if before.ends_with("r2 api") => Role::ApiToken,
        "token" if before.ends_with(" api") && names_cloudflare(before) => Role::ApiToken,
        "key" | "token" | "password" if is_of_other_kind(before) => Role::Other,
        "apikey" => Role::ApiKey,
        "key" if before.is_empty() => Role::Key,
        "key" if is_api_key(before) || names_cloudflare(words) => Role::ApiKey,
        // An alias for the key in Ansible.
        "token" if words == "account api token" => Role::ApiKey,
        "token" if TOKENS.contains(&kind) => Role::ApiToken,
        "token" | "tkn" => Role::Token,
        "password" | "passwd" => Role::Password,
        _ if words.split(' ').any(|word| matches!(word, "email" | "mail")) => Role::Email,
        "user" | "usr" | "username" | "apiuser" | "login" => Role::User,
        "name" if kind == "user" => Role::User,
        "id" if kind == "cf" => Role::User,
        _ => Role::Other,
    }
}

/// Whether a value names the Global API Key, as its variable or as the word that stands for it, whatever the setting is
/// called: `<your global API key>`, `${{ secrets.CF_GLOBAL_KEY }}`.
pub(super) fn stands_for_global_key(value: &[u8]) -> bool {
    if !contains(value, b"global") {
        return false;
    }
    // A comment may say which key is meant, and a condition which is not.
    let own = value.split(|b| matches!(b, b'#' | b'?' | b'|')).next().unwrap_or_default();
    let said = words::words(own);
    let names = ["global key", "global api key", "api key global"];
    names.iter().any(|name| said.contains(name))
        && !words::has_any(&said, &["instead", "never", "no", "not", "or"])
}

/// Whether the words name the Global API Key: `global api key`, `key global`.
fn names_global_key(words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    words.iter().enumerate().filter(|(_, word)| **word == "global").any(|(at, _)| {
        let next = if words.get(at + 1) == Some(&"api") { at + 2 } else { at + 1 };
        let follows =
            words.get(next).is_some_and(|word| word.starts_with("key") || word.starts_with("token"));
        follows || at > 0 && matches!(words[at - 1], "key" | "token")
    })
}

/// Whether what precedes `key` or `token` says that it is of another kind: `site`, `ssh`, `public api`.
fn is_of_other_kind(before: &str) -> bool {
    let kind = before.strip_suffix(" api").unwrap_or(before);
    OTHER_KEYS.contains(&kind.rsplit(' ').next().unwrap_or_default())
}

/// Whether what precedes `key` says that it is one for an API: `api`, `auth user`, `global api access`.
fn is_api_key(before: &str) -> bool {
    let first = before.rsplit(' ').find(|word| !matches!(*word, "user" | "access"));
    matches!(first, Some("api" | "auth" | "global"))
}

#[cfg(test)]
mod tests {
    use super::{Role, may_be_owner, role, stands_for_global_key};
    use crate::fact::words::words;

    #[test]
    fn values_may_say_that_they_are_the_key() {
        for value in
            ["<cf-account-global-api-key>", "your_global_api_key_here", "${{ secrets.CF_GLOBAL_KEY }}"]
        {
            assert!(stands_for_global_key(value.as_bytes()), "{value}");
        }
        for value in [
            "<api token>",
            "abc # not the global API key",
            "<API token, not the Global API Key>",
            "$CF_TOKEN # global API key: do not use",
            "global",
            "${TOKEN:-$GLOBAL_ACCOUNT_ID}",
        ] {
            assert!(!stands_for_global_key(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn api_tokens_are_told_by_their_last_words() {
        for (name, wanted) in [
            ("CF_ZONE_API_TOKEN", Role::ApiToken),
            ("CLOUDFLARE_IMAGES_API_TOKEN", Role::ApiToken),
            ("account_api_token", Role::ApiKey),
            ("CF_TUNNEL_TOKEN", Role::Other),
            ("ZONE_API_KEY", Role::Other),
            ("CF_TOKEN", Role::Token),
        ] {
            assert_eq!(role(&words(name.as_bytes())), wanted, "{name}");
        }
    }

    #[test]
    fn letters_tell_who_may_be_an_owner() {
        for name in [
            "CF_API_KEY",
            "cloudflareKey",
            "e-mail",
            "userName",
            "CFID",
            "cf.id",
            "api.auth.user.key",
            "apikey",
            "GLOBAL_TOKEN",
            "account_api_token",
            "wrangler_key",
            "token",
            "password",
            "site_key",
            "api_token",
        ] {
            let owner = role(&words(name.as_bytes())).is_owner();
            assert!(!owner || may_be_owner(name.as_bytes()), "{name}");
        }
    }
}
