//! Every situation git can be in, on real repositories: a planted leak is found, and its clean twin passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flaresec::synthetic::value;

use crate::support::{findings, flaresec, stdout};

/// A temporary folder with a repository of its own, cut off from the machine's settings.
struct Repo {
    home: tempfile::TempDir,
    folder: PathBuf,
}

impl Repo {
    fn new() -> Repo {
        Repo::with(&["init", "-q", "-b", "main"])
    }

    fn with(init: &[&str]) -> Repo {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("repo");
        fs::create_dir(&folder).unwrap();
        let repo = Repo { home, folder };
        repo.git(init);
        repo
    }

    fn command(&self, program: &mut Command) -> Output {
        program
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_AUTHOR_NAME", "A")
            .env("GIT_AUTHOR_EMAIL", "a@b.test")
            .env("GIT_AUTHOR_DATE", "2024-01-02T03:04:05Z")
            .env("GIT_COMMITTER_NAME", "A")
            .env("GIT_COMMITTER_EMAIL", "a@b.test")
            .env("GIT_COMMITTER_DATE", "2024-01-02T03:04:05Z")
            .output()
            .unwrap()
    }

    fn try_git(&self, args: &[&str]) -> Output {
        self.command(Command::new("git").args(args).current_dir(&self.folder))
    }

    fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, name: &str, text: &str) {
        self.write(name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "Change"]);
    }

    fn scan_in(&self, folder: &Path, args: &[&str]) -> Output {
        flaresec(folder).args(args).args(["--format", "json"]).output().unwrap()
    }

    fn scan(&self, args: &[&str]) -> Output {
        self.scan_in(&self.folder, args)
    }
}

fn leak() -> String {
    format!("CLOUDFLARE_API_TOKEN={}\n", value("cfut", "1").unwrap())
}

const CLEAN: &str = "CLOUDFLARE_API_TOKEN=${CLOUDFLARE_API_TOKEN}\n";

/// Brings a repository into a state with the given content planted; says where and with what arguments to scan.
type Situation = fn(&Repo, &str);

fn check(name: &str, init: &[&str], args: &[&str], build: Situation) {
    for (content, code) in [(leak(), 1), (CLEAN.to_owned(), 0)] {
        let repo = Repo::with(init);
        build(&repo, &content);
        let output = repo.scan(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{name}: {}{errors}", stdout(&output));
        let secrets = findings(&output).into_iter().filter(|f| f["category"] == "secret");
        assert_eq!(secrets.count(), code as usize, "{name}: {}", stdout(&output));
    }
}

const INIT: &[&str] = &["init", "-q", "-b", "main"];
const SHA256: &[&str] = &["init", "-q", "-b", "main", "--object-format=sha256"];

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
fn the_history_remembers() {
    for init in [INIT, SHA256] {
        check("removed again", init, &["--history"], |r, c| {
            r.commit("conf/a.conf", c);
            r.commit("conf/a.conf", "x\n");
        });
        check("on another branch", init, &["--history"], |r, c| {
            r.commit("x", "x\n");
            r.git(&["checkout", "-qb", "side"]);
            r.commit("a.conf", c);
            r.git(&["checkout", "-q", "main"]);
        });
        check("in a commit message", init, &["--history"], |r, c| {
            r.git(&["commit", "-q", "--allow-empty", "-m", c]);
        });
        check("in a tag message", init, &["--history"], |r, c| {
            r.commit("x", "x\n");
            r.git(&["tag", "-a", "v1", "-m", c]);
        });
        check("in a note", init, &["--history"], |r, c| {
            r.commit("x", "x\n");
            r.git(&["notes", "add", "-m", c]);
        });
        check("resolved in a merge", init, &["--history"], |r, c| {
            r.commit("a.conf", "one\n");
            r.git(&["checkout", "-qb", "side"]);
            r.commit("a.conf", "two\n");
            r.git(&["checkout", "-q", "main"]);
            r.commit("a.conf", "three\n");
            let _ = r.try_git(&["merge", "-q", "side"]);
            r.commit("a.conf", c);
        });
        check("in a range", init, &["--history=HEAD~1..HEAD"], |r, c| {
            r.commit("old.conf", &leak());
            r.commit("a.conf", &format!("# new\n{c}"));
        });
        check("many versions of one leak", init, &["--history"], |r, c| {
            for version in 0..5 {
                r.commit("a.conf", &format!("{c}# {version}\n"));
            }
        });
    }
}

#[test]
fn history_says_where_a_leak_began_and_whether_it_stands() {
    let repo = Repo::new();
    repo.commit("first.conf", &leak());
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("first.conf", &format!("{}# more\n", leak()));
    let standing = findings(&repo.scan(&["--history"]));
    assert_eq!(standing.len(), 2, "the leak, and that it is old");
    assert_eq!(standing[0]["path"], "first.conf");
    assert_eq!(standing[0]["provenance"]["commit"], first);
    assert_eq!(standing[0]["provenance"]["in_head"], true);
    repo.commit("first.conf", "x\n");
    let gone = findings(&repo.scan(&["--history"]));
    assert_eq!(gone[0]["provenance"]["in_head"], false);
    assert_eq!(gone[0]["provenance"]["commit"], first);
}

#[test]
fn a_credential_of_long_ago_is_stale_and_a_fresh_one_is_not() {
    let repo = Repo::new();
    repo.commit("a.conf", &leak());
    let stale = |repo: &Repo| {
        let found = findings(&repo.scan(&["--history"]));
        found.into_iter().find(|f| f["rule_id"] == "stale-credential")
    };
    let found = stale(&repo).unwrap();
    let age = found["provenance"]["age_days"].as_u64().unwrap();
    assert!(found["message"].as_str().unwrap().contains(&format!("{age} days ago")), "{found}");
    repo.write("flaresec.toml", &format!("[limits]\ncredential-age-days = {age}\n"));
    assert!(stale(&repo).is_none(), "not older than allowed");
    let fresh = Repo::new();
    fresh.write("a.conf", &leak());
    fresh.git(&["add", "-A"]);
    fresh.git(&["commit", "-qm", "Fresh", "--date=now"]);
    assert!(stale(&fresh).is_none());
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
