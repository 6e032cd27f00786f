//! HCL, parsed by `hcl-edit`, which limits the depth.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body, Structure};

use super::{Key, Node, Value};
use crate::span::Span;

pub(super) fn read(text: &str) -> Result<Vec<Node>, usize> {
    let body = hcl_edit::parser::parse_body(text).map_err(|e| e.location().line())?;
    Ok(vec![Reader { text }.body(&body, Span::new(0, text.len()))])
}

struct Reader<'a> {
    text: &'a str,
}

fn span(range: Option<Range<usize>>, within: Span) -> Span {
    range.map_or(within, |r| Span::new(r.start, r.end))
}

impl Reader<'_> {
    fn body(&self, body: &Body, within: Span) -> Node {
        let mut entries = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let key = span(attribute.key.span(), within);
                    let value = self.value(&attribute.value, within);
                    entries.push((Key { name: attribute.key.as_str().to_owned(), span: key }, value));
                }
                Structure::Block(block) => {
                    let place = span(block.span(), within);
                    let ident = span(block.ident.span(), place);
                    let last = block
                        .labels
                        .last()
                        .and_then(|label| label.span())
                        .map_or(ident, |r| Span::new(r.start, r.end));
                    let header = ident.cover(last);
                    let mut node = self.body(&block.body, place);
                    for label in block.labels.iter().rev() {
                        let key = Key { name: label.as_str().to_owned(), span: header };
                        node = Node { value: Value::Mapping(vec![(key, node)]), span: place };
                    }
                    entries.push((Key { name: block.ident.as_str().to_owned(), span: header }, node));
                }
            }
        }
        Node { value: Value::Mapping(entries), span: within }
    }

    fn value(&self, expression: &Expression, within: Span) -> Node {
        let place = span(expression.span(), within);
        let value = match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(b) => Value::Bool(*b.value()),
            Expression::Number(n) => Value::Number(n.value().to_string()),
            Expression::String(s) => Value::String(s.value().to_string()),
            Expression::Array(array) => {
                Value::Sequence(array.iter().map(|item| self.value(item, place)).collect())
            }
            Expression::Object(object) => Value::Mapping(
                object
                    .iter()
                    .map(|(key, value)| (self.key(key, place), self.value(value.expr(), place)))
                    .collect(),
            ),
            Expression::Parenthesis(inner) => return self.value(inner.inner(), place),
            Expression::FuncCall(call)
                if matches!(
                    call.name.name.as_str(),
                    "jsonencode" | "toset" | "tolist" | "tomap" | "concat" | "sensitive"
                ) && call.args.iter().count() == 1 =>
            {
                return self.value(call.args.iter().next().expect("counted"), place);
            }
            _ => Value::Expression(self.text[place.start..place.end].to_owned()),
        };
        Node { value, span: place }
    }

    fn key(&self, key: &ObjectKey, within: Span) -> Key {
        let place = span(key.span(), within);
        let name = match key {
            ObjectKey::Ident(ident) => ident.as_str().to_owned(),
            ObjectKey::Expression(Expression::String(text)) => text.value().to_string(),
            ObjectKey::Expression(_) => {
                self.text[place.start..place.end].trim_matches(['"', '(', ')']).to_owned()
            }
        };
        Key { name, span: place }
    }
}
