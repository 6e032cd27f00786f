//! The part of a blob that is in memory: read in chunks, looked at once by the gate, handed out as text, moved on with an
//! overlap. The one place that knows where a part begins and ends, and in which encoding. Knows no rules.

use std::io::{self, Read};
use std::ops::Range;

use memchr::memchr;

use crate::prefilter::Gate;
use crate::source::SkipReason;
use crate::text::{Base, Encoding, Text};

/// Size of one read, in bytes; small enough to be in the second-level cache still when the gate looks at it.
pub(super) const CHUNK: usize = 128 * 1024;
/// Blobs that do not have to be seen whole are scanned in segments of so many letters …
const SEGMENT: usize = 1024 * 1024;
/// … that overlap by so many: more than the longest credential with its surroundings.
const OVERLAP: usize = 32 * 1024;
/// How much of the previous read the gate sees again, in bytes: a word may lie across two reads.
const WORD: usize = 64;
/// How much of the start of a blob decides whether it is binary, in bytes.
const HEAD: usize = 8 * 1024;
/// Buffers are filled from a multiple of this address, the size of a page in bytes: the kernel copies fastest to
/// there.
const PAGE: usize = 4096;

/// A part of a blob, in a buffer that outlives the blob.
pub(super) struct Window<'b> {
    buffer: &'b mut Vec<u8>,
    /// Where the part starts in the buffer.
    origin: usize,
    filled: usize,
    /// Bytes read so far, those that were passed included.
    total: u64,
    encoding: Encoding,
    /// What was passed.
    base: Base,
    /// The first byte of the blob that is not left to the part before.
    first: usize,
    /// Whether nothing was passed.
    whole: bool,
    /// Whether the blob ends with the part.
    end: bool,
    /// How much of the part the gate has seen, in bytes, and whether it saw a word of interest.
    seen: usize,
    hit: bool,
}

impl<'b> Window<'b> {
    /// Makes an empty part.
    pub(super) fn new(buffer: &'b mut Vec<u8>) -> Window<'b> {
        if buffer.is_empty() {
            *buffer = vec![0; CHUNK + PAGE];
        }
        let origin = page_start(buffer);
        Window {
            buffer,
            origin,
            filled: 0,
            total: 0,
            encoding: Encoding::Bytes,
            base: Base::default(),
            first: 0,
            whole: true,
            end: false,
            seen: 0,
            hit: false,
        }
    }

    /// Reads on. Returns why the blob is to be left out, if it is.
    ///
    /// # Errors
    /// Those of `reader`.
    pub(super) fn read(&mut self, reader: &mut dyn Read, most: u64) -> io::Result<Option<SkipReason>> {
        let first = self.total == 0;
        let read = self.fill(reader)?;
        self.filled += read;
        self.total += read as u64;
        self.end = read < CHUNK;
        if first {
            let head = &self.bytes()[..self.filled.min(HEAD)];
            let encoding = Encoding::detect(head);
            if !encoding.is_wide() && is_binary(head) {
                return Ok(Some(SkipReason::Binary));
            }
            self.encoding = encoding;
        }
        Ok((self.total > most).then_some(SkipReason::TooLarge))
    }

    /// Reads up to [`CHUNK`] bytes behind the part and returns how many; fewer mean the end. If the buffer is too small
    /// it is replaced by a larger one.
    fn fill(&mut self, reader: &mut dyn Read) -> io::Result<usize> {
        if self.buffer.len() < self.origin + self.filled + CHUNK {
            let mut larger = vec![0; (self.filled + CHUNK) * 2 + PAGE];
            let start = page_start(&larger);
            larger[start..start + self.filled].copy_from_slice(self.bytes());
            (*self.buffer, self.origin) = (larger, start);
        }
        let start = self.origin + self.filled;
        let target = &mut self.buffer[start..start + CHUNK];
        let mut read = 0;
        while read < target.len() {
            match reader.read(&mut target[read..]) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(read)
    }

    /// Returns the bytes of the part.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.origin..self.origin + self.filled]
    }

    /// Returns how many bytes of the blob were read.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Whether nothing of the blob was passed.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the blob ends with the part.
    pub(super) fn is_end(&self) -> bool {
        self.end
    }

    /// Whether the gate has to see the text: words in UTF-16 are not found in the bytes.
    pub(super) fn is_wide(&self) -> bool {
        self.encoding.is_wide()
    }

    /// Whether the part is to be scanned: the blob ends, or it holds a segment, or as many letters as are scanned in one
    /// piece.
    pub(super) fn is_full(&self, piece: usize) -> bool {
        let letters = if self.whole { piece } else { SEGMENT };
        self.end || self.filled + CHUNK > (letters + OVERLAP) * self.encoding.width()
    }

    /// Lets the gate look at what was read last, while it is in the cache.
    pub(super) fn look(&mut self, gate: &Gate) {
        if !self.hit && !self.is_wide() {
            self.hit = gate.passes(&self.bytes()[self.seen.saturating_sub(WORD)..]);
        }
        self.seen = self.filled;
    }

    /// Returns the part as text if it holds a word of interest, or if all of the blob is to be scanned.
    pub(super) fn text(&self, gate: &Gate, all: bool) -> Option<Text<'_>> {
        if !self.is_wide() && !self.hit && !all {
            return None;
        }
        let text = Text::segment(self.bytes(), self.encoding, self.base);
        (!self.is_wide() || all || gate.passes(text.bytes())).then_some(text)
    }

    /// Returns the bytes of the blob that are not left to the part before or after, which overlap with this one: those
    /// that this part sees more around.
    pub(super) fn own(&self) -> Range<usize> {
        let half = OVERLAP / 2 * self.encoding.width();
        self.first..if self.end { usize::MAX } else { self.base.offset + self.filled - half }
    }

    /// Passes on to the next part, of which the overlap is kept.
    pub(super) fn slide(&mut self) {
        let keep = OVERLAP * self.encoding.width();
        let base = self.base.advanced(self.encoding, self.bytes(), self.filled - keep);
        let passed = base.offset - self.base.offset;
        (self.first, self.base) = (self.own().end, base);
        self.drop_first(passed);
    }

    /// Passes all that the gate has seen: for a blob of which only whether it holds a word counts.
    pub(super) fn pass(&mut self, gate: &Gate) -> bool {
        let hit = gate.passes(self.bytes());
        self.drop_first(self.filled.saturating_sub(WORD));
        hit
    }

    /// Moves what is behind the first bytes to the front, such that the next read starts at a page.
    fn drop_first(&mut self, passed: usize) {
        let from = self.origin + passed..self.origin + self.filled;
        self.filled -= passed;
        self.origin = page_start(self.buffer) + self.filled.next_multiple_of(PAGE) - self.filled;
        self.buffer.copy_within(from, self.origin);
        (self.whole, self.seen, self.hit) = (false, 0, false);
    }
}

/// Returns where the first whole page of the buffer starts.
fn page_start(buffer: &[u8]) -> usize {
    buffer.as_ptr().align_offset(PAGE).min(PAGE)
}

/// Whether a blob that starts so is binary: it has NUL bytes, and is no text with only a few control characters.
fn is_binary(head: &[u8]) -> bool {
    if memchr(0, head).is_none() {
        return false;
    }
    let odd = head.iter().filter(|b| **b < 0x20 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1B | 0x0C)).count();
    odd * 20 > head.len()
}
