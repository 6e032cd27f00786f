//! The gate before everything else: does a piece of a blob hold any word that some rule could care about? Almost every
//! file ends here, so its cost is the cost of a scan.
//!
//! Bytes are folded to lower case in a second buffer (`| 0x20`, which the compiler vectorises) and searched for at most
//! [`MOST`] words, few enough for the SIMD search of `aho-corasick`; one automaton over all rule keywords would be ten
//! times slower. Every keyword of a rule contains one of the words (a test asserts it).

use aho_corasick::{AhoCorasick, MatchKind};

/// The packed search of `aho-corasick` takes no more patterns at full speed.
pub const MOST: usize = 38;

/// The words, lower-case; at least three bytes, starting with bytes that are rare in code.
pub const WORDS: &[&str] = &[
    "cloudflare",
    "cfut_",
    "cfat_",
    "cfast_",
    "cfoat_",
    "cfk_",
    "cf_",
    "cf-",
    "x-auth-",
    "x_auth_",
    "v1.0-",
    "eyjhijoi",
    "0x4aaaa",
    "tunnelsecret",
    "tunnel_t",
    "tunnel_s",
    "accounttag",
    "cftoken",
    "cfapi",
    "cfkey",
    "cfauth",
    "cfuser",
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
    "turn_key",
];

/// Words that begin with these are only passed with one of [`CF_NEXT`] after them: `cf_` alone is in every hardware header.
const SHORT: &[&str] = &["cf_", "cf-"];
const CF_NEXT: &[&[u8]] = &[
    b"api",
    b"auth",
    b"acc",
    b"emai",
    b"key",
    b"tok",
    b"tkn",
    b"glob",
    b"zone",
    b"secr",
    b"serv",
    b"dns",
    b"ddns",
    b"mail",
    b"mana",
    b"call",
    b"tun",
    b"turn",
    b"r2",
    b"stre",
    b"imag",
    b"ai_",
    b"ai-",
    b"aig",
    b"orig",
    b"purg",
    b"work",
    b"page",
    b"user",
    b"pass",
    b"cred",
    b"rs_a",
    b"id\x7f",
    b"clie",
    b"webh",
    b"logp",
    b"hyper",
    b"team",
    b"warp",
    b"bear",
    b"prod",
    b"deplo",
    b"stag",
    b"write",
    b"read\x7f",
    b"web\x7f",
    b"pat",
    b"ca_",
    b"ca\x7f",
    b"bypass",
];

/// The gate. Holds no state between calls but the caller's buffer.
pub struct Gate {
    words: AhoCorasick,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate::new()
    }
}

impl Gate {
    /// Builds the search; some tens of microseconds.
    pub fn new() -> Gate {
        let words = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(WORDS.iter().map(|w| fold_all(w.as_bytes())))
            .expect("a few short literal patterns");
        Gate { words }
    }

    /// Whether `bytes` hold a word of interest. `folded` is scratch space that is reused from call to call.
    pub fn passes(&self, bytes: &[u8], folded: &mut Vec<u8>) -> bool {
        folded.clear();
        folded.extend(bytes.iter().map(|b| b | 0x20));
        self.words.find_iter(&folded[..]).any(|hit| {
            let word = WORDS[hit.pattern().as_usize()];
            if !SHORT.contains(&word) {
                return true;
            }
            let next = &folded[hit.end()..];
            CF_NEXT.iter().any(|n| next.starts_with(n))
        })
    }
}

fn fold_all(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|b| b | 0x20).collect()
}

/// Whether rules look at a file of that name whatever it holds.
pub fn by_name(file_name: &[u8]) -> bool {
    let name = file_name.to_ascii_lowercase();
    let starts = [&b"wrangler."[..], b".dev.vars", b".env"];
    let ends = [&b".tfvars"[..], b".tfstate", b".tfstate.backup", b".env"];
    starts.iter().any(|s| name.starts_with(s)) || ends.iter().any(|e| name.ends_with(e))
}

#[cfg(test)]
mod tests {
    use super::{Gate, MOST, SHORT, WORDS};

    #[test]
    fn the_words_suit_the_packed_search() {
        assert!(WORDS.len() <= MOST, "{}", WORDS.len());
        for word in WORDS {
            assert!(word.len() >= if SHORT.contains(word) { 3 } else { 4 }, "{word}");
            assert_eq!(word.to_lowercase(), **word);
        }
    }

    #[test]
    fn any_case_passes_and_other_words_do_not() {
        let gate = Gate::new();
        let mut folded = Vec::new();
        for text in
            ["CloudFlare", "x CF_API_TOKEN=1", "my_cf_key", "X-AUTH-KEY", "CfToken", "cf-access-client"]
        {
            assert!(gate.passes(text.as_bytes(), &mut folded), "{text}");
        }
        for text in ["", "REG_CF_MASK", "cf_", "return nothing"] {
            assert!(!gate.passes(text.as_bytes(), &mut folded), "{text}");
        }
    }
}
