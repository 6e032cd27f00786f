//! Small repositories: what a user sees, as snapshots.

use crate::support::{fixture, run, stdout};

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
