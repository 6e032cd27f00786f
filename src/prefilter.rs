//! The gate before everything else: does a piece of a blob hold any word that some rule could care about? Almost every
//! file ends here, so its cost is the cost of a scan.
//!
//! Bytes are folded to lower case in a second buffer (`| 0x20`, which the compiler vectorises) and searched for anchors:
//! words, or the rarest part of a word, few enough for the packed SIMD search of `aho-corasick`; one automaton over all
//! rule keywords would be ten times slower. The corpus (`tests/it/corpus.rs`) runs through it and shows what it loses.

use aho_corasick::AhoCorasick;

use crate::blob::BlobPath;
use crate::literals::{Literals, contains};

/// What may follow `cf` and a separator: those three bytes are in every hardware header.
const CF: &[&str] = &[
    "api", "auth", "acc", "emai", "key", "tok", "tkn", "glob", "zone", "secr", "serv", "dns", "ddns", "mail",
    "mana", "call", "tun", "turn", "r2", "stre", "imag", "ai_", "ai-", "aig", "orig", "purg", "work", "page",
    "user", "pass", "cred", "rs_a", "id_", "clie", "webh", "logp", "hyper", "team", "warp", "bear", "prod",
    "deplo", "stag", "write", "read_", "web_", "pat", "ca_", "bypass",
];

/// What must stand before an anchor.
#[derive(Clone, Copy)]
enum Before {
    Anything,
    /// The start of a word: no letter, or a small one before a capital.
    WordStart,
    /// One of these bytes.
    One(&'static [u8]),
}

/// What must stand around an anchor to make a word of interest; all others are one by themselves.
const AROUND: &[(&str, Before, &[&str])] = &[
    ("cf_", Before::WordStart, CF),
    ("cf-", Before::WordStart, CF),
    ("cf.", Before::WordStart, CF),
    ("cfr2", Before::Anything, &["_", "-", ".", "acc", "sec", "end", "tok", "key", "buck"]),
    ("r2_", Before::WordStart, &["acc", "sec", "end"]),
    ("r2-", Before::WordStart, &["acc", "sec"]),
    ("y2z", Before::Anything, &["1df", "hdf", "rx", "hc3"]),
    (
        "v1.0-",
        Before::Anything,
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"],
    ),
    ("flare", Before::One(b"dy"), &[""]),
    ("ngler ", Before::One(b"a"), &[""]),
    ("tunnel", Before::Anything, &["secret", "_tok", "_sec"]),
    ("stream_si", Before::Anything, &["g"]),
    ("stream_ke", Before::Anything, &["y"]),
    (
        "uth_",
        Before::Anything,
        &["client_", "method", "key=", "key:", "key ", "key\"", "key'", "key}", "key)", "key,"],
    ),
    ("xauth", Before::Anything, &["key", "email"]),
];

/// How many buckets the packed search has.
const BUCKETS: usize = 8;

/// The anchors, lower-case, in groups that are searched one after the other; a line is a bucket of the packed search.
/// It stops wherever the low halves and the high halves of the next three or four bytes each occur in one bucket, so
/// anchors of a line should begin alike: badly sorted, the search takes twice the time (`cargo bench -- gate`).
const GROUPS: &[[&[&str]; BUCKETS]] = &[
    [
        &["cfapi", "cfauth", "cfacc", "y2z"],
        &["cftoken", "cftun", "cf-", "cf."],
        &["cfut_", "cfuser", "cfzone", "cfr2"],
        &["cfdns", "cfcred", "cfsec", "cf_"],
        &["r2_", "r2-", "r2acc", "r2sec"],
        &["cfoat_", "cfglobal", "cforig", "rgo tunnel"],
        &["cfat_", "cfast_", "cfk_", "cfkey"],
        &["ype r2", "v1.0-", "wtja"],
    ],
    [
        &["mps://", "stream_ke", "streamkey", "lls-app"],
        &["unttag", "rnstile", "rn_key", "rn-key"],
        &["x-auth-", "x4aaaa", "tunnel", "uth_"],
        &["flaresec:", "flare", "lls_app", "llsapp"],
        &["stream_si", "stream-k", "streamsig", "\\x63\\x66"],
        &["x_auth_", "jhijoi", "hmac_valid", "ngler "],
        &["oauth_token", "xauth", "djeumc0", "eyj1c2ui"],
        &["aeljb2", "perdrive", "l api key", "rnkey"],
    ],
];

/// The gate. Holds no state between calls but the caller's buffer.
pub struct Gate {
    groups: Vec<Group>,
    /// Words of the user's own rules.
    more: Option<AhoCorasick>,
}

struct Group {
    search: Literals,
    /// For each anchor what must stand before and behind it, where anything must.
    around: Vec<Option<(Before, Vec<Vec<u8>>)>>,
}

impl Gate {
    /// Builds the search for all anchors and `more` words; some tens of microseconds.
    pub fn new(more: &[String]) -> Gate {
        let words = more.iter().map(|word| fold_all(word));
        let more = (!more.is_empty()).then(|| AhoCorasick::new(words).expect("short literal patterns"));
        Gate { groups: GROUPS.iter().map(Group::new).collect(), more }
    }

    /// Whether `bytes` hold a word of interest. `folded` is scratch space that is reused from call to call.
    pub fn passes(&self, bytes: &[u8], folded: &mut Vec<u8>) -> bool {
        folded.clear();
        folded.extend(bytes.iter().map(|b| b | 0x20));
        self.groups.iter().any(|group| group.is_in(bytes, folded))
            || self.more.as_ref().is_some_and(|more| more.is_match(&folded[..]))
    }
}

impl Group {
    fn new(buckets: &[&'static [&'static str]; BUCKETS]) -> Group {
        let anchors = in_turn(buckets);
        let words: Vec<Vec<u8>> = anchors.iter().map(|word| fold_all(word)).collect();
        let search = Literals::new(&words);
        let around = |word: &str| {
            let (_, before, next) = AROUND.iter().find(|(of, ..)| *of == word)?;
            Some((*before, next.iter().map(|word| fold_all(word)).collect()))
        };
        Group { search, around: anchors.iter().map(|word| around(word)).collect() }
    }

    fn is_in(&self, bytes: &[u8], folded: &[u8]) -> bool {
        let mut from = 0;
        while let Some(hit) = self.search.find(folded, from) {
            let fits = |(before, next): &(Before, Vec<Vec<u8>>)| {
                before.fits(bytes, hit.start) && next.iter().any(|word| folded[hit.end..].starts_with(word))
            };
            if self.around[hit.index].as_ref().is_none_or(fits) {
                return true;
            }
            from = hit.start + 1;
        }
        false
    }
}

impl Before {
    fn fits(self, bytes: &[u8], start: usize) -> bool {
        let Some(&before) = start.checked_sub(1).and_then(|at| bytes.get(at)) else { return true };
        match self {
            Before::Anything => true,
            Before::WordStart => {
                !before.is_ascii_alphabetic()
                    || (before.is_ascii_lowercase() && bytes[start].is_ascii_uppercase())
            }
            Before::One(of) => of.contains(&before.to_ascii_lowercase()),
        }
    }
}

/// The packed search hands its words out to the buckets in turn.
fn in_turn(buckets: &[&'static [&'static str]; BUCKETS]) -> Vec<&'static str> {
    let rows = buckets.iter().map(|bucket| bucket.len()).max().unwrap_or_default();
    (0..rows).flat_map(|row| buckets.iter().filter_map(move |bucket| bucket.get(row).copied())).collect()
}

fn fold_all(word: &str) -> Vec<u8> {
    word.bytes().map(|b| b | 0x20).collect()
}

/// Whether rules look at a file of that path whatever it holds.
pub fn by_name(path: &BlobPath) -> bool {
    let name = path.file_name();
    let starts = |start: &[u8]| name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let ends =
        |end: &[u8]| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end);
    [&b"wrangler."[..], b".dev.vars", b".env"].into_iter().any(starts)
        || [&b".tfvars"[..], b".tfstate", b".tfstate.backup", b".env"].into_iter().any(ends)
        || contains(near(path), b"cloudflare")
        || of_a_tool(path)
}

/// Whether a tool of Cloudflare's reads the file as its settings: they need not say the vendor's name again.
pub fn of_a_tool(path: &BlobPath) -> bool {
    contains(path.as_bytes(), b".wrangler/") || contains(path.as_bytes(), b".cf-terraforming")
}

/// The name with the folders that say what it is about, `roles/cloudflare/defaults/main.yml`; not those in which a
/// whole checkout lies.
fn near(path: &BlobPath) -> &[u8] {
    let bytes = path.as_bytes();
    let start = memchr::memrchr_iter(b'/', bytes).nth(NEAR);
    &bytes[start.map_or(0, |slash| slash + 1)..]
}

/// How many folders above a file say what it is about.
const NEAR: usize = 3;

#[cfg(test)]
mod tests {
    use super::{AROUND, BUCKETS, GROUPS, Gate, in_turn};
    use crate::literals::MOST;

    #[test]
    fn the_anchors_suit_the_packed_search() {
        for group in GROUPS {
            assert!(in_turn(group).len() <= MOST);
            let sizes: Vec<usize> = group.iter().map(|bucket| bucket.len()).collect();
            let full = sizes[0];
            // A short bucket before the last would shift all that follow.
            assert!(sizes[..BUCKETS - 1].iter().all(|size| *size == full), "{sizes:?}");
            assert!(in_turn(group).iter().all(|word| word.len() >= 3 && word.to_lowercase() == *word));
        }
        for words in GROUPS.iter().map(in_turn) {
            // The first literal in order hides one that goes on after it.
            let hidden = |at: usize| words[..at].iter().any(|first| words[at].starts_with(first));
            assert!(!(0..words.len()).any(hidden), "{words:?}");
        }
        let all: Vec<&str> = GROUPS.iter().flat_map(in_turn).collect();
        assert!(AROUND.iter().all(|(word, ..)| all.contains(word)), "an anchor that is searched for");
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
        for text in ["", "REG_CF_MASK", "cf_", "return nothing", "tcf_key", "Solarflare", "BIFPLR2_SECONDARY"]
        {
            assert!(!gate.passes(text.as_bytes(), &mut folded), "{text}");
        }
    }
}
