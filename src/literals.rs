//! Searches with SIMD, if the processor has it: for a few dozen literals at once, for any number of words in any
//! case, for one word, and for short sequences of byte classes.

use std::ops::ControlFlow;

use fearless_simd::Level;
use memchr::memchr2_iter;

use crate::span::Span;

mod buckets;
mod packed;
mod words;

pub use self::packed::DEPTH;
use self::packed::{BUCKETS, Tables};
pub use self::words::Words;

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

    use super::Literals;

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
}
