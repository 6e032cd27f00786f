//! Options of command lines: which command each belongs to, and what the command uses it for.

use super::{Sheet, is_option};
use crate::check::fixed;
use crate::fact::setting::Setting;
use crate::fact::statement::{folded, statement};
use crate::span::Span;

impl Sheet<'_> {
    /// Returns the command that an option belongs to, up to the option.
    pub(super) fn command(&self, option: Span) -> &[u8] {
        let block = folded(self.input.text, option, self.input.path);
        let start = block.unwrap_or_else(|| statement(self.input.text, option)).start;
        self.input.text.get(Span::new(start.min(option.start), option.start))
    }

    /// Whether two options belong to one command: on one line, on continued lines, or in a folded YAML block, and not one
    /// of them to another command that follows or that is an argument.
    pub(super) fn same_command(&self, one: Span, other: Span) -> bool {
        let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
        let between = &self.input.text.bytes()[first.start..second.start];
        let mut lines = between.split(|b| *b == b'\n');
        lines.next_back();
        let continued = lines.all(|line| {
            matches!(line.trim_ascii_end().last(), Some(b'\\' | b'`' | b'^' | b',' | b'(' | b'['))
        });
        (continued
            || folded(self.input.text, second, self.input.path).is_some_and(|block| block.contains(first)))
            && is_one_command(between)
    }

    /// Whether an option is the address of an account with a certificate authority, `certbot --email`: no DNS provider
    /// ever sees it.
    pub(super) fn is_of_acme(&self, option: &Setting) -> bool {
        fixed! {
            static CLIENT = r"(?i)(?:^|[\s/\x22'`(;|&=])(?:acme\.sh|certbot(?:-auto)?|letsencrypt(?:-auto)?|lego|dehydrated|getssl|simp_le|uacme|wacs(?:\.exe)?)[\x22']?(?:\s|$)";
        }
        is_option(self.input.text.bytes(), option.span)
            && matches!(option.words.as_str(), "email" | "mail" | "accountemail" | "account email")
            && CLIENT.is_match(self.command(option.span))
    }
}

/// Whether nothing between two options ends a command, or begins or ends the quotes around one of them:
/// `--email "$E" --hook "other --password $P"`.
fn is_one_command(between: &[u8]) -> bool {
    let (mut quote, mut depth, mut at) = (0_u8, 0_i32, 0);
    while at < between.len() {
        let byte = between[at];
        match byte {
            b'\\' => at += 1,
            _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
            b'"' | b'\'' => quote = byte,
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth -= 1,
            // Filters of a template are in braces: `{{ email | lower }}`.
            b';' | b'|' if depth == 0 => return false,
            b'&' if depth == 0 && between.get(at + 1) == Some(&b'&') => return false,
            _ => {}
        }
        at += 1;
    }
    quote == 0
}

#[cfg(test)]
mod tests {
    use super::is_one_command;

    #[test]
    fn a_command_ends_at_operators_and_quotes() {
        for text in [
            "--email a@b.co ",
            "--email \"$E\" --zone 'b' ",
            "--email $E \\\n  ",
            "--email {{ mail | lower }} ",
            "--email \"$(cat mail | head -1)\" ",
            "--email=$(cat mail | head -1) ",
            "--auth-username\", user, \"",
            "--email \"a;b\" ",
        ] {
            assert!(is_one_command(text.as_bytes()), "{text}");
        }
        for text in [
            "--email a@b.co && tool ",
            "--email a@b.co; tool ",
            "--email a@b.co | tool ",
            "--email a@b.co || tool ",
            "--email a@b.co --hook \"tool ",
            "--email a@b.co --hook 'tool ",
            "--email a@b.co\" --other ",
        ] {
            assert!(!is_one_command(text.as_bytes()), "{text}");
        }
    }
}
