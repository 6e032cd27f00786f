//! Credentials that are printed: by a shell, a program, a workflow step, or a tool in verbose mode.

use std::cell::OnceCell;
use std::collections::HashSet;

use regex::bytes::Captures;

use super::taint::tainted;
use super::{Detection, is_comment};
use crate::check::{Candidate, Input, Sign, fixed};
use crate::fact::credential::{is_credential, is_secret, mentions};
use crate::fact::place::is_compiled;
use crate::literals::contains;
use crate::rule::Confidence;
use crate::span::Span;

mod code;
mod printer;
mod shell;

/// `variant = "credential-logged"`.
pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    if !input.signs.has(Sign::ApiHost) && !input.names_credential() {
        return;
    }
    let known = Known::new(bytes);
    let mut found: Vec<Leak> = Vec::new();
    let mut harmless = Vec::new();
    code::calls(input, &known, &mut found, &mut harmless);
    if !is_compiled(input.path) {
        shell::shell(bytes, &known, &mut found, &mut harmless);
        shell::traces(bytes, &known, &mut found);
        shell::verbose(bytes, &known, &mut found);
        shell::dumps(input, &mut found);
        shell::debug_tasks(bytes, &known, &mut found);
        shell::outputs(bytes, input.path, &mut found);
        code::responses(bytes, &mut found);
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

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a file says about its credentials, computed when first asked for.
struct Known<'a> {
    bytes: &'a [u8],
    names: OnceCell<HashSet<Vec<u8>>>,
    sends: OnceCell<bool>,
    rolls: OnceCell<bool>,
    headers: OnceCell<HashSet<&'a [u8]>>,
}

impl<'a> Known<'a> {
    fn new(bytes: &'a [u8]) -> Known<'a> {
        Known {
            bytes,
            names: OnceCell::new(),
            sends: OnceCell::new(),
            rolls: OnceCell::new(),
            headers: OnceCell::new(),
        }
    }

    /// Returns the names that hold a credential.
    fn names(&self) -> &HashSet<Vec<u8>> {
        self.names.get_or_init(|| tainted(self.bytes))
    }

    /// Whether the file puts a credential into the headers of a request to the API.
    fn sends(&self) -> bool {
        fixed! {
            static BEARER = r#"(?i)authorization["'\])]*\s*(?:=>|[,:=])\s*[^\n]{0,20}bearer"#;
        }
        *self.sends.get_or_init(|| contains(self.bytes, b"api.cloudflare.com") && BEARER.is_match(self.bytes))
    }

    /// Whether the file rolls a token through the API.
    fn rolls(&self) -> bool {
        fixed! {
            static ROLL = r#"/tokens/[^\s"'`]{1,60}/value\b"#;
        }
        *self.rolls.get_or_init(|| ROLL.is_match(self.bytes))
    }

    /// Returns the names of headers with a token among them: `headers = {"Authorization": f"Bearer {token}"}`.
    fn headers(&self) -> &HashSet<&'a [u8]> {
        /// No program has more.
        const MOST: usize = 100;
        fixed! {
            static BOUND = r#"(?P<name>\w*(?i:headers))\s*(?::\s*\w+\s*)?:?=\s*[\w.]{0,20}[{(\[][^})\]]{0,300}(?i:authorization)["'`]?\s*(?:=>|[:=,])\s*[fb$]?["'`]\s*(?i:bearer)"#;
        }
        let name = |groups: Captures<'a>| groups.name("name").map(|name| name.as_bytes());
        self.headers.get_or_init(|| BOUND.captures_iter(self.bytes).filter_map(name).take(MOST).collect())
    }

    fn contains(&self, name: &[u8]) -> bool {
        self.names().contains(name)
    }
}

/// Whether a name in this context holds a credential: by itself, because one is assigned to it, or because the
/// surrounding text says so.
fn is_known(name: &[u8], known: &Known<'_>, around: &[u8]) -> bool {
    let own = [&b"self."[..], b"this."].into_iter().find_map(|object| name.strip_prefix(object));
    // A field is accessed through any name: `settings.api_token`.
    let field = name.iter().rposition(|b| *b == b'.').map(|dot| &name[dot + 1..]);
    is_credential(name)
        || known.contains(own.unwrap_or(name))
        || field.is_some_and(|field| is_secret(field) && known.contains(field))
        // `key` alone is mostly that of a map.
        || (is_secret(name) && !name.eq_ignore_ascii_case(b"key") && (mentions_vendor(around) || known.rolls()))
}

fn mentions_vendor(text: &[u8]) -> bool {
    contains(text, b"cloudflare") || mentions(text)
}
