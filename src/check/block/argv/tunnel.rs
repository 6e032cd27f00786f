//! The tokens of tunnels in the arguments of `cloudflared` and `warp-cli`.

use std::sync::LazyLock;

use memchr::memmem;

use super::{AFTER, BEFORE, REACH, is_argument, texts};
use crate::check::{Input, captures_around, fixed, named};
use crate::fact::credential::is_credential;
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::literals::Literals;
use crate::span::Span;

/// What takes the token of a tunnel: every match of [`TUNNEL`], [`LISTED`] and [`CONNECTOR`] contains one of these.
pub(super) static TUNNEL_OPTIONS: LazyLock<Literals> =
    LazyLock::new(|| Literals::new(&["--token", "install", "connector"]));

fixed! {
    /// A tunnel token as an argument of `cloudflared`.
    static TUNNEL = r#"(?xs)\b(?:cloudflared(?:\.exe)?|tunnel)["',\s\[\]-]+(?:[^\n;|&]*?)
        (?: \brun\b["',\s\\-]+(?:[^\n;|&]*?)--token(?:["',\s=\\-]+)(?<run>[^\s"',;|&\])]+)
          | \bservice["',\s]+install["',\s]+(?<install>[^\s"',;|&\])]+)
          | --token["',\s=\\-]+(?<early>[^\s"',;|&\])]+) )
        # Whatever the program is called by: `& $exe service install TOKEN`.
        | \bservice["',\s]+install["',\s]+(?<named>eyJ[\w+/=-]{60,})"#;

    /// The option and the token as items of a list, on one line or two; in a property list as elements.
    static LISTED = r#"(?m)(?:^[ \t]*-[ \t]*["']?--token["']?[ \t]*\r?\n[ \t]*-[ \t]*|["']--token["']\s*,\s*|<string>--token</string>\s*<string>)["']?(?<value>\$\(\w+\)|[\w$.{}-]+)"#;

    /// A tunnel token as an argument of `warp-cli`.
    static CONNECTOR = r#"\bwarp-cli\s+(?:--\S+\s+)*connector\s+new\s+["']?(?<token>[^\s"';|&]+)"#;

    /// What follows a text that a command writes to a file: its end, and a redirection.
    static WRITTEN = r#"^[^"'\n]*["']\s*(?:>>?\s*["$\w./~]|\|\s*(?:sudo\s+)?tee\s)"#;
}

/// Finds tunnel tokens in the arguments of `cloudflared` and `warp-cli`.
pub(super) fn tunnels(input: &Input<'_>, out: &mut Vec<(Span, &'static str)>) {
    let bytes = input.text.bytes();
    let mut hits = TUNNEL_OPTIONS.all(bytes);
    // `service install`, also as two arguments of a list.
    let between = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',');
    hits.retain(|hit| {
        let before = &bytes[..hit.start];
        let end = before.len() - before.iter().rev().take_while(|b| between(b)).count();
        bytes[hit.start] != b'i' || before[..end].ends_with(b"service")
    });
    if memmem::find(bytes, b"cloudflared").is_some() {
        for groups in captures_around(&LISTED, &hits, bytes, BEFORE, |_| AFTER) {
            let place = named(&groups, "value");
            let text = place.as_bytes();
            let last = text.rsplit(|b| *b == b'.').next().unwrap_or(text);
            if is_argument(text) || is_credential(text) || last == b"token" {
                out.push((Span::from(place), "tunnel token on the command line"));
            }
        }
    }
    let tunnels = captures_around(&TUNNEL, &hits, bytes, BEFORE, |_| AFTER);
    for groups in tunnels.into_iter().chain(captures_around(&CONNECTOR, &hits, bytes, BEFORE, |_| AFTER)) {
        let Some(place) =
            ["run", "install", "early", "named", "token"].iter().find_map(|name| groups.name(name))
        else {
            continue;
        };
        // A command that is only shown: `echo "cloudflared tunnel run --token $TOKEN"`.
        let line = lines::before(bytes, groups.get_match().start(), REACH).trim_ascii_start();
        let rest = lines::first(&bytes[groups.get_match().end()..]);
        // What is written to a file is a script.
        let shown = [&b"echo "[..], b"printf ", b"Write-Host "].iter().any(|word| line.starts_with(word))
            && !WRITTEN.is_match(rest);
        let mut span = Span::from(place);
        // The end of a text or an element: `` `cloudflared … ${token}` ``, `<code>cloudflared … {{ token }}</code>`.
        let ends = place.as_bytes().iter().position(|b| matches!(b, b'`' | b'<')).filter(|at| *at > 0);
        span.end = span.start + ends.unwrap_or(span.len());
        let argument = &bytes[span.start..span.end];
        let variable = is_shell_variable(argument);
        // There is no other way to install the service than with the token as its argument.
        let installs =
            groups.name("install").is_some() && (variable || is_command_substitution(&bytes[span.start..]));
        let on_page = texts::is_page(input.path) && !argument.starts_with(b"eyJ");
        if shown || installs || on_page || variable && texts::is_shown(input, groups.get_match().start()) {
            continue;
        }
        // `${{ secrets.X }}` contains spaces and `$(X)` a bracket, which the expression stops at.
        for (open, close) in [(&b"${{"[..], &b"}}"[..]), (b"$(", b")")] {
            if argument.starts_with(open)
                && let Some(at) = memmem::find(&bytes[span.start..], close)
            {
                span.end = span.start + at + close.len();
            }
        }
        if is_argument(&bytes[span.start..span.end]) {
            out.push((span, "tunnel token on the command line"));
        }
    }
}

/// Finds tunnel tokens in the arguments that a service of an init system starts `cloudflared` with.
pub(super) fn services(input: &Input<'_>, out: &mut Vec<(Span, &'static str)>) {
    fixed! {
        static ARGUMENTS = r#"(?m)^[ \t]*(?:\w+_)?(?i:args|flags|options|opts)=["'][^"'\n]*--token[ =](?<value>\$\{?(?<name>\w+)\}?)"#;
    }
    let bytes = input.text.bytes();
    if input.path.file_name().ends_with(b".py") || memmem::find(bytes, b"cloudflared").is_none() {
        return;
    }
    for groups in captures_around(&ARGUMENTS, &TUNNEL_OPTIONS.all(bytes), bytes, BEFORE, |_| AFTER) {
        let name = named(&groups, "name").as_bytes();
        if name.eq_ignore_ascii_case(b"token") || is_credential(name) {
            out.push((Span::from(named(&groups, "value")), "tunnel token on the command line"));
        }
    }
}

/// Whether an argument is a variable of a shell: `$TOKEN`, `${TOKEN}`, `%TOKEN%`, `$env:TOKEN`.
fn is_shell_variable(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let name = text.strip_prefix(b"%").map(|rest| rest.strip_suffix(b"%").unwrap_or(rest));
    let braced = || text.strip_prefix(b"${").map(|rest| rest.strip_suffix(b"}").unwrap_or(rest));
    let name =
        name.or_else(braced).or_else(|| text.strip_prefix(b"$env:")).or_else(|| text.strip_prefix(b"$"));
    name.is_some_and(|name| !name.is_empty() && name.iter().all(|b| is_word(*b)))
}

/// Whether a text starts with the output of a command: `$(cat FILE)`. `$(TOKEN)` is a variable of make or Kubernetes.
fn is_command_substitution(text: &[u8]) -> bool {
    let Some(command) = lines::first(text).strip_prefix(b"$(") else { return false };
    let name = &command[..command.iter().take_while(|b| is_word(**b)).count()];
    command.get(name.len()) != Some(&b')') || name.iter().any(u8::is_ascii_lowercase)
}
