//! Receives blobs from a source, reads each once, and scans those that pass the gate. The one place where reading and
//! scanning meet; memory is bounded whatever the size of a blob.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use memchr::{memchr, memchr_iter, memrchr};

use crate::blob::{Blob, BlobPath, LineSet};
use crate::fact::directive::{self, Directive};
use crate::fact::tree::piece;
use crate::filter::follow::follow;
use crate::filter::suppression::{self, Placed};
use crate::finding::{Finding, Fingerprint, day};
use crate::prefilter::{Gate, by_name};
use crate::report::{Report, Stats, shown_path};
use crate::rule::RuleSet;
use crate::scan::{Scanned, Scanner, show};
use crate::source::{Failure, SkipReason, Visitor};
use crate::span::{Location, Span};
use crate::text::{Base, Text, characters, is_utf16};

mod survey;

pub use survey::{Survey, Surveyed};

/// Size of one read, in bytes; small enough to be in the second-level cache still when the gate looks at it.
const CHUNK: usize = 128 * 1024;
/// Blobs that do not have to be seen whole are scanned in segments of this size, in bytes …
const SEGMENT: usize = 1024 * 1024;
/// … that overlap by so many bytes: more than the longest credential with its surroundings.
const OVERLAP: usize = 32 * 1024;
/// How much of the previous read the gate sees again, in bytes: a word may lie across two reads.
const WORD: usize = 64;
/// How much of the start of a blob decides whether it is binary, in bytes.
const HEAD: usize = 8 * 1024;
/// Buffers are filled from a multiple of this address, the size of a page in bytes: the kernel copies fastest to
/// there.
const PAGE: usize = 4096;

/// Which comments accept findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comments {
    /// None.
    Ignored,
    /// `flaresec: allow(…)`.
    Own,
    /// Those of other scanners as well.
    AllScanners,
}

/// Scans the blobs that it receives and collects the findings of all threads.
pub struct Collector<'a> {
    scanner: &'a Scanner,
    gate: Gate,
    max_file_size: u64,
    started: Instant,
    /// Buffers that no thread is using.
    buffers: Mutex<Vec<Vec<u8>>>,
    files: AtomicU64,
    bytes: AtomicU64,
    found: Mutex<Found>,
    /// Which comments count.
    pub comments: Comments,
    /// The date by which comments expire.
    today: String,
    known: OnceLock<Vec<String>>,
}

#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    skipped: Vec<(BlobPath, SkipReason)>,
    failures: Vec<Failure>,
    notices: BTreeSet<String>,
}

impl<'a> Collector<'a> {
    /// Makes the collector of one scan; blobs of more than `max_file_size` bytes are skipped.
    pub fn new(scanner: &'a Scanner, max_file_size: Option<u64>) -> Collector<'a> {
        Collector {
            scanner,
            gate: Gate::new(&scanner.rules().words),
            max_file_size: max_file_size.unwrap_or(u64::MAX),
            started: Instant::now(),
            buffers: Mutex::default(),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            found: Mutex::default(),
            comments: Comments::Own,
            today: day::date(day::today()),
            known: OnceLock::new(),
        }
    }

    /// Returns everything collected, sorted: the same input gives the same report, whatever the number of threads.
    pub fn finish(self) -> Report {
        let mut found = self.found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        found.findings.sort_by(Finding::order);
        let shared = crate::scan::shared::across(self.scanner.rules(), &found.findings);
        found.findings.extend(shared);
        found.findings.sort_by(Finding::order);
        follow(&mut found.findings);
        found.skipped.sort();
        found.failures.sort();
        Report {
            findings: found.findings,
            skipped: found.skipped,
            failures: found.failures,
            notices: found.notices.into_iter().collect(),
            stats: Stats {
                files: self.files.into_inner(),
                bytes: self.bytes.into_inner(),
                rules: self.scanner.rules().rules.len(),
                all_rules: 0,
                elapsed: self.started.elapsed(),
            },
            ..Report::default()
        }
    }

    /// Removes and returns the findings collected so far, for a caller that knows more about each blob than its path.
    pub fn take(&self) -> Vec<Finding> {
        std::mem::take(&mut self.found().findings)
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        // A thread that panicked has added whole findings or none: those that are there count.
        self.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn add(&self, mut findings: Vec<Finding>, touched: Option<&LineSet>) {
        if let Some(lines) = touched {
            findings.retain(|f| {
                let touches = |l: &Location| lines.touches(l.start.line..=l.end.line);
                touches(&f.location) || f.labels.iter().any(|label| touches(&label.location))
            });
        }
        if !findings.is_empty() {
            self.found().findings.append(&mut findings);
        }
    }

    /// Returns the comments of a text that speak of its findings or of those of other parts of its blob.
    fn comments(&self, text: &Text<'_>, findings: &mut [Finding]) -> Vec<Placed> {
        if self.comments == Comments::Ignored {
            return Vec::new();
        }
        if self.comments == Comments::AllScanners && !findings.is_empty() {
            suppression::apply_foreign(&directive::foreign(text), findings);
        }
        let directives = directive::parse(text.bytes());
        if directives.is_empty() {
            return Vec::new();
        }
        let secrets: Vec<Span> = findings.iter().filter_map(|f| text.holding(&f.location)).collect();
        directives.into_iter().map(|directive| place(text, directive, &secrets)).collect()
    }

    /// Applies the comments of a blob to its findings.
    fn suppress(&self, path: &BlobPath, findings: &mut Vec<Finding>, placed: Vec<Placed>) {
        if placed.is_empty() {
            return;
        }
        let known = self.known.get_or_init(|| {
            let all = RuleSet::embedded().rules.into_iter().chain(self.scanner.rules().rules.iter().cloned());
            all.map(|rule| rule.id.clone()).collect()
        });
        let paths = (path, &*self.scanner.known_as(path));
        suppression::apply(paths, findings, placed, self.scanner.rules(), known, &self.today);
    }

    /// Scans a text and reads its comments; returns `None` if a check panicked, because one file must not cost the
    /// findings of all others.
    fn look(&self, path: &BlobPath, text: &Text<'_>) -> Option<(Vec<Finding>, Vec<Placed>)> {
        let scan = || {
            let Scanned { mut findings, fault } = self.scanner.scan_text(path, text);
            if let Some(fault) = fault {
                let name = shown_path(path);
                self.found().notices.insert(format!(
                    "{name}: {}; scanned for secrets, but not for what its structure says",
                    fault.message
                ));
            }
            let comments = self.comments(text, &mut findings);
            (findings, comments)
        };
        catch_unwind(AssertUnwindSafe(scan)).ok()
    }

    /// Reads and scans one blob. Returns its size in bytes, or why it was left out.
    ///
    /// # Errors
    /// It cannot be read, or a check panicked.
    fn read(&self, blob: &mut Blob<'_>, content: &mut Vec<u8>) -> Result<Result<u64, SkipReason>, Unread> {
        if content.is_empty() {
            *content = vec![0; CHUNK + PAGE];
        }
        let mut origin = page_start(content);
        let (mut filled, mut total, mut hit) = (0, 0_u64, by_name(&blob.path));
        let mut base = Base::default();
        let mut whole = true;
        // A comment may speak of what is in another segment.
        let (mut found, mut comments) = (Vec::new(), Vec::new());
        loop {
            let read = read_chunk(blob.content, content, &mut origin, filled)?;
            let seen = filled.saturating_sub(WORD);
            filled += read;
            if total == 0 && read > 0 && is_binary(&content[origin..origin + filled.min(HEAD)]) {
                return Ok(Err(SkipReason::Binary));
            }
            total += read as u64;
            if total > self.max_file_size {
                return Ok(Err(SkipReason::TooLarge));
            }
            let wide = whole && is_utf16(&content[origin..origin + filled.min(HEAD)]);
            hit = hit || wide || self.gate.passes(&content[origin + seen..origin + filled]);
            let end = read < CHUNK;
            let limit = || if whole { piece(blob.path.as_bytes()) } else { SEGMENT };
            if !end && filled + CHUNK <= limit() + OVERLAP {
                continue;
            }
            let bytes = &content[origin..origin + filled];
            // What is found where segments overlap is left to the segment that sees more around it.
            let first = if whole { 0 } else { base.offset + OVERLAP / 2 };
            let next = if end { usize::MAX } else { base.offset + filled - OVERLAP / 2 };
            let own = |location: &Location| (first..next).contains(&location.span.start);
            let text = || if whole && end { Text::decode(bytes) } else { Text::segment(bytes, base) };
            if hit {
                let Some((findings, placed)) = self.look(&blob.path, &text()) else {
                    return Err(Unread::Fault);
                };
                found.extend(findings.into_iter().filter(|finding| own(&finding.location)));
                comments.extend(placed.into_iter().filter(|placed| own(&placed.location)));
            }
            if end {
                if !whole {
                    tell_apart(&mut found);
                }
                self.suppress(&blob.path, &mut found, comments);
                self.add(found, blob.touched.as_ref());
                return Ok(Ok(total));
            }
            let keep = filled - OVERLAP;
            base = advance(base, &bytes[..keep]);
            content.copy_within(origin + keep..origin + filled, origin);
            filled = OVERLAP;
            hit = self.gate.passes(&content[origin..origin + filled]);
            whole = false;
        }
    }
}

/// Numbers the equal findings of a blob: each segment has counted its own from the first on.
fn tell_apart(findings: &mut [Finding]) {
    let mut seen: HashMap<Fingerprint, usize> = HashMap::new();
    for finding in findings {
        let before = seen.entry(finding.fingerprint.clone()).or_default();
        if *before > 0 {
            finding.fingerprint = finding.fingerprint.derived(&before.to_string());
        }
        *before += 1;
    }
}

/// Returns the directive with its reason, its place and its line, masked.
fn place(text: &Text<'_>, directive: Directive, secrets: &[Span]) -> Placed {
    let span = directive.span;
    let excerpt = show(text, &[(span, String::new())], secrets);
    Placed {
        reason: reason(text, directive.reason, secrets),
        location: text.location(span),
        directive,
        excerpt,
    }
}

/// Returns what is shown of a reason, masked. It is clipped around itself and not around the rules that may stand before
/// it.
fn reason(text: &Text<'_>, span: Span, secrets: &[Span]) -> String {
    if span.is_empty() {
        return String::new();
    }
    let excerpt = show(text, &[(span, String::new())], secrets);
    let label = excerpt.labels.first();
    let shown =
        label.and_then(|label| excerpt.text.get(label.span.start..label.span.end)).unwrap_or_default();
    let whole = String::from_utf8_lossy(text.get(span)).chars().count();
    if shown.chars().count() < whole { format!("{}…", shown.trim_end()) } else { shown.to_owned() }
}

impl Visitor for Collector<'_> {
    fn blob(&self, mut blob: Blob<'_>) {
        let pool = || self.buffers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut buffer = pool().pop().unwrap_or_default();
        let outcome = self.read(&mut blob, &mut buffer);
        pool().push(buffer);
        match outcome {
            Ok(Ok(size)) => {
                self.files.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(size, Ordering::Relaxed);
            }
            Ok(Err(reason)) => self.skipped(blob.path, reason),
            Err(error) => self.failed(error.failure(&blob.path)),
        }
    }

    fn skipped(&self, path: BlobPath, reason: SkipReason) {
        self.found().skipped.push((path, reason));
    }

    fn failed(&self, failure: Failure) {
        self.found().failures.push(failure);
    }
}

/// Why a blob was not scanned.
enum Unread {
    Io(io::Error),
    /// A check panicked.
    Fault,
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::Io(error)
    }
}

impl Unread {
    fn failure(&self, path: &BlobPath) -> Failure {
        let (cause, remedy) = match self {
            Unread::Io(error) => {
                (format!("cannot be read: {error}"), "make it readable, or leave it out with --exclude")
            }
            Unread::Fault => (
                String::from("a check failed on it, which is a fault in flaresec itself"),
                "please report it; leave the file out with --exclude meanwhile",
            ),
        };
        Failure { what: path.to_text(), cause, remedy: String::from(remedy) }
    }
}

/// Returns where the first whole page of the buffer starts.
fn page_start(buffer: &[u8]) -> usize {
    buffer.as_ptr().align_offset(PAGE).min(PAGE)
}

/// Reads up to [`CHUNK`] bytes into the buffer, after the first `filled` bytes from `origin`, and returns how many;
/// fewer mean the end. If the buffer is too small it is replaced by a larger one, and `origin` is set to its first
/// page.
///
/// # Errors
/// Those of `reader`.
fn read_chunk(
    reader: &mut dyn Read,
    buffer: &mut Vec<u8>,
    origin: &mut usize,
    filled: usize,
) -> io::Result<usize> {
    if buffer.len() < filled + CHUNK + PAGE {
        let mut larger = vec![0; (filled + CHUNK) * 2 + PAGE];
        let start = page_start(&larger);
        larger[start..start + filled].copy_from_slice(&buffer[*origin..*origin + filled]);
        (*buffer, *origin) = (larger, start);
    }
    let target = &mut buffer[*origin + filled..*origin + filled + CHUNK];
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

/// Whether a blob that starts so is binary: it has NUL bytes, and is neither UTF-16 nor a text with only a few
/// control characters.
fn is_binary(head: &[u8]) -> bool {
    if memchr(0, head).is_none() || is_utf16(head) {
        return false;
    }
    let odd = head.iter().filter(|b| **b < 0x20 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1B | 0x0C)).count();
    odd * 20 > head.len()
}

fn advance(base: Base, passed: &[u8]) -> Base {
    let (breaks, column) = match memrchr(b'\n', passed) {
        Some(last) => (memchr_iter(b'\n', passed).count(), characters(&passed[last + 1..])),
        None => (0, base.column + characters(passed)),
    };
    Base { offset: base.offset + passed.len(), lines: base.lines + breaks, column }
}
