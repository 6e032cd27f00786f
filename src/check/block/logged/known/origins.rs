//! Where the value of a name with a general meaning comes from: `secret_key` is what was assigned to it.

use memchr::{memmem, memrchr};

use super::sent::bound_again;
use super::{Program, mentions_vendor, takes};
use crate::check::fixed;
use crate::fact::credential::{is_credential, is_secret, mentions_any};
use crate::fact::lines;
use crate::fact::words::{is_word, words};
use crate::span::Span;

/// How far above its use an assignment is looked for, in bytes.
const ABOVE: usize = 20_000;

/// Whether the value of a name at a place visibly is not a credential of the API: it was made by chance, or is what
/// another name says.
pub(super) fn is_foreign(bytes: &[u8], name: &[u8], at: usize) -> bool {
    // The secret of R2 may be the hash of a token.
    assigned(bytes, name, at)
        .is_some_and(|(_, value)| !mentions_vendor(value) && (is_random(value) || is_named_otherwise(value)))
}

/// Whether a name that holds a credential elsewhere in the file means something else at a place: a loop, the head of the
/// function or the look-up of something else gave it its value last.
pub(super) fn is_rebound(program: Program<'_>, name: &[u8], at: usize) -> bool {
    let (bytes, scope) = (program.bytes, program.scope(Span::new(at, at)));
    let own = assigned(bytes, name, at).filter(|(place, _)| *place >= scope.start);
    let from = own.map_or(scope.start, |(place, _)| place + name.len());
    let from = from.max(at.saturating_sub(ABOVE));
    if from < at && bound_again(&bytes[from..at], name).is_some() {
        return true;
    }
    match own {
        Some((_, value)) => is_look_up_of_other(value),
        None => scope.start > 0 && scope.start < at && takes(&bytes[scope.start..at], name),
    }
}

/// Whether a value is looked up under a name of several words, none of which says secret: `os.environ["CF_ACCOUNT_ID"]`.
fn is_look_up_of_other(value: &[u8]) -> bool {
    fixed! {
        static LOOK_UP = r#"(?i)(?:env\w*|get\w*|fetch\w*|secrets?|config|settings|option|param\w*)["'\])]*\s*(?:[\[(]\s*["']|\.)(?P<name>[a-z][\w.-]*[_.-][\w.-]*)"#;
    }
    let mut names = LOOK_UP.captures_iter(value).filter_map(|groups| groups.name("name")).peekable();
    names.peek().is_some() && !mentions_any(value) && !names.any(|name| is_secret(name.as_bytes()))
}

/// Whether a name at a place holds what a request returned: `r = session.get(url)`.
pub(super) fn is_requested(bytes: &[u8], name: &[u8], at: usize) -> bool {
    fixed! {
        static REQUEST = r"^\s*(?:await\s+)?(?:[\w.]+\.(?:get|post|put|patch|delete|request|send|execute)|fetch|axios|urlopen)\(";
    }
    assigned(bytes, name, at).is_some_and(|(_, value)| REQUEST.is_match(value))
}

/// Returns where something was last assigned to the name before a place.
pub(super) fn last_assigned(bytes: &[u8], name: &[u8], at: usize) -> Option<usize> {
    assigned(bytes, name, at).map(|(place, _)| place)
}

/// Returns what was last assigned to the name before a place, up to the end of its line, and where the name stands there.
fn assigned<'b>(bytes: &'b [u8], name: &[u8], at: usize) -> Option<(usize, &'b [u8])> {
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
        apart.then_some((floor + start, lines::first(value)))
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
    use super::{Program, is_foreign, is_rebound};
    use crate::text::Text;

    #[test]
    fn a_name_means_what_was_bound_to_it_last() {
        let rebound = |text: &str| {
            let decoded = Text::decode(text.as_bytes());
            let program = Program { text: Some(&decoded), bytes: text.as_bytes() };
            is_rebound(program, b"value", text.find("HERE").unwrap())
        };
        for text in [
            "def a():\n    value = os.environ['CF_API_TOKEN']\n\ndef b():\n    value = os.environ['CF_ACCOUNT_ID']\n    HERE(value)\n",
            "value = os.environ['CF_API_TOKEN']\nvalue = config.get('zone-id')\nHERE(value)\n",
            "value = os.environ['CF_API_TOKEN']\nfor value in all:\n    HERE(value)\n",
            "const value = process.env.CF_API_TOKEN;\nall.forEach(value => HERE(value));\n",
            "value = os.environ['CF_API_TOKEN']\n\ndef show(value):\n    HERE(value)\n",
            "$value = getenv('CF_API_TOKEN');\nforeach ($all as $value) {\n  HERE($value);\n}\n",
        ] {
            assert!(rebound(text), "{text}");
        }
        for text in [
            "value = os.environ['CF_API_TOKEN']\nHERE(value)\n",
            "value = os.environ['CF_API_TOKEN']\nvalue = value.strip()\nHERE(value)\n",
            "value = os.environ['CF_ACCOUNT_ID']\nvalue = os.environ['CF_API_TOKEN']\nHERE(value)\n",
            "value = os.environ['CF_API_TOKEN']\nif not value:\n    value = input()\nHERE(value)\n",
            "value = os.environ['CF_API_TOKEN']\n\ndef show():\n    HERE(value)\n",
            "for value in all:\n    use(value)\nvalue = os.environ['CF_API_TOKEN']\nHERE(value)\n",
        ] {
            assert!(!rebound(text), "{text}");
        }
    }

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
