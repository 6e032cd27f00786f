//! Certificate checks turned off for a client that talks to the API.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::{Candidate, Detection, Input, expression};
use super::{API, spans};
use crate::fact::place::{around, in_comment, in_prose, is_prose};
use crate::fact::setting::about;
use crate::literals::{Literals, contains};
use crate::span::Span;

mod target;

use target::{addresses, target};

/// The switches, language by language; words first, so that one pass finds them all.
static SWITCH: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?i)(?P<span>"#,
        r#"\bcurl\b(?:[^\n|;&]|\\\r?\n){0,300}?\s(?:(?-i:-[a-zA-Z]*k[a-zA-Z]*)|--insecure|--proxy-insecure|--doh-insecure)(?:[\s"'\\]|$)"#,
        r#"|--no-check-certificate|check_certificate\s*=\s*off|--check-certificate=false|--no-verify-ssl|--insecure-tls|--no-verify-peer|--verify[= ]no\b"#,
        r#"|\bverify["']?\s*(?:=>|[:=])\s*(?:False|0)\b|\bverify_?ssl["']?\s*(?:=>|[:=])\s*(?:False|0)\b|\bssl\s*=\s*False\b|ssl_verify["']?\s*(?:=>|[:=])\s*(?:false|0)\b"#,
        r#"|_create_unverified_context|CERT_NONE|check_hostname\s*=\s*False|PYTHONHTTPSVERIFY["']?\]?\s*=\s*["']?0|SSL_VERIFYPEER\s*,\s*(?:0|false)|(?:CURL|REQUESTS)_CA_BUNDLE["']?\]?\s*=\s*["']{2}"#,
        r#"|rejectUnauthorized["']?\s*[:=]\s*(?:false|0)\b|NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s*[:=]\s*["']?0|strict-?SSL["']?\s*[:=]\s*false|--unsafely-ignore-certificate-errors"#,
        r#"|InsecureSkipVerify\s*[:=]\s*true|danger_accept_invalid_(?:certs|hostnames)\(\s*true|disable_verification\(\s*true|SslVerifyMode::NONE|(?-i:DANGER_ACCEPT_INVALID_CERTS)|\.dangerous\(\)|tls_danger_accept"#,
        r#"|CURLOPT_SSL_VERIFY(?:PEER|HOST)["']?\s*(?:,|=>|\]?\s*=)\s*(?:false|0L?)\b|verify_peer(?:_name)?["']?\s*=>\s*false|sslverify["']?\s*=>\s*false|withoutVerifying\(\)"#,
        r#"|VERIFY_NONE|verify_hostname\s*=>\s*0|SSL_verify_mode\s*=>\s*0|PERL_LWP_SSL_VERIFY_HOSTNAME["']?\}?\s*=\s*["']?0|verify:\s*:?verify_none|\{verify,\s*verify_none\}|verify\s*=\s*"none"|\binsecure:\s*true"#,
        r#"|NoopHostnameVerifier|ALLOW_ALL_HOSTNAME_VERIFIER|TrustAllStrategy|TrustSelfSignedStrategy|set(?:Default)?HostnameVerifier\(\s*\([^)]*\)\s*->\s*true|hostnameVerifier\s*\{\s*_,\s*_\s*->\s*true|X509TrustManager"#,
        r#"|ServerCertificateCustomValidationCallback\s*\+?=[^\n]{0,80}true|DangerousAcceptAnyServerCertificateValidator|ServerCertificateValidationCallback\s*\+?=[^\n]{0,80}true|-SkipCertificateCheck\b"#,
        r#"|validate_certs["']?\s*[:=]\s*["']?(?:no|false)\b|\binsecure\s*=\s*true|insecure_?skip_?(?:tls_?)?verify["']?\s*[:=]\s*["']?true|--insecure-skip-tls-verify|proxy_ssl_verify\s+off|tls_insecure_skip_verify|tlsSkipVerify["']?\s*[:=]\s*true"#,
        r#"|\bssl_verify(?:peer|host)\s*=\s*(?:FALSE|0)\b|:insecure\?\s+true|(?m:^[ \t]*insecure[ \t]*\r?$)|GIT_SSL_NO_VERIFY\s*=\s*["']?(?:1|true)|sslVerify\s*[= ]\s*false|validateSSL["']?\s*:\s*false|verifyHostCertificate["']?\s*:\s*false|cacert\s+'IGNORE'"#,
        r#")"#
    ))
    .expect("a fixed expression")
});

/// Pieces of which every switch holds one, in the ways people capitalise them: most texts hold none.
static HINTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "nsecure",
        "NSECURE",
        "verif",
        "Verif",
        "VERIF",
        "no-check-cert",
        "check_cert",
        "check-cert",
        "check_host",
        "CERT_NONE",
        "CA_BUNDLE",
        "nauthorized",
        "NAUTHORIZED",
        "trict-ssl",
        "trict-SSL",
        "trictSSL",
        "trictSsl",
        "unsafely",
        "danger",
        "Danger",
        "DANGER",
        "TrustAll",
        "TrustSelf",
        "TrustManager",
        "ertificateVal",
        "ertificateCust",
        "SkipCert",
        "validate_cert",
        "validateSSL",
        "'IGNORE'",
        "ssl",
        "curl",
    ])
});

pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    if HINTS.find(bytes, 0).is_none() {
        return;
    }
    let switches = spans(&SWITCH, input);
    if switches.is_empty() {
        return;
    }
    let addresses = addresses(bytes);
    let mut kept: Vec<Span> = Vec::new();
    for switch in switches {
        let near_origin = {
            let line = input.text.line_near(switch.start);
            let around = &bytes[line.start.saturating_sub(200)..line.end];
            contains(around, b"originrequest") || contains(around, b"notlsverify")
        };
        if near_origin
            || in_comment(input.text, switch.start, input.path)
            || in_prose(input.text, switch.start, input.path)
        {
            continue;
        }
        if is_inline_code(input, switch) {
            continue;
        }
        let found = by_name(input, switch).map(|place| (place, true));
        let Some((place, ours)) = found.or_else(|| target(input, switch, &addresses)) else { continue };
        // One client has several switches side by side.
        if !ours
            || kept
                .iter()
                .any(|k| input.text.line_index(k.start).abs_diff(input.text.line_index(switch.start)) <= 3)
        {
            continue;
        }
        kept.push(switch);
        let span = narrow(input, switch);
        let mut found = Candidate::new(detection.rule, span, detection.detect.confidence);
        if !place.overlaps(span) {
            found.labels.push((place, String::from("the API it talks to")));
        }
        out.push(found);
    }
}

/// The switch is named in running text, in code marks of its own that hold no address.
fn is_inline_code(input: &Input<'_>, switch: Span) -> bool {
    if !is_prose(input.path) {
        return false;
    }
    let line = input.text.line_near(switch.start);
    let line = Span::new(line.start.max(switch.start.saturating_sub(500)), line.end.max(switch.start));
    let mark = |b: &u8| *b == b'`';
    let before = input.text.get(Span::new(line.start, switch.start));
    let behind = input.text.get(Span::new(switch.start, line.end.min(switch.start + 500)));
    let (Some(open), Some(close)) = (before.iter().rposition(mark), behind.iter().position(mark)) else {
        return false;
    };
    let open_marks = before.iter().filter(|b| mark(b)).count();
    open_marks % 2 == 1 && !API.is_match(input.text.get(Span::new(line.start + open, switch.start + close)))
}

/// What the switch is for where no address says so: a dynamic DNS entry, or a command that talks to the API.
fn by_name(input: &Input<'_>, switch: Span) -> Option<Span> {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?i)\b(?:wrangler|flarectl)(?:@[\w.]+)? [a-z]|uses:\s*cloudflare/wrangler-action")
            .expect("a fixed expression")
    });
    let bytes = input.text.bytes();
    let own = input.text.get(switch).to_ascii_lowercase();
    if own.starts_with(b"node_tls") {
        let mut near = around(input.text, switch, 300);
        // In the scripts of a package.json each string is a command of its own.
        if input.path.file_name().ends_with(b".json") {
            let quote = |b: &u8| *b == b'"';
            let before = bytes[near.start..switch.start].iter().rposition(quote).map_or(0, |at| at + 1);
            let after = bytes[switch.end..near.end].iter().position(quote).unwrap_or(near.end - switch.end);
            near = Span::new(near.start + before, switch.end + after);
        }
        let command = COMMAND.find(input.text.get(near))?;
        return Some(Span::new(near.start + command.start(), near.start + command.end()));
    }
    if own.starts_with(b"insecureskipverify")
        || own.starts_with(b"rejectunauthorized")
        || own.starts_with(b"verify")
    {
        static SDK: LazyLock<Regex> = LazyLock::new(|| {
            expression(r"\bcloudflare\.New\w*\(|\bnew Cloudflare\(|\bCloudflare\(")
                .expect("a fixed expression")
        });
        let near = around(input.text, switch, 400);
        let call = SDK.find(input.text.get(near))?;
        return Some(Span::new(near.start + call.start(), near.start + call.end()));
    }
    if own.starts_with(b"cacert") {
        return about(bytes, switch).filter(|value| input.text.get(*value).starts_with(b"cloudflare"));
    }
    None
}

/// Of a whole command only the switch.
fn narrow(input: &Input<'_>, switch: Span) -> Span {
    let bytes = input.text.get(switch).trim_ascii_end();
    let bytes = bytes
        .strip_suffix(b"\"")
        .or(bytes.strip_suffix(b"'"))
        .or(bytes.strip_suffix(b"\\"))
        .unwrap_or(bytes)
        .trim_ascii_end();
    if !bytes.to_ascii_lowercase().starts_with(b"curl") {
        return Span::new(switch.start, switch.start + bytes.len());
    }
    let word = bytes.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    Span::new(switch.start + word, switch.start + bytes.len())
}

#[cfg(test)]
mod tests {
    use super::{HINTS, SWITCH};

    #[test]
    fn every_switch_holds_a_hint() {
        for text in [
            "curl -k https://x",
            "curl --insecure https://x",
            " --no-check-certificate",
            "check_certificate = off",
            "--check-certificate=false",
            "--no-verify-ssl",
            "--insecure-tls",
            "--no-verify-peer",
            "--verify=no",
            "verify=False",
            "verify_ssl: 0",
            "ssl=False",
            "ssl_verify = false",
            "_create_unverified_context",
            "CERT_NONE",
            "check_hostname = False",
            "PYTHONHTTPSVERIFY=0",
            "SSL_VERIFYPEER, 0",
            "CURL_CA_BUNDLE=''",
            "rejectUnauthorized: false",
            "NODE_TLS_REJECT_UNAUTHORIZED=0",
            "strict-ssl=false",
            "strictSSL: false",
            "--unsafely-ignore-certificate-errors",
            "InsecureSkipVerify: true",
            "danger_accept_invalid_certs(true",
            "disable_verification(true",
            "SslVerifyMode::NONE",
            "DANGER_ACCEPT_INVALID_CERTS",
            ".dangerous()",
            "tls_danger_accept",
            "CURLOPT_SSL_VERIFYPEER => false",
            "verify_peer => false",
            "sslverify => false",
            "withoutVerifying()",
            "VERIFY_NONE",
            "verify_hostname => 0",
            "SSL_verify_mode => 0",
            "PERL_LWP_SSL_VERIFY_HOSTNAME=0",
            "verify: :verify_none",
            "verify = \"none\"",
            "insecure: true",
            "NoopHostnameVerifier",
            "ALLOW_ALL_HOSTNAME_VERIFIER",
            "TrustAllStrategy",
            "TrustSelfSignedStrategy",
            "setHostnameVerifier((h, s) -> true",
            "hostnameVerifier { _, _ -> true",
            "X509TrustManager",
            "ServerCertificateCustomValidationCallback = (a, b, c, d) => true",
            "DangerousAcceptAnyServerCertificateValidator",
            "ServerCertificateValidationCallback += (a, b, c, d) => true",
            "-SkipCertificateCheck",
            "validate_certs: no",
            "insecure = true",
            "insecure_skip_verify = true",
            "insecureSkipTLSVerify: true",
            "--insecure-skip-tls-verify",
            "proxy_ssl_verify off",
            "tlsSkipVerify: true",
            "ssl_verifypeer = FALSE",
            ":insecure? true",
            "insecure",
            "GIT_SSL_NO_VERIFY=1",
            "sslVerify = false",
            "validateSSL: false",
            "verifyHostCertificate: false",
            "cacert 'IGNORE'",
        ] {
            assert!(SWITCH.is_match(text.as_bytes()), "no switch: {text}");
            assert!(HINTS.find(text.as_bytes(), 0).is_some(), "no hint: {text}");
        }
    }
}
