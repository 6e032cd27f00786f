//! Whether what follows a name is its value, rather than a type, a sentence or a part of another construct.

use super::{LINE, REACH};
use crate::fact::words::words;
use crate::fact::{brackets, fixed, lines};
use crate::span::Span;

/// Whether a name, a separator and a value are a setting. Spaces separate only after options and some keywords, `>`
/// only in tags. Types, comparisons and sentences are not values.
pub(super) fn is_setting(bytes: &[u8], name: Span, separator: &[u8], value: &[u8]) -> bool {
    let before = lines::before(bytes, name.start, LINE);
    if separator == b">" {
        return is_tag(before, value);
    }
    // A regular expression for sed or grep.
    if before.ends_with(b"^") {
        return false;
    }
    if ends_phrase(before, &bytes[name.end..]) {
        return false;
    }
    // `f("name", v)`: the closing quote must match one before the name.
    if separator.contains(&b',') && !before.ends_with(&separator[..1]) && matches!(separator[0], b'"' | b'\'')
    {
        return false;
    }
    if separator.iter().all(|b| matches!(b, b' ' | b'\t')) {
        let keyword = is_keyword(before);
        let words = words(&bytes[name.start..name.end]);
        let own_line = before.trim_ascii().is_empty()
            && (words.contains("cloudflare")
                || is_in_resource(bytes, name.start)
                || is_in_block(bytes, name.start));
        if !(bytes[name.start] == b'-' || keyword || own_line) {
            return false;
        }
    }
    let comparison = separator.ends_with(b"=") && value.starts_with(b"=")
        || value.starts_with(b"~")
        || matches!(before.trim_ascii_end().last(), Some(b'!' | b'<'));
    !comparison
        && !opens_mapping(bytes, name, separator, value)
        && !is_operand(before, bytes[name.start])
        && !is_type(value)
        && !is_sentence(value)
        && !is_parameter(before, value)
}

/// Whether the name of a group stands above settings of its own, which are deeper: `login:` above `path: /login`. What
/// refers to a value, `valueFrom:`, `from_secret:`, `file:`, is the value of the name above it.
fn opens_mapping(bytes: &[u8], name: Span, separator: &[u8], value: &[u8]) -> bool {
    const REFERS: &[&str] =
        &["value", "from", "ref", "secret", "file", "env", "environment", "external", "vault", "source"];
    let Some(line) = separator.iter().rposition(|b| *b == b'\n') else { return false };
    let is_key =
        separator.trim_ascii() == b":" && words(&bytes[name.start..name.end]).split(' ').count() == 1;
    let deeper = lines::indentation(&separator[line + 1..])
        > lines::indentation(lines::before(bytes, name.start, LINE));
    let inner =
        &value[..value.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count()];
    is_key
        && deeper
        && value[inner.len()..].starts_with(b":")
        && !matches!(inner, b"name" | b"key")
        && !words(inner).split(' ').any(|word| REFERS.contains(&word))
}

/// Whether a value is a parameter of a statement of SQL, which names a column: `SET email = ?, api_key = :key`.
fn is_parameter(before: &[u8], value: &[u8]) -> bool {
    fixed! {
        static PARAMETER = r"^(?:\?(?:\d|\W|$)|%s|%\(\w+|:\w|\$\d|@\w)";
        static STATEMENT = r"(?i)\b(?:set|where|and|or)\s[^;]*$";
    }
    PARAMETER.is_match(value) && STATEMENT.is_match(before)
}

/// Whether a name is a variable that a test of a shell compares: `[ "$auth_method" = "global" ]`.
fn is_operand(before: &[u8], first: u8) -> bool {
    let before = before.trim_ascii_end();
    let quoted = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'"));
    let tests = |text: &[u8]| {
        let text = text.trim_ascii_end();
        text.ends_with(b"[") || text.ends_with(b" test") || text == b"test"
    };
    first == b'$' && tests(quoted.unwrap_or(before))
}

/// Whether a name between angle brackets is a tag around the value rather than a word that stands for one:
/// `KEY="<API_KEY>"`.
fn is_tag(before: &[u8], value: &[u8]) -> bool {
    let Some(outer) = before.strip_suffix(b"<") else { return false };
    let stands = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b':' | b'@' | b'"' | b'\'' | b'`');
    let quoted = value.first().is_none_or(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\'));
    !(quoted || outer.last().is_some_and(stands))
}

/// Whether a line is in a block of a configuration that sets everything by `name value`, like those of EdgeOS and VyOS.
fn is_in_block(bytes: &[u8], at: usize) -> bool {
    fixed! {
        static HEAD = r"^[ \t]*[a-z][\w-]*(?:[ \t]+[\w.-]+)?[ \t]*$";
        static ENTRY = r#"^(?:[a-z][\w-]*(?:[ \t]+(?:"[^"\n]*"|[^\s;,={}()"'\[\]]+))?(?:[ \t]*\{)?|\}|#.*|/\*.*\*/)?$"#;
    }
    /// Words of programming languages that begin or end such a line.
    const OF_PROGRAMS: &[&[u8]] =
        &[b"struct", b"class", b"interface", b"enum", b"type", b"model", b"message", b"else", b"do", b"try"];
    let Some(open) = brackets::around(bytes, at.saturating_sub(REACH), at).next() else { return false };
    let head = lines::before(bytes, open, LINE);
    let words = head.split(u8::is_ascii_whitespace);
    if bytes[open] != b'{'
        || !HEAD.is_match(head)
        || words.into_iter().any(|word| OF_PROGRAMS.contains(&word))
    {
        return false;
    }
    let body = &bytes[open + 1..brackets::close(bytes, open, open + REACH)];
    body.split(|b| *b == b'\n').all(|line| ENTRY.is_match(line.trim_ascii()))
}

/// Whether a name is the last word of a quoted phrase, `'Cloudflare API Key' => …`: a text to translate.
fn ends_phrase(before: &[u8], rest: &[u8]) -> bool {
    let Some(quote) = rest.first().filter(|b| matches!(b, b'"' | b'\'')) else { return false };
    let Some(open) = before.iter().rposition(|b| b == quote) else { return false };
    let phrase = &before[open + 1..];
    let alone = matches!(before[..open].trim_ascii_end().last(), None | Some(b'{' | b'[' | b'(' | b','));
    alone
        && phrase.ends_with(b" ")
        && phrase[0].is_ascii_alphabetic()
        && phrase.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'\'' | b'.'))
}

/// Whether a line is in a resource of Chef or a like language in Ruby, which sets its properties by `name value`: the
/// nearest line above that is not as deep is `type 'name' do`.
fn is_in_resource(bytes: &[u8], at: usize) -> bool {
    fixed! {
        static HEAD = r#"^[a-z_]\w*[ (]+["'][^"'\n]+["']\)?\s+do\s*$"#;
    }
    const LINES: usize = 30;
    let depth = lines::indentation(lines::before(bytes, at, LINE));
    let start = lines::start(bytes, at.saturating_sub(REACH), at);
    let above = bytes[at.saturating_sub(REACH)..start].split(|b| *b == b'\n').rev().take(LINES);
    let mut heads = above.filter(|line| !line.trim_ascii().is_empty() && lines::indentation(line) < depth);
    heads.next().is_some_and(|head| HEAD.is_match(head.trim_ascii()))
}

/// Whether what precedes a name sets variables without a separator: `ENV`, `option`, `set -gx` of fish, `setx`.
pub(super) fn is_keyword(before: &[u8]) -> bool {
    const KEYWORDS: &[&[u8]] = &[b"env", b"option", b"setenv", b"set", b"setx", b"arg"];
    let mut words = before.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    KEYWORDS.iter().any(|keyword| first.eq_ignore_ascii_case(keyword))
        && words.all(|word| word.starts_with(b"-"))
}

/// Whether the value is a quoted sentence, which describes the setting: `"Account email"`.
fn is_sentence(value: &[u8]) -> bool {
    fixed! {
        static SENTENCE = r#"^["'`][A-Z][A-Za-z]* (?:[A-Za-z_]+[ .:(]*)+["'`]"#;
    }
    SENTENCE.is_match(value)
}

/// Whether the value is a type, empty, a Boolean, or part of the declaration of a setting or an option.
fn is_type(value: &[u8]) -> bool {
    const OPTIONS: &[&str] = &[
        "help=",
        "type=",
        "action=",
        "dest=",
        "nargs=",
        "required=",
        "metavar=",
        "envvar=",
        "default=",
        "description",
    ];
    const TYPES: &[&str] = &[
        "string",
        "str",
        "&str",
        "none",
        "null",
        "nil",
        "undefined",
        "optional",
        "\"\"",
        "''",
        "option<",
        "true",
        "false",
        "required",
        "bool",
        "types.string",
        "any",
        "z.string",
        "schema",
        "*string",
        "varchar",
        "text",
        "typing",
        "secretstr",
    ];
    const MODULES: &[&str] = &["typing.", "builtins.", "_builtins.", "pulumi.input", "pulumi.output"];
    let word = value.trim_ascii().to_ascii_lowercase();
    if MODULES.iter().any(|module| word.starts_with(module.as_bytes())) {
        return true;
    }
    // `[]const u8`, `&[u8]`: the value ends at the closing bracket.
    let element = word
        .strip_suffix(b"u8")
        .or(word.strip_suffix(b"uint8"))
        .or(word.strip_suffix(b"byte"))
        .unwrap_or(&word);
    if element.strip_suffix(b"[").is_some_and(|marks| marks.iter().all(|b| matches!(b, b'&' | b'?' | b'*'))) {
        return true;
    }
    if OPTIONS.iter().any(|option| word.starts_with(option.as_bytes())) || is_schema(&word) {
        return true;
    }
    TYPES.iter().any(|t| {
        let rest = word.strip_prefix(t.as_bytes());
        rest.is_some_and(|rest| {
            rest.first().is_none_or(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'.' | b'@' | b'-'))
        })
    })
}

/// Whether the value describes what a setting takes: `api_key: {required: true}`, `"api_key": {"type": "string"}`.
fn is_schema(value: &[u8]) -> bool {
    const FIELDS: &[&[u8]] = &[b"required", b"description", b"default", b"type"];
    let Some(inner) = value.strip_prefix(b"{") else { return false };
    let inner = inner.trim_ascii_start();
    let inner = inner.strip_prefix(b"\"").unwrap_or(inner);
    FIELDS.iter().any(|field| {
        inner.strip_prefix(*field).is_some_and(|rest| matches!(rest.first(), Some(b':' | b'"' | b' ' | b'=')))
    })
}
