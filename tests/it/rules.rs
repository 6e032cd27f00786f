//! Every rule file: loads, and every example runs through the whole scanner with all rules active.

use flaresec::blob::{Blob, BlobPath, Origin};
use flaresec::collect::Collector;
use flaresec::finding::Finding;
use flaresec::rule::{Confidence, RuleSet, parse};
use flaresec::scan::Scanner;
use flaresec::source::Visitor as _;
use flaresec::span::Span;
use flaresec::synthetic::expand;

use crate::support::wide;

#[test]
fn every_rule_file_loads() {
    let practices: Vec<String> = RuleSet::embedded().practices.into_iter().map(|p| p.id).collect();
    for (stem, toml) in RuleSet::sources() {
        if let Err(error) = parse(toml, stem, &practices) {
            let line = error.span.clone().map_or(0, |s| toml[..s.start].lines().count());
            panic!("rules/{stem}.toml:{line}: {error}");
        }
    }
}

#[test]
fn every_example_is_judged_right() {
    judge(|_| true, |text| text.as_bytes().to_vec(), |_, at| at);
}

/// More than a segment holds, so that examples stand in the second one; blank, which means nothing in any language.
fn filler() -> String {
    format!("{}\n", " ".repeat(127)).repeat(9600)
}

/// A large file is scanned in several pieces, the example in another than the first.
#[test]
fn every_example_is_judged_alike_far_down_a_large_file() {
    let filler = filler();
    judge(|_| true, |text| [filler.as_bytes(), text.as_bytes()].concat(), |_, at| filler.len() + at);
}

#[test]
fn every_example_is_judged_alike_in_utf16() {
    judge(|_| true, |text| wide(text, false), |text, at| wide(&text[..at], false).len());
    let filler = filler();
    let before = wide(&filler, true).len();
    let after = |text: &str| wide(text, true)[2..].to_vec();
    // Decoding takes its time, and segments are the same as those of other files.
    let some = |number: usize| number.is_multiple_of(4);
    let place = |text: &str, at: usize| before + after(&text[..at]).len();
    judge(some, |text| [wide(&filler, true), after(text)].concat(), place);
}

/// Scans the examples of every rule, chosen by number, in another form; `place` says where a byte of an example
/// is in that form.
fn judge(
    chosen: impl Fn(usize) -> bool,
    form: impl Fn(&str) -> Vec<u8>,
    place: impl Fn(&str, usize) -> usize,
) {
    let mut scanner = Scanner::new(RuleSet::embedded());
    // The day that the examples were written for: 2026-11-24.
    scanner.today = 20_781;
    let mut wrong = Vec::new();
    for rule in &scanner.rules().rules {
        let examples = rule.examples.iter().enumerate();
        for (_, example) in examples.filter(|(number, _)| chosen(*number)) {
            let text = expand(&example.text).unwrap();
            let path = BlobPath::new(example.path.as_deref().unwrap_or("example.txt"));
            let findings = collected(&scanner, &path, &form(&text.text));
            let mine = findings.iter().filter(|f| f.rule.id == rule.id && f.confidence > Confidence::Low);
            let found: Vec<Span> = mine.map(|f| f.location.span).collect();
            let moved = |span: &Span| Span::new(place(&text.text, span.start), place(&text.text, span.end));
            let expected: Vec<Span> = text.expected.iter().map(moved).collect();
            if found != expected {
                let show: Vec<&str> = text.expected.iter().map(|s| &text.text[s.start..s.end]).collect();
                wrong.push(format!(
                    "{} / {}:\n   expected {show:?} {expected:?}\n   found    {found:?}",
                    rule.id, example.name,
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a scan of one file finds, comments included.
fn collected(scanner: &Scanner, path: &BlobPath, text: &[u8]) -> Vec<Finding> {
    let collector = Collector::new(scanner, None);
    let (path, origin, touched) = (path.clone(), Origin::Worktree, None);
    collector.blob(Blob { path, origin, touched, content: &mut &*text });
    collector.finish().findings
}

#[test]
fn faults_of_a_rule_file_are_named_with_their_place() {
    let practices = [String::from("use-https")];
    let good = RuleSet::sources().next().unwrap().1;
    let unknown = good.replacen("title =", "titel =", 1);
    let error = parse(&unknown, "hardcoded-api-token", &practices).unwrap_err();
    assert!(error.message.contains("titel"), "{error}");
    assert_eq!(&unknown[error.span.clone().unwrap()], "titel");
    let error = parse("id = ", "x", &practices).unwrap_err();
    assert!(error.span.is_some());
    let (stem, toml) = RuleSet::sources().next().unwrap();
    assert!(parse(toml, "another-name", &practices).unwrap_err().message.contains(stem));
}
