//! Variables of a CI system that are created with Terraform, Pulumi, Ansible or on a command line, and are not set to
//! be masked.

use std::sync::LazyLock;

use crate::check::{Input, captures_around, fixed, named};
use crate::fact::command::command_end;
use crate::fact::credential::is_credential;
use crate::fact::place::{in_comment, in_prose, is_test};
use crate::fact::tree::{Node, Value, literal};
use crate::literals::{Literals, contains};
use crate::span::Span;

/// A kind of resource that creates a variable.
struct Kind {
    /// Its type in Terraform.
    terraform: &'static str,
    /// The end of its type in programs.
    class: &'static str,
    /// The fields that may hold the name of the variable.
    name: &'static [&'static str],
    /// The field that turns masking on; `None` if the variable is never masked.
    switch: Option<&'static str>,
    /// The message of findings.
    help: &'static str,
}

const GITLAB: &str = "not masked: job logs show its value; set `masked = true`";
const GITHUB: &str = "a variable, not a secret: logs show its value; use the secret of the same name";
const SECURED: &str = "not secured: logs and the settings page show its value";
const SENSITIVE: &str = "not sensitive: logs and the settings page show its value";

const fn kind(
    terraform: &'static str,
    class: &'static str,
    name: &'static [&'static str],
    switch: Option<&'static str>,
    help: &'static str,
) -> Kind {
    Kind { terraform, class, name, switch, help }
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    kind("gitlab_project_variable", "ProjectVariable", &["key"], Some("masked"), GITLAB),
    kind("gitlab_group_variable", "GroupVariable", &["key"], Some("masked"), GITLAB),
    kind("gitlab_instance_variable", "InstanceVariable", &["key"], Some("masked"), GITLAB),
    kind("github_actions_variable", "ActionsVariable", &["variable_name"], None, GITHUB),
    kind("github_actions_organization_variable", "ActionsOrganizationVariable", &["variable_name"], None, GITHUB),
    kind("github_actions_environment_variable", "ActionsEnvironmentVariable", &["variable_name"], None, GITHUB),
    kind("bitbucket_repository_variable", "RepositoryVariable", &["key"], Some("secured"), SECURED),
    kind("bitbucket_deployment_variable", "DeploymentVariable", &["key"], Some("secured"), SECURED),
    kind("bitbucket_workspace_variable", "WorkspaceVariable", &["key"], Some("secured"), SECURED),
    kind("tfe_variable", "TfeVariable", &["key"], Some("sensitive"), SENSITIVE),
];

/// Resources that contain several variables: their type, the blocks that define a variable, and the switch of each.
const GROUPS: &[(&str, &[&str], &str)] = &[
    ("azuredevops_variable_group", &["variable"], "is_secret"),
    ("azuredevops_build_definition", &["variable"], "is_secret"),
];

/// Every text that creates a variable contains one of these.
static HINTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "gitlab_",
        "github_actions_",
        "bitbucket_",
        "tfe_variable",
        "azuredevops_",
        "codebuild",
        "Variable(",
        "VariableArgs",
        "variable set",
        "variable create",
        "variable update",
        "variables",
    ])
});

/// What every match of the expressions below contains, for calls and for commands.
static CLASS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["Variable("]));
static VERB: LazyLock<Literals> =
    LazyLock::new(|| Literals::new(&["variable set", "variable create", "variable update"]));

/// How far a match may reach on both sides of that, in bytes.
const BESIDE: usize = 200;

/// Returns the places of variables that hold a credential and are not masked, with the message for each.
pub(super) fn created(input: &Input<'_>) -> Vec<(Span, &'static str)> {
    let mut out = Vec::new();
    if HINTS.find(input.text.bytes(), 0).is_none() || is_test(input.path) {
        return out;
    }
    for root in input.trees() {
        for (_, types) in root.all(&["resource"]) {
            for (kind, named) in types.entries() {
                for (header, body) in named
                    .entries()
                    .iter()
                    .flat_map(|(key, body)| each(body).into_iter().map(move |body| (key, body)))
                {
                    resource(&kind.name, header.span, body, &mut out);
                }
            }
        }
        tasks(root, 0, &mut out);
    }
    if !input.is_structured() {
        calls(input, &mut out);
    }
    commands(input, &mut out);
    out
}

fn each(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Sequence(items) => items.iter().collect(),
        _ => vec![node],
    }
}

/// Checks a Terraform resource.
fn resource(kind: &str, header: Span, body: &Node, out: &mut Vec<(Span, &'static str)>) {
    if let Some(kind) = KINDS.iter().find(|known| known.terraform == kind) {
        if is_unmasked(body, kind) {
            out.push((header, kind.help));
        }
        return;
    }
    if kind == "aws_codebuild_project" {
        for (key, variable) in
            body.all(&["environment"]).iter().flat_map(|(_, node)| node.all(&["environment_variable"]))
        {
            let plain = variable.get(&["type"]).is_none_or(|(_, kind)| kind.text() == Some("PLAINTEXT"));
            if plain && names(variable, &["name"]) {
                out.push((
                    key.span,
                    "in clear: the project and its logs show its value; use the type `SECRETS_MANAGER`",
                ));
            }
        }
    }
    for (_, blocks, switch) in GROUPS.iter().filter(|(known, ..)| *known == kind) {
        for (key, variable) in body.all(blocks) {
            if names(variable, &["name"]) && variable.get(&["value"]).is_some() && !is_on(variable, switch) {
                out.push((key.span, "not a secret: logs show its value; set `is_secret = true`"));
            }
        }
    }
}

/// Whether a variable is named after a credential and not masked.
fn is_unmasked(body: &Node, kind: &Kind) -> bool {
    names(body, kind.name) && kind.switch.is_none_or(|switch| !is_on(body, switch) && !is_on(body, "hidden"))
}

/// Whether one of the fields contains the name of a credential.
fn names(body: &Node, keys: &[&str]) -> bool {
    body.get(keys).and_then(|(_, name)| name.text()).is_some_and(|name| is_credential(name.as_bytes()))
}

/// Whether the switch is on, or known only at run time.
fn is_on(body: &Node, switch: &str) -> bool {
    body.get(&[switch]).is_some_and(|(_, value)| match &value.value {
        Value::Bool(on) => *on,
        Value::String(text) => matches!(text.as_str(), "true" | "yes"),
        Value::Expression(text) => {
            !matches!(text.as_str(), "no" | "pulumi.Bool(false)" | "cdktf.Bool(false)")
        }
        _ => false,
    })
}

/// Finds Ansible tasks: `gitlab_project_variable:` with a list of variables.
fn tasks(node: &Node, depth: usize, out: &mut Vec<(Span, &'static str)>) {
    const DEEPEST: usize = 12;
    if depth > DEEPEST {
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                let module = key.name.rsplit('.').next().unwrap_or_default();
                if matches!(
                    module,
                    "gitlab_project_variable" | "gitlab_group_variable" | "gitlab_instance_variable"
                ) {
                    for (_, variable) in value.all(&["variables"]) {
                        if names(variable, &["name"]) && !is_on(variable, "masked") {
                            out.push((variable.span, GITLAB));
                        }
                    }
                } else if key.name != "resource" {
                    tasks(value, depth + 1, out);
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| tasks(item, depth + 1, out)),
        _ => {}
    }
}

/// Finds constructor calls in programs: `new gitlab.ProjectVariable("token", { key: … })`.
fn calls(input: &Input<'_>, out: &mut Vec<(Span, &'static str)>) {
    fixed! {
        static CALL = r"\b(?:new\s+)?(?:\w+\.)*(?:New)?(?P<class>(?:Project|Group|Instance|Repository|Deployment|Workspace|Tfe)Variable|Actions(?:Organization|Environment)?Variable)(?P<open>\()";
    }
    let bytes = input.text.bytes();
    for groups in captures_around(&CALL, &CLASS.all(bytes), bytes, BESIDE, |_| 0) {
        let (whole, open) = (groups.get_match(), named(&groups, "open"));
        let Some(kind) = KINDS.iter().find(|kind| kind.class.as_bytes() == &groups["class"]) else {
            continue;
        };
        let vendor = kind.terraform.split('_').next().unwrap_or_default();
        if !contains(bytes, vendor.as_bytes()) || in_comment(input.text, whole.start(), input.path) {
            continue;
        }
        let body = literal(bytes, open.start());
        let unknown = kind.switch.is_some_and(|_| body.get(&["..."]).is_some());
        if !unknown && is_unmasked(&body, kind) {
            out.push((Span::from(whole), kind.help));
        }
    }
}

/// Finds the commands `glab variable set`, `gh variable set`, `az pipelines variable create`.
fn commands(input: &Input<'_>, out: &mut Vec<(Span, &'static str)>) {
    fixed! {
        static COMMAND = r"\b(?P<tool>glab|gh|az)[ \t]+(?:pipelines[ \t]+)?variable(?:-group[ \t]+variable)?[ \t]+(?:set|create|update)\b";
    }
    let bytes = input.text.bytes();
    for groups in captures_around(&COMMAND, &VERB.all(bytes), bytes, BESIDE, |_| BESIDE) {
        let place = Span::from(groups.get_match());
        if in_comment(input.text, place.start, input.path) || in_prose(input.text, place.start, input.path) {
            continue;
        }
        let (end, _) = command_end(bytes, place.start);
        let body = &bytes[place.end..end];
        let words: Vec<&[u8]> = body
            .split(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'"' | b'\''))
            .filter(|word| !word.is_empty())
            .collect();
        let named = match &groups["tool"] {
            b"az" => words.windows(2).find(|pair| pair[0] == b"--name").map(|pair| pair[1]),
            _ => words.iter().copied().find(|word| !word.starts_with(b"-")),
        };
        if !named.is_some_and(is_credential) {
            continue;
        }
        let has = |option: &[u8]| words.contains(&option);
        let help = match &groups["tool"] {
            b"glab" if has(b"--masked") || has(b"-m") || has(b"--hidden") => continue,
            b"glab" => GITLAB,
            b"gh" => GITHUB,
            _ if words
                .windows(2)
                .any(|pair| pair[0] == b"--secret" && pair[1].eq_ignore_ascii_case(b"true")) =>
            {
                continue;
            }
            _ => "not a secret: logs show its value; add `--secret true`",
        };
        out.push((place, help));
    }
}
