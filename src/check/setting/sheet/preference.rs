//! Which of key and token a tool uses if both are set, where its source code says so. Of any other tool nothing is
//! claimed.

use super::Sheet;
use crate::check::{Input, fixed};
use crate::fact::brackets;
use crate::fact::setting::Setting;
use crate::literals::contains;

/// What files say that configure wrangler, lego, Traefik, or the Python SDK since 2.11: these prefer the key.
const KEY_WINS: &[&[u8]] =
    &[b"wrangler", b"traefik", b"lego", b"python", b"worker", b"pages deploy", b"cf_dns_api", b"cf_zone_api"];

/// Whether the file configures a tool that prefers the key.
pub(in super::super) fn prefers_key(input: &Input<'_>) -> bool {
    let says = |bytes: &[u8]| KEY_WINS.iter().any(|word| contains(bytes, word));
    says(input.text.bytes()) || says(input.path.as_bytes())
}

impl Sheet<'_> {
    /// Whether the key is left over in the configuration of timothymiller/cloudflare-ddns, which uses a token if one is set:
    /// `"authentication": {"api_token": "…", "api_key": {"api_key": "…", "account_email": "…"}}`.
    pub(super) fn is_token_preferred(&self, key: &Setting) -> bool {
        fixed! {
            static HEAD = r#"(?i)["']?authentication["']?\s*:\s*$"#;
            static TOKEN = r#"(?i)["']?api_token["']?\s*:\s*["'](?P<value>[^"'\s]+)["']"#;
        }
        /// How far around the key the object is searched for, in bytes.
        const OBJECT: usize = 600;
        /// The word in the sample of the tool that means none.
        const NONE: &[u8] = b"api_token_here";
        let bytes = self.input.text.bytes();
        let floor = key.span.start.saturating_sub(OBJECT);
        let is_head = |open: &usize| bytes[*open] == b'{' && HEAD.is_match(&bytes[floor..*open]);
        brackets::around(bytes, floor, key.span.start).find(is_head).is_some_and(|open| {
            let object = &bytes[open..brackets::close(bytes, open, open + 2 * OBJECT)];
            let token = TOKEN.captures(object).and_then(|groups| groups.name("value"));
            token.is_some_and(|value| value.as_bytes() != NONE)
        })
    }
}
