#!/usr/bin/env bash
# Builds flaresec from the source of the action. Runs in the action's folder: in the scanned one, its .cargo/config.toml
# and rust-toolchain.toml would decide what is run.
set -euo pipefail

cd "$ACTION_PATH"
command -v cargo >/dev/null || {
    echo '::error title=flaresec::no release was asked for and there is no cargo to build one; set the input version'
    exit 2
}
cargo build --release --locked --bin flaresec --target-dir "$RUNNER_TEMP/flaresec/build"
mkdir -p "$RUNNER_TEMP/flaresec/bin"
cp "$RUNNER_TEMP"/flaresec/build/release/flaresec* "$RUNNER_TEMP/flaresec/bin/"
