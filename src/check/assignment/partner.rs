//! The other half of a pair: the e-mail address of a key, the id of a secret.

use super::SAME_CALL;
use crate::check::{Candidate, Compiled, View, fixed};
use crate::fact::lines::{self, indentation};
use crate::span::Span;

/// Labels the other half of a pair: the nearest match of the detection's `partner` expression that is not in another
/// mapping.
pub(super) fn label(detection: &Compiled, view: &View<'_>, span: Span, found: &mut Candidate) {
    let Some(partner) = detection.partner() else { return };
    let start = span.start.saturating_sub(SAME_CALL);
    let end = view.bytes.len().min(span.end + SAME_CALL);
    let nearest = partner
        .captures_iter(&view.bytes[start..end])
        .filter_map(|groups| groups.name("label").map(|m| Span::from(m).shift(start)))
        .filter(|place| !place.overlaps(span) && !is_in_other_mapping(view.bytes, *place, span))
        .min_by_key(
            |place| if place.start < span.start { span.start - place.end } else { place.start - span.end },
        );
    if let Some(place) = nearest {
        found.labels.push((view.original(place), detection.detect.partner_label.clone().unwrap_or_default()));
    }
}

/// Whether two places are entries of different mappings, as YAML and indented JSON write them: a line between them is not
/// as deep as the first.
fn is_in_other_mapping(bytes: &[u8], one: Span, other: Span) -> bool {
    fixed! {
        static ENTRY = r#"^[ \t]*(?:-[ \t]+)?["']?[\w.-]+["']?:[ \t]+\S"#;
    }
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    let line = |at: usize| {
        let start = lines::start(bytes, at.saturating_sub(SAME_CALL), at);
        Span::new(start, start + lines::first(&bytes[start..]).len())
    };
    let (of_first, of_second) = (line(first.start), line(second.start));
    let entry = |line: Span| ENTRY.is_match(&bytes[line.start..line.end]);
    if of_first.end >= of_second.start || !entry(of_first) || !entry(of_second) {
        return false;
    }
    // `- name: A` above `value: B`: both belong to the item.
    let above = lines::before(bytes, of_first.start.saturating_sub(1), SAME_CALL);
    let is_item = |line: &[u8]| line.trim_ascii_start().starts_with(b"- ");
    let depth = indentation(if is_item(above) { above } else { &bytes[of_first.start..] });
    let between = &bytes[of_first.end..of_second.end];
    let mut lines = between.split(|b| *b == b'\n').filter(|line| {
        let text = line.trim_ascii();
        !text.is_empty() && !text.starts_with(b"#") && !text.starts_with(b"//")
    });
    lines.any(|line| indentation(line) < depth)
}

#[cfg(test)]
mod tests {
    use super::is_in_other_mapping;
    use crate::span::Span;

    #[test]
    fn an_address_in_another_mapping_is_of_somebody_else() {
        let other = |text: &str| {
            let at = |what: &str| {
                let at = text.find(what).unwrap();
                Span::new(at, at + what.len())
            };
            is_in_other_mapping(text.as_bytes(), at("a@b.co"), at("VALUE"))
        };
        for text in [
            "backup:\n  from: a@b.co\ncloudflare:\n  apiKey: VALUE\n",
            "cloudflare:\n  apiKey: VALUE\n\nsmtp:\n  from: a@b.co\n",
            "{\n  \"smtp\": {\n    \"from\": \"a@b.co\"\n  },\n  \"cf\": {\n    \"key\": \"VALUE\"\n  }\n}\n",
        ] {
            assert!(other(text), "{text}");
        }
        for text in [
            "cloudflare:\n  email: a@b.co\n  apiKey: VALUE\n",
            "email: a@b.co\ncloudflare:\n  apiKey: VALUE\n",
            "- name: EMAIL\n  value: a@b.co\n- name: KEY\n  value: VALUE\n",
            "CF_EMAIL=a@b.co\nCF_KEY=VALUE\n",
            "set(\"email\", \"a@b.co\")\nset(\"key\", \"VALUE\")\n",
            "api_key:\n  email: a@b.co\n  # note\n  nested:\n    key: VALUE\n",
        ] {
            assert!(!other(text), "{text}");
        }
    }
}
