//! Findings about other findings: where everything a finding rests on is accepted, so is the finding.

use crate::finding::{Finding, Suppression};
use crate::rule::{Category, CheckKind};

/// Marks what rests only on accepted findings. All findings of a run have to be there.
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

/// What accepted all that a finding rests on; `None` if it stands by itself or something is open.
fn accepted(finding: &Finding, all: &[Finding]) -> Option<Suppression> {
    let check = finding.rule.detects.first()?.check;
    let rests_on: fn(&Finding, &Finding) -> bool = match check {
        CheckKind::Tracked => |_, _| true,
        CheckKind::Duplicate | CheckKind::Age => |own, other| own.location.span == other.location.span,
        _ => return None,
    };
    // Reports are sorted by path: the findings of one file stand together.
    let first = all.partition_point(|other| other.path < finding.path);
    let same = all[first..].iter().take_while(|other| other.path == finding.path);
    let mut causes = same.filter(|other| other.rule.category == Category::Secret && rests_on(finding, other));
    let cause = causes.next()?.suppressed.clone()?;
    causes.all(|other| other.suppressed.is_some()).then_some(cause)
}
