//! Credentials that the commands of a shell or of a workflow print: `echo`, documents.

use std::sync::LazyLock;

use memchr::memmem;

use super::passage::{Style, arrives};
use super::{ANSWER, Known, Leak, Sink, is_known, text_of, tunnel};
use crate::check::{Input, captures_around, fixed, named};
use crate::fact::command::{Expansion, Next, command_end, expansions};
use crate::fact::lines;
use crate::fact::place::{is_program, is_prose, is_shell};
use crate::fact::words::is_word;
use crate::literals::{Hit, Literals, contains};
use crate::span::Span;

mod groups;

use groups::is_collected;

fixed! {
    /// A command that prints its arguments.
    static SHELL = r#"(?mx)(?:^|[;&|{(@"`]|\bthen|\bdo|\belse|run:|^\s*-|RUN|script:|\b(?:sh|bat|pwsh|powershell)|\s-l?c)[\ \t"@']*
        (?<command>echo|printf|logger|print|Write-(?:Host|Output|Verbose|Debug|Information|Warning|Error)|tee|cat\s*<<<|:log\s+\w+|:put)[\ \t]+"#;
}

/// What the commands that print start with.
static COMMANDS: LazyLock<Literals> =
    LazyLock::new(|| Literals::new(&["echo", "print", "logger", "Write-", "tee", "cat", ":log", ":put"]));

/// Whether a hit may be a command: it starts a word and is followed by a space.
fn is_command(bytes: &[u8], hit: &Hit) -> bool {
    let inside = hit.start > 0 && is_word(bytes[hit.start - 1]);
    let rest = &bytes[hit.end..];
    let rest = rest.strip_prefix(b"f").unwrap_or(rest);
    let begins = bytes[hit.start] == b'W'
        || bytes[hit.start] == b'c' && rest.trim_ascii_start().starts_with(b"<<<")
        || matches!(rest.first(), Some(b' ' | b'\t'));
    !inside && begins
}

/// How far before the command its line may begin, in bytes.
pub(super) const INDENT: usize = 200;

/// Finds commands that print a credential. Other commands that print are `harmless`.
pub(super) fn shell(input: &Input<'_>, known: &Known<'_>, out: &mut Vec<Leak>, harmless: &mut Vec<Sink>) {
    let bytes = input.text.bytes();
    // `print` of Perl, Ruby and Python is a call.
    let program = is_program(input.text, input.path) && !is_shell(input.text, input.path);
    let mut hits = COMMANDS.all(bytes);
    hits.retain(|hit| is_command(bytes, hit) && !(program && bytes[hit.start] == b'p'));
    // A command in what a program prints is only shown: `print("  echo $NAME")`.
    let mut texts: Vec<Span> = harmless
        .iter()
        .filter_map(|sink| match sink {
            Sink::Call { own, style } if style.plain_dollar => Some(*own),
            _ => None,
        })
        .collect();
    texts.sort_unstable();
    let is_shown = |hit: &Hit| {
        let before = texts.partition_point(|text| text.start <= hit.start);
        texts[..before].last().is_some_and(|text| hit.end <= text.end)
    };
    hits.retain(|hit| !is_shown(hit));
    for groups in captures_around(&SHELL, &hits, bytes, INDENT, |_| 0) {
        let command = named(&groups, "command");
        let whole = groups.get_match();
        // The output of `$(echo …)` and `<(echo …)` is read by the surrounding command.
        if bytes[whole.start()] == b'('
            && whole.start() > 0
            && matches!(bytes[whole.start() - 1], b'$' | b'<')
        {
            continue;
        }
        // Code that begins an item of a document; in a sentence it may be warned of, elsewhere it is a substitution.
        if bytes[whole.start()] == b'`' && !(is_prose(input.path) && begins_item(bytes, whole.start())) {
            continue;
        }
        // `awk '{print $1}'`, `perl -ne 'print $1'`: a program of its own.
        let line = lines::before(bytes, command.start(), INDENT);
        let own =
            command.as_bytes().starts_with(b"print") && line.iter().filter(|b| **b == b'\'').count() % 2 == 1;
        if own
            && [&b"awk"[..], b"perl", b"ruby", b"python"]
                .iter()
                .any(|tool| memmem::find(line, tool).is_some())
        {
            continue;
        }
        let Some(zone) = shown(bytes, command.start()) else { continue };
        let body = &bytes[zone.start..zone.end];
        // The arguments of PowerShell's commands are expressions.
        let arguments = command.as_bytes().starts_with(b"Write-").then(|| whole.end());
        let variables = expansions(bytes, zone);
        let leak = variables.iter().find(|expansion| {
            is_known(expansion.name, expansion.span.start, known, body)
                && match arguments {
                    Some(start) => reaches(&bytes[start..zone.end], start, expansion),
                    None => !is_substituted(bytes, zone, expansion.span),
                }
        });
        let leak = leak.map(|e| Leak::new(e.span, format!("prints `{}`", text_of(e.name))));
        let answer = || known.answers.in_command(zone, &variables);
        let leak = leak.or_else(|| {
            let span = answer()?;
            Some(Leak::new(span, format!("{ANSWER} `{}`", text_of(&bytes[span.start..span.end]))))
        });
        let leak = leak.or_else(|| Some(Leak::new(tunnel::substituted(bytes, zone)?, tunnel::MESSAGE)));
        match leak {
            Some(leak) => out.push(leak),
            None => harmless.push(Sink::Command(zone)),
        }
    }
}

/// Whether nothing but the mark of a list is before a place in its line: `1. `, `- `.
fn begins_item(bytes: &[u8], at: usize) -> bool {
    let before = lines::before(bytes, at, INDENT).trim_ascii();
    !before.is_empty() && before.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b')' | b'-' | b'*'))
}

/// Finds documents that `cat` prints: `cat <<EOF`, lines with variables, `EOF`.
pub(super) fn documents(bytes: &[u8], known: &Known<'_>, out: &mut Vec<Leak>) {
    /// How much of a document is read, in bytes.
    const LONGEST: usize = 10_000;
    fixed! {
        static DOCUMENT = r"(?m)(?:^|[;&{]|\bthen|\belse|\bdo)[ \t]*(?P<command>cat)[ \t]*(?:>&2[ \t]*)?<<-?[ \t]*(?P<end>[A-Za-z_]\w*)[ \t]*(?:>&2)?[ \t]*\r?\n";
    }
    if memmem::find(bytes, b"<<").is_none() {
        return;
    }
    let mut done = 0;
    for groups in DOCUMENT.captures_iter(bytes) {
        let start = groups.get_match().end();
        // A line of another document.
        if start < done {
            continue;
        }
        let end = named(&groups, "end").as_bytes();
        let mut length = 0;
        for line in bytes[start..].split_inclusive(|b| *b == b'\n') {
            if line.trim_ascii() == end || length + line.len() > LONGEST {
                break;
            }
            length += line.len();
        }
        let zone = Span::new(start, start + length);
        done = zone.end;
        if is_collected(bytes, Span::new(named(&groups, "command").start(), zone.end)) {
            continue;
        }
        let leak = expansions(bytes, zone).into_iter().find(|expansion| {
            is_known(expansion.name, expansion.span.start, known, &bytes[zone.start..zone.end])
                && !is_substituted(bytes, zone, expansion.span)
        });
        out.extend(leak.map(|e| Leak::new(e.span, format!("prints `{}`", text_of(e.name)))));
    }
}

/// Whether the value of a variable reaches a command of PowerShell, whose arguments start at a place.
pub(super) fn reaches(arguments: &[u8], start: usize, variable: &Expansion<'_>) -> bool {
    let at = |at: usize| at.checked_sub(start);
    let (Some(first), Some(last)) = (at(variable.span.start), at(variable.span.end)) else { return false };
    // `${env:NAME}`
    let name = memmem::rfind(&arguments[first..last], variable.name).map_or(first, |at| first + at);
    arrives(arguments, Span::new(name, name + variable.name.len()), Style::default())
}

/// Returns the command that starts at a place, if what it prints is shown.
pub(super) fn shown(bytes: &[u8], start: usize) -> Option<Span> {
    let (end, next) = command_end(bytes, start);
    let zone = Span::new(start, end);
    let body = &bytes[zone.start..zone.end];
    let masks = || memmem::find(body, b"::add-mask::").is_some() || memmem::find(body, b"vso[tas").is_some();
    (reaches_output(bytes, body, next) && !is_collected(bytes, zone) && !masks()).then_some(zone)
}

/// Whether the output of a command is shown, rather than read by a tool or written to a file.
pub(super) fn reaches_output(bytes: &[u8], body: &[u8], next: Next) -> bool {
    fixed! {
        /// A redirection to a file or a descriptor.
        static REDIRECT = r#"(?:^|[^-=$>&<])(?<from>[12&]?)>{1,2}\s*(?<to>"?[^\s"';)]+)"#;
        /// A command that passes its input on to its output.
        static SHOWS = r"^\s*(?:sudo\s+)?(?:tee|cat|less|more|sort|uniq|base64|rev|sed|xxd|od|hexdump|fold|tr|cut\s+-c\s*1-(?:\d{3,}|[2-9]\d)|column|jq|json_pp|python3?\s+-m\s+json\.tool|nl|Out-Host|Write-Host|Out-String|Tee-Object|logger)\b|^\s*cut\s+-c\s*1-(?:\s|$)";
    }
    if let Next::Pipe(start) = next {
        let (end, after) = command_end(bytes, start);
        let tool = &bytes[start..end];
        // `sed 's/=.*/=***/'`
        let masks = tool.trim_ascii_start().starts_with(b"sed") && memmem::find(tool, b"**").is_some();
        return !masks && SHOWS.is_match(tool) && reaches_output(bytes, tool, after);
    }
    // Where errors go does not matter.
    let redirects = REDIRECT.captures_iter(body).filter(|groups| &groups["from"] != b"2");
    match redirects.last() {
        None => true,
        Some(groups) => {
            // A descriptor of a tool is no output; a log is read by others.
            let to = &groups["to"];
            matches!(to, [b'&', b'1' | b'2' | b'-', ..])
                || [&b"/dev/std"[..], b"/dev/tty", b"step_summary", b"/log/", b".log", b"$log"]
                    .iter()
                    .any(|place| contains(to, place))
        }
    }
}

/// Whether a variable is used by a command whose output takes its place: `echo "$(curl -H "A: $TOKEN" URL)"`. A command
/// that only prints it hands it on, unless another one reads that: `echo "$(echo $TOKEN | cut -c1-4)…"`.
pub(super) fn is_substituted(bytes: &[u8], zone: Span, variable: Span) -> bool {
    let before = &bytes[zone.start..variable.start];
    let Some(inner) = substitution(before) else { return false };
    let command = before[inner..].trim_ascii_start();
    let word = &command[..command.iter().take_while(|b| is_word(**b)).count()];
    if !matches!(word, b"echo" | b"printf" | b"print") {
        return true;
    }
    let (_, next) = command_end(bytes, zone.start + inner);
    matches!(next, Next::Pipe(_))
}

/// Returns where the innermost command starts that is still open at the end of the bytes: behind `$(` or a backtick.
pub(super) fn substitution(bytes: &[u8]) -> Option<usize> {
    let (mut open, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'$' if bytes.get(at + 1) == Some(&b'(') => {
                at += 1;
                open.push((at + 1, depth));
            }
            b'`' if open.last().is_some_and(|(start, _)| bytes[*start - 1] == b'`') => {
                open.pop();
            }
            b'`' => open.push((at + 1, depth)),
            b'(' => depth += 1,
            b')' if open.last().is_some_and(|(_, outer)| *outer == depth) => {
                open.pop();
            }
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    open.last().map(|(start, _)| *start)
}

#[cfg(test)]
mod tests;
