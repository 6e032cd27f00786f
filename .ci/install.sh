#!/bin/sh
# `cargo install --locked --path .` as the README says, then the installed program: demo, completions, manual page.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}" cargo install --quiet --locked --debug --path . --root "$work"
flaresec=$work/bin/flaresec
"$flaresec" --version
code=0
"$flaresec" demo --color never >"$work/demo.txt" || code=$?
[ "$code" = 1 ]
grep -q hardcoded-api-token "$work/demo.txt"
"$flaresec" completions bash | bash -n
"$flaresec" man | grep -q flaresec
echo "install: ok"
