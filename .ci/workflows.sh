#!/bin/sh
# The action and the workflows under zizmor (PyPI). Needs python3 and the PyPI client.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q zizmor==1.32.0
"$work/venv/bin/zizmor" --offline --quiet action.yml .github/workflows
