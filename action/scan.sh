#!/usr/bin/env bash
# Scans as the inputs say and hands on the exit code as an output: the job fails in a later step, after the upload.
set -euo pipefail

work="$RUNNER_TEMP/flaresec"
out="$work/out"
rm -rf "$out"
mkdir -p "$out"
PATH="$work/bin:$PATH"

finish() {
    printf 'exit-code=%s\nfindings=%s\nsarif-file=%s\n' "$1" "$2" "$3" >>"$GITHUB_OUTPUT"
    exit 0
}
give_up() {
    echo "::error title=flaresec::$1"
    finish 2 0 ''
}

# The input version may name a release that lacks an option.
help=$(flaresec scan --help) || give_up 'flaresec does not run here'
knows() { [[ "$help" == *"$1"* ]]; }

arguments=()
while IFS= read -r line; do
    line="${line%$'\r'}"
    [ -n "$line" ] && arguments+=("$line")
done <<<"$INPUT_ARGS"
arguments+=(--fail-on "$INPUT_FAIL_ON" --color never)

pull_request=false
case "$GITHUB_EVENT_NAME" in pull_request | pull_request_target) pull_request=true ;; esac
base=''
if $pull_request; then
    hex='^[0-9a-f]{40,64}$'
    [[ "$BASE_SHA" =~ $hex && "$HEAD_SHA" =~ $hex ]] || give_up 'the event names no base and head commit'
    # The checkout of a pull request is a merge whose first parent is the newest base.
    if [ "$(git rev-parse --quiet --verify 'HEAD^2' || true)" = "$HEAD_SHA" ]; then
        base=$(git rev-parse --verify 'HEAD^1')
    else
        base="$BASE_SHA"
    fi
    git cat-file -e "$base^{commit}" 2>/dev/null || git fetch --quiet --no-tags --depth=1 origin "$base" ||
        give_up 'the base commit is not in the checkout and could not be fetched; set fetch-depth: 0 for actions/checkout'
fi

case "$INPUT_SCOPE" in
    auto) if $pull_request; then scope='diff'; else scope='worktree'; fi ;;
    diff | worktree | history) scope="$INPUT_SCOPE" ;;
    *) give_up 'the input scope is none of auto, diff, worktree, history' ;;
esac
case "$scope" in
    diff)
        [ -n "$base" ] || give_up 'the scope diff needs a pull request'
        knows --diff || give_up 'this release cannot scan a diff; set the input scope to worktree'
        arguments+=(--diff "$base..HEAD")
        ;;
    history) arguments+=(--history) ;;
esac

# On a pull request its author must not decide what is found: configuration and baseline are those of the base.
if $pull_request; then
    knows --config-from || give_up 'this release cannot read the configuration of the base; set the input version to a newer one'
    arguments+=(--config-from "$base")
fi
if [ -n "$INPUT_CONFIG" ]; then
    # The message of git goes nowhere: a pull request may bring the first configuration, which counts once it is merged.
    if $pull_request && ! git cat-file -e "$base:$INPUT_CONFIG" 2>/dev/null; then
        echo 'flaresec: the base does not have the file that the input config names; no configuration is used'
        arguments+=(--isolated)
    else
        $pull_request || [ -f "$INPUT_CONFIG" ] || give_up 'the file that the input config names does not exist'
        arguments+=(--config "$INPUT_CONFIG")
    fi
fi

paths=()
while IFS= read -r line; do
    line="${line%$'\r'}"
    [ -n "$line" ] && paths+=("$line")
done <<<"$INPUT_PATHS"

# What the log shows of scanned files must not be taken for commands of the workflow.
pause=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$pause"
code=0
flaresec scan "${arguments[@]}" --format human --format "github=$out/annotations" --format "sarif=$out/flaresec.sarif" \
    --format "jsonl=$out/findings.jsonl" --format "markdown=$out/summary.md" -- ${paths[@]+"${paths[@]}"} 2>&1 || code=$?
echo "::$pause::"

if [ ! -f "$out/flaresec.sarif" ]; then
    give_up 'the scan could not be done; the log says why'
fi
[ "$INPUT_ANNOTATIONS" != true ] || cat "$out/annotations"
[ "$INPUT_SUMMARY" != true ] || cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"
finish "$code" "$(grep -c '"suppressed":null' "$out/findings.jsonl" || true)" "$out/flaresec.sarif"
