//! The gate before everything else: does a piece of a blob hold any word that some rule could care about? Almost every
//! file ends here, so its cost is the cost of a scan.
//!
//! Bytes are folded to lower case in a second buffer (`| 0x20`, which the compiler vectorises) and searched for words, or
//! a part of a word, few enough for the packed SIMD search of `aho-corasick`; one automaton over all rule keywords would
//! be ten times slower. The corpus (`tests/it/corpus.rs`) runs through it and shows what it loses.

use aho_corasick::AhoCorasick;

use crate::blob::BlobPath;
use crate::literals::{BUCKETS, Literals, contains, fold, in_turn};

/// What may follow `cf` and a separator: those three bytes are in every hardware header.
const CF: &[&str] = &[
    "api", "auth", "acc", "emai", "key", "tok", "tkn", "glob", "zone", "secr", "serv", "dns", "ddns", "mail",
    "mana", "call", "tun", "turn", "r2", "stre", "imag", "ai_", "ai-", "aig", "orig", "purg", "work", "page",
    "user", "pass", "cred", "rs_a", "id_", "clie", "webh", "logp", "hyper", "team", "warp", "bear", "prod",
    "deplo", "stag", "write", "read_", "web_", "pat", "ca_", "bypass",
];

/// What must stand before a word.
#[derive(Clone, Copy)]
enum Before {
    Anything,
    /// The start of a word: no letter, or a small one before a capital.
    WordStart,
    /// One of these bytes.
    One(&'static [u8]),
    /// None of these bytes.
    Not(&'static [u8]),
}

/// What must stand around a word to make it one of interest; all others are by themselves.
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
];

/// The words of interest, lower-case, in groups that are searched one after the other; a line is a bucket of the packed
/// search. From the `|` on a word is searched for, the rest of it is compared where that is found. The search stops
/// wherever the low halves and the high halves of the next three or four bytes each occur in one bucket. Which words share
/// a bucket, and where their search starts, was chosen by counting those places in real sources; badly chosen, the search
/// takes two or three times as long (`cargo bench -- gate`).
const GROUPS: &[[&[&str]; BUCKETS]] = &[
    [
        &["y2z", "r2-", "r2acc", "r2_"],
        &["cf_", "cfauth", "cfast_", "cfr2"],
        &["cftoken", "cfsec", "cfcred", "v1|.0-"],
        &["cftun", "cfut_", "cfuser", "r2sec"],
        &["cfat_", "w|tja", "cfapi", "cfacc"],
        &["cfoat_", "cforig", "cfdns", "c|fglobal"],
        &["cfk_", "cfkey", "cf-", "type| r2"],
        &["cf.", "cfzone", "argo t|unnel", ".d|ev.vars"],
    ],
    [
        &["call|s-app", "dje|umc0", "e|yj1c2ui", "flare|sec:"],
        &["t|urnkey", "oauth|_token", "0|x4aaaa", "wrangler "],
        &["x-a|uth-", "xauth", "uth_", "x|_auth_"],
        &["str|eamkey", "t|unnel", "is_tim|ed_hmac_valid", "str|eam-k"],
        &["tu|rn-key", "strea|msig", "rt|mps://", "tu|rnstile"],
        &["\\x|63\\x66", "cal|ls_app", "stre|am_ke", "tu|rn_key"],
        &["str|eam_si", "flare", "hyp|erdrive", "ae|ljb2"],
        &["a|ccounttag", "cal|lsapp", "eyjh|ijoi", "globa|l api key"],
    ],
];

/// How much is folded and searched at a time: both copies stay in the first-level cache.
const PART: usize = 16 * 1024;
/// Words go on over the end of a part by at most this much.
const LONGEST: usize = 32;

/// The gate. Holds no state between calls but the caller's buffer.
pub struct Gate {
    groups: Vec<Group>,
    /// Words of the user's own rules.
    more: Option<AhoCorasick>,
}

struct Group {
    search: Literals,
    words: Vec<Word>,
}

struct Word {
    /// Folded.
    text: Vec<u8>,
    /// Where in it the search starts.
    cut: usize,
    before: Before,
    /// What may follow, folded; nothing where anything may.
    next: Vec<Vec<u8>>,
}

impl Gate {
    /// Builds the search for all words and `more` of them; some tens of microseconds.
    pub fn new(more: &[String]) -> Gate {
        let words = more.iter().map(|word| fold_all(word));
        let more = (!more.is_empty()).then(|| AhoCorasick::new(words).expect("short literal patterns"));
        Gate { groups: GROUPS.iter().map(Group::new).collect(), more }
    }

    /// Whether `bytes` hold a word of interest. `folded` is scratch space that is reused from call to call.
    pub fn passes(&self, bytes: &[u8], folded: &mut Vec<u8>) -> bool {
        let mut start = 0;
        loop {
            let end = bytes.len().min(start + PART + LONGEST);
            let part = &bytes[start..end];
            fold(part, folded);
            if self.groups.iter().any(|group| group.is_in(part, folded)) {
                return true;
            }
            if end == bytes.len() {
                break;
            }
            start += PART;
        }
        // Words of users may be of any length.
        self.more.as_ref().is_some_and(|more| {
            fold(bytes, folded);
            more.is_match(&folded[..])
        })
    }
}

impl Group {
    fn new(buckets: &[&'static [&'static str]; BUCKETS]) -> Group {
        let words: Vec<Word> = in_turn(buckets).into_iter().map(Word::new).collect();
        let literals: Vec<&[u8]> = words.iter().map(|word| &word.text[word.cut..]).collect();
        Group { search: Literals::in_order(&literals), words }
    }

    fn is_in(&self, bytes: &[u8], folded: &[u8]) -> bool {
        let mut from = 0;
        while let Some(hit) = self.search.find(folded, from) {
            if self.words[hit.index].stands_at(bytes, folded, hit.start) {
                return true;
            }
            from = hit.start + 1;
        }
        false
    }
}

impl Word {
    fn new(written: &'static str) -> Word {
        let cut = written.find('|').unwrap_or(0);
        let text = written.replacen('|', "", 1);
        let around = AROUND.iter().find(|(of, ..)| **of == text);
        let (before, next) =
            around.map_or((Before::Anything, &[""][..]), |(_, before, next)| (*before, next));
        Word { text: fold_all(&text), cut, before, next: next.iter().map(|word| fold_all(word)).collect() }
    }

    /// Whether the whole word stands where its second part was found, with what must stand around it.
    fn stands_at(&self, bytes: &[u8], folded: &[u8], found: usize) -> bool {
        let Some(start) = found.checked_sub(self.cut) else { return false };
        let end = start + self.text.len();
        folded[start..].starts_with(&self.text)
            && self.before.fits(bytes, start)
            && self.next.iter().any(|word| folded[end..].starts_with(word))
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

fn fold_all(word: &str) -> Vec<u8> {
    let mut folded = Vec::new();
    fold(word.as_bytes(), &mut folded);
    folded
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
    use super::{AROUND, GROUPS, Gate, LONGEST, PART, Word};
    use crate::literals::{BUCKETS, MOST, in_turn};

    #[test]
    fn the_words_suit_the_packed_search() {
        for group in GROUPS {
            assert!(in_turn(group).len() <= MOST);
            let sizes: Vec<usize> = group.iter().map(|bucket| bucket.len()).collect();
            // A short bucket before the last would shift all that follow.
            assert!(sizes[..BUCKETS - 1].iter().all(|size| *size == sizes[0]), "{sizes:?}");
            let words: Vec<Word> = in_turn(group).into_iter().map(Word::new).collect();
            assert!(words.iter().all(|word| word.text.len() - word.cut >= 3));
            let next = |word: &Word| word.next.iter().map(Vec::len).max().unwrap_or_default();
            assert!(words.iter().all(|word| word.text.len() + next(word) < LONGEST));
        }
        for group in GROUPS {
            // Of two that begin at one place only the first is found.
            let searched: Vec<&str> =
                in_turn(group).iter().filter_map(|word| word.rsplit('|').next()).collect();
            let hides = |one: &&str| searched.iter().any(|other| other != one && other.starts_with(*one));
            assert_eq!(searched.iter().find(|one| hides(one)), None);
        }
        let all: Vec<String> = GROUPS.iter().flat_map(in_turn).map(|word| word.replace('|', "")).collect();
        assert!(all.iter().all(|word| word.to_lowercase() == *word));
        assert!(
            AROUND.iter().all(|(word, ..)| all.contains(&(*word).to_owned())),
            "a word that is searched for"
        );
    }

    #[test]
    fn words_are_found_over_the_ends_of_parts() {
        let gate = Gate::new(&[]);
        for start in PART - 20..PART + 4 {
            let mut text = vec![b'.'; PART * 2];
            text[start..start + 12].copy_from_slice(b"x CloudFlare");
            assert!(gate.passes(&text, &mut Vec::new()), "{start}");
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
            "cfTurnKey",
            "TURN_KEY_ID",
            "Wrangler deploy",
            "# flaresec: allow",
            "COPY .dev.vars ./",
        ] {
            assert!(gate.passes(text.as_bytes(), &mut folded), "{text}");
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
            assert!(!gate.passes(text.as_bytes(), &mut folded), "{text}");
        }
    }
}
