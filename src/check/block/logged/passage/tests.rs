//! What arrives in a print: tables for the decisions of `passage`.

use super::{Style, arrives};
use crate::check::tests::marked;

fn whole(text: &str) -> bool {
    let (text, span) = marked(text);
    arrives(text.as_bytes(), span, Style::default())
}

#[test]
fn values_arrive_in_texts_in_sums_and_through_conversions() {
    let texts = [
        "«token»",
        "\"a\", «token»",
        "a ? b : «token»",
        "a ? «token» : b",
        "«token» or 'none'",
        "«token» ?? 'none'",
        "f\"a { «token» }\"",
        "rf'a {«token»}'",
        "f\"\"\"a {«token»}\"\"\"",
        "`a ${«token»}`",
        "`a ${b} ${ c ? «token» : d }`",
        "\"a #{«token»}\"",
        "\"a $«token»\"",
        "\"a \\(«token»)\"",
        "$\"a {«Token»}\"",
        "\"a $config{«token»}\"",
        "os.getenv('«CF_TOKEN»')",
        "env[\"«CF_TOKEN»\"]",
        "`${env['«CF_TOKEN»']}`",
        "os.environ.get(\"«CF_TOKEN»\", \"\").strip()",
        "ENV['«CF_TOKEN»'].to_s",
        "str(«token»)",
        "\"a (b\" + JSON.stringify({ a: «token» })",
        "fmt.Sprintf(\"%s\", «token»)",
        "zap.String(\"token\", «token»)",
        "map[string]string{\"a\": «token»}",
        "&format!(\"a {}\", «token»)",
        "chalk.red(`a ${«token»}`)",
        "«token.strip»()",
        "[\"a\", «token»]",
        "'is it set? ' + «token»",
        "f\"{«token» if token else 'none'}\"",
        "config[\"cloudflare\"][\"«api_token»\"]",
        "f\"{«token»=}\"",
        "f\"{«token»:>40}\"",
        "JsonSerializer.Serialize(«config»)",
    ];
    let wrong: Vec<&str> = texts.into_iter().filter(|text| !whole(text)).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn other_results_are_not_the_value() {
    let texts = [
        "\"a {«token»} of Python\"",
        "«token»=a",
        "«token»: a",
        "«token»(a)",
        "\"«token»\"",
        "\"a «token» b\"",
        "'a $«token»'",
        "\"a { «token» }\"",
        "`a ${b} «token»`",
        "\"a #{b} «token»\"",
        "\"a #{b ? 'c' : 'd («token» is blank)'}\"",
        "f\"{{«token»}}\"",
        "\"a {«Token»}\", b",
        "row[\"«CF_TOKEN»\"]",
        "hash('«CF_TOKEN»')",
        "«token» == a",
        "null != «token»",
        "«token» ~= nil",
        "!!«token»",
        "not os.getenv('«CF_TOKEN»')",
        "bool(os.getenv(\"«CF_TOKEN»\"))",
        "\"ok\" if os.getenv(\"«CF_TOKEN»\") else \"no\"",
        "any([os.getenv(\"«CF_TOKEN»\")])",
        "zones(«token»)",
        "createHash(\"sha256\").update(process.env.«CF_TOKEN»).digest(\"hex\")",
        "fmt.Sprintf(\"%x\", sha256.Sum256([]byte(«token»)))",
        "ENV[\"«CF_TOKEN»\"].nil?",
        "ENV[\"«CF_TOKEN»\"].present?",
        "\"set\" if ENV[\"«CF_TOKEN»\"]",
        "defined $ENV{«CF_TOKEN»} ? \"set\" : \"no\"",
        "substr($ENV{«CF_TOKEN»},0,4)",
        "str_repeat(\"*\", strlen($«token»))",
        "await zones(«token»)",
        "«token»[..4]",
        "&«token»[..4]",
        "«token»[:4]",
        "str(«token»)[-4:]",
        "($env:«token» -ne $null)",
        "\"set: $([bool]$env:«token»)\"",
        "$env:«token».Length",
        "\"a: $(if ($env:«token») {\"set\"} else {\"missing\"})\"",
        "(Get-Zones -Token $env:«token»)",
        "(\"*\" * $«token».Length)",
        "`${«token» ? 'set' : 'unset'}`",
        "`${«token».slice(0, 4)}…`",
        "tokens[«token»]",
    ];
    let wrong: Vec<&str> = texts.into_iter().filter(|text| whole(text)).collect();
    assert_eq!(wrong, [""; 0]);
}
