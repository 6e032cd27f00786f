//! `check = "block"`: bad practices that show in the structure of a file rather than in one value: definitions, command
//! lines, output, variables. Each variant is one function over the text or its tree; the rule file names it.

use regex::bytes::{Captures, Regex};

use super::{Candidate, Detection, Input};
use crate::fact::namesake::cf_means_other_product;
use crate::fact::words::words;
use crate::span::Span;

mod argv;
mod client;
mod definition;
mod image;
mod logged;
mod masking;
mod taint;
mod url;
mod worker;

pub(crate) use definition::{Definition, tokens};

/// The variants a rule file can name.
const VARIANTS: &[(&str, Variant)] = &[
    ("credential-logged", logged::check),
    ("credential-in-argv", argv::check),
    ("credential-in-url", url::check),
    ("exposed-to-client", client::check),
    ("secret-in-image", image::check),
    ("secret-without-masking", masking::check),
    ("plaintext-worker-secret", worker::check),
    ("overbroad-resources", definition::resources),
    ("overbroad-permissions", definition::permissions),
    ("without-ip-filter", definition::no_filter),
    ("open-to-any-address", definition::any_address),
    ("without-expiry", definition::no_expiry),
    ("long-lived", definition::long_lived),
    ("mfa-not-enforced", definition::mfa),
    ("audit-logs-not-exported", definition::no_audit_logs),
    ("variable-not-sensitive", definition::variable),
];

type Variant = fn(&Detection<'_>, &Input<'_>, &mut Vec<Candidate>);

/// Runs the variant that the detection names; an unknown one finds nothing.
pub(crate) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let name = detection.detect.variant.as_deref();
    if let Some((_, run)) = VARIANTS.iter().find(|(variant, _)| Some(*variant) == name) {
        let first = out.len();
        run(detection, input, out);
        if out.len() > first && cf_means_other_product(input.text.bytes(), input.path) {
            let mut at = 0;
            out.retain(|found| {
                at += 1;
                at <= first || !only_says_cf(input.text.get(found.span))
            });
        }
    }
}

/// Whether nothing but `CF` relates a text to Cloudflare. Other products use that abbreviation as well.
fn only_says_cf(text: &[u8]) -> bool {
    const LONGEST: usize = 200;
    let said = words(&text[..text.len().min(LONGEST)]);
    let has = |word: &str| said.split(' ').any(|own| own == word);
    has("cf") && !["cloudflare", "r2", "turnstile", "tunnel"].into_iter().any(has)
}

/// Returns the span of a value without its quotes.
fn unquoted(bytes: &[u8], value: Span) -> Span {
    match &bytes[value.start..value.end] {
        [open @ (b'"' | b'\'' | b'`'), .., close] if open == close => {
            Span::new(value.start + 1, value.end - 1)
        }
        _ => value,
    }
}

/// Whether a line consists of a comment.
fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    [&b"#"[..], b"//", b"* ", b"/*", b"<!--", b"-- ", b"rem ", b"REM ", b";"]
        .iter()
        .any(|mark| line.starts_with(mark))
        && !line.starts_with(b"#!")
}

/// Returns the matches inside of the zones, which are in order and do not overlap.
fn matches<'b>(
    pattern: &'static Regex,
    bytes: &'b [u8],
    zones: &[Span],
) -> impl Iterator<Item = Captures<'b>> {
    zones.iter().flat_map(move |zone| {
        let mut at = zone.start;
        std::iter::from_fn(move || {
            let groups = pattern.captures_at(&bytes[..zone.end], at)?;
            at = groups.get_match().end();
            Some(groups)
        })
    })
}
