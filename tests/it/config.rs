//! The configuration: found, merged, disclosed; a hostile one hides nothing unnoticed.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{findings, flaresec, root, run, stdout, text};

fn repository(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("sub")).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("sub/.conf"), text("CLOUDFLARE_API_TOKEN=@@cfut@@\n")).unwrap();
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
fn a_category_stands_for_its_rules_unless_they_are_named() {
    for (config, expected) in [
        ("[rules]\nsecret = \"allow\"\n", 0),
        ("[rules]\nbest-practice = \"allow\"\n", 1),
        ("[rules]\nsecret = \"allow\"\nhardcoded-api-token = \"deny\"\n", 1),
        ("[rules]\nsecret = \"deny\"\nhardcoded-api-token = \"allow\"\n", 0),
        ("[[per-path]]\npaths = [\"sub\"]\nrules = { secret = \"allow\" }\n", 0),
        ("[rules]\nsecrets = \"allow\"\n", 2),
    ] {
        assert_eq!(code(repository(config).path(), &["."]), Some(expected), "{config}");
    }
    let folder = repository("[rules]\nsecret = \"allow\"\n");
    assert!(stdout(&run(folder.path(), &["."])).contains("category secret is disabled"));
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
    let folder = repository("[rules]\ninsecure-api-url = \"off\"\n");
    let output = run(folder.path(), &["."]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("`off` is not a level: write `allow`, `warn` or `deny`"), "{errors}");
    let folder = repository("");
    assert_eq!(code(folder.path(), &["--config", "missing.toml"]), Some(2));
    assert_eq!(code(folder.path(), &["config", "show", "missing"]), Some(2));
    assert_eq!(code(folder.path(), &["config", "show"]), Some(0));
}

/// What a scan of one file with a configuration finds, by rule.
fn rules_found(config: &str, file: &str, content: &str, arguments: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flaresec.toml"), config).unwrap();
    fs::write(folder.path().join(file), text(content)).unwrap();
    let found = findings(&run(folder.path(), &[&["--format", "json"], arguments].concat()));
    let open = found.iter().filter(|f| f["suppressed"].is_null());
    open.map(|f| f["rule_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn names_of_ones_own_are_known_in_every_spelling() {
    let config =
        "[names]\nEDGE_TOKEN = \"hardcoded-api-token\"\nbackbone_key = \"hardcoded-global-api-key\"\n";
    for content in [
        "EDGE_TOKEN=@@token40@@\n",
        "const edgeToken = \"@@token40@@\";\n",
        "prod:\n  edge-token: '@@token40@@'\n",
        "{\"my_edge_token\": \"@@token40@@\"}\n",
    ] {
        assert_eq!(rules_found(config, "a.conf", content, &[]), ["hardcoded-api-token"], "{content}");
        assert_eq!(rules_found("", "a.conf", content, &[]), [""; 0], "{content}");
    }
    let key = "BACKBONE_KEY: @@hex37@@\n";
    assert_eq!(rules_found(config, "a.yaml", key, &[]), ["hardcoded-global-api-key"]);
    assert_eq!(
        rules_found(config, "a.conf", "EDGE_TOKEN=${EDGE_TOKEN}\nEDGE_TOKEN=changeme\n", &[]),
        [""; 0]
    );
}

const OWN_RULE: &str = r#"
[[custom-rule]]
id = "our-edge-key"
title = "hardcoded key of our edge proxy"
category = "secret"
severity = "high"
practice = "store-credentials-securely"
docs = { what = "Finds keys of our proxy.", why = "They open it.", instead = "Ask the vault." }

[[custom-rule.detect]]
check = "token"
keywords = ["edgek_"]
pattern = '(?<secret>edgek_[0-9a-f]{24})'
confidence = "high"
kind = "edge key"

[[custom-rule.example]]
name = "in a file"
text = "key: @@{edgek_0123456789abcdef01234567}@@"
"#;

#[test]
fn rules_of_ones_own_run_and_are_checked() {
    let content = "proxy:\n  key: edgek_89abcdef0123456789abcdef\n";
    assert_eq!(rules_found(OWN_RULE, "a.yaml", content, &["a.yaml"]), ["our-edge-key"]);
    let off = format!("[rules]\nour-edge-key = \"allow\"\n{OWN_RULE}");
    assert_eq!(rules_found(&off, "a.yaml", content, &["a.yaml"]), [""; 0]);
    let accepted = "proxy:\n  key: edgek_89abcdef0123456789abcdef # flaresec: allow(our-edge-key) test\n";
    assert_eq!(rules_found(OWN_RULE, "a.yaml", accepted, &["a.yaml"]), [""; 0]);
    let folder = repository(OWN_RULE);
    assert_eq!(code(folder.path(), &["config", "check"]), Some(0));
    let folder = repository(&OWN_RULE.replace("edgek_0123456789abcdef01234567", "edgek_0123"));
    let output = run(folder.path(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("example `in a file`"));
}

#[test]
fn comments_of_other_scanners_count_only_when_asked_for() {
    for comment in ["# gitleaks:allow", "// trufflehog:ignore", "# pragma: allowlist secret", "# nosec B105"]
    {
        let content = format!("CF_API_TOKEN = '@@cfut@@'  {comment}\nOTHER_CF_API_TOKEN = '@@cfat@@'\n");
        let found = |config: &str, arguments: &[&str]| rules_found(config, "a.py", &content, arguments).len();
        assert_eq!(found("", &[]), 2, "{comment}");
        assert_eq!(found("", &["--foreign-suppressions"]), 1, "{comment}");
        assert_eq!(found("foreign-suppressions = true\n", &[]), 1, "{comment}");
        assert_eq!(found("foreign-suppressions = true\n", &["--no-suppressions"]), 2, "{comment}");
    }
}

#[test]
fn globs_are_relative_to_the_file_wherever_the_scan_starts() {
    let folder = repository("exclude = [\"/sub/*.conf\"]\n");
    fs::rename(folder.path().join("sub/.conf"), folder.path().join("sub/a.conf")).unwrap();
    assert_eq!(code(folder.path(), &["."]), Some(0));
    assert_eq!(code(&folder.path().join("sub"), &["."]), Some(0));
    assert_eq!(code(&folder.path().join("sub"), &["--isolated"]), Some(1));
    let absolute = folder.path().join("sub").display().to_string();
    assert_eq!(code(Path::new("/"), &[&absolute]), Some(0));
    let folder =
        repository("[[per-path]]\npaths = [\"/sub/\"]\nrules = { hardcoded-api-token = \"allow\" }\n");
    assert_eq!(code(&folder.path().join("sub"), &["."]), Some(0));
}

/// The open findings of a scan, sorted.
fn open(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let found = findings(&run(folder, &[&["--format", "json"], arguments].concat()));
    let open = found.iter().filter(|f| f["suppressed"].is_null());
    let mut paths: Vec<String> = open.map(|f| f["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn the_configuration_of_one_path_does_not_decide_about_another() {
    let allow = "[rules]\nhardcoded-api-token = \"allow\"\n";
    let leak = text("CLOUDFLARE_API_TOKEN=@@cfut@@\n");
    let folder = repository("");
    let top = folder.path();
    for (place, config) in [("one", allow), ("one/deep", ""), ("two", "")] {
        fs::create_dir_all(top.join(place)).unwrap();
        fs::write(top.join(place).join("a.conf"), &leak).unwrap();
        if !config.is_empty() {
            fs::write(top.join(place).join("flaresec.toml"), config).unwrap();
        }
    }
    fs::write(top.join("list"), "one/a.conf\ntwo/a.conf\n").unwrap();
    let both = &["one/a.conf", "one/deep/a.conf", "two/a.conf"][..];
    let files = &["one/a.conf", "two/a.conf"][..];
    for (arguments, expected) in [
        (&["one", "two"][..], both),
        (&["two", "one"], both),
        (&["one/a.conf", "two/a.conf"], files),
        (&["two/a.conf", "one/a.conf"], files),
        (&["one", "--files-from", "list"], both),
        (&["--files-from", "list"], files),
        (&["one"], &[]),
        (&["one/deep", "one/a.conf"], &[]),
        (&["one/a.conf", "one/deep"], &[]),
    ] {
        // A secret in several files is one more finding.
        let mut found = open(top, &[arguments, &["--select", "hardcoded-api-token"]].concat());
        found.dedup();
        assert_eq!(found, expected, "{arguments:?}");
    }
    assert_eq!(open(&top.join("one"), &[".", "../two", "--select", "hardcoded-api-token"]).len(), 3);
}

#[test]
fn standard_input_has_the_configuration_of_its_name() {
    let folder = repository("");
    fs::write(folder.path().join("sub/flaresec.toml"), "[rules]\nhardcoded-api-token = \"allow\"\n").unwrap();
    let leak = text("CLOUDFLARE_API_TOKEN=@@cfut@@\n");
    for (arguments, code) in [
        (&["-"][..], 1),
        (&["-", "--stdin-path", "sub/new.conf"], 0),
        (&["-", "--stdin-path", "sub/new/er.conf"], 0),
        (&["-", "--stdin-path", "sub/new.conf", "flaresec.toml"], 1),
    ] {
        let mut child = flaresec(folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(leak.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn outside_of_a_repository_only_the_folder_of_a_path_counts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flaresec.toml"), "[rules]\nhardcoded-api-token = \"allow\"\n").unwrap();
    for place in ["one", "two"] {
        fs::create_dir(folder.path().join(place)).unwrap();
        fs::write(folder.path().join(place).join("a.conf"), text("CLOUDFLARE_API_TOKEN=@@cfut@@\n")).unwrap();
    }
    assert_eq!(code(folder.path(), &["one", "two"]), Some(1));
    assert_eq!(code(folder.path(), &["one"]), Some(1));
    assert_eq!(code(folder.path(), &["one", "."]), Some(0));
}

#[test]
fn a_file_has_one_name_however_it_is_named() {
    let folder = repository("");
    let absolute = folder.path().canonicalize().unwrap().display().to_string();
    let prints = |path: &str| {
        let found = findings(&run(folder.path(), &["--format", "json", path]));
        found.into_iter().map(|f| (f["path"].clone(), f["fingerprint"].clone())).collect::<Vec<_>>()
    };
    assert!(!prints(".").is_empty());
    assert_eq!(prints("."), prints(&absolute));
    assert_eq!(prints("."), prints("./sub"));
}

#[test]
fn show_says_where_each_value_comes_from() {
    let folder = repository("fail-on = \"high\"\n[limits]\ncredential-age-days = 7\n");
    let shown = stdout(&run(folder.path(), &["config", "show"]));
    assert!(shown.contains("fail-on = \"high\"  # ") && shown.contains("flaresec.toml"), "{shown}");
    assert!(
        shown.contains("limits.credential-age-days = 7") && shown.contains("pedantic = false  # default")
    );
    let schema: serde_json::Value =
        serde_json::from_str(&stdout(&run(folder.path(), &["config", "schema"]))).unwrap();
    assert!(schema["properties"]["fail-on"].is_object());
}

#[test]
fn init_writes_what_is_missing_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let git = std::process::Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
    assert!(git.unwrap().success());
    assert_eq!(code(folder.path(), &["init"]), Some(0));
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    assert_eq!(code(folder.path(), &["config", "check"]), Some(0));
    assert!(read(".github/workflows/flaresec.yml").contains("flaresec/flaresec"));
    assert!(read(".git/hooks/pre-commit").contains("flaresec --staged"));
    // Uncommented, every line is valid.
    let active: String = read("flaresec.toml")
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|l| l.contains(" = ") || l.starts_with('[')).unwrap_or(""))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(folder.path().join("flaresec.toml"), &active).unwrap();
    assert_eq!(code(folder.path(), &["config", "check"]), Some(0), "{active}");
    assert_eq!(code(folder.path(), &["init"]), Some(0));
    assert_eq!(read("flaresec.toml"), active);
}

/// What to copy from the documentation, and what `init` writes, names the release that this is.
#[test]
fn the_documentation_and_init_name_this_release() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(folder.path(), &["init", "--no-hook"]), Some(0));
    let workflow = folder.path().join(".github/workflows/flaresec.yml");
    let guides = fs::read_dir(root().join("docs/guides")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = guides.chain([root().join("README.md"), workflow.clone()]).collect();
    let release = concat!("v", env!("CARGO_PKG_VERSION"));
    let mut named = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for before in ["flaresec/flaresec@", "rev: ", "--tag "] {
            for after in text.split(before).skip(1) {
                let tag = after.split_whitespace().next().unwrap();
                assert_eq!(tag, release, "{}", file.display());
                named.push(file.clone());
            }
        }
    }
    assert!(named.contains(&workflow) && named.contains(&root().join("README.md")), "{named:?}");
    assert!(named.contains(&root().join("docs/guides/github.md")), "{named:?}");
}
