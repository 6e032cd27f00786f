//! `check = "duplicate"`: the same secret in several places, of one file or of several. The values are gone by then: a
//! keyed hash of them is compared. The key exists only in this process, and neither is written out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use super::excerpt::joined;
use crate::blob::BlobPath;
use crate::fact::place::{is_code, is_prose, is_test};
use crate::finding::{Finding, Label};
use crate::rule::{Category, CheckKind, Confidence, Rule, RuleSet};

/// Returns the keyed hash of a value.
pub(super) fn keyed(key: &RandomState, value: &[u8]) -> u64 {
    key.hash_one(value)
}

/// Returns a finding for each value that occurs several times in a settings file, at its last place, naming the others.
/// In programs, prose and tests a value is often just repeated. The findings are sorted, and not numbered yet.
pub(super) fn within(rules: &RuleSet, path: &BlobPath, findings: &[Finding]) -> Vec<Finding> {
    let settings = findings.len() > 1 && !is_code(path) && !is_prose(path) && !is_test(path);
    let Some(rule) = settings.then(|| rules.by_check(CheckKind::Duplicate)).flatten() else {
        return Vec::new();
    };
    let mut places: HashMap<u64, Vec<&Finding>> = HashMap::new();
    for finding in findings.iter().filter(|f| is_sure(f)) {
        if let Some(identity) = finding.identity {
            places.entry(identity).or_default().push(finding);
        }
    }
    let mut repeated: Vec<Vec<&Finding>> = places.into_values().filter(|same| same.len() > 1).collect();
    repeated.sort_by_key(|same| same[0].location.span);
    repeated.iter().filter_map(|same| repetition(&rules.rules[rule], same)).collect()
}

/// Returns the finding about a value with several places in one file.
fn repetition(rule: &Arc<Rule>, same: &[&Finding]) -> Option<Finding> {
    const ALSO: &str = "here as well";
    let (last, others) = same.split_last()?;
    let message = format!("the same credential stands in {} places of this file", same.len());
    let mut shown = vec![(&last.excerpt, message.as_str())];
    shown.extend(others.iter().map(|other| (&other.excerpt, ALSO)));
    let label = |other: &&Finding| Label { location: other.location, message: String::from(ALSO) };
    Some(Finding {
        excerpt: joined(&shown),
        labels: others.iter().map(label).collect(),
        permissions: Vec::new(),
        // Not that of the finding about several files.
        fingerprint: last.fingerprint.derived(&format!("{} within", rule.id)),
        suppressed: None,
        ..last.derived(rule, message, Vec::new())
    })
}

/// Whether a finding is a secret that counts.
fn is_sure(finding: &Finding) -> bool {
    finding.rule.category == Category::Secret && finding.confidence > Confidence::Low
}

/// Returns a finding for each value that occurs in several files: at its first place, naming the others.
pub(crate) fn across(rules: &RuleSet, findings: &[Finding]) -> Vec<Finding> {
    let Some(rule) = rules.by_check(CheckKind::Duplicate).map(|index| &rules.rules[index]) else {
        return Vec::new();
    };
    /// How many files are named.
    const NAMED: usize = 20;
    let mut groups: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| is_sure(f)) {
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
