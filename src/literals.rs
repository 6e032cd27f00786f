//! Searches for literals with SIMD where the processor has it: a few dozen as they are, any number of words whatever
//! their case, or one word.

use std::collections::BTreeMap;
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

impl Words {
    /// Builds the search. Words have at least two bytes.
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
                    let is_word = |start: &usize| {
                        let own = text.get(*start..start + owner.word.len());
                        own.is_some_and(|own| own.eq_ignore_ascii_case(&owner.word))
                    };
                    if let Some(start) = start.filter(is_word) {
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

/// A few literals of [`ANCHOR`] bytes, folded, such that every word holds one: first those that most words share, of
/// equals the rarest. Shorter words are searched for themselves.
fn cover<W: AsRef<[u8]>>(words: &[W]) -> Vec<(Vec<u8>, Vec<Owner>)> {
    let folded: Vec<Vec<u8>> =
        words.iter().map(|word| word.as_ref().iter().map(|b| b | CASE).collect()).collect();
    let mut windows: BTreeMap<&[u8], Vec<(usize, usize)>> = BTreeMap::new();
    for (index, word) in folded.iter().enumerate() {
        for (at, window) in word.windows(ANCHOR.min(word.len())).enumerate() {
            windows.entry(window).or_default().push((index, at));
        }
    }
    let short = |window: &&[u8]| window.len() < ANCHOR;
    let mut open = vec![true; words.len()];
    let mut out: Vec<(Vec<u8>, Vec<Owner>)> = Vec::new();
    let mut take = |window: &[u8], open: &mut [bool], holders: &[(usize, usize)]| {
        let mut owners = Vec::new();
        for &(index, at) in holders {
            if std::mem::take(&mut open[index]) {
                owners.push(Owner { index, at, word: words[index].as_ref().to_vec() });
            }
        }
        out.push((window.to_vec(), owners));
    };
    for window in windows.keys().copied().filter(short) {
        let holders: Vec<(usize, usize)> = (0..folded.len())
            .filter_map(|index| {
                Some((index, folded[index].windows(window.len()).position(|part| part == window)?))
            })
            .collect();
        take(window, &mut open, &holders);
    }
    while open.contains(&true) {
        let value = |(window, holders): &(&&[u8], &Vec<(usize, usize)>)| {
            (holders.iter().filter(|(index, _)| open[*index]).count(), buckets::rarity(window))
        };
        let Some((window, holders)) = windows.iter().max_by_key(value) else { break };
        take(window, &mut open, holders);
    }
    out
}

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
        let words = ["cloudflare", "cloudflare_account", "cf_", "flare", "x-auth-", "api", "token", "r2"];
        let text = "CloudFlare_Account x cf_cf_ X-Auth-Key solarflareflare apiapi r2 TOKEN to";
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
