//! The configuration: found, merged, disclosed; a hostile one hides nothing unnoticed.

use std::fs;
use std::path::Path;

use crate::support::{findings, run, stdout, text};

fn repository(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("sub")).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("sub/.env"), text("CLOUDFLARE_API_TOKEN=@@cfut@@\n")).unwrap();
    fs::write(folder.path().join("flaresec.toml"), config).unwrap();
    folder
}

fn code(folder: &Path, arguments: &[&str]) -> Option<i32> {
    run(folder, arguments).status.code()
}

#[test]
fn a_disabled_rule_is_visible_in_every_format() {
    let folder = repository("[rules]\nhardcoded-api-token = \"allow\"\n");
    assert_eq!(code(folder.path(), &["."]), Some(0));
    for format in ["human", "concise", "json", "jsonl", "sarif", "github", "markdown"] {
        let shown = stdout(&run(folder.path(), &["--format", format]));
        assert!(shown.contains("hardcoded-api-token is disabled"), "{format}: {shown}");
    }
    let kept = findings(&run(folder.path(), &["--format", "json"]));
    assert_eq!(kept[0]["suppressed"]["by"], "config");
    assert_eq!(code(folder.path(), &["--isolated"]), Some(1));
}

#[test]
fn it_is_found_upwards_and_what_is_typed_wins() {
    let folder =
        repository("fail-on = \"critical\"\n\n[rules]\nhardcoded-api-token = { severity = \"low\" }\n");
    assert_eq!(code(folder.path(), &["sub"]), Some(0));
    assert_eq!(code(folder.path(), &["sub", "--fail-on", "low"]), Some(1));
    let folder = repository("exclude = [\"sub/\"]\n");
    let output = run(folder.path(), &["."]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("not scanned: sub/"));
    let folder =
        repository("[[per-path]]\npaths = [\"sub/**\"]\nrules = { hardcoded-api-token = \"allow\" }\n");
    assert_eq!(code(folder.path(), &["."]), Some(0));
}

#[test]
fn faults_name_file_line_and_remedy() {
    for (config, expected) in [
        ("exclud = []\n", "exclude"),
        ("[rules]\nhardcoded-api-tokn = \"allow\"\n", "hardcoded-api-token"),
        ("fail-on = 3\n", "flaresec.toml"),
        ("= broken", "flaresec.toml"),
    ] {
        let folder = repository(config);
        let output = run(folder.path(), &["."]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{config}");
        assert!(errors.contains(expected) && errors.contains("flaresec.toml"), "{config}: {errors}");
        assert_eq!(code(folder.path(), &["config", "check"]), Some(2));
        assert_eq!(code(folder.path(), &["--isolated"]), Some(1));
    }
    let folder = repository("");
    assert_eq!(code(folder.path(), &["--config", "missing.toml"]), Some(2));
    assert_eq!(code(folder.path(), &["config", "show"]), Some(0));
}
