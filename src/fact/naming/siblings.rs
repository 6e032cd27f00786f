//! Settings beside one another, of which none says whose another is: `A=x B=y`, `{"a": "x", "b": "y"}`, the options of a
//! command.

use memchr::memrchr;

use super::is_identifier_byte;
use crate::fact::{brackets, lines};

/// Returns where to read on after the pair that ends at a place has been read to its name: at the bracket that it is
/// in, or behind the first line of the command that it is continued from. Its siblings, the other settings and options
/// there, say nothing about it.
pub(super) fn head_of_siblings(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    let before = bytes[..at].trim_ascii_end();
    match (bytes[at], before.last()) {
        (b',', _) | (_, Some(b',')) => brackets::around(bytes, floor, at).next(),
        (_, Some(b'(' | b'[' | b'{' | b'|' | b'>' | b'+' | b'.')) => Some(before.len()),
        (_, Some(b'\\' | b'`' | b'^')) => {
            let mut end = before.len();
            loop {
                let start = lines::start(bytes, floor.min(end), end);
                let above = bytes[floor.min(start)..start].trim_ascii_end();
                if !matches!(above.last(), Some(b'\\' | b'`' | b'^')) {
                    return Some(end);
                }
                end = floor.min(start) + above.len();
            }
        }
        _ => None,
    }
}

/// Returns where the pair starts that ends before the blanks at a place: `A="x y"` of `A="x y" B=z`, `--a=x`. The
/// attributes of a tag are no siblings: they describe one thing.
pub(super) fn pair_before(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    let start = lines::start(bytes, floor, at);
    let line = bytes[start..at].trim_ascii_end();
    if memrchr(b'<', line).is_some() {
        return None;
    }
    // Its value may hold blanks in quotes.
    let (quote, rest) = line
        .split_last()
        .filter(|(last, _)| matches!(last, b'"' | b'\''))
        .map_or((None, line), |(quote, rest)| (Some(*quote), rest));
    let end = quote.and_then(|quote| memrchr(quote, rest)).unwrap_or(rest.len());
    let begins = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'(' | b';' | b'&' | b'|');
    let own = rest[..end].iter().rposition(begins).map_or(0, |at| at + 1);
    is_pair(&line[own..]).then_some(start + own)
}

/// Whether an item of a command is a name and what is assigned to it: `NAME=x`, `--name=x`, `"NAME=x"`.
fn is_pair(item: &[u8]) -> bool {
    let item = &item[item.iter().take_while(|b| matches!(b, b'-' | b'"' | b'\'')).count()..];
    let name = item.iter().take_while(|b| is_identifier_byte(**b) || matches!(b, b'-' | b'.')).count();
    name > 0 && item.get(name) == Some(&b'=')
}

/// Returns a line up to a value without the complete pairs before its own: `{"a": "x", "b": ` is `{"b": `, and
/// `run A=x B=` is `run B=`.
pub(super) fn without_siblings(line: &[u8]) -> Vec<u8> {
    let mut rest: Vec<u8> = Vec::with_capacity(line.len());
    let mut open: Vec<usize> = Vec::new();
    let mut entry = 0;
    for byte in line {
        rest.push(*byte);
        match byte {
            b'{' | b'(' | b'[' => {
                open.push(entry);
                entry = rest.len();
            }
            b'}' | b')' | b']' => entry = open.pop().unwrap_or(0),
            b',' | b';' => {
                if !open.is_empty() && rest[entry..].iter().any(|b| matches!(b, b':' | b'=')) {
                    rest.truncate(entry);
                }
                entry = rest.len();
            }
            _ => {}
        }
    }
    without_items(&mut rest);
    rest
}

/// Removes the complete pairs between blanks before the last item, if that begins a pair itself or continues the line.
fn without_items(line: &mut Vec<u8>) {
    let own = line.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    let last = line.iter().rev().find(|b| !matches!(b, b'"' | b'\''));
    let begins = is_pair(&line[own..]) && last == Some(&b'=');
    if !begins && !matches!(&line[own..], b"\\" | b"`" | b"^") {
        return;
    }
    let mut at = own;
    while at > 0 {
        let blanks = line[..at].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        let end = at - blanks;
        match pair_before(line, 0, at) {
            Some(start) if blanks > 0 => {
                line.drain(start..end);
                at = start;
            }
            _ => at = line[..end].iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1),
        }
    }
}
