//! Definitions of tokens, accounts and variables: Terraform and its JSON form, Pulumi, manifests, and request bodies
//! for the token-creation API, in structured files and in code. Only literals count: a value from a variable is
//! unknown, not absent.

mod constructs;
mod grants;
mod lifetime;
mod locate;
mod variable;

pub(in crate::check) use grants::{overbroad_permissions, overbroad_resources};
pub(crate) use locate::{Definition, tokens};
use locate::{blocks, find, has_key};

use super::{Detection, is_comment, unquoted};
use crate::check::{Candidate, Input, Sign, fixed};
use crate::fact::credential::is_credential;
use crate::fact::place::{in_comment, is_bake, is_prose, is_test};
use crate::fact::tree::{Node, Value};
use crate::fact::words::words;
use crate::finding::day;
use crate::literals::contains;
use crate::rule::Confidence;
use crate::span::Span;

/// `variant = "without-ip-filter"`.
pub(in crate::check) fn without_ip_filter(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    for token in input.token_definitions() {
        let filters: Vec<&Node> =
            ["request_ip", "request.ip", "requestIp"].iter().flat_map(|n| find(&token.body, n)).collect();
        let dynamic =
            ["condition", "dynamic"].iter().any(|n| find(&token.body, n).iter().any(|c| c.is_unknown()));
        // A list of denied addresses allows all others.
        let limits = |filter: &&Node| {
            let strings = |node: &Node| matches!(&node.value, Value::Sequence(items) if items.iter().any(|i| i.text().is_some() || i.is_unknown()));
            let allowed = ["in", "ins"].iter().flat_map(|name| find(filter, name));
            filter.is_unknown()
                || strings(filter)
                || allowed.into_iter().any(|node| node.is_unknown() || strings(node) || node.text().is_some())
        };
        if !dynamic && !has_key(&token.body, "dynamic") && !filters.iter().any(limits) {
            out.push(Candidate::new(detection.rule, token.header, detection.detect.confidence));
        }
    }
}

/// `variant = "open-to-any-address"`.
pub(in crate::check) fn open_to_any_address(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    for token in input.token_definitions() {
        for filter in ["request_ip", "request.ip", "requestIp"].iter().flat_map(|n| find(&token.body, n)) {
            for allowed in ["in", "ins"].iter().flat_map(|name| find(filter, name)) {
                let items = match &allowed.value {
                    Value::Sequence(items) => items.as_slice(),
                    _ => std::slice::from_ref(allowed),
                };
                let open =
                    items.iter().find(|item| matches!(item.text(), Some("0.0.0.0/0" | "::/0" | "0.0.0.0/1")));
                out.extend(
                    open.map(|item| Candidate::new(detection.rule, item.span, detection.detect.confidence)),
                );
            }
        }
    }
}

/// `variant = "without-expiry"`.
pub(in crate::check) fn without_expiry(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    if input.token_definitions().is_empty() {
        return;
    }
    // A plan has a separate list of values that are known only after it is applied.
    let unknown = |root: &Node| find(root, "after_unknown").iter().any(|later| has_key(later, "expires_on"));
    if input.trees().iter().any(unknown) {
        return;
    }
    let later = is_set_later(input);
    for token in input.token_definitions() {
        match token.body.get(&["expires_on", "expires_on_"]) {
            // What is spread into the object is unknown.
            None if later
                || token.body.get(&["..."]).is_some()
                || !input.is_structured() && contains(input.text.get(token.body.span), b"expires") => {}
            None => out.push(Candidate::new(detection.rule, token.header, detection.detect.confidence)),
            Some((key, value)) if value.value == Value::Null => {
                let span = key.span.cover(value.span);
                let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
                found.labels.push((token.header, String::from("the token")));
                out.push(found);
            }
            Some(_) => {}
        }
    }
}

/// Whether a program adds a date to an object that it has made, by assignment, in a merge, or by a filter of `jq`: a key
/// outside of all definitions that is no declaration of a type.
fn is_set_later(input: &Input<'_>) -> bool {
    fixed! {
        static KEY = r#"(?i)[{,(\[:."'\s]expires_?on["'\]]*\??\s*(?:=>|=[^=]|[:,}])\s*(?P<type>(?:string|str|date|datetime|time|optional|option|union|nil|null|undefined)\b)?"#;
    }
    let bytes = input.text.bytes();
    let inside =
        |at: usize| input.token_definitions().iter().any(|token| token.body.span.contains(Span::new(at, at)));
    !input.is_structured()
        && contains(bytes, b"expires")
        && KEY.captures_iter(bytes).take(50).any(|groups| {
            let at = groups.get_match().start();
            groups.name("type").is_none() && !inside(at) && !in_comment(input.text, at, input.path)
        })
}

/// `variant = "long-lived"`.
pub(in crate::check) fn long_lived(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in input.token_definitions() {
        let Some((key, value)) = token.body.get(&["expires_on"]) else { continue };
        let start = token.body.get(&["not_before"]).and_then(|(_, v)| v.text()).and_then(day::parse);
        let from_now = || lifetime::of(input.text.get(value.span)).map(|life| input.today + life);
        let Some(end) = value.text().and_then(day::parse).or_else(from_now) else { continue };
        let life = end - start.unwrap_or(input.today);
        let longest = i64::from(input.limits.token_lifetime_days);
        let message = if end < input.today {
            String::from("the token has expired: remove it, or roll it and give it a new date")
        } else if life > longest {
            format!("the token lives for {life} days, more than {longest}")
        } else {
            continue;
        };
        // An expired token is unusable, and one that expired recently may be about to be rolled, or its file a record.
        let lately = end < input.today && input.today - end <= 2 * longest;
        let sure = if lately { Confidence::Low } else { detection.detect.confidence };
        let mut found = Candidate::new(detection.rule, key.span.cover(value.span), sure);
        found.message = Some(message);
        out.push(found);
    }
    for token in blocks(input, SERVICE_TOKENS, SERVICE_TOKEN_CLASSES) {
        let Some((key, value)) = token.body.get(&["duration"]) else { continue };
        if value.text() == Some("forever") {
            let span = key.span.cover(value.span);
            let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
            found.message = Some(String::from("the service token never expires"));
            found.labels.push((token.header, String::from("the token")));
            out.push(found);
        }
    }
}

/// The types of Access service tokens, in Terraform and in Pulumi.
const SERVICE_TOKENS: &[&str] =
    &["cloudflare_zero_trust_access_service_token", "cloudflare_access_service_token"];
const SERVICE_TOKEN_CLASSES: &[&str] = &[
    "cloudflare:ZeroTrustAccessServiceToken",
    "cloudflare:AccessServiceToken",
    "cloudflare:index/zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken",
    "cloudflare:index/accessServiceToken:AccessServiceToken",
];

/// `variant = "mfa-not-enforced"`.
pub(in crate::check) fn mfa_not_enforced(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    if !input.signs.has(Sign::Account) {
        return;
    }
    for account in
        blocks(input, &["cloudflare_account"], &["cloudflare:Account", "cloudflare:index/account:Account"])
    {
        match find(&account.body, "enforce_twofactor").first() {
            Some(value) if value.value == Value::Bool(false) || value.text() == Some("false") => {
                let mut found = Candidate::new(detection.rule, value.span, detection.detect.confidence);
                found.labels.push((account.header, String::from("the account")));
                out.push(found);
            }
            Some(_) => {}
            None if find(&account.body, "settings").iter().any(|s| s.is_unknown()) => {}
            None => out.push(Candidate::new(detection.rule, account.header, detection.detect.confidence)),
        }
    }
    if !input.is_structured() {
        mfa_by_call(detection, input, out);
    }
}

/// Finds API calls that turn the setting off, in scripts and programs.
fn mfa_by_call(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    fixed! {
        static OFF = r#"(?P<span>\benforce_?[tT]wo_?[fF]actor\b\\?["']?\]?\s*(?:=>|[:=])\s*(?:false|False)\b)"#;
    }
    if is_test(input.path) || is_prose(input.path) || !contains(input.text.bytes(), b"cloudflare") {
        return;
    }
    for found in OFF.find_iter(input.text.bytes()) {
        let span = Span::from(found);
        let known = out
            .iter()
            .any(|other| other.span.overlaps(span) || other.labels.iter().any(|(l, _)| l.overlaps(span)));
        if !known && !is_comment(input.text.get(input.text.line_near(span.start))) {
            out.push(Candidate::new(detection.rule, span, detection.detect.confidence));
        }
    }
}

/// `variant = "audit-logs-not-exported"`.
pub(in crate::check) fn audit_logs_not_exported(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    let jobs = blocks(input, &["cloudflare_logpush_job"], &["cloudflare:LogpushJob"]);
    let exported = jobs.iter().any(|job| {
        let dataset = job.body.get(&["dataset"]).map(|(_, v)| v);
        dataset.is_some_and(|d| d.is_unknown() || d.text().is_some_and(|t| t.starts_with("audit_logs")))
    });
    if !exported {
        let accounts = blocks(input, &["cloudflare_account"], &["cloudflare:Account"]);
        out.extend(
            accounts.iter().map(|a| Candidate::new(detection.rule, a.header, detection.detect.confidence)),
        );
    }
}

/// `variant = "variable-not-sensitive"`.
pub(in crate::check) fn variable_not_sensitive(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    if !input.signs.has(Sign::ResourceSecret) && !input.names_credential() || is_bake(input.path) {
        return;
    }
    constructs::check(detection, input, out);
    for root in input.trees() {
        outputs(detection, root, input, out);
        for (_, variables) in root.entries().iter().filter(|(key, _)| key.name == "variable") {
            for (key, body) in variables.entries() {
                if !is_credential(key.name.as_bytes()) {
                    continue;
                }
                let default = body.get(&["default"]).map(|(_, v)| v);
                if variable::holds_metadata(&key.name, body, default, input) {
                    continue;
                }
                let literal = default.filter(|value| value.text().is_some_and(|text| !text.is_empty()));
                let message = if literal.is_some() {
                    "this variable holds a credential and has a literal default"
                } else if !variable::is_protected(body) {
                    "this variable holds a credential and is not marked `sensitive`: plans and logs show it"
                } else {
                    continue;
                };
                let mut found = Candidate::new(detection.rule, key.span, detection.detect.confidence);
                found.message = Some(message.to_owned());
                let value = literal.map(|value| unquoted(input.text.bytes(), value.span));
                found.labels.extend(value.map(|value| (value, String::from("its default, in clear"))));
                found.secrets.extend(value);
                out.push(found);
            }
        }
    }
}

/// Finds Terraform outputs that reveal the value of a token resource or of a credential variable.
fn outputs(detection: &Detection<'_>, root: &Node, input: &Input<'_>, out: &mut Vec<Candidate>) {
    fixed! {
        static HOLDS = concat!(
            r"cloudflare_(?:api|account)_token\.\w+(?:\[[^\]]*\])?\.value\b|cloudflare_\w*tunnel\w*\.\w+(?:\[[^\]]*\])?\.(?:tunnel_token|token|secret|tunnel_secret)\b",
            r"|cloudflare_\w*service_token\.\w+(?:\[[^\]]*\])?\.client_secret\b|cloudflare_turnstile_widget\.\w+(?:\[[^\]]*\])?\.secret\b|\bvar\.(?<variable>\w+)"
        );
    }
    for (_, outputs) in root.entries().iter().filter(|(key, _)| key.name == "output") {
        for (name, body) in outputs.entries() {
            let Some((key, value)) = body.get(&["value"]) else { continue };
            let text = input.text.get(value.span);
            let hashed = [&b"length("[..], b"md5(", b"substr("].iter().any(|word| contains(text, word))
                || contains(text, b"sha256(") && !is_r2_secret(&name.name, text);
            let shows = HOLDS.captures(text).is_some_and(|groups| {
                groups.name("variable").is_none_or(|name| is_credential(name.as_bytes()))
            });
            let guarded = [&b"nonsensitive"[..], b"sensitive("].iter().any(|w| text.starts_with(w)) || hashed;
            if shows && (!guarded || text.starts_with(b"nonsensitive")) && !variable::is_protected(body) {
                let span = key.span.cover(value.span);
                let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
                found.labels.push((name.span, String::from("the output")));
                found.message = Some(String::from(
                    "this output shows a credential: mark it `sensitive`, or leave it out",
                ));
                out.push(found);
            }
        }
    }
}

/// Whether an output is the SHA-256 hash of a token in hex, which is the secret access key for R2 and so a credential.
fn is_r2_secret(output: &str, value: &[u8]) -> bool {
    let said = words(output.as_bytes());
    let mut said = said.split(' ');
    !contains(value, b"base64sha256(") && said.any(|word| matches!(word, "secret" | "r2" | "s3" | "access"))
}
