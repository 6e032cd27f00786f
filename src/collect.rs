//! Receives blobs from a source, reads each once, and scans those that pass the gate. The one place where reading and
//! scanning meet; memory is bounded whatever the size of a blob, of which a window (`collect/window.rs`) is in memory.

use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use crate::blob::{Blob, BlobPath, LineSet};
use crate::fact::directive::{self, Directive};
use crate::fact::tree::piece;
use crate::filter::follow::follow;
use crate::filter::suppression::{self, Placed};
use crate::finding::{Finding, day};
use crate::prefilter::{Gate, by_name};
use crate::report::{Report, Stats, shown_path};
use crate::rule::RuleSet;
use crate::scan::{Scanned, Scanner, Secrets, show};
use crate::source::{Failure, SkipReason, Visitor};
use crate::span::{Location, Span};
use crate::text::Text;

mod survey;
mod window;

use window::Window;

pub use survey::{Survey, Surveyed};

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
        let secrets = Secrets::new(findings.iter().filter_map(|f| text.holding(&f.location)).collect());
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
    fn read(&self, blob: &mut Blob<'_>, buffer: &mut Vec<u8>) -> Result<Result<u64, SkipReason>, Unread> {
        let (named, piece) = (by_name(&blob.path), piece(blob.path.as_bytes()));
        let mut window = Window::new(buffer);
        // A comment may speak of what is in another part, and a finding rest on several.
        let (mut found, mut comments) = (Vec::new(), Vec::new());
        loop {
            if let Some(reason) = window.read(blob.content, self.max_file_size)? {
                return Ok(Err(reason));
            }
            window.look(&self.gate);
            if !window.is_full(piece) {
                continue;
            }
            if let Some(text) = window.text(&self.gate, named) {
                let (findings, placed) = self.look(&blob.path, &text).ok_or(Unread::Fault)?;
                // What is found where parts overlap is left to the one that sees more around it.
                let own = |location: &Location| window.own().contains(&location.span.start);
                found.extend(findings.into_iter().filter(|finding| own(&finding.location)));
                comments.extend(placed.into_iter().filter(|placed| own(&placed.location)));
            }
            if window.is_end() {
                break;
            }
            window.slide();
        }
        self.scanner.complete(&blob.path, &mut found);
        self.suppress(&blob.path, &mut found, comments);
        self.add(found, blob.touched.as_ref());
        Ok(Ok(window.total()))
    }
}

/// Returns the directive with its reason, its place and its line, masked.
fn place(text: &Text<'_>, directive: Directive, secrets: &Secrets) -> Placed {
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
fn reason(text: &Text<'_>, span: Span, secrets: &Secrets) -> String {
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
