//! What a variable or an output of Terraform says about itself: that it is protected, or that it holds no credential.

use crate::check::{Input, fixed};
use crate::fact::tree::{Node, Value};

/// Whether plans and logs do not show the value: it is sensitive, or is not kept at all. Terraform converts texts.
pub(super) fn is_protected(body: &Node) -> bool {
    ["sensitive", "ephemeral"].iter().any(|switch| match body.get(&[switch]).map(|(_, value)| &value.value) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(text)) => text == "true",
        Some(Value::Expression(_)) => true,
        _ => false,
    })
}

/// Whether a variable named after a credential holds something else: a number, a switch, or where the credential is
/// kept.
pub(super) fn holds_metadata(name: &str, body: &Node, default: Option<&Node>, input: &Input<'_>) -> bool {
    const STORES: &[&str] =
        &["/", "op://", "arn:", "vault:", "projects/", "ssm:", "secret/", "kv/", "https://"];
    let kind = body.get(&["type"]).map(|(_, kind)| input.text.get(kind.span));
    let description = body.get(&["description"]).and_then(|(_, text)| text.text());
    kind.is_some_and(|kind| matches!(kind, b"number" | b"bool" | b"\"number\"" | b"\"bool\""))
        || description.is_some_and(|text| tells_of_secret(text.as_bytes()))
        || default.is_some_and(|default| match &default.value {
            Value::Number(_) | Value::Bool(_) => true,
            Value::String(text) => {
                STORES.iter().any(|start| text.starts_with(start)) || names_secret(name, text)
            }
            _ => false,
        })
}

/// Whether a description says that the value tells which secret of a store is meant: "Name of the Kubernetes secret".
fn tells_of_secret(description: &[u8]) -> bool {
    fixed! {
        static TELLS = r"(?xi)\b(?:names?|arn|paths?|ids?)\s+(?:of|to|for)\s+(?:[\w'-]+\s+){0,4}?secrets?\b
            |\bsecret(?:'s)?\s+(?:name|arn|path|id)\b
            |\b(?:kubernetes|k8s)\s+secret\s+(?:that|which|containing|holding|with|for)\b";
    }
    TELLS.is_match(description)
}

/// Whether the default of a variable `…_token_secret` is what a secret of a store is called: `cloudflare-api-token`.
fn names_secret(name: &str, default: &str) -> bool {
    fixed! {
        static STORED = r"(?:key|token|credentials?)_?secret$";
        static LABEL = r"^[a-z]+(?:[-/.][a-z]+)+$";
    }
    STORED.is_match(name.to_ascii_lowercase().as_bytes()) && LABEL.is_match(default.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{names_secret, tells_of_secret};

    #[test]
    fn descriptions_tell_what_is_kept_elsewhere() {
        for text in [
            "Name of the Kubernetes secret",
            "The name of the secret that holds the token",
            "ARN of the secret in Secrets Manager",
            "Path to the Vault secret",
            "id of the Secret Manager secret",
            "K8s secret with the API token",
            "Kubernetes Secret containing the token",
            "Secret name for external-dns",
        ] {
            assert!(tells_of_secret(text.as_bytes()), "{text}");
        }
        for text in [
            "Cloudflare API token",
            "API token with the name terraform",
            "Secret token used by the cluster named prod",
            "API token, see the name of the account in the dashboard",
            "Token that external-dns reads from a secret",
            "The secret of the tunnel",
            "",
        ] {
            assert!(!tells_of_secret(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_default_may_be_what_a_secret_is_called() {
        for (name, default, expected) in [
            ("cloudflare_api_token_secret", "cloudflare-api-token", true),
            ("cloudflare_credentials_secret", "external-dns/cloudflare", true),
            ("cloudflareApiKeySecret", "cloudflare-key", true),
            ("cloudflare_api_token", "cloudflare-api-token", false),
            ("cloudflare_tunnel_secret", "a-tunnel-secret", false),
            ("cloudflare_api_token_secret", "changeme", false),
            ("cloudflare_api_token_secret", "a-value-0123456789", false),
        ] {
            assert_eq!(names_secret(name, default), expected, "{name} {default}");
        }
    }
}
