//! Steps of a list of which each has a condition, so that only one of them runs: tasks of Ansible with `when:`, steps of a
//! workflow with `if:`.

use std::collections::BTreeSet;

use super::{TOKEN_WAY, WAYS};
use crate::check::setting::role::{Role, role};
use crate::check::{Input, fixed};
use crate::fact::lines::indentation;
use crate::fact::place::list_item;
use crate::fact::words::words;
use crate::literals::contains;
use crate::span::Span;

/// Whether the place is in a step that has a condition, and a step with a token has the opposite one.
pub(in crate::check) fn has_opposite_step(input: &Input<'_>, span: Span) -> bool {
    let step = |at: usize| {
        let item = list_item(input.text, at)?;
        Some((item, condition(input, item)?))
    };
    let Some((own, of_key)) = step(span.start) else { return false };
    let ways = TOKEN_WAY.find_iter(input.text.bytes()).map(Span::from).take(WAYS);
    ways.filter(|way| !own.overlaps(*way)).any(|way| {
        step(way.start).is_some_and(|(item, of_token)| {
            !item.overlaps(own)
                && !of_token.contains(way)
                && exclude(input.text.get(of_key), input.text.get(of_token))
        })
    })
}

/// Returns the condition of a step, with the lines that continue it.
fn condition(input: &Input<'_>, item: Span) -> Option<Span> {
    const HEADS: &[&[u8]] = &[b"when:", b"if:"];
    let text = input.text.get(item);
    let (mut at, mut found): (usize, Option<(Span, usize)>) = (item.start, None);
    for line in text.split_inclusive(|b| *b == b'\n') {
        let own = line.trim_ascii_start();
        let own = own.strip_prefix(b"- ").map_or(own, <[u8]>::trim_ascii_start);
        let depth = indentation(line);
        match &mut found {
            // Behind a dash it stands as deep as what follows in the item.
            None if HEADS.iter().any(|head| own.starts_with(head)) => {
                let column = line.len() - own.len();
                found = Some((Span::new(at + column, at + line.len()), column));
            }
            // The conditions of a list may be as deep as its heading.
            Some((span, head))
                if depth > *head || depth == *head && line.trim_ascii_start().starts_with(b"- ") =>
            {
                *span = Span::new(span.start, at + line.len());
            }
            Some(_) => break,
            None => {}
        }
        at += line.len();
    }
    found.map(|(span, _)| span)
}

/// Whether two conditions leave only one of two steps: they ask the same in different ways, or one asks for a token and the
/// other for a key.
fn exclude(of_key: &[u8], of_token: &[u8]) -> bool {
    let (asked_of_key, asked_of_token) = (asked(of_key), asked(of_token));
    let asks =
        |names: &BTreeSet<String>, wanted: fn(Role) -> bool| names.iter().any(|name| wanted(role(name)));
    let same = !asked_of_key.is_empty() && asked_of_key == asked_of_token && !is_same(of_key, of_token);
    same || asks(&asked_of_token, |role| matches!(role, Role::Token | Role::ApiToken))
        && asks(&asked_of_key, |role| role != Role::Other)
        && asked_of_key != asked_of_token
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    let written =
        |text: &[u8]| -> Vec<u8> { text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect() };
    written(one) == written(other)
}

/// Returns the words of the names that a condition asks for.
fn asked(condition: &[u8]) -> BTreeSet<String> {
    fixed! {
        static NAME = r#""[^"\n]*"|'[^'\n]*'|(?P<name>[A-Za-z_][\w.-]*)"#;
    }
    /// What conditions are made of, besides names.
    const OPERATORS: &[&[u8]] = &[
        b"when",
        b"if",
        b"not",
        b"is",
        b"and",
        b"or",
        b"in",
        b"defined",
        b"undefined",
        b"default",
        b"length",
        b"bool",
        b"none",
        b"null",
        b"true",
        b"false",
        b"eq",
        b"ne",
        b"string",
        b"trim",
        b"d",
    ];
    let names = NAME.captures_iter(quoted_whole(condition)).filter_map(|groups| groups.name("name"));
    let names = names.map(|name| name.as_bytes());
    names
        .filter(|name| !OPERATORS.iter().any(|operator| name.eq_ignore_ascii_case(operator)))
        .filter(|name| !contains(name, b"always"))
        .map(words)
        .collect()
}

/// Returns a condition without the quotes around all of it, which YAML needs before braces.
fn quoted_whole(condition: &[u8]) -> &[u8] {
    let value = condition.iter().position(|b| *b == b':').map_or(condition, |at| &condition[at + 1..]);
    let value = value.trim_ascii();
    let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    inner.or(value.strip_prefix(b"'").and_then(|value| value.strip_suffix(b"'"))).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{exclude, has_opposite_step};
    use crate::check::tests::{asked, marked};

    #[test]
    fn conditions_exclude_each_other() {
        for (key, token) in [
            ("when: cf_api_token | length == 0", "when: cf_api_token | length > 0"),
            ("when: cf_api_token is not defined", "when: cf_api_token is defined"),
            ("when: not cf_api_token", "when: cf_api_token"),
            ("if: ${{ env.CF_API_TOKEN == '' }}", "if: ${{ env.CF_API_TOKEN != '' }}"),
            ("when: auth == 'key'", "when: auth == 'token'"),
            ("when: cf_api_key is defined", "when: cf_api_token is defined"),
            ("when:\n  - cf_api_token is undefined", "when:\n  - cf_api_token is defined"),
        ] {
            assert!(exclude(key.as_bytes(), token.as_bytes()), "{key}, {token}");
        }
        for (key, token) in [
            ("when: deploy", "when: deploy"),
            ("when: deploy", "when: cf_api_token is defined"),
            ("when: cf_api_token is defined", "when: cf_api_token  is defined"),
            ("when: cf_api_key is defined", "when: deploy"),
            ("if: ${{ always() }}", "if: always()"),
        ] {
            assert!(!exclude(key.as_bytes(), token.as_bytes()), "{key}, {token}");
        }
    }

    #[test]
    fn steps_of_which_one_runs_are_a_choice() {
        let chosen = |text: &str| {
            let (text, span) = marked(text);
            asked("tasks/a.yml", &text, |input| has_opposite_step(input, span))
        };
        for text in [
            "- cloudflare_dns:\n    api_token: \"{{ t }}\"\n  when: t | length > 0\n\n- cloudflare_dns:\n    account_email: a\n    «account_api_key: k»\n  when: t | length == 0\n",
            "- when: t is defined\n  uri:\n    headers:\n      Authorization: \"Bearer {{ t }}\"\n- when: t is not defined\n  uri:\n    headers:\n      «X-Auth-Key: \"{{ k }}\"»\n",
            "steps:\n  - if: env.T != ''\n    env:\n      CF_API_TOKEN: a\n  - if: env.T == ''\n    env:\n      «CF_API_KEY: b»\n",
        ] {
            assert!(chosen(text), "{text}");
        }
        for text in [
            "- cloudflare_dns:\n    api_token: \"{{ t }}\"\n\n- cloudflare_dns:\n    account_email: a\n    «account_api_key: k»\n",
            "- cloudflare_dns:\n    api_token: \"{{ t }}\"\n  when: dns\n\n- cloudflare_dns:\n    account_email: a\n    «account_api_key: k»\n  when: dns\n",
            "- fail:\n    msg: no key\n  when: api_token is not defined\n\n- cloudflare_dns:\n    account_email: a\n    «account_api_key: k»\n  when: api_token is defined\n",
        ] {
            assert!(!chosen(text), "{text}");
        }
    }
}
