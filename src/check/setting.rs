//! `check = "setting"`: how a tool or an SDK is configured to authenticate. A key next to an e-mail address is the
//! Global API Key, whatever the names say; an API token needs no e-mail address.

use std::cell::LazyCell;

use super::request::{permissions_of_file, sends_key};
use super::{Candidate, Detection, Input, Sign};
use crate::fact::lines;
use crate::fact::place::{
    in_comment, in_prose, in_test_module, is_api_description, is_program, is_prose, is_shell, is_source_map,
    is_test,
};
use crate::fact::search::{in_search, is_rules};
use crate::fact::setting::same_group;
use crate::literals::contains;
use crate::span::Span;

mod choice;
mod role;
mod sdk;
mod sheet;
mod tools;

pub(super) use choice::{advises_token, has_opposite_step, token_ways};
use choice::{in_two_branches, is_alternative, supports_both};
use role::{Role, role};
use sheet::{BYTES, Sheet, prefers_key};

/// `variant = "global-key"`: the Global API Key in SDK calls and in settings.
pub(super) fn global_key(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path)
        || is_api_description(input.text, input.path)
        || is_rules(input.text, input.path)
        || is_source_map(input.path)
    {
        return;
    }
    let calls = sdk::calls(input);
    for span in &calls {
        if !skipped(input, *span) && !supports_both(input, *span) {
            let mut found = Candidate::new(detection.rule, *span, detection.detect.confidence);
            advise(input, *span, &mut found);
            out.push(found);
        }
    }
    let sends = is_program(input.text, input.path)
        && input.signs.has(Sign::KeyHeader)
        && contains(input.text.bytes(), b"x-auth-key");
    let reported = LazyCell::new(|| sends_key(input));
    let sheet = Sheet::new(input);
    let pairs = sheet.pairs();
    // A secret may be declared in one place and passed to a service in another: then only the use is reported.
    let used = pairs.iter().any(|pair| !sheet.is_declared(pair.key));
    for pair in pairs.into_iter().filter(|pair| !used || !sheet.is_declared(pair.key)) {
        let place = pair.key.span;
        let configured = role(&pair.key.words) == Role::Method;
        // The header of the request is reported already, unless the script decides what to send.
        if sends && (!configured || *reported) {
            continue;
        }
        if calls.iter().any(|call| call.overlaps(place)) || (!configured && supports_both(input, place)) {
            continue;
        }
        let mut found =
            Candidate::new(detection.rule, place, detection.detect.confidence.min(pair.confidence));
        let words = String::from("the e-mail address that goes with it");
        found.labels.extend(pair.email.map(|email| (email.span, words)));
        found.evidence.push(pair.evidence);
        advise(input, place, &mut found);
        out.push(found);
    }
}

/// Adds how the tool is configured with a token instead, and the permissions that the token needs: those of the tool,
/// or else those of the API calls in the file.
fn advise(input: &Input<'_>, place: Span, found: &mut Candidate) {
    (found.help, found.permissions) = tools::token_setup(input, place);
    if found.permissions.is_empty() {
        found.permissions = permissions_of_file(input);
    }
}

/// `variant = "shadowed-token"`: a token that is ignored because the tool prefers the key and e-mail address beside it.
pub(super) fn shadowed_token(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let script = is_shell(input.text, input.path);
    if is_prose(input.path)
        || is_test(input.path)
        || is_api_description(input.text, input.path)
        || (is_program(input.text, input.path) && !script)
        || !prefers_key(input)
    {
        return;
    }
    let sheet = Sheet::new(input);
    if !sheet.all.iter().any(|(_, role)| *role == Role::ApiToken) {
        return;
    }
    for pair in sheet.pairs() {
        let Some(email) = pair.email else { continue };
        // What is called a token may be one.
        if !pair.key.words.contains("key") && role(&pair.key.words) != Role::Password {
            continue;
        }
        let token = sheet.around(pair.key.span).iter().find(|(other, role)| {
            *role == Role::ApiToken
                // That of R2 is for its own API.
                && !other.words.ends_with("r2 api token")
                && (sheet.named(other) || other.words == "api token")
                && other.span.start.abs_diff(pair.key.span.start) < BYTES
                && same_group(input.text.bytes(), other.span, pair.key.span)
        });
        // A template leaves open which of them will be set.
        let token = token.filter(|(token, _)| !sheet.is_unset(token) && !sheet.is_unset(pair.key));
        let token = token.filter(|(token, _)| !in_two_branches(input, token.span, pair.key.span));
        let Some((token, _)) = token.filter(|_| !is_alternative(input, pair.key.span)) else { continue };
        let mut found = Candidate::new(detection.rule, token.span, detection.detect.confidence);
        found.labels.push((pair.key.span, String::from("this key is used in its place")));
        found.labels.push((email.span, String::from("together with this address")));
        out.push(found);
    }
}

/// Whether the place is in a comment, in prose, or in code that searches for what the rule finds.
fn skipped(input: &Input<'_>, span: Span) -> bool {
    in_comment(input.text, span.start, input.path)
        || in_test_module(input.text, span.start, input.path)
        || is_label(input.text.bytes(), span.start)
        || in_prose(input.text, span.start, input.path)
        || in_search(input.text, span.start, input.path)
}

/// Whether the name is the label of a branch, `case "CLOUDFLARE_API_KEY":`, in a prompt, or in an expansion.
fn is_label(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].trim_ascii_end();
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
    // `read -p "API key: " KEY` asks for it.
    let line = lines::last(before).trim_ascii_start();
    // `${CF_KEY: -8}` is a part of the value.
    bytes[..at].ends_with(b"${")
        || before.ends_with(b"case")
        || before.ends_with(b"when")
        || line.starts_with(b"read -")
}
