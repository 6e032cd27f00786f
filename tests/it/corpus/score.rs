//! Compares findings with the marked places and counts.

use std::collections::BTreeMap;
use std::fmt;

use flaresec::finding::Finding;
use flaresec::span::Span;

use super::cases::Case;

/// How much further than the marked secret a finding may reach on the whole, in bytes: quotes, or the
/// encoded text around it.
const SLACK: usize = 200;

/// What came of one case.
#[derive(Default)]
pub(crate) struct Judgement {
    hits: usize,
    missed: Vec<Span>,
    false_alarms: Vec<Finding>,
}

impl Judgement {
    /// Every marked place wants one finding; a finding on none of them, or a second one for the same
    /// secret, is a false alarm.
    pub(crate) fn new(case: &Case, findings: Vec<Finding>) -> Judgement {
        let secret = matches!(case.category.as_str(), "secret" | "any");
        let mut taken = vec![0usize; case.expected.len()];
        let mut out = Judgement::default();
        for finding in findings {
            let fits: Vec<usize> = (0..taken.len())
                .filter(|&i| {
                    if secret {
                        covers(&finding, case.expected[i])
                    } else {
                        touches(&finding, case.expected[i])
                    }
                })
                .collect();
            let again = secret && !fits.is_empty() && fits.iter().all(|&i| taken[i] > 0);
            for i in &fits {
                taken[*i] += 1;
            }
            if fits.is_empty() || again {
                out.false_alarms.push(finding);
            }
        }
        out.hits = taken.iter().filter(|&&n| n > 0).count();
        out.missed = case.expected.iter().zip(&taken).filter(|(_, n)| **n == 0).map(|(s, _)| *s).collect();
        out
    }

    /// One line per miss and false alarm, which stays the same as long as the case and what came of it do.
    pub(crate) fn failures(&self, case: &Case) -> Vec<String> {
        let missed = self.missed.iter().map(|s| format!("miss, line {}", line(case, *s)));
        let alarms = self
            .false_alarms
            .iter()
            .map(|f| format!("false alarm, line {}, {}", line(case, f.location.span), f.rule.id));
        missed.chain(alarms).map(|what| format!("{} | {} | {what}", case.name, case.category)).collect()
    }

    /// One line per miss and false alarm, for people.
    pub(crate) fn describe(&self, case: &Case) -> Vec<String> {
        let show = |span: Span| {
            let shown = String::from_utf8_lossy(&case.bytes[span.start..span.end]).into_owned();
            shown.chars().take(40).collect::<String>().replace('\n', "⏎")
        };
        let missed = self.missed.iter().map(|s| {
            format!(
                "MISS   {:18} {} [{}:{}] `{}`",
                case.category,
                case.name,
                case.path,
                line(case, *s),
                show(*s)
            )
        });
        let alarms = self.false_alarms.iter().map(|f| {
            let span = f.location.span;
            format!(
                "FALSE  {:18} {} [{}:{}] {} ({}; {:?}) `{}`",
                case.category,
                case.name,
                case.path,
                line(case, span),
                f.rule.id,
                f.message,
                f.confidence,
                show(span)
            )
        });
        missed.chain(alarms).collect()
    }
}

/// The line of the case's file that a place starts on, from 1.
fn line(case: &Case, place: Span) -> usize {
    case.bytes[..place.start.min(case.bytes.len())].iter().filter(|b| **b == b'\n').count() + 1
}

fn covers(finding: &Finding, expected: Span) -> bool {
    let span = finding.location.span;
    span.contains(expected) && span.len() <= expected.len() + SLACK
}

fn touches(finding: &Finding, expected: Span) -> bool {
    finding.location.span.overlaps(expected)
        || finding.labels.iter().any(|label| label.location.span.overlaps(expected))
}

/// Counts of a group of cases.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    cases: u32,
    hits: u32,
    missed: u32,
    false_alarms: u32,
}

impl Count {
    /// Marked places that were found, per mille.
    pub(crate) fn recall(self) -> u32 {
        (self.hits * 1000).checked_div(self.hits + self.missed).unwrap_or(1000)
    }

    /// Findings that were right, per mille.
    pub(crate) fn precision(self) -> u32 {
        (self.hits * 1000).checked_div(self.hits + self.false_alarms).unwrap_or(1000)
    }

    fn add(&mut self, judgement: &Judgement) {
        let count = |n: usize| u32::try_from(n).unwrap();
        self.cases += 1;
        self.hits += count(judgement.hits);
        self.missed += count(judgement.missed.len());
        self.false_alarms += count(judgement.false_alarms.len());
    }
}

/// Counts per category, and within it per kind, carrier and encoding.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<(String, &'static str, String), Count>);

impl Tally {
    pub(crate) fn add(&mut self, case: &Case, judgement: &Judgement) {
        let groups =
            [("", ""), ("kind", &case.kind), ("carrier", &case.carrier), ("encoding", &case.encoding)];
        for (group, of) in groups {
            self.0.entry((case.category.clone(), group, of.to_owned())).or_default().add(judgement);
        }
    }

    /// The whole of a category.
    pub(crate) fn category(&self, name: &str) -> Count {
        self.0.get(&(name.to_owned(), "", String::new())).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:64} cases  hits missed false  recall precision", "")?;
        for ((category, group, of), n) in &self.0 {
            let label =
                if group.is_empty() { category.clone() } else { format!("  {category} {group}: {of}") };
            writeln!(
                f,
                "{label:64} {:5} {:5} {:6} {:5} {:5}.{} {:7}.{}",
                n.cases,
                n.hits,
                n.missed,
                n.false_alarms,
                n.recall() / 10,
                n.recall() % 10,
                n.precision() / 10,
                n.precision() % 10
            )?;
        }
        Ok(())
    }
}
