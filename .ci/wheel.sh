#!/bin/sh
# Builds the wheel and the source package, installs the wheel into a fresh environment and runs the program from it.
# Needs python3 and the PyPI client; `sh .ci/wheel.sh release` builds the way a release does.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
profile=${1:-dev}

python3 -m venv "$work/build"
"$work/build/bin/pip" install -q 'maturin>=1.7,<2'
"$work/build/bin/maturin" build -q --profile "$profile" --out "$work/dist"
"$work/build/bin/maturin" sdist --out "$work/dist"

python3 -m venv "$work/use"
"$work/use/bin/pip" install -q --no-index "$work"/dist/*.whl
flaresec=$work/use/bin/flaresec
"$flaresec" --version

# A synthetic token with a right checksum, made here so that none stands in the repository.
token() {
    python3 -c 'import zlib; b = ("r4TkQ7z" * 6)[:40]; print("cfut_%s%08x" % (b, zlib.crc32(b.encode())))'
}
mkdir "$work/project"
echo "CLOUDFLARE_API_TOKEN=$(token)" >"$work/project/.env"
code=0
(cd "$work/project" && "$flaresec" .) >"$work/out" 2>&1 || code=$?
[ "$code" = 1 ] || { cat "$work/out"; echo "wheel: a leak gave exit code $code, not 1"; exit 1; }
# shellcheck disable=SC2016 # a reference to a variable is what is clean
echo 'CLOUDFLARE_API_TOKEN=${TOKEN}' >"$work/project/.env"
(cd "$work/project" && "$flaresec" .) >/dev/null
tar tzf "$work"/dist/*.tar.gz | grep -q '/rules/practices.toml$' || { echo "wheel: the source package lacks the rules"; exit 1; }
echo "wheel: ok"
