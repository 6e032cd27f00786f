//! Parameters of an address that a format fills in: `sprintf("…?token=%s", $token)`, `"…?token={}".format(token)`,
//! `format!("…?token={}", token)`. The place-holder belongs to the argument of the same number.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::parameters::holds_credential;
use super::{LONGEST, is_public};
use crate::check::fixed;
use crate::fact::{brackets, lines};
use crate::span::Span;

fixed! {
    /// A parameter and its place-holder, from the mark before it.
    static PARAMETER = r"^[?&](?P<name>[\w.-]+)=(?P<holder>%(?:(?P<position>\d)\$)?[svq]|\{(?P<number>\d?)(?::[^{}\n]*)?\})";
    /// Any place-holder.
    static HOLDER = r"%%|\{\{|%(?:\d\$)?[-+#0 ]*\d*(?:\.\d+)?[a-zA-Z]|\{\d?(?::[^{}\n]*)?\}";
    /// What hands arguments to the text before it.
    static FILLS = r"^\s*(?:%\s*(?P<group>[(\[])?|\.(?:format|formatted)\((?P<call>)|\.?\s*,(?P<list>))";
}

/// How long the arguments may be, in bytes.
const ARGUMENTS: usize = 600;

/// Returns the parameters at the marks (`?`, `&`) that a credential is put into: from the name to the place-holder.
pub(super) fn formats<F: FnOnce() -> HashSet<Vec<u8>>>(
    bytes: &[u8],
    marks: impl Iterator<Item = usize>,
    known: &LazyCell<HashSet<Vec<u8>>, F>,
) -> Vec<Span> {
    marks.filter_map(|at| format(bytes, at, known)).collect()
}

fn format<F: FnOnce() -> HashSet<Vec<u8>>>(
    bytes: &[u8],
    at: usize,
    known: &LazyCell<HashSet<Vec<u8>>, F>,
) -> Option<Span> {
    let rest = &bytes[at..bytes.len().min(at + LONGEST)];
    let value = rest.iter().position(|b| *b == b'=').map_or(&b""[..], |at| &rest[at + 1..]);
    if !matches!(value.first(), Some(b'%' | b'{')) {
        return None;
    }
    let groups = PARAMETER.captures(rest)?;
    let (name, holder) = (groups.name("name")?, groups.name("holder")?);
    let before = lines::before(bytes, at, LONGEST);
    let quote = before.iter().rposition(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let text = &before[quote + 1..];
    let end =
        rest.iter().position(|b| *b == before[quote] || *b == b'\n').filter(|end| rest[*end] != b'\n')?;
    let written = |group: &str| {
        groups
            .name(group)
            .and_then(|number| std::str::from_utf8(number.as_bytes()).ok()?.parse::<usize>().ok())
    };
    let is_holder = |found: &regex::bytes::Match<'_>| !matches!(found.as_bytes(), b"%%" | b"{{");
    let counted = || HOLDER.find_iter(text).filter(is_holder).count();
    let number = written("position").map(|one| one.saturating_sub(1)).or_else(|| written("number"));
    let number = number.unwrap_or_else(counted);
    let after = &bytes[at + end + 1..bytes.len().min(at + end + 1 + ARGUMENTS)];
    let fills = FILLS.captures(after)?;
    let given = &after[fills.get_match().end()..];
    // Without brackets there is one argument, up to the end of the line.
    let single = fills.name("call").or(fills.name("list")).or(fills.name("group")).is_none();
    let length = if single { lines::first(given).len() } else { brackets::end_in_code(given, b"")? };
    let given = &given[..length];
    let arguments = if single { vec![Span::new(0, given.len())] } else { brackets::arguments(given) };
    let own = arguments.get(number)?;
    let value = given[own.start..own.end].trim_ascii();
    (!is_public(name.as_bytes()) && holds_credential(value, known))
        .then(|| Span::new(at + name.start(), at + holder.end()))
}

#[cfg(test)]
mod tests;
