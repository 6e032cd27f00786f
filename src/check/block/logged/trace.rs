//! What tells more than a script says: traces of its commands (`set -x`), requests that curl shows.

use std::sync::LazyLock;

use memchr::memmem;

use super::super::is_comment;
use super::{Known, Leak, is_known, text_of};
use crate::check::{Input, Sign, captures_around, fixed};
use crate::fact::command::{command_end, expansions, may_have_option};
use crate::fact::place::is_yaml;
use crate::fact::{brackets, lines};
use crate::literals::{Literals, contains};
use crate::span::Span;

/// How far before a command its line may begin, in bytes.
const INDENT: usize = 200;

fixed! {
    /// A command or an interpreter line that turns traces on.
    static TRACE = r"(?m)^[ \t]*(?:-[ \t]+)?(?:run:[ \t]*)?(?:\|[ \t]*)?(?<span>set[ \t]+(?:-[a-wyzA-Z]*x[a-zA-Z]*(?:[ \t]+pipefail)?|-o[ \t]+xtrace)|Set-PSDebug[ \t]+-Trace[ \t]+[12])|^(?<bang>#!.*\b(?:ba|z|k|da)?sh[ \t]+-[a-zA-Z]*x[a-zA-Z]*)";

    static VERBOSE = r"(?:^|[\s;&|(`$@])curl(?:\.exe)?\s";

    static VERBOSE_FLAG = r"\s(?<flag>--verbose|--trace(?:-ascii)?(?:[ =]\S+)?|-[a-zA-Z]{0,6}v[a-zA-Z]{0,4})(?:\s|$)";
}

/// Finds traces (`set -x`) of commands that use a credential.
pub(super) fn traces(input: &Input<'_>, known: &Known<'_>, out: &mut Vec<Leak>) {
    let bytes = input.text.bytes();
    static WORDS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["set ", "set\t", "#!", "PSDebug"]));
    let mut hits = WORDS.all(bytes);
    hits.retain(|hit| bytes[hit.start] != b's' || bytes[hit.end..].trim_ascii_start().first() == Some(&b'-'));
    let mut traced = 0;
    for groups in captures_around(&TRACE, &hits, bytes, INDENT, |_| 0) {
        let Some(place) = groups.name("span").or_else(|| groups.name("bang")) else { continue };
        // Inside of an earlier trace. `set -gx NAME value` of fish sets a variable.
        if place.start() < traced || sets_variable(&bytes[place.start()..]) {
            continue;
        }
        let rest = &bytes[place.end()..];
        let off = memmem::find(rest, b"set +x").map_or(bytes.len(), |at| place.end() + at);
        let end = if is_yaml(input.path) { end_of_script(&bytes[..off], place.start()) } else { off };
        let end = end_of_subshell(bytes, place.start(), end);
        let zone = Span::new(place.end(), end.max(place.end()));
        traced = zone.end;
        let used = expansions(bytes, zone).into_iter().find(|e| {
            !is_comment(&bytes[lines::start(bytes, 0, e.span.start)..e.span.end])
                && is_known(e.name, e.span.start, known, b"")
        });
        if let Some(used) = used {
            let span = Span::from(place);
            out.push(Leak::new(span, format!("traces commands that use `{}`", text_of(used.name))));
        }
    }
}

/// Whether `set` gives a variable a value, as in fish: `set -x NAME value`.
fn sets_variable(command: &[u8]) -> bool {
    fixed! {
        static VARIABLE = r"^set[ \t]+(?:-[a-zA-Z]+[ \t]+)+[A-Za-z_]\w*[ \t]+[^\s;&|#]";
    }
    VARIABLE.is_match(command)
}

/// Returns where the subshell ends that a line at `at` is in, if before `end`: `(`, `set -x`, …, `)`.
fn end_of_subshell(bytes: &[u8], at: usize, end: usize) -> usize {
    /// How many lines above are looked at.
    const ABOVE: usize = 20;
    let start = lines::start(bytes, 0, at);
    let depth = lines::indentation(&bytes[start..at]);
    let is_less = |line: &&[u8]| !line.trim_ascii().is_empty() && lines::indentation(line) < depth;
    let above = bytes[..start].rsplit(|b| *b == b'\n').skip(1).take(ABOVE).find(is_less);
    let same_line = bytes[start..at].trim_ascii_start().starts_with(b"(");
    if !same_line && !above.is_some_and(|line| line.trim_ascii_end().ends_with(b"(")) {
        return end;
    }
    brackets::end_in_code(&bytes[at..end.max(at)], b"").map_or(end, |length| at + length)
}

/// Returns the end of the script that a line of a YAML file belongs to: each step of a workflow has a shell of its own.
/// What is in a `before_script` goes on in the script of the job.
fn end_of_script(bytes: &[u8], at: usize) -> usize {
    /// How many lines above are looked at.
    const ABOVE: usize = 300;
    let start = lines::start(bytes, 0, at);
    let own = &bytes[start..at];
    let (mut depth, mut item) = (lines::indentation(own), own.trim_ascii_start().starts_with(b"-"));
    // The key above, of which the line is a value or an item.
    let above = bytes[..start].rsplit(|b| *b == b'\n').skip(1).take(ABOVE).find(|line| {
        let text = line.trim_ascii();
        let indentation = lines::indentation(line);
        !text.is_empty() && (indentation < depth || indentation == depth && item && !text.starts_with(b"-"))
    });
    if let Some(key) = above.filter(|key| key.trim_ascii_start().starts_with(b"before_script")) {
        (depth, item) = (lines::indentation(key), false);
    }
    let mut end = start;
    for (number, line) in bytes[start..].split(|b| *b == b'\n').enumerate() {
        let (text, indentation) = (line.trim_ascii(), lines::indentation(line));
        let over = indentation < depth || indentation == depth && item && !text.starts_with(b"-");
        if number > 0 && !text.is_empty() && !text.starts_with(b"#") && over {
            return end;
        }
        end += line.len() + 1;
    }
    bytes.len()
}

fixed! {
    /// A switch of a library that shows its requests with their headers.
    static TALKS = r#"(?x)CURLOPT_VERBOSE\s*(?:,|=>)\s*(?:true|1L?)\b|\.set_debug_output\b|\bset_?debuglevel\([1-9]|\bdebuglevel\s*=\s*[1-9]"#;
}

/// Finds libraries that are told to show their requests, in a program that sends a credential to the API.
pub(super) fn talks(input: &Input<'_>, known: &Known<'_>, out: &mut Vec<Leak>) {
    static WORDS: LazyLock<Literals> =
        LazyLock::new(|| Literals::caseless(&["curlopt_verbose", "set_debug_output", "debuglevel"]));
    let bytes = input.text.bytes();
    if !input.signs.has(Sign::ApiHost) || WORDS.find(bytes, 0).is_none() || !known.sent.any() {
        return;
    }
    for hit in TALKS.find_iter(bytes) {
        out.push(Leak::new(Span::from(hit), "shows the requests, with the credential in their headers"));
    }
}

/// Finds verbose requests of curl that send a credential.
pub(super) fn verbose(bytes: &[u8], known: &Known<'_>, out: &mut Vec<Leak>) {
    if memmem::find(bytes, b"curl").is_none() {
        return;
    }
    for hit in VERBOSE.find_iter(bytes) {
        let (end, _) = command_end(bytes, hit.end() - 1);
        let body = &bytes[hit.end() - 1..end];
        if !may_have_option(body, b'v') && memmem::find(body, b"--trace").is_none() {
            continue;
        }
        let header = contains(body, b"authorization:") || contains(body, b"x-auth-");
        let is_cloudflare = expansions(bytes, Span::new(hit.end() - 1, end))
            .iter()
            .any(|e| is_known(e.name, e.span.start, known, body))
            || contains(body, b"api.cloudflare.com");
        if header
            && is_cloudflare
            && let Some(flag) = VERBOSE_FLAG.captures(body).and_then(|g| g.name("flag"))
        {
            let span = Span::from(flag).shift(hit.end() - 1);
            out.push(Leak::new(span, "curl's verbose output shows the credential of the request"));
        }
    }
}

#[cfg(test)]
mod tests;
