//! Characters that a person who reads a configuration does not see, and that a terminal obeys: they have no business in
//! a rule of somebody's own, whose texts end up in every report.

use toml::de::{DeTable, DeValue};

use crate::text::is_deceptive;

/// The part of an example that stands for a scanned file, which may hold anything.
const CONTENT: &str = "text";

/// Where such a character is.
pub(super) struct Hidden {
    /// Where the value that holds it starts, in bytes of the configuration.
    pub(super) at: usize,
    /// The key of the value.
    pub(super) key: String,
    pub(super) character: char,
}

/// Returns the first hidden character of a rule in a configuration, which has been read without a fault.
pub(super) fn hidden(text: &str) -> Option<Hidden> {
    let table = DeTable::parse(text).ok()?.into_inner();
    let (_, rules) = table.iter().find(|(key, _)| key.get_ref() == "custom-rule")?;
    within("custom-rule", rules.span().start, rules.get_ref())
}

fn within(key: &str, at: usize, value: &DeValue<'_>) -> Option<Hidden> {
    match value {
        DeValue::String(text) if key != CONTENT => {
            let character = text.chars().find(|c| is_hidden(*c))?;
            Some(Hidden { at, key: key.to_owned(), character })
        }
        DeValue::Array(values) => {
            values.iter().find_map(|value| within(key, value.span().start, value.get_ref()))
        }
        DeValue::Table(table) => table
            .iter()
            .filter_map(|(key, value)| within(key.get_ref(), value.span().start, value.get_ref()))
            .min_by_key(|hidden| hidden.at),
        _ => None,
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t') || is_deceptive(c)
}
