//! Where the value of a name with a general meaning comes from: `secret_key` is what was assigned to it.

use memchr::{memmem, memrchr};

use super::mentions_vendor;
use crate::fact::credential::{is_credential, is_secret};
use crate::fact::lines;
use crate::fact::words::{is_word, words};

/// How far above its use an assignment is looked for, in bytes.
const ABOVE: usize = 20_000;

/// Whether the value of a name at a place visibly is not a credential of the API: it was made by chance, or is what
/// another name says.
pub(super) fn is_foreign(bytes: &[u8], name: &[u8], at: usize) -> bool {
    // The secret of R2 may be the hash of a token.
    assigned(bytes, name, at)
        .is_some_and(|value| !mentions_vendor(value) && (is_random(value) || is_named_otherwise(value)))
}

/// Returns what was last assigned to the name before a place, up to the end of its line.
fn assigned<'b>(bytes: &'b [u8], name: &[u8], at: usize) -> Option<&'b [u8]> {
    let floor = at.saturating_sub(ABOVE);
    let above = &bytes[floor..at.min(bytes.len())];
    let mut places: Vec<usize> = memmem::find_iter(above, name).take(200).collect();
    places.reverse();
    places.into_iter().find_map(|start| {
        let apart =
            !start.checked_sub(1).is_some_and(|before| is_word(above[before]) || above[before] == b'.');
        let rest = above[start + name.len()..].trim_ascii_start();
        // `secret_key: str = …`
        let declared = rest.strip_prefix(b":").map(|kind| kind.trim_ascii_start());
        let in_type = |b: &u8| is_word(*b) || matches!(b, b' ' | b'.' | b'[' | b']' | b'<' | b'>');
        let rest = declared.map_or(rest, |kind| &kind[kind.iter().take_while(|b| in_type(b)).count()..]);
        let value = rest.strip_prefix(b"=").filter(|value| !matches!(value.first(), Some(b'=' | b'>')))?;
        apart.then_some(lines::first(value))
    })
}

/// Whether a value is made by chance, or a key pair is: `openssl rand`, `secrets.token_hex(32)`, `wg genkey`.
fn is_random(value: &[u8]) -> bool {
    const WORDS: &[&str] =
        &["urandom", "uuid", "uuidgen", "uuid4", "guid", "keygen", "genkey", "pwgen", "nanoid", "mkpasswd"];
    const PAIRS: &[[&str; 2]] =
        &[["token", "hex"], ["token", "urlsafe"], ["generate", "key"], ["gen", "key"]];
    let said = words(value);
    let list: Vec<&str> = said.split_ascii_whitespace().collect();
    list.iter().any(|word| word.starts_with("rand") || WORDS.contains(word))
        || list.windows(2).any(|pair| PAIRS.iter().any(|own| pair == own))
}

/// Whether a value is read by a constant that names the secret of something else: `AGE-SECRET-KEY`.
fn is_named_otherwise(value: &[u8]) -> bool {
    /// Words that say nothing about whose secret it is, or that it is of a store.
    const GENERAL: &[&str] = &[
        "secret",
        "access",
        "key",
        "token",
        "api",
        "id",
        "r2",
        "s3",
        "aws",
        "minio",
        "storage",
        "bucket",
        "object",
        "objects",
        "backup",
        "backups",
        "media",
        "assets",
        "cdn",
        "upload",
        "uploads",
        "file",
        "files",
        "prod",
        "production",
        "dev",
        "staging",
        "test",
        "my",
        "the",
        "new",
        "old",
        "app",
        "env",
        "user",
        "account",
        "1",
    ];
    let in_name = |b: &u8| is_word(*b) || *b == b'-';
    value.split(|b| !in_name(b)).any(|own| {
        let constant = own.len() > 8 && !own.iter().any(u8::is_ascii_lowercase);
        constant
            && is_secret_of_other(own)
            && words(own).split_ascii_whitespace().any(|word| !GENERAL.contains(&word))
    })
}

/// Whether a constant, of which a number may be the end, names a secret, but none of the API.
fn is_secret_of_other(constant: &[u8]) -> bool {
    let end = memrchr(b'-', constant).filter(|at| constant[at + 1..].iter().all(u8::is_ascii_digit));
    let own = &constant[..end.unwrap_or(constant.len())];
    is_secret(own) && !is_credential(own)
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn a_general_name_is_what_was_assigned_to_it() {
        for text in [
            "secret_key=$(grep AGE-SECRET-KEY key.txt)\n",
            "secret_key=$(grep '^AGE-SECRET-KEY-1' key.txt)\n",
            "local secret_key=\"$(openssl rand -hex 32)\"\n",
            "secret_key=`wg genkey`\n",
            "secret_key=$R2_SECRET_ACCESS_KEY\nsecret_key=$(age-keygen | tail -1)\n",
            "secret_key = secrets.token_hex(32)\n",
            "secret_key: str = Fernet.generate_key()\n",
            "const secret_key = crypto.randomBytes(32).toString('hex')\n",
            "secret_key := uuid.NewString()\n",
            "secret_key=\"$DJANGO_SECRET_KEY\"\n",
            "secret_key = os.environ['STRIPE_SECRET_KEY']\n",
        ] {
            assert!(is_foreign(text.as_bytes(), b"secret_key", text.len()), "{text}");
        }
        for text in [
            "secret_key=$R2_SECRET_ACCESS_KEY\n",
            "secret_key=$AWS_SECRET_ACCESS_KEY\n",
            "secret_key=$(jq -r .secret cfg.json)\n",
            "secret_key=$(cat r2.key)\n",
            "secret_key=$(openssl rand -hex 32)\nsecret_key=$(cat key)\n",
            "secret_key=$(printf %s \"$CF_API_TOKEN\" | openssl dgst -sha256)\n",
            "read -rp 'secret: ' secret_key\n",
            "my_secret_key=$(openssl rand -hex 32)\n",
            "if secret_key == random:\n",
            "# secret_key is made by openssl rand\n",
            "",
        ] {
            assert!(!is_foreign(text.as_bytes(), b"secret_key", text.len()), "{text}");
        }
    }
}
