//! Parameters of an address that are set one by one or passed as a table: `q.Set("token", …)`, `params={"token": …}`,
//! `URLSearchParams({ token })`. Forms have the same syntax but are sent as a body: how the table is used decides.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use memchr::memmem;

use super::{is_public, mentions_credential};
use crate::check::{captures_around, fixed, named};
use crate::fact::command::{command_end, expansions};
use crate::fact::credential::is_credential;
use crate::fact::words::is_word;
use crate::fact::{brackets, lines};
use crate::literals::Literals;
use crate::span::Span;

/// The name of a parameter that may carry a credential.
const NAME: &str = r#"(?P<name>[\w.-]*(?i:token|key|secret|tkn|password|bearer|credential)[\w-]*)"#;

/// Every text that builds an address in one of these ways contains one of these.
static HINTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "searchParams",
        "SearchParams",
        "urlencode",
        "url.Values",
        ".Query()",
        "http_build_query",
        "encode_www_form",
        "queryParam",
        "QueryParam",
        "AddQueryString",
        "URLQueryItem",
        ".query(",
        "params",
        "ParseQueryString",
        "append_pair",
        "'query'",
        "query:",
        "==$",
        "--get",
        "-G ",
        "-sG",
        "--url-query",
        "Params",
    ])
});

fixed! {
    /// Calls whose names say that they add a parameter to an address.
    static DIRECT = format!(
        r#"(?:\bsearchParams\.(?:set|append)|\.(?:[qQ]ueryParam|add(?:Encoded)?QueryParam(?:eter)?|AddQueryParam(?:eter)?|[sS]etQueryParam(?:eter)?|query_param|append_pair)|\bAddQueryString)\((?:[^()\n"'`]{{0,80}},|\s*"https?://[^"\n]{{0,200}}"\s*,)?\s*["']{NAME}["']\s*,\s*|\bURLQueryItem\(\s*name:\s*"{NAME_AGAIN}",\s*value:\s*"#,
        NAME_AGAIN = NAME.replace("<name>", "<item>"),
    );

    /// Calls and assignments that add an entry to a table with a name.
    static METHOD = format!(
        r#"\b(?P<table>[A-Za-z_]\w*)(?:\.(?:set|append|add|Set|Add|Append)\(\s*["']{NAME}["']\s*,|\[["']{NAME_AGAIN}["']\]\s*=)\s*"#,
        NAME_AGAIN = NAME.replace("<name>", "<item>"),
    );

    /// Table literals: arguments of a function that encodes them, or of a request.
    static TABLE = r#"(?P<encoder>(?:\bnew\s+URLSearchParams|\burlencode|\bhttp_build_query|\bencode_www_form)\()|(?P<query>\.query\(\s*&?\[)|\b(?P<of>params|query|searchParams)["']?\s*(?:=>|[=:])\s*(?:dict\(|\{|\[)"#;

    static ENTRY = format!(r#"(?:^|[\s,{{(\[]):?["']?{NAME}["']?\s*(?:=>|[:=,])\s*"#);

    /// A request of an HTTP client, or an address.
    static REQUEST = r#"(?i)\b(?:requests|httpx|axios|got|ky|session|client|http|conn|faraday|guzzle|ofetch|\$fetch|superagent|needle)(?:->|\.)?(?:get|post|put|patch|delete|head|request|stream)?\(|https?://|\burl["']?\s*[:=]"#;

    /// Options of curl that put data into the address, and HTTPie's syntax for a parameter.
    static SHELL = format!(
        r#"(?:(?:-d|--data|--data-urlencode|--data-raw|--url-query)[ =]["']?{NAME}=|\s["']?{NAME_AGAIN}==)(?P<value>["']?\$[^\s"';|&]+)"#,
        NAME_AGAIN = NAME.replace("<name>", "<item>"),
    );

    static TOOL = r"(?m)(?:^|[\s;&|(`$])(?P<tool>curl|https?|xh|xhs)[ \t]";
}

/// The hints for the expressions: every match contains one of these.
static DIRECTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[
        "earchParams.",
        "ueryParam",
        "query_param(",
        "append_pair(",
        "AddQueryString",
        "URLQueryItem",
    ])
});
static METHODS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::new(&[".set(", ".append(", ".add(", ".Set(", ".Add(", ".Append(", "[\"", "['"])
});
/// The words of [`NAME`].
static SECRETS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::caseless(&["token", "key", "secret", "tkn", "password", "bearer", "credential"])
});
static TABLES_OF: LazyLock<Literals> =
    LazyLock::new(|| Literals::new(&["arams", "query", "urlencode", "encode_www_form", "http_build_query"]));
static TOOLS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["curl", "http", "xh"]));

/// How far before and after its hint a match may reach, in bytes.
const BESIDE: usize = 200;

/// How much of a table or value is examined, in bytes.
const LONGEST: usize = 1500;
/// How far before a table its request may begin, in bytes.
const REQUEST_REACH: usize = 400;
/// The maximum number of tables that are followed.
const TABLES: usize = 50;
/// The maximum number of uses of a table that are examined.
const USES: usize = 60;

/// Returns the parameters whose value is a credential: from the name to the end of the value.
pub(super) fn parameters<F: FnOnce() -> HashSet<Vec<u8>>>(
    bytes: &[u8],
    known: &LazyCell<HashSet<Vec<u8>>, F>,
) -> Vec<Span> {
    if HINTS.find(bytes, 0).is_none() {
        return Vec::new();
    }
    let holds = |span: Span| holds_credential(&bytes[span.start..span.end], known);
    let mut tables: HashMap<&[u8], bool> = HashMap::new();
    // Following the uses of a table reads the whole text, so results are kept.
    let mut is_query = |name| {
        let room = tables.len() < TABLES;
        tables.get(name).copied().unwrap_or_else(|| {
            let query = room && is_query(bytes, name);
            if room {
                tables.insert(name, query);
            }
            query
        })
    };
    let mut out = Vec::new();
    let mut push = |name: Option<regex::bytes::Match<'_>>, value: usize| {
        let Some(name) = name.filter(|name| !is_public(name.as_bytes())) else { return };
        let value = value_at(bytes, value);
        if holds(value) {
            out.push(Span::new(name.start(), value.end));
        }
    };
    let (table_hits, direct_hits) = (TABLES_OF.all(bytes), DIRECTS.all(bytes));
    let mut method_hits = METHODS.all(bytes);
    method_hits
        .retain(|hit| hit.start > 0 && is_word(bytes[hit.start - 1]) && names_secret(&bytes[hit.end..]));
    for groups in captures_around(&DIRECT, &direct_hits, bytes, BESIDE, |_| LONGEST) {
        push(groups.name("name").or(groups.name("item")), groups.get_match().end());
    }
    for groups in captures_around(&METHOD, &method_hits, bytes, BESIDE, |_| BESIDE) {
        let (whole, table) = (groups.get_match(), named(&groups, "table"));
        if holds(value_at(bytes, whole.end())) && is_query(table.as_bytes()) {
            push(groups.name("name").or(groups.name("item")), whole.end());
        }
    }
    for groups in captures_around(&TABLE, &table_hits, bytes, BESIDE, |_| BESIDE) {
        let whole = groups.get_match();
        let end = close(bytes, whole.end());
        let table = &bytes[whole.end()..end];
        if SECRETS.find(table, 0).is_none() {
            continue;
        }
        let entries: Vec<_> = ENTRY.captures_iter(table).collect();
        if entries.is_empty() {
            continue;
        }
        let goes_out = if groups.name("query").is_some() {
            true
        } else if groups.name("of").is_some() {
            let before = &bytes[whole.start().saturating_sub(REQUEST_REACH)..whole.start()];
            let own = before.iter().rposition(|b| *b == b';').map_or(0, |at| at + 1);
            REQUEST.is_match(&before[own..])
                || assigned(bytes, whole.start()).is_some_and(&mut is_query)
                || is_table(bytes, whole.start()) && is_query(b"params")
        } else {
            is_joined(&bytes[..whole.start()]) || assigned(bytes, whole.start()).is_some_and(&mut is_query)
        };
        if goes_out {
            for entry in entries {
                let Some(name) = entry.name("name").filter(|name| !is_public(name.as_bytes())) else {
                    continue;
                };
                let value = value_at(bytes, whole.end() + entry.get_match().end());
                if holds(value) {
                    out.push(Span::new(whole.end() + name.start(), value.end));
                }
            }
        }
    }
    shell(bytes, &mut out);
    out
}

/// Whether the first argument or index of a call names a secret: what is in quotes.
fn names_secret(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
    let in_name = |b: &&u8| is_word(**b) || matches!(b, b'.' | b'-');
    SECRETS.find(&rest[..rest.iter().take_while(in_name).count()], 0).is_some()
}

/// Finds credentials in the parameters of curl and HTTPie commands.
fn shell(bytes: &[u8], out: &mut Vec<Span>) {
    let mut hits = TOOLS.all(bytes);
    hits.retain(|hit| {
        let rest = &bytes[hit.end..];
        matches!(rest.strip_prefix(b"s").unwrap_or(rest).first(), Some(b' ' | b'\t'))
    });
    for groups in captures_around(&TOOL, &hits, bytes, 1, |_| 0) {
        let Some(tool) = groups.name("tool") else { continue };
        let (end, _) = command_end(bytes, tool.start());
        let body = &bytes[tool.start()..end];
        let curl = tool.as_bytes() == b"curl";
        let gets = !curl
            || memmem::find(body, b"--get").is_some()
            || body
                .split(|b| b.is_ascii_whitespace())
                .any(|word| word.starts_with(b"-") && !word.starts_with(b"--") && word.contains(&b'G'));
        for groups in SHELL.captures_iter(body) {
            let (whole, value) = (groups.get_match(), named(&groups, "value"));
            let name = groups.name("name").filter(|_| curl).or(groups.name("item").filter(|_| !curl));
            let query = gets || memmem::find(whole.as_bytes(), b"--url-query").is_some();
            let zone = Span::from(value).shift(tool.start());
            if let Some(name) = name.filter(|name| query && !is_public(name.as_bytes()))
                && expansions(bytes, zone).iter().any(|e| is_credential(e.name))
            {
                out.push(Span::new(tool.start() + name.start(), zone.end));
            }
        }
    }
}

/// Returns the expression at `start`: up to a comma, a closing bracket, or the end of the line outside of brackets.
fn value_at(bytes: &[u8], start: usize) -> Span {
    let limit = bytes.len().min(start + 200);
    Span::new(start, brackets::end_of_argument(&bytes[start..limit]).map_or(limit, |length| start + length))
}

/// Whether the value is a credential, as opposed to a string literal or something derived, such as a hash.
pub(super) fn holds_credential(text: &[u8], known: &HashSet<Vec<u8>>) -> bool {
    fixed! {
        static NAMED = r"^[&*$@!]*[A-Za-z_][\w.?!>-]*[!?]?$";
        static MADE = r"(?i)\b\w*(?:mask|redact|hash|sha\d+|hmac|md5|digest|encrypt|len|length)\w*\b";
    }
    let text = text.trim_ascii();
    let quoted =
        matches!(text.first(), Some(b'"' | b'\'' | b'`')) && !text.contains(&b'$') && !text.contains(&b'{');
    if quoted || MADE.is_match(text) {
        return false;
    }
    mentions_credential(text)
        || NAMED.is_match(text) && text.split(|b| !is_word(*b)).any(|word| known.contains(word))
}

/// Whether the preceding text joins something to the question mark of an address: `'…?' .`, `"…?" +`, `` `…?${ ``,
/// `…?{`.
fn is_joined(before: &[u8]) -> bool {
    let joint = |b: &u8| {
        matches!(
            b,
            b' ' | b'\n'
                | b'\t'
                | b'+'
                | b'.'
                | b'"'
                | b'\''
                | b'`'
                | b'$'
                | b'{'
                | b'#'
                | b'('
                | b','
                | b'%'
        )
    };
    let before = &before[before.len().saturating_sub(60)..];
    // Skip the module of the function: `urllib.parse.`, `URI.`.
    let before = &before
        [..before.iter().rposition(|b| !(b.is_ascii_alphanumeric() || *b == b'.')).map_or(0, |at| at + 1)];
    let end = before.iter().rposition(|b| !joint(b)).map_or(0, |at| at + 1);
    let (text, after) = before.split_at(end);
    // A quote or a brace follows the question mark of a string, but not that of a conditional: `ok ? new …`.
    let in_string = after.iter().any(|b| matches!(b, b'"' | b'\'' | b'`' | b'{'));
    text.ends_with(b"?") && in_string
        || text.ends_with(b"&")
        || [&b".query ="[..], b".search =", b"RawQuery ="].iter().any(|target| text.ends_with(target))
}

/// Returns the text before the call that the following is an argument of: an encoder, as in `"?" + urlencode(params)`.
fn without_call(before: &[u8]) -> &[u8] {
    let Some(callee) = before.strip_suffix(b"(") else { return &[] };
    let part = |b: &u8| is_word(*b) || matches!(b, b'.' | b':');
    let start = callee.iter().rposition(|b| !part(b)).map_or(0, |at| at + 1);
    let before = &callee[..start];
    before.strip_suffix(b"new ").unwrap_or(before)
}

/// How much of a line before a place is examined, in bytes: a line may be as long as the file.
const LINE: usize = 200;

/// Returns the name that the statement of a place assigns to.
fn assigned(bytes: &[u8], at: usize) -> Option<&[u8]> {
    fixed! {
        static ASSIGNED = r"(?P<name>[A-Za-z_]\w*)\s*(?::\s*[\w.<>, ]+)?:?=\s*(?:[\w.]+\.)?$";
    }
    let before = lines::before(bytes, at, LINE);
    ASSIGNED.captures(before)?.name("name").map(|name| name.as_bytes())
}

/// Whether the place is the name of a variable, `params = {`, rather than of an argument.
fn is_table(bytes: &[u8], at: usize) -> bool {
    let before = lines::before(bytes, at, LINE).trim_ascii();
    before.is_empty() || [&b"const"[..], b"let", b"var", b"val"].contains(&before)
}

/// Whether the table with the name becomes the query of an address: it is read from one, appended to a question mark,
/// or passed to a request as its parameters.
fn is_query(bytes: &[u8], name: &[u8]) -> bool {
    let word = |at: usize| bytes.get(at).copied().is_some_and(is_word);
    let places = memmem::find_iter(bytes, name)
        .filter(|at| !word(at + name.len()) && !at.checked_sub(1).is_some_and(word));
    places.take(USES).any(|at| {
        let after = &bytes[at + name.len()..bytes.len().min(at + name.len() + 120)];
        let line = lines::first(after);
        let set = line.trim_ascii_start();
        let set = set.strip_prefix(b":").unwrap_or(set);
        let read = set.starts_with(b"=")
            && !set.starts_with(b"==")
            && [&b".Query()"[..], b"ParseQueryString(", b".searchParams", b"query_pairs_mut("]
                .iter()
                .any(|source| memmem::find(line, source).is_some());
        let before = &bytes[at.saturating_sub(40)..at];
        let passed = [&b"params="[..], b"params: ", b"params:", b"query: ", b"searchParams: "]
            .iter()
            .any(|target| before.ends_with(target));
        read || passed || is_joined(before) || is_joined(without_call(before))
    })
}

/// Returns where the bracket that is open at `start` closes.
fn close(bytes: &[u8], start: usize) -> usize {
    let limit = bytes.len().min(start + LONGEST);
    brackets::end(&bytes[start..limit]).map_or(limit, |length| start + length)
}

#[cfg(test)]
mod tests;
