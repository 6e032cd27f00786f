#!/usr/bin/env node
// Starts the program, which is in a package of its own for each platform. Nothing is downloaded, here or on installation.
"use strict";

const { spawnSync } = require("node:child_process");
const { statSync } = require("node:fs");
const { constants } = require("node:os");

const platform = `${process.platform}-${process.arch}`;
const program = process.platform === "win32" ? "flaresec.exe" : "flaresec";

function fail(cause, remedy) {
  process.stderr.write(`error: ${cause}\n  help: ${remedy}\n`);
  // What could not be scanned is not clean.
  process.exit(2);
}

let binary;
try {
  binary = require.resolve(`@flaresec/${platform}/${program}`);
} catch {
  fail(
    `the package @flaresec/${platform} is not installed`,
    "install without --omit=optional or --no-optional; if there is no such package for your platform: cargo install flaresec",
  );
}
// A shell would run an empty program, and find nothing.
if (statSync(binary).size === 0) {
  fail(`${binary} is empty`, "reinstall flaresec");
}
const { error, signal, status } = spawnSync(binary, process.argv.slice(2), { stdio: "inherit", windowsHide: true });
if (error) {
  fail(`${binary} cannot be started: ${error.message}`, "reinstall flaresec");
}
if (signal) {
  process.kill(process.pid, signal);
  // Node ignores some signals, and would now end as if nothing was found.
  process.exit(128 + constants.signals[signal]);
}
process.exit(status);
