//! Folders on disk: what git tracks is scanned though it is ignored, in repositories within as well, and links are not lost.

use std::fs;
use std::path::Path;

use crate::repo::{CLEAN, Repo, leak};
use crate::sources::outcome;
use crate::support::{findings, flaresec, stdout};

#[test]
fn tracked_files_are_scanned_though_ignored() {
    for (content, code) in [(leak(), 1), (CLEAN.to_owned(), 0)] {
        let repo = Repo::new();
        repo.write("a.conf", &content);
        repo.git(&["add", "a.conf"]);
        repo.git(&["commit", "-qm", "Add"]);
        repo.write(".gitignore", "*.conf\n");
        repo.write("untracked.conf", &leak());
        let output = repo.scan(&["."]);
        assert_eq!(findings(&output).len(), code as usize, "{}", stdout(&output));
        assert_eq!(repo.scan(&["--exclude", "a.conf"]).status.code(), Some(0));
    }
}

#[test]
fn tracked_files_are_scanned_though_a_file_for_search_tools_hides_them() {
    let repo = Repo::new();
    repo.write("deep/er/a.conf", &leak());
    repo.write("both.conf", &leak());
    repo.git(&["add", "."]);
    repo.git(&["commit", "-qm", "Add"]);
    repo.write(".gitignore", "both.conf\n");
    repo.write("deep/er/untracked.conf", &leak());
    let found =
        |args: &[&str]| findings(&repo.scan(&[args, &["--select", "hardcoded-api-token"]].concat())).len();
    assert_eq!(found(&["."]), 3);
    // It hides itself as well.
    repo.write("deep/.ignore", "*\n");
    repo.write(".ignore", "both.conf\n");
    assert_eq!(found(&["."]), 2);
    assert_eq!(found(&["deep/er"]), 1);
    assert_eq!(found(&["--exclude", "deep", "."]), 1);
}

/// A repository inside of another folder, with a leak that it tracks although its own patterns ignore it, and one that
/// it does not track.
fn nested(folder: &Path) -> Repo {
    let repo = Repo::new();
    // It hides everything, its own `.git` included.
    repo.write(".gitignore", "*\n");
    repo.write("deep/s.env", &leak());
    repo.git(&["add", "-f", ".gitignore", "deep/s.env"]);
    repo.git(&["commit", "-qm", "Add"]);
    fs::rename(&repo.folder, folder).unwrap();
    fs::write(folder.join("untracked.env"), leak()).unwrap();
    repo
}

#[test]
fn tracked_files_of_repositories_within_are_scanned_though_ignored() {
    let outer = Repo::new();
    outer.commit("x", "x\n");
    let plain = tempfile::tempdir().unwrap();
    for folder in [&outer.folder, plain.path()] {
        let (_one, _two) = (nested(&folder.join("one")), nested(&folder.join("two")));
        let found = |args: &[&str]| -> Vec<String> {
            let all = [args, &["--select", "hardcoded-api-token"]].concat();
            let found = findings(&outer.scan_in(folder, &all));
            found.iter().map(|finding| finding["path"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found(&[]), ["one/deep/s.env", "two/deep/s.env"]);
        assert_eq!(found(&[".", "two", "one/deep/s.env"]), ["one/deep/s.env", "two/deep/s.env"]);
        assert_eq!(found(&["two"]), ["two/deep/s.env"]);
        assert_eq!(found(&["--exclude", "one/deep"]), ["two/deep/s.env"]);
        assert_eq!(found(&["--no-ignore"]).len(), 4);
        // Files for search tools hide no tracked file either.
        fs::write(folder.join("two/deep/.ignore"), "*\n").unwrap();
        assert_eq!(found(&[]), ["one/deep/s.env", "two/deep/s.env"]);
        // A hook's environment names the repository of the commit in progress.
        let output =
            flaresec(folder).args(["--format", "json"]).env("GIT_DIR", outer.folder.join(".git")).output();
        assert_eq!(
            findings(&output.unwrap()).iter().filter(|f| f["rule_id"] == "hardcoded-api-token").count(),
            2
        );
    }
}

#[test]
fn a_submodule_is_scanned_as_if_by_itself() {
    let (outer, inner) = (Repo::new(), Repo::new());
    inner.write(".gitignore", "*.env\n");
    inner.write("s.env", &leak());
    inner.git(&["add", "-f", ".gitignore", "s.env"]);
    inner.git(&["commit", "-qm", "Add"]);
    let from = inner.folder.to_str().unwrap();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "sub"]);
    let prints = |arguments: &[&str]| -> Vec<String> {
        let found = findings(&outer.scan(arguments));
        found.iter().map(|finding| finding["fingerprint"].to_string()).collect()
    };
    assert!(!prints(&["sub"]).is_empty());
    assert_eq!(prints(&["."]), prints(&["sub"]));
    // A repository that git cannot read may track what is not scanned.
    fs::write(outer.folder.join(".git/modules/sub/config"), "[broken\n").unwrap();
    let (code, said) = outcome(&outer.scan(&[]));
    assert!(code == Some(2) && said.contains("of the repository sub"), "{said}");
}

#[cfg(unix)]
#[test]
fn links_to_what_is_left_out_are_counted() {
    use std::os::unix::fs::symlink;
    let repo = Repo::new();
    repo.write(".gitignore", "real.env\nbuild/\n");
    repo.write("real.env", &leak());
    repo.write("build/out", "x\n");
    repo.write("docs/seen", "x\n");
    repo.write("vendor/x", "x\n");
    let targets =
        ["real.env", "build", "build/out", ".git/config", "vendor/x", "docs/seen", "docs", ".", "/", "gone"];
    for (number, target) in targets.iter().enumerate() {
        symlink(target, repo.folder.join(format!("link{number}"))).unwrap();
    }
    let skipped = |arguments: &[&str]| -> Vec<(String, String)> {
        let report: serde_json::Value = serde_json::from_slice(&repo.scan(arguments).stdout).unwrap();
        let skipped = report["skipped"].as_array().unwrap().iter();
        skipped.map(|s| (s["path"].as_str().unwrap().into(), s["reason"].as_str().unwrap().into())).collect()
    };
    let left_out: Vec<String> = skipped(&["--exclude", "vendor/*"])
        .into_iter()
        .filter(|(_, reason)| reason == "symbolic link to what is left out")
        .map(|(path, _)| path)
        .collect();
    assert_eq!(left_out, ["link0", "link1", "link2", "link3", "link4"]);
    // What is named is scanned after all.
    let named = skipped(&[".", "real.env", "build"]);
    let paths: Vec<&str> = named.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["link3", "link8", "link9"]);
}
