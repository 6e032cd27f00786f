//! Values that a command hands to a script of its own: the names of its options say little, the name of the script does.

use super::SAME_STATEMENT;
use crate::blob::BlobPath;
use crate::check::{Compiled, View, fixed};
use crate::fact::lines;
use crate::fact::namesake::cf_means_other_product_near;
use crate::fact::naming::Naming;
use crate::rule::Confidence;
use crate::span::Span;

/// Returns the confidence in a value that an option hands to a script named after Cloudflare, beside the other half of the
/// pair: `cf-ddns.sh -u a@example.org -k VALUE`.
pub(super) fn argument_of_script(
    detection: &Compiled,
    names: &Naming,
    view: &View<'_>,
    span: Span,
    path: &BlobPath,
) -> Option<(Confidence, String)> {
    fixed! {
        static SCRIPT = r#"(?i)(?:^|[\s/\\"'`(])(?P<script>(?:cf|cloudflare)[\w-]*(?:\.[a-z]\w{0,3})?)["']?\s(?:.*\s)?--?[a-z][\w-]*[\s=]?["']?$"#;
    }
    let partner = detection.partner()?;
    let before = lines::before(view.bytes, span.start, SAME_STATEMENT);
    let script = SCRIPT.captures(before).and_then(|groups| groups.name("script"))?;
    let after = lines::first(&view.bytes[span.end..view.bytes.len().min(span.end + SAME_STATEMENT)]);
    if !partner.is_match(before) && !partner.is_match(after)
        || detection.not_name().is_some_and(|not| not.is_match(names.own().as_bytes()))
        || cf_means_other_product_near(view.bytes, path, span)
    {
        return None;
    }
    let why = format!("an argument of `{}`", String::from_utf8_lossy(script.as_bytes()));
    Some((detection.detect.confidence, why))
}
