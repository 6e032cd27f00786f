#!/bin/sh
# Every report under the programs that read it: JSON against its schema, SARIF by sarif-tools, JUnit by junitparser,
# Checkstyle as XML. Needs python3 and the PyPI client.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q jsonschema==4.26.0 sarif-tools junitparser
cargo build --quiet --bin flaresec
flaresec=$PWD/${CARGO_TARGET_DIR:-target}/debug/flaresec
case "${CARGO_TARGET_DIR:-}" in /*) flaresec=$CARGO_TARGET_DIR/debug/flaresec ;; esac
schemas=$PWD/docs/schema
cd "$work"
"$flaresec" demo --exit-zero --pedantic --format json=a.json --format jsonl=a.jsonl --format sarif=a.sarif \
    --format junit=a.junit.xml --format checkstyle=a.checkstyle.xml --format gitlab-secrets=a.secrets.json \
    --format gitlab-quality=a.quality.json --format markdown=a.md --format github=a.github --format concise=a.txt
"$work/venv/bin/sarif" summary a.sarif
"$work/venv/bin/python" - "$schemas" <<'PY'
import json, sys, xml.dom.minidom
import junitparser
from jsonschema import Draft202012Validator as Schema

schema = json.load(open(f'{sys.argv[1]}/report-v1.json'))
report = json.load(open('a.json'))
Schema(schema).validate(report)
lines = [json.loads(line) for line in open('a.jsonl')]
for line, name in [(line, 'Finding') for line in lines[:-1]] + [(lines[-1], 'LastLine')]:
    Schema({'$ref': f'#/$defs/{name}', '$defs': schema['$defs']}).validate(line)
count = len(report['findings'])
assert count > 3 and len(lines) == count + 1
run = json.load(open('a.sarif'))['runs'][0]
assert len(run['results']) == count and run['invocations'][0]['exitCode'] == 0
suites = junitparser.JUnitXml.fromfile('a.junit.xml')
assert sum(suite.failures for suite in suites) == count, suites
assert len(xml.dom.minidom.parse('a.checkstyle.xml').getElementsByTagName('error')) == count
assert len(json.load(open('a.quality.json'))) == count
assert json.load(open('a.secrets.json'))['vulnerabilities']
print(f'{count} findings in every format')
PY
