//! Files that exist to hold secrets, with a Cloudflare credential inside, where a scan sees them: tracked or not ignored.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::{Detection, is_comment};
use crate::check::{Candidate, Input, value};
use crate::fact::credential::is_credential;
use crate::rule::Confidence;
use crate::span::Span;

static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[{,])[ \t]*(?:export[ \t]+)?["']?(?<name>[A-Za-z_][\w.-]*)["']?[ \t]*[=:][ \t]*(?:"(?<double>[^"\n]*)"|'(?<single>[^'\n]*)'|(?<bare>[^\s"'#,}][^\s#,}]*))"#,
    )
    .expect("a fixed expression")
});

/// What a file of that name is for.
enum Kind {
    /// `.env`, `.dev.vars`, `*.tfvars`: names and values.
    Variables,
    /// Terraform state: values of resources.
    State,
    /// Credentials of a tool: cloudflared, wrangler.
    Tool,
}

/// `variant = "tracked-secret-file"`.
pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let Some(kind) = kind(input.path.as_bytes(), input.path.file_name()) else { return };
    let bytes = input.text.bytes();
    let cloudflare = bytes.windows(10).any(|w| w.eq_ignore_ascii_case(b"cloudflare"));
    let pem = bytes.windows(28).position(|w| w == b"-----BEGIN ARGO TUNNEL TOKEN");
    if let (Some(at), Kind::Tool) = (pem, &kind) {
        report(detection, input.text.line(at), None, out);
        return;
    }
    for groups in PAIR.captures_iter(bytes) {
        let name = groups.name("name").expect("always takes part");
        let Some(text) =
            groups.name("double").or_else(|| groups.name("single")).or_else(|| groups.name("bare"))
        else {
            continue;
        };
        let ours = match kind {
            Kind::Variables => is_credential(name.as_bytes()) || (cloudflare && general(name.as_bytes())),
            Kind::State => cloudflare && state_attribute(name.as_bytes()),
            Kind::Tool => matches!(
                name.as_bytes(),
                b"TunnelSecret" | b"oauth_token" | b"refresh_token" | b"api_token" | b"apiToken"
            ),
        };
        if ours && is_real(text.as_bytes()) && !is_comment(input.text.get(input.text.line(name.start()))) {
            let span = Span::new(name.start(), text.end());
            report(
                detection,
                Span::new(name.start(), name.end()),
                Some(Span::new(text.start(), text.end())),
                out,
            );
            debug_assert!(span.len() > 1);
            return;
        }
    }
}

fn report(detection: &Detection<'_>, span: Span, secret: Option<Span>, out: &mut Vec<Candidate>) {
    let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
    candidate.secrets.extend(secret);
    out.push(candidate);
}

fn general(name: &[u8]) -> bool {
    let words = crate::fact::words::words(name);
    matches!(words.as_str(), "api token" | "api key" | "token" | "global api key" | "auth key")
}

fn state_attribute(name: &[u8]) -> bool {
    matches!(
        name,
        b"value"
            | b"secret"
            | b"tunnel_secret"
            | b"tunnel_token"
            | b"client_secret"
            | b"token"
            | b"api_token"
            | b"api_key"
    )
}

fn is_real(text: &[u8]) -> bool {
    let encrypted =
        [&b"encrypted:"[..], b"ENC[", b"op://", b"vault:", b"ref+", b"secretref:", b"doppler", b"http"];
    text.len() >= 16 && !encrypted.iter().any(|e| text.starts_with(e)) && !value::is_placeholder(text)
}

fn kind(path: &[u8], name: &[u8]) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    let twin = [
        &b"example"[..],
        b"sample",
        b"template",
        b"dist",
        b"tmpl",
        b"tpl",
        b"defaults",
        b"schema",
        b".md",
        b"test",
        b".enc",
        b"vault",
    ];
    if twin.iter().any(|t| lower.windows(t.len()).any(|w| w == *t)) {
        return None;
    }
    let within = |part: &[u8]| path.windows(part.len()).any(|w| w == part);
    if lower.starts_with(b".env")
        || lower.starts_with(b".dev.vars")
        || lower.ends_with(b".env")
        || lower.ends_with(b".tfvars")
        || lower.ends_with(b".tfvars.json")
    {
        return Some(Kind::Variables);
    }
    if lower.ends_with(b".tfstate") || lower.ends_with(b".tfstate.backup") {
        return Some(Kind::State);
    }
    let uuid = lower.len() == 41 && lower.ends_with(b".json") && lower[8] == b'-' && lower[13] == b'-';
    let wrangler = within(b".wrangler/config") || within(b"wrangler/config/default.toml");
    let cloudflared = within(b"cloudflared") && (lower.ends_with(b".json") || lower.ends_with(b".pem"));
    (uuid || wrangler || cloudflared || lower == b"cert.pem" || lower == b"credentials.json")
        .then_some(Kind::Tool)
}
