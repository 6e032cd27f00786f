//! The role of a setting, judged by the words of its name.

use regex::bytes::Regex;

use super::super::fixed;
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
    let any = |words: &[&[u8]]| words.iter().any(|word| contains(name, word));
    any(&[b"mail", b"user", b"usr", b"login", b"global"])
        || any(&[b"cf"]) && any(&[b"id"])
        || any(&[b"key"])
            && any(&[b"api", b"auth", b"cf", b"cloud", b"flarectl", b"wrangler", b"terraforming"])
        || any(&[b"token"]) && any(&[b"account"])
}

fixed! {
    /// Names of Cloudflare and of its tools.
    pub(super) static CLOUDFLARE = "(^| )(cf|cloudflare|cloudflareapi|flarectl|wrangler|terraforming)( |$)";
    pub(super) static GLOBAL = "global (api )?(key|token)|(key|token) global";
    /// Keys of other kinds.
    pub(super) static NOT_KEY = "(^| )(site|public|ssh|private|service|access|secret|cache|primary|foreign|partition|sort|license|encryption|signing|turnstile|stream|images|r2|tunnel|kv|object|zone|id|cert|ca|hmac|gpg|pgp|deploy|s3|aws|item|map|cookie|session|ec|rsa|host|user service|public api|by|per|is|has) (api )?(key|token|password)$";
    pub(super) static API_KEY = "(^| )(api|auth|global)( user| api| access)* key$|(^| )apikey$";
    pub(super) static API_TOKEN = "(^| )(api|dns|zone|workers|pages|management|user|account|bearer|access|purge|ddns|deploy|saas|ai|stream|tunnel|r2|id|refresh|oauth|github|gh|npm|access|session|csrf) token$";
    pub(super) static EMAIL = "(^| )(email|mail)( |$)|(^| )email$";
    pub(super) static USER = "(^| )(user|usr|user ?name|api ?user|login|cf id)$";
    /// Tools whose `token` setting is the Global API Key as soon as an e-mail address is set as well.
    pub(super) static TRAPS = "(?i)provider\\s*\"cloudflare\"|octodns|lexicon|cfuser|\\bCloudFlare\\(|account_api_token|TF_VAR|terraform|frontend_?cache";
}

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
    let is = |pattern: &Regex| pattern.is_match(words.as_bytes());
    let last = words.rsplit(' ').next().unwrap_or_default();
    match last {
        _ if is(&GLOBAL) => Role::Global,
        _ if words.ends_with("auth method") => Role::Method,
        _ if is(&NOT_KEY) => Role::Other,
        "key" | "apikey" if is(&API_KEY) => Role::ApiKey,
        "key" if words == "key" => Role::Key,
        "key" if is(&CLOUDFLARE) => Role::ApiKey,
        // An alias for the key in Ansible.
        "token" if words == "account api token" => Role::ApiKey,
        "token" if is(&API_TOKEN) => Role::ApiToken,
        "token" | "tkn" => Role::Token,
        "password" | "passwd" => Role::Password,
        _ if is(&EMAIL) => Role::Email,
        _ if is(&USER) => Role::User,
        _ => Role::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{may_be_owner, role};
    use crate::fact::words::words;

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
