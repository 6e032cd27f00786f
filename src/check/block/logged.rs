//! A credential that is printed: by a shell, a program, a workflow step, a tool's verbose mode.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::command::{Next, command_end, expansions};
use super::taint::tainted;
use super::{Detection, is_comment};
use crate::check::{Candidate, Input, expression};
use crate::fact::credential::{each_credential, is_credential, is_secret, mentions};
use crate::fact::place::is_compiled;
use crate::rule::Confidence;
use crate::span::Span;

/// How long the arguments of a call may be, in bytes.
const ARGUMENTS: usize = 2000;

static SHELL: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?mx)(?:^|[;&|{(@"]|\bthen|\bdo|\belse|run:|^\s*-|RUN|script:)[\ \t"@']*
        (?<command>echo|printf|logger|print|Write-(?:Host|Output|Verbose|Debug|Information|Warning|Error)|tee|cat\s*<<<)[\ \t]+"#,
    )
    .expect("a fixed expression")
});

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?x)(?:^|[^\w.$])(?<sink>
            console\.(?:log|error|warn|info|debug|trace|dir|table)
          | (?:self\.|this\.|\w+\.)?(?:\w*[lL]og(?:ger|ging)?|LOG|LOGGER|slog|glog|klog|winston|pino|core|fastify\.log|app\.log|c\.log)\.
              (?:\w+\.)?(?:debug|info|warn|warning|error|critical|exception|trace|fatal|log|notice|Debug|Info|Warn|Error|Fatal|Panic|Print|Trace|Log)(?:f|ln|w|Context|Information|Warning|Error|Debug|Critical)?
          | Logger\.\w+ | Log\.\w+ | _?logger\.Log\w+
          | fmt\.(?:Print\w*|Fprint\w*(?:\(\s*os\.Std(?:out|err)\s*,)?) | log\.(?:Print|Fatal|Panic)\w*
          | (?:std::)?(?:print|println|eprint|eprintln|dbg|info|debug|warn|error|trace)!
          | System\.(?:out|err)\.print\w* | Console\.(?:Error\.)?Write(?:Line)? | Debug\.(?:Log|Print|WriteLine) | Trace\.WriteLine
          | process\.std(?:out|err)\.write | sys\.std(?:out|err)\.write | IO\.(?:puts|inspect|warn)
          | click\.s?echo | typer\.echo | rich\.print | st\.(?:write|text|code) | print_r | var_dump | error_log | var_export | wp_die
          | pprint(?:\.pprint)? | pp | puts | p | print | println | printf | echo | die | dd | dump | inspect | alert
        )(?<open>\s*\(|\ +)"#,
    )
    .expect("a fixed expression")
});

/// Around a name in code: a call or an operator that gives away less than the value.
static GUARD_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?ix)(?: (?:\w*(?:mask|redact|hash|sha\d*|hmac|censor|obfuscat|scrub|sanitiz|fingerprint|digest|hide|encrypt|truncat|shorten|preview|last_?4)\w*
        | len|bool|boolean|strlen|isset|empty|is_?set|has\w*|defined|length|count|exists|sizeof|typeof|verify\w*|validate\w*|is[A-Z_]\w*|Object\.keys)\s*\(\s*[^()]*
        | !+\s* | typeof\s+ | \bnot\s+ | \bdefined\??\s+ | \#)$",
    )
    .expect("a fixed expression")
});
static GUARD_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?x)^["'\])]*\s*(?: \?\s*["'`\w\d(] | ===|!==|==|!= | \bis\s+(?:not\s+)?(?:None|nil) | \[\s*-?\d*\s*:\s*-?\d* | \[\s*\d+\s*\.\. | \[-\d
        | \??\.(?:length|size|len|Length|Count|slice|substring|substr|substringTo|is_some|is_none|is_empty|is_ok|present\?|blank\?|nil\?|empty\?|startsWith|starts_with|startswith|Substring|take|first|last|isEmpty|isBlank|mask\w*|redact\w*)\b
        | \s+if\s | \s+and\s+["'] | \s*&&\s*["'`] | \s*!=\s | \|\s*(?:length|hash|mask|sha256))"#,
    )
    .expect("a fixed expression")
});

static TRACE: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"(?m)^[ \t]*(?:-[ \t]+)?(?:run:[ \t]*)?(?:\|[ \t]*)?(?<span>set[ \t]+(?:-[a-wyzA-Z]*x[a-zA-Z]*(?:[ \t]+pipefail)?|-o[ \t]+xtrace)|Set-PSDebug[ \t]+-Trace[ \t]+[12])|^(?<bang>#!.*\b(?:ba|z|k|da)?sh[ \t]+-[a-zA-Z]*x[a-zA-Z]*)")
        .expect("a fixed expression")
});

static VERBOSE: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?:^|[\s;&|(`$@])curl(?:\.exe)?\s").expect("a fixed expression"));
static VERBOSE_FLAG: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"\s(?<flag>--verbose|--trace(?:-ascii)?(?:[ =]\S+)?|-[a-zA-Z]{0,6}v[a-zA-Z]{0,4})(?:\s|$)")
        .expect("a fixed expression")
});

static DUMP: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?mix)(?:^|[;&|]\s*|run:\s*|^\s*-\s+)[\ \t]*(?<span>
            (?:env|printenv|set|export\ -p)[\ \t]*(?:\|[\ \t]*(?:sort|cat)[\ \t]*)?$
          | (?:env|printenv|set|export)[\ \t]*\|[^|\n]*\b(?:grep|rg|egrep|awk|findstr)\b[^|\n]*\b(?:cloudflare|cf_?|cf_api|tunnel)[^|\n]*
          | printenv[\ \t]+\w+
          | (?:Get-ChildItem|gci|dir|ls)[\ \t]+env:\S*
          | (?:get-content|cat|type)[\ \t]+\S*(?:\.dev\.vars|cloudflared/cert\.pem)\b[^|>\n]*$
        )
        | (?<code>(?:console\.\w+|print|pprint|puts|p|println|dump|var_dump|print_r)[\ (]+(?:JSON\.stringify\()?(?:process\.env|os\.environ|ENV|dict\(os\.environ\)|\$_ENV|\$_SERVER|Deno\.env\.toObject\(\))\b\s*[,)\n;])
        | (?<all>\$\{\{\s*toJSON\((?:secrets|env)\)\s*\}\})"#,
    )
    .expect("a fixed expression")
});

/// `variant = "credential-logged"`.
pub(super) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    if !mentions(bytes) {
        return;
    }
    let known = Known::new(bytes);
    let mut found: Vec<(Span, String)> = Vec::new();
    calls(bytes, &known, &mut found);
    if !is_compiled(input.path) {
        shell(bytes, &known, &mut found);
        traces(bytes, &known, &mut found);
        verbose(bytes, &known, &mut found);
        dumps(bytes, &mut found);
        debug_tasks(bytes, &known, &mut found);
        responses(bytes, &mut found);
    }
    for (span, message) in found {
        let line = input.text.line(span.start);
        if is_comment(input.text.get(line))
            || out.iter().any(|c| c.rule == detection.rule && c.span.overlaps(span))
        {
            continue;
        }
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        candidate.message = Some(message);
        out.push(candidate);
    }
}

/// Ansible's `debug`, unless the task is not logged.
fn debug_tasks(bytes: &[u8], known: &Known<'_>, out: &mut Vec<(Span, String)>) {
    static TASK: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"(?m)^[ \t]*(?:-[ \t]*)?(?:ansible\.builtin\.)?debug:[ \t]*(?:\r?\n[ \t]+)?(?<key>msg|var)[ \t]*[:=][ \t]*(?<body>[^\n]*)")
            .expect("a fixed expression")
    });
    for groups in TASK.captures_iter(bytes) {
        let body = groups.name("body").expect("always takes part");
        let after = &bytes[body.end()..bytes.len().min(body.end() + 200)];
        let task = after.windows(3).position(|w| w == b"\n- ").map_or(after, |end| &after[..end]);
        if task.windows(7).any(|w| w == b"no_log:") {
            continue;
        }
        let zone = Span::new(body.start(), body.end());
        let name = body.as_bytes().trim_ascii();
        if &groups["key"] == b"var" && is_known(name, known, name) {
            out.push((zone, format!("prints `{}`", text_of(name))));
        }
        let printed = expansions(bytes, zone).into_iter().find(|e| is_known(e.name, known, body.as_bytes()));
        out.extend(printed.map(|e| (e.span, format!("prints `{}`", text_of(e.name)))));
    }
}

/// A worker or server that answers with a credential of its environment.
fn responses(bytes: &[u8], out: &mut Vec<(Span, String)>) {
    static ANSWER: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"\b(?:Response\.json|new Response|res\.(?:json|send|end|write)|c\.(?:json|text|html)|jsonify|JsonResponse)\(")
            .expect("a fixed expression")
    });
    static OF_ENVIRONMENT: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"\b(?:process\.|c\.)?env\.(?<name>[A-Za-z_]\w*)|\bos\.environ(?:\.get)?[\[(]\s*["'](?<item>\w+)"#)
            .expect("a fixed expression")
    });
    for answer in ANSWER.find_iter(bytes) {
        let end = arguments_end(bytes, answer.end(), true);
        let body = &bytes[answer.end()..end];
        for groups in OF_ENVIRONMENT.captures_iter(body) {
            let whole = groups.get(0).expect("group 0 is the match");
            let name = groups.name("name").or_else(|| groups.name("item")).expect("one takes part");
            let guarded =
                GUARD_BEFORE.is_match(&body[..whole.start()]) || GUARD_AFTER.is_match(&body[whole.end()..]);
            // In the headers or address of a further request it is used, not shown.
            let used = body[..whole.start()]
                .windows(6)
                .any(|w| w.eq_ignore_ascii_case(b"fetch(") || w.eq_ignore_ascii_case(b"bearer"));
            if is_credential(name.as_bytes()) && !guarded && !used {
                let span = Span::new(answer.end() + whole.start(), answer.end() + whole.end());
                out.push((span, format!("answers with `{}`", text_of(name.as_bytes()))));
                break;
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names of the file that hold a credential, worked out when something is printed.
struct Known<'a> {
    bytes: &'a [u8],
    names: OnceCell<HashSet<Vec<u8>>>,
}

impl<'a> Known<'a> {
    fn new(bytes: &'a [u8]) -> Known<'a> {
        Known { bytes, names: OnceCell::new() }
    }

    fn names(&self) -> &HashSet<Vec<u8>> {
        self.names.get_or_init(|| tainted(self.bytes))
    }

    fn contains(&self, name: &[u8]) -> bool {
        self.names().contains(name)
    }
}

/// Whether a name in this context is a credential: by itself, by assignment, or because the text around says so.
fn is_known(name: &[u8], known: &Known<'_>, around: &[u8]) -> bool {
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    is_credential(name)
        || known.contains(name)
        || (known.contains(last) && name.len() == last.len())
        || (is_secret(name) && mentions_vendor(around))
}

fn mentions_vendor(text: &[u8]) -> bool {
    text.windows(10).any(|w| w.eq_ignore_ascii_case(b"cloudflare")) || mentions(text)
}

fn shell(bytes: &[u8], known: &Known<'_>, out: &mut Vec<(Span, String)>) {
    for groups in SHELL.captures_iter(bytes) {
        let command = groups.name("command").expect("always takes part");
        let whole = groups.get(0).expect("group 0 is the match");
        // `$(echo …)` is read by what stands around it.
        if bytes[whole.start()] == b'(' && whole.start() > 0 && bytes[whole.start() - 1] == b'$' {
            continue;
        }
        let (end, next) = command_end(bytes, command.start());
        let zone = Span::new(command.start(), end);
        let body = &bytes[zone.start..zone.end];
        if !reaches_output(bytes, body, next)
            || body.windows(12).any(|w| w == b"::add-mask::")
            || body.windows(7).any(|w| w == b"vso[tas")
        {
            continue;
        }
        for expansion in expansions(bytes, zone) {
            if is_known(expansion.name, known, body) {
                out.push((expansion.span, format!("prints `{}`", text_of(expansion.name))));
                break;
            }
        }
    }
}

/// Whether what the command writes is seen, rather than read by a tool or kept in a file.
fn reaches_output(bytes: &[u8], body: &[u8], next: Next) -> bool {
    static REDIRECT: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?:^|[^-=$>&<])(?:[12&]?>{1,2})\s*(?<to>"?[^\s"';)]+)"#).expect("a fixed expression")
    });
    static SHOWS: LazyLock<Regex> = LazyLock::new(|| {
        expression(r"^\s*(?:sudo\s+)?(?:tee|cat|less|more|base64|rev|sed|xxd|od|hexdump|fold|tr|cut\s+-c\s*1-|column|jq|nl|Out-Host|Write-Host|Out-String|Tee-Object|logger)\b").expect("a fixed expression")
    });
    if let Next::Pipe(start) = next {
        let (end, after) = command_end(bytes, start);
        let tool = &bytes[start..end];
        return SHOWS.is_match(tool) && reaches_output(bytes, tool, Next::Nothing) && after == Next::Nothing;
    }
    match REDIRECT.captures_iter(body).last() {
        None => true,
        Some(groups) => {
            let to = &groups["to"];
            to.starts_with(b"&")
                || [&b"/dev/std"[..], b"/dev/tty", b"STEP_SUMMARY"]
                    .iter()
                    .any(|s| to.windows(s.len()).any(|w| w == *s))
        }
    }
}

fn calls(bytes: &[u8], known: &Known<'_>, out: &mut Vec<(Span, String)>) {
    for groups in CALL.captures_iter(bytes) {
        let sink = groups.name("sink").expect("always takes part");
        let open = groups.name("open").expect("always takes part");
        let paren = bytes[open.end() - 1] == b'(';
        let name = sink.as_bytes();
        if name.starts_with(b"fmt.Fprint") && !name.contains(&b'(') {
            continue;
        }
        if !paren
            && !matches!(name, b"puts" | b"p" | b"print" | b"echo" | b"pp" | b"dump" | b"die")
            && !name.contains(&b'(')
        {
            continue;
        }
        // Without brackets it is a shell's, unless the file is PHP.
        if name == b"echo" && !bytes.windows(2).any(|w| w == b"<?") {
            continue;
        }
        let end = arguments_end(bytes, open.end(), paren || name.contains(&b'('));
        let body = &bytes[open.end()..end];
        if let Some(place) = printed(body, known) {
            let span = Span::new(open.end() + place.start, open.end() + place.end);
            out.push((span, format!("prints `{}`", text_of(&bytes[span.start..span.end]))));
        }
    }
}

/// The closing bracket of a call, or the end of the line where there is none.
fn arguments_end(bytes: &[u8], start: usize, paren: bool) -> usize {
    let limit = bytes.len().min(start + ARGUMENTS);
    let (mut depth, mut quote) = (0_i32, 0_u8);
    let mut at = start;
    while at < limit {
        let byte = bytes[at];
        match byte {
            b'\\' => at += 1,
            b'\n' if quote == b'"' || quote == b'\'' => quote = 0,
            b'\n' if !paren => return at,
            _ if quote != 0 && byte == quote => quote = 0,
            _ if quote != 0 => {}
            b'"' | b'\'' | b'`' => quote = byte,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            b';' if !paren => return at,
            _ => {}
        }
        at += 1;
    }
    limit
}

/// The first credential that stands in the arguments as a value: in code, or put into a string.
fn printed(body: &[u8], known: &Known<'_>) -> Option<Span> {
    let strings = strings(body);
    let mut at = 0;
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    while at < body.len() {
        if !word(body[at]) || body[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < body.len()
            && (word(body[at])
                || (body[at] == b'.' && body.get(at + 1).is_some_and(|b| word(*b)))
                || (body[at] == b'?' && body.get(at + 1) == Some(&b'.')))
        {
            at += 1;
        }
        let name = &body[start..at];
        let span = Span::new(start, at);
        if !is_known(name, known, body) {
            continue;
        }
        if is_value(body, span, &strings)
            && !GUARD_BEFORE.is_match(&body[..start])
            && !GUARD_AFTER.is_match(&body[at..])
        {
            return Some(span);
        }
    }
    None
}

/// A string literal: its inside, its quote, and what stands before it.
struct Literal {
    inside: Span,
    quote: u8,
    prefix: u8,
}

fn strings(body: &[u8]) -> Vec<Literal> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let byte = body[at];
        if matches!(byte, b'"' | b'\'' | b'`') {
            let start = at + 1;
            let mut end = start;
            while end < body.len() && body[end] != byte {
                end += if body[end] == b'\\' { 2 } else { 1 };
            }
            let prefix = if at > 0 { body[at - 1].to_ascii_lowercase() } else { 0 };
            out.push(Literal { inside: Span::new(start, end.min(body.len())), quote: byte, prefix });
            at = end;
        }
        at += 1;
    }
    out
}

fn is_value(body: &[u8], span: Span, strings: &[Literal]) -> bool {
    let Some(literal) = strings.iter().find(|s| s.inside.contains(span)) else {
        // An argument's or key's name is no value: `token=…`, `token: …`.
        let after = body[span.end..].trim_ascii_start();
        let key = after.first() == Some(&b':') && after.get(1) != Some(&b':')
            || (after.first() == Some(&b'=') && after.get(1) != Some(&b'='));
        return !key && after.first() != Some(&b'(');
    };
    let quotes = |b: Option<&u8>| b.filter(|b| matches!(b, b'"' | b'\'')).copied();
    // A name in quotes of its own, as a literal or inside `${…}` of one.
    let own = quotes(body[..span.start].last());
    if literal.inside == span || (own.is_some() && own == quotes(body.get(span.end))) {
        // `env["NAME"]`, `getenv('NAME')`.
        let before = body[..span.start - 1].trim_ascii_end();
        static GETTER: LazyLock<Regex> = LazyLock::new(|| {
            expression(r"(?i)(?:env\w*|secrets|config|settings|get_?env|environ(?:\.get)?|env\.get|env\.fetch|getenv|lookupenv|environmentvariable|vars?|\$_ENV|\$_SERVER)\s*[\[(]$").expect("a fixed expression")
        });
        return GETTER.is_match(before);
    }
    let before = &body[literal.inside.start..span.start];
    let after = &body[span.end..literal.inside.end];
    let close = after.iter().position(|b| matches!(b, b'}')).is_some();
    let open_template = before.windows(2).rposition(|w| w == b"${" || w == b"#{");
    if let Some(open) = open_template {
        return close && !before[open..].contains(&b'}');
    }
    if before.ends_with(b"$") || before.ends_with(b"$env:") || before.ends_with(b"\\(") {
        return literal.quote == b'"';
    }
    // Python, C#, Rust and Kotlin put names in braces.
    let brace = before.iter().rposition(|b| *b == b'{').is_some_and(|open| !before[open..].contains(&b'}'));
    brace
        && close
        && !before.ends_with(b"{{")
        && (matches!(literal.prefix, b'f' | b'$' | b'r') || before.ends_with(b"{"))
}

fn traces(bytes: &[u8], known: &Known<'_>, out: &mut Vec<(Span, String)>) {
    for groups in TRACE.captures_iter(bytes) {
        let Some(place) = groups.name("span").or_else(|| groups.name("bang")) else { continue };
        let rest = &bytes[place.end()..];
        let off = rest.windows(6).position(|w| w == b"set +x").unwrap_or(rest.len());
        let zone = Span::new(place.end(), place.end() + off);
        let used = expansions(bytes, zone).into_iter().find(|e| {
            let line = &bytes[..e.span.start];
            let start = line.iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
            !is_comment(&bytes[start..e.span.end]) && is_known(e.name, known, b"")
        });
        if let Some(used) = used {
            let span = Span::new(place.start(), place.end());
            out.push((span, format!("traces commands that use `{}`", text_of(used.name))));
        }
    }
}

fn verbose(bytes: &[u8], known: &Known<'_>, out: &mut Vec<(Span, String)>) {
    for hit in VERBOSE.find_iter(bytes) {
        let (end, _) = command_end(bytes, hit.end() - 1);
        let body = &bytes[hit.end() - 1..end];
        let header = body.windows(14).any(|w| w.eq_ignore_ascii_case(b"authorization:"))
            || body.windows(7).any(|w| w.eq_ignore_ascii_case(b"x-auth-"));
        let ours =
            expansions(bytes, Span::new(hit.end() - 1, end)).iter().any(|e| is_known(e.name, known, body))
                || body.windows(18).any(|w| w.eq_ignore_ascii_case(b"api.cloudflare.com"));
        if header
            && ours
            && let Some(flag) = VERBOSE_FLAG.captures(body).and_then(|g| g.name("flag"))
        {
            let span = Span::new(hit.end() - 1 + flag.start(), hit.end() - 1 + flag.end());
            out.push((span, "curl's verbose output shows the credential of the request".to_owned()));
        }
    }
}

/// Whether the place is the whole value of a YAML key other than `run`.
fn is_variable(bytes: &[u8], at: usize) -> bool {
    static KEY: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"^[ \t-]*(?P<key>[\w-]+):[ \t]*["']?$"#).expect("a fixed expression"));
    let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    KEY.captures(&bytes[start..at]).is_some_and(|groups| &groups["key"] != b"run")
}

fn dumps(bytes: &[u8], out: &mut Vec<(Span, String)>) {
    for groups in DUMP.captures_iter(bytes) {
        let Some(place) = groups.name("span").or_else(|| groups.name("code")).or_else(|| groups.name("all"))
        else {
            continue;
        };
        let text = place.as_bytes();
        // Given to a step as one of its variables it is not printed yet.
        if groups.name("all").is_some() && is_variable(bytes, place.start()) {
            continue;
        }
        if text.starts_with(b"printenv ") {
            let mut ours = false;
            each_credential(text, Span::new(0, text.len()), |_| {
                ours = true;
                std::ops::ControlFlow::Break(())
            });
            if !ours {
                continue;
            }
        }
        let end = place.start() + text.trim_ascii_end().len();
        out.push((Span::new(place.start(), end), "prints the environment, credentials included".to_owned()));
    }
}
