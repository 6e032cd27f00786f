//! Names of values: tables.

use super::{enclosing, naming};
use crate::blob::BlobPath;
use crate::span::Span;

#[track_caller]
fn own(text: &str, expected: &str) {
    let at = text.find("VALUE").unwrap();
    let out = naming(text.as_bytes(), Span::new(at, at + 5), &BlobPath::new("a.txt"));
    assert_eq!(out.own().trim(), expected, "{text}\n{out:?}");
}

#[test]
fn siblings_say_nothing() {
    let said = |text: &str| {
        let at = text.find("VALUE").unwrap();
        let out = naming(text.as_bytes(), Span::new(at, at + 5), &BlobPath::new("a.txt"));
        let names: String = out.phrases.iter().map(|name| name.words.as_str()).collect();
        format!("{names}{}", enclosing(text.as_bytes(), at))
    };
    for text in [
        "CF_TOKEN=\nOTHER_TOKEN=VALUE",
        "CF_TOKEN = \n\nOTHER_TOKEN = \"VALUE\"",
        "CF_TOKEN=\"\" \\\nOTHER_TOKEN=VALUE \\\n./run",
        "run a \\\n  --cf-token=\"$T\" \\\n  --other-token=VALUE",
        "{\"CF_TOKEN\": \"\", \"OTHER_TOKEN\": \"VALUE\"}",
        "{\n  \"CF_TOKEN\": \"\",\n  \"OTHER_TOKEN\": \"VALUE\"\n}",
        "f(cf_token=None,\n  other_token=\"VALUE\")",
        "export CF_TOKEN= OTHER_TOKEN=VALUE",
        "env CF_TOKEN=\"a b\" OTHER_TOKEN=\"VALUE\" ./run",
        "ENV CF_TOKEN=\"\" \\\n    OTHER_TOKEN=VALUE",
        "run -e CF_TOKEN=a --env OTHER_TOKEN=VALUE image",
        "{ CF_TOKEN = \"\"; OTHER_TOKEN = \"VALUE\"; }",
        "# ---- CF ----\n# ---- Other ----\nOTHER_TOKEN=VALUE",
    ] {
        assert!(!said(text).split(' ').any(|word| word == "cf"), "{text}\n{}", said(text));
    }
    for text in [
        "cf run \\\n  --zone=a \\\n  --token=VALUE",
        "cf(zone=\"a\",\n  token=\"VALUE\")",
        "{\"cf\": {\n  \"zone\": \"a\",\n  \"token\": \"VALUE\"\n}}",
        "cf: {zone: a, token: VALUE}",
        "cf run --zone=a --token=VALUE",
        "ENV CF_TOKEN=VALUE",
        "<cf zone=\"a\" token=\"VALUE\">",
        "# CF\n# what it may do: zones\nTOKEN=VALUE",
        "{ \"name\": \"CF_TOKEN\", \"type\": \"secret\", \"value\": \"VALUE\" }",
    ] {
        assert!(said(text).split(' ').any(|word| word == "cf"), "{text}\n{}", said(text));
    }
}

#[test]
fn one_reading_serves_every_syntax() {
    own("CF_TOKEN=VALUE", "cf token");
    own("export CF_TOKEN=\"VALUE\"", "export cf token");
    own("\"apiToken\": \"VALUE\"", "api token");
    own("api_token = \"VALUE\"", "api token");
    own("{\\\"api_token\\\": \\\"VALUE\\\"}", "api token");
    own("cloudflare:\n  api_token: >-\n    VALUE", "api token");
    own("-H 'Authorization: Bearer VALUE'", "authorization bearer");
    own("req.Header.Set(\"X-Auth-Key\", \"VALUE\")", "x auth key");
    own("os.environ['CF_TOKEN'] = 'VALUE'", "cf token");
    own("os.getenv(\"CF_TOKEN\", \"VALUE\")", "cf token");
    own("process.env.CF_TOKEN || 'VALUE'", "process env cf token");
    own("<key>auth_client_secret</key>\n  <string>VALUE</string>", "auth client secret string");
    own("- name: CF_TOKEN\n  value: VALUE", "cf token value");
    own("- value: VALUE\n  name: CF_TOKEN", "cf token");
    own("- name: CF_TOKEN\n  value: VALUE\n- name: OTHER\n  value: x", "cf token value");
    own("<a name=\"CF_TOKEN\" value=\"VALUE\"/>\n<a name=\"OTHER\" value=\"x\"/>", "cf token value");
    own("{\"value\": \"VALUE\", \"name\": \"CF_TOKEN\"}", "cf token");
    own("cloudflared tunnel run --token VALUE", "cloudflared tunnel run token");
    own("const token: string = \"VALUE\";", "const token string");
    own("${CF_TOKEN:-VALUE}", "cf token");
    own("a.b+c@mail.example.org: VALUE", "email address");
    own("f('a@meyer.de', 'VALUE')", "email address");
    own("?email=a@meyer.de&key=VALUE", "email address key");
    own("run a@v1.2 VALUE", "run a v1 2");
    own("$secure = ConvertTo-SecureString \"VALUE\" -Force # CF token", "cf token");
    own("k = \"VALUE\" # CF token", "k");
    own("the cloudflare token is VALUE", "the cloudflare token is");
    own("ENV CF_TOKEN VALUE", "env cf token");
    own("cloudflare.NewWithAPIToken(\"VALUE\")", "cloudflare new with api token");
    own("other = 1\nVALUE", "other");
    own("@h{qw(zone cf_token)} = (\n  'a',\n  'VALUE',\n);", "cf token");
    own("my ($zone, $cf_token, $ttl) = (\n  'a', 'VALUE', 3);", "cf token");
    own("[zone, cfToken] = [\n  \"a\",\n  \"VALUE\"\n]", "cf token");
    own("(cf_token, zone) = (f('a', 'b'), 'VALUE')", "zone");
    own("CF_TOKEN=\nOTHER_TOKEN=VALUE", "other token");
    own("printf \"a;\\ncf_token = VALUE", "cf token");
    own("'a;\\r\\nCF_TOKEN=VALUE", "cf token");
    own("@h{qw(cf_token)} = (\n  zone => 'VALUE',\n);", "zone");
}
