//! Calls that are given a host, and options elsewhere among their arguments.

use memchr::memmem;

use super::super::API;
use crate::check::Input;
use crate::fact::brackets;
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::span::Span;

/// Returns the host of the API in an argument, or in the variable that is one, before the argument that the switch is an
/// option in: `New(Sprintf("%s.r2…", id), &Options{Secure: false})`.
pub(super) fn host_of_call(input: &Input<'_>, switch: Span) -> Option<Span> {
    /// How long the arguments before the switch may be, in bytes.
    const ARGUMENTS: usize = 1000;
    let bytes = input.text.bytes();
    let floor = switch.start.saturating_sub(ARGUMENTS);
    // The options may be in brackets of their own.
    let call = brackets::around(bytes, floor, switch.start).take(2).find(|at| bytes[*at] == b'(')?;
    let given = brackets::arguments(&bytes[call + 1..switch.start]);
    let (_, before) = given.split_last()?;
    before.iter().find_map(|argument| {
        let argument = argument.shift(call + 1);
        let text = input.text.get(argument).trim_ascii();
        // Options of another client.
        if text.starts_with(b"{") || text.starts_with(b"[") {
            return None;
        }
        let own = API.find(input.text.get(argument), 0).map(|found| Span::from(found).shift(argument.start));
        own.or_else(|| host_in_variable(bytes, text, argument.start))
    })
}

/// Returns the host of the API in the last value that the variable was given before the place.
fn host_in_variable(bytes: &[u8], name: &[u8], at: usize) -> Option<Span> {
    /// The maximum number of places with the name.
    const PLACES: usize = 20;
    if name.len() < 2 || !name.iter().all(|b| is_word(*b)) {
        return None;
    }
    let whole = |start: &usize| {
        let before = start.checked_sub(1).map(|before| bytes[before]);
        !before.is_some_and(is_word) && !bytes.get(start + name.len()).copied().is_some_and(is_word)
    };
    let values = memmem::rfind_iter(&bytes[..at], name).filter(whole).take(PLACES).filter_map(|start| {
        let rest = &bytes[start + name.len()..];
        let value = lines::first(&rest[..rest.len().min(300)]);
        let sets = value.trim_ascii_start();
        let sets = sets.strip_prefix(b":").unwrap_or(sets);
        (sets.starts_with(b"=") && !sets.starts_with(b"==")).then_some((start + name.len(), value))
    });
    let (start, value) = values.into_iter().next()?;
    API.find(value, 0).map(|found| Span::from(found).shift(start))
}
