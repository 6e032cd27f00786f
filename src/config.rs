//! `flaresec.toml`: where it is found, what it may say, and what that does to findings. It only narrows or changes what it
//! names, and every change is put into words for the report. Runs nothing and reads no file but itself.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;

use crate::filter::suppression::nearest;
use crate::finding::{Finding, SuppressedBy, Suppression};
use crate::rule::{Confidence, Severity};

/// The names that are looked for, in this order, in each folder.
pub const NAMES: [&str; 3] = ["flaresec.toml", ".flaresec.toml", ".github/flaresec.toml"];
/// No configuration is larger; a hostile one may be.
const LARGEST: u64 = 1024 * 1024;

/// The written form. An unknown key is an error, never a silent no-op.
#[derive(Clone, Debug, Default, Deserialize)]
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
}

/// What is done about the findings of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[serde(untagged)]
pub enum Setting {
    /// `"rule" = "allow"`
    Level(Level),
    /// `"rule" = { severity = "low" }`
    Table(SettingTable),
}

/// The longer form of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingTable {
    /// What is done.
    pub level: Option<Level>,
    /// The severity findings get.
    pub severity: Option<Severity>,
}

/// Settings for some paths.
#[derive(Clone, Debug, Deserialize)]
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

/// Reads a configuration; `known` are the ids of all rules.
///
/// # Errors
/// The file cannot be read, or the first fault in it.
pub fn read(file: &Path, known: &[String]) -> Result<Config, ConfigError> {
    let cannot = |cause: String| ConfigError {
        what: format!("the configuration {} cannot be read: {cause}", file.display()),
        remedy: String::from("name another with --config, or use --isolated to do without"),
    };
    let size = std::fs::metadata(file).map_err(|e| cannot(e.to_string()))?.len();
    if size > LARGEST {
        return Err(cannot(format!("{size} bytes are more than the {LARGEST} allowed")));
    }
    let text = std::fs::read_to_string(file).map_err(|e| cannot(e.to_string()))?;
    parse(&text, &file.display().to_string(), known)
}

/// Reads a configuration from its text; `name` is the file for messages.
///
/// # Errors
/// The first fault, with its line.
pub fn parse(text: &str, name: &str, known: &[String]) -> Result<Config, ConfigError> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let config: Config = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(1, |span| line(span.start));
        ConfigError { what: format!("{name}:{at}: {}", e.message()), remedy: suggestion(e.message()) }
    })?;
    let fault = |anchor: &str, what: String, remedy: String| ConfigError {
        what: format!("{name}:{}: {what}", text.find(anchor).map_or(1, line)),
        remedy,
    };
    let settings = config.rules.keys().chain(config.per_path.iter().flat_map(|p| p.rules.keys()));
    for id in settings {
        if !known.contains(id) {
            let remedy = nearest(id, known).map(|near| format!("did you mean `{near}`?"));
            let all = String::from("`flaresec rules` lists all");
            return Err(fault(id, format!("no rule `{id}`"), remedy.unwrap_or(all)));
        }
    }
    for glob in config.per_path.iter().flat_map(|p| &p.paths).chain(&config.exclude) {
        GitignoreBuilder::new("").add_line(None, glob).map_err(|e| {
            fault(
                glob,
                format!("not a valid glob: {e}"),
                String::from("use .gitignore syntax, such as `vendor/**`"),
            )
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
    Ok(config)
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

/// Everything the configuration changes, in words, for every report.
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
    if !config.samples.is_empty() {
        say(format!("{} values are taken for samples", config.samples.len()));
    }
    out.iter()
        .map(|text| text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect())
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

fn parts(setting: Setting) -> (Option<Level>, Option<Severity>) {
    match setting {
        Setting::Level(level) => (Some(level), None),
        Setting::Table(table) => (table.level, table.severity),
    }
}

/// Marks and changes findings as the configuration says; later entries for a path win over earlier ones.
pub fn apply(config: &Config, findings: &mut [Finding]) {
    let per_path: Vec<(Gitignore, &PerPath)> =
        config.per_path.iter().filter_map(|p| Some((globs(&p.paths)?, p))).collect();
    for finding in findings {
        if let Some(setting) = config.rules.get(&finding.rule.id) {
            change(finding, *setting, "by the configuration");
        }
        let path = finding.path.to_text();
        for (globs, settings) in &per_path {
            if let Some(setting) = settings.rules.get(&finding.rule.id)
                && covers(globs, Path::new(&path))
            {
                change(finding, *setting, "for this path by the configuration");
            }
        }
    }
}

fn change(finding: &mut Finding, setting: Setting, by: &str) {
    let (level, severity) = parts(setting);
    if let Some(severity) = severity {
        finding.severity = severity;
    }
    match level {
        Some(Level::Allow) => {
            finding.suppressed.get_or_insert_with(|| Suppression {
                by: SuppressedBy::Config,
                reason: format!("rule disabled {by}"),
            });
        }
        Some(Level::Warn) => finding.severity = severity.unwrap_or(Severity::Note),
        Some(Level::Deny) => finding.severity = finding.severity.max(Severity::High),
        None => {}
    }
    if matches!(level, Some(Level::Warn | Level::Deny))
        && finding.suppressed.as_ref().is_some_and(|s| s.by == SuppressedBy::Config)
    {
        finding.suppressed = None;
    }
}

fn globs(lines: &[String]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        builder.add_line(None, line).ok()?;
    }
    builder.build().ok()
}

fn covers(globs: &Gitignore, path: &Path) -> bool {
    let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    globs.matched(path, false).is_ignore() || folders.into_iter().any(|f| globs.matched(f, true).is_ignore())
}

#[cfg(test)]
mod tests {
    use super::{notices, parse};

    fn known() -> Vec<String> {
        vec![String::from("hardcoded-api-token")]
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
