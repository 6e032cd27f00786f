//! Tests of the configuration: faults with their places, and what is said about it.

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
        ("[names]\nedge_token = \"insecure-api-url\"".to_owned(), "f:2: `insecure-api-url`", "name a rule"),
        (rule(""), "f:3: no [[detect]]", ""),
        (
            rule(
                "[[custom-rule.detect]]\ncheck = \"block\"\nvariant = \"credential-in-argv\"\nconfidence = \"high\"",
            ),
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
        ("[rules]\nhardcoded-api-tokn = \"allow\"", "f:2: no rule", "did you mean `hardcoded-api-token`?"),
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
        ("exclude = 'x'", "f:1: invalid type: string \"x\", expected a list of globs, for example [\"", ""),
        (
            "[[per-path]]\npaths = 3\nrules = {}",
            "f:2: invalid type: integer `3`, expected a list of globs",
            "",
        ),
        ("exclude = [1]", "f:1: invalid type: integer `1`, expected text in quotes", ""),
        ("fail-on = 3", "f:1: invalid type, expected a word in quotes", ""),
        ("pedantic = 1", "f:1: invalid type: integer `1`, expected true or false", ""),
        ("limits = 3", "f:1: invalid type: integer `3`, expected a table", "every key"),
        ("limits.permission-groups = -1", "f:1: invalid value: integer `-1`, expected a whole number", ""),
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
