//! Finds definitions: Terraform resources in every form, Pulumi, manifests, plans and states, request bodies for the
//! token-creation API, object literals in code.

use std::sync::LazyLock;

use crate::check::{Input, fixed, named};
use crate::fact::brackets;
use crate::fact::place::{in_comment, in_test_module, is_test};
use crate::fact::tree::{Node, Value, literal, same_name};
use crate::literals::{Literals, contains};
use crate::span::Span;

/// The definition of a resource.
pub(crate) struct Definition {
    /// Where the definition begins, for instance its name.
    pub(super) header: Span,
    /// Its fields.
    pub(super) body: Node,
}

/// The maximum depth to which structures are followed.
const DEEPEST: usize = 24;

/// Returns all definitions of tokens in the file.
pub(crate) fn tokens(input: &Input<'_>) -> Vec<Definition> {
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

/// Finds request bodies for the creation of a token in a structured file: mappings with policies that have permission
/// groups.
fn bodies(node: &Node, depth: usize, out: &mut Vec<Definition>) {
    if depth > DEEPEST || out.iter().any(|known| known.body.span == node.span) {
        return;
    }
    let policies = node.get(&["policies", "policy"]);
    // A description of the fields is no token.
    let described = policies
        .is_some_and(|(_, p)| p.get(&["elem", "items", "max_items_one", "$ref", "nesting_mode"]).is_some());
    if !described
        && policies.is_some_and(|(_, p)| has_key(p, "permission_groups"))
        && node.get(&["name", "expires_on", "condition"]).is_some()
    {
        let header = node.get(&["name"]).map_or(node.span, |(key, value)| key.span.cover(value.span));
        out.push(Definition { header, body: node.clone() });
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            // Terraform resources are found by their types; other types have policies as well.
            let known = |name: &str| matches!(name, "resource" | "data");
            entries.iter().filter(|(k, _)| !known(&k.name)).for_each(|(_, v)| bodies(v, depth + 1, out));
        }
        Value::Sequence(items) => items.iter().for_each(|item| bodies(item, depth + 1, out)),
        _ => {}
    }
}

/// Finds object literals with `policies` in programs and commands.
fn in_code(input: &Input<'_>, out: &mut Vec<Definition>) {
    let bytes = input.text.bytes();
    // A token that a test creates is not used.
    if is_test(input.path) {
        return;
    }
    fixed! {
        // Descriptions of the shape of a token, and other resources with policies.
        static OTHER = r#"\bschema\.|Attribute\s*\{|\bz\.object\(|\bresource\s+"cloudflare_(?:[b-z]|a[bd-oq-z]|account_[^t]|access)\w*""#;
        // The type of what is constructed: `new AccessPolicy(`, `cloudflare.UserGroup(`.
        static TYPE = r"(?:\bnew\s+(?:\w+\.)?|\bcloudflare\.)(?P<type>[A-Z]\w*)\($";
        static POLICIES = r#"(?i)\bpolic(?:ies|y)\\?["']?\s*(?:[:=]|=>)"#;
    }
    static WORD: LazyLock<Literals> = LazyLock::new(|| Literals::caseless(&["polic"]));
    let mut from = 0;
    while let Some(hit) =
        WORD.find(bytes, from).and_then(|hit| POLICIES.find_at(bytes, hit.start.saturating_sub(1).max(from)))
    {
        from = hit.end();
        let Some(open) = opening(bytes, hit.start()) else { continue };
        let body = literal(bytes, open);
        let grants =
            |policies: &Node| has_key(policies, "permission_groups") || has_key(policies, "resources");
        if body.get(&["policies", "policy"]).is_some_and(|(_, policies)| grants(policies)) {
            let line = input.text.line_near(open);
            let header = Span::new(line.start.max(open.saturating_sub(60)), open + 1);
            from = from.max(body.span.end);
            let made = TYPE.captures(&bytes[header.start..=open]).and_then(|groups| groups.name("type"));
            let other = made.is_some_and(|made| !contains(made.as_bytes(), b"token"));
            if other
                || OTHER.is_match(&bytes[header.start..body.span.end])
                || in_comment(input.text, hit.start(), input.path)
                || in_test_module(input.text, hit.start(), input.path)
            {
                continue;
            }
            out.push(Definition { header, body });
        }
    }
    constructed(input, out);
}

/// Finds constructors of Pulumi whose policies are made elsewhere: `new cloudflare.ApiToken("x", { policies, … })`.
fn constructed(input: &Input<'_>, out: &mut Vec<Definition>) {
    fixed! {
        static CONSTRUCTOR = r"(?P<call>\b(?:new\s+)?cloudflare\.(?:New)?(?:Api|Account)Token)\(";
    }
    /// No program has more.
    const MOST: usize = 100;
    let bytes = input.text.bytes();
    if !contains(bytes, b"pulumi") {
        return;
    }
    for groups in CONSTRUCTOR.captures_iter(bytes).take(MOST) {
        let (call, open) = (named(&groups, "call"), groups.get_match().end() - 1);
        let body = literal(bytes, open);
        // `{ policies }` stands for `{ policies: policies }`.
        let own = body.get(&["policies", "policy"]).map(|(_, policies)| policies.is_unknown());
        if own.unwrap_or_else(|| contains(input.text.get(body.span), b"polic"))
            && !in_comment(input.text, call.start(), input.path)
        {
            out.push(Definition { header: Span::from(call), body });
        }
    }
}

/// Returns the innermost open bracket around the place.
fn opening(bytes: &[u8], at: usize) -> Option<usize> {
    const REACH: usize = 4000;
    brackets::around(bytes, at.saturating_sub(REACH), at).next()
}

/// Returns all definitions of the given Terraform and Pulumi types in the file.
pub(super) fn blocks(input: &Input<'_>, terraform: &[&str], pulumi: &[&str]) -> Vec<Definition> {
    let mut out = Vec::new();
    for root in input.trees() {
        collect(root, terraform, pulumi, 0, &mut out);
    }
    out
}

/// Adds all definitions of the given types under a node.
fn collect(node: &Node, terraform: &[&str], pulumi: &[&str], depth: usize, out: &mut Vec<Definition>) {
    if depth > DEEPEST {
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            typed(node, terraform, pulumi, out);
            // A plan repeats definitions; the planned values are enough.
            let planned = node.get(&["planned_values"]).is_some();
            for (key, value) in entries {
                if matches!(key.name.as_str(), "data" | "variable" | "output" | "locals" | "module")
                    || planned && key.name != "planned_values"
                {
                    continue;
                }
                if key.name == "resource" {
                    terraform_blocks(value, terraform, out);
                }
                collect(value, terraform, pulumi, depth + 1, out);
            }
        }
        Value::Sequence(items) => {
            items.iter().for_each(|item| collect(item, terraform, pulumi, depth + 1, out))
        }
        _ => {}
    }
}

/// Finds what Terraform defines under `resource`: types, then names, then bodies, each alone or in a list.
fn terraform_blocks(node: &Node, terraform: &[&str], out: &mut Vec<Definition>) {
    let each = |node: &Node| match &node.value {
        Value::Sequence(items) => items.clone(),
        _ => vec![node.clone()],
    };
    for types in each(node) {
        for (_, named) in types.entries().iter().filter(|(kind, _)| terraform.contains(&kind.name.as_str())) {
            for (name, body) in each(named).iter().flat_map(Node::entries) {
                out.extend(each(body).into_iter().map(|body| Definition { header: name.span, body }));
            }
        }
    }
}

/// Finds mappings that state their type in a field: Pulumi YAML, manifests, Terraform plans and states.
fn typed(node: &Node, terraform: &[&str], pulumi: &[&str], out: &mut Vec<Definition>) {
    let text = |names: &[&str]| node.get(names).and_then(|(_, value)| value.text());
    let Some((_, kind)) = node.get(&["type", "kind"]) else { return };
    let Some(name) = kind.text() else { return };
    let mut push = |body: &Node| out.push(Definition { header: kind.span, body: body.clone() });
    if pulumi.contains(&name) {
        node.get(&["properties", "spec"]).into_iter().for_each(|(_, body)| push(body));
    } else if terraform.contains(&name) && text(&["mode"]) != Some("data") {
        node.get(&["values"]).into_iter().for_each(|(_, body)| push(body));
        let change = node.get(&["change"]).and_then(|(_, change)| change.get(&["after"]));
        change.into_iter().for_each(|(_, body)| push(body));
        let instances = node.all(&["instances"]).into_iter();
        instances.filter_map(|(_, one)| one.get(&["attributes"])).for_each(|(_, body)| push(body));
    } else if text(&["apiVersion"]).is_some_and(|version| version.contains("cloudflare"))
        && terraform.iter().any(|known| same_name(known.trim_start_matches("cloudflare_"), name))
    {
        let spec = node.get(&["spec"]).map(|(_, spec)| spec);
        spec.map(|spec| spec.get(&["forProvider", "initProvider"]).map_or(spec, |(_, body)| body))
            .into_iter()
            .for_each(push);
    }
}

/// Returns every value with the key, at any depth.
pub(super) fn find<'n>(node: &'n Node, name: &str) -> Vec<&'n Node> {
    let mut out = Vec::new();
    walk(node, 0, &mut |key, value| {
        if same_name(key, name) {
            out.push(value);
        }
    });
    out
}

pub(super) fn has_key(node: &Node, name: &str) -> bool {
    !find(node, name).is_empty()
}

/// Calls `visit` for every key and value, at any depth.
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
