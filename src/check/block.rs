//! `check = "block"`: bad practices that show in the structure of a file rather than in one value: definitions, command
//! lines, output, variables. Each variant is one function over the text or its tree.

use std::sync::LazyLock;

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
mod untrusted;
mod url;
mod worker;

pub(super) use argv::check as credential_in_argv;
pub(super) use client::check as exposed_to_client;
pub(super) use definition::{
    Definition, audit_logs_not_exported, long_lived, mfa_not_enforced, open_to_any_address,
    overbroad_permissions, overbroad_resources, tokens, variable_not_sensitive, without_expiry,
    without_ip_filter,
};
pub(super) use image::check as secret_in_image;
pub(super) use logged::check as credential_logged;
pub(super) use masking::check as secret_without_masking;
pub(super) use untrusted::check as secret_exposed_to_fork;
pub(super) use url::check as credential_in_url;
pub(super) use worker::check as plaintext_worker_secret;

/// Drops those of the candidates from `first` on that nothing but `CF` relates to Cloudflare, if that abbreviation means
/// something else in the file.
pub(super) fn drop_other_products(input: &Input<'_>, out: &mut Vec<Candidate>, first: usize) {
    if out.len() > first && cf_means_other_product(input.text.bytes(), input.path) {
        let new = out.split_off(first);
        out.extend(new.into_iter().filter(|found| !only_says_cf(input.text.get(found.span))));
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
    pattern: &'static LazyLock<Regex>,
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
