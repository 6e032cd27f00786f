//! Names of a value outside of its statement: in the pair that it belongs to, at the head of its column, in the lines
//! and brackets around it.

use memchr::memmem;

use super::siblings::without_siblings;
use super::{Name, is_identifier_byte, looks_like_value};
use crate::blob::BlobPath;
use crate::fact::brackets;
use crate::fact::lines::{self, indentation};
use crate::fact::words::split;
use crate::span::Span;

/// How far back enclosing names are searched for, in bytes and in lines.
const ENCLOSING: usize = 16 * 1024;

const ENCLOSING_LINES: usize = 150;

/// How much of an enclosing line is read for names, in bytes.
const HEADING: usize = 160;

/// Returns the name on the nearest line above that is indented less: that of the block that the value is in.
pub fn parent(bytes: &[u8], at: usize) -> Option<Name> {
    // A line may be as long as the file.
    let floor = at.saturating_sub(ENCLOSING);
    let line_start = |end: usize| lines::start(bytes, floor.min(end), end);
    let mut start = line_start(at);
    let own = indentation(&bytes[start..at]);
    for _ in 0..20 {
        // Stop if the line starts before the floor.
        let end = start.checked_sub(1).filter(|end| *end > floor)?;
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

/// Returns the name in a pair whose name follows its value: `value: v` and then `name: KEY` (Kubernetes, Postman, ECS).
pub(super) fn sibling_name(bytes: &[u8], value: Span) -> Option<Name> {
    let end = (value.end + 200).min(bytes.len());
    let after = &bytes[value.end..end];
    let after = &after[..end_of_pair(after)];
    for key in [&b"name"[..], b"key", b"Name", b"Key", b"variable"] {
        let Some(at) = memmem::find(after, key) else { continue };
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
            .position(|b| !is_identifier_byte(*b) && !matches!(b, b'-' | b'.' | b':'))
            .unwrap_or(name.len());
        let start = value.end + at + key.len() + skip;
        let span = Span::new(start, start + length);
        let mut words = String::new();
        split(&bytes[span.start..span.end], &mut words);
        return Some(Name { words, span: Some(span) });
    }
    None
}

/// Returns the name in a labeled argument after the value: `setValue("v", forHTTPHeaderField: "NAME")`.
pub(super) fn labelled_name(bytes: &[u8], value: Span) -> Option<Name> {
    const LABEL: &[u8] = b"forHTTPHeaderField:";
    const NEAR: usize = 100;
    let after = &bytes[value.end..bytes.len().min(value.end + NEAR)];
    let at = after.iter().position(|b| !matches!(b, b'"' | b',' | b' ' | b'\t' | b'\r' | b'\n'))?;
    let rest = after[at..].strip_prefix(LABEL)?;
    let skip = rest.iter().position(|b| !matches!(b, b' ' | b'@' | b'"'))?;
    let length = rest[skip..].iter().position(|b| !is_identifier_byte(*b) && *b != b'-')?;
    let start = value.end + at + LABEL.len() + skip;
    let span = Span::new(start, start + length);
    let mut words = String::new();
    split(&bytes[span.start..span.end], &mut words);
    Some(Name { words, span: Some(span) })
}

/// Returns the name of a value in a list that is assigned to a list of names: `@h{qw(zone token)} = ('a', 'v')`,
/// `my ($zone, $token) = ('a', 'v')`, `[zone, token] = ['a', 'v']`.
pub(super) fn name_in_parallel(bytes: &[u8], at: usize) -> Option<Name> {
    /// How far from its list a value may be, and how long the list of names may be, in bytes.
    const LIST: usize = 2000;
    const NAMES: usize = 400;
    let open = brackets::around(bytes, at.saturating_sub(LIST), at).next()?;
    let left = bytes[open.saturating_sub(NAMES)..open].trim_ascii_end().strip_suffix(b"=")?;
    let left = left.strip_suffix(b":").unwrap_or(left).trim_ascii_end();
    if !matches!(left.last(), Some(b')' | b']' | b'}')) {
        return None;
    }
    let end = left.len() - 1;
    let start = brackets::around(left, 0, end).next()?;
    let offset = open.saturating_sub(NAMES);
    // Two lists of one length; a comma may follow the last item.
    let names = names_of_list(left, Span::new(start + 1, end));
    let inside = Span::new(open + 1, brackets::close(bytes, open, open + 2 * LIST));
    let items = brackets::arguments(&bytes[inside.start..inside.end]);
    let items: Vec<Span> = items.into_iter().map(|item| item.shift(inside.start)).collect();
    let said = |item: &&Span| !bytes[item.start..item.end].trim_ascii().is_empty();
    if items.iter().filter(said).count() != names.len() || names.len() < 2 {
        return None;
    }
    let name = *names.get(items.iter().position(|item| item.contains(Span::new(at, at)))?)?;
    let mut words = String::new();
    split(&left[name.start..name.end], &mut words);
    Some(Name { words, span: Some(name.shift(offset)) })
}

/// Returns the names in a list: separated by commas, or by blanks in the quotes of Perl, `qw(a b)`.
fn names_of_list(bytes: &[u8], list: Span) -> Vec<Span> {
    let list = match bytes[list.start..list.end].trim_ascii() {
        [b'q', b'w', _, inner @ .., _] => {
            let at = list.start + memmem::find(&bytes[list.start..list.end], inner).unwrap_or(0);
            Span::new(at, at + inner.len())
        }
        _ => list,
    };
    let mut out = Vec::new();
    let mut at = list.start;
    while at < list.end {
        let length = bytes[at..list.end].iter().take_while(|b| is_identifier_byte(**b)).count();
        if length > 0 {
            out.push(Span::new(at, at + length));
        }
        at += length.max(1);
    }
    out
}

/// Returns the words of a comment that follows the value on its line and says what it is: `k = "v"  # the token for DNS`.
pub(super) fn trailing_comment(bytes: &[u8], end: usize) -> Option<Name> {
    const MARKS: &[&[u8]] = &[b"#", b"//", b"-- ", b"/* ", b"<!-- "];
    const NAMES: &[&str] = &["token", "tkn", "key", "secret", "password", "credential", "credentials"];
    // "a session id, no token of Cloudflare"
    const DENIALS: &[&str] = &["not", "no", "never", "isn", "kein"];
    /// How many words a comment may have: a longer one tells about other things as well.
    const MOST: usize = 8;
    let rest = &bytes[end..bytes.len().min(end + HEADING)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let begins = |at: usize| {
        matches!(line[at - 1], b' ' | b'\t') && MARKS.iter().any(|mark| line[at..].starts_with(mark))
    };
    let start = (1..line.len()).find(|at| begins(*at))?;
    let mut words = String::new();
    words_of(&line[start..], &mut words);
    let any = |of: &[&str]| words.split(' ').any(|word| of.contains(&word));
    let named = any(NAMES) && !any(DENIALS) && words.split(' ').count() <= MOST + 1;
    named.then(|| Name { words, span: Some(Span::new(end + start, end + line.len())) })
}

/// Returns where the pair of a value ends: at a closing bracket or tag, a blank line, the next item of a list.
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

/// Returns the heading of the value's column in comma- or tab-separated files.
pub(super) fn column_heading(bytes: &[u8], at: usize, path: &BlobPath) -> Option<Name> {
    let name = path.file_name();
    let separator = match name.rsplit(|b| *b == b'.').next() {
        Some(b"csv") => b',',
        Some(b"tsv" | b"tab") => b'\t',
        _ => return None,
    };
    let floor = at.saturating_sub(ENCLOSING);
    let start = lines::start(bytes, floor, at);
    let column = bytes[start..at].iter().filter(|b| **b == separator).count();
    let header = lines::first(bytes);
    let field = header.split(|b| *b == separator).nth(column)?;
    let mut words = String::new();
    split(field, &mut words);
    Some(Name { words, span: None })
}

/// Collects the words of the value's own line and of the lines that enclose it: less indented lines above, the section
/// header, and if asked for `comments` directly above.
pub(super) fn enclosing(bytes: &[u8], at: usize, comments: bool, out: &mut String) {
    let mut end = at;
    // A line may be as long as the file.
    let floor = at.saturating_sub(ENCLOSING);
    let line_start = |end: usize| lines::start(bytes, floor.min(end), end);
    let mut start = line_start(end);
    let mut indent = indentation(&bytes[start..end.max(start)]);
    // Comments count only directly above the value.
    let mut comments_open = comments;
    let mut section = false;
    let is_item = |line: &[u8]| line.trim_ascii_start().starts_with(b"- ");
    let mut item = is_item(&bytes[start..end]);
    add_words(&without_siblings(&bytes[start.max(end.saturating_sub(HEADING))..end]), out);
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
            // The heading of a section: what stands above it is about something else.
            comments_open = !is_heading(trimmed);
            continue;
        }
        comments_open = false;
        let header = trimmed[0] == b'[' && trimmed.contains(&b']');
        // `key:` above a list whose dashes are not indented encloses the list.
        let list = item && depth == indent && trimmed.last() == Some(&b':');
        if (depth < indent || list) && !comment {
            add_words(&without_siblings(&trimmed[..trimmed.len().min(HEADING)]), out);
            indent = depth;
            item = is_item(line);
        } else if header && !section {
            add_words(&trimmed[..trimmed.len().min(HEADING)], out);
            section = true;
        }
        if indent == 0 && section {
            return;
        }
    }
}

fn is_comment(trimmed: &[u8]) -> bool {
    // `--option` is none.
    let option = trimmed.starts_with(b"--") && trimmed.get(2).is_some_and(u8::is_ascii_alphanumeric);
    !option
        && [&b"#"[..], b"//", b"--", b";", b"/*", b"* ", b"<!--", b"REM ", b"rem ", b"%"]
            .iter()
            .any(|mark| trimmed.starts_with(mark))
}

/// Whether a comment is set off as a heading: `# ---- Sonarr ----`, `### Sonarr ###`.
fn is_heading(comment: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[b"---", b"===", b"###", b"***", b"~~~"];
    MARKS.iter().any(|mark| memmem::find(comment, mark).is_some())
        && comment.iter().any(u8::is_ascii_alphanumeric)
}

/// Adds the words of a line, except for those of complete objects: `"one": {…}, "two": {` adds only `two`.
fn add_words(line: &[u8], out: &mut String) {
    let mut open: Vec<usize> = Vec::new();
    let mut rest: Vec<u8> = Vec::with_capacity(line.len());
    // Where the current entry starts in `rest`.
    let mut entry = 0;
    for (at, byte) in line.iter().enumerate() {
        rest.push(*byte);
        match byte {
            b'{' => {
                open.push(entry);
                entry = rest.len();
            }
            b'}' => {
                entry = open.pop().unwrap_or(0);
                if line[at + 1..].trim_ascii_start().first() == Some(&b',') {
                    rest.truncate(entry);
                }
            }
            b',' => entry = rest.len(),
            _ => {}
        }
    }
    words_of(&rest, out);
}

/// Adds the words of all identifiers of a line.
fn words_of(line: &[u8], out: &mut String) {
    for word in line.split(|b| !is_identifier_byte(*b)) {
        if !word.is_empty() && !looks_like_value(word) {
            split(word, out);
        }
    }
}
