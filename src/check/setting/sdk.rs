//! Calls of Cloudflare's SDKs that take the Global API Key by position, or whose own name says so.

use std::cell::LazyCell;
use std::sync::LazyLock;

use memchr::memmem;

use super::super::{Input, Sign, fixed, spans_around};
use crate::fact::words::is_word;
use crate::literals::Literals;
use crate::span::Span;

/// An argument, with at most one call in it.
const ARGUMENT: &str = r"\s*[^,()\n=]+(?:\([^()\n]*\)|\[[^\]\n]*\])?\s*";

fixed! {
    /// Calls that say Cloudflare by their own names.
    static NAMED = named_calls();

    /// Calls that need Cloudflare elsewhere in the file.
    static PLAIN = plain_calls();

    /// A name that a Go file gives to a package.
    static IMPORT = r#"\b(?P<package>[A-Za-z]\w*)\s+"github\.com/cloudflare/cloudflare-go["/]"#;
}

fn named_calls() -> String {
    let calls = [
        format!(r"\b(?P<package>[A-Za-z]\w*)\.New\({ARGUMENT},{ARGUMENT}[,)]"),
        String::from(r"\bnew\s+\\?Cloudflare\\API\\Auth\\APIKey\([^\n]+?\)+"),
        format!(r"\bnew\s+CloudFlareClient\({ARGUMENT},{ARGUMENT}\)"),
        format!(r"\b(?:new\s+)?CloudflareAccess\({ARGUMENT},{ARGUMENT}\)"),
        String::from(r"\bRubyflare\.connect_with\(?\s*[^)\n]+\)?"),
        format!(r"\bCloudFlare(?:\.CloudFlare)?\({ARGUMENT},{ARGUMENT}\)"),
        String::from(r#"\bdefine\(\s*['"]CLOUDFLARE_API_KEY['"]\s*,\s*[^)\n]+\)"#),
    ];
    format!("(?P<span>{})", calls.join("|"))
}

fn plain_calls() -> String {
    let calls = [
        String::from(r"\bWithAPIKey\(\s*[^)\n]+\)+"),
        String::from(r"\bUserAuthKey\s*\{[^}]*\}"),
        format!(r"\bnew\s+APIKey\({ARGUMENT},{ARGUMENT}\)"),
        format!(r"\bnew\s+ApiKeyAuthentication\({ARGUMENT},{ARGUMENT}\)"),
    ];
    format!("(?P<span>{})", calls.join("|"))
}

/// How far a call may begin before its name, in bytes.
const BEFORE: usize = 80;
/// How far it may end behind it.
const BEHIND: usize = 600;

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
    let renamed = || input.signs.has(Sign::GoModule) && IMPORT.is_match(bytes);
    let called = input.signs.any(&[Sign::Client, Sign::KeyCall]) || renamed();
    if !called {
        return Vec::new();
    }
    let hints = HINTS.all(bytes);
    let mut found = spans_around(&NAMED, &hints, bytes, BEFORE, |_| BEHIND);
    if found.is_empty() && !input.signs.has(Sign::Vendor) {
        return found;
    }
    let packages: LazyCell<Vec<&[u8]>, _> = LazyCell::new(|| {
        let imports = IMPORT.captures_iter(bytes).filter_map(|groups| groups.name("package"));
        imports.map(|m| m.as_bytes()).collect()
    });
    found.retain(|span| {
        let call = input.text.get(*span);
        let package = memmem::find(call, b".New(").map(|at| &call[..at]);
        // Only a whole word is a package.
        let package = package.filter(|name| name.iter().all(|b| is_word(*b)));
        package.is_none_or(|name| matches!(name, b"cloudflare" | b"cf") || packages.contains(&name))
    });
    if input.signs.has(Sign::Vendor) {
        found.extend(spans_around(&PLAIN, &hints, bytes, BEFORE, |_| BEHIND));
    }
    found.retain(|span| !has_token(input.text.get(*span)));
    found
}

fn has_token(call: &[u8]) -> bool {
    [&b"cfut_"[..], b"cfat_"].iter().any(|prefix| memmem::find(call, prefix).is_some())
}
