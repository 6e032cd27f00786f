//! Branches, standard input and lists of files: a planted leak is found, and its clean twin passes.

use std::collections::HashSet;
use std::fs;
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flaresec::synthetic::expand;

use crate::repo::{CLEAN, Repo, leak};
use crate::support::{findings, flaresec, run, stdout};

#[test]
fn a_partial_clone_is_scanned_without_fetching() {
    let repo = Repo::new();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.commit("a.conf", "x\n");
    repo.commit("b.conf", "y\n");
    let clone = repo.home.path().join("clone");
    let url = format!("file://{}", repo.folder.display());
    repo.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, clone.to_str().unwrap()]);
    let inside = |args: &[&str]| repo.git(&[&["-C", clone.to_str().unwrap()], args].concat());
    inside(&["reset", "-q"]);
    fs::write(clone.join("a.conf"), leak()).unwrap();
    inside(&["add", "a.conf"]);
    let output = repo.scan_in(&clone, &["--staged"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let history = repo.scan_in(&clone, &["--history"]);
    assert_ne!(history.status.code(), Some(0), "blobs that are not here are not clean");
}

#[test]
fn a_branch_is_compared_with_where_it_started() {
    for (content, code) in [(leak(), 1), (CLEAN.to_owned(), 0)] {
        let repo = Repo::new();
        repo.commit("x", "x\n");
        repo.git(&["checkout", "-qb", "side"]);
        repo.commit("a.conf", &content);
        repo.git(&["checkout", "-q", "main"]);
        repo.commit("b.conf", &leak().replace("TOKEN", "KEY"));
        repo.git(&["checkout", "-q", "side"]);
        for range in ["main", "main..side", "main...side", "main.."] {
            let output = repo.scan(&["--diff", range]);
            assert_eq!(output.status.code(), Some(code), "{range}: {}", stdout(&output));
        }
        assert_eq!(repo.scan(&["--diff", "HEAD..HEAD"]).status.code(), Some(0));
        for range in ["nowhere", "--output=x", "main..nowhere"] {
            let output = repo.scan(&[&format!("--diff={range}")]);
            assert_eq!(output.status.code(), Some(2), "{range}");
        }
    }
}

#[test]
fn a_shallow_clone_is_an_error_with_a_remedy() {
    let repo = Repo::new();
    repo.commit("x", "x\n");
    repo.git(&["checkout", "-qb", "side"]);
    repo.commit("y", "y\n");
    let clone = repo.home.path().join("clone");
    let url = format!("file://{}", repo.folder.display());
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("z", "z\n");
    repo.git(&["clone", "-q", "--depth=1", "--no-single-branch", &url, clone.to_str().unwrap()]);
    for args in [&["--diff", "origin/side"][..], &["--history"]] {
        let output = repo.scan_in(&clone, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stdout(&output).contains("git fetch --unshallow"), "{}", stdout(&output));
    }
}

#[test]
fn an_empty_repository_is_clean_and_no_repository_is_an_error() {
    let repo = Repo::new();
    for args in ["--staged", "--history"] {
        assert_eq!(repo.scan(&[args]).status.code(), Some(0), "{args}");
    }
    let plain = tempfile::tempdir().unwrap();
    for args in ["--staged", "--history", "--diff=main"] {
        let output = repo.scan_in(plain.path(), &[args]);
        assert_eq!(output.status.code(), Some(2), "{args}");
        assert!(stdout(&output).contains("not a git repository"));
    }
}

#[test]
fn a_hostile_repository_runs_nothing() {
    let repo = Repo::new();
    repo.commit("a.conf", "x\n");
    let proof = repo.home.path().join("ran");
    let script = repo.home.path().join("evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", proof.display())).unwrap();
    let mut mode = fs::metadata(&script).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&script, mode).unwrap();
    let evil = script.to_str().unwrap();
    let hooks = repo.folder.join(".git/hooks");
    for hook in ["post-index-change", "pre-commit", "reference-transaction"] {
        let _ = fs::copy(&script, hooks.join(hook));
    }
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.askPass",
        "core.sshCommand",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "credential.helper",
        "gpg.program",
    ] {
        repo.git(&["config", key, evil]);
    }
    repo.git(&["config", "log.showSignature", "true"]);
    repo.git(&["config", "color.ui", "always"]);
    repo.git(&["config", "diff.noprefix", "true"]);
    repo.write(".git/info/attributes", "* diff=evil filter=evil\n");
    let blob = repo.home.path().join("leak");
    fs::write(&blob, leak()).unwrap();
    let id = repo.git(&["hash-object", "-w", "--no-filters", blob.to_str().unwrap()]);
    repo.git(&["-c", "core.fsmonitor=false", "update-index", "--cacheinfo", &format!("100644,{id},a.conf")]);
    let _ = fs::remove_file(&proof);
    for (args, code) in [(&["--staged"][..], 1), (&["--history"], 0), (&["--diff", "HEAD"], 0), (&["."], 0)] {
        assert_eq!(repo.scan(args).status.code(), Some(code), "{args:?}");
        assert!(!proof.exists(), "{args:?} ran a program");
    }
}

#[test]
fn standard_input_and_lists_of_files() {
    use std::io::Write;
    use std::process::Stdio;
    let folder = tempfile::tempdir().unwrap();
    let odd = "a b\nc.conf";
    fs::write(folder.path().join(odd), leak()).unwrap();
    fs::write(folder.path().join("clean.conf"), CLEAN).unwrap();
    let feed = |args: &[&str], input: &[u8]| {
        let mut child = flaresec(folder.path())
            .args(args)
            .args(["--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    };
    let named = feed(&["-", "--stdin-path", "x/.conf"], leak().as_bytes());
    assert_eq!(named.status.code(), Some(1));
    assert_eq!(findings(&named)[0]["path"], "x/.conf");
    assert_eq!(feed(&["-"], CLEAN.as_bytes()).status.code(), Some(0));
    let nul = format!("{odd}\0clean.conf\0");
    assert_eq!(feed(&["--files-from", "-", "-0"], nul.as_bytes()).status.code(), Some(1));
    assert_eq!(feed(&["--files-from", "-"], b"clean.conf\n").status.code(), Some(0));
    assert_eq!(feed(&["--files-from", "-"], b"").status.code(), Some(0));
    assert_eq!(feed(&["--files-from", "-"], b"gone.conf\n").status.code(), Some(2));
    assert_eq!(feed(&["--files-from", "gone"], b"").status.code(), Some(2));
    let direct = flaresec(folder.path()).args(["clean.conf", odd]).output().unwrap();
    assert_eq!(direct.status.code(), Some(1));
}

#[test]
fn what_stands_where_segments_of_a_large_file_overlap_is_found_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let (mut text, mut planted) = (String::new(), Vec::new());
    // A secret every few kilobytes, over several segments.
    while text.len() < 5 << 20 {
        text.push_str(&"an ordinary line of a log\n".repeat(150));
        let secret = expand(&format!("token=@@cfut:{}@@\n", planted.len())).unwrap();
        planted.push(text.len() + secret.expected[0].start);
        text.push_str(&secret.text);
    }
    fs::write(&path, &text).unwrap();
    let output = run(folder.path(), &["--format", "json", "app.log"]);
    let found: Vec<usize> = findings(&output)
        .iter()
        .filter(|finding| finding["rule_id"] == "hardcoded-api-token")
        .map(|finding| finding["span"]["start"].as_u64().unwrap() as usize)
        .collect();
    assert_eq!(found, planted);
}

#[test]
fn equal_findings_of_a_large_file_have_fingerprints_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let line = expand("token=@@cfut@@\n").unwrap().text;
    let text = format!("{}{line}{line}", "an ordinary line of a log\n".repeat(25_000)).repeat(4);
    fs::write(folder.path().join("app.log"), text).unwrap();
    let output = run(folder.path(), &["--format", "json", "--select", "hardcoded-api-token", "app.log"]);
    let found = findings(&output);
    let prints: HashSet<&str> = found.iter().filter_map(|finding| finding["fingerprint"].as_str()).collect();
    assert_eq!((found.len(), prints.len()), (8, 8));
}

/// Returns the exit code and what was printed on both outputs.
pub(crate) fn outcome(output: &Output) -> (Option<i32>, String) {
    let both = [&output.stdout[..], &output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&both).into_owned())
}

#[test]
fn a_path_that_is_nothing_in_a_source_is_an_error() {
    let repo = Repo::new();
    repo.commit("deleted.conf", "x\n");
    repo.commit("a/clean.conf", "x\n");
    repo.git(&["rm", "-q", "deleted.conf"]);
    repo.write("a/clean.conf", "y\n");
    repo.git(&["add", "a/clean.conf"]);
    for source in ["--staged", "--diff=HEAD~1", "--history"] {
        for (path, code) in [("a", 0), ("a/clean.conf", 0), ("deleted.conf", 0), ("missing.conf", 2)] {
            let (found, said) = outcome(&repo.scan(&[source, path]));
            assert_eq!(found, Some(code), "{source} {path}: {said}");
            assert!(code == 0 || said.contains("missing.conf"), "{said}");
        }
        let (found, said) = outcome(&repo.scan(&[source, "a", "missing.conf"]));
        assert_eq!(found, Some(2), "{source}: {said}");
    }
}

#[test]
fn a_history_is_limited_to_paths_or_that_of_another_repository() {
    let repo = Repo::new();
    repo.commit("a/one.conf", &leak());
    repo.commit("b/two.conf", &format!("# b\n{}", leak()));
    // A branch that is merged without effect.
    repo.git(&["checkout", "-qb", "side"]);
    repo.commit("a/three.conf", &format!("# c\n{}", leak()));
    repo.commit("a/three.conf", "x\n");
    repo.git(&["rm", "-q", "a/three.conf"]);
    repo.git(&["commit", "-qm", "x"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "x", "side"]);
    let paths = |arguments: &[&str]| -> Vec<String> {
        let found = findings(&repo.scan(arguments));
        let secrets = found.iter().filter(|f| f["rule_id"] == "hardcoded-api-token");
        let mut paths: Vec<String> = secrets.map(|f| f["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(&["--history"]), ["a/one.conf", "a/three.conf", "b/two.conf"]);
    assert_eq!(paths(&["--history", "a"]), ["a/one.conf", "a/three.conf"]);
    assert_eq!(paths(&["--history", "b/two.conf"]), ["b/two.conf"]);
    // The path exists, but no selected commit touches it.
    let late = repo.scan(&["--history", "--since", "1 month ago", "a"]);
    assert_eq!(late.status.code(), Some(0), "{}", stdout(&late));

    let other = Repo::new();
    other.commit("c/four.conf", &leak());
    let folder = other.folder.to_str().unwrap().to_owned();
    let part = other.folder.join("c").to_str().unwrap().to_owned();
    for place in [&folder, &part, &format!("{folder}/.git")] {
        assert_eq!(paths(&["--history", place]), ["c/four.conf"], "{place}");
    }
    let outside = tempfile::tempdir().unwrap();
    let output = run(outside.path(), &["--history", &folder, "--format", "json"]);
    assert_eq!(findings(&output)[0]["path"], "c/four.conf");
}

#[test]
fn a_date_that_git_does_not_understand_is_an_error() {
    let repo = Repo::new();
    repo.commit("a.conf", &leak());
    let (code, said) = outcome(&repo.scan(&["--history", "--since", "yestreday"]));
    assert!(code == Some(2) && said.contains("yestreday"), "{said}");
    assert_eq!(outcome(&repo.scan(&["--history", "--since", "2020-01-01"])).0, Some(1));
    assert_eq!(outcome(&repo.scan(&["--history", "--since", "1 month ago"])).0, Some(0));
}

/// A whole `.env` in a Kubernetes Secret, a password behind a user name: in base64 a token may begin at any of three
/// places, and nothing else in the file need say whose it is.
#[test]
fn a_token_is_found_in_base64_wherever_it_begins() {
    for kind in ["cfut", "cfat", "cfk", "cfast", "cfoat"] {
        for before in ["", "=", "T=", "TOKEN=", "user:", "export T="] {
            let plain = expand(&format!("{before}@@{kind}@@\n")).unwrap().text;
            let folder = tempfile::tempdir().unwrap();
            let text = format!("data:\n  x: {}\n", STANDARD.encode(plain));
            fs::write(folder.path().join("s.yaml"), &text).unwrap();
            assert_eq!(run(folder.path(), &["s.yaml"]).status.code(), Some(1), "{kind} after {before:?}");
        }
    }
}
