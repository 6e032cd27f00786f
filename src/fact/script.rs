//! Where a text is a shell script: in a file of its own, under a key of a pipeline, in a fence of a document.

use memchr::memmem;

use super::fixed;
use super::lines::{self, indentation, last};
use super::place::{is_image, is_prose};
use crate::blob::BlobPath;
use crate::text::Text;

/// How far up the key of a block is looked for, in lines.
const BLOCK: usize = 200;
/// How far up the beginning of a fence is looked for, in bytes.
const FENCE: usize = 20_000;

/// Whether the line of a place is a line of a shell script.
pub fn in_script(text: &Text<'_>, at: usize, path: &BlobPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let end = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    match end {
        b"yml" | b"yaml" => under_script(text, at),
        b"sh" | b"bash" | b"zsh" | b"ksh" | b"fish" | b"bat" | b"cmd" | b"ps1" | b"mk" | b"envrc" => true,
        _ if is_prose(path) => in_shell_fence(text, at),
        _ if is_image(path)
            || name.starts_with(b"jenkinsfile")
            || name == b"makefile"
            || name == b"justfile" =>
        {
            true
        }
        // A name without an end: a hook, a program of a `bin` folder.
        _ => end.len() == name.len() && text.bytes().starts_with(b"#!"),
    }
}

/// Whether a place is in the text that a command of a script shows its user: `echo "  Password: …"`, a document of `cat`.
pub fn is_printed(bytes: &[u8], at: usize) -> bool {
    fixed! {
        static PRINTS = r"(?i)^\s*(?:echo|printf|print|cat|Write-(?:Host|Output|Information))\b";
        static DOCUMENT = r#"<<-?\s*["']?(?P<end>[A-Za-z_]\w*)["']?\s*$"#;
    }
    /// How many lines above the beginning of a document is looked for.
    const LINES: usize = 40;
    // What is written to a file or read by another command is not shown; `>&2` is.
    let shows = |line: &[u8]| {
        let ends = |at: usize| line[at] == b'|' || line.get(at + 1) != Some(&b'&');
        PRINTS.is_match(line) && !memchr::memchr2_iter(b'>', b'|', line).any(ends)
    };
    let line = lines::before(bytes, at, FENCE);
    if PRINTS.is_match(line) {
        return shows(&bytes[at - line.len()..at + lines::first(&bytes[at..]).len()]);
    }
    let above = bytes[..at - line.len()].rsplit(|b| *b == b'\n').skip(1).take(LINES);
    let mut within = vec![line];
    for line in above {
        if let Some(end) = DOCUMENT.captures(line).and_then(|groups| groups.name("end")) {
            let ended = within.iter().any(|line| line.trim_ascii() == end.as_bytes());
            return !ended && shows(line);
        }
        within.push(line);
    }
    false
}

/// Whether a line of YAML is below a key for commands: `run: |`, `script:`.
fn under_script(text: &Text<'_>, at: usize) -> bool {
    const KEYS: &[&[u8]] = &[
        b"run",
        b"script",
        b"before_script",
        b"after_script",
        b"command",
        b"commands",
        b"cmd",
        b"cmds",
        b"args",
        b"shell",
        b"bash",
        b"pwsh",
        b"sh",
        b"inlinescript",
        b"install",
        b"entrypoint",
        b"before_install",
        b"before_deploy",
    ];
    let is_key = |key: &[u8]| KEYS.iter().any(|known| key.eq_ignore_ascii_case(known));
    let own = text.line_index(at);
    // The key may be on the same line: `- run: env`.
    let before = &text.bytes()[text.line(at).start..at];
    let before = before.trim_ascii();
    if let Some(before) = before.strip_suffix(b":") {
        return is_key(before.strip_prefix(b"- ").unwrap_or(before).trim_ascii());
    }
    let mut least = text.line_at(own).map_or(0, |line| indentation(text.get(line)));
    for index in (own.saturating_sub(BLOCK)..own).rev() {
        let Some(line) = text.line_at(index).map(|line| text.get(line)) else { return false };
        if line.trim_ascii().is_empty() || indentation(line) > least {
            continue;
        }
        let content = line.trim_ascii();
        let item = content.starts_with(b"- ") && indentation(line) == least;
        let content = content.strip_prefix(b"- ").unwrap_or(content).trim_ascii_start();
        let key = content.split(|b| *b == b':').next().unwrap_or_default();
        let ends = key.len() < content.len() && !key.contains(&b' ');
        // The items of a list may be as deep as their key.
        if ends && (indentation(line) < least || !item) {
            return is_key(key);
        }
        least = least.min(indentation(line));
    }
    false
}

/// Whether a line of a document is in a fence for shell commands, or for no language.
fn in_shell_fence(text: &Text<'_>, at: usize) -> bool {
    let line = text.line(at);
    if !text.is_fenced(line.start) {
        return false;
    }
    let before = &text.bytes()[line.start.saturating_sub(FENCE)..line.start];
    let Some(open) = memmem::rfind(before, b"```") else { return false };
    let language = before[open + 3..].split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    last(&before[..open]).trim_ascii().is_empty()
        && matches!(
            language,
            b"" | b"sh" | b"bash" | b"shell" | b"zsh" | b"console" | b"shell-session" | b"terminal"
        )
}

#[cfg(test)]
mod tests {
    use super::in_script;
    use super::is_printed;
    use crate::blob::BlobPath;
    use crate::text::Text;

    #[test]
    fn commands_are_told_from_words_that_stand_alone() {
        for (path, text, expected) in [
            ("a.sh", "env", true),
            ("Dockerfile", "env", true),
            ("hook", "#!/bin/sh\nenv", true),
            ("hook", "env", false),
            ("a.ts", "env", false),
            ("a.exs", "%Tesla.Env{\n  env\n  | a: 1}", false),
            ("a.sql", "env", false),
            ("a.yml", "- run: |\n    ls\n    env\n", true),
            ("a.yml", "- run: env\n", true),
            ("a.yml", "run: >-\n  ls\n\n  env\n", true),
            ("a.yml", "script:\n  - ls\n  - env\n", true),
            ("a.yml", "script:\n- ls\n- env\n", true),
            ("a.yml", "job:\n  script:\n    - |\n      env\n", true),
            ("a.yml", "description: Value to\n  env\n", false),
            ("a.yml", "required:\n- image\n- env\n", false),
            ("a.yml", "env:\n  A: b\n", false),
            ("a.md", "```sh\nenv\n```\n", true),
            ("a.md", "```\nenv\n```\n", true),
            ("a.md", "```sql\nenv\n```\n", false),
            ("a.md", "env\n", false),
        ] {
            let at = text.rfind("env").unwrap();
            assert_eq!(
                in_script(&Text::decode(text.as_bytes()), at, &BlobPath::new(path)),
                expected,
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn what_is_shown_is_told_from_what_is_written() {
        let printed = |text: &str| is_printed(text.as_bytes(), text.find("HERE").unwrap());
        for text in [
            "echo \"  Password: HERE\"",
            "a\n  printf 'Email: %s\\nPassword: HERE\\n' \"$p\" >&2\n",
            "Write-Host \"Key: HERE\"",
            "cat <<EOF\nEmail: a\nPassword: HERE\nEOF\n",
            "cat >&2 <<-'END'\n  HERE\n  END\n",
        ] {
            assert!(printed(text), "{text}");
        }
        for text in [
            "echo \"password: HERE\" >> settings.yml",
            "echo \"password: HERE\" | tool --stdin",
            "cat > a.yml <<EOF\nemail: a\npassword: HERE\nEOF\n",
            "cat <<EOF | tool\nHERE\nEOF\n",
            "cat <<EOF\na\nEOF\npassword=HERE\n",
            "tool <<EOF\nHERE\nEOF\n",
            "PASSWORD=HERE",
        ] {
            assert!(!printed(text), "{text}");
        }
    }
}
