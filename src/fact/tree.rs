//! Syntax trees with spans of HCL, TOML, YAML, JSON, and object literals in code, in one common form. HCL blocks become
//! nested mappings, as in the JSON form of Terraform. Knows syntax, not meaning.

use crate::span::Span;

mod hcl;
mod json;
mod loose;
mod toml;
mod yaml;

pub use loose::literal;

/// The maximum size of files that are parsed, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// The maximum nesting depth; deeper files are rejected before a parser sees them.
const DEEPEST: usize = 100;

/// A value and its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place, in bytes of the text.
    pub span: Span,
}

/// The value of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null` and its spellings.
    Null,
    /// A Boolean.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A string without placeholders.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in order; keys may repeat.
    Mapping(Vec<(Key, Node)>),
    /// Something that is known only at run time, as written: a variable, a call, a template.
    Expression(String),
}

/// A key and its place; for an HCL block the place is that of its whole header.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The name without quotes.
    pub name: String,
    /// Its place, in bytes of the text.
    pub span: Span,
}

impl Node {
    /// Returns the entries of a mapping; empty for any other value.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the first entry with one of the names, ignoring case, `_`, `-` and `.`.
    pub fn get(&self, names: &[&str]) -> Option<(&Key, &Node)> {
        self.entries()
            .iter()
            .find(|(key, _)| names.iter().any(|n| same_name(&key.name, n)))
            .map(|(k, n)| (k, n))
    }

    /// Returns every entry with one of the names; each item of a list is a separate entry.
    pub fn all(&self, names: &[&str]) -> Vec<(&Key, &Node)> {
        let mut out = Vec::new();
        for (key, node) in self.entries().iter().filter(|(k, _)| names.iter().any(|n| same_name(&k.name, n)))
        {
            match &node.value {
                Value::Sequence(items) => out.extend(items.iter().map(|item| (key, item))),
                _ => out.push((key, node)),
            }
        }
        out
    }

    /// Returns the text of a string; `None` for any other value.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the value is known only at run time.
    pub fn is_unknown(&self) -> bool {
        matches!(self.value, Value::Expression(_))
    }
}

/// Whether two names are the same, ignoring case, `_`, `-` and `.`.
pub fn same_name(a: &str, b: &str) -> bool {
    let plain = |s: &str| {
        s.bytes()
            .filter(|b| !matches!(b, b'_' | b'-' | b'.'))
            .map(|b| b.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    plain(a) == plain(b)
}

/// Why a file could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFault {
    /// The message, in lower case and without a full stop. Unlike messages of parsers it never quotes the file.
    pub message: String,
}

/// A parser; its error is the number of the line.
type Read = fn(&str) -> Result<Vec<Node>, usize>;

/// Returns the format of a file, judging by its name, and the parser.
fn format(path: &[u8]) -> Option<(&'static str, Read)> {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path).to_ascii_lowercase();
    let ends = |of: &[&str]| of.iter().any(|e| name.ends_with(e.as_bytes()));
    const JSON: &[&str] =
        &[".json", ".jsonc", ".json5", ".tfstate", ".tfstate.backup", ".template", ".webmanifest"];
    if ends(JSON) {
        Some(("JSON", json::read))
    } else if ends(&[".tf", ".tofu", ".hcl", ".tfvars"]) {
        Some(("HCL", hcl::read))
    } else if ends(&[".toml"]) {
        Some(("TOML", toml::read))
    } else if ends(&[".yaml", ".yml"]) {
        Some(("YAML", yaml::read))
    } else {
        None
    }
}

/// Returns how much of a file is scanned in one piece, in bytes: all of a structured file, unless it is too large.
pub fn piece(path: &[u8]) -> usize {
    const PLAIN: usize = 1024 * 1024;
    if format(path).is_some() { LARGEST } else { PLAIN }
}

/// Parses the documents of a structured file; `None` if the file is not structured, judging by its name.
pub fn parse(path: &[u8], bytes: &[u8]) -> Option<Result<Vec<Node>, ParseFault>> {
    let (format, read) = format(path)?;
    let fault = |line: usize| ParseFault { message: format!("not valid {format} (line {line})") };
    Some(checked(bytes).and_then(|text| read(text).map_err(fault)))
}

/// Returns the number of the line, from 1, that a byte is on.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

/// Returns the text of a file that is small, shallow and valid enough to be parsed.
fn checked(bytes: &[u8]) -> Result<&str, ParseFault> {
    let fault = |message: &str| ParseFault { message: message.to_owned() };
    if bytes.len() > LARGEST {
        return Err(fault("too large to be parsed"));
    }
    if too_deep(bytes) {
        return Err(fault("nested too deeply to be parsed"));
    }
    std::str::from_utf8(bytes).map_err(|_| fault("not valid UTF-8"))
}

/// Whether a file is nested too deeply. Also counts brackets in strings, which can only make it stricter, and the marks
/// that nest YAML on one line.
fn too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut deepest, mut dashes) = (0_usize, 0, 0);
    for byte in bytes {
        match byte {
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            b'-' | b'?' | b'!' => dashes += 1,
            b'\n' => dashes = 0,
            _ => {}
        }
        deepest = deepest.max(depth);
        if deepest > DEEPEST || dashes > 4000 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Node, Value, parse};

    fn one(path: &str, text: &str) -> Node {
        parse(path.as_bytes(), text.as_bytes()).unwrap().unwrap().remove(0)
    }

    #[test]
    fn the_same_data_reads_the_same_from_every_format() {
        for (path, text) in [
            ("a.tf", "é = 1\na \"b\" {\n  c = [\"x\", true]\n}\n"),
            ("a.toml", "\"é\" = 1\n[a.b]\nc = [\"x\", true]\n"),
            ("a.yaml", "é: 1\na:\n  b:\n    c: [\"x\", true]\n"),
            ("a.json", "{\"é\": 1, // comment\n\"a\": {\"b\": {\"c\": [\"x\", true]}}}"),
        ] {
            let root = one(path, text);
            let list = root.get(&["a"]).unwrap().1.get(&["b"]).unwrap().1.get(&["c"]).unwrap().1;
            let Value::Sequence(items) = &list.value else { panic!("{path}: {list:?}") };
            assert_eq!(items[0].text(), Some("x"), "{path}");
            assert_eq!(items[1].value, Value::Bool(true), "{path}");
            let span = items[0].span;
            assert_eq!(&text[span.start..span.end], "\"x\"", "{path}");
        }
    }

    #[test]
    fn what_is_known_later_is_an_expression() {
        let root = one("a.tf", "a = var.x\nb = \"${var.x}-y\"\nc = jsonencode({ d = 1 })\n");
        assert!(root.get(&["a"]).unwrap().1.is_unknown());
        assert!(root.get(&["b"]).unwrap().1.is_unknown());
        assert!(root.get(&["c"]).unwrap().1.get(&["d"]).is_some());
    }

    #[test]
    fn hostile_input_is_refused_or_a_fault() {
        for path in ["a.tf", "a.toml", "a.yaml", "a.json"] {
            assert!(parse(path.as_bytes(), "[".repeat(100_000).as_bytes()).unwrap().is_err());
            assert!(parse(path.as_bytes(), b"a = {{{ : [").unwrap().is_err());
            assert!(parse(path.as_bytes(), &[0xFF, 0xFE]).unwrap().is_err());
        }
        let bomb = format!("a: &a [x]\n{}", "b: [*a, *a, *a, *a, *a, *a, *a]\n".repeat(10));
        let _ = parse(b"a.yaml", bomb.as_bytes());
        assert!(parse(b"a.rs", b"fn main() {}").is_none());
    }
}
