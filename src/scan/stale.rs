//! `check = "age"`: a credential that was committed long ago. Only findings of a history know when they were
//! committed.

use crate::finding::Finding;
use crate::rule::{Category, CheckKind, Confidence, RuleSet};

/// Returns a finding for every credential that is older than the limit of the rules.
pub fn stale(rules: &RuleSet, findings: &[Finding]) -> Vec<Finding> {
    let Some(rule) = rules.by_check(CheckKind::Age).map(|index| &rules.rules[index]) else {
        return Vec::new();
    };
    let longest = u64::from(rules.limits.credential_age_days);
    let secrets = findings.iter().filter(|f| f.rule.category == Category::Secret && f.credential.is_some());
    let sure = secrets.filter(|f| f.confidence > Confidence::Low && f.suppressed.is_none());
    sure.filter_map(|finding| {
        let provenance = finding.provenance.as_ref().filter(|p| p.age_days > longest)?;
        let kind = finding.credential.as_ref().map_or("credential", |c| c.kind.as_str());
        let still = if provenance.in_head { "still in HEAD" } else { "no longer in HEAD" };
        let message =
            format!("{kind} first committed {} days ago (more than {longest}), {still}", provenance.age_days);
        let evidence = vec![format!("commit {} of {}", provenance.commit, provenance.date)];
        Some(Finding { credential: None, ..finding.derived(rule, message, evidence) })
    })
    .collect()
}
