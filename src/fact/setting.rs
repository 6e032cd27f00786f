//! Settings for credentials and identities, found by their names, in any syntax: `NAME=v`, `name: v`, `"name": "v"`,
//! `name => v`, `--name v`, `option name 'v'`, `<name>v</name>`, `f("name", v)`, `name: NAME` above `value: v`.
//! The value may be a variable or a reference. Judges nothing.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::words::{after_escape, is_word, words};
use super::{fixed, lines};
use crate::literals::Literals;
use crate::span::Span;

mod group;
mod value;

pub use group::{about, concerns, same_group, same_scope};
use value::{is_keyword, is_setting};

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// From the name to the end of the value.
    pub span: Span,
    /// The words of the name, joined by spaces, without those that say how the value is stored (`_FILE`, `SecretRef`).
    pub words: String,
    /// The value, up to the end of the line and without closing quotes; may be empty.
    pub value: Span,
}

/// What names of credentials and of their owners end in.
static ENDS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::caseless(&[
        "key",
        "token",
        "tkn",
        "password",
        "passwd",
        "mail",
        "user",
        "usr",
        "login",
        "cfid",
        "cf_id",
        // A method counts only as that of an authentication, see [`may_begin`].
        "authmethod",
        "auth_method",
    ])
});
const METHOD: usize = "method".len();

/// Calls `visit` for every place where a name may end, in order: with the word that it ends in.
fn each_end(bytes: &[u8], mut visit: impl FnMut(Span) -> ControlFlow<()>) -> ControlFlow<()> {
    ENDS.each(bytes, 0, |hit| {
        let start = if bytes[hit.start] | 0x20 == b'a' { hit.end - METHOD } else { hit.start };
        visit(Span::new(start, hit.end))
    })
}

fixed! {
    /// The end of such a name, the separator, and the beginning of the value.
    static SETTING = concat!(
        r#"(?i)^(?P<end>(?:key|token|tkn|password|passwd|mail|user|usr|username|login|cf_?id|method)"#,
        r#"(?:_?-?addr(?:ess)?|_?-?(?:secret|key)?_?-?ref|_?-?secure|_?-?insecure|_?-?plain|_?-?env|_?-?file)?)["'`\]\\]*"#,
        r#"(?P<sep>\s*(?:=>|:=|\?=|::|=|:)\s*|["']\s*,\s*|>|[ \t]+|\s*[\n,]\s*["']?value(?:From)?["']?\s*[:=]\s*)"#,
        r#"(?P<value>[^\s,;)}\]#<]|<[<$%=A-Za-z\x80-\xFF])"#,
    );
}

/// The maximum length of a name, in bytes.
const LONGEST: usize = 200;
/// How much text from the end of a name on is examined, in bytes.
const REACH: usize = 1000;
/// How much of the line before a name is examined, in bytes.
const LINE: usize = 256;

/// Whether any of the [`settings`] has a name for which `wanted` returns true. `wanted` gets the name up to the end
/// of one of the words that such names end in.
pub fn any_setting(bytes: &[u8], wanted: impl Fn(&[u8]) -> bool) -> bool {
    let mut from = 0;
    each_end(bytes, |hit| {
        if hit.start < from {
            return ControlFlow::Continue(());
        }
        from = hit.end;
        let before = bytes[..hit.start].iter().rev().take(LONGEST).take_while(|b| in_name(**b)).count();
        let name = Span::new(hit.start - before, hit.end);
        let named = may_end(&bytes[hit.end..]) && wanted(&bytes[name.start..name.end]);
        let is_setting = || {
            let found =
                || setting(bytes, name.start, hit.start).is_some_and(|(_, setting)| setting.is_some());
            bound(bytes, name.start, name.end).is_some() || may_have_value(bytes, name) && found()
        };
        if named && is_setting() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .is_break()
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.' | b':' | b'-')
}

/// Returns all settings in a text whose names end like those of credentials or of their owners, in order.
pub fn settings(bytes: &[u8]) -> Vec<Setting> {
    let mut out = Vec::new();
    let (mut from, mut done) = (0, 0);
    let _ = each_end(bytes, |hit| {
        if hit.start >= from {
            from = hit.end;
            if let Some((end, setting)) = setting_at(bytes, hit.start, hit.end, done) {
                // Values may contain further settings: `{ email: a, key: b }`.
                (done, from) = (end, from.max(end));
                out.extend(setting);
            }
        }
        ControlFlow::Continue(())
    });
    out
}

/// Returns the setting whose name ends in the word from `start` to `end`, if it is one, and where the name ends.
/// Names up to `done` have been read already.
fn setting_at(bytes: &[u8], start: usize, end: usize, done: usize) -> Option<(usize, Option<Setting>)> {
    let before = bytes[done..start].iter().rev().take(LONGEST).take_while(|b| in_name(**b)).count();
    let name = Span::new(after_escape(bytes, Span::new(start - before, end)), end);
    // The name continues one that was just read.
    if before == LONGEST || (name.start == done && done > 0) || !may_end(&bytes[end..]) {
        return None;
    }
    if let Some(bound) = bound(bytes, name.start, end) {
        return Some((bound.span.end, Some(bound)));
    }
    if may_have_value(bytes, name) { setting(bytes, name.start, start) } else { None }
}

/// Returns the name whose value is handed over without being written: Jenkins binds a credential to it for some steps,
/// `passwordVariable: 'NAME'`, `docker run -e NAME` passes it on, or a store of secrets asks for it:
/// `wrangler secret put NAME`.
fn bound(bytes: &[u8], start: usize, end: usize) -> Option<Setting> {
    let end = end + bytes[end..].iter().take_while(|b| is_word(**b)).count();
    let named = |span: Span| Setting {
        span,
        words: own_words(&bytes[span.start..span.end]),
        value: Span::new(span.end, span.end),
    };
    let ends = bytes.get(end).is_none_or(u8::is_ascii_whitespace);
    const PASSED: &[&[u8]] = &[b" -e ", b" --env ", b" secret put ", b" secret set ", b" env add "];
    if ends && PASSED.iter().any(|before| bytes[..start].ends_with(before)) {
        return Some(named(Span::new(start, end)));
    }
    let quote = *bytes.get(end).filter(|quote| matches!(quote, b'"' | b'\''))?;
    let before = bytes[..start].strip_suffix(&[quote])?.trim_ascii_end();
    let span = Span::new(start, end);
    before.ends_with(b"ariable:").then(|| named(span))
}

/// Whether a name may end before this text: with a separator, a closing quote or bracket, or a word that says how the
/// value is stored.
fn may_end(rest: &[u8]) -> bool {
    let Some(first) = rest.iter().find(|b| !matches!(b, b'_' | b'-')) else { return false };
    matches!(first, b'"' | b'\'' | b'`' | b']' | b'\\' | b'=' | b':' | b'?' | b',' | b'>')
        || first.is_ascii_whitespace()
        || b"askripefn".contains(&first.to_ascii_lowercase())
}

/// Whether a name that is followed by a space may have a value: most are words in a comment.
fn may_have_value(bytes: &[u8], name: Span) -> bool {
    let rest = &bytes[name.end..];
    if !matches!(rest.first(), Some(b' ' | b'\t')) || bytes[name.start] == b'-' {
        return true;
    }
    let next = rest.iter().find(|b| !matches!(b, b' ' | b'\t'));
    if next.is_none_or(|next| matches!(next, b'=' | b':' | b'?' | b',' | b'>' | b'"' | b'\'' | b'\r' | b'\n'))
    {
        return true;
    }
    let before = lines::before(bytes, name.start, LINE);
    before.trim_ascii().is_empty() || is_keyword(before)
}

/// Returns the setting whose name starts at `start` and has one of [`ENDS`] at `end`, if it is one, and where the name
/// ends.
fn setting(bytes: &[u8], start: usize, end: usize) -> Option<(usize, Option<Setting>)> {
    if let Some(unset) = unset(bytes, start, end) {
        return Some(unset);
    }
    let near = &bytes[end..bytes.len().min(end + REACH)];
    let groups = SETTING.captures(near).filter(|_| may_begin(&bytes[start..end], near))?;
    let place = |name: &str| groups.name(name).map(|m| Span::from(m).shift(end));
    let (name, begin, separator) = (place("end")?, place("value")?, place("sep")?);
    let name = Span::new(start, name.end);
    let ends = |b: &u8| matches!(b, b'\n' | b',' | b';' | b')' | b'}' | b']' | b'<');
    let rest = &near[begin.end - end..];
    let value = Span::new(begin.start, begin.end + rest.iter().position(ends).unwrap_or(rest.len()));
    let text = |span: Span| &bytes[span.start..span.end];
    if !is_setting(bytes, name, text(separator), text(value)) {
        return Some((name.end, None));
    }
    let end = value.start + trimmed_len(text(value));
    let end = closed(bytes, Span::new(start, end.max(name.end))).end;
    let setting = Setting {
        span: Span::new(start, end),
        words: own_words(text(name)),
        value: Span::new(value.start, end.max(value.start)),
    };
    Some((name.end, Some(setting)))
}

/// Returns the setting if nothing follows the `=` after its name. A line below that is indented deeper continues it.
fn unset(bytes: &[u8], start: usize, end: usize) -> Option<(usize, Option<Setting>)> {
    let near = &bytes[end..bytes.len().min(end + REACH)];
    let line = lines::first(near);
    let own = line.trim_ascii_end().strip_suffix(b"=")?;
    if !own.iter().all(|b| in_name(*b) || matches!(b, b' ' | b'\t')) || !may_begin(&bytes[start..end], line) {
        return None;
    }
    let below = near[line.len()..].split(|b| *b == b'\n').skip(1).find(|line| !line.trim_ascii().is_empty());
    let indentation = lines::indentation(lines::before(bytes, start, LINE));
    if below.is_some_and(|below| lines::indentation(below) > indentation) {
        return None;
    }
    let name = Span::new(start, end + own.trim_ascii_end().len());
    let value = Span::new(end + own.len() + 1, end + own.len() + 1);
    let words = own_words(&bytes[name.start..name.end]);
    Some((name.end, Some(Setting { span: Span::new(start, value.end), words, value })))
}

/// Whether a name may begin like this: as an option, or like an identifier. `method` counts only after `auth`.
fn may_begin(name: &[u8], end: &[u8]) -> bool {
    let own = name.strip_prefix(b"--").or_else(|| name.strip_prefix(b"-")).unwrap_or(name);
    let begins = own.first().is_none_or(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'));
    let method = end.first().is_some_and(|b| matches!(b, b'm' | b'M'))
        && end.get(1..6).is_some_and(|rest| rest.eq_ignore_ascii_case(b"ethod"));
    let auth = own.strip_suffix(b"_").unwrap_or(own);
    let authentication = || auth.len() >= 4 && auth[auth.len() - 4..].eq_ignore_ascii_case(b"auth");
    begins && own.iter().skip(1).all(|b| *b != b'$') && (!method || authentication())
}

/// Returns the words of a name without those that say how the value is stored.
fn own_words(name: &[u8]) -> String {
    let mut out = words(name);
    for end in [" ref", " secret", " secure", " insecure", " plain", " env", " file"] {
        out.truncate(out.strip_suffix(end).map_or(out.len(), str::len));
    }
    out
}

/// Returns the length of a value without closing quotes and line continuations.
fn trimmed_len(value: &[u8]) -> usize {
    let last = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'\\' | b'"' | b'\'' | b'`');
    lines::first(value).iter().rposition(last).map_or(0, |at| at + 1)
}

/// Extends a span over the quotes and brackets after it that close what is opened inside: `f("a` becomes `f("a")`.
pub fn closed(bytes: &[u8], span: Span) -> Span {
    const MOST: usize = 8;
    let inner = &bytes[span.start..span.end];
    let count = |byte: u8| inner.iter().filter(|b| **b == byte).count() as i32;
    let mut open = [count(b'(') - count(b')'), count(b'[') - count(b']'), count(b'{') - count(b'}')];
    // A quote before the span belongs to the name, or encloses name and value and closes after both.
    let mut quoted = [b'"', b'\'', b'`'].map(|quote| {
        let before = span.start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&quote);
        if before { count(quote) > 0 && count(quote) % 2 == 0 } else { count(quote) % 2 == 1 }
    });
    let mut end = span.end;
    for byte in bytes[span.end..].iter().take(MOST) {
        let at = |set: &[u8]| set.iter().position(|b| b == byte);
        if let Some(i) = at(b")]}") {
            if open[i] <= 0 {
                break;
            }
            open[i] -= 1;
        } else if let Some(i) = at(b"\"'`") {
            if !quoted[i] {
                break;
            }
            quoted[i] = false;
        } else if !(*byte == b' ' && open.iter().any(|n| *n > 0)) {
            break;
        }
        end += 1;
    }
    while end > span.end && bytes[end - 1] == b' ' {
        end -= 1;
    }
    Span::new(span.start, end)
}

#[cfg(test)]
mod tests {
    use super::{about, same_group, same_scope, settings};

    fn found(text: &str) -> Vec<(String, String)> {
        let value = |s: &super::Setting| text[s.value.start..s.value.end].to_owned();
        settings(text.as_bytes()).iter().map(|s| (s.words.clone(), value(s))).collect()
    }

    #[track_caller]
    fn one(text: &str, words: &str, value: &str) {
        assert_eq!(found(text), [(words.to_owned(), value.to_owned())], "{text}");
    }

    #[test]
    fn one_reading_serves_every_syntax() {
        one("CF_API_KEY=x1", "cf api key", "x1");
        one("key = x1", "key", "x1");
        one("f(key=x1)", "key", "x1");
        one("{\"apiKey\": \"x1\"}", "api key", "\"x1\"");
        one("--auth-token=\"$K\"", "auth token", "\"$K\"");
        one("tool --key $K", "key", "$K");
        one("option password 'x1'", "password", "'x1'");
        one("<dns_cf_key>x1</dns_cf_key>", "dns cf key", "x1");
        one("- name: CF_API_KEY\n  value: x1", "cf api key", "x1");
        one("- name: CF_API_KEY\n  valueFrom:\n    ref: a", "cf api key", "ref: a");
        one("token:\n  from_secret: a", "token", "from_secret: a");
        one("define('CF_API_KEY', get('a'))", "cf api key", "get('a')");
        one("apiTokenSecretRef:\n  name: a", "api token", "name: a");
        one("CFAuthKeySecure = $k", "cf auth key", "$k");
        one("auth_key => \"${K}\"", "auth key", "\"${K}\"");
        one("$auth_method = \"global\";", "auth method", "\"global\"");
        one("service a {\n  zone b\n  password x1\n  protocol c\n}", "password", "x1");
        one("cf_dns 'x' do\n  zone 'a'\n  api_key node['k']\nend", "api key", "node['k']");
        assert_eq!(found("{ email: a, key: b }").len(), 2);
        assert_eq!(found("(usernameVariable: 'CF_USER', passwordVariable: 'CF_KEY')").len(), 2);
        one("echo $K | gh secret set CF_KEY\n", "cf key", "");
        one("npx wrangler secret put CF_KEY --env a\n", "cf key", "");
    }

    #[test]
    fn declarations_comparisons_and_prose_are_no_settings() {
        for text in [
            "apiKey: string;",
            "key == 'x'",
            "the key is here",
            "api_key: Optional[str]",
            "monkey-patch a",
            "\"secret*key\", \"workflow\"",
            "sed -i '/^SAVED_CF_Key=/d' account.conf",
            "token: typing.Optional[builtins.str] = None",
            "CF_API_EMAIL = \"Account email\"",
            "api_key: {required: true}",
            "fn f(key: []const u8, mail: ?[]const u8) void",
            "fn f(key: &[u8]) {}",
            "func f(key: [UInt8]) {}",
            "{\"api_key\": {\"type\": \"string\"}}",
            "['Cloudflare API Key' => 'Clave', 'x' => 'y']",
            "{\n  \"Account Email\": \"Correo\"\n}",
            "while true do\n  api_key x\nend",
            "cf 'x'\n  api_key x\n",
            "if [ \"$auth_method\" = \"global\" ]; then",
            "[[ $auth_method = global ]]",
            "test \"$auth_method\" = global",
            "login:\n  path: /login\ntoken:\n  parameter-name: a\n",
            "UPDATE accounts SET email = ?, api_key = ? WHERE id = ?",
            "SELECT id FROM accounts WHERE email = :email AND api_key = :api_key",
            "UPDATE accounts SET cf_email = %s, cf_api_key = %(key)s",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn groups_end_with_brackets_items_sections_and_blocks() {
        let same = |text: &str| {
            let at = |what: &str| {
                let at = text.find(what).unwrap();
                crate::span::Span::new(at, at + what.len())
            };
            same_group(text.as_bytes(), at("ONE"), at("TWO"))
        };
        assert!(same("{ ONE, a: { b }, TWO }"));
        assert!(same("ONE\n\nTWO"));
        assert!(same("  - name: ONE\n    x: {a: b}\n  - name: TWO\n"));
        assert!(same("f(ONE,\n  TWO)"));
        assert!(!same("f(ONE); g(TWO)"));
        assert!(!same("- ONE: a\n  b: c\n- a: b\n  TWO: c\n"));
        assert!(!same("[a]\nONE\n[b]\nTWO\n"));
        assert!(!same("a:\n  ONE\nb:\n  TWO\n"));
    }

    #[test]
    fn scopes_hold_what_is_inside_and_environments_what_they_are_for() {
        let same = |text: &str| {
            let at = |what: &str| {
                let at = text.find(what).unwrap();
                crate::span::Span::new(at, at + what.len())
            };
            same_scope(text.as_bytes(), at("ONE"), at("TWO"))
        };
        for text in [
            "ONE=1\n\n# a\nA=2\nTWO=3\n",
            "- ONE=1\n- A=2\n- TWO=3\n",
            "a:\n  ONE: 1\n# b\n  c:\n    TWO: 2\n",
            "env:\n  ONE: 1\njobs:\n  a:\n    TWO: 2\n",
            "a:\n  environment:\n  - ONE=1\n  - B=1\n  command: TWO\n",
            "pipeline {\n  environment {\n    ONE = 1\n  }\n  stage {\n    f(TWO)\n  }\n}\n",
            "A = env[\"ONE\"]\nb = 1\nB = env[\"TWO\"]\n",
            "func f() {\n  ONE = 1\n  if a {\n    b()\n  }\n  TWO = 2\n}\n",
        ] {
            assert!(same(text), "{text}");
        }
        for text in [
            "a:\n  ONE: 1\nb:\n  TWO: 2\n",
            "a:\n  ONE: 1\nTWO: 2\n",
            "[a]\nONE=1\n[b]\nTWO=2\n",
            "ONE: 1\n---\nTWO: 2\n",
            "jobs:\n  a:\n    env:\n      ONE: 1\n  b:\n    env:\n      TWO: 2\n",
            "steps:\n- env:\n    ONE: 1\n  run: a\n- env:\n    TWO: 2\n",
            "func f() {\n  ONE = 1\n  b()\n}\nfunc g() {\n  TWO = 2\n}\n",
        ] {
            assert!(!same(text), "{text}");
        }
    }

    #[test]
    fn a_group_says_what_it_is_about() {
        let text = "protocol=other, login=a\nprotocol=this, password=VALUE\n";
        let at = text.find("VALUE").unwrap();
        let found = about(text.as_bytes(), crate::span::Span::new(at, at + 5)).unwrap();
        assert_eq!(&text[found.start..found.end], "this");
    }
}
