//! SDK calls that take the Global API Key, either as a positional argument or because the name of the call says so.

use std::cell::LazyCell;
use std::sync::LazyLock;

use memchr::memmem;

use super::super::{Input, Sign, fixed, spans_around};
use crate::fact::brackets;
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};
use crate::span::Span;

/// An argument, with at most one call in it.
const ARGUMENT: &str = r"\s*[^,()\n=]+(?:\([^()\n]*\)|\[[^\]\n]*\])?\s*";

fixed! {
    /// Calls whose name identifies Cloudflare.
    static NAMED = named_calls();

    /// Calls that count only if the file mentions Cloudflare.
    static PLAIN = plain_calls();

    /// A Go import of the SDK under another name.
    static IMPORT = r#"\b(?P<package>[A-Za-z]\w*)\s+"github\.com/cloudflare/cloudflare-go["/]"#;
}

fn named_calls() -> String {
    let calls = [
        format!(r"\b(?P<package>[A-Za-z]\w*)\.New\({ARGUMENT},{ARGUMENT}[,)]"),
        String::from(r"\bnew\s+\\?Cloudflare\\API\\Auth\\APIKey\([^\n]+?\)+"),
        format!(r"\bnew\s+CloudFlareClient\({ARGUMENT},{ARGUMENT}\)"),
        format!(r"\b(?:new\s+)?CloudflareAccess\({ARGUMENT},{ARGUMENT}\)"),
        String::from(r"\bRubyflare\.connect_with\b\(?\s*[^)\n]+\)?"),
        format!(r"\bCloudFlare(?:\.CloudFlare)?\({ARGUMENT},{ARGUMENT}\)"),
        String::from(r#"\bdefine\(\s*['"]CLOUDFLARE_API_KEY['"]\s*,\s*[^)\n]+\)"#),
    ];
    format!("(?P<span>{})", calls.join("|"))
}

fn plain_calls() -> String {
    let calls = [
        String::from(r"\bWithAPIKey\(\s*[^)\n]+\)+"),
        String::from(r"\bUserAuthKey\s*\{[^}]*\}"),
        format!(r"\bnew\s+APIKey\({ARGUMENT},{ARGUMENT}\)"),
        format!(r"\bnew\s+ApiKeyAuthentication\({ARGUMENT},{ARGUMENT}\)"),
    ];
    format!("(?P<span>{})", calls.join("|"))
}

/// How far before its hint a call may begin, in bytes.
const BEFORE: usize = 80;
/// How far after its hint a call may end, in bytes.
const AFTER: usize = 600;

/// Returns the spans of such calls.
pub(super) fn calls(input: &Input<'_>) -> Vec<Span> {
    static HINTS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::new(&[
            ".New(",
            "APIKey",
            "UserAuthKey",
            "CloudFlareClient",
            "CloudflareAccess",
            "Rubyflare",
            "CloudFlare(",
            "CLOUDFLARE_API_KEY",
            "cloudflare_api_key",
            "ApiKeyAuthentication",
        ])
    });
    let bytes = input.text.bytes();
    let renamed = || input.signs.has(Sign::GoModule) && IMPORT.is_match(bytes);
    let called = input.signs.any(&[Sign::Client, Sign::KeyCall]) || renamed();
    if !called {
        return Vec::new();
    }
    let hints = HINTS.all(bytes);
    let mut found = spans_around(&NAMED, &hints, bytes, BEFORE, |_| AFTER);
    if found.is_empty() && !input.signs.has(Sign::Vendor) {
        return found;
    }
    let packages: LazyCell<Vec<&[u8]>, _> = LazyCell::new(|| {
        let imports = IMPORT.captures_iter(bytes).filter_map(|groups| groups.name("package"));
        imports.map(|m| m.as_bytes()).collect()
    });
    found.extend(with_address(bytes));
    found.retain(|span| {
        let call = input.text.get(*span);
        let package = memmem::find(call, b".New(").map(|at| &call[..at]);
        // A package name is a whole word.
        let package = package.filter(|name| name.iter().all(|b| is_word(*b)));
        // A whole program imports the SDK; excerpts need not.
        let own = || !is_program(input) || input.signs.has(Sign::GoModule);
        package.is_none_or(|name| matches!(name, b"cloudflare" | b"cf") && own() || packages.contains(&name))
    });
    if input.signs.has(Sign::Vendor) {
        let plain = spans_around(&PLAIN, &hints, bytes, BEFORE, |_| AFTER);
        found.extend(plain.into_iter().filter(|call| !is_imported_from_other(bytes, input.text.get(*call))));
    }
    found.retain(|span| {
        let call = input.text.get(*span);
        !has_token(call) && !is_defined(bytes, *span) && !is_of_own_class(bytes, call)
    });
    found
}

/// Returns the calls of python-cloudflare with an e-mail address and a token, which then is the key:
/// `CloudFlare.CloudFlare(email=email, token=token)`.
fn with_address(bytes: &[u8]) -> Vec<Span> {
    const CLASS: &[u8] = b"CloudFlare(";
    let call = |at: usize| {
        let open = at + CLASS.len() - 1;
        let end = brackets::close(bytes, open, open + AFTER);
        let inside = &bytes[open + 1..end];
        let arguments = brackets::arguments(inside);
        let has = |name: &[u8]| {
            let named = |text: &[u8]| {
                text.strip_prefix(name).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
            };
            arguments.iter().any(|argument| named(inside[argument.start..argument.end].trim_ascii()))
        };
        let start = if bytes[..at].ends_with(b"CloudFlare.") { at - CLASS.len() } else { at };
        let apart = !start.checked_sub(1).is_some_and(|before| is_word(bytes[before]));
        (apart && has(b"email") && has(b"token")).then(|| Span::new(start, (end + 1).min(bytes.len())))
    };
    memmem::find_iter(bytes, CLASS).filter_map(call).collect()
}

/// Whether the file imports the SDK by the name under which it is published.
pub(super) fn is_imported(bytes: &[u8]) -> bool {
    fixed! {
        static SDK = concat!(
            r#"(?m)(?:\bfrom|\bimport|\brequire)[ \t]*\(?[ \t]*["'](?:npm:|https://esm\.sh/|jsr:)?cloudflare(?:[@/][^"'\n]*)?["']"#,
            r"|^[ \t]*(?:from|import)[ \t]+cloudflare(?:[ \t.,]|\r?$)",
        );
    }
    contains(bytes, b"cloudflare") && SDK.is_match(bytes)
}

/// Whether the file defines the class that a call makes an object of. One that is derived from the SDK's names it on the
/// same line.
fn is_of_own_class(bytes: &[u8], call: &[u8]) -> bool {
    fixed! {
        static DEFINED = r"(?m)^[ \t]*(?:[a-z]+[ \t]+)*(?:class|struct|record|object)[ \t]+(?P<name>\w+)(?P<rest>[^\n]*)";
    }
    let callee = &call[..call.iter().position(|b| matches!(b, b'(' | b'{')).unwrap_or(call.len())];
    let callee = callee.strip_prefix(b"new").unwrap_or(callee).trim_ascii();
    !callee.is_empty()
        && DEFINED.captures_iter(bytes).any(|groups| {
            let part = |part: &str| groups.name(part).map_or(&b""[..], |m| m.as_bytes());
            part("name") == callee && !contains(part("rest"), b"cloudflare")
        })
}

/// Whether an import says that the class of a call is another vendor's: `use Algolia\Auth\APIKey;`.
fn is_imported_from_other(bytes: &[u8], call: &[u8]) -> bool {
    fixed! {
        static CLASS = r"(?m)^[ \t]*(?:use|import)[ \t]+(?P<package>[\w\\.]+[\\.])(?P<class>\w+)[ \t]*(?:;|\r?$)";
    }
    let class = call.strip_prefix(b"new").unwrap_or(call).trim_ascii_start();
    let class = &class[..class.iter().take_while(|b| is_word(**b)).count()];
    let mut imports = CLASS
        .captures_iter(bytes)
        .filter(|groups| groups.name("class").is_some_and(|name| name.as_bytes() == class));
    let package = imports.next().and_then(|groups| groups.name("package"));
    package.is_some_and(|package| !contains(package.as_bytes(), b"cloudflare"))
}

/// Whether the file is a whole program in Go.
fn is_program(input: &Input<'_>) -> bool {
    let bytes = input.text.bytes();
    input.path.file_name().ends_with(b".go")
        && memmem::find(bytes, b"package ").is_some()
        && memmem::find(bytes, b"import").is_some()
}

/// Whether the place is the definition of a function rather than a call.
fn is_defined(bytes: &[u8], span: Span) -> bool {
    let before = bytes[..span.start].trim_ascii_end();
    [&b"func"[..], b"fn", b"def", b"function"].iter().any(|word| before.ends_with(word))
}

/// Whether a call is given an API token, which looks like a key to the expressions.
fn has_token(call: &[u8]) -> bool {
    [&b"cfut_"[..], b"cfat_"].iter().any(|prefix| memmem::find(call, prefix).is_some())
}

#[cfg(test)]
mod tests {
    use super::{is_imported, is_of_own_class, with_address};

    #[test]
    fn with_an_address_the_token_is_the_key() {
        let found = |text: &str| -> Vec<String> {
            with_address(text.as_bytes()).iter().map(|call| text[call.start..call.end].to_owned()).collect()
        };
        for call in [
            "CloudFlare.CloudFlare(email=email, token=api_key)",
            "CloudFlare(token=os.environ['K'], email=a)",
            "CloudFlare.CloudFlare(\n    email = mail(),\n    token = key,\n)",
        ] {
            assert_eq!(found(&format!("cf = {call}\n")), [call]);
        }
        for text in ["CloudFlare(token=t)", "CloudFlare(email=e, key=k)", "MyCloudFlare(email=e, token=t)"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_class_of_the_file_is_not_the_one_of_the_sdk() {
        for (text, call) in [
            ("class CloudFlare:\n    pass\n", "CloudFlare(email, key)"),
            ("class CloudFlare(object):\n    pass\n", "CloudFlare(email, key)"),
            ("export class CloudFlareClient {\n}\n", "new CloudFlareClient(email, key)"),
            ("public sealed record CloudflareAccess(string A, string B);\n", "new CloudflareAccess(a, b)"),
        ] {
            assert!(is_of_own_class(text.as_bytes(), call.as_bytes()), "{text}");
        }
        for (text, call) in [
            ("import CloudFlare\n", "CloudFlare.CloudFlare(email, key)"),
            ("class CloudFlare(CloudFlare.CloudFlare):\n    pass\n", "CloudFlare(email, key)"),
            ("class Edge extends CloudFlareClient {\n}\n", "new CloudFlareClient(email, key)"),
            ("# class CloudFlare\nfrom CloudFlare import CloudFlare\n", "CloudFlare(email, key)"),
        ] {
            assert!(!is_of_own_class(text.as_bytes(), call.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_sdk_is_imported_by_its_name() {
        for text in [
            "import Cloudflare from 'cloudflare';",
            "import type { ClientOptions } from \"cloudflare\";",
            "const C = require('cloudflare')",
            "const C = await import('cloudflare/index');",
            "import Cloudflare from 'npm:cloudflare@4';",
            "from cloudflare import Cloudflare",
            "import cloudflare",
            "import cloudflare.types",
            "require 'cloudflare'",
        ] {
            assert!(is_imported(text.as_bytes()), "{text}");
        }
        for text in [
            "import x from './cloudflare';",
            "import x from 'cloudflare-ip';",
            "from cloudflare_ddns import x",
            "// import what cloudflare has",
            "name: 'cloudflare'",
        ] {
            assert!(!is_imported(text.as_bytes()), "{text}");
        }
    }
}
