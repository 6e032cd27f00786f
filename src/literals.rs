//! Searches for literals with SIMD where the processor has it: a few dozen as they are, any number of words whatever
//! their case, or one word.

use std::collections::HashMap;
use std::ops::ControlFlow;

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, Input, MatchKind, Span};
use memchr::memchr2_iter;

mod buckets;

pub use buckets::{BUCKETS, in_turn};

/// The packed search takes no more literals than this at full speed.
pub const MOST: usize = 32;

/// Literals to look for, none of which another begins with.
pub struct Literals {
    search: Search,
    /// The index of each literal of the search.
    order: Vec<usize>,
}

enum Search {
    Packed(packed::Searcher),
    /// Where the processor has no instructions for the packed search.
    Automaton(AhoCorasick),
}

/// A place where a literal stands, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// Which of the literals, by its index.
    pub index: usize,
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Literals {
    /// Builds the search; some tens of microseconds.
    pub fn new<L: AsRef<[u8]>>(literals: &[L]) -> Literals {
        let all: Vec<&[u8]> = literals.iter().map(AsRef::as_ref).collect();
        Literals::build(&all, buckets::sorted(&all))
    }

    /// The same for literals that are in the order in which the packed search hands them out to its buckets.
    pub fn in_order<L: AsRef<[u8]>>(literals: &[L]) -> Literals {
        let all: Vec<&[u8]> = literals.iter().map(AsRef::as_ref).collect();
        Literals::build(&all, (0..all.len()).collect())
    }

    fn build(all: &[&[u8]], order: Vec<usize>) -> Literals {
        debug_assert!(all.len() <= MOST);
        let ordered: Vec<&[u8]> = order.iter().map(|at| all[*at]).collect();
        let mut packed = packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder();
        let search = match packed.extend(&ordered).build() {
            Some(packed) => Search::Packed(packed),
            None => Search::Automaton(
                AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostFirst)
                    .build(&ordered)
                    .expect("a few short literals"),
            ),
        };
        Literals { search, order }
    }

    /// The first hit at or behind `from`.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<Hit> {
        let from = from.min(bytes.len());
        let hit = match &self.search {
            Search::Packed(packed) => packed.find_in(bytes, Span::from(from..bytes.len())),
            Search::Automaton(automaton) => automaton.find(Input::new(bytes).range(from..)),
        }?;
        Some(Hit { index: self.order[hit.pattern().as_usize()], start: hit.start(), end: hit.end() })
    }
}

/// A text for searches without regard to case: every byte with the bit set that tells small letters from capitals, which
/// the compiler vectorises. Marks may become each other, so what is found has to be compared with the text itself.
pub fn fold(text: &[u8], folded: &mut Vec<u8>) {
    folded.clear();
    folded.extend(text.iter().map(|b| b | CASE));
}

const CASE: u8 = 0x20;

/// Any number of words, searched without regard to case: a few bytes that each of them holds, in groups that the packed
/// search takes at full speed. Every occurrence of every word is found, also where words overlap.
pub struct Words {
    groups: Vec<Group>,
}

struct Group {
    search: Literals,
    /// For each literal of the search the words that hold it.
    owners: Vec<Vec<Owner>>,
}

/// A word of which a literal is searched for.
#[derive(Clone)]
struct Owner {
    /// Which of the words.
    index: usize,
    /// Where in the word the literal stands.
    at: usize,
    word: Vec<u8>,
}

impl Owner {
    fn stands_at(&self, text: &[u8], start: usize) -> bool {
        let Some(own) = text.get(start..start + self.word.len()) else { return false };
        // Words that share a literal mostly differ in their ends.
        let ends = |word: &[u8]| word.last().map(u8::to_ascii_lowercase);
        ends(own) == ends(&self.word) && own.eq_ignore_ascii_case(&self.word)
    }
}

impl Words {
    /// Builds the search. Words have at least [`SHORTEST`] bytes.
    pub fn new<W: AsRef<[u8]>>(words: &[W]) -> Words {
        let mut literals = cover(words);
        // The search looks at as many bytes as its shortest literal has, so short ones go with short ones.
        literals.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        let mut groups = Vec::new();
        for alike in literals.chunk_by(|(a, _), (b, _)| a.len() == b.len()) {
            for part in alike.chunks(alike.len().div_ceil(alike.len().div_ceil(MOST))) {
                let (literals, owners): (Vec<_>, Vec<_>) = part.iter().cloned().unzip();
                groups.push(Group { search: Literals::new(&literals), owners });
            }
        }
        Words { groups }
    }

    /// Calls `visit` with the index and the start of every occurrence in a text, group by group, each in order; ends
    /// early where it says so. `folded` is the text as [`fold`] leaves it.
    pub fn each(
        &self,
        text: &[u8],
        folded: &[u8],
        mut visit: impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for group in &self.groups {
            let mut from = 0;
            while let Some(hit) = group.search.find(folded, from) {
                from = hit.start + 1;
                for owner in &group.owners[hit.index] {
                    let start = hit.start.checked_sub(owner.at);
                    if let Some(start) = start.filter(|start| owner.stands_at(text, *start)) {
                        visit(owner.index, start)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// How many bytes of a word are searched for.
const ANCHOR: usize = 4;

/// Literals of [`ANCHOR`] bytes, folded, such that every word holds one: the rarest of the word, or one of a shorter word
/// that it holds. Shorter words are searched for themselves.
fn cover<W: AsRef<[u8]>>(words: &[W]) -> Vec<(Vec<u8>, Vec<Owner>)> {
    let mut folded: Vec<(usize, Vec<u8>)> =
        words.iter().map(|word| word.as_ref().iter().map(|b| b | CASE).collect()).enumerate().collect();
    folded.sort_by_key(|(_, word)| word.len());
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut out: Vec<(Vec<u8>, Vec<Owner>)> = Vec::new();
    for (index, word) in folded {
        let windows = |length: usize| word.windows(length.min(word.len())).enumerate();
        let known = [SHORTEST, ANCHOR].into_iter().flat_map(windows);
        let mut known = known.filter_map(|(at, window)| Some((at, *places.get(window)?)));
        let (at, place) = known.next().unwrap_or_else(|| {
            let rarest = windows(ANCHOR).max_by_key(|(_, window)| buckets::rarity(window));
            let (at, window) = rarest.expect("words are not empty");
            places.insert(window.to_vec(), out.len());
            out.push((window.to_vec(), Vec::new()));
            (at, out.len() - 1)
        });
        out[place].1.push(Owner { index, at, word: words[index].as_ref().to_vec() });
    }
    out
}

/// Words have at least this many bytes.
const SHORTEST: usize = 3;

/// Whether the text holds the word, whatever its capitals. The word has at least one byte. For texts of a few lines:
/// letters are common.
pub fn contains(text: &[u8], word: &[u8]) -> bool {
    let (lower, upper) = (word[0].to_ascii_lowercase(), word[0].to_ascii_uppercase());
    memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::{Words, fold};

    #[test]
    fn every_occurrence_of_every_word_is_found() {
        let words = ["cloudflare", "cloudflare_account", "cf_", "flare", "x-auth-", "api", "token", "r2_"];
        let text = "CloudFlare_Account x cf_cf_ X-Auth-Key solarflareflare apiapi r2_ TOKEN to";
        let mut folded = Vec::new();
        fold(text.as_bytes(), &mut folded);
        let mut found = Vec::new();
        let _ = Words::new(&words).each(text.as_bytes(), &folded, |word, start| {
            found.push((start, words[word]));
            ControlFlow::Continue(())
        });
        found.sort_unstable();
        let lower = text.to_lowercase();
        let mut expected: Vec<(usize, &str)> = Vec::new();
        for word in words {
            expected
                .extend((0..lower.len()).filter(|at| lower[*at..].starts_with(word)).map(|at| (at, word)));
        }
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
