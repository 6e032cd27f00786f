//! Searches for literals: a few dozen at once, with SIMD where the processor has it, or one without regard to case.

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, Input, MatchKind, Span};
use memchr::memchr2_iter;

/// The packed search takes no more literals than this at full speed.
pub const MOST: usize = 32;

/// Literals to look for. Where several match at one place, the first in order does.
pub struct Literals(Kind);

enum Kind {
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
    /// Builds the search; some tens of microseconds. The packed search hands out the literals to eight buckets in turn
    /// (those that begin alike but for the case share one), and is fastest where the first eight begin differently.
    pub fn new<L: AsRef<[u8]>>(literals: &[L]) -> Literals {
        debug_assert!(literals.len() <= MOST);
        let mut packed = packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder();
        Literals(match packed.extend(literals).build() {
            Some(packed) => Kind::Packed(packed),
            None => Kind::Automaton(
                AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostFirst)
                    .build(literals)
                    .expect("a few short literals"),
            ),
        })
    }

    /// The first hit at or behind `from`.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<Hit> {
        let hit = match &self.0 {
            Kind::Packed(packed) => packed.find_in(bytes, Span::from(from.min(bytes.len())..bytes.len())),
            Kind::Automaton(automaton) => automaton.find(Input::new(bytes).range(from.min(bytes.len())..)),
        }?;
        Some(Hit { index: hit.pattern().as_usize(), start: hit.start(), end: hit.end() })
    }
}

/// Whether the text holds the word, whatever its capitals. The word has at least one byte.
pub fn contains(text: &[u8], word: &[u8]) -> bool {
    let (lower, upper) = (word[0].to_ascii_lowercase(), word[0].to_ascii_uppercase());
    memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)))
}
