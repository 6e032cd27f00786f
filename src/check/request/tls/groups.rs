//! The address that stands beside a switch: in the same options, settings, mapping or item.

use memchr::memmem;

use super::super::proxy;
use super::addresses::{Address, within};
use super::scope::visible;
use crate::check::{Input, fixed};
use crate::fact::brackets::{self, close};
use crate::fact::lines;
use crate::fact::place::{around, is_yaml, mapping, parent};
use crate::fact::setting::same_group;
use crate::span::Span;

/// How many references to a switch, and settings beside it, are looked at.
const USES: usize = 50;

/// Returns the target of the proxy that the switch is an option of: `{ target: "https://nas", secure: false }`.
pub(super) fn of_proxy(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    if !input.text.get(switch).starts_with(b"secure") {
        return None;
    }
    let target = proxy::target(input.text.bytes(), switch)?;
    visible(input, target, addresses).min_by_key(|address| !address.is_cloudflare).copied()
}

/// Returns the address of the request of an item in JSON, of which the switch is a setting:
/// `{ "settings": { "strictSSL": false }, "request": { "url": "https://nas" } }`.
pub(super) fn of_item(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    /// How long an item may be before and after the switch, and how deep the switch is in it.
    const ITEM: usize = 8000;
    const DEPTH: usize = 3;
    fixed! {
        static REQUEST = r#"^\s*"request"\s*:"#;
    }
    if !input.path.file_name().ends_with(b".json") {
        return None;
    }
    let bytes = input.text.bytes();
    let opens = brackets::around(bytes, switch.start.saturating_sub(ITEM), switch.start);
    opens.take(DEPTH).find_map(|open| {
        let inside = Span::new(open + 1, close(bytes, open, switch.end + ITEM));
        let fields = brackets::arguments(input.text.get(inside));
        let fields = fields.into_iter().map(|field| field.shift(inside.start));
        let request = fields.into_iter().find(|field| REQUEST.is_match(input.text.get(*field)))?;
        within(addresses, request).min_by_key(|address| !address.is_cloudflare).copied()
    })
}

/// Returns the nearest address among the settings of one group, whose host may be written without a scheme:
/// `endpoint: nas.lan:9000` beside `insecure: true`.
pub(super) fn of_group(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    /// How far away the address may be, in bytes.
    const NEAR: usize = 600;
    fixed! {
        static HOST = r#"(?im)^(?P<depth>[ \t-]*)["']?[\w-]*(?:endpoint|host(?:name)?|ur[li]|server|address)["']?[ \t]*[:=][ \t]*["']?(?P<host>[^\s"'#,;]+)"#;
        static LITERAL = r"(?i)^(?:https?://)?(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d+|\.[a-z]{2,}))(?::\d+)?(?:/|$)";
    }
    let name = input.path.file_name();
    let settings = is_yaml(input.path)
        || [&b".toml"[..], b".ini", b".conf", b".cfg"].iter().any(|end| name.ends_with(end));
    // Variables of the environment are set for all.
    if !settings || input.text.get(switch).first().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    let bytes = input.text.bytes();
    let line = input.text.line_near(switch.start);
    let own = &bytes[line.start.min(switch.start)..switch.start];
    let depth = own.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'-')).count();
    let near = around(input.text, switch, NEAR);
    let near = Span::new(lines::start(bytes, near.start.saturating_sub(NEAR), near.start), near.end);
    let hosts = HOST.captures_iter(input.text.get(near)).filter_map(|groups| {
        let host = Span::from(groups.name("host")?).shift(near.start);
        let alike = groups.name("depth")?.len() == depth && same_group(bytes, host, switch);
        alike.then_some(host)
    });
    let host = hosts.min_by_key(|host| host.start.abs_diff(switch.start))?;
    let known = within(addresses, host).min_by_key(|address| !address.is_cloudflare).copied();
    known.or_else(|| LITERAL.is_match(input.text.get(host)).then(|| Address::plain(host, false)))
}

/// Returns the address that has options of its own, of which the switch is one: `"https://nas" => [verify: false]`,
/// `{ url: "https://nas", verify: false }`.
pub(super) fn of_options(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    /// How far from the switch its options may begin and end, in bytes.
    const OPTIONS: usize = 2000;
    fixed! {
        static KEY = r#"(?i)(?:ur[li]|host(?:name)?|endpoint|address|server|target)["'`\]]*\s*(?:=>|[:=])\s*[bfr]?["'`]?$"#;
    }
    let bytes = input.text.bytes();
    let floor = switch.start.saturating_sub(OPTIONS);
    brackets::around(bytes, floor, switch.start).find_map(|open| {
        let before = bytes[floor..open].trim_ascii_end();
        let key = [&b"=>"[..], b":", b","].iter().find_map(|mark| before.strip_suffix(*mark));
        let key = key.map(<[u8]>::trim_ascii_end).filter(|key| key.ends_with(b"\"") || key.ends_with(b"'"));
        if let Some(end) = key.map(|key| floor + key.len()).filter(|end| *end >= floor + 2) {
            let before = within(addresses, Span::new(end - 2, end)).next();
            if before.is_some() {
                return before.copied();
            }
        }
        let inside = Span::new(open, close(bytes, open, switch.end + OPTIONS));
        let named = within(addresses, inside).filter(|address| {
            let before = &bytes[open + 1..address.place.start.max(open + 1)];
            brackets::balance(before) == 0 && KEY.is_match(lines::last(before))
        });
        named.min_by_key(|address| !address.is_cloudflare).copied()
    })
}

/// Returns the address beside a reference to the part of a YAML file that the switch is in: of `lax: { … }`, the one
/// beside `transport: lax`.
pub(super) fn of_references(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    /// How far away a reference may be, in bytes, and how many places with the name are looked at.
    const FAR: usize = 20_000;
    const PLACES: usize = 200;
    fixed! {
        static KEY = r#"(?P<name>[\w.-]{2,60})["']?:\s*(?:\{[^{}]*)?$"#;
    }
    let bytes = input.text.bytes();
    let line = input.text.line_near(switch.start);
    let inline = input.text.get(Span::new(line.start.min(switch.start), switch.start));
    let key = KEY.captures(inline).or_else(|| {
        let parent = parent(input.text, input.text.line_index(switch.start))?;
        KEY.captures(input.text.get(input.text.line_at(parent)?).trim_ascii_end())
    });
    let name = key?.name("name")?.as_bytes();
    let near = around(input.text, switch, FAR);
    let places = memmem::find_iter(input.text.get(near), name).take(PLACES);
    let places = places.map(|at| Span::new(near.start + at, near.start + at + name.len()));
    let refers = |place: &Span| {
        let before = bytes[..place.start].strip_suffix(b"\"").unwrap_or(&bytes[..place.start]);
        let after = bytes[place.end..].strip_prefix(b"\"").unwrap_or(&bytes[place.end..]);
        before.ends_with(b": ") && matches!(after.first(), None | Some(b'\n' | b'\r' | b' ' | b',' | b'}'))
    };
    let beside = places.filter(refers).take(USES).filter_map(|place| {
        let mapping = mapping(input.text, input.text.line_index(place.start))?;
        within(addresses, mapping).min_by_key(|address| !address.is_cloudflare)
    });
    beside.min_by_key(|address| !address.is_cloudflare).copied()
}
