//! Code that searches for something rather than does it: rules of linters and secret scanners, search commands. What
//! they mention is never sent or set.

use std::sync::LazyLock;

use memchr::memmem;

use super::fixed;
use super::place::is_prose;
use crate::blob::BlobPath;
use crate::literals::{Literals, contains};
use crate::text::Text;

/// How much of a file is examined to tell whether it is a list of rules, in bytes.
const HEAD: usize = 64 * 1024;

/// Whether the file contains rules of a linter, a policy checker or a secret scanner.
pub fn is_rules(text: &Text<'_>, path: &BlobPath) -> bool {
    /// Tools whose names occur in paths of rule files.
    static TOOLS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::caseless(&[
            "semgrep",
            "opengrep",
            "gitleaks",
            "trufflehog",
            "secretlint",
            "ast-grep",
            "sgconfig",
            "noseyparker",
            "git-secrets",
            "kingfisher",
        ])
    });
    /// File extensions of policy and query languages.
    const ENDS: &[&[u8]] = &[b".rego", b".yar", b".yara", b".ql", b".qll", b".sentinel"];
    /// Keys for patterns: one must occur before the expressions are tried.
    static LOOKS: [&[u8]; 3] = [b"pattern", b"regex", b"selector"];
    fixed! {
        static SAYS = r#"(?m)^[ \t\-{]*["']?(?:message|severity|description|languages?|keywords|secretGroup)["']?[ \t]*[:=]"#;
        static LIST = r#"(?m)^[ \t\-{]*["']?(?:rules?|detectors|plugins|checks|policies)["']?[ \t]*[:=]|^\[\[rules\]\]"#;
        static PATTERN = r#"(?m)^[ \t\-{]*["']?(?:pattern(?:s|-\w+)?|reg-?ex|selector)["']?[ \t]*[:=]"#;
    }
    let ends = |end: &[u8]| {
        let own = path.as_bytes();
        own.len() >= end.len() && own[own.len() - end.len()..].eq_ignore_ascii_case(end)
    };
    if TOOLS.find(path.as_bytes(), 0).is_some() || ENDS.iter().any(|end| ends(end)) {
        return true;
    }
    let settings = [&b".yml"[..], b".yaml", b".toml", b".json"].into_iter().any(ends);
    let bytes = text.bytes().trim_ascii_start();
    let bytes = &bytes[..bytes.len().min(HEAD)];
    // Manifests have rules and selectors of other kinds, unless they are policies.
    let manifest = memmem::find(bytes, b"apiVersion:").is_some()
        && ![&b"kyverno"[..], b"gatekeeper", b"Policy"]
            .iter()
            .any(|word| memmem::find(bytes, word).is_some());
    settings
        && !manifest
        && LOOKS.iter().any(|word| memmem::find(bytes, word).is_some())
        && LIST.is_match(bytes)
        && PATTERN.is_match(bytes)
        && SAYS.is_match(bytes)
}

/// How much of a line before a place is examined, in bytes.
const COMMAND: usize = 1000;

/// Whether the place is what a command searches for: `grep -r 'X-Auth-Key: ' src`, or a hook that does.
pub fn in_search(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    const SEARCH: &[&[u8]] = &[
        b"grep",
        b"egrep",
        b"fgrep",
        b"zgrep",
        b"ggrep",
        b"rg",
        b"ag",
        b"ack",
        b"findstr",
        b"select-string",
        b"sls",
        b"log",
    ];
    /// Words that may precede the command.
    const BEFORE: &[&[u8]] = &[
        b"if", b"while", b"until", b"!", b"then", b"do", b"else", b"elif", b"git", b"sudo", b"command",
        b"xargs", b"time", b"run:", b"-", b"@", b"exec", b"&", b"test", b"not",
    ];
    let line = text.line(at);
    let before = &text.bytes()[line.start.max(at.saturating_sub(COMMAND))..at];
    if before.trim_ascii_start().starts_with(b"entry:") && contains(text.bytes(), b"pygrep") {
        return true;
    }
    if is_prose(path) {
        return false;
    }
    let command = command(before);
    let mut words = command.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let Some(first) = words.find(|word| !BEFORE.contains(&word.to_ascii_lowercase().as_slice())) else {
        return false;
    };
    let name = first.rsplit(|b| matches!(b, b'/' | b'(' | b'`' | b'@' | b'"')).next().unwrap_or(first);
    let name = name.to_ascii_lowercase();
    // `git log -S 'X-Auth-Key: '` searches, other commands named `log` do not.
    SEARCH.contains(&name.as_slice()) && (name != b"log" || memmem::find(command, b"git log").is_some())
}

/// Returns the last command on a line of a shell script, respecting quotes.
fn command(line: &[u8]) -> &[u8] {
    let (mut start, mut quote) = (0, 0_u8);
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b'\\' if quote != b'\'' => at += 1,
            b'"' | b'\'' if quote == 0 => quote = line[at],
            byte if byte == quote => quote = 0,
            b'|' | b';' | b'&' if quote == 0 => start = at + 1,
            b'(' if quote != b'\'' && at > 0 && line[at - 1] == b'$' => (start, quote) = (at + 1, 0),
            _ => {}
        }
        at += 1;
    }
    &line[start.min(line.len())..]
}

#[cfg(test)]
mod tests {
    use super::{in_search, is_rules};
    use crate::blob::BlobPath;
    use crate::text::Text;

    #[test]
    fn commands_that_search_hold_patterns() {
        for (line, search) in [
            ("grep -rn 'HERE' src", true),
            ("if git grep -n \"a|HERE\" -- '*.env'; then", true),
            ("! rg -n \"HERE\" deploy && exit 1", true),
            ("hits=$(grep -c 'HERE' a.sh)", true),
            ("cat a | grep -E 'x|HERE'", true),
            ("git log -S 'HERE'", true),
            ("grep -c a b && curl -H \"HERE\"", false),
            ("curl -H 'HERE' | grep a", false),
            ("curl -H \"HERE\"", false),
        ] {
            let at = line.find("HERE").unwrap();
            let found = in_search(&Text::decode(line.as_bytes()), at, &BlobPath::new("a.sh"));
            assert_eq!(found, search, "{line}");
        }
    }

    #[test]
    fn rules_look_for_something_and_say_something_about_it() {
        for (path, text, rules) in [
            (".semgrep/a.yml", "", true),
            ("policy/a.rego", "", true),
            ("lint/a.yml", "rules:\n  - id: a\n    message: b\n    pattern: c\n", true),
            ("a.toml", "[[rules]]\nid = 'a'\nregex = 'b'\ndescription = 'c'\n", true),
            ("ci.yml", "rules:\n  - if: a\nscript: grep pattern\n", false),
            ("main.tf", "rules = [{ description = 1, pattern = 2 }]", false),
        ] {
            assert_eq!(is_rules(&Text::decode(text.as_bytes()), &BlobPath::new(path)), rules, "{path}");
        }
    }
}
