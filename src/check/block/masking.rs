//! Credentials that a CI system does not mask: from inputs and configuration variables of a workflow, or produced at
//! run time and passed on through files of the runner.

use memchr::memmem;

use super::{Detection, is_comment};
use crate::check::{Candidate, Input, Sign, fixed, named};
use crate::fact::credential::is_credential;
use crate::fact::place::is_yaml;
use crate::rule::Confidence;
use crate::span::Span;

mod created;
mod passed_on;

fixed! {
    /// A reference to a value that the runner does not mask.
    static UNMASKED = r"\$\{\{\s*(?<span>(?:vars|inputs|github\.event\.inputs|github\.event\.client_payload|steps\.[\w-]+\.outputs|needs\.[\w-]+\.outputs)\.(?<name>[\w.-]+))\s*[|}&]";
    /// The trigger of a workflow that others call.
    static SECRET_INPUT = r"(?m)^[ \t]*workflow_call[ \t]*:";
}

/// `variant = "secret-without-masking"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    // Even if no name says credential, the source of a value may.
    let passes_on = input.signs.has(Sign::Vendor) && input.signs.has(Sign::Runner);
    if !passes_on && !input.names_credential() {
        return;
    }
    fixed! {
        // Azure Pipelines: a variable that a step sets is not masked unless it says so.
        static SET = r"##vso\[task\.setvariable (?<options>[^\]\n]*)\]";
    }
    let set = memmem::find(bytes, b"##vso[").map(|_| SET.captures_iter(bytes)).into_iter().flatten();
    for groups in set {
        let options = named(&groups, "options");
        let lower = options.as_bytes().to_ascii_lowercase();
        let name =
            options.as_bytes().split(|b| *b == b';').find_map(|o| o.trim_ascii().strip_prefix(b"variable="));
        if name.is_some_and(is_credential) && memmem::find(&lower, b"issecret=true").is_none() {
            let span = Span::from(options);
            push(detection, input, span, "set without `issecret=true`: its value appears in logs", out);
        }
    }
    for (span, message) in created::created(input) {
        push(detection, input, span, message, out);
    }
    if !is_workflow(input, bytes) {
        return;
    }
    let masked = memmem::find(bytes, b"add-mask").is_some();
    let composite = [b"composite\n", b"composite\""].iter().any(|kind| memmem::find(bytes, *kind).is_some())
        || is_action(input);
    for groups in UNMASKED.captures_iter(bytes) {
        let place = named(&groups, "span");
        let name = &groups["name"];
        // The inputs of an action or a called workflow are masked if the caller takes them from a secret.
        let source = place.as_bytes();
        let of_caller = source.starts_with(b"inputs.") && (composite || SECRET_INPUT.is_match(bytes));
        let made = source.starts_with(b"steps.") || source.starts_with(b"needs.");
        if is_credential(name) && !of_caller && !made {
            push(
                detection,
                input,
                Span::from(place),
                "not a secret for the runner: its value appears in logs",
                out,
            );
        }
    }
    if masked {
        return;
    }
    for span in passed_on::passed_on(input) {
        push(detection, input, span, "handed on to later steps without `::add-mask::`", out);
    }
}

fn push(detection: &Detection<'_>, input: &Input<'_>, span: Span, message: &str, out: &mut Vec<Candidate>) {
    if is_comment(input.text.get(input.text.line_near(span.start))) {
        return;
    }
    let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
    candidate.message = Some(message.to_owned());
    out.push(candidate);
}

fn is_action(input: &Input<'_>) -> bool {
    matches!(input.path.file_name(), b"action.yml" | b"action.yaml")
}

fn is_workflow(input: &Input<'_>, bytes: &[u8]) -> bool {
    let path = input.path.as_bytes();
    let yaml = is_yaml(input.path);
    fixed! {
        static STEPS = r"(?m)^[ \t]*(?:-[ \t]+)?(?:runs-on|uses|run|steps|jobs)[ \t]*:";
    }
    yaml && (STEPS.is_match(bytes) || memmem::find(bytes, b"dotenv:").is_some())
        || (path.ends_with(b".sh") && passed_on::passes_any(bytes))
}
