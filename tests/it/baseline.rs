//! The baseline end to end: what it accepts survives edits elsewhere, and nothing else passes.

use std::fs;

use crate::support::{run, stdout, text};

#[test]
fn moved_lines_stay_accepted_and_other_secrets_are_new() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.py");
    let code = |arguments: &[&str]| run(folder.path(), arguments).status.code();
    let read = || fs::read_to_string(folder.path().join(".flaresec-baseline")).unwrap();
    fs::write(&file, text("t = '@@cfut@@'\n")).unwrap();
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["baseline", "create"]), Some(0));
    let first = read();
    assert!(!first.contains(&text("@@cfut@@")[5..]));
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["baseline", "create"]), Some(2));

    fs::write(&file, text("# more\n\nx = 1\n    t = '@@cfut@@'\n")).unwrap();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["baseline", "update"]), Some(0));
    assert_eq!(read(), first);

    fs::write(&file, text("t = '@@cfut:2@@'\n")).unwrap();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 entries without a finding"), "{}", stdout(&output));
    assert_eq!(code(&["baseline", "prune"]), Some(0));
    assert_eq!(read().lines().count(), 1);
    assert_eq!(code(&[]), Some(1));
}

#[test]
fn a_broken_baseline_stops_the_scan_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".flaresec-baseline"), "# flaresec baseline 1: x\n<<<<<<< HEAD\n").unwrap();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(".flaresec-baseline:2:") && said.contains("merge"), "{said}");
    assert_eq!(run(folder.path(), &["--baseline", "none.txt"]).status.code(), Some(2));
}

#[test]
fn a_part_of_the_tree_cannot_rewrite_the_whole_baseline() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.py"), text("t = '@@cfut@@'\n")).unwrap();
    fs::write(folder.path().join("b.py"), text("t = '@@cfat@@'\n")).unwrap();
    let code = |arguments: &[&str]| run(folder.path(), arguments).status.code();
    assert_eq!(code(&["baseline", "create"]), Some(0));
    let before = fs::read(folder.path().join(".flaresec-baseline")).unwrap();
    for action in ["update", "prune"] {
        assert_eq!(code(&["baseline", action, "a.py"]), Some(2), "{action}");
        assert_eq!(code(&["baseline", action, "--staged"]), Some(2), "{action}");
        assert_eq!(fs::read(folder.path().join(".flaresec-baseline")).unwrap(), before);
    }
    assert_eq!(code(&["baseline", "update", "."]), Some(0));
    assert_eq!(fs::read(folder.path().join(".flaresec-baseline")).unwrap(), before);
}

#[test]
fn it_holds_what_a_scan_with_the_same_configuration_reports() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.py"), text("t = '@@cfut@@'\n")).unwrap();
    fs::write(folder.path().join("b.py"), text("t = '@@cfat@@'\n")).unwrap();
    fs::write(folder.path().join("flaresec.toml"), "exclude = [\"b.py\"]\n").unwrap();
    assert_eq!(run(folder.path(), &["baseline", "create"]).status.code(), Some(0));
    let kept = fs::read_to_string(folder.path().join(".flaresec-baseline")).unwrap();
    assert!(kept.contains("a.py") && !kept.contains("b.py"), "{kept}");
}
