//! The baseline end to end: what it accepts survives edits elsewhere, and nothing else passes.

use std::fs;

use crate::repo::{Repo, leak};
use crate::support::{findings, run, stdout, text};

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

/// The paths of the findings that nothing accepts, and how many are accepted.
fn found(output: &std::process::Output) -> (Vec<String>, usize) {
    let all = findings(output);
    let open: Vec<_> = all.iter().filter(|f| f["suppressed"].is_null()).collect();
    let paths = open.iter().map(|f| f["path"].as_str().unwrap().to_owned()).collect();
    (paths, all.len() - open.len())
}

#[test]
fn it_accepts_the_same_findings_from_every_folder() {
    let repo = Repo::new();
    // The comment is a finding as well: it gives no reason.
    repo.write("apps/one/a.conf", &format!("{}# flaresec: allow(insecure-api-url)\n", leak()));
    repo.write("top.conf", &leak());
    assert_eq!(run(&repo.folder, &["baseline", "create"]).status.code(), Some(0));
    let before = fs::read(repo.folder.join(".flaresec-baseline")).unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "Accept"]);
    let (apps, one) = (repo.folder.join("apps"), repo.folder.join("apps/one"));
    let absolute = repo.folder.canonicalize().unwrap().display().to_string();
    let all = found(&repo.scan(&[])).1;
    assert!(all > 2, "{all}");
    for (folder, paths, accepted) in [
        (&repo.folder, &["."][..], all),
        (&apps, &[".."], all),
        (&one, &["../.."], all),
        (&one, &[&absolute], all),
        (&apps, &["../apps/one"], 2),
        (&apps, &["."], 2),
        (&apps, &["one/a.conf"], 2),
        (&one, &["a.conf"], 2),
    ] {
        let output = repo.scan_in(folder, paths);
        assert_eq!(found(&output), (vec![], accepted), "{folder:?} {paths:?} {}", stdout(&output));
        assert!(!stdout(&output).contains("without a finding"), "{}", stdout(&output));
        let revision = repo.scan_in(folder, &[paths, &["--config-from", "HEAD"]].concat());
        assert_eq!(found(&revision), (vec![], accepted), "{folder:?} {paths:?}");
    }
    repo.write("apps/b.conf", &leak());
    let new = found(&repo.scan_in(&apps, &[])).0;
    assert!(!new.is_empty() && new.iter().all(|path| path == "b.conf"), "{new:?}");
    for action in ["update", "prune"] {
        assert_eq!(run(&apps, &["baseline", action]).status.code(), Some(2), "{action}");
        assert_eq!(fs::read(repo.folder.join(".flaresec-baseline")).unwrap(), before);
    }
    assert_eq!(stdout(&run(&apps, &["baseline", "show"])).as_bytes(), before);
    assert_eq!(run(&apps, &["--baseline", "none"]).status.code(), Some(2));
}

#[test]
fn the_nearest_one_counts_and_its_entries_start_at_its_folder() {
    let repo = Repo::new();
    repo.commit("x", "x\n");
    repo.write("a.conf", &leak());
    repo.write("apps/a.conf", &leak());
    let apps = repo.folder.join("apps");
    assert_eq!(run(&apps, &["baseline", "create"]).status.code(), Some(0));
    assert_eq!(found(&repo.scan_in(&apps, &[])), (vec![], 1));
    assert!(fs::read_to_string(apps.join(".flaresec-baseline")).unwrap().ends_with(" a.conf\n"));
    assert_eq!(found(&repo.scan(&["apps"])), (vec![String::from("apps/a.conf")], 0));
    // Git names files from the top of the repository, wherever it is asked.
    repo.git(&["add", "-A"]);
    let staged = repo.scan_in(&apps, &["--staged", "--select", "hardcoded-api-token"]);
    assert_eq!(found(&staged), (vec![String::from("a.conf")], 1));
    fs::remove_file(apps.join(".flaresec-baseline")).unwrap();
    assert_eq!(run(&apps, &["baseline", "create", "--staged"]).status.code(), Some(0));
    assert_eq!(found(&repo.scan_in(&apps, &["."])), (vec![], 1));
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("sub")).unwrap();
    fs::write(outside.path().join(".flaresec-baseline"), "rubbish\n").unwrap();
    assert_eq!(run(&outside.path().join("sub"), &[]).status.code(), Some(0));
}

#[test]
fn options_that_leave_something_out_cannot_rewrite_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.py"), text("t = '@@cfut@@'\n")).unwrap();
    fs::write(folder.path().join("b.py"), text("t = '@@cfat@@'\n")).unwrap();
    let file = folder.path().join(".flaresec-baseline");
    assert_eq!(run(folder.path(), &["baseline", "create"]).status.code(), Some(0));
    let before = fs::read_to_string(&file).unwrap();
    for action in ["update", "prune"] {
        for options in [
            &["--exclude", "a.py"][..],
            &["--max-file-size", "1"],
            &["--min-confidence", "high"],
            &["--select", "hardcoded-api-token"],
            &["--foreign-suppressions"],
            &["--no-ignore"],
        ] {
            let output = run(folder.path(), &[&["baseline", action], options].concat());
            assert_eq!(output.status.code(), Some(2), "{action} {options:?}");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("would drop the entries") && said.contains("help: "), "{said}");
            assert_eq!(fs::read_to_string(&file).unwrap(), before, "{action} {options:?}");
        }
        assert_eq!(
            run(folder.path(), &["baseline", action, "--min-confidence", "low"]).status.code(),
            Some(0)
        );
        fs::write(&file, &before).unwrap();
    }
    // Entries of rules that do not run are not known to be of no use.
    let pedantic =
        flaresec::rule::RuleSet::embedded().rules.iter().find(|rule| rule.pedantic).unwrap().id.clone();
    let opinion = format!("{before}v1:{} {pedantic} z.py\n", "0".repeat(32));
    fs::write(&file, &opinion).unwrap();
    assert_eq!(run(folder.path(), &["baseline", "update"]).status.code(), Some(2));
    assert_eq!(fs::read_to_string(&file).unwrap(), opinion);
    assert_eq!(run(folder.path(), &["baseline", "update", "--pedantic"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    // No report is written, so none can be asked for.
    for option in ["--format=json=o", "--quiet", "--show-suppressed", "--no-baseline"] {
        assert_eq!(run(folder.path(), &["baseline", "update", option]).status.code(), Some(2), "{option}");
    }
    // A scan of a part says nothing about entries of the rest, but one whose configuration leaves files out does.
    fs::remove_file(folder.path().join("b.py")).unwrap();
    let hints = |options: &[&str]| stdout(&run(folder.path(), options)).contains("without a finding");
    assert!(hints(&[]) && !hints(&["--max-file-size", "1MB"]) && !hints(&["--exclude", "x"]));
    fs::write(folder.path().join("flaresec.toml"), "max-file-size = \"1MB\"\n").unwrap();
    assert!(hints(&[]));
    assert_eq!(run(folder.path(), &["baseline", "prune"]).status.code(), Some(0));
}
