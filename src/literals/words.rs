//! A search for any number of words in any case: a few bytes of each are searched for.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use super::{CASE, DEPTH, Literals, buckets};

/// The most literals that [`Words`] puts into one search.
const MOST: usize = 128;

/// A caseless search for any number of words. A few bytes of each word are searched for, in groups of at most
/// [`MOST`] literals. Every occurrence of every word is found, overlapping ones included.
pub struct Words {
    groups: Vec<Group>,
}

struct Group {
    search: Literals,
    /// For each literal of the search, the words that contain it.
    owners: Vec<Vec<Owner>>,
}

/// A word, with the literal that is searched for in its place.
#[derive(Clone)]
struct Owner {
    /// Index of the word.
    index: usize,
    /// Offset of the literal in the word.
    at: usize,
    word: Vec<u8>,
    /// Longer words that contain this one around the same literal.
    longer: Vec<Longer>,
}

/// Words that contain another, by a byte next to it.
#[derive(Clone)]
struct Longer {
    /// Offset of the byte from the start of the literal.
    offset: isize,
    /// The words for each value of that byte, folded.
    owners: BTreeMap<u8, Vec<Owner>>,
}

impl Owner {
    /// Adds the word to the tree: below the shorter word that it contains, if there is one. Shorter words have to be
    /// added first.
    fn join(self, others: &mut Vec<Owner>) {
        let holds = |other: &&mut Owner| {
            let from = self.at.checked_sub(other.at);
            from.is_some_and(|from| self.word[from..].starts_with(&other.word))
        };
        let Some(parent) = others.iter_mut().find(holds) else { return others.push(self) };
        let (start, end) = (self.at - parent.at, self.at - parent.at + parent.word.len());
        let place = if end < self.word.len() { end } else { start.saturating_sub(1) };
        let (offset, byte) = (place as isize - self.at as isize, self.word[place] | CASE);
        let known = parent.longer.iter().position(|longer| longer.offset == offset);
        let known = known.unwrap_or_else(|| {
            parent.longer.push(Longer { offset, owners: BTreeMap::new() });
            parent.longer.len() - 1
        });
        self.join(parent.longer[known].owners.entry(byte).or_default());
    }

    /// Returns where the word starts, if it occurs around the literal that was found at `literal`.
    fn start(&self, text: &[u8], literal: usize) -> Option<usize> {
        let start = literal.checked_sub(self.at)?;
        let own = text.get(start..start + self.word.len())?;
        // Words with the same literal mostly differ in their last byte.
        let ends = |word: &[u8]| word.last().map(u8::to_ascii_lowercase);
        (ends(own) == ends(&self.word) && own.eq_ignore_ascii_case(&self.word)).then_some(start)
    }

    /// Returns those of the longer words that may occur around the literal.
    fn longer<'a>(&'a self, text: &'a [u8], literal: usize) -> impl Iterator<Item = &'a [Owner]> {
        self.longer.iter().filter_map(move |longer| {
            let byte = text.get(literal.checked_add_signed(longer.offset)?)?;
            longer.owners.get(&(byte | CASE)).map(Vec::as_slice)
        })
    }
}

/// Calls `visit` with index and start of those words that occur around a literal, and of the longer words that
/// contain them; stops when `visit` breaks.
fn standing(
    owners: &[Owner],
    text: &[u8],
    literal: usize,
    visit: &mut impl FnMut(usize, usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for owner in owners {
        if let Some(start) = owner.start(text, literal) {
            visit(owner.index, start)?;
            for longer in owner.longer(text, literal) {
                standing(longer, text, literal, visit)?;
            }
        }
    }
    ControlFlow::Continue(())
}

impl Words {
    /// Builds the search. Words have at least three bytes.
    pub fn new<W: AsRef<[u8]>>(words: &[W]) -> Words {
        let mut literals = cover(words);
        literals.sort_by(|(a, _), (b, _)| a.cmp(b));
        let groups = literals.len().div_ceil(MOST).max(1);
        let group = |part: &[(Vec<u8>, Vec<Owner>)]| {
            let (literals, owners): (Vec<_>, Vec<_>) = part.iter().cloned().unzip();
            Group { search: Literals::caseless(&literals), owners }
        };
        Words { groups: literals.chunks(literals.len().div_ceil(groups).max(1)).map(group).collect() }
    }

    /// Calls `visit` with index and start of every occurrence in a text, group by group, in order within each; stops
    /// when `visit` breaks.
    pub fn each(
        &self,
        text: &[u8],
        mut visit: impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for group in &self.groups {
            let owners = &group.owners;
            group.search.each(text, 0, |hit| standing(&owners[hit.index], text, hit.start, &mut visit))?;
        }
        ControlFlow::Continue(())
    }
}

/// How many bytes of a word are searched for, at most.
const ANCHOR: usize = DEPTH;

/// Returns folded literals of [`ANCHOR`] bytes such that every word contains one, with the words of each: the rarest
/// part of the word, or a literal that another word already needs. Words that are shorter are literals themselves.
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
        let owner = Owner { index, at, word: words[index].as_ref().to_vec(), longer: Vec::new() };
        owner.join(&mut out[place].1);
    }
    out
}

/// The least length of a word, in bytes.
const SHORTEST: usize = 3;

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::Words;

    #[test]
    fn every_occurrence_of_every_word_is_found() {
        let words = [
            "cloudflare",
            "cloudflare_account",
            "cf_",
            "flare",
            "x-auth-",
            "api",
            "token",
            "r2_",
            "api.cloudflare",
            "api.cloudflare.com",
            "cloudflare.com",
            "arefl",
        ];
        let text =
            "CloudFlare_Account x cf_cf_ X-Auth-Key solarflareflare apiapi r2_ TOKEN Api.CloudFlare.Com to";
        let mut found = Vec::new();
        let _ = Words::new(&words).each(text.as_bytes(), |word, start| {
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
