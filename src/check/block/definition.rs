//! What a token, an account or a variable is defined to be: Terraform and its JSON form, Pulumi, manifests, bodies of
//! the token-creation API, in structured files and in code. Only what is written counts: what comes from a variable is
//! unknown, not absent.

mod grants;

pub(super) use grants::{permissions, resources};

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Detection;
use crate::check::{Candidate, Input, expression};
use crate::fact::credential::is_credential;
use crate::fact::tree::{Node, Value, literal, same_name};
use crate::span::Span;

/// A definition: where its header stands, and what it says.
struct Definition {
    header: Span,
    body: Node,
}

/// Deeper structures are not followed.
const DEEPEST: usize = 24;

/// `variant = "without-ip-filter"`.
pub(super) fn no_filter(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in tokens(input) {
        let filters: Vec<&Node> =
            ["request_ip", "request.ip", "requestIp"].iter().flat_map(|n| find(&token.body, n)).collect();
        let dynamic =
            ["condition", "dynamic"].iter().any(|n| find(&token.body, n).iter().any(|c| c.is_unknown()));
        let limits = |filter: &&Node| {
            filter.is_unknown() || !filter.entries().is_empty() || matches!(filter.value, Value::Sequence(_))
        };
        if !dynamic && !has_key(&token.body, "dynamic") && !filters.iter().any(limits) {
            out.push(Candidate::new(detection.rule, token.header, detection.detect.confidence));
        }
    }
}

/// `variant = "open-to-any-address"`.
pub(super) fn any_address(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in tokens(input) {
        for filter in ["request_ip", "request.ip", "requestIp"].iter().flat_map(|n| find(&token.body, n)) {
            for allowed in find(filter, "in") {
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
pub(super) fn no_expiry(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in tokens(input) {
        let expiry = token.body.get(&["expires_on", "expires_on_"]);
        if expiry.is_none_or(|(_, value)| matches!(value.value, Value::Null)) {
            out.push(Candidate::new(detection.rule, token.header, detection.detect.confidence));
        }
    }
}

/// `variant = "long-lived"`.
pub(super) fn long_lived(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in tokens(input) {
        let Some((key, value)) = token.body.get(&["expires_on"]) else { continue };
        let Some(end) = value.text().and_then(days) else { continue };
        let start = token.body.get(&["not_before"]).and_then(|(_, v)| v.text()).and_then(days);
        let life = end - start.unwrap_or(input.today);
        let longest = i64::from(input.limits.token_lifetime_days);
        let message = if end < input.today {
            String::from("the token has expired: remove it, or roll it and give it a new date")
        } else if life > longest {
            format!("the token lives for {life} days, more than {longest}")
        } else {
            continue;
        };
        let mut found =
            Candidate::new(detection.rule, key.span.cover(value.span), detection.detect.confidence);
        found.message = Some(message);
        out.push(found);
    }
}

/// `variant = "mfa-not-enforced"`.
pub(super) fn mfa(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
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
}

/// `variant = "audit-logs-not-exported"`.
pub(super) fn no_audit_logs(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
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
pub(super) fn variable(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for root in input.trees() {
        outputs(detection, root, input, out);
        for (_, variables) in root.entries().iter().filter(|(key, _)| key.name == "variable") {
            for (key, body) in variables.entries() {
                if !is_credential(key.name.as_bytes()) {
                    continue;
                }
                let default = body.get(&["default"]).map(|(_, v)| v);
                let sensitive = body.get(&["sensitive"]).map(|(_, v)| &v.value);
                let message = if default.and_then(Node::text).is_some_and(|text| !text.is_empty()) {
                    "this variable holds a credential and has a literal default"
                } else if !matches!(sensitive, Some(Value::Bool(true) | Value::Expression(_))) {
                    "this variable holds a credential and is not marked `sensitive`: plans and logs show it"
                } else {
                    continue;
                };
                let mut found = Candidate::new(detection.rule, key.span, detection.detect.confidence);
                found.message = Some(message.to_owned());
                found.secrets.extend(default.map(|d| d.span));
                out.push(found);
            }
        }
    }
}

/// Outputs of Terraform that show what a token resource or a credential variable holds.
fn outputs(detection: &Detection<'_>, root: &Node, input: &Input<'_>, out: &mut Vec<Candidate>) {
    static HOLDS: LazyLock<Regex> = LazyLock::new(|| {
        expression(concat!(
            r"cloudflare_(?:api|account)_token\.\w+(?:\[[^\]]*\])?\.value\b|cloudflare_\w*tunnel\w*\.\w+(?:\[[^\]]*\])?\.(?:tunnel_token|token|secret|tunnel_secret)\b",
            r"|cloudflare_\w*service_token\.\w+(?:\[[^\]]*\])?\.client_secret\b|cloudflare_turnstile_widget\.\w+(?:\[[^\]]*\])?\.secret\b|\bvar\.(?<variable>\w+)"
        ))
        .expect("a fixed expression")
    });
    for (_, outputs) in root.entries().iter().filter(|(key, _)| key.name == "output") {
        for (_, body) in outputs.entries() {
            let Some((key, value)) = body.get(&["value"]) else { continue };
            let text = input.text.get(value.span);
            let shows = HOLDS.captures(text).is_some_and(|groups| {
                groups.name("variable").is_none_or(|name| is_credential(name.as_bytes()))
            });
            let hidden = body.get(&["sensitive"]).map(|(_, v)| &v.value);
            let guarded = [&b"nonsensitive"[..], b"sensitive("].iter().any(|w| text.starts_with(w))
                || [&b"sha256("[..], b"length(", b"md5(", b"substr("]
                    .iter()
                    .any(|w| text.windows(w.len()).any(|x| x == *w));
            if shows
                && (!guarded || text.starts_with(b"nonsensitive"))
                && !matches!(hidden, Some(Value::Bool(true) | Value::Expression(_)))
            {
                let span = key.span.cover(value.span);
                let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
                found.message = Some(String::from(
                    "this output shows a credential: mark it `sensitive`, or leave it out",
                ));
                out.push(found);
            }
        }
    }
}

/// All definitions of tokens in the file.
fn tokens(input: &Input<'_>) -> Vec<Definition> {
    let mut out = blocks(
        input,
        &["cloudflare_api_token", "cloudflare_account_token"],
        &["cloudflare:ApiToken", "cloudflare:AccountToken", "cloudflare:index/apiToken:ApiToken"],
    );
    for root in input.trees() {
        bodies(root, 0, &mut out);
    }
    if !input.is_structured() {
        in_code(input, &mut out);
    }
    out
}

/// Bodies of the creation call in a structured file: a mapping with policies that hold permission groups.
fn bodies(node: &Node, depth: usize, out: &mut Vec<Definition>) {
    if depth > DEEPEST || out.iter().any(|known| known.body.span == node.span) {
        return;
    }
    let policies = node.get(&["policies"]);
    if policies.is_some_and(|(_, p)| has_key(p, "permission_groups"))
        && node.get(&["name", "expires_on", "condition"]).is_some()
    {
        let header = node.get(&["name"]).map_or(node.span, |(key, value)| key.span.cover(value.span));
        out.push(Definition { header, body: node.clone() });
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            // What a Terraform resource holds was found by its type.
            let known = |name: &str| matches!(name, "cloudflare_api_token" | "cloudflare_account_token");
            entries.iter().filter(|(k, _)| !known(&k.name)).for_each(|(_, v)| bodies(v, depth + 1, out));
        }
        Value::Sequence(items) => items.iter().for_each(|item| bodies(item, depth + 1, out)),
        _ => {}
    }
}

/// Object literals around `policies` in programs and commands.
fn in_code(input: &Input<'_>, out: &mut Vec<Definition>) {
    let bytes = input.text.bytes();
    let word = b"policies";
    let mut from = 0;
    while let Some(at) = bytes[from..].windows(word.len()).position(|w| w == word).map(|at| from + at) {
        from = at + word.len();
        let Some(open) = opening(bytes, at) else { continue };
        let body = literal(bytes, open);
        if has_key(&body, "permission_groups") || has_key(&body, "resources") {
            let line = input.text.line(open);
            let header = Span::new(line.start.max(open.saturating_sub(60)), open + 1);
            from = from.max(body.span.end);
            out.push(Definition { header, body });
        }
    }
}

/// The bracket that the place stands directly inside of.
fn opening(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for i in (at.saturating_sub(4000)..at).rev() {
        match bytes[i] {
            b'}' | b')' | b']' => depth += 1,
            b'{' | b'(' | b'[' if depth == 0 => return Some(i),
            b'{' | b'(' | b'[' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Blocks of a Terraform type or a Pulumi type, wherever they stand in the file.
fn blocks(input: &Input<'_>, terraform: &[&str], pulumi: &[&str]) -> Vec<Definition> {
    let mut out = Vec::new();
    for root in input.trees() {
        collect(root, terraform, pulumi, 0, &mut out);
    }
    out
}

fn collect(node: &Node, terraform: &[&str], pulumi: &[&str], depth: usize, out: &mut Vec<Definition>) {
    if depth > DEEPEST {
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            let kind = node.get(&["type", "kind"]).and_then(|(_, v)| v.text().map(|t| (t, v.span)));
            if let Some((kind, span)) = kind.filter(|(kind, _)| pulumi.contains(kind))
                && let Some((_, body)) = node.get(&["properties", "spec"])
            {
                let _ = kind;
                out.push(Definition { header: span, body: body.clone() });
            }
            for (key, value) in entries {
                if matches!(key.name.as_str(), "data" | "variable" | "output" | "locals" | "module") {
                    continue;
                }
                if terraform.contains(&key.name.as_str()) {
                    for (name, body) in value.entries() {
                        let items = match &body.value {
                            Value::Sequence(items) => items.as_slice(),
                            _ => std::slice::from_ref(body),
                        };
                        out.extend(
                            items.iter().map(|item| Definition { header: name.span, body: item.clone() }),
                        );
                    }
                } else {
                    collect(value, terraform, pulumi, depth + 1, out);
                }
            }
        }
        Value::Sequence(items) => {
            items.iter().for_each(|item| collect(item, terraform, pulumi, depth + 1, out))
        }
        _ => {}
    }
}

/// Every value under a name, at any depth.
fn find<'n>(node: &'n Node, name: &str) -> Vec<&'n Node> {
    let mut out = Vec::new();
    walk(node, 0, &mut |key, value| {
        if same_name(key, name) {
            out.push(value);
        }
    });
    out
}

fn has_key(node: &Node, name: &str) -> bool {
    !find(node, name).is_empty()
}

fn walk<'n>(node: &'n Node, depth: usize, visit: &mut dyn FnMut(&'n str, &'n Node)) {
    if depth > DEEPEST {
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                visit(&key.name, value);
                walk(value, depth + 1, visit);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, depth + 1, visit)),
        _ => {}
    }
}

/// Days since 1970 of an ISO date; the algorithm is that of the proleptic Gregorian calendar.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn days_count_from_1970() {
        assert_eq!(days("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(days("2000-03-01"), Some(11_017));
        assert_eq!(days("2026-11-23T10:00:00Z"), Some(20_780));
        assert_eq!(days("soon"), None);
    }
}
