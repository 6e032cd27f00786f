//! Credentials that become part of a container image: `ARG` and `ENV`, build arguments, copied credential files.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::{Detection, is_comment};
use crate::blob::BlobPath;
use crate::check::{Candidate, Input, Sign, captures_around, fixed, named, value};
use crate::fact::brackets;
use crate::fact::credential::is_credential;
use crate::fact::lines;
use crate::fact::place::{is_bake, is_compiled, is_image};
use crate::literals::Literals;
use crate::rule::Confidence;
use crate::span::Span;

mod copied;

fixed! {
    /// An `ARG` or `ENV` instruction with its continuation lines.
    static INSTRUCTION = r"(?mi)^[ \t]*(?:ARG|ENV)[ \t]+(?<rest>(?:[^\n\\]|\\[ \t]*\r?\n|\\)*)";
    /// One variable of such an instruction.
    static PAIR = r#"(?:^|[\s\\])(?<name>[A-Za-z_]\w*)(?:=(?:"[^"]*"|'[^']*'|\S*)|\s|$)"#;
    /// A build argument on a command line.
    static ARGUMENT = r#"--(?:build-arg|env-file-arg|opt[ =]build-arg:)[ =]["']?(?:build-arg:)?(?<name>[A-Za-z_]\w*)"#;
    /// A list of build arguments in YAML.
    static LIST = r#"(?m)^(?<indent>[ \t]*)(?:-[ \t]+)?(?:build-args|buildArgs|build_args|args|build-arg)[ \t]*:[ \t]*(?:[|>][-+]?)?[ \t]*(?<inline>[^\n]*)\n(?<body>(?:[ \t]*(?:[#-][^\n]*|[\w"'{][^\n]*)?\n?){0,40})"#;
}
fixed! {
    /// The build arguments in a file of `docker buildx bake`, in HCL or JSON.
    static BAKED = r#"\bargs"?\s*[:=]\s*\{"#;
}

/// What the names of lists of build arguments end in.
static LISTS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["args", "Args", "build-arg"]));
/// How far before the end of its name such a list may begin, and how far after it the list may reach, in bytes.
const INDENT: usize = 200;
const BODY: usize = 4000;

fixed! {
    /// One entry of such a list.
    static ENTRY = r#"(?m)^(?<indent>[ \t]*)(?:-[ \t]+)?["']?(?<name>[A-Za-z_]\w*)["']?[ \t]*(?:=|:|$)"#;
}

/// `variant = "secret-in-image"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if !input.signs.any(&[Sign::SecretFile, Sign::Vendor]) && !input.names_credential() {
        return;
    }
    let bytes = input.text.bytes();
    let mut found = Vec::new();
    if is_dockerfile(input.path, bytes) {
        for groups in INSTRUCTION.captures_iter(bytes) {
            let rest = named(&groups, "rest");
            names(&PAIR, rest.as_bytes(), rest.start(), &mut found);
        }
        found.retain(|name| !is_emptied(bytes, *name) && !is_filled_in_later(bytes, *name));
        found.extend(copied::files(bytes));
    }
    if is_bake(input.path) {
        for arguments in BAKED.find_iter(bytes) {
            let start = arguments.end();
            let end = brackets::close(bytes, start - 1, start + BODY);
            names(&ENTRY, &bytes[start..end], start, &mut found);
        }
        return report(detection, input, found, out);
    }
    if is_compiled(input.path) || !input.names_credential() {
        return report(detection, input, found, out);
    }
    if memmem::find(bytes, b"-arg").is_some() {
        names(&ARGUMENT, bytes, 0, &mut found);
    }
    let mut lists = LISTS.all(bytes);
    lists.retain(|hit| bytes[hit.end..].trim_ascii_start().first() == Some(&b':'));
    for groups in captures_around(&LIST, &lists, bytes, INDENT, |_| BODY) {
        let (body, indent) = (named(&groups, "body"), groups["indent"].len());
        if !is_build(bytes, groups.get_match().start(), groups.get_match().as_bytes()) {
            continue;
        }
        if let Some(inline) = groups.name("inline") {
            names(&PAIR, inline.as_bytes(), inline.start(), &mut found);
        }
        for entry in ENTRY.captures_iter(body.as_bytes()) {
            if entry["indent"].len() < indent {
                break;
            }
            if entry["indent"].len() == indent
                && !entry.get_match().as_bytes().trim_ascii_start().starts_with(b"-")
            {
                break;
            }
            let name = named(&entry, "name");
            if is_credential(name.as_bytes()) {
                found.push(Span::from(name).shift(body.start()));
            }
        }
    }
    report(detection, input, found, out);
}

fn report(detection: &Detection<'_>, input: &Input<'_>, found: Vec<Span>, out: &mut Vec<Candidate>) {
    for span in found {
        if is_comment(input.text.get(input.text.line_near(span.start))) {
            continue;
        }
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        if let Some(value) = literal_value(input.text.bytes(), span) {
            candidate.labels.push((value, String::from("its value, in clear")));
            candidate.secrets.push(value);
        }
        out.push(candidate);
    }
}

/// Whether an instruction sets the variable to nothing: `ENV NAME=""`, `ENV NAME ""`, `ENV NAME=`.
fn is_emptied(bytes: &[u8], name: Span) -> bool {
    let rest = &bytes[name.end..];
    let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    let quotes = |text: &[u8]| [&b"\"\""[..], b"''"].iter().any(|empty| text.starts_with(empty));
    match line.first() {
        Some(b'=') => quotes(&line[1..]) || line.get(1).is_none_or(u8::is_ascii_whitespace),
        Some(b' ' | b'\t') => quotes(line.trim_ascii_start()),
        _ => false,
    }
}

/// Whether an instruction sets the variable to a placeholder: `ENV NAME=changeme`, `ENV NAME=**None**`.
fn is_filled_in_later(bytes: &[u8], name: Span) -> bool {
    let spaced = || {
        let rest = lines::first(&bytes[name.end..]).trim_ascii();
        let start = bytes[name.end..].iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(0);
        (start > 0 && !rest.is_empty()).then(|| Span::new(name.end + start, name.end + start + rest.len()))
    };
    let Some(value) = literal_value(bytes, name).or_else(spaced) else { return false };
    let value = &bytes[value.start..value.end];
    let word = value.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
    !value.starts_with(b"$") && (word || value::is_placeholder(value))
}

/// Returns the value after a name and `=`, unless it is a variable.
fn literal_value(bytes: &[u8], name: Span) -> Option<Span> {
    let start = name.end + 1;
    let end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'');
    let quoted = matches!(bytes.get(start), Some(b'"' | b'\''));
    let start = start + usize::from(quoted);
    let rest = bytes.get(start..).filter(|_| bytes.get(name.end) == Some(&b'='))?;
    let length = rest.iter().position(end).unwrap_or(rest.len());
    (length > 0 && rest[0] != b'$').then(|| Span::new(start, start + length))
}

/// Pushes the group `name` of each match that is the name of a credential.
fn names(expression: &Regex, text: &[u8], offset: usize, out: &mut Vec<Span>) {
    for groups in expression.captures_iter(text) {
        let name = named(&groups, "name");
        if is_credential(name.as_bytes()) {
            out.push(Span::from(name).shift(offset));
        }
    }
}

/// Whether a list holds build arguments: `args:` only if it is under `build:`, other spellings always.
fn is_build(bytes: &[u8], start: usize, text: &[u8]) -> bool {
    let key = text.trim_ascii_start();
    if !key.starts_with(b"args") {
        return true;
    }
    let before = &bytes[start.saturating_sub(400)..start];
    let lines: Vec<&[u8]> = before.split(|b| *b == b'\n').collect();
    let own = text.len() - key.len();
    let indent = |line: &[u8]| line.len() - line.trim_ascii_start().len();
    lines
        .iter()
        .rev()
        .filter(|l| !l.trim_ascii().is_empty())
        .find(|l| indent(l) < own)
        .is_some_and(|l| l.trim_ascii().starts_with(b"build:"))
}

fn is_dockerfile(path: &BlobPath, bytes: &[u8]) -> bool {
    fixed! {
        static FROM = r"(?m)^[ \t]*FROM[ \t]+[\w./:@${}-]+";
        static DOCKER = r"(?m)^[ \t]*(?:RUN|COPY|ENTRYPOINT|CMD|WORKDIR)[ \t]";
    }
    is_image(path)
        || (memmem::find(bytes, b"FROM").is_some() && FROM.is_match(bytes) && DOCKER.is_match(bytes))
}
