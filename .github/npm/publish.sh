#!/bin/sh
# Publishes what pack.mjs made: `.github/npm/publish.sh FOLDER [OPTION]...`; the options go to npm.
set -eu
# From within: npm takes FOLDER/FILE for a repository on GitHub.
cd "$1"
shift
# The programs first: the package that starts them asks for them.
for package in ./flaresec-*-*-*.tgz ./flaresec-[0-9]*.tgz; do
    name=$(tar -xzOf "$package" package/package.json |
        node -e 'const { name, version } = JSON.parse(fs.readFileSync(0)); console.log(name + "@" + version)')
    # npm publishes a version once. A release that stopped half-way is run again, and goes on with what is missing.
    if [ -n "$(npm view "$name" version "$@" 2>/dev/null)" ]; then
        echo "= $name is published already"
        continue
    fi
    npm publish "$package" --access public "$@"
done
