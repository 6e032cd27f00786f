//! What is printed as a whole: tables for the decisions of `dumps`.

use super::super::Known;
use super::super::tests::found;
use super::{DUMPED, debug_tasks, dumps, is_dump, is_variable, outputs, tunnel_tokens};
use crate::blob::BlobPath;
use crate::check::tests::asked;

#[test]
fn dumps_are_told_from_other_uses_of_their_words() {
    let dump = |text: &str| DUMPED.all(text.as_bytes()).iter().any(|hit| is_dump(text.as_bytes(), hit));
    for text in [
        "env",
        "env | sort",
        "printenv CF_API_TOKEN",
        "set\n",
        "export -p",
        "export\n",
        "ls env:",
        "toJSON(secrets)",
        "cat .dev.vars",
    ] {
        assert!(dump(text), "{text}");
    }
    for text in ["env: a", "process.env.A", "set -e", "reset\n", "export A=1", "environment", "env A=1 make"]
    {
        assert!(!dump(text), "{text}");
    }
    for (text, variable) in [
        ("  SECRETS: ", true),
        ("  - all: \"", true),
        ("  run: ", false),
        ("  run: echo ", false),
        ("A: b\n    echo ", false),
        ("", false),
    ] {
        assert_eq!(is_variable(text.as_bytes(), text.len()), variable, "{text}");
    }
}

#[test]
fn environments_outputs_and_tasks_are_shown() {
    let dumped = |text: &str| found(text, |_, out| asked("a.sh", text, |input| dumps(input, out)));
    for (text, place) in [
        ("env", "env"),
        ("  - run: printenv", "printenv"),
        ("env | grep CLOUDFLARE", "env | grep CLOUDFLARE"),
        ("env | grep CF_ | sort | cat", "env | grep CF_"),
        ("printenv CF_API_TOKEN", "printenv CF_API_TOKEN"),
        ("  run: echo '${{ toJSON(secrets) }}'", "${{ toJSON(secrets) }}"),
        ("cat .dev.vars", "cat .dev.vars"),
    ] {
        assert_eq!(
            dumped(text).first().map(|s| s.trim_end_matches(')')),
            Some(place.trim_end_matches(')')),
            "{text}"
        );
    }
    for text in [
        "env | grep NODE_ENV",
        "env | grep -c CF_",
        "env | grep CF_ | cut -d= -f1",
        "env | grep CF_ | wc -l",
        "env | grep CF_ | sed 's/=.*/=***/'",
        "printenv HOME",
        "printenv CF_API_TOKEN | docker login --password-stdin",
        "printenv CF_API_TOKEN | \\\n  docker login --password-stdin",
        "console.log(process.env.NODE_ENV);",
        "  SECRETS: ${{ toJSON(secrets) }}",
        "cat .dev.vars > .env",
        "env:",
        "set -e",
    ] {
        assert_eq!(dumped(text), [""; 0], "{text}");
    }
    let output =
        |path: &str, text: &str| found(text, |bytes, out| outputs(bytes, &BlobPath::new(path), out)).len();
    assert_eq!(output("a.yml", "run: terraform output -raw cf_api_token"), 1);
    assert_eq!(output("Jenkinsfile", "terraform -chdir=a output cf_api_token"), 1);
    assert_eq!(output("a.sh", "terraform output -raw cf_api_token"), 0);
    assert_eq!(output("a.yml", "run: terraform output -raw zone_id"), 0);
    assert_eq!(output("a.yml", "run: terraform output -raw cf_api_token > f"), 0);
    let tasks = |text: &str| found(text, |bytes, out| debug_tasks(bytes, &Known::new(bytes), out)).len();
    assert_eq!(tasks("- debug:\n    msg: \"{{ cf_api_token }}\"\n"), 1);
    assert_eq!(tasks("- ansible.builtin.debug: var=cf_api_token\n"), 1);
    assert_eq!(tasks("- debug:\n    msg: \"{{ cf_api_token }}\"\n  no_log: true\n"), 0);
    assert_eq!(tasks("- debug:\n    msg: \"{{ cf_api_token | length }}\"\n"), 0);
    assert_eq!(tasks("- debug:\n    msg: \"{{ cf_zone_id }}\"\n"), 0);
    assert_eq!(tasks("- debug:\n    msg: \"{{ cf_api_token }}\"\n- b:\n    no_log: true\n"), 1);
}

#[test]
fn pipelines_keep_what_commands_print() {
    let shown = |path: &str, text: &str| {
        found(text, |bytes, out| tunnel_tokens(bytes, &BlobPath::new(path), out)).len()
    };
    assert_eq!(shown("a.yml", "steps:\n  - run: cloudflared tunnel token t\n"), 1);
    assert_eq!(shown("a.yml", "script:\n  - cloudflared tunnel token t\n"), 1);
    assert_eq!(shown("a.yml", "  run: |\n    ls\n    cloudflared tunnel token t | cat\n"), 1);
    assert_eq!(shown("a.yml", "  - run: cloudflared tunnel token t > f\n"), 0);
    assert_eq!(shown("a.yml", "  - run: cloudflared tunnel token t | docker secret create a -\n"), 0);
    assert_eq!(shown("a.yml", "  - run: T=$(cloudflared tunnel token t)\n"), 0);
    assert_eq!(shown("a.yml", "  - name: cloudflared tunnel token\n"), 0);
    assert_eq!(shown("a.yml", "  shell: |\n    cloudflared tunnel token t\n  register: t\n"), 0);
    assert_eq!(shown("a.sh", "cloudflared tunnel token t\n"), 0);
}
