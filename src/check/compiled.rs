//! The expressions of the rules, compiled when they are first needed, and what can be told of them without compiling.

use std::sync::OnceLock;

use regex::bytes::Regex;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytes, Hir, HirKind, Look};

use super::expression;
use crate::fact::runs::is_token_byte;
use crate::rule::{Detect, Rule};

/// A detection whose expressions are compiled when first needed.
pub(crate) struct Compiled {
    pub(crate) detect: Detect,
    /// Index of the rule in the rule set.
    pub(crate) rule: usize,
    title: String,
    pattern: OnceLock<Option<Regex>>,
    head: OnceLock<Option<Regex>>,
    shape: OnceLock<Shape>,
    lengths: OnceLock<(usize, usize)>,
    value: OnceLock<Value>,
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
            shape: OnceLock::new(),
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
        let compiled = || expression(self.shape().head.as_deref()?).ok();
        self.head.get_or_init(compiled).as_ref()
    }

    /// Returns what can be told of the pattern without compiling it.
    pub(crate) fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| Shape::of(self.detect.pattern.as_deref()))
    }

    /// Returns the minimum and maximum length of a value, in bytes.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        *self.lengths.get_or_init(|| lengths(&self.detect.value))
    }

    /// Returns the shape of a value.
    pub(crate) fn value(&self) -> &Value {
        self.value.get_or_init(|| self.detect.value.as_deref().map_or(Value::None, Value::of))
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

/// What can be told of an expression without compiling it.
pub(crate) struct Shape {
    /// The maximum length of a match, in bytes.
    pub(crate) reach: usize,
    head: Option<String>,
    /// The runs that every match contains, those of few bytes first: they are the rarest.
    runs: Vec<Run>,
    /// The length of the longest of them that consists of the bytes of tokens.
    pub(crate) value_run: usize,
}

impl Shape {
    fn of(source: Option<&str>) -> Shape {
        let Some(whole) = source.and_then(parsed) else {
            return Shape { reach: usize::MAX, head: None, runs: Vec::new(), value_run: 0 };
        };
        let reach = whole.properties().maximum_len().unwrap_or(usize::MAX);
        let mut runs = Vec::new();
        Run::collect(&whole, &mut runs);
        runs.sort_by_key(Run::size);
        let of_token = |run: &&Run| (0..=u8::MAX).all(|b| !run.class[usize::from(b)] || is_token_byte(b));
        let value_run = runs.iter().filter(of_token).map(|run| run.least).max().unwrap_or(0);
        Shape { reach, head: head(&whole), runs, value_run }
    }

    /// Whether a text has the runs of bytes that every match has. Cheaper than to compile the expression.
    pub(crate) fn may_match(&self, bytes: &[u8]) -> bool {
        self.runs.iter().all(|run| run.occurs(bytes))
    }
}

/// Bytes of a class, so many at least and at most.
pub(crate) struct Counted {
    class: Box<[bool; 256]>,
    least: usize,
    most: usize,
}

/// The shape of a value.
pub(crate) enum Value {
    /// The detection does not look for values of a shape.
    None,
    /// One of these.
    Of(Vec<Counted>),
    /// Anything else.
    Matching(Regex),
}

impl Value {
    fn of(source: &str) -> Value {
        match parsed(source).as_ref().and_then(Value::simple) {
            Some(all) => Value::Of(all),
            None => Value::Matching(tried(source)),
        }
    }

    /// Returns the classes of an expression for a whole text that only counts bytes: `^[0-9a-f]{37}$`.
    fn simple(whole: &Hir) -> Option<Vec<Counted>> {
        let HirKind::Concat(parts) = whole.kind() else { return None };
        let [start, counted, end] = parts.as_slice() else { return None };
        let anchored = matches!(start.kind(), HirKind::Look(Look::Start))
            && matches!(end.kind(), HirKind::Look(Look::End));
        let one = |part: &Hir| {
            let HirKind::Repetition(repeated) = part.kind() else { return None };
            let HirKind::Class(Class::Bytes(class)) = repeated.sub.kind() else { return None };
            let most = repeated.max.map_or(usize::MAX, |most| most as usize);
            Some(Counted { class: members(class), least: repeated.min as usize, most })
        };
        let all = match counted.kind() {
            HirKind::Alternation(parts) => parts.iter().map(one).collect(),
            _ => one(counted).map(|one| vec![one]),
        };
        all.filter(|_| anchored)
    }

    /// Whether all of a text has the shape.
    pub(crate) fn fits(&self, text: &[u8]) -> bool {
        match self {
            Value::None => false,
            Value::Of(all) => all.iter().any(|of| {
                (of.least..=of.most).contains(&text.len())
                    && text.iter().all(|byte| of.class[usize::from(*byte)])
            }),
            Value::Matching(value) => {
                value.find(text).is_some_and(|found| found.start() == 0 && found.end() == text.len())
            }
        }
    }
}

/// A number of bytes of one class in a row, as values have: `[0-9a-f]{32}`.
struct Run {
    class: Box<[bool; 256]>,
    least: usize,
}

impl Run {
    /// Collects the runs that every match of an expression contains, if they are long enough to be worth a look.
    fn collect(part: &Hir, out: &mut Vec<Run>) {
        const WORTH: u32 = 20;
        match part.kind() {
            HirKind::Repetition(repeated) if repeated.min >= WORTH => {
                if let HirKind::Class(Class::Bytes(class)) = repeated.sub.kind() {
                    out.push(Run { class: members(class), least: repeated.min as usize });
                }
            }
            HirKind::Capture(group) => Run::collect(&group.sub, out),
            HirKind::Concat(parts) => parts.iter().for_each(|part| Run::collect(part, out)),
            _ => {}
        }
    }

    /// Returns how many bytes are in the class.
    fn size(&self) -> usize {
        self.class.iter().filter(|own| **own).count()
    }

    fn occurs(&self, bytes: &[u8]) -> bool {
        // Looks at every `least`-th byte, and at the others only if that one may be in a run.
        let mut at = self.least - 1;
        while let Some(byte) = bytes.get(at) {
            let own = |byte: &&u8| self.class[usize::from(**byte)];
            if !own(&byte) {
                at += self.least;
                continue;
            }
            let before = bytes[..at].iter().rev().take(self.least - 1).take_while(own).count();
            let after = bytes[at + 1..].iter().take(self.least - 1 - before).take_while(own).count();
            if before + 1 + after >= self.least {
                return true;
            }
            at += after + self.least;
        }
        false
    }
}

/// Returns which bytes are in a class.
fn members(class: &ClassBytes) -> Box<[bool; 256]> {
    let mut own = Box::new([false; 256]);
    let bytes = class.iter().flat_map(|range| range.start()..=range.end());
    bytes.for_each(|byte| own[usize::from(byte)] = true);
    own
}

/// Returns the beginning of an expression up to its first gap of arbitrary text, or `None` if it has no gap: that of
/// `a"[^\n]{0,80}b` is `a"`. Where the beginning does not match, the whole expression need not be tried nor compiled.
fn head(whole: &Hir) -> Option<String> {
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
    cell.get_or_init(|| source.as_deref().map(tried)).as_ref()
}

/// Compiles an expression of a rule, which was tried when the rule was loaded.
fn tried(source: &str) -> Regex {
    expression(source).expect("expressions are tried when a rule is loaded")
}

#[cfg(test)]
mod tests {
    use super::{Shape, Value};

    #[test]
    fn the_runs_of_a_pattern_are_looked_for() {
        let shape = |source| Shape::of(Some(source));
        let value = r"key\s*=\s*(?<secret>[0-9a-f]{32})(?:[^0-9a-f]|$)";
        for length in 0..100 {
            let run = "a".repeat(length);
            for text in [run.clone(), format!("zz{run}zz0f"), format!("{run} {run}"), format!("0 {run}.")] {
                assert_eq!(shape(value).may_match(text.as_bytes()), length >= 32, "{text}");
            }
        }
        // Only what every match contains is asked for.
        for source in ["a{3}", "(?:[a-f]{32}|x)", "(?:[a-f]{32})?", "[a-f]{4,40}"] {
            assert!(shape(source).may_match(b"none"), "{source}");
        }
        assert!(!shape("x[a-f]{20}y(?:[0-9]{30}|z)").may_match(b"xabcdefy"));
        let both = shape("(?<label>[a-f]{20})=(?<secret>[0-9]{30})");
        assert!(both.may_match(format!("{}={}", "a".repeat(20), "1".repeat(30)).as_bytes()));
        assert!(!both.may_match("1".repeat(30).as_bytes()) && !both.may_match("a".repeat(20).as_bytes()));
    }

    #[test]
    fn values_that_are_only_counted_need_no_expression() {
        let hex = |length: usize| "a0".repeat(length).into_bytes()[..length].to_vec();
        for (source, simple) in [
            ("^[0-9a-f]{37}$", true),
            ("^(?:[0-9a-f]{37,39}|[0-9a-f]{41,45})$", true),
            ("^[0-9a-f]{32}k[0-9a-f]{32}$", false),
            ("[0-9a-f]{37}", false),
            ("(?m)^[0-9a-f]{37}$", false),
        ] {
            let value = Value::of(source);
            assert_eq!(matches!(value, Value::Of(_)), simple, "{source}");
            let expression = super::tried(source);
            for length in 30..70 {
                for text in [
                    hex(length),
                    [hex(length), b"g".to_vec()].concat(),
                    [hex(32), b"k".to_vec(), hex(length - 1)].concat(),
                ] {
                    let whole = expression.find(&text).is_some_and(|found| found.len() == text.len());
                    assert_eq!(value.fits(&text), whole, "{source} {length}");
                }
            }
        }
    }

    #[test]
    fn an_expression_begins_before_its_first_gap() {
        let head = |source| Shape::of(Some(source)).head;
        assert_eq!(head(r"a[0-9]b"), None);
        assert!(head(r#"ab"[^\n]{0,80}c"#).is_some_and(|head| !head.contains("80")));
    }
}
