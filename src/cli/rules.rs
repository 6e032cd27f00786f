//! `flaresec rules` and `flaresec explain`: the rules, for people.

use std::fmt::Write as _;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use flaresec::filter::suppression::nearest;
use flaresec::report::printable;
use flaresec::rule::{Category, Docs, Example, Practice, Rule, RuleSet, Severity};
use serde::Serialize;

use super::config::{read, which};
use super::{CLEAN, complain, print};

/// Arguments of `flaresec rules`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Group the rules by the best practice they serve
    #[arg(long)]
    by_practice: bool,
    /// Output format; json is an array of objects
    #[arg(long, value_enum, default_value_t = Shape::Text, conflicts_with = "by_practice")]
    format: Shape,
}

/// Arguments of `flaresec explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of the rule, as `flaresec rules` lists it
    rule: String,
    /// Output format; json is one object
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    format: Shape,
}

/// How rules are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

/// A rule in JSON; `explain` adds its examples.
#[derive(Serialize)]
struct Described<'a> {
    id: &'a str,
    title: &'a str,
    category: Category,
    severity: Severity,
    /// Whether it runs only with `--pedantic`, or where `--select` names it.
    pedantic: bool,
    practice: Option<&'a Practice>,
    docs: &'a Docs,
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<&'a [Example]>,
}

impl<'a> Described<'a> {
    fn new(set: &'a RuleSet, rule: &'a Rule) -> Described<'a> {
        Described {
            id: &rule.id,
            title: &rule.title,
            category: rule.category,
            severity: rule.severity,
            pedantic: rule.pedantic,
            practice: set.practice(&rule.practice),
            docs: &rule.docs,
            examples: None,
        }
    }
}

fn print_json(value: &impl Serialize) -> u8 {
    let text = serde_json::to_string_pretty(value).expect("plain values can be written");
    print(format!("{text}\n").as_bytes())
}

/// Returns all rules: the built-in ones, and those of the user's own in the configuration of the current folder. If that
/// is broken, the built-in ones alone and the exit code for it: they are what helps to mend it.
fn all() -> (RuleSet, u8) {
    let embedded = RuleSet::embedded();
    match which(&["."], None).map(|file| read(&file)) {
        None => (embedded, CLEAN),
        Some(Ok(loaded)) => (loaded.config.extended(embedded), CLEAN),
        Some(Err(code)) => (embedded, code),
    }
}

/// Lists the rules.
pub(crate) fn list(args: &ListArgs) -> u8 {
    let (set, code) = all();
    code.max(print_list(&set, args))
}

fn print_list(set: &RuleSet, args: &ListArgs) -> u8 {
    if args.format == Shape::Json {
        return print_json(&set.rules.iter().map(|rule| Described::new(set, rule)).collect::<Vec<_>>());
    }
    let mut out = String::new();
    if args.by_practice {
        for practice in &set.practices {
            let _ = writeln!(out, "{}\n  {}\n  {}", practice.title, practice.why, practice.source);
            for rule in set.rules.iter().filter(|rule| rule.practice == practice.id) {
                line(rule, &mut out);
            }
            out.push('\n');
        }
    } else {
        set.rules.iter().for_each(|rule| line(rule, &mut out));
    }
    let pedantic = set.rules.iter().filter(|rule| rule.pedantic).count();
    let _ = writeln!(
        out,
        "{} rules; the {pedantic} marked pedantic state opinions and run only with --pedantic",
        set.rules.len()
    );
    print(out.as_bytes())
}

fn line(rule: &Rule, out: &mut String) {
    let opinion = if rule.pedantic { " (pedantic)" } else { "" };
    let _ = writeln!(out, "    {:<32} {:<9} {}{opinion}", rule.id, rule.severity, printable(&rule.title));
}

/// Explains one rule.
pub(crate) fn explain(args: &ExplainArgs) -> u8 {
    let mut set = RuleSet::embedded();
    if set.get(&args.rule).is_none() {
        let (with_own, code) = all();
        if code != CLEAN {
            return code;
        }
        set = with_own;
    }
    let Some(rule) = set.get(&args.rule) else {
        return complain(&format!("no rule `{}`", args.rule), &alternatives(&args.rule, &set.rules));
    };
    match args.format {
        Shape::Text => print(lines(&explanation(&set, rule)).as_bytes()),
        Shape::Json => {
            print_json(&Described { examples: Some(&rule.examples), ..Described::new(&set, rule) })
        }
    }
}

/// Returns a suggestion: the rule whose id differs by a slip of the pen, else all rules whose ids contain the word.
fn alternatives(wrong: &str, rules: &[Arc<Rule>]) -> String {
    let ids: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
    if let Some(near) = nearest(wrong, &ids) {
        return format!("did you mean `{near}`? `flaresec rules` lists all");
    }
    let holding: Vec<String> =
        ids.iter().filter(|id| !wrong.is_empty() && id.contains(wrong)).map(|id| format!("`{id}`")).collect();
    match holding.as_slice() {
        [] => String::from("`flaresec rules` lists all"),
        [one] => format!("did you mean {one}? `flaresec rules` lists all"),
        many => format!("did you mean one of {}?", many.join(", ")),
    }
}

/// Returns the limits that rules measure against, each as rule, key and default.
fn limits(set: &RuleSet) -> [(&'static str, &'static str, u32); 3] {
    [
        ("token-long-lived", "token-lifetime-days", set.limits.token_lifetime_days),
        ("token-overbroad-permissions", "permission-groups", set.limits.permission_groups),
        ("stale-credential", "credential-age-days", set.limits.credential_age_days),
    ]
}

/// Returns a text as a terminal may show it: a rule of somebody's own may hold anything.
fn lines(text: &str) -> String {
    let tabbed = |line: &str| line.split('\t').map(printable).collect::<Vec<_>>().join("\t") + "\n";
    text.lines().map(tabbed).collect()
}

fn explanation(set: &RuleSet, rule: &Rule) -> String {
    let mut out = String::new();
    let opinion = if rule.pedantic { ", off unless --pedantic" } else { "" };
    let _ = writeln!(out, "{}: {}\n", rule.id, rule.title);
    let _ = writeln!(out, "Severity {}, category {}{opinion}.\n", rule.severity, rule.category);
    if let Some(practice) = set.practice(&rule.practice) {
        let _ = writeln!(out, "Best practice: {}. {}\n  {}\n", practice.title, practice.why, practice.source);
    }
    for (heading, text) in [
        ("What it does", &rule.docs.what),
        ("Why this is bad", &rule.docs.why),
        ("What to do instead", &rule.docs.instead),
    ] {
        let _ = writeln!(out, "{heading}\n  {}\n", text.trim().replace('\n', "\n  "));
    }
    for (heading, matches) in [("Found", true), ("Not found", false)] {
        let _ = writeln!(out, "{heading} (@@…@@ stands for a synthetic secret)");
        for example in rule.examples.iter().filter(|e| e.matches == matches) {
            let path = example.path.as_deref().map_or(String::new(), |p| format!(", in {p}"));
            let _ = writeln!(
                out,
                "  {}{path}:\n      {}",
                example.name,
                example.text.trim_end().replace('\n', "\n      ")
            );
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "Configuration (flaresec.toml)\n  [rules]\n  {id} = \"allow\"  # or \"warn\", \"deny\", {{ severity = \"low\" }}",
        id = rule.id
    );
    for (of, key, default) in limits(set) {
        if of == rule.id {
            let _ = writeln!(out, "  [limits]\n  {key} = {default}");
        }
    }
    let _ = writeln!(
        out,
        "\n  In the file: `flaresec: allow({}) reason`, in a comment on the line or the line above.\n",
        rule.id
    );
    let _ = writeln!(out, "References");
    rule.docs.references.iter().for_each(|link| {
        let _ = writeln!(out, "  {link}");
    });
    out
}
