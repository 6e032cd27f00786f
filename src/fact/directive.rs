//! Comments addressed to flaresec: `flaresec: allow(rule-id) reason`. Only parses them; whether they are valid and have
//! an effect is for the filter to judge.

use memchr::memmem;

use super::lines;
use crate::span::Span;
use crate::text::Text;

/// The word that every directive starts with.
pub const WORD: &[u8] = b"flaresec:";
/// The maximum number of directives that are read in one text, to bound the cost.
const MOST: usize = 10_000;
/// How much of a line before and after the word is examined, in bytes.
const REACH: usize = 1024;

/// The part of the file that a directive applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Its own line, and the next one if the directive is alone on its line.
    Line,
    /// The whole file.
    File,
    /// From here to the matching end.
    Start,
    /// The end of a block.
    End,
    /// Unknown: the word is none of these.
    Unknown,
}

/// One directive as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Bytes of the text from the word to the end of the reason.
    pub span: Span,
    /// What it wants done: `allow`, or whatever stands in place of it.
    pub verb: String,
    /// What it applies to.
    pub scope: Scope,
    /// The names in the brackets.
    pub rules: Vec<String>,
    /// The reason, in bytes of the text; empty if there is none.
    pub reason: Span,
    /// What follows `until=`.
    pub until: Option<String>,
    /// Whether the comment is alone on its line.
    pub alone: bool,
}

/// Returns all directives in a text, in order.
pub fn parse(text: &[u8]) -> Vec<Directive> {
    memmem::find_iter(text, WORD).take(MOST).filter_map(|at| directive(text, at)).collect()
}

fn directive(text: &[u8], at: usize) -> Option<Directive> {
    let floor = at.saturating_sub(REACH);
    let line = lines::start(text, floor, at);
    let alone = comment_before(&text[line..at])?;
    let ceiling = text.len().min(at + REACH);
    let end = text[at..ceiling].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(ceiling, |i| at + i);
    let mut cursor = skip_blanks(text, at + WORD.len(), end);
    let word = cursor;
    while cursor < end && (text[cursor].is_ascii_lowercase() || text[cursor] == b'-') {
        cursor += 1;
    }
    let word = &text[word..cursor];
    let open = cursor < end && text[cursor] == b'(';
    let scope = scope(word, open, text, Span::new(cursor, end))?;
    let verb = String::from_utf8_lossy(word).into_owned();
    let mut rules = Vec::new();
    if open {
        let close = text[cursor..end].iter().position(|b| *b == b')').map_or(end, |i| cursor + i);
        rules = text[cursor + 1..close]
            .split(|b| *b == b',')
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        cursor = (close + 1).min(end);
    }
    let (reason, until) = reason(text, cursor, end);
    // Documentation shows the syntax with these words in place of a rule.
    if rules.iter().any(|r| matches!(r.as_str(), "rule-id" | "rule" | "…" | "...")) {
        return None;
    }
    let stop = reason.end.max(cursor);
    Some(Directive { span: Span::new(at, stop), verb, scope, rules, reason, until, alone })
}

/// What other linters say in place of `allow`, or how it begins.
const VERBS: &[&[u8]] = &[b"ignore", b"disable", b"skip", b"suppress", b"exclude", b"nosec", b"noqa", b"off"];

/// Whether a word is one of [`VERBS`], or one that goes on with a hyphen: `disable-next-line`.
fn is_foreign_verb(word: &[u8]) -> bool {
    let rest = |verb: &&[u8]| word.strip_prefix(*verb).is_some_and(|r| r.is_empty() || r[0] == b'-');
    VERBS.iter().any(rest)
}

/// Returns what a directive applies to: `word` wants something done, `open` says that a bracket follows, `rest` is the
/// text after the word. `None` if it is none, but prose.
fn scope(word: &[u8], open: bool, text: &[u8], rest: Span) -> Option<Scope> {
    let meant = match word {
        b"allow-end" => return Some(Scope::End),
        b"allow" if open => return Some(Scope::Line),
        b"allow-file" if open => return Some(Scope::File),
        b"allow-start" if open => return Some(Scope::Start),
        _ if open => !word.is_empty(),
        // `allow some-rule` without brackets accepts nothing, which nobody would notice.
        b"allow" | b"allow-file" | b"allow-start" => names_rule(text.get(rest.start..rest.end)?),
        _ if is_foreign_verb(word) => {
            let rest = before_close(text, rest);
            let words = text.get(rest.start..rest.end)?.split(u8::is_ascii_whitespace);
            let words = words.filter(|word| !word.is_empty()).count();
            // More words may be prose that happens to begin so.
            words < 2 || names_rule(text.get(rest.start..rest.end)?)
        }
        _ => false,
    };
    meant.then_some(Scope::Unknown)
}

/// Returns the part of a comment before the sign that closes it.
fn before_close(text: &[u8], mut rest: Span) -> Span {
    for close in [&b"*/"[..], b"-->", b"#}", b"%>", b"}}"] {
        if let Some(at) = memmem::find(&text[rest.start..rest.end], close) {
            rest.end = rest.start + at;
        }
    }
    rest
}

/// Whether a text begins with the id of a rule: words in lower case with a hyphen between them.
fn names_rule(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    let length = rest.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'-').count();
    rest[..length].trim_ascii_end().contains(&b'-') && !rest.starts_with(b"-")
}

/// Whether only a comment sign precedes the directive on its line; `None` if the directive is not in a comment.
fn comment_before(before: &[u8]) -> Option<bool> {
    const SIGNS: &[&[u8]] =
        &[b"#", b"//", b"/*", b"<!--", b"--", b";", b"%", b"{{!", b"{#", b"*", b"'", b"REM", b"rem", b"dnl"];
    let trimmed = before.trim_ascii();
    if trimmed.is_empty() || trimmed == b"\xEF\xBB\xBF" {
        return Some(true);
    }
    let signs = SIGNS.iter().any(|sign| memmem::find(before, sign).is_some());
    let code = trimmed.iter().any(|b| b.is_ascii_alphanumeric() || matches!(b, b'"' | b'`' | b'=' | b'{'));
    let alone = !code || SIGNS.iter().any(|sign| trimmed.starts_with(sign));
    // In backticks it is an example in prose.
    (signs && !trimmed.ends_with(b"`")).then_some(alone)
}

fn skip_blanks(text: &[u8], from: usize, end: usize) -> usize {
    (from..end).find(|i| !matches!(text[*i], b' ' | b'\t')).unwrap_or(end)
}

/// Returns the reason without closing comment signs, and the date after `until=`.
fn reason(text: &[u8], from: usize, end: usize) -> (Span, Option<String>) {
    let mut rest = before_close(text, Span::new(from, end));
    let mut until = None;
    if let Some(at) = memmem::find(&text[rest.start..rest.end], b"until=") {
        let value = rest.start + at + 6;
        let stop = (value..rest.end).find(|i| !text[*i].is_ascii_alphanumeric() && text[*i] != b'-');
        let stop = stop.unwrap_or(rest.end);
        until = Some(String::from_utf8_lossy(&text[value..stop]).into_owned());
        // The date may be before the reason or after it.
        let before = text[rest.start..rest.start + at].iter().any(u8::is_ascii_alphanumeric);
        rest = if before { Span::new(rest.start, rest.start + at) } else { Span::new(stop, rest.end) };
    }
    let trim = |b: u8| b.is_ascii_whitespace() || matches!(b, b':' | b'-' | b',' | b'[' | b']' | b'(' | b')');
    while rest.start < rest.end && trim(text[rest.start]) {
        rest.start += 1;
    }
    while rest.end > rest.start && trim(text[rest.end - 1]) {
        rest.end -= 1;
    }
    if !text[rest.start..rest.end].iter().any(|b| b.is_ascii_alphanumeric() || *b >= 0x80) {
        rest.end = rest.start;
    }
    (rest, until)
}

/// Comments that make other scanners accept findings, and the number of lines from the comment to the finding.
const FOREIGN: &[(&str, usize)] = &[
    ("gitleaks:allow", 0),
    ("trufflehog:ignore", 0),
    ("kingfisher:ignore", 0),
    ("pragma: allowlist secret", 0),
    ("pragma: allowlist nextline secret", 1),
    ("pragma: whitelist secret", 0),
    ("# nosec", 0),
    ("// nosec", 0),
];

/// Returns the numbers, from 1, of the lines that comments for other scanners apply to, with the text of the comment.
pub fn foreign(text: &Text<'_>) -> Vec<(usize, &'static str)> {
    let lower = text.bytes().to_ascii_lowercase();
    let mut out = Vec::new();
    for (word, below) in FOREIGN {
        // `nosecrets` is another word.
        let ends = |at: &usize| {
            let rest = &lower[at + word.len()..];
            let goes_on = rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            !goes_on || rest.starts_with(b"-->")
        };
        let places = memmem::find_iter(&lower, word).take(MOST).filter(ends);
        out.extend(places.map(|at| (text.line_number(at) + below, *word)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Scope, foreign, parse};
    use crate::text::Text;

    #[test]
    fn any_comment_syntax() {
        for line in [
            "# flaresec: allow(a-b, c) test value",
            "x = 1 // flaresec: allow(a-b,c) test value",
            "<!-- flaresec: allow(a-b, c) test value -->",
            "/* flaresec:allow(a-b, c): test value */",
            "-- flaresec: allow(a-b, c) - test value",
            "x ; flaresec: allow(a-b, c) test value",
            "{# flaresec: allow(a-b, c) test value #}",
        ] {
            let found = parse(line.as_bytes());
            assert_eq!(found.len(), 1, "{line}");
            assert_eq!(found[0].scope, Scope::Line);
            assert_eq!(found[0].rules, ["a-b", "c"], "{line}");
            assert_eq!(&line[found[0].reason.start..found[0].reason.end], "test value", "{line}");
            assert_eq!(found[0].alone, !line.starts_with('x'), "{line}");
        }
    }

    #[test]
    fn dates_on_either_side_of_the_reason() {
        for line in ["# flaresec: allow(a) old until=2026-01-31", "# flaresec: allow(a) until=2026-01-31 old"]
        {
            let found = parse(line.as_bytes());
            assert_eq!(found[0].until.as_deref(), Some("2026-01-31"));
            assert_eq!(&line[found[0].reason.start..found[0].reason.end], "old");
        }
    }

    #[test]
    fn prose_code_and_rubbish_are_no_directives() {
        for line in [
            "flaresec: a scanner",
            "see flaresec: allow(a) b",
            "`# flaresec: allow(rule-id) reason`",
            "`flaresec: allow(a) b`",
            "# flaresec:",
            "# flaresec: allow",
        ] {
            assert!(parse(line.as_bytes()).is_empty(), "{line}");
        }
        assert_eq!(parse(b"# flaresec: allow(").len(), 1);
        assert_eq!(parse(b"# flaresec: ignore(a) b")[0].scope, Scope::Unknown);
    }

    #[test]
    fn words_of_other_linters_are_no_prose() {
        for line in [
            "# flaresec: ignore rule",
            "x = 1 # flaresec: disable-next-line",
            "// flaresec: ignore hardcoded-api-token because it is old",
            "<!-- flaresec: noqa -->",
        ] {
            let found = parse(line.as_bytes());
            assert!(found.len() == 1 && found[0].scope == Scope::Unknown, "{line}: {found:?}");
        }
        for line in [
            "# flaresec: ignore files that are made",
            "# flaresec: runs hardcoded-api-token",
            "# flaresec: x",
        ] {
            assert!(parse(line.as_bytes()).is_empty(), "{line}");
        }
    }

    #[test]
    fn words_of_other_scanners_end_where_they_end() {
        let lines = |text: &str| foreign(&Text::decode(text.as_bytes())).len();
        for line in
            ["x # nosec", "x # nosec: B101", "x # nosec B101", "<!-- gitleaks:allow-->", "#gitleaks:allow,"]
        {
            assert_eq!(lines(line), 1, "{line}");
        }
        for line in ["x # nosecrets in here", "x # nosec-all", "# gitleaks:allowed"] {
            assert_eq!(lines(line), 0, "{line}");
        }
    }
}
