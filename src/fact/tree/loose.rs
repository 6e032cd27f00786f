//! Object literals in code: `{ name: "x", policies: [{…}] }`, `Name("x", key=[…])`, `new Thing(this, "x", {…})`,
//! `[]T{{Key: "x"}}`. One tolerant parser for JavaScript, Python, Go, Ruby and JSON inside of a shell string; whatever
//! it does not know is an expression. Never fails; depth and length are bounded.

use super::{Key, Node, Value};
use crate::span::Span;

/// The maximum nesting depth.
const DEEPEST: usize = 24;
/// The maximum length of a literal, in bytes.
const LONGEST: usize = 64 * 1024;

/// Parses the literal whose opening bracket (`{`, `(` or `[`) is at `start`. Of the arguments of a call, the named ones
/// and the entries of object literals are kept; spread arguments get the key `...`, others are dropped.
pub fn literal(bytes: &[u8], start: usize) -> Node {
    let end = bytes.len().min(start + LONGEST);
    let mut reader = Reader { bytes: &bytes[..end], at: start };
    reader.group(0)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.' | b'-')
}

/// Whether the function merely wraps its argument, in an option or a pointer: `pulumi.String`, `cloudflare.F`, `Some`.
fn wraps(function: &str) -> bool {
    const WRAPPERS: &[&str] =
        &["String", "StringPtr", "F", "Ptr", "PtrTo", "NewOpt", "Opt", "Some", "Just", "of", "ofNullable"];
    WRAPPERS.contains(&function.rsplit('.').next().unwrap_or(function))
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes[self.at.min(self.bytes.len())..].starts_with(text.as_bytes())
    }

    /// Skips blanks, continued line ends, and comments.
    fn blank(&mut self) {
        while self.at < self.bytes.len() {
            if self.peek().is_ascii_whitespace() || self.starts("\\\n") {
                self.at += 1;
            } else if self.starts("//") || self.peek() == b'#' {
                while self.at < self.bytes.len() && self.peek() != b'\n' {
                    self.at += 1;
                }
            } else if self.starts("/*") {
                while self.at < self.bytes.len() && !self.starts("*/") {
                    self.at += 1;
                }
                self.at = (self.at + 2).min(self.bytes.len());
            } else {
                break;
            }
        }
    }

    /// Reads a bracketed list of entries and items, from the opening bracket on.
    fn group(&mut self, depth: usize) -> Node {
        let start = self.at;
        let list = self.peek() == b'[';
        self.at += 1;
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut items: Vec<Node> = Vec::new();
        loop {
            let before = self.at;
            self.blank();
            match self.peek() {
                0 => break,
                b']' | b'}' | b')' => {
                    self.at += 1;
                    break;
                }
                b',' | b';' => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let first = self.value(depth + 1);
            self.blank();
            let separator = if self.starts("=>") || self.starts(":=") {
                2
            } else if (self.peek() == b':' && !self.starts("::"))
                || (self.peek() == b'=' && !self.starts("=="))
            {
                1
            } else {
                0
            };
            if separator > 0 && self.at < self.bytes.len() {
                self.at += separator;
                self.blank();
                let key = Key { name: self.name(&first), span: first.span };
                let value = self.value(depth + 1);
                entries.push((key, value));
            } else {
                items.push(first);
            }
            if self.at == before {
                self.at += 1;
            }
        }
        let span = Span::new(start, self.at.min(self.bytes.len()));
        // PHP, Groovy and Swift write mappings in square brackets.
        if list && entries.is_empty()
            || (entries.is_empty() && !items.is_empty() && self.bytes[start] == b'{')
        {
            return Node { value: Value::Sequence(items), span };
        }
        // `F([]T{…})`: the only argument is the value.
        if self.bytes[start] == b'('
            && entries.is_empty()
            && items.len() == 1
            && let Value::Sequence(list) = &mut items[0].value
        {
            return Node { value: Value::Sequence(std::mem::take(list)), span };
        }
        for item in items {
            // `Foo("name", { … })`: the object's entries are the call's.
            if let Value::Mapping(inner) = item.value {
                entries.extend(inner);
            } else {
                let text = self.name(&item);
                if text.starts_with("...") || text.starts_with('*') {
                    entries.push((Key { name: "...".to_owned(), span: item.span }, item));
                }
            }
        }
        Node { value: Value::Mapping(entries), span }
    }

    /// Returns a node as the name of an entry.
    fn name(&self, node: &Node) -> String {
        match &node.value {
            Value::String(text) | Value::Expression(text) | Value::Number(text) => {
                text.trim_matches(['"', '\'', '[', ']', ':']).to_owned()
            }
            _ => String::new(),
        }
    }

    /// Reads a value up to a separator or a closing bracket.
    fn value(&mut self, depth: usize) -> Node {
        let start = self.at;
        if depth > DEEPEST {
            self.at = self.bytes.len();
            return Node { value: Value::Expression(String::new()), span: Span::new(start, self.at) };
        }
        let mut parts = 0;
        let mut node = None;
        // One value and everything that operators join to it.
        while self.at < self.bytes.len() {
            let at = self.at;
            match self.peek() {
                b',' | b';' | b')' | b']' | b'}' | 0 => break,
                // `:"a"` is a symbol of Ruby, but behind a name it separates.
                b':' if !self.starts("::") && (parts > 0 || !self.starts(":\"")) => break,
                b'=' if !self.starts("==") => break,
                b'\n' if parts > 0 && !self.continues(start) => break,
                b if b.is_ascii_whitespace() => {
                    self.at += 1;
                    continue;
                }
                b'#' | b'/' if self.starts("//") || self.starts("/*") || self.peek() == b'#' => {
                    self.blank();
                    continue;
                }
                b'"' | b'\'' | b'`' => node = Some(self.string()),
                b'\\' if matches!(self.bytes.get(self.at + 1), Some(b'"')) => node = Some(self.escaped()),
                b'{' | b'[' | b'(' => node = Some(self.group(depth + 1)),
                b if is_word(b) => node = self.word(depth),
                _ => {
                    self.at += 1;
                    node = None;
                }
            }
            parts += 1;
            if self.at == at {
                self.at += 1;
            }
        }
        let mut end = self.at.min(self.bytes.len());
        while end > start && self.bytes[end - 1].is_ascii_whitespace() {
            end -= 1;
        }
        let span = Span::new(start, end);
        match node {
            Some(node) if parts == 1 => node,
            // A cast or a type before a literal: `[]string{…}`, `await f({…})`.
            Some(node)
                if matches!(node.value, Value::Mapping(_) | Value::Sequence(_))
                    && parts <= 3
                    && !self.bytes[start..end].contains(&b'?') =>
            {
                node
            }
            _ => Node {
                value: Value::Expression(String::from_utf8_lossy(&self.bytes[start..end]).into_owned()),
                span,
            },
        }
    }

    /// Whether the next line continues the value that starts at a place.
    fn continues(&self, start: usize) -> bool {
        let rest = self.bytes[self.at..].trim_ascii_start();
        // C# puts the bracket of `new` and `new[]` on a line of its own.
        let made = self.bytes[start..self.at].starts_with(b"new") && rest.starts_with(b"{");
        made || rest.first().is_some_and(|b| matches!(b, b'.' | b'?' | b'+' | b'|' | b'&'))
            || rest.starts_with(b": ")
    }

    /// Reads a string literal.
    fn string(&mut self) -> Node {
        let (start, quote) = (self.at, self.peek());
        let triple = self.bytes[start..].starts_with(&[quote; 3]);
        let width = if triple { 3 } else { 1 };
        self.at += width;
        let from = self.at;
        while self.at < self.bytes.len() && !self.bytes[self.at..].starts_with(&[quote; 3][..width]) {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        let to = self.at.min(self.bytes.len());
        self.at = (to + width).min(self.bytes.len());
        let text = String::from_utf8_lossy(&self.bytes[from.min(to)..to]).into_owned();
        let filled = text.contains("${")
            || text.contains("{{")
            || (text.contains('$') && quote == b'"')
            || text.starts_with("'");
        let value = if filled { Value::Expression(text) } else { Value::String(text) };
        Node { value, span: Span::new(start, self.at) }
    }

    /// Reads `\"text\"` inside of a string.
    fn escaped(&mut self) -> Node {
        let start = self.at;
        self.at += 2;
        let from = self.at;
        while self.at < self.bytes.len() && !self.starts("\\\"") && self.peek() != b'\n' {
            self.at += 1;
        }
        let text = String::from_utf8_lossy(&self.bytes[from..self.at.min(self.bytes.len())]).into_owned();
        self.at = (self.at + 2).min(self.bytes.len());
        let value = if text.contains('$') { Value::Expression(text) } else { Value::String(text) };
        Node { value, span: Span::new(start, self.at) }
    }

    /// Returns the only argument of a call, if that is a string, and where the call ends. The reader is at the opening
    /// bracket.
    fn wrapped(&self) -> Option<(usize, Value)> {
        let mut inside = Reader { bytes: self.bytes, at: self.at + 1 };
        inside.blank();
        if !matches!(inside.peek(), b'"' | b'\'' | b'`') {
            return None;
        }
        let text = inside.string();
        inside.blank();
        (inside.peek() == b')').then_some((inside.at + 1, text.value))
    }

    /// Reads a word: a constant, a number, a name, or a call or type with the literal after it.
    fn word(&mut self, depth: usize) -> Option<Node> {
        let start = self.at;
        while is_word(self.peek()) {
            self.at += 1;
        }
        let text = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
        let span = Span::new(start, self.at);
        let simple = match text.as_str() {
            "null" | "None" | "nil" | "undefined" => Some(Value::Null),
            "true" | "True" => Some(Value::Bool(true)),
            "false" | "False" => Some(Value::Bool(false)),
            _ if text.parse::<f64>().is_ok() => Some(Value::Number(text.clone())),
            _ => None,
        };
        if let Some(value) = simple {
            return Some(Node { value, span });
        }
        // `F[T](…)`: skip the type.
        if self.peek() == b'[' && wraps(&text) {
            let rest = &self.bytes[self.at..self.bytes.len().min(self.at + 200)];
            let length = rest.iter().position(|b| *b == b']').map_or(0, |at| at + 1);
            self.at += if rest.get(length) == Some(&b'(') { length } else { 0 };
        }
        // `f"…"` may have placeholders; of `Type{…}` and `F("x")` the inside counts.
        match self.peek() {
            b'"' | b'\'' if matches!(text.as_str(), "f" | "rf" | "fr") => {
                let inner = self.string();
                let shown = String::from_utf8_lossy(&self.bytes[span.start..self.at]).into_owned();
                let value = if shown.contains('{') { Value::Expression(shown) } else { inner.value };
                return Some(Node { value, span: Span::new(start, self.at) });
            }
            b'(' if wraps(&text) && self.wrapped().is_some() => {
                let (at, inner) = self.wrapped()?;
                self.at = at;
                return Some(Node { value: inner, span: Span::new(start, at) });
            }
            b'{' | b'(' => {
                let inner = self.group(depth + 1);
                let whole = Span::new(start, self.at);
                let says_nothing = match &inner.value {
                    Value::Mapping(entries) => entries.is_empty(),
                    _ => self.bytes[inner.span.start] == b'(' && !wraps(&text),
                };
                if says_nothing {
                    let shown = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
                    return Some(Node { value: Value::Expression(shown), span: whole });
                }
                return Some(Node { value: inner.value, span: whole });
            }
            _ => {}
        }
        // A keyword such as `new` or `await` is not a value.
        if matches!(
            text.as_str(),
            "new" | "await" | "return" | "map" | "string" | "interface" | "any" | "cloudflare.F"
        ) {
            return None;
        }
        Some(Node { value: Value::Expression(text), span })
    }
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn literals_of_several_languages_read_the_same() {
        for text in [
            "{ name: 'x', policies: [{ effect: 'allow' }], other: f(1) }",
            "(name=\"x\", policies=[{\"effect\": \"allow\"}])",
            "(\"a\", { name: \"x\", policies: [{ effect: \"allow\" }] })",
            "{\"name\": \"x\", \"policies\": [{\"effect\": \"allow\"}]}",
            "{\\\"name\\\": \\\"x\\\", \\\"policies\\\": [{\\\"effect\\\": \\\"allow\\\"}]}",
            "{Name: \"x\", Policies: []Policy{{Effect: \"allow\"}}}",
            "['name' => 'x', 'policies' => [['effect' => 'allow']]]",
            "[name: 'x', policies: [[effect: 'allow']]]",
            "{\n  name = \"x\",\n  policies = new[]\n  {\n    new\n    {\n      effect = \"allow\",\n    },\n  },\n}",
        ] {
            let node = literal(text.as_bytes(), 0);
            assert_eq!(node.get(&["name"]).unwrap().1.text(), Some("x"), "{text}: {node:?}");
            let policies = node.all(&["policies"]);
            assert_eq!(policies.len(), 1, "{text}: {node:?}");
            assert_eq!(policies[0].1.get(&["effect"]).unwrap().1.text(), Some("allow"), "{text}: {node:?}");
        }
    }

    #[test]
    fn a_wrapped_string_is_the_string() {
        for text in [
            "{Name: pulumi.String(\"x\")}",
            "{Name: cloudflare.F( `x` )}",
            "(name=Some(\"x\"))",
            "{ name: jsii.String(\"x\"), }",
        ] {
            let node = literal(text.as_bytes(), 0);
            assert_eq!(node.get(&["name"]).unwrap().1.text(), Some("x"), "{text}: {node:?}");
        }
        for text in ["{A: cloudflare.F([]T{{Name: \"x\"}})}", "{A: cloudflare.F[T](U{Name: \"x\"})}"] {
            let node = literal(text.as_bytes(), 0);
            let inner = node.all(&["a"])[0].1;
            assert_eq!(inner.get(&["name"]).unwrap().1.text(), Some("x"), "{text}: {node:?}");
        }
        for text in ["{Name: pulumi.String(x)}", "{Name: lookup(\"x\")}", "{Name: pulumi.String(\"x\" + y)}"]
        {
            let node = literal(text.as_bytes(), 0);
            assert_eq!(node.get(&["name"]).unwrap().1.text(), None, "{text}: {node:?}");
        }
    }

    #[test]
    fn broken_literals_end() {
        for text in ["{{{{{{{{{{", "{a: 'b", "(((((=)", "{\"a\":", "[:::::", "{a:b:c:d}"] {
            literal(text.as_bytes(), 0);
        }
        literal("{".repeat(100_000).as_bytes(), 0);
    }
}
