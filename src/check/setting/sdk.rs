//! Calls of Cloudflare's SDKs that take the Global API Key by position, or whose own name says so.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::{Input, expression};
use crate::literals::contains;
use crate::span::Span;

/// Calls that say Cloudflare by their own names.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?P<span>"#,
        r#"\b(?:cloudflare|cf)\.New\(\s*[^,()\n]+(?:\([^()\n]*\))?\s*,\s*[^()\n]+(?:\([^()\n]*\))?\s*[,)]"#,
        r#"|\bnew\s+\\?Cloudflare\\API\\Auth\\APIKey\(\s*[^)\n]+\)"#,
        r#"|\bnew\s+CloudFlareClient\(\s*[^,)\n]+,\s*[^)\n]+\)"#,
        r#"|\b(?:new\s+)?CloudflareAccess\(\s*[^,)\n]+,\s*[^)\n]+\)"#,
        r#"|\bRubyflare\.connect_with\(?\s*[^)\n]+\)?"#,
        r#"|\bCloudFlare(?:\.CloudFlare)?\(\s*[^,()=\n{]+(?:\([^()\n]*\)|\[[^\]\n]*\])?\s*,\s*[^,()=\n{]+(?:\([^()\n]*\)|\[[^\]\n]*\])?\s*\)"#,
        r#"|\bdefine\(\s*['"]CLOUDFLARE_API_KEY['"]\s*,\s*[^)\n]+\)"#,
        r#")"#
    ))
    .expect("a fixed expression")
});

/// Calls that need Cloudflare elsewhere in the file.
static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?P<span>"#,
        r#"\bWithAPIKey\(\s*[^)\n]+\)+"#,
        r#"|\bUserAuthKey\s*\{[^}]*\}"#,
        r#"|\bnew\s+APIKey\(\s*[^,)\n]+,\s*[^)\n]+\)"#,
        r#"|\bnew\s+ApiKeyAuthentication\(\s*[^,)\n]+,\s*[^)\n]+\)"#,
        r#")"#
    ))
    .expect("a fixed expression")
});

/// Places of such calls.
pub(super) fn calls(input: &Input<'_>) -> Vec<Span> {
    let bytes = input.text.bytes();
    let about = contains(bytes, b"cloudflare");
    let plain = about.then(|| PLAIN.captures_iter(bytes)).into_iter().flatten();
    let found = NAMED.captures_iter(bytes).chain(plain).filter_map(|groups| groups.name("span"));
    found.map(|m| Span::new(m.start(), m.end())).filter(|span| !has_token(input.text.get(*span))).collect()
}

fn has_token(call: &[u8]) -> bool {
    call.windows(5).any(|w| matches!(w, b"cfut_" | b"cfat_"))
}
