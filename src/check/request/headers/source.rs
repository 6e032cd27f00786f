//! Variables that are called like the header and hold the key that it carries: `X_AUTH_KEY = config["key"]`. They look
//! like the header, but are where its value comes from.

use memchr::memmem;

use super::Use;
use crate::check::Input;
use crate::fact::words::is_word;

/// Turns each such variable into a part of what is said about the header that carries it.
pub(super) fn take(input: &Input<'_>, uses: &mut Vec<Use>) {
    let bytes = input.text.bytes();
    let variables: Vec<(usize, &[u8])> = uses
        .iter()
        .enumerate()
        .filter_map(|(number, used)| Some((number, variable(bytes, used.span.start)?)))
        .collect();
    let mut taken = Vec::new();
    for (number, name) in variables {
        let place = uses[number].span;
        let carries = |used: &&mut Use| {
            let own = &bytes[used.span.start..used.span.end];
            let length = own.iter().take_while(|b| is_word(**b) || **b == b'-').count();
            used.span != place
                && (own[..length] != *name || is_quoted(bytes, used.span.start))
                && says(&own[length..], name)
        };
        if let Some(used) = uses.iter_mut().find(carries) {
            used.source.get_or_insert(place);
            taken.push(place);
        }
    }
    uses.retain(|used| !taken.contains(&used.span));
}

/// Returns the name of the variable that is set at a place: with underscores or without any mark, and not in quotes.
fn variable(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let name = &bytes[at..at + bytes[at..].iter().take_while(|b| is_word(**b)).count()];
    let rest = bytes[at + name.len()..].trim_ascii_start();
    let set = rest.starts_with(b"=") || rest.starts_with(b":=");
    (name.len() >= "xauthkey".len() && set && !is_quoted(bytes, at)).then_some(name)
}

fn is_quoted(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[..at].last(), Some(b'"' | b'\'' | b'`'))
}

/// Whether the name stands in the text as a whole word.
fn says(text: &[u8], name: &[u8]) -> bool {
    memmem::find_iter(text, name).any(|at| {
        let around = [at.checked_sub(1).map(|before| text[before]), text.get(at + name.len()).copied()];
        !around.into_iter().flatten().any(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::super::uses;
    use super::take;
    use crate::check::tests::asked;

    /// Returns the headers that are reported, each with where its key comes from.
    fn taken(path: &str, text: &str) -> Vec<(String, Option<String>)> {
        asked(path, text, |input| {
            let mut uses = uses(input);
            take(input, &mut uses);
            let written = |span: crate::span::Span| text[span.start..span.end].to_owned();
            uses.iter().map(|used| (written(used.span), used.source.map(written))).collect()
        })
    }

    #[test]
    fn a_variable_called_like_the_header_is_where_its_value_comes_from() {
        let api = "https://api.cloudflare.com/client/v4";
        for (path, text, header, source) in [
            (
                "a.py",
                "X_AUTH_KEY = config[\"k\"]\nget(API, {\"X-Auth-Email\": e, \"X-Auth-Key\": X_AUTH_KEY})\n",
                "X-Auth-Key\": X_AUTH_KEY",
                "X_AUTH_KEY = config[\"k\"]",
            ),
            (
                "a.js",
                "const xAuthKey = env.K;\nfetch(API, { headers: { 'X-Auth-Email': e, 'X-Auth-Key': xAuthKey } });\n",
                "X-Auth-Key': xAuthKey",
                "xAuthKey = env.K",
            ),
            (
                "a.sh",
                "X_AUTH_KEY=\"$1\"\ncurl API -H \"X-Auth-Email: $E\" -H \"X-Auth-Key: $X_AUTH_KEY\"\n",
                "X-Auth-Key: $X_AUTH_KEY",
                "X_AUTH_KEY=\"$1\"",
            ),
            (
                "a.go",
                "xAuthKey := env(\"K\")\nr.Header.Set(\"X-Auth-Email\", e) // API\nr.Header.Set(\"X-Auth-Key\", xAuthKey)\n",
                "X-Auth-Key\", xAuthKey)",
                "xAuthKey := env(\"K\")",
            ),
        ] {
            let found = taken(path, &text.replace("API", api));
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].0.starts_with(header), "{text}: {found:?}");
            assert!(
                found[0].1.as_deref().is_some_and(|place| place.starts_with(source)),
                "{text}: {found:?}"
            );
        }
        for text in [
            "X_AUTH_KEY=\"$1\"\nX_AUTH_EMAIL=\"$2\" # cloudflare\n",
            "X_AUTH_KEY=\"$1\"\ncurl https://api.cloudflare.com -H \"X-Auth-Email: $E\" -H \"X-Auth-Key: $KEY\"\n",
            "X_AUTH_KEY=\"$1\"\ncurl https://api.cloudflare.com -H \"X-Auth-Email: $E\" -H \"X-Auth-Key: $MY_X_AUTH_KEY\"\n",
        ] {
            assert!(taken("a.sh", text).iter().all(|(_, source)| source.is_none()), "{text}");
        }
    }
}
