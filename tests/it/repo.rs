//! A real git repository to plant leaks in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flaresec::synthetic::value;

use crate::support::{findings, flaresec, stdout};

/// A temporary folder with a repository of its own, cut off from the machine's settings.
pub(crate) struct Repo {
    pub home: tempfile::TempDir,
    pub folder: PathBuf,
}

impl Repo {
    pub(crate) fn new() -> Repo {
        Repo::with(&["init", "-q", "-b", "main"])
    }

    pub(crate) fn with(init: &[&str]) -> Repo {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("repo");
        fs::create_dir(&folder).unwrap();
        let repo = Repo { home, folder };
        repo.git(init);
        repo
    }

    pub(crate) fn command(&self, program: &mut Command) -> Output {
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

    pub(crate) fn try_git(&self, args: &[&str]) -> Output {
        self.command(Command::new("git").args(args).current_dir(&self.folder))
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn commit(&self, name: &str, text: &str) {
        self.write(name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "Change"]);
    }

    pub(crate) fn scan_in(&self, folder: &Path, args: &[&str]) -> Output {
        flaresec(folder).args(args).args(["--format", "json"]).output().unwrap()
    }

    pub(crate) fn scan(&self, args: &[&str]) -> Output {
        self.scan_in(&self.folder, args)
    }
}

pub(crate) fn leak() -> String {
    format!("CLOUDFLARE_API_TOKEN={}\n", value("cfut", "1").unwrap())
}

pub(crate) const CLEAN: &str = "CLOUDFLARE_API_TOKEN=${CLOUDFLARE_API_TOKEN}\n";

/// Brings a repository into a state with the given content planted; says where and with what arguments to scan.
pub(crate) type Situation = fn(&Repo, &str);

/// With a leak the scan finds it, with the clean twin it finds nothing.
pub(crate) fn check(name: &str, init: &[&str], args: &[&str], build: Situation) {
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

pub(crate) const INIT: &[&str] = &["init", "-q", "-b", "main"];
pub(crate) const SHA256: &[&str] = &["init", "-q", "-b", "main", "--object-format=sha256"];
