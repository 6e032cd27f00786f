//! How the bytes of a blob stand for text: as they are, or as UTF-16, which its first bytes tell. Knows neither lines
//! nor places.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memrchr};

use super::characters;

/// How many bytes at the start of a blob tell its encoding.
const HEAD: usize = 1024;

/// The encoding of a blob.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Any other than UTF-16: the bytes are the text.
    #[default]
    Bytes,
    /// Two bytes per unit, after a byte order mark of `mark` bytes.
    Utf16 {
        /// Length of the byte order mark.
        mark: usize,
        /// Whether the upper half of a unit comes first.
        big_endian: bool,
    },
}

impl Encoding {
    /// Detects UTF-16 by its byte order mark, or by the zero bytes that Latin letters leave in only one half of each
    /// pair.
    pub fn detect(blob: &[u8]) -> Encoding {
        let head = &blob[..blob.len().min(HEAD) & !1];
        let marked = |big_endian: bool| {
            // A line break or a space is enough for a zero byte: without any, the mark is just two odd bytes.
            if head.contains(&0) { Encoding::Utf16 { mark: 2, big_endian } } else { Encoding::Bytes }
        };
        match blob {
            [0xFF, 0xFE, 0, 0, ..] => Encoding::Bytes, // UTF-32: nobody writes it
            [0xFF, 0xFE, ..] => marked(false),
            [0xFE, 0xFF, ..] => marked(true),
            // Almost every text ends here.
            _ if memchr(0, head).is_none() => Encoding::Bytes,
            _ => Encoding::by_zeros(head),
        }
    }

    fn by_zeros(head: &[u8]) -> Encoding {
        let zeros = |side: usize| head.iter().skip(side).step_by(2).filter(|b| **b == 0).count();
        let (high, low, pairs) = (zeros(0), zeros(1), head.len() / 2);
        if pairs < 8 || high.min(low) * 50 > pairs || high.max(low) * 10 <= pairs * 7 {
            return Encoding::Bytes;
        }
        Encoding::Utf16 { mark: 0, big_endian: high > low }
    }

    /// Whether it is UTF-16.
    pub fn is_wide(self) -> bool {
        self != Encoding::Bytes
    }

    /// Returns how many bytes a letter takes.
    pub fn width(self) -> usize {
        if self.is_wide() { 2 } else { 1 }
    }

    /// Returns the length of the byte order mark that is no part of the text.
    pub(super) fn mark(self) -> usize {
        match self {
            Encoding::Bytes => 0,
            Encoding::Utf16 { mark, .. } => mark,
        }
    }

    /// Returns the text that bytes after the mark stand for. Half a character becomes U+FFFD, which is one unit as well:
    /// places stay right if a part of a blob begins or ends there.
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let Encoding::Utf16 { big_endian, .. } = self else { return Cow::Borrowed(bytes) };
        let mut out = String::with_capacity(bytes.len() / 2);
        for unit in char::decode_utf16(units(bytes, big_endian)) {
            out.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Cow::Owned(out.into_bytes())
    }

    /// Returns how many of the first `at` bytes of a text to leave with what follows, so that no character is cut in
    /// two.
    pub(super) fn half(self, bytes: &[u8], at: usize) -> usize {
        match self {
            Encoding::Bytes => {
                let inside = |back: &usize| bytes.get(at - back).is_some_and(|b| b & 0xC0 == 0x80);
                // Bytes that are no UTF-8 may be cut anywhere.
                let start = (0..4.min(at)).find(|back| !inside(back));
                start.unwrap_or(0)
            }
            Encoding::Utf16 { big_endian, .. } => {
                let is_low = |pair: &[u8]| {
                    units(pair, big_endian).next().is_some_and(|unit| (0xDC00..0xE000).contains(&unit))
                };
                if at >= 2 && bytes.get(at..at + 2).is_some_and(is_low) { 2 } else { 0 }
            }
        }
    }

    /// Returns the number of line breaks in bytes after the mark, and of the characters behind the last one.
    pub(super) fn measure(self, bytes: &[u8]) -> (usize, usize) {
        let text = self.decode(bytes);
        match memrchr(b'\n', &text) {
            Some(last) => (memchr_iter(b'\n', &text).count(), characters(&text[last + 1..])),
            None => (0, characters(&text)),
        }
    }
}

fn units(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(move |pair| {
        let pair = [pair[0], pair[1]];
        if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    })
}
