//! Exit codes, bad input, hostile input: the message, the code, nothing lost.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use flaresec::rule::RuleSet;

use crate::support::{findings, fixture, flaresec, run, stdout, text};

fn one_file(name: &str, content: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    folder
}

fn leak() -> Vec<u8> {
    text("CLOUDFLARE_API_TOKEN=@@cfut@@\n").into_bytes()
}

#[test]
fn exit_codes() {
    let leaky = one_file(".conf", &leak());
    let clean = one_file("a.txt", b"nothing here\n");
    for (folder, arguments, code) in [
        (&leaky, &["."][..], 1),
        (&leaky, &["scan", "."], 1),
        (&leaky, &["--exit-zero"], 0),
        (&leaky, &["--fail-on", "critical"], 1),
        (&clean, &["."], 0),
        (&clean, &["--no-such-flag"], 2),
        (&clean, &["no-such-file"], 2),
        (&clean, &["--format", "nothing"], 2),
        (&clean, &["--exclude", "a[", "."], 2),
        (&clean, &["explain", "no-such-rule"], 2),
        (&clean, &["--help"], 0),
        (&clean, &["--version"], 0),
        (&clean, &["rules"], 0),
        (&clean, &["rules", "--by-practice"], 0),
        (&clean, &["explain", "hardcoded-api-token"], 0),
        (&clean, &["permissions", "PUT", "/zones/$Z/dns_records/$R"], 0),
        (&clean, &["permissions", "--scan", "."], 0),
        (&clean, &["permissions", "PUT", "/no/such/path"], 2),
        (&clean, &["permissions", "--scan", "no-such-file"], 2),
        (&clean, &["permissions", "FOO", "/zones"], 2),
        (&clean, &["permissions"], 2),
        (&clean, &["demo", "no-such-path"], 2),
        (&clean, &["demo", "--staged"], 2),
        (&clean, &["rules", "--format", "json"], 0),
        (&clean, &["explain", "hardcoded-api-token", "--format", "json"], 0),
        (&leaky, &["--ignore", "secret,best-practice"], 0),
        (&leaky, &["--select", "insecure-transport"], 0),
        (&leaky, &["--select", "hardcoded-api-token", "--ignore", "secret"], 2),
        (&clean, &["--max-file-size", "10 parsecs"], 2),
        (&clean, &["--stdin-path", "a.txt"], 2),
        (&clean, &["--format", "json", "--format", "sarif"], 2),
        (&clean, &["--format", "json=o", "--format", "sarif=o"], 2),
    ] {
        let output = run(folder.path(), arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}{errors}", stdout(&output));
        let report = arguments.contains(&"no-such-file") || arguments.contains(&"a[");
        assert!(code != 2 || report || errors.contains("error: "), "{arguments:?}: {errors}");
    }
}

#[test]
fn a_broken_file_is_scanned_for_secrets_and_says_so() {
    for (name, content, format) in [
        ("main.tf", "provider \"cloudflare\" {\n  api_token = \"@@cfut@@\"\n", "HCL (line 2)"),
        ("a.yaml", "cloudflare:\n  api_token: \"@@cfut@@\"\n bad: [\n", "YAML (line"),
        ("a.toml", "[cloudflare]\napi_token = \"@@cfut@@\"\nbad = = 1\n", "TOML (line 3)"),
        ("a.json", "{\"cloudflare\": {\"api_token\": \"@@cfut@@\",,\n", "JSON (line 1)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text(content)).unwrap();
        let output = run(folder.path(), &["--format", "json"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(findings(&output).iter().any(|f| f["rule_id"] == "hardcoded-api-token"), "{name}");
        let said = stdout(&output);
        assert!(said.contains(&format!("{name}: not valid {format}")), "{said}");
    }
}

#[test]
fn an_incomplete_scan_still_prints_its_findings() {
    let folder = one_file(".conf", &leak());
    let output = run(folder.path(), &[".conf", "no-such-file", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(findings(&output).len(), 1);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["failures"][0]["what"], "no-such-file");
}

#[test]
fn the_demo_shows_findings() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["demo", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let ids: Vec<_> = findings(&output).iter().map(|f| f["rule_id"].as_str().unwrap().to_owned()).collect();
    for id in ["hardcoded-api-token", "hardcoded-global-api-key"] {
        assert!(ids.iter().any(|found| found == id), "{id} not in {ids:?}");
    }
}

#[test]
fn a_closed_pipe_keeps_the_verdict() {
    let folder = one_file(".conf", &leak().repeat(2000));
    let mut child = flaresec(folder.path()).arg(".").stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// A device on which every write fails.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_an_error() {
    let clean = one_file("a.txt", b"nothing here\n");
    for arguments in [
        &["."][..],
        &["--format", "json"],
        &["--format", "sarif"],
        &["rules"],
        &["explain", "hardcoded-api-token"],
        &["man"],
        &["config", "schema"],
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = flaresec(clean.path()).args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("standard output cannot be written"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_file_named_twice_is_scanned_once() {
    let folder = one_file(".conf", &leak());
    let output = run(folder.path(), &[".conf", "./.conf", ".", "--format", "json"]);
    assert_eq!(findings(&output).len(), 1);
}

#[test]
fn hidden_files_are_scanned_ignored_ones_only_on_request() {
    let folder = one_file(".dev.vars", &leak());
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join(".git/config"), leak()).unwrap();
    fs::write(folder.path().join(".gitignore"), "ignored.txt\n").unwrap();
    fs::write(folder.path().join("ignored.txt"), leak()).unwrap();
    let paths = |arguments: &[&str]| -> Vec<String> {
        let output = run(folder.path(), arguments);
        let secrets = findings(&output).into_iter().filter(|f| f["category"] == "secret");
        secrets.map(|f| f["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&["--format", "json"]), [".dev.vars"]);
    assert_eq!(paths(&["--format", "json", "--no-ignore"]), [".dev.vars", "ignored.txt"]);
    assert_eq!(paths(&["--format", "json", "--exclude", ".dev.vars"]), [""; 0]);
}

#[test]
fn hostile_contents_are_survived_and_the_token_is_found() {
    let token = text("@@cfut@@");
    let long = format!("{}{token} {}", "x ".repeat(1_500_000), "y ".repeat(1_000_000));
    let wide: Vec<u8> =
        format!("\u{FEFF}$token = \"{token}\"\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: Vec<(&str, Vec<u8>, usize)> = vec![
        ("control characters", format!("\x1b[31m\x07 {token} \u{202E}").into_bytes(), 1),
        ("invalid UTF-8", [b"\xff\xfe\xfd latin \xe9 ".as_slice(), token.as_bytes()].concat(), 1),
        ("a 5 MB line", long.into_bytes(), 1),
        (
            "a few NUL bytes",
            [b"text \0 ".repeat(2).as_slice(), &b"words ".repeat(50), token.as_bytes()].concat(),
            1,
        ),
        ("no final newline", token.clone().into_bytes(), 1),
        ("CRLF", format!("a\r\nTOKEN={token}\r\nb\r\n").into_bytes(), 1),
        ("UTF-16", wide, 1),
        ("empty", Vec::new(), 0),
        ("binary", (0..=255).cycle().take(40_000).collect(), 0),
    ];
    for (name, content, expected) in cases {
        let folder = one_file("input", &content);
        for format in ["json", "human", "sarif", "github", "concise", "jsonl"] {
            let output = run(folder.path(), &["--format", format]);
            assert_eq!(output.status.code(), Some(i32::from(expected > 0)), "{name} {format}");
            assert!(!stdout(&output).contains('\u{202E}'), "{name} {format}");
            if format == "json" {
                let found = findings(&output);
                assert_eq!(found.len(), expected, "{name}");
                if let Some(first) = found.first() {
                    let at = |key: &str| first["span"][key].as_u64().unwrap() as usize;
                    let width = if name == "UTF-16" { 2 } else { 1 };
                    assert_eq!(at("end") - at("start"), token.len() * width, "{name}");
                }
            }
        }
    }
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let (folder, _) = fixture("kubernetes");
    for number in 0..200 {
        fs::write(folder.path().join(format!("copy-{number}.env")), leak()).unwrap();
    }
    let of = |threads: &str| stdout(&run(folder.path(), &["--format", "json", "-j", threads]));
    let one = of("1");
    assert_eq!(one, of("2"));
    assert_eq!(one, of("8"));
    // As many threads as this would take minutes to start.
    assert_eq!(one, of("100000"));
}

#[cfg(unix)]
#[test]
fn odd_file_names_are_scanned_and_printed_safely() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    for name in [&b"new\nline"[..], b"\xff\xfe", b"-leading", b"a b", b"\x1b[31m", b"::error::x"] {
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), leak()).unwrap();
    }
    let output = run(folder.path(), &["--format", "json"]);
    assert_eq!(findings(&output).iter().filter(|f| f["category"] == "secret").count(), 6);
    for format in ["human", "github", "concise"] {
        let shown = stdout(&run(folder.path(), &["--format", format]));
        assert!(shown.contains("hardcoded-api-token") && !shown.contains('\x1b'), "{shown}");
        // The same credential in all files: each is named as evidence.
        let forged = |line: &str| line.starts_with("::error::x") || line.trim_start().starts_with("line");
        assert!(!shown.lines().any(forged), "{shown}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_tree() {
    let outside = one_file(".conf", &leak());
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("loop")).unwrap();
    let output = run(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["skipped"].as_array().unwrap().len(), 1);
}

#[test]
fn permissions_of_an_operation_and_of_all_calls() {
    let folder = one_file(
        "dns.py",
        b"API = 'https://api.cloudflare.com/client/v4'\nrequests.get(API + '/zones')\n\n\
          requests.get(f'{API}/zones/{z}/dns_records')\n\nrequests.post(f'{API}/zones/{z}/dns_records', json=d)\n\n\
          requests.post(f'{API}/accounts', json=d)\n",
    );
    let output = run(folder.path(), &["permissions", "DELETE", "/zones/{zone_id}/dns_records/{id}"]);
    assert_eq!(stdout(&output), "needs: Zone › DNS › Edit (DNS Write)\n");
    let output = stdout(&run(folder.path(), &["permissions", "--scan", "."]));
    assert!(output.contains("Zone › DNS › Read (DNS Read) (included in Edit)\n"), "{output}");
    assert!(output.contains("cannot use a token"), "{output}");
    let body = output.split("POST /user/tokens\n").nth(1).unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let groups = body["policies"][0]["permission_groups"].as_array().unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["DNS Write", "Zone Read"]);
}

#[test]
fn permissions_of_a_program_that_uses_an_sdk() {
    let folder = one_file(
        "sync.ts",
        b"import Cloudflare from 'cloudflare';\nconst cf = new Cloudflare({ apiKey: k, apiEmail: m });\n\
          await cf.dns.records.create({ zone_id: z, type: 'A' });\nawait cf.cache.purge({ zone_id: z, purge_everything: true });\n",
    );
    let output = stdout(&run(folder.path(), &["permissions", "--scan", "."]));
    assert!(output.contains("Zone \u{203a} DNS \u{203a} Edit (DNS Write)"), "{output}");
    assert!(output.contains("Cache Purge"), "{output}");
}

#[test]
fn completions_and_the_manual_page_are_made_of_the_options() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(folder.path(), &["completions", shell]);
        assert_eq!(script.status.code(), Some(0), "{shell}");
        assert!(stdout(&script).contains("min-confidence"), "{shell}");
    }
    let page = stdout(&run(folder.path(), &["man"]));
    assert!(page.starts_with(".ie") && page.contains("fail\\-on"), "{page}");
}

#[test]
fn what_rests_on_accepted_findings_is_accepted_although_they_are_not_selected() {
    let folder = one_file(".env", &leak());
    let code = |arguments: &[&str]| run(folder.path(), arguments).status.code();
    assert_eq!(code(&["--select", "tracked-secret-file"]), Some(1));
    assert_eq!(code(&["baseline", "create", "--select", "secret"]), Some(0));
    assert_eq!(code(&["--select", "tracked-secret-file"]), Some(0));
}

/// What is printed on standard error.
fn errors(folder: &tempfile::TempDir, arguments: &[&str]) -> String {
    String::from_utf8(run(folder.path(), arguments).stderr).unwrap()
}

#[test]
fn slips_of_the_pen_are_recognised() {
    let clean = one_file("a.txt", b"nothing here\n");
    for (arguments, expected) in [
        (&["--format", "json", "explan", "hardcoded-api-token"][..], "`flaresec explain`"),
        (&["--format", "json", "rulez"], "`flaresec rules`"),
        (&["--select", "hardcoded-api-tokn"], "did you mean `hardcoded-api-token`?"),
        (&["--ignore", "secret,best-practise"], "did you mean `best-practice`?"),
        (&["--ignore", "everything"], "categories are secret, insecure-transport"),
        (&["--fail-on", "hgih"], "[possible values: note, low, medium, high, critical]"),
        (&["--min-confidence", "sure"], "[possible values: low, medium, high]"),
        (&["--max-file-size", "10 parsecs"], "10MB, 1.5MB, 512KiB"),
        (&["explain", "hardcodd-api-token"], "did you mean `hardcoded-api-token`?"),
        (&["explain", "api"], "`hardcoded-api-token`, "),
        (&["permissions", "FOO", "/zones"], "GET, HEAD, POST"),
    ] {
        let said = errors(&clean, arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn rules_are_selected_and_ignored_by_name_and_category() {
    let folder = one_file("deploy.sh", text("export CLOUDFLARE_API_TOKEN=@@cfut@@\ncurl http://api.cloudflare.com/client/v4/zones -H \"Authorization: Bearer $CLOUDFLARE_API_TOKEN\"\n").as_bytes());
    let found = |arguments: &[&str]| -> Vec<String> {
        let output = run(folder.path(), &[&["--format", "json"], arguments].concat());
        findings(&output).iter().map(|f| f["rule_id"].as_str().unwrap().to_owned()).collect()
    };
    let all = found(&[]);
    for rule in ["hardcoded-api-token", "insecure-api-url"] {
        assert!(all.iter().any(|id| id == rule), "{all:?}");
    }
    assert_eq!(found(&["--select", "hardcoded-api-token"]), ["hardcoded-api-token"]);
    assert_eq!(
        found(&["--select", "secret,insecure-transport", "--ignore", "insecure-api-url"]),
        ["hardcoded-api-token"]
    );
    let rest = found(&["--ignore", "hardcoded-api-token", "--ignore", "insecure-transport"]);
    assert!(rest.iter().all(|id| id != "hardcoded-api-token" && id != "insecure-api-url"), "{rest:?}");
    // A report says what it leaves out.
    let shown = stdout(&run(folder.path(), &["--ignore", "secret"]));
    let total = format!(" of {} rules, ", RuleSet::embedded().rules.len());
    assert!(shown.contains("note: not reported: secret\n") && shown.contains(&total), "{shown}");
    // What other rules found may not be dropped from a baseline.
    assert_eq!(run(folder.path(), &["baseline", "create"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["baseline", "update", "--select", "secret"]).status.code(), Some(2));
}

#[test]
fn quiet_runs_print_findings_and_errors_only() {
    let folder = one_file(".conf", &leak());
    fs::write(folder.path().join("flaresec.toml"), "min-confidence = \"high\"\n").unwrap();
    for format in ["human", "concise"] {
        let shown = stdout(&run(folder.path(), &["-q", "--format", format, ".", "no-such-file"]));
        assert!(shown.contains("hardcoded-api-token") && shown.contains("error: no-such-file: "), "{shown}");
        assert!(!shown.contains("note: ") && !shown.contains("flaresec: "), "{shown}");
    }
    assert_eq!(errors(&folder, &["--quiet", "--format", "json=out.json"]), "");
}

#[test]
fn help_is_grouped_and_lists_what_is_possible() {
    let folder = tempfile::tempdir().unwrap();
    let help = stdout(&run(folder.path(), &["--help"]));
    for part in [
        "\nSource:\n",
        "\nRules:\n",
        "\nOutput:\n",
        "\nAcceptance:\n",
        "\nFiles:\n",
        "gitlab-quality",
        "critical",
        "touched",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn sizes_have_units() {
    let folder = one_file(".conf", &leak());
    let code = |size: &str| run(folder.path(), &["--max-file-size", size]).status.code();
    assert_eq!(
        (code("1kB"), code("1KiB"), code("1_000"), code("2 gb")),
        (Some(1), Some(1), Some(1), Some(1))
    );
    assert_eq!((code("10"), code("0MB"), code("0")), (Some(0), Some(2), Some(2)));
    assert_eq!((code("1.5"), code("99999999999GB"), code("MB")), (Some(2), Some(2), Some(2)));
}

#[test]
fn rules_are_described_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&run(folder.path(), arguments).stdout).unwrap()
    };
    let rules = json(&["rules", "--format", "json"]);
    let rule = rules.as_array().unwrap().iter().find(|rule| rule["id"] == "hardcoded-api-token").unwrap();
    assert_eq!((&rule["category"], &rule["pedantic"]), (&"secret".into(), &false.into()));
    assert!(rule["practice"]["source"].is_string() && rule["docs"]["why"].is_string(), "{rule}");
    let one = json(&["explain", "hardcoded-api-token", "--format", "json"]);
    assert!(one["examples"].as_array().unwrap().len() > 5);
    let listed = stdout(&run(folder.path(), &["rules"]));
    let total = format!("{} rules; the 2 marked pedantic", RuleSet::embedded().rules.len());
    assert!(listed.contains(&total), "{listed}");
}

#[test]
fn a_rule_is_explained_once_and_with_its_own_reason() {
    let folder =
        one_file(".conf", &[leak(), text("CLOUDFLARE_DNS_API_TOKEN=@@cfut:2@@\n").into_bytes()].concat());
    let shown = stdout(&run(folder.path(), &["."]));
    let rule = RuleSet::embedded().get("hardcoded-api-token").unwrap().clone();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&shown).matches(&words(&rule.docs.why)).count(), 1, "{shown}");
    assert!(shown.contains("= practice: ") && shown.contains("  https://"), "{shown}");
    assert!(shown.contains("`flaresec explain hardcoded-api-token` says more"), "{shown}");
    // Lines of prose end at 100 characters where there is no terminal.
    let prose = shown.lines().filter(|line| line.contains("= why:") || line.contains("= help:"));
    assert!(prose.clone().count() > 1 && prose.clone().all(|line| line.chars().count() <= 100), "{shown}");
}

#[test]
fn what_git_refuses_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let shown = stdout(&run(folder.path(), &["--history"]));
    assert_eq!(shown.matches("not a git repository").count(), 1, "{shown}");
}
