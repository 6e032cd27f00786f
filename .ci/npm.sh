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

# An installation that broke off leaves no verdict, either.
: >"node_modules/@flaresec/$platform/flaresec"
code=0
node_modules/.bin/flaresec 2>error.txt || code=$?
[ "$code" = 2 ]
grep -q "is empty" error.txt

# Without the package for the platform: what is missing, and no verdict.
cd "$work/bare"
npm init --yes >/dev/null
npm install --silent --offline --no-audit --no-fund --omit=optional "$main"
code=0
npx --no-install flaresec 2>error.txt || code=$?
[ "$code" = 2 ]
grep -q "@flaresec/$platform is not installed" error.txt

# Published to a registry on this machine that refuses the second package at first: the programs come first, and a release
# that is run again goes on where it stopped.
cat >"$work/registry.mjs" <<'JS'
import { createServer } from "node:http";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
const [, , port, log] = process.argv;
const packages = new Map();
let puts = 0;
const server = createServer(async (request, response) => {
  const name = decodeURIComponent(request.url.slice(1).split("?")[0]);
  const answer = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.method === "GET") {
    return packages.has(name) ? answer(200, packages.get(name)) : answer(404, {});
  }
  let text = "";
  for await (const part of request) text += part;
  if (request.method !== "PUT" || packages.has(name) || request.headers.authorization !== "Bearer check") {
    return answer(403, {});
  }
  puts += 1;
  if (puts === 2) {
    return answer(403, {});
  }
  packages.set(name, JSON.parse(text));
  appendFileSync(log, `${name}\n`);
  answer(201, {});
});
server.listen(0, "127.0.0.1", () => {
  // Whole or not there at all for who waits for it.
  writeFileSync(`${port}.new`, String(server.address().port));
  renameSync(`${port}.new`, port);
});
JS
: >"$work/published"
node "$work/registry.mjs" "$work/port" "$work/published" &
registry=$!
trap 'kill "$registry"; rm -rf "$work"' EXIT
waited=0
until [ -e "$work/port" ]; do
    waited=$((waited + 1))
    [ "$waited" -le 100 ] || { echo "npm: the registry for the check does not start"; exit 1; }
    sleep 0.1
done
port=$(cat "$work/port")
# shellcheck disable=SC2016 # npm puts the token in
printf '//127.0.0.1:%s/:_authToken=${NPM_TOKEN}\nregistry=http://127.0.0.1:%s/\nfetch-retries=0\n' "$port" "$port" >"$work/npmrc"
publish() { NPM_TOKEN=check "$project/.github/npm/publish.sh" "$work/out" --userconfig "$work/npmrc" >"$work/log.txt" 2>&1; }
if publish; then
    echo "npm: a package that the registry refuses is no failure"
    exit 1
fi
[ "$(cat "$work/published")" = "@flaresec/$platform" ] || { cat "$work/log.txt"; echo "npm: the program is not published first"; exit 1; }
publish || { cat "$work/log.txt"; echo "npm: what was published half-way cannot be published again"; exit 1; }
[ "$(tail -n 1 "$work/published")" = flaresec ] && [ "$(wc -l <"$work/published")" -eq 2 ]
echo "npm: ok"
