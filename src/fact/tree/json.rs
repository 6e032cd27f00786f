//! JSON with comments and JSON5, parsed by `jsonc-parser`, which limits the depth.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Key, Node, Value};
use crate::span::Span;

pub(super) fn read(text: &str) -> Result<Vec<Node>, usize> {
    let text_start = text.len() - text.trim_start_matches('\u{feff}').len();
    let parsed = parse_to_ast(&text[text_start..], &CollectOptions::default(), &ParseOptions::default())
        .map_err(|e| e.line_display())?;
    Ok(parsed.value.iter().map(|value| node(value, text_start)).collect())
}

fn place(of: &impl Ranged, offset: usize) -> Span {
    Span::new(of.start() + offset, of.end() + offset)
}

fn node(value: &ast::Value<'_>, offset: usize) -> Node {
    let span = place(value, offset);
    let value = match value {
        ast::Value::StringLit(text) => Value::String(text.value.to_string()),
        ast::Value::NumberLit(number) => Value::Number(number.value.to_string()),
        ast::Value::BooleanLit(b) => Value::Bool(b.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => Value::Sequence(array.elements.iter().map(|e| node(e, offset)).collect()),
        ast::Value::Object(object) => Value::Mapping(
            object
                .properties
                .iter()
                .map(|property| {
                    let name = match &property.name {
                        ast::ObjectPropName::String(text) => text.value.to_string(),
                        ast::ObjectPropName::Word(word) => word.value.to_string(),
                    };
                    (Key { name, span: place(&property.name, offset) }, node(&property.value, offset))
                })
                .collect(),
        ),
    };
    let value = match value {
        // Terraform and pipelines fill in strings later.
        Value::String(text) if text.contains("${") || text.contains("{{") => Value::Expression(text),
        other => other,
    };
    Node { value, span }
}
