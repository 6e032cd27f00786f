//! What the scan found. A finding owns its data and does not contain the secret, unless the scanner was told to
//! reveal it: wherever it quotes the file, secrets are masked.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::blob::BlobPath;
use crate::rule::{Confidence, Rule, Severity};
use crate::span::{Location, Span};

pub(crate) mod day;

/// One fault in one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Arc<Rule>,
    /// The harm if it is real.
    pub severity: Severity,
    /// How likely it is to be real.
    pub confidence: Confidence,
    /// One line, lower-case, no final full stop.
    pub message: String,
    /// The file.
    pub path: BlobPath,
    /// The place that the finding is about.
    pub location: Location,
    /// Other places in the same file that belong to it, in order.
    pub labels: Vec<Label>,
    /// The lines around it, masked, ready to print.
    pub excerpt: Excerpt,
    /// Why it is considered real: "named `cf dns api token`", "40 characters".
    pub evidence: Vec<String>,
    /// How to fix it: one or more sentences.
    pub help: String,
    /// The permissions a token would need in place of a Global API Key.
    pub permissions: Vec<String>,
    /// Stable identity: depends on rule, path and content, not on line or commit.
    pub fingerprint: Fingerprint,
    /// The credential, if the finding is one.
    pub credential: Option<Credential>,
    /// What accepted the finding, if anything did; an accepted finding does not count.
    pub suppressed: Option<Suppression>,
    /// The replacement to write, where that is certain.
    pub fix: Option<Fix>,
    /// Where in the git history it was first recorded; only for scans of a history.
    pub provenance: Option<Provenance>,
    /// Keyed hash of the secret, by which equal secrets are recognised within this process; never written out.
    pub identity: Option<u64>,
}

impl Finding {
    /// Makes the finding that a rule about findings reports about this one, at the same place.
    pub(crate) fn derived(&self, rule: &Arc<Rule>, message: String, evidence: Vec<String>) -> Finding {
        Finding {
            rule: rule.clone(),
            severity: rule.severity,
            confidence: Confidence::High,
            message,
            labels: Vec::new(),
            evidence,
            help: rule.docs.instead.clone(),
            fingerprint: self.fingerprint.derived(&rule.id),
            fix: None,
            identity: None,
            ..self.clone()
        }
    }

    /// Compares in the order of reports: path, place, rule, fingerprint.
    pub fn order(&self, other: &Finding) -> Ordering {
        self.path
            .cmp(&other.path)
            .then(self.location.span.cmp(&other.location.span))
            .then_with(|| self.rule.id.cmp(&other.rule.id))
            .then_with(|| self.fingerprint.cmp(&other.fingerprint))
    }
}

/// A secondary place with a few words on what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub location: Location,
    /// Lower-case words: "the e-mail beside the key".
    pub message: String,
}

/// A credential, described without giving it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// "user API token", "Global API Key", …
    pub kind: String,
    /// Public prefix, asterisks, at most the last four characters.
    pub masked: String,
    /// Length of the real value in characters.
    pub length: usize,
    /// The value in clear; only if the scanner was told to reveal it.
    pub revealed: Option<String>,
}

/// What to write in place of a part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The part to remove.
    pub location: Location,
    /// The text to put in its place.
    pub text: String,
}

/// Identity of a finding that survives edits elsewhere in the file: `v1:` and 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    /// Makes a fingerprint of the first 16 bytes of a digest of what identifies the finding.
    pub(crate) fn new(digest: &[u8]) -> Fingerprint {
        Fingerprint(digest.iter().take(16).fold(String::from("v1:"), |text, b| text + &format!("{b:02x}")))
    }

    /// Returns the fingerprint of another finding about the same fault: that of another rule, or one that has a number.
    #[must_use]
    pub fn derived(&self, by: &str) -> Fingerprint {
        Fingerprint::new(&Sha256::digest(format!("{by}\0{}", self.0)))
    }
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What accepted it.
    pub by: SuppressedBy,
    /// The reason given.
    pub reason: String,
}

impl fmt::Display for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            SuppressedBy::Inline => "accepted by a comment",
            SuppressedBy::Baseline => "accepted by the baseline",
            SuppressedBy::Config => "accepted by the configuration",
        };
        match self.reason.as_str() {
            "" => f.write_str(by),
            reason => write!(f, "{by}: {reason}"),
        }
    }
}

/// What can accept a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A comment in the file.
    Inline,
    /// An entry of the baseline.
    Baseline,
    /// The configuration.
    Config,
}

/// Where in the history a finding was first recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Commit id in hex.
    pub commit: String,
    /// Author date, ISO 8601.
    pub date: String,
    /// Age in whole days at the time of the scan.
    pub age_days: u64,
    /// Whether the same secret is still in HEAD.
    pub in_head: bool,
}

/// Lines of the file around a finding: secrets masked, control characters escaped, long lines clipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The shown lines, each ending in `\n`.
    pub text: String,
    /// One entry per shown line.
    pub lines: Vec<ExcerptLine>,
    /// The marked places, the primary one first.
    pub labels: Vec<ExcerptLabel>,
}

/// One shown line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExcerptLine {
    /// Byte offset of the line in [`Excerpt::text`].
    pub start: usize,
    /// Line number in the file, from 1.
    pub number: usize,
}

/// A marked place in an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcerptLabel {
    /// The place, in bytes of [`Excerpt::text`].
    pub span: Span,
    /// What is there; may be empty.
    pub message: String,
    /// Whether it is the finding's own place.
    pub primary: bool,
}
