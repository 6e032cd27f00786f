//! The gate before everything else: does a piece of a blob hold any word that some rule could care about? Almost every
//! file ends here, so its cost is the cost of a scan.
//!
//! Bytes are folded to lower case in a second buffer (`| 0x20`, which the compiler vectorises) and searched in groups of
//! [`GROUP`] words, few enough for the SIMD search of `aho-corasick`; one automaton over all rule keywords would be ten
//! times slower. The corpus (`tests/it/corpus.rs`) runs through it and shows what it loses.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::blob::BlobPath;

/// The packed search of `aho-corasick` takes no more patterns at full speed.
const GROUP: usize = 32;

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
    "cf.",
    "x-auth-",
    "x_auth_",
    "v1.0-",
    "eyjhijoi",
    "0x4aaaa",
    "tunnelsecret",
    "tunnel_to",
    "tunnel_se",
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
    "calls-app",
    "callsapp",
    "turn_key",
    "turn-key",
    "turnkey",
    "cfdns",
    "cfacc",
    "cftun",
    "cfzone",
    "cfglobal",
    "cfr2",
    "cforig",
    "cfcred",
    "cfsec",
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

/// Words that begin with these are only passed with one of [`CF_NEXT`] after them: `cf_` alone is in every hardware header.
const SHORT: &[&str] = &["cf_", "cf-", "cf."];
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
    /// Groups of at most [`GROUP`] words: several fast passes beat one slow one.
    groups: Vec<AhoCorasick>,
    /// For each group, which of its words only count with one of [`CF_NEXT`] behind them.
    short: Vec<Vec<bool>>,
}

impl Gate {
    /// Builds the search for [`WORDS`] and `more`; some tens of microseconds.
    pub fn new(more: &[String]) -> Gate {
        let words: Vec<&str> = WORDS.iter().copied().chain(more.iter().map(String::as_str)).collect();
        let build = |words: &[&str]| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(words.iter().map(|w| fold_all(w.as_bytes())))
                .expect("short literal patterns")
        };
        let groups = words.chunks(GROUP);
        Gate {
            groups: groups.clone().map(build).collect(),
            short: groups.map(|group| group.iter().map(|word| SHORT.contains(word)).collect()).collect(),
        }
    }

    /// Whether `bytes` hold a word of interest. `folded` is scratch space that is reused from call to call.
    pub fn passes(&self, bytes: &[u8], folded: &mut Vec<u8>) -> bool {
        folded.clear();
        folded.extend(bytes.iter().map(|b| b | 0x20));
        self.groups.iter().zip(&self.short).any(|(group, short)| {
            group.find_iter(&folded[..]).any(|hit| {
                !short[hit.pattern().as_usize()]
                    || CF_NEXT.iter().any(|next| folded[hit.end()..].starts_with(next))
            })
        })
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
        || inside(b".wrangler")
        || inside(b"cf-terraforming")
}

#[cfg(test)]
mod tests {
    use super::{Gate, SHORT, WORDS};

    #[test]
    fn the_words_suit_the_packed_search() {
        for word in WORDS {
            assert!(word.len() >= if SHORT.contains(word) { 3 } else { 4 }, "{word}");
            assert_eq!(word.to_lowercase(), **word);
        }
    }

    #[test]
    fn any_case_passes_and_other_words_do_not() {
        let gate = Gate::new(&[]);
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
