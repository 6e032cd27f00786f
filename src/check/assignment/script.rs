//! Values that a command hands to a script or a container of its own: the names of its options say little, the name of the
//! script does.

use super::SAME_STATEMENT;
use super::recipient::command_line;
use super::vendors::is_general;
use crate::blob::BlobPath;
use crate::check::{Compiled, View, fixed};
use crate::fact::namesake::cf_means_other_product_near;
use crate::fact::naming::Naming;
use crate::fact::{lines, words};
use crate::rule::{Confidence, Randomness};
use crate::span::Span;

/// Returns the confidence in a value that an option hands to a script named after Cloudflare, `cf-ddns.sh -k VALUE`, or
/// a variable to a container, `docker run -e API_KEY=VALUE someone/cloudflare-ddns`.
pub(super) fn argument_of_script(
    detection: &Compiled,
    names: &Naming,
    view: &View<'_>,
    span: Span,
    path: &BlobPath,
) -> Option<(Confidence, String)> {
    if detection.not_name().is_some_and(|not| not.is_match(names.own().as_bytes()))
        || cf_means_other_product_near(view.bytes, path, span)
    {
        return None;
    }
    let script = script(detection, view, span).or_else(|| image(detection, view, span))?;
    let why = format!("an argument of `{}`", String::from_utf8_lossy(script));
    Some((detection.detect.confidence, why))
}

/// Returns the script that the value is an argument of. A value that could be many things needs the other half of its
/// pair beside it.
fn script<'b>(detection: &Compiled, view: &View<'b>, span: Span) -> Option<&'b [u8]> {
    fixed! {
        static SCRIPT = r#"(?i)(?:^|[\s/\\"'`(])(?P<script>(?:cf|cloudflare)[\w-]*(?:\.[a-z]\w{0,3})?)["']?\s(?:.*\s)?(?:--?[a-z][\w-]*[\s=]?|[0-9a-f]{32}\s+)["']?$"#;
    }
    let before = lines::before(view.bytes, span.start, SAME_STATEMENT);
    let script = SCRIPT.captures(before).and_then(|groups| groups.name("script"))?;
    let after = lines::first(&view.bytes[span.end..view.bytes.len().min(span.end + SAME_STATEMENT)]);
    let paired = match detection.partner() {
        Some(partner) => partner.is_match(before) || partner.is_match(after),
        None => detection.detect.random == Some(Randomness::Token) && is_secret_option(before),
    };
    paired.then_some(script.as_bytes())
}

/// Whether the option before a value may be for a token: `-k`, `-t`, `--key`; or there is none, but an id.
fn is_secret_option(before: &[u8]) -> bool {
    fixed! {
        static OPTION = r#"(?i)(?:\s(?:-[ktps]|--?[\w-]*(?:token|key|secret|pass\w*))[\s=]?|\s[0-9a-f]{32}\s+)["']?$"#;
    }
    OPTION.is_match(before)
}

/// Returns the image whose container gets the value in a variable of a general name.
fn image<'b>(detection: &Compiled, view: &View<'b>, span: Span) -> Option<&'b [u8]> {
    fixed! {
        static RUN = r"(?:^|[\s;&|(])(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\s";
        static VARIABLE = r#"(?:-e|--env)[\s=]["']?(?P<name>[A-Za-z_]\w*)=["']?$"#;
        static IMAGE = r"(?i)\s(?P<image>[\w.-]+(?:/[\w.-]+){0,3}/[\w.-]*cloudflare[\w.-]*|[\w.-]*cloudflare-?ddns)(?::\S+)?(?:\s|$)";
    }
    let line = command_line(view.bytes, span);
    let before = &view.bytes[line.start..span.start];
    let name = VARIABLE.captures(lines::last(before))?.name("name")?;
    let words = words::words(name.as_bytes()) + " ";
    if !RUN.is_match(before) || !is_general(&words) || !detection.name()?.is_match(words.as_bytes()) {
        return None;
    }
    let image = IMAGE.captures(&view.bytes[span.end..line.end])?.name("image")?;
    Some(image.as_bytes())
}
