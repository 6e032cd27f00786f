//! Every rule file: loads, and every example runs through the whole scanner with all rules active.

use flaresec::blob::{Blob, BlobPath, Origin};
use flaresec::collect::Collector;
use flaresec::finding::Finding;
use flaresec::rule::{Confidence, RuleSet, parse};
use flaresec::scan::Scanner;
use flaresec::source::Visitor as _;
use flaresec::span::Span;
use flaresec::synthetic::expand;

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
    let mut scanner = Scanner::new(RuleSet::embedded());
    // The day that the examples were written for: 2026-11-24.
    scanner.today = 20_781;
    let mut wrong = Vec::new();
    for rule in &scanner.rules().rules {
        for example in &rule.examples {
            let text = expand(&example.text).unwrap();
            let path = BlobPath::new(example.path.as_deref().unwrap_or("example.txt"));
            let findings = collected(&scanner, &path, text.text.as_bytes());
            let mine = findings.iter().filter(|f| f.rule.id == rule.id && f.confidence > Confidence::Low);
            let found: Vec<Span> = mine.map(|f| f.location.span).collect();
            if found != text.expected {
                let show = |spans: &[Span]| -> Vec<String> {
                    spans.iter().map(|s| text.text[s.start..s.end].chars().take(60).collect()).collect()
                };
                wrong.push(format!(
                    "{} / {}:\n   expected {:?}\n   found    {:?}",
                    rule.id,
                    example.name,
                    show(&text.expected),
                    show(&found)
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
