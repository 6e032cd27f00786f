//! Secrets among the plain variables of a Worker: `vars` in a Wrangler configuration, in any environment.

use super::{Detection, unquoted};
use crate::check::{Candidate, Input, value};
use crate::fact::credential::is_secret;
use crate::fact::tree::Node;
use crate::rule::Confidence;

/// `variant = "plaintext-worker-secret"`.
pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if !input.path.file_name().to_ascii_lowercase().starts_with(b"wrangler") {
        return;
    }
    let bytes = input.text.bytes();
    for root in input.trees() {
        variables(detection, bytes, root, out);
        if let Some((_, environments)) = root.get(&["env"]) {
            for (_, environment) in environments.entries() {
                variables(detection, bytes, environment, out);
            }
        }
    }
}

/// Finds literal secrets in `vars`.
fn variables(detection: &Detection<'_>, bytes: &[u8], settings: &Node, out: &mut Vec<Candidate>) {
    let Some((_, vars)) = settings.get(&["vars"]) else { return };
    for (key, node) in vars.entries() {
        let Some(text) = node.text() else { continue };
        if is_secret_name(key.name.as_bytes()) && is_real(text) {
            let mut candidate = Candidate::new(detection.rule, key.span, Confidence::High);
            candidate.message = Some(format!("`{}` is a plain variable of the Worker", key.name));
            let value = unquoted(bytes, node.span);
            candidate.labels.push((value, String::from("its value, in clear")));
            candidate.secrets.push(value);
            out.push(candidate);
        }
    }
}

fn is_secret_name(name: &[u8]) -> bool {
    let words = crate::fact::words::words(name);
    let more = ["private key", "signing key", "webhook", "dsn", "database url", "connection string"];
    is_secret(name) && !words.contains("publishable") && !words.contains("key prefix")
        || more.iter().take(2).any(|m| words.contains(m))
}

/// Whether a value is a literal that is no placeholder.
fn is_real(text: &str) -> bool {
    let reference = text.starts_with('$') || text.starts_with("{{") || text.starts_with("http");
    text.len() >= 6 && !reference && !value::is_placeholder(text.as_bytes())
}
