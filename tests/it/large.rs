//! Files that do not fit into one segment: in UTF-16, scanned for their name, and what is said of a file as a whole.

use std::collections::BTreeSet;
use std::fs;

use flaresec::blob::{Blob, BlobPath, Origin};
use flaresec::collect::{Collector, Survey};
use flaresec::finding::Finding;
use flaresec::rule::RuleSet;
use flaresec::scan::Scanner;
use flaresec::source::Visitor as _;
use flaresec::span::Position;

use crate::support::{findings, run, text, wide};

/// What a scan of one file finds.
fn scanned(path: &str, content: &[u8]) -> Vec<Finding> {
    let scanner = Scanner::new(RuleSet::embedded());
    let collector = Collector::new(&scanner, None);
    let (path, origin) = (BlobPath::new(path), Origin::Worktree);
    collector.blob(Blob { path, origin, touched: None, content: &mut &*content });
    collector.finish().findings
}

/// Which rules found something, and how often.
fn rules(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.id.as_str()).collect()
}

/// Where a token of [`planted`] stands, in bytes of the text.
type Places = Vec<usize>;

/// A long text of which `line` is repeated, with a token every now and then.
fn planted(line: &str, letters: usize) -> (String, Places) {
    let (mut out, mut places) = (String::new(), Vec::new());
    for number in 0.. {
        while out.len() < number * 190_000 {
            out.push_str(line);
        }
        if out.len() > letters {
            return (out, places);
        }
        out.push_str("token=");
        places.push(out.len());
        out.push_str(&text(&format!("@@cfut:{number}@@ {}", line.chars().last().unwrap())));
    }
    unreachable!()
}

#[test]
fn large_files_in_utf16_are_scanned_and_places_are_those_of_the_file() {
    // Lines, a single line, and characters of two units, which segments may not cut in two.
    for line in ["an ordinary line of a log\n", "ordinary words, ", "ключ 𝄞𝄞 é 🔑\n", "x𝄞𝄞🔑𝄞, "]
    {
        let (text, places) = planted(line, 4 << 20);
        let position = |at: usize| {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let line = text[..at].matches('\n').count() + 1;
            Position { line, column: text[start..at].chars().count() + 1 }
        };
        let expected: Vec<Position> = places.iter().map(|at| position(*at)).collect();
        for form in ["UTF-8", "UTF-16LE", "UTF-16BE"] {
            let (blob, offset): (Vec<u8>, Box<dyn Fn(usize) -> usize>) = match form {
                "UTF-8" => (text.clone().into_bytes(), Box::new(|at| at)),
                // The mark is a unit, too.
                _ => {
                    let units = |at: usize| 2 + 2 * text[..at].encode_utf16().count();
                    (wide(&text, form == "UTF-16BE"), Box::new(units))
                }
            };
            let found = scanned("app.reg", &blob);
            let tokens: Vec<&Finding> = found.iter().filter(|f| f.rule.id == "hardcoded-api-token").collect();
            let starts: Vec<usize> = tokens.iter().map(|f| f.location.span.start).collect();
            let wanted: Vec<usize> = places.iter().map(|at| offset(*at)).collect();
            assert_eq!(starts, wanted, "{form} of {line}");
            let positions: Vec<Position> = tokens.iter().map(|f| f.location.start).collect();
            assert_eq!(positions, expected, "{form} of {line}");
        }
    }
}

#[test]
fn a_large_file_in_utf16_is_found_by_the_program_and_in_a_history() {
    let folder = tempfile::tempdir().unwrap();
    let content = format!("{}T={}", "\"a\"=\"b\"\r\n".repeat(400_000), text("@@cfut@@\r\n"));
    fs::write(folder.path().join("x.reg"), wide(&content, false)).unwrap();
    let output = run(folder.path(), &["--format", "json", "x.reg"]);
    assert_eq!((output.status.code(), findings(&output).len()), (Some(1), 1));

    let scanner = Scanner::new(RuleSet::embedded());
    let survey = Survey::new(&scanner, None);
    let origin = Origin::History { object: String::from("object") };
    let content = wide(&content, true);
    survey.blob(Blob { path: BlobPath::new("x.reg"), origin, touched: None, content: &mut &*content });
    assert_eq!(survey.finish().objects.len(), 1);
}

#[test]
fn a_large_file_is_scanned_for_its_name_to_the_end() {
    for lines in [10, 100_000] {
        let filler = "# a line of a settings file\n".repeat(lines);
        let content = text(&format!("{filler}api_token: @@token40@@\n"));
        let found = scanned("roles/cloudflare/defaults.txt", content.as_bytes());
        assert_eq!(rules(&found), ["hardcoded-api-token"], "{lines} lines");
        let found = scanned("roles/cloudflare/defaults.txt", &wide(&content, false));
        assert_eq!(rules(&found), ["hardcoded-api-token"], "{lines} lines in UTF-16");
    }
}

#[test]
fn what_is_said_of_a_whole_file_does_not_depend_on_its_size() {
    let of = |lines: usize| {
        let filler = "# nothing of note\n".repeat(lines);
        let content = text(&format!("A=@@cfut@@\n{filler}B=@@cfut@@\n{filler}CF_TOKEN=@@cfut:2@@\n"));
        let mut found = scanned(".env", content.as_bytes());
        found.sort_by_key(|f| (f.rule.id.clone(), f.location.span));
        let shape =
            |f: &Finding| (f.rule.id.clone(), f.fingerprint.0.clone(), f.labels.len(), f.message.clone());
        found.iter().map(shape).collect::<Vec<_>>()
    };
    let small = of(2);
    let count = |id: &str| small.iter().filter(|(rule, ..)| rule == id).count();
    assert_eq!((count("tracked-secret-file"), count("shared-credential")), (1, 1), "{small:?}");
    assert_eq!(small, of(60_000));
}

/// Neither where a segment ends nor what is added elsewhere makes an old finding new.
#[test]
fn fingerprints_stay_when_what_was_found_moves_to_another_segment() {
    let line = text("token=@@cfut@@\n");
    let prints = |lines: [usize; 3]| -> BTreeSet<String> {
        let [first, second, third] = lines.map(|lines| "an ordinary line of a log\n".repeat(lines));
        let content = [&line, first.as_str(), &line, &second, &line, &third, &line].concat();
        let found = scanned("app.log", content.as_bytes());
        let tokens = found.into_iter().filter(|finding| finding.rule.id == "hardcoded-api-token");
        tokens.map(|finding| finding.fingerprint.0).collect()
    };
    let before = prints([10, 30_000, 30_000]);
    assert_eq!(before.len(), 4);
    for after in [[1, 1, 1], [40_000, 30_000, 30_000], [45_000, 45_000, 45_000]] {
        assert_eq!(prints(after), before, "{after:?}");
    }
}
