//! Every format is well-formed and complete, whatever the names and contents.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{findings, flaresec, run, stdout, text};

/// A name that means something in every format there is.
#[cfg(unix)]
const HOSTILE: &str = "a<b>&\"'|`@x,\n::error::%0A]]>\u{202e}\u{1b}[31m.conf";
#[cfg(not(unix))]
const HOSTILE: &str = "a&'`@x,%0A.conf";

fn leaky(copies: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines = (0..copies).map(|n| text(&format!("CLOUDFLARE_API_TOKEN=@@cfut:{n}@@\n")));
    fs::write(folder.path().join(HOSTILE), lines.collect::<String>()).unwrap();
    folder
}

/// A rule of the user's that is as odd as the configuration takes it, and a finding of it.
fn odd_rule(folder: &Path) {
    let title = "a title ".repeat(60);
    let references = r#"["our wiki", "https://", "https://wiki.test/a page", "https://wiki.test/<a>", "https://wiki.test/a#b"]"#;
    fs::write(
        folder.join("flaresec.toml"),
        format!(
            "[[custom-rule]]\nid = \"our-key\"\ntitle = \"{title}\"\ncategory = \"secret\"\nseverity = \"high\"\n\
             practice = \"store-credentials-securely\"\n[custom-rule.docs]\nwhat = \"\"\nwhy = \"\"\ninstead = \"\"\n\
             references = {references}\n\
             [[custom-rule.detect]]\ncheck = \"token\"\nkeywords = [\"our_\"]\npattern = '(?<secret>our_[a-z0-9]{{20}})'\n\
             confidence = \"high\"\n"
        ),
    )
    .unwrap();
    fs::write(folder.join("own.conf"), text("k = our_@@alnum20@@\n").to_lowercase()).unwrap();
}

fn report(format: &str, copies: usize) -> String {
    stdout(&run(leaky(copies).path(), &["--format", format]))
}

#[test]
fn an_unknown_format_names_the_known_ones() {
    let output = run(leaky(1).path(), &["--format", "no"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    for (name, _) in flaresec::report::Format::ALL {
        assert!(errors.contains(name), "{errors}");
    }
}

#[test]
fn a_scan_never_fails_in_silence() {
    let folder = leaky(1);
    let errors = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        (output.status.code(), stdout(&output), String::from_utf8(output.stderr).unwrap())
    };
    let (code, printed, said) = errors(&["--format", "sarif=out.sarif", "nosuch"]);
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(said.starts_with("error: nosuch: ") && said.contains("\nflaresec: no findings"), "{said}");
    // A report for programs on standard output says it to none who looks at a terminal.
    let (_, printed, said) = errors(&["--format", "gitlab-quality", "nosuch"]);
    assert!(printed.starts_with("[") && said.starts_with("error: nosuch: "), "{said}");
    // A report for people says it once.
    let (_, printed, said) = errors(&["nosuch"]);
    assert!(printed.contains("error: nosuch: ") && said.is_empty(), "{said}");
}

#[test]
fn what_cannot_be_written_is_known_before_the_scan() {
    let folder = leaky(1);
    // Were anything scanned, standard output would hold the findings.
    for (arguments, expected) in [
        (&["--format", "human", "--format", "json=gone/out.json"][..], "gone/out.json cannot be written"),
        (&["--format", "human", "--format", "sarfi=a"], "'sarif'"),
        (&["--format", "human", "--format", "sarif="], "no file is named"),
    ] {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_run_that_fails_early_costs_no_report() {
    let folder = leaky(1);
    let file = |name: &str| folder.path().join(name);
    fs::write(file("old.json"), "an old report that is longer than what a new scan has to say").unwrap();
    fs::write(file("broken"), "rubbish\n").unwrap();
    let arguments = ["--format", "json=old.json", "--format", "sarif=new.sarif"];
    for fault in [&["--config", "gone.toml"][..], &["--baseline", "broken"], &["--format", "json=gone/a"]] {
        assert_eq!(run(folder.path(), &[&arguments, fault].concat()).status.code(), Some(2));
        assert!(fs::read_to_string(file("old.json")).unwrap().starts_with("an old report"));
        assert!(!file("new.sarif").exists());
    }
    fs::write(file("old.json"), "x".repeat(1_000_000)).unwrap();
    assert_eq!(run(folder.path(), &arguments).status.code(), Some(1));
    assert!(serde_json::from_slice::<Value>(&fs::read(file("old.json")).unwrap()).is_ok());
}

#[test]
fn several_formats_go_to_several_files() {
    let folder = leaky(1);
    let output =
        run(folder.path(), &["--format", "sarif=a.sarif", "--format", "junit=b.xml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(findings(&output).len(), 1);
    let sarif: Value = serde_json::from_slice(&fs::read(folder.path().join("a.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert!(fs::read_to_string(folder.path().join("b.xml")).unwrap().contains("<failure "));
}

#[test]
fn formats_for_terminals_and_logs_hold_no_control_characters() {
    for format in ["human", "concise", "github", "markdown"] {
        let text = report(format, 2);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{format}: {text:?}");
        assert!(format == "github" || !text.contains('\u{202e}'), "{format}: {text:?}");
    }
}

#[test]
fn a_file_name_is_no_workflow_command() {
    for line in report("github", 1).lines() {
        assert!(line.starts_with("::error file=") && line.matches("::error").count() <= 2, "{line}");
        assert!(!line["::error file=".len()..].split_once(',').unwrap().0.contains(':'), "{line}");
    }
    for format in ["human", "concise", "markdown"] {
        assert!(!report(format, 1).lines().any(|line| line.trim_start().starts_with("::")));
    }
}

#[test]
fn annotations_stop_at_ten_and_say_so() {
    let text = report("github", 12);
    assert_eq!(text.lines().filter(|line| line.starts_with("::error file=")).count(), 10);
    assert!(text.contains("::notice title=flaresec::2 more findings"));
}

#[test]
fn xml_escapes_names() {
    for format in ["junit", "checkstyle"] {
        let text = report(format, 1);
        assert!(text.starts_with("<?xml "));
        #[cfg(unix)]
        assert!(text.contains("a&lt;b&gt;&amp;&quot;'|`@x,&#10;::error::%0A]]&gt;"), "{text}");
        assert!(text.matches('<').count() == text.matches('>').count(), "{text}");
    }
    let clean = tempfile::tempdir().unwrap();
    assert!(stdout(&run(clean.path(), &["--format", "junit"])).contains("tests=\"1\" failures=\"0\""));
}

#[test]
fn markdown_gives_a_name_no_meaning() {
    let text = report("markdown", 101);
    let row = text.lines().find(|line| line.starts_with("| critical")).unwrap();
    assert_eq!(row.matches('|').count(), 5, "{row}");
    for sign in ["`", "@x", "<b>"] {
        assert!(!row.contains(sign), "{row}");
    }
    assert_eq!(text.matches("\n| critical").count(), 100);
    assert!(text.contains("\n1 more findings are in the log and the report."));
}

#[test]
fn gitlab_reports_hold_every_finding_once() {
    let quality: Value = serde_json::from_str(&report("gitlab-quality", 3)).unwrap();
    let quality = quality.as_array().unwrap();
    let prints: std::collections::HashSet<_> = quality.iter().map(|i| i["fingerprint"].to_string()).collect();
    assert_eq!((quality.len(), prints.len()), (3, 3));
    let secrets: Value = serde_json::from_str(&report("gitlab-secrets", 3)).unwrap();
    assert_eq!(secrets["vulnerabilities"].as_array().unwrap().len(), 3);
    assert_eq!(secrets["vulnerabilities"][0]["severity"], "Critical");
    assert_eq!(secrets["scan"]["status"], "success");
}

/// What GitLab's schema 15.2.1 asks of a report on secrets: it drops a report that breaks one of these.
/// <https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/blob/v15.2.1/dist/secret-detection-report-format.json>
#[test]
fn gitlab_takes_the_report_on_secrets() {
    let folder = leaky(3);
    odd_rule(folder.path());
    let config = folder.path().join("flaresec.toml");
    let long = format!("instead = \"{}\"", "change it ".repeat(800));
    fs::write(&config, fs::read_to_string(&config).unwrap().replace("instead = \"\"", &long)).unwrap();
    let empty = tempfile::tempdir().unwrap();
    for (folder, count) in [(folder.path(), 4), (empty.path(), 0)] {
        let output =
            flaresec(folder).args([".", "gone.conf", "--format", "gitlab-secrets"]).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["version"], "15.2.1");
        let scan = &report["scan"];
        assert_eq!(
            (scan["type"].as_str(), scan["status"].as_str()),
            (Some("secret_detection"), Some("failure"))
        );
        for time in [&scan["start_time"], &scan["end_time"]] {
            let shape: String =
                time.as_str().unwrap().chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
            assert_eq!(shape, "9999-99-99T99:99:99");
        }
        for program in [&scan["analyzer"], &scan["scanner"]] {
            let names = [&program["id"], &program["name"], &program["version"], &program["vendor"]["name"]];
            assert!(names.iter().all(|name| is_text(name)), "{program}");
            assert!(is_link(&program["url"]));
        }
        for message in scan["messages"].as_array().unwrap() {
            assert!(["info", "warn", "fatal"].contains(&message["level"].as_str().unwrap()));
            assert!(is_text(&message["value"]));
        }
        let found = report["vulnerabilities"].as_array().unwrap();
        assert_eq!(found.len(), count);
        for one in found {
            assert!(is_text(&one["id"]) && is_text(&one["location"]["commit"]["sha"]), "{one}");
            assert!(is_text(&one["location"]["file"]), "{one}");
            assert!(["start_line", "end_line"].iter().all(|line| one["location"][*line].is_u64()), "{one}");
            assert!(
                ["Info", "Unknown", "Low", "Medium", "High", "Critical"]
                    .contains(&one["severity"].as_str().unwrap())
            );
            for (field, longest) in [("name", 255), ("description", 1_048_576), ("solution", 7000)] {
                assert!(one[field].as_str().unwrap().chars().count() <= longest, "{field}: {one}");
            }
            let identifiers = one["identifiers"].as_array().unwrap();
            assert!(!identifiers.is_empty());
            for identifier in identifiers {
                assert!(["type", "name", "value"].iter().all(|field| is_text(&identifier[*field])), "{one}");
                assert!(identifier.get("url").is_none_or(is_link), "{one}");
            }
            assert!(one["links"].as_array().unwrap().iter().all(|link| is_link(&link["url"])), "{one}");
        }
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// Holds for the addresses that these tests and the rules have.
fn is_link(value: &Value) -> bool {
    let rest = |text: &str| text.strip_prefix("https://").map(str::to_owned);
    value.as_str().and_then(rest).is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '<']))
}

/// What the standard and GitHub ask beyond the schema; `.ci/reports.sh` has all three checked by others:
/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>.
#[test]
fn a_rule_in_sarif_has_one_name_and_texts_and_a_link() {
    let folder = leaky(1);
    odd_rule(folder.path());
    let sarif: Value = serde_json::from_str(&stdout(&run(folder.path(), &["--format", "sarif"]))).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let own = rules.iter().find(|rule| rule["id"] == "our-key").unwrap();
    assert_eq!(own["helpUri"], "https://wiki.test/a#b");
    for rule in rules {
        assert!(rule.get("name").is_none() && is_link(&rule["helpUri"]), "{rule}");
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(is_text(&rule[text]["text"]), "{rule}");
        }
    }
}

/// What GitLab's documentation asks of a code quality report:
/// <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
#[test]
fn gitlab_takes_the_report_on_quality() {
    let report: Value = serde_json::from_str(&report("gitlab-quality", 3)).unwrap();
    for issue in report.as_array().unwrap() {
        assert!(["description", "check_name", "fingerprint"].iter().all(|field| is_text(&issue[*field])));
        assert!(
            ["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap())
        );
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
    }
}

#[test]
fn what_could_not_be_read_is_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for (format, _) in flaresec::report::Format::ALL {
        let output = flaresec(folder.path()).args(["gone.conf", "--format", format]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let quiet = *format == "gitlab-quality";
        let shown = stdout(&output).replace("&#46;", ".");
        assert!(quiet || shown.contains("gone.conf"), "{format}: {shown}");
    }
}
