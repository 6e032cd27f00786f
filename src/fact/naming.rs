//! What a value is called: the words to its left in the same statement, and the names around it. Works backwards
//! from the value over quotes, operators, brackets and line continuations, so one reading serves every language
//! and configuration format: `KEY=v`, `"key": "v"`, `key: v`, `-H "Key: v"`, `--flag v`, `f("KEY", "v")`,
//! `<key>v</key>`, `name: KEY` above `value: v`, `the key is v`.

use super::words::split;
use crate::blob::BlobPath;
use crate::span::Span;

/// How far back a statement is followed, in bytes.
const STATEMENT: usize = 400;
/// How far back enclosing names are looked for, in bytes and in lines.
const ENCLOSING: usize = 16 * 1024;
const ENCLOSING_LINES: usize = 150;
/// How much of a line counts as a name when it encloses the value.
const HEADING: usize = 160;

/// One name of a value: lower-case words, each followed by a space, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// `cf dns api token `.
    pub words: String,
    /// The identifiers in the text.
    pub span: Option<Span>,
}

/// Everything a value goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Nearest first: the phrases left of the value in its statement. The first is its own name.
    pub phrases: Vec<Name>,
    /// Words of what encloses it: keys, sections, calls, block headers, a comment above.
    pub enclosing: String,
}

impl Naming {
    /// The words of the own name.
    pub fn own(&self) -> &str {
        self.phrases.first().map_or("", |name| &name.words)
    }
}

/// Words that say nothing about a value: the name is further to the left.
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

/// Names the value at `value`.
pub fn naming(bytes: &[u8], value: Span, path: &BlobPath) -> Naming {
    let mut out = Naming { phrases: phrases(bytes, value.start), enclosing: String::new() };
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
    if let Some(column) = column_heading(bytes, value.start, path) {
        out.phrases.insert(0, column);
    }
    enclosing(bytes, value.start, &mut out.enclosing);
    out
}

/// `value:` whose name stands elsewhere in the same pair.
fn is_generic_pair(naming: &Naming) -> bool {
    naming.own().split(' ').all(|w| w.is_empty() || TRANSPARENT.contains(&w))
}

/// Whether the word directly left of the value is `key`, in any case.
fn follows_key(bytes: &[u8], at: usize, key: &[u8]) -> bool {
    let before = &bytes[at.saturating_sub(12)..at];
    let end = before.iter().rposition(|b| b.is_ascii_alphanumeric()).map_or(0, |n| n + 1);
    let punctuation = before[end..].iter().all(|b| matches!(b, b':' | b'=' | b' ' | b'"' | b'\'' | b'\\'));
    punctuation && before[..end].to_ascii_lowercase().ends_with(key)
}

/// The name on the nearest line above that is indented less: of what the line of the value belongs to.
fn parent(bytes: &[u8], at: usize) -> Option<Name> {
    // A line may be a whole file long.
    let floor = at.saturating_sub(ENCLOSING);
    let line_start = |end: usize| {
        bytes[floor.min(end)..end].iter().rposition(|b| *b == b'\n').map_or(floor, |n| floor + n + 1)
    };
    let mut start = line_start(at);
    let own = indentation(&bytes[start..at]);
    for _ in 0..20 {
        let end = start.checked_sub(1)?;
        start = line_start(end);
        let line = &bytes[start..end];
        if !line.trim_ascii().is_empty() && indentation(line) < own {
            let mut words = String::new();
            add_words(&line[..line.len().min(HEADING)], &mut words);
            return Some(Name { words, span: Some(Span::new(start + indentation(line), end)) });
        }
    }
    None
}

/// Phrases left of `at`, nearest first.
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
            // The name of a closing tag is that of the opening one further left.
            if !bytes[..i].ends_with(b"</") {
                phrase.push(bytes, Span::new(i, end));
            }
            continue;
        }
        i -= 1;
        match byte {
            b'"' | b'\'' | b'`' if i > floor && opens(bytes[i - 1]) => phrase.finish(&mut out, &mut pending),
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'-' | b'\\' | b'*' | b'<' | b'$' | b'@' | b'&' => {}
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
        // `-A bearer -a VALUE`: little, but all there is.
        out.push(Name { words: pending, span: None });
    }
    out
}

/// What stands before a quote that opens a string.
fn opens(before: u8) -> bool {
    before.is_ascii_whitespace() || matches!(before, b'(' | b'[' | b'{' | b'=' | b',' | b':')
}

/// A line whose end says that the statement goes on: `\`, `` ` ``, `^`, `(`, `,`, `=`, `{`, `[`.
fn is_continued(bytes: &[u8], newline: usize) -> bool {
    let before = bytes[..newline].trim_ascii_end();
    matches!(before.last(), Some(b'\\' | b'`' | b'^' | b'(' | b',' | b'=' | b'[' | b'|' | b'>' | b'+' | b'.'))
}

#[derive(Default)]
struct Phrase {
    /// Identifiers from right to left.
    parts: Vec<Span>,
    words: Vec<String>,
}

impl Phrase {
    fn push(&mut self, bytes: &[u8], span: Span) {
        if self.parts.len() >= 6 || looks_like_value(&bytes[span.start..span.end]) {
            return;
        }
        let mut words = String::new();
        split(&bytes[span.start..span.end], &mut words);
        if !words.is_empty() {
            self.parts.push(span);
            self.words.push(words);
        }
    }

    fn says_something(&self) -> bool {
        self.words.iter().flat_map(|w| w.split(' ')).any(|w| !w.is_empty() && !TRANSPARENT.contains(&w))
    }

    /// Ends the phrase. Words that say nothing wait for the next phrase to the left.
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

/// `.` `-` `:` `/` inside an identifier: letters on both sides.
fn is_joint(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'.' | b'-')
        && at > 0
        && is_identifier_byte(bytes[at - 1])
        && bytes.get(at + 1).is_some_and(|b| is_identifier_byte(*b))
}

/// Ids, hashes and numbers are not names.
fn looks_like_value(word: &[u8]) -> bool {
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    digits == word.len() || (word.len() >= 20 && digits >= 4)
}

/// `value: v` with `name: KEY` after it, or before it beyond what the statement shows (Kubernetes, Postman, ECS).
fn sibling_name(bytes: &[u8], value: Span) -> Option<Name> {
    let end = (value.end + 200).min(bytes.len());
    let after = &bytes[value.end..end];
    let after = &after[..end_of_pair(after)];
    for key in [&b"name"[..], b"key", b"Name", b"Key", b"variable"] {
        let Some(at) = find(after, key) else { continue };
        let rest = &after[at + key.len()..];
        let skip = rest.iter().position(|b| is_identifier_byte(*b))?;
        let quoted = rest[..skip].iter().all(|b| matches!(b, b'"' | b'\'' | b':' | b' ' | b'=' | b'\\'));
        let inside_word = at > 0 && is_identifier_byte(after[at - 1]);
        if skip == 0 || !quoted || skip > 6 || inside_word {
            continue;
        }
        let name = &rest[skip..];
        let length = name
            .iter()
            .position(|b| !is_identifier_byte(*b) && *b != b'-' && *b != b'.')
            .unwrap_or(name.len());
        let start = value.end + at + key.len() + skip;
        let span = Span::new(start, start + length);
        let mut words = String::new();
        split(&bytes[span.start..span.end], &mut words);
        return Some(Name { words, span: Some(span) });
    }
    None
}

/// Where the pair ends that a value belongs to: a closing bracket or tag, a blank line, the next item of a list.
fn end_of_pair(after: &[u8]) -> usize {
    let ends = |at: usize| {
        let rest = &after[at + 1..];
        match after[at] {
            b'}' => true,
            b'/' => rest.starts_with(b">"),
            b'\n' => {
                let line = rest.trim_ascii_start();
                rest.starts_with(b"\n") || line.starts_with(b"- ") || line.starts_with(b"[")
            }
            _ => false,
        }
    };
    (0..after.len()).find(|at| ends(*at)).unwrap_or(after.len())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// The heading of the value's column in comma- or tab-separated files.
fn column_heading(bytes: &[u8], at: usize, path: &BlobPath) -> Option<Name> {
    let name = path.file_name();
    let separator = match name.rsplit(|b| *b == b'.').next() {
        Some(b"csv") => b',',
        Some(b"tsv" | b"tab") => b'\t',
        _ => return None,
    };
    let floor = at.saturating_sub(ENCLOSING);
    let start = bytes[floor..at].iter().rposition(|b| *b == b'\n').map_or(floor, |n| floor + n + 1);
    let column = bytes[start..at].iter().filter(|b| **b == separator).count();
    let header = bytes.split(|b| *b == b'\n').next()?;
    let field = header.split(|b| *b == separator).nth(column)?;
    let mut words = String::new();
    split(field, &mut words);
    Some(Name { words, span: None })
}

/// Collects words of the lines that enclose the value: less indented ones going up, unmatched brackets on its own
/// line, the section header, and comments directly above.
fn enclosing(bytes: &[u8], at: usize, out: &mut String) {
    let mut end = at;
    // A line may be a whole file long.
    let floor = at.saturating_sub(ENCLOSING);
    let line_start = |end: usize| {
        bytes[floor.min(end)..end].iter().rposition(|b| *b == b'\n').map_or(floor, |n| floor + n + 1)
    };
    let mut start = line_start(end);
    let mut indent = indentation(&bytes[start..end.max(start)]);
    // A value alone on its line counts from the line of its name.
    let mut comments_open = true;
    let mut section = false;
    add_words(&bytes[start.max(end.saturating_sub(HEADING))..end], out);
    for _ in 0..ENCLOSING_LINES {
        if start <= floor || start == 0 || out.len() > 2000 {
            return;
        }
        end = start - 1;
        start = line_start(end).max(floor);
        let line = &bytes[start..end];
        let trimmed = line.trim_ascii();
        if trimmed.is_empty() {
            comments_open = false;
            continue;
        }
        let depth = indentation(line);
        let comment = is_comment(trimmed);
        if comment && comments_open && depth <= indent {
            add_words(&trimmed[..trimmed.len().min(HEADING)], out);
            continue;
        }
        comments_open = false;
        let header = trimmed[0] == b'[' && trimmed.contains(&b']');
        // `key:` over a list whose dashes are not indented encloses it as well.
        let list = depth == indent && trimmed.last() == Some(&b':');
        if (depth < indent || list) && !comment {
            add_words(&trimmed[..trimmed.len().min(HEADING)], out);
            indent = depth;
        } else if header && !section {
            add_words(&trimmed[..trimmed.len().min(HEADING)], out);
            section = true;
        }
        if indent == 0 && section {
            return;
        }
    }
}

fn indentation(line: &[u8]) -> usize {
    line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn is_comment(trimmed: &[u8]) -> bool {
    [&b"#"[..], b"//", b"--", b";", b"/*", b"* ", b"<!--", b"REM ", b"rem ", b"%"]
        .iter()
        .any(|mark| trimmed.starts_with(mark))
}

fn add_words(line: &[u8], out: &mut String) {
    for word in line.split(|b| !is_identifier_byte(*b)) {
        if !word.is_empty() && !looks_like_value(word) {
            split(word, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::naming;
    use crate::blob::BlobPath;
    use crate::span::Span;

    #[track_caller]
    fn own(text: &str, expected: &str) {
        let at = text.find("VALUE").unwrap();
        let out = naming(text.as_bytes(), Span::new(at, at + 5), &BlobPath::new("a.txt"));
        assert_eq!(out.own().trim(), expected, "{text}\n{out:?}");
    }

    #[test]
    fn one_reading_serves_every_syntax() {
        own("CF_TOKEN=VALUE", "cf token");
        own("export CF_TOKEN=\"VALUE\"", "export cf token");
        own("\"apiToken\": \"VALUE\"", "api token");
        own("api_token = \"VALUE\"", "api token");
        own("{\\\"api_token\\\": \\\"VALUE\\\"}", "api token");
        own("cloudflare:\n  api_token: >-\n    VALUE", "api token");
        own("-H 'Authorization: Bearer VALUE'", "authorization bearer");
        own("req.Header.Set(\"X-Auth-Key\", \"VALUE\")", "x auth key");
        own("os.environ['CF_TOKEN'] = 'VALUE'", "cf token");
        own("os.getenv(\"CF_TOKEN\", \"VALUE\")", "cf token");
        own("process.env.CF_TOKEN || 'VALUE'", "process env cf token");
        own("<key>auth_client_secret</key>\n  <string>VALUE</string>", "auth client secret string");
        own("- name: CF_TOKEN\n  value: VALUE", "cf token value");
        own("- value: VALUE\n  name: CF_TOKEN", "cf token");
        own("- name: CF_TOKEN\n  value: VALUE\n- name: OTHER\n  value: x", "cf token value");
        own("<a name=\"CF_TOKEN\" value=\"VALUE\"/>\n<a name=\"OTHER\" value=\"x\"/>", "cf token value");
        own("{\"value\": \"VALUE\", \"name\": \"CF_TOKEN\"}", "cf token");
        own("cloudflared tunnel run --token VALUE", "cloudflared tunnel run token");
        own("const token: string = \"VALUE\";", "const token string");
        own("${CF_TOKEN:-VALUE}", "cf token");
        own("the cloudflare token is VALUE", "the cloudflare token is");
        own("ENV CF_TOKEN VALUE", "env cf token");
        own("cloudflare.NewWithAPIToken(\"VALUE\")", "cloudflare new with api token");
        own("other = 1\nVALUE", "other");
    }
}
