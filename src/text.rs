//! A blob as text: decoded once, with line starts and a map from every place back to the original bytes. Knows no
//! rules. UTF-8 and every 8-bit encoding stay as they are; only UTF-16 is converted, to UTF-8.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use memchr::{memchr_iter, memmem};

use crate::span::{Location, Position, Span};

mod encoding;

pub use encoding::Encoding;

/// How much of a line is relevant to a place in it, in bytes on each side.
const NEAR: usize = 2000;

/// A decoded blob, or one segment of a very large one.
pub struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    encoding: Encoding,
    /// Where the text starts in its blob.
    base: Base,
    lines: OnceCell<Vec<usize>>,
    fences: OnceCell<Vec<usize>>,
    /// The offset whose column was counted last, and the number of characters before it on its line: places mostly
    /// come in ascending order.
    counted: Cell<(usize, usize)>,
    /// Likewise the offset whose place in UTF-16 was counted last, and its units; and those of the start of each line.
    units: Cell<(usize, usize)>,
    units_of_lines: OnceCell<Vec<usize>>,
}

/// What comes before a segment in its blob: bytes, line breaks, and characters since the last line break.
#[derive(Clone, Copy, Debug, Default)]
pub struct Base {
    /// Bytes of the blob before the segment.
    pub offset: usize,
    /// Line breaks before the segment.
    pub lines: usize,
    /// Characters between the last line break and the segment.
    pub column: usize,
}

impl Base {
    /// Returns what comes before the byte `at` of a part of a blob that starts here, or before the character that holds
    /// the byte.
    #[must_use]
    pub fn advanced(self, encoding: Encoding, part: &[u8], at: usize) -> Base {
        let at = at - encoding.half(part, at);
        let (lines, characters) = encoding.measure(&part[self.mark(encoding)..at]);
        let before = if lines == 0 { self.column } else { 0 };
        Base { offset: self.offset + at, lines: self.lines + lines, column: before + characters }
    }

    /// Returns the length of the byte order mark that stands here.
    fn mark(self, encoding: Encoding) -> usize {
        if self.offset == 0 { encoding.mark() } else { 0 }
    }
}

impl<'a> Text<'a> {
    /// Decodes a whole blob. A UTF-8 byte order mark stays part of the text.
    pub fn decode(blob: &'a [u8]) -> Text<'a> {
        Text::segment(blob, Encoding::detect(blob), Base::default())
    }

    /// Decodes one segment of a blob. In UTF-16 it starts with a whole unit.
    pub fn segment(bytes: &'a [u8], encoding: Encoding, base: Base) -> Text<'a> {
        let mark = base.mark(encoding);
        Text {
            bytes: encoding.decode(&bytes[mark..]),
            encoding,
            base: Base { offset: base.offset + mark, ..base },
            lines: OnceCell::new(),
            fences: OnceCell::new(),
            counted: Cell::default(),
            units: Cell::default(),
            units_of_lines: OnceCell::new(),
        }
    }

    /// Returns the decoded bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes of a span of this text.
    pub fn get(&self, span: Span) -> &[u8] {
        &self.bytes[span.start..span.end]
    }

    /// Returns the line that contains `offset`, without its line break.
    pub fn line(&self, offset: usize) -> Span {
        let starts = self.line_starts();
        let index = self.line_index(offset);
        let start = starts[index];
        let mut end = starts.get(index + 1).map_or(self.bytes.len(), |next| next - 1);
        if end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        Span::new(start, end.max(start))
    }

    /// Returns the line around `offset`, clipped to 2000 bytes on each side: a line may be as long as a file, and the
    /// work per place must stay bounded.
    pub fn line_near(&self, offset: usize) -> Span {
        let line = self.line(offset);
        Span::new(line.start.max(offset.saturating_sub(NEAR)), line.end.min(offset + NEAR))
    }

    /// Whether an odd number of Markdown fences (three backticks or tildes) start before `offset`: whether it is in a
    /// fenced block.
    pub fn is_fenced(&self, offset: usize) -> bool {
        let fences = self.fences.get_or_init(|| {
            let mut out: Vec<usize> = memmem::find_iter(&self.bytes, b"```").collect();
            out.extend(memmem::find_iter(&self.bytes, b"~~~"));
            out.sort_unstable();
            out
        });
        fences.partition_point(|fence| *fence < offset) % 2 == 1
    }

    /// Returns the index of the line that contains `offset`, from 0, within this text.
    pub fn line_index(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start <= offset) - 1
    }

    /// Returns the line of that index without its line break, if there is one.
    pub fn line_at(&self, index: usize) -> Option<Span> {
        self.line_starts().get(index).map(|&start| self.line(start))
    }

    /// Returns the number of the line that contains `offset`, counted from 1 over the whole blob.
    pub fn line_number(&self, offset: usize) -> usize {
        self.base.lines + self.line_index(offset) + 1
    }

    /// Returns where a span of this text is in the blob: bytes, lines and columns.
    pub fn location(&self, span: Span) -> Location {
        Location {
            span: Span::new(self.original(span.start), self.original(span.end)),
            start: self.position(span.start),
            end: self.position(span.end),
        }
    }

    /// Returns the part of this text that contains a place of the blob, if it has it: the place itself, or for UTF-16
    /// its whole lines.
    pub fn holding(&self, place: &Location) -> Option<Span> {
        let length = self.bytes.len();
        match self.encoding {
            Encoding::Bytes => {
                let start = place.span.start.checked_sub(self.base.offset)?;
                let end = place.span.end.checked_sub(self.base.offset)?;
                (end <= length).then(|| Span::new(start, end))
            }
            Encoding::Utf16 { .. } => {
                let first = self.line_at(place.start.line.checked_sub(self.base.lines + 1)?)?;
                let last = self.line_at(place.end.line.checked_sub(self.base.lines + 1)?)?;
                Some(first.cover(last))
            }
        }
    }

    fn position(&self, offset: usize) -> Position {
        let index = self.line_index(offset);
        let start = self.line_starts()[index];
        let before = if index == 0 { self.base.column } else { 0 };
        let (last, known) = self.counted.get();
        let (from, known) = if start <= last && last <= offset { (last, known) } else { (start, 0) };
        let characters = known + characters(&self.bytes[from..offset]);
        self.counted.set((offset, characters));
        Position { line: self.base.lines + index + 1, column: before + characters + 1 }
    }

    fn original(&self, offset: usize) -> usize {
        match self.encoding {
            Encoding::Bytes => self.base.offset + offset,
            Encoding::Utf16 { .. } => {
                let index = self.line_index(offset);
                let start = self.line_starts()[index];
                let (last, known) = self.units.get();
                let (from, known) = if start <= last && last <= offset {
                    (last, known)
                } else {
                    (start, self.units_of_lines()[index])
                };
                let units = known + utf16_units(&self.bytes[from..offset]);
                self.units.set((offset, units));
                self.base.offset + units * 2
            }
        }
    }

    fn units_of_lines(&self) -> &[usize] {
        self.units_of_lines.get_or_init(|| {
            let starts = self.line_starts();
            let length = |pair: &[usize]| utf16_units(&self.bytes[pair[0]..pair[1]]);
            let sums = starts.windows(2).scan(0, |sum, pair| {
                *sum += length(pair);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        })
    }

    fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = memchr_iter(b'\n', &self.bytes).map(|at| at + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }
}

/// Returns how many units of UTF-16 a text takes.
fn utf16_units(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().map(char::len_utf16).sum()
}

/// Returns the number of characters in the bytes; a byte that is not UTF-8 counts as one.
pub fn characters(bytes: &[u8]) -> usize {
    /// Most of a text is ASCII, and recognising that is many times as fast as counting characters.
    const PART: usize = 4096;
    let (mut count, mut rest) = (0, bytes);
    while !rest.is_empty() {
        // A part ends where a character does.
        let inside = |at: &usize| rest.get(*at).is_some_and(|b| b & 0xC0 == 0x80);
        let end = (PART..rest.len()).find(|at| !inside(at)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        count += if part.is_ascii() { part.len() } else { characters_of_any(part) };
        rest = behind;
    }
    count
}

fn characters_of_any(bytes: &[u8]) -> usize {
    let (mut count, mut rest) = (0, bytes);
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(text) => return count + text.chars().count(),
            Err(error) => error,
        };
        let (valid, odd) = rest.split_at(error.valid_up_to());
        let length = error.error_len().unwrap_or(odd.len());
        count += characters_of_any(valid) + length;
        rest = &odd[length..];
    }
}

/// Whether a character has no width or changes the direction of others, so that text containing it does not read as
/// it is written.
pub(crate) fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}'
    )
}

#[cfg(test)]
mod tests {
    use super::{Base, Encoding, Text, characters};
    use crate::span::{Position, Span};

    #[test]
    fn bytes_that_are_no_character_count_each() {
        for (bytes, count) in [
            (&b""[..], 0),
            (b"abc", 3),
            ("é…𝕏x".as_bytes(), 4),
            (b"a\xFF\xFEb", 4),
            // The beginning of a character that does not go on, inside and at the end.
            (b"\xE2\x80x", 3),
            (b"x\xE2\x80", 3),
            (b"\xC3\xA9\xC3", 2),
        ] {
            assert_eq!(characters(bytes), count, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn characters_are_counted_across_long_texts() {
        for ascii in 4090..4100 {
            for (odd, count) in [("ü", 1), ("€uro", 4), ("🔑", 1)] {
                let text = ["a".repeat(ascii).as_str(), odd, "b".repeat(5000).as_str()].concat();
                assert_eq!(characters(text.as_bytes()), ascii + count + 5000, "{ascii} {odd}");
            }
        }
        assert_eq!(characters(&[0x80; 10_000]), 10_000);
    }

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let text = Text::decode("é=1\r\nab".as_bytes());
        let at = text.location(Span::new(6, 7));
        assert_eq!(at.start, Position { line: 2, column: 1 });
        assert_eq!(text.location(Span::new(2, 3)).start, Position { line: 1, column: 2 });
        assert_eq!(text.get(text.line(0)), "é=1".as_bytes());
    }

    #[test]
    fn utf16_maps_back_to_the_original_bytes() {
        for big in [false, true] {
            for mark in [false, true] {
                let source = "ключ = \"𝄞value\"\nsecond line here";
                let mut blob = Vec::new();
                let units = mark.then_some(0xFEFF).into_iter().chain(source.encode_utf16());
                units.for_each(|u| blob.extend(if big { u.to_be_bytes() } else { u.to_le_bytes() }));
                if !mark {
                    // Without a mark only mostly Latin text is recognised.
                    blob.clear();
                    let units = "value = \"1234\"\nsecond".encode_utf16();
                    units.for_each(|u| blob.extend(if big { u.to_be_bytes() } else { u.to_le_bytes() }));
                }
                let text = Text::decode(&blob);
                let at = text.bytes().windows(6).position(|w| w == b"second").unwrap();
                let place = text.location(Span::new(at, at + 6));
                assert_eq!(place.span.len(), 12);
                assert_eq!(place.start, Position { line: 2, column: 1 });
                let first = if big { [0, b's'] } else { [b's', 0] };
                assert_eq!(blob[place.span.start..place.span.start + 2], first);
            }
        }
    }

    #[test]
    fn a_segment_counts_from_what_stood_before() {
        let text = Text::segment(b"rest\nnext", Encoding::Bytes, Base { offset: 100, lines: 3, column: 7 });
        assert_eq!(text.location(Span::new(0, 4)).start, Position { line: 4, column: 8 });
        assert_eq!(text.location(Span::new(5, 9)).span, Span::new(105, 109));
        assert_eq!(text.location(Span::new(5, 9)).start, Position { line: 5, column: 1 });
    }
}
