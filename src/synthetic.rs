//! Synthetic credentials for examples, fixtures and benchmarks, written as markers so that the repository contains no
//! complete token-shaped string. Every value is derived from the SHA-256 of a label: a marker always expands to the
//! same value, which is nobody's credential.
//!
//! | marker | expands to | expected as a finding |
//! |---|---|---|
//! | `@@cfut@@`, `@@cfut:2@@` | the first, the second value of that kind | yes |
//! | `@@-cfut@@` | the same value | no |
//! | `@@cfut\|base64@@` | the value after one or more filters | yes |
//! | `@@{any text}@@` | the text itself | yes |
//!
//! Kinds: see [`value`]. Filters: see [`filter`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::span::Span;

const LOWER_HEX: &[u8] = b"0123456789abcdef";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TOKEN: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// A text whose markers are expanded, with the places where findings are expected, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Bytes of `text` that a finding's primary span must cover exactly.
    pub expected: Vec<Span>,
    /// Every synthetic secret in the text (before filters), for tests that look for leaks.
    pub secrets: Vec<String>,
}

/// Expands all markers of `template`.
///
/// # Errors
/// The first marker that is not closed or has an unknown kind or filter.
pub fn expand(template: &str) -> Result<Expanded, String> {
    let mut out = Expanded { text: String::new(), expected: Vec::new(), secrets: Vec::new() };
    let mut rest = template;
    while let Some(at) = rest.find("@@") {
        out.text.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        let literal = rest.strip_prefix('{');
        let (body, close) = match literal {
            Some(body) => (body, "}@@"),
            None => (rest, "@@"),
        };
        let end = body
            .find(close)
            .ok_or_else(|| format!("marker not closed: `@@{}`", rest.chars().take(20).collect::<String>()))?;
        let start = out.text.len();
        let mut expected = true;
        if literal.is_some() {
            out.text.push_str(&body[..end]);
        } else {
            let spec = body[..end].strip_prefix('-').inspect(|_| expected = false).unwrap_or(&body[..end]);
            let mut parts = spec.split('|');
            let name = parts.next().unwrap_or_default();
            let (kind, number) = name.split_once(':').unwrap_or((name, "1"));
            let secret = value(kind, number).ok_or_else(|| format!("unknown marker kind `{kind}`"))?;
            let mut shown = secret.clone();
            for part in parts {
                shown = filter(&shown, part).ok_or_else(|| format!("unknown marker filter `{part}`"))?;
            }
            out.secrets.push(secret);
            out.text.push_str(&shown);
        }
        if expected {
            out.expected.push(Span::new(start, out.text.len()));
        }
        rest = &body[end + close.len()..];
    }
    out.text.push_str(rest);
    Ok(out)
}

/// Returns the synthetic value of a kind, or `None` if there is no such kind; each `number` gives another value.
///
/// `cfut cfat cfk cfast` prefixed, right checksum · `badcfut badcfat badcfk` wrong checksum ·
/// `cfzz` an unknown prefix with a right checksum · `cfoat` OAuth access token · `refresh` OAuth refresh token ·
/// `token40` legacy API token · `dash40` one that starts with `-` and ends with `_` · `hexN` N lower-case hex digits
/// (`hex37` legacy Global API Key, `hex32` ids, `hex40` commits, `hex64` secrets and hashes) · `alnumN` ·
/// `uuid` · `originca` · `tunnel` tunnel token · `tunnelsecret` · `certpem` body of the ARGO TUNNEL TOKEN block ·
/// `turnstile` secret · `sitekey` its public twin · `streamkey` live input key · `jwk` Stream signing key ·
/// `accessjwt` Access session · `clientid` Access client id · `b64_N` N random bytes in base64 · `password`.
pub fn value(kind: &str, number: &str) -> Option<String> {
    let label = format!("{kind}:{number}");
    let prefixed = |prefix: &str| {
        let body = mixed(&label, 40);
        format!("{prefix}_{body}{:08x}", crc32fast::hash(body.as_bytes()))
    };
    Some(match kind {
        "cfut" | "cfat" | "cfk" | "cfast" | "cfzz" => prefixed(kind),
        "badcfut" | "badcfat" | "badcfk" => {
            let mut token = prefixed(&kind[3..]);
            let last = if token.ends_with('0') { '1' } else { '0' };
            token.pop();
            token.push(last);
            token
        }
        "cfoat" => format!("cfoat_{}.{}", mixed(&label, 43), mixed(&format!("{label}b"), 43)),
        "refresh" => format!("{}.{}", mixed(&label, 43), mixed(&format!("{label}b"), 43)),
        "token40" => {
            let mut token = mixed(&label, 40);
            // Most real tokens hold a dash or an underscore somewhere inside.
            token.replace_range(11..12, "-");
            token.replace_range(27..28, "_");
            token
        }
        "dash40" => format!("-{}_", mixed(&label, 38)),
        "uuid" => {
            let h = text(&label, 32, LOWER_HEX);
            format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
        }
        "originca" => {
            format!("v1.0-{}-{}", text(&label, 24, LOWER_HEX), text(&format!("{label}b"), 146, LOWER_HEX))
        }
        "tunnel" => {
            let json = format!(
                "{{\"a\":\"{}\",\"t\":\"{}\",\"s\":\"{}\"}}",
                text(&label, 32, LOWER_HEX),
                value("uuid", &label)?,
                value("b64_32", &label)?
            );
            STANDARD.encode(json)
        }
        "tunnelsecret" => value("b64_32", &label)?,
        "certpem" => {
            let json = format!(
                "{{\"zoneID\":\"{}\",\"accountID\":\"{}\",\"apiToken\":\"{}\"}}",
                text(&label, 32, LOWER_HEX),
                text(&format!("{label}b"), 32, LOWER_HEX),
                value("token40", &label)?
            );
            STANDARD.encode(json)
        }
        "turnstile" => format!("0x4AAAAAAA{}", text(&label, 25, TOKEN)),
        "sitekey" => format!("0x4AAAAAAA{}", text(&label, 14, TOKEN)),
        "streamkey" => {
            format!("{}k{}", text(&label, 32, LOWER_HEX), text(&format!("{label}b"), 32, LOWER_HEX))
        }
        "jwk" => {
            let n = STANDARD_NO_PAD.encode(bytes(&label, 256));
            let d = STANDARD_NO_PAD.encode(bytes(&format!("{label}d"), 900));
            STANDARD.encode(format!(
                "{{\"use\":\"sig\",\"kty\":\"RSA\",\"kid\":\"{}\",\"alg\":\"RS256\",\"n\":\"{n}\",\"e\":\"AQAB\",\"d\":\"{d}\"}}",
                text(&label, 32, LOWER_HEX)
            ))
        }
        "accessjwt" => {
            let head =
                format!("{{\"kid\":\"{}\",\"alg\":\"RS256\",\"typ\":\"JWT\"}}", text(&label, 64, LOWER_HEX));
            let body = format!(
                "{{\"aud\":[\"{}\"],\"email\":\"a@b.test\",\"exp\":1900000000,\"iss\":\"https://team.cloudflareaccess.com\",\"type\":\"app\"}}",
                text(&format!("{label}b"), 64, LOWER_HEX)
            );
            format!(
                "{}.{}.{}",
                URL_SAFE_NO_PAD.encode(head),
                URL_SAFE_NO_PAD.encode(body),
                URL_SAFE_NO_PAD.encode(bytes(&label, 256))
            )
        }
        "clientid" => format!("{}.access", text(&label, 32, LOWER_HEX)),
        "password" => mixed(&label, 18),
        _ if kind.starts_with("b64_") => return b64(kind, &label),
        _ => {
            let (name, length) = kind.split_at(kind.find(|c: char| c.is_ascii_digit())?);
            let length: usize = length.parse().ok().filter(|n| *n <= 4096)?;
            match name {
                "hex" => text(&label, length, LOWER_HEX),
                "alnum" => mixed(&label, length),
                _ => return None,
            }
        }
    })
}

fn b64(kind: &str, label: &str) -> Option<String> {
    let length: usize = kind.strip_prefix("b64_")?.parse().ok().filter(|n| *n <= 4096)?;
    Some(STANDARD.encode(bytes(label, length)))
}

/// Applies one filter of a marker: `base64 base64url percent percentmin unicode hexesc html upper reverse first20
/// rest20 firsthalf secondhalf`. Returns `None` if there is no such filter, or if `input` is too short for it.
pub fn filter(input: &str, name: &str) -> Option<String> {
    Some(match name {
        "base64" => STANDARD.encode(input),
        "base64url" => URL_SAFE_NO_PAD.encode(input),
        "percent" => input.bytes().map(|b| format!("%{b:02X}")).collect(),
        // Only what must be escaped in a query, as is usual.
        "percentmin" => input
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
            .collect(),
        "unicode" => input.bytes().map(|b| format!("\\u{b:04x}")).collect(),
        "hexesc" => input.bytes().map(|b| format!("\\x{b:02x}")).collect(),
        "html" => input.bytes().map(|b| format!("&#{b};")).collect(),
        "upper" => input.to_uppercase(),
        "reverse" => input.chars().rev().collect(),
        "first20" => input.get(..20)?.to_owned(),
        "rest20" => input.get(20..)?.to_owned(),
        "firsthalf" => input[..input.len() / 2].to_owned(),
        "secondhalf" => input[input.len() / 2..].to_owned(),
        _ => return None,
    })
}

/// Returns `length` letters and digits; the first three are of both cases and a digit, because random values of that
/// length have all three kinds.
fn mixed(label: &str, length: usize) -> String {
    let mut out = text(label, length, ALNUM);
    if length >= 3 {
        out.replace_range(..3, "r4T");
    }
    out
}

fn text(label: &str, length: usize, alphabet: &[u8]) -> String {
    bytes(label, length).into_iter().map(|b| alphabet[b as usize % alphabet.len()] as char).collect()
}

fn bytes(label: &str, length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 32);
    for block in 0u32.. {
        if out.len() >= length {
            break;
        }
        out.extend(Sha256::digest(format!("flaresec synthetic {label} {block}")));
    }
    out.truncate(length);
    out
}

#[cfg(test)]
mod tests {
    use super::{expand, value};

    #[test]
    fn markers_expand_with_their_places() {
        let out = expand("T=@@cfut@@ id=@@-hex32@@ @@{plain}@@").unwrap();
        let spans: Vec<&str> = out.expected.iter().map(|s| &out.text[s.start..s.end]).collect();
        assert_eq!(spans, [value("cfut", "1").unwrap().as_str(), "plain"]);
        assert!(out.text.contains(&value("hex32", "1").unwrap()));
    }

    #[test]
    fn unknown_markers_are_errors() {
        assert!(expand("@@nothing@@").is_err());
        assert!(expand("@@cfut").is_err());
        assert!(expand("@@cfut|nothing@@").is_err());
    }

    #[test]
    fn every_documented_kind_has_a_value() {
        for kind in [
            "cfut",
            "cfat",
            "cfk",
            "cfast",
            "badcfut",
            "badcfat",
            "badcfk",
            "cfzz",
            "cfoat",
            "refresh",
            "token40",
            "dash40",
            "hex37",
            "hex64",
            "alnum33",
            "uuid",
            "originca",
            "tunnel",
            "tunnelsecret",
            "certpem",
            "turnstile",
            "sitekey",
            "streamkey",
            "jwk",
            "accessjwt",
            "clientid",
            "b64_32",
            "password",
        ] {
            assert!(value(kind, "1").is_some(), "{kind}");
            assert_ne!(value(kind, "1"), value(kind, "2"), "{kind}");
        }
    }
}
