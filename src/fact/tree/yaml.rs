//! YAML, parsed by `saphyr-parser`. Its positions count characters and are converted to bytes here. Aliases are not
//! resolved, so that a few lines cannot grow into gigabytes.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{Key, Node, Value};
use crate::span::Span;

/// The maximum depth of a document.
const DEEPEST: usize = 100;

/// A list or mapping that is not closed yet.
enum Open {
    Sequence(usize, Vec<Node>),
    Mapping(usize, Vec<(Key, Node)>, Option<Key>),
}

pub(super) fn read(text: &str) -> Result<Vec<Node>, usize> {
    let starts: Option<Vec<usize>> =
        (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).chain([text.len()]).collect());
    let byte = |index: usize| match &starts {
        Some(starts) => starts.get(index).copied().unwrap_or(text.len()),
        None => index.min(text.len()),
    };
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, mark) = event.map_err(|e| e.marker().line())?;
        let start = byte(mark.start.index());
        let span = Span::new(start, byte(mark.end.index()).max(start));
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::Sequence(start, Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(start, Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|closed| match closed {
                Open::Sequence(from, items) => {
                    let end = items.last().map_or(span.end, |last| last.span.end.max(from));
                    Node { value: Value::Sequence(items), span: Span::new(from, end.max(from)) }
                }
                Open::Mapping(from, entries, _) => {
                    let end = entries.last().map_or(span.end, |(_, last)| last.span.end);
                    Node { value: Value::Mapping(entries), span: Span::new(from, end.max(from)) }
                }
            }),
            Event::Scalar(value, style, ..) => Some(Node { value: scalar(&value, style), span }),
            Event::Alias(_) => Some(Node { value: Value::Expression("*".to_owned()), span }),
            _ => None,
        };
        if open.len() > DEEPEST {
            return Err(mark.start.line());
        }
        let Some(node) = done else { continue };
        match open.last_mut() {
            None => documents.push(node),
            Some(Open::Sequence(_, items)) => items.push(node),
            Some(Open::Mapping(_, entries, key)) => match key.take() {
                None => *key = Some(Key { name: name_of(&node, text), span: node.span }),
                Some(key) => entries.push((key, node)),
            },
        }
    }
    Ok(documents)
}

fn name_of(node: &Node, text: &str) -> String {
    match &node.value {
        Value::String(name) | Value::Number(name) | Value::Expression(name) => name.clone(),
        _ => text.get(node.span.start..node.span.end).unwrap_or_default().to_owned(),
    }
}

fn scalar(value: &str, style: ScalarStyle) -> Value {
    if value.contains("${") || value.contains("{{") || value.contains("$(") {
        return Value::Expression(value.to_owned());
    }
    if style != ScalarStyle::Plain {
        return Value::String(value.to_owned());
    }
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "on" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "off" => Value::Bool(false),
        _ if value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))
            && value.parse::<f64>().is_ok() =>
        {
            Value::Number(value.to_owned())
        }
        _ => Value::String(value.to_owned()),
    }
}
