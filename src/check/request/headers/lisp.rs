//! Headers in Lisp, where a map has only a space between a name and its value.

use super::spans;
use crate::blob::BlobPath;
use crate::check::{Input, fixed};
use crate::fact::brackets;
use crate::span::Span;

fixed! {
    /// A Lisp map has only a space between a name and its value: `{"X-Auth-Key" (:key cfg)}`.
    static LISP = r#"(?i)["':](?P<span>x-auth-key\b"?[ \t]+[^\s)}\],;=][^\n)}]*)"#;
}

/// Returns the headers in the maps and pairs of a file in Lisp.
pub(super) fn pairs(input: &Input<'_>) -> Vec<Span> {
    let mut found = if is_lisp(input.path) { spans(&LISP, input) } else { Vec::new() };
    found.retain(|span| is_in_pair(input.text.bytes(), *span));
    found
}

fn is_lisp(path: &BlobPath) -> bool {
    [
        &b".clj"[..],
        b".cljs",
        b".cljc",
        b".edn",
        b".bb",
        b".el",
        b".lisp",
        b".scm",
        b".rkt",
        b".fnl",
        b".janet",
    ]
    .iter()
    .any(|end| path.file_name().ends_with(end))
}

/// Whether the name is in a Lisp map, `{"X-Auth-Key" key}`, or a pair, `("X-Auth-Key" . key)` or
/// `(cons "X-Auth-Key" key)`. Sets, vectors and lists of names hold no values.
pub(super) fn is_in_pair(bytes: &[u8], span: Span) -> bool {
    const REACH: usize = 1000;
    let floor = span.start.saturating_sub(REACH);
    let Some(open) = brackets::around(bytes, floor, span.start).next() else { return false };
    let before = bytes[open + 1..span.start].trim_ascii();
    match bytes[open] {
        b'{' => !bytes[..open].ends_with(b"#"),
        b'(' if before == b"\"" => bytes[span.start..span.end].contains(&b'.'),
        b'(' => before == b"cons \"",
        _ => false,
    }
}
