//! What comes with a checkout hides no finding unnoticed, stops no scan and reaches no terminal.

use std::fs;
use std::path::Path;
use std::process::Output;

use flaresec::report::Format;

use crate::repo::{Repo, leak};
use crate::support::{run, stdout, text};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[cfg(unix)]
#[test]
fn a_configuration_or_baseline_without_an_end_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join(".flaresec-baseline");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    for arguments in [&[][..], &["baseline", "show"], &["baseline", "update"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains("not a regular file"), "{}", said(&output));
    }
    fs::remove_file(&link).unwrap();
    std::process::Command::new("mkfifo").arg(&link).status().unwrap();
    assert_eq!(run(folder.path(), &[]).status.code(), Some(2));
    fs::remove_file(&link).unwrap();
    for option in ["--config", "--baseline"] {
        let output = run(folder.path(), &[option, "/dev/zero"]);
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(
            said(&output).contains("/dev/zero") && said(&output).contains("more than"),
            "{}",
            said(&output)
        );
        assert_eq!(run(folder.path(), &[option, "/dev/null"]).status.code(), Some(0), "{option}");
    }
    let repo = Repo::new();
    repo.commit("flaresec.toml", &"#\n".repeat(600_000));
    let output = repo.scan(&["--config-from", "HEAD"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("HEAD:flaresec.toml: has more than"), "{}", said(&output));
}

/// A rule of the user's own, with something in place of each text.
fn rule(title: &str, what: &str, kind: &str) -> String {
    format!(
        "[[custom-rule]]\nid = \"our-edge-key\"\ntitle = \"{title}\"\ncategory = \"secret\"\nseverity = \"high\"\n\
         practice = \"store-credentials-securely\"\n\
         docs = {{ what = \"{what}\", why = \"{what}\", instead = \"{what}\" }}\n\n\
         [[custom-rule.detect]]\ncheck = \"token\"\nkeywords = [\"edgek_\"]\n\
         pattern = '(?<secret>edgek_[0-9a-f]{{24}})'\nconfidence = \"high\"\n{kind}"
    )
}

const KEY: &str = "key: edgek_89abcdef0123456789abcdef\n";

fn write(folder: &Path, config: &str) {
    fs::write(folder.join("flaresec.toml"), config).unwrap();
    fs::write(folder.join("a.yaml"), KEY).unwrap();
}

#[test]
fn texts_of_rules_hold_no_character_that_a_terminal_obeys() {
    let folder = tempfile::tempdir().unwrap();
    for (config, place) in [
        (rule("a \\u001b[2J", "b", ""), "flaresec.toml:3: `title` holds the invisible character U+001B"),
        (rule("a", "b \u{202E} c", ""), "flaresec.toml:7: `what` holds the invisible character U+202E"),
        (
            rule("a", "b", "kind = \"\\u009b2J\"\n"),
            "flaresec.toml:14: `kind` holds the invisible character U+009B",
        ),
    ] {
        write(folder.path(), &config);
        for arguments in [&[][..], &["config", "check"], &["explain", "our-edge-key"], &["rules"]] {
            let output = run(folder.path(), arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
            assert!(said(&output).contains(place), "{arguments:?}: {}", said(&output));
            let shown = [&output.stdout[..], &output.stderr].concat();
            assert!(!String::from_utf8(shown).unwrap().contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        }
    }
    // An example is a piece of a file, which may hold anything; so may lines.
    let example =
        "[[custom-rule.example]]\nname = \"x\"\ntext = \"\\u001b[0m @@{edgek_89abcdef0123456789abcdef}@@\"\n";
    write(folder.path(), &rule("a", "one\\n\\ttwo", example));
    assert_eq!(run(folder.path(), &["config", "check"]).status.code(), Some(0));
    let explained = stdout(&run(folder.path(), &["explain", "our-edge-key"]));
    assert!(!explained.contains('\u{1b}') && explained.contains("\\u{1b}[0m"), "{explained}");
}

#[test]
fn texts_of_rules_are_no_markdown_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "<img src=https://evil/x.png> @everyone [x](javascript:1)";
    write(folder.path(), &rule(evil, evil, ""));
    let report = stdout(&run(folder.path(), &["--format", "markdown"]));
    for mark in ["<img", "@everyone", "](javascript"] {
        assert!(!report.contains(mark), "{report}");
    }
    assert!(report.contains("everyone"), "{report}");
    for (format, _) in Format::ALL {
        assert_eq!(run(folder.path(), &["--format", format]).status.code(), Some(1), "{format}");
    }
}

#[test]
fn a_baseline_that_comes_along_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("c.py"), text("t = '@@cfut@@'\n")).unwrap();
    let code = |arguments: &[&str]| run(folder.path(), arguments).status.code();
    assert_eq!(code(&["baseline", "create"]), Some(0));
    for (arguments, expected) in [
        (&[][..], 0),
        (&["--no-baseline"], 1),
        (&["--isolated"], 1),
        (&["--isolated", "--no-suppressions"], 1),
        (&["--isolated", "--baseline", ".flaresec-baseline"], 0),
        (&["--no-baseline", "--baseline", ".flaresec-baseline"], 2),
    ] {
        assert_eq!(code(arguments), Some(expected), "{arguments:?}");
    }
    fs::write(folder.path().join(".flaresec-baseline"), "rubbish\n").unwrap();
    assert_eq!((code(&[]), code(&["--no-baseline"])), (Some(2), Some(1)));
}

#[cfg(unix)]
#[test]
fn a_linked_configuration_speaks_about_what_is_around_the_link() {
    for place in ["flaresec.toml", ".github/flaresec.toml"] {
        let folder = tempfile::tempdir().unwrap();
        let repo = folder.path().join("repo");
        for made in ["repo/vendor", "repo/.git", "shared/.github"] {
            fs::create_dir_all(folder.path().join(made)).unwrap();
        }
        fs::write(repo.join("vendor/a.conf"), leak()).unwrap();
        fs::write(folder.path().join("shared").join(place), "exclude = [\"/vendor/**\"]\n").unwrap();
        // The file is a link, or the folder that it is in.
        let linked = if place.starts_with('.') { ".github" } else { place };
        std::os::unix::fs::symlink(folder.path().join("shared").join(linked), repo.join(linked)).unwrap();
        let output = run(&repo, &[]);
        assert_eq!(output.status.code(), Some(0), "{place}: {}", stdout(&output));
        assert_eq!(run(folder.path(), &["repo"]).status.code(), Some(0), "{place}");
    }
}
