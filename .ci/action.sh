#!/usr/bin/env bash
# Executes the steps of action.yml as GitHub would, on pushes, pull requests and hostile input.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --bin flaresec
exec python3 .ci/action.py "${CARGO_TARGET_DIR:-target}/debug/flaresec"
