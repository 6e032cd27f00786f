//! `--config-from`: configuration and baseline are those of a revision, with the same meaning as in the worktree, and
//! what a change brings along accepts nothing.

use std::process::Output;

use flaresec::synthetic::value;

use crate::repo::{Repo, leak};
use crate::support::{findings, run, stdout};

const ALLOW: &str = "[rules]\nhardcoded-api-token = \"allow\"\n";

/// A repository whose branch `main` holds some files and whose branch `topic`, checked out, adds others.
fn pull_request(base: &[(&str, &str)], head: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    repo.commit("README", "x\n");
    for (branch, files) in [("main", base), ("topic", head)] {
        repo.git(&["checkout", "-qB", branch]);
        files.iter().for_each(|(name, text)| repo.write(name, text));
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "--allow-empty", "-m", "Change"]);
    }
    repo
}

/// The paths of the findings that nothing accepts.
fn open(output: &Output) -> Vec<String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(2), "{errors}{}", stdout(output));
    let found = findings(output);
    let open = found.iter().filter(|f| f["suppressed"].is_null() && f["rule_id"] == "hardcoded-api-token");
    open.map(|f| f["path"].as_str().unwrap().to_owned()).collect()
}

fn refused(output: &Output, said: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}{}", stdout(output));
    assert!(errors.contains(said), "no {said:?} in {errors}");
}

#[test]
fn globs_of_the_base_mean_the_same_paths() {
    let leak = leak();
    let configs = [
        "exclude = [\"/vendor/**\"]\n",
        "[[per-path]]\npaths = [\"/vendor/**\"]\nrules = { hardcoded-api-token = \"allow\" }\n",
    ];
    for config in configs {
        for name in ["flaresec.toml", ".flaresec.toml", ".github/flaresec.toml"] {
            let repo = pull_request(&[(name, config)], &[("vendor/x.conf", &leak), ("y.conf", &leak)]);
            for source in [&["--diff", "main"][..], &[]] {
                let args = [source, &["--config-from", "main"]].concat();
                assert_eq!(open(&repo.scan(&args)), ["y.conf"], "{name} {args:?}");
            }
            let below = repo.scan_in(&repo.folder.join("vendor"), &["--config-from", "main"]);
            assert_eq!(open(&below), [""; 0], "{name}");
        }
    }
    // Each folder has its own.
    let nested =
        pull_request(&[("flaresec.toml", ALLOW), ("sub/flaresec.toml", "")], &[("sub/a.conf", &leak)]);
    assert_eq!(open(&nested.scan(&["--config-from", "main"])), [""; 0]);
    assert_eq!(open(&nested.scan(&["--config-from", "main", "sub"])), ["sub/a.conf"]);
}

#[test]
fn what_the_change_brings_along_accepts_nothing() {
    let leak = leak();
    let repo = pull_request(&[], &[("a.conf", &leak)]);
    repo.write("flaresec.toml", ALLOW);
    assert_eq!(open(&repo.scan(&[])), [""; 0]);
    assert_eq!(open(&repo.scan(&["--config-from", "main"])), ["a.conf"]);
    std::fs::remove_file(repo.folder.join("flaresec.toml")).unwrap();
    assert_eq!(run(&repo.folder, &["baseline", "create"]).status.code(), Some(0));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "Accept"]);
    assert_eq!(open(&repo.scan(&["--diff", "main"])), [""; 0]);
    assert_eq!(open(&repo.scan(&["--diff", "main", "--config-from", "main"])), ["a.conf"]);
    refused(
        &repo.scan(&["--config-from", "main", "--baseline", ".flaresec-baseline"]),
        "does not exist in main",
    );
}

#[test]
fn the_baseline_is_that_of_the_revision() {
    let old = format!("CLOUDFLARE_API_TOKEN={}\n", value("cfut", "2").unwrap());
    let repo = pull_request(&[("a.conf", &old)], &[]);
    repo.git(&["checkout", "-q", "main"]);
    assert_eq!(run(&repo.folder, &["baseline", "create"]).status.code(), Some(0));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "Accept"]);
    repo.git(&["checkout", "-q", "topic"]);
    repo.commit("b.conf", &leak());
    assert_eq!(open(&repo.scan(&[])), ["a.conf", "b.conf"]);
    for accepted in [&[][..], &["--baseline", ".flaresec-baseline"]] {
        let output = repo.scan(&[accepted, &["--config-from", "main"]].concat());
        assert_eq!(open(&output), ["b.conf"], "{accepted:?}");
        assert!(stdout(&output).contains("baseline main:.flaresec-baseline: "), "{}", stdout(&output));
    }
    assert_eq!(open(&repo.scan(&["--isolated", "--config-from", "main"])), ["b.conf"]);
}

#[test]
fn a_file_that_is_named_is_one_of_the_revision() {
    let repo = pull_request(&[("ci/own.toml", ALLOW)], &[("a.conf", &leak()), ("ci/own.toml", "")]);
    let from = |args: &[&str]| repo.scan(&[&["--config-from", "main"], args].concat());
    assert_eq!(open(&from(&[])), ["a.conf"]);
    assert_eq!(open(&from(&["--config", "ci/own.toml"])), [""; 0]);
    assert_eq!(open(&repo.scan(&["--config", "ci/own.toml"])), ["a.conf"]);
    let absolute = repo.folder.join("ci/../ci/own.toml").display().to_string();
    assert_eq!(open(&from(&["--config", &absolute])), [""; 0]);
    refused(&from(&["--config", "ci/none.toml"]), "ci/none.toml does not exist in main");
    refused(&from(&["--config", "/own.toml"]), "outside of the repository");
}

#[test]
fn what_cannot_be_read_stops_the_scan() {
    let repo = pull_request(&[("flaresec.toml", "exclud = []\n")], &[("a.conf", &leak())]);
    refused(&repo.scan(&["--config-from", "main"]), "main:flaresec.toml:1: unknown key `exclud`");
    refused(&repo.scan(&["--config-from", "nowhere"]), "no such commit");
    refused(&repo.scan(&["--config-from=--output=x"]), "--output=x: no such commit");
    let plain = tempfile::tempdir().unwrap();
    refused(&repo.scan_in(plain.path(), &["--config-from", "main"]), "not a git repository");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit(".flaresec-baseline", "rubbish\n");
    refused(&repo.scan(&["--isolated", "--config-from", "main"]), "main:.flaresec-baseline:1:");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_of_the_revision_only() {
    for (target, open_there) in [("ci/own.toml", true), ("/etc/passwd", false), ("nowhere", false)] {
        let repo = Repo::new();
        repo.write("ci/own.toml", ALLOW);
        std::os::unix::fs::symlink(target, repo.folder.join("flaresec.toml")).unwrap();
        repo.commit("a.conf", &leak());
        let output = repo.scan(&["--config-from", "HEAD"]);
        if open_there {
            assert_eq!(open(&output), [""; 0]);
        } else {
            refused(&output, "is a link to something that is no file of HEAD");
        }
    }
}
