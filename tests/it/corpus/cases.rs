//! Reads the corpus: written cases, and kinds crossed with carriers.

use std::fs;
use std::path::{Path, PathBuf};

use flaresec::span::Span;
use flaresec::synthetic::expand;
use serde::Deserialize;

use crate::support::root;

/// Marked places this near each other, in bytes, are one fault: a name and the value after it. Not for secrets.
const JOINED: usize = 4;

/// One file to scan, with what must be found in it.
pub(crate) struct Case {
    /// The file without its ending and the case's own name: `secret/forms/python sdk`.
    pub(crate) name: String,
    /// Where the set of cases comes from.
    pub(crate) origin: String,
    pub(crate) path: String,
    pub(crate) category: String,
    pub(crate) kind: String,
    pub(crate) carrier: String,
    pub(crate) encoding: String,
    pub(crate) pedantic: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) expected: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    defaults: Defaults,
    #[serde(default)]
    case: Vec<Written>,
    #[serde(default)]
    kind: Vec<Kind>,
    #[serde(default)]
    carrier: Vec<Carrier>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Defaults {
    origin: String,
    category: String,
    kind: String,
    carrier: String,
    path: String,
    pedantic: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    path: Option<String>,
    category: Option<String>,
    kind: Option<String>,
    carrier: Option<String>,
    encoding: Option<String>,
    pedantic: Option<bool>,
    text: String,
}

/// A value under its usual name. `marker` is a marker's inside (`cfut`, `-hex32`), `literal` a plain text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    kind: String,
    name: String,
    marker: Option<String>,
    literal: Option<String>,
}

/// A file form. `{NAME}`, `{name}`, `{camelName}`, `{kebab-name}` stand for the name, `{VALUE}` and
/// `{VALUE|filter}` for the value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Carrier {
    carrier: String,
    path: String,
    encoding: Option<String>,
    #[serde(default)]
    not: Vec<String>,
    text: String,
}

/// All cases, in the order of files and places.
pub(crate) fn load() -> Vec<Case> {
    let folder = root().join("fixtures/corpus");
    let mut paths = Vec::new();
    sets(&folder, &mut paths);
    let mut files: Vec<(String, File)> = paths
        .iter()
        .map(|path| {
            let set = path.strip_prefix(&folder).unwrap().with_extension("");
            let set = set.to_str().unwrap().replace('\\', "/");
            let text = fs::read_to_string(path).unwrap();
            let file = toml::from_str(&text).unwrap_or_else(|e| panic!("{set}: {e}"));
            (set, file)
        })
        .collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    let forms: Vec<&Carrier> = files.iter().flat_map(|(_, file)| &file.carrier).collect();
    let mut cases = Vec::new();
    for (set, file) in &files {
        cases.extend(file.case.iter().map(|case| written(set, &file.defaults, case)));
        for form in &forms {
            let kinds = file.kind.iter().filter(|k| !form.not.contains(&k.kind));
            cases.extend(kinds.filter_map(|k| crossed(set, &file.defaults, form, k)));
        }
    }
    cases
}

/// The files of a folder and of those in it.
fn sets(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sets(&path, out);
        } else if path.extension().is_some_and(|end| end == "toml") {
            out.push(path);
        }
    }
}

fn written(set: &str, defaults: &Defaults, case: &Written) -> Case {
    let stem = set.rsplit('/').next().unwrap();
    let or = |own: &Option<String>, default: &str, last: &str| {
        own.clone().unwrap_or_else(|| if default.is_empty() { last } else { default }.to_owned())
    };
    build(
        &case.text,
        Case {
            name: format!("{set}/{}", case.name),
            origin: defaults.origin.clone(),
            path: or(&case.path, &defaults.path, "notes.txt"),
            category: or(&case.category, &defaults.category, "secret"),
            kind: or(&case.kind, &defaults.kind, stem),
            carrier: or(&case.carrier, &defaults.carrier, stem),
            encoding: or(&case.encoding, "", "plain"),
            pedantic: case.pedantic.unwrap_or(defaults.pedantic),
            bytes: Vec::new(),
            expected: Vec::new(),
        },
    )
}

/// `None` where a plain text would have to go through a filter.
fn crossed(set: &str, defaults: &Defaults, form: &Carrier, kind: &Kind) -> Option<Case> {
    let mut text = form
        .text
        .replace("{NAME}", &kind.name)
        .replace("{name}", &kind.name.to_lowercase())
        .replace("{camelName}", &camel(&kind.name))
        .replace("{kebab-name}", &kind.name.to_lowercase().replace('_', "-"));
    if let Some(literal) = &kind.literal {
        text = text.replace("{VALUE}", literal);
        if text.contains("{VALUE|") {
            return None;
        }
    }
    if let Some(marker) = &kind.marker {
        text = text.replace("{VALUE}", &format!("@@{marker}@@"));
        while let Some(at) = text.find("{VALUE|") {
            let end = at + text[at..].find('}').unwrap();
            let with = format!("@@{marker}|{}@@", &text[at + 7..end]);
            text.replace_range(at..=end, &with);
        }
    }
    let encoding = form.encoding.as_deref().unwrap_or("plain");
    Some(build(
        &text,
        Case {
            name: format!("{set}/{} {} × {} {}", form.carrier, encoding, kind.kind, kind.name),
            origin: defaults.origin.clone(),
            path: form.path.clone(),
            category: if defaults.category.is_empty() { "secret".into() } else { defaults.category.clone() },
            kind: kind.kind.clone(),
            carrier: form.carrier.clone(),
            encoding: encoding.to_owned(),
            pedantic: false,
            bytes: Vec::new(),
            expected: Vec::new(),
        },
    ))
}

/// Fills in the content: published samples from hex (`@@=…@@`), markers, then the encoding of the file.
fn build(text: &str, mut case: Case) -> Case {
    // An `@` right before an unexpected marker ("action@" and a commit) is not the marker's own, but the end of another is.
    let mut plain = text.replace("@@@@-", "\u{2}").replace("@@@-", "\u{1}@@-").replace('\u{2}', "@@@@-");
    while let Some(at) = sample(&plain) {
        let end = at + 3 + plain[at + 3..].find("@@").unwrap_or_else(|| panic!("{}: not closed", case.name));
        let text: Vec<u8> = (at + 3..end)
            .step_by(2)
            .map(|i| {
                u8::from_str_radix(&plain[i..i + 2], 16).unwrap_or_else(|e| panic!("{}: {e}", case.name))
            })
            .collect();
        // What it says is no marker.
        plain.replace_range(at..end + 2, &String::from_utf8(text).unwrap().replace('@', "\u{1}"));
    }
    let expanded = expand(&plain).unwrap_or_else(|e| panic!("{}: {e}", case.name));
    let text = expanded.text.replace('\u{1}', "@");
    case.bytes = encode(&text, &case.encoding);
    let map = |at: usize| case.bytes.len() - encode_tail(&text[at..], &case.encoding);
    let mut expected: Vec<Span> = Vec::new();
    for span in expanded.expected.iter().map(|s| Span::new(map(s.start), map(s.end))) {
        match expected.last_mut() {
            Some(last) if case.category != "secret" && span.start - last.end <= JOINED => {
                *last = last.cover(span)
            }
            _ => expected.push(span),
        }
    }
    case.expected = expected;
    case
}

/// Where the next text in hex begins. `@@=@@` is the end of one marker and the begin of another.
fn sample(text: &str) -> Option<usize> {
    // A marker that ends before an equals sign is none: hex stands behind it, up to the end.
    text.match_indices("@@=").map(|(at, _)| at).find(|at| {
        let hex = text[at + 3..].split("@@").next().unwrap_or_default();
        !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// The bytes of a file; an encoding that is not about the whole file leaves UTF-8.
fn encode(text: &str, encoding: &str) -> Vec<u8> {
    let units = || text.encode_utf16();
    match encoding {
        "utf-16le" => units().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => units().flat_map(u16::to_be_bytes).collect(),
        "utf-16le-bom" => [0xFF, 0xFE].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect(),
        "utf-16be-bom" => [0xFE, 0xFF].into_iter().chain(units().flat_map(u16::to_be_bytes)).collect(),
        "utf-8-bom" => [0xEF, 0xBB, 0xBF].into_iter().chain(text.bytes()).collect(),
        "latin-1" => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
        "crlf" => text.replace('\n', "\r\n").into_bytes(),
        "cr" => text.replace('\n', "\r").into_bytes(),
        _ => text.as_bytes().to_vec(),
    }
}

fn encode_tail(tail: &str, encoding: &str) -> usize {
    encode(tail, encoding.trim_end_matches("-bom")).len()
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or_default().to_lowercase();
    for part in parts {
        out.push_str(&part[..1].to_uppercase());
        out.push_str(&part[1..].to_lowercase());
    }
    out
}
