//! Turns candidates into findings: one per secret and place, without published sample values, everything masked. What
//! follows from several findings is added when all parts of a blob have been scanned, and equal ones are numbered then.

use std::collections::{BTreeSet, HashMap};
use std::hash::RandomState;

use sha2::{Digest, Sha256};

use super::excerpt::{Secrets, excerpt};
use super::mask::masked;
use super::{shared, tracked};
use crate::blob::BlobPath;
use crate::check::Candidate;
use crate::finding::{Credential, Finding, Fingerprint, Fix, Label};
use crate::rule::{Category, Rule, RuleSet};
use crate::span::Span;
use crate::text::Text;

/// What is kept of the value of a secret, and what of the name of its file.
pub(super) struct Keeping<'a> {
    /// Key of the hash that is kept.
    pub(super) key: &'a RandomState,
    /// Whether the value itself is kept, because the user asked to see it.
    pub(super) reveal: bool,
    /// The name by which fingerprints know the file.
    pub(super) known_as: &'a BlobPath,
}

/// Turns what the checks found in one text into findings, sorted by place and rule; their fingerprints are not numbered
/// yet.
pub(super) fn settle(
    rules: &RuleSet,
    Keeping { key, reveal, known_as }: Keeping<'_>,
    path: &BlobPath,
    text: &Text<'_>,
    mut candidates: Vec<Candidate>,
) -> Vec<Finding> {
    if candidates.is_empty() {
        return Vec::new();
    }
    // Everything that looked like a secret is masked, even if it is not reported.
    let secrets = Secrets::new(candidates.iter().flat_map(|c| c.secrets.iter().copied()).collect());
    candidates.retain(|c| !is_sample(rules, c) && !shows_sample(rules, text, c));
    best(rules, candidates)
        .into_iter()
        .map(|candidate| {
            let digest = identity(&rules.rules[candidate.rule], known_as, text, &candidate);
            let value = candidate.credential.as_ref().map(|(_, value)| shared::keyed(key, value));
            let mut finding = finding(rules, path, text, candidate, (digest, reveal), &secrets);
            finding.identity = value;
            finding
        })
        .collect()
}

/// Adds to the findings of all parts of a blob those about several of them, sorts them, and numbers equal ones. Their
/// numbers depend on the order in the blob alone, not on where its parts end.
pub(super) fn complete(rules: &RuleSet, path: &BlobPath, findings: &mut Vec<Finding>) {
    findings.sort_by(Finding::order);
    let mut more = shared::within(rules, path, findings);
    more.extend(tracked::within(rules, path, findings));
    if !more.is_empty() {
        findings.append(&mut more);
        findings.sort_by(Finding::order);
    }
    let mut seen: HashMap<Fingerprint, usize> = HashMap::new();
    for finding in findings {
        let before = seen.entry(finding.fingerprint.clone()).or_default();
        if *before > 0 {
            finding.fingerprint = finding.fingerprint.derived(&before.to_string());
        }
        *before += 1;
    }
}

/// Whether the value of a candidate is a published sample; these are recognised by their digest.
pub(super) fn is_sample(rules: &RuleSet, candidate: &Candidate) -> bool {
    candidate.credential.as_ref().is_some_and(|(_, value)| is_published(rules, value))
}

/// Whether a finding about how a credential is handled is about a published sample value.
fn shows_sample(rules: &RuleSet, text: &Text<'_>, candidate: &Candidate) -> bool {
    candidate.credential.is_none()
        && candidate.secrets.iter().any(|secret| is_published(rules, text.get(*secret)))
}

fn is_published(rules: &RuleSet, value: &[u8]) -> bool {
    let digest: String = Sha256::digest(value).iter().map(|b| format!("{b:02x}")).collect();
    rules.samples.contains(&digest)
}

/// Returns the best of overlapping secrets, and the best of overlapping candidates of each other rule, sorted by
/// place.
fn best(rules: &RuleSet, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let is_secret = |c: &Candidate| rules.rules[c.rule].category == Category::Secret;
    // Best first: higher confidence, then the longer value, then the higher severity.
    candidates.sort_by_key(|c| {
        (
            std::cmp::Reverse(c.confidence),
            std::cmp::Reverse(c.credential.as_ref().map_or(0, |(_, v)| v.len())),
            std::cmp::Reverse(rules.rules[c.rule].severity),
            c.span,
            c.rule,
        )
    });
    let mut kept: Vec<Candidate> = Vec::new();
    // The spans kept so far of all secrets together (`None`) and of each other rule; spans of one set do not overlap.
    let mut taken: HashMap<Option<usize>, BTreeSet<Span>> = HashMap::new();
    for candidate in candidates {
        let kind = (!is_secret(&candidate)).then_some(candidate.rule);
        let taken = taken.entry(kind).or_default();
        let end = Span::new(candidate.span.end, candidate.span.end);
        let nearest = taken.range(..end).next_back();
        if nearest.is_none_or(|span| !span.overlaps(candidate.span)) {
            taken.insert(candidate.span);
            kept.push(candidate);
        }
    }
    kept.sort_by_key(|c| (c.span, c.rule));
    kept
}

/// Returns the fingerprint of a candidate: made of rule, path and content, not of line or commit.
fn identity(rule: &Rule, path: &BlobPath, text: &Text<'_>, candidate: &Candidate) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in [b"flaresec v1", rule.id.as_bytes(), path.as_bytes()] {
        hash.update(part);
        hash.update([0]);
    }
    match &candidate.credential {
        Some((_, value)) => hash.update(value),
        None => {
            for word in text.get(candidate.span).split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()) {
                hash.update(word);
                hash.update(b" ");
            }
        }
    }
    Fingerprint::new(&hash.finalize())
}

fn finding(
    rules: &RuleSet,
    path: &BlobPath,
    text: &Text<'_>,
    candidate: Candidate,
    (fingerprint, reveal): (Fingerprint, bool),
    secrets: &Secrets,
) -> Finding {
    let rule = &rules.rules[candidate.rule];
    let message = candidate.message.unwrap_or_else(|| rule.title.clone());
    let mut places = vec![(candidate.span, message.clone())];
    places.extend(candidate.labels.iter().cloned());
    Finding {
        rule: rule.clone(),
        severity: candidate.severity.unwrap_or(rule.severity),
        confidence: candidate.confidence,
        message,
        path: path.clone(),
        location: text.location(candidate.span),
        labels: candidate
            .labels
            .into_iter()
            .map(|(span, message)| Label { location: text.location(span), message })
            .collect(),
        excerpt: excerpt(text, &places, secrets),
        evidence: candidate.evidence,
        help: candidate.help.unwrap_or_else(|| rule.docs.instead.clone()),
        permissions: candidate.permissions,
        fingerprint,
        credential: candidate.credential.map(|(kind, value)| Credential {
            kind,
            masked: masked(&value),
            length: String::from_utf8_lossy(&value).chars().count(),
            revealed: reveal.then(|| String::from_utf8_lossy(&value).into_owned()),
        }),
        suppressed: None,
        fix: candidate.fix.map(|(span, text_)| Fix { location: text.location(span), text: text_ }),
        provenance: None,
        identity: None,
    }
}
