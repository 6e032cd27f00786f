//! The labelled corpus of `fixtures/corpus`: every case goes through the whole scanner, and recall and
//! precision are counted per category, kind, carrier and encoding. How cases are written, and what is known
//! to go wrong with them, stands in `fixtures/corpus/README.md`.
//!
//! `FLARESEC_CORPUS_VERBOSE=1` names every miss and false alarm, `FLARESEC_CORPUS_ONLY=TEXT` keeps the
//! cases whose name holds the text, `FLARESEC_CORPUS_EXPORT=FOLDER` writes the corpus out as files.

mod cases;
mod export;
mod known;
mod score;

use std::env;
use std::sync::LazyLock;

use flaresec::blob::{Blob, BlobPath, Origin};
use flaresec::collect::Collector;
use flaresec::rule::{Confidence, RuleSet};
use flaresec::scan::Scanner;
use flaresec::source::Visitor as _;

use self::cases::Case;
use self::score::{Judgement, Tally};

/// The day that the cases were written for: 2026-11-24, in days since 1970.
const TODAY: i64 = 20_781;

/// What must be reached, in per mille: category, recall, precision.
const FLOORS: &[(&str, u32, u32)] = &[
    ("secret", 990, 995),
    ("global-key", 985, 990),
    ("insecure-transport", 970, 980),
    ("best-practice", 980, 985),
];

/// The cases that are looked at, with what came of each.
static JUDGED: LazyLock<Vec<(Case, Judgement)>> = LazyLock::new(|| {
    let mut scanner = Scanner::new(RuleSet::embedded());
    scanner.today = TODAY;
    let judged = |case: Case| {
        let judgement = judge(&scanner, &case);
        (case, judgement)
    };
    selected().into_iter().map(judged).collect()
});

/// Whether only some cases are looked at.
fn is_part() -> bool {
    env::var_os("FLARESEC_CORPUS_ONLY").is_some()
}

#[test]
fn corpus_recall_and_precision_hold_their_floors() {
    if let Some(folder) = env::var_os("FLARESEC_CORPUS_EXPORT") {
        export::write(JUDGED.iter().map(|(case, _)| case), folder.as_ref()).unwrap();
    }
    let verbose = env::var_os("FLARESEC_CORPUS_VERBOSE").is_some();
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for (case, judgement) in JUDGED.iter() {
        if verbose {
            wrong.extend(judgement.describe(case));
        }
        tally.add(case, judgement);
    }
    println!("{tally}\n{}", wrong.join("\n"));
    if is_part() {
        return;
    }
    let mut below = Vec::new();
    for (category, recall, precision) in FLOORS {
        let reached = tally.category(category);
        if reached.recall() < *recall || reached.precision() < *precision {
            below.push(format!(
                "{category}: recall {} (floor {recall}), precision {} (floor {precision}), per mille",
                reached.recall(),
                reached.precision()
            ));
        }
    }
    assert!(below.is_empty(), "{}", below.join("\n"));
}

/// The floors leave room for dozens of cases: each one that goes wrong has to be known.
#[test]
fn what_the_corpus_gets_wrong_is_known() {
    if is_part() {
        return;
    }
    let mut wrong: Vec<String> =
        JUDGED.iter().flat_map(|(case, judgement)| judgement.failures(case)).collect();
    wrong.sort_unstable();
    if env::var_os("FLARESEC_BLESS").is_some() {
        known::write(&wrong);
    }
    let complaint = known::compare(&known::read(), &wrong);
    assert!(complaint.is_empty(), "{complaint}");
}

#[test]
fn corpus_names_are_unique() {
    let mut names: Vec<String> = cases::load().into_iter().map(|c| c.name).collect();
    names.sort();
    let twice: Vec<&String> = names.windows(2).filter(|w| w[0] == w[1]).map(|w| &w[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

fn selected() -> Vec<Case> {
    let mut cases = cases::load();
    if let Ok(only) = env::var("FLARESEC_CORPUS_ONLY") {
        cases.retain(|c| c.name.contains(&only));
    }
    cases
}

/// Compares what is found at default settings with what is marked: the way of a file of the worktree, gate included.
fn judge(scanner: &Scanner, case: &Case) -> Judgement {
    let collector = Collector::new(scanner, None);
    collector.blob(Blob {
        path: BlobPath::new(case.path.as_str()),
        origin: Origin::Worktree,
        touched: None,
        content: &mut case.bytes.as_slice(),
    });
    let counted = collector.take().into_iter().filter(|f| {
        f.confidence > Confidence::Low
            && (case.category == "any" || f.rule.category.name() == case.category)
            && (case.pedantic || !f.rule.pedantic)
    });
    Judgement::new(case, counted.collect())
}
