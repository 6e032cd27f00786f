//! Embeds `rules/`: every `*.toml` there but `practices.toml` and `samples.toml` is a rule. The text is kept for
//! `flaresec explain`; a JSON form, which is read ten times faster, is what a scan starts from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    // With the whole path: two copies of the source may share a target folder, and one of them be gone.
    println!("cargo:rerun-if-changed={}", root.join("rules").display());
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo"));
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("rules"))
        .expect("rules/ is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();

    let mut code = String::from(
        "pub(super) struct Embedded { pub(super) stem: &'static str, pub(super) toml: &'static str, \
         pub(super) json: &'static str }\npub(super) const RULES: &[Embedded] = &[\n",
    );
    let mut practices = String::new();
    let mut samples = serde_json::Value::Null;
    for path in files {
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("rule names are ASCII").to_owned();
        let json = json_of(&path);
        match stem.as_str() {
            "practices" => practices = serde_json::to_string(&json["practice"]).expect("valid JSON"),
            "samples" => samples = json["sample"].clone(),
            _ => {
                let file = out.join(format!("{stem}.json"));
                fs::write(&file, json.to_string()).expect("OUT_DIR is writable");
                writeln!(
                    code,
                    "Embedded {{ stem: {stem:?}, toml: include_str!({path:?}), json: include_str!({file:?}) }},"
                )
                .expect("writing to a string");
            }
        }
    }
    writeln!(code, "];\npub(super) const PRACTICES: &str = {practices:?};").expect("writing to a string");
    let digests: Vec<&str> =
        samples.as_array().expect("[[sample]]").iter().map(|s| s["sha256"].as_str().expect("hex")).collect();
    writeln!(code, "pub(super) const SAMPLES: &[&str] = &{digests:?};").expect("writing to a string");
    fs::write(out.join("rules.rs"), code).expect("OUT_DIR is writable");
}

fn json_of(path: &Path) -> serde_json::Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
