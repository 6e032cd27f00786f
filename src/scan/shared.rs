//! `check = "duplicate"`: the same secret in several places. Within a file the values themselves are compared; across
//! files, after they are gone, a keyed hash of them. The key exists only in this process, and neither is written out.

use std::hash::{BuildHasher as _, RandomState};

use crate::blob::BlobPath;
use crate::check::Candidate;
use crate::fact::place::{is_code, is_prose, is_test};
use crate::finding::Finding;
use crate::rule::{Category, CheckKind, Confidence, RuleSet};

/// Returns the keyed hash of a value.
pub(super) fn keyed(key: &RandomState, value: &[u8]) -> u64 {
    key.hash_one(value)
}

/// Returns a candidate for each value that occurs several times in a settings file. In programs, prose and tests a
/// value is often just repeated.
pub(super) fn within(rules: &RuleSet, path: &BlobPath, secrets: &[Candidate]) -> Vec<Candidate> {
    let repeated = secrets.len() > 1 && !is_code(path) && !is_prose(path) && !is_test(path);
    let Some(rule) = repeated.then(|| rules.by_check(CheckKind::Duplicate)).flatten() else {
        return Vec::new();
    };
    let value = |c: &Candidate| {
        let secret = rules.rules[c.rule].category == Category::Secret && c.confidence > Confidence::Low;
        c.credential.as_ref().filter(|_| secret).map(|(_, value)| value.clone())
    };
    let mut out: Vec<Candidate> = Vec::new();
    let mut done: Vec<Vec<u8>> = Vec::new();
    for (number, candidate) in secrets.iter().enumerate() {
        let Some(own) = value(candidate).filter(|own| !done.contains(own)) else { continue };
        let twins: Vec<&Candidate> =
            secrets[number + 1..].iter().filter(|c| value(c).as_ref() == Some(&own)).collect();
        done.push(own);
        let Some(last) = twins.last() else { continue };
        let mut found = Candidate::new(rule, last.span, Confidence::High);
        found.message =
            Some(format!("the same credential stands in {} places of this file", twins.len() + 1));
        found.secrets.clone_from(&last.secrets);
        found.credential.clone_from(&last.credential);
        found.labels.push((candidate.span, String::from("here as well")));
        found.labels.extend(twins[..twins.len() - 1].iter().map(|t| (t.span, String::from("here as well"))));
        out.push(found);
    }
    out
}

/// Returns a finding for each value that occurs in several files: at its first place, naming the others.
pub(crate) fn across(rules: &RuleSet, findings: &[Finding]) -> Vec<Finding> {
    let Some(rule) = rules.by_check(CheckKind::Duplicate).map(|index| &rules.rules[index]) else {
        return Vec::new();
    };
    let mut groups: std::collections::BTreeMap<u64, Vec<&Finding>> = std::collections::BTreeMap::new();
    for finding in
        findings.iter().filter(|f| f.rule.category == Category::Secret && f.confidence > Confidence::Low)
    {
        if let Some(identity) = finding.identity {
            groups.entry(identity).or_default().push(finding);
        }
    }
    let mut out: Vec<Finding> = Vec::new();
    for group in groups.into_values() {
        let mut files: Vec<&Finding> = Vec::new();
        for finding in group {
            if files.iter().all(|f| f.path != finding.path) {
                files.push(finding);
            }
        }
        let [first, others @ ..] = files.as_slice() else { continue };
        if others.is_empty() {
            continue;
        }
        let message = format!("the same credential stands in {} files", files.len());
        let evidence =
            others.iter().map(|f| format!("also in {}:{}", f.path.to_text(), f.location.start.line));
        out.push(first.derived(rule, message, evidence.collect()));
    }
    out
}
