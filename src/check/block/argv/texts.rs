//! Commands in the texts of programs: handed to what runs them, or only shown to a person.

use memchr::memmem;

use crate::blob::BlobPath;
use crate::check::{Input, fixed};
use crate::fact::lines;
use crate::fact::place::{is_code, is_shell};
use crate::fact::words::is_word;
use crate::literals::contains;
use crate::span::Span;

/// How much of the line before a command is looked at, in bytes.
const LINE: usize = 400;

/// Whether a command that starts at a place of a program is only shown: in the markup of a page, or in a text of one line
/// that nothing runs. A text of several lines is a script.
pub(super) fn is_shown(input: &Input<'_>, at: usize) -> bool {
    let bytes = input.text.bytes();
    if !is_code(input.path) || is_shell(input.text, input.path) || input.path.file_name().ends_with(b".ps1") {
        return false;
    }
    let line = lines::before(bytes, at, LINE);
    let Some(open) = quote(line) else { return is_markup(input, at) };
    // Some languages run what is between backticks.
    if line[open] == b'`'
        && [&b".rb"[..], b".pl", b".php"].iter().any(|end| input.path.file_name().ends_with(end))
    {
        return false;
    }
    let (before, text) = (&line[..open], &line[open + 1..]);
    // A script of several lines in one text.
    let rest = lines::first(&bytes[at..]);
    let script =
        text.starts_with(b"#!") || [text, rest].iter().any(|part| memmem::find(part, b"\\n").is_some());
    !script && !runs(before) && !name(before).is_some_and(|name| names_script(bytes, name))
}

/// Whether the file is a page or a component of one, which runs in a browser: what it says of commands is shown.
pub(super) fn is_page(path: &BlobPath) -> bool {
    const PAGES: &[&[u8]] = &[
        b".vue",
        b".svelte",
        b".html",
        b".htm",
        b".xhtml",
        b".hbs",
        b".handlebars",
        b".mustache",
        b".ejs",
        b".cshtml",
        b".html.erb",
        b".html.j2",
        b".html.twig",
        b".html.heex",
        b".html.tmpl",
        b".gohtml",
        b".blade.php",
        b".razor",
    ];
    let name = path.file_name().to_ascii_lowercase();
    PAGES.iter().any(|end| name.ends_with(end))
}

/// Whether a command that starts at a place of a program is in a text of that line which is run, itself or by its name.
pub(super) fn is_run(input: &Input<'_>, at: usize) -> bool {
    fixed! {
        static CALL = r#"(?i)(?:exec\w*|spawn\w*|system\w*|popen\w*|passthru|subprocess\.\w+|check_(?:call|output)|\brun\w*|\bcall|\bsh|\bcmd\.\w+)(?:\(|[ \t]+|\[|["'`,-]|\s|\bsh\b|\bbash\b|\bcmd\b)*[frbu]{0,2}$"#;
    }
    let bytes = input.text.bytes();
    let line = lines::before(bytes, at, LINE);
    let Some(open) = quote(line) else { return false };
    let before = &line[..open];
    let hands_on = |place: usize| CALL.is_match(lines::before(bytes, place, LINE));
    CALL.is_match(before) || name(text_start(before)).is_some_and(|name| uses(bytes, name).any(hands_on))
}

/// Returns what precedes the prefix of a text: of `cmd = f`, `cmd = `.
fn text_start(before: &[u8]) -> &[u8] {
    let bare = before.strip_suffix(b"f").unwrap_or(before);
    if bare.ends_with(b" ") || bare.ends_with(b"=") { bare } else { before }
}

/// Whether a value is in the address of an image or a link, on a host that is not Cloudflare's: `<img src="https://…">`.
pub(super) fn is_linked(bytes: &[u8], place: Span) -> bool {
    let line = lines::before(bytes, place.start, LINE);
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'(' | b'<' | b'>');
    let start = line.iter().rposition(ends).map_or(0, |at| at + 1);
    let (before, address) = line.split_at(start);
    let opens = [&b"src="[..], b"href=", b"]("];
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    address.starts_with(b"http")
        && opens.iter().any(|open| before.ends_with(open))
        && !contains(address, b"cloudflare")
}

/// Returns where the text begins that a line ends in.
fn quote(line: &[u8]) -> Option<usize> {
    let (mut open, mut at) = (None, 0);
    while at < line.len() {
        match line[at] {
            b'\\' => at += 1,
            byte @ (b'"' | b'\'' | b'`') => match open {
                None => open = Some(at),
                Some(start) if line[start] == byte => open = None,
                Some(_) => {}
            },
            _ => {}
        }
        at += 1;
    }
    open
}

/// Whether a place outside of all texts of its line is in the markup of a page: not in a template of several lines.
fn is_markup(input: &Input<'_>, at: usize) -> bool {
    const PAGES: &[&[u8]] = &[b".tsx", b".jsx", b".vue", b".svelte", b".astro"];
    let before = &input.text.bytes()[..at];
    let in_template = memchr::memchr_iter(b'`', before).count() % 2 == 1;
    PAGES.iter().any(|end| input.path.file_name().ends_with(end)) && !in_template
}

/// Whether the code before a text hands it to something that runs commands or writes a script.
fn runs(before: &[u8]) -> bool {
    fixed! {
        static RUNS = r"(?i)exec|spawn|system|popen|subprocess|command|cmd|shell|\bsh\b|bash|\bssh|\brun|script|user_?data|startup|entrypoint|\bargs|write|remote|-c\b|\$$|%x";
    }
    RUNS.is_match(before)
}

/// Returns the name that is assigned what follows: `const text = `, `"text": `.
fn name(before: &[u8]) -> Option<&[u8]> {
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b"=").or_else(|| before.strip_suffix(b":"))?;
    let before = before.strip_suffix(b":").unwrap_or(before).trim_ascii_end();
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    let start = before.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
    (start < before.len()).then(|| &before[start..])
}

/// Whether a line of the program runs what has the name.
fn names_script(bytes: &[u8], name: &[u8]) -> bool {
    uses(bytes, name).any(|at| runs(lines::before(bytes, at, LINE)))
}

/// Returns where a name stands as a word.
fn uses<'b>(bytes: &'b [u8], name: &'b [u8]) -> impl Iterator<Item = usize> {
    /// How many places are looked at.
    const USES: usize = 50;
    memmem::find_iter(bytes, name).take(USES).filter(|at| {
        !at.checked_sub(1).is_some_and(|before| is_word(bytes[before]))
            && !bytes.get(at + name.len()).is_some_and(|b| is_word(*b))
    })
}

#[cfg(test)]
mod tests {
    use super::is_shown;
    use crate::check::tests::asked;

    // flaresec: allow-start(credential-in-argv) texts that tests look at

    /// Whether the command in a text is only shown.
    fn shown(path: &str, text: &str) -> bool {
        asked(path, text, |input| is_shown(input, text.find("cloudflared tunnel").expect("a command")))
    }

    #[test]
    fn texts_and_markup_show_commands() {
        for (path, text) in [
            ("a.tsx", "const steps = [{ text: 'cloudflared tunnel run --token $T (auto)' }];"),
            ("a.tsx", "const A = () => <code>cloudflared tunnel run --token $T</code>;"),
            ("a.jsx", "<pre>{`cloudflared tunnel run --token $T`}</pre>"),
            ("a.vue", "<template>\n  <code>\n    cloudflared tunnel run --token $T\n  </code>\n</template>"),
            ("a.py", "HELP = \"Run: cloudflared tunnel run --token $T\""),
            ("a.py", "st.code(\"cloudflared tunnel run --token $T\")"),
            ("a.go", "hint := \"cloudflared tunnel run --token $T\"\nfmt.Println(hint)"),
            ("a.rb", "puts 'cloudflared tunnel run --token $T'"),
        ] {
            assert!(shown(path, text), "{path} {text}");
        }
    }

    #[test]
    fn what_runs_or_writes_commands_is_told_from_it() {
        for (path, text) in [
            ("a.ts", "exec('cloudflared tunnel run --token $T');"),
            ("a.ts", "spawn('sh', ['-c', 'cloudflared tunnel run --token $T']);"),
            ("a.ts", "const text = 'cloudflared tunnel run --token $T';\nexecSync(text);"),
            ("a.tsx", "const userData = `#!/bin/bash\napt install a\ncloudflared tunnel run --token $T\n`;"),
            ("a.py", "os.system(\"cloudflared tunnel run --token $T\")"),
            ("a.py", "cmd = \"cloudflared tunnel run --token $T\""),
            ("a.py", "ssh.exec_command(\"cloudflared tunnel run --token $T\")"),
            ("a.py", "UNIT = \"\"\"\n[Service]\nExecStart=cloudflared tunnel run --token $T\n\"\"\""),
            (
                "a.go",
                "text := \"cloudflared tunnel run --token $T\"\nexec.Command(\"sh\", \"-c\", text).Run()",
            ),
            ("a.go", "f([]byte(\"#!/bin/sh\\nexec cloudflared tunnel run --token $T\\n\"))"),
            ("a.rb", "text = `cloudflared tunnel run --token $T`"),
            ("a.sh", "echo 'cloudflared tunnel run --token $T'"),
            ("a.ps1", "$a = \"cloudflared tunnel run --token $T\""),
            ("package.json", "{\"scripts\": {\"t\": \"cloudflared tunnel run --token $T\"}}"),
            ("a.md", "```\ncloudflared tunnel run --token $T\n```"),
        ] {
            assert!(!shown(path, text), "{path} {text}");
        }
    }

    // flaresec: allow-end
}
