#!/bin/sh
# Publishes what pack.mjs made: `.github/npm/publish.sh FOLDER [OPTION]...`; the options go to npm.
set -eu
# From within: npm takes FOLDER/FILE for a repository on GitHub.
cd "$1"
shift
# The programs first: the package that starts them asks for them.
for package in ./flaresec-*-*-*.tgz ./flaresec-[0-9]*.tgz; do
    npm publish "$package" --access public "$@"
done
