//! The checks: each decides whether something in a text is a problem. There is one file for each kind of check
//! (`check = "token"`, …), which rule files refer to by name.
//!
//! A check sees one text and pushes [`Candidate`]s. It does no I/O, cannot fail, and knows nothing about reports.

use std::cell::OnceCell;
use std::sync::{LazyLock, OnceLock};

use memchr::{memchr, memmem};
use regex::bytes::{Captures, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::blob::BlobPath;
use crate::fact::credential::mentions;
use crate::fact::decode::Decoded;
use crate::fact::request::Call;
use crate::fact::setting::{Setting, settings};
use crate::fact::tree::{Node, ParseFault, parse};
use crate::literals::Hit;
use crate::rule::{Confidence, Detect, Limits, Rule, Severity};
use crate::span::Span;
use crate::text::Text;

mod advice;
pub(crate) mod assignment;
pub(crate) mod block;
pub mod operation;
pub(crate) mod proof;
pub(crate) mod request;
pub(crate) mod setting;
mod signs;
pub(crate) mod token;
pub(crate) mod value;

pub(crate) use crate::fact::{compiled, expression, fixed, named};
pub(crate) use signs::{SIGNS, Sign, Signs};

/// The input of a check: one text, and facts about it that are computed when first asked for.
pub struct Input<'a> {
    /// Path of the file.
    pub path: &'a BlobPath,
    /// Its text.
    pub text: &'a Text<'a>,
    /// The day of the scan, in days since 1970-01-01: some rules compare dates.
    pub today: i64,
    /// The limits that some rules compare with, such as the longest lifetime of a token.
    pub limits: Limits,
    /// The runs of value characters that are long enough to be a credential.
    pub runs: &'a [Span],
    /// The signs found in the text.
    pub(crate) signs: Signs,
    /// Its syntax tree, or why it could not be parsed; `None` if the file is not structured.
    tree: OnceCell<Option<Result<Vec<Node>, ParseFault>>>,
    names_credential: OnceCell<bool>,
    settings: OnceCell<Vec<Setting>>,
    calls: OnceCell<Vec<Call>>,
    token_definitions: OnceCell<Vec<block::Definition>>,
    token_ways: OnceCell<Vec<Span>>,
    advises_token: OnceCell<bool>,
}

impl<'a> Input<'a> {
    /// Creates the input for a text, its [`runs`](crate::fact::runs::runs), and the signs found by the keyword search.
    pub(crate) fn new(
        path: &'a BlobPath,
        text: &'a Text<'a>,
        runs: &'a [Span],
        signs: Signs,
        today: i64,
        limits: Limits,
    ) -> Input<'a> {
        Input {
            path,
            text,
            runs,
            signs,
            today,
            limits,
            tree: OnceCell::new(),
            names_credential: OnceCell::new(),
            settings: OnceCell::new(),
            calls: OnceCell::new(),
            token_definitions: OnceCell::new(),
            token_ways: OnceCell::new(),
            advises_token: OnceCell::new(),
        }
    }

    /// Whether any identifier in the text names a Cloudflare credential.
    pub fn names_credential(&self) -> bool {
        *self.names_credential.get_or_init(|| mentions(self.text.bytes()))
    }

    /// Returns the settings whose names end like those of credentials or of their owners (e-mail addresses, users).
    pub fn settings(&self) -> &[Setting] {
        self.settings.get_or_init(|| settings(self.text.bytes()))
    }

    /// Returns the API calls in the text.
    pub fn calls(&self) -> &[Call] {
        self.calls.get_or_init(|| operation::operations(self.text.bytes()))
    }

    /// Returns the API tokens that the text defines.
    pub(crate) fn token_definitions(&self) -> &[block::Definition] {
        self.token_definitions.get_or_init(|| block::tokens(self))
    }

    /// Returns the places that speak of authentication with an API token.
    pub(crate) fn token_ways(&self) -> &[Span] {
        self.token_ways.get_or_init(|| setting::token_ways(self.text.bytes()))
    }

    /// Whether a document shows or recommends a token, as opposed to the key.
    pub(crate) fn advises_token(&self) -> bool {
        *self.advises_token.get_or_init(|| setting::advises_token(self))
    }

    /// Returns the documents of a structured file; empty if the file is not structured or cannot be parsed.
    pub fn trees(&self) -> &[Node] {
        match self.parsed() {
            Some(Ok(roots)) => roots,
            _ => &[],
        }
    }

    /// Whether the file has a structured format, judging by its name.
    pub fn is_structured(&self) -> bool {
        self.parsed().is_some()
    }

    /// Returns why a structured file could not be parsed. Templates are exempt: they need not be valid before they are
    /// filled in.
    pub fn fault(&self) -> Option<&ParseFault> {
        let bytes = self.text.bytes();
        let template = || [&b"{{"[..], b"{%", b"<%"].iter().any(|mark| memmem::find(bytes, mark).is_some());
        self.parsed()?.as_ref().err().filter(|_| !template())
    }

    fn parsed(&self) -> Option<&Result<Vec<Node>, ParseFault>> {
        self.tree.get_or_init(|| parse(self.path.as_bytes(), self.text.bytes())).as_ref()
    }
}

/// A detection to run, and the rule it belongs to.
pub struct Detection<'a> {
    /// The detection as written in the rule.
    pub detect: &'a Detect,
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
}

/// A finding before masking. It still holds the bytes of the secret, so it must never leave the scanner.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
    /// Where the finding is, in bytes of the text.
    pub span: Span,
    /// All spans of the text that must be masked in output.
    pub secrets: Vec<Span>,
    /// How likely the finding is to be real.
    pub confidence: Confidence,
    /// The severity, if it differs from the rule's.
    pub severity: Option<Severity>,
    /// The message, if it differs from the rule's title.
    pub message: Option<String>,
    /// Related places, with a short description of each.
    pub labels: Vec<(Span, String)>,
    /// The reasons to believe that it is real.
    pub evidence: Vec<String>,
    /// The help text, if it differs from the rule's `docs.instead`.
    pub help: Option<String>,
    /// A replacement for a part of the text that fixes the problem.
    pub fix: Option<(Span, String)>,
    /// The permissions that an API token would need instead.
    pub permissions: Vec<String>,
    /// The kind of credential and its decoded value, for masking and for the fingerprint.
    pub credential: Option<(String, Vec<u8>)>,
}

impl Candidate {
    /// Creates a candidate with nothing but its rule, place and confidence.
    pub fn new(rule: usize, span: Span, confidence: Confidence) -> Candidate {
        Candidate {
            rule,
            span,
            secrets: Vec::new(),
            confidence,
            severity: None,
            message: None,
            labels: Vec::new(),
            evidence: Vec::new(),
            help: None,
            fix: None,
            permissions: Vec::new(),
            credential: None,
        }
    }
}

/// The bytes that value checks look at: the text itself, or the text with encoded pieces decoded.
pub(crate) struct View<'a> {
    /// The bytes.
    pub(crate) bytes: &'a [u8],
    /// The decoding steps that produced the bytes from the text, in order; empty for the text itself.
    pub(crate) steps: &'a [Decoded],
}

impl View<'_> {
    /// Maps a span of the view back to the text.
    pub(crate) fn original(&self, span: Span) -> Span {
        self.steps.iter().rev().fold(span, |span, step| step.original(span))
    }

    /// Returns the bytes of the span and up to `reach` bytes on each side.
    pub(crate) fn around(&self, span: Span, reach: usize) -> &[u8] {
        &self.bytes[span.start.saturating_sub(reach)..self.bytes.len().min(span.end + reach)]
    }
}

/// A detection whose expressions are compiled when first needed.
pub(crate) struct Compiled {
    pub(crate) detect: Detect,
    /// Index of the rule in the rule set.
    pub(crate) rule: usize,
    title: String,
    pattern: OnceLock<Option<Regex>>,
    head: OnceLock<Option<Regex>>,
    reach: OnceLock<usize>,
    lengths: OnceLock<(usize, usize)>,
    value: OnceLock<Option<Regex>>,
    partner: OnceLock<Option<Regex>>,
    file: OnceLock<Option<Regex>>,
    topic: OnceLock<Option<Regex>>,
    name: OnceLock<Option<Regex>>,
    not_name: OnceLock<Option<Regex>>,
    near: OnceLock<Option<Regex>>,
}

impl Compiled {
    /// Wraps a detection of a rule without compiling anything yet.
    pub(crate) fn new(rule: usize, of: &Rule, detect: &Detect) -> Compiled {
        Compiled {
            detect: detect.clone(),
            rule,
            title: of.title.clone(),
            pattern: OnceLock::new(),
            head: OnceLock::new(),
            reach: OnceLock::new(),
            lengths: OnceLock::new(),
            value: OnceLock::new(),
            partner: OnceLock::new(),
            file: OnceLock::new(),
            topic: OnceLock::new(),
            name: OnceLock::new(),
            not_name: OnceLock::new(),
            near: OnceLock::new(),
        }
    }

    /// Returns the kind of credential that it finds.
    pub(crate) fn kind(&self) -> String {
        self.detect.kind.clone().unwrap_or_else(|| self.title.clone())
    }

    /// Returns the message of its findings.
    pub(crate) fn message(&self) -> &str {
        self.detect.message.as_deref().unwrap_or(&self.title)
    }

    pub(crate) fn pattern(&self) -> Option<&Regex> {
        compile(&self.pattern, &self.detect.pattern)
    }

    /// Returns the beginning of the pattern up to its first gap of arbitrary text; see [`head`].
    pub(crate) fn head(&self) -> Option<&Regex> {
        let compiled = || expression(&head(self.detect.pattern.as_deref()?)?).ok();
        self.head.get_or_init(compiled).as_ref()
    }

    /// Returns the maximum length of a match of the pattern, in bytes.
    pub(crate) fn reach(&self) -> usize {
        *self.reach.get_or_init(|| lengths(&self.detect.pattern).1)
    }

    /// Returns the minimum and maximum length of a value, in bytes.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        *self.lengths.get_or_init(|| lengths(&self.detect.value))
    }

    pub(crate) fn value(&self) -> Option<&Regex> {
        compile(&self.value, &self.detect.value)
    }

    pub(crate) fn partner(&self) -> Option<&Regex> {
        compile(&self.partner, &self.detect.partner)
    }

    pub(crate) fn file(&self) -> Option<&Regex> {
        compile(&self.file, &self.detect.file)
    }

    pub(crate) fn topic(&self) -> Option<&Regex> {
        compile(&self.topic, &self.detect.topic)
    }

    pub(crate) fn name(&self) -> Option<&Regex> {
        compile(&self.name, &self.detect.name)
    }

    pub(crate) fn not_name(&self) -> Option<&Regex> {
        compile(&self.not_name, &self.detect.not_name)
    }

    pub(crate) fn near(&self) -> Option<&Regex> {
        compile(&self.near, &self.detect.near)
    }
}

/// Returns the beginning of an expression up to its first gap of arbitrary text, or `None` if it has no gap: that of
/// `a"[^\n]{0,80}b` is `a"`. Where the beginning does not match, the whole expression need not be tried nor compiled.
fn head(source: &str) -> Option<String> {
    let whole = parsed(source)?;
    let HirKind::Concat(parts) = whole.kind() else { return None };
    let fixed: Vec<Hir> = parts.iter().take_while(|part| !has_gap(part)).cloned().collect();
    (fixed.len() < parts.len()).then(|| Hir::concat(fixed).to_string())
}

/// Whether a part of an expression repeats a class that holds both spaces and letters, and so matches arbitrary text.
fn has_gap(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Repetition(repeated) => match repeated.sub.kind() {
            HirKind::Class(class) => [b' ', b'a'].iter().all(|byte| holds(class, *byte)),
            _ => has_gap(&repeated.sub),
        },
        HirKind::Capture(group) => has_gap(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_gap),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

fn holds(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&byte)),
        Class::Unicode(class) => {
            class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
    }
}

/// Returns the spans of the group `span` in the matches of [`captures_around`].
pub(crate) fn spans_around(
    pattern: &LazyLock<Regex>,
    hits: &[Hit],
    bytes: &[u8],
    before: usize,
    after: impl Fn(usize) -> usize,
) -> Vec<Span> {
    let matches = captures_around(pattern, hits, bytes, before, after).into_iter();
    matches.filter_map(|groups| groups.name("span").map(Span::from)).collect()
}

/// Returns the matches of an expression, in order. Every match must contain one of the literals that were hit, so the
/// expression only runs around the hits: from `before` bytes before each to the end of the line that holds the byte
/// `after(index)` bytes after it, where `index` is that of the literal. Without a hit it is not even compiled.
pub(crate) fn captures_around<'b>(
    pattern: &LazyLock<Regex>,
    hits: &[Hit],
    bytes: &'b [u8],
    before: usize,
    after: impl Fn(usize) -> usize,
) -> Vec<Captures<'b>> {
    let mut out = Vec::new();
    let mut done = 0;
    let mut hits = hits.iter().peekable();
    while let Some(hit) = hits.next() {
        if hit.end <= done {
            continue;
        }
        let mut start = done.max(hit.start.saturating_sub(before));
        let mut end = line_end(bytes, hit.end + after(hit.index));
        // Hits whose surroundings overlap share one search.
        while let Some(next) = hits.next_if(|next| next.start < end) {
            end = end.max(line_end(bytes, next.end + after(next.index)));
        }
        while let Some(groups) = pattern.captures_at(&bytes[..end], start) {
            start = groups.get_match().end().max(start + 1);
            out.push(groups);
            if start >= end {
                break;
            }
        }
        done = end;
    }
    out
}

/// Returns the end of the line that holds a place, at most `NEAR` bytes after it.
fn line_end(bytes: &[u8], at: usize) -> usize {
    const NEAR: usize = 1000;
    let at = at.min(bytes.len());
    let rest = &bytes[at..bytes.len().min(at + NEAR)];
    at + memchr(b'\n', rest).unwrap_or(rest.len())
}

/// Parses an expression into the syntax tree of `regex-syntax`, as [`expression`] compiles it.
fn parsed(source: &str) -> Option<Hir> {
    ParserBuilder::new().unicode(false).utf8(false).build().parse(source).ok()
}

/// Returns the minimum and maximum length of the matches of an expression, in bytes.
fn lengths(source: &Option<String>) -> (usize, usize) {
    source.as_deref().and_then(parsed).map_or((0, usize::MAX), |parsed| {
        let properties = parsed.properties();
        (properties.minimum_len().unwrap_or(0), properties.maximum_len().unwrap_or(usize::MAX))
    })
}

/// Returns the compiled form of an optional expression, compiling it on first use.
fn compile<'a>(cell: &'a OnceLock<Option<Regex>>, source: &Option<String>) -> Option<&'a Regex> {
    let build = |e: &String| expression(e).expect("expressions are tried when a rule is loaded");
    cell.get_or_init(|| source.as_ref().map(build)).as_ref()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Input, SIGNS, Signs};
    use crate::blob::BlobPath;
    use crate::fact::runs::runs;
    use crate::literals::contains;
    use crate::rule::Limits;
    use crate::span::Span;
    use crate::synthetic::expand;
    use crate::text::Text;

    /// Returns a made-up secret of a kind such as `token40` or `hex37`.
    pub(crate) fn made(kind: &str) -> String {
        expand(&format!("@@{kind}@@")).expect("a kind of marker").text
    }

    /// Removes the marks `«` and `»` from a text and returns it with the span between them.
    #[track_caller]
    pub(crate) fn marked(text: &str) -> (String, Span) {
        let (before, rest) = text.split_once('«').expect("a place is marked");
        let (inside, after) = rest.split_once('»').expect("the place ends");
        (format!("{before}{inside}{after}"), Span::new(before.len(), before.len() + inside.len()))
    }

    /// Calls `ask` with the input that the scanner would make of a file.
    pub(crate) fn asked<T>(path: &str, text: &str, ask: impl FnOnce(&Input<'_>) -> T) -> T {
        let (path, text) = (BlobPath::new(path), Text::decode(text.as_bytes()));
        let runs = runs(text.bytes(), Span::new(0, text.bytes().len()));
        let mut signs = Signs::default();
        for (sign, words) in SIGNS {
            if words.iter().any(|word| contains(text.bytes(), word.as_bytes())) {
                signs.insert(*sign);
            }
        }
        ask(&Input::new(&path, &text, &runs, signs, 0, Limits::default()))
    }
}
