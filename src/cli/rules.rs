//! `flaresec rules` and `flaresec explain`: the rules, for people.

use std::fmt::Write as _;

use clap::Args;
use flaresec::rule::{Rule, RuleSet};

use super::{CLEAN, complain, print};

/// Arguments of `flaresec rules`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Group the rules by the best practice they serve
    #[arg(long)]
    by_practice: bool,
}

/// Arguments of `flaresec explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of the rule, as `flaresec rules` lists it
    rule: String,
}

/// Lists the rules.
pub(crate) fn list(args: &ListArgs) -> u8 {
    let set = RuleSet::embedded();
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
    print(out.as_bytes());
    CLEAN
}

fn line(rule: &Rule, out: &mut String) {
    let opinion = if rule.pedantic { " (pedantic)" } else { "" };
    let _ = writeln!(out, "    {:<32} {:<9} {}{opinion}", rule.id, rule.severity, rule.title);
}

/// Explains one rule.
pub(crate) fn explain(args: &ExplainArgs) -> u8 {
    let set = RuleSet::embedded();
    let Some(rule) = set.get(&args.rule) else {
        let near = set.rules.iter().find(|r| r.id.contains(&args.rule) || args.rule.contains(&r.id));
        let remedy = match near {
            Some(near) => format!("did you mean `{}`? `flaresec rules` lists all", near.id),
            None => String::from("`flaresec rules` lists all"),
        };
        return complain(&format!("no rule `{}`", args.rule), &remedy);
    };
    print(explanation(&set, rule).as_bytes());
    CLEAN
}

/// The limits that rules measure against: rule, key, value without a configuration.
fn limits(set: &RuleSet) -> [(&'static str, &'static str, u32); 3] {
    [
        ("token-long-lived", "token-lifetime-days", set.limits.token_lifetime_days),
        ("token-overbroad-permissions", "permission-groups", set.limits.permission_groups),
        ("stale-credential", "credential-age-days", set.limits.credential_age_days),
    ]
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
