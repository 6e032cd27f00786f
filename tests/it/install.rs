//! `flaresec init` and `flaresec hook`: what they write, and that they write nothing where it does harm.

use std::fs;
use std::process::Output;

use crate::repo::Repo;
use crate::support::{flaresec, run, stdout};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn init_writes_in_the_top_folder_only() {
    let repo = Repo::new();
    repo.write("sub/x", "x\n");
    let sub = repo.folder.join("sub");
    for arguments in [&["init"][..], &["init", "--no-hook"], &["init", "--no-workflow"]] {
        let output = run(&sub, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            said(&output).contains(repo.folder.canonicalize().unwrap().to_str().unwrap()),
            "{}",
            said(&output)
        );
        assert_eq!(fs::read_dir(&sub).unwrap().count(), 1, "{arguments:?}");
        assert!(!repo.folder.join(".git/hooks/pre-commit").exists());
    }
    assert_eq!(run(&sub, &["init", "--no-hook", "--no-workflow"]).status.code(), Some(0));
    assert!(sub.join("flaresec.toml").exists() && !sub.join(".github").exists());
    assert_eq!(run(&repo.folder, &["init"]).status.code(), Some(0));
    assert!(repo.folder.join(".github/workflows/flaresec.yml").exists());
    assert!(repo.folder.join(".git/hooks/pre-commit").exists());
}

#[test]
fn a_folder_of_hooks_for_all_repositories_stays_as_it_is() {
    let repo = Repo::new();
    let shared = repo.home.path().join("hooks");
    let settings = repo.home.path().join("gitconfig");
    fs::write(&settings, format!("[core]\n\thooksPath = {}\n", shared.display())).unwrap();
    for made in [false, true] {
        if made {
            fs::create_dir(&shared).unwrap();
        }
        let command = |arguments: &[&str]| {
            flaresec(&repo.folder).args(arguments).env("GIT_CONFIG_GLOBAL", &settings).output().unwrap()
        };
        let output = command(&["init"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(
            stdout(&output).contains("no hook was written") && stdout(&output).contains("core.hooksPath")
        );
        let output = command(&["hook", "install"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("more than this repository"), "{}", said(&output));
        assert!(said(&output).contains("git config core.hooksPath"), "{}", said(&output));
        assert!(!shared.join("pre-commit").exists());
    }
    // A worktree of its own has the hooks of its repository.
    repo.commit("x", "x\n");
    let linked = repo.home.path().join("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    assert_eq!(run(&linked, &["hook", "install"]).status.code(), Some(0));
    assert!(repo.folder.join(".git/hooks/pre-commit").exists());
}

#[test]
fn a_leftover_draft_does_not_keep_the_hook_out() {
    let repo = Repo::new();
    fs::create_dir_all(repo.folder.join(".git/hooks")).unwrap();
    repo.write(".git/hooks/pre-commit.flaresec-new", "#!/bin/sh\n");
    assert_eq!(run(&repo.folder, &["hook", "install"]).status.code(), Some(0));
    let hook = fs::read_to_string(repo.folder.join(".git/hooks/pre-commit")).unwrap();
    assert!(hook.contains("flaresec --staged"), "{hook}");
    assert!(!repo.folder.join(".git/hooks/pre-commit.flaresec-new").exists());
    assert_eq!(run(&repo.folder, &["hook", "uninstall"]).status.code(), Some(0));
    // What is really in the way is named.
    repo.write(".git/hooks/pre-commit.flaresec-new/x", "x\n");
    let output = run(&repo.folder, &["hook", "install"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("pre-commit.flaresec-new: "), "{}", said(&output));
}
