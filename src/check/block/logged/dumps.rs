//! What commands and tools print as a whole: the environment, outputs of Terraform, tokens of tunnels, notes of Helm, debug tasks of Ansible.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use memchr::memmem;

use super::shell::{INDENT, reaches_output};
use super::tunnel::{COMMAND, MESSAGE};
use super::{Known, Leak, is_known, text_of};
use crate::blob::BlobPath;
use crate::check::{Input, captures_around, fixed, named};
use crate::fact::command::{Next, command_end, expansions};
use crate::fact::credential::{each_credential, is_credential};
use crate::fact::lines;
use crate::fact::place::is_yaml;
use crate::fact::script::in_script;
use crate::fact::words::is_word;
use crate::literals::{Hit, Literals};
use crate::span::Span;

fixed! {
    /// A command that prints the environment or a file of credentials.
    static DUMP = r#"(?mix)(?:^|[;&|]\s*|run:\s*|^\s*-\s+)[\ \t]*(?<span>
            (?<bare>(?-i:env|set)|printenv|export\ -p)[\ \t]*(?:\|[\ \t]*(?:sort|cat)[\ \t]*)?$
          | (?:env|printenv|set|export)[\ \t]*\|[^|\n]*\b(?:grep|rg|egrep|awk|findstr)\b[^|\n]*\b(?:cloudflare|cf_?|cf_api|tunnel)[^|\n]*
          | printenv[\ \t]+\w+
          | (?:Get-ChildItem|gci|dir|ls)[\ \t]+env:\S*
          | (?:get-content|cat|type)[\ \t]+\S*(?:\.dev\.vars|cloudflared/cert\.pem)\b[^|>\n]*$
        )
        | (?<all>\$\{\{\s*toJSON\((?:secrets|env)\)\s*\}\})"#;
}

/// Whether the place is the whole value of a YAML key other than `run`.
fn is_variable(bytes: &[u8], at: usize) -> bool {
    fixed! {
        static KEY = r#"^[ \t-]*(?P<key>[\w-]+):[ \t]*["']?$"#;
    }
    KEY.captures(lines::last(&bytes[..at])).is_some_and(|groups| &groups["key"] != b"run")
}

/// The hints for [`DUMP`]: every match contains one of these.
static DUMPED: LazyLock<Literals> =
    LazyLock::new(|| Literals::caseless(&["env", "set", "export", ".dev.vars", "cert.pem", "tojson("]));

/// Whether a hit may be a dump: a separate command.
fn is_dump(bytes: &[u8], hit: &Hit) -> bool {
    let before = hit.start.checked_sub(1).map(|at| bytes[at]);
    let rest = &bytes[hit.end..];
    let word = &bytes[hit.start..hit.end];
    let next = rest.iter().find(|b| !matches!(b, b' ' | b'\t')).copied();
    let ends = matches!(next, None | Some(b'\n' | b'\r' | b'|'));
    if word.eq_ignore_ascii_case(b"set") {
        return ends && !before.is_some_and(is_word);
    }
    if word.eq_ignore_ascii_case(b"export") {
        return ends || next == Some(b'-');
    }
    if !word.eq_ignore_ascii_case(b"env") {
        return true;
    }
    ends || rest.starts_with(b":") && matches!(before, Some(b' ' | b'\t'))
        || bytes[..hit.start].len() >= 5 && bytes[hit.start - 5..hit.start].eq_ignore_ascii_case(b"print")
}

/// Finds commands that print the whole environment or a file of credentials.
pub(super) fn dumps(input: &Input<'_>, out: &mut Vec<Leak>) {
    let bytes = input.text.bytes();
    let mut hits = DUMPED.all(bytes);
    hits.retain(|hit| is_dump(bytes, hit));
    for groups in captures_around(&DUMP, &hits, bytes, INDENT, |_| 0) {
        let Some(place) = groups.name("span").or_else(|| groups.name("all")) else { continue };
        let text = place.as_bytes();
        // Alone on their line, `env` and `set` are commands only in scripts: elsewhere they are items, fields, words.
        let bare = groups.name("bare").is_some_and(|word| matches!(word.as_bytes(), b"env" | b"set"));
        if bare && !in_script(input.text, place.start(), input.path) {
            continue;
        }
        // Assigned to a variable of a step it is not printed yet.
        if groups.name("all").is_some() && is_variable(bytes, place.start()) {
            continue;
        }
        // Names, numbers and masked values are less.
        fixed! {
            static COUNTS = r"\|[^|]*\b(?:grep|rg|egrep)\s+(?:-\w+\s+)*-\w*[cqo]";
        }
        let rest = bytes[place.end()..].trim_ascii_start();
        let piped = rest.starts_with(b"|") && !rest.starts_with(b"||");
        let at = bytes.len() - rest.len();
        if COUNTS.is_match(text) || piped && !reaches_output(bytes, b"", Next::Pipe(at + 1)) {
            continue;
        }
        if text.starts_with(b"printenv ") && !text.contains(&b'|') {
            let mut is_cloudflare = false;
            each_credential(text, Span::new(0, text.len()), |_| {
                is_cloudflare = true;
                ControlFlow::Break(())
            });
            let (end, next) = command_end(bytes, place.start());
            if !is_cloudflare || !reaches_output(bytes, &bytes[place.start()..end], next) {
                continue;
            }
        }
        let end = place.start() + text.trim_ascii_end().len();
        out.push(Leak::new(Span::new(place.start(), end), "prints the environment, credentials included"));
    }
}

/// Finds `terraform output NAME` in a pipeline: it prints even sensitive outputs, and the log keeps them.
pub(super) fn outputs(bytes: &[u8], path: &BlobPath, out: &mut Vec<Leak>) {
    fixed! {
        static OUTPUT = r"(?m)(?:^|[;&|]|run:|script:)[ \t]*(?:-[ \t]+)?(?:terraform|tofu|terragrunt)[ \t]+(?:-\S+[ \t]+)*output[ \t]+(?:-\S+[ \t]+)*(?<name>[A-Za-z_][\w-]*)";
    }
    let pipeline = is_yaml(path) || path.file_name().starts_with(b"Jenkinsfile");
    if !pipeline || memmem::find(bytes, b"output").is_none() {
        return;
    }
    for groups in OUTPUT.captures_iter(bytes) {
        let Some(name) = groups.name("name").filter(|name| is_credential(name.as_bytes())) else { continue };
        let start = groups.get_match().start();
        let (end, next) = command_end(bytes, name.start());
        if reaches_output(bytes, &bytes[start..end], next) {
            out.push(Leak::new(
                Span::from(name),
                format!("prints the output `{}`", text_of(name.as_bytes())),
            ));
        }
    }
}

/// Finds `cloudflared tunnel token NAME` in a pipeline: the log keeps the token.
pub(super) fn tunnel_tokens(bytes: &[u8], path: &BlobPath, out: &mut Vec<Leak>) {
    fixed! {
        static BARE = format!(r#"(?m)(?:^|[;&|]|run:|script:)[ \t]*(?:-[ \t]+)?(?:run:[ \t]*)?["']?(?:sudo[ \t]+)?(?P<command>{COMMAND})"#);
    }
    // What Ansible runs, it registers.
    let pipeline = is_yaml(path) && memmem::find(bytes, b"register:").is_none()
        || path.file_name().starts_with(b"Jenkinsfile");
    if !pipeline || memmem::find(bytes, b"cloudflared").is_none() {
        return;
    }
    for groups in BARE.captures_iter(bytes) {
        let command = named(&groups, "command");
        let (end, next) = command_end(bytes, command.start());
        let whole = &bytes[command.start()..end.max(command.end())];
        if memmem::find(whole, b"--cred").is_none() && reaches_output(bytes, whole, next) {
            out.push(Leak::new(Span::from(command), MESSAGE));
        }
    }
}

/// Finds what Helm prints after an installation: the values in `templates/NOTES.txt`.
pub(super) fn notes(bytes: &[u8], path: &BlobPath, known: &Known<'_>, out: &mut Vec<Leak>) {
    if !path.as_bytes().ends_with(b"templates/NOTES.txt") {
        return;
    }
    for value in expansions(bytes, Span::new(0, bytes.len())) {
        if bytes[value.span.start..].starts_with(b"{{") && is_known(value.name, value.span.start, known, b"")
        {
            out.push(Leak::new(value.span, format!("prints `{}`", text_of(value.name))));
        }
    }
}

/// Finds Ansible `debug` tasks that print a credential, unless they have `no_log`.
pub(super) fn debug_tasks(bytes: &[u8], known: &Known<'_>, out: &mut Vec<Leak>) {
    fixed! {
        static TASK = r"(?m)^[ \t]*(?:-[ \t]*)?\{?[ \t]*(?:ansible\.builtin\.)?debug:[ \t]*(?:\{[ \t]*|\r?\n[ \t]+)?(?<key>msg|var)[ \t]*[:=][ \t]*(?<body>[^\n]*)";
    }
    if memmem::find(bytes, b"debug:").is_none() {
        return;
    }
    for groups in TASK.captures_iter(bytes) {
        let body = named(&groups, "body");
        let after = &bytes[body.end()..bytes.len().min(body.end() + 200)];
        fixed! {
            static NEXT = r"\n[ \t]*- ";
        }
        let task = NEXT.find(after).map_or(after, |next| &after[..next.start()]);
        if memmem::find(task, b"no_log:").is_some() {
            continue;
        }
        let zone = Span::from(body);
        // A mapping on one line closes after the name.
        let name = body.as_bytes().trim_ascii();
        let name = &name[..name.iter().take_while(|b| is_word(**b)).count()];
        if &groups["key"] == b"var" && is_known(name, zone.start, known, name) {
            let zone = Span::new(zone.start, zone.start + name.len());
            out.push(Leak::new(zone, format!("prints `{}`", text_of(name))));
        }
        let printed = expansions(bytes, zone)
            .into_iter()
            .find(|e| is_known(e.name, e.span.start, known, body.as_bytes()));
        out.extend(printed.map(|e| Leak::new(e.span, format!("prints `{}`", text_of(e.name)))));
    }
}

#[cfg(test)]
mod tests;
