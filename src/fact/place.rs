//! What part of a file a place is in: code or comment, program or prose. Works line by line, without a grammar.

use memchr::memmem;

use super::lines::{self, indentation};
use super::words::is_word;
use crate::blob::BlobPath;
use crate::span::Span;
use crate::text::Text;

mod file;
mod testing;
mod yaml;

pub use file::{
    is_bake, is_code, is_compiled, is_image, is_patch, is_preprocessed, is_program, is_prose, is_shell,
    is_source_map, is_test, is_yaml,
};
pub use testing::in_test;
pub use yaml::{list_item, mapping, parent};

/// How deep the first keys of a description may be, in bytes.
const ROOT: usize = 4;

/// Whether the file describes an API rather than calls it: an OpenAPI document lists every way to authenticate.
pub fn is_api_description(text: &Text<'_>, path: &BlobPath) -> bool {
    let bytes = text.bytes();
    // A template may embed a description: its own root is another.
    let near_root = |word: &[u8]| {
        memmem::find_iter(bytes, word).any(|at| indentation(lines::before(bytes, at, 100)) <= ROOT)
    };
    let says = |word: &[u8]| memmem::find(bytes, word).is_some();
    let described = || says(b"securitySchemes") || says(b"securityDefinitions");
    let roots: [&[u8]; 4] = [b"openapi", b"swagger", b"securitySchemes", b"securityDefinitions"];
    !is_code(path) && described() && roots.into_iter().any(near_root)
}

/// Whether the place is in a comment: on a line that starts with a comment mark, or after one on its line.
pub fn in_comment(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    let line = text.line(at);
    let before = &text.bytes()[line.start.max(at.saturating_sub(1000))..at];
    let trimmed = before.trim_ascii_start();
    // Options start with two dashes as well.
    let dashes = |text: &[u8]| {
        let sql = [&b".sql"[..], b".lua", b".hs", b".elm", b".adb", b".ads"];
        text.strip_prefix(b"--").is_some_and(|rest| {
            !rest.first().is_some_and(u8::is_ascii_alphabetic)
                || sql.iter().any(|end| path.file_name().ends_with(end))
        })
    };
    let marks: &[&[u8]] = &[b"//", b";", b"/*", b"* ", b"<!--", b"REM ", b"rem ", b"::", b"\"\"\" ", b"%% "];
    if is_prose(path) {
        return false;
    }
    // In C, lines with `#` are for the preprocessor.
    let hash = || trimmed.starts_with(b"#") && !trimmed.starts_with(b"#{") && !is_preprocessed(path);
    let own = mark_of_language(path);
    if marks.iter().chain(&own).any(|mark| trimmed.starts_with(mark)) || hash() || dashes(trimmed) {
        return true;
    }
    // A comment after code. The spaces exclude marks in addresses and strings.
    let follows = |mark: &[u8]| memmem::find(before, mark).is_some();
    follows(b" // ")
        || follows(b" # ")
        || follows(b"\t# ")
        || in_block_comment(text, at, path)
        || in_docstring(text, at, path)
}

/// Returns what begins a comment in a language that has a mark of its own.
fn mark_of_language(path: &BlobPath) -> Option<&'static [u8]> {
    match path.file_name().rsplit(|b| *b == b'.').next()? {
        b"vb" | b"vbs" | b"bas" => Some(b"'"),
        b"erl" | b"hrl" => Some(b"%"),
        b"ml" | b"mli" | b"fs" | b"pas" => Some(b"(*"),
        b"hs" | b"elm" => Some(b"{-"),
        _ => None,
    }
}

/// How far into a program docstrings are searched for, in bytes.
const DOCUMENTED: usize = 256 * 1024;

/// Whether the place is in the docstring of a Python module, class or function: it opens at the beginning of a line, at
/// the start of the file or after a line that ends with a colon.
fn in_docstring(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    if !path.file_name().ends_with(b".py") || at > DOCUMENTED {
        return false;
    }
    let before = &text.bytes()[..at];
    [&b"\"\"\""[..], b"'''"].iter().any(|mark| {
        let (mut count, mut open) = (0, 0);
        for place in memmem::find_iter(before, mark) {
            (count, open) = (count + 1, place);
        }
        let line = text.line(open);
        let own = text.bytes()[line.start..open].trim_ascii();
        let above = before[..line.start].trim_ascii_end();
        // Only comments (interpreter, encoding, licence) are above the docstring of a module.
        let first = above.split(|b| *b == b'\n').all(|line| line.is_empty() || line.starts_with(b"#"));
        count % 2 == 1 && matches!(own, b"" | b"r" | b"u" | b"R") && (first || above.ends_with(b":"))
    })
}

/// Whether the place is inside of a `/* … */` or `<!-- … -->` that starts on an earlier line. File patterns such as
/// `src/**` and `/*` are excluded: only blanks may precede the mark, languages whose comments start with `#` have no
/// such comments, and outside of programs the mark must have two stars.
fn in_block_comment(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    const OTHERS: &[&[u8]] = &[
        b"yml",
        b"yaml",
        b"toml",
        b"ini",
        b"cfg",
        b"conf",
        b"env",
        b"sh",
        b"bash",
        b"zsh",
        b"fish",
        b"py",
        b"rb",
        b"pl",
        b"ex",
        b"exs",
        b"j2",
        b"mk",
        b"properties",
        b"ps1",
    ];
    let start = at.saturating_sub(4000);
    let before = &text.bytes()[start..at];
    let last = |mark: &[u8]| memmem::rfind(before, mark);
    let open = |from: Option<usize>, to: &[u8]| from.is_some_and(|from| last(to).is_none_or(|to| from > to));
    let blank_before = |mark: usize| {
        let line = lines::last(&before[..mark]);
        line.trim_ascii().is_empty()
    };
    let end = path.file_name().rsplit(|b| *b == b'.').next().unwrap_or_default();
    let mark: &[u8] = if is_code(path) || matches!(end, b"css" | b"scss" | b"tf" | b"hcl" | b"proto" | b"sql")
    {
        b"/*"
    } else {
        b"/**"
    };
    let stars = || memmem::rfind_iter(before, mark).find(|mark| blank_before(*mark));
    !OTHERS.contains(&end) && open(stars(), b"*/") || open(last(b"<!--"), b"-->")
}

/// Whether a place in a patch is on a line that the patch removes.
pub fn is_removed(text: &Text<'_>, at: usize) -> bool {
    let line = &text.bytes()[text.line(at).start..];
    line.starts_with(b"-") && !line.starts_with(b"--- ")
}

/// Whether the place is in the tests at the end of a Rust file.
pub fn in_test_module(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    path.file_name().ends_with(b".rs")
        && memmem::rfind(&text.bytes()[..at], b"#[cfg(test)]").is_some_and(|mark| {
            let rest = text.bytes()[mark + b"#[cfg(test)]".len()..].trim_ascii_start();
            rest.starts_with(b"mod ") || rest.starts_with(b"pub(crate) mod ")
        })
}

/// Whether the place is running text rather than code: in a prose file, outside of fences and indented blocks.
pub fn in_prose(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    if !is_prose(path) {
        return false;
    }
    let bytes = text.bytes();
    let line = text.line(at);
    // A line may be as long as the file.
    let content = &bytes[line.start..line.end.min(line.start + 2000)];
    let name = path.file_name();
    if name.ends_with(b".txt") {
        return !looks_like_command(content);
    }
    if content.starts_with(b"    ") || content.starts_with(b"\t") || looks_like_command(content) {
        return false;
    }
    !(text.is_fenced(line.start)
        || name.ends_with(b".rst") && in_literal_block(text, at)
        || name.ends_with(b".adoc") && in_listing(text, at))
}

/// Whether the place is in a literal block of reStructuredText: indented below a paragraph that ends with `::`, or a
/// directive such as `.. code-block:: ini`.
fn in_literal_block(text: &Text<'_>, at: usize) -> bool {
    const MOST: usize = 100;
    let own = text.line_index(at);
    let line = |index: usize| text.line_at(index).map(|line| text.get(line)).unwrap_or_default();
    let depth = indentation(line(own));
    let outer = |line: &&[u8]| !line.trim_ascii().is_empty() && indentation(line) < depth;
    let head = (own.saturating_sub(MOST)..own).rev().map(line).find(outer).unwrap_or_default().trim_ascii();
    let directive = |name: &&[u8]| head.strip_prefix(b".. ").is_some_and(|rest| rest.starts_with(name));
    const BLOCKS: &[&[u8]] = &[b"code", b"sourcecode", b"parsed-literal", b"prompt", b"highlight"];
    BLOCKS.iter().any(directive) || !head.starts_with(b"..") && head.ends_with(b"::")
}

/// Whether the place is in a listing of AsciiDoc: the nearest line of dashes or dots above opens one, below a blank line,
/// a title or `[source,ini]`.
fn in_listing(text: &Text<'_>, at: usize) -> bool {
    const MOST: usize = 100;
    let own = text.line_index(at);
    let line = |index: usize| text.line_at(index).map(|line| text.get(line).trim_ascii()).unwrap_or_default();
    let mark = |index: &usize| {
        let line = line(*index);
        line.len() >= 4 && (line.iter().all(|b| *b == b'-') || line.iter().all(|b| *b == b'.'))
    };
    let Some(mark) = (own.saturating_sub(MOST)..own).rev().find(mark) else { return false };
    let above = mark.checked_sub(1).map(line).unwrap_or_default();
    matches!(above.first(), None | Some(b'[' | b'.'))
}

fn looks_like_command(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii_start();
    let trimmed = trimmed.strip_prefix(b"$ ").or(trimmed.strip_prefix(b"> ")).unwrap_or(trimmed);
    [&b"curl "[..], b"wget ", b"http ", b"-H ", b"export ", b"xh "]
        .iter()
        .any(|word| trimmed.starts_with(word))
        || memmem::find(line, b"`curl ").is_some()
        || is_assignment(trimmed)
}

/// Whether a line of a document sets a variable: `CF_API_KEY="…"`, perhaps as the item of a list.
fn is_assignment(line: &[u8]) -> bool {
    let item = line.strip_prefix(b"- ").or(line.strip_prefix(b"* ")).unwrap_or(line);
    let item = item.strip_prefix(b"`").unwrap_or(item);
    let name =
        item.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
    name >= 3 && item[name..].starts_with(b"=") && !item[name + 1..].starts_with(b"=")
}

/// Whether the place is in the pattern or message of a linter or filter rule: the value of a key such as `pattern`.
pub fn in_pattern(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    if is_code(path) || is_prose(path) {
        return false;
    }
    let line = text.line(at);
    let start = line.start.max(at.saturating_sub(LINES));
    let before = text.bytes()[start..at].trim_ascii_start();
    let before = before.strip_prefix(b"- ").unwrap_or(before).trim_ascii_start();
    let before = before.strip_prefix(b"\"").unwrap_or(before);
    let end = before.iter().position(|b| !is_word(*b)).unwrap_or(before.len());
    let keys: &[&[u8]] = &[
        b"pattern",
        b"patterns",
        b"regex",
        b"regexp",
        b"match",
        b"matches",
        b"forbid",
        b"forbidden",
        b"deny",
        b"denied",
        b"banned",
        b"disallow",
        b"disallowed",
        b"message",
        b"description",
    ];
    keys.iter().any(|key| before[..end].eq_ignore_ascii_case(key))
        && matches!(before.get(end), Some(b':' | b'=' | b'"' | b'-' | b' '))
}

/// How much of the lines before and after a place is examined, in bytes.
const LINES: usize = 2000;

/// Returns the span with up to `reach` bytes on each side.
pub fn around(text: &Text<'_>, span: Span, reach: usize) -> Span {
    Span::new(span.start.saturating_sub(reach), text.bytes().len().min(span.end + reach))
}

#[cfg(test)]
mod tests {
    use super::{in_comment, in_prose};
    use crate::blob::BlobPath;
    use crate::text::Text;

    #[test]
    fn literal_blocks_of_documents_are_no_prose() {
        for (text, prose) in [
            ("Write:\n\n.. code-block:: ini\n\n   a = HERE\n", false),
            ("Write::\n\n  a = b\n\n  c = HERE\n", false),
            (".. sourcecode:: sh\n   :caption: a\n\n   a = HERE\n", false),
            (".. note::\n\n   the key HERE\n", true),
            ("* an item\n  goes on HERE\n", true),
            ("Write::\n\n  a = b\n\nthe key HERE\n", true),
        ] {
            let at = text.find("HERE").unwrap();
            let path = BlobPath::new("a.rst");
            assert_eq!(in_prose(&Text::decode(text.as_bytes()), at, &path), prose, "{text}");
        }
        for (text, prose) in [
            ("Write:\n\n[source,ini]\n----\na = b\nc = HERE\n----\n", false),
            ("Write:\n\n....\nc = HERE\n....\n", false),
            ("Write:\n\n----\na = b\n----\nthe key HERE\n", true),
            ("the key HERE\n", true),
        ] {
            let at = text.find("HERE").unwrap();
            let path = BlobPath::new("a.adoc");
            assert_eq!(in_prose(&Text::decode(text.as_bytes()), at, &path), prose, "{text}");
        }
    }

    #[test]
    fn comments_are_told_by_the_marks_of_their_language() {
        for (path, text, comment) in [
            ("a.yml", "paths:\n  - worker/**\nHERE: 1\n", false),
            ("a.yml", "paths: |\n  /**\nHERE: 1\n", false),
            ("a.sh", "rm -rf out/**\nHERE=1\n", false),
            ("a.ts", "const all = glob('src/**');\nHERE();\n", false),
            ("a.ts", "one();\n  /** two\n    HERE\n */\n", true),
            ("a.ts", "/** two */\nHERE();\n", false),
            ("a.java", "/**\n   HERE\n */\n", true),
            ("a.html", "<!-- one\n HERE\n-->", true),
            ("a.h", "#define A HERE\n", false),
            ("a.ino", "# define A HERE\n", false),
            ("a.h", "// #define A HERE\n", true),
            ("a.py", "#define A HERE\n", true),
            ("a.vbs", "  ' HERE\n", true),
            ("a.py", "  'HERE'\n", false),
            ("a.erl", "% HERE\n", true),
            ("a.ml", "(* HERE *)\n", true),
            ("a.hs", "{- HERE -}\n", true),
            ("a.ts", "{-HERE}\n", false),
        ] {
            let at = text.find("HERE").unwrap();
            assert_eq!(
                in_comment(&Text::decode(text.as_bytes()), at, &BlobPath::new(path)),
                comment,
                "{text}"
            );
        }
    }
}
