//! Calls that print or log, in the forms of many languages.

use std::cell::LazyCell;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Captures;

use super::passage::Style;
use crate::blob::BlobPath;
use crate::check::{Input, captures_around, fixed, named};
use crate::fact::place::in_prose;
use crate::fact::words::is_word;
use crate::literals::{Hit, Literals};

mod dialects;

use dialects::dialect;

/// A call that prints its arguments.
pub(super) struct Call {
    /// Where its name starts, in bytes.
    pub(super) start: usize,
    /// Where its arguments start, in bytes.
    pub(super) arguments: usize,
    /// Where they end.
    pub(super) end: End,
    /// How texts and names are written in them.
    pub(super) style: Style,
}

/// Where the arguments of a call end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At the bracket around them.
    Bracket,
    /// With the line, or the statement.
    Line,
    /// With the statement.
    Statement,
}

impl End {
    /// Returns the bytes, outside of strings, at which they end if no bracket does it before.
    pub(super) fn marks(self) -> &'static [u8] {
        match self {
            End::Bracket => b"",
            End::Line => b"\n;",
            End::Statement => b";",
        }
    }
}

/// How far before one of its words a call may begin, and how far after it its arguments, in bytes.
const AROUND: usize = 100;

/// Returns the calls of a text that print, of any language first, then those of the file's own.
pub(super) fn printing(input: &Input<'_>) -> Vec<Call> {
    let bytes = input.text.bytes();
    let php = LazyCell::new(|| memmem::find(bytes, b"<?").is_some());
    let style = texts(input.path);
    let common = captures_around(&CALL, &hints(bytes), bytes, AROUND, |_| AROUND);
    let common = common.iter().filter_map(|groups| common_call(input, groups, &|| *php, style));
    let mut out: Vec<Call> = common.collect();
    let mut own = Vec::new();
    if let Some(dialect) = dialect(input.path) {
        let hits = dialect.hints.all(bytes);
        for groups in captures_around(dialect.call, &hits, bytes, AROUND, |_| AROUND) {
            let open = named(&groups, "open");
            let bracket = dialect.style.lists || open.as_bytes().ends_with(b"(");
            let end = if bracket { End::Bracket } else { dialect.end };
            let (start, arguments) = (named(&groups, "sink").start(), open.end());
            if out.binary_search_by_key(&arguments, |call| call.arguments).is_err() {
                let Style { lists, applied, braces, .. } = dialect.style;
                own.push(Call { start, arguments, end, style: Style { lists, applied, braces, ..style } });
            }
        }
    }
    out.append(&mut own);
    out
}

fixed! {
    /// A call that prints or logs its arguments.
    static CALL = r#"(?x)(?:^|[^\w.$-])(?<sink>
            console\.(?:log|print|error|warn|info|debug|trace|dir|table)
          | (?:self\.|this\.|\w+\.)?(?:\w*[lL]og(?:ger|ging)?|LOG|LOGGER|slog|glog|klog|logrus|winston|pino|core|fastify\.log|app\.log|c\.log)\.
              (?:\w+\.)?(?:debug|info|warn|warning|error|critical|exception|trace|fatal|log|notice|success|verbose|lifecycle|quiet|Debug|Info|Warn|Error|Fatal|Panic|Print|Trace|Log|WithFields?|With|bind)(?:f|ln|w|Context|Information|Warning|Error|Debug|Critical)?
          | (?:\$this->|\$)?\w*[lL]og(?:ger)?(?:\(\))?->(?:debug|info|notice|warning|error|critical|alert|emergency|log)
          | \\?Log::(?:debug|info|notice|warning|error|critical|alert|emergency)
          | Logger\.\w+ | Log\.\w+ | _?logger\.Log\w+
          | fmt\.(?:Print\w*|Fprint\w*(?:\(\s*os\.Std(?:out|err)\s*,)?) | log\.(?:Print|Fatal|Panic)\w*
          | (?:std::)?(?:print|println|eprint|eprintln|dbg|info|debug|warn|error|trace)!
          | System\.(?:out|err)\.print\w* | Console\.(?:Error\.|Out\.)?Write(?:Line)? | Debug\.(?:Log|Print|WriteLine) | Trace\.WriteLine
          | process\.std(?:out|err)\.write | \$?(?:stderr|stdout|STDERR|STDOUT)\.(?:puts|print|printf|write\w*) | fprintf\(\s*stderr\s*, | NSLog | io\.write | sys\.std(?:out|err)\.write | IO\.(?:puts|inspect|warn)
          | ngx\.(?:log|say|print) | click\.s?echo | typer\.echo | rich\.print | st\.(?:write|text|code) | print_r | var_dump | error_log | var_export | wp_die
          | pprint(?:\.pprint)? | pp | puts | p | (?:[a-rt-z]|debug)?[pP]rint | println | printf | echo | die | dd | dump | inspect | alert
        )(?<open>\s*\(|\ +\{|\ +)"#;
}

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
            return may_print(WORDS[hit.index], &bytes[..hit.start], &bytes[hit.end..]);
        };
        let before = &bytes[..hit.end - 1];
        let start = before.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
        names.contains(&&before[start..])
    });
    hits
}

/// Whether a word of [`hints`] between these texts may be in the name of a call. Most are parts of others: `login`,
/// `overwrite`.
fn may_print(word: &str, before: &[u8], rest: &[u8]) -> bool {
    let opens = |rest: &[u8]| rest.first().is_some_and(|b| *b == b'(' || b.is_ascii_whitespace());
    match word {
        "log" => {
            let rest = [&b"ger"[..], b"ging", b"rus"]
                .iter()
                .find(|more| rest.get(..more.len()).is_some_and(|own| own.eq_ignore_ascii_case(more)))
                .map_or(rest, |more| &rest[more.len()..]);
            let member = rest.strip_prefix(b"()").unwrap_or(rest);
            let ends = |end: &&[u8]| before.ends_with(end);
            [&b"."[..], b"->", b"::"].iter().any(|mark| member.starts_with(mark))
                || opens(rest) && [&b"NS"[..], b".", b"error_"].iter().any(ends)
        }
        "rite" => matches!(before, [.., b'.', b'w' | b'W']),
        "puts" | "inspect" | "echo" | "dump" | "die" | "alert" => opens(rest),
        _ => true,
    }
}

/// Returns what [`CALL`] has matched, if it is a call in the language of the file.
fn common_call(
    input: &Input<'_>,
    groups: &Captures<'_>,
    php: &dyn Fn() -> bool,
    style: Style,
) -> Option<Call> {
    let bytes = input.text.bytes();
    let (sink, open) = (named(groups, "sink"), named(groups, "open"));
    let name = sink.as_bytes();
    let (start, arguments) = (sink.start(), open.end());
    // In Kotlin and Ruby the message may be a block.
    let block = bytes[arguments - 1] == b'{';
    let bracket = block || bytes[arguments - 1] == b'(' || name.contains(&b'(');
    let is_call = if block {
        memmem::find(name, b"log").is_some()
    } else if bracket {
        !name.starts_with(b"fmt.Fprint") || name.contains(&b'(')
    } else {
        is_bare_call(input, start, name, &bytes[arguments..])
    };
    // `<p class=…` is a paragraph; `echo` is a shell command, unless the file is PHP.
    let tag = start > 0 && bytes[start - 1] == b'<';
    if !is_call || tag || name == b"echo" && !php() {
        return None;
    }
    // In Rust, names in braces are replaced in plain string literals of macros.
    let style = Style { braces: name.ends_with(b"!"), ..style };
    let end = if bracket { End::Bracket } else { End::Line };
    Some(Call { start, arguments, end, style })
}

/// Whether a name before a blank is called without brackets.
fn is_bare_call(input: &Input<'_>, start: usize, name: &[u8], rest: &[u8]) -> bool {
    // `awk '{print $1}'` is a program of its own.
    let named_alone = matches!(name, b"puts" | b"p" | b"print" | b"println" | b"pp" | b"dump" | b"die");
    // `p := …` is a variable, `print …` in a sentence a word.
    let set = rest.starts_with(b"=") || rest.starts_with(b":=");
    let known = named_alone && has_bare_calls(input.path)
        || name == b"echo"
        || name.ends_with(b".puts")
        || logs_in_ruby(name, rest);
    known && !set && !in_prose(input.text, start, input.path)
}

/// Whether the file is in a language whose calls need no brackets, or a document, which may hold any.
fn has_bare_calls(path: &BlobPath) -> bool {
    const ENDS: &[&[u8]] = &[
        b"rb", b"rake", b"gemspec", b"ru", b"erb", b"cr", b"pl", b"pm", b"t", b"py", b"php", b"phtml",
        b"inc", b"coffee", b"tcl", b"groovy", b"gradle", b"md", b"mdx", b"rst", b"adoc", b"ipynb", b"ex",
        b"exs",
    ];
    let name = path.file_name();
    let end = extension(path);
    ENDS.contains(&end) || end.len() == name.len()
}

/// Returns how texts are written in the language of a file.
fn texts(path: &BlobPath) -> Style {
    const PLAIN_DOLLAR: &[&[u8]] = &[
        b"py", b"pyw", b"js", b"ts", b"mjs", b"cjs", b"mts", b"cts", b"jsx", b"tsx", b"vue", b"svelte",
        b"go", b"rs", b"cs", b"java", b"rb", b"rake", b"cr", b"swift", b"c", b"h", b"cc", b"cpp", b"hpp",
        b"cxx", b"ino", b"m", b"mm", b"ex", b"exs", b"erl", b"lua", b"hs", b"ml", b"fs", b"fsx", b"vb", b"r",
        b"R", b"clj", b"cljs", b"zig", b"d", b"pas", b"nim",
    ];
    let end = extension(path);
    Style { single: end == b"dart", plain_dollar: PLAIN_DOLLAR.contains(&end), ..Style::default() }
}

/// Returns what follows the last dot of the file's name, or the name if it has none.
fn extension(path: &BlobPath) -> &[u8] {
    path.file_name().rsplit(|b| *b == b'.').next().unwrap_or_default()
}

/// Whether the call is `logger.info "…"`: Ruby needs no brackets.
fn logs_in_ruby(name: &[u8], rest: &[u8]) -> bool {
    let logger = name.starts_with(b"logger.") || memmem::find(name, b".logger.").is_some();
    logger && matches!(rest.first(), Some(b'"' | b'\''))
}

#[cfg(test)]
mod tests;
