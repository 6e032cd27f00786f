#!/usr/bin/env bash
# peers-corpus.sh: recall and false alarms of other scanners on the labelled corpus of fixtures/corpus.
#
# Writes the corpus out as files, runs flaresec and every scanner found on PATH (kingfisher, gitleaks, trufflehog,
# secretlint, detect-secrets) over the same files, and prints a table as Markdown. Cases of category `secret` only:
# the other categories have no counterpart elsewhere. No credential is tried against any service.
#
# A marked place counts as found when a tool reports its line, one line up or down: tools count lines differently.
# Every other reported line is a false alarm, whatever rule reports it. `-cf`: only the tool's Cloudflare rules.
#
#   FLARESEC   the binary to compare   (default: builds target/release/flaresec)
#   KEEP       a folder for the corpus (default: a temporary one)
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ -z ${FLARESEC:-} ]]; then cargo build --quiet --release; FLARESEC=$PWD/target/release/flaresec; fi
folder=${KEEP:-$(mktemp -d)}
[[ -n ${KEEP:-} ]] || trap 'rm -rf "$folder"' EXIT
FLARESEC_CORPUS_EXPORT=$folder FLARESEC_CORPUS_ONLY='' cargo test --quiet --test it corpus_recall >/dev/null
cd "$folder"
FLARESEC=$FLARESEC exec python3 - <<'PY'
import collections, json, os, re, shutil, subprocess

labels = [json.loads(line) for line in open('labels.jsonl')]
cases = {l['file']: l for l in labels if l['category'] == 'secret'}
for label in labels:
    if label['category'] != 'secret':
        os.remove(label['file'])

def run(*command, ok=(0, 1, 2, 3, 183, 200, 205)):
    done = subprocess.run(command, capture_output=True, text=True, errors='replace')
    assert done.returncode in ok, (command, done.returncode, done.stderr[-500:])
    return done.stdout

def relative(path):
    return os.path.relpath(path, os.getcwd()) if os.path.isabs(path) else path.removeprefix('./')

def lines_of(output):
    return [json.loads(line) for line in output.splitlines() if line.startswith('{')]

def flaresec():
    found = json.loads(run(os.environ['FLARESEC'], '--no-ignore', '--format', 'json', 'cases'))['findings']
    return [(relative(f['path']), f['start']['line']) for f in found if f['category'] == 'secret']

def kingfisher(*rules):
    arguments = [x for rule in rules for x in ('--rule', rule)]
    out = run('kingfisher', 'scan', '--no-validate', '--no-update-check', '--no-dedup', '-q', '--git-history', 'none', '-f', 'jsonl', '--max-file-size', '0', *arguments, 'cases')
    return [(relative(f['finding']['path']), f['finding']['line']) for f in lines_of(out) if 'finding' in f]

def gitleaks(*rules):
    arguments = [x for rule in rules for x in ('--enable-rule', rule)]
    out = run('gitleaks', 'dir', '--no-banner', '-l', 'error', '--exit-code', '0', '-f', 'json', '-r', '-', *arguments, 'cases')
    return [(relative(f['File']), f['StartLine']) for f in json.loads(out or '[]')]

def trufflehog(*arguments):
    out = run('trufflehog', 'filesystem', '--no-verification', '--no-update', '--json', *arguments, 'cases')
    files = [f['SourceMetadata']['Data']['Filesystem'] for f in lines_of(out) if 'SourceMetadata' in f]
    return [(relative(f['file']), f.get('line', 0) + 1) for f in files]

def secretlint():
    rc = os.path.join(os.getcwd(), 'secretlintrc.json')
    open(rc, 'w').write('{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}')
    out = run('secretlint', '--secretlintrc', rc, '--format', 'json', '--no-gitignore', os.getcwd() + '/cases/**/*')
    return [(relative(f['filePath']), m['loc']['start']['line']) for f in json.loads(out) for m in f['messages']]

def detect_secrets():
    found = json.loads(run('detect-secrets', 'scan', '--all-files', '-n', 'cases'))['results']
    return [(relative(f), x['line_number']) for f, all_of in found.items() for x in all_of]

tools = [
    ('flaresec', os.environ['FLARESEC'], flaresec),
    ('kingfisher', 'kingfisher', kingfisher),
    ('kingfisher-cf', 'kingfisher', lambda: kingfisher('betterleaks.cloudflare-api-key', 'betterleaks.cloudflare-global-api-key', 'betterleaks.cloudflare-origin-ca-key', 'veles.secrets/cloudflareapitoken')),
    ('gitleaks', 'gitleaks', gitleaks),
    ('gitleaks-cf', 'gitleaks', lambda: gitleaks('cloudflare-api-key', 'cloudflare-global-api-key', 'cloudflare-origin-ca-key')),
    ('trufflehog', 'trufflehog', trufflehog),
    ('trufflehog-cf', 'trufflehog', lambda: trufflehog('--include-detectors=cloudflareapitoken,cloudflarecakey,cloudflareglobalapikey')),
    ('secretlint', 'secretlint', secretlint),
    ('detect-secrets', 'detect-secrets', detect_secrets),
]
places = sum(len(c['lines']) for c in cases.values())
negative = [f for f, c in cases.items() if not c['lines']]
kinds = sorted({c['kind'] for c in cases.values() if c['lines']})
by_kind = {}
print(f'{len(cases)} files, {places} marked places, {len(negative)} files without any.\n')
print('| tool | version | found | recall | false alarms | precision | clean files flagged |')
print('|---|---|---:|---:|---:|---:|---:|')
for name, program, scan in tools:
    if not shutil.which(program):
        continue
    asked = subprocess.run([program, '--version'], capture_output=True, text=True)
    version = re.search(r'\d+\.\d+[\w.]*|$', asked.stdout + asked.stderr)[0] or 'unknown'
    try:
        reported = set(scan())
    except (AssertionError, json.JSONDecodeError) as error:
        print(f'| {name} | {version} | could not be run: {str(error)[:200]} |||||')
        continue
    found, wrong, hit = collections.Counter(), 0, 0
    lines = collections.defaultdict(set)
    for file, line in reported:
        lines[file].add(line)
    for file, case in cases.items():
        near = lambda line: any(a - 1 <= line <= b + 1 for a, b in case['lines'])
        wrong += sum(not near(line) for line in lines[file])
        for a, b in case['lines']:
            if any(a - 1 <= line <= b + 1 for line in lines[file]):
                found[case['kind']] += 1
                hit += 1
    flagged = sum(bool(lines[f]) for f in negative)
    precision = hit / (hit + wrong) if hit + wrong else 1
    print(f'| {name} | {version} | {hit} | {hit / places:.1%} | {wrong} | {precision:.1%} | {flagged} ({flagged / len(negative):.1%}) |')
    by_kind[name] = found
print('\nRecall by kind:\n')
print('| kind | places | ' + ' | '.join(by_kind) + ' |')
print('|---|---:|' + '---:|' * len(by_kind))
for kind in kinds:
    all_of = sum(len(c['lines']) for c in cases.values() if c['kind'] == kind)
    print(f'| {kind} | {all_of} | ' + ' | '.join(f'{by_kind[t][kind] / all_of:.0%}' for t in by_kind) + ' |')
PY
