//! Command lines: where a command ends in a script, a workflow, a Dockerfile or a document, and which variables a shell
//! would expand in it. Knows shell quoting, nothing about Cloudflare.

use memchr::memchr_iter;

use super::fixed;
use super::statement::folded;
use crate::blob::BlobPath;
use crate::span::Span;
use crate::text::Text;

/// How long a command may be, in bytes.
const LONGEST: usize = 4000;

/// What reads the output of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// No other command.
    Nothing,
    /// The command that starts here.
    Pipe(usize),
}

/// Returns the end of the command that starts at `start`, respecting quotes and continuation lines, and what reads its
/// output.
pub fn command_end(bytes: &[u8], start: usize) -> (usize, Next) {
    let limit = bytes.len().min(start + LONGEST);
    let (mut at, mut quote, mut depth) = (start, 0_u8, 0_usize);
    // The command may be a text in another language: `- 'echo "$NAME"'`.
    let mut around = start.checked_sub(1).map(|at| bytes[at]).filter(|b| matches!(b, b'"' | b'\''));
    while at < limit {
        let byte = bytes[at];
        match byte {
            _ if Some(byte) == around && quote == 0 && depth == 0 => {
                // A single word is the first item of a list: `["curl", "-k"]`.
                if bytes[start..at].contains(&b' ') {
                    return (at, Next::Nothing);
                }
                (around, quote) = (None, byte);
            }
            b'\\' | b'`' | b'^' if bytes.get(at + 1).is_some_and(|b| matches!(b, b'\n' | b'\r')) => {
                at += if bytes.get(at + 1) == Some(&b'\r') { 2 } else { 1 };
            }
            // A line continuation inside of a string in a program: the backslash is escaped.
            b'\\' if bytes[at..].starts_with(b"\\\\\n") => at += 2,
            b'\\' if quote != b'\'' => at += 1,
            b'"' | b'\'' if quote == 0 => quote = byte,
            _ if byte == quote => quote = 0,
            _ if quote == b'\'' => {}
            b'$' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                depth += 1;
                at += 1;
            }
            b')' | b'}' if depth > 0 => depth -= 1,
            // Ends the command even inside of quotes: an apostrophe in prose is no quote.
            b'\n' if depth == 0 => return (at, Next::Nothing),
            _ if quote != 0 || depth > 0 => {}
            b';' | b')' => return (at, Next::Nothing),
            b'&' if bytes.get(at + 1) == Some(&b'&') => return (at, Next::Nothing),
            b'|' if bytes.get(at + 1) == Some(&b'|') => return (at, Next::Nothing),
            b'|' => return (at, Next::Pipe(at + 1)),
            _ => {}
        }
        at += 1;
    }
    (limit, Next::Nothing)
}

/// Whether a text may have an option of one letter, alone or among others: `-k`, `-sSk`. A quick look that takes some
/// long options for one.
pub fn may_have_option(bytes: &[u8], letter: u8) -> bool {
    memchr_iter(b'-', bytes).any(|at| {
        let starts = !at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric());
        let letters = bytes[at + 1..].iter().take_while(|b| b.is_ascii_alphabetic());
        starts && letters.into_iter().any(|b| *b == letter)
    })
}

/// The end of the command that starts at `start` in a file, and what follows it; YAML may fold the lines of a block into one.
pub fn command_end_in(text: &Text<'_>, start: usize, path: &BlobPath) -> (usize, Next) {
    let bytes = text.bytes();
    let (mut end, mut next) = command_end(bytes, start);
    if bytes.get(end) == Some(&b'\n')
        && let Some(block) = folded(text, Span::new(start, start), path)
    {
        while end < block.end && bytes.get(end) == Some(&b'\n') {
            (end, next) = command_end(bytes, end + 1);
        }
    }
    (end, next)
}

fixed! {
    static EXPANSION = r"(?x)
        \$\{\{\s*(?<github>[A-Za-z_][\w.]*(?:\['[\w-]+'\])?)\s*(?:\|\|[^}]*)?\}\}
        | \$\{(?:env|params|var|local)\.(?<groovy>[A-Za-z_]\w*)\}
        | \$\{(?<brace>[A-Za-z_]\w*)(?<op>[^}]*)\}
        | \$\((?<make>[A-Za-z_]\w*)\)
        | \$env:(?<pwsh>[A-Za-z_]\w*)
        | \$\{env:(?<pwshbrace>[A-Za-z_]\w*)\}
        | \$(?<plain>[A-Za-z_]\w*)
        | \{\{\s*(?<template>[A-Za-z_.$][\w.$]*)\s*(?<filter>\|[^}]*)?\}\}
        | %(?<batch>[A-Za-z_]\w*)%
        ";

    /// Template filters whose result does not reveal the value.
    static FILTERS = r"\|\s*(?:length|count|hash|sha\w*|md5\w*|checksum|bool|type_debug|truncate|regex_replace|mask\w*)\b";
}

/// A variable that the shell, or a template, replaces by its value.
pub struct Expansion<'a> {
    /// All of `${CF_API_TOKEN}`.
    pub span: Span,
    /// The name of the variable.
    pub name: &'a [u8],
}

/// Returns the variables in `zone` that are replaced by their whole value. Lengths, parts and tests of emptiness are
/// left out.
pub fn expansions(bytes: &[u8], zone: Span) -> Vec<Expansion<'_>> {
    let text = &bytes[zone.start..zone.end];
    let single = single_quoted(text);
    EXPANSION
        .captures_iter(text)
        .filter_map(|groups| {
            let whole = groups.get_match();
            let early = groups.name("github").or_else(|| groups.name("template"));
            let name = early
                .or_else(|| groups.name("brace"))
                .or_else(|| groups.name("groovy"))
                .or_else(|| groups.name("make"))
                .or_else(|| groups.name("pwsh"))
                .or_else(|| groups.name("pwshbrace"))
                .or_else(|| groups.name("plain"))
                .or_else(|| groups.name("batch"))?;
            let before = whole.start().checked_sub(1).map(|at| text[at]);
            let escaped = before == Some(b'\\') || before == Some(b'`') && groups.name("pwsh").is_some();
            let quoted = single.iter().any(|s| s.start <= whole.start() && whole.start() < s.end);
            if early.is_none() && (escaped || quoted) {
                return None;
            }
            if groups.name("op").is_some_and(|op| is_partial(op.as_bytes())) {
                return None;
            }
            if groups.name("filter").is_some_and(|filter| FILTERS.is_match(filter.as_bytes())) {
                return None;
            }
            Some(Expansion { span: Span::from(whole).shift(zone.start), name: name.as_bytes() })
        })
        .collect()
}

/// Whether the operator in `${X…}` yields less than the value: `${X:+set}`, `${X:0:4}`, `${X: -4}`, `${X//?/*}`,
/// `${X%%…}`.
fn is_partial(op: &[u8]) -> bool {
    let whole = matches!(op, [] | [b':', b'-' | b'=' | b'?', ..] | [b'-' | b'?' | b'=', ..] | [b'@', ..]);
    !whole
}

/// Returns the spans of single-quoted strings, in which the shell expands nothing.
fn single_quoted(text: &[u8]) -> Vec<Span> {
    let mut out = Vec::new();
    let (mut at, mut double) = (0, false);
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'"' => double = !double,
            b'\'' if !double => {
                let Some(length) = text[at + 1..].iter().position(|b| *b == b'\'') else { break };
                out.push(Span::new(at, at + length + 2));
                at += length + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Next, command_end, expansions, may_have_option};
    use crate::span::Span;

    #[test]
    fn an_option_is_a_letter_after_a_dash() {
        for text in ["-k", "curl -sSk a", "curl a -k", "\"-k\"", "--key a"] {
            assert!(may_have_option(text.as_bytes(), b'k'), "{text}");
        }
        for text in ["", "-", "k", "curl -sS a", "api-key", "-s k", "-1k"] {
            assert!(!may_have_option(text.as_bytes(), b'k'), "{text}");
        }
    }

    #[test]
    fn commands_end_where_the_shell_ends_them() {
        let text = b"echo \"a; b\" | cat";
        assert_eq!(command_end(text, 0), (12, Next::Pipe(13)));
        assert_eq!(command_end(b"echo a \\\n b\nc", 0).0, 11);
        assert_eq!(command_end(b"x && y", 0).0, 2);
        assert_eq!(command_end(b"- 'echo \"a\"'\n- 'b'", 3).0, 11);
        assert_eq!(command_end(b"[\"curl\", \"-k\"]\n", 2).0, 14);
        assert_eq!(command_end(b"bash -c \"echo 'a'; b\" c", 9).0, 17);
    }

    #[test]
    fn only_whole_values_are_expansions() {
        let text = b"$A ${B} '$C' ${#D} ${E:0:4} ${F:+x} ${G:-} \\$H ${{ secrets.I }} '${{ secrets.J }}' \"it's $K\"";
        let names: Vec<&[u8]> =
            expansions(text, Span::new(0, text.len())).into_iter().map(|e| e.name).collect();
        assert_eq!(names, [&b"A"[..], b"B", b"G", b"secrets.I", b"secrets.J", b"K"]);
    }
}
