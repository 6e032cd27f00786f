//! The permissions of a token, and the resources that they apply to.

use memchr::memmem;

use super::super::Detection;
use super::locate::find;
use crate::check::{Candidate, Input, fixed};
use crate::endpoint::group_name;
use crate::fact::lines;
use crate::fact::place::{in_comment, in_test_module, is_code, is_test};
use crate::fact::tree::{Node, Value};
use crate::span::Span;

mod every;

use every::Every;

/// Permission groups for the administration of an account.
const ADMINISTRATIVE: &[&str] = &["Account Settings Write", "Billing Write", "Memberships Write"];
/// Permission groups that allow a token to create tokens with any permission.
const MINTING: &[&str] = &["API Tokens Write", "Account API Tokens Write"];
/// The maximum number of permission groups that a message lists.
const LISTED: usize = 6;

/// `variant = "overbroad-resources"`.
pub(in crate::check) fn overbroad_resources(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    for token in input.token_definitions() {
        for policy in granting(&token.body) {
            for encoded in find(policy, "resources").into_iter().filter(|r| r.text().is_some_and(is_all)) {
                let mut found = Candidate::new(detection.rule, encoded.span, detection.detect.confidence);
                found.message = Some(format!("token for everything of its owner{}", granted(policy, input)));
                found.labels.push((token.header, String::from("the token")));
                out.push(found);
            }
            // All zones nested under one account are a limit.
            for (key, value) in find(policy, "resources").into_iter().flat_map(Node::entries) {
                let all = key.name.ends_with(".*") && key.name.starts_with("com.cloudflare.api.");
                if !all || value.text() != Some("*") {
                    continue;
                }
                let what = if key.name.contains("zone") { "zones" } else { "accounts" };
                let span = key.span.cover(value.span);
                let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
                found.message = Some(format!("token for all {what} of its owner{}", granted(policy, input)));
                found.labels.push((token.header, String::from("the token")));
                out.push(found);
            }
        }
    }
    in_maps(detection, input, out);
}

/// Finds maps of resources that a program fills before it creates the token:
/// `resources["com.cloudflare.api.account.zone.*"] = "*"`.
fn in_maps(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    fixed! {
        static ALL = r#"(?P<span>["'`]com\.cloudflare\.api\.account(?:\.zone)?\.\*["'`]\)?\]?(?:\.to_(?:string|owned)\(\)|\.into\(\))?\s*(?:=>|:=|[:=,])\s*(?:[\w.]{1,30}\()?["'`]\*["'`])"#;
    }
    let bytes = input.text.bytes();
    let makes =
        [&b"ermission_groups"[..], b"ermissionGroups"].iter().any(|w| memmem::find(bytes, w).is_some());
    if !is_code(input.path) || is_test(input.path) || !makes {
        return;
    }
    for groups in ALL.captures_iter(bytes) {
        let Some(place) = groups.name("span") else { continue };
        let span = Span::from(place);
        let before = &bytes[span.start.saturating_sub(400)..span.start];
        fixed! {
            // No grant: nested under an account it is a limit; in a condition or an assertion it is compared with.
            static OTHER = r#"(?i)com\.cloudflare\.api\.account\.[^*"'`]+["'`]\]?\s*(?:=>|[:=,])\s*[^"'`]*$|\bif\b|assert|expect\("#;
        }
        let denied = before
            .windows(5)
            .rposition(|w| w.eq_ignore_ascii_case(b"\"deny") || w.eq_ignore_ascii_case(b"'deny"));
        let allowed = before
            .windows(6)
            .rposition(|w| w.eq_ignore_ascii_case(b"\"allow") || w.eq_ignore_ascii_case(b"'allow"));
        if out.iter().any(|other| other.rule == detection.rule && other.span.overlaps(span))
            || in_comment(input.text, span.start, input.path)
            || in_test_module(input.text, span.start, input.path)
            || OTHER.is_match(lines::last(before))
            || OTHER.find(before).is_some_and(|m| m.end() == before.len())
            || denied.is_some() && denied > allowed
        {
            continue;
        }
        let what = if memmem::find(place.as_bytes(), b".zone.").is_some() { "zones" } else { "accounts" };
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        found.message = Some(format!("token for all {what} of its owner"));
        out.push(found);
    }
}

/// `variant = "overbroad-permissions"`.
pub(in crate::check) fn overbroad_permissions(
    detection: &Detection<'_>,
    input: &Input<'_>,
    out: &mut Vec<Candidate>,
) {
    let every = Every::new(input.text.bytes());
    for token in input.token_definitions() {
        let policies = granting(&token.body);
        let for_zones = policies.iter().any(|policy| {
            let resources = find(policy, "resources").into_iter().flat_map(Node::entries);
            resources.into_iter().any(|(key, _)| key.name.starts_with("com.cloudflare.api.account.zone."))
        });
        let mut count = 0;
        for item in groups(&token.body) {
            count += 1;
            let text = String::from_utf8_lossy(input.text.get(item.span)).into_owned();
            let name = name(item, input);
            let holds =
                |names: &[&str]| names.iter().any(|n| *n == name || quoted(&text).any(|said| said == *n));
            let message = if holds(MINTING) {
                String::from(
                    "the token may create and change tokens: whoever has it can give itself every permission",
                )
            } else if text.contains("values(")
                && (text.contains("permission_groups") || every.takes_values(&text))
            {
                String::from("the token is given every permission group there is")
            } else if for_zones && holds(ADMINISTRATIVE) {
                format!("account-wide `{name}` in a token for a task in a zone")
            } else {
                continue;
            };
            let mut found = Candidate::new(detection.rule, item.span, detection.detect.confidence);
            found.message = Some(message);
            out.push(found);
        }
        for list in find(&token.body, "permission_groups") {
            // In Ruby a call precedes its block.
            let before = &input.text.bytes()[list.span.start.saturating_sub(80)..list.span.start];
            let call = before
                .iter()
                .rev()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b' '))
                .count();
            let text = input.text.get(Span::new(list.span.start - call, list.span.end));
            let text = String::from_utf8_lossy(text).into_owned();
            let known =
                out.iter().any(|other| other.rule == detection.rule && list.span.contains(other.span));
            if !known && every.makes(&text) {
                let mut found = Candidate::new(detection.rule, list.span, detection.detect.confidence);
                found.message = Some(String::from("the token is given every permission group there is"));
                out.push(found);
            }
        }
        if count > input.limits.permission_groups as usize {
            let mut found = Candidate::new(detection.rule, token.header, detection.detect.confidence);
            found.message = Some(format!("the token is given {count} permission groups"));
            out.push(found);
        }
    }
}

/// Whether a string holds resources as JSON, as in Terraform states, that include all of a kind.
fn is_all(text: &str) -> bool {
    text.contains("com.cloudflare.api.") && text.contains(".*\"")
}

/// Returns what a policy grants, as the end of a message.
fn granted(policy: &Node, input: &Input<'_>) -> String {
    let mut names: Vec<String> = groups(policy).into_iter().map(|item| name(item, input)).collect();
    names.retain(|name| !name.is_empty());
    names.dedup();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    match (names.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", names.join(", ")),
        (false, more) => format!(": {} and {more} more", names.join(", ")),
    }
}

/// Returns the permission groups of a definition or policy.
fn groups(node: &Node) -> Vec<&Node> {
    let lists = find(node, "permission_groups").into_iter();
    lists
        .flat_map(|groups| match &groups.value {
            Value::Sequence(items) => items.iter().collect::<Vec<_>>(),
            _ => vec![groups],
        })
        .collect()
}

/// Returns the name of a permission group, as written or looked up by its id, or else the id; empty if neither is
/// known. Since messages are not masked, the result is always something that looks like a name, or 32 hex digits.
fn name(group: &Node, input: &Input<'_>) -> String {
    let field = |names: &[&str]| group.get(names).and_then(|(_, value)| value.text());
    let id = field(&["id"]).or(group.text());
    if let Some(name) = id.and_then(group_name) {
        return name.to_owned();
    }
    let is_name = |text: &&str| {
        let parts = |c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | ':' | ',' | '/' | '&');
        (4..=80).contains(&text.len()) && text.contains(' ') && text.chars().all(parts)
    };
    if let Some(name) = field(&["name"]).or(group.text()).filter(is_name) {
        return name.to_owned();
    }
    if let Some(id) = id.filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())) {
        return id.to_owned();
    }
    // `data.….permission_groups.zone["DNS Write"]`
    let text = String::from_utf8_lossy(input.text.get(group.span)).into_owned();
    quoted(&text).find(is_name).unwrap_or_default().to_owned()
}

/// Returns the parts of the text in quotes of any kind.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\'', '`']).skip(1).step_by(2)
}

/// Returns the policies that allow something, not those that deny.
fn granting(body: &Node) -> Vec<&Node> {
    let policies: Vec<&Node> = ["policies", "policy"].iter().flat_map(|name| find(body, name)).collect();
    let each = policies.into_iter().flat_map(|policy| match &policy.value {
        Value::Sequence(items) => items.iter().collect::<Vec<_>>(),
        _ => vec![policy],
    });
    let allows = |policy: &&Node| {
        policy.get(&["effect"]).is_none_or(|(_, effect)| {
            let constant = |text: &str| text.ends_with("Deny") || text.ends_with("DENY");
            effect.text() != Some("deny")
                && !matches!(&effect.value, Value::Expression(text) if constant(text.trim_end_matches(')')))
        })
    };
    each.filter(allows).collect()
}
