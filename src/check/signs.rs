//! Signs: words without which a check has nothing to look at in a text. They are found in the pass that finds the
//! keywords of the rules, so that asking for one costs nothing.

use crate::blob::PREFIXES;

/// What some words of a text are a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// The vendor's name.
    Vendor,
    /// An address of the API or of a service that takes the same credentials.
    Api,
    /// The API's own host.
    ApiHost,
    /// Any page or service of the vendor.
    Site,
    /// A scheme without TLS.
    Plain,
    /// A client of the API.
    Client,
    /// A call of an SDK or a constant that is given the Global API Key.
    KeyCall,
    /// The module of the SDK for Go.
    GoModule,
    /// A switch for the certificate checks of a tool that calls the API.
    ToolSwitch,
    /// A header with a key or its owner.
    KeyHeader,
    /// A credential that names itself.
    Prefix,
    /// A tunnel's program.
    Tunnel,
    /// An option or a command that is given a tunnel's token.
    TunnelToken,
    /// Wrangler, or the file that only it reads.
    Wrangler,
    /// Names that a build tool makes public.
    Public,
    /// Files that hold credentials.
    SecretFile,
    /// An account's settings.
    Account,
    /// A secret that belongs to a resource.
    ResourceSecret,
    /// A call that makes one string of a list.
    Joins,
    /// Variables and files that the runner of GitHub's workflows keeps for steps.
    Runner,
}

/// The words, in lower case.
pub(crate) const SIGNS: &[(Sign, &[&str])] = &[
    (Sign::Vendor, &["cloudflare", "rubyflare"]),
    (
        Sign::Api,
        &[
            "api.cloudflare.com",
            "api.fed.cloudflare.com",
            "api.staging.cloudflare.com",
            "gateway.ai.cloudflare.com",
            ".r2.cloudflarestorage.com",
            "challenges.cloudflare.com/turnstile",
            "rtc.live.cloudflare.com",
        ],
    ),
    (Sign::ApiHost, &["api.cloudflare.com"]),
    (Sign::Site, &["cloudflare.com", "cloudflarestorage.com"]),
    (Sign::Plain, &["http:"]),
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
];

/// A set of signs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signs(u32);

impl Signs {
    /// Adds one.
    pub(crate) fn insert(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u32;
    }

    /// Adds those of another set.
    pub(crate) fn join(&mut self, others: Signs) {
        self.0 |= others.0;
    }

    /// Whether it holds the sign.
    pub(crate) fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u32) != 0
    }

    /// Whether it holds any of the signs.
    pub(crate) fn any(self, signs: &[Sign]) -> bool {
        signs.iter().any(|sign| self.has(*sign))
    }
}
