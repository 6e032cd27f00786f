//! `flaresec.toml`: where it is found, what it may say, and what that does to findings. It only narrows or changes what it
//! names, and every change is put into words for the report. Runs nothing and reads no file but itself.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::filter::suppression::nearest;
use crate::rule::{Confidence, RuleFile, RuleSet, Severity};
use crate::source::exclude::Globs;

mod apply;
mod discover;
mod extend;
mod notices;
mod value;

pub use apply::apply;
pub use discover::{NAMES, candidates, discover, upwards};
pub use notices::{Shown, notices, settings};
pub use value::size;

/// The largest configuration that is read, in bytes: a hostile one may be of any size.
const LARGEST: u64 = 1024 * 1024;

/// The configuration of flaresec. An unknown key is an error, never ignored in silence.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// What to do about the findings of a rule, by its id: a level (`"allow"`, `"warn"`, `"deny"`) or a table.
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
    /// What to do about findings there, by rule.
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
    let size = std::fs::metadata(file).map_err(|e| cannot(e.to_string()))?.len();
    if size > LARGEST {
        return Err(cannot(format!("{size} bytes are more than the {LARGEST} allowed")));
    }
    let text = std::fs::read_to_string(file).map_err(|e| cannot(e.to_string()))?;
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
    let settings = config.rules.keys().chain(config.per_path.iter().flat_map(|p| p.rules.keys()));
    for id in settings.chain(config.names.values()) {
        if !known.contains(id) {
            let remedy = nearest(id, &known).map(|near| format!("did you mean `{near}`?"));
            let all = String::from("`flaresec rules` lists all");
            return Err(fault(id, format!("no rule `{id}`"), remedy.unwrap_or(all)));
        }
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

fn parts(setting: Setting) -> (Option<Level>, Option<Severity>) {
    match setting {
        Setting::Level(level) => (Some(level), None),
        Setting::Table(table) => (table.level, table.severity),
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, notices, parse};
    use crate::rule::RuleSet;

    fn known() -> RuleSet {
        RuleSet::embedded()
    }

    /// The schema for editors is generated from these types: `cargo bless` rewrites it.
    #[test]
    fn the_schema_is_current() {
        let schema = schemars::schema_for!(Config);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/config-v1.json");
        if std::env::var_os("FLARESEC_BLESS").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        assert!(std::fs::read_to_string(file).unwrap() == text, "run with FLARESEC_BLESS=1");
    }

    #[test]
    fn faults_of_names_and_own_rules_are_placed() {
        let rule = |detect: &str| {
            format!(
                "[[custom-rule]]\nid = \"our-key\"\ntitle = \"our key\"\ncategory = \"secret\"\nseverity = \"high\"\n\
                 practice = \"use-https\"\ndocs = {{ what = \"\", why = \"\", instead = \"\" }}\n{detect}"
            )
        };
        let cases = [
            ("[names]\n\"E-T\" = \"hardcoded-api-tokn\"".to_owned(), "f:2: no rule", "did you mean"),
            ("[names]\nab = \"hardcoded-api-token\"".to_owned(), "f:2: the name `ab`", "longer"),
            (
                "[names]\nedge_token = \"insecure-api-url\"".to_owned(),
                "f:2: `insecure-api-url`",
                "name a rule",
            ),
            (rule(""), "f:3: no [[detect]]", ""),
            (
                rule("[[custom-rule.detect]]\ncheck = \"block\"\nvariant = \"argv\"\nconfidence = \"high\""),
                "f:2: a rule of your own",
                "",
            ),
            (
                rule(
                    "[[custom-rule.detect]]\ncheck = \"token\"\nkeywords = [\"ab\"]\npattern = \"(\"\nconfidence = \"high\"",
                ),
                "f:2: `keywords`",
                "",
            ),
            (
                rule(
                    "[[custom-rule.detect]]\ncheck = \"token\"\nkeywords = [\"abcd\"]\npattern = \"(\"\nconfidence = \"high\"",
                ),
                "f:",
                "",
            ),
            (
                rule("").replace("our-key", "shared-credential"),
                "f:2: a rule `shared-credential` already",
                "another",
            ),
        ];
        for (text, what, remedy) in cases {
            let error = parse(&text, "f", &known()).unwrap_err();
            assert!(error.what.starts_with(what), "{text}: {error}");
            assert!(error.remedy.contains(remedy), "{}", error.remedy);
        }
    }

    #[test]
    fn faults_name_line_and_remedy() {
        let cases = [
            ("\nfail_on = \"low\"", "f:2: unknown key `fail_on`", "did you mean `fail-on`?"),
            (
                "[rules]\nhardcoded-api-tokn = \"allow\"",
                "f:2: no rule",
                "did you mean `hardcoded-api-token`?",
            ),
            (
                "[rules]\ninsecure-api-url = 'off'",
                "f:2: `off` is not a level: write `allow`, `warn` or `deny`",
                "docs/configuration.md lists every key",
            ),
            ("[rules]\ninsecure-api-url = 'high'", "f:2: `high` is not a level", ""),
            ("[rules]\ninsecure-api-url = 3", "f:2: invalid type: integer `3`, expected \"allow\"", ""),
            (
                "[rules]\ninsecure-api-url = { sevrity = 'low' }",
                "f:2: unknown key `sevrity`",
                "did you mean `severity`?",
            ),
            (
                "[rules]\ninsecure-api-url = { severity = 'hihg' }",
                "f:2: unknown value `hihg`",
                "did you mean `high`?",
            ),
            (
                "exclude = 'x'",
                "f:1: invalid type: string \"x\", expected a list of globs, for example [\"",
                "",
            ),
            (
                "[[per-path]]\npaths = 3\nrules = {}",
                "f:2: invalid type: integer `3`, expected a list of globs",
                "",
            ),
            ("exclude = [1]", "f:1: invalid type: integer `1`, expected text in quotes", ""),
            ("fail-on = 3", "f:1: invalid type, expected a word in quotes", ""),
            ("pedantic = 1", "f:1: invalid type: integer `1`, expected true or false", ""),
            ("limits = 3", "f:1: invalid type: integer `3`, expected a table", "every key"),
            (
                "limits.permission-groups = -1",
                "f:1: invalid value: integer `-1`, expected a whole number",
                "",
            ),
            ("max-file-size = 0", "f:1: with a largest size of 0 nothing would be scanned", ""),
            ("max-file-size = '0MB'", "f:1: `0MB` is not a size: with a largest size of 0", ""),
            ("max-file-size = '10 parsecs'", "f:1: `10 parsecs` is not a size: write", ""),
            ("max-file-size = -1", "f:1: invalid value: integer `-1`, expected a number of bytes", ""),
            ("max-file-size = true", "f:1: invalid type: boolean `true`, expected a number of bytes", ""),
            ("samples = ['secret']", "f:1: a sample", "sha256sum"),
            ("exclude = ['{a']", "f:1: not a valid glob", ".gitignore"),
        ];
        for (text, what, remedy) in cases {
            let error = parse(text, "f", &known()).unwrap_err();
            assert!(error.what.starts_with(what), "{error}");
            assert!(error.remedy.contains(remedy), "{}", error.remedy);
        }
    }

    #[test]
    fn a_size_is_a_number_or_text_with_a_unit() {
        for (value, bytes) in [("10_000_000", 10_000_000), ("'10MB'", 10_000_000), ("'512 KiB'", 524_288)] {
            let config = parse(&format!("max-file-size = {value}"), "f", &known()).unwrap();
            assert_eq!(config.max_file_size, Some(bytes), "{value}");
        }
    }

    #[test]
    fn every_change_is_put_into_words() {
        let text = "fail-on = 'high'\nexclude = ['a']\n[rules]\nhardcoded-api-token = 'allow'\n\
                    [[per-path]]\npaths = ['b']\nrules = { hardcoded-api-token = 'warn' }\n";
        let said = notices(&parse(text, "f", &known()).unwrap(), "f").join("\n");
        for part in ["is disabled", "only warns in b", "not scanned: a", "severity high"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
