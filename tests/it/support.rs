//! Runs the program hermetically, and expands fixtures into temporary folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flaresec::synthetic::expand;

/// The program with an environment of its own.
pub(crate) fn flaresec(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flaresec"));
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.env("TMPDIR", std::env::temp_dir());
    command
}

/// Runs it with arguments.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    flaresec(folder).args(arguments).output().unwrap()
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The findings of `--format json`.
pub(crate) fn findings(output: &Output) -> Vec<serde_json::Value> {
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["findings"].as_array().unwrap().clone()
}

/// Folder of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Copies `fixtures/NAME` to a new folder, markers expanded; the folder and all secrets in it.
pub(crate) fn fixture(name: &str) -> (tempfile::TempDir, Vec<String>) {
    let target = tempfile::tempdir().unwrap();
    let mut secrets = Vec::new();
    copy(&root().join("fixtures").join(name), target.path(), &mut secrets);
    (target, secrets)
}

fn copy(from: &Path, to: &Path, secrets: &mut Vec<String>) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry, &target, secrets);
        } else {
            let text = expand(&fs::read_to_string(&entry).unwrap()).unwrap();
            secrets.extend(text.secrets);
            fs::write(target, text.text).unwrap();
        }
    }
}

/// A text whose markers are expanded.
pub(crate) fn text(template: &str) -> String {
    expand(template).unwrap().text
}

/// A text in UTF-16 with a byte order mark.
pub(crate) fn wide(text: &str, big_endian: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}
