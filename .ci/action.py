"""Executes the steps of action.yml as GitHub would: expressions, conditions, environment, output files, events.

Called by action.sh with the path of a built flaresec. `uses:` steps are played: the cache hands out that binary, the
upload is recorded. Everything else is the real script in a real checkout.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(sys.argv[1]).resolve()
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
CONTEXT = re.compile(r"\b(inputs|steps|github|runner)((?:\.[A-Za-z0-9_-]+)+)")


def evaluate(expression, contexts):
    """The part of GitHub's expression language that action.yml uses."""

    def look_up(match):
        value = contexts[match[1]]
        for key in match[2][1:].split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return repr("" if value is None else value)

    python = CONTEXT.sub(look_up, expression).replace("&&", " and ").replace("||", " or ").replace("true", "True")
    # Text that was already looked up keeps its spelling.
    python = python.replace("'True'", "'true'")
    return eval(python, {"__builtins__": {}})


def render(text, contexts):
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: str(evaluate(m[1].strip(), contexts)), str(text))


def outputs(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


class Result:
    pass


def run_action(checkout, event_name, event, inputs=None, ref="", path_first=None):
    """One use of the action in a job."""
    temp = Path(tempfile.mkdtemp(prefix="runner-"))
    values = {name: entry.get("default", "") for name, entry in ACTION["inputs"].items()} | (inputs or {})
    steps = {}
    contexts = {
        "inputs": values,
        "steps": steps,
        "github": {"action_ref": ref, "action_path": str(ROOT), "event": event},
        "runner": {"temp": str(temp), "os": "Linux", "arch": "X64"},
    }
    result = Result()
    result.log, result.uploads, result.code, result.summary = "", [], 0, temp / "summary"
    result.summary.write_text("")
    (temp / "event.json").write_text(json.dumps(event))
    for step in ACTION["runs"]["steps"]:
        if not evaluate(step.get("if", "true"), contexts):
            continue
        produced = temp / "output"
        produced.write_text("")
        if "uses" in step:
            arguments = {key: render(value, contexts) for key, value in step["with"].items()}
            if step["uses"].startswith("actions/cache@"):
                Path(arguments["path"]).mkdir(parents=True, exist_ok=True)
                shutil.copy(BINARY, arguments["path"])
                produced.write_text("cache-hit=true\n")
            else:
                result.uploads.append(json.loads(Path(arguments["sarif_file"]).read_text()))
        else:
            assert "${{" not in step["run"], "inputs reach scripts through env only"
            environment = {
                "PATH": ":".join(filter(None, [path_first, os.environ["PATH"]])),
                "HOME": str(temp),
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_EVENT_NAME": event_name,
                "GITHUB_EVENT_PATH": str(temp / "event.json"),
                "GITHUB_OUTPUT": str(produced),
                "GITHUB_STEP_SUMMARY": str(result.summary),
                "GITHUB_WORKSPACE": str(checkout),
                "RUNNER_TEMP": str(temp),
                "RUNNER_OS": "Linux",
                "RUNNER_ARCH": "X64",
            } | {key: render(value, contexts) for key, value in step.get("env", {}).items()}
            script = temp / "step.sh"
            script.write_text(step["run"])
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
            done = subprocess.run(shell, cwd=checkout, env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace")
            result.log += done.stdout
            result.code = done.returncode
        if "id" in step:
            steps[step["id"]] = {"outputs": outputs(produced)}
        if result.code != 0:
            break
    result.outputs = {name: render(entry["value"], contexts) for name, entry in ACTION["outputs"].items()}
    result.summary = result.summary.read_text()
    shutil.rmtree(temp)
    return result


def git(folder, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ["AUTHOR", "COMMITTER"]:
        environment |= {f"GIT_{who}_NAME": "a", f"GIT_{who}_EMAIL": "a@example.com"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")
    return git(folder, "rev-parse", "HEAD")


def checkout(work, files):
    folder = Path(tempfile.mkdtemp(dir=work))
    git(folder, "init", "-q", "-b", "main")
    return folder, commit(folder, files)


def pull_request(work, base_files, head_files, branch="topic", fork=False):
    """A checkout as actions/checkout leaves it on a pull request: the merge of head into base."""
    folder, base = checkout(work, base_files)
    git(folder, "checkout", "-q", "-b", branch)
    head = commit(folder, head_files)
    git(folder, "checkout", "-q", "--detach", "main")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", head)
    repository = {"fork": fork}
    event = {"pull_request": {"base": {"sha": base}, "head": {"sha": head, "ref": branch, "repo": repository}}}
    return folder, event


def secret(seed):
    """A line with a synthetic legacy key; never written down as a whole anywhere."""
    import hashlib
    return f"CLOUDFLARE_API_KEY={hashlib.sha256(seed.encode()).hexdigest()[:37]}\n"


def expect(name, result, code, findings, *texts):
    shown = f"{name}: exit {result.code}, outputs {result.outputs}"
    print(shown)
    complaint = f"{shown}\n{result.log}\n{result.summary}"
    assert result.code == code, complaint
    assert result.outputs["findings"] == str(findings), complaint
    assert result.outputs["exit-code"] == str(code), complaint
    for text in texts:
        assert text in result.log, f"no {text!r} in {complaint}"


def pushes(work):
    clean, _ = checkout(work, {"a.txt": "nothing\n"})
    expect("push, no findings", run_action(clean, "push", {}), 0, 0, "no findings")
    leaky, _ = checkout(work, {"a.conf": secret("a"), "b.conf": secret("b")})
    found = run_action(leaky, "push", {}, {"sarif": "true"})
    expect("push, findings", found, 1, 2, "::error file=a.conf", "::stop-commands::")
    assert len(found.uploads[0]["runs"][0]["results"]) == 2, "uploaded before the job fails"
    assert "2 findings" in found.summary
    for seed in "ab":
        assert secret(seed)[19:-5] not in found.log + found.summary + json.dumps(found.uploads)
    quiet = run_action(leaky, "push", {}, {"annotations": "false", "summary": "false", "paths": "b.conf\n"})
    expect("push, one path, quiet", quiet, 1, 1)
    assert "::error" not in quiet.log and quiet.summary == ""
    expect("push, --exit-zero", run_action(leaky, "push", {}, {"args": "--exit-zero\n--pedantic\n"}), 0, 2)
    for name, inputs in [
        ("unknown severity", {"fail-on": "$(touch pwned)"}),
        ("unknown argument", {"args": "--no-such-flag; touch pwned"}),
        ("unknown scope", {"scope": "`touch pwned`"}),
        ("missing configuration", {"config": "gone.toml"}),
        ("diff without a pull request", {"scope": "diff"}),
    ]:
        expect(f"push, {name}", run_action(leaky, "push", {}, inputs), 2, 0, "::error title=flaresec::")
        assert not (leaky / "pwned").exists()


def pull_requests(work):
    help_text = subprocess.run([BINARY, "scan", "--help"], capture_output=True, text=True, check=True).stdout
    scope = {} if "--diff" in help_text else {"scope": "worktree"}
    old = 0 if "--diff" in help_text else 1
    for name, branch, fork in [
        ("pull request", "topic", False),
        ("fork", "topic", True),
        ("hostile branch", "x;touch${IFS}pwned;$(touch${IFS}pwned)", False),
    ]:
        folder, event = pull_request(work, {"old.conf": secret("old")}, {"new.conf": secret("new")}, branch, fork)
        result = run_action(folder, "pull_request", event, {"sarif": "true"} | scope)
        expect(name, result, 1, 1 + old, "new.conf")
        assert bool(result.uploads) != fork, "a fork has no right to upload"
        assert not (folder / "pwned").exists()
    folder, event = pull_request(work, {"old.conf": "A=1\n"}, {"new.txt": "nothing\n"})
    expect("pull request, no findings", run_action(folder, "pull_request", event, scope), 0, 0)
    for sha in ["", "--upload-pack=touch pwned"]:
        event["pull_request"]["base"]["sha"] = sha
        expect("pull request, no base", run_action(folder, "pull_request", event, scope), 2, 0, "no base and head")


def configurations(work):
    """What accepts findings on a pull request is what the base has, with the same meaning as on a push."""
    vendor = "/vendor/"
    exclude = f'exclude = ["{vendor}"]\n'
    per_path = f'[[per-path]]\npaths = ["{vendor}"]\nrules = {{ hardcoded-global-api-key = "allow" }}\n'
    allow = '[rules]\nhardcoded-global-api-key = "allow"\n'
    new = {"vendor/x.conf": secret("x"), "y.conf": secret("y")}
    for name, base, head, inputs, findings, text in [
        ("exclude", {"flaresec.toml": exclude}, new, {}, 1, "not scanned: " + vendor),
        ("per-path", {"flaresec.toml": per_path}, new, {}, 1, "in " + vendor),
        (".github/flaresec.toml", {".github/flaresec.toml": exclude}, new, {}, 1, ".github/flaresec.toml"),
        ("its own configuration", {}, new | {"flaresec.toml": allow}, {}, 2, "are those of"),
        ("a changed configuration", {"flaresec.toml": exclude}, new | {"flaresec.toml": allow}, {}, 1, "not scanned"),
        ("a named configuration", {"ci/f.toml": allow}, new | {"ci/f.toml": ""}, {"config": "ci/f.toml"}, 0, ":ci/f.toml"),
        ("a named one of its own", {}, new | {"ci/f.toml": allow}, {"config": "ci/f.toml"}, 2, "no configuration is used"),
        ("a broken configuration", {"flaresec.toml": "exclud = 1"}, new, {}, None, "did you mean `exclude`?"),
    ]:
        folder, event = pull_request(work, {"a.txt": "nothing\n"} | base, head)
        result = run_action(folder, "pull_request", event, inputs)
        code = 2 if findings is None else min(findings, 1)
        expect(f"pull request, {name}", result, code, findings or 0, text)
        if name in ["exclude", "per-path", ".github/flaresec.toml"]:
            expect(f"push, {name}", run_action(folder, "push", {}), 1, findings, text)

    def baseline(folder):
        subprocess.run([BINARY, "baseline", "create"], cwd=folder, check=True, capture_output=True)
        return (folder / ".flaresec-baseline").read_text()

    leaky, _ = checkout(work, new)
    accepted = {".flaresec-baseline": baseline(leaky)}
    for name, base, head, findings in [
        ("the baseline of the base", accepted, new, 0),
        ("its own baseline", {}, new | accepted, 2),
    ]:
        folder, event = pull_request(work, {"a.txt": "nothing\n"} | base, head)
        expect(f"pull request, {name}", run_action(folder, "pull_request", event), min(findings, 1), findings)


def downloads(work):
    """Releases, served by a curl that reads a folder."""
    server = Path(tempfile.mkdtemp(dir=work))
    fake = server / "curl"
    fake.write_text('#!/bin/bash\nwhile [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done\n'
                    f'exec cp "{server}/${{1##*/}}" "$out" 2>/dev/null\n')
    fake.chmod(0o755)
    archive = server / "flaresec-x86_64-unknown-linux-musl.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", BINARY.parent, BINARY.name], check=True)
    digest = subprocess.run(["sha256sum", archive], capture_output=True, text=True, check=True).stdout.split()[0]
    folder, _ = checkout(work, {"a.conf": secret("a")})
    for name, checksum, inputs, ref, code, text in [
        ("release by tag", digest, {}, "v1.2.3", 1, "checksum " + digest),
        ("release by input", digest, {"version": "v1.2.3"}, "", 1, "checksum " + digest),
        ("altered release", "0" * 64, {}, "v1.2.3", 2, "does not match"),
        ("hostile version", digest, {"version": "v1/../../x"}, "", 2, "not of the form"),
    ]:
        (server / (archive.name + ".sha256")).write_text(f"{checksum}  {archive.name}\n")
        result = run_action(folder, "push", {}, inputs, ref, str(server))
        print(f"{name}: exit {result.code}")
        assert result.code == code and text in result.log, result.log
    archive.unlink()
    missing = run_action(folder, "push", {}, {}, "v9.9.9", str(server))
    expect("no such release, built from source", missing, 1, 1, "building the source")


with tempfile.TemporaryDirectory() as folder:
    pushes(Path(folder))
    pull_requests(Path(folder))
    configurations(Path(folder))
    downloads(Path(folder))
print("action.yml: all cases as expected")
