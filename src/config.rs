//! `flaresec.toml`: where it is found, what it may say, and what that does to findings. It only narrows or changes what it
//! names, and every change is put into words for the report. Runs nothing and reads no file but itself.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::filter::suppression::nearest;
use crate::rule::{Confidence, RuleFile, RuleSet, Severity};
use crate::source::exclude::Globs;

mod apply;
mod extend;
mod notices;

pub use apply::apply;
pub use notices::{Shown, notices, settings};

/// The names that are looked for, in this order, in each folder.
pub const NAMES: [&str; 3] = ["flaresec.toml", ".flaresec.toml", ".github/flaresec.toml"];
/// No configuration is larger; a hostile one may be.
const LARGEST: u64 = 1024 * 1024;

/// The written form. An unknown key is an error, never a silent no-op.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// What to do about findings of a rule, by its id.
    pub rules: BTreeMap<String, Setting>,
    /// The same for some paths.
    pub per_path: Vec<PerPath>,
    /// Globs of what is not scanned (.gitignore syntax).
    pub exclude: Vec<String>,
    /// Lowest severity that makes the exit code 1.
    pub fail_on: Option<Severity>,
    /// Least confidence of the findings that are reported.
    pub min_confidence: Option<Confidence>,
    /// Whether rules that state opinions run.
    pub pedantic: bool,
    /// Larger files are skipped; in bytes.
    pub max_file_size: Option<u64>,
    /// SHA-256, in hex, of sample values that are no secrets.
    pub samples: Vec<String>,
    /// Whether the comments of other scanners count as well: `gitleaks:allow`, `trufflehog:ignore`,
    /// `pragma: allowlist secret`, `nosec`.
    pub foreign_suppressions: bool,
    /// Names of your own for what a rule looks for: `EDGE_TOKEN = "hardcoded-api-token"`.
    pub names: BTreeMap<String, String>,
    /// What rules measure against.
    pub limits: Limits,
    /// Rules of your own, written like the built-in ones.
    pub custom_rule: Vec<RuleFile>,
}

/// What rules measure against; what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// A token that lives longer than this is long-lived; days.
    pub token_lifetime_days: Option<u32>,
    /// A token with more permission groups than this has too many.
    pub permission_groups: Option<u32>,
    /// A credential first committed longer ago than this is stale; days.
    pub credential_age_days: Option<u32>,
}

/// What is done about the findings of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Accepted: marked as suppressed.
    Allow,
    /// Reported as a note, which does not fail the run by default.
    Warn,
    /// Reported with severity high at least.
    Deny,
}

/// A level, or a table with more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Setting {
    /// `"rule" = "allow"`
    Level(Level),
    /// `"rule" = { severity = "low" }`
    Table(SettingTable),
}

/// The longer form of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SettingTable {
    /// What is done.
    pub level: Option<Level>,
    /// The severity findings get.
    pub severity: Option<Severity>,
}

/// Settings for some paths.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PerPath {
    /// Globs (.gitignore syntax).
    pub paths: Vec<String>,
    /// What to do about findings there.
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

/// The configuration for a scanned path: from its folder up to the root of the git repository around it. Outside of
/// a repository only the folder itself counts, so that nobody else's file is picked up.
pub fn discover(scanned: &Path) -> Option<PathBuf> {
    let start = scanned.canonicalize().ok()?;
    let start = if start.is_dir() { start.as_path() } else { start.parent()? };
    let root = start.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(start);
    let folders = start.ancestors().take_while(|folder| folder.starts_with(root));
    folders.flat_map(|folder| NAMES.map(|name| folder.join(name))).find(|file| file.is_file())
}

/// Reads a configuration and checks it against the rules there are.
///
/// # Errors
/// The file cannot be read, or the first fault in it.
pub fn read(file: &Path, rules: &RuleSet) -> Result<Config, ConfigError> {
    let cannot = |cause: String| ConfigError {
        what: format!("the configuration {} cannot be read: {cause}", file.display()),
        remedy: String::from("name another with --config, or use --isolated to do without"),
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
/// The first fault, with its line.
pub fn parse(text: &str, name: &str, rules: &RuleSet) -> Result<Config, ConfigError> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let config: Config = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(1, |span| line(span.start));
        ConfigError { what: format!("{name}:{at}: {}", e.message()), remedy: suggestion(e.message()) }
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

/// A fault of content.
struct Fault {
    /// A piece of the text that is about it.
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
            let what = String::from("a sample is not the SHA-256 of a value");
            let remedy =
                String::from("printf %s VALUE | sha256sum: 64 hex digits, so that no value stands here");
            return Err(fault("samples", what, remedy));
        }
    }
    Ok(())
}

/// From "unknown field `x`, expected one of `a`, `b`" to the name that was meant.
fn suggestion(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let wrong = names.next().unwrap_or_default();
    let there: Vec<String> = names.map(str::to_owned).collect();
    match nearest(wrong, &there) {
        Some(near) => format!("did you mean `{near}`?"),
        None => String::from("docs/configuration.md lists every key"),
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

    /// The schema that editors use is made of these types: `FLARESEC_BLESS=1 cargo test` writes it anew.
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
            (rule("").replace("our-key", "shared-credential"), "f:2: there is a rule", "another"),
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
            ("\nfail_on = \"low\"", "f:2: unknown field `fail_on`", "did you mean `fail-on`?"),
            (
                "[rules]\nhardcoded-api-tokn = \"allow\"",
                "f:2: no rule",
                "did you mean `hardcoded-api-token`?",
            ),
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
    fn every_change_is_put_into_words() {
        let text = "fail-on = 'high'\nexclude = ['a']\n[rules]\nhardcoded-api-token = 'allow'\n\
                    [[per-path]]\npaths = ['b']\nrules = { hardcoded-api-token = 'warn' }\n";
        let said = notices(&parse(text, "f", &known()).unwrap(), "f").join("\n");
        for part in ["is disabled", "only warns in b", "not scanned: a", "severity high"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
