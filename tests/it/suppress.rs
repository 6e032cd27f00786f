//! Suppression comments end to end.

use std::fs;

use crate::support::{findings, run, stdout, text};

fn scan(content: &str) -> (Vec<(String, bool)>, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.py"), text(content)).unwrap();
    let output = run(folder.path(), &["--format", "json"]);
    let rows = findings(&output).into_iter().map(|f| {
        let rule = f["rule_id"].as_str().unwrap();
        (rule.to_owned(), !f["suppressed"].is_null())
    });
    (rows.collect(), output.status.code())
}

#[test]
fn on_the_line_above_it_for_a_block_and_for_the_file() {
    for content in [
        "t = '@@cfut@@' # flaresec: allow(hardcoded-api-token) revoked\n",
        "# flaresec: allow(hardcoded-api-token) revoked\nt = '@@cfut@@'\n",
        "# flaresec: allow-file(hardcoded-api-token) revoked\n\n\nt = '@@cfut@@'\n",
        "# flaresec: allow-start(hardcoded-api-token) revoked\n\nt = '@@cfut@@'\n# flaresec: allow-end\n",
        "t = '@@cfut@@' # flaresec: allow(hardcoded-api-token) revoked until=2999-01-01\n",
    ] {
        let (rows, code) = scan(content);
        assert_eq!(rows.len(), 1, "{content}: {rows:?}");
        assert!(rows[0].1, "{content}");
        assert_eq!(code, Some(0), "{content}");
    }
}

/// Large files are scanned in segments.
#[test]
fn a_comment_counts_in_the_whole_of_a_large_file() {
    let filler = "an ordinary line of a log\n".repeat(60_000);
    for (before, after) in [
        ("# flaresec: allow-file(hardcoded-api-token) revoked\n", ""),
        ("# flaresec: allow-start(hardcoded-api-token) revoked\n", "# flaresec: allow-end\n"),
        ("# flaresec: allow-file(hardcoded-api-token) revoked\nu = '@@cfut:2@@'\n", ""),
    ] {
        let (rows, code) = scan(&format!("{before}{filler}t = '@@cfut@@'\n{filler}{after}"));
        assert!(!rows.is_empty() && rows.iter().all(|(_, suppressed)| *suppressed), "{before}: {rows:?}");
        assert_eq!(code, Some(0));
    }
    let (rows, code) = scan(&format!(
        "# flaresec: allow-start(hardcoded-api-token) revoked\nu = '@@cfut:2@@'\n# flaresec: allow-end\n{filler}t = '@@cfut@@'\n"
    ));
    assert_eq!((rows.iter().filter(|row| row.1).count(), code), (1, Some(1)), "{rows:?}");
}

#[test]
fn a_comment_without_its_cause_is_reported() {
    let (rows, code) = scan("# flaresec: allow(hardcoded-api-token) revoked\nt = os.environ['T']\n");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].0, "unused-suppression");
    assert_eq!(code, Some(1));
}

#[test]
fn a_wrong_comment_accepts_nothing_and_is_reported() {
    for comment in [
        "allow(hardcoded-api-token)",
        "allow(hardcoded-api-tokn) slip",
        "allow(hardcoded-api-token) old until=2020-01-01",
        "allow(hardcoded-api-token) old until=soon",
        "ignore(hardcoded-api-token) word",
        "ignore hardcoded-api-token",
        "ignore rule",
        "disable-next-line",
        "allow hardcoded-api-token without brackets",
        "allow(*) everything",
        "allow() all",
        "allow(all) all",
        "allow-start(hardcoded-api-token) never closed",
    ] {
        let (rows, code) = scan(&format!("t = '@@cfut@@' # flaresec: {comment}\n"));
        assert_eq!(rows.len(), 2, "{comment}: {rows:?}");
        assert!(rows.iter().all(|row| !row.1), "{comment}: {rows:?}");
        assert!(rows.iter().any(|row| row.0 == "invalid-suppression"), "{comment}: {rows:?}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn comments_can_be_told_not_to_count_and_leak_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let secret = text("@@cfut@@");
    let line = format!("t = '{secret}' # flaresec: allow(hardcoded-api-token) was {secret}\n");
    fs::write(folder.path().join("a.py"), line).unwrap();
    let output = run(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&output.stdout).contains(&secret[5..]));
    assert_eq!(run(folder.path(), &["--no-suppressions"]).status.code(), Some(1));
}

#[test]
fn accepted_findings_are_listed_on_request_with_what_accepted_them() {
    let folder = tempfile::tempdir().unwrap();
    let content = text("t = '@@cfut@@' # flaresec: allow(hardcoded-api-token) revoked in May\n");
    fs::write(folder.path().join("a.py"), content).unwrap();
    for format in ["human", "concise"] {
        let plain = run(folder.path(), &["--format", format]);
        assert!(!stdout(&plain).contains("hardcoded-api-token"), "{}", stdout(&plain));
        let listed = run(folder.path(), &["--format", format, "--show-suppressed"]);
        let said = stdout(&listed);
        assert!(said.contains("hardcoded-api-token"), "{said}");
        assert!(said.contains("accepted by a comment: revoked in May"), "{said}");
        assert_eq!(listed.status.code(), Some(0), "{said}");
    }
}

/// What is shown of a comment does not decide about what it accepts.
#[test]
fn a_comment_may_be_longer_than_what_is_shown_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let rules = format!("hardcoded-api-token{}", ", stale-credential".repeat(12));
    for (reason, shown) in [("revoked in May".to_owned(), "revoked in May"), ("why ".repeat(60), "why why…")]
    {
        let content = text(&format!("t = '@@cfut@@' # flaresec: allow({rules}) {reason}\n"));
        fs::write(folder.path().join("a.py"), content).unwrap();
        let output = run(folder.path(), &["--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        let found = findings(&output);
        assert_eq!(found.len(), 1, "{found:?}");
        let said = found[0]["suppressed"]["reason"].as_str().unwrap();
        assert!(said.ends_with(shown) && reason.starts_with(said.trim_end_matches('…')), "{said}");
    }
}

#[test]
fn a_finding_about_a_comment_is_known_whatever_stands_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let prints = |content: &str| -> Vec<String> {
        fs::write(folder.path().join("a.py"), content).unwrap();
        let found = findings(&run(folder.path(), &["--format", "json"]));
        found.iter().map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let (one, two) = (
        "# flaresec: allow(hardcoded-api-token) revoked\n\n\n",
        "# flaresec: allow(insecure-api-url) internal\n\n\n",
    );
    let both = prints(&format!("{one}{two}"));
    assert_eq!(both.len(), 2);
    assert_eq!(prints(two), both[1..]);
    assert_eq!(prints(&format!("{two}{one}")).last(), both.first());
    // Equal ones are told apart.
    let twice = prints(&format!("{two}{two}"));
    assert!(twice.len() == 2 && twice[0] != twice[1] && twice.contains(&both[1]), "{twice:?}");
}

#[test]
fn an_unknown_word_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (comment, expected) in [
        ("ignore hardcoded-api-token", "`ignore` is no word of flaresec"),
        ("permit(hardcoded-api-token) x", "`permit` is no word of flaresec"),
        ("allow hardcoded-api-token", "`allow` without brackets"),
    ] {
        fs::write(folder.path().join("a.py"), format!("# flaresec: {comment}\n")).unwrap();
        let said = stdout(&run(folder.path(), &[]));
        assert!(said.contains(expected) && said.contains("write allow(rule) with a reason"), "{said}");
    }
}
