//! Cuts texts into blocks of lines and remembers what is known of each block: versions of a file have most of them in
//! common.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use memchr::memchr_iter;

/// One line in this many ends a block.
const LINES: u32 = 4;
/// A block that is longer than this ends with its current line, in bytes.
const LONGEST: usize = 4 * 1024;
/// How many blocks and pairs of blocks are remembered, some 40 bytes each; beyond that all are forgotten and looked
/// at again.
const REMEMBERED: usize = 1 << 22;

/// Multiplying by it spreads differences in a few bits over the high bits.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Flag: the block contains a word of interest.
const WORDS: u8 = 1;
/// Flag: the block was looked at.
const SETTLED: u8 = 2;
/// Flag: in some text, something in the block may be a secret depending on the rest of the text; the block is looked
/// at in every text.
const OPEN: u8 = 4;
/// Flag: the block ends with one of its lines, not with the end of the text.
const ENDED: u8 = 8;
/// Flag: the block was looked at together with the one that is expected after it.
const MET: u8 = 16;

/// The number of a block, from 0 in the order in which they were first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number(u32);

impl Number {
    /// No block: what precedes the first block of a text.
    pub(super) const NONE: Number = Number(u32::MAX);
}

/// What is known of all blocks. Most blocks follow the same block as in the version before, so each remembers which
/// one to expect next; only if another follows does it have to be cut off line by line and looked up.
#[derive(Default)]
pub(super) struct Known {
    /// The blocks in the order in which they were first seen, which is mostly that of a text: neighbours share a
    /// cache line.
    blocks: Vec<Block>,
    /// The numbers of the blocks by their hashes. The key of the hashes is new for every process, so that nobody can
    /// make two blocks that are taken for one.
    numbers: HashMap<u64, u32, RandomState>,
    /// Pairs of blocks that were looked at one after the other, by a hash of both: a name and its value may each be
    /// known and now meet for the first time.
    met: HashSet<u64, RandomState>,
}

/// What is known of one block.
struct Block {
    hash: u64,
    /// The block that followed it last and is expected to follow again.
    next: Number,
    /// The length in bytes; 0 if it does not fit.
    length: u16,
    flags: u8,
}

impl Known {
    /// Forgets everything if more than [`REMEMBERED`] blocks and pairs are known.
    pub(super) fn bound(&mut self) {
        if self.blocks.len() + self.met.len() > REMEMBERED {
            self.blocks.clear();
            self.numbers.clear();
            self.met.clear();
        }
    }

    /// Returns the first block of `rest`, the part of a text after the block `before`, and its length in bytes.
    /// `has_words` decides for a new block whether it contains a word of interest.
    pub(super) fn first(
        &mut self,
        before: Number,
        rest: &[u8],
        has_words: impl FnOnce(&[u8]) -> bool,
    ) -> (Number, usize) {
        self.expected(before, rest).unwrap_or_else(|| {
            let (length, ended) = first_block(rest);
            let text = &rest[..length];
            let flags = || {
                let words = if has_words(text) { WORDS } else { 0 };
                words | if ended { ENDED } else { 0 }
            };
            (self.number(before, text, flags), length)
        })
    }

    /// Returns the block that is expected after `before` and its length in bytes, if `rest` begins with it.
    fn expected(&self, before: Number, rest: &[u8]) -> Option<(Number, usize)> {
        let number = self.get(before)?.next;
        let block = self.get(number)?;
        let own = rest.get(..usize::from(block.length))?;
        let whole = block.flags & ENDED != 0 || own.len() == rest.len();
        (whole && self.hash(own) == block.hash).then_some((number, own.len()))
    }

    /// Returns the number of a block and makes it the one to expect after `before`; `flags` returns the flags of a
    /// new block.
    fn number(&mut self, before: Number, text: &[u8], flags: impl FnOnce() -> u8) -> Number {
        let hash = self.hash(text);
        let blocks = &mut self.blocks;
        let number = *self.numbers.entry(hash).or_insert_with(|| {
            let length = u16::try_from(text.len()).unwrap_or(0);
            blocks.push(Block { hash, next: Number::NONE, length, flags: flags() });
            blocks.len() as u32 - 1
        });
        let number = Number(number);
        if let Some(before) = self.blocks.get_mut(before.0 as usize) {
            let met = self.met.contains(&mix(before.hash, hash));
            before.next = number;
            before.flags = before.flags & !MET | if met { MET } else { 0 };
        }
        number
    }

    fn get(&self, number: Number) -> Option<&Block> {
        self.blocks.get(number.0 as usize)
    }

    fn hash(&self, text: &[u8]) -> u64 {
        self.numbers.hasher().hash_one(text)
    }

    /// Whether a block contains a word of interest.
    pub(super) fn has_words(&self, block: Number) -> bool {
        self.blocks[block.0 as usize].flags & WORDS != 0
    }

    /// Whether a block has to be looked at: it is new, or what it contains depends on the text.
    pub(super) fn is_fresh(&self, block: Number) -> bool {
        self.blocks[block.0 as usize].flags & (SETTLED | OPEN) != SETTLED
    }

    /// Whether two blocks that follow each other were already looked at together.
    pub(super) fn have_met(&self, before: Number, block: Number) -> bool {
        match self.get(before) {
            Some(before) if before.next == block => before.flags & MET != 0,
            _ => self.met.contains(&self.pair(before, block)),
        }
    }

    /// Notes that a block was looked at, together with the one before it.
    pub(super) fn settle(&mut self, before: Number, block: Number) {
        self.met.insert(self.pair(before, block));
        if let Some(before) = self.blocks.get_mut(before.0 as usize)
            && before.next == block
        {
            before.flags |= MET;
        }
        self.blocks[block.0 as usize].flags |= SETTLED;
    }

    /// Notes that a block has to be looked at in every text.
    pub(super) fn open(&mut self, block: Number) {
        self.blocks[block.0 as usize].flags |= OPEN;
    }

    /// Returns the hash of a pair of blocks; `before` may be no block.
    fn pair(&self, before: Number, block: Number) -> u64 {
        mix(self.get(before).map_or(0, |before| before.hash), self.blocks[block.0 as usize].hash)
    }
}

/// Mixes two hashes, whose order matters, into one.
fn mix(first: u64, second: u64) -> u64 {
    (first ^ !second.rotate_left(29)).wrapping_mul(ODD)
}

/// Returns the length of the first block of a text in bytes, and whether one of its lines ends it. A block consists
/// of whole lines. Whether a line ends a block depends only on the line, so that a change in one block does not move
/// the limits of others.
fn first_block(text: &[u8]) -> (usize, bool) {
    let mut line = 0;
    for at in memchr_iter(b'\n', text) {
        if at + 1 >= LONGEST || ends_block(&text[line..at]) {
            return (at + 1, true);
        }
        line = at + 1;
    }
    (text.len(), false)
}

/// Whether a line ends a block, by its content. A line of less than eight bytes never does; of a long line only a few
/// places count.
pub(super) fn ends_block(line: &[u8]) -> bool {
    const STEPS: usize = 4;
    let Some(last) = line.last_chunk::<8>() else { return false };
    let step = (line.len() / STEPS).max(8);
    let mut mixed = u64::from_le_bytes(*last) ^ line.len() as u64;
    for at in (0..=line.len() - 8).step_by(step).take(STEPS) {
        let word = line[at..].first_chunk::<8>().map_or(0, |word| u64::from_le_bytes(*word));
        mixed = (mixed.rotate_left(17) ^ word).wrapping_mul(ODD);
    }
    // The high bits of a product depend on all others.
    mixed >> (64 - LINES.ilog2()) == 0
}

#[cfg(test)]
mod tests {
    use super::{Known, Number, first_block};

    /// The blocks of a text, cut line by line.
    fn cut(text: &str) -> Vec<&str> {
        let (mut out, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (block, after) = rest.split_at(first_block(rest.as_bytes()).0);
            out.push(block);
            rest = after;
        }
        out
    }

    /// The blocks of a text, as they are expected or cut.
    fn walked<'t>(known: &mut Known, text: &'t str) -> Vec<&'t str> {
        let (mut out, mut rest, mut before) = (Vec::new(), text, Number::NONE);
        while !rest.is_empty() {
            let (number, length) = known.first(before, rest.as_bytes(), |_| false);
            let (block, after) = rest.split_at(length);
            out.push(block);
            (rest, before) = (after, number);
        }
        out
    }

    #[test]
    fn a_block_that_is_expected_ends_where_its_lines_say() {
        let mut known = Known::default();
        let long: String = (0..300).map(|n| format!("{} line {n} of {}\n", n % 7, n % 11)).collect();
        for end in (0..long.len()).step_by(53).chain([long.len(), 5]) {
            // Ends anywhere, and goes on behind that in the next version.
            let text = &long[..end];
            assert_eq!(walked(&mut known, text), cut(text));
        }
    }

    #[test]
    fn who_met_is_remembered_also_where_another_came_between() {
        let mut known = Known::default();
        let texts = ["one common block\n", "that the first goes on with\n", "that the second goes on with\n"];
        let [common, first, second] = texts.map(|text| known.number(Number::NONE, text.as_bytes(), || 0));
        known.number(common, texts[1].as_bytes(), || 0);
        known.settle(common, first);
        known.number(common, texts[2].as_bytes(), || 0);
        assert!(!known.have_met(common, second));
        known.number(common, texts[1].as_bytes(), || 0);
        assert!(known.have_met(common, first));
    }

    #[test]
    fn a_new_line_changes_the_block_it_is_in_and_no_other() {
        let line = |n: usize| format!("line number {n} with some words of its own\n");
        let old: String = (0..1000).map(line).collect();
        let new = format!("{}an inserted line\n{}", &old[..20_000], &old[20_000..]);
        let (before, after) = (cut(&old), cut(&new));
        let changed = after.iter().filter(|block| !before.contains(block)).count();
        assert!(changed <= 2, "{changed}");
        assert!(before.len() > 100, "{}", before.len());
    }
}
