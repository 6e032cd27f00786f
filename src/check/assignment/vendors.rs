//! Whose a value is that is not Cloudflare's: other vendors by name, the settings around a value, its services.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::{SAME_CALL, fixed};
use crate::fact::naming::parent;
use crate::fact::setting::same_group;
use crate::fact::{lines, words};
use crate::literals::contains;
use crate::span::Span;

/// Names of other vendors and of things that are not secrets, in order.
#[rustfmt::skip]
const FOREIGN: &[&str] = &[
    "age", "airtable", "akamai", "algolia", "alibaba", "aliyun", "amplitude", "anthropic", "artifactory",
    "atlassian", "aud", "auth0", "azure", "backblaze", "bitbucket", "bugsnag", "build id", "buildkite",
    "bunny", "cache key", "cargo registry", "ceph", "checksum", "circleci", "clerk", "codecov", "commit",
    "confluence", "consul", "cookie", "crates", "csrf", "datadog", "digest", "digitalocean", "discord",
    "dnspod", "do", "docker", "dockerhub", "etag", "facebook", "fastly", "fingerprint", "firebase", "fly",
    "gandi", "garage", "gcp", "gh", "ghcr", "github", "gitlab", "godaddy", "google", "grafana", "guid",
    "hash", "heroku", "hetzner", "hf", "hubspot", "huggingface", "integrity", "intercom", "jenkins",
    "jfrog", "jira", "kid", "launchdarkly", "linear", "linode", "mailchimp", "mailgun", "mapbox", "md5",
    "minio", "mixpanel", "mongo", "mongodb", "mysql", "namecheap", "neon", "netlify", "newrelic", "nexus",
    "node auth", "nomad", "nonce", "notion", "npm", "okta", "openai", "ovh", "pagerduty", "paypal", "pg",
    "plaid", "planetscale", "porkbun", "postgres", "posthog", "postmark", "pulumi access", "pusher", "pypi",
    "rabbitmq", "railway", "ray", "redis", "render", "replicate", "resend", "resolved", "rev", "revision",
    "route53", "rubygems", "rustfs", "scaleway", "seaweedfs", "segment", "sendgrid", "sentry", "serial",
    "session", "sha", "sha1", "sha256", "shopify", "signature", "slack", "snyk", "sonar", "sops", "square",
    "stripe", "supabase", "telegram", "tencent", "terraform cloud", "tfe", "thumbprint", "travis", "turso",
    "twilio", "twine", "twitter", "upstash", "uuid", "vault", "vercel", "vultr", "wasabi", "zendesk",
];

/// Object storages of other vendors, in order.
#[rustfmt::skip]
const STORAGE: &[&str] = &[
    "b2", "backblaze", "ceph", "exoscale", "garage", "idrive", "minio", "radosgw", "rustfs", "scaleway",
    "seaweedfs", "spaces", "storj", "wasabi",
];

/// Words that say what a value is but name no vendor, in order. They count only near a mention of Cloudflare.
#[rustfmt::skip]
const GENERAL: &[&str] = &[
    "a", "access", "account", "add", "address", "admin", "and", "api", "app", "arg", "args", "auth",
    "authentication", "authorization", "backup", "bearer", "body", "cfg", "ci", "client", "conf", "config",
    "const", "created", "credential", "credentials", "curl", "current", "da", "data", "de", "def",
    "default", "define", "del", "della", "deploy", "deployment", "dev", "development", "di", "dns", "du",
    "edit", "email", "env", "environ", "environment", "export", "field", "final", "for", "from", "full",
    "generated", "get", "getenv", "global", "h", "header", "headers", "here", "http", "id", "input", "is",
    "key", "keys", "la", "le", "legacy", "let", "live", "local", "login", "main", "my", "name", "new",
    "old", "only", "option", "options", "os", "our", "param", "params", "pass", "passwd", "password",
    "private", "process", "prod", "production", "provider", "public", "putenv", "pw", "pwd", "raw", "read",
    "req", "request", "root", "run", "scoped", "secret", "secrets", "self", "service", "set", "setenv",
    "settings", "site", "stage", "staging", "static", "str", "string", "super", "test", "testing", "the",
    "this", "tkn", "tmp", "to", "token", "tokens", "ttl", "type", "used", "user", "v1", "v2", "v3", "val",
    "value", "var", "with", "write", "x", "your", "zone",
];

/// Whether a name is that of another vendor, or of something that is not secret.
pub(in crate::check) fn names_other(name: &str) -> bool {
    words::has_any(name, FOREIGN)
}

/// Whether a name, in words with a space after each, says what a value is but not whose.
pub(in crate::check) fn is_general(name: &str) -> bool {
    let general = |word: &str| {
        GENERAL.binary_search(&word).is_ok() || !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
    };
    name.strip_suffix(' ').is_some_and(|words| words.split(' ').all(general))
}

/// Whether a name says what a value is and that it is for an object storage, but not whose.
pub(super) fn is_general_for_storage(name: &str) -> bool {
    let rest: Vec<&str> = name.split(' ').filter(|word| !matches!(*word, "aws" | "s3")).collect();
    rest.len() < name.split(' ').count() && is_general(&rest.join(" "))
}

/// Whether the file says that the value is for another service: it stands in an address of it, or the line or the
/// heading above names it, as in "Congress.gov API".
pub(super) fn is_of_other_service(bytes: &[u8], value: Span) -> bool {
    /// How many places of the value are looked at, how far around, and how much before each, in bytes.
    const PLACES: usize = 10;
    const NEAR: usize = 8 * 1024;
    const BEFORE: usize = 300;
    const HEADING: usize = 3000;
    fixed! {
        static ADDRESS = r#"(?i)https?://(?P<host>[a-z0-9][a-z0-9.-]*\.[a-z]{2,})[^\s"'`<>]*[?&][\w.-]+=$"#;
        static SERVICE = r"\b(?P<host>[A-Z][\w-]*\.(?:gov|com|io|org|net|dev|ai|app|co|eu|de))\s+API\b";
    }
    let foreign = |text: &[u8], pattern: &LazyLock<Regex>| {
        pattern
            .captures(text)
            .and_then(|g| g.name("host"))
            .is_some_and(|host| !contains(host.as_bytes(), b"cloudflare"))
    };
    let own = &bytes[value.start..value.end];
    let near = &bytes[value.start.saturating_sub(NEAR)..bytes.len().min(value.end + NEAR)];
    let places = memmem::find_iter(near, own).take(PLACES);
    if places.into_iter().any(|at| foreign(&near[at.saturating_sub(BEFORE)..at], &ADDRESS)) {
        return true;
    }
    let line = lines::before(bytes, value.start, BEFORE);
    let above = &bytes[value.start.saturating_sub(HEADING)..value.start];
    let heading = memmem::rfind(above, b"\n#").map(|at| lines::first(&above[at + 1..]));
    foreign(line, &SERVICE) || heading.is_some_and(|heading| foreign(heading, &SERVICE))
}

/// Whether the settings around the value are for another vendor: their address is not Cloudflare's, or they are named
/// after another object storage.
pub(super) fn in_foreign_settings(bytes: &[u8], span: Span) -> bool {
    fixed! {
        static ADDRESS = r#"(?i)\b\w*(?:end_?-?point\w*|api_?url|base_?url)["']?(?:\s*(?:=>|[:=(,])\s*|[ \t]+)["'`]?(?P<host>https?://[^\s"'`,;)}]+|[a-z0-9][\w-]*\.[\w.-]+[a-z](?::\d+)?\b)"#;
    }
    let from = span.start.saturating_sub(SAME_CALL);
    let near = &bytes[from..bytes.len().min(span.end + SAME_CALL)];
    let mut places: Vec<Span> = ADDRESS
        .captures_iter(near)
        .filter_map(|groups| groups.name("host"))
        .map(|host| Span::from(host).shift(from))
        .filter(|host| same_group(bytes, *host, span))
        .collect();
    // An address in the same command says more than one on another line.
    let own = command(bytes, span);
    if places.iter().any(|place| own.overlaps(*place)) {
        places.retain(|place| own.overlaps(*place));
    }
    let hosts: Vec<&[u8]> = places.iter().map(|place| &bytes[place.start..place.end]).collect();
    if hosts.iter().any(|host| contains(host, b"cloudflare")) {
        return false;
    }
    // An address with placeholders may be Cloudflare's.
    hosts.iter().any(|host| !host.iter().any(|b| matches!(b, b'$' | b'{' | b'%' | b'<')))
        || parent(bytes, span.start).is_some_and(|name| words::has_any(&name.words, STORAGE))
}

/// Returns the line of a value, with those that it is continued from and on by a backslash.
fn command(bytes: &[u8], value: Span) -> Span {
    let floor = value.start.saturating_sub(SAME_CALL);
    let limit = bytes.len().min(value.end + SAME_CALL);
    let continued = |end: usize| bytes[floor..end].trim_ascii_end().ends_with(b"\\");
    let mut start = lines::start(bytes, floor, value.start);
    while start > floor && continued(start) {
        start = lines::start(bytes, floor, start - 1);
    }
    let end_of = |at: usize| at + lines::first(&bytes[at..limit]).len();
    let mut end = end_of(value.end);
    while end < limit && continued(end) {
        end = end_of(end + 1);
    }
    Span::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::{FOREIGN, GENERAL, STORAGE, command, is_general, names_other};
    use crate::check::tests::marked;

    #[test]
    fn lists_are_in_order() {
        for list in [FOREIGN, STORAGE, GENERAL] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn names_are_compared_by_word() {
        for name in ["github token ", "my gh token", "node auth token", "terraform cloud key", "cache key"] {
            assert!(names_other(name), "{name}");
        }
        for name in ["cf api token ", "terraform token", "agent token", "cached key", ""] {
            assert!(!names_other(name), "{name}");
        }
        assert!(is_general("my api token 2 "));
        assert!(!is_general("my weather token ") && !is_general("") && !is_general("token"));
    }

    #[test]
    fn a_command_goes_on_after_a_backslash() {
        for (text, expected) in [
            ("a\nb --key «VALUE» c\nd", "b --key VALUE c"),
            ("a\nb \\\n  --key «VALUE» \\\n  c\nd", "b \\\n  --key VALUE \\\n  c"),
            ("«VALUE»", "VALUE"),
            ("a \\\n«VALUE»\\\n", "a \\\nVALUE\\\n"),
        ] {
            let (text, span) = marked(text);
            let found = command(text.as_bytes(), span);
            assert_eq!(&text[found.start..found.end], expected);
        }
    }
}
