//! The configuration in words: what it changes, for every report, and each value with its origin.

use super::{Config, Level, Setting, parts};
use crate::blob::hidden;
use crate::rule::{Category, Confidence, RuleSet, Severity};
use crate::text::is_deceptive;

/// One value as `flaresec config show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// A line of TOML; a comment if there is no other way to say it in one line.
    pub line: String,
    /// Whether the file sets it; otherwise it is the default.
    pub from_file: bool,
}

/// Returns every value that a scan uses, with its origin. All lines together are a configuration.
pub fn settings(config: &Config, rules: &RuleSet) -> Vec<Shown> {
    let mut out = Vec::new();
    let mut add = |key: &str, value: String, from_file: bool| {
        out.push(Shown { line: format!("{key} = {value}"), from_file });
    };
    let list =
        |items: &[String]| format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "));
    add("exclude", list(&config.exclude), !config.exclude.is_empty());
    add("fail-on", quoted(config.fail_on.unwrap_or(Severity::Low).name()), config.fail_on.is_some());
    let least = config.min_confidence.unwrap_or(Confidence::Medium);
    add("min-confidence", quoted(least.name()), config.min_confidence.is_some());
    add("pedantic", config.pedantic.to_string(), config.pedantic);
    match config.max_file_size {
        Some(size) => add("max-file-size", size.to_string(), true),
        None => add("# max-file-size", String::from("no limit"), false),
    }
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
        add(&format!("names.{}", key(name)), quoted(id), true);
    }
    for (id, setting) in &config.rules {
        add(&format!("rules.{}", key(id)), written(*setting), true);
    }
    let per_path = config.per_path.iter().map(|per_path| {
        let rules = per_path.rules.iter().map(|(id, setting)| format!("{} = {}", key(id), written(*setting)));
        let rules = rules.collect::<Vec<_>>().join(", ");
        format!("{{ paths = {}, rules = {{ {rules} }} }}", list(&per_path.paths))
    });
    let per_path = per_path.collect::<Vec<_>>().join(", ");
    add("per-path", format!("[{per_path}]"), !config.per_path.is_empty());
    for rule in &config.custom_rule {
        add("# custom-rule", quoted(rule.id()), true);
    }
    out
}

/// Returns a text as TOML, in one line and without characters that a terminal obeys.
fn quoted(text: &str) -> String {
    if !text.contains(is_hidden) {
        return toml::Value::from(text).to_string();
    }
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if is_hidden(c) => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn is_hidden(c: char) -> bool {
    c.is_control() || is_deceptive(c)
}

/// Returns a key as TOML.
fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// Returns a setting as it is written in the file.
fn written(setting: Setting) -> String {
    let (level, severity) = match setting {
        Setting::Level(level) => return quoted(level.name()),
        Setting::Table(table) => (table.level, table.severity),
    };
    let parts = [("level", level.map(Level::name)), ("severity", severity.map(Severity::name))];
    let parts = parts.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", quoted(value?))));
    format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
}

/// Returns everything that the configuration changes, in words, for every report.
pub fn notices(config: &Config, file: &str) -> Vec<String> {
    let mut out = vec![format!("configuration {file}")];
    let mut say = |text: String| out.push(format!("configuration {file}: {text}"));
    for (id, setting) in &config.rules {
        say(format!("{} {id} {}", kind(id), words(*setting)));
    }
    for per_path in &config.per_path {
        for (id, setting) in &per_path.rules {
            say(format!("{} {id} {} in {}", kind(id), words(*setting), per_path.paths.join(", ")));
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

/// Whether a setting is about a rule or about a category.
fn kind(id: &str) -> &'static str {
    if Category::ALL.iter().any(|category| category.name() == id) { "category" } else { "rule" }
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

#[cfg(test)]
mod tests {
    use super::{notices, settings};
    use crate::config::parse;
    use crate::rule::RuleSet;

    #[test]
    fn what_is_shown_is_a_configuration_that_says_the_same() {
        let rules = RuleSet::embedded();
        let text = "exclude = ['a\"\\b', 'c', \"d\\\"\\n\\u001b\\u202e\"]\nmax-file-size = '1kB'\n[names]\n'edge token' = 'hardcoded-api-token'\n\
                    [rules]\nsecret = 'warn'\nhardcoded-api-token = 'deny'\n\
                    insecure-api-url = { level = 'warn', severity = 'medium' }\ncredential-logged = {}\n\
                    [[per-path]]\npaths = ['b', 'c']\nrules = { global-key = { severity = 'low' } }\n\
                    [[per-path]]\npaths = ['d']\nrules = { best-practice = 'allow', credential-logged = 'deny' }\n";
        for text in ["", text] {
            let config = parse(text, "f", &rules).unwrap();
            let shown: Vec<String> = settings(&config, &rules).into_iter().map(|shown| shown.line).collect();
            for line in &shown {
                assert!(toml::from_str::<toml::Table>(line).is_ok(), "{line}");
                assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line}");
            }
            let again = parse(&shown.join("\n"), "f", &rules).unwrap();
            // The defaults are written out.
            let (said, first) = (notices(&again, "f"), notices(&config, "f"));
            assert!(first.iter().all(|line| said.contains(line)), "{first:?} {said:?}");
        }
    }
}
