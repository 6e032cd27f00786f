//! Secrets among the plain variables of a Worker: `vars` in a Wrangler configuration, in any environment, and bindings
//! of Terraform.

use memchr::memmem;

use super::{Detection, unquoted};
use crate::check::{Candidate, Input, fixed, value};
use crate::fact::credential::is_secret;
use crate::fact::tree::{Node, Value};
use crate::rule::Confidence;

/// `variant = "plaintext-worker-secret"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    let terraform = [&b".tf"[..], b".tf.json"].iter().any(|end| input.path.file_name().ends_with(end));
    if terraform && memmem::find(bytes, b"plain_text").is_some() {
        for root in input.trees() {
            for (_, types) in root.entries().iter().filter(|(key, _)| key.name == "resource") {
                bindings(detection, bytes, types, 0, out);
            }
        }
    }
    if !input.path.file_name().to_ascii_lowercase().starts_with(b"wrangler") {
        return;
    }
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
        let secret = is_secret_name(key.name.as_bytes()) && is_real(text);
        if secret && !is_other_key(key.name.as_bytes(), text) || has_password(text) {
            let mut candidate = Candidate::new(detection.rule, key.span, Confidence::High);
            candidate.message = Some(format!("`{}` is a plain variable of the Worker", key.name));
            let value = unquoted(bytes, node.span);
            candidate.labels.push((value, String::from("its value, in clear")));
            candidate.secrets.push(value);
            out.push(candidate);
        }
    }
}

/// Finds bindings of the type `plain_text`, with a name in the binding or as its key, whose name is that of a secret.
fn bindings(detection: &Detection<'_>, bytes: &[u8], node: &Node, depth: usize, out: &mut Vec<Candidate>) {
    const DEEPEST: usize = 12;
    if depth > DEEPEST {
        return;
    }
    let field =
        |node: &Node, name: &str| node.get(&[name]).and_then(|(_, value)| value.text().map(str::to_owned));
    let is_plain = |node: &Node| field(node, "type").as_deref() == Some("plain_text");
    let push = |binding: &Node, name: &str, span, out: &mut Vec<Candidate>| {
        let text = field(binding, "text");
        if is_secret_name(name.as_bytes()) && !text.is_some_and(|text| is_other_key(name.as_bytes(), &text)) {
            let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
            candidate.message = Some(format!("`{name}` is a plain variable of the Worker"));
            let text = binding.get(&["text"]).filter(|(_, text)| text.text().is_some_and(is_real));
            candidate.secrets.extend(text.map(|(_, text)| unquoted(bytes, text.span)));
            out.push(candidate);
        }
    };
    if is_plain(node)
        && let Some((key, value)) = node.get(&["name"])
        && let Some(name) = value.text()
    {
        push(node, name, key.span.cover(value.span), out);
    }
    for (key, value) in node.entries() {
        // `plain_text_binding { name = … }` of earlier versions.
        if is_plain(value) && value.get(&["name"]).is_none() {
            push(value, &key.name, key.span, out);
        } else if key.name == "plain_text_binding"
            && let Some(name) = field(value, "name")
        {
            push(value, &name, key.span, out);
        }
        bindings(detection, bytes, value, depth + 1, out);
    }
    if let Value::Sequence(items) = &node.value {
        items.iter().for_each(|item| bindings(detection, bytes, item, depth + 1, out));
    }
}

fn is_secret_name(name: &[u8]) -> bool {
    let words = crate::fact::words::words(name);
    // What a browser may know.
    let public = [
        "publishable",
        "key prefix",
        "anon key",
        "firebase api key",
        "indexnow",
        "index now",
        "search key",
        "client token",
    ];
    is_secret(name) && !is_index(&words) && !public.iter().any(|part| words.contains(part))
        || ["private key", "signing key"].iter().any(|part| words.contains(part))
}

/// Whether the words of a name are those of a key that something is found by: in a storage, a table, a cache.
fn is_index(words: &str) -> bool {
    const OF: &[&str] = &[
        "cache",
        "column",
        "foreign",
        "group",
        "index",
        "kv",
        "lookup",
        "object",
        "partition",
        "primary",
        "row",
        "snapshot",
        "sort",
        "state",
        "tfstate",
    ];
    words.strip_suffix(" key").is_some_and(|of| of.rsplit(' ').next().is_some_and(|of| OF.contains(&of)))
}

/// Whether a key is no secret by its value, because its name does not say what it opens: that of an object or an entry,
/// `REPORT_KEY = "reports/latest.json"`.
fn is_other_key(name: &[u8], value: &str) -> bool {
    const SECRET: &[&str] = &[
        "access",
        "account",
        "admin",
        "api",
        "auth",
        "credential",
        "credentials",
        "crypto",
        "deploy",
        "encrypt",
        "encryption",
        "hmac",
        "jwt",
        "license",
        "master",
        "passphrase",
        "password",
        "private",
        "secret",
        "service",
        "session",
        "shared",
        "sign",
        "signing",
        "ssh",
        "token",
        "webhook",
    ];
    let words = crate::fact::words::words(name);
    let words = words.trim_end();
    words.ends_with(" key") && !words.split(' ').any(|word| SECRET.contains(&word)) && is_plain(value)
}

/// Whether a value consists of words, as names of files and entries do: no number is longer than a year.
fn is_plain(value: &str) -> bool {
    const LONGEST: usize = 16;
    let word = |part: &str| {
        let lower = part.bytes().all(|b| b.is_ascii_lowercase());
        let upper = part.bytes().all(|b| b.is_ascii_uppercase());
        let number = part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        let version = part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        part.len() <= LONGEST && (lower || upper || number || version && part.len() <= 3)
    };
    let joint = |c: char| matches!(c, '/' | '.' | '_' | '-' | ':' | '{' | '}' | ' ' | '*');
    value.split(joint).all(word) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether a value is the address of a server with a password in it: `postgres://user:password@host/name`.
fn has_password(text: &str) -> bool {
    fixed! {
        static ADDRESS = r"^[a-z][a-z0-9+]*://[^\s:@/]*:(?P<password>[^\s@/]+)@(?P<host>[^\s/:?]+)";
    }
    ADDRESS.captures(text.as_bytes()).is_some_and(|groups| {
        let local = matches!(&groups["host"], b"localhost" | b"127.0.0.1" | b"db" | b"postgres" | b"host");
        !local && groups["password"].len() >= 6 && !value::is_placeholder(&groups["password"])
    })
}

/// Whether a value is a literal that is no placeholder.
fn is_real(text: &str) -> bool {
    let reference = text.starts_with('$') || text.starts_with("{{") || text.starts_with("http");
    // PostHog, Stripe and others mark the keys that browsers use.
    let public = ["phc_", "pk_"].iter().any(|mark| text.starts_with(mark));
    text.len() >= 6 && !reference && !public && !value::is_placeholder(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{is_other_key, is_secret_name};

    #[test]
    fn keys_of_entries_are_told_by_their_value() {
        for (name, value) in [
            ("REPORT_KEY", "reports/latest.json"),
            ("SETTINGS_KEY", "settings"),
            ("MANIFEST_KEY", "manifest-v2.tar.gz"),
            ("DRAFT_KEY", "users/{id}/draft"),
        ] {
            assert!(is_secret_name(name.as_bytes()) && is_other_key(name.as_bytes(), value), "{name}");
        }
        for (name, value) in [
            ("API_KEY", "letmein"),
            ("ENCRYPTION_KEY", "correct-horse"),
            ("REPORT_KEY", "k3v9-Qz81-Lm40"),
            ("REPORT_KEY", "Zx81kQpLmw"),
            ("REPORT_KEY", "83726451"),
            ("REPORT_TOKEN", "settings"),
        ] {
            assert!(!is_other_key(name.as_bytes(), value), "{name} {value}");
        }
    }

    #[test]
    fn keys_of_entries_are_told_by_their_name() {
        for name in ["BACKUP_STATE_KEY", "SORT_KEY", "KV_KEY", "objectKey", "PARTITION_KEY"] {
            assert!(!is_secret_name(name.as_bytes()), "{name}");
        }
        for name in ["STRIPE_KEY", "STATE_SECRET_KEY", "SORT_PASSWORD", "KV_TOKEN"] {
            assert!(is_secret_name(name.as_bytes()), "{name}");
        }
    }
}
