//! Base64 of printable text, on one line or several.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::fact::runs::is_base64;
use crate::span::Span;

/// How much is decoded at most per text and pass, in bytes.
pub(super) const BUDGET: usize = 1 << 20;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Returns where the base64 that begins with this run ends. It continues over line breaks if the lines are full.
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

/// Decodes a span, if it is the base64 of printable text.
pub(super) fn plain(bytes: &[u8], span: Span) -> Option<(Span, Vec<u8>)> {
    let engine = |encoded: &[u8]| {
        if encoded.iter().any(|b| matches!(b, b'-' | b'_')) { &URL_SAFE } else { &STANDARD }
    };
    // A cheap test before all is decoded: random letters rarely decode to twelve printable bytes.
    let head = &bytes[span.start..span.start + 16];
    if !may_be_ascii(head) {
        return None;
    }
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

/// Whether the highest bit of every decoded byte is zero, as in ASCII. Each four letters decode to three bytes.
fn may_be_ascii(letters: &[u8]) -> bool {
    // The six bits of each letter.
    const BITS: [u8; 256] = {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut table = [0; 256];
        let mut n = 0;
        while n < alphabet.len() {
            table[alphabet[n] as usize] = n as u8;
            n += 1;
        }
        table[b'-' as usize] = 62;
        table[b'_' as usize] = 63;
        table
    };
    let bits = |letter: u8| BITS[usize::from(letter)];
    letters.chunks_exact(4).all(|four| {
        bits(four[0]) & 0b10_0000 == 0 && bits(four[1]) & 0b1000 == 0 && bits(four[2]) & 0b10 == 0
    })
}

fn printable(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte) || matches!(byte, b'\n' | b'\r' | b'\t')
}
