//! Keeps the tree in order: imports go one way, modules say what they own, generated documents are current.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flaresec::blob::PREFIXES;
use flaresec::rule::RuleSet;

use crate::support::{root, run, stdout};

/// The modules of the library in the order the data flows. A module may use those before it.
const ORDER: &[&str] = &[
    "span",
    "blob",
    "text",
    "synthetic",
    "rule",
    "finding",
    "source",
    "literals",
    "prefilter",
    "endpoint",
    "fact",
    "check",
    "scan",
    "filter",
    "config",
    "report",
    "collect",
];

/// The same inside of `check`, whose own file all of them may use.
const CHECKS: &[&str] = &[
    "around",
    "candidate",
    "compiled",
    "signs",
    "advice",
    "value",
    "proof",
    "token",
    "assignment",
    "operation",
    "request",
    "setting",
    "block",
];

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files.sort();
    let name =
        |path: &Path| path.strip_prefix(root().join("src")).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Every module of the library, `check::request::tls`, with the modules that it names by `crate::`, `super::` or `self::`.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let outside = |name: &str| matches!(name.split("::").next(), Some("main" | "cli" | "lib"));
    let name = |file: &str| file.trim_end_matches(".rs").replace('/', "::");
    let files: Vec<(String, String)> =
        sources().into_iter().map(|(file, text)| (name(&file), text)).filter(|(m, _)| !outside(m)).collect();
    let known: BTreeSet<String> = files.iter().map(|(module, _)| module.clone()).collect();
    let of = |module: &String, text: &String| {
        let named = paths(text, module).into_iter().filter(|path| !path.is_empty());
        named.map(|path| holding(&path, &known)).filter(|used| used != module).collect()
    };
    files.iter().map(|(module, text)| (module.clone(), of(module, text))).collect()
}

/// The module that a path leads into: `check::value::looks_random` into `check::value`.
fn holding(path: &str, known: &BTreeSet<String>) -> String {
    let mut module = path;
    while !known.contains(module) {
        let (rest, _) = module.rsplit_once("::").unwrap_or_else(|| panic!("`{path}` is in no module"));
        module = rest;
    }
    module.to_owned()
}

/// The paths that a file names, from the root of the library on. Comments name what they like, unit tests may look anywhere.
fn paths(text: &str, module: &str) -> Vec<String> {
    let mut code = text;
    for tests in ["#[cfg(test)]\nmod tests", "#[cfg(test)]\npub(crate) mod tests"] {
        code = code.split(tests).next().unwrap();
    }
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let module: Vec<&str> = module.split("::").collect();
    let mut out = Vec::new();
    for (word, base) in [("crate::", &[][..]), ("self::", &module[..]), ("super::", &module[..])] {
        for (at, _) in code.match_indices(word) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '$')) {
                // The word `super` is part of the path: it is what leads out of the module.
                let skipped = if word == "super::" { 0 } else { word.len() };
                branches(&code[at + skipped..], base.to_vec(), &mut out);
            }
        }
    }
    out
}

/// The paths of a tree of imports, `a::{b, c::{self, d}}`, or of a path in code.
fn branches<'a>(tree: &'a str, mut base: Vec<&'a str>, out: &mut Vec<String>) {
    let tree = tree.trim_start();
    if let Some(list) = tree.strip_prefix('{') {
        let (mut depth, mut start) = (0, 0);
        for (at, mark) in list.char_indices() {
            match mark {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    if !list[start..at].trim().is_empty() {
                        branches(&list[start..at], base.clone(), out);
                    }
                    start = at + 1;
                    if mark == '}' {
                        return;
                    }
                }
                _ => {}
            }
        }
        return;
    }
    let length = tree.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tree.len());
    let (name, rest) = tree.split_at(length);
    match name {
        "super" => drop(base.pop()),
        "self" | "" => {}
        name => base.push(name),
    }
    match rest.strip_prefix("::") {
        Some(rest) => branches(rest, base, out),
        None => out.push(base.join("::")),
    }
}

/// What the program embeds from outside of `src` is part of what names a cached build, and there when the container is
/// built.
#[test]
fn builds_know_everything_that_is_embedded() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let (install, container) = (read("action/install.sh"), read("Dockerfile"));
    let named = install.lines().find(|line| line.contains("find Cargo.toml")).unwrap();
    let mut folders = BTreeSet::from([String::from("rules")]);
    for (_, text) in sources() {
        for path in text.split("include_str!(\"").skip(1).filter_map(|after| after.split('"').next()) {
            let outside = path.trim_start_matches("../");
            let depth = if outside.starts_with("docs/") { 2 } else { 1 };
            let folder: Vec<&str> = outside.split('/').take(depth).collect();
            if outside != path {
                folders.insert(folder.join("/"));
            }
        }
    }
    assert!(folders.len() > 2, "{folders:?}");
    for folder in folders {
        assert!(named.split(' ').any(|word| word == folder), "{folder} is not in {named}");
        assert!(container.contains(&format!("COPY {folder} {folder}\n")), "{folder}");
    }
}

#[test]
fn paths_are_read_from_imports_and_code() {
    for (text, expected) in [
        ("use crate::span::Span;", &["span::Span"][..]),
        ("use crate::{span::Span, fact};", &["span::Span", "fact"]),
        (
            "use crate::fact::{\n    place::{is_code, self},\n    words,\n};",
            &["fact::place::is_code", "fact::place", "fact::words"],
        ),
        ("use super::{Key, value};", &["check::a::Key", "check::a::value"]),
        ("use super::super::{API, c::{d, e}};", &["check::API", "check::c::d", "check::c::e"]),
        ("use self::packed::{A, B};", &["check::a::b::packed::A", "check::a::b::packed::B"]),
        ("pub(crate) use crate::fact::expression;", &["fact::expression"]),
        ("let x = crate::scan::mask(&y) + super::z;", &["scan::mask", "check::a::z"]),
        ("pub(super) fn f() { a::b::c() }", &[]),
        ("/// [`Report`](crate::report::Report)\n// crate::report\nfn f() {}", &[]),
        ("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::report::Report;\n}", &[]),
        ("std::crate::no; mysuper::no;", &[]),
    ] {
        assert_eq!(paths(text, "check::a::b"), expected, "{text}");
    }
}

#[test]
fn imports_go_one_way() {
    let rank = |order: &[&str], module: &str| {
        let known = order.iter().position(|name| *name == module);
        known.unwrap_or_else(|| panic!("{module} has no place in {}", file!()))
    };
    for (module, used) in uses() {
        let mut own = module.split("::");
        let (top, part) = (own.next().unwrap(), own.next());
        let place = rank(ORDER, top);
        for other in used {
            let mut theirs = other.split("::");
            let (their_top, their_part) = (theirs.next().unwrap(), theirs.next());
            assert!(rank(ORDER, their_top) <= place, "{module} uses {other}, which comes after it");
            if let (("check", "check"), Some(part), Some(theirs)) = ((top, their_top), part, their_part) {
                assert!(
                    rank(CHECKS, theirs) <= rank(CHECKS, part),
                    "{module} uses {other}, which comes after it"
                );
            }
        }
        if let ("check", Some(part)) = (top, part) {
            rank(CHECKS, part);
        }
    }
}

/// Modules in a folder are in some order, too: which one does not matter.
#[test]
fn modules_beside_each_other_use_each_other_one_way() {
    let uses = uses();
    // Of two paths the modules where they part: `check::token` and `check::value::…` are `token` and `value` of `check`.
    let mut beside: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, used) in &uses {
        for other in used {
            let (own, theirs): (Vec<&str>, Vec<&str>) =
                (module.split("::").collect(), other.split("::").collect());
            let common = own.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            if let (Some(own), Some(theirs)) = (own.get(common), theirs.get(common)) {
                let folder = module.split("::").take(common).collect::<Vec<_>>().join("::");
                let edges = beside.entry(folder).or_default().entry((*own).to_owned()).or_default();
                edges.insert((*theirs).to_owned());
            }
        }
    }
    for (folder, mut edges) in beside {
        // What uses nothing that is left is first, and is taken away.
        while !edges.is_empty() {
            let first: Vec<String> = edges
                .iter()
                .filter(|(_, used)| used.iter().all(|other| !edges.contains_key(other)))
                .map(|(module, _)| module.clone())
                .collect();
            assert!(!first.is_empty(), "in `{folder}` these use each other in a circle: {edges:?}");
            edges.retain(|module, _| !first.contains(module));
        }
    }
}

#[test]
fn every_module_says_what_it_owns() {
    for (file, text) in sources() {
        assert!(text.starts_with("//!"), "src/{file} does not start with `//!`");
    }
}

#[test]
fn the_table_of_rules_is_current() {
    let set = RuleSet::embedded();
    let mut text = String::from(
        "# Rules\n\nEach `.toml` here but `practices.toml` and `samples.toml` is a rule; adding a file registers it. How to write one: \
         [CONTRIBUTING.md](../CONTRIBUTING.md). This table is generated by `cargo bless`.\n",
    );
    for practice in &set.practices {
        let _ =
            write!(text, "\n## {}\n\n{} ([source]({}))\n\n", practice.title, practice.why, practice.source);
        let _ = writeln!(text, "| rule | severity | category | finds |\n|---|---|---|---|");
        for rule in set.rules.iter().filter(|r| r.practice == practice.id) {
            let opinion = if rule.pedantic { ", `--pedantic`" } else { "" };
            let _ = writeln!(
                text,
                "| [`{0}`]({0}.toml) | {1}{opinion} | {2} | {3} |",
                rule.id, rule.severity, rule.category, rule.title
            );
        }
    }
    let file = root().join("rules/README.md");
    if std::env::var_os("FLARESEC_BLESS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let current = fs::read_to_string(&file).unwrap_or_default();
    assert!(current == text, "rules/README.md is not current: run `cargo bless`");
}

#[test]
fn this_repository_is_clean_under_its_own_configuration() {
    let output = run(&root(), &["scan", "--exclude", "/target"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

/// Scanners that guard a push stop at the form alone, so even a made-up token is written as a marker.
#[test]
fn no_complete_token_is_written_out() {
    let form = format!("(?:{})[0-9A-Za-z]{{40}}[0-9a-f]{{8}}", PREFIXES.join("|"));
    let token = regex::bytes::Regex::new(&form).unwrap();
    let made = |entry: &ignore::DirEntry| matches!(entry.file_name().to_str(), Some(".git" | "target"));
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let walk = ignore::WalkBuilder::new(root()).hidden(false).filter_entry(move |entry| !made(entry)).build();
    for entry in walk.filter_map(Result::ok).filter(|entry| entry.path().is_file()) {
        if token.is_match(&fs::read(entry.path()).unwrap()) {
            found.push(entry.path().to_owned());
        }
        seen.insert(entry.path().strip_prefix(root()).unwrap().to_owned());
    }
    for file in ["README.md", "action.yml", "src/lib.rs", "rules/README.md"] {
        assert!(seen.contains(Path::new(file)), "{file} was not looked at");
    }
    assert_eq!(found, Vec::<PathBuf>::new());
}
