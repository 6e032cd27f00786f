//! The options of a proxy that a development server or a program runs: with `secure: false` it checks no certificate of
//! its target. Knows neither rules nor addresses.

use memchr::memmem;

use crate::check::fixed;
use crate::fact::brackets::{arguments, around, close};
use crate::span::Span;

/// How far from its options a switch may be, in bytes.
const OPTIONS: usize = 2000;

fixed! {
    static SECURE = r#"(?P<span>\bsecure["']?\s*:\s*(?:false|!1))\b"#;

    /// The option that says where requests go, or a variable of this name.
    static TARGET = r#"^(?:\s|//[^\n]*\n)*["']?(?:target|forward)["']?\s*(?::|$)"#;
}

/// Returns the switches of all proxies.
pub(super) fn switches(bytes: &[u8]) -> Vec<Span> {
    if memmem::find(bytes, b"secure").is_none() {
        return Vec::new();
    }
    let found = SECURE.captures_iter(bytes).filter_map(|groups| groups.name("span").map(Span::from));
    found.filter(|switch| target(bytes, *switch).is_some()).collect()
}

/// Returns the target of the proxy that the switch is an option of.
pub(super) fn target(bytes: &[u8], switch: Span) -> Option<Span> {
    let open = around(bytes, switch.start.saturating_sub(OPTIONS), switch.start).next()?;
    if bytes[open] != b'{' {
        return None;
    }
    let inside = Span::new(open + 1, close(bytes, open, switch.end + OPTIONS));
    let fields = arguments(&bytes[inside.start..inside.end]);
    let fields = fields.into_iter().map(|field| field.shift(inside.start));
    fields.into_iter().find(|field| TARGET.is_match(&bytes[field.start..field.end]))
}

#[cfg(test)]
mod tests {
    use super::{switches, target};
    use crate::check::tests::marked;

    #[test]
    fn a_proxy_has_a_target() {
        for (text, expected) in [
            ("{ target: A, «secure: false», rewrite: (p) => p.replace(/^\\/a/, '') }", Some(" target: A")),
            ("{ \"«secure\": false», \"target\": \"A\" }", Some(" \"target\": \"A\" ")),
            ("{\n  // where to\n  target,\n  «secure: !1»,\n}", Some("\n  // where to\n  target")),
            ("[{ target: A }, { target: B, «secure: false» }]", Some(" target: B")),
            ("f(a, { forward: A, «secure: false» })", Some(" forward: A")),
            ("{ target: A, cookie: { «secure: false» } }", None),
            ("f(target, «secure: false»)", None),
            ("{ headers: { target: A }, «secure: false» }", None),
            ("«secure: false»", None),
        ] {
            let (text, switch) = marked(text);
            let found = target(text.as_bytes(), switch).map(|span| &text[span.start..span.end]);
            assert_eq!(found, expected, "{text}");
            assert_eq!(!switches(text.as_bytes()).is_empty(), expected.is_some(), "{text}");
        }
    }
}
