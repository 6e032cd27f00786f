//! Items and mappings of YAML, by indentation.

use memchr::memmem;

use crate::fact::lines::indentation;
use crate::span::Span;
use crate::text::Text;

/// The maximum number of lines of a list item.
const ITEM: usize = 200;

/// Returns the item of a YAML list that the place is in: from its dash to the next line that is not deeper. Items of
/// one line and pairs of name and value are not returned.
pub fn list_item(text: &Text<'_>, at: usize) -> Option<Span> {
    let indent = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let line = |index: usize| text.line_at(index).map(|span| (span, text.get(span).trim_ascii_end()));
    let own = text.line_index(at);
    let mut depth = indent(line(own)?.1) + 1;
    let first = (own.saturating_sub(ITEM)..=own).rev().find(|index| {
        let Some((_, content)) = line(*index).filter(|(_, content)| !content.is_empty()) else {
            return false;
        };
        let deeper = indent(content);
        let starts = deeper < depth && content[deeper..].starts_with(b"- ");
        depth = depth.min(if starts { deeper } else { deeper + 1 });
        starts
    })?;
    let last = (first + 1..first + ITEM).find(|index| {
        line(*index).is_none_or(|(_, content)| !content.is_empty() && indent(content) <= depth)
    })?;
    let (start, end) = (text.line_at(first)?.start, text.line_at(last - 1)?.end);
    let item = text.get(Span::new(start, end));
    let pair = [&b"name:"[..], b"value:"].iter().all(|word| memmem::find(item, word).is_some());
    (last > first + 1 && !(pair && last <= first + 3)).then(|| Span::new(start, end))
}

/// Returns the lines of the YAML mapping that the line with the index belongs to, which may be a list item.
pub fn mapping(text: &Text<'_>, index: usize) -> Option<Span> {
    let line = |index: usize| text.line_at(index).map(|span| (span, text.get(span)));
    let depth = depth(line(index)?.1)?;
    let inside = |content: &[u8]| self::depth(content).is_none_or(|own| own >= depth);
    let starts_item = |content: &[u8]| self::depth(content) == Some(depth) && indentation(content) < depth;
    let mut first = index;
    while index - first < ITEM && !starts_item(line(first)?.1) {
        let Some(previous) =
            first.checked_sub(1).filter(|previous| line(*previous).is_some_and(|(_, l)| inside(l)))
        else {
            break;
        };
        first = previous;
    }
    let follows = |content: &[u8]| self::depth(content).is_none() || indentation(content) >= depth;
    let inside = (index + 1..index + ITEM).take_while(|next| line(*next).is_some_and(|(_, l)| follows(l)));
    // Blank lines and comments at the end may belong to what comes next.
    let last = inside.filter(|next| line(*next).is_some_and(|(_, l)| self::depth(l).is_some())).last();
    Some(Span::new(line(first)?.0.start, line(last.unwrap_or(index))?.0.end))
}

/// Returns the index of the line whose value the YAML line with the index is a part of.
pub fn parent(text: &Text<'_>, index: usize) -> Option<usize> {
    let line = |index: usize| text.line_at(index).map(|span| text.get(span));
    let own = depth(line(index)?)?;
    (index.saturating_sub(ITEM)..index)
        .rev()
        .find(|above| line(*above).and_then(depth).is_some_and(|d| d < own))
}

/// Returns how far the content of a YAML line is indented, behind the dash of a list item; `None` if it has none.
fn depth(line: &[u8]) -> Option<usize> {
    let depth = line.iter().take_while(|b| matches!(b, b' ' | b'-')).count();
    line.get(depth).filter(|b| !matches!(b, b'#' | b'\r')).map(|_| depth)
}

#[cfg(test)]
mod tests {
    use super::{mapping, parent};
    use crate::text::Text;

    #[test]
    fn a_mapping_is_what_is_indented_alike() {
        let text = "jobs:\n  one:\n    steps:\n      - name: a\n        env:\n          HERE: 1\n          B: 2\n\n      # next\n      - uses: b\n  two:\n    if: c\n";
        let text = Text::decode(text.as_bytes());
        let found = |index: usize| {
            let span = mapping(&text, index).unwrap();
            String::from_utf8_lossy(text.get(span)).trim().to_owned()
        };
        assert_eq!(found(5), "HERE: 1\n          B: 2");
        let parents: Vec<usize> =
            std::iter::successors(Some(5), |index| parent(&text, *index)).skip(1).collect();
        assert_eq!(parents, [4, 2, 1, 0]);
        assert_eq!(found(4), "- name: a\n        env:\n          HERE: 1\n          B: 2");
        assert!(found(2).starts_with("steps:") && found(2).ends_with("- uses: b"));
        assert!(found(1).ends_with("if: c") && !found(1).starts_with("jobs"));
    }
}
