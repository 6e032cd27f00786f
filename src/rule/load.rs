//! Reads rule files and checks them. Everything that can be wrong with one is found here, with its place in the TOML.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Category, CheckKind, Detect, Docs, Example, Rule, Severity};
use crate::synthetic;

/// The written form of a rule. `deny_unknown_fields`: a misspelt key is an error, not a silent no-op.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Stable name: lower-case words joined by `-`.
    id: String,
    /// One line, lower-case, no final full stop.
    title: String,
    /// Kind of fault.
    category: Category,
    /// The harm if a finding is real.
    severity: Severity,
    /// The best practice it serves: an id of `flaresec rules --by-practice`.
    practice: String,
    /// Whether it states an opinion; such rules are off unless asked for.
    #[serde(default)]
    pedantic: bool,
    /// Ways to find it.
    #[serde(default)]
    detect: Vec<Detect>,
    /// Explanations for people, in Markdown.
    docs: Docs,
    /// Cases that must be found and cases that must not.
    #[serde(default)]
    example: Vec<Example>,
}

impl RuleFile {
    /// Returns the id of the rule.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Checks a user's own rule and returns it. Examples are not required.
    ///
    /// # Errors
    /// What is wrong, and the piece of text that is wrong.
    pub fn custom(self, practices: &[String]) -> Result<Rule, (String, String)> {
        let rule = self.into_rule();
        for detect in &rule.detects {
            if !matches!(detect.check, CheckKind::Token | CheckKind::Assignment) {
                let what = "a rule of your own can use the checks `token` and `assignment` only";
                return Err((what.to_owned(), rule.id));
            }
            if detect.keywords.is_empty() || detect.keywords.iter().any(|k| k.len() < LEAST_KEYWORD) {
                let what = format!(
                    "`keywords` decide which files are looked at: name some, of {LEAST_KEYWORD} bytes at least"
                );
                return Err((what, rule.id));
            }
        }
        check(&rule, practices)?;
        Ok(rule)
    }

    pub(super) fn into_rule(self) -> Rule {
        Rule {
            id: self.id,
            title: self.title,
            category: self.category,
            severity: self.severity,
            practice: self.practice,
            pedantic: self.pedantic,
            detects: self.detect,
            docs: self.docs,
            examples: self.example,
        }
    }
}

/// The least length of a user's keyword, in bytes; shorter ones would slow every scan down.
const LEAST_KEYWORD: usize = 4;

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Lower-case, no final full stop.
    pub message: String,
    /// Bytes of the TOML text, if the place is known.
    pub span: Option<Range<usize>>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RuleError {}

/// Reads one rule from TOML and checks it: `stem` is the name of its file without `.toml`,
/// `practices` the known practice keys.
///
/// # Errors
/// The first fault found, with its place in `text`.
pub fn parse(text: &str, stem: &str, practices: &[String]) -> Result<Rule, RuleError> {
    let file: RuleFile = toml::from_str(text)
        .map_err(|e| RuleError { message: e.message().to_lowercase(), span: e.span() })?;
    let rule = file.into_rule();
    named(&rule, stem)
        .and_then(|()| check(&rule, practices))
        .and_then(|()| enough_examples(&rule))
        .map_err(|(message, anchor)| RuleError { message, span: place(text, &anchor) })?;
    Ok(rule)
}

/// Returns the first place where `anchor` occurs in the text: a fault is reported with a piece of the text that is
/// wrong.
fn place(text: &str, anchor: &str) -> Option<Range<usize>> {
    text.find(anchor).map(|at| at..at + anchor.len())
}

type Fault = (String, String);

fn named(rule: &Rule, stem: &str) -> Result<(), Fault> {
    if rule.id == stem {
        return Ok(());
    }
    Err((format!("id `{}` is not the name of the file, `{stem}`", rule.id), rule.id.clone()))
}

fn enough_examples(rule: &Rule) -> Result<(), Fault> {
    let (good, bad): (Vec<_>, Vec<_>) = rule.examples.iter().partition(|e| e.matches);
    // Age cannot be shown in an example; tests with real repositories cover it.
    let shown = rule.detects.iter().any(|detect| detect.check != CheckKind::Age);
    if !shown || good.len() >= 3 && bad.len() >= 3 {
        return Ok(());
    }
    let (good, bad) = (good.len(), bad.len());
    let what = format!("{good} examples that match and {bad} that do not; at least 3 of each are needed");
    Err((what, String::from("[[example]]")))
}

fn check(rule: &Rule, practices: &[String]) -> Result<(), Fault> {
    let fault = |message: String, anchor: &str| Err((message, anchor.to_owned()));
    if !rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return fault(format!("id `{}` has characters other than a-z, 0-9 and -", rule.id), &rule.id);
    }
    if !practices.contains(&rule.practice) {
        return fault(
            format!("no practice `{}`; there are: {}", rule.practice, practices.join(", ")),
            &rule.practice,
        );
    }
    if rule.detects.is_empty() {
        return fault("no [[detect]]: the rule can find nothing".to_owned(), "title");
    }
    for detect in &rule.detects {
        check_detect(detect)?;
    }
    for example in &rule.examples {
        let expanded = synthetic::expand(&example.text)
            .map_err(|e| (format!("example `{}`: {e}", example.name), example.name.clone()))?;
        if example.matches == expanded.expected.is_empty() {
            let what = if example.matches { "has no marker" } else { "must not match but has a marker" };
            return fault(format!("example `{}` {what}", example.name), &example.name);
        }
    }
    Ok(())
}

fn check_detect(detect: &Detect) -> Result<(), Fault> {
    let fault = |message: String, anchor: &str| Err((message, anchor.to_owned()));
    let needs: &[(&str, bool)] = match detect.check {
        CheckKind::Token => {
            &[("keywords", !detect.keywords.is_empty()), ("pattern", detect.pattern.is_some())]
        }
        CheckKind::Assignment => &[("value", detect.value.is_some()), ("name", detect.name.is_some())],
        CheckKind::Request | CheckKind::Setting | CheckKind::Block | CheckKind::Tracked => {
            &[("variant", detect.variant.is_some())]
        }
        CheckKind::Duplicate | CheckKind::Age | CheckKind::Comment => &[],
    };
    if let Some((key, _)) = needs.iter().find(|(_, there)| !there) {
        return fault(format!("a [[detect]] of this check needs `{key}`"), "[[detect]]");
    }
    if detect.variant.is_some_and(|variant| variant.check() != detect.check) {
        return fault("`variant` belongs to another check than `check` names".to_owned(), "variant");
    }
    for (key, expression) in [
        ("pattern", &detect.pattern),
        ("value", &detect.value),
        ("name", &detect.name),
        ("not_name", &detect.not_name),
        ("near", &detect.near),
        ("topic", &detect.topic),
        ("file", &detect.file),
        ("partner", &detect.partner),
    ] {
        let Some(expression) = expression else { continue };
        if let Err(e) = regex::bytes::RegexBuilder::new(expression).unicode(false).build() {
            return fault(format!("`{key}` is not a valid expression: {e}"), expression);
        }
    }
    if let Some(pattern) = &detect.pattern
        && !pattern.contains("(?<secret>")
        && !pattern.contains("(?<span>")
    {
        return fault(
            "`pattern` has no group `secret` or `span`: where would the finding be?".to_owned(),
            pattern,
        );
    }
    if let Some(keyword) = detect.keywords.iter().find(|k| k.len() < 3 || k.to_lowercase() != **k) {
        return fault(format!("keyword `{keyword}` must be lower-case and at least 3 bytes long"), keyword);
    }
    Ok(())
}
