//! Structured entries of a log: a template with placeholders, or keys, and a value for each of them. In a file about
//! Cloudflare the API key that one of them names is Cloudflare's.

use std::cell::OnceCell;

use memchr::memchr;

use crate::check::{Input, fixed};
use crate::fact::credential::is_secret;
use crate::fact::words::words;
use crate::literals::contains;

/// Whether a file is about Cloudflare, asked when a structured entry names an API key.
pub(super) struct Templates<'i> {
    input: &'i Input<'i>,
    ours: OnceCell<bool>,
}

impl<'i> Templates<'i> {
    pub(super) fn new(input: &'i Input<'i>) -> Templates<'i> {
        Templates { input, ours: OnceCell::new() }
    }

    /// Whether a name among the arguments of a call that logs a structured entry is that of the API key of the file.
    pub(super) fn is_key(&self, sink: &[u8], arguments: &[u8], name: &[u8]) -> bool {
        contains(sink, b"log") && is_api_key(name) && is_template(arguments) && self.is_ours()
    }

    /// Whether the path or the namespace of the file, or what it imports, is Cloudflare's.
    fn is_ours(&self) -> bool {
        fixed! {
            static NAMESPACE = r"(?mi)^[ \t]*(?:namespace|package|using|import|from|use)\b[^\n]*cloudflare";
        }
        *self.ours.get_or_init(|| {
            contains(self.input.path.as_bytes(), b"cloudflare") || NAMESPACE.is_match(self.input.text.bytes())
        })
    }
}

/// Whether the last part of a name says API key or token: `Input.ApiKey`.
fn is_api_key(name: &[u8]) -> bool {
    let own = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let said = words(own);
    let has = |word: &str| said.split(' ').any(|own| own == word);
    is_secret(own) && (has("api") || has("apikey") || has("auth") && has("key"))
}

/// Whether the arguments begin with a text that has placeholders, or with a text and a key: `"saved {key}", key`,
/// `"saved", "api_key", key`.
fn is_template(arguments: &[u8]) -> bool {
    fixed! {
        static PLACEHOLDER = r"\{[\w.@$:]*\}";
        static KEYED = r#"^\s*,\s*"(?P<key>\w+)"\s*,"#;
    }
    let arguments = arguments.trim_ascii_start();
    // An exception or a level may come first.
    let Some(open) = memchr(b'"', arguments).filter(|open| *open < 40) else { return false };
    let rest = &arguments[open + 1..];
    let Some(close) = memchr(b'"', rest) else { return false };
    PLACEHOLDER.is_match(&rest[..close])
        || KEYED.captures(&rest[close + 1..]).is_some_and(|groups| is_api_key(&groups["key"]))
}

#[cfg(test)]
mod tests {
    use super::Templates;
    use crate::check::tests::asked;

    #[test]
    fn a_placeholder_is_given_the_key_of_the_file() {
        let logs = |path: &str, text: &str, arguments: &str, name: &str| {
            asked(path, text, |input| {
                Templates::new(input).is_key(b"_logger.LogInformation", arguments.as_bytes(), name.as_bytes())
            })
        };
        const OURS: &str = "namespace Abp.Dns.Cloudflare.Web;";
        assert!(logs("a.cs", OURS, "\"a {zone} {apikey}\", Input.ZoneId, Input.ApiKey", "Input.ApiKey"));
        assert!(logs("a.cs", OURS, "exception, \"a {Key}\", apiKey", "apiKey"));
        assert!(logs("A.java", "package com.cloudflare.dns;", "\"key {}\", apiKey", "apiKey"));
        assert!(logs("a.go", "import \"x/cloudflare\"", "\"saved\", \"api_key\", cfg.APIKey", "cfg.APIKey"));
        assert!(logs("cloudflare/a.cs", "", "\"a {apitoken}\", Input.ApiToken", "Input.ApiToken"));
        for (text, arguments, name) in [
            ("namespace Shop;", "\"a {apikey}\", Input.ApiKey", "Input.ApiKey"),
            (OURS, "\"a {zone}\", Input.ZoneId", "Input.ZoneId"),
            (OURS, "\"a {token}\", cancellationToken", "cancellationToken"),
            (OURS, "\"a {id}\", Input.ApiKeyId", "Input.ApiKeyId"),
            (OURS, "\"no key\", apiKey", "apiKey"),
        ] {
            assert!(!logs("a.cs", text, arguments, name), "{arguments}");
        }
    }
}
