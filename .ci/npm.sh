#!/bin/sh
# The npm packages for this machine: packed, installed without a network, and run as `npx flaresec`.
set -eu
cd "$(dirname "$0")/.."
project=$PWD
if ! command -v npm >/dev/null; then
    echo "npm: not checked, it is not installed"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --quiet --bin flaresec
built=${CARGO_TARGET_DIR:-target}/debug
case "$(uname -sm)" in
"Linux x86_64") target=x86_64-unknown-linux-musl platform=linux-x64 ;;
"Linux aarch64") target=aarch64-unknown-linux-musl platform=linux-arm64 ;;
"Darwin x86_64") target=x86_64-apple-darwin platform=darwin-x64 ;;
"Darwin arm64") target=aarch64-apple-darwin platform=darwin-arm64 ;;
*) echo "npm: not checked, there is no package for $(uname -sm)" && exit 0 ;;
esac
mkdir "$work/dist" "$work/user" "$work/bare"
tar -czf "$work/dist/flaresec-$target.tar.gz" -C "$built" flaresec
node .github/npm/pack.mjs "$work/dist" "$work/out"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
main=$work/out/flaresec-$version.tgz
host=$work/out/flaresec-$platform-$version.tgz

# Both licenses ask to go where the program goes.
for package in "$main" "$host"; do
    [ "$(tar -tzf "$package" | grep -c '^package/LICENSE-')" = 2 ] || { echo "npm: $package lacks a license"; exit 1; }
done

cd "$work/user"
npm init --yes >/dev/null
npm install --silent --offline --no-audit --no-fund "$main" "$host"
[ "$(npx --no-install flaresec --version)" = "flaresec $version" ]
code=0
npx --no-install flaresec demo --color never >demo.txt || code=$?
[ "$code" = 1 ]
grep -q hardcoded-api-token demo.txt

# A program that a signal ends is no program that found nothing.
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nkill -s "$1" "$$"\n' >"node_modules/@flaresec/$platform/flaresec"
for signal in TERM:143 PIPE:141; do
    code=0
    node_modules/.bin/flaresec "${signal%:*}" || code=$?
    [ "$code" = "${signal#*:}" ] || { echo "npm: SIG${signal%:*} gave exit code $code"; exit 1; }
done

# Without the package for the platform: what is missing, and no verdict.
cd "$work/bare"
npm init --yes >/dev/null
npm install --silent --offline --no-audit --no-fund --omit=optional "$main"
code=0
npx --no-install flaresec 2>error.txt || code=$?
[ "$code" = 2 ]
grep -q "@flaresec/$platform is not installed" error.txt

"$project/.github/npm/publish.sh" "$work/out" --dry-run --offline --tag check >"$work/published.txt" 2>&1 ||
    { cat "$work/published.txt"; echo "npm: cannot be published"; exit 1; }
[ "$(grep -c '^+ ' "$work/published.txt")" = 2 ]
echo "npm: ok"
