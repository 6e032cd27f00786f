//! The lines around a finding, ready to print: secrets masked, control and bidirectional characters replaced, long
//! lines clipped around the marked place.

use std::collections::BTreeMap;

use super::hidden::unknown_secrets;
use super::mask::masked;
use crate::finding::{Excerpt, ExcerptLabel, ExcerptLine};
use crate::span::Span;
use crate::text::{Text, is_deceptive};

/// How many characters of a line are shown.
const WIDTH: usize = 160;
/// How many lines are shown for one place; a longer place is marked on its first lines.
const LINES: usize = 6;

/// The spans of a text that must not be shown. There may be as many as there are excerpts, so those of one line are
/// looked up.
pub struct Secrets {
    /// Ascending.
    spans: Vec<Span>,
    /// The furthest end of the spans up to each.
    ends: Vec<usize>,
}

impl Secrets {
    /// Sorts the spans.
    pub fn new(mut spans: Vec<Span>) -> Secrets {
        spans.sort_unstable();
        spans.dedup();
        let furthest = |end: &mut usize, span: &Span| {
            *end = span.end.max(*end);
            Some(*end)
        };
        Secrets { ends: spans.iter().scan(0, furthest).collect(), spans }
    }

    /// Returns those that overlap a part of the text, ascending.
    fn within(&self, part: Span) -> impl Iterator<Item = Span> {
        let first = self.ends.partition_point(|end| *end <= part.start);
        let near = self.spans[first..].iter().take_while(move |span| span.start < part.end);
        near.copied().filter(move |span| span.overlaps(part))
    }
}

/// Returns the excerpt for `places`, spans of the text with a message, the primary one first. `secrets` are all spans
/// of the text that must not be shown.
pub(super) fn excerpt(text: &Text<'_>, places: &[(Span, String)], secrets: &Secrets) -> Excerpt {
    let mut out = Excerpt::default();
    let mut indices: Vec<usize> = places
        .iter()
        .flat_map(|(span, _)| {
            let first = text.line_index(span.start);
            first..=text.line_index(span.end.max(span.start + 1) - 1).min(first + LINES - 1)
        })
        .collect();
    indices.sort_unstable();
    indices.dedup();
    let mut shown = Vec::new();
    for index in indices {
        let Some(line) = text.line_at(index) else { continue };
        let anchor = places.iter().map(|(span, _)| *span).find(|s| s.overlaps(line) || line.contains(*s));
        let start = out.text.len();
        out.lines.push(ExcerptLine { start, number: text.line_number(line.start) });
        let map = render(text, line, anchor.unwrap_or(line), secrets, &mut out.text);
        out.text.push('\n');
        shown.push((line, map));
    }
    for (number, (span, message)) in places.iter().enumerate() {
        let mapped = shown.iter().filter(|(line, _)| touches(*line, *span)).map(|(line, map)| {
            let from = map.at(span.start.max(line.start));
            let to = map.at(span.end.min(line.end));
            Span::new(from, to.max(from))
        });
        if let Some(place) = mapped.reduce(Span::cover) {
            out.labels.push(ExcerptLabel { span: place, message: message.clone(), primary: number == 0 });
        }
    }
    out
}

/// Returns an excerpt of the primary places of others, each with what is said of it there, the own primary one first.
pub(super) fn joined(parts: &[(&Excerpt, &str)]) -> Excerpt {
    let mut lines: BTreeMap<usize, &str> = BTreeMap::new();
    for (number, line) in parts.iter().flat_map(|(part, _)| primary(part)) {
        // Of a line that is clipped around several places it shows the first.
        lines.entry(number).or_insert(line);
    }
    let (mut out, mut starts) = (Excerpt::default(), BTreeMap::new());
    for (number, line) in &lines {
        starts.insert(*number, out.text.len());
        out.lines.push(ExcerptLine { start: out.text.len(), number: *number });
        out.text.push_str(line);
    }
    for (index, (part, message)) in parts.iter().enumerate() {
        let (Some(label), Some((number, line))) = (part.labels.first(), primary(part).next()) else {
            continue;
        };
        let own = part.lines.iter().find(|own| own.number == number).map_or(0, |own| own.start);
        if lines.get(&number) == Some(&line) {
            let start = starts[&number] + label.span.start.saturating_sub(own);
            let span = Span::new(start, (start + label.span.len()).min(out.text.len()));
            out.labels.push(ExcerptLabel { span, message: (*message).to_owned(), primary: index == 0 });
        }
    }
    out
}

/// Returns the lines of the primary place of an excerpt with their numbers.
fn primary(of: &Excerpt) -> impl Iterator<Item = (usize, &str)> {
    let place = of.labels.first().map(|label| label.span);
    let ends = of.lines.iter().skip(1).map(|next| next.start).chain([of.text.len()]);
    let lines = of.lines.iter().zip(ends).map(|(line, end)| (line.number, Span::new(line.start, end)));
    let has =
        |line: &Span, place: Span| line.start < place.end.max(place.start + 1) && place.start < line.end;
    let lines = lines.filter(move |(_, line)| place.is_some_and(|place| has(line, place)));
    lines.map(move |(number, line)| (number, &of.text[line.start..line.end]))
}

fn touches(line: Span, span: Span) -> bool {
    line.overlaps(span) || (line.start <= span.start && span.start <= line.end)
}

/// Maps the characters of a line to the excerpt: pairs of offset in the text and offset in the excerpt, ascending.
struct LineMap(Vec<(usize, usize)>);

impl LineMap {
    fn at(&self, offset: usize) -> usize {
        let next = self.0.partition_point(|(from, _)| *from < offset);
        self.0.get(next).or(self.0.last()).map_or(0, |(_, to)| *to)
    }
}

/// Appends the visible part of a line to `out` and returns where its characters went.
fn render(text: &Text<'_>, line: Span, anchor: Span, secrets: &Secrets, out: &mut String) -> LineMap {
    // Only the part that may be shown is looked at: a line may be a gigabyte long.
    let reach = WIDTH * 4;
    let from = anchor.start.max(line.start).saturating_sub(reach).max(line.start);
    let to = line.end.min(anchor.start.max(line.start) + reach + WIDTH);
    let bytes = text.bytes();
    let mut hidden: Vec<Span> = secrets.within(Span::new(from, to)).collect();
    hidden.extend(unknown_secrets(bytes, Span::new(from, to)));
    let mut characters: Vec<(usize, char)> = Vec::new();
    let mut at = from;
    for chunk in bytes[from..to].utf8_chunks() {
        for c in chunk.valid().chars() {
            characters.push((at, c));
            at += c.len_utf8();
        }
        for _ in chunk.invalid() {
            characters.push((at, '\u{FFFD}'));
            at += 1;
        }
    }
    let place = characters.iter().position(|(offset, _)| *offset >= anchor.start).unwrap_or(0);
    let long = characters.len() > WIDTH || from > line.start || to < line.end;
    let first = if long { place.saturating_sub(WIDTH / 4) } else { 0 };
    let last = characters.len().min(first + WIDTH);
    let mut map = Vec::with_capacity(last - first + 1);
    if long && (first > 0 || from > line.start) {
        out.push('…');
    }
    for (offset, c) in &characters[first..last] {
        map.push((*offset, out.len()));
        out.push(visible(bytes, *offset, *c, &hidden));
    }
    map.push((characters.get(last).map_or(to, |(offset, _)| *offset), out.len()));
    if long && (last < characters.len() || to < line.end) {
        out.push('…');
    }
    LineMap(map)
}

fn visible(bytes: &[u8], offset: usize, c: char, hidden: &[Span]) -> char {
    if let Some(secret) = hidden.iter().find(|s| s.start <= offset && offset < s.end) {
        let shown = masked(&bytes[secret.start..secret.end]);
        let index = String::from_utf8_lossy(&bytes[secret.start..offset]).chars().count();
        return shown.chars().nth(index).unwrap_or('*');
    }
    match c {
        '\t' => ' ',
        c if c.is_control() || is_deceptive(c) => '\u{FFFD}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::Secrets;
    use crate::span::Span;

    #[test]
    fn secrets_of_a_part_are_all_that_overlap_it() {
        let spans: Vec<Span> =
            (0..60).map(|n| Span::new(n * 7 % 50, n * 7 % 50 + [3, 1, 20, 5][n % 4])).collect();
        let secrets = Secrets::new(spans.clone());
        for start in 0..75 {
            let part = Span::new(start, start + 4);
            let mut expected: Vec<Span> = spans.iter().copied().filter(|s| s.overlaps(part)).collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(secrets.within(part).collect::<Vec<_>>(), expected, "{part:?}");
        }
    }
}
