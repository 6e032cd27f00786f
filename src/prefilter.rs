//! The gate before everything else: does a piece of a blob contain any word that a rule could depend on? Almost every
//! file ends here, so the cost of the gate is the cost of a scan.
//!
//! One SIMD search looks for words, or for parts of words, in any case; an automaton over all keywords of the rules
//! would be ten times slower. The corpus (`tests/it/corpus.rs`) runs through the gate and shows what it loses.

use std::ops::ControlFlow;

use aho_corasick::AhoCorasick;

use crate::blob::BlobPath;
use crate::literals::{DEPTH, Literals, contains, eq_folded, fold};

/// What may follow `cf` and a separator, which alone occur in every hardware header.
const CF: &[&str] = &[
    "api", "auth", "acc", "emai", "key", "tok", "tkn", "glob", "zone", "secr", "serv", "dns", "ddns", "mail",
    "mana", "call", "tun", "turn", "r2", "stre", "imag", "ai_", "ai-", "aig", "orig", "purg", "work", "page",
    "user", "pass", "cred", "rs_a", "id_", "clie", "webh", "logp", "hyper", "team", "warp", "bear", "prod",
    "deplo", "stag", "write", "read_", "web_", "pat", "ca_", "bypass", "v4-",
];

/// What must come before a word.
#[derive(Clone, Copy)]
enum Before {
    Anything,
    /// The word starts here: it follows no letter, or begins with a capital after a lower-case letter.
    WordStart,
    /// One of these bytes.
    One(&'static [u8]),
    /// None of these bytes.
    Not(&'static [u8]),
}

/// What must come before and after a word to make it a word of interest; words that are not listed need nothing
/// around them.
const AROUND: &[(&str, Before, &[&str])] = &[
    ("cf_", Before::WordStart, CF),
    ("cf-", Before::WordStart, CF),
    ("cf.", Before::WordStart, CF),
    ("cfr2", Before::Anything, &["_", "-", ".", "acc", "sec", "end", "tok", "key", "buck"]),
    ("r2_", Before::WordStart, &["acc", "sec", "end"]),
    ("r2-", Before::WordStart, &["acc", "sec", "cred"]),
    ("y2z", Before::Anything, &["1df", "hdf", "rx", "hc3", "vyx"]),
    ("djeumc", Before::Anything, &["0", "1"]),
    ("nma1", Before::Anything, &["8", "9"]),
    ("2ms4wl", Before::Anything, &["t", "w"]),
    (
        "v1.0-",
        Before::Anything,
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"],
    ),
    ("flare", Before::One(b"dy"), &[""]),
    // Not `returnKeyword`.
    ("turnkey", Before::Not(b"e"), &[""]),
    ("tunnel", Before::Anything, &["secret", "_tok", "_sec"]),
    ("stream_si", Before::Anything, &["g"]),
    ("stream_ke", Before::Anything, &["y"]),
    (
        "uth_",
        Before::Anything,
        &["client_", "method", "key=", "key:", "key ", "key\"", "key'", "key}", "key)", "key,"],
    ),
    ("xauth", Before::Anything, &["key", "email"]),
    ("wrangler", Before::Anything, &[" ", "\","]),
];

/// The words of interest, lower-case, one bucket of the search per list. The part of a word from the `|` on is
/// searched for; the rest is compared where that part is found. The search stops wherever the low halves and the high
/// halves of the next four bytes all occur in one bucket. Which words share a bucket, and where their search starts,
/// was chosen by counting such places in real sources; badly chosen, the search takes half as long again (`cargo
/// bench -- gate`). In base64 a prefix reads in three ways, as it begins at the first, second or third of three bytes.
const WORDS: &[&[&str]] = &[
    &[
        "flare",
        "eyj|hijoi",
        "flaresec:",
        "c|fglobal",
        "str|eam_si",
        "a|eljb2",
        "str|eam_ke",
        // `cf`, escaped like the rest of a value.
        "\\x|63\\x66",
    ],
    &[
        "\\u00|63\\u0066",
        "wrangler",
        "uth_",
        "t|urnstile",
        "t|urn_key",
        "t|urnkey",
        "t|urn-key",
        "wtja",
        "x_a|uth_",
        "0|x4aaaa",
        "[r2]",
    ],
    &["x|auth", "argo |tunnel", "v1.0-", "x-|auth-", "o|auth_token", "tunnel", ".d|ev.vars", "ey|j1c2ui"],
    &["%63%66", "r2_", "r2sec", "y2z", "r2-", "r2acc", "r2://", "rtmp|s://"],
    &["typ|e r2", "global a|pi key", "str|eamkey", "hy|perdrive", "apit|oken", "api_t|oken"],
    &["stre|am-k", "accounttag", "stre|amsig", "is_timed_|hmac_valid", "2ms4wl", "nmb2f0x"],
    &[
        "ca|lls_app",
        "ca|lls-app",
        "ca|llsapp",
        "jznv0x",
        "jzmf0x",
        "jzmtf",
        "jzmfzdf",
        "jzm9hdf",
        "yx|ljat",
        "nmdxrf",
        "nmyxrf",
        "nma1",
        "nmyxn0x",
    ],
    &[
        "cf_", "cfacc", "cfat_", "cfr2", "cftoken", "cfsec", "cftun", "cfut_", "cfuser", "cfapi", "cfcred",
        "cfauth", "cforig", "cfzone", "djeumc", "cf.", "cf-", "cfdns", "cfk_", "cfoat_", "cfast_", "cfkey",
        "cftkn", "cfcf_",
    ],
];

/// The gate.
pub struct Gate {
    search: Literals,
    /// For each literal that is searched for, the index of its word.
    owners: Vec<usize>,
    words: Vec<Word>,
    /// Words of the user's own rules and names.
    more: Option<AhoCorasick>,
}

struct Word {
    /// Folded.
    text: Vec<u8>,
    /// Where the part that is searched for starts.
    cut: usize,
    before: Before,
    /// What may follow, folded; an empty entry allows anything.
    next: Vec<Vec<u8>>,
}

impl Gate {
    /// Builds the search for all words, and for `more` words of the user's. Takes some tens of microseconds.
    pub fn new(more: &[String]) -> Gate {
        let folded = more.iter().map(|word| fold(word.as_bytes()));
        let more = (!more.is_empty()).then(|| AhoCorasick::new(folded).expect("short literal patterns"));
        let words: Vec<Word> = WORDS.iter().copied().flatten().map(|word| Word::new(word)).collect();
        let searched: Vec<Vec<Vec<u8>>> = words.iter().map(Word::searched).collect();
        let owners = (0..words.len()).flat_map(|word| searched[word].iter().map(move |_| word)).collect();
        let mut rest = searched.into_iter();
        let buckets: Vec<Vec<Vec<u8>>> =
            WORDS.iter().map(|bucket| rest.by_ref().take(bucket.len()).flatten().collect()).collect();
        Gate { search: Literals::in_buckets(&buckets), owners, words, more }
    }

    /// Whether `bytes` contain a word of interest.
    pub fn passes(&self, bytes: &[u8]) -> bool {
        let found = self.search.each(bytes, 0, |hit| {
            let stands = self.words[self.owners[hit.index]].stands_at(bytes, hit.start);
            if stands { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found.is_break() || self.more.as_ref().is_some_and(|more| more.is_match(&fold(bytes)))
    }
}

impl Word {
    fn new(written: &'static str) -> Word {
        let cut = written.find('|').unwrap_or(0);
        let text = written.replacen('|', "", 1);
        let around = AROUND.iter().find(|(of, ..)| **of == text);
        let (before, next) =
            around.map_or((Before::Anything, &[""][..]), |(_, before, next)| (*before, next));
        let fold = |word: &str| fold(word.as_bytes());
        Word { text: fold(&text), cut, before, next: next.iter().map(|word| fold(word)).collect() }
    }

    /// Returns the literals that are searched for: the word from its cut on, or, if that is too short to be rare, one
    /// literal for each byte that may follow it.
    fn searched(&self) -> Vec<Vec<u8>> {
        let own = &self.text[self.cut..];
        let mut behind: Vec<u8> = self.next.iter().filter_map(|next| next.first().copied()).collect();
        if own.len() >= DEPTH || behind.len() < self.next.len() {
            return vec![own.to_vec()];
        }
        behind.sort_unstable();
        behind.dedup();
        behind.iter().map(|byte| [own, &[*byte]].concat()).collect()
    }

    /// Whether the whole word is where its searched part was `found`, with what must come before and after it.
    fn stands_at(&self, bytes: &[u8], found: usize) -> bool {
        let Some(start) = found.checked_sub(self.cut) else { return false };
        let follows =
            |at: usize, word: &[u8]| bytes.get(at..at + word.len()).is_some_and(|own| eq_folded(own, word));
        follows(start, &self.text)
            && self.before.fits(bytes, start)
            && self.next.iter().any(|word| follows(start + self.text.len(), word))
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
            Before::Not(of) => !of.contains(&before.to_ascii_lowercase()),
        }
    }
}

/// Whether a file of that path is scanned whatever it contains.
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

/// Whether a Cloudflare tool reads the file as its settings, which need not mention the vendor.
pub fn of_a_tool(path: &BlobPath) -> bool {
    contains(path.as_bytes(), b".wrangler/") || contains(path.as_bytes(), b".cf-terraforming")
}

/// Returns the file name with up to [`NEAR`] folders above it, which say what it is about
/// (`roles/cloudflare/defaults/main.yml`); folders further up may be those of a whole checkout.
fn near(path: &BlobPath) -> &[u8] {
    let bytes = path.as_bytes();
    let start = memchr::memrchr_iter(b'/', bytes).nth(NEAR);
    &bytes[start.map_or(0, |slash| slash + 1)..]
}

/// How many folders above a file say what it is about.
const NEAR: usize = 3;

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{AROUND, Gate, WORDS};
    use crate::blob::PREFIXES;

    #[test]
    fn the_words_suit_the_search() {
        let all: Vec<&str> = WORDS.iter().copied().flatten().copied().collect();
        let searched: Vec<&str> = all.iter().filter_map(|word| word.rsplit('|').next()).collect();
        assert!(searched.iter().all(|word| word.len() >= 3));
        let all: Vec<String> = all.iter().map(|word| word.replace('|', "")).collect();
        assert!(all.iter().all(|word| word.to_lowercase() == *word));
        assert!(
            AROUND.iter().all(|(word, ..)| all.contains(&(*word).to_owned())),
            "a word that is searched for"
        );
    }

    #[test]
    fn any_case_passes_and_other_words_do_not() {
        let gate = Gate::new(&[]);
        for text in [
            "CloudFlare",
            "x CF_API_TOKEN=1",
            "my_cf_key",
            "X-AUTH-KEY",
            "CfToken",
            "cf-access-client",
            "CF_AI_KEY",
            "CFUT_1",
            "cfTurnKey",
            "TURN_KEY_ID",
            "Wrangler deploy",
            "# flaresec: allow",
            "COPY .dev.vars ./",
            "?auth=%63%66%75%74%5F",
        ] {
            assert!(gate.passes(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "REG_CF_MASK",
            "cf_",
            "return nothing",
            "tcf_key",
            "Solarflare",
            "BIFPLR2_SECONDARY",
            "returnKeyword",
            "netdev.value",
        ] {
            assert!(!gate.passes(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn every_prefix_is_known_in_base64_wherever_it_begins() {
        let gate = Gate::new(&[]);
        for prefix in PREFIXES.into_iter().chain(["v1.0-"]) {
            for before in ["", "x", "=\"", "\t:", " T=", "k: \"", "\u{e9}"] {
                for next in ["0", "5", "9", "a", "f", "A", "Z", "z"] {
                    let hex = prefix == "v1.0-" && !matches!(next, "0" | "5" | "9" | "a" | "f");
                    let text = STANDARD.encode(format!("{before}{prefix}{next}123456789abcdef"));
                    assert!(hex || gate.passes(text.as_bytes()), "{before}{prefix}{next}: {text}");
                }
            }
        }
    }
}
