//! Whether code that sends the key sends an API token as well, and decides between them: then its user has the choice.

use std::ops::ControlFlow;

use memchr::memmem;

use super::host::HOST;
use crate::check::advice::recommends_key;
use crate::check::assignment::is_sent_elsewhere;
use crate::check::{Input, fixed};
use crate::fact::credential::each_credential;
use crate::fact::place::{around, in_comment, is_program, is_prose, is_shell};
use crate::fact::statement::{self, function, statement};
use crate::fact::words::words;
use crate::fact::{brackets, lines};
use crate::literals::contains;
use crate::span::Span;

mod branch;
mod siblings;

pub(super) use branch::has_branch;
use branch::{CONDITION, is_between};
use siblings::{is_sibling, is_twin};

fixed! {
    /// An API token that is sent.
    static BEARER = r#"(?i)authorization["'`\]]*[\s,:=>(]*[fb]?["'`]?\s*bearer|bearer[ "'`+]|\b\w*(?:auth_?bearer|bearer_?(?:auth|token))\w*\(\s*[^\s)]|(?:->|::|\.)withToken\("#;

    /// The key is a member of the object that sends it: the code implements a client rather than uses one.
    static MEMBER = r"(?i)[\s(,=>:]&?(?P<owner>this|self|@|\$this|[a-z]{1,3}|opts|options|config|client|auth)(?:\.|->|\?\.)_?\w*key|@\w*key";
}

/// How long a function is that only makes a header, in bytes.
const HELPER: usize = 400;

/// Whether code accepts a token as well and decides between them, or documentation shows both.
pub(super) fn supports_both(input: &Input<'_>, span: Span) -> bool {
    if is_prose(input.path) {
        return BEARER.is_match(input.text.bytes()) && !recommends_key(input.text.bytes());
    }
    if is_member(input.text.get(span)) && input.takes_a_token() {
        return true;
    }
    fixed! {
        // A command whose other header may hold either.
        static OPEN = r#"(?i)authorization["']?\s*[:=]\s*["']?\$"#;
    }
    let script = is_shell(input.text, input.path) || !is_program(input.text, input.path);
    if is_shell(input.text, input.path) && OPEN.is_match(input.text.get(statement(input.text, span))) {
        return true;
    }
    let near = around(input.text, span, if script { 1500 } else { 4000 });
    let bytes = input.text.get(near);
    let at = span.start - near.start;
    let own = object(bytes, at);
    let tokens: Vec<usize> = bearers(input, near).map(|bearer| bearer.start - near.start).collect();
    // Headers of one object are sent together.
    if tokens.iter().any(|token| own.is_some_and(|own| (own.start..own.end).contains(token))) {
        return false;
    }
    if input.has_opposite_step(span) {
        return true;
    }
    let asked = if script { asked(input, near, input.text.get(span)) } else { Vec::new() };
    let is_alternative =
        |token: &usize| is_sibling(input, span, near.start + token) || is_entry_of_table(bytes, at, *token);
    if tokens.iter().chain(&asked).any(is_alternative) {
        return true;
    }
    // Two functions that call the API are no options of one call; two that only make a header are.
    let function = function(input.text, span).map(|(body, _)| body);
    let function = function.filter(|body| body.len() > HELPER || has_call(input.text.get(*body)));
    let together = |token: usize| {
        let token = Span::new(near.start + token, near.start + token);
        function.is_none_or(|own| {
            own.contains(token)
                || statement::function(input.text, token).is_none_or(|(other, _)| other == own)
        })
    };
    let foreign = |first: usize, last: usize| {
        let between = &bytes[first.saturating_sub(CONDITION)..last];
        let hosts = HOST.captures_iter(between).filter_map(|groups| groups.name("host"));
        hosts.into_iter().any(|host| {
            let host = host.as_bytes().to_ascii_lowercase();
            !host.ends_with(b"cloudflare.com") && !host.ends_with(b"ietf.org")
        })
    };
    let decided = |token: usize, decides: fn(&[u8], usize, usize) -> bool| {
        let (first, last) = (token.min(at), token.max(at));
        together(token) && decides(bytes, first, last) && !foreign(first, last)
    };
    tokens.into_iter().any(|token| decided(token, is_between))
        // The branch itself asks for these.
        || asked.into_iter().any(|token| decided(token, |bytes, first, last| {
            has_branch(&bytes[first.saturating_sub(CONDITION)..last])
        }))
}

/// Whether a function calls the API itself, judging by its words.
fn has_call(body: &[u8]) -> bool {
    /// Calls that send a request, and the name of what they return.
    const CALLS: &[&[u8]] = &[
        b"http",
        b"response",
        b"fetch(",
        b"axios",
        b"urlopen(",
        b"curl_exec",
        b"invoke-rest",
        b"invoke-web",
    ];
    CALLS.iter().any(|word| contains(body, word))
}

/// Whether the value of a header is a member of an object. The environment of a Worker, `env.KEY`, is none.
fn is_member(header: &[u8]) -> bool {
    MEMBER
        .captures_iter(header)
        .any(|groups| groups.name("owner").is_none_or(|owner| !owner.as_bytes().eq_ignore_ascii_case(b"env")))
}

/// Returns the tokens in a part of the file that may be sent to the API. What is in a comment is not sent, what goes to another host is no token for the
/// API, and what the code expects of its own callers is sent only if it is handed on.
fn bearers<'a>(input: &'a Input<'_>, part: Span) -> impl Iterator<Item = Span> + 'a {
    fixed! {
        static HANDED_ON = r#"(?:["'](?i:authorization)["']\]?\s*(?:,|:|=>|=[^=])|\bAuthorization:)\s*[^"'`\s=]"#;
    }
    /// How many tokens are looked at.
    const MOST: usize = 50;
    let found = BEARER.find_iter(input.text.get(part)).take(MOST);
    let found = found.map(move |found| Span::from(found).shift(part.start));
    let handed_on = |bearer| HANDED_ON.is_match(input.text.get(around(input.text, bearer, 2000)));
    found.filter(move |bearer| {
        !in_comment(input.text, bearer.start, input.path)
            && !is_sent_elsewhere(input.text.bytes(), *bearer)
            && (!is_expected(input.text.bytes(), *bearer) || handed_on(*bearer))
    })
}

/// Whether a header is that of an incoming request: code compares it or takes it apart, `auth.startsWith("Bearer ")`.
fn is_expected(bytes: &[u8], bearer: Span) -> bool {
    fixed! {
        static COMPARED = r#"(?i)(?:[!=]==?|=~|\beq|\bne|\b(?:equals?|starts?_?with\??|str_starts_with|has_?prefix|(?:trim|remove|delete|strip|cut)_?prefix|index_?of|str\w?pos|includes|contains|replace\w*|split|explode|compare\w*|match\w*|test)[!?]?\s*[( ](?:[^()"'`\n]*(?:\([^()\n]*\))?[^()"'`\n]*,)?)\s*[$@bfru]*["'`/^]*$|\b(?:www-authenticate|scheme)\b[^\n;]*$"#;
    }
    /// How much of the line before a token is looked at, in bytes.
    const LINE: usize = 200;
    // The name of the header may be part of what is found: `req.headers.authorization === "Bearer "`.
    let own = &bytes[bearer.start..bearer.end];
    let word = own.iter().rposition(|b| matches!(b, b'b' | b'B')).unwrap_or(0);
    COMPARED.is_match(lines::before(bytes, bearer.start + word, LINE))
}

/// Returns the API tokens that the conditions of a script ask for, `if [ -n "$CF_API_TOKEN" ]`, unless it cannot go on
/// without them. That of a tunnel is none, nor is a variable that is sent as the key.
fn asked(input: &Input<'_>, near: Span, sent: &[u8]) -> Vec<usize> {
    let bytes = input.text.get(near);
    let mut out = Vec::new();
    each_credential(bytes, Span::new(0, bytes.len()), |name| {
        let line =
            Span::new(lines::start(bytes, 0, name.start), name.end + lines::first(&bytes[name.end..]).len());
        let own = &bytes[line.start..line.end];
        let named = &bytes[name.start..name.end];
        if has_branch(own) && !contains(own, b"x-auth-key") && !is_said(own) {
            let words = words(named);
            let token = words.ends_with("token") && !words.contains("tunnel");
            let is_key = || memmem::find(sent, named).is_some();
            let commented = || in_comment(input.text, near.start + name.start, input.path);
            out.extend((token && !is_key() && !is_guard(bytes, line) && !commented()).then_some(name.start));
        }
        ControlFlow::Continue(())
    });
    out
}

/// Whether a line of a script prints or asks the user something.
fn is_said(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    [&b"read "[..], b"echo ", b"printf "].iter().any(|command| line.starts_with(command))
}

/// Whether the test on a line of a script decides nothing: the script ends if something is missing, `[ -z "$T" ] && exit 1`,
/// or only says so. If two may not both be missing, one of them is enough.
fn is_guard(bytes: &[u8], line: Span) -> bool {
    fixed! {
        static MISSING = r#"-z\s|!\s*["'$\[(]|[^!]=\s*(?:""|'')|\|\|\s*(?:[{(]|exit|return|die|fail|$)"#;
        static EITHER = r"&&\s*(?:\[|!|-[nz]\s|test\s|\()|\s-a\s|\band\s+(?:\[|!|not\s|test\s)";
        static ENDS = r"\b(?:exit|return|die|fail\w*|abort)\b";
        static OPENS = r"(?:\bthen|[{(])\s*$|^\s*(?:else )?if\s[^;]*$";
        static BODY_END = r"(?m)^[ \t]*(?:fi\b|(?P<other>el(?:se|if)\b)|end\b|\}|\)|;;)";
    }
    /// How long the body of a guard may be, in bytes.
    const BODY: usize = 600;
    let own = &bytes[line.start..line.end];
    if EITHER.is_match(own) {
        return false;
    }
    let missing = MISSING.is_match(own);
    if missing && ENDS.is_match(own) {
        return true;
    }
    let rest = &bytes[line.end..bytes.len().min(line.end + BODY)];
    let Some(end) = BODY_END.captures(rest).filter(|_| OPENS.is_match(own)) else { return false };
    let body = &rest[..end.get_match().start()];
    let mut commands = body.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let ends = missing && ENDS.is_match(body) && !contains(body, b"x-auth-key");
    ends || end.name("other").is_none() && commands.all(is_said)
}

/// Whether key and token are in two entries of one table, which are called after what they send:
/// `{"token": lambda c: {…}, "global": lambda c: {…}}`.
fn is_entry_of_table(bytes: &[u8], key: usize, token: usize) -> bool {
    fixed! {
        static ENTRY = r#"(?:^|[,{(\[\n])[ \t]*["':]?(?P<name>[A-Za-z]\w*)["']?[ \t]*(?:=>|[:=])(?:\([^()\n]*\)|[^,{\[(\n])*$"#;
    }
    const REACH: usize = 1500;
    let opens = |at: usize| brackets::around(bytes, at.saturating_sub(REACH), at).collect::<Vec<usize>>();
    let (of_key, of_token) = (opens(key), opens(token));
    // The brackets of each entry, within the innermost that contain both.
    let shared =
        of_key.iter().rev().zip(of_token.iter().rev()).take_while(|(one, other)| one == other).count();
    let own = |opens: &[usize]| {
        let table = opens.len().checked_sub(shared).filter(|_| shared > 0)?;
        let (first, table) = (*opens.get(table.checked_sub(1)?)?, *opens.get(table)?);
        let entry = ENTRY.captures(&bytes[table..first])?;
        entry.name("name").map(|name| words(name.as_bytes()))
    };
    own(&of_key).zip(own(&of_token)).is_some_and(|(key, token)| is_twin(&key, &token))
}

/// Returns the object literal that holds a place: between braces, with neither statements nor branches.
fn object(bytes: &[u8], at: usize) -> Option<Span> {
    const REACH: usize = 600;
    let open =
        brackets::around(bytes, at.saturating_sub(REACH), at).next().filter(|open| bytes[*open] == b'{')?;
    let rest = &bytes[open + 1..bytes.len().min(open + 1 + 2 * REACH)];
    let body = &rest[..brackets::end_in_code(rest, b"")?];
    let plain = !body.contains(&b';') && !has_branch(body);
    plain.then(|| Span::new(open + 1, open + 1 + body.len()))
}

/// Whether a program sends a token instead if one is configured, or a document shows how to send one.
pub(in crate::check) fn takes_a_token(input: &Input<'_>) -> bool {
    let bytes = input.text.bytes();
    let whole = Span::new(0, bytes.len());
    is_prose(input.path) && BEARER.is_match(bytes)
        || is_program(input.text, input.path) && bearers(input, whole).next().is_some() && has_branch(bytes)
}

#[cfg(test)]
mod tests;
