//! Receives every version of every file of a history and decides which of them may contain a secret. Versions differ
//! in a few lines, so texts are cut into blocks of lines, and each block is looked at once. Only what looks like a
//! credential is looked at in every version, because another line may since have come to say that it is Cloudflare's.

use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::Unread;
use super::window::{CHUNK, Window};
use crate::blob::{Blob, BlobPath, Origin};
use crate::prefilter::{Gate, by_name};
use crate::scan::Scanner;
use crate::source::{Failure, SkipReason, Visitor};
use crate::span::Span;
use crate::text::{Encoding, Text};

mod blocks;

use blocks::{Known, Number};

/// The size above which blobs are not cut into blocks, in bytes.
const WHOLE: usize = 4 * 1024 * 1024;
/// How much is looked at again around a new block, in bytes on each side: a name may be new and its value old.
const AROUND: usize = 256;

/// The result of the survey.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// Ids of the objects that may contain a secret.
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

/// The visitor that surveys a history.
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

/// A block of a text.
struct Piece {
    span: Span,
    /// The block before this one in the text.
    before: Number,
    block: Number,
    /// Whether it has to be looked at.
    fresh: bool,
    /// Whether it follows the block before it for the first time.
    met: bool,
}

impl<'a> Survey<'a> {
    /// Makes the survey for a scan with `scanner`; blobs of more than `max_file_size` bytes are skipped.
    pub fn new(scanner: &'a Scanner, max_file_size: Option<u64>) -> Survey<'a> {
        Survey {
            scanner,
            gate: Gate::new(&scanner.rules().words),
            max_file_size: max_file_size.unwrap_or(u64::MAX),
            started: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// Returns the result.
    pub fn finish(self) -> Surveyed {
        let state = self.state.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        Surveyed { elapsed: self.started.elapsed(), ..state.out }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Reads a blob. Returns its size in bytes and whether it may contain a secret, or why it was left out.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, blob: &mut Blob<'_>, state: &mut State) -> io::Result<Result<(u64, bool), SkipReason>> {
        let State { content, pieces, known, .. } = state;
        let mut window = Window::new(content);
        // For a text that is too large to be kept: only whether it contains a word of interest, which in UTF-16 only the
        // scan can tell.
        let mut passes = by_name(&blob.path);
        loop {
            if let Some(reason) = window.read(blob.content, self.max_file_size)? {
                return Ok(Err(reason));
            }
            if window.is_whole() && window.is_end() {
                break;
            }
            if window.is_whole() && window.bytes().len() + CHUNK <= WHOLE {
                continue;
            }
            passes = passes || window.is_wide();
            passes = window.pass(&self.gate) || passes;
            if window.is_end() {
                return Ok(Ok((window.total(), passes)));
            }
        }
        let (bytes, total) = (window.bytes(), window.total());
        let look = || self.look(&blob.path, bytes, pieces, known);
        // After a panic the text is scanned as a whole, and that scan reports what is wrong.
        Ok(Ok((total, catch_unwind(AssertUnwindSafe(look)).unwrap_or(true))))
    }

    /// Whether a text may contain a secret; notes what is now known of its blocks.
    fn look(&self, path: &BlobPath, bytes: &[u8], pieces: &mut Vec<Piece>, known: &mut Known) -> bool {
        if Encoding::detect(bytes).is_wide() {
            let text = Text::decode(bytes);
            let whole = Span::new(0, text.bytes().len());
            return self.scanner.glance(path, &text, &[whole]).found;
        }
        known.bound();
        let mut words = by_name(path);
        pieces.clear();
        let (mut start, mut before) = (0, Number::NONE);
        while start < bytes.len() {
            let rest = &bytes[start..];
            let (block, length) = known.first(before, rest, |text| self.gate.passes(text));
            words |= known.has_words(block);
            let fresh = known.is_fresh(block);
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
                known.open(piece.block);
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
            Err(error) => state.out.failures.push(Unread::Io(error).failure(&blob.path)),
        }
    }

    fn skipped(&self, path: BlobPath, reason: SkipReason) {
        self.state().out.skipped.push((path, reason));
    }

    fn failed(&self, failure: Failure) {
        self.state().out.failures.push(failure);
    }
}

/// Returns the blocks to look at and the places where blocks meet for the first time, with their surroundings, joined
/// where they touch.
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
    use super::Survey;
    use super::blocks::ends_block;
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
}
