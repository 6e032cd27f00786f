//! No part of a planted secret is in any output, in any format.

use std::fs;

use flaresec::rule::RuleSet;
use flaresec::synthetic::expand;

use crate::support::{fixture, flaresec, run, text};

/// Longest piece of a secret that an output may hold, in bytes: the public prefix or the last four characters.
const WINDOW: usize = 8;

fn assert_secret(output: &[u8], secrets: &[String], context: &str) {
    for secret in secrets {
        // The public prefix of a credential is no secret.
        let start = secret.find('_').filter(|at| *at < 6).map_or(0, |at| at + 1);
        let start = if secret.starts_with("0x4AAAAAAA") { 10 } else { start };
        for window in secret.as_bytes()[start..].windows(WINDOW) {
            let leaks = output.windows(WINDOW).any(|w| w == window);
            assert!(!leaks, "{context}: {}", String::from_utf8_lossy(output));
        }
    }
}

fn formats() -> impl Iterator<Item = &'static str> {
    flaresec::report::Format::ALL.iter().map(|(name, _)| *name)
}

#[test]
fn no_format_shows_a_secret() {
    for name in ["example", "encodings", "kubernetes", "pairs"] {
        let (folder, secrets) = fixture(name);
        // Ids are no secrets; they are 32 hex digits or end with `.access`.
        let secrets: Vec<String> =
            secrets.into_iter().filter(|s| s.len() != 32 && !s.ends_with(".access")).collect();
        let secrets: Vec<String> = secrets.into_iter().filter(|s| s.len() != 64 || name == "pairs").collect();
        assert!(!secrets.is_empty());
        for format in formats() {
            for extra in ["--pedantic", "--min-confidence=low"] {
                let output = run(folder.path(), &["--format", format, "--color=always", extra]);
                assert_secret(&output.stdout, &secrets, &format!("{name} {format}"));
                assert_secret(&output.stderr, &secrets, &format!("{name} {format}"));
            }
        }
    }
}

#[test]
fn neighbours_on_the_line_and_in_other_encodings_stay_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let template = "A=@@cfut@@ B=@@cfat@@ cloudflare_token=@@token40@@ x=@@hex45@@ y=@@token40:2|base64@@\nTUNNEL_TOKEN=@@tunnel@@\n";
    fs::write(folder.path().join("all.txt"), text(template)).unwrap();
    let secrets: Vec<String> =
        ["@@cfut@@", "@@cfat@@", "@@token40@@", "@@hex45@@", "@@token40:2|base64@@", "@@tunnel@@"]
            .map(text)
            .into();
    for format in formats() {
        let output = run(folder.path(), &["--format", format, "--min-confidence", "low"]);
        assert_secret(&output.stdout, &secrets, format);
    }
}

#[test]
fn no_example_of_a_rule_is_shown_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let rules = RuleSet::embedded();
    let mut secrets = Vec::new();
    for (number, example) in rules.rules.iter().flat_map(|rule| &rule.examples).enumerate() {
        let path = folder.path().join(number.to_string()).join(example.path.as_deref().unwrap_or("a.txt"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let expanded = expand(&example.text).unwrap();
        fs::write(path, &expanded.text).unwrap();
        secrets.extend(expanded.secrets);
    }
    // Ids and commits are no secrets, and what is shorter than a window cannot be looked for.
    secrets.retain(|s| {
        s.len() > 12 && !(matches!(s.len(), 32 | 36 | 40) && is_id(s)) && !s.ends_with(".access")
    });
    secrets.sort_unstable();
    secrets.dedup();
    assert!(secrets.len() > 30, "{}", secrets.len());
    let out = tempfile::tempdir().unwrap();
    let written: Vec<String> =
        formats().map(|format| format!("--format={format}={}", out.path().join(format).display())).collect();
    let mut arguments = vec!["--no-ignore", "--min-confidence", "low", "--pedantic"];
    arguments.extend(written.iter().map(String::as_str));
    let output = run(folder.path(), &arguments);
    assert_secret(&output.stderr, &secrets, "standard error");
    for format in formats() {
        let report = fs::read(out.path().join(format)).unwrap();
        assert!(report.len() > 1000, "{format}");
        assert_secret(&report, &secrets, format);
    }
}

fn is_id(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[test]
fn passwords_stay_hidden_by_their_name_or_place() {
    const WEAK: &str = "hunter2-Correct9-battery";
    for (path, text) in [
        (
            "a.tf",
            "resource \"cloudflare_worker_version\" \"a\" {\n  bindings = [{ name = \"API_SECRET\", type = \"plain_text\", text = \"PASSWORD\" }]\n}\n",
        ),
        (
            "wrangler.toml",
            "[vars]\nDATABASE_URL = \"postgres://user:PASSWORD@db.example.com/x\"\nAPI_SECRET = \"PASSWORD\"\n",
        ),
        (
            "a.sh",
            "curl -k -u \"user:PASSWORD\" https://api.cloudflare.com/client/v4/zones -H \"X-Auth-Key: $K\" -H \"X-Auth-Email: $E\"\n",
        ),
        (
            "a.yml",
            "env: { CF_API_KEY: \"${{ secrets.K }}\", CF_API_EMAIL: \"${{ secrets.E }}\", DB_PASS: \"PASSWORD\" }\n",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(path), text.replace("PASSWORD", WEAK)).unwrap();
        for format in formats() {
            let output = run(folder.path(), &["--format", format, "--pedantic"]);
            assert_eq!(output.status.code(), Some(1), "{path} {format}");
            assert_secret(&output.stdout, &[String::from(WEAK)], &format!("{path} {format}"));
        }
    }
}

#[test]
fn neither_file_names_nor_errors_show_a_secret() {
    let secrets = [text("@@cfut@@"), text("@@cfat:2@@")];
    let folder = tempfile::tempdir().unwrap();
    let named = format!("{}.env", secrets[0]);
    fs::write(folder.path().join(&named), format!("CF_API_TOKEN={}\n", secrets[1])).unwrap();
    fs::write(folder.path().join("broken.toml"), format!("rules = {}\n", secrets[1])).unwrap();
    fs::write(folder.path().join("baseline"), format!("{}\n", secrets[1])).unwrap();
    fs::write(folder.path().join("main.tf"), format!("cloudflare_token = \"{}\" {{{{ =\n", secrets[1]))
        .unwrap();
    fs::write(folder.path().join("key.toml"), format!("[rules]\n{} = \"allow\"\n", secrets[1])).unwrap();
    fs::write(folder.path().join("glob.toml"), format!("exclude = [\"{}\"]\n", secrets[1])).unwrap();
    let missing = format!("{}.txt", secrets[1]);
    let unknown = format!("--{}", secrets[1]);
    let table: &[&[&str]] = &[
        &["."],
        &[&missing],
        &["--config", "broken.toml"],
        &["--config", "key.toml"],
        &["--config", "glob.toml"],
        &["--baseline", "baseline"],
        &["baseline", "create"],
        &["explain", "x"],
        &["--exclude", "[", "."],
        &["--fail-on", &secrets[1]],
        &["--min-confidence", &secrets[1]],
        &["--color", &secrets[1]],
        &["--max-file-size", &secrets[1]],
        &["--no-such-option", &secrets[1]],
        &[&unknown],
        &["baseline", &secrets[1]],
        &["hook", &secrets[1]],
    ];
    for arguments in table {
        for format in formats() {
            let command = matches!(arguments[0], "baseline" | "explain" | "hook");
            let format: &[&str] = if command { &[] } else { &["--format", format] };
            let output = run(folder.path(), &[arguments, format].concat());
            assert_secret(&output.stdout, &secrets, &format!("{arguments:?} {format:?}"));
            assert_secret(&output.stderr, &secrets, &format!("{arguments:?} {format:?}"));
        }
    }
}

#[test]
fn only_reveal_shows_a_secret_and_never_in_ci_or_other_formats() {
    let folder = tempfile::tempdir().unwrap();
    let secret = text("@@cfut@@");
    fs::write(folder.path().join("a.py"), format!("t = '{secret}'\n")).unwrap();
    let shows = |arguments: &[&str], ci: &str| {
        let output = flaresec(folder.path()).args(arguments).env("CI", ci).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).contains(&secret);
        (shown, output.status.code())
    };
    assert_eq!(shows(&[], ""), (false, Some(1)));
    assert_eq!(shows(&["--reveal"], ""), (true, Some(1)));
    assert_eq!(shows(&["--reveal", "--format", "json"], ""), (true, Some(1)));
    for ci in ["true", "True", "1", "yes", "woodpecker"] {
        assert_eq!(shows(&["--reveal"], ci), (false, Some(2)), "{ci}");
    }
    for ci in ["0", "false", "False"] {
        assert_eq!(shows(&["--reveal"], ci), (true, Some(1)), "{ci}");
    }
    assert_eq!(shows(&["--reveal=force"], "true"), (true, Some(1)));
    for format in formats().filter(|name| !matches!(*name, "human" | "json")) {
        assert_eq!(shows(&["--reveal=force", "--format", format], ""), (false, Some(2)), "{format}");
    }
}
