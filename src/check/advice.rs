//! What a document or a sample advises: whether it recommends the Global API Key over a token. Knows words, not rules.

use super::fixed;
use crate::literals::contains;

fixed! {
    /// The key, and soon after it on the line the word "recommended": `Global API Key (recommended)`. Only the Global
    /// API Key counts, or a variable that holds it: people call tokens API keys as well.
    static PRAISED = concat!(
        r"(?i)(?:global[ _-]?(?:api[ _-]?)?(?:key|token)|(?:全局|全域|全局的)\s*(?:api)?\s*(?:key|密钥|密鑰|金鑰)|\b(?:cf|cloudflare)_api_key\b|globale[rn]?[ -]api[ -](?:schl\S+ssel|key)|\b(?:clé|clave|chave|chiave) (?:de |da )?(?:api )?globale?\b|グローバル\s*api\s*キー)",
        r"(?P<between>[^\n.;|]{0,40}?)",
        r"(?:\brecommended\b|\bpreferred\b|推荐|推薦|推奨|\bempfohlen|\brecomendad[oa]|\brecommandé|\bconsigliat[oa]|\baanbevolen|рекоменд)",
        r"(?P<after>[^\n]{0,60})",
    );
}

/// Whether the text recommends the Global API Key.
pub(super) fn recommends_key(bytes: &[u8]) -> bool {
    fixed! {
        static REFUSED = r"(?i)\b(?:not|no|non|never|nicht|kein\w*|less|pas|niet|longer)\b|n't|不|非|не\s*$";
    }
    PRAISED.captures_iter(bytes).any(|groups| {
        let part = |name: &str| groups.name(name).map_or(&b""[..], |part| part.as_bytes());
        // "Global API Key: it is recommended to use a token". A comparison still praises the key.
        let between = part("between");
        !REFUSED.is_match(between)
            && !contains(between, b"token")
            && !contains(part("after"), b"token")
            && !contains(between, "令牌".as_bytes())
            && !contains(part("after"), "令牌".as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::recommends_key;

    #[test]
    fn praise_of_the_key_is_told_from_a_warning() {
        for text in [
            "# OPTION A: Global API Key (RECOMMENDED for personal use)",
            "You need **ONE** of these (Global API Key recommended for full access):",
            "### Global API Key — recommended",
            "- 全局 API Key（推荐）",
            "| `CLOUDFLARE_API_KEY` (recommended)",
            "Global API-Key (empfohlen)",
            "Globaler API-Schlüssel (empfohlen)",
            "Global Key [推荐]",
            "Clave API global (recomendada)",
        ] {
            assert!(recommends_key(text.as_bytes()), "{text}");
        }
        for text in [
            "Global API Key (not recommended)",
            "API token (recommended) or Global API Key",
            "Global API Key or API token (recommended)",
            "Global API Key. Recommended: a token",
            "全局 API Key，不推荐",
            "全局 API Key 或 API 令牌（推荐）",
            "Global API Key (nicht empfohlen)",
            "instead of the Global API Key it is recommended to use a token",
            "Global API Key, no longer recommended",
            "The API key (recommended)",
            "SENDGRID_API_KEY (recommended)",
            "The Cloudflare global network is recommended",
        ] {
            assert!(!recommends_key(text.as_bytes()), "{text}");
        }
    }
}
