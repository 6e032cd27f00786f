//! Options that contradict each other, name one thing twice or are misspelt: nothing is lost, and the error says why.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::repo::leak;
use crate::support::{flaresec, run, stdout};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn leaky() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.conf"), leak()).unwrap();
    folder
}

#[cfg(unix)]
#[test]
fn two_reports_do_not_share_a_file_however_it_is_named() {
    let folder = leaky();
    fs::create_dir(folder.path().join("sub")).unwrap();
    std::os::unix::fs::symlink("o", folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink("new", folder.path().join("dangling")).unwrap();
    for (first, second) in
        [("o", "./o"), ("o", "sub/../o"), ("o", "link"), ("link", "o"), ("new", "dangling")]
    {
        let _ = fs::remove_file(folder.path().join("new"));
        let formats = [format!("--format=json={first}"), format!("--format=sarif={second}")];
        for there in [false, true] {
            if there {
                fs::write(folder.path().join("o"), "old").unwrap();
            }
            let output = run(folder.path(), &[&formats[0], &formats[1]]);
            assert_eq!(output.status.code(), Some(2), "{first} {second}");
            assert!(said(&output).contains("two reports for"), "{}", said(&output));
        }
        assert_eq!(fs::read_to_string(folder.path().join("o")).unwrap(), "old");
        fs::remove_file(folder.path().join("o")).unwrap();
    }
    // A report that is not written after all leaves no file behind, nor does one through a link.
    assert_eq!(
        run(folder.path(), &["--format=json=dangling", "--select", "nonsense"]).status.code(),
        Some(2)
    );
    assert!(!folder.path().join("new").exists());
    assert_eq!(run(folder.path(), &["--format=json=dangling"]).status.code(), Some(1));
    assert!(fs::read_to_string(folder.path().join("new")).unwrap().contains("hardcoded-api-token"));
    assert_eq!(run(folder.path(), &["--format=json=/dev/stdout"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["--format=json=no/such/o"]).status.code(), Some(2));
}

const OWN_RULE: &str = "fail-on = \"high\"\n\n[[custom-rule]]\nid = \"our-edge-key\"\ntitle = \"key of our proxy\"\n\
    category = \"secret\"\nseverity = \"high\"\npractice = \"store-credentials-securely\"\n\
    docs = { what = \"x\", why = \"y\", instead = \"z\" }\n\n[[custom-rule.detect]]\ncheck = \"token\"\n\
    keywords = [\"edgek_\"]\npattern = '(?<secret>edgek_[0-9a-f]{24})'\nconfidence = \"high\"\n";

/// Runs it with a configuration in the environment.
fn with(folder: &Path, config: &str, arguments: &[&str]) -> Output {
    flaresec(folder).args(arguments).env("FLARESEC_CONFIG", config).output().unwrap()
}

#[test]
fn the_configuration_of_the_environment_counts_for_every_command() {
    let folder = leaky();
    fs::create_dir(folder.path().join("my")).unwrap();
    fs::write(folder.path().join("my/own.toml"), OWN_RULE).unwrap();
    let shown = with(folder.path(), "my/own.toml", &["config", "show"]);
    assert!(stdout(&shown).contains("fail-on = \"high\"  # my/own.toml"), "{}", stdout(&shown));
    let checked = with(folder.path(), "my/own.toml", &["config", "check"]);
    assert!(stdout(&checked).contains("my/own.toml: no faults"), "{}", stdout(&checked));
    let explained = with(folder.path(), "my/own.toml", &["explain", "our-edge-key"]);
    assert!(stdout(&explained).contains("key of our proxy"), "{}", said(&explained));
    for arguments in [&["rules"][..], &["rules", "--by-practice"], &["rules", "--format", "json"]] {
        let listed = with(folder.path(), "my/own.toml", arguments);
        assert!(stdout(&listed).contains("our-edge-key"), "{arguments:?}");
        assert!(!stdout(&run(folder.path(), arguments)).contains("our-edge-key"), "{arguments:?}");
    }
    // An empty variable is none.
    assert_eq!(with(folder.path(), "", &[]).status.code(), Some(1));
    assert!(stdout(&with(folder.path(), "", &["config", "show"])).contains("# no configuration"));
    // What helps to mend a configuration works without it.
    let broken = with(folder.path(), "gone.toml", &["rules"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(stdout(&broken).contains("hardcoded-api-token") && said(&broken).contains("gone.toml"));
}

#[test]
fn standard_input_does_not_go_with_other_sources() {
    let folder = leaky();
    fs::write(folder.path().join("list"), "a.conf\n").unwrap();
    for arguments in [
        &["--files-from", "list", "-"][..],
        &["--staged", "-"],
        &["--diff", "main", "-"],
        &["--history", "-"],
        &["--staged", "-", "--stdin-path", "x"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let option = arguments.iter().find(|argument| argument.len() > 2).unwrap();
        let expected = format!("`-`, which is standard input, does not go with {option}");
        assert!(said(&output).contains(&expected), "{}", said(&output));
    }
    let mut child = flaresec(folder.path())
        .args(["-", "a.conf"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"nothing\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn sizes_may_have_a_fraction_and_errors_say_what_is_allowed() {
    let folder = leaky();
    assert_eq!(run(folder.path(), &["--max-file-size", "1.5MB"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["--max-file-size", "0.02kB"]).status.code(), Some(0));
    for wrong in ["1.5", "1,5MB", "10 parsecs"] {
        let output = run(folder.path(), &["--max-file-size", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(said(&output).contains("kB, MB, GB, KiB, MiB, GiB"), "{}", said(&output));
    }
    fs::write(folder.path().join("flaresec.toml"), "max-file-size = \"1.5MB\"\n").unwrap();
    assert_eq!(run(folder.path(), &[]).status.code(), Some(1));
}

#[test]
fn concise_says_what_to_do_about_an_error() {
    let folder = leaky();
    let output = run(folder.path(), &["--format", "concise", "gone.conf"]);
    assert_eq!(output.status.code(), Some(2));
    let shown = stdout(&output);
    assert!(
        shown.contains("error: gone.conf: ") && shown.contains("\n  help: name a file or folder"),
        "{shown}"
    );
}
