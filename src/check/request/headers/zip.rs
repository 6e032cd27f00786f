//! Headers whose names and values are in two lists, which the program joins: `dict(zip(NAMES, VALUES))`.

use crate::check::{Input, expression, fixed};
use crate::fact::brackets;
use crate::literals::contains;
use crate::span::Span;

/// How far before a name the list that holds it may begin, in bytes.
const LIST: usize = 600;
/// How much before a list says what it is, in bytes.
const HEAD: usize = 120;

/// Returns the names of the header in such lists.
pub(super) fn names(input: &Input<'_>) -> Vec<Span> {
    fixed! {
        static NAME = r#"(?i)["'](?P<span>x-auth-key)["']\s*[,)}\]]"#;
    }
    /// How many places are looked at.
    const MOST: usize = 20;
    let bytes = input.text.bytes();
    if !contains(bytes, b"zip") && !contains(bytes, b"array_combine") {
        return Vec::new();
    }
    let names = NAME.captures_iter(bytes).filter_map(|groups| groups.name("span")).take(MOST);
    names.map(Span::from).filter(|name| is_zipped(bytes, *name)).collect()
}

/// Whether the list with the name is joined to another: it is the first argument or the receiver of the call that does
/// it, or is assigned to a name that is.
fn is_zipped(bytes: &[u8], name: Span) -> bool {
    fixed! {
        static JOINS = r"(?i)(?:zip\w*|array_combine)[ (]*$";
        static JOINED = r"(?i)^[)\]}]\.\w*zip\b";
        static ASSIGNED = r"(?P<list>[A-Za-z_]\w*)(?:[ \t]*:[^=\n]*)?[ \t]*:?=[ \t]*[\w\[\].<>*]*$";
    }
    let Some(open) = brackets::around(bytes, name.start.saturating_sub(LIST), name.start).next() else {
        return false;
    };
    let before = &bytes[open.saturating_sub(HEAD)..open];
    let close = brackets::close(bytes, open, open + LIST);
    let by_name = || {
        let list = ASSIGNED.captures(before).and_then(|groups| groups.name("list"));
        let list = list.map(|list| String::from_utf8_lossy(list.as_bytes()));
        let joins = |list| format!(r"(?i)(?:zip\w*|array_combine)[ (]+[$@]?{list}\b|\b{list}\.\w*zip\b");
        list.and_then(|list| expression(&joins(list)).ok()).is_some_and(|joins| joins.is_match(bytes))
    };
    JOINS.is_match(before) || JOINED.is_match(&bytes[close..bytes.len().min(close + HEAD)]) || by_name()
}
