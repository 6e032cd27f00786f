//! Credentials that a program prints or responds with: in the arguments of calls, as code or inside of strings.

use std::cell::LazyCell;
use std::sync::LazyLock;

use memchr::memmem;

use super::super::is_comment;
use super::passage::{Style, arrives};
use super::shell::substitution;
use super::{Known, Leak, Sink, is_known, text_of};
use crate::blob::BlobPath;
use crate::check::{Input, captures_around, fixed, named};
use crate::fact::credential::is_credential;
use crate::fact::place::{in_prose, is_program, is_shell};
use crate::fact::words::is_word;
use crate::fact::{brackets, lines};
use crate::literals::{Hit, Literals, contains};
use crate::span::Span;

/// How long the arguments of a call may be, in bytes.
const ARGUMENTS: usize = 2000;
/// How much of the line before a call is examined, in bytes.
const LINE: usize = 256;

fixed! {
    /// A chained call that adds something to a log entry.
    static LINK = r"^\)\s*\.(?:Str|Any|Interface|Bytes|Stringer|Fields?|Dict|Bool|Int|Err|Dur|Time|Msgf?|Send|[wW]ithFields?|addKeyValue|addArgument|setMessage|log)\(";
}

/// The maximum number of chained calls that are followed.
const LINKS: usize = 12;

fixed! {
    /// A call that prints or logs its arguments.
    static CALL = r#"(?x)(?:^|[^\w.$-])(?<sink>
            console\.(?:log|error|warn|info|debug|trace|dir|table)
          | (?:self\.|this\.|\w+\.)?(?:\w*[lL]og(?:ger|ging)?|LOG|LOGGER|slog|glog|klog|logrus|winston|pino|core|fastify\.log|app\.log|c\.log)\.
              (?:\w+\.)?(?:debug|info|warn|warning|error|critical|exception|trace|fatal|log|notice|Debug|Info|Warn|Error|Fatal|Panic|Print|Trace|Log|WithFields?|With|bind)(?:f|ln|w|Context|Information|Warning|Error|Debug|Critical)?
          | (?:\$this->|\$)?\w*[lL]og(?:ger)?(?:\(\))?->(?:debug|info|notice|warning|error|critical|alert|emergency|log)
          | \\?Log::(?:debug|info|notice|warning|error|critical|alert|emergency)
          | Logger\.\w+ | Log\.\w+ | _?logger\.Log\w+
          | fmt\.(?:Print\w*|Fprint\w*(?:\(\s*os\.Std(?:out|err)\s*,)?) | log\.(?:Print|Fatal|Panic)\w*
          | (?:std::)?(?:print|println|eprint|eprintln|dbg|info|debug|warn|error|trace)!
          | System\.(?:out|err)\.print\w* | Console\.(?:Error\.)?Write(?:Line)? | Debug\.(?:Log|Print|WriteLine) | Trace\.WriteLine
          | process\.std(?:out|err)\.write | \$?(?:stderr|stdout|STDERR|STDOUT)\.(?:puts|print|printf|write) | fprintf\(\s*stderr\s*, | NSLog | io\.write | sys\.std(?:out|err)\.write | IO\.(?:puts|inspect|warn)
          | ngx\.(?:log|say|print) | click\.s?echo | typer\.echo | rich\.print | st\.(?:write|text|code) | print_r | var_dump | error_log | var_export | wp_die
          | pprint(?:\.pprint)? | pp | puts | p | print | println | printf | echo | die | dd | dump | inspect | alert
        )(?<open>\s*\(|\ +\{|\ +)"#;
}

/// How far before one of its words a call may begin, and how far after it its arguments, in bytes.
const AROUND: usize = 100;

/// Returns where calls that print may be: every match of [`CALL`] contains one of these words.
fn hints(bytes: &[u8]) -> Vec<Hit> {
    /// Words that are searched for as they are.
    const WORDS: &[&str] = &[
        "log",
        "console.",
        "winston",
        "pino",
        "core.",
        "rint",
        "rite",
        "dbg!",
        "info!",
        "debug!",
        "warn!",
        "error!",
        "trace!",
        "puts",
        "inspect",
        "io.warn",
        "ngx.",
        "echo",
        "st.text",
        "st.code",
        "dump",
        "var_export",
        "die",
        "alert",
    ];
    /// The ends of names that are too short for that.
    const SHORT: &[(&str, &[&[u8]])] =
        &[("p(", &[b"p", b"pp"]), ("p ", &[b"p", b"pp"]), ("dd(", &[b"dd"]), ("dd ", &[b"dd"])];
    static HINTS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::caseless(
            &WORDS.iter().copied().chain(SHORT.iter().map(|(end, _)| *end)).collect::<Vec<_>>(),
        )
    });
    let mut hits = HINTS.all(bytes);
    hits.retain(|hit| {
        let Some((_, names)) = hit.index.checked_sub(WORDS.len()).map(|short| SHORT[short]) else {
            return true;
        };
        let before = &bytes[..hit.end - 1];
        let start = before.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
        names.contains(&&before[start..])
    });
    hits
}

/// Finds credentials in the arguments of calls that print or log. The arguments of other such calls are `harmless`.
pub(super) fn calls(input: &Input<'_>, known: &Known<'_>, out: &mut Vec<Leak>, harmless: &mut Vec<Sink>) {
    let bytes = input.text.bytes();
    piped(bytes, known, out);
    let php = LazyCell::new(|| memmem::find(bytes, b"<?").is_some());
    for groups in captures_around(&CALL, &hints(bytes), bytes, AROUND, |_| AROUND) {
        let sink = named(&groups, "sink");
        let open = named(&groups, "open");
        let name = sink.as_bytes();
        // In Kotlin and Ruby the message may be a block.
        let block = bytes[open.end() - 1] == b'{';
        if block && memmem::find(name, b"log").is_none() {
            continue;
        }
        let paren = block || bytes[open.end() - 1] == b'(';
        // `<p class=…` is a paragraph, `p := …` a variable, `print …` in a sentence a word.
        let tag = sink.start() > 0 && bytes[sink.start() - 1] == b'<';
        let set = bytes[open.end()..].starts_with(b"=") || bytes[open.end()..].starts_with(b":=");
        // `awk '{print $1}'` is a program of its own.
        let named_alone = matches!(name, b"puts" | b"p" | b"print" | b"pp" | b"dump" | b"die");
        if tag || !paren && named_alone && !has_bare_calls(input.path) {
            continue;
        }
        if !paren && (set || in_prose(input.text, sink.start(), input.path)) {
            continue;
        }
        if is_comment(lines::before(bytes, sink.start(), LINE)) {
            continue;
        }
        if is_data(input, sink.start()) || is_captured(input, sink.start()) {
            continue;
        }
        if name.starts_with(b"fmt.Fprint") && !name.contains(&b'(') {
            continue;
        }
        if !paren
            && !matches!(name, b"puts" | b"p" | b"print" | b"echo" | b"pp" | b"dump" | b"die")
            && !name.contains(&b'(')
            && !name.ends_with(b".puts")
            && !logs_in_ruby(name, &bytes[open.end()..])
        {
            continue;
        }
        // `echo` is a shell command, unless the file is PHP.
        if name == b"echo" && !*php {
            continue;
        }
        let (mut start, mut links) = (open.end(), 0);
        loop {
            let end = arguments_end(bytes, start, paren || name.contains(&b'('));
            let body = &bytes[start..end];
            // In Rust, names in braces are replaced in plain string literals of macros.
            let inline = name.ends_with(b"!");
            let place = printed(body, inline, known, &|name, at| is_known(name, start + at, known, body));
            if let Some(place) = place.or_else(|| header(body, start, known)) {
                let span = Span::new(start + place.start, start + place.end);
                out.push(Leak::new(span, format!("prints `{}`", text_of(&bytes[span.start..span.end]))));
                break;
            }
            // `log.Info().Str("token", token).Msg("…")`
            harmless.push(Sink::Call { own: Span::new(start, end), inline });
            let Some(next) = LINK.find(&bytes[end..]).filter(|_| links < LINKS) else { break };
            (start, links) = (end + next.end(), links + 1);
        }
    }
}

/// Whether a call is only the text of a literal in a program, which does not run it: `["console.log(token)"]`.
fn is_data(input: &Input<'_>, at: usize) -> bool {
    let bytes = input.text.bytes();
    const RUNS: &[&[u8]] = &[b"-e", b"-c", b"-p", b"eval", b"exec", b"system", b"run", b"spawn", b"sh"];
    let quoted = at > 0 && matches!(bytes[at - 1], b'"' | b'\'' | b'`');
    let before = lines::before(bytes, at.saturating_sub(1), LINE);
    quoted
        && is_program(input.text, input.path)
        && !RUNS.iter().any(|word| memmem::find(before, word).is_some())
}

/// Whether what a call in a script prints takes the place of the command around it: `T=$(python3 -c "print(token)")`.
fn is_captured(input: &Input<'_>, at: usize) -> bool {
    let line = lines::before(input.text.bytes(), at, LINE);
    let script = || is_shell(input.text, input.path) || !is_program(input.text, input.path);
    memmem::find(line, b"$(").is_some() && script() && substitution(line).is_some()
}

/// What Elixir hands to a call that prints it: `System.get_env("NAME") |> IO.inspect()`.
fn piped(bytes: &[u8], known: &Known<'_>, out: &mut Vec<Leak>) {
    fixed! {
        static PIPED = r"(?P<value>[^\n|]{3,200})\s*\|>\s*IO\.(?:inspect|puts)\b";
    }
    if memmem::find(bytes, b"|> IO.").is_none() {
        return;
    }
    for groups in PIPED.captures_iter(bytes) {
        let value = named(&groups, "value");
        let is_known = |name: &[u8], at| is_known(name, value.start() + at, known, value.as_bytes());
        if let Some(place) = printed(value.as_bytes(), false, known, &is_known) {
            let span = place.shift(value.start());
            out.push(Leak::new(span, format!("prints `{}`", text_of(&bytes[span.start..span.end]))));
        }
    }
}

/// Whether the file is in a language whose calls need no brackets, or a document, which may hold any.
fn has_bare_calls(path: &BlobPath) -> bool {
    const ENDS: &[&[u8]] = &[
        b"rb", b"rake", b"gemspec", b"ru", b"erb", b"cr", b"pl", b"pm", b"t", b"py", b"php", b"phtml",
        b"inc", b"coffee", b"tcl", b"groovy", b"md", b"mdx", b"rst", b"adoc", b"ipynb", b"ex", b"exs",
    ];
    let name = path.file_name();
    let end = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    ENDS.contains(&end) || end.len() == name.len()
}

/// Whether the call is `logger.info "…"`: Ruby needs no brackets.
fn logs_in_ruby(name: &[u8], rest: &[u8]) -> bool {
    let logger = name.starts_with(b"logger.") || memmem::find(name, b".logger.").is_some();
    logger && matches!(rest.first(), Some(b'"' | b'\''))
}

/// Returns the closing bracket of a call, or the end of the statement if it has no brackets.
pub(super) fn arguments_end(bytes: &[u8], start: usize, paren: bool) -> usize {
    let limit = bytes.len().min(start + ARGUMENTS);
    let marks: &[u8] = if paren { b"" } else { b"\n;" };
    brackets::end_in_code(&bytes[start..limit], marks).map_or(limit, |length| start + length)
}

/// Returns the first name, of those asked for, whose value is in the arguments, as an expression or inserted into a string;
/// `inline` says that names in braces are replaced in all strings.
pub(super) fn printed(
    body: &[u8],
    inline: bool,
    known: &Known<'_>,
    is_asked: &dyn Fn(&[u8], usize) -> bool,
) -> Option<Span> {
    let style = Style { braces: inline, single: known.inserts_in_single() };
    let mut at = 0;
    while at < body.len() {
        if !is_word(body[at]) || body[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < body.len()
            && (is_word(body[at])
                || (body[at] == b'.' && body.get(at + 1).is_some_and(|b| is_word(*b)))
                || (body[at] == b'?' && body.get(at + 1) == Some(&b'.')))
        {
            at += 1;
        }
        let name = &body[start..at];
        let span = Span::new(start, at);
        // Methods of Ruby, which need no brackets.
        const CONVERTS: &[&[u8]] =
            &[b"inspect", b"to_s", b"to_str", b"to_json", b"to_yaml", b"to_h", b"strip", b"chomp"];
        // One item of a collection, in which something else is a credential.
        let item = body.get(at) == Some(&b'[') && !is_credential(name);
        // `token.strip()` is asked for by its owner.
        let owner = name
            .iter()
            .rposition(|b| *b == b'.')
            .filter(|dot| body.get(at) == Some(&b'(') || CONVERTS.contains(&&name[dot + 1..]));
        if item || !is_asked(&name[..owner.unwrap_or(name.len())], start) {
            continue;
        }
        // `printf("%.8s…", key)` shows the beginning.
        fixed! {
            static CUT = r"%-?\d*\.\d{1,2}s";
        }
        if CUT.is_match(body) {
            continue;
        }
        // `Name: spec.Secret` says that it is the name of a secret.
        if arrives(body, span, style) && !known.names_resource(name) {
            return Some(span);
        }
    }
    None
}

/// Returns the header that carries the credential, if it is read back from the request.
fn header(body: &[u8], at: usize, known: &Known<'_>) -> Option<Span> {
    fixed! {
        static READ = r#"(?i)headers?(?:\(\))?(?:\.get\(\s*["']|\[\s*["']|\.)(?:authorization|x-auth-key)["']?\s*[\])]?"#;
    }
    let found = READ.find(body).map(Span::from).or_else(|| bound_headers(body, at, known))?;
    (arrives(body, found, Style::default()) && known.sends()).then_some(found)
}

/// Returns the name of the headers of the request, if they are an argument as a whole.
fn bound_headers(body: &[u8], at: usize, known: &Known<'_>) -> Option<Span> {
    fixed! {
        static ALONE = r#"(?:^|[,(]\s*)\$?(?P<name>(?:\w+\.)*\w*(?i:headers?))\s*(?:$|[,)])"#;
    }
    let alone = ALONE.captures(body)?;
    let name = named(&alone, "name").as_bytes();
    // `options.headers`, where `options` is an object with headers.
    let object = || {
        let (owner, own) = name.split_at(name.iter().rposition(|b| *b == b'.')?);
        (known.has_headers(&own[1..], at) && memmem::find(known.bytes, &[owner, b" = {"].concat()).is_some())
            .then_some(())
    };
    (known.has_headers(name, at) || object().is_some()).then(|| Span::from(named(&alone, "name")))
}

/// Finds workers and servers that respond with a credential from their environment.
pub(super) fn responses(bytes: &[u8], out: &mut Vec<Leak>) {
    fixed! {
        static ANSWER = r"\b(?:Response\.json|new Response|res\.(?:json|send|end|write)|c\.(?:json|text|html)|jsonify|JsonResponse)\(";
        static OF_ENVIRONMENT = r#"\b(?:process\.|c\.)?env\.(?<name>[A-Za-z_]\w*)|\bos\.environ(?:\.get)?[\[(]\s*["'](?<item>\w+)"#;
    }
    if [&b"env."[..], b"os.environ"].iter().all(|word| memmem::find(bytes, word).is_none()) {
        return;
    }
    for answer in ANSWER.find_iter(bytes) {
        let end = arguments_end(bytes, answer.end(), true);
        let body = &bytes[answer.end()..end];
        for groups in OF_ENVIRONMENT.captures_iter(body) {
            let whole = groups.get_match();
            let name = groups.name("name").or_else(|| groups.name("item")).expect("one takes part");
            // In another request it is used, not shown.
            let before = &body[..whole.start()];
            let used = contains(before, b"fetch(") || contains(before, b"bearer");
            let own = Span::from(whole);
            if is_credential(name.as_bytes()) && !used && arrives(body, own, Style::default()) {
                let span = own.shift(answer.end());
                out.push(Leak::new(span, format!("answers with `{}`", text_of(name.as_bytes()))));
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests;
