//! How languages print that do it unlike the others.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::passage::Style;
use super::{End, extension};
use crate::blob::BlobPath;
use crate::check::fixed;
use crate::literals::Literals;

/// How a language prints.
pub(super) struct Dialect {
    /// The ends of the names of its files, in lower case.
    ends: &'static [&'static str],
    /// Words of which every call contains one, in any case.
    pub(super) hints: LazyLock<Literals>,
    /// The calls, with the groups `sink` and `open`.
    pub(super) call: &'static LazyLock<Regex>,
    /// Where arguments without brackets end.
    pub(super) end: End,
    /// How texts and names are written.
    pub(super) style: Style,
}

/// Returns how the language of a file prints, if unlike the others.
pub(super) fn dialect(path: &BlobPath) -> Option<&'static Dialect> {
    let end = extension(path);
    DIALECTS.iter().find(|dialect| dialect.ends.iter().any(|own| end.eq_ignore_ascii_case(own.as_bytes())))
}

const PLAIN: Style =
    Style { braces: false, single: false, plain_dollar: false, lists: false, applied: false };
const LISTS: Style = Style { lists: true, ..PLAIN };
const APPLIED: Style = Style { applied: true, ..PLAIN };
const BRACES: Style = Style { braces: true, ..PLAIN };

macro_rules! dialects {
    ([$count:literal] $([$($ends:literal),+], [$($hints:literal),+], $call:ident, $end:ident, $style:ident;)+) => {
        static DIALECTS: [Dialect; $count] = [$(Dialect {
            ends: &[$($ends),+],
            hints: LazyLock::new(|| Literals::caseless(&[$($hints),+])),
            call: &$call,
            end: End::$end,
            style: $style,
        }),+];
    };
}

dialects! { [23]
    ["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "ino"],
        ["serial", "log", "cout", "cerr", "debug"], C, Statement, PLAIN;
    ["clj", "cljs", "cljc", "bb", "el", "lisp", "lsp", "scm", "rkt", "ss", "fnl", "janet", "hy"],
        ["print", "prn", "log/", "timbre", "message", "(format", "display", "write-line"], LISP, Bracket, LISTS;
    ["hs", "lhs"], ["print", "putstr", "trace"], HASKELL, Line, APPLIED;
    ["fs", "fsx", "fsi"], ["printf"], F_SHARP, Line, APPLIED;
    ["ml", "mli"], ["print", "prerr"], OCAML, Line, APPLIED;
    ["erl", "hrl", "escript"], ["io:", "logger:", "lager:"], ERLANG, Line, PLAIN;
    ["nim", "nims"], ["echo"], NIM, Line, PLAIN;
    ["jl"], ["@info", "@warn", "@error", "@debug", "@show", "@printf"], JULIA, Line, PLAIN;
    ["r", "rmd", "qmd"], ["message", "cat", "warning", "stop", "writelines"], R, Line, PLAIN;
    ["m", "mm"], ["disp", "fprintf", "os_log"], MATLAB, Line, PLAIN;
    ["ahk", "au3"], ["debug", "msgbox", "tip", "consolewrite"], AUTOHOTKEY, Line, PLAIN;
    ["vb", "vbs", "bas", "cls", "frm"], ["msgbox", "debug.", "wscript.echo"], BASIC, Line, PLAIN;
    ["zig"], ["std.debug", "log."], ZIG, Line, PLAIN;
    ["d", "pas", "pp", "dpr", "lpr", "inc"], ["write", "showmessage"], WRITELN, Line, PLAIN;
    ["pl", "pm", "cgi", "raku"], ["say", "warn", "printf", "carp", "croak", "cluck", "confess"], PERL, Statement, PLAIN;
    ["lua", "luau", "moon"], [":write", "ngx."], LUA, Line, PLAIN;
    ["swift"], ["print", "os_log"], SWIFT, Line, PLAIN;
    ["dart"], ["print", "log("], DART, Line, PLAIN;
    ["nu"], ["print", "echo"], NU, Line, PLAIN;
    ["cs", "cshtml", "razor"], ["ansiconsole", "trace."], C_SHARP, Line, PLAIN;
    ["kt", "kts", "java", "groovy", "gradle"], ["timber.", "println"], KOTLIN, Line, PLAIN;
    ["php"], ["->", "wp_cli::", "wp_send_json"], PHP, Line, PLAIN;
    ["rs"], ["panic!", "bail!"], RUST, Line, BRACES;
}

fixed! {
    static C = r#"(?x)(?:^|[^\w.>])(?<sink>(?:Serial\d*|Log|USBSerial)\.(?:print\w*|write|(?:verbose|trace|notice|info|warning|error)ln?)|log_[deivw]|ESP_LOG[DEIVW]|spdlog::\w+
        |(?:std::)?(?:cout|cerr|clog|wcout|wcerr)|q(?:Debug|Info|Warning|Critical)\(\)(?:\.\w+\(\))*|LOG(?:_\w+)?\(\w+\)|syslog)(?<open>\s*<<|\s*\()"#;
    static LISP = r"\(\s*(?<sink>(?:[\w.-]+/)?(?:println|prn|print|pprint|printf|pr|message|displayln|display|write-line|princ|debug|info|warn|error|trace|fatal|spy)|format\s+t)(?<open>\s+)";
    static HASKELL = r"(?:^|[^\w'.])(?<sink>(?:\w+\.)?(?:putStr(?:Ln)?|print|printf|traceM?|traceShow\w*|h(?:PutStr(?:Ln)?|Print(?:f)?)\s+\w+))(?<open>\s+)";
    static F_SHARP = r"(?:^|[^\w.])(?<sink>e?printfn?|failwithf)(?<open>\s+)";
    static OCAML = r"(?:^|[^\w.])(?<sink>(?:Printf|Format|Fmt|Stdio)\.e?p(?:rintf|r)|(?:Stdio\.)?(?:print|prerr)_(?:endline|string)|e?printf)(?<open>\s+)";
    static ERLANG = r"(?:^|[^\w:])(?<sink>io:(?:format|fwrite|put_chars)|(?:error_)?logger:\w+|lager:\w+)(?<open>\s*\()";
    static NIM = r"(?m)(?:^|[^\w.])(?<sink>(?:debugE|e)cho)(?<open>\s*\(|[ \t]+)";
    static JULIA = r"(?<sink>@(?:info|warn|error|debug|show|printf))(?<open>\s*\(|[ \t]+)";
    static R = r"(?:^|[^\w.])(?<sink>message|cat|warning|stop|writeLines)(?<open>\s*\()";
    static MATLAB = r#"(?:^|[^\w.])(?<sink>disp|fprintf|os_log(?:_\w+)?)(?<open>\s*\()"#;
    static AUTOHOTKEY = r"(?i)(?:^|[^\w.])(?<sink>OutputDebug|MsgBox|ToolTip|TrayTip|ConsoleWrite)(?<open>\s*\(|[ \t]*,|[ \t]+)";
    static BASIC = r"(?i)(?:^|[^\w.])(?<sink>MsgBox|Debug\.(?:Print|Write(?:Line)?)|WScript\.Echo)(?<open>\s*\(|[ \t]+)";
    static ZIG = r"(?:^|[^\w.])(?<sink>std\.debug\.print|(?:std\.)?log\.(?:info|debug|warn|err))(?<open>\s*\()";
    static WRITELN = r"(?i)(?:^|[^\w.])(?<sink>(?:std(?:out|err)\.)?writef?(?:ln)?|ShowMessage)(?<open>\s*\()";
    static PERL = r"(?:^|[^\w.$@%>-])(?<sink>say|warn|carp|croak|cluck|confess|printf)(?<open>\s*\(|\s+(?:STDERR\s+|STDOUT\s+|\{\s*\*?\w+\s*\}\s*)?)";
    static LUA = r"(?:^|[^\w.])(?<sink>io\.std(?:out|err):write)(?<open>\s*\()";
    static SWIFT = r"(?:^|[^\w.])(?<sink>debugPrint|os_log)(?<open>\s*\()";
    static DART = r"(?:^|[^\w.])(?<sink>debugPrint|(?:developer\.)?log)(?<open>\s*\()";
    static NU = r"(?:^|[^\w.-])(?<sink>print|echo)(?<open>[ \t]+(?:-\w+[ \t]+)*)";
    static C_SHARP = r"(?:^|[^\w.])(?<sink>AnsiConsole\.\w+|Trace\.\w+)(?<open>\s*\()";
    static KOTLIN = r"(?:^|[^\w.])(?<sink>Timber\.\w+)(?<open>\s*\()";
    static PHP = r"(?:^|[^\w>])(?<sink>\$(?:this->)?(?:output|io|cli|climate)->(?:write(?:ln)?|text|out|line|info|note|success|warning|error|comment)|\$this->(?:info|line|comment|warn|error|alert|question)|\\?WP_CLI::(?:log|success|line|warning|error|debug)|wp_send_json(?:_success|_error)?)(?<open>\s*\()";
    static RUST = r"(?:^|[^\w])(?<sink>(?:panic|bail)!)(?<open>\s*\()";
}
