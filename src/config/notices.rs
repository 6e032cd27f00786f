//! The configuration in words: what it changes, for every report, and each value with its origin.

use super::{Config, Level, Setting, parts};
use crate::blob::hidden;
use crate::rule::{Confidence, RuleSet, Severity};

/// One value as `flaresec config show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The key.
    pub key: String,
    /// The value, as TOML.
    pub value: String,
    /// Whether the file sets it; otherwise it is the default.
    pub from_file: bool,
}

/// Returns every value that a scan uses, with its origin.
pub fn settings(config: &Config, rules: &RuleSet) -> Vec<Shown> {
    let mut out = Vec::new();
    let mut add = |key: &str, value: String, from_file: bool| {
        out.push(Shown { key: key.to_owned(), value, from_file });
    };
    let list =
        |items: &[String]| format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "));
    add("exclude", list(&config.exclude), !config.exclude.is_empty());
    add("fail-on", quoted(config.fail_on.unwrap_or(Severity::Low).name()), config.fail_on.is_some());
    let least = config.min_confidence.unwrap_or(Confidence::Medium);
    add("min-confidence", quoted(least.name()), config.min_confidence.is_some());
    add("pedantic", config.pedantic.to_string(), config.pedantic);
    let size = config.max_file_size.map_or_else(|| quoted("unlimited"), |size| size.to_string());
    add("max-file-size", size, config.max_file_size.is_some());
    add("samples", list(&config.samples), !config.samples.is_empty());
    add("foreign-suppressions", config.foreign_suppressions.to_string(), config.foreign_suppressions);
    let limits = config.extended(rules.clone()).limits;
    let own = config.limits;
    for (key, value, own) in [
        ("limits.token-lifetime-days", limits.token_lifetime_days, own.token_lifetime_days),
        ("limits.permission-groups", limits.permission_groups, own.permission_groups),
        ("limits.credential-age-days", limits.credential_age_days, own.credential_age_days),
    ] {
        add(key, value.to_string(), own.is_some());
    }
    for (name, id) in &config.names {
        add(&format!("names.{name}"), quoted(id), true);
    }
    for (id, setting) in &config.rules {
        add(&format!("rules.{id}"), quoted(&words(*setting)), true);
    }
    for per_path in &config.per_path {
        for (id, setting) in &per_path.rules {
            add(&format!("rules.{id} in {}", per_path.paths.join(", ")), quoted(&words(*setting)), true);
        }
    }
    for rule in &config.custom_rule {
        add("custom-rule", quoted(rule.id()), true);
    }
    out
}

fn quoted(text: &str) -> String {
    format!("{:?}", text)
}

/// Returns everything that the configuration changes, in words, for every report.
pub fn notices(config: &Config, file: &str) -> Vec<String> {
    let mut out = vec![format!("configuration {file}")];
    let mut say = |text: String| out.push(format!("configuration {file}: {text}"));
    for (id, setting) in &config.rules {
        say(format!("rule {id} {}", words(*setting)));
    }
    for per_path in &config.per_path {
        for (id, setting) in &per_path.rules {
            say(format!("rule {id} {} in {}", words(*setting), per_path.paths.join(", ")));
        }
    }
    if !config.exclude.is_empty() {
        say(format!("not scanned: {}", config.exclude.join(", ")));
    }
    if let Some(severity) = config.fail_on {
        say(format!("only severity {severity} and above fails the run"));
    }
    if let Some(confidence) = config.min_confidence {
        say(format!("only confidence {confidence} and above is reported"));
    }
    if let Some(size) = config.max_file_size {
        say(format!("files of more than {size} bytes are skipped"));
    }
    for rule in &config.custom_rule {
        say(format!("rule {} is added", rule.id()));
    }
    for (name, id) in &config.names {
        say(format!("values named {name} are checked by {id}"));
    }
    let limits = config.limits;
    for (what, value) in [
        ("token-lifetime-days", limits.token_lifetime_days),
        ("permission-groups", limits.permission_groups),
        ("credential-age-days", limits.credential_age_days),
    ] {
        if let Some(value) = value {
            say(format!("limit {what} is {value}"));
        }
    }
    if config.foreign_suppressions {
        say(String::from("comments for other scanners count"));
    }
    if !config.samples.is_empty() {
        say(format!("{} values are accepted as samples", config.samples.len()));
    }
    out.iter()
        .map(|text| {
            hidden(text.clone()).chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
        })
        .collect()
}

fn words(setting: Setting) -> String {
    let (level, severity) = parts(setting);
    let level = match level {
        Some(Level::Allow) => "is disabled",
        Some(Level::Warn) => "only warns",
        Some(Level::Deny) => "has severity high at least",
        None => "is changed",
    };
    severity.map_or(level.to_owned(), |severity| format!("{level}, severity {severity}"))
}
