//! Terraform variables and outputs that a program declares (CDKTF), and Pulumi configuration that is read in clear.

use std::cell::LazyCell;
use std::collections::HashMap;

use memchr::memmem;

use super::super::Detection;
use crate::check::{Candidate, Input, fixed};
use crate::fact::brackets::close;
use crate::fact::credential::is_credential;
use crate::fact::lines;
use crate::fact::place::{in_comment, is_code, is_test};
use crate::fact::words::is_word;
use crate::literals::contains;
use crate::span::Span;

/// How long a declaration may be, in bytes.
const LONGEST: usize = 2000;

fixed! {
    /// The start of a declaration, with its name.
    static DECLARED = r#"(?P<whole>(?:\bnew\s+)?(?:\w+\.)?(?:New)?Terraform(?P<kind>Variable|Output)(?:_Override)?(?P<builder>\.Builder\s*\.\s*create)?(?P<open>\()\s*[\w.]+\s*,\s*(?:jsii\.String\()?["'`](?P<name>[\w-]+)["'`])"#;

    static SENSITIVE = r#"(?i)\bsensitive["']?\s*[:=(]\s*(?:jsii\.Bool\(|Boolean\.)?true"#;

    /// The value of an output.
    static VALUE = r#"(?i)\bvalue["']?\s*[:=(]\s*(?P<value>[^\n]{1,200})"#;

    /// Attributes that hold a credential, whatever the name of the resource.
    static HOLDS = r"(?i)\.(?:get)?(?:tunnel_?token|tunnel_?secret|client_?secret)(?:_?input)?\b";

    /// Attributes that hold a credential depending on the type of the resource: `apiToken.value`, `widget.secret`.
    static OF_RESOURCE = r"\b(?P<name>[A-Za-z_]\w*)\.(?:get)?(?P<field>[vV]alue|[sS]ecret|[tT]oken)\b";
}

/// Checks the declarations in a program.
pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    if !is_code(input.path) || is_test(input.path) {
        return;
    }
    if memmem::find(bytes, b"Terraform").is_some() && contains(bytes, b"cloudflare") {
        declarations(detection, input, out);
    }
    if memmem::find(bytes, b"pulumi").is_some() {
        configuration(detection, input, out);
    }
}

fn declarations(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    let made = LazyCell::new(|| made(bytes));
    for groups in DECLARED.captures_iter(bytes) {
        let (Some(whole), Some(open), Some(name)) =
            (groups.name("whole"), groups.name("open"), groups.name("name"))
        else {
            continue;
        };
        let mut end = close(bytes, open.start(), open.start() + LONGEST);
        if groups.name("builder").is_some() {
            let rest = &bytes[end..bytes.len().min(end + LONGEST)];
            end += rest.iter().position(|b| *b == b';').unwrap_or(rest.len());
        }
        let body = &bytes[whole.end()..end.max(whole.end())];
        if SENSITIVE.is_match(body)
            || has_unknown_options(body)
            || in_comment(input.text, whole.start(), input.path)
        {
            continue;
        }
        let (span, message) = if groups.name("kind").is_some_and(|kind| kind.as_bytes() == b"Variable") {
            if !is_credential(name.as_bytes()) {
                continue;
            }
            let message =
                "this variable holds a credential and is not marked `sensitive`: plans and logs show it";
            (Span::from(whole), message)
        } else {
            let Some(value) = VALUE.captures(body).and_then(|groups| groups.name("value")) else { continue };
            if !shows(&made, value.as_bytes()) {
                continue;
            }
            let message = "this output shows a credential: mark it `sensitive`, or leave it out";
            (Span::from(whole), message)
        };
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        found.message = Some(message.to_owned());
        out.push(found);
    }
}

/// Whether the options are not literal: `new TerraformVariable(this, "name", options)`.
fn has_unknown_options(body: &[u8]) -> bool {
    let rest = body.trim_ascii();
    let rest = rest.strip_prefix(b")").unwrap_or(rest).trim_ascii();
    let Some(rest) = rest.strip_prefix(b",") else { return false };
    let rest = rest.trim_ascii();
    !rest.is_empty() && rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b','))
        || memmem::find(rest, b"...").is_some()
        || rest.starts_with(b"**")
}

/// Whether the value of an output contains a credential; `made` maps names to the lines that assign them.
fn shows(made: &HashMap<&[u8], &[u8]>, value: &[u8]) -> bool {
    fixed! {
        static GUARDED = r"(?i)\b(?:sha\d+|md5|length|substr|base64sha\d+|bcrypt)\(";
    }
    if GUARDED.is_match(value) {
        return false;
    }
    HOLDS.is_match(value)
        || OF_RESOURCE.captures_iter(value).any(|groups| {
            let (Some(name), Some(field)) = (groups.name("name"), groups.name("field")) else { return false };
            let kinds: &[&[u8]] = match field.as_bytes().to_ascii_lowercase().as_slice() {
                b"value" => &[b"ApiToken", b"AccountToken"],
                b"secret" => &[b"TurnstileWidget", b"Tunnel"],
                _ => &[b"Tunnel"],
            };
            made.get(name.as_bytes())
                .is_some_and(|line| kinds.iter().any(|kind| memmem::find(line, kind).is_some()))
        })
}

/// Returns the names that a program assigns to, each with the value of its first assignment.
fn made(bytes: &[u8]) -> HashMap<&[u8], &[u8]> {
    fixed! {
        static MADE = r"\b(?P<name>[A-Za-z_]\w*)\s*(?::\s*[\w.<>]+\s*)?:?=\s*(?P<value>[^\n=][^\n]{0,160})";
    }
    let mut out = HashMap::new();
    for groups in MADE.captures_iter(bytes) {
        if let (Some(name), Some(value)) = (groups.name("name"), groups.name("value")) {
            out.entry(name.as_bytes()).or_insert(value.as_bytes());
        }
    }
    out
}

/// Whether a receiver may be the configuration of Pulumi: it is assigned as such, or is not assigned in the file.
fn is_configuration(bytes: &[u8], receiver: &[u8]) -> bool {
    let (mut assigned, mut known) = (false, false);
    for at in memmem::find_iter(bytes, receiver).take(100) {
        let value = lines::first(&bytes[at + receiver.len()..]).trim_ascii_start();
        let apart = at == 0 || !is_word(bytes[at - 1]);
        let value = value.strip_prefix(b":").unwrap_or(value);
        if apart && value.starts_with(b"=") && !value.starts_with(b"==") {
            assigned = true;
            known |= contains(value, b"config(") || contains(value, b"config.new");
        }
    }
    known || !assigned
}

/// Finds `config.require("cloudflareApiToken")`: a value that is read like this ends up in clear in the state.
fn configuration(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    fixed! {
        static READ = r#"(?P<span>\b(?:[cC]onfig|cfg|conf|\w+[cC]onfig|\w+_config)\.(?:require|get|Require|Get)\(\s*["'`](?P<name>[\w:-]+)["'`]\s*\))"#;
    }
    let bytes = input.text.bytes();
    for groups in READ.captures_iter(bytes) {
        let (Some(place), Some(name)) = (groups.name("span"), groups.name("name")) else { continue };
        let span = Span::from(place);
        let before = bytes[..span.start].trim_ascii_end();
        let wrapped = [&b"secret("[..], b"Secret(", b"ToSecret("].iter().any(|call| before.ends_with(call));
        let call = &bytes[span.start..span.end];
        let receiver = &call[..call.iter().position(|b| *b == b'.').unwrap_or(call.len())];
        if !is_credential(name.as_bytes())
            || wrapped
            || !is_configuration(bytes, receiver)
            || in_comment(input.text, span.start, input.path)
        {
            continue;
        }
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        found.message = Some(String::from(
            "this credential is read in clear and ends up so in the state: read it as a secret",
        ));
        out.push(found);
    }
}
