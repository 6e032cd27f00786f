#!/bin/sh
# The hooks of .pre-commit-hooks.yaml under the real pre-commit (PyPI): every way to commit a leak is refused, its
# corrected twin passes. Needs python3, git and the PyPI client.
set -eu
cd "$(dirname "$0")/.."
project=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" PRE_COMMIT_HOME="$work/cache" GIT_CONFIG_GLOBAL="$work/gitconfig" GIT_CONFIG_SYSTEM=/dev/null
export CARGO_HOME="${CARGO_HOME:-$(eval echo ~"$(id -un)")/.cargo}" RUSTUP_HOME="${RUSTUP_HOME:-$(eval echo ~"$(id -un)")/.rustup}"
export MATURIN_PEP517_ARGS="--profile dev" CARGO_TARGET_DIR="$project/target"
git config --global user.name A
git config --global user.email a@b.test
git config --global init.defaultBranch main
git config --global advice.detachedHead false

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pre-commit
PATH=$work/venv/bin:$PATH

# pre-commit installs from a commit, so what is to be tested is committed to a copy.
git clone -q --no-hardlinks "$project" "$work/flaresec"
(cd "$project" && git diff --binary HEAD) >"$work/patch"
if [ -s "$work/patch" ]; then
    (cd "$work/flaresec" && git apply "$work/patch" && git commit -qam "Work in progress")
fi
rev=$(git -C "$work/flaresec" rev-parse HEAD)

leak() {
    python3 -c 'import zlib; b = ("r4TkQ7z" * 6)[:40]; print("CLOUDFLARE_API_TOKEN=cfut_%s%08x" % (b, zlib.crc32(b.encode())))'
}
# shellcheck disable=SC2016 # a reference to a variable is what is clean
clean() { echo 'CLOUDFLARE_API_TOKEN=${CLOUDFLARE_API_TOKEN}'; }
refused() {
    what=$1
    shift
    if "$@" >"$work/out" 2>&1; then echo "pre-commit: $what: a leak was committed"; cat "$work/out"; exit 1; fi
    grep -q 'hardcoded-api-token' "$work/out" || { echo "pre-commit: $what: refused for another reason"; cat "$work/out"; exit 1; }
    echo "refused: $what"
}
passes() {
    what=$1
    shift
    "$@" >"$work/out" 2>&1 || { echo "pre-commit: $what: refused"; cat "$work/out"; exit 1; }
    echo "passes: $what"
}

mkdir "$work/repo"
cd "$work/repo"
git init -q
cat >.pre-commit-config.yaml <<END
repos:
  - repo: $work/flaresec
    rev: $rev
    hooks:
      - id: flaresec
END
pre-commit install >/dev/null
git add .pre-commit-config.yaml
leak >a.env
git add a.env
refused "first commit" git commit -m x
clean >a.env
refused "staged, then corrected in the worktree only" git commit -m x
git add a.env
passes "corrected first commit" git commit -m x
leak >a.env
refused "commit -a" git commit -am x
refused "commit PATH" git commit -m x a.env
git checkout -q a.env
echo text >b
git add b
leak >a.env
passes "commit PATH beside a leak in the worktree" git commit -m x b
git checkout -q a.env
{ echo one; leak; } >c.env
git add c.env
{ echo one; clean; } >c.env
refused "partially staged file" git commit -m x
echo one >c.env
git add c.env
{ echo one; leak; } >c.env
passes "leak in the unstaged part only" git commit -m x
git checkout -q c.env
git rm -q b
passes "only a deletion" git commit -m x
git worktree add -q "$work/linked" -b linked
cd "$work/linked"
leak >d.env
git add d.env
refused "linked worktree" git commit -m x
clean >d.env
git add d.env
passes "corrected in the linked worktree" git commit -m x
cd "$work/repo"
leak >d.env
git add d.env
refused "try-repo" pre-commit try-repo "$work/flaresec" flaresec
refused "try-repo, files" pre-commit try-repo "$work/flaresec" flaresec-files --files d.env
clean >d.env
git add d.env
passes "try-repo, files" pre-commit try-repo "$work/flaresec" flaresec-files --files d.env
echo "pre-commit: ok"
