//! Signs: words that must occur in a text for certain checks to have anything to look at. They are found in the same
//! pass as the keywords of the rules, so testing for one costs nothing.

use crate::blob::PREFIXES;

/// What the occurrence of certain words indicates about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// The text mentions Cloudflare by name.
    Vendor,
    /// An address of the API, or of a service that takes the same credentials.
    Api,
    /// The host of the API itself.
    ApiHost,
    /// A host under one of Cloudflare's domains.
    Site,
    /// The scheme `http:`, without TLS; in Java's properties, `http\:`.
    Plain,
    /// The construction of an API client.
    Client,
    /// An SDK call or a constant that takes the Global API Key.
    KeyCall,
    /// The module of the Go SDK.
    GoModule,
    /// A switch for the certificate checks of a tool that calls the API.
    ToolSwitch,
    /// A header that carries the Global API Key or the e-mail address of its owner.
    KeyHeader,
    /// The header with the e-mail address alone.
    EmailHeader,
    /// The prefix of a credential, such as `cfut_`.
    Prefix,
    /// A program that runs tunnels.
    Tunnel,
    /// An option or a command that takes a tunnel token.
    TunnelToken,
    /// A Wrangler command, or a file that only Wrangler reads.
    Wrangler,
    /// The prefix of variables that build tools put into client bundles.
    Public,
    /// A file that holds credentials.
    SecretFile,
    /// The definition of an account or its two-factor setting.
    Account,
    /// A resource that exports a secret.
    ResourceSecret,
    /// A call that joins a list into one string.
    Joins,
    /// A variable or file that the GitHub Actions runner provides to steps.
    Runner,
    /// The scheme of an API token in a header.
    Bearer,
    /// The header with the secret of a service token of Access.
    AccessSecret,
    /// What frameworks mark fields with that they set to a property.
    Injected,
}

/// The hosts of the API and of services that take the same credentials.
pub(crate) const API_HOSTS: &[&str] = &[
    "api.cloudflare.com",
    "api.fed.cloudflare.com",
    "api.staging.cloudflare.com",
    "gateway.ai.cloudflare.com",
    ".r2.cloudflarestorage.com",
    "challenges.cloudflare.com/turnstile",
    "rtc.live.cloudflare.com",
];

/// The words of each sign, in lower case.
pub(crate) const SIGNS: &[(Sign, &[&str])] = &[
    (Sign::Vendor, &["cloudflare", "rubyflare"]),
    (Sign::Api, API_HOSTS),
    (Sign::ApiHost, &["api.cloudflare.com"]),
    (Sign::Site, &["cloudflare.com", "cloudflarestorage.com"]),
    (Sign::Plain, &["http:", "http\\:"]),
    (
        Sign::Client,
        &["cloudflare(", "cloudflare.new", "cloudflare.client", "cloudflare::client", "cf.new", "cfgo.new"],
    ),
    (
        Sign::KeyCall,
        &[
            "apikey(",
            "apikeyauth",
            "userauthkey",
            "cloudflareclient(",
            "cloudflareaccess(",
            "rubyflare",
            "cloudflare_api_key",
        ],
    ),
    (Sign::GoModule, &["cloudflare/cloudflare-go"]),
    (Sign::ToolSwitch, &["cacert", "node_tls_"]),
    (Sign::KeyHeader, &["x-auth-", "x_auth_", "xauth"]),
    (Sign::EmailHeader, &["x-auth-email"]),
    (Sign::Prefix, &PREFIXES),
    (Sign::Tunnel, &["cloudflared", "tunnel", "warp-cli"]),
    (Sign::TunnelToken, &["--token", "warp-cli"]),
    (Sign::Wrangler, &["wrangler ", "wrangler\",", ".dev.vars"]),
    (Sign::Public, &["public_"]),
    (Sign::SecretFile, &[".dev.vars", "cloudflared/", "cert.pem"]),
    (
        Sign::Account,
        &[
            "cloudflare_account",
            "cloudflare:account",
            "cloudflare:index/account",
            "enforce_two",
            "enforcetwo",
        ],
    ),
    (Sign::ResourceSecret, &["turnstile_widget"]),
    (Sign::Joins, &["join(", "concat", "implode("]),
    (Sign::Runner, &["github_"]),
    (Sign::Bearer, &["bearer"]),
    (Sign::AccessSecret, &["cf-access-client-secret"]),
    (Sign::Injected, &["@value(", "property(", "@named("]),
];

/// A set of signs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signs(u32);

impl Signs {
    /// Adds a sign.
    pub(crate) fn insert(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u32;
    }

    /// Adds all signs of another set.
    pub(crate) fn join(&mut self, others: Signs) {
        self.0 |= others.0;
    }

    /// Whether the set contains the sign.
    pub(crate) fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u32) != 0
    }

    /// Whether the set contains any of the signs.
    pub(crate) fn any(self, signs: &[Sign]) -> bool {
        signs.iter().any(|sign| self.has(*sign))
    }
}
