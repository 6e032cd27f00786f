//! Which settings belong together, judged by brackets, indentation and sections, and what their group says it is about.

use super::REACH;
use crate::fact::lines::{self, indentation};
use crate::fact::{brackets, fixed};
use crate::span::Span;

/// Whether two places are in the same group: nothing between them closes a bracket, a block, a list item or a section
/// that contains only the first.
pub fn same_group(bytes: &[u8], one: Span, other: Span) -> bool {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    let between = &bytes[first.start..second.start];
    if brackets::end(between).is_some() {
        return false;
    }
    let indent = indent_at(bytes, first.start).min(indent_at(bytes, second.start));
    let pieces: Vec<&[u8]> = between.split(|b| *b == b'\n').collect();
    // The first and last pieces are parts of lines.
    let whole = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    whole.iter().all(|line| {
        let text = line.trim_ascii();
        text.is_empty() || (indentation(line) >= indent && !is_section(text))
    })
}

/// Whether a line begins a section: `[name]`, or `config type 'name'` of UCI.
fn is_section(line: &[u8]) -> bool {
    fixed! {
        static UCI = r#"^config[ \t]+[\w-]+(?:[ \t]+(?:'[^']*'|"[^"]*"))?$"#;
    }
    line.starts_with(b"[") && line.ends_with(b"]") || line.starts_with(b"config") && UCI.is_match(line)
}

/// Whether what is set at one place is valid at the other: the mapping, list, block or file that holds the first also
/// holds the second. The variables of an environment are valid in all that it belongs to: `env:` of a job in its steps.
pub fn same_scope(bytes: &[u8], one: Span, other: Span) -> bool {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    let start = |at: usize| lines::start(bytes, at.saturating_sub(REACH), at);
    let own = start(first.start);
    let (from, depth) = environment(bytes, own).unwrap_or_else(|| {
        // What the line of the first closes, it has opened: `env["NAME"]`.
        let next = first.start + lines::first(&bytes[first.start..]).len();
        (next, indentation(&bytes[own..]))
    });
    let between = &bytes[from.min(second.start)..second.start];
    // The first and last pieces are parts of lines.
    let end = between.iter().rposition(|b| *b == b'\n').unwrap_or(0);
    let mut lines = between[..end].split(|b| *b == b'\n').skip(1);
    brackets::end(between).is_none()
        && indentation(&bytes[start(second.start)..]) >= depth
        && lines.all(|line| {
            let text = line.trim_ascii();
            let says_nothing = text.is_empty() || text.starts_with(b"#") || text.starts_with(b"//");
            says_nothing || indentation(line) >= depth && !is_section(text) && text != b"---"
        })
}

/// Returns the heading of the environment that a line is in, `env:` or `environment {`, and how deep it stands.
fn environment(bytes: &[u8], line: usize) -> Option<(usize, usize)> {
    const HEADS: &[&[u8]] = &[b"env", b"environment", b"variables"];
    let own = &bytes[line..];
    let depth = indentation(own);
    let is_item = |line: &[u8]| line.trim_ascii_start().starts_with(b"-");
    let floor = line.saturating_sub(REACH);
    let mut end = line;
    while end > floor {
        let start = lines::start(bytes, floor, end - 1);
        let above = &bytes[start..end - 1];
        end = start;
        // A list may be as deep as its heading.
        let is_inside =
            indentation(above) > depth || indentation(above) == depth && (!is_item(own) || is_item(above));
        if above.trim_ascii().is_empty() || is_inside {
            continue;
        }
        let head = above.trim_ascii_start();
        let head = head.strip_prefix(b"- ").unwrap_or(head);
        let name = head.trim_ascii_end();
        let name = name.strip_suffix(b":").or_else(|| name.strip_suffix(b"{"))?.trim_ascii_end();
        return HEADS.contains(&name).then_some((start, above.len() - head.len()));
    }
    None
}

/// Whether a word at `at` applies to the setting: nothing in between ends the block that the word heads or is in.
pub fn concerns(bytes: &[u8], at: usize, key: Span) -> bool {
    let together = same_group(bytes, Span::new(at, at + 1), key);
    if at > key.start || !together {
        return together;
    }
    let between = &bytes[at..key.start];
    // Brackets: if one closes on the line, no other may open after it.
    let (mut depth, mut closed) = (0_i32, false);
    for byte in between {
        match byte {
            b'(' | b'[' | b'{' => {
                if depth == 0 && closed {
                    return false;
                }
                depth += 1;
            }
            b')' | b']' | b'}' => {
                depth -= 1;
                closed = closed || depth == 0;
            }
            // A new line starts over.
            b'\n' if depth == 0 => closed = false,
            _ => {}
        }
    }
    // Indentation: no line in between may begin a block next to the one of the word.
    let (outer, own) = (indent_at(bytes, at), indent_at(bytes, key.start));
    let mut lines = between.split(|b| *b == b'\n');
    // A word that is not in a heading applies to the block that it is in: `image: …/cloudflare-ddns`.
    let heads =
        lines.next().and_then(|line| line.trim_ascii_end().last()).is_some_and(|b| b":{[(".contains(b));
    own <= outer
        || lines.all(|line| {
            let text = line.trim_ascii();
            text.is_empty()
                || indentation(line) > outer
                || !heads && indentation(line) == outer
                || text.iter().all(|b| matches!(b, b'{' | b'(' | b'['))
        })
}

/// Returns the indentation of the line of a place.
fn indent_at(bytes: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(REACH);
    let start = lines::start(bytes, floor, at);
    let before = &bytes[start..at];
    let dashes = before.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'-')).count();
    // The content of a list item follows its dash.
    if dashes == before.len() { dashes } else { indentation(before) }
}

fixed! {
    /// A setting that says what its group is about: `provider: cloudflare`, `protocol=cloudflare`,
    /// `class: octodns_cloudflare.X`.
    static ABOUT = r#"(?i)(?:^|[^\w])(?P<kind>protocol|provider(?:_?name)?|service(?:_?name)?|class|type|dns_?type|image|uses|plugin|dns_?provider|vendor)["'`]?(?:\s*(?:=>|[=:>])\s*|(?P<space>[ \t]+))["'`]?(?:new[ \t]+)?(?P<value>[\w./@:-]{2,80})"#;
}

/// Whether a type is that of a DNS record or of a value, which names no vendor.
fn is_record(value: &[u8]) -> bool {
    const RECORDS: &[&[u8]] = &[
        b"aaaa", b"cname", b"txt", b"mx", b"ns", b"srv", b"caa", b"ptr", b"https", b"svcb", b"tlsa",
        b"naptr", b"string", b"text",
    ];
    RECORDS.iter().any(|record| record.eq_ignore_ascii_case(value))
}

/// Returns what the group of a place says it is about: the nearest such value before it, else the first after it.
pub fn about(bytes: &[u8], place: Span) -> Option<Span> {
    const REACH: usize = 500;
    let start = place.start.saturating_sub(REACH);
    let end = bytes.len().min(place.end + REACH);
    let near = &bytes[start..end];
    let found = ABOUT.captures_iter(near).filter_map(|groups| {
        let value = groups.name("value")?;
        // With only a space as separator, it may be a sentence or an import.
        let next = near[value.end()..].iter().find(|b| !matches!(b, b' ' | b'\t'));
        let option = groups.get_match().as_bytes().starts_with(b"-");
        let declared = groups.name("kind").is_some_and(|kind| matches!(kind.as_bytes(), b"class" | b"type"));
        let goes_on = (next.is_some_and(u8::is_ascii_alphanumeric) || declared) && !option;
        let says = !is_record(value.as_bytes());
        (says && (groups.name("space").is_none() || !goes_on)).then_some(value)
    });
    let spans: Vec<Span> = found
        .map(|m| Span::from(m).shift(start))
        .filter(|span| !span.overlaps(place) && concerns(bytes, span.start, place))
        .collect();
    let before = spans.iter().rev().find(|span| span.end <= place.start);
    before.or(spans.first()).copied()
}
