//! Functions of a file that print what they are given, and the calls that give them a credential:
//! `log() { echo "$(date) $*"; }` … `log "token: $CF_API_TOKEN"`.

use std::collections::HashSet;

use memchr::memmem;

use super::calls::End;
use super::code::{arguments_end, printed};
use super::passage::Style;
use super::shell::{is_substituted, reaches, shown, substitution};
use super::{Known, Leak, Sink, is_known, text_of};
use crate::check::{fixed, named};
use crate::fact::brackets::{self, arguments};
use crate::fact::command::{Expansion, expansions};
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::span::Span;

/// How many calls that print are examined in one file, and how many functions are followed.
const MOST_SINKS: usize = 300;
const MOST: usize = 20;
/// How many calls of one function are examined.
const MOST_CALLS: usize = 500;
/// How far above a call the head of its function may be, in lines, and how long a line may be, in bytes.
const ABOVE: usize = 12;
/// How far into a function of a shell a command may be that prints its result, in bytes.
const FUNCTION_LENGTH: usize = 1500;
const LINE: usize = 300;

/// A function that prints its arguments.
struct Printer<'b> {
    name: &'b [u8],
    /// Where its name stands in its declaration.
    declared: usize,
    /// Whether it is a function of a shell, whose arguments are words.
    is_shell: bool,
    /// Whether it is called through its object: a method of JavaScript or Python.
    is_method: bool,
    printed: Which<'b>,
}

/// Which arguments are printed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Which<'b> {
    /// Counted from 0.
    single: Vec<usize>,
    /// All from this one on.
    rest: Option<usize>,
    /// Those of PowerShell that a call may name: `-Message`.
    named: Vec<&'b [u8]>,
}

impl Which<'_> {
    fn has(&self, number: usize) -> bool {
        self.single.contains(&number) || self.rest.is_some_and(|first| number >= first)
    }
}

/// Finds credentials that are given to a function of the file that prints them.
pub(super) fn calls(bytes: &[u8], sinks: &[Sink], known: &Known<'_>, out: &mut Vec<Leak>) {
    let mut seen = HashSet::new();
    for sink in sinks.iter().take(MOST_SINKS) {
        let Some(printer) = printer(bytes, *sink, known) else { continue };
        if seen.len() >= MOST {
            break;
        }
        seen.insert(printer.declared);
        for at in memmem::find_iter(bytes, printer.name).take(MOST_CALLS) {
            if at == printer.declared || at > 0 && is_word(bytes[at - 1]) {
                continue;
            }
            let end = at + printer.name.len();
            let leak = if printer.is_shell {
                command(bytes, at, end, &printer, known)
            } else {
                call(bytes, at, end, &printer, known)
            };
            let Some((span, name)) = leak else { continue };
            if !out.iter().any(|leak| leak.span.overlaps(span)) {
                let (name, printer) = (text_of(name), text_of(printer.name));
                out.push(Leak::new(span, format!("prints `{name}` through `{printer}`")));
            }
        }
    }
}

/// Returns a credential among the words of a command that are printed.
fn command<'b>(
    bytes: &'b [u8],
    start: usize,
    end: usize,
    printer: &Printer<'b>,
    known: &Known<'_>,
) -> Option<(Span, &'b [u8])> {
    let before = lines::before(bytes, start, LINE).trim_ascii_end();
    let starts = matches!(before.last(), None | Some(b';' | b'&' | b'|' | b'{'))
        || [&b"then"[..], b"do", b"else", b"!"].iter().any(|word| before.ends_with(word));
    if !starts || !matches!(bytes.get(end), Some(b' ' | b'\t')) {
        return None;
    }
    let zone = shown(bytes, start)?;
    let mut printed = printed_words(bytes, Span::new(end, zone.end.max(end)), &printer.printed);
    printed.find_map(|word| {
        let known = |e: &Expansion<'_>| is_known(e.name, e.span.start, known, &bytes[zone.start..zone.end]);
        let found = expansions(bytes, word).into_iter().find(known)?;
        let given = if printer.printed.named.is_empty() {
            !is_substituted(bytes, zone, found.span)
        } else {
            reaches(&bytes[end..zone.end], end, &found)
        };
        given.then_some((found.span, found.name))
    })
}

/// Returns the words of a command, without its name, that a function prints.
fn printed_words<'p>(
    bytes: &'p [u8],
    zone: Span,
    printed: &'p Which<'_>,
) -> impl Iterator<Item = Span> + use<'p> {
    let mut number = 0;
    let mut option: Option<&[u8]> = None;
    words(bytes, zone).into_iter().filter(move |word| {
        let text = &bytes[word.start..word.end];
        if !printed.named.is_empty() && text.starts_with(b"-") && text.len() > 1 {
            option = Some(&text[1..]);
            return false;
        }
        if let Some(option) = option.take() {
            return printed.named.iter().any(|name| name.eq_ignore_ascii_case(option));
        }
        number += 1;
        printed.has(number - 1)
    })
}

/// Returns a credential among the arguments of a call that are printed.
fn call<'b>(
    bytes: &'b [u8],
    start: usize,
    end: usize,
    printer: &Printer<'b>,
    known: &Known<'_>,
) -> Option<(Span, &'b [u8])> {
    let before = &bytes[..start];
    let owner = before.ends_with(b".") || before.ends_with(b">") || before.ends_with(b":");
    let own =
        [&b"self."[..], b"this.", b"$this->", b"self::", b"Self::", b"@"].iter().any(|w| before.ends_with(w));
    if (owner || printer.is_method) && !own || bytes.get(end) != Some(&b'(') {
        return None;
    }
    let inside = Span::new(end + 1, arguments_end(bytes, end + 1, End::Bracket));
    let body = &bytes[inside.start..inside.end];
    let own = arguments(body).into_iter().enumerate().filter(|(number, _)| printer.printed.has(*number));
    own.into_iter().find_map(|(_, argument)| {
        let text = &body[argument.start..argument.end];
        // A message that is put together as an argument.
        let braces = memmem::find(text, b"format!(").is_some();
        let place = printed(text, Style { braces, ..Style::default() }, known, &|name, at| {
            is_known(name, inside.start + argument.start + at, known, body)
        })?;
        let span = place.shift(inside.start + argument.start);
        Some((span, &bytes[span.start..span.end]))
    })
}

/// Returns the function that a call is in, if the call prints an argument of it.
fn printer<'b>(bytes: &'b [u8], sink: Sink, known: &Known<'_>) -> Option<Printer<'b>> {
    fixed! {
        static HEAD = concat!(
            r"^\s*(?:(?:export|default|public|private|protected|internal|static|final|async|override|suspend|pub(?:\([a-z]+\))?|local|unsafe|inline)\s+)*",
            r"(?:(?:def|defp|func|function|fn|fun|sub)\s+(?:\([^()]*\)\s*)?(?P<a>[A-Za-z_][\w-]*)[ \t]*(?:\((?P<ap>[^()]*)\))?",
            r"|(?:const|let|var|val)\s+(?P<b>\w+)\s*=\s*(?:async\s*)?(?:function\s*\w*\s*)?(?:\((?P<bp>[^()]*)\)|(?P<bq>\w+))\s*(?::[^=]{1,40})?(?:=>|\{)",
            r"|(?P<c>[A-Za-z_][\w-]*)\s*\(\s*\)\s*(?:\{|$)",
            r"|(?P<type>[A-Za-z_][\w:<>,*&\[\]?.]*\s+)?[*&]?(?P<d>[A-Za-z_]\w*)\((?P<dp>[^()]*)\)\s*(?::[^={}]{1,40}|throws\s+\w+\s*)?(?:\{|$))",
        );
    }
    const BLOCKS: &[&[u8]] =
        &[b"if", b"for", b"while", b"switch", b"catch", b"with", b"elif", b"elseif", b"foreach"];
    let (own, style, is_shell) = match sink {
        Sink::Call { own, style } => (own, style, false),
        Sink::Command(own) => (own, Style::default(), true),
    };
    let mut place = lines::start(bytes, own.start.saturating_sub(LINE), own.start);
    let mut head = &bytes[place..own.start];
    let mut depth = lines::indentation(head);
    for _ in 0..ABOVE {
        let groups = HEAD.captures(head).and_then(|groups| {
            let name = ["a", "b", "c", "d"].into_iter().find_map(|name| groups.name(name))?;
            (!BLOCKS.contains(&name.as_bytes())).then_some((name, groups))
        });
        if let Some((name, groups)) = groups {
            let body = &bytes[own.start..own.end];
            let printed = if is_shell {
                in_shell(&bytes[place + name.end()..own.start], body)?
            } else {
                let parameters = ["ap", "bp", "bq", "dp"].into_iter().find_map(|name| groups.name(name))?;
                of_parameters(parameters.as_bytes(), body, style, known)?
            };
            // Other languages call the methods of their object by name alone.
            let of_object = groups.name("d").is_some() && groups.name("type").is_none()
                || groups
                    .name("ap")
                    .is_some_and(|list| list.as_bytes().trim_ascii_start().starts_with(b"self"));
            return Some(Printer {
                name: name.as_bytes(),
                declared: place + name.start(),
                is_shell,
                is_method: of_object && depth > 0,
                printed,
            });
        }
        // The next line above that is indented less; its bracket may stand alone on a line.
        loop {
            let end = place.checked_sub(1)?;
            place = lines::start(bytes, end.saturating_sub(LINE), end);
            head = &bytes[place..end];
            let text = head.trim_ascii();
            if text == b"{" && lines::indentation(head) < depth {
                depth = lines::indentation(head) + 1;
            } else if !text.is_empty() && lines::indentation(head) < depth {
                break;
            }
        }
        depth = lines::indentation(head);
    }
    None
}

/// Whether a command is in a function of a shell that gives back what it prints: `token() { echo "$T"; }`, called only as
/// `$(token)`, in a pipeline, or into a file.
pub(super) fn is_returned(bytes: &[u8], command: Span) -> bool {
    fixed! {
        static FUNCTION = r"^\s*(?:function\s+)?(?P<name>[A-Za-z_][\w-]*)\s*(?:\(\s*\)\s*(?:\{|$)|\{)";
    }
    let mut place = lines::start(bytes, command.start.saturating_sub(LINE), command.start);
    let mut head = &bytes[place..command.start];
    let mut depth = lines::indentation(head) + 1;
    let name = loop {
        if lines::indentation(head) < depth && !head.trim_ascii().is_empty() {
            if let Some(groups) = FUNCTION.captures(head) {
                break groups.name("name").expect("always takes part");
            }
            depth = lines::indentation(head);
        }
        let Some(end) = place.checked_sub(1).filter(|_| depth > 0) else { return false };
        place = lines::start(bytes, end.saturating_sub(LINE), end);
        head = &bytes[place..end];
        if command.start - place > FUNCTION_LENGTH {
            return false;
        }
    };
    let declared = place + name.start();
    let own = memmem::find_iter(bytes, name.as_bytes()).filter(|at| {
        let after = bytes.get(at + name.len());
        *at != declared
            && !at.checked_sub(1).is_some_and(|before| is_word(bytes[before]) || bytes[before] == b'-')
            && !after.is_some_and(|b| is_word(*b) || matches!(b, b'-' | b'(' | b'='))
    });
    let mut calls = own.take(MOST_CALLS).peekable();
    calls.peek().is_some()
        && calls.all(|at| {
            let start = lines::start(bytes, at.saturating_sub(LINE), at);
            substitution(&bytes[start..at]).is_some() || shown(bytes, at).is_none()
        })
}

/// Returns which of a function's parameters are among the arguments of a call in it.
fn of_parameters(parameters: &[u8], body: &[u8], style: Style, known: &Known<'_>) -> Option<Which<'static>> {
    let words =
        |own: &Span| parameters[own.start..own.end].split(|b| !is_word(*b)).filter(|word| !word.is_empty());
    let own = arguments(parameters)
        .into_iter()
        .filter(|own| !words(own).any(|word| matches!(word, b"self" | b"cls")));
    let mut out = Which::default();
    for (number, own) in own.enumerate() {
        // A default value is no name.
        let text =
            parameters[own.start..own.end].split(|b| *b == b'=').next().unwrap_or_default().trim_ascii();
        let names: Vec<&[u8]> = words(&own).collect();
        if printed(body, style, known, &|name, _| names.contains(&name)).is_none() {
            continue;
        }
        if text.starts_with(b"*") || memmem::find(text, b"...").is_some() || text.starts_with(b"params ") {
            out.rest = Some(number);
        } else {
            out.single.push(number);
        }
    }
    (out != Which::default()).then_some(out)
}

/// Returns which of the arguments of a shell's function a command in it prints: `$1`, `$*`, or a variable that holds one.
fn in_shell<'b>(between: &'b [u8], body: &[u8]) -> Option<Which<'b>> {
    fixed! {
        static ARGUMENT = r#"\$(?:\{(?P<braced>[1-9*@])(?::?[-?=][^}]*)?\}|(?P<plain>[1-9*@]))"#;
        static HELD = r#"(?:^|[\s;])(?P<name>\w+)=["']?\$\{?(?P<argument>[1-9*@])"#;
        static DECLARED = r"(?i)\bparam\s*\(|^\s*\(";
        static PARAMETER = r"\$(?P<name>\w+)\s*(?:=[^,]*)?(?:,|$)";
    }
    let mut printed = expansions(body, Span::new(0, body.len()));
    if body.starts_with(b"Write-") {
        let start = body.iter().position(u8::is_ascii_whitespace).unwrap_or(body.len());
        printed.retain(|variable| reaches(&body[start..], start, variable));
    }
    let direct = ARGUMENT
        .captures_iter(body)
        .filter_map(|groups| groups.name("braced").or_else(|| groups.name("plain")));
    let held = HELD.captures_iter(between).filter(|held| printed.iter().any(|e| e.name == &held["name"]));
    let held = held.filter_map(|held| held.name("argument"));
    let mut out = Which::default();
    for argument in direct.chain(held) {
        match argument.as_bytes().first() {
            Some(digit @ b'1'..=b'9') => out.single.push(usize::from(digit - b'1')),
            _ => out.rest = Some(0),
        }
    }
    if out != Which::default() {
        return Some(out);
    }
    // PowerShell names its parameters.
    let block = DECLARED.find(between)?;
    let names = &between[block.end() - 1..];
    let names = &names[..brackets::closing(names)?];
    for (number, declared) in PARAMETER.captures_iter(names).enumerate() {
        let name = named(&declared, "name").as_bytes();
        if printed.iter().any(|e| e.name == name) {
            out.single.push(number);
            out.named.push(name);
        }
    }
    (!out.named.is_empty()).then_some(out)
}

/// Returns the words of a command after its name, with their quotes.
fn words(bytes: &[u8], zone: Span) -> Vec<Span> {
    let (mut out, mut quote, mut start, mut at) = (Vec::new(), 0_u8, None, zone.start);
    while at < zone.end {
        let byte = bytes[at];
        if quote == 0 && byte.is_ascii_whitespace() {
            out.extend(start.take().map(|start| Span::new(start, at)));
            at += 1;
            continue;
        }
        start.get_or_insert(at);
        match byte {
            b'\\' => at += 1,
            _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
            b'"' | b'\'' => quote = byte,
            _ => {}
        }
        at += 1;
    }
    out.extend(start.map(|start| Span::new(start, zone.end)));
    out
}

#[cfg(test)]
mod tests;
