//! `flaresec.toml`: where it is found, what it may say, and what that does to findings. It only narrows or changes what it
//! names, and every change is put into words for the report. Runs nothing and reads no file but itself.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::filter::suppression::nearest;
use crate::rule::{Category, Confidence, Rule, RuleFile, RuleSet, Severity};
use crate::source::exclude::Globs;

mod apply;
mod discover;
mod extend;
mod file;
mod hidden;
mod notices;
mod value;

pub use apply::apply;
use hidden::{Hidden, hidden};

pub use discover::{NAMES, candidates, discover, upwards};
pub use file::{content, found};
pub use notices::{Shown, notices, settings};
pub use value::size;

/// The largest configuration that is read, in bytes: a hostile one may be of any size.
pub const LARGEST: u64 = 1024 * 1024;

/// The configuration of flaresec. An unknown key is an error, never ignored in silence.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// What to do about the findings of a rule or of a category, by its id or name: a level (`"allow"`, `"warn"`,
    /// `"deny"`) or a table. What is said about a rule wins over what is said about its category.
    pub rules: BTreeMap<String, Setting>,
    /// Settings of rules for some paths only; of several that fit, the last one wins.
    pub per_path: Vec<PerPath>,
    /// Files and folders that are not scanned, in .gitignore syntax, relative to the folder of this file.
    #[serde(deserialize_with = "value::globs")]
    pub exclude: Vec<String>,
    /// Lowest severity that makes the exit code 1. Default: low.
    pub fail_on: Option<Severity>,
    /// Lowest confidence of the findings that are reported. Default: medium.
    pub min_confidence: Option<Confidence>,
    /// Also run the rules that state opinions.
    pub pedantic: bool,
    /// Skip files larger than this, in bytes or with a unit such as `"10MB"`; the summary counts them. Default: no
    /// limit.
    #[serde(deserialize_with = "value::size_or_number")]
    #[cfg_attr(test, schemars(schema_with = "value::size_schema"))]
    pub max_file_size: Option<u64>,
    /// Values that are not secrets, such as the sample values of your documentation: their SHA-256 in hex.
    #[serde(deserialize_with = "value::digests")]
    pub samples: Vec<String>,
    /// Comments for other scanners accept findings as well: `gitleaks:allow`, `trufflehog:ignore`,
    /// `kingfisher:ignore`, `pragma: allowlist secret`, `nosec`.
    pub foreign_suppressions: bool,
    /// Names of your own for credentials, and the rule that looks at values named so: `EDGE_TOKEN =
    /// "hardcoded-api-token"`.
    pub names: BTreeMap<String, String>,
    /// Limits that rules measure against.
    pub limits: Limits,
    /// Rules of your own, written like the built-in ones.
    pub custom_rule: Vec<RuleFile>,
}

/// Limits that rules measure against; those left out keep their defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// The longest lifetime of a token, in days; `token-long-lived` reports longer ones. Default: 365.
    pub token_lifetime_days: Option<u32>,
    /// The most permission groups of a token; `token-overbroad-permissions` reports more. Default: 20.
    pub permission_groups: Option<u32>,
    /// The age of a credential in the history, in days, from which `stale-credential` reports it. Default: 90.
    pub credential_age_days: Option<u32>,
}

/// What is done about the findings of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// They are accepted: marked as suppressed, and not counted.
    Allow,
    /// They are notes, which do not fail the run by default.
    Warn,
    /// They have severity high at least.
    Deny,
}

impl Level {
    const ALL: [(&str, Level); 3] = [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];

    fn name(self) -> &'static str {
        Level::ALL.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

/// A level, or a table with a level or a severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(untagged))]
pub enum Setting {
    /// `"allow"`, `"warn"` or `"deny"`.
    Level(Level),
    /// `{ severity = "low" }`
    Table(SettingTable),
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Setting, D::Error> {
        deserializer.deserialize_any(SettingVisitor)
    }
}

/// Says what a setting may be; what serde derives speaks of variants and enums.
struct SettingVisitor;

impl<'de> Visitor<'de> for SettingVisitor {
    type Value = Setting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"allow\", \"warn\", \"deny\" or a table such as { severity = \"low\" }")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Setting, E> {
        let known = Level::ALL.iter().find(|(name, _)| *name == word);
        known.map(|(_, level)| Setting::Level(*level)).ok_or_else(|| {
            let severity = Severity::ALL.iter().any(|severity| severity.name() == word);
            let table = if severity {
                format!("; a severity is written {{ severity = \"{word}\" }}")
            } else {
                String::new()
            };
            E::custom(format!("`{word}` is not a level: write `allow`, `warn` or `deny`{table}"))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Setting, A::Error> {
        SettingTable::deserialize(MapAccessDeserializer::new(map)).map(Setting::Table)
    }
}

/// The longer form of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SettingTable {
    /// What is done about the findings.
    pub level: Option<Level>,
    /// The severity that the findings get.
    pub severity: Option<Severity>,
}

/// Settings of rules for some paths.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PerPath {
    /// The paths, in .gitignore syntax, relative to the folder of this file.
    #[serde(deserialize_with = "value::globs")]
    pub paths: Vec<String>,
    /// What to do about findings there, by rule or category.
    pub rules: BTreeMap<String, Setting>,
}

/// What is wrong with a configuration, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// File, line and cause.
    pub what: String,
    /// What the user can do.
    pub remedy: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ConfigError {}

/// Reads a configuration and checks it against the known rules.
///
/// # Errors
/// If the file cannot be read, or for the first fault in it.
pub fn read(file: &Path, rules: &RuleSet) -> Result<Config, ConfigError> {
    let cannot = |cause: String| ConfigError {
        what: format!("the configuration {} cannot be read: {cause}", file.display()),
        remedy: String::from(
            "name another file with --config, or use --isolated to scan without a configuration",
        ),
    };
    let bytes = content(file, LARGEST).map_err(cannot)?;
    let text = String::from_utf8(bytes).map_err(|_| cannot(String::from("it is not UTF-8")))?;
    parse(&text, &file.display().to_string(), rules)
}

/// Reads a configuration from its text; `name` is the file for messages.
///
/// # Errors
/// For the first fault, with its line.
pub fn parse(text: &str, name: &str, rules: &RuleSet) -> Result<Config, ConfigError> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let config: Config = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(1, |span| line(span.start));
        let what = value::plain(e.message());
        ConfigError { what: format!("{name}:{at}: {what}"), remedy: suggestion(&what) }
    })?;
    if let Some(Hidden { at, key, character }) = hidden(text) {
        let code = u32::from(character);
        let what = format!("{name}:{}: `{key}` holds the invisible character U+{code:04X}", line(at));
        let remedy =
            String::from("take it out: texts of rules hold line breaks and tabs, and no other of that kind");
        return Err(ConfigError { what, remedy });
    }
    // A fault of content is placed at the first line that holds the word it is about.
    let placed = |fault: Fault| ConfigError {
        what: format!("{name}:{}: {}", text.find(&fault.anchor).map_or(1, line), fault.what),
        remedy: fault.remedy,
    };
    check(&config, rules).map_err(placed)?;
    config.extend(rules.clone()).map_err(placed)?;
    Ok(config)
}

/// A fault in a configuration whose syntax is right.
struct Fault {
    /// A piece of the text; the fault is reported at the line where it first occurs.
    anchor: String,
    what: String,
    remedy: String,
}

fn check(config: &Config, rules: &RuleSet) -> Result<(), Fault> {
    let fault =
        |anchor: &str, what: String, remedy: String| Fault { anchor: anchor.to_owned(), what, remedy };
    let mut known: Vec<String> = rules.rules.iter().map(|rule| rule.id.clone()).collect();
    known.extend(config.custom_rule.iter().map(|rule| rule.id().to_owned()));
    let unknown = |id: &str, what: &str, known: &[String]| {
        let remedy = nearest(id, known).map(|near| format!("did you mean `{near}`?"));
        let all = String::from("`flaresec rules` lists all");
        fault(id, format!("no {what} `{id}`"), remedy.unwrap_or(all))
    };
    if let Some(id) = config.names.values().find(|id| !known.contains(id)) {
        return Err(unknown(id, "rule", &known));
    }
    known.extend(Category::ALL.iter().map(|category| category.name().to_owned()));
    let mut settings = config.rules.keys().chain(config.per_path.iter().flat_map(|p| p.rules.keys()));
    if let Some(id) = settings.find(|id| !known.contains(id)) {
        return Err(unknown(id, "rule or category", &known));
    }
    for globs in config.per_path.iter().map(|p| &p.paths).chain([&config.exclude]) {
        Globs::new(Path::new(""), globs).map_err(|(glob, e)| {
            let remedy = String::from("use .gitignore syntax, such as `vendor/**`");
            fault(&glob, format!("not a valid glob: {e}"), remedy)
        })?;
    }
    for sample in &config.samples {
        if sample.len() != 64 || !sample.bytes().all(|b| b.is_ascii_hexdigit()) {
            let what = String::from("a sample is not a SHA-256 digest");
            let remedy = String::from(
                "write the 64 hex digits of `printf %s VALUE | sha256sum`, so that the value itself stays out of this file",
            );
            return Err(fault("samples", what, remedy));
        }
    }
    Ok(())
}

/// Returns what to do about a message such as "unknown key `x`, expected one of `a`, `b`": the name that was meant, if it
/// is among them.
fn suggestion(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let wrong = names.next().unwrap_or_default();
    let there: Vec<String> = names.map(str::to_owned).collect();
    match nearest(wrong, &there) {
        Some(near) => format!("did you mean `{near}`?"),
        None => String::from(concat!(
            env!("CARGO_PKG_REPOSITORY"),
            "/blob/main/docs/configuration.md lists every key"
        )),
    }
}

/// Returns what is said about a rule: by its id, else by its category.
fn about(rules: &BTreeMap<String, Setting>, rule: &Rule) -> Option<Setting> {
    rules.get(&rule.id).or_else(|| rules.get(rule.category.name())).copied()
}

fn parts(setting: Setting) -> (Option<Level>, Option<Severity>) {
    match setting {
        Setting::Level(level) => (Some(level), None),
        Setting::Table(table) => (table.level, table.severity),
    }
}

#[cfg(test)]
mod tests;
