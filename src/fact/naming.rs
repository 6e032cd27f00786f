//! The names of a value: the words to its left in the same statement, and the names around it. Reads backwards
//! from the value over quotes, operators, brackets and line continuations, so one reading serves every language
//! and configuration format: `KEY=v`, `"key": "v"`, `key: v`, `-H "Key: v"`, `--flag v`, `f("KEY", "v")`,
//! `<key>v</key>`, `name: KEY` above `value: v`, `the key is v`.

use super::words::{after_escape, split};
use crate::blob::BlobPath;
use crate::span::Span;

mod siblings;
mod surroundings;

use siblings::{head_of_siblings, pair_before};
pub use surroundings::parent;
use surroundings::{column_heading, labelled_name, name_in_parallel, sibling_name, trailing_comment};

/// How far back a statement is read, in bytes.
const STATEMENT: usize = 400;

/// One name of a value, and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The words in lower case, each followed by a space: `cf dns api token `.
    pub words: String,
    /// The identifiers in the text, if they are known.
    pub span: Option<Span>,
}

/// All names of a value in its statement or pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The phrases to the left of the value in its statement, nearest first. The first is the name of the value itself.
    pub phrases: Vec<Name>,
}

impl Naming {
    /// Returns the words of the name of the value itself.
    pub fn own(&self) -> &str {
        self.phrases.first().map_or("", |name| &name.words)
    }
}

/// Words that say nothing about a value: its name is further to the left.
const TRANSPARENT: &[&str] = &[
    "value",
    "val",
    "string",
    "str",
    "bearer",
    "default",
    "literal",
    "from",
    "to",
    "is",
    "are",
    "was",
    "be",
    "some",
    "ok",
    "b",
    "f",
    "r",
    "u",
    "s",
    "text",
    "plain",
    "the",
    "with",
    "using",
    "use",
    "here",
    "like",
    "this",
    "of",
    "as",
    "h",
    "e",
    "n",
    "echo",
    "printf",
    "or",
    "and",
    "nil",
    "null",
    "none",
    "true",
    "false",
    "type",
    "sensitive",
    "fmt",
    "sprintf",
    "secure",
    "convert",
    "force",
    "asplaintext",
    "plaintext",
    "into",
    "owned",
    "byte",
    "bytes",
    "raw",
    "content",
    "char",
    "const",
    "auto",
    "line",
    "http",
    "https",
    "in",
    "q",
    "qq",
    "qw",
    "i",
    "a",
    "it",
    "current",
];

/// Returns the words of what encloses the value at `at`: keys, sections, calls, block headers, a comment above.
pub fn enclosing(bytes: &[u8], at: usize) -> String {
    let mut out = String::new();
    surroundings::enclosing(bytes, at, true, &mut out);
    out
}

/// Like [`enclosing`], without the comments: what they say of a program may be about anything in it.
pub fn enclosing_code(bytes: &[u8], at: usize) -> String {
    let mut out = String::new();
    surroundings::enclosing(bytes, at, false, &mut out);
    out
}

/// Returns the names of a value.
pub fn naming(bytes: &[u8], value: Span, path: &BlobPath) -> Naming {
    let mut out = Naming { phrases: phrases(bytes, value.start) };
    if (out.own().is_empty() || is_generic_pair(&out) || follows_key(bytes, value.start, b"value"))
        && let Some(sibling) = sibling_name(bytes, value)
    {
        out.phrases.insert(0, sibling);
    }
    if follows_key(bytes, value.start, b"default")
        && let Some(parent) = parent(bytes, value.start)
    {
        out.phrases.insert(0, parent);
    }
    if let Some(comment) = trailing_comment(bytes, value.end) {
        // Before its own name only if that says nothing.
        let at = usize::from(!is_generic_pair(&out)).min(out.phrases.len());
        out.phrases.insert(at, comment);
    }
    if let Some(label) = labelled_name(bytes, value) {
        out.phrases.insert(0, label);
    }
    if let Some(name) = name_in_parallel(bytes, value.start) {
        out.phrases.insert(0, name);
    }
    if let Some(column) = column_heading(bytes, value.start, path) {
        out.phrases.insert(0, column);
    }
    out
}

/// Whether the name is just `value:` or the like, so that the real name is elsewhere in the same pair.
fn is_generic_pair(naming: &Naming) -> bool {
    naming.own().split(' ').all(|w| w.is_empty() || TRANSPARENT.contains(&w))
}

/// Whether the word directly to the left of the value is `key`, in any case.
fn follows_key(bytes: &[u8], at: usize, key: &[u8]) -> bool {
    let before = &bytes[at.saturating_sub(12)..at];
    let end = before.iter().rposition(|b| b.is_ascii_alphanumeric()).map_or(0, |n| n + 1);
    let punctuation = before[end..].iter().all(|b| matches!(b, b':' | b'=' | b' ' | b'"' | b'\'' | b'\\'));
    punctuation && before[..end].to_ascii_lowercase().ends_with(key)
}

/// Returns the phrases to the left of `at`, nearest first.
fn phrases(bytes: &[u8], at: usize) -> Vec<Name> {
    let mut out: Vec<Name> = Vec::new();
    let mut phrase = Phrase::default();
    let mut pending = String::new();
    let mut i = at;
    let floor = at.saturating_sub(STATEMENT);
    let mut lines = 0;
    while i > floor {
        let byte = bytes[i - 1];
        if is_identifier_byte(byte) {
            let end = i;
            while i > floor && (is_identifier_byte(bytes[i - 1]) || is_joint(bytes, i - 1)) {
                i -= 1;
            }
            if let Some(address) = email_address(bytes, Span::new(i, end), floor) {
                i = address.start;
                phrase.add(address, String::from(EMAIL_ADDRESS));
                continue;
            }
            // The name of a closing tag repeats that of the opening one further left.
            if !bytes[..i].ends_with(b"</") {
                phrase.push(bytes, Span::new(after_escape(bytes, Span::new(i, end)), end));
            }
            continue;
        }
        i -= 1;
        match byte {
            b'"' | b'\'' | b'`' if i > floor && opens(bytes[i - 1]) => phrase.finish(&mut out, &mut pending),
            b' ' | b'\t' if phrase.is_item(&out, bytes, at) => {
                if let Some(start) = pair_before(bytes, floor, i) {
                    phrase.finish(&mut out, &mut pending);
                    i = start;
                }
            }
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'-' | b'\\' | b'*' | b'<' | b'$' | b'@' | b'&' => {}
            b'\n' | b'\r' | b',' if phrase.is_assigned(&out, bytes, at) => {
                phrase.finish(&mut out, &mut pending);
                let Some(head) = head_of_siblings(bytes, floor, i) else { break };
                i = head;
            }
            b'\n' | b'\r' => {
                let named = out.iter().any(|n| !n.words.is_empty()) || phrase.says_something();
                if named && !is_continued(bytes, i) {
                    break;
                }
                phrase.finish(&mut out, &mut pending);
                if byte == b'\n' {
                    lines += 1;
                }
                if lines > 3 {
                    break;
                }
            }
            b';' | b'}' if !out.is_empty() || phrase.says_something() => break,
            b'}' if lines > 0 => break,
            _ => phrase.finish(&mut out, &mut pending),
        }
        if out.len() >= 6 {
            break;
        }
    }
    phrase.finish(&mut out, &mut pending);
    if out.is_empty() && !pending.is_empty() {
        // `-A bearer -a VALUE`: little, but there is no other name.
        out.push(Name { words: pending, span: None });
    }
    out
}

/// The words that any e-mail address reads as: whose it is says nothing about a value.
const EMAIL_ADDRESS: &str = "email address ";

/// Returns the e-mail address that ends with a domain.
fn email_address(bytes: &[u8], domain: Span, floor: usize) -> Option<Span> {
    let before = bytes[floor..domain.start].strip_suffix(b"@")?;
    let name = &bytes[domain.start..domain.end];
    let top = &name[name.iter().rposition(|b| *b == b'.')? + 1..];
    let own = |b: &&u8| is_identifier_byte(**b) || matches!(**b, b'.' | b'-' | b'+' | b'%');
    let local = before.iter().rev().take_while(own).count();
    let address = local > 0 && top.len() > 1 && top.iter().all(u8::is_ascii_alphabetic);
    address.then(|| Span::new(domain.start - 1 - local, domain.end))
}

/// Whether a quote after this byte opens a string.
fn opens(before: u8) -> bool {
    before.is_ascii_whitespace() || matches!(before, b'(' | b'[' | b'{' | b'=' | b',' | b':')
}

/// Whether the end of a line says that the statement continues: `\`, `` ` ``, `^`, `(`, `,`, `=`, `[`, an operator.
fn is_continued(bytes: &[u8], newline: usize) -> bool {
    let before = bytes[..newline].trim_ascii_end();
    matches!(before.last(), Some(b'\\' | b'`' | b'^' | b'(' | b',' | b'=' | b'[' | b'|' | b'>' | b'+' | b'.'))
}

/// How many identifiers of a phrase are read.
const LONGEST_PHRASE: usize = 6;

/// A phrase that is being read from right to left.
#[derive(Default)]
struct Phrase {
    /// The identifiers, from right to left.
    parts: Vec<Span>,
    words: Vec<String>,
}

impl Phrase {
    /// Adds an identifier to the left of the phrase, unless it looks like a value.
    fn push(&mut self, bytes: &[u8], span: Span) {
        if self.parts.len() >= LONGEST_PHRASE || looks_like_value(&bytes[span.start..span.end]) {
            return;
        }
        let mut words = String::new();
        split(&bytes[span.start..span.end], &mut words);
        self.add(span, words);
    }

    /// Adds the words of an identifier to the left of the phrase.
    fn add(&mut self, span: Span, words: String) {
        if !words.is_empty() && self.parts.len() < LONGEST_PHRASE {
            self.parts.push(span);
            self.words.push(words);
        }
    }

    /// Whether any of the words may name a value.
    fn says_something(&self) -> bool {
        self.words.iter().flat_map(|w| w.split(' ')).any(|w| !w.is_empty() && !TRANSPARENT.contains(&w))
    }

    /// Whether the name of the value at a place is known, and something is assigned to it: `NAME=VALUE`, `"name": "VALUE"`.
    fn is_assigned(&self, out: &[Name], bytes: &[u8], value: usize) -> bool {
        self.assignment(out, bytes, value).is_some()
    }

    /// Whether the pair of the value is one of several items between blanks: `A=x NAME=VALUE`.
    fn is_item(&self, out: &[Name], bytes: &[u8], value: usize) -> bool {
        let sign = self.assignment(out, bytes, value);
        sign.is_some_and(|sign| sign.starts_with(b"=") && !sign.iter().any(u8::is_ascii_whitespace))
    }

    /// Returns what stands between a value and its name, if that is an assignment.
    fn assignment<'b>(&self, out: &[Name], bytes: &'b [u8], value: usize) -> Option<&'b [u8]> {
        let own = match out.first() {
            Some(name) => name.span,
            None => self.parts.iter().copied().reduce(Span::cover).filter(|_| self.says_something()),
        };
        let own = own.filter(|own| own.end <= value)?;
        // A pair of name and value in an object: the name is a sibling.
        let last = &bytes[own.start.max(own.end.saturating_sub(b"value".len()))..own.end];
        if last.eq_ignore_ascii_case(b"value") {
            return None;
        }
        let between = &bytes[own.end..value];
        let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ' | b'\t' | b'\\' | b']' | b'}');
        let marks = between.iter().filter(|b| !quote(b));
        let assigns = marks.clone().all(|b| matches!(b, b'=' | b':' | b'>')) && marks.count() > 0;
        (assigns && !between.contains(&b'\n')).then_some(between)
    }

    /// Ends the phrase and adds it to `out`. If it says nothing, its words are `pending` until the next phrase to the
    /// left.
    fn finish(&mut self, out: &mut Vec<Name>, pending: &mut String) {
        if self.parts.is_empty() {
            return;
        }
        let mut words: String = self.words.iter().rev().map(String::as_str).collect();
        if self.says_something() {
            words.push_str(pending);
            pending.clear();
            let span = self.parts.iter().copied().reduce(Span::cover);
            out.push(Name { words, span });
        } else {
            pending.insert_str(0, &words);
        }
        self.parts.clear();
        self.words.clear();
    }
}

fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a `.` or `-` is inside an identifier: letters are on both sides.
fn is_joint(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'.' | b'-')
        && at > 0
        && is_identifier_byte(bytes[at - 1])
        && bytes.get(at + 1).is_some_and(|b| is_identifier_byte(*b))
}

/// Whether a word is an id, a hash or a number rather than a name.
fn looks_like_value(word: &[u8]) -> bool {
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    digits == word.len() || (word.len() >= 20 && digits >= 4)
}

#[cfg(test)]
mod tests;
