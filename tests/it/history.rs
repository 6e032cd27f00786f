//! Everything ever committed: a planted leak is found in whatever version, and nothing is lost by looking at each block of
//! lines once.

use flaresec::blob::{Blob, BlobPath, Origin};
use flaresec::collect::Survey;
use flaresec::rule::{Category, RuleSet};
use flaresec::scan::Scanner;
use flaresec::source::Visitor;
use flaresec::synthetic::expand;

use crate::repo::{INIT, Repo, SHA256, check, leak};
use crate::support::findings;

#[test]
fn the_history_remembers() {
    for init in [INIT, SHA256] {
        check("removed again", init, &["--history"], |r, c| {
            r.commit("conf/a.conf", c);
            r.commit("conf/a.conf", "x\n");
        });
        check("on another branch", init, &["--history"], |r, c| {
            r.commit("x", "x\n");
            r.git(&["checkout", "-qb", "side"]);
            r.commit("a.conf", c);
            r.git(&["checkout", "-q", "main"]);
        });
        check("in a commit message", init, &["--history"], |r, c| {
            r.git(&["commit", "-q", "--allow-empty", "-m", c]);
        });
        check("in the message of a commit that others follow", init, &["--history"], |r, c| {
            r.git(&["commit", "-q", "--allow-empty", "-m", c]);
            r.commit("x", "x\n");
            r.commit("x", "y\n");
        });
        check("in a tag message", init, &["--history"], |r, c| {
            r.commit("x", "x\n");
            r.git(&["tag", "-a", "v1", "-m", c]);
        });
        check("in a note", init, &["--history"], |r, c| {
            r.commit("x", "x\n");
            r.git(&["notes", "add", "-m", c]);
        });
        check("resolved in a merge", init, &["--history"], |r, c| {
            r.commit("a.conf", "one\n");
            r.git(&["checkout", "-qb", "side"]);
            r.commit("a.conf", "two\n");
            r.git(&["checkout", "-q", "main"]);
            r.commit("a.conf", "three\n");
            let _ = r.try_git(&["merge", "-q", "side"]);
            r.commit("a.conf", c);
        });
        check("in a range", init, &["--history=HEAD~1..HEAD"], |r, c| {
            r.commit("old.conf", &leak());
            r.commit("a.conf", &format!("# new\n{c}"));
        });
        check("many versions of one leak", init, &["--history"], |r, c| {
            for version in 0..5 {
                r.commit("a.conf", &format!("{c}# {version}\n"));
            }
        });
    }
}

#[test]
fn history_says_where_a_leak_began_and_whether_it_stands() {
    let repo = Repo::new();
    repo.commit("first.conf", &leak());
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("first.conf", &format!("{}# more\n", leak()));
    let standing = findings(&repo.scan(&["--history"]));
    assert_eq!(standing.len(), 2, "the leak, and that it is old");
    assert_eq!(standing[0]["path"], "first.conf");
    assert_eq!(standing[0]["provenance"]["commit"], first);
    assert_eq!(standing[0]["provenance"]["in_head"], true);
    repo.commit("first.conf", "x\n");
    let gone = findings(&repo.scan(&["--history"]));
    assert_eq!(gone[0]["provenance"]["in_head"], false);
    assert_eq!(gone[0]["provenance"]["commit"], first);
}

#[test]
fn history_names_the_other_paths_of_a_file() {
    let repo = Repo::new();
    for name in ["b.conf", "a.conf"] {
        repo.write(name, &leak());
    }
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "Two"]);
    repo.commit("deep/c.conf", &leak());
    repo.git(&["rm", "-q", "b.conf"]);
    repo.git(&["commit", "-qm", "One less"]);
    let found = findings(&repo.scan(&["--history", "--select", "hardcoded-api-token"]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["path"], "a.conf");
    let evidence = found[0]["evidence"].to_string();
    assert!(evidence.contains("the same file is also at b.conf, deep/c.conf"), "{evidence}");
}

#[test]
fn a_credential_of_long_ago_is_stale_and_a_fresh_one_is_not() {
    let repo = Repo::new();
    repo.commit("a.conf", &leak());
    let stale = |repo: &Repo| {
        let found = findings(&repo.scan(&["--history"]));
        found.into_iter().find(|f| f["rule_id"] == "stale-credential")
    };
    let found = stale(&repo).unwrap();
    let age = found["provenance"]["age_days"].as_u64().unwrap();
    assert!(found["message"].as_str().unwrap().contains(&format!("{age} days ago")), "{found}");
    repo.write("flaresec.toml", &format!("[limits]\ncredential-age-days = {age}\n"));
    assert!(stale(&repo).is_none(), "not older than allowed");
    let fresh = Repo::new();
    fresh.write("a.conf", &leak());
    fresh.git(&["add", "-A"]);
    fresh.git(&["commit", "-qm", "Fresh", "--date=now"]);
    assert!(stale(&fresh).is_none());
}

/// Lines that mean something together: names, values, vendors.
const LINES: &[&str] = &[
    "import cloudflare",
    "# Cloudflare settings of the zone",
    "url = https://api.cloudflare.com/client/v4/zones",
    "token = \"@@token40@@\"",
    "token = \"@@token40:2@@\"",
    "CF_API_TOKEN=@@token40:3@@",
    "CF_API_TOKEN: >-",
    "    @@token40:5@@",
    "  api_key: @@hex37@@",
    "  - name: X-Auth-Key",
    "    value: @@hex37:2@@",
    "[cloudflare]",
    "[github]",
    "commit = @@hex40@@",
    "secret_access_key = @@hex64@@",
    "key = @@cfut@@",
    "zone = @@hex32@@",
    "data: @@token40:4|base64@@",
    "}",
    "",
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn whatever_a_version_leaks_is_found_though_its_lines_are_known() {
    let mut rules = RuleSet::embedded();
    rules.rules.retain(|rule| rule.category == Category::Secret);
    let scanner = Scanner::new(rules);
    let mut leaking = 0;
    for seed in 0..24 {
        let mut dice = Dice(seed);
        let survey = Survey::new(&scanner, None);
        let fill =
            |of: usize| (0..100).map(|n| format!("filler {n} of {of} says nothing")).collect::<Vec<String>>();
        let mut files: Vec<Vec<String>> = (0..3).map(fill).collect();
        let mut expected = Vec::new();
        for version in 0..120 {
            // One file is edited, and lines of another come in: names and values that are known meet anew.
            let mut lines = files.swap_remove(dice.below(3));
            for _ in 0..=dice.below(3) {
                let at = dice.below(lines.len());
                match dice.below(8) {
                    0 => {
                        let _ = lines.drain(at..(at + dice.below(20)).min(lines.len()));
                    }
                    1 => lines.insert(at, format!("another filler {}", dice.below(1000))),
                    2 | 3 => {
                        let other = &files[dice.below(2)];
                        let from = dice.below(other.len());
                        let part = other[from..(from + dice.below(20)).min(other.len())].to_vec();
                        let _ = lines.splice(at..at, part);
                    }
                    _ => lines.insert(at, expand(LINES[dice.below(LINES.len())]).unwrap().text),
                }
            }
            if lines.len() < 50 {
                lines.extend(fill(version));
            }
            let path = BlobPath::new(if dice.below(8) == 0 { "cloudflare.ini" } else { "settings.ini" });
            let text = lines.join("\n");
            let object = format!("{seed}-{version}");
            if !scanner.scan(&path, text.as_bytes()).is_empty() {
                expected.push(object.clone());
                // The next leak has to be found for itself.
                lines.retain(|line| line.contains("filler"));
            }
            files.push(lines);
            survey.blob(Blob {
                path,
                origin: Origin::History { object },
                touched: None,
                content: &mut text.as_bytes(),
            });
        }
        let found = survey.finish().objects;
        let missed: Vec<&String> = expected.iter().filter(|object| !found.contains(*object)).collect();
        assert!(missed.is_empty(), "{missed:?}");
        leaking += expected.len();
    }
    assert!((200..2880).contains(&leaking), "{leaking} of 2880 versions: some leak, some do not");
}

#[test]
fn a_vendor_that_is_named_later_makes_an_old_value_a_leak() {
    let repo = Repo::new();
    let filler: String = (0..200).map(|n| format!("line {n} of something else\n")).collect();
    let value = expand("token = \"@@token40@@\"\n").unwrap().text;
    repo.commit("a.conf", &format!("[section]\n{filler}{value}{filler}"));
    assert_eq!(repo.scan(&["--history"]).status.code(), Some(0));
    // Nothing near the value changes but the section it stands in.
    let near: String = filler.lines().take(100).map(|line| format!("{line}\n")).collect();
    repo.commit("a.conf", &format!("[cloudflare]\n{near}{value}{filler}"));
    assert_eq!(repo.scan(&["--history"]).status.code(), Some(1));
}

#[test]
fn the_name_of_a_file_says_whose_its_values_are() {
    let repo = Repo::new();
    repo.commit("dns/cloudflare.ini", &expand("api_token = @@token40@@\n").unwrap().text);
    repo.commit("dns/other.ini", &expand("api_token = @@token40:2@@\n").unwrap().text);
    repo.commit("dns/cloudflare.ini", "\n");
    let found = findings(&repo.scan(&["--history"]));
    assert_eq!(found[0]["path"], "dns/cloudflare.ini");
    assert!(found.iter().all(|finding| finding["path"] == "dns/cloudflare.ini"), "{found:?}");
}
