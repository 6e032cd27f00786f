//! Calls of Cloudflare's SDKs that take the Global API Key by position, or whose own name says so.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use super::super::{Input, expression};
use crate::literals::{Literals, contains};
use crate::span::Span;

/// An argument, with at most one call in it.
const ARGUMENT: &str = r"\s*[^,()\n=]+(?:\([^()\n]*\)|\[[^\]\n]*\])?\s*";

/// Calls that say Cloudflare by their own names.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let calls = [
        format!(r"\b(?P<package>[A-Za-z]\w*)\.New\({ARGUMENT},{ARGUMENT}[,)]"),
        String::from(r"\bnew\s+\\?Cloudflare\\API\\Auth\\APIKey\([^\n]+?\)+"),
        format!(r"\bnew\s+CloudFlareClient\({ARGUMENT},{ARGUMENT}\)"),
        format!(r"\b(?:new\s+)?CloudflareAccess\({ARGUMENT},{ARGUMENT}\)"),
        String::from(r"\bRubyflare\.connect_with\(?\s*[^)\n]+\)?"),
        format!(r"\bCloudFlare(?:\.CloudFlare)?\({ARGUMENT},{ARGUMENT}\)"),
        String::from(r#"\bdefine\(\s*['"]CLOUDFLARE_API_KEY['"]\s*,\s*[^)\n]+\)"#),
    ];
    expression(&format!("(?P<span>{})", calls.join("|"))).expect("a fixed expression")
});

/// Calls that need Cloudflare elsewhere in the file.
static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    let calls = [
        String::from(r"\bWithAPIKey\(\s*[^)\n]+\)+"),
        String::from(r"\bUserAuthKey\s*\{[^}]*\}"),
        format!(r"\bnew\s+APIKey\({ARGUMENT},{ARGUMENT}\)"),
        format!(r"\bnew\s+ApiKeyAuthentication\({ARGUMENT},{ARGUMENT}\)"),
    ];
    expression(&format!("(?P<span>{})", calls.join("|"))).expect("a fixed expression")
});

/// A name that a Go file gives to a package.
static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"\b(?P<package>[A-Za-z]\w*)\s+"github\.com/cloudflare/cloudflare-go["/]"#)
        .expect("a fixed expression")
});

/// Places of such calls.
pub(super) fn calls(input: &Input<'_>) -> Vec<Span> {
    static HINTS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::new(&[
            ".New(",
            "APIKey",
            "UserAuthKey",
            "CloudFlareClient",
            "CloudflareAccess",
            "Rubyflare",
            "CloudFlare(",
            "CLOUDFLARE_API_KEY",
            "cloudflare_api_key",
            "ApiKeyAuthentication",
        ])
    });
    let bytes = input.text.bytes();
    if HINTS.find(bytes, 0).is_none() {
        return Vec::new();
    }
    let about = contains(bytes, b"cloudflare");
    let plain = about.then(|| PLAIN.captures_iter(bytes)).into_iter().flatten();
    let packages: Vec<&[u8]> = IMPORT
        .captures_iter(bytes)
        .filter_map(|groups| groups.name("package"))
        .map(|m| m.as_bytes())
        .collect();
    let ours = |groups: &Captures<'_>| {
        groups.name("package").is_none_or(|package| {
            matches!(package.as_bytes(), b"cloudflare" | b"cf") || packages.contains(&package.as_bytes())
        })
    };
    let found = NAMED.captures_iter(bytes).filter(ours).chain(plain).filter_map(|groups| groups.name("span"));
    found.map(|m| Span::new(m.start(), m.end())).filter(|span| !has_token(input.text.get(*span))).collect()
}

fn has_token(call: &[u8]) -> bool {
    call.windows(5).any(|w| matches!(w, b"cfut_" | b"cfat_"))
}
