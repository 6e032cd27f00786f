//! Rules are data: what to look for, why it matters, what to do instead, and examples. Each is written as a TOML file
//! in `rules/`. This module defines the types, `rule/load.rs` reads the files, `rule/set.rs` holds all rules of a
//! run.

use std::fmt;

use serde::{Deserialize, Serialize};

mod load;
mod set;

pub use load::{RuleError, RuleFile, parse};
pub use set::{Limits, Practice, RuleSet};

/// How much harm a fault does, if it is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Little harm on its own.
    Low,
    /// Harm under circumstances.
    Medium,
    /// Direct harm.
    High,
    /// Gives an attacker control.
    Critical,
}

/// How likely it is that a fault is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A guess; hidden unless asked for.
    Low,
    /// Likely.
    Medium,
    /// As good as certain.
    High,
}

/// What kind of fault a rule reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A credential in clear.
    Secret,
    /// The API or a credential over an unprotected connection.
    InsecureTransport,
    /// Use of the Global API Key.
    GlobalKey,
    /// Another documented best practice not followed.
    BestPractice,
}

macro_rules! names {
    ($type:ty [$count:literal] { $($variant:ident => $name:literal),* $(,)? }) => {
        impl $type {
            /// All values, in ascending order if they have an order.
            pub const ALL: [$type; $count] = [$(Self::$variant),*];

            /// Returns the name used in reports, in the configuration and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
names!(Severity [5] { Note => "note", Low => "low", Medium => "medium", High => "high", Critical => "critical" });
names!(Confidence [3] { Low => "low", Medium => "medium", High => "high" });
names!(Category [4] {
    Secret => "secret",
    InsecureTransport => "insecure-transport",
    GlobalKey => "global-key",
    BestPractice => "best-practice",
});

/// One rule, as loaded.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable name, the stem of its file: `hardcoded-api-token`.
    pub id: String,
    /// One line, lower-case, no final full stop: "hardcoded Cloudflare API token".
    pub title: String,
    /// Kind of fault.
    pub category: Category,
    /// The harm if a finding is real; a detection may override it.
    pub severity: Severity,
    /// The best practice it serves: an id in `rules/practices.toml`.
    pub practice: String,
    /// Whether it states an opinion; such rules are off unless asked for.
    pub pedantic: bool,
    /// Ways to find it.
    pub detects: Vec<Detect>,
    /// Explanations for people, in Markdown.
    pub docs: Docs,
    /// Cases that must be found and cases that must not.
    pub examples: Vec<Example>,
}

/// The documentation of a rule, in Markdown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Docs {
    /// What the rule looks for.
    pub what: String,
    /// Why that is bad.
    pub why: String,
    /// What to do instead: the help line of every finding.
    pub instead: String,
    /// Addresses of the documentation that supports it.
    #[serde(default)]
    pub references: Vec<String>,
}

impl Docs {
    /// Returns the references that are web addresses. A user's own rule may refer to anything, and programs that read
    /// a report reject the whole of it for one invalid link.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.references.iter().map(String::as_str).filter(|text| is_address(text))
    }
}

/// Whether a text is a web address: `http` or `https`, then only characters that RFC 3986 allows.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&b))
    })
}

/// A text in which a rule must find something, or must find nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Short name, unique within the rule.
    pub name: String,
    /// The path of the file; some rules look at it. Default: `example.txt`.
    #[serde(default)]
    pub path: Option<String>,
    /// The text, with markers such as `@@cfut@@` in place of secrets.
    pub text: String,
    /// Whether the rule must find something. If so, there must be exactly one finding per expected marker, with the
    /// same span.
    #[serde(default = "yes")]
    pub matches: bool,
}

fn yes() -> bool {
    true
}

/// One way to find a fault. Which keys apply depends on the check; `CONTRIBUTING.md` lists them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// The matching kind.
    pub check: CheckKind,
    /// Lower-case strings, one of which must occur in the text, in any case.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// `token`: the expression to match. Its group `span`, or else `secret`, is the place of the finding.
    #[serde(default)]
    pub pattern: Option<String>,
    /// `assignment`: an expression that the whole value must match.
    #[serde(default)]
    pub value: Option<String>,
    /// `assignment`: an expression that the name of the value must match; names are lower-case words joined by
    /// spaces.
    #[serde(default)]
    pub name: Option<String>,
    /// An expression that the name must not match.
    #[serde(default)]
    pub not_name: Option<String>,
    /// An expression for names around the value (enclosing keys, section, call, command, path) that show it is
    /// Cloudflare's.
    #[serde(default)]
    pub near: Option<String>,
    /// An expression that must match near a value if its name does not say whose it is; default: the word Cloudflare.
    #[serde(default)]
    pub topic: Option<String>,
    /// An expression that must match somewhere in the text, or the path, for this detection to apply.
    #[serde(default)]
    pub file: Option<String>,
    /// How the value is verified offline.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// How random the value must look, beyond matching its shape.
    #[serde(default)]
    pub random: Option<Randomness>,
    /// What kind of credential it is, for reports: "user API token".
    #[serde(default)]
    pub kind: Option<String>,
    /// Confidence of a match; a proof or evidence may change it.
    pub confidence: Confidence,
    /// Overrides the rule's severity.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Overrides the rule's title as message; lower-case, no final full stop.
    #[serde(default)]
    pub message: Option<String>,
    /// An expression for the other half of a pair, near the value; its group `label` is marked as a second place.
    #[serde(default)]
    pub partner: Option<String>,
    /// What the other half is, in a few lower-case words.
    #[serde(default)]
    pub partner_label: Option<String>,
    /// `request`, `setting`, `block`, `tracked`: what the check looks for.
    #[serde(default)]
    pub variant: Option<Variant>,
}

/// The matching kinds that a rule file can name; a user's own rule can use `token` and `assignment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    // Modules of `check`.
    /// An expression that is matched around keywords: for strings that identify themselves.
    Token,
    /// A value of some shape under a name that says what it is.
    Assignment,
    /// A call of the API: URL, headers, options.
    Request,
    /// Settings of a tool or SDK that say how it authenticates.
    Setting,
    /// How something is built rather than one value: a definition, a command line, output, a variable.
    Block,
    // Findings about findings: `scan::shared`, `scan::tracked`, `scan::stale`.
    /// The same secret in several places of a file or in several files.
    Duplicate,
    /// A credential in a file that must not hold one: a file meant to stay on one machine, or a bundle for browsers.
    Tracked,
    /// A credential that was committed long ago; only in scans of a history.
    Age,
    // `filter::suppression`.
    /// A comment addressed to flaresec itself.
    Comment,
}

/// What a check that is written in Rust looks for. Each belongs to one [`CheckKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// `request`: the API over `http://`.
    PlainHttp,
    /// `request`: certificates that are not verified.
    TlsOff,
    /// `request`: the headers of the Global API Key.
    KeyHeaders,
    /// `request`: the retired first version of the API.
    LegacyV1,
    /// `request`: the Origin CA key.
    ServiceKey,
    /// `request`: the Global API Key as a bearer token.
    BearerKey,
    /// `setting`: the Global API Key in SDK calls and settings.
    GlobalKey,
    /// `setting`: a token beside a key that is used in its place.
    ShadowedToken,
    /// `block`: output that holds a credential.
    CredentialLogged,
    /// `block`: a credential as an argument of a command.
    CredentialInArgv,
    /// `block`: a credential as a parameter of an address.
    CredentialInUrl,
    /// `block`: a variable that frameworks hand to browsers.
    ExposedToClient,
    /// `block`: a credential that stays in the layers of an image.
    SecretInImage,
    /// `block`: a credential that the log of a workflow shows.
    SecretWithoutMasking,
    /// `block`: a workflow that runs the code of any pull request with a credential.
    SecretExposedToFork,
    /// `block`: a secret as a plain variable of a Worker.
    PlaintextWorkerSecret,
    /// `block`: a token for all accounts or zones.
    OverbroadResources,
    /// `block`: a token that may do more than its work needs.
    OverbroadPermissions,
    /// `block`: a token without a condition on addresses.
    WithoutIpFilter,
    /// `block`: a condition that admits every address.
    OpenToAnyAddress,
    /// `block`: a token that never expires.
    WithoutExpiry,
    /// `block`: a token that expires late.
    LongLived,
    /// `block`: an account that does not require a second factor.
    MfaNotEnforced,
    /// `block`: audit logs that are not exported.
    AuditLogsNotExported,
    /// `block`: a variable or output of Terraform that is not marked as sensitive.
    VariableNotSensitive,
    /// `tracked`: a file that is meant to stay on one machine.
    Local,
    /// `tracked`: code that browsers download.
    Bundle,
}

impl Variant {
    /// Returns the check that it belongs to.
    pub fn check(self) -> CheckKind {
        match self {
            Variant::PlainHttp
            | Variant::TlsOff
            | Variant::KeyHeaders
            | Variant::LegacyV1
            | Variant::ServiceKey
            | Variant::BearerKey => CheckKind::Request,
            Variant::GlobalKey | Variant::ShadowedToken => CheckKind::Setting,
            Variant::CredentialLogged
            | Variant::CredentialInArgv
            | Variant::CredentialInUrl
            | Variant::ExposedToClient
            | Variant::SecretInImage
            | Variant::SecretWithoutMasking
            | Variant::SecretExposedToFork
            | Variant::PlaintextWorkerSecret
            | Variant::OverbroadResources
            | Variant::OverbroadPermissions
            | Variant::WithoutIpFilter
            | Variant::OpenToAnyAddress
            | Variant::WithoutExpiry
            | Variant::LongLived
            | Variant::MfaNotEnforced
            | Variant::AuditLogsNotExported
            | Variant::VariableNotSensitive => CheckKind::Block,
            Variant::Local | Variant::Bundle => CheckKind::Tracked,
        }
    }
}

/// Ways to verify offline that a value is what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The last 8 hex digits are the CRC-32 of the 40 characters before them.
    Crc32,
    /// As `crc32`, but a value that fails it is not reported at all.
    Crc32Required,
    /// Base64 of JSON with the account, tunnel id and secret of a tunnel.
    TunnelToken,
    /// Base64 of JSON with an API token, as cloudflared stores it in cert.pem.
    TunnelCert,
    /// A JWT whose issuer is a Cloudflare Access team.
    AccessJwt,
    /// A database URL with a password and a host that is not local.
    ConnectionString,
}

/// How a value must look to be considered random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Randomness {
    /// Lower case, upper case and digits, no dictionary words: 40-character tokens.
    Token,
    /// Hex digits that are not a sequence, a run or a decimal number.
    Hex,
    /// Anything that is not a placeholder.
    Opaque,
}
