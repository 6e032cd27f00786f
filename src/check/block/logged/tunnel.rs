//! Tokens of tunnels, which `cloudflared tunnel token` prints.

use std::collections::HashSet;
use std::sync::LazyLock;

use memchr::memmem;

use crate::check::{captures_around, fixed};
use crate::literals::{Hit, Literals};
use crate::span::Span;

/// The command, in a script or as a list of words. With `--cred-file` it writes a file and prints nothing.
pub(super) const COMMAND: &str = r#"\bcloudflared(?:\.exe)?["',\s]+(?:--?[\w-]+[ =][^\s|;&)`]+[ ]+)*tunnel["',\s]+(?:--?[\w-]+[ =][^\s|;&)`]+[ ]+)*token\b(?:["',\s]+[^\s|;&>)`]+)"#;

/// How long an assignment may be up to the program, in bytes, and a command after its name.
const BEFORE: usize = 300;
const AFTER: usize = 400;

/// Returns where the program may be asked for a token.
fn asked(bytes: &[u8]) -> Vec<Hit> {
    static PROGRAM: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["cloudflared"]));
    let mut hits = PROGRAM.all(bytes);
    hits.retain(|hit| {
        let rest = &bytes[hit.end..bytes.len().min(hit.end + AFTER)];
        memmem::find(rest, b"tunnel").is_some_and(|at| memmem::find(&rest[at..], b"token").is_some())
    });
    hits
}

/// Whether a file asks for the token of a tunnel.
pub(super) fn is_asked(bytes: &[u8]) -> bool {
    fixed! {
        static ASKED = COMMAND;
    }
    !captures_around(&ASKED, &asked(bytes), bytes, BEFORE, |_| AFTER).is_empty()
}

/// Returns the names that the token of a tunnel is assigned to: `TOKEN=$(cloudflared tunnel token NAME)`.
pub(super) fn names(bytes: &[u8]) -> HashSet<&[u8]> {
    fixed! {
        static ASSIGNED = format!(
            r#"(?m)\$?\b(?P<name>[A-Za-z_]\w*)[ \t]*:?=[ \t]*(?P<value>["']?(?:\$\(|`|&[ \t]*["']?|[\w.]+\([\[("' ]*)?[^\n|;=()]{{0,80}}{COMMAND}[^\n|;]*)(?P<end>.?)"#
        );
    }
    let all = captures_around(&ASSIGNED, &asked(bytes), bytes, BEFORE, |_| AFTER).into_iter();
    let all = all.filter(|groups| {
        let piped = groups.name("end").is_some_and(|end| end.as_bytes() == b"|");
        !piped
            && memmem::find(groups.name("value").map_or(b"", |value| value.as_bytes()), b"--cred").is_none()
    });
    all.filter_map(|groups| groups.name("name")).map(|name| name.as_bytes()).collect()
}

/// Returns a command in place of which its token is printed: `echo "token: $(cloudflared tunnel token NAME)"`.
pub(super) fn substituted(bytes: &[u8], zone: Span) -> Option<Span> {
    fixed! {
        static SUBSTITUTED = format!(r#"(?:\$\(|`)[ \t]*(?:sudo[ \t]+)?(?P<command>{COMMAND})[^|;)`]*[)`]"#);
    }
    let body = &bytes[zone.start..zone.end];
    memmem::find(body, b"cloudflared")?;
    let found = SUBSTITUTED.find(body)?;
    (memmem::find(found.as_bytes(), b"--cred").is_none()).then(|| Span::from(found).shift(zone.start))
}

/// The message for a token that is shown without a name.
pub(super) const MESSAGE: &str = "prints the token of the tunnel";

#[cfg(test)]
mod tests {
    use super::{names, substituted};
    use crate::span::Span;

    #[test]
    fn names_hold_the_token_that_was_asked_for() {
        for text in [
            "T=$(cloudflared tunnel token t)",
            "export T=\"$(cloudflared tunnel token t)\"",
            "T=`cloudflared --origincert c.pem tunnel token \"$NAME\"`",
            "$T = cloudflared tunnel token t",
            "$T = & cloudflared.exe tunnel token t",
            "T = subprocess.check_output([\"cloudflared\", \"tunnel\", \"token\", name])",
        ] {
            assert!(names(text.as_bytes()).contains(&b"T"[..]), "{text}");
        }
        for text in [
            "T=$(cloudflared tunnel token t | wc -c)",
            "T=$(cloudflared tunnel token --cred-file f t)",
            "T=$(cloudflared tunnel list)",
            "T=$(cloudflared tunnel run --token t)",
            "T=1\ncloudflared tunnel token t",
        ] {
            assert!(names(text.as_bytes()).is_empty(), "{text}");
        }
    }

    #[test]
    fn commands_stand_for_what_they_print() {
        let stands = |text: &str| substituted(text.as_bytes(), Span::new(0, text.len())).is_some();
        for text in [
            "echo \"token: $(cloudflared tunnel token t)\"",
            "echo `cloudflared tunnel token t`",
            "echo $(sudo cloudflared tunnel token t 2>/dev/null)",
        ] {
            assert!(stands(text), "{text}");
        }
        for text in [
            "echo \"$(cloudflared tunnel token t | sha256sum)\"",
            "echo \"Run cloudflared tunnel token t\"",
            "echo \"$(cloudflared tunnel list)\"",
            "echo \"$(cloudflared tunnel token --cred-file f t)\"",
        ] {
            assert!(!stands(text), "{text}");
        }
    }
}
