//! The extent of statements, chained calls, functions and folded blocks, judged by lines, brackets and indentation,
//! without a grammar. Every search is bounded, because a line may be as long as the file.

use super::brackets::balance;
use super::fixed;
use super::lines::{self, indentation};
use super::place::is_yaml;
use crate::blob::BlobPath;
use crate::span::Span;
use crate::text::Text;

/// How much of a statement is examined before and after a place, in bytes.
pub const REACH: usize = 3000;

/// Returns the lines of the statement around a span, at most 25 each way. It continues over lines that end with a
/// continuation mark or an opening bracket, and over chained calls. Only the last character of a line counts.
pub fn statement(text: &Text<'_>, span: Span) -> Span {
    let (mut first, mut last) =
        (text.line_index(span.start), text.line_index(span.end.saturating_sub(1).max(span.start)));
    let line = |index: usize| text.line_at(index).map(|l| text.get(l).trim_ascii_end());
    let goes_on = |line: &[u8]| matches!(line.last(), Some(b'\\' | b'`' | b'(' | b'{' | b'[' | b',' | b'^'));
    for _ in 0..25 {
        let Some(previous) = first.checked_sub(1).and_then(line) else { break };
        let current = line(first).unwrap_or_default();
        let joined = goes_on(previous) && !previous.starts_with(b"}") || is_chained(current);
        if !joined || (previous.ends_with(b"{") && is_block(previous)) {
            break;
        }
        first -= 1;
    }
    for _ in 0..25 {
        let current = line(last).unwrap_or_default();
        let Some(next) = line(last + 1) else { break };
        if is_chained(next) {
            last += 1;
            continue;
        }
        if !goes_on(current) {
            break;
        }
        last += 1;
    }
    let start = text.line_at(first).map_or(span.start, |l| l.start).max(span.start.saturating_sub(REACH));
    let end = text.line_at(last).map_or(span.end, |l| l.end).min(span.end + REACH);
    Span::new(start.min(span.start), end.max(span.end))
}

/// Returns the lines of the folded YAML block that contains a place: after `- >` or `run: >-`, what is indented below.
pub fn folded(text: &Text<'_>, place: Span, path: &BlobPath) -> Option<Span> {
    if !is_yaml(path) {
        return None;
    }
    let indent = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let line = |index: usize| text.line_at(index).map(|span| (span, text.get(span).trim_ascii_end()));
    let own = text.line_index(place.start);
    let depth = indent(line(own)?.1);
    let outer = |index: &usize| {
        line(*index).is_some_and(|(_, l)| !l.is_empty() && indent(l) < depth || l.ends_with(b">"))
    };
    let head = (own.saturating_sub(BODY)..own).rev().find(outer)?;
    let mark = line(head)?.1;
    let folds = [&b" >"[..], b" >-", b" >+"].iter().any(|end| mark.ends_with(end));
    let inside = |index: &usize| line(*index).is_some_and(|(_, l)| l.is_empty() || indent(l) >= depth);
    let last = (own..own + BODY).take_while(inside).last()?;
    folds.then(|| Span::new(text.line_at(head).map_or(0, |l| l.end), line(last).map_or(0, |(l, _)| l.end)))
}

/// Returns the chain of calls that contains the place: `add(…).configure(() => new Handler { … })`. It ends where the
/// statement ends, at a semicolon or with the line.
pub fn chain(bytes: &[u8], place: Span) -> Span {
    let floor = place.start.saturating_sub(REACH);
    let (mut depth, mut start, mut at) = (0_i32, place.start, place.start);
    while at > floor {
        at -= 1;
        match bytes[at] {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            // The body of a function or block: what precedes it is another statement.
            b'{' if opens_body(&bytes[floor..at]) => break,
            b'(' | b'[' | b'{' => {}
            b';' if depth == 0 => break,
            b'\n' if depth == 0 && starts_statement(&bytes[at + 1..place.end], &bytes[floor..at]) => {
                break;
            }
            _ => {}
        }
        if depth == 0 {
            start = at;
        }
    }
    let limit = bytes.len().min(place.end + REACH);
    let length = close_of_all(&bytes[start..limit], place.end - start);
    Span::new(start, (start + length).max(place.end))
}

/// Whether the bracket after the text opens the body of a function or block rather than a value.
fn opens_body(before: &[u8]) -> bool {
    fixed! {
        static HEAD = r"^(?:(?:export|default|public|private|protected|internal|override|suspend|abstract|final|static|async|pub|unsafe)\s+)*(?:func|fun|fn|def|function|class|struct|impl|interface|namespace|module|trait|enum|object|if|for|while|switch|match|try|else|do|catch|finally|resource|data|provider)\b";
    }
    let before = &before[before.len().saturating_sub(200)..];
    matches!(before.trim_ascii_end().last(), Some(b')' | b'>' | b':'))
        || HEAD.is_match(lines::last(before).trim_ascii_start())
}

/// Whether a line starts a statement rather than continues the one before.
fn starts_statement(line: &[u8], before: &[u8]) -> bool {
    let open = matches!(
        before.trim_ascii_end().last(),
        Some(b'(' | b'[' | b'{' | b',' | b'=' | b'>' | b'.' | b'+' | b'\\')
    );
    let joined =
        matches!(line.trim_ascii_start().first(), Some(b'.' | b')' | b']' | b'}' | b'?' | b'{' | b'-'));
    !open && !joined
}

/// Returns where the brackets that are open at `from`, and the calls chained after them, end.
fn close_of_all(text: &[u8], from: usize) -> usize {
    let mut depth = balance(&text[..from]).max(0);
    for (at, byte) in text.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            b';' if depth == 0 => return at,
            b'\n' if depth == 0 && !is_chained(text[at + 1..].trim_ascii_start()) => return at,
            _ => {}
        }
    }
    text.len()
}

/// Whether the line begins with a call that is chained to the line before.
fn is_chained(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    // A cascade in Dart starts with two dots and a lower-case letter.
    let range = line.starts_with(b"..") && !line.get(2).is_some_and(u8::is_ascii_lowercase);
    [&b"."[..], b"?.", b"->"].iter().any(|start| line.starts_with(start)) && !range
}

/// Whether a line opens the body of a function or block rather than a value.
fn is_block(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii_start();
    [
        &b"func "[..],
        b"function ",
        b"if ",
        b"for ",
        b"class ",
        b"fn ",
        b"pub ",
        b"async ",
        b"def ",
        b"public ",
        b"private ",
        b"protected ",
        b"static ",
        b"export function ",
        b"export async function ",
        b"export default ",
        b"export class ",
        b"while ",
        b"switch ",
        b"else",
        b"try",
    ]
    .iter()
    .any(|w| trimmed.starts_with(w))
}

/// Returns the function that the place is in, judging by indentation, and its name.
pub fn function<'a>(text: &'a Text<'_>, place: Span) -> Option<(Span, &'a [u8])> {
    fixed! {
        static HEAD = concat!(
            r"^\s*(?:(?:export|default|public|private|protected|internal|static|final|async|override|suspend|pub(?:\([a-z]+\))?|unsafe|local)\s+)*",
            r"(?:(?:def|func|function|fn|fun|sub)\s+(?:\([^)]*\)\s*)?(?P<a>[A-Za-z_][\w-]*)",
            r"|(?:const|let|var)\s+(?P<b>\w+)\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)[^=\n]{0,40}=>)",
            r"|(?P<c>[A-Za-z_][\w-]*)\s*\(\)\s*\{",
            // A type before the name, which in C++ may be that of a method: `static CURL *nas() {`, `void Api::ask() {`.
            r"|(?:(?:\w+::)*[A-Z]\w*(?:<[\w<>, \[\]?]*>)?(?:\[\])?|void|bool|int|auto|char|std::\w+)(?:\s+|\s*[*&]+\s*)(?:\w+::)*(?P<d>\w+)\((?:[^;]*?\{?\s*$|[^;{}]*\)\s*=>)",
            // A method of a class in JavaScript: `async purge(zone: string): Promise<void> {`.
            r"|(?P<e>[A-Za-z_]\w*)\([^;{}]*\)\s*(?::[^;={}]+)?\{?\s*$",
            // An equation of Haskell, for one constructor: `headers (Token t) = …`.
            r"|(?P<f>[a-z]\w*'?)[ ]+\([A-Z]\w*(?:[ ]+[\w.{}]+)*\)[^=\n;]{0,80}=(?:\s|$))",
        );
    }
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let line = |index: usize| {
        text.line_at(index)
            .map(|span| (span, text.get(Span::new(span.start, span.end.min(span.start + 500)))))
    };
    // A bracket on a line of its own belongs to the head above it.
    let is_bracket = |index: usize| line(index).is_some_and(|(_, content)| content.trim_ascii() == b"{");
    let head = |index: usize| {
        let (span, content) = line(index)?;
        let groups = HEAD.captures(content)?;
        let block = |name: &[u8]| {
            matches!(
                name,
                b"if" | b"for" | b"foreach" | b"while" | b"switch" | b"catch" | b"with" | b"let" | b"where"
            )
        };
        let typed = groups.name("d").or_else(|| groups.name("e"));
        // `void Apply(Request request) => …` of C# has an expression for a body.
        let rest = content.get(groups.get_match().end()..).unwrap_or_default();
        let whole = &content[..content.len() - rest.len()];
        let opens = content.trim_ascii_end().ends_with(b"{")
            || whole.trim_ascii_end().ends_with(b"=>")
            || is_bracket(index + 1);
        let plain = groups.name("e").or_else(|| groups.name("f"));
        if typed.is_some() && !opens || plain.is_some_and(|name| block(name.as_bytes())) {
            return None;
        }
        let name = NAMES.into_iter().find_map(|name| groups.name(name))?;
        Some((index, span.start, Span::from(name).shift(span.start)))
    };
    let own = text.line_index(place.start);
    let mut depth = indentation(line(own)?.1);
    // A function on a single line, or a default of its parameters.
    let mut found = head(own).filter(|(_, _, name)| name.end < place.start);
    for index in (own.saturating_sub(BODY)..own).rev() {
        if found.is_some() {
            break;
        }
        let content = line(index)?.1;
        if content.trim_ascii().is_empty() || indentation(content) >= depth || is_bracket(index) {
            continue;
        }
        depth = indentation(content);
        found = head(index);
    }
    let (first, start, name) = found?;
    let last = (own + 1..first + 2 * BODY).find(|index| {
        line(*index).is_none_or(|(_, content)| {
            !content.trim_ascii().is_empty() && indentation(content) <= depth && !is_bracket(*index)
        })
    })?;
    Some((Span::new(start, text.line_at(last - 1)?.end.max(place.end)), text.get(name)))
}

/// How many lines before and after a place are searched for the ends of a function or of a block.
const BODY: usize = 200;

#[cfg(test)]
mod tests {
    use super::{chain, folded, function, statement};
    use crate::blob::BlobPath;
    use crate::span::Span;
    use crate::text::Text;

    fn place(text: &str, what: &str) -> Span {
        let at = text.find(what).unwrap();
        Span::new(at, at + what.len())
    }

    #[test]
    fn a_statement_goes_over_marks_and_open_brackets() {
        for (text, whole) in [
            ("a\ncurl -k \\\n  URL\nb\n", "curl -k \\\n  URL"),
            ("a()\nf(\n  HERE,\n  b,\n)\nc()\n", "f(\n  HERE,\n  b,\n)"),
        ] {
            let at = place(text, if text.contains("HERE") { "HERE" } else { "-k" });
            let found = statement(&Text::decode(text.as_bytes()), at);
            assert_eq!(&text[found.start..found.end], whole);
        }
    }

    #[test]
    fn a_chain_holds_the_calls_before_and_behind() {
        let text = "one();\nadd(() => { a; })\n  .with(() => new Handler {\n    HERE,\n  });\ntwo();\n";
        let found = chain(text.as_bytes(), place(text, "HERE"));
        assert_eq!(
            text[found.start..found.end].trim(),
            "add(() => { a; })\n  .with(() => new Handler {\n    HERE,\n  })"
        );
        // The header of a function is not part of a statement in its body.
        let text = "func main() {\n\tone()\n\ttwo(HERE)\n}\n";
        let found = chain(text.as_bytes(), place(text, "HERE"));
        assert_eq!(text[found.start..found.end].trim(), "two(HERE)");
    }

    #[test]
    fn a_function_has_a_name_and_a_body() {
        for (text, name) in [
            ("def one():\n    pass\n\ndef two(a):\n    b = 1\n    HERE\n\nthree()\n", "two"),
            ("func (c *Client) two() error {\n\tHERE\n}\n\nfunc three() {}\n", "two"),
            ("const two = async (a) => {\n  HERE;\n};\nthree();\n", "two"),
            ("two() {\n  HERE\n}\nthree\n", "two"),
            (
                "class A\n{\n  one() {}\n  public static void two(String a)\n  {\n    HERE;\n  }\n  three() {}\n}\n",
                "two",
            ),
            ("one() { a; }\ntwo() { HERE; }\nthree\n", "two"),
            ("def one(a): b\ndef two(a): return HERE\nthree\n", "two"),
            ("two (One a) = b\ntwo (Two e k) = HERE\nthree\n", "two"),
            (
                "class A {\n  async two(a: string): Promise<void> {\n    if (a) {\n      HERE;\n    }\n  }\n  three() {}\n}\n",
                "two",
            ),
        ] {
            let decoded = Text::decode(text.as_bytes());
            let (body, found) = function(&decoded, place(text, "HERE")).unwrap();
            assert_eq!(found, name.as_bytes(), "{text}");
            assert!(body.contains(place(text, "HERE")) && !body.overlaps(place(text, "three")), "{text}");
        }
    }

    #[test]
    fn a_folded_block_is_one_command() {
        let text = "script:\n  - >\n    wget HERE\n    URL\n  - other\n";
        let found =
            folded(&Text::decode(text.as_bytes()), place(text, "HERE"), &BlobPath::new("ci.yml")).unwrap();
        assert_eq!(text[found.start..found.end].trim(), "wget HERE\n    URL");
        let literal = text.replace('>', "|");
        assert!(
            folded(&Text::decode(literal.as_bytes()), place(&literal, "HERE"), &BlobPath::new("ci.yml"))
                .is_none()
        );
    }
}
