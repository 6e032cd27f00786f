//! What a setting holds, by the words of its name.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::expression;

/// What a setting holds, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
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
        pub(super) static $name: LazyLock<Regex> = LazyLock::new(|| expression($source).expect("a fixed expression"));
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
    USER = "(^| )(user|user ?name|api ?user|login|cf id)$";
    /// Tools whose plain token is the key as soon as an address stands beside it.
    TRAPS = "(?i)provider\\s*\"cloudflare\"|octodns|lexicon|cfuser|\\bCloudFlare\\(|account_api_token|TF_VAR|terraform";
}

/// Words in the name of a value that do not say whose it is.
pub(super) const OF_NOBODY: &[&str] = &[
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

pub(super) fn role(words: &str) -> Role {
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
