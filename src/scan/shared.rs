//! `check = "duplicate"`: the same secret in several places. Within a file the values themselves are compared; across
//! files, after they are gone, a keyed hash of them. The key exists only in this process, and neither is written out.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    let mut places: HashMap<&[u8], Vec<&Candidate>> = HashMap::new();
    for candidate in secrets {
        let secret = rules.rules[candidate.rule].category == Category::Secret;
        let value =
            candidate.credential.as_ref().filter(|_| secret && candidate.confidence > Confidence::Low);
        if let Some((_, value)) = value {
            places.entry(value).or_default().push(candidate);
        }
    }
    let mut repeated: Vec<Vec<&Candidate>> = places.into_values().filter(|same| same.len() > 1).collect();
    repeated.sort_by_key(|same| same[0].span);
    let mut out: Vec<Candidate> = Vec::new();
    for same in &repeated {
        let [candidate, twins @ ..] = same.as_slice() else { continue };
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
    /// How many files are named.
    const NAMED: usize = 20;
    let mut groups: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
    for finding in
        findings.iter().filter(|f| f.rule.category == Category::Secret && f.confidence > Confidence::Low)
    {
        if let Some(identity) = finding.identity {
            groups.entry(identity).or_default().push(finding);
        }
    }
    let mut out: Vec<Finding> = Vec::new();
    for group in groups.into_values() {
        let mut known = HashSet::new();
        let files: Vec<&Finding> = group.into_iter().filter(|finding| known.insert(&finding.path)).collect();
        let [first, others @ ..] = files.as_slice() else { continue };
        if others.is_empty() {
            continue;
        }
        let message = format!("the same credential stands in {} files", files.len());
        let also = |f: &&Finding| format!("also in {}:{}", f.path.to_text(), f.location.start.line);
        let mut evidence: Vec<String> = others.iter().take(NAMED).map(also).collect();
        if others.len() > NAMED {
            evidence.push(format!("and in {} more files", others.len() - NAMED));
        }
        out.push(first.derived(rule, message, evidence));
    }
    out
}
