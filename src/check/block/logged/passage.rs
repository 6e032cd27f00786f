//! What becomes of a value on its way from its name to the call that prints it: it is inserted into a text, joined,
//! formatted, or measured, compared, cut. Knows the syntax of expressions in general, no language.

use crate::check::{fixed, named};
use crate::fact::brackets;
use crate::fact::words::is_word;
use crate::span::Span;

mod conversions;

use conversions::{hands_on, is_whole};

/// Something around a place that is closed behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// A bracket, at this place.
    Bracket(usize),
    /// A bracket in a text, whose inside is evaluated: `${`, `#{`, `\(`, `$(`, `{`.
    Insertion(usize),
    /// A text, which starts behind the quote.
    Text { start: usize, quote: u8 },
}

/// How the texts and names of a call are written.
#[derive(Clone, Copy, Default)]
pub(super) struct Style {
    /// Names in braces are replaced in all texts, as in macros of Rust.
    pub(super) braces: bool,
    /// Variables are replaced in texts in single quotes too, as in Dart.
    pub(super) single: bool,
    /// A dollar sign in double quotes is that character, as in Python.
    pub(super) plain_dollar: bool,
    /// Calls are lists that begin with the name of a function, and names may hold dashes, as in Lisp.
    pub(super) lists: bool,
    /// Functions are applied without brackets, as in Haskell.
    pub(super) applied: bool,
}

/// Whether the value of the name at a place reaches the call whose arguments are `body`, as a whole.
pub(super) fn arrives(body: &[u8], name: Span, style: Style) -> bool {
    let mut levels = levels(body, name.start, style);
    let Some(mut own) = evaluated(body, name, &mut levels, style) else { return false };
    loop {
        let floor = match levels.last() {
            Some(Level::Bracket(at) | Level::Insertion(at)) => at + 1,
            Some(Level::Text { start, .. }) => *start,
            None => 0,
        };
        let in_text = matches!(levels.last(), Some(Level::Text { .. }));
        if !in_text && !is_kept(body, floor, &mut own) {
            return false;
        }
        if !in_text && style.applied && !is_handed_on(&body[floor..own.start]) {
            return false;
        }
        let Some(level) = levels.pop() else { return true };
        own = match level {
            // Up to the end of the text.
            Level::Text { start, quote } => {
                let rest = body[own.end..].iter().position(|b| *b == quote).unwrap_or(body.len() - own.end);
                Span::new(start - 1, (own.end + rest + 1).min(body.len()))
            }
            Level::Insertion(open) => {
                if is_command(&body[open..own.start]) {
                    return false;
                }
                Span::new(open, brackets::close(body, open, body.len()).max(own.end))
            }
            Level::Bracket(open) => match through(body, open, own, style) {
                Some(outer) => outer,
                None => return false,
            },
        };
    }
}

/// Returns what encloses a place, outermost first.
fn levels(body: &[u8], place: usize, style: Style) -> Vec<Level> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < place {
        let byte = body[at];
        let next = body.get(at + 1).copied();
        if let Some(Level::Text { start, quote }) = out.last().copied() {
            let evaluates = quote != b'\'' || style.single || body[at..].starts_with(b"${{");
            let dollar = !(style.plain_dollar && quote != b'`' && !has_prefix(body, start));
            match byte {
                b'\\' if next == Some(b'(') && quote == b'"' => {
                    at += 1;
                    out.push(Level::Insertion(at));
                }
                b'\\' => at += 1,
                _ if byte == quote => {
                    out.pop();
                }
                b'$' | b'#' if next == Some(b'{') && evaluates && (byte == b'#' || dollar) => {
                    at += 1;
                    out.push(Level::Insertion(at));
                }
                b'$' if next == Some(b'(') && quote == b'"' => {
                    at += 1;
                    out.push(Level::Insertion(at));
                }
                b'{' if next == Some(b'{') => at += 1,
                b'{' if style.braces || has_prefix(body, start) => out.push(Level::Insertion(at)),
                _ => {}
            }
        } else {
            match byte {
                b'\\' => at += 1,
                b'"' | b'\'' | b'`' => out.push(Level::Text { start: at + 1, quote: byte }),
                b'(' | b'[' | b'{' => out.push(Level::Bracket(at)),
                b')' | b']' | b'}' => {
                    out.pop();
                }
                _ => {}
            }
        }
        at += 1;
    }
    out
}

/// Whether the text that starts behind a quote has a prefix that lets braces insert: `f"…"`, `$"…"`.
fn has_prefix(body: &[u8], start: usize) -> bool {
    let before = &body[..start.saturating_sub(1)];
    let before = before.strip_suffix(b"r").or_else(|| before.strip_suffix(b"@")).unwrap_or(before);
    let word = |b: Option<&u8>| b.is_some_and(|b| is_word(*b));
    match before {
        [rest @ .., b'f' | b'F'] => !word(rest.last()) || matches!(rest.last(), Some(b'r')),
        [.., b'$'] | [.., b'f', b'm', b't'] => true,
        // The third quote of a longer text.
        [.., b'"'] => {
            before.strip_suffix(b"\"\"").is_some_and(|rest| matches!(rest.last(), Some(b'f' | b'F' | b'$')))
        }
        _ => false,
    }
}

/// Returns the expression that a name is, or the look-up by which its value is read; nothing if the name stands for no
/// value there. The levels become those around the expression.
fn evaluated(body: &[u8], name: Span, levels: &mut Vec<Level>, style: Style) -> Option<Span> {
    let after = &body[name.end..];
    let Some(Level::Text { start, quote }) = levels.last().copied() else {
        // The name of an argument or of a key is no value: `token=…`, `token: …`.
        let rest = after.trim_ascii_start();
        let chosen = body[..name.start].trim_ascii_end().ends_with(b"?");
        let key = rest.first() == Some(&b':') && rest.get(1) != Some(&b':') && !chosen
            || rest.first() == Some(&b'=') && rest.get(1) != Some(&b'=');
        let key = key && !is_formatted(body, levels.last(), rest);
        if after.first() == Some(&b'(') {
            // `token.strip()`
            let member = body[..name.end].iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
            let whole = member > name.start && is_whole(&body[member..name.end]);
            let end = (brackets::close(body, name.end, body.len()) + 1).min(body.len());
            return whole.then_some(Span::new(name.start, end));
        }
        return (!key && rest.first() != Some(&b'(')).then_some(name);
    };
    let before = &body[start..name.start];
    if before.is_empty() && after.first() == Some(&quote) {
        // `env["NAME"]`, `getenv('NAME')`.
        fixed! {
            static GETTER = r#"(?i)\[["'](?:cloudflare|cf)["']\]\s*\[$|(?:env\w*|secrets|config|settings|get_?env|fetch_env!?|environ(?:\.get)?|env\.get|env\.fetch|getenv|lookupenv|environmentvariable|vars?|\$_ENV|\$_SERVER)\s*[\[(]$"#;
        }
        let outer = body[..start - 1].trim_ascii_end();
        if !GETTER.is_match(outer) {
            return None;
        }
        levels.pop();
        let open = outer.len() - 1;
        levels.pop();
        return Some(Span::new(
            callee_start(body, open),
            brackets::close(body, open, body.len()).min(body.len() - 1) + 1,
        ));
    }
    let sign = before.ends_with(b"$") || before.ends_with(b"$env:") || before.ends_with(b"@");
    let inserted = sign && !style.plain_dollar && (quote == b'"' || style.single) || is_item(before);
    inserted.then_some(name)
}

/// Whether what follows a name says how its value is written into a text: `{token:?}`, `{token:>10}`, `{token=}`.
fn is_formatted(body: &[u8], level: Option<&Level>, rest: &[u8]) -> bool {
    let Some(Level::Insertion(open)) = level else { return false };
    let braces = body[*open] == b'{' && !matches!(body[..*open].last(), Some(b'$' | b'#'));
    let end = rest.iter().position(|b| *b == b'}').unwrap_or(rest.len());
    braces && !rest[..end].iter().any(|b| matches!(b, b' ' | b'\n' | b'"'))
}

/// Whether the text ends with a Perl hash, an item of which is inserted: `"$config{token}"`, `"$config->{token}"`.
fn is_item(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b"{") else { return false };
    let before = before.strip_suffix(b"->").unwrap_or(before);
    let name = before.iter().rev().take_while(|b| is_word(**b)).count();
    name > 0 && before[..before.len() - name].ends_with(b"$")
}

/// Returns where the expression starts that a bracket belongs to: `os.environ.get(`, `new Error(`.
fn callee_start(body: &[u8], open: usize) -> usize {
    let part = |b: &u8| is_word(*b) || matches!(*b, b'.' | b':' | b'$' | b'\\' | b'!' | b'?' | b'@');
    let mut start = open - body[..open].iter().rev().take_while(|b| part(b)).count();
    // `a->b`
    while body[..start].ends_with(b"->") {
        start -= 2;
        start -= body[..start].iter().rev().take_while(|b| part(b)).count();
    }
    start
}

/// Whether the value survives what is directly around its expression: operators before and behind it, parts that are cut
/// out of it, what is read from it. The expression grows over calls that keep the value.
fn is_kept(body: &[u8], floor: usize, own: &mut Span) -> bool {
    fixed! {
        static BEFORE = r"(?:[!#]|\b(?:not|length|ref|typeof|defined\??|isset|empty|in|is)|-not|[=!~]=|=~|\[bool\]|-(?:eq|ne|i?match|i?like))\s*\(?$|\b(?:if|unless|while|when)\b[^,;]*$";
        static BEHIND = r#"^\s*(?:\?\s*["'`\w(\[:$]|[=!~]=|=~|&&|-(?:eq|ne|i?match|i?notmatch|i?like|gt|lt|isnot)\b|(?:is|in|if|and|unless|eq|ne)\b|\*\s|\|>?\s*(?:length|hash|mask\w*|sha\w*|String\.(?:length|slice)|byte_size|is_nil)\b)|^\[\s*(?:-?\d*\s*:|\d*\s*\.\.|-\d|\^)"#;
        static MEMBER = r"^[?!]{0,2}(?:\.|->|::|&\.)\s*(?P<name>\w+[?!]?)";
    }
    let before = &body[floor..own.start];
    let before = before.strip_suffix(b"env:").unwrap_or(before);
    let signs = before.iter().rev().take_while(|b| matches!(b, b'$' | b'@' | b'*' | b'&')).count();
    let before = &before[..before.len() - signs];
    let argument =
        before.iter().rposition(|b| matches!(b, b',' | b';' | b'\n')).map_or(before, |at| &before[at + 1..]);
    if BEFORE.is_match(argument) && !is_quoted_end(argument) {
        return false;
    }
    loop {
        let after = &body[own.end.min(body.len())..];
        if let Some(groups) = MEMBER.captures(after) {
            let name = named(&groups, "name");
            if !is_whole(name.as_bytes()) {
                return false;
            }
            own.end += name.end();
            if body.get(own.end) == Some(&b'(') {
                own.end = (brackets::close(body, own.end, body.len()) + 1).min(body.len());
            }
            continue;
        }
        // `token if token else "none"`
        let name = &body[own.start..own.end.min(body.len())];
        let itself = || after.strip_prefix(b" if ").is_some_and(|rest| rest.starts_with(name));
        return !BEHIND.is_match(after) || itself();
    }
}

/// Whether the function that is applied to what follows the bytes, if one is, gives it back: `show` of `"a" ++ show `.
fn is_handed_on(before: &[u8]) -> bool {
    fixed! {
        static APPLIED = r#"(?:^|[-+<>^$|,;&@=({\[])\s*(?P<name>[A-Za-z_][\w.']*)(?:\s+[^-+<>^$|,;&@="]*)?\s$"#;
    }
    APPLIED.captures(before).is_none_or(|groups| {
        let name = named(&groups, "name").as_bytes();
        let name = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
        hands_on(name) || matches!(name, b"show" | b"pack" | b"unpack")
    })
}

/// Whether what looks like an operator is the end of a text: `"Is it set?"`, `"#"`.
fn is_quoted_end(argument: &[u8]) -> bool {
    matches!(argument.trim_ascii_end().last(), Some(b'"' | b'\'' | b'`'))
}

/// Returns the expression around a bracket through which the value passes, if it does.
fn through(body: &[u8], open: usize, inner: Span, style: Style) -> Option<Span> {
    let end = (brackets::close(body, open, body.len()) + 1).min(body.len()).max(inner.end);
    let before = &body[..open];
    let attached =
        before.last().is_some_and(|b| is_word(*b) || matches!(b, b')' | b']' | b'!' | b'?' | b'>'));
    match body[open] {
        b'(' if style.lists => {
            const WHOLE: &[&[u8]] = &[b"pr-str", b"string-append", b"concatenate", b"name", b"values"];
            let callee = body[open + 1..].trim_ascii_start();
            let length = callee.iter().position(|b| b.is_ascii_whitespace() || *b == b')').unwrap_or(0);
            let name = callee[..length].rsplit(|b| *b == b'/').next().unwrap_or_default();
            (WHOLE.contains(&name) || hands_on(name)).then_some(Span::new(open, end))
        }
        b'(' if attached => {
            let start = callee_start(body, open);
            let callee = &body[start..open];
            let name = callee.strip_suffix(b"!").or_else(|| callee.strip_suffix(b"?")).unwrap_or(callee);
            let name = &name[name.iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1)..];
            (callee.is_empty() || hands_on(name)).then_some(Span::new(start, end))
        }
        b'(' => (!is_command(&body[open..inner.start])).then_some(Span::new(open, end)),
        // An item of a collection is named, or looked up.
        b'[' if attached => {
            let word = before.iter().rev().take_while(|b| is_word(**b)).count();
            (before[before.len() - word..].eq_ignore_ascii_case(b"string")).then_some(Span::new(open, end))
        }
        b'[' => Some(Span::new(open, end)),
        _ => Some(Span::new(open, end)),
    }
}

/// Whether the bracket that the bytes begin with holds a command with arguments rather than an expression:
/// `(Get-Zones -Token $token)`.
fn is_command(bytes: &[u8]) -> bool {
    fixed! {
        static COMMAND = r"^[({]\s*[A-Za-z]+-[A-Za-z]+\s";
    }
    COMMAND.is_match(bytes)
}

#[cfg(test)]
mod tests;
