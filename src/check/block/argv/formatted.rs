//! Commands that programs put together in a text and run: `os.system(f"cf-terraforming generate --token {token}")`.

use std::sync::LazyLock;

use super::texts::is_run;
use crate::check::{Input, Sign, fixed, named};
use crate::fact::credential::{is_credential, is_secret};
use crate::fact::lines;
use crate::fact::place::{is_code, is_shell};
use crate::fact::words::{is_word, words};
use crate::literals::Literals;
use crate::span::Span;

/// The tools of Cloudflare's that take a token as an option, although they read it from the environment as well.
static TOOLS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["cf-terraforming", "cloudflared"]));

fixed! {
    /// The option with an expression that is inserted into the text, or joined to it.
    static INSERTED = r#"\s--token(?:[ =]+|["'`]\s*,\s*)\\?["']?(?<value>[$#]?\{(?<held>[^{}\n]{1,80})\}|["'`]\s*[+.]\s*(?<joined>[$\w.>-]{1,60}))"#;
}

/// Finds tokens that programs put into the texts of commands.
pub(super) fn formatted(input: &Input<'_>, out: &mut Vec<(Span, &'static str)>) {
    if !input.signs.has(Sign::TunnelToken) || !is_code(input.path) || is_shell(input.text, input.path) {
        return;
    }
    let bytes = input.text.bytes();
    // Up to where the last command was read: another one on its line is a part of it.
    let mut done = 0;
    for hit in TOOLS.all(bytes) {
        if hit.start < done {
            continue;
        }
        let command = command(&bytes[hit.start..]);
        done = hit.start + command.len();
        for groups in INSERTED.captures_iter(command) {
            let name = groups.name("held").or_else(|| groups.name("joined")).expect("one takes part");
            if names_token(name.as_bytes()) && is_run(input, hit.start) {
                out.push((
                    Span::from(named(&groups, "value")).shift(hit.start),
                    "credential on a command line",
                ));
            }
        }
    }
}

/// Returns the first line of a text, with those that a backslash continues it on.
fn command(text: &[u8]) -> &[u8] {
    const LONGEST: usize = 2000;
    let text = &text[..text.len().min(LONGEST)];
    let mut end = lines::first(text).len();
    while end < text.len() && text[..end].trim_ascii_end().ends_with(b"\\") {
        end += 1 + lines::first(&text[end + 1..]).len();
    }
    &text[..end]
}

/// Whether an expression is named after a token: that of the tool, unless it says whose else.
fn names_token(expression: &[u8]) -> bool {
    let member = |b: &u8| is_word(*b) || *b == b'.';
    let name = expression.trim_ascii().strip_prefix(b"$").unwrap_or(expression.trim_ascii());
    let name = &name[..name.iter().take_while(|b| member(b)).count()];
    let own = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let said = words(own);
    let general = |word: &str| {
        matches!(word, "tf" | "var" | "api" | "token" | "key" | "global" | "auth" | "tunnel" | "my" | "the")
    };
    is_credential(name) || is_secret(own) && said.split(' ').all(general)
}

#[cfg(test)]
mod tests {
    use super::formatted;
    use crate::check::tests::asked;

    // flaresec: allow-start(credential-in-argv) texts that tests look at

    fn found(path: &str, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        asked(path, text, |input| formatted(input, &mut out));
        out.iter().map(|(span, _)| text[span.start..span.end].to_owned()).collect()
    }

    #[test]
    fn a_command_in_a_text_is_given_a_token() {
        for (path, text, value) in [
            (
                "a.py",
                "os.system(f\"cf-terraforming generate --token {TF_VAR_API_TOKEN} -z a\")",
                "{TF_VAR_API_TOKEN}",
            ),
            (
                "a.py",
                "subprocess.run(f'cf-terraforming import --token={self.token}', shell=True)",
                "{self.token}",
            ),
            (
                "a.py",
                "cmd = f\"cf-terraforming generate --token {api_token} -z a\"\nos.popen(cmd)",
                "{api_token}",
            ),
            (
                "a.js",
                "execSync(`cf-terraforming generate --token ${process.env.CF_TOKEN}`)",
                "${process.env.CF_TOKEN}",
            ),
            ("a.js", "exec('cf-terraforming generate --token ' + token)", "' + token"),
            (
                "a.py",
                "os.system(f\"cf-terraforming generate \\\n    --token {TOKEN} \\\n    > a\")",
                "{TOKEN}",
            ),
            ("a.rb", "system(\"cloudflared tunnel run --token #{tunnel_token}\")", "#{tunnel_token}"),
            ("a.rb", "system \"cf-terraforming generate --token #{token}\"", "#{token}"),
            ("a.php", "shell_exec(\"cf-terraforming generate --token {$token}\");", "{$token}"),
        ] {
            assert_eq!(found(path, text), [value], "{text}");
        }
    }

    #[test]
    fn a_text_that_nothing_runs_or_another_value_is_left_alone() {
        for (path, text) in [
            ("a.py", "print(f\"cf-terraforming generate --token {token}\")"),
            ("a.py", "HELP = f\"cf-terraforming generate --token {token}\"\nprint(HELP)"),
            ("a.py", "os.system(f\"cf-terraforming generate --zone {zone}\")"),
            ("a.py", "os.system(f\"cf-terraforming generate --token {masked}\")"),
            ("a.js", "exec(`cloudflared tunnel --token-file ${file}`)"),
            ("a.js", "exec(`deploy cloudflared --token ${githubToken}`)"),
            ("a.js", "throw new Error(`cloudflared tunnel run --token ${token}`)"),
            ("a.sh", "cf-terraforming generate --token ${TOKEN}"),
        ] {
            assert_eq!(found(path, text), [""; 0], "{text}");
        }
    }

    // flaresec: allow-end
}
