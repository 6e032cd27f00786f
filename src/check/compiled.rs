//! The expressions of the rules, compiled when they are first needed, and what can be told of them without compiling.

use std::sync::OnceLock;

use regex::bytes::Regex;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::expression;
use crate::rule::{Detect, Rule};

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
