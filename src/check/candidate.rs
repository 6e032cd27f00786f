//! What checks find.

use crate::rule::{Confidence, Severity};
use crate::span::Span;

/// A finding before masking. It still holds the bytes of the secret, so it must never leave the scanner.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
    /// Where the finding is, in bytes of the text.
    pub span: Span,
    /// All spans of the text that must be masked in output.
    pub secrets: Vec<Span>,
    /// How likely the finding is to be real.
    pub confidence: Confidence,
    /// The severity, if it differs from the rule's.
    pub severity: Option<Severity>,
    /// The message, if it differs from the rule's title.
    pub message: Option<String>,
    /// Related places, with a short description of each.
    pub labels: Vec<(Span, String)>,
    /// The reasons to believe that it is real.
    pub evidence: Vec<String>,
    /// The help text, if it differs from the rule's `docs.instead`.
    pub help: Option<String>,
    /// A replacement for a part of the text that fixes the problem.
    pub fix: Option<(Span, String)>,
    /// The permissions that an API token would need instead.
    pub permissions: Vec<String>,
    /// The kind of credential and its decoded value, for masking and for the fingerprint.
    pub credential: Option<(String, Vec<u8>)>,
}

impl Candidate {
    /// Creates a candidate with nothing but its rule, place and confidence.
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
            fix: None,
            permissions: Vec::new(),
            credential: None,
        }
    }
}
