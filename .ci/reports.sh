#!/bin/sh
# Every report under the programs and the schemas that others made for it, see reports.py. Needs python3 and the PyPI client;
# SARIF is checked fully only with npm, on Linux.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q jsonschema==4.26.0 lxml==6.1.3 sarif-tools junitparser
# The schema of Jenkins for JUnit, which only the source package of pytest carries.
"$work/venv/bin/pip" download -q --no-deps --no-binary :all: --dest "$work" pytest==8.4.2
tar -xzf "$work/pytest-8.4.2.tar.gz" -C "$work" --strip-components=3 pytest-8.4.2/testing/example_scripts/junit-10.xsd
# The schema of SARIF and the validator of its authors, which knows the standard and what GitHub asks.
if command -v npm >/dev/null; then
    (cd "$work" && npm pack --silent @microsoft/sarif-multitool-linux@5.7.0 >/dev/null && tar -xzf ./*multitool*.tgz)
    chmod +x "$work/package/Sarif.Multitool"
else
    echo "reports: SARIF is not checked against its schema, npm is not installed"
fi
cargo build --quiet --bin flaresec
flaresec=$PWD/${CARGO_TARGET_DIR:-target}/debug/flaresec
case "${CARGO_TARGET_DIR:-}" in /*) flaresec=$CARGO_TARGET_DIR/debug/flaresec ;; esac
script=$PWD/.ci/reports.py
schemas=$PWD/docs/schema
cd "$work"

# Three runs: the demo, names and a rule that mean something in the formats, and more findings than GitHub takes.
"$work/venv/bin/python" "$script" plant
scan() { # run, folder, expected exit code, arguments
    run=$1 folder=$2 expected=$3 code=0
    shift 3
    set -- "$@" --format "json=$work/$run.json" --format "jsonl=$work/$run.jsonl" --format "sarif=$work/$run.sarif" \
        --format "junit=$work/$run.junit.xml" --format "checkstyle=$work/$run.checkstyle.xml" \
        --format "gitlab-secrets=$work/$run.secrets.json" --format "gitlab-quality=$work/$run.quality.json" \
        --format "markdown=$work/$run.md" --format "github=$work/$run.github" --format "concise=$work/$run.txt"
    (cd "$folder" && "$flaresec" "$@") 2>"$run.log" || code=$?
    [ "$code" = "$expected" ] || { cat "$run.log"; echo "reports: $run: exit code $code, not $expected"; exit 1; }
}
scan demo . 0 demo --exit-zero --pedantic
scan odd odd 2 . gone.conf
scan large large 1 .
"$work/venv/bin/sarif" summary demo.sarif
"$work/venv/bin/python" "$script" check "$schemas"
