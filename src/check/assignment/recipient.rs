//! Who is given a value: the address that its command or call goes to, the provider that its block configures, the library
//! whose client it is passed to. If that is another vendor, a mention of Cloudflare nearby says nothing.

use memchr::memmem;

use super::{HOSTS, SAME_CALL, fixed, is_general};
use crate::fact::brackets;
use crate::fact::lines;
use crate::fact::statement::chain;
use crate::fact::words::{is_word, words};
use crate::literals::contains;
use crate::span::Span;

/// Whether the command or the call that the value is in has an address of its own, which is not Cloudflare's:
/// `curl https://status.example.net -H "Authorization: Bearer VALUE"`.
pub(in crate::check) fn is_sent_elsewhere(bytes: &[u8], value: Span) -> bool {
    fixed! {
        static COMMAND = r#"(?i)(?:^|[\s"'`(;|&])(?:curl|wget|xh|https?|Invoke-(?:RestMethod|WebRequest))(?:\.exe)?\s"#;
    }
    let line = command_line(bytes, value);
    let command = COMMAND
        .find_iter(&bytes[line.start..value.start])
        .last()
        .map(|found| &bytes[line.start + found.start()..line.end]);
    if let Some(command) = command
        && let Some(other) = other_host(command)
    {
        return other;
    }
    if let Some(other) = request_line(bytes, value).and_then(other_host) {
        return other;
    }
    // The innermost call with an address decides.
    for open in brackets::around(bytes, value.start.saturating_sub(SAME_CALL), value.start) {
        let before = bytes[..open].trim_ascii_end();
        match bytes[open] {
            // The body of a function or a block.
            b'{' if before.ends_with(b")") || before.ends_with(b"=>") => break,
            b'(' if before.last().is_some_and(|b| is_word(*b) || matches!(b, b'>' | b'!')) => {
                let end = brackets::close(bytes, open, value.end + SAME_CALL).min(bytes.len());
                if let Some(other) = other_host(&bytes[open..end.max(open)]) {
                    return other;
                }
            }
            _ => {}
        }
    }
    // `client.with_token("VALUE").get("https://status.example.net")`.
    let calls = chain(bytes, value);
    calls.len() < SAME_CALL && other_host(&bytes[calls.start..calls.end]) == Some(true) && {
        let before = lines::before(bytes, value.start, SAME_CALL);
        let before = before.trim_ascii_end();
        let quoted = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
        quoted.ends_with(b"(")
    }
}

/// Returns the line of the request that the value is a header of, in a file of requests.
fn request_line(bytes: &[u8], value: Span) -> Option<&[u8]> {
    fixed! {
        static REQUEST = r"^(?:GET|POST|PUT|PATCH|DELETE|HEAD)[ \t]+\S";
    }
    const LINES: usize = 20;
    let before = &bytes[value.start.saturating_sub(SAME_CALL)..value.start];
    let above = before.split(|b| *b == b'\n').rev().take(LINES);
    above.take_while(|line| !line.trim_ascii().is_empty()).find(|line| REQUEST.is_match(line))
}

/// Whether the addresses in a text are those of another vendor; `None` if it has none, or one that is known only at run
/// time.
fn other_host(text: &[u8]) -> Option<bool> {
    fixed! {
        static HOST = r#"(?i)https?://(?P<host>[^\s"'`/<>)\\]*)"#;
    }
    if HOSTS.is_match(text) {
        return Some(false);
    }
    let hosts: Vec<&[u8]> = HOST
        .captures_iter(text)
        .filter_map(|groups| groups.name("host"))
        .map(|host| host.as_bytes())
        .collect();
    let open = |host: &&[u8]| {
        !host.contains(&b'.')
            || host.iter().any(|b| matches!(b, b'$' | b'{' | b'%' | b'#'))
            || contains(host, b"cloudflare")
    };
    (!hosts.is_empty() && !hosts.iter().any(open)).then_some(true)
}

/// Returns the line of a place with those that continue it: a backslash, a backtick or a caret ends each but the last.
pub(super) fn command_line(bytes: &[u8], place: Span) -> Span {
    const LINES: usize = 12;
    let continued = |line: &[u8]| matches!(line.trim_ascii_end().last(), Some(b'\\' | b'`' | b'^'));
    let floor = place.start.saturating_sub(SAME_CALL);
    let limit = bytes.len().min(place.end + SAME_CALL);
    let mut start = lines::start(bytes, floor, place.start);
    for _ in 0..LINES {
        if start <= floor || !continued(&bytes[floor..start]) {
            break;
        }
        start = lines::start(bytes, floor, start - 1);
    }
    let mut end = place.end + lines::first(&bytes[place.end..limit]).len();
    for _ in 0..LINES {
        if end >= limit || !continued(&bytes[start..end]) {
            break;
        }
        end += 1;
        end += lines::first(&bytes[end..limit]).len();
    }
    Span::new(start, end)
}

/// Whether the value is in the settings of another provider of Terraform: `provider "aws" { secret_key = VALUE }`. The S3
/// client of such a provider may be for R2.
pub(super) fn in_other_provider(bytes: &[u8], value: Span) -> bool {
    fixed! {
        static HEAD = r#"(?m)^[ \t]*provider[ \t]+"(?P<name>[\w-]+)"\s*$"#;
    }
    const REACH: usize = 2000;
    let floor = value.start.saturating_sub(REACH);
    brackets::around(bytes, floor, value.start).filter(|open| bytes[*open] == b'{').any(|open| {
        let head = &bytes[lines::start(bytes, floor, open)..open];
        let name = HEAD.captures(head).and_then(|groups| groups.name("name"));
        let end = || brackets::close(bytes, open, value.end + REACH).min(bytes.len());
        name.is_some_and(|name| !contains(name.as_bytes(), b"cloudflare"))
            && !HOSTS.is_match(&bytes[open..end()])
    })
}

/// Whether the value is an argument of something that the file imports from a library of another vendor:
/// `import { Configuration } from 'pipedrive'`, `new Configuration({ apiKey: VALUE })`.
pub(super) fn is_given_to_other_library(bytes: &[u8], value: Span) -> bool {
    /// How much of the line before a bracket is looked at, in bytes.
    const CALLEE: usize = 120;
    for open in brackets::around(bytes, value.start.saturating_sub(SAME_CALL), value.start) {
        let before = lines::before(bytes, open, CALLEE);
        if bytes[open] == b'{' && before.trim_ascii_end().ends_with(b")") {
            return false;
        }
        if bytes[open] != b'(' {
            continue;
        }
        let part = |b: &u8| is_word(*b) || *b == b'.';
        let callee = &before[before.iter().rposition(|b| !part(b)).map_or(0, |at| at + 1)..];
        let root = callee.split(|b| *b == b'.').next().unwrap_or_default();
        if let Some(module) = imported_from(bytes, root) {
            return is_of_vendor(module);
        }
    }
    false
}

/// Returns the module that a name is imported from.
fn imported_from<'b>(bytes: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    fixed! {
        static IMPORT = concat!(
            r#"(?m)^[ \t]*(?:import\s+(?P<js>[^;'"]{1,400}?)\s+from|(?:const|let|var)\s+(?P<bound>[^=;\n]{1,200}?)\s*=\s*require\()\s*["'](?P<path>[^"'\n]{1,100})["']"#,
            r"|^[ \t]*from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]+(?P<names>[^\n]{1,300})",
            r"|^[ \t]*import[ \t]+(?P<whole>[\w.]+)(?:[ \t]+as[ \t]+(?P<alias>\w+))?[ \t]*\r?$",
        );
    }
    if name.len() < 2 || memmem::find(bytes, b"import").or_else(|| memmem::find(bytes, b"require(")).is_none()
    {
        return None;
    }
    IMPORT.captures_iter(bytes).find_map(|groups| {
        let names =
            ["js", "bound", "names", "alias", "whole"].into_iter().find_map(|part| groups.name(part))?;
        let path = ["path", "module", "whole"].into_iter().find_map(|part| groups.name(part))?;
        let said = names.as_bytes().split(|b| !is_word(*b)).any(|word| word == name);
        said.then(|| path.as_bytes())
    })
}

/// Whether a module is a library of another vendor: no file of the program, and neither a client for any address nor a tool
/// for any vendor.
fn is_of_vendor(module: &[u8]) -> bool {
    /// Words in the names of modules that serve any vendor, in order.
    #[rustfmt::skip]
    const ANY: &[&str] = &[
        "acme", "aiohttp", "aws", "axios", "boto3", "certbot", "cf", "cloudflare", "commander", "config",
        "core", "ddns", "dns", "dotenv", "env", "envalid", "fetch", "fetcher", "flare", "fs", "got", "http",
        "http2", "https", "httpx", "ky", "lego", "lexicon", "libcloud", "minio", "node", "octodns", "os",
        "process", "pulumi", "pydantic", "react", "request", "requests", "s3", "settings", "superagent",
        "undici", "urllib", "urllib3", "utils", "zod",
    ];
    let own = module.starts_with(b".")
        || module.starts_with(b"/")
        || module.starts_with(b"@/")
        || module.starts_with(b"~");
    let said = words(module);
    // `from app.client import Client` is a module of the program.
    let named = !is_general(&format!("{said} "));
    !own && named
        && !contains(module, b"cloudflare")
        && !said.split(' ').any(|word| ANY.binary_search(&word).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{in_other_provider, is_given_to_other_library, is_of_vendor, is_sent_elsewhere};
    use crate::span::Span;

    /// Asks about the place of `VALUE`.
    fn asked(text: &str, what: fn(&[u8], Span) -> bool) -> bool {
        let at = text.find("VALUE").unwrap();
        what(text.as_bytes(), Span::new(at, at + "VALUE".len()))
    }

    #[test]
    fn an_address_of_its_own_says_where_a_value_is_sent() {
        for text in [
            "curl https://a.example.net -H \"Authorization: Bearer VALUE\"\ncurl https://api.cloudflare.com",
            "curl \\\n  -H \"Authorization: Bearer VALUE\" \\\n  https://a.example.net\n",
            "fetch(\"https://a.example.net\", { headers: { Authorization: \"Bearer VALUE\" } })",
            "get('https://a.example.net', headers={'Authorization': 'Bearer VALUE'})",
            "$r = Http::withToken('VALUE')->get('https://a.example.net');",
            "fn f() { let r = client.get(\"https://a.example.net\").bearer_auth(\"VALUE\").send(); }",
            "GET https://a.example.net\nAccept: */*\nAuthorization: Bearer VALUE\n\nGET https://api.cloudflare.com",
        ] {
            assert!(asked(text, is_sent_elsewhere), "{text}");
        }
        for text in [
            "curl https://api.cloudflare.com -H \"Authorization: Bearer VALUE\"",
            "curl https://a.example.net; curl https://api.cloudflare.com -H \"Authorization: Bearer VALUE\"",
            "curl https://a.example.net\ncurl \"$API/zones\" -H \"Authorization: Bearer VALUE\"",
            "curl https://$HOST/x -H \"Authorization: Bearer VALUE\"",
            "fetch(url, { headers: { Authorization: \"Bearer VALUE\", Referer: site } })\nf('https://a.example.net')",
            "GET https://a.example.net\n\n###\nGET {{api}}/zones\nAuthorization: Bearer VALUE",
            "$r = Http::withToken('VALUE')->get($url);\n$s = Http::get('https://a.example.net');",
            "function f() { const token = \"VALUE\"; get(\"https://a.example.net\"); }",
        ] {
            assert!(!asked(text, is_sent_elsewhere), "{text}");
        }
    }

    #[test]
    fn providers_have_settings_of_their_own() {
        for (text, other) in [
            ("provider \"aws\" {\n  secret_key = \"VALUE\"\n}", true),
            ("provider \"dnsimple\" {\n  a { b = 1 }\n  token = \"VALUE\"\n}", true),
            ("provider \"cloudflare\" {\n  api_token = \"VALUE\"\n}", false),
            (
                "provider \"aws\" {\n  secret_key = \"VALUE\"\n  endpoints { s3 = \"https://a.r2.cloudflarestorage.com\" }\n}",
                false,
            ),
            ("provider \"aws\" {}\nlocals {\n  token = \"VALUE\"\n}", false),
        ] {
            assert_eq!(asked(text, in_other_provider), other, "{text}");
        }
    }

    #[test]
    fn libraries_of_others_take_their_own_keys() {
        for (text, other) in [
            (
                "import { Configuration } from 'pipedrive/v2'\nconst a = new Configuration({ apiKey: 'VALUE' })",
                true,
            ),
            ("const Stripe = require('stripe')\nconst s = new Stripe('VALUE')", true),
            ("from airship import Client\nc = Client(api_key=\"VALUE\")", true),
            ("import airship\nc = airship.Client(api_key=\"VALUE\")", true),
            ("import Cloudflare from 'cloudflare'\nconst c = new Cloudflare({ apiToken: 'VALUE' })", false),
            ("import { Api } from './api'\nconst c = new Api({ token: 'VALUE' })", false),
            ("import axios from 'axios'\nconst c = axios.create({ token: 'VALUE' })", false),
            ("from app.client import Client\nc = Client(api_key=\"VALUE\")", false),
            ("import x from 'pipedrive'\nconst c = { token: 'VALUE' }", false),
            ("import x from 'pipedrive'\nx(function () { const token = 'VALUE' })", false),
        ] {
            assert_eq!(asked(text, is_given_to_other_library), other, "{text}");
        }
        assert!(
            !is_of_vendor(b"@aws-sdk/client-s3")
                && !is_of_vendor(b"../stripe")
                && is_of_vendor(b"@slack/web-api")
        );
    }
}
