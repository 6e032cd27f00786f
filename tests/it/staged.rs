//! What a commit in progress records: every state of the index, and the hook that refuses a leak.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::repo::{CLEAN, INIT, Repo, SHA256, Situation, check, leak};
use crate::support::flaresec;

#[test]
fn what_is_staged_is_found() {
    let situations: &[(&str, Situation)] = &[
        ("first commit", |r, c| {
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
        }),
        ("new file", |r, c| {
            r.commit("x", "x\n");
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
        }),
        ("staged, then removed from the worktree", |r, c| {
            r.commit("a.conf", "x\n");
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
            r.write("a.conf", "x\n");
        }),
        ("staged, then deleted from the worktree", |r, c| {
            r.commit("x", "x\n");
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
            fs::remove_file(r.folder.join("a.conf")).unwrap();
        }),
        ("one line of many", |r, c| {
            r.commit("a.conf", &"line\n".repeat(1000));
            r.write("a.conf", &format!("{}{c}{}", "line\n".repeat(500), "line\n".repeat(500)));
            r.git(&["add", "a.conf"]);
        }),
        ("renamed and changed", |r, c| {
            r.commit("old.conf", &"some line\n".repeat(100));
            r.git(&["mv", "old.conf", "new.conf"]);
            r.write("new.conf", &format!("{}{c}", "some line\n".repeat(100)));
            r.git(&["add", "new.conf"]);
        }),
        ("mode and content changed", |r, c| {
            r.commit("a.sh", "true\n");
            r.write("a.sh", c);
            r.git(&["add", "a.sh"]);
            r.git(&["update-index", "--chmod=+x", "a.sh"]);
        }),
        ("intent to add beside it", |r, c| {
            r.commit("x", "x\n");
            r.write("later.conf", &leak());
            r.git(&["add", "-N", "later.conf"]);
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
        }),
        ("a file becomes a link and back", |r, c| {
            r.commit("x", "x\n");
            std::os::unix::fs::symlink("x", r.folder.join("a.conf")).unwrap();
            r.git(&["add", "a.conf"]);
            r.git(&["commit", "-qm", "Link"]);
            fs::remove_file(r.folder.join("a.conf")).unwrap();
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
        }),
        ("unmerged", |r, c| {
            r.commit("a.conf", "one\n");
            r.git(&["checkout", "-qb", "side"]);
            r.commit("a.conf", c);
            r.git(&["checkout", "-q", "main"]);
            r.commit("a.conf", "two\n");
            assert!(!r.try_git(&["merge", "-q", "side"]).status.success());
        }),
        ("odd names", |r, c| {
            r.commit("x", "x\n");
            r.write("-a b\n@@ -1 +1 @@\n\"ü.conf", c);
            r.git(&["add", "-A"]);
        }),
        ("binary attribute", |r, c| {
            r.commit(".gitattributes", "*.env -diff\n");
            r.commit("a.conf", "x\n");
            r.write("a.conf", c);
            r.git(&["add", "-A"]);
        }),
        ("a submodule beside it", |r, c| {
            r.commit("x", "x\n");
            let head = r.git(&["rev-parse", "HEAD"]);
            r.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},sub")]);
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
        }),
        ("a deletion beside it", |r, c| {
            r.commit("gone.conf", &"another line\n".repeat(50));
            r.git(&["rm", "-q", "gone.conf"]);
            r.write("a.conf", c);
            r.git(&["add", "a.conf"]);
        }),
        ("sparse checkout", |r, c| {
            r.commit("in/x", "x\n");
            r.commit("out/x", "x\n");
            r.git(&["sparse-checkout", "set", "--sparse-index", "in"]);
            r.write("in/a.conf", c);
            r.git(&["add", "in/a.conf"]);
        }),
    ];
    for (name, build) in situations {
        for init in [INIT, SHA256] {
            check(name, init, &["--staged"], *build);
        }
    }
}

#[test]
fn staged_says_only_what_the_change_touches() {
    let repo = Repo::new();
    repo.commit("a.conf", &leak());
    repo.write("a.conf", &format!("{}# more\n", leak()));
    repo.git(&["add", "-A"]);
    assert_eq!(repo.scan(&["--staged"]).status.code(), Some(0));
    assert_eq!(repo.scan(&["--staged=all"]).status.code(), Some(1));
}

#[test]
fn moving_or_deleting_a_file_adds_nothing() {
    let repo = Repo::new();
    repo.commit("a.conf", &leak());
    repo.git(&["mv", "a.conf", "b.conf"]);
    assert_eq!(repo.scan(&["--staged"]).status.code(), Some(0));
    repo.git(&["commit", "-qm", "Move"]);
    repo.git(&["rm", "-q", "b.conf"]);
    assert_eq!(repo.scan(&["--staged"]).status.code(), Some(0));
    assert_eq!(repo.scan(&["--staged=all"]).status.code(), Some(0));
}

#[test]
fn the_index_of_the_environment_counts() {
    let repo = Repo::new();
    repo.commit("a.conf", "x\n");
    let other = repo.home.path().join("other-index");
    repo.write("a.conf", &leak());
    let blob = repo.git(&["hash-object", "-w", "a.conf"]);
    repo.git(&["update-index", "--cacheinfo", &format!("100644,{blob},a.conf")]);
    fs::copy(repo.folder.join(".git/index"), &other).unwrap();
    repo.git(&["reset", "-q", "--hard"]);
    assert_eq!(repo.scan(&["--staged"]).status.code(), Some(0));
    let output = flaresec(&repo.folder).args(["--staged"]).env("GIT_INDEX_FILE", &other).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let elsewhere = flaresec(repo.home.path())
        .args(["--staged"])
        .env("GIT_DIR", repo.folder.join(".git"))
        .env("GIT_WORK_TREE", &repo.folder)
        .env("GIT_INDEX_FILE", &other)
        .output()
        .unwrap();
    assert_eq!(elsewhere.status.code(), Some(1));
}

#[test]
fn a_linked_worktree_has_an_index_of_its_own() {
    for (content, code) in [(leak(), 1), (CLEAN.to_owned(), 0)] {
        let repo = Repo::new();
        repo.commit("x", "x\n");
        let linked = repo.home.path().join("linked");
        repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
        fs::write(linked.join("a.conf"), content).unwrap();
        repo.git(&["-C", linked.to_str().unwrap(), "add", "a.conf"]);
        assert_eq!(repo.scan_in(&linked, &["--staged"]).status.code(), Some(code));
        assert_eq!(repo.scan(&["--staged"]).status.code(), Some(0));
    }
}

/// What `git commit` says with the hook in place and the program on the path.
fn try_commit(repo: &Repo, args: &[&str]) -> bool {
    let program = Path::new(env!("CARGO_BIN_EXE_flaresec")).parent().unwrap().to_owned();
    let old = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([program].into_iter().chain(std::env::split_paths(&old))).unwrap();
    let mut command = Command::new("git");
    command.env_clear().env("PATH", path).env("HOME", repo.home.path());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.args(["-c", "user.name=A", "-c", "user.email=a@b.test", "commit", "-qm", "Change"]);
    command.args(args).current_dir(&repo.folder).output().unwrap().status.success()
}

#[test]
fn the_hook_refuses_every_way_to_commit_a_leak() {
    let repo = Repo::new();
    assert_eq!(repo.scan_in(&repo.folder, &[]).status.code(), Some(0));
    let hook = |action: &str| flaresec(&repo.folder).args(["hook", action]).output().unwrap().status.code();
    assert_eq!(hook("status"), Some(1));
    assert_eq!(hook("install"), Some(0));
    assert_eq!(hook("install"), Some(0));
    assert_eq!(hook("status"), Some(0));
    repo.write("a.conf", &leak());
    repo.git(&["add", "a.conf"]);
    assert!(!try_commit(&repo, &[]), "first commit");
    repo.write("a.conf", CLEAN);
    assert!(!try_commit(&repo, &[]), "staged, then corrected in the worktree only");
    repo.git(&["add", "a.conf"]);
    assert!(try_commit(&repo, &[]), "corrected");
    repo.write("a.conf", &leak());
    assert!(!try_commit(&repo, &["-a"]), "commit -a");
    assert!(!try_commit(&repo, &["a.conf"]), "commit PATH");
    repo.write("b.conf", "clean\n");
    repo.git(&["add", "b.conf"]);
    assert!(try_commit(&repo, &["b.conf"]), "commit PATH beside a leak in the worktree");
    repo.git(&["checkout", "-q", "a.conf"]);
    repo.git(&["rm", "-q", "a.conf"]);
    assert!(try_commit(&repo, &[]), "only a deletion");
    assert_eq!(hook("uninstall"), Some(0));
    assert_eq!(hook("uninstall"), Some(0));
    assert_eq!(hook("status"), Some(1));
}

#[test]
fn a_foreign_hook_stays() {
    let repo = Repo::new();
    repo.git(&["config", "core.hooksPath", "my hooks"]);
    repo.write("my hooks/pre-commit", "#!/bin/sh\n");
    for (action, code) in [("install", 2), ("uninstall", 2), ("status", 1)] {
        let output = flaresec(&repo.folder).args(["hook", action]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{action}");
    }
    assert_eq!(fs::read_to_string(repo.folder.join("my hooks/pre-commit")).unwrap(), "#!/bin/sh\n");
    fs::remove_file(repo.folder.join("my hooks/pre-commit")).unwrap();
    assert_eq!(flaresec(&repo.folder).args(["hook", "install"]).status().unwrap().code(), Some(0));
    assert!(repo.folder.join("my hooks/pre-commit").exists());
}
