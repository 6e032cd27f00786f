//! Findings about other findings: where everything a finding rests on is accepted, so is the finding.

use crate::finding::{Finding, Suppression};
use crate::rule::{Category, CheckKind};

/// Marks the findings that rest on accepted findings only. `findings` has to hold all findings of a run.
pub fn follow(findings: &mut [Finding]) {
    let marks: Vec<(usize, Suppression)> = findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.suppressed.is_none())
        .filter_map(|(index, finding)| Some((index, accepted(finding, findings)?)))
        .collect();
    for (index, suppression) in marks {
        findings[index].suppressed = Some(suppression);
    }
}

/// Returns what accepted the first finding that this one rests on, if all of those are accepted; `None` if it rests on
/// none.
fn accepted(finding: &Finding, all: &[Finding]) -> Option<Suppression> {
    let rests_on = |check: CheckKind| -> Option<fn(&Finding, &Finding) -> bool> {
        match check {
            CheckKind::Tracked => Some(|_, _| true),
            CheckKind::Duplicate | CheckKind::Age => {
                Some(|own, other| own.location.span == other.location.span)
            }
            _ => None,
        }
    };
    let rests_on = finding.rule.detects.iter().find_map(|detect| rests_on(detect.check))?;
    // Reports are sorted by path: the findings of one file stand together.
    let first = all.partition_point(|other| other.path < finding.path);
    let same = all[first..].iter().take_while(|other| other.path == finding.path);
    let mut causes = same.filter(|other| other.rule.category == Category::Secret && rests_on(finding, other));
    let cause = causes.next()?.suppressed.clone()?;
    causes.all(|other| other.suppressed.is_some()).then_some(cause)
}
