//! Receives every version of every file of a history and says which of them may hold a secret. One version differs from
//! the next in a few lines, so texts are cut into blocks of lines, and a block is looked at once; only what looks like a
//! credential is looked at in every version, because another line may have come to say whose it is.

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use foldhash::quality::RandomState;
use memchr::memchr_iter;

use super::{CHUNK, HEAD, PAGE, WORD, is_binary, page_start, read_chunk, unreadable};
use crate::blob::{Blob, BlobPath, Origin};
use crate::prefilter::{Gate, by_name};
use crate::scan::Scanner;
use crate::source::{Failure, SkipReason, Visitor};
use crate::span::Span;
use crate::text::{Text, is_utf16};

/// Larger blobs are not cut into blocks, in bytes.
const WHOLE: usize = 4 * 1024 * 1024;
/// One line in so many ends a block.
const LINES: u32 = 4;
/// A block that no line has ended by then ends with the next one, in bytes.
const LONGEST: usize = 4 * 1024;
/// What is looked at again around a new block, in bytes: a name may be new and its value old.
const AROUND: usize = 256;
/// How many blocks and meetings of blocks are remembered, some 40 bytes each; beyond that all are forgotten and looked at
/// anew.
const REMEMBERED: usize = 1 << 22;

/// Spreads what differs in a few bits over the high ones.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A block holds a word of interest.
const WORDS: u8 = 1;
/// A block was looked at.
const SETTLED: u8 = 2;
/// In some text the block held what may be a secret depending on what else a text says: it is looked at in every one.
const OPEN: u8 = 4;
/// A block was looked at together with the one that followed it last.
const MET: u8 = 8;
/// A line of its own ends the block, not the end of the text.
const ENDED: u8 = 16;

/// The number of no block.
const NONE: u32 = u32::MAX;

/// What came of the first reading.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// Ids of the objects that may hold a secret.
    pub objects: HashSet<String>,
    /// What was left out by design.
    pub skipped: Vec<(BlobPath, SkipReason)>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// Blobs read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// The visitor.
pub struct Survey<'a> {
    scanner: &'a Scanner,
    gate: Gate,
    max_file_size: u64,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    out: Surveyed,
    content: Vec<u8>,
    pieces: Vec<Piece>,
    known: Known,
}

/// What is known of the blocks. Most blocks come behind the same one as in the version before: each says which one to
/// expect next, and only where something else comes it has to be cut off line by line and looked up.
#[derive(Default)]
struct Known {
    /// In the order in which they were first seen, as they stand in a text: neighbours share a line of the cache.
    blocks: Vec<Block>,
    /// The numbers of the blocks by their hashes. The key of the hashes is new for every process, so that nobody can
    /// make two blocks that are taken for one.
    numbers: HashMap<u64, u32, RandomState>,
    /// Two blocks, by their hashes, that were looked at one behind the other: a name and its value may be known and
    /// meet for the first time.
    met: HashSet<u64, RandomState>,
}

/// A block that was seen in some text.
struct Block {
    hash: u64,
    /// The number of the one that followed it last.
    next: u32,
    /// In bytes; 0 for one that is too long to say.
    length: u16,
    flags: u8,
}

impl Known {
    /// Forgets everything if it takes too much memory.
    fn bound(&mut self) {
        if self.blocks.len() + self.met.len() > REMEMBERED {
            self.blocks.clear();
            self.numbers.clear();
            self.met.clear();
        }
    }

    /// The number and length of the first block of `rest` if it is the one that is to be expected behind another.
    fn expected(&self, before: u32, rest: &[u8]) -> Option<(u32, usize)> {
        let number = self.blocks.get(before as usize)?.next;
        let block = self.blocks.get(number as usize)?;
        let text = rest.get(..usize::from(block.length))?;
        let whole = block.flags & ENDED != 0 || text.len() == rest.len();
        (whole && self.hash(text) == block.hash).then_some((number, text.len()))
    }

    /// The number of a block that stands behind another; `flags` says what is to be known of one that is new.
    fn number(&mut self, before: u32, text: &[u8], flags: impl FnOnce() -> u8) -> u32 {
        let hash = self.hash(text);
        let blocks = &mut self.blocks;
        let number = *self.numbers.entry(hash).or_insert_with(|| {
            let length = u16::try_from(text.len()).unwrap_or(0);
            blocks.push(Block { hash, next: NONE, length, flags: flags() });
            blocks.len() as u32 - 1
        });
        if let Some(before) = self.blocks.get_mut(before as usize) {
            before.next = number;
            let met = self.met.contains(&mix(before.hash, hash));
            before.flags = before.flags & !MET | if met { MET } else { 0 };
        }
        number
    }

    fn hash(&self, text: &[u8]) -> u64 {
        use std::hash::BuildHasher;
        self.numbers.hasher().hash_one(text)
    }

    /// Whether a block and the one that follows it here, by their numbers, were looked at together.
    fn have_met(&self, before: u32, block: u32) -> bool {
        match self.blocks.get(before as usize) {
            Some(before) if before.next == block => before.flags & MET != 0,
            _ => self.met.contains(&self.pair(before, block)),
        }
    }

    /// A block and the one before it were looked at together.
    fn settle(&mut self, before: u32, block: u32) {
        self.met.insert(self.pair(before, block));
        if let Some(before) = self.blocks.get_mut(before as usize)
            && before.next == block
        {
            before.flags |= MET;
        }
        self.blocks[block as usize].flags |= SETTLED;
    }

    /// What two blocks are called together; the first of a text follows nothing.
    fn pair(&self, before: u32, block: u32) -> u64 {
        mix(
            self.blocks.get(before as usize).map_or(0, |before| before.hash),
            self.blocks[block as usize].hash,
        )
    }
}

/// A block of a text.
struct Piece {
    span: Span,
    /// The numbers of the block before it and of this one.
    before: u32,
    block: u32,
    /// Whether it is to be looked at.
    fresh: bool,
    /// Whether it comes behind its neighbour for the first time.
    met: bool,
}

impl<'a> Survey<'a> {
    /// Before a scan with `scanner`; blobs of more than `max_file_size` bytes are skipped.
    pub fn new(scanner: &'a Scanner, max_file_size: Option<u64>) -> Survey<'a> {
        Survey {
            scanner,
            gate: Gate::new(&scanner.rules().words),
            max_file_size: max_file_size.unwrap_or(u64::MAX),
            started: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// What was found out.
    pub fn finish(self) -> Surveyed {
        let state = self.state.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        Surveyed { elapsed: self.started.elapsed(), ..state.out }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Reads a blob: its size in bytes and whether it may hold a secret, or why it was left out.
    fn read(&self, blob: &mut Blob<'_>, state: &mut State) -> io::Result<Result<(u64, bool), SkipReason>> {
        if state.content.is_empty() {
            state.content = vec![0; CHUNK + PAGE];
        }
        let mut origin = page_start(&state.content);
        let (mut filled, mut total) = (0, 0_u64);
        // Of a text that is too large to be kept, only whether it holds a word of interest.
        let (mut large, mut passes) = (false, false);
        loop {
            let read = read_chunk(blob.content, &mut state.content, &mut origin, filled)?;
            filled += read;
            if total == 0 && read > 0 && is_binary(&state.content[origin..origin + filled.min(HEAD)]) {
                return Ok(Err(SkipReason::Binary));
            }
            total += read as u64;
            if total > self.max_file_size {
                return Ok(Err(SkipReason::TooLarge));
            }
            let end = read < CHUNK;
            if !end && filled + CHUNK <= WHOLE && !large {
                continue;
            }
            if end && !large {
                break;
            }
            large = true;
            passes = passes || self.gate.passes(&state.content[origin..origin + filled]);
            if end {
                return Ok(Ok((total, passes || by_name(&blob.path))));
            }
            let keep = filled.min(WORD);
            state.content.copy_within(origin + filled - keep..origin + filled, origin);
            filled = keep;
        }
        let State { content, pieces, known, .. } = state;
        let bytes = &content[origin..origin + filled];
        let look = || self.look(&blob.path, bytes, pieces, known);
        // The scan of the whole text will say what is wrong.
        Ok(Ok((total, catch_unwind(AssertUnwindSafe(look)).unwrap_or(true))))
    }

    /// Whether a text may hold a secret.
    fn look(&self, path: &BlobPath, bytes: &[u8], pieces: &mut Vec<Piece>, known: &mut Known) -> bool {
        if is_utf16(&bytes[..bytes.len().min(HEAD)]) {
            let text = Text::decode(bytes);
            let whole = Span::new(0, text.bytes().len());
            return self.scanner.glance(path, &text, &[whole]).found;
        }
        known.bound();
        let mut words = by_name(path);
        pieces.clear();
        let (mut start, mut before) = (0, NONE);
        while start < bytes.len() {
            let rest = &bytes[start..];
            let (block, length) = known.expected(before, rest).unwrap_or_else(|| {
                let (length, ended) = first_block(rest);
                let text = &rest[..length];
                let flags = || {
                    let words = if self.gate.passes(text) { WORDS } else { 0 };
                    words | if ended { ENDED } else { 0 }
                };
                (known.number(before, text, flags), length)
            });
            let flags = known.blocks[block as usize].flags;
            words |= flags & WORDS != 0;
            let fresh = flags & (SETTLED | OPEN) != SETTLED;
            let span = Span::new(start, start + length);
            pieces.push(Piece { span, before, block, fresh, met: !known.have_met(before, block) });
            (start, before) = (span.end, block);
        }
        if !words {
            return false;
        }
        let zones = zones(pieces, bytes.len());
        if zones.is_empty() {
            return false;
        }
        let glance = self.scanner.glance(path, &Text::decode(bytes), &zones);
        for piece in pieces.iter().filter(|piece| piece.fresh || piece.met) {
            known.settle(piece.before, piece.block);
        }
        for place in &glance.open {
            let first = pieces.partition_point(|piece| piece.span.end <= place.start);
            for piece in pieces[first..].iter().take_while(|piece| piece.span.start < place.end) {
                known.blocks[piece.block as usize].flags |= OPEN;
            }
        }
        glance.found
    }
}

impl Visitor for Survey<'_> {
    fn blob(&self, mut blob: Blob<'_>) {
        let mut state = self.state();
        match self.read(&mut blob, &mut state) {
            Ok(Ok((size, found))) => {
                state.out.files += 1;
                state.out.bytes += size;
                if found && let Origin::History { object } | Origin::Message { object } = blob.origin {
                    state.out.objects.insert(object);
                }
            }
            Ok(Err(reason)) => state.out.skipped.push((blob.path, reason)),
            Err(error) => state.out.failures.push(unreadable(&blob.path, &error)),
        }
    }

    fn skipped(&self, path: BlobPath, reason: SkipReason) {
        self.state().out.skipped.push((path, reason));
    }

    fn failed(&self, failure: Failure) {
        self.state().out.failures.push(failure);
    }
}

/// What two hashes are called together; never one of them.
fn mix(first: u64, second: u64) -> u64 {
    (first ^ !second.rotate_left(29)).wrapping_mul(ODD)
}

/// The length of the first block of a text in bytes, and whether a line ends it. A block is made of whole lines, and a
/// line says by itself whether it ends one, so that what stands before a block does not change where it starts.
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

/// By what the line says; a short one never does. Of a long one a few places say enough.
fn ends_block(line: &[u8]) -> bool {
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

/// The blocks to look at and the places where blocks meet for the first time, with what stands around them.
fn zones(pieces: &[Piece], length: usize) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.fresh || piece.met) {
        let end = if piece.fresh { piece.span.end } else { piece.span.start };
        let wide = Span::new(piece.span.start.saturating_sub(AROUND), length.min(end + AROUND));
        match out.last_mut() {
            Some(last) if wide.start <= last.end => last.end = last.end.max(wide.end),
            _ => out.push(wide),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Known, Survey, ends_block, first_block};
    use crate::blob::{Blob, BlobPath, Origin};
    use crate::rule::{Category, RuleSet};
    use crate::scan::Scanner;
    use crate::source::Visitor;
    use crate::synthetic::value;

    /// Which of the texts may hold a secret.
    fn surveyed(texts: &[&str]) -> Vec<bool> {
        let mut rules = RuleSet::embedded();
        rules.rules.retain(|rule| rule.category == Category::Secret);
        let scanner = Scanner::new(rules);
        let survey = Survey::new(&scanner, None);
        for (number, text) in texts.iter().enumerate() {
            survey.blob(Blob {
                path: BlobPath::new("a.conf"),
                origin: Origin::History { object: number.to_string() },
                touched: None,
                content: &mut text.as_bytes(),
            });
        }
        let objects = survey.finish().objects;
        (0..texts.len()).map(|number| objects.contains(&number.to_string())).collect()
    }

    /// A line that ends a block.
    fn ending(start: &str, end: &str) -> String {
        let line = (0..1000).map(|n| format!("{start}{n}{end}")).find(|line| ends_block(line.as_bytes()));
        line.expect("one line in four") + "\n"
    }

    #[test]
    fn a_known_name_and_a_known_value_may_meet() {
        let (name, stop) = (ending("CF_API_TOKEN_", ": >-"), ending("nothing of note ", ""));
        let secret = format!("    {}\n{}", value("token40", "1").unwrap(), ending("the end of ", ""));
        let apart = [format!("{stop}{name}{stop}"), format!("# cloudflare\n{stop}{secret}{stop}")];
        let both = format!("{stop}{name}{secret}{stop}");
        assert_eq!(surveyed(&[&apart[0], &apart[1], &both]), [false, false, true]);
    }

    #[test]
    fn what_is_open_in_one_file_stays_so_whatever_another_says() {
        let (name, stop) = (ending("api_token_", ": >-"), ending("nothing of note ", ""));
        let secret = format!("    {}\n{}", value("token40", "1").unwrap(), ending("the end of ", ""));
        let open = format!("{stop}{name}{secret}{stop}");
        let other = format!("# cloudflare\n{stop}{secret}{stop}");
        // Far enough for the vendor to be known from what encloses the value only.
        let (filler, near) = (stop.repeat(200), stop.repeat(20));
        let before = format!("wrangler \n{filler}{near}{open}");
        let after = format!("wrangler \n{filler}[cloudflare]\n{near}{open}");
        assert_eq!(surveyed(&[&before, &other, &after]), [false, false, true]);
    }

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

    #[test]
    fn a_block_that_is_expected_ends_where_its_lines_say() {
        let scanner = Scanner::new(RuleSet::embedded());
        let survey = Survey::new(&scanner, None);
        let (mut pieces, mut known) = (Vec::new(), Known::default());
        let long: String = (0..300).map(|n| format!("{} line {n} of {}\n", n % 7, n % 11)).collect();
        for end in (0..long.len()).step_by(53).chain([long.len(), 5]) {
            // Ends anywhere, and goes on behind that in the next version.
            let text = &long[..end];
            survey.look(&BlobPath::new("a"), text.as_bytes(), &mut pieces, &mut known);
            let seen: Vec<&str> =
                pieces.iter().map(|piece| &text[piece.span.start..piece.span.end]).collect();
            assert_eq!(seen, cut(text));
        }
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
