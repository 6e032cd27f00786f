//! The token of a tunnel joined to its option, as an item of a list: `--token=${X}` in a list of YAML, `"--token=" + x`
//! in the arguments of a call, `(run --token="$X")` in an array of a shell.

use memchr::memmem;

use super::tunnel::TUNNEL_OPTIONS;
use crate::check::{Input, captures_around, fixed, named, value};
use crate::fact::lines;
use crate::fact::place::is_shell;
use crate::fact::words::words;
use crate::span::Span;

/// How far a list is looked at before an item and after it, and how far after an option its value may reach, in bytes.
const NEAR: usize = 800;
const VALUE: usize = 160;

fixed! {
    /// The option with what is inserted after it, joined to it, or formatted into it.
    static JOINED = r#"(?x)(?P<open>["'`>\s(])--token=
        (?P<value> ["'`]\s*(?:[+.%]|\.\.)\s*[A-Za-z_$][\w.$:>-]*(?:[(\[][^\n()\[\]]{0,80}[)\]])?
          | ["']?(?: \$\{\{[^}\n]{1,120}\}\} | \{\{[^}\n]{1,120}\}\} | \$\([^()\n]{1,120}\) | [$\#]?\{[^{}\n]{0,120}\} | \$[\w:]+ | %\w+%
          | %[sv] | eyJ[\w+/=-]{60,}) )"#;
}

/// Finds the tokens of tunnels that are joined to their option.
pub(super) fn joined(input: &Input<'_>, out: &mut Vec<(Span, &'static str)>) {
    let bytes = input.text.bytes();
    let mut hits = TUNNEL_OPTIONS.all(bytes);
    hits.retain(|hit| bytes[hit.start] == b'-' && bytes.get(hit.end) == Some(&b'='));
    if hits.is_empty() || memmem::find(bytes, b"cloudflared").is_none() {
        return;
    }
    for groups in captures_around(&JOINED, &hits, bytes, 1, |_| VALUE) {
        let at = groups.get_match().start() + 1;
        let mut span = Span::from(named(&groups, "value"));
        // The quote of a literal belongs to the array of the shell.
        let quoted =
            matches!(&bytes[span.start..span.end], [b'"' | b'\'', b'$' | b'{' | b'e' | b'%' | b'#', ..]);
        span.start += usize::from(quoted);
        let text = &bytes[span.start..span.end];
        let Some(list) = list(input, at) else { continue };
        let sample = text.starts_with(b"eyJ") && value::is_placeholder(text);
        if !sample && is_of_tunnel(&bytes[list.start..list.end], text) {
            out.push((span, "tunnel token on the command line"));
        }
    }
}

/// Whether a list of arguments is that of `cloudflared`: it says so, or its items are those after `cloudflared tunnel` and
/// its value is named after the token of a tunnel.
fn is_of_tunnel(list: &[u8], value: &[u8]) -> bool {
    let (said, named) = (words(list), words(value));
    let has = |text: &str, of: &[&str]| text.split(' ').any(|word| of.contains(&word));
    // `(run --token=…)`, but not `run(["gh", …])`.
    let items = list.rsplit(|b| *b == b'(').next().unwrap_or(list);
    let runs = words(items).split(' ').next() == Some("run");
    let only = || named.split(' ').all(|word| matches!(word, "token" | ""));
    has(&said, &["tunnel", "cloudflared"])
        || has(&named, &["tunnel", "cloudflared", "cftunnel"])
        || runs && (only() || has(&named, &["cloudflare", "cf", "argo"]))
}

/// Returns the list that an item is in, as far as it may be one of arguments.
fn list(input: &Input<'_>, at: usize) -> Option<Span> {
    let bytes = input.text.bytes();
    let line = lines::before(bytes, at, NEAR).trim_ascii_start();
    if line.strip_prefix(b"-").is_some_and(|rest| matches!(rest.trim_ascii(), b"" | b"\"" | b"'")) {
        return Some(items(bytes, at));
    }
    if bytes[at - 1] == b'>' {
        let floor = at.saturating_sub(NEAR);
        let start = memmem::rfind(&bytes[floor..at], b"<array>")?;
        return Some(Span::new(floor + start, at));
    }
    let list = enclosing(bytes, at, is_shell(input.text, input.path))?;
    // What is printed is not run.
    fixed! {
        static PRINTS = r"(?i)(?:print\w*|log\w*|echo|puts|error\w*|warn\w*|info|debug)!?\s*\($";
    }
    let shown = (list.start..at)
        .filter(|at| bytes[*at] == b'(')
        .any(|open| PRINTS.is_match(&bytes[open.saturating_sub(20).max(list.start)..=open]));
    (!shown).then_some(list)
}

/// Returns the items of a YAML list around one of them: lines that begin with a dash, or are comments.
fn items(bytes: &[u8], at: usize) -> Span {
    let (floor, limit) = (at.saturating_sub(NEAR), bytes.len().min(at + NEAR));
    let is_item = |line: &[u8]| matches!(line.trim_ascii_start().first(), Some(b'-' | b'#'));
    let mut start = lines::start(bytes, floor, at);
    while start > floor {
        let above = lines::start(bytes, floor, start - 1);
        if !is_item(&bytes[above..start]) {
            break;
        }
        start = above;
    }
    let mut end = at;
    for line in bytes[at..limit].split_inclusive(|b| *b == b'\n') {
        if end > at && !is_item(line) {
            break;
        }
        end += line.len();
    }
    Span::new(start, end)
}

/// Returns the lists and calls that a place is inside of, up to it, with the beginning of the line of the outermost. In a
/// shell, only an array.
fn enclosing(bytes: &[u8], at: usize, shell: bool) -> Option<Span> {
    const LEVELS: usize = 3;
    let floor = at.saturating_sub(NEAR);
    let (mut depth, mut levels, mut opened) = (0_usize, 0, None);
    for (back, byte) in bytes[floor..at].iter().enumerate().rev() {
        let here = floor + back;
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            b'(' | b'[' | b'{' => {
                if shell && !(*byte == b'(' && bytes[floor..here].ends_with(b"=")) {
                    break;
                }
                (levels, opened) = (levels + 1, Some(here));
                if levels == LEVELS || shell {
                    break;
                }
            }
            b';' if depth == 0 => break,
            // A statement ends with its line, unless something shows that it goes on.
            b'\n' if depth == 0 && !shell => {
                let above = bytes[floor..here].trim_ascii_end().last();
                if !above.is_some_and(|b| b",([{+\\.".contains(b)) {
                    break;
                }
            }
            _ => {}
        }
    }
    opened.map(|open| Span::new(lines::start(bytes, floor, open), at))
}

#[cfg(test)]
mod tests {
    use super::joined;
    use crate::check::tests::asked;

    // flaresec: allow-start(credential-in-argv, credential-logged) texts that tests look at

    fn found(path: &str, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        asked(path, text, |input| joined(input, &mut out));
        out.iter().map(|(span, _)| text[span.start..span.end].to_owned()).collect()
    }

    #[test]
    fn tokens_are_joined_to_their_option() {
        for (path, text, value) in [
            (
                "compose.yaml",
                "image: cloudflare/cloudflared\ncommand:\n  - tunnel\n  - --no-autoupdate\n  - run\n  - --token=${T}\n",
                "${T}",
            ),
            (
                "a.yaml",
                "image: cloudflared\nargs:\n- tunnel\n# quiet\n- --loglevel\n- warn\n- run\n- \"--token=$(T)\"\n",
                "$(T)",
            ),
            (
                "a.yaml",
                "image: cloudflared\nargs:\n- --token={{ .Values.token }}\n- tunnel\n",
                "{{ .Values.token }}",
            ),
            (
                "task.json",
                "\"image\": \"cloudflared\", \"command\": [\n  \"tunnel\",\n  \"run\",\n  \"--token=${T}\"\n]",
                "${T}",
            ),
            (
                "a.py",
                "run([\"cloudflared\", \"tunnel\", \"run\", \"--token=\" + os.environ[\"T\"]])",
                "\" + os.environ[\"T\"]",
            ),
            ("a.py", "run([\"cloudflared\", \"tunnel\", \"run\", f\"--token={cfg.token}\"])", "{cfg.token}"),
            ("a.py", "run([\n    \"cloudflared\",\n    \"tunnel\",\n    \"--token={}\".format(t),\n])", "{}"),
            (
                "a.go",
                "exec.Command(\"cloudflared\", \"tunnel\", \"run\", \"--token=\"+os.Getenv(\"T\")).Run()",
                "\"+os.Getenv(\"T\")",
            ),
            ("a.go", "// cloudflared\nargs = append(args, \"--token=\"+tunnelToken)", "\"+tunnelToken"),
            (
                "a.rs",
                "Command::new(\"cloudflared\").args([\"tunnel\", \"run\", &format!(\"--token={token}\")])",
                "{token}",
            ),
            (
                "a.sh",
                "o+=(run --token=\"$TUNNEL_TOKEN\")\nexec cloudflared tunnel \"${o[@]}\"",
                "$TUNNEL_TOKEN",
            ),
            (
                "run.sh",
                "o=(\n  tunnel\n  run\n  --token=\"$(config 'x')\"\n)\ncloudflared \"${o[@]}\"",
                "$(config 'x')",
            ),
            ("a.plist", "<array><string>cloudflared</string><string>--token=$T</string></array>", "$T"),
        ] {
            assert_eq!(found(path, text), [value], "{text}");
        }
    }

    #[test]
    fn options_of_other_programs_are_left_alone() {
        for (path, text) in [
            (
                "compose.yaml",
                "image: cloudflared\ncommand:\n  - tunnel\n  - run\nb:\n  command:\n  - --token=${GITHUB_TOKEN}\n",
            ),
            ("a.yaml", "image: cloudflared\nargs:\n- tunnel\n- run\n- --token-file=${T}\n"),
            ("a.yaml", "image: cloudflared\nargs:\n- tunnel\n- run\n- --token=<token>\n"),
            ("a.py", "# cloudflared\nrun([\"gh\", \"auth\", \"login\", \"--token=\" + token])"),
            ("a.py", "# cloudflared\nprint(\"cloudflared tunnel\", \"--token=\" + token)"),
            ("a.go", "log.Println(\"cloudflared tunnel run\", \"--token=\"+token)"),
            ("a.go", "exec.Command(\"cloudflared\", \"tunnel\")\nexec.Command(\"gh\", \"--token=\"+token)"),
            ("a.sh", "f() {\n  cloudflared tunnel list\n  gh login --token=$T\n}"),
            ("a.sh", "o=(run --token=\"$RUNNER_TOKEN\")\ngitlab-runner \"${o[@]}\"\ncloudflared tunnel list"),
        ] {
            assert_eq!(found(path, text), [""; 0], "{text}");
        }
    }

    // flaresec: allow-end
}
