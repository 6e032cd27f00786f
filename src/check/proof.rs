//! Offline proofs that a value is the credential that it looks like: checksums, decoding, structure.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::value;
use crate::rule::{Confidence, Proof};

/// The result of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The value is not the credential: no finding.
    Refuted,
    /// The value is the credential with this confidence, for this reason.
    Confidence(Confidence, &'static str),
}

/// Returns the result of applying a proof to a value.
pub(crate) fn prove(proof: Proof, value: &[u8]) -> Verdict {
    match proof {
        // A checksum can be computed for a test, but nobody's token repeats one character.
        Proof::Crc32 | Proof::Crc32Required if is_one_character(value) => Verdict::Refuted,
        Proof::Crc32 => match crc(value) {
            true => Verdict::Confidence(Confidence::High, "its checksum is right"),
            false => Verdict::Confidence(
                Confidence::Medium,
                "checksum does not match: altered, truncated or made up",
            ),
        },
        Proof::Crc32Required => match crc(value) {
            true => Verdict::Confidence(Confidence::High, "its checksum is right"),
            false => Verdict::Refuted,
        },
        Proof::TunnelToken => structure(tunnel_token(value), "decodes to an account, a tunnel and a secret"),
        Proof::TunnelCert => structure(tunnel_cert(value), "decodes to a zone, an account and a credential"),
        Proof::AccessJwt => structure(access_jwt(value), "issued by a Cloudflare Access team"),
        Proof::ConnectionString => structure(
            connection_string(value),
            "a database address with a password and a host that is not local",
        ),
    }
}

/// Returns high confidence if the value has the structure that the proof demands, and refutes it otherwise.
fn structure(holds: bool, why: &'static str) -> Verdict {
    if holds { Verdict::Confidence(Confidence::High, why) } else { Verdict::Refuted }
}

/// Whether the last 8 hex digits are the CRC-32 (IEEE) of the 40 characters before them. Cloudflare announced this as a
/// "CRC32 checksum suffix":
/// <https://developers.cloudflare.com/changelog/post/2026-04-14-cloudflare-api-token-detections/>.
fn crc(value: &[u8]) -> bool {
    let Some((rest, digits)) = value.split_last_chunk::<8>() else { return false };
    let Some((_, body)) = rest.split_last_chunk::<40>() else { return false };
    format!("{:08x}", crc32fast::hash(body)).as_bytes() == digits
}

/// Whether the part under the checksum is a single character over and over.
fn is_one_character(value: &[u8]) -> bool {
    let body = value.iter().skip_while(|b| **b != b'_').skip(1).take(40);
    body.clone().zip(body.skip(1)).all(|(one, next)| one == next)
}

/// Decodes Base64 in either alphabet, padded or not and with line breaks, and parses the result as JSON.
fn decode(value: &[u8]) -> Option<serde_json::Value> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let mut encoded: Vec<u8> = value.to_vec();
    encoded.retain(|b| !b.is_ascii_whitespace() && *b != b'\\');
    let url_safe = encoded.iter().any(|b| matches!(b, b'-' | b'_'));
    let alphabet = if url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let plain = GeneralPurpose::new(alphabet, LENIENT).decode(&encoded).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn field<'a>(json: &'a serde_json::Value, key: &str) -> &'a str {
    json.get(key).and_then(serde_json::Value::as_str).unwrap_or_default()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether the value is a tunnel token: JSON in Base64 with the account `a`, the tunnel `t` and the secret `s`.
fn tunnel_token(value: &[u8]) -> bool {
    let Some(json) = decode(value) else { return false };
    is_hex(field(&json, "a"), 32) && field(&json, "t").len() == 36 && field(&json, "s").len() >= 16
}

/// Whether the value is the body of a `cert.pem` of cloudflared: JSON in Base64 with a credential and its account or
/// zone.
fn tunnel_cert(value: &[u8]) -> bool {
    let Some(json) = decode(value) else { return false };
    let secret = [field(&json, "apiToken"), field(&json, "serviceKey")];
    secret.iter().any(|s| s.len() >= 20)
        && (!field(&json, "accountID").is_empty() || !field(&json, "zoneID").is_empty())
}

/// Whether the value is a JWT that was issued by a Cloudflare Access team.
fn access_jwt(value: &[u8]) -> bool {
    let Some(payload) = value.split(|b| *b == b'.').nth(1) else { return false };
    decode(payload).is_some_and(|json| field(&json, "iss").ends_with(".cloudflareaccess.com"))
}

/// Whether a password is long and mixed enough to come from a generator.
fn looks_generated(password: &str) -> bool {
    let any = |class: fn(&u8) -> bool| password.as_bytes().iter().any(class);
    // Escapes look more mixed than what they stand for.
    password.len() >= 12
        && !password.contains('%')
        && any(u8::is_ascii_digit)
        && any(u8::is_ascii_uppercase)
        && any(u8::is_ascii_lowercase)
}

/// Whether the value is a database address with a password that is not made up and a host that is not local.
fn connection_string(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let Some((_, rest)) = text.split_once("://") else { return false };
    let Some((user, address)) = rest.rsplit_once('@') else { return false };
    let Some((name, password)) = user.split_once(':') else { return false };
    let host = address.split(['/', ':', '?']).next().unwrap_or_default().to_ascii_lowercase();
    let local = matches!(
        host.as_str(),
        "localhost"
            | "127.0.0.1"
            | "0.0.0.0"
            | "["
            | "host.docker.internal"
            | "db"
            | "postgres"
            | "mysql"
            | "database"
            | "host"
            | "hostname"
            | ""
    );
    // With an example host, the password is an example as well unless it looks generated.
    let made_up = host.contains("example") && !looks_generated(password);
    let common = [
        "password", "postgres", "pass", "root", "secret", "admin", "test", "user", "mysql", "p", "pw",
        "passwd", "changeme",
    ];
    !local
        && !made_up
        && !common.contains(&password.to_ascii_lowercase().as_str())
        && password.len() >= 6
        && name != password
        && !value::is_placeholder(password.as_bytes())
}
