//! Workflows that run the code of a pull request from anyone while they hold a credential. The triggers
//! `pull_request_target` and `workflow_run` give a run the secrets of the repository; what it checks out is up to the
//! workflow.

use memchr::memmem;

use super::Detection;
use crate::check::{Candidate, Input, fixed};
use crate::fact::credential::is_credential;
use crate::fact::place::is_yaml;
use crate::fact::tree::{Node, Value};
use crate::span::Span;

/// The triggers that run with secrets for events that anyone can cause.
const TRIGGERS: &[&str] = &["pull_request_target", "workflow_run"];

fixed! {
    /// The revision that a pull request brings.
    static REVISION = r"github\.head_ref|github\.event\.pull_request\.(?:head\.|merge_commit_sha)|github\.event\.workflow_run\.head_|refs/pull/|\bgh\s+pr\s+checkout|pull/\$";

    /// A condition that lets only some pull requests through: by their origin, their author, or a label that a
    /// maintainer has set.
    static GUARD = r"(?i)head\.repo\.|\.fork\b|author_association|labels?\b|\.actor\b|sender\.|user\.login|head_repository|head_branch|workflow_run\.event\b|event_name\s*==\s*'push'";

    /// A secret of the repository.
    static SECRET = r"\b(?P<span>secrets(?:\.|\[')(?P<name>[A-Za-z_]\w*)(?:'\])?)";
}

/// `variant = "secret-exposed-to-fork"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    let triggered = || TRIGGERS.iter().any(|name| memmem::find(bytes, name.as_bytes()).is_some());
    if !is_yaml(input.path) || !triggered() {
        return;
    }
    for workflow in input.trees().iter().filter(|tree| is_triggered(tree)) {
        let Some((_, jobs)) = workflow.get(&["jobs"]) else { continue };
        for (_, job) in jobs.entries().iter().filter(|(_, job)| !is_guarded(job, jobs)) {
            let Some((checkout, after)) = runs_foreign_code(job) else { continue };
            let shared = [workflow, job].into_iter().filter_map(|node| node.get(&["env"]));
            let mut places = shared.map(|(_, env)| env).chain(after);
            let Some(secret) = places.find_map(|node| secret(bytes, node)) else { continue };
            let mut found = Candidate::new(detection.rule, secret, detection.detect.confidence);
            found.labels.push((checkout, String::from("the code of the pull request comes from here")));
            out.push(found);
        }
    }
}

/// Whether a workflow starts with one of [`TRIGGERS`]: `on: NAME`, a list, or a mapping. One that follows another on
/// certain branches publishes what was merged.
fn is_triggered(workflow: &Node) -> bool {
    let named = |text: &str| TRIGGERS.contains(&text);
    // YAML 1.1 takes `on` for a Boolean.
    let Some((_, on)) = workflow.get(&["on", "true"]) else { return false };
    match &on.value {
        Value::Mapping(entries) => entries.iter().any(|(key, event)| {
            named(&key.name) && !(key.name == "workflow_run" && event.get(&["branches"]).is_some())
        }),
        Value::Sequence(items) => items.iter().filter_map(Node::text).any(named),
        _ => on.text().is_some_and(named),
    }
}

/// Whether somebody decides before a job runs: its environment may ask for a review, or a condition of its own or of a
/// job that it needs lets only some pull requests through.
fn is_guarded(job: &Node, jobs: &Node) -> bool {
    let guards = |job: &Node| job.get(&["environment"]).is_some() || has_guard(job);
    let needed = job.all(&["needs"]).into_iter().filter_map(|(_, name)| name.text());
    guards(job) || needed.into_iter().filter_map(|name| jobs.get(&[name])).any(|(_, job)| guards(job))
}

/// Whether a job or a step has a condition that is a [`GUARD`].
fn has_guard(node: &Node) -> bool {
    let condition = node.get(&["if"]).and_then(|(_, condition)| written(condition));
    condition.is_some_and(|condition| GUARD.is_match(condition.as_bytes()))
}

/// Returns the text of a scalar, with its expressions.
fn written(node: &Node) -> Option<&str> {
    match &node.value {
        Value::String(text) | Value::Expression(text) => Some(text),
        _ => None,
    }
}

/// Returns where a job checks out the code of a pull request, and the steps from there on, if one of them runs it.
fn runs_foreign_code(job: &Node) -> Option<(Span, &[Node])> {
    let Value::Sequence(steps) = &job.get(&["steps"])?.1.value else { return None };
    let (number, place) =
        steps.iter().enumerate().find_map(|(number, step)| Some((number, checkout(step)?)))?;
    let after = &steps[number..];
    after.iter().skip(1).any(runs).then_some((place, after))
}

/// Returns the revision of a pull request that a step checks out, unless a condition guards the step.
fn checkout(step: &Node) -> Option<Span> {
    if has_guard(step) {
        return None;
    }
    let uses = step.get(&["uses"]).and_then(|(_, action)| action.text()).unwrap_or_default();
    let is_action = uses.starts_with("actions/checkout@");
    let holder = if is_action { step.get(&["with"])?.1 } else { step };
    let named: &[&str] = if is_action { &["ref", "repository"] } else { &["run"] };
    let is_foreign = |place: &&Node| written(place).is_some_and(|text| REVISION.is_match(text.as_bytes()));
    let place = holder.all(named).into_iter().map(|(_, place)| place).find(is_foreign)?;
    let fetches = |text: &str| text.contains("checkout") || text.contains("fetch");
    (is_action || written(place).is_some_and(fetches)).then_some(place.span)
}

/// Whether a step runs what was checked out: a command, a local action, or the action of Wrangler, which builds the
/// project as its configuration says.
fn runs(step: &Node) -> bool {
    let uses = step.get(&["uses"]).and_then(|(_, action)| action.text()).unwrap_or_default();
    step.get(&["run"]).is_some() || uses.starts_with("./") || uses.starts_with("cloudflare/wrangler-action")
}

/// Returns the first Cloudflare credential among the secrets that a part of a workflow names: by its own name, or by that
/// of the variable or input that takes it.
fn secret(bytes: &[u8], node: &Node) -> Option<Span> {
    let text = &bytes[node.span.start..node.span.end];
    SECRET.captures_iter(text).find_map(|groups| {
        let (place, name) = (groups.name("span")?, groups.name("name")?);
        let line = &text[..place.start()];
        let line = &line[line.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)..];
        let key = line.iter().position(|b| *b == b':').map_or(&b""[..], |end| line[..end].trim_ascii());
        (is_credential(name.as_bytes()) || is_credential(key))
            .then(|| Span::from(place).shift(node.span.start))
    })
}

#[cfg(test)]
mod tests {
    use super::{Detection, check};
    use crate::check::tests::asked;
    use crate::rule::RuleSet;

    /// Returns how many jobs run foreign code with a credential.
    fn found(head: &str, job: &str, steps: &str) -> usize {
        let text = format!("{head}\njobs:\n  a:\n    runs-on: x\n{job}    steps:\n{steps}");
        let rules = RuleSet::embedded();
        let rule = rules.rules.iter().find(|rule| rule.id == "secret-exposed-to-fork").expect("a rule");
        asked(".github/workflows/a.yml", &text, |input| {
            let mut out = Vec::new();
            check(&Detection { detect: &rule.detects[0], rule: 0 }, input, &mut out);
            out.len()
        })
    }

    const CHECKOUT: &str = "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n";
    const DEPLOY: &str = "      - run: npx wrangler deploy\n        env:\n          CLOUDFLARE_API_TOKEN: ${{ secrets.CLOUDFLARE_API_TOKEN }}\n";

    #[test]
    fn code_of_anyone_runs_with_a_credential() {
        let steps = format!("{CHECKOUT}{DEPLOY}");
        for head in [
            "on: pull_request_target",
            "on: [push, pull_request_target]",
            "on:\n  pull_request_target:\n    types: [opened]",
        ] {
            assert_eq!(found(head, "", &steps), 1, "{head}");
        }
        let after_merge = "on:\n  workflow_run:\n    workflows: [ci]\n    branches: [main]";
        for head in ["on: pull_request", "on: push", "on: [pull_request]", after_merge] {
            assert_eq!(found(head, "", &steps), 0, "{head}");
        }
        let on = "on: pull_request_target";
        let env = "    env:\n      CF_API_TOKEN: ${{ secrets.CF }}\n";
        assert_eq!(found(on, env, &format!("{CHECKOUT}      - run: npm ci\n")), 1);
        let action = "      - uses: cloudflare/wrangler-action@v3\n        with:\n          apiToken: ${{ secrets.CLOUDFLARE_API_TOKEN }}\n";
        assert_eq!(found(on, "", &format!("{CHECKOUT}{action}")), 1);
        for with in [
            "repository: owner/name\n          ref: ${{ github.head_ref }}",
            "ref: refs/pull/${{ github.event.number }}/merge",
        ] {
            let checkout = format!("      - uses: actions/checkout@v4\n        with:\n          {with}\n");
            assert_eq!(found(on, "", &format!("{checkout}{DEPLOY}")), 1, "{with}");
        }
        for secret in ["secrets['CLOUDFLARE_API_TOKEN']", "secrets.CLOUDFLARE_API_TOKEN || ''"] {
            let deploy = DEPLOY.replace("secrets.CLOUDFLARE_API_TOKEN", secret);
            assert_eq!(found(on, "", &format!("{CHECKOUT}{deploy}")), 1, "{secret}");
        }
        assert_eq!(
            found("on: { pull_request_target: { types: [opened] } }", "", &format!("{CHECKOUT}{DEPLOY}")),
            1
        );
        let by_hand = "      - run: gh pr checkout ${{ github.event.number }}\n";
        assert_eq!(found(on, "", &format!("{by_hand}{DEPLOY}")), 1);
    }

    #[test]
    fn own_code_other_secrets_and_guarded_jobs_are_safe() {
        let on = "on: pull_request_target";
        let own = "      - uses: actions/checkout@v4\n";
        assert_eq!(found(on, "", &format!("{own}{DEPLOY}")), 0);
        let other = "      - run: npm test\n        env:\n          NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n";
        assert_eq!(found(on, "", &format!("{CHECKOUT}{other}")), 0);
        // Nothing of what was checked out is run.
        let label =
            "      - uses: actions/labeler@v5\n        with:\n          token: ${{ secrets.CF_API_TOKEN }}\n";
        assert_eq!(found(on, "", &format!("{CHECKOUT}{label}")), 0);
        // The credential is used up before the checkout.
        assert_eq!(found(on, "", &format!("{DEPLOY}{CHECKOUT}      - run: npm test\n")), 0);
        let steps = format!("{CHECKOUT}{DEPLOY}");
        for job in [
            "    environment: preview\n",
            "    if: github.event.pull_request.head.repo.full_name == github.repository\n",
            "    if: contains(github.event.pull_request.labels.*.name, 'safe')\n",
            "    if: ${{ github.actor == 'owner' }}\n",
        ] {
            assert_eq!(found(on, job, &steps), 0, "{job}");
        }
        assert_eq!(found(on, "    if: github.event.action == 'opened'\n", &steps), 1);
    }
}
