// Makes the npm packages: `node .github/npm/pack.mjs DIST OUT`. DIST holds `flaresec-TARGET.tar.gz` for some of the
// targets below, OUT gets one package for each and the one that starts them.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// The builds for Linux are static: they run with every C library.
const TARGETS = {
  "x86_64-unknown-linux-musl": "linux-x64",
  "aarch64-unknown-linux-musl": "linux-arm64",
  "x86_64-apple-darwin": "darwin-x64",
  "aarch64-apple-darwin": "darwin-arm64",
  "x86_64-pc-windows-msvc": "win32-x64",
};

const [dist, out] = process.argv.slice(2).map((path) => resolve(path));
if (!out) {
  console.error("usage: node .github/npm/pack.mjs DIST OUT");
  process.exit(2);
}
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const field = (name) => new RegExp(`^${name} = "(.*)"$`, "m").exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
const common = {
  version: field("version"),
  description: field("description"),
  license: field("license"),
  repository: { type: "git", url: `git+${field("repository")}.git` },
};
// npm takes a README along without being asked, but a license only from a file named LICENSE.
const licenses = ["LICENSE-MIT", "LICENSE-APACHE"];
mkdirSync(out, { recursive: true });

function pack(manifest, files) {
  const folder = mkdtempSync(join(tmpdir(), "flaresec-npm-"));
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  for (const name of ["README.md", ...licenses]) {
    copyFileSync(join(root, name), join(folder, name));
  }
  files(folder);
  execFileSync("npm", ["pack", "--silent", "--pack-destination", out], { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
  rmSync(folder, { recursive: true });
}

let packed = 0;
for (const [target, platform] of Object.entries(TARGETS)) {
  const archive = join(dist, `flaresec-${target}.tar.gz`);
  if (!existsSync(archive)) {
    continue;
  }
  const [os, cpu] = platform.split("-");
  const program = os === "win32" ? "flaresec.exe" : "flaresec";
  pack({ name: `@flaresec/${platform}`, ...common, os: [os], cpu: [cpu], files: [program, ...licenses], preferUnplugged: true }, (folder) => {
    execFileSync("tar", ["-xzf", archive, "-C", folder, program]);
    chmodSync(join(folder, program), 0o755);
  });
  packed += 1;
}
if (packed === 0) {
  console.error(`${dist} holds no flaresec-TARGET.tar.gz`);
  process.exit(2);
}
const platforms = Object.values(TARGETS).map((platform) => [`@flaresec/${platform}`, common.version]);
pack(
  {
    name: "flaresec",
    ...common,
    bin: { flaresec: "flaresec.js" },
    files: ["flaresec.js", ...licenses],
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(platforms),
  },
  (folder) => copyFileSync(join(root, ".github/npm/flaresec.js"), join(folder, "flaresec.js")),
);
