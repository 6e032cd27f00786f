//! Credentials that a program prints or responds with: in the arguments of calls, as code or inside of strings.

use std::sync::LazyLock;

use memchr::memmem;

use super::super::is_comment;
use super::calls::{End, printing};
use super::passage::{Style, arrives};
use super::shell::substitution;
use super::template::Templates;
use super::{ANSWER, Known, Leak, Sink, is_known, text_of};
use crate::check::{Input, fixed, named};
use crate::fact::credential::is_credential;
use crate::fact::place::{is_program, is_prose, is_shell};
use crate::fact::words::is_word;
use crate::fact::{brackets, lines};
use crate::literals::{Literals, contains};
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

/// Finds credentials in the arguments of calls that print or log. The arguments of other such calls are `harmless`.
pub(super) fn calls(input: &Input<'_>, known: &Known<'_>, out: &mut Vec<Leak>, harmless: &mut Vec<Sink>) {
    let bytes = input.text.bytes();
    piped(bytes, known, out);
    let templates = Templates::new(input);
    for call in printing(input) {
        if is_comment(lines::before(bytes, call.start, LINE))
            || is_data(input, call.start)
            || is_captured(input, call.start)
            || is_in_field(bytes, call.start)
        {
            continue;
        }
        let (mut start, mut links) = (call.arguments, 0);
        loop {
            let end = arguments_end(bytes, start, call.end);
            let body = &bytes[start..end];
            let sink = &bytes[call.start..call.arguments];
            let place = printed(body, call.style, known, &|name, at| {
                is_known(name, start + at, known, body) || templates.is_key(sink, body, name)
            });
            if place.is_none()
                && let Some(place) = environment(input, body)
            {
                let span = place.shift(start);
                out.push(Leak::new(span, "prints the environment, credentials included"));
                break;
            }
            if let Some(place) = place.or_else(|| header(body, start, known)) {
                let span = Span::new(start + place.start, start + place.end);
                out.push(Leak::new(span, format!("prints `{}`", text_of(&bytes[span.start..span.end]))));
                break;
            }
            if let Some(span) = known.answers.in_call(Span::new(start, end), call.style) {
                out.push(Leak::new(span, format!("{ANSWER} `{}`", text_of(&bytes[span.start..span.end]))));
                break;
            }
            // `log.Info().Str("token", token).Msg("…")`
            harmless.push(Sink::Call { own: Span::new(start, end), style: call.style });
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
    // The cells of a notebook are texts in JSON.
    quoted
        && !input.path.as_bytes().ends_with(b".ipynb")
        && is_program(input.text, input.path)
        && !RUNS.iter().any(|word| memmem::find(before, word).is_some())
}

/// Whether what a call in a script prints takes the place of the command around it: `T=$(python3 -c "print(token)")`.
fn is_captured(input: &Input<'_>, at: usize) -> bool {
    let line = lines::before(input.text.bytes(), at, LINE);
    let script = || is_shell(input.text, input.path) || !is_program(input.text, input.path);
    memmem::find(line, b"$(").is_some() && script() && substitution(line).is_some()
}

/// Whether what PHP prints at a place is the value of a field in a form, which goes to the page of its owner:
/// `<input value="<?php echo $token ?>">`.
fn is_in_field(bytes: &[u8], at: usize) -> bool {
    fixed! {
        static FIELD = r#"(?i)(?:\bvalue\s*=\s*["']?|<textarea\b[^<>]*>)\s*<\?php\s*$"#;
    }
    let before = lines::before(bytes, at, LINE);
    memmem::find(before, b"<?php").is_some() && FIELD.is_match(before)
}

/// Whether a value at a place among the arguments of a call is put into a field of a form: `echo '<input value="' . $token`.
fn is_put_into_field(body: &[u8], place: usize) -> bool {
    fixed! {
        static VALUE = r#"(?i)<input\b[^<>\n]*\bvalue=\\?["']?(?:["']\s*\.\s*|\{)?\$?$"#;
    }
    let before = &body[..place];
    contains(before, b"<input") && VALUE.is_match(lines::last(before))
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
        if let Some(place) = printed(value.as_bytes(), Style::default(), known, &is_known) {
            let span = place.shift(value.start());
            out.push(Leak::new(span, format!("prints `{}`", text_of(&bytes[span.start..span.end]))));
        }
    }
}

/// Returns where the arguments of a call end.
pub(super) fn arguments_end(bytes: &[u8], start: usize, end: End) -> usize {
    let limit = bytes.len().min(start + ARGUMENTS);
    brackets::end_in_code(&bytes[start..limit], end.marks()).map_or(limit, |length| start + length)
}

/// Returns the first name, of those asked for, whose value is in the arguments, as an expression or inserted into a
/// string.
pub(super) fn printed(
    body: &[u8],
    style: Style,
    known: &Known<'_>,
    is_asked: &dyn Fn(&[u8], usize) -> bool,
) -> Option<Span> {
    let style = Style { single: style.single || known.inserts_in_single(), ..style };
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
                || (body[at] == b'?' && body.get(at + 1) == Some(&b'.'))
                || (style.lists && body[at] == b'-' && body.get(at + 1).is_some_and(|b| is_word(*b))))
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
        if item || is_put_into_field(body, start) || !is_asked(&name[..owner.unwrap_or(name.len())], start) {
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
        if arrives(body, span, style) && !known.labels.is_of_resource(name) {
            return Some(span);
        }
    }
    None
}

/// Returns the environment, if it is an argument as a whole. That of a Worker holds a credential if the file names one.
fn environment(input: &Input<'_>, body: &[u8]) -> Option<Span> {
    fixed! {
        static WHOLE = r"(?x)(?:^|[,({:]\s*|=>\s*|\.\.\.\s*)(?P<all>process\.env|import\.meta\.env|os\.[eE]nviron(?:\.copy)?(?:\(\))?|dict\(os\.environ\)|(?:std::)?env::vars\(\)|System\.getenv\(\)
            |Environment\.GetEnvironmentVariables\(\)|ENV(?:\.to_h(?:ash)?|\.inspect)?|\$_(?:ENV|SERVER)|getenv\(\)|(?:Deno|Bun)\.env(?:\.toObject\(\))?|(?P<own>(?:c|ctx|context|this|event\.platform|platform)\??\.env|env))\s*(?:$|[,)\]}])";
        // What the environment of a Worker holds.
        static BINDINGS = r"\benv\s*:\s*[A-Z]\w*|\bBindings\b|\(\s*\w+\s*,\s*env\s*[,)]";
    }
    if !contains(body, b"env") && !contains(body, b"$_server") {
        return None;
    }
    let groups = WHOLE.captures(body)?;
    let all = Span::from(named(&groups, "all"));
    // Documents show how a Worker is written.
    let of_worker =
        || input.names_credential() && !is_prose(input.path) && BINDINGS.is_match(input.text.bytes());
    let held = groups.name("own").is_none() || of_worker();
    (held && arrives(body, all, Style::default())).then_some(all)
}

/// Returns the header that carries the credential, if it is read back from the request.
fn header(body: &[u8], at: usize, known: &Known<'_>) -> Option<Span> {
    fixed! {
        static READ = r#"(?i)headers?(?:\(\))?(?:\.get\(\s*["']|\[\s*["']|\.)(?:authorization|x-auth-key)["']?\s*[\])]?"#;
    }
    if !contains(body, b"header") && !known.sent.has_short_headers() {
        return None;
    }
    let found = READ.find(body).map(Span::from).or_else(|| bound_headers(body, at, known))?;
    (arrives(body, found, Style::default()) && known.sent.any()).then_some(found)
}

/// Returns the name of the headers of the request, if they are an argument as a whole.
fn bound_headers(body: &[u8], at: usize, known: &Known<'_>) -> Option<Span> {
    fixed! {
        static ALONE = r#"(?:^|[,({]\s*|=>\s*)[$@]?(?P<name>(?:\w+(?:\.|->))*\w*(?i:headers?)|[A-Za-z])\s*(?:$|[,)\]}])"#;
    }
    let alone = ALONE.captures(body)?;
    let name = named(&alone, "name").as_bytes();
    if is_of_sent_request(name, at, known) {
        return Some(Span::from(named(&alone, "name")));
    }
    // `options.headers`, where `options` is an object with headers.
    let object = || {
        let (owner, own) = name.split_at(name.iter().rposition(|b| *b == b'.')?);
        (known.sent.has_headers(&own[1..], at)
            && memmem::find(known.bytes, &[owner, b" = {"].concat()).is_some())
        .then_some(())
    };
    (known.sent.has_headers(name, at) || object().is_some()).then(|| Span::from(named(&alone, "name")))
}

/// Whether a chain of members is that of the headers of the request that a response belongs to: `r.request.headers`,
/// `response.config.headers`. The request that a server has received has no response.
fn is_of_sent_request(name: &[u8], at: usize, known: &Known<'_>) -> bool {
    const MEMBERS: &[&[u8]] = &[
        b".request.headers",
        b".config.headers",
        b".Request.Header",
        b".RequestMessage.Headers",
        b".request.options.headers",
    ];
    const RESPONSES: &[&[u8]] = &[
        b"r",
        b"res",
        b"resp",
        b"rsp",
        b"response",
        b"reply",
        b"answer",
        b"err",
        b"error",
        b"ex",
        b"request",
    ];
    let Some(owner) = MEMBERS.iter().find_map(|members| name.strip_suffix(*members)) else { return false };
    RESPONSES.contains(&owner) || known.is_answer_of_call(owner, at)
}

/// Finds workers and servers that respond with a credential from their environment.
pub(super) fn responses(input: &Input<'_>, out: &mut Vec<Leak>) {
    let bytes = input.text.bytes();
    fixed! {
        static OF_ENVIRONMENT = r#"\b(?:process\.|c\.)?env\.(?<name>[A-Za-z_]\w*)|\bos\.environ(?:\.get)?[\[(]\s*["'](?<item>\w+)"#;
    }
    if [&b"env"[..], b"os.environ"].iter().all(|word| memmem::find(bytes, word).is_none()) {
        return;
    }
    static ANSWERS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::new(&[
            "Response.json(",
            "new Response(",
            "res.json(",
            "res.send(",
            "res.end(",
            "res.write(",
            "c.json(",
            "c.text(",
            "c.html(",
            "jsonify(",
            "JsonResponse(",
        ])
    });
    for answer in ANSWERS.all(bytes) {
        if answer.start > 0 && is_word(bytes[answer.start - 1]) {
            continue;
        }
        let end = arguments_end(bytes, answer.end, End::Bracket);
        let body = &bytes[answer.end..end];
        if let Some(place) = environment(input, body) {
            out.push(Leak::new(
                place.shift(answer.end),
                "answers with the environment, credentials included",
            ));
            continue;
        }
        for groups in OF_ENVIRONMENT.captures_iter(body) {
            let whole = groups.get_match();
            let name = groups.name("name").or_else(|| groups.name("item")).expect("one takes part");
            // In another request it is used, not shown.
            let before = &body[..whole.start()];
            let used = contains(before, b"fetch(") || contains(before, b"bearer");
            let own = Span::from(whole);
            if is_credential(name.as_bytes()) && !used && arrives(body, own, Style::default()) {
                let span = own.shift(answer.end);
                out.push(Leak::new(span, format!("answers with `{}`", text_of(name.as_bytes()))));
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests;
