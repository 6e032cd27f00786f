//! A rule is data: what to look for, why it matters, what to do instead, and examples.
//! The written form is one TOML file in `rules/`; this module holds its types, `rule/load.rs` reads it.

use std::fmt;

use serde::{Deserialize, Serialize};

mod load;
mod set;

pub use load::{RuleError, RuleFile, parse};
pub use set::{Limits, Practice, RuleSet};

/// How much harm a fault does if it is real.
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
            /// All of them, in ascending order where they have one.
            pub const ALL: [$type; $count] = [$(Self::$variant),*];

            /// The name in reports, configuration and on the command line.
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
    /// Harm if real; a detection may state its own.
    pub severity: Severity,
    /// Key of `rules/practices.toml`.
    pub practice: String,
    /// An opinion: off unless asked for.
    pub pedantic: bool,
    /// Ways to find it.
    pub detects: Vec<Detect>,
    /// Explanations for people, in Markdown.
    pub docs: Docs,
    /// Cases that must be found and cases that must not.
    pub examples: Vec<Example>,
}

/// What a rule says about itself, in Markdown.
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
    /// Addresses of the documentation behind it.
    #[serde(default)]
    pub references: Vec<String>,
}

impl Docs {
    /// The references that are web addresses. A rule of the user's may refer to anything, and what reads a report
    /// refuses all of it for a link that is none.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.references.iter().map(String::as_str).filter(|text| is_address(text))
    }
}

/// RFC 3986 without a parser: the scheme, and after it only characters that an address may hold.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&b))
    })
}

/// A case a rule must find, or must leave alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Short name, unique within the rule.
    pub name: String,
    /// File name the text stands in; some rules look at it. Default: `example.txt`.
    #[serde(default)]
    pub path: Option<String>,
    /// The text, with markers in place of secrets (see `rules/README.md`).
    pub text: String,
    /// Whether the rule must find something; then every marker must be exactly one finding's span.
    #[serde(default = "yes")]
    pub matches: bool,
}

fn yes() -> bool {
    true
}

/// One way of finding a fault. Which keys a check takes is documented with the check.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// The matching kind.
    pub check: CheckKind,
    /// Exact strings, lower-case, compared without case, one of which must stand in the text.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// `token`: the expression; the group `secret` (or `span`) is the finding's place.
    #[serde(default)]
    pub pattern: Option<String>,
    /// `assignment`: what the whole value must look like.
    #[serde(default)]
    pub value: Option<String>,
    /// `assignment`: what the name of the value must say, as lower-case words joined by spaces.
    #[serde(default)]
    pub name: Option<String>,
    /// What the name must not say.
    #[serde(default)]
    pub not_name: Option<String>,
    /// Names around the value (enclosing keys, section, call, command, path) that count as evidence.
    #[serde(default)]
    pub near: Option<String>,
    /// What must stand around a value whose name does not say whose it is; default: the word Cloudflare.
    #[serde(default)]
    pub topic: Option<String>,
    /// An expression that must match somewhere in the text for this detection to apply.
    #[serde(default)]
    pub file: Option<String>,
    /// Offline proof of the value.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// How the value must look beyond its shape.
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
    /// The other half of a pair, near the value; its group `label` is marked as a second place.
    #[serde(default)]
    pub partner: Option<String>,
    /// What the other half is, in a few lower-case words.
    #[serde(default)]
    pub partner_label: Option<String>,
    /// Which variant of a check written in Rust this is (`request`, `block`, …).
    #[serde(default)]
    pub variant: Option<String>,
}

/// The matching kinds a rule file can name. Each is one file in `src/check/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// An expression around a keyword: self-identifying strings.
    Token,
    /// A value of some shape under a name that says what it is.
    Assignment,
    /// A call of the API: URL, headers, options.
    Request,
    /// Settings of a tool or SDK that say how it authenticates.
    Setting,
    /// A structured block: Terraform resource, manifest, workflow step.
    Block,
    /// The same secret in several places of the scan.
    Duplicate,
    /// A credential in a file that is meant to stay on one machine.
    Tracked,
    /// A credential that was committed long ago; only the history knows.
    Age,
    /// A comment addressed to flaresec itself.
    Comment,
}

/// Offline proofs that a value is what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The last 8 hex digits are the CRC-32 of the 40 characters before them.
    Crc32,
    /// As `crc32`, and a value that fails it is not reported at all.
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

/// How a value must look to be taken for a random one.
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
