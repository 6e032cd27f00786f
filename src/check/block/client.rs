//! Credentials in variables whose values a build tool puts into what browsers and apps download.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use memchr::memmem;

use super::{Detection, is_comment};
use crate::check::{Candidate, Input, Sign, captures_around, fixed};
use crate::fact::brackets;
use crate::fact::credential::{each_credential, is_credential, is_secret};
use crate::fact::lines;
use crate::fact::place::{in_prose, is_prose};
use crate::fact::search::in_search;
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};
use crate::rule::Confidence;
use crate::span::Span;

mod position;

/// The prefixes of variables that build tools make public.
const PUBLIC: &[&[u8]] = &[
    b"NEXT_PUBLIC_",
    b"VITE_",
    b"REACT_APP_",
    b"PUBLIC_",
    b"NUXT_PUBLIC_",
    b"EXPO_PUBLIC_",
    b"GATSBY_",
    b"VUE_APP_",
    b"NG_APP_",
    b"SNOWPACK_PUBLIC_",
    b"STORYBOOK_",
    b"RSBUILD_PUBLIC_",
    b"RSPACK_PUBLIC_",
    b"BUN_PUBLIC_",
    b"FARM_PUBLIC_",
    b"MIX_",
    b"PARCEL_PUBLIC_",
    b"WXT_",
    b"PLASMO_PUBLIC_",
    b"QUASAR_PUBLIC_",
    b"RAZZLE_",
    b"KIRBY_PUBLIC_",
];

static PREFIXES: LazyLock<Literals> = LazyLock::new(|| Literals::new(PUBLIC));

/// How far before its word a match of [`DEFINE`] may begin, and how far after it may end, in bytes.
const BEFORE: usize = 400;
const SETTING: usize = 2000;

/// Words of which every match of [`DEFINE`] contains one.
static SETTINGS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "process.env.",
        "import.meta.env.",
        "window.",
        "globalThis.",
        "self.",
        "buildConfigField",
        "resValue",
        "--dart-define",
        "publicRuntimeConfig",
        "define",
        "public",
        "fromEnvironment",
        "dotenv.",
        "@env",
    ])
});

fixed! {
    /// Settings that put values into the bundle, the page or the app.
    static DEFINE = r#"(?x)["'`](?:process\.env|import\.meta\.env|globalThis|window|self)\.(?<define>\w+)["'`]\s*:\s*(?:JSON\.stringify\(|["'`]|process\.env|env\.)
        | \b(?:window|globalThis|self)(?:\.[\w$]+)?\.(?<global>\w+)\s*=[^=\n]*(?:\$|\{\{|<%|process\.env|cf)
        | \b(?:buildConfigField|resValue)\s*\(?\s*["']\w+["']\s*,\s*["'](?<app>\w+)["']
        | --dart-define[=\ ]["']?(?<dart>\w+)=
        | \bString\.fromEnvironment\(\s*["'](?<compiled>\w+) | \bdotenv\.(?:env\[|get\(|maybeGet\()\s*["'](?<asset>\w+)
        | \bimport\s*\{(?<imported>[^{}]*)\}\s*from\s*["']@env["']
        | (?s:\b(?:publicRuntimeConfig|define|public)\s*:\s*\{)(?<public>[^{}]*)"#;

    /// `env` in the configuration of Next.js.
    static NEXT_ENV = r"\benv\s*:\s*\{(?<public>[^{}]*)";

    /// What Expo packs into the app, which reads it with `Constants.expoConfig.extra`.
    static EXPO_EXTRA = r#"\bextra["']?\s*:\s*\{"#;

    /// The name and the value of a setting that is not empty.
    static FILLED = r#"^["']?\s*:\s*(?:[A-Za-z_(`$]|["'][^"'])"#;
}

/// `variant = "exposed-to-client"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    // Rust and Go do not end up in a bundle; such names are merely listed there.
    let name = input.path.file_name();
    if name.ends_with(b".rs") || name.ends_with(b".go") {
        return;
    }
    // A name with a public prefix is not a credential as a whole, so `names_credential` may miss it.
    let by_name = input.signs.has(Sign::Public) || input.names_credential();
    let by_position = LazyCell::new(|| position::may_be_taken(input));
    if !by_name && !*by_position {
        return;
    }
    let bytes = input.text.bytes();
    let mut found = Vec::new();
    for hit in PREFIXES.all(bytes) {
        let begins = hit.start == 0 || !is_word(bytes[hit.start - 1]);
        let end = hit.end + bytes[hit.end..].iter().take_while(|b| is_word(**b)).count();
        let span = Span::new(hit.start, end);
        if begins && (is_credential(&bytes[hit.end..end]) || *by_position && position::is_taken(input, span))
        {
            found.push((span, "the build puts this credential into what browsers download"));
        }
    }
    if matches!(
        name,
        b"app.json" | b"app.config.js" | b"app.config.ts" | b"app.config.mjs" | b"app.config.cjs"
    ) {
        expo(bytes, &mut found);
    }
    // Next.js replaces these names wherever they are used, also in the browser.
    let next = name.starts_with(b"next.config.").then(|| NEXT_ENV.captures_iter(bytes)).into_iter().flatten();
    let defined = captures_around(&DEFINE, &SETTINGS.all(bytes), bytes, BEFORE, |_| SETTING);
    for groups in defined.into_iter().chain(next) {
        // A Flutter app keeps its environment as constants or as an asset.
        let dart = name.ends_with(b".dart") && !is_on_a_server(input);
        let of_app = ["compiled", "asset"].iter().find_map(|name| groups.name(name)).filter(|_| dart);
        let named = ["define", "global", "app", "dart"].iter().find_map(|name| groups.name(name)).or(of_app);
        let named = named.filter(|m| is_credential(m.as_bytes()));
        if let Some(place) = named {
            found.push((Span::from(place), "this credential becomes part of the client bundle"));
        }
        if let Some(zone) = groups.name("imported") {
            each_credential(bytes, Span::from(zone), |span| {
                found.push((span, "this credential becomes part of the client bundle"));
                ControlFlow::Continue(())
            });
        }
        if let Some(zone) = groups.name("public") {
            each_credential(bytes, Span::from(zone), |span| {
                let after = bytes[span.end..].trim_ascii_start();
                let after = after.strip_prefix(b"'").or_else(|| after.strip_prefix(b"\"")).unwrap_or(after);
                let key = after.trim_ascii_start().starts_with(b":");
                if key && is_secret(&bytes[span.start..span.end]) {
                    found.push((span, "this setting is sent to the client"));
                }
                ControlFlow::Continue(())
            });
        }
    }
    // One finding for each line, and for each name, the first found.
    let mut lines = HashSet::new();
    let mut names = HashSet::new();
    found.sort_by_key(|(span, _)| span.start);
    for (span, message) in found {
        if is_comment(input.text.get(input.text.line_near(span.start)))
            || in_search(input.text, span.start, input.path)
            || is_prose(input.path) && is_warning(input, span)
            || !lines.insert(input.text.line_index(span.start))
            || !names.insert(input.text.get(span))
        {
            continue;
        }
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        candidate.message = Some(message.to_owned());
        out.push(candidate);
    }
}

/// Finds credentials in the settings that Expo packs into an app.
fn expo(bytes: &[u8], found: &mut Vec<(Span, &'static str)>) {
    /// How long the settings may be, in bytes.
    const LONGEST: usize = 6000;
    if memmem::find(bytes, b"extra").is_none() {
        return;
    }
    for hit in EXPO_EXTRA.find_iter(bytes) {
        let end = brackets::close(bytes, hit.end() - 1, hit.end() + LONGEST).min(bytes.len());
        each_credential(bytes, Span::new(hit.end(), end), |span| {
            let null =
                |text: &[u8]| [&b"null"[..], b"undefined", b"false"].iter().any(|w| text.starts_with(w));
            let rest = lines::first(&bytes[span.end..]);
            let value =
                rest.iter().position(|b| *b == b':').map_or(rest, |at| rest[at + 1..].trim_ascii_start());
            if FILLED.is_match(rest) && !null(value) && is_secret(&bytes[span.start..span.end]) {
                found.push((span, "this setting is packed into the app"));
            }
            ControlFlow::Continue(())
        });
    }
}

/// Whether a program in Dart runs on a server or in a terminal: it is in `bin/`, or imports what only those have.
fn is_on_a_server(input: &Input<'_>) -> bool {
    let path = input.path.as_bytes();
    let imports = [&b"package:shelf"[..], b"package:dart_frog", b"package:args/", b"package:serverpod/"];
    path.starts_with(b"bin/")
        || memmem::find(path, b"/bin/").is_some()
        || imports.iter().any(|import| memmem::find(input.text.bytes(), import).is_some())
}

/// Whether a document names the variable to warn of it: in a sentence, or under a word such as `delete`.
fn is_warning(input: &Input<'_>, span: Span) -> bool {
    const WARNS: &[&[u8]] = &[
        b"delete",
        b"remove",
        b"never",
        b"don't",
        b"do not",
        b"insecure",
        b"wrong",
        b"before:",
        b"grep",
        b"not contain",
        "❌".as_bytes(),
        "⚠".as_bytes(),
    ];
    /// How many lines above count.
    const ABOVE: usize = 2;
    let first = input.text.line_index(span.start).saturating_sub(ABOVE);
    let start = input.text.line_at(first).map_or(span.start, |line| line.start).min(span.start);
    let near = &input.text.bytes()[start..input.text.line_near(span.start).end.max(span.end)];
    in_prose(input.text, span.start, input.path) || WARNS.iter().any(|word| contains(near, word))
}
