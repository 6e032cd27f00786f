//! Base64 of printable text, wrapped in lines or not.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::fact::runs::is_base64;
use crate::span::Span;

/// How much is decoded per text and pass, in bytes.
pub(super) const BUDGET: usize = 1 << 20;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Where the base64 ends of which this run is the first: over line breaks where the lines are full.
pub(super) fn end(bytes: &[u8], first: Span) -> usize {
    let run =
        |from: usize| bytes[from..].iter().position(|b| !is_base64(*b)).map_or(bytes.len(), |n| from + n);
    let (mut end, width) = (first.end, first.len());
    if (60..=128).contains(&width) {
        loop {
            let gap = bytes[end..].iter().take(40).take_while(|b| b.is_ascii_whitespace()).count();
            if gap == 0 || !bytes[end..end + gap].contains(&b'\n') {
                break;
            }
            let next = run(end + gap);
            let length = next - end - gap;
            if length == 0
                || length > width
                || bytes.get(next).is_some_and(|b| !b.is_ascii_whitespace() && *b != b'=' && !is_quote(*b))
            {
                break;
            }
            end = next;
            if length < width {
                break;
            }
        }
    }
    let padding = bytes[end..].iter().take(2).take_while(|b| **b == b'=').count();
    end + padding
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// The printable text that a span is the base64 of.
pub(super) fn plain(bytes: &[u8], span: Span) -> Option<(Span, Vec<u8>)> {
    let engine = |encoded: &[u8]| {
        if encoded.iter().any(|b| matches!(b, b'-' | b'_')) { &URL_SAFE } else { &STANDARD }
    };
    // Cheap refusal before the whole is decoded: what is printable starts with few of the letters, and random letters rarely
    // give twelve printable bytes in a row.
    if !matches!(bytes[span.start], b'I'..=b'Z' | b'a'..=b'f' | b'C' | b'D') {
        return None;
    }
    let head = &bytes[span.start..span.start + 16];
    let mut start = [0; 12];
    let length = engine(head).decode_slice(head, &mut start).ok()?;
    if !start[..length].iter().all(|b| printable(*b)) {
        return None;
    }
    let mut encoded: Vec<u8> = bytes[span.start..span.end].to_vec();
    encoded.retain(|b| !b.is_ascii_whitespace());
    let engine = engine(&encoded);
    let mut plain = engine.decode(&encoded).ok()?;
    while matches!(plain.last(), Some(b'\n' | b'\r' | 0)) {
        plain.pop();
    }
    (plain.len() >= 16 && plain.iter().all(|b| printable(*b))).then_some((span, plain))
}

fn printable(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte) || matches!(byte, b'\n' | b'\r' | b'\t')
}
