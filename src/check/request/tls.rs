//! Clients of the API whose certificate checks are turned off.

use std::cell::LazyCell;
use std::cmp::Reverse;

use memchr::memmem;

use super::super::{Candidate, Detection, Input, Sign, fixed};
use super::{API, proxy};
use crate::fact::place::{
    around, in_comment, in_pattern, in_prose, is_compiled, is_image, is_prose, is_test, is_yaml, mapping,
    parent,
};
use crate::fact::setting::about;
use crate::fact::statement::statement;
use crate::fact::words::is_word;
use crate::literals::contains;
use crate::span::Span;

mod addresses;
mod clients;
mod connection;
mod groups;
mod reach;
mod scope;
mod switch;
mod target;
mod uses;
mod wrapper;

use addresses::{Address, addresses};
use clients::makes_request;
use connection::{bears_credential, sends_key};
use switch::{SET, STORED, is_command, is_evaluated, is_of_git, lax_commands, switches};
use target::target;

/// `variant = "tls-off"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    if !input.signs.any(&[Sign::Api, Sign::Client, Sign::ToolSwitch, Sign::KeyHeader])
        && !bears_credential(input)
    {
        return;
    }
    let mut switches = switches(bytes);
    switches.retain(|switch| !is_denied(bytes, *switch));
    switches.extend(lax_commands(input));
    switches.extend(proxy::switches(bytes));
    let has_commands = memmem::find(bytes, b"curl").is_some() && !is_compiled(input.path);
    let stored = if has_commands { stored(bytes) } else { Vec::new() };
    switches.extend(stored.iter().map(|stored| stored.switch));
    // A switch inside of a command is a part of the command.
    switches.sort_unstable_by_key(|switch| (switch.start, Reverse(switch.end)));
    switches.dedup_by(|later, earlier| later.overlaps(*earlier));
    if switches.is_empty() || tests_own_server(input) {
        return;
    }
    let addresses = LazyCell::new(|| addresses(bytes));
    let mut last: Option<usize> = None;
    for switch in switches {
        // Switches on neighbouring lines belong to one client.
        let line = input.text.line_index(switch.start);
        if last.is_some_and(|last| line.abs_diff(last) <= 3) {
            continue;
        }
        let near_origin = {
            let line = input.text.line_near(switch.start);
            let around = &bytes[line.start.saturating_sub(200)..line.end];
            contains(around, b"originrequest") || contains(around, b"notlsverify")
        };
        if near_origin
            || in_comment(input.text, switch.start, input.path)
            || in_prose(input.text, switch.start, input.path)
            || in_pattern(input.text, switch.start, input.path)
        {
            continue;
        }
        if is_inline_code(input, switch)
            || is_import(input, switch)
            || is_of_git(input, switch)
            || is_evaluated(input, switch)
        {
            continue;
        }
        let found = by_name(input, switch).map(|place| Address::plain(place, true));
        let stored = stored.iter().find(|stored| stored.switch.overlaps(switch) && stored.is_used(bytes));
        let found = found.or_else(|| match stored {
            Some(stored) => stored.target(input, &addresses),
            None => target(input, switch, &addresses),
        });
        let Some(Address { place, is_cloudflare: true, .. }) = found else { continue };
        last = Some(line);
        let span = narrow(input, switch);
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        if !place.overlaps(span) {
            found.labels.push((place, String::from("the API it talks to")));
        }
        out.push(found);
    }
}

/// A switch among options that a script stores in a variable.
struct Stored<'b> {
    switch: Span,
    name: &'b [u8],
    /// Whether the command is stored as well.
    command: bool,
}

/// Returns the stored switches of a script.
fn stored(bytes: &[u8]) -> Vec<Stored<'_>> {
    /// No script has more; each takes a search of the whole text.
    const MOST: usize = 50;
    let found = STORED.captures_iter(bytes).chain(SET.captures_iter(bytes)).filter_map(|groups| {
        let (switch, name) = (groups.name("span")?, groups.name("name")?);
        let switch = Span::from(switch);
        let command = contains(&bytes[name.end()..switch.start], b"curl");
        Some(Stored { switch, name: name.as_bytes(), command })
    });
    found.take(MOST).collect()
}

impl Stored<'_> {
    /// Returns the places where the variable is expanded: `$OPTIONS`, `${OPTIONS[@]}`, `$(CURL)`, `%OPTIONS%`.
    fn uses<'u>(&'u self, bytes: &'u [u8]) -> impl Iterator<Item = Span> {
        let places = memmem::find_iter(bytes, self.name).map(|at| Span::new(at, at + self.name.len()));
        places.filter(|place| {
            let before = &bytes[..place.start];
            !bytes.get(place.end).copied().is_some_and(is_word)
                && [&b"$"[..], b"${", b"$(", b"%"].iter().any(|mark| before.ends_with(mark))
        })
    }

    fn is_used(&self, bytes: &[u8]) -> bool {
        self.uses(bytes).next().is_some()
    }

    /// Returns the API address that a command with the stored options talks to: `curl $OPTIONS "$API/zones"`.
    fn target(&self, input: &Input<'_>, addresses: &[Address]) -> Option<Address> {
        const USES: usize = 20;
        let targets = self.uses(input.text.bytes()).take(USES).filter_map(|place| {
            let calls = self.command || contains(input.text.get(statement(input.text, place)), b"curl");
            calls.then(|| target(input, place, addresses)).flatten()
        });
        targets.into_iter().find(|address| address.is_cloudflare)
    }
}

/// Whether a switch of PowerShell is turned off again: `-SkipCertificateCheck:$false`.
fn is_denied(bytes: &[u8], switch: Span) -> bool {
    const DENIED: &[u8] = b":$false";
    let own = &bytes[switch.start..switch.end];
    let skips = own.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"-skip"));
    skips && (own.ends_with(DENIED) || bytes[switch.end..].starts_with(DENIED))
}

/// Whether the file is a test that starts its own server and calls no address of the API.
fn tests_own_server(input: &Input<'_>) -> bool {
    fixed! {
        static SERVER = r"httptest\.New|MockWebServer|WireMock|wiremock|HTTPServer|TestServer|createServer\(|pytest_httpserver|MockServer|127\.0\.0\.1|\[::1\]|\blocalhost\b";
    }
    is_test(input.path) && SERVER.is_match(input.text.bytes()) && !calls_api(input)
}

/// Whether a test has the API's host anywhere but in an assertion, which only compares it.
fn calls_api(input: &Input<'_>) -> bool {
    fixed! {
        static ASSERTS = r"(?i)^\s*(?:\w+\.)?assert|\bexpect\w*\(|\bassert\w*[.(!]|\b(?:require|t|is)\.(?:\w*equal|contains|is)\w*\(|\.should\b|\.to_?(?:be|equal|eq)\b";
    }
    const HOST: &[u8] = b"api.cloudflare.com";
    input.signs.has(Sign::ApiHost)
        && memmem::find_iter(input.text.bytes(), HOST).any(|at| {
            let line = input.text.get(input.text.line_near(at));
            !ASSERTS.is_match(line) || makes_request(line)
        })
}

/// Whether the line is an import.
fn is_import(input: &Input<'_>, switch: Span) -> bool {
    let line = input.text.get(input.text.line_near(switch.start)).trim_ascii_start();
    [&b"import "[..], b"from ", b"use ", b"using "].iter().any(|word| line.starts_with(word))
}

/// Whether the switch is inline code in prose, between backticks that hold no address.
fn is_inline_code(input: &Input<'_>, switch: Span) -> bool {
    if !is_prose(input.path) {
        return false;
    }
    let line = input.text.line_near(switch.start);
    let line = Span::new(line.start.max(switch.start.saturating_sub(500)), line.end.max(switch.start));
    let mark = |b: &u8| *b == b'`';
    let before = input.text.get(Span::new(line.start, switch.start));
    let after = input.text.get(Span::new(switch.start, line.end.min(switch.start + 500)));
    let (Some(open), Some(close)) = (before.iter().rposition(mark), after.iter().position(mark)) else {
        return false;
    };
    let open_marks = before.iter().filter(|b| mark(b)).count();
    open_marks % 2 == 1 && !API.is_match(input.text.get(Span::new(line.start + open, switch.start + close)))
}

/// Returns what shows that the switch concerns the API where there is no address: the entry of a dynamic DNS provider,
/// or a command that talks to the API.
fn by_name(input: &Input<'_>, switch: Span) -> Option<Span> {
    fixed! {
        static COMMAND = r#"(?i)\b(?:wrangler|flarectl)(?:@[\w.]+)?(?: |["']\s*,\s*["'])[a-z]|uses:\s*cloudflare/wrangler-action"#;
    }
    let bytes = input.text.bytes();
    let own = input.text.get(switch).to_ascii_lowercase();
    if own.starts_with(b"node_tls") {
        // A variable of an image applies to everything that follows.
        let mut near = around(input.text, switch, if is_image(input.path) { 4000 } else { 300 });
        // A variable in YAML is for the step, job or service whose `env` it is in, if it is not written to a file.
        let line = input.text.line_near(switch.start);
        if is_yaml(input.path)
            && !contains(input.text.get(line), b"github_env")
            && let Some(parent) = parent(input.text, input.text.line_index(switch.start))
            && let Some(owner) = mapping(input.text, parent)
        {
            let reach = around(input.text, switch, 4000);
            near = Span::new(reach.start.max(owner.start), reach.end.min(owner.end).max(switch.end));
        }
        // In the scripts of a package.json, each string is a separate command.
        if input.path.file_name().ends_with(b".json") {
            let quote = |b: &u8| *b == b'"';
            let before = bytes[near.start..switch.start].iter().rposition(quote).map_or(0, |at| at + 1);
            let after = bytes[switch.end..near.end].iter().position(quote).unwrap_or(near.end - switch.end);
            near = Span::new(near.start + before, switch.end + after);
        }
        let command = COMMAND.find(input.text.get(near))?;
        return Some(Span::from(command).shift(near.start));
    }
    if let Some(statement) = sends_key(input, switch) {
        return Some(statement);
    }
    if own.starts_with(b"cacert") {
        return about(bytes, switch).filter(|value| input.text.get(*value).starts_with(b"cloudflare"));
    }
    None
}

/// Narrows the span of a whole command down to the switch, and drops closing quotes.
fn narrow(input: &Input<'_>, switch: Span) -> Span {
    let bytes = input.text.get(switch).trim_ascii_end();
    let bytes = bytes
        .strip_suffix(b"\"")
        .or(bytes.strip_suffix(b"'"))
        .or(bytes.strip_suffix(b"\\"))
        .unwrap_or(bytes)
        .trim_ascii_end();
    let is_of =
        |command: &&[u8]| bytes.get(..command.len()).is_some_and(|own| own.eq_ignore_ascii_case(command));
    if !is_command(bytes) && ![&b"curl"[..], b"http "].iter().any(is_of) {
        return Span::new(switch.start, switch.start + bytes.len());
    }
    let word = bytes.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    Span::new(switch.start + word, switch.start + bytes.len())
}

#[cfg(test)]
mod tests;
