//! Searches with SIMD, if the processor has it: for a few dozen literals at once, for any number of words in any
//! case, for one word, and for short sequences of byte classes.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use fearless_simd::Level;
use memchr::memchr2_iter;

use crate::span::Span;

mod buckets;
mod packed;

pub use self::packed::DEPTH;
use self::packed::{BUCKETS, Tables};

/// The most literals that [`Words`] puts into one search.
pub const MOST: usize = 128;

/// A search for a few dozen literals; none of them may be the beginning of another.
pub struct Literals {
    level: Level,
    tables: Vec<Tables>,
    buckets: Vec<Vec<Literal>>,
    heads: Heads,
    caseless: bool,
}

/// A literal in a bucket.
struct Literal {
    index: usize,
    bytes: Vec<u8>,
    /// Its first four bytes as a number, with zeros after its end.
    head: u32,
    /// The bits of `head` that have to match.
    mask: u32,
}

/// An occurrence of a literal, in bytes of the text.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// Index of the literal.
    pub index: usize,
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl From<Hit> for Span {
    fn from(hit: Hit) -> Span {
        Span::new(hit.start, hit.end)
    }
}

impl Literals {
    /// Builds a search for the literals as they are. Takes some tens of microseconds.
    pub fn new<L: AsRef<[u8]>>(literals: &[L]) -> Literals {
        Literals::build(literals, false)
    }

    /// Builds a search that ignores case: bytes are compared without the bit that distinguishes lower from upper
    /// case. Some punctuation marks differ only in that bit as well, so the caller has to compare what is found with
    /// the text itself.
    pub fn caseless<L: AsRef<[u8]>>(literals: &[L]) -> Literals {
        Literals::build(literals, true)
    }

    /// Builds a caseless search for literals that were put into buckets by hand. Their indices count through all
    /// buckets.
    pub fn in_buckets(buckets: &[Vec<Vec<u8>>]) -> Literals {
        let all: Vec<&[u8]> = buckets.iter().flatten().map(Vec::as_slice).collect();
        let mut number = 0..all.len();
        let buckets: Vec<Vec<usize>> =
            buckets.iter().map(|bucket| number.by_ref().take(bucket.len()).collect()).collect();
        Literals::arranged(&all, &buckets, true)
    }

    fn build<L: AsRef<[u8]>>(literals: &[L], caseless: bool) -> Literals {
        let all: Vec<&[u8]> = literals.iter().map(AsRef::as_ref).collect();
        Literals::arranged(&all, &buckets::sorted(&all), caseless)
    }

    fn arranged(literals: &[&[u8]], buckets: &[Vec<usize>], caseless: bool) -> Literals {
        debug_assert!(buckets.len() <= 2 * BUCKETS);
        let of = |bucket: &Vec<usize>| -> Vec<&[u8]> { bucket.iter().map(|at| literals[*at]).collect() };
        let bytes: Vec<Vec<&[u8]>> = buckets.iter().map(of).collect();
        let literal = |at: &usize| Literal::new(*at, literals[*at], caseless);
        Literals {
            level: Level::new(),
            tables: bytes.chunks(BUCKETS).map(|set| Tables::new(set, caseless)).collect(),
            heads: Heads::of(buckets.iter().map(|bucket| bucket.iter().map(|at| literals[*at])), caseless),
            buckets: buckets.iter().map(|bucket| bucket.iter().map(literal).collect()).collect(),
            caseless,
        }
    }

    /// Whether the text contains one of the literals.
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.find(bytes, 0).is_some()
    }

    /// Returns the first hit that starts at or after `from`.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<Hit> {
        let mut first = None;
        let _ = self.each(bytes, from, |hit| {
            first = Some(hit);
            ControlFlow::Break(())
        });
        first
    }

    /// Returns every hit in order, overlapping ones included.
    pub fn all(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut out = Vec::new();
        let _ = self.each(bytes, 0, |hit| {
            out.push(hit);
            ControlFlow::Continue(())
        });
        out
    }

    /// Calls `visit` for every hit that starts at or after `from`, in order, overlapping ones included; stops when
    /// `visit` breaks.
    pub fn each(
        &self,
        bytes: &[u8],
        from: usize,
        mut visit: impl FnMut(Hit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut stop = |start: usize, buckets: u32| self.hits(bytes, start, buckets, &mut visit);
        match self.tables.as_slice() {
            [] => ControlFlow::Continue(()),
            [one] => packed::each(self.level, &[*one], bytes, from, &mut stop),
            [one, two, ..] => packed::each(self.level, &[*one, *two], bytes, from, &mut stop),
        }
    }

    /// Calls `visit` for the literals of some buckets that occur at `start`.
    #[inline]
    fn hits(
        &self,
        bytes: &[u8],
        start: usize,
        mut buckets: u32,
        visit: &mut impl FnMut(Hit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let rest = &bytes[start..];
        let head = head(rest) | if self.caseless { u32::from_le_bytes([CASE; 4]) } else { 0 };
        if !self.heads.may_be(head, buckets) {
            return ControlFlow::Continue(());
        }
        while buckets != 0 {
            let bucket = buckets.trailing_zeros() as usize;
            buckets &= buckets - 1;
            for literal in &self.buckets[bucket] {
                if head & literal.mask == literal.head && literal.begins(rest, self.caseless) {
                    visit(Hit { index: literal.index, start, end: start + literal.bytes.len() })?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// Tells without looking at any literal that none begins with four bytes, which is so at most places where a search
/// stops.
struct Heads {
    /// A bit for each value of [`Heads::place`] that a literal has.
    known: [u64; 64],
    /// The buckets with literals of less than four bytes, of which nothing is known.
    short: u32,
}

impl Heads {
    fn of<'l>(buckets: impl Iterator<Item = impl Iterator<Item = &'l [u8]>>, caseless: bool) -> Heads {
        let mut heads = Heads { known: [0; 64], short: 0 };
        for (number, bucket) in buckets.enumerate() {
            for literal in bucket {
                let literal = Literal::new(0, literal, caseless);
                if literal.mask != !0 {
                    heads.short |= 1 << number;
                } else {
                    let (word, bit) = Heads::place(literal.head);
                    heads.known[word] |= bit;
                }
            }
        }
        heads
    }

    /// Returns the word and the bit for the first four bytes of a text.
    #[inline]
    fn place(head: u32) -> (usize, u64) {
        let mixed = head.wrapping_mul(0x9E37_79B1);
        ((mixed >> 26) as usize, 1 << (mixed >> 20 & 63))
    }

    /// Whether a literal of the buckets may begin with these four bytes.
    #[inline]
    fn may_be(&self, head: u32, buckets: u32) -> bool {
        let (word, bit) = Heads::place(head);
        self.known[word] & bit != 0 || self.short & buckets != 0
    }
}

impl Literal {
    fn new(index: usize, literal: &[u8], caseless: bool) -> Literal {
        let bytes: Vec<u8> = literal.iter().map(|b| b | if caseless { CASE } else { 0 }).collect();
        let mask = head(&vec![!0; bytes.len()]);
        Literal { index, head: head(&bytes), mask, bytes }
    }

    /// Whether a text begins with the literal, if its first four bytes match.
    fn begins(&self, text: &[u8], caseless: bool) -> bool {
        let Some(own) = text.get(..self.bytes.len()) else { return false };
        self.bytes.len() <= DEPTH
            || (if caseless { eq_folded(own, &self.bytes) } else { own == self.bytes.as_slice() })
    }
}

/// A search for short sequences of byte classes. The two halves of a byte are compared with a class separately, so
/// more is reported than matches: the caller has to check what is found.
pub struct Shapes {
    level: Level,
    tables: Tables,
}

impl Shapes {
    /// Builds a search for up to eight shapes of up to [`DEPTH`] classes each.
    pub fn new(shapes: &[&[&[u8]]]) -> Shapes {
        Shapes { level: Level::new(), tables: Tables::of_classes(shapes) }
    }

    /// Calls `visit` for every place at or after `from` where a shape may begin, in order; stops when `visit` breaks.
    pub fn each(
        &self,
        bytes: &[u8],
        from: usize,
        mut visit: impl FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        packed::each(self.level, &[self.tables], bytes, from, &mut |start, _| visit(start))
    }
}

/// Returns the first four bytes as a number, with zeros for missing ones.
fn head(bytes: &[u8]) -> u32 {
    if let Some(four) = bytes.first_chunk() {
        return u32::from_le_bytes(*four);
    }
    let mut four = [0; 4];
    four[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(four)
}

/// The bit that distinguishes lower from upper case.
const CASE: u8 = 0x20;

/// Returns a text as caseless searches see it: with the case bit of every byte set.
pub fn fold(text: &[u8]) -> Vec<u8> {
    text.iter().map(|b| b | CASE).collect()
}

/// Whether [`fold`] would turn `text` into `folded`.
pub fn eq_folded(text: &[u8], folded: &[u8]) -> bool {
    text.len() == folded.len() && text.iter().zip(folded).all(|(own, other)| own | CASE == *other)
}

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

/// Whether the text contains the word, in any case. The word has at least one byte. For short texts only: the search
/// stops at every occurrence of its first letter.
pub fn contains(text: &[u8], word: &[u8]) -> bool {
    let (lower, upper) = (word[0].to_ascii_lowercase(), word[0].to_ascii_uppercase());
    memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::{Literals, Words};

    #[test]
    fn literals_are_found_as_they_are_or_in_any_case() {
        let literals = ["key", "Token", "ca_bundle", "tls"];
        let all = |search: &Literals, text: &str| {
            let mut found = Vec::new();
            let _ = search.each(text.as_bytes(), 1, |hit| {
                found.push((hit.index, &text[hit.start..hit.end]));
                ControlFlow::Continue(())
            });
            found.into_iter().map(|(index, text)| (index, text.to_owned())).collect::<Vec<_>>()
        };
        let text = "key KEY Token tOKEN ca_bundl ca_bundle TlS CA_BUNDLE tls";
        let own = |list: &[(usize, &str)]| {
            list.iter().map(|(at, text)| (*at, (*text).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(all(&Literals::new(&literals), text), own(&[(1, "Token"), (2, "ca_bundle"), (3, "tls")]));
        let expected = own(&[
            (0, "KEY"),
            (1, "Token"),
            (1, "tOKEN"),
            (2, "ca_bundle"),
            (3, "TlS"),
            (2, "CA_BUNDLE"),
            (3, "tls"),
        ]);
        assert_eq!(all(&Literals::caseless(&literals), text), expected);
    }

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
