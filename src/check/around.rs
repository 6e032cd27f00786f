//! Expressions that run only around the words that they need.

use std::ops::Deref;

use memchr::memchr;
use regex::bytes::{Captures, Regex};

use crate::literals::Hit;
use crate::span::Span;

/// Returns the spans of the group `span` in the matches of [`captures_around`].
pub(crate) fn spans_around(
    pattern: &impl Deref<Target = Regex>,
    hits: &[Hit],
    bytes: &[u8],
    before: usize,
    after: impl Fn(usize) -> usize,
) -> Vec<Span> {
    let matches = captures_around(pattern, hits, bytes, before, after).into_iter();
    matches.filter_map(|groups| groups.name("span").map(Span::from)).collect()
}

/// Returns the matches of an expression, in order. Every match must contain one of the literals that were hit, so the
/// expression only runs around the hits: from `before` bytes before each to the end of the line that holds the byte
/// `after(index)` bytes after it, where `index` is that of the literal. Without a hit it is not even compiled.
pub(crate) fn captures_around<'b>(
    pattern: &impl Deref<Target = Regex>,
    hits: &[Hit],
    bytes: &'b [u8],
    before: usize,
    after: impl Fn(usize) -> usize,
) -> Vec<Captures<'b>> {
    let mut out = Vec::new();
    let mut done = 0;
    let mut hits = hits.iter().peekable();
    while let Some(hit) = hits.next() {
        if hit.end <= done {
            continue;
        }
        let mut start = done.max(hit.start.saturating_sub(before));
        let mut end = line_end(bytes, hit.end + after(hit.index));
        // Hits whose surroundings overlap share one search.
        while let Some(next) = hits.next_if(|next| next.start < end) {
            end = end.max(line_end(bytes, next.end + after(next.index)));
        }
        while let Some(groups) = pattern.captures_at(&bytes[..end], start) {
            start = groups.get_match().end().max(start + 1);
            out.push(groups);
            if start >= end {
                break;
            }
        }
        done = end;
    }
    out
}

/// Returns the end of the line that holds a place, at most `NEAR` bytes after it.
fn line_end(bytes: &[u8], at: usize) -> usize {
    const NEAR: usize = 1000;
    let at = at.min(bytes.len());
    let rest = &bytes[at..bytes.len().min(at + NEAR)];
    at + memchr(b'\n', rest).unwrap_or(rest.len())
}
