//! Small repositories: what a user sees, as snapshots.

use flaresec::rule::RuleSet;

use crate::support::{findings, fixture, run, stdout};

fn snapshot(name: &str) {
    let (folder, _) = fixture(name);
    let human = run(folder.path(), &["."]);
    // The time is the only thing that differs from run to run.
    let text = stdout(&human);
    let at = text.rfind(" rules, ").unwrap();
    let code = human.status.code().unwrap();
    let errors = String::from_utf8_lossy(&human.stderr);
    insta::assert_snapshot!(format!("{name}-human"), format!("{}\nexit {code}\n{errors}", &text[..at]));
    let json = run(folder.path(), &["--format", "json"]);
    insta::assert_snapshot!(format!("{name}-json"), stdout(&json));
}

#[test]
fn clean() {
    snapshot("clean");
}

#[test]
fn encodings() {
    snapshot("encodings");
}

#[test]
fn kubernetes() {
    snapshot("kubernetes");
}

#[test]
fn pairs() {
    snapshot("pairs");
}

/// `fixtures/practices/PRACTICE/bad` breaks a best practice, its twin `good` keeps it.
#[test]
fn every_practice_has_a_rule_that_tells_its_twins_apart() {
    for practice in RuleSet::embedded().practices {
        let found = |twin: &str| {
            let (folder, _) = fixture(&format!("practices/{}/{twin}", practice.id));
            let found = findings(&run(folder.path(), &["--pedantic", "--format", "json"]));
            found.into_iter().filter(|f| f["practice"] == *practice.id).count()
        };
        assert!(found("bad") > 0, "{}", practice.id);
        assert_eq!(found("good"), 0, "{}", practice.id);
    }
}
