//! Structured files as one spanned tree, whatever they are written in: HCL, TOML, YAML, JSON, and literal objects in
//! code. Blocks of HCL become nested mappings, as in the JSON form of Terraform. Knows syntax, no meaning.

use crate::span::Span;

mod hcl;
mod json;
mod loose;
mod toml;
mod yaml;

pub use loose::literal;

/// Larger files are not parsed, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// Deeper ones are refused before a parser sees them.
const DEEPEST: usize = 100;

/// A value and its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it says.
    pub value: Value,
    /// Bytes of the text.
    pub span: Span,
}

/// What a node says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null` and its spellings.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A string without anything to be filled in.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Names and values in order; names may repeat.
    Mapping(Vec<(Key, Node)>),
    /// Something only known at run time, as written: a variable, a call, a template.
    Expression(String),
}

/// A name and its place; for a block of HCL the place is that of its whole header.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Without quotes.
    pub name: String,
    /// Bytes of the text.
    pub span: Span,
}

impl Node {
    /// The entries of a mapping; nothing for any other value.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The value under any of the names, compared without case, `_`, `-` and `.`.
    pub fn get(&self, names: &[&str]) -> Option<(&Key, &Node)> {
        self.entries()
            .iter()
            .find(|(key, _)| names.iter().any(|n| same_name(&key.name, n)))
            .map(|(k, n)| (k, n))
    }

    /// Every value under any of the names, lists opened.
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

    /// The string, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is only known at run time.
    pub fn is_unknown(&self) -> bool {
        matches!(self.value, Value::Expression(_))
    }
}

/// Whether two names are the same but for case and marks.
pub fn same_name(a: &str, b: &str) -> bool {
    let plain = |s: &str| {
        s.bytes()
            .filter(|b| !matches!(b, b'_' | b'-' | b'.'))
            .map(|b| b.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    plain(a) == plain(b)
}

/// What kept a file from being parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFault {
    /// Lower-case, no final full stop; holds no text of the file, as the messages of parsers may.
    pub message: String,
}

/// A parser; its error is the line.
type Read = fn(&str) -> Result<Vec<Node>, usize>;

/// The format that the name of a file says it has, and its parser.
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

/// How much of a file has to be looked at in one piece, in bytes: all of a structured one, if it is not too large.
pub fn piece(path: &[u8]) -> usize {
    const PLAIN: usize = 1024 * 1024;
    if format(path).is_some() { LARGEST } else { PLAIN }
}

/// The documents of a structured file; `None` if its name does not say that it is one.
pub fn parse(path: &[u8], bytes: &[u8]) -> Option<Result<Vec<Node>, ParseFault>> {
    let (format, read) = format(path)?;
    let fault = |line: usize| ParseFault { message: format!("not valid {format} (line {line})") };
    Some(checked(bytes).and_then(|text| read(text).map_err(fault)))
}

/// Number of the line, from 1, that a byte stands on.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

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

/// Counts brackets without regard to strings, which can only make it stricter, and the indentation of YAML.
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
