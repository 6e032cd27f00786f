//! The matching kinds: what is wrong about what a text says. One file each; a rule file names the kind.
//! A check sees one text and pushes [`Candidate`]s; it does no I/O, cannot fail, and knows no report.

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

/// What a check looks at.
pub struct Input<'a> {
    /// Name of the file.
    pub path: &'a BlobPath,
    /// Its text.
    pub text: &'a Text<'a>,
    /// The day of the scan, in days since 1970: some rules compare dates.
    pub today: i64,
    /// What rules measure against.
    pub limits: Limits,
    /// Its runs of value characters that are long enough for a credential.
    pub runs: &'a [Span],
    /// The signs that are in it.
    pub(crate) signs: Signs,
    /// Its structure, parsed when first asked for.
    tree: OnceCell<Option<Result<Vec<Node>, ParseFault>>>,
    names_credential: OnceCell<bool>,
    settings: OnceCell<Vec<Setting>>,
    calls: OnceCell<Vec<Call>>,
    token_definitions: OnceCell<Vec<block::Definition>>,
}

impl<'a> Input<'a> {
    /// Over a text, its [`runs`](crate::fact::runs::runs), and what the search for keywords says of it.
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
        }
    }

    /// Whether any identifier of the text names a Cloudflare credential.
    pub fn names_credential(&self) -> bool {
        *self.names_credential.get_or_init(|| mentions(self.text.bytes()))
    }

    /// Its settings whose names end like those of credentials and of who they belong to.
    pub fn settings(&self) -> &[Setting] {
        self.settings.get_or_init(|| settings(self.text.bytes()))
    }

    /// Its calls of the API.
    pub fn calls(&self) -> &[Call] {
        self.calls.get_or_init(|| operation::operations(self.text.bytes()))
    }

    /// The tokens that it defines.
    pub(crate) fn token_definitions(&self) -> &[block::Definition] {
        self.token_definitions.get_or_init(|| block::tokens(self))
    }

    /// The documents of a structured file; none of other files, nor of a broken one.
    pub fn trees(&self) -> &[Node] {
        match self.parsed() {
            Some(Ok(roots)) => roots,
            _ => &[],
        }
    }

    /// Whether the name of the file says that it is a structured one.
    pub fn is_structured(&self) -> bool {
        self.parsed().is_some()
    }

    /// Why a structured file could not be parsed. A template is not meant to be.
    pub fn fault(&self) -> Option<&ParseFault> {
        let bytes = self.text.bytes();
        let template = || [&b"{{"[..], b"{%", b"<%"].iter().any(|mark| memmem::find(bytes, mark).is_some());
        self.parsed()?.as_ref().err().filter(|_| !template())
    }

    fn parsed(&self) -> Option<&Result<Vec<Node>, ParseFault>> {
        self.tree.get_or_init(|| parse(self.path.as_bytes(), self.text.bytes())).as_ref()
    }
}

/// One way of detection that is to run, with the rule's words for it.
pub struct Detection<'a> {
    /// The detection as written in the rule.
    pub detect: &'a Detect,
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
}

/// A fault before masking: still knows the bytes of the secret, so it never leaves the scanner.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
    /// The finding's place, in bytes of the text.
    pub span: Span,
    /// Every place of the text whose bytes must not be shown.
    pub secrets: Vec<Span>,
    /// How likely it is real.
    pub confidence: Confidence,
    /// Harm, where it differs from the rule's.
    pub severity: Option<Severity>,
    /// The message, where it differs from the rule's title.
    pub message: Option<String>,
    /// Other places that belong to it, with a few words each.
    pub labels: Vec<(Span, String)>,
    /// Why it was taken for real.
    pub evidence: Vec<String>,
    /// Help, where it differs from the rule's `docs.instead`.
    pub help: Option<String>,
    /// What to write in place of a part of the text.
    pub fix: Option<(Span, String)>,
    /// Permissions a token would need instead.
    pub permissions: Vec<String>,
    /// What kind of credential it is, and its decoded value, for masking and identity.
    pub credential: Option<(String, Vec<u8>)>,
}

impl Candidate {
    /// A candidate with nothing but its place and confidence.
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
    /// How they were made from the text, first step first; empty for the text itself.
    pub(crate) steps: &'a [Decoded],
}

impl View<'_> {
    /// Where a span of the view stands in the text.
    pub(crate) fn original(&self, span: Span) -> Span {
        self.steps.iter().rev().fold(span, |span, step| step.original(span))
    }

    /// The span with up to `reach` bytes on each side.
    pub(crate) fn around(&self, span: Span, reach: usize) -> &[u8] {
        &self.bytes[span.start.saturating_sub(reach)..self.bytes.len().min(span.end + reach)]
    }
}

/// A detection with its expressions, compiled when first needed.
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

    /// What kind of credential it finds.
    pub(crate) fn kind(&self) -> String {
        self.detect.kind.clone().unwrap_or_else(|| self.title.clone())
    }

    /// The message of its findings.
    pub(crate) fn message(&self) -> &str {
        self.detect.message.as_deref().unwrap_or(&self.title)
    }

    pub(crate) fn pattern(&self) -> Option<&Regex> {
        compile(&self.pattern, &self.detect.pattern)
    }

    /// What the pattern begins with, where it goes on with any text.
    pub(crate) fn head(&self) -> Option<&Regex> {
        let compiled = || expression(&head(self.detect.pattern.as_deref()?)?).ok();
        self.head.get_or_init(compiled).as_ref()
    }

    /// How long a match of the pattern can be, in bytes.
    pub(crate) fn reach(&self) -> usize {
        *self.reach.get_or_init(|| lengths(&self.detect.pattern).1)
    }

    /// How short and how long a value can be, in bytes.
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

/// What an expression begins with, as far as it says what stands there: `a"[^\n]{0,80}b` begins with `a"`. Where that does
/// not stand, nothing else of the expression is looked for, and it is not even compiled.
fn head(source: &str) -> Option<String> {
    let whole = parsed(source)?;
    let HirKind::Concat(parts) = whole.kind() else { return None };
    let telling: Vec<Hir> = parts.iter().take_while(|part| !has_gap(part)).cloned().collect();
    (telling.len() < parts.len()).then(|| Hir::concat(telling).to_string())
}

/// Whether it skips over any text.
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

/// The places of the group `span` in the [`captures_around`] literals.
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

/// The matches of an expression of which every match holds one of the literals that were hit, in order. It is run only over
/// what stands around them: up to `before` bytes, and lines that end `after` bytes behind the literal of that index; where
/// there is no hit it is not even compiled.
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
        // What follows closely is looked at together.
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

/// The end of the line of a place, as far as it is near.
fn line_end(bytes: &[u8], at: usize) -> usize {
    const NEAR: usize = 1000;
    let at = at.min(bytes.len());
    let rest = &bytes[at..bytes.len().min(at + NEAR)];
    at + memchr(b'\n', rest).unwrap_or(rest.len())
}

fn parsed(source: &str) -> Option<Hir> {
    ParserBuilder::new().unicode(false).utf8(false).build().parse(source).ok()
}

/// How short and how long the matches of an expression can be, in bytes.
fn lengths(source: &Option<String>) -> (usize, usize) {
    source.as_deref().and_then(parsed).map_or((0, usize::MAX), |parsed| {
        let properties = parsed.properties();
        (properties.minimum_len().unwrap_or(0), properties.maximum_len().unwrap_or(usize::MAX))
    })
}

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

    /// A made-up secret: `token40`, `hex37`.
    pub(crate) fn made(kind: &str) -> String {
        expand(&format!("@@{kind}@@")).expect("a kind of marker").text
    }

    /// A text in which `«` and `»` mark a place, without the marks.
    #[track_caller]
    pub(crate) fn marked(text: &str) -> (String, Span) {
        let (before, rest) = text.split_once('«').expect("a place is marked");
        let (inside, behind) = rest.split_once('»').expect("the place ends");
        (format!("{before}{inside}{behind}"), Span::new(before.len(), before.len() + inside.len()))
    }

    /// Asks a check about a file as the scanner would.
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
