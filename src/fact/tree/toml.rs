//! TOML, parsed by the `toml` crate, which limits the depth.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Key, Node, Value, line_of};
use crate::span::Span;

pub(super) fn read(text: &str) -> Result<Vec<Node>, usize> {
    let table = DeTable::parse(text).map_err(|e| line_of(text, e.span().map_or(0, |span| span.start)))?;
    let whole = Span::new(0, text.len());
    Ok(vec![Node { value: mapping(table.get_ref()), span: whole }])
}

fn place<T>(spanned: &Spanned<T>) -> Span {
    Span::new(spanned.span().start, spanned.span().end)
}

fn mapping(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<(Key, Node)> = table
        .iter()
        .map(|(key, value)| (Key { name: key.get_ref().to_string(), span: place(key) }, node(value)))
        .collect();
    entries.sort_by_key(|(key, _)| key.span);
    Value::Mapping(entries)
}

fn node(spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(b) => Value::Bool(*b),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => Value::Sequence(items.iter().map(node).collect()),
        DeValue::Table(table) => mapping(table),
    };
    Node { value, span: place(spanned) }
}
