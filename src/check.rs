//! The matching kinds: what is wrong about what a text says. One file each; a rule file names the kind.
//! A check sees one text and pushes [`Candidate`]s; it does no I/O, cannot fail, and knows no report.

use crate::blob::BlobPath;
use crate::rule::{Confidence, Detect, Severity};
use crate::span::Span;
use crate::text::Text;

/// What a check looks at.
pub struct Input<'a> {
    /// Name of the file.
    pub path: &'a BlobPath,
    /// Its text.
    pub text: &'a Text<'a>,
}

/// One way of detection that is to run, with the rule's words for it.
pub struct Detection<'a> {
    /// The detection as written in the rule.
    pub detect: &'a Detect,
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
}

/// A fault before masking: still knows the bytes of the secret, so it never leaves the scanner.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
    /// The finding's place, in bytes of the text.
    pub span: Span,
    /// Every place of the text whose bytes must not be shown.
    pub secrets: Vec<Span>,
    /// How likely it is real.
    pub confidence: Confidence,
    /// Harm, where it differs from the rule's.
    pub severity: Option<Severity>,
    /// The message, where it differs from the rule's title.
    pub message: Option<String>,
    /// Other places that belong to it, with a few words each.
    pub labels: Vec<(Span, String)>,
    /// Why it was taken for real.
    pub evidence: Vec<String>,
    /// Help, where it differs from the rule's `docs.instead`.
    pub help: Option<String>,
    /// Permissions a token would need instead.
    pub permissions: Vec<String>,
    /// What kind of credential it is, and its decoded value, for masking and identity.
    pub credential: Option<(String, Vec<u8>)>,
}

impl Candidate {
    /// A candidate with nothing but its place and confidence.
    pub fn new(rule: usize, span: Span, confidence: Confidence) -> Candidate {
        Candidate {
            rule,
            span,
            secrets: Vec::new(),
            confidence,
            severity: None,
            message: None,
            labels: Vec::new(),
            evidence: Vec::new(),
            help: None,
            permissions: Vec::new(),
            credential: None,
        }
    }
}
