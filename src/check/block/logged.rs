//! Credentials that are printed: by a shell, a program, a workflow step, or a tool in verbose mode.

use memchr::memmem;

use super::taint::injects;
use super::{Detection, is_comment};
use crate::check::{Candidate, Input, Sign};
use crate::fact::place::is_compiled;
use crate::rule::Confidence;
use crate::span::Span;

mod calls;
mod code;
mod dumps;
mod known;
mod passage;
mod printer;
mod shell;
mod template;
mod trace;
mod tunnel;

use known::{Known, is_known};
use passage::Style;

/// `variant = "credential-logged"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    let concerned = input.signs.any(&[Sign::ApiHost, Sign::Client])
        || input.names_credential()
        || input.signs.has(Sign::Injected) && injects(bytes)
        || input.signs.has(Sign::Tunnel) && tunnel::is_asked(bytes);
    if !concerned {
        return;
    }
    let known = Known::of(input.text);
    let mut found: Vec<Leak> = Vec::new();
    let mut harmless = Vec::new();
    code::calls(input, &known, &mut found, &mut harmless);
    trace::talks(input, &known, &mut found);
    if !is_compiled(input.path) {
        // `echo` of PHP is a call.
        if memmem::find(bytes, b"<?php").is_none() {
            /// How many commands are followed to the function that they are in.
            const MOST: usize = 200;
            let mut printed = Vec::new();
            shell::shell(input, &known, &mut printed, &mut harmless);
            let mut number = 0;
            printed.retain(|leak| {
                number += 1;
                number > MOST || !printer::is_returned(bytes, leak.span)
            });
            found.append(&mut printed);
        }
        shell::documents(bytes, &known, &mut found);
        trace::traces(input, &known, &mut found);
        trace::verbose(bytes, &known, &mut found);
        dumps::dumps(input, &mut found);
        dumps::debug_tasks(bytes, &known, &mut found);
        dumps::outputs(bytes, input.path, &mut found);
        dumps::tunnel_tokens(bytes, input.path, &mut found);
        dumps::notes(bytes, input.path, &known, &mut found);
        code::responses(input, &mut found);
    }
    printer::calls(bytes, &harmless, &known, &mut found);
    for Leak { span, message } in found {
        let line = input.text.line_near(span.start);
        if is_comment(input.text.get(line)) {
            continue;
        }
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        candidate.message = Some(message);
        out.push(candidate);
    }
}

/// A place where a credential is written to a log.
struct Leak {
    span: Span,
    /// The message of the finding.
    message: String,
}

impl Leak {
    fn new(span: Span, message: impl Into<String>) -> Leak {
        Leak { span, message: message.into() }
    }
}

/// A place that prints something which is no credential by itself.
#[derive(Clone, Copy)]
enum Sink {
    /// The arguments of a call.
    Call { own: Span, style: Style },
    /// A whole command.
    Command(Span),
}

/// How the message begins for an answer of the API.
const ANSWER: &str = "prints the answer of the API with the credential in it,";

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Leak;

    /// Returns what one of the searches finds in a text.
    pub(super) fn found(text: &str, search: impl Fn(&[u8], &mut Vec<Leak>)) -> Vec<String> {
        let mut out = Vec::new();
        search(text.as_bytes(), &mut out);
        out.iter().map(|leak| text[leak.span.start..leak.span.end].to_owned()).collect()
    }
}
