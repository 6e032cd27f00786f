//! Every format is well-formed and complete, whatever the names and contents.

use std::fs;

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
