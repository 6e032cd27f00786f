//! What is not shown of a line although no rule reports it: values that look random, and those whose name or place says
//! that they are secret.

use crate::check::value::looks_random;
use crate::fact::fixed;
use crate::fact::runs::runs;
use crate::literals::contains;
use crate::rule::Randomness;
use crate::span::Span;

fixed! {
    /// A literal under the name of a secret: in quotes, or bare as in settings and on command lines.
    static NAMED = concat!(
        r#"(?i)(?P<name>passwords?|passwd|passphrase|pwd|_pass|secrets?|token|credentials?|key)(?:_?v?[0-9]+)?["'`\]]*"#,
        r#"(?:\s*(?:=>|:=|[:=,])\s*|[ \t]+)(?:["'`](?P<quoted>[^\s"'`$<{]{4,})["'`]|(?P<bare>[^\s"'`$<>{}()\[\],;&|]{6,}))"#,
    );
    /// The binding of a Worker has the value beside its name: `{ name = "PASSWORD", type = "plain_text", text = "…" }`.
    static BOUND = r#"\b(?:text|value)["']?\s*[:=]\s*["'](?P<quoted>[^\s"'$<{]{4,})["']"#;
    /// The password in an address, or after the option of a command: `https://user:password@host`, `-u user:password`.
    static LOGIN = concat!(
        r#"://[^\s/:@"'`]*:(?P<address>[^\s/@"'`$<{]+)@"#,
        r#"|\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'$]+:(?P<option>[^\s"'`$<{]+)"#,
    );
}

/// Returns the values in a part of a line that are not shown.
pub(super) fn unknown_secrets(bytes: &[u8], line: Span) -> Vec<Span> {
    let mut found = runs(bytes, line);
    found.retain(|run| {
        let value = &bytes[run.start..run.end];
        let hex = value.iter().all(u8::is_ascii_hexdigit);
        if hex { value.len() > 36 && value.len() != 40 } else { looks_random(Randomness::Token, value) }
    });
    let text = &bytes[line.start..line.end];
    for groups in NAMED.captures_iter(text) {
        let says = !matches!(groups["name"].to_ascii_lowercase().as_slice(), b"key" | b"token");
        let quoted = groups.name("quoted").filter(|value| is_value(value.as_bytes(), says));
        let bare = groups.name("bare").filter(|value| is_value(value.as_bytes(), false));
        found.extend(quoted.or(bare).map(|value| Span::from(value).shift(line.start)));
    }
    let beside = contains(text, b"text") || contains(text, b"value");
    if beside && (NAMED.is_match(text) || contains(text, b"secret")) {
        let values = BOUND.captures_iter(text).filter_map(|groups| groups.name("quoted"));
        let values = values.filter(|value| is_value(value.as_bytes(), false));
        found.extend(values.map(|value| Span::from(value).shift(line.start)));
    }
    let may_log_in = text.contains(&b'@') || contains(text, b" -u") || contains(text, b"user");
    for groups in may_log_in.then(|| LOGIN.captures_iter(text)).into_iter().flatten() {
        let value = groups.name("address").or_else(|| groups.name("option"));
        found.extend(value.map(|value| Span::from(value).shift(line.start)));
    }
    found
}

/// Whether a value may be secret itself rather than the name of one or a word: it has a digit, or its name leaves no
/// doubt and it is no name in capitals.
fn is_value(value: &[u8], named: bool) -> bool {
    let is_name = value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    let is_chain = || {
        value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')) && value.contains(&b'.')
    };
    !is_name && (named || value.iter().any(u8::is_ascii_digit) && !is_chain())
}

#[cfg(test)]
mod tests {
    use super::unknown_secrets;
    use crate::span::Span;

    fn hidden(line: &str) -> Vec<&str> {
        unknown_secrets(line.as_bytes(), Span::new(0, line.len()))
            .iter()
            .map(|s| &line[s.start..s.end])
            .collect()
    }

    #[test]
    fn names_and_places_tell_what_is_secret() {
        for (line, expected) in [
            ("password = \"hunter-horse\"", "hunter-horse"),
            ("  DB_PASS: 'x1correct'", "x1correct"),
            (
                "bindings = [{ name = \"API_SECRET\", type = \"plain_text\", text = \"hunter2-battery\" }]",
                "hunter2-battery",
            ),
            ("curl https://a.b/?token=Tr0ub4dorand3", "Tr0ub4dorand3"),
            ("curl -u user:pass-word https://a.b", "pass-word"),
            ("postgres://user:pass-word@host/name", "pass-word"),
            ("new Client('key', 'abc123x')", "abc123x"),
            ("api_key => abc123", "abc123"),
        ] {
            assert!(hidden(line).contains(&expected), "{line}: {:?}", hidden(line));
        }
        for line in [
            "token = os.environ['CF_API_TOKEN']",
            "token: ${{ secrets.CF_API_TOKEN }}",
            "const token = process.env.CF_TOKEN2;",
            "password: $PASSWORD",
            "token: \"CF_API_TOKEN_2\"",
            "the token is for reading",
            "https://user:$PASSWORD@host",
            "https://host:8080/path",
            "text = \"2 apples\"",
        ] {
            assert_eq!(hidden(line), Vec::<&str>::new(), "{line}");
        }
    }
}
