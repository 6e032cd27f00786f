#!/usr/bin/env bash
# Downloads the release asked for by INPUT_VERSION, or by ACTION_REF if that is a release tag, and verifies its
# checksum. Without such a release, says that the action's own source is to be built.
set -euo pipefail

bin="$RUNNER_TEMP/flaresec/bin"
mkdir -p "$bin"

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

build() {
    echo "flaresec: $1; building the source of the action"
    # Everything that decides what is built: the program embeds rules, fixtures and schemas.
    source=$(cd "$ACTION_PATH" && find Cargo.toml Cargo.lock .cargo build.rs src rules fixtures docs/schema action/build.sh -type f | LC_ALL=C sort |
        while IFS= read -r file; do sha256 "$file"; done | sha256 | cut -d ' ' -f 1)
    printf 'build=true\nsource=%s\n' "$source" >>"$GITHUB_OUTPUT"
    exit 0
}

tag="$INPUT_VERSION"
release='^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$'
if [ -z "$tag" ]; then
    [[ "${ACTION_REF:-}" =~ $release ]] || build "not used by a release tag"
    tag="$ACTION_REF"
elif ! [[ "$tag" =~ $release ]]; then
    echo '::error title=flaresec::the input version is not of the form v1.2.3'
    exit 2
fi

case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) build "no release for $RUNNER_OS $RUNNER_ARCH" ;;
esac

archive="flaresec-$target.tar.gz"
folder="$RUNNER_TEMP/flaresec/download"
mkdir -p "$folder"
address="https://github.com/flaresec/flaresec/releases/download/$tag/$archive"
fetch() { curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --max-time 120 --output "$2" "$1"; }
if ! fetch "$address" "$folder/$archive" || ! fetch "$address.sha256" "$folder/$archive.sha256"; then
    [ -z "$INPUT_VERSION" ] && build "release $tag could not be downloaded"
    echo "::error title=flaresec::release $tag could not be downloaded"
    exit 2
fi
expected=$(cut -d ' ' -f 1 <"$folder/$archive.sha256")
actual=$(sha256 "$folder/$archive" | cut -d ' ' -f 1)
if [ "$expected" != "$actual" ]; then
    echo "::error title=flaresec::the checksum of $archive does not match; it is not used"
    exit 2
fi
tar -xzf "$folder/$archive" -C "$bin"
echo "flaresec: release $tag, checksum $actual"
echo 'build=false' >>"$GITHUB_OUTPUT"
