#!/usr/bin/env bash
# CPU of the git modes beside git's own: `benches/git.sh FLARESEC [REPOSITORY]`.
# Hook: a commit of one file in a repository of 50,000 files. History: REPOSITORY beside a bare `git cat-file`, in the order
# of ids and in that of the pack, which git reads faster, beside `git log -p`, and beside kingfisher if it is on the PATH.
set -euo pipefail
flaresec=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
TIMEFORMAT='%U %S'

# User and system seconds of a command, the least of five runs.
cpu() {
    local least=
    for _ in 1 2 3 4 5; do
        local spent
        spent=$({ time "$@" >/dev/null 2>&1 || true; } 2>&1 | awk '{ printf "%.3f", $1 + $2 }')
        if [ -z "$least" ] || awk "BEGIN { exit !($spent < $least) }"; then least=$spent; fi
    done
    echo "$least"
}

hook() {
    git init -q -b main "$folder/many"
    cd "$folder/many"
    for n in $(seq 1 500); do
        mkdir "d$n"
        for m in $(seq 1 100); do echo "file $n $m" >"d$n/f$m.txt"; done
    done
    git add -A
    git -c user.name=a -c user.email=a@b.test commit -qm All
    echo 'CF_API_TOKEN=${CF_API_TOKEN}' >d1/f1.txt
    git add d1/f1.txt
    local git_alone ours
    git_alone=$(cpu git diff --cached --raw)
    ours=$(cpu "$flaresec" --staged)
    echo "hook, 50,000 files: flaresec --staged $ours s, git diff --cached $git_alone s of CPU"
    cd - >/dev/null
}

history() {
    cd "$1"
    local ours
    ours=$(cpu "$flaresec" --history --isolated --exit-zero)
    echo "history of $(git rev-list --all --count) commits: flaresec --history $ours s of CPU"
    local all='git cat-file --batch-all-objects --batch'
    # Into a pipe as well: whoever looks at the contents has to read them.
    local others=("$all" "$all | cat" "$all --unordered --buffer | cat" 'git log --all -p')
    if command -v kingfisher >/dev/null; then
        # With its rules for Cloudflare only, and no network.
        local rules='' rule
        for rule in betterleaks.cloudflare-{api-key,global-api-key,origin-ca-key} veles.secrets/cloudflareapitoken; do
            rules+=" --rule $rule"
        done
        others+=("kingfisher scan --no-validate --no-update-check --turbo --max-file-size 0 -q -f jsonl -o /dev/null$rules .")
    fi
    for command in "${others[@]}"; do
        local theirs
        theirs=$(cpu bash -c "$command")
        echo "  beside $command: $theirs s, ratio $(awk "BEGIN { printf \"%.2f\", $ours / $theirs }")"
    done
    cd - >/dev/null
}

hook
if [ $# -gt 1 ]; then history "$2"; fi
