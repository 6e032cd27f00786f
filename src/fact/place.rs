//! What part of a file a place is in: code or comment, program or prose. Works line by line, without a grammar.

use memchr::memmem;

use super::lines::{self, indentation};
use super::words::is_word;
use crate::blob::BlobPath;
use crate::span::Span;
use crate::text::Text;

mod file;

pub use file::{
    is_bake, is_code, is_compiled, is_image, is_patch, is_preprocessed, is_program, is_prose, is_shell,
    is_test, is_yaml,
};

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
    if marks.iter().any(|mark| trimmed.starts_with(mark)) || hash() || dashes(trimmed) {
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
    !text.is_fenced(line.start)
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

/// Returns the item of a YAML list that the place is in: from its dash to the next line that is not deeper. Items of
/// one line and pairs of name and value are not returned.
pub fn list_item(text: &Text<'_>, at: usize) -> Option<Span> {
    let indent = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let line = |index: usize| text.line_at(index).map(|span| (span, text.get(span).trim_ascii_end()));
    let own = text.line_index(at);
    let mut depth = indent(line(own)?.1) + 1;
    let first = (own.saturating_sub(ITEM)..=own).rev().find(|index| {
        let Some((_, content)) = line(*index).filter(|(_, content)| !content.is_empty()) else {
            return false;
        };
        let deeper = indent(content);
        let starts = deeper < depth && content[deeper..].starts_with(b"- ");
        depth = depth.min(if starts { deeper } else { deeper + 1 });
        starts
    })?;
    let last = (first + 1..first + ITEM).find(|index| {
        line(*index).is_none_or(|(_, content)| !content.is_empty() && indent(content) <= depth)
    })?;
    let (start, end) = (text.line_at(first)?.start, text.line_at(last - 1)?.end);
    let item = text.get(Span::new(start, end));
    let pair = [&b"name:"[..], b"value:"].iter().all(|word| memmem::find(item, word).is_some());
    (last > first + 1 && !(pair && last <= first + 3)).then(|| Span::new(start, end))
}

/// Returns the lines of the YAML mapping that the line with the index belongs to, which may be a list item.
pub fn mapping(text: &Text<'_>, index: usize) -> Option<Span> {
    let line = |index: usize| text.line_at(index).map(|span| (span, text.get(span)));
    let depth = depth(line(index)?.1)?;
    let inside = |content: &[u8]| self::depth(content).is_none_or(|own| own >= depth);
    let starts_item = |content: &[u8]| self::depth(content) == Some(depth) && indentation(content) < depth;
    let mut first = index;
    while index - first < ITEM && !starts_item(line(first)?.1) {
        let Some(previous) =
            first.checked_sub(1).filter(|previous| line(*previous).is_some_and(|(_, l)| inside(l)))
        else {
            break;
        };
        first = previous;
    }
    let follows = |content: &[u8]| self::depth(content).is_none() || indentation(content) >= depth;
    let inside = (index + 1..index + ITEM).take_while(|next| line(*next).is_some_and(|(_, l)| follows(l)));
    // Blank lines and comments at the end may belong to what comes next.
    let last = inside.filter(|next| line(*next).is_some_and(|(_, l)| self::depth(l).is_some())).last();
    Some(Span::new(line(first)?.0.start, line(last.unwrap_or(index))?.0.end))
}

/// Returns the index of the line whose value the YAML line with the index is a part of.
pub fn parent(text: &Text<'_>, index: usize) -> Option<usize> {
    let line = |index: usize| text.line_at(index).map(|span| text.get(span));
    let own = depth(line(index)?)?;
    (index.saturating_sub(ITEM)..index)
        .rev()
        .find(|above| line(*above).and_then(depth).is_some_and(|d| d < own))
}

/// Returns how far the content of a YAML line is indented, behind the dash of a list item; `None` if it has none.
fn depth(line: &[u8]) -> Option<usize> {
    let depth = line.iter().take_while(|b| matches!(b, b' ' | b'-')).count();
    line.get(depth).filter(|b| !matches!(b, b'#' | b'\r')).map(|_| depth)
}

/// The maximum number of lines of a list item.
const ITEM: usize = 200;
/// How much of the lines before and after a place is examined, in bytes.
const LINES: usize = 2000;

/// Whether the code around a place tests something or rejects it: there is an assertion within three lines, the
/// beginning of a test, or a condition with an error on the same or a neighbouring line.
pub fn in_test(text: &Text<'_>, at: usize) -> bool {
    let lines = |reach: usize| {
        let first = text.line_index(at).saturating_sub(reach);
        let start = text.line_at(first).map_or(0, |line| line.start);
        let last = text.line_at(text.line_index(at) + reach).map_or(text.bytes().len(), |line| line.end);
        text.bytes()[start.max(at.saturating_sub(LINES))..last.min(at + LINES)].to_ascii_lowercase()
    };
    let holds = |bytes: &[u8], words: &[&[u8]]| words.iter().any(|word| memmem::find(bytes, word).is_some());
    let before = &text.bytes()[at.saturating_sub(600)..at];
    holds(&lines(3), ASSERTIONS)
        || OPENERS.iter().any(|opener| starts_word(before, opener))
        || holds(&lines(1), ERRORS) && holds(&lines(1), CONDITIONS)
        || holds(&lines(1), CHANGES)
}

/// Whether the text contains the opener, but not as the end of another word: `.split('` opens no test.
fn starts_word(text: &[u8], opener: &[u8]) -> bool {
    let free =
        |at: usize| at == 0 || !(text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'.' | b'_'));
    memmem::find_iter(text, opener).any(free)
}

/// Words of assertions and of prohibitions.
const ASSERTIONS: &[&[u8]] = &[
    b"assert",
    b"expect(",
    b"tothrow",
    b"rejects",
    b"rejected",
    b"raises",
    b"must not",
    b"should not",
    b"should_not",
    b"refuse",
    b"not allowed",
    b"startswith(\"http:",
    b"startswith('http:",
    b"hasprefix",
    b"require.error",
    b"never ",
    b"don't ",
    b"do not ",
];

/// Words that reject a value.
const ERRORS: &[&[u8]] = &[
    b"throw ",
    b"panic(",
    b"errorf(",
    b"errors.new",
    b"raise ",
    b"invalid",
    b"reject",
    b"error(",
    b"exit 1",
    b"die(",
];

/// Words of a condition.
const CONDITIONS: &[&[u8]] = &[
    b"if ",
    b"if(",
    b"when ",
    b"case ",
    b"match",
    b"===",
    b"!==",
    b"unless ",
    b"startswith",
    b"starts_with",
    b".test(",
];

/// Words for the replacement of an address by a better one.
const CHANGES: &[&[u8]] = &[b".replace(", b"insteadof", b"redirect", b"upgrade"];

/// What tests begin with.
const OPENERS: &[&[u8]] = &[
    b"#[test]",
    b"#[cfg(test)]",
    b"func Test",
    b"def test_",
    b"it(\"",
    b"it('",
    b"test(\"",
    b"test('",
    b"describe(",
    b"@Test",
    b"[Fact]",
    b"[TestMethod]",
    b"public function test",
];

/// Returns the span with up to `reach` bytes on each side.
pub fn around(text: &Text<'_>, span: Span, reach: usize) -> Span {
    Span::new(span.start.saturating_sub(reach), text.bytes().len().min(span.end + reach))
}

#[cfg(test)]
mod tests {
    use super::{in_comment, mapping, parent};
    use crate::blob::BlobPath;
    use crate::text::Text;

    #[test]
    fn a_mapping_is_what_is_indented_alike() {
        let text = "jobs:\n  one:\n    steps:\n      - name: a\n        env:\n          HERE: 1\n          B: 2\n\n      # next\n      - uses: b\n  two:\n    if: c\n";
        let text = Text::decode(text.as_bytes());
        let found = |index: usize| {
            let span = mapping(&text, index).unwrap();
            String::from_utf8_lossy(text.get(span)).trim().to_owned()
        };
        assert_eq!(found(5), "HERE: 1\n          B: 2");
        let parents: Vec<usize> =
            std::iter::successors(Some(5), |index| parent(&text, *index)).skip(1).collect();
        assert_eq!(parents, [4, 2, 1, 0]);
        assert_eq!(found(4), "- name: a\n        env:\n          HERE: 1\n          B: 2");
        assert!(found(2).starts_with("steps:") && found(2).ends_with("- uses: b"));
        assert!(found(1).ends_with("if: c") && !found(1).starts_with("jobs"));
    }

    #[test]
    fn patterns_for_files_open_no_comment() {
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
