//! Values that a step creates or fetches and passes to later steps through a file of the runner: on one line, in a
//! group of commands, in a here-document.

use std::sync::LazyLock;

use memchr::memmem;

use crate::check::{Input, fixed};
use crate::fact::command::expansions;
use crate::fact::credential::{is_credential, is_secret};
use crate::fact::lines;
use crate::fact::words::{is_word, words};
use crate::literals::{Literals, contains};
use crate::span::Span;

fixed! {
    /// Output that is written to a file whose variables the GitHub runner passes to later steps.
    static PASSED_ON = concat!(
        r#"(?:(?P<redirected>>>?|\|\s*(?:tee|Out-File|Add-Content|ac)\b[^\n|;]{0,60}?)|\b(?:Add-Content|Out-File)\b[^\n|;]{0,60}?)\s*"#,
        r#"["']?[$%]\{?(?:env:)?(?:GITHUB_ENV|GITHUB_OUTPUT|BASH_ENV)\b"#,
    );

    /// The file whose variables GitLab passes to later jobs.
    static DOTENV = r#"\bdotenv:\s*(?:\[\s*|-\s+)?["']?(?P<file>[\w./-]{1,80})"#;

    /// The name in `NAME=value` or `NAME<<END`.
    static PAIR = r#"(?:^|["'\s])(?P<name>[A-Za-z_][\w-]*)(?:=|<<)"#;

    /// The beginning of a here-document.
    static HERE = r#"(?:^|[\s"'}])<<-?[ \t]*(?P<word>[A-Za-z_]\w*)"#;
}

/// Commands that fetch a secret from a store, or create one.
static STORES: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "vault ",
        "op read",
        "op item",
        "op://",
        "secretsmanager",
        "ssm get-param",
        "gcloud secrets",
        "az keyvault",
        "doppler ",
        "infisical ",
        "bw get",
        "bws ",
        "sops ",
        "pass show",
        "gopass ",
        "chamber ",
        "akeyless ",
        "terraform output",
        "tofu output",
        "pulumi stack",
        "conjur ",
        "lpass ",
        "/tokens",
    ])
});

/// The maximum number of places that are examined.
const MOST: usize = 100;

/// How many lines a group of commands or a here-document may have.
const LINES: usize = 40;

/// Whether the text passes anything to later steps.
pub(super) fn passes_any(bytes: &[u8]) -> bool {
    names_file(bytes) && PASSED_ON.is_match(bytes)
}

/// Whether the text names one of the files in [`PASSED_ON`].
fn names_file(bytes: &[u8]) -> bool {
    [&b"GITHUB_"[..], b"BASH_ENV"].iter().any(|name| memmem::find(bytes, name).is_some())
}

/// Returns the places where a credential is passed on that the runner does not know and so does not mask.
pub(super) fn passed_on(input: &Input<'_>) -> Vec<Span> {
    let bytes = input.text.bytes();
    let mut out = Vec::new();
    let found = names_file(bytes).then(|| PASSED_ON.captures_iter(bytes).take(MOST));
    for groups in found.into_iter().flatten() {
        let hit = groups.get_match();
        let redirected = groups.name("redirected").is_some();
        let hit = Span::from(hit);
        out.extend(
            written_lines(input, hit, redirected).into_iter().filter_map(|zone| in_zone(bytes, zone, true)),
        );
    }
    // GitLab masks variables of the project settings here as well, so only what a command fetches counts.
    let dotenv = memmem::find(bytes, b"dotenv").map(|_| DOTENV.captures_iter(bytes));
    for file in dotenv.into_iter().flatten().filter_map(|groups| groups.name("file")).take(4) {
        for at in memmem::find_iter(bytes, file.as_bytes()).take(MOST) {
            let before = bytes[..at].trim_ascii_end();
            let before = before.strip_suffix(b"\"").unwrap_or(before).trim_ascii_end();
            if before.ends_with(b">") {
                let hit = Span::new(before.len() - 1, at + file.len());
                out.extend(
                    written_lines(input, hit, true)
                        .into_iter()
                        .filter_map(|zone| in_zone(bytes, zone, false)),
                );
            }
        }
    }
    out
}

/// Returns the lines that write what is passed on at the place.
fn written_lines(input: &Input<'_>, hit: Span, redirected: bool) -> Vec<Span> {
    let text = input.text;
    let line = text.line_near(hit.start);
    let own = Span::new(line.start, if redirected { hit.start } else { line.end.max(hit.end) });
    let index = text.line_index(hit.start);
    let lines = |from: usize, to: usize| (from..to).filter_map(|at| text.line_at(at)).collect::<Vec<Span>>();
    if let Some(word) = HERE.captures(text.get(line)).and_then(|groups| groups.name("word")) {
        let ends = |at: &usize| text.line_at(*at).is_none_or(|l| text.get(l).trim_ascii() == word.as_bytes());
        let end = (index + 1..index + LINES).find(ends).unwrap_or(index + 1);
        return lines(index + 1, end);
    }
    let closes = matches!(text.get(own).trim_ascii(), b"}" | b")" | b"done" | b"fi" | b"};");
    if redirected && closes {
        let indent = |line: Span| lines::indentation(text.get(line));
        let opens = |at: &usize| {
            text.line_at(*at)
                .is_some_and(|l| indent(l) <= indent(line) && !text.get(l).trim_ascii().is_empty())
        };
        let start = (index.saturating_sub(LINES)..index).rev().find(opens).unwrap_or(index);
        return lines(start, index);
    }
    vec![own]
}

/// Returns the credential that a line passes on and the runner does not know; `by_name` says that a name is enough to
/// tell.
fn in_zone(bytes: &[u8], zone: Span, by_name: bool) -> Option<Span> {
    let body = &bytes[zone.start..zone.end];
    let expansions = expansions(bytes, zone);
    if expansions.iter().any(|e| e.name.starts_with(b"secrets.") || is_of_secret(bytes, e.name)) {
        return None;
    }
    let fetched = expansions.iter().find_map(|e| Some((e, made(bytes, e.name)?)));
    let command = fetched.as_ref().map_or(body, |(_, command)| command);
    let names = || PAIR.captures_iter(body).filter_map(|groups| groups.name("name"));
    let from_store = || STORES.find(command, 0).is_some();
    if let Some(name) = names().find(|name| is_credential(name.as_bytes()))
        && (by_name || fetched.is_some() || from_store())
    {
        return Some(Span::from(name).shift(zone.start));
    }
    // The name says nothing, but a command produced the variable that it gets its value from.
    if let Some((made, _)) = fetched.as_ref().filter(|(e, _)| is_credential(e.name)) {
        return Some(made.span);
    }
    // The name does not say Cloudflare, but the store or a later use does.
    let name = names().find(|name| {
        is_secret(name.as_bytes()) && says_cloudflare(command)
            || is_used_as_credential(bytes, name.as_bytes())
    })?;
    from_store().then(|| Span::from(name).shift(zone.start))
}

/// Returns the command whose output is assigned to the name.
fn made<'b>(bytes: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    const LONGEST: usize = 400;
    memmem::find_iter(bytes, name).find_map(|at| {
        let rest = &bytes[at + name.len()..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let assigned = [&b"=$("[..], b"=\"$(", b"=`", b"=\"`", b" = & ", b" = $("];
        let own = at == 0 || !is_word(bytes[at - 1]);
        (own && assigned.iter().any(|start| rest.starts_with(start))).then_some(lines::first(rest))
    })
}

/// Whether the value of the name comes from a secret, which the runner masks: `TOKEN: ${{ secrets.CF_TOKEN }}`.
fn is_of_secret(bytes: &[u8], name: &[u8]) -> bool {
    memmem::find_iter(bytes, name).any(|at| {
        let rest = bytes[at + name.len()..].strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        let rest = rest.and_then(|rest| rest.strip_prefix(b"${{")).map(<[u8]>::trim_ascii_start);
        let own = at == 0 || !is_word(bytes[at - 1]);
        own && rest.is_some_and(|rest| rest.starts_with(b"secrets."))
    })
}

fn says_cloudflare(command: &[u8]) -> bool {
    contains(command, b"cloudflare") || words(command).split(' ').any(|word| word == "cf")
}

/// Whether a later step uses the output as a credential: `CLOUDFLARE_API_TOKEN: ${{ steps.a.outputs.token }}`.
fn is_used_as_credential(bytes: &[u8], name: &[u8]) -> bool {
    const BEFORE: usize = 200;
    let output = [b"outputs.", name].concat();
    memmem::find_iter(bytes, &output).any(|at| {
        let line = lines::before(bytes, at, BEFORE).trim_ascii();
        let line = line.strip_prefix(b"- ").unwrap_or(line);
        let key = line.split(|b| *b == b':').next().unwrap_or_default();
        let whole =
            bytes.get(at + output.len()).is_none_or(|b| !b.is_ascii_alphanumeric() && !b"_-".contains(b));
        whole && key.len() < line.len() && is_credential(key)
    })
}

#[cfg(test)]
mod tests {
    use super::{is_of_secret, is_used_as_credential, made};

    #[test]
    fn where_a_value_comes_from_and_where_it_goes() {
        let text = b"env:\n  A_B: ${{ secrets.X }}\nB=\"$(vault get)\"\nCF_API_TOKEN: ${{ steps.a.outputs.token }}\n";
        assert!(is_of_secret(text, b"A_B") && !is_of_secret(text, b"B"));
        assert_eq!(made(text, b"B"), Some(&b"=\"$(vault get)\""[..]));
        assert_eq!(made(text, b"A_B"), None);
        assert!(is_used_as_credential(text, b"token") && !is_used_as_credential(text, b"tok"));
    }
}
