//! What a token is allowed to do, and where.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::Detection;
use super::locate::{find, tokens};
use crate::check::{Candidate, Input, expression};
use crate::endpoint::group_name;
use crate::fact::tree::{Node, Value};

/// Groups that administer an account rather than do a task.
const ADMINISTRATIVE: &[&str] = &["Account Settings Write", "Billing Write", "Memberships Write"];
/// Groups that give themselves every other one.
const MINTING: &[&str] = &["API Tokens Write", "Account API Tokens Write"];
/// More granted names than this are not listed.
const LISTED: usize = 6;

/// `variant = "overbroad-resources"`.
pub(in super::super) fn resources(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in tokens(input) {
        for policy in granting(&token.body) {
            for encoded in find(policy, "resources").into_iter().filter(|r| r.text().is_some_and(is_all)) {
                let mut found = Candidate::new(detection.rule, encoded.span, detection.detect.confidence);
                found.message = Some(format!("token for everything of its owner{}", granted(policy, input)));
                found.labels.push((token.header, String::from("the token")));
                out.push(found);
            }
            // All zones of one account, which stand under that account, are a limit.
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
}

/// `variant = "overbroad-permissions"`.
pub(in super::super) fn permissions(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    for token in tokens(input) {
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
                |names: &[&str]| names.iter().any(|n| *n == name || text.contains(&format!("\"{n}\"")));
            let message = if holds(MINTING) {
                String::from(
                    "the token may create and change tokens: whoever has it can give itself every permission",
                )
            } else if text.contains("values(")
                && (text.contains("permission_groups") || is_every(&text, input))
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
        if count > input.limits.permission_groups as usize {
            let mut found = Candidate::new(detection.rule, token.header, detection.detect.confidence);
            found.message = Some(format!("the token is given {count} permission groups"));
            out.push(found);
        }
    }
}

/// Whether the values of a name are taken that holds all groups: `groups = get_api_token_permission_groups()`.
fn is_every(text: &str, input: &Input<'_>) -> bool {
    static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)(?P<name>[a-z_]\w*)\s*(?::\s*\w+\s*)?:?=\s*(?:await\s+)?[\w.]*permission_?groups\w*\(",
        )
        .expect("a fixed expression")
    });
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let chooses = words.iter().any(|word| matches!(*word, "if" | "filter" | "var" | "local"));
    let mut names = SOURCE.captures_iter(input.text.bytes()).filter_map(|groups| groups.name("name"));
    !chooses && names.any(|name| words.iter().any(|word| word.as_bytes() == name.as_bytes()))
}

/// Resources as JSON in a string, as states keep them, that name all of a kind.
fn is_all(text: &str) -> bool {
    text.contains("com.cloudflare.api.") && text.contains(".*\"")
}

/// What a policy grants, as the end of a sentence.
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

/// The permission groups of a definition or policy, one by one.
fn groups(node: &Node) -> Vec<&Node> {
    let lists = find(node, "permission_groups").into_iter();
    lists
        .flat_map(|groups| match &groups.value {
            Value::Sequence(items) => items.iter().collect::<Vec<_>>(),
            _ => vec![groups],
        })
        .collect()
}

/// The name of a permission group: as it is written, or looked up by its id; empty where neither is known. Never
/// anything but a name of the documentation or 32 hex digits, since messages are not masked.
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
    text.split('"').skip(1).step_by(2).find(is_name).unwrap_or_default().to_owned()
}

/// The policies that allow something; those that deny take away.
fn granting(body: &Node) -> Vec<&Node> {
    let policies: Vec<&Node> = ["policies", "policy"].iter().flat_map(|name| find(body, name)).collect();
    let each = policies.into_iter().flat_map(|policy| match &policy.value {
        Value::Sequence(items) => items.iter().collect::<Vec<_>>(),
        _ => vec![policy],
    });
    let allows =
        |policy: &&Node| policy.get(&["effect"]).is_none_or(|(_, effect)| effect.text() != Some("deny"));
    each.filter(allows).collect()
}
