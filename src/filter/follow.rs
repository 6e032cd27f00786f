//! Findings about other findings: where everything a finding rests on is accepted, so is the finding.

use std::collections::HashMap;

use crate::finding::{Finding, Suppression};
use crate::rule::{Category, CheckKind};
use crate::span::Span;

/// Marks the findings that rest on accepted findings only. `findings` has to hold all findings of a run, those of one
/// file together.
pub fn follow(findings: &mut [Finding]) {
    for of_file in findings.chunk_by_mut(|a, b| a.path == b.path) {
        if of_file.iter().any(|finding| open(finding).is_some()) {
            let causes = Causes::of(of_file);
            for finding in of_file {
                if let Some(basis) = open(finding) {
                    finding.suppressed = causes.accepted(basis, finding.location.span);
                }
            }
        }
    }
}

/// The findings that a finding rests on: all secrets of its file, or those at its place.
#[derive(Clone, Copy)]
enum Basis {
    File,
    Place,
}

/// Returns what a finding rests on, unless it is accepted by itself or rests on none.
fn open(finding: &Finding) -> Option<Basis> {
    let mut checks = finding.rule.detects.iter().map(|detect| detect.check);
    let basis = checks.find_map(|check| match check {
        CheckKind::Tracked => Some(Basis::File),
        CheckKind::Duplicate | CheckKind::Age => Some(Basis::Place),
        _ => None,
    });
    basis.filter(|_| finding.suppressed.is_none())
}

/// What accepted the secrets of a file, and those of each place: the first one's reason, if all are accepted. Asked for
/// once per finding, they are looked through once per file.
struct Causes {
    file: Option<Suppression>,
    places: HashMap<Span, Option<Suppression>>,
}

impl Causes {
    fn of(findings: &[Finding]) -> Causes {
        let secrets = || findings.iter().filter(|finding| finding.rule.category == Category::Secret);
        let all = secrets().all(|secret| secret.suppressed.is_some());
        let file = secrets().next().and_then(|first| first.suppressed.clone()).filter(|_| all);
        let mut places: HashMap<Span, Option<Suppression>> = HashMap::new();
        for secret in secrets() {
            let cause = places.entry(secret.location.span).or_insert_with(|| secret.suppressed.clone());
            if secret.suppressed.is_none() {
                *cause = None;
            }
        }
        Causes { file, places }
    }

    fn accepted(&self, basis: Basis, place: Span) -> Option<Suppression> {
        match basis {
            Basis::File => self.file.clone(),
            Basis::Place => self.places.get(&place).cloned().flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::follow;
    use crate::blob::BlobPath;
    use crate::finding::{Finding, SuppressedBy, Suppression};
    use crate::rule::RuleSet;
    use crate::scan::Scanner;
    use crate::synthetic::expand;

    /// Findings of a file that git should ignore, with a token in two places.
    fn repeated() -> Vec<Finding> {
        let text = expand("A=@@cfut@@\nB=@@cfut@@\n").unwrap().text;
        let found = Scanner::new(RuleSet::embedded()).scan(&BlobPath::new(".env"), text.as_bytes());
        let rules: Vec<&str> = found.iter().map(|f| f.rule.id.as_str()).collect();
        assert_eq!(
            rules,
            ["hardcoded-api-token", "tracked-secret-file", "hardcoded-api-token", "shared-credential"]
        );
        found
    }

    fn accept(finding: &mut Finding) {
        finding.suppressed = Some(Suppression { by: SuppressedBy::Baseline, reason: String::new() });
    }

    #[test]
    fn a_finding_is_accepted_with_all_that_it_rests_on() {
        for (accepted, expected) in [
            (&[][..], [false; 4]),
            (&[0], [true, false, false, false]),
            (&[2], [false, false, true, true]),
            (&[0, 2], [true; 4]),
        ] {
            let mut found = repeated();
            accepted.iter().for_each(|at| accept(&mut found[*at]));
            follow(&mut found);
            assert_eq!(found.iter().map(|f| f.suppressed.is_some()).collect::<Vec<_>>(), expected);
        }
    }

    /// A hostile file may hold as many as it likes: 3.6 thousand million comparisons would take longer.
    #[test]
    fn many_findings_about_findings_cost_little_each() {
        let found = repeated();
        let mut many: Vec<Finding> = std::iter::repeat_n(found, 15_000).flatten().collect();
        let started = Instant::now();
        follow(&mut many);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}
