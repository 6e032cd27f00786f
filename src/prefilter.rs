//! The gate before everything else: does a piece of a blob hold any word that some rule could care about? Almost every
//! file ends here, so its cost is the cost of a scan.
//!
//! Bytes are folded to lower case in a second buffer (`| 0x20`, which the compiler vectorises) and searched in groups of
//! [`GROUP`] words, few enough for the SIMD search of `aho-corasick`; one automaton over all rule keywords would be ten
//! times slower. The corpus (`tests/it/corpus.rs`) runs through it and shows what it loses.

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;

use crate::blob::BlobPath;

/// The packed search of `aho-corasick` takes no more patterns at full speed.
const GROUP: usize = 32;

/// The words, lower-case; at least four bytes, starting with bytes that are rare in code.
pub const WORDS: &[&str] = &[
    "cloudflare",
    "x-auth-",
    "x_auth_",
    "v1.0-",
    "eyjhijoi",
    "0x4aaaa",
    "tunnelsecret",
    "tunnel_to",
    "tunnel_se",
    "accounttag",
    "auth_client",
    "r2_acc",
    "r2_sec",
    "flaresec:",
    "urnstile",
    "y2z1df",
    "y2zhdf",
    "y2zrx",
    "y2zhc3",
    "zxlkaeljb2",
    "xauthkey",
    "argo tunnel",
    "calls_app",
    "calls-app",
    "callsapp",
    "turn_key",
    "turn-key",
    "turnkey",
    "r2-acc",
    "r2-sec",
    "r2acc",
    "r2sec",
    "r2_end",
    "eyj1c2ui",
    "stream_ke",
    "stream_si",
    "stream-k",
    "streamkey",
    "streamsig",
    "rtmps://",
    "global api key",
    "hyperdrive",
    "hmac_valid",
    "auth_key",
    "auth_method",
    "\\x63\\x66",
    "wtja",
    "djeumc0",
    "xauthemail",
    "oauth_token",
    "rubyflare",
    "type r2",
    "wrangler ",
];

/// What begins with `cf` is looked for by itself: those two letters are in every hardware header, so what follows decides.
/// Directly behind them …
const CF_OWN: &[&str] = &[
    "ut_", "at_", "ast_", "oat_", "k_", "token", "api", "key", "auth", "user", "dns", "acc", "tun", "zone",
    "global", "r2", "orig", "cred", "sec",
];
/// … or behind `_`, `-` or `.` after them.
const CF_NEXT: &[&str] = &[
    "api", "auth", "acc", "emai", "key", "tok", "tkn", "glob", "zone", "secr", "serv", "dns", "ddns", "mail",
    "mana", "call", "tun", "turn", "r2", "stre", "imag", "ai_", "ai-", "aig", "orig", "purg", "work", "page",
    "user", "pass", "cred", "rs_a", "id_", "clie", "webh", "logp", "hyper", "team", "warp", "bear", "prod",
    "deplo", "stag", "write", "read_", "web_", "pat", "ca_", "ca_", "bypass",
];

/// The gate. Holds no state between calls but the caller's buffer.
pub struct Gate {
    /// Groups of at most [`GROUP`] words: several fast passes beat one slow one.
    groups: Vec<AhoCorasick>,
    cf: memmem::Finder<'static>,
    own: Vec<Vec<u8>>,
    next: Vec<Vec<u8>>,
}

impl Gate {
    /// Builds the search for [`WORDS`], words that begin with `cf`, and `more`; some tens of microseconds.
    pub fn new(more: &[String]) -> Gate {
        let words: Vec<&str> = WORDS.iter().copied().chain(more.iter().map(String::as_str)).collect();
        let build = |words: &[&str]| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(words.iter().map(|w| fold_all(w.as_bytes())))
                .expect("short literal patterns")
        };
        let folded = |words: &[&str]| words.iter().map(|word| fold_all(word.as_bytes())).collect();
        Gate {
            groups: words.chunks(GROUP).map(build).collect(),
            cf: memmem::Finder::new(b"cf"),
            own: folded(CF_OWN),
            next: folded(CF_NEXT),
        }
    }

    /// Whether `bytes` hold a word of interest. `folded` is scratch space that is reused from call to call.
    pub fn passes(&self, bytes: &[u8], folded: &mut Vec<u8>) -> bool {
        folded.clear();
        folded.extend(bytes.iter().map(|b| b | 0x20));
        self.groups.iter().any(|group| group.is_match(&folded[..]))
            || self.cf.find_iter(folded).any(|at| self.is_ours(&folded[at + 2..]))
    }

    /// Whether what follows `cf` makes a word of interest.
    fn is_ours(&self, rest: &[u8]) -> bool {
        let starts = |words: &[Vec<u8>], rest: &[u8]| words.iter().any(|word| rest.starts_with(word));
        match rest.split_first() {
            // A folded `_`.
            Some((0x7F | b'-' | b'.', rest)) => starts(&self.next, rest),
            Some(_) => starts(&self.own, rest),
            None => false,
        }
    }
}

fn fold_all(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|b| b | 0x20).collect()
}

/// Whether rules look at a file of that path whatever it holds.
pub fn by_name(path: &BlobPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let starts = [&b"wrangler."[..], b".dev.vars", b".env"];
    let ends = [&b".tfvars"[..], b".tfstate", b".tfstate.backup", b".env"];
    let inside = |word: &[u8]| path.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    starts.iter().any(|s| name.starts_with(s))
        || ends.iter().any(|e| name.ends_with(e))
        || inside(b"cloudflare")
        || of_a_tool(path)
}

/// Whether a tool of Cloudflare's reads the file as its settings: they need not say the vendor's name again.
pub fn of_a_tool(path: &BlobPath) -> bool {
    let inside = |word: &[u8]| path.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    inside(b".wrangler/") || inside(b".cf-terraforming")
}

#[cfg(test)]
mod tests {
    use super::{Gate, WORDS};

    #[test]
    fn the_words_suit_the_packed_search() {
        for word in WORDS {
            assert!(word.len() >= 4, "{word}");
            assert_eq!(word.to_lowercase(), **word);
        }
    }

    #[test]
    fn any_case_passes_and_other_words_do_not() {
        let gate = Gate::new(&[]);
        let mut folded = Vec::new();
        for text in [
            "CloudFlare",
            "x CF_API_TOKEN=1",
            "my_cf_key",
            "X-AUTH-KEY",
            "CfToken",
            "cf-access-client",
            "CF_AI_KEY",
            "CFUT_1",
        ] {
            assert!(gate.passes(text.as_bytes(), &mut folded), "{text}");
        }
        for text in ["", "REG_CF_MASK", "cf_", "return nothing"] {
            assert!(!gate.passes(text.as_bytes(), &mut folded), "{text}");
        }
    }
}
