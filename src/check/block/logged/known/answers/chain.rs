//! What of an answer is left after something was read from it: by members and items in a program, by a filter in a
//! pipeline.

use super::super::occurrences;
use super::{Held, Kind, Part};
use crate::check::fixed;
use crate::fact::brackets;
use crate::fact::words::is_word;

/// Members that give back the answer, or all of its result.
const WHOLE: &[&[u8]] = &[
    b"json",
    b"text",
    b"content",
    b"data",
    b"body",
    b"result",
    b"read",
    b"strip",
    b"trim",
    b"decode",
    b"toString",
    b"dict",
    b"to_dict",
    b"model_dump",
];
/// Those among them that read the answer from a response.
const READS: &[&[u8]] = &[b"json", b"text", b"content", b"data", b"body", b"read"];

/// Returns what members and items that follow a place read from what is held there, and where they end; nothing if that
/// is no credential.
pub(super) fn chain(held: &Held<'_>, bytes: &[u8], from: usize) -> Option<(Part, usize)> {
    /// How many are followed, and how long the arguments of one may be, in bytes.
    const LINKS: usize = 8;
    const ARGUMENTS: usize = 200;
    let (mut part, mut at) = (held.part, from);
    let mut result = false;
    // `(await fetch(…)).json()`, `json.loads(answer)["result"]`, `json_decode($answer, true)['result']`
    fixed! {
        static CLOSES = r"^(?:\s*,\s*(?:true|TRUE))?\)+\s*(?:\.|\[|\?\.|->)";
    }
    for _ in 0..LINKS {
        if let Some(closes) = CLOSES.find(&bytes[at..bytes.len().min(at + 40)]) {
            let inner = closes.as_bytes();
            let marks = inner.iter().rev().take_while(|b| **b != b')' && !b.is_ascii_whitespace()).count();
            at += inner.len() - marks;
        }
        let Some((name, end)) = link(bytes, at, ARGUMENTS) else { break };
        if held.kind.fields().contains(&name) {
            part = Part::Secret;
        } else if part == Part::Secret || !WHOLE.contains(&name) {
            // Of a secret, what converts it is left to others.
            if part == Part::Secret {
                break;
            }
            return None;
        } else if READS.contains(&name) {
            part = Part::Answer;
        }
        result |= name == b"result";
        at = end;
    }
    if result && held.kind.fields().is_empty() {
        part = Part::Secret;
    }
    Some((part, at))
}

/// Returns the name of the member or item that follows a place, and where it ends.
fn link(bytes: &[u8], at: usize, arguments: usize) -> Option<(&[u8], usize)> {
    let rest = &bytes[at..];
    let word = |from: usize| rest[from..].iter().take_while(|b| is_word(**b)).count();
    for mark in [&b"["[..], b"?.["] {
        if let Some(inner) = rest.strip_prefix(mark) {
            let quote = *inner.first().filter(|b| matches!(b, b'"' | b'\'' | b':'))?;
            let start = mark.len() + 1;
            let end = start + word(start);
            let closed = if quote == b':' {
                rest[end..].starts_with(b"]")
            } else {
                rest[end..].starts_with(&[quote, b']'])
            };
            let length = if quote == b':' { 1 } else { 2 };
            return closed.then(|| (&rest[start..end], at + end + length));
        }
    }
    let mark = [&b"."[..], b"?.", b"!.", b"->"].into_iter().find(|mark| rest.starts_with(mark))?;
    let start = mark.len();
    let end = start + word(start);
    let mut name = &rest[start..end];
    if name.is_empty() {
        return None;
    }
    if rest.get(end) != Some(&b'(') {
        return Some((name, at + end));
    }
    let close = brackets::close(bytes, at + end, at + end + arguments);
    // `.get("result")`
    if name == b"get" {
        let inner = &rest[end + 1..];
        inner.first().filter(|b| matches!(b, b'"' | b'\''))?;
        name = &inner[1..1 + inner[1..].iter().take_while(|b| is_word(**b)).count()];
    }
    Some((name, (close + 1).min(bytes.len())))
}

/// Returns what of an answer is left at the end of a pipeline, or of a command that reads the answer; nothing if that is no
/// credential, or goes to a file.
pub(super) fn filtered(kind: Kind, command: &[u8]) -> Option<Part> {
    fixed! {
        static TO_FILE = r"\s-[A-Za-z]*o[\s/]|\s--output\b|[^-=2&<>]>\s*[^&\s>(]";
        // A filter of jq that gives back everything.
        static ALL = r#"\bpython3?\s+-m\s+json\.tool\b|\bjq\b(?:\s+-{1,2}[\w-]+)*\s*(?:["']?\.(?:result)?["']?\s*)?(?:<<<.*)?$"#;
        static RESULT = r#"\bjq\b(?:\s+-{1,2}[\w-]+)*\s+["']?\.result(?:\s*//[^|]*)?["']?\s*(?:<<<.*)?$"#;
        static SELECTS = r"^\s*(?:grep|sed|awk|cut|head|tail|python3?|node|perl|ruby|jq|yq|gron|wc|sha\w*)\b";
    }
    let command = command.trim_ascii_end();
    // The filter is behind the last bar outside of texts.
    let (mut quote, mut bar, mut at) = (0_u8, None, 0);
    while at < command.len() {
        match command[at] {
            b'\\' => at += 1,
            b if quote != 0 => quote = if b == quote { 0 } else { quote },
            b @ (b'"' | b'\'') => quote = b,
            b'|' if command.get(at + 1) != Some(&b'|') && bar.is_none() => bar = Some(at),
            _ => {}
        }
        at += 1;
    }
    let (first, filter) = command.split_at(bar.map_or(0, |bar| bar + 1));
    if bar.is_some() && TO_FILE.is_match(first) {
        return None;
    }
    let reads = filter.trim_ascii_start().starts_with(b"jq");
    if bar.is_none() && !reads {
        return (!TO_FILE.is_match(command)).then_some(Part::Answer);
    }
    let marked = |field: &[u8]| {
        occurrences(filter, field).any(|at| {
            matches!(at.checked_sub(1).map(|before| filter[before]), Some(b'.' | b'"' | b'\'' | b'['))
        })
    };
    // What is counted or cut tells less.
    fixed! {
        static REDUCED = r"\blength\b|\|\s*(?:wc|sha\w*|md5\w*|cut\s+-c|head\s+-c)|\[\d*:\d*\]";
    }
    if REDUCED.is_match(filter) {
        return None;
    }
    if kind.fields().iter().any(|field| marked(field)) {
        return Some(Part::Secret);
    }
    if kind.fields().is_empty() && RESULT.is_match(filter) {
        return Some(Part::Secret);
    }
    let is_last = !filter.contains(&b'|');
    (is_last && (ALL.is_match(filter) || !SELECTS.is_match(filter))).then_some(Part::Answer)
}
