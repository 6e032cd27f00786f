//! Commands given as lists of arguments: `["curl", "-H", "Authorization: Bearer …"]` in any language, `command:` and
//! `args:` of a container, and chained calls that each add an argument.

use memchr::memmem;

use super::{LITERAL, PREFIXED, REACH, find_in, is_literal};
use crate::check::assignment::is_sent_elsewhere;
use crate::check::{fixed, value};
use crate::fact::brackets;
use crate::span::Span;

fixed! {
    /// The tool as the first item of a list, an argument of a call, a line of a YAML list, or an element of a property
    /// list.
    static FIRST = {
        const TOOLS: &str = r"(?:[\w./~-]*/)?(?:curl|wget|https?|xh|sh|bash|cloudflared|wrangler|npx|pnpm|yarn|bunx|terraform|tofu|pulumi|docker|podman|kubectl|helm|flarectl|cf-terraforming|lego|certbot|acme\.sh|octodns-sync|dnscontrol|rclone|lexicon|flyctl|vault|op|aws|mc|restic|s3cmd|ansible-playbook)(?:\.exe)?";
        format!(r#"(?m)["'`]{TOOLS}["'`]\s*[,)\]]|^[ \t]*-[ \t]+["']?{TOOLS}["']?[ \t]*\r?$|<string>{TOOLS}</string>"#)
    };

    /// An option and its value as two items.
    static OPTION = r#"["'`]--?[\w-]*(?i:token|key|secret|password)[\w-]*["'`]\s*,\s*["'`](?<value>[A-Za-z0-9_\-.+/=]{32,})["'`]"#;
}

/// How far after the tool a chain of calls may reach, in bytes.
const CHAIN: usize = 1200;

/// Finds credentials in the argument lists of the zones.
pub(super) fn lists(
    bytes: &[u8],
    zones: &[Span],
    api: &dyn Fn(&[u8]) -> bool,
    out: &mut Vec<(Span, &'static str)>,
) {
    let mut done = 0;
    for hit in zones.iter().flat_map(|zone| find_in(&FIRST, bytes, *zone)) {
        if hit.start() < done {
            continue;
        }
        let end = match hit.as_bytes().last() {
            Some(b',') => list_end(bytes, hit.end()),
            Some(b')' | b']') => chain_end(bytes, hit.end()),
            Some(b'>') => array_end(bytes, hit.end()),
            _ => items_end(bytes, hit.end()),
        };
        done = end;
        let body = &bytes[hit.start()..end];
        let found = LITERAL.captures_iter(body).chain(OPTION.captures_iter(body)).filter_map(|groups| {
            let mut names = LITERAL.capture_names().flatten();
            names.find_map(|name| groups.name(name))
        });
        let mut places: Vec<Span> = Vec::new();
        for place in found {
            let text = place.as_bytes();
            let prefixed = PREFIXED.is_match(text);
            let span = Span::from(place).shift(hit.start());
            let elsewhere = || is_sent_elsewhere(bytes, span);
            if prefixed && value::is_placeholder(&text[5..])
                || !prefixed && !is_literal(place, body, api, &elsewhere)
            {
                continue;
            }
            if !places.iter().any(|other| other.overlaps(span)) {
                places.push(span);
            }
        }
        out.extend(places.into_iter().map(|span| (span, "credential on a command line")));
    }
}

/// Returns where the list that contains the place is closed. Without brackets it ends with the first line that does not
/// end in a comma: `sh 'curl', '-H', "…"` in Ruby.
fn list_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..bytes.len().min(start + REACH)];
    let bare = || {
        let mut ends = memchr::memchr_iter(b'\n', rest);
        ends.find(|end| !rest[..*end].trim_ascii_end().ends_with(b",")).unwrap_or(rest.len())
    };
    start + brackets::end_in_code(rest, b"").unwrap_or_else(bare)
}

/// Returns the end of the chained calls that add arguments after the tool: `Command::new("curl").arg("-H")`.
fn chain_end(bytes: &[u8], start: usize) -> usize {
    let limit = bytes.len().min(start + CHAIN);
    let rest = &bytes[start..limit];
    let ends = |at: &usize| rest[*at] == b';' || rest[*at..].starts_with(b"\n\n");
    start + (0..rest.len()).find(ends).unwrap_or(rest.len())
}

/// Returns the end of the array of a property list.
fn array_end(bytes: &[u8], start: usize) -> usize {
    let limit = bytes.len().min(start + REACH);
    memmem::find(&bytes[start..limit], b"</array>").map_or(limit, |length| start + length)
}

/// Returns the end of the items of a YAML list.
fn items_end(bytes: &[u8], start: usize) -> usize {
    let limit = bytes.len().min(start + REACH);
    let mut end = start;
    for line in bytes[start..limit].split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii();
        if !(text.is_empty() && end == start || text.starts_with(b"-") || text.starts_with(b"#")) {
            break;
        }
        end += line.len();
    }
    end
}
