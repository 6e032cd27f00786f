//! Whether a header name comes with a value that is sent. Maps of headers to hide, match arms, patterns and cleared
//! headers have the same syntax.

use memchr::memmem;

use crate::check::{Input, fixed};
use crate::fact::words::{is_word, words};
use crate::span::Span;

/// How much of a value is examined, in bytes.
const VALUE: usize = 200;

/// Whether the header name is not followed by a key, nor by anything that could hold one.
pub(in super::super) fn holds_nothing(input: &Input<'_>, span: Span) -> bool {
    let bytes = input.text.bytes();
    let line = input.text.line_near(span.start);
    let before = &bytes[line.start.min(span.start)..span.start];
    // The span may end before closing quotes or brackets, which tell an empty value.
    let end = bytes.len().min(span.start + VALUE);
    is_arm(before)
        || VALUE_OF
            .captures(&bytes[span.start..end])
            .is_some_and(|groups| groups.name("value").is_some_and(|value| is_nothing(value.as_bytes())))
}

fixed! {
    /// The name of the header, closing quotes, a separator, perhaps the word `value`, and the value.
    static VALUE_OF = r#"(?i)^(?:[\w-]+\s+["']?)?x[-_]?auth[-_]?[a-z_-]*key\b["'`\\]*[\])]?\s*(?:=>|:=|[:=,]|[ \t])\s*(?:["']?value["']?\s*[:=]\s*)?(?P<value>[^\n]*)"#;
}

/// Whether the name is a match arm: `case "X-Auth-Key":`, `"authorization" | "x-auth-key" =>`, `when "X-Auth-Key"`.
fn is_arm(before: &[u8]) -> bool {
    fixed! {
        static ARM = r#"(?:^|[\s{(])(?:case|when)\s[^;{}]*["'`]$|["'`]\s*\|\s*["'`]$"#;
    }
    let near = &before[before.len().saturating_sub(VALUE)..];
    let may_be =
        near.contains(&b'|') || [&b"case"[..], b"when"].iter().any(|word| memmem::find(near, word).is_some());
    may_be && ARM.is_match(near)
}

/// Whether the value is a Boolean, a number, empty, a word for what to do with the header, a mask, or a pattern.
fn is_nothing(value: &[u8]) -> bool {
    fixed! {
        static CONSTANT = r#"(?i)^(?:true|false|null|none|nil|undefined|unit|\d{1,3}|struct\{\}\{\}|\{\}|\[\]|\(\)|(?:""|''|``)|drop|delete|redact|remove|hide|keep|["'`](?:drop|delete|redact|remove|mask|hide|hidden|keep|hash|skip|ignore|deny|block|strip|unset|dummy|replace|omit|encrypt|sensitive|secret)(?:ed)?["'`])\s*(?:$|[,;)}\]\r\n]|//|#)"#;
        // `***`, `[REDACTED]`, `<hidden>`, `xxxx`.
        // A single star before a name, `*key`, follows a pointer unless it is in a string.
        static MASK = r#"(?i)^[rbfu]?["'`]?[\[<({]{0,2}(?:[*#]{2,}|•|["'`]\*|\*(?:[^\w(]|$)|x{3,}\b|\.{3}|x\]|(?:[a-z]+[ _-])?(?:redact|mask|hidden|filter|remov|scrub|censor|omit|sanitiz|obfuscat|stripp|dummy|fake)[a-z]*[\]>)}"'`])"#;
        // `[0-9a-f]{37}`, `(\S+)`, `\$?\w+`, `.*`.
        static PATTERN = r"^[rbfu]?['`\x22]?\(*(?:\?[:P<\w>]*)?(?:\[(?:\^|\\|[a-zA-Z0-9]-[a-zA-Z0-9])|\\+(?:[swSWdb]|\$\?)|\.[*+])";
    }
    CONSTANT.is_match(value)
        || MASK.is_match(value) && !stands_for_key(value)
        || PATTERN.is_match(value)
        || is_declared(value)
        || is_message(value)
}

/// Whether a word between stars asks for the key, rather than says that it was taken out: `***API_KEY***`.
fn stands_for_key(value: &[u8]) -> bool {
    let stars = |b: &u8| matches!(b, b'*' | b'"' | b'\'' | b'`');
    let word = &value[value.iter().take_while(|b| stars(b)).count()..];
    let (word, rest) = word.split_at(word.iter().take_while(|b| is_word(**b) || **b == b'-').count());
    rest.starts_with(b"**") && words(word).ends_with("key")
}

/// Whether what follows a name is a type that allows for no value, and there is none: `?[]const u8 = undefined`,
/// `Option<String>,`, `string | null`.
fn is_declared(value: &[u8]) -> bool {
    fixed! {
        static NULLABLE = concat!(
            r"(?i)^(?:\?(?:\[[^\]\n]*\])*[\w*. ]+|string\?|str(?:ing)?\s*\|\s*(?:null|undefined|none)\b",
            r"|(?:\w+(?:\.|::))*option(?:al)?\s*[<\[][\w<>\[\]:&' ]*[>\]])",
            r"\s*(?:=\s*(?:undefined|null|nil|none)\s*)?(?:$|[,;)}\r\n]|//|#)",
        );
    }
    NULLABLE.is_match(value)
}

/// Whether the value is a sentence about the header, in any language: `"Der Global API Key ist ungültig"`. Words that stand
/// for a key name it or say what to do: `"your global API key"`.
fn is_message(value: &[u8]) -> bool {
    /// The words that name a key.
    const NAMES: &[&str] = &[
        "a",
        "account",
        "api",
        "auth",
        "cf",
        "cloudflare",
        "email",
        "global",
        "key",
        "legacy",
        "my",
        "of",
        "own",
        "real",
        "secret",
        "the",
        "token",
        "user",
        "value",
    ];
    /// The words that ask for one.
    const ASKS: &[&str] = &[
        "add", "change", "copy", "dein", "deinen", "enter", "fill", "goes", "here", "hier", "ihr", "ihren",
        "insert", "paste", "put", "replace", "su", "sua", "tu", "votre", "your", "ваш",
    ];
    let Some(quote) = value.first().filter(|b| matches!(b, b'"' | b'\'' | b'`')) else { return false };
    let rest = &value[1..];
    let Some(end) = rest.iter().position(|b| b == quote) else { return false };
    let Ok(text) = std::str::from_utf8(&rest[..end]) else { return false };
    let plain = |c: char| {
        c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | ',' | '!' | '?' | ':' | '-' | '’')
    };
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let others = words.iter().filter(|word| !NAMES.contains(&word.as_str())).count();
    text.chars().all(plain)
        && words.len() > 2
        && others > 1
        && !words.iter().any(|word| ASKS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_nothing;

    #[test]
    fn stars_may_stand_around_a_word_for_the_key() {
        for value in ["***APIKEY***'", "'**YOUR-API-KEY**'", "***api_key***"] {
            assert!(!is_nothing(value.as_bytes()), "{value}");
        }
        for value in ["***'", "***abcd'", "***REDACTED***", "'**hidden**'", "****key"] {
            assert!(is_nothing(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_is_sent_is_told_from_what_hides_it() {
        for value in [
            "{},",
            "true,",
            "struct{}{},",
            "null }",
            "\"***\",",
            "'[REDACTED]'",
            "\"<hidden>\"",
            "\"\";",
            "drop",
            "[0-9a-f]{37}",
            "(\\S+)",
            "(?P<key>[a-f0-9]{37})",
            "[x]",
            "\\$?\\w+",
            "\"[FILTERED]\")",
            "1, \"b\": 2",
            ".*",
            "*",
            "\"*\"",
            "'*key'",
            "\"*hidden\"",
            "****)",
            "\"Der Global API Key ist ungültig\",",
            "'API key is missing.' }",
            "\"密钥 无效 请 检查\"",
            "?[:0]const u8 = undefined;",
            "?*const u8 = null,",
            "Option<String>,",
            "std::option::Option<&'a str>,",
            "Optional[str] = None",
            "string | null;",
            "str | None = None,",
            "String? = nil",
        ] {
            assert!(is_nothing(value.as_bytes()), "{value}");
        }
        for value in [
            "$KEY\"",
            "os.Getenv(\"A\")",
            "key,",
            "\"abc\"",
            "{{ key }}",
            "${KEY}",
            "<YOUR_KEY>",
            "secrets.cf,",
            "nilKey",
            "[key]",
            "trueKey",
            "masked_key",
            "process.env.A",
            "\\\"$KEY\\\"",
            "Secret.load()",
            "*apiKey)",
            "&key,",
            "{*apiKey}}",
            "*(opts.key)",
            "&self.key)",
            "\"your Cloudflare global API key\"",
            "\"my global key\"",
            "\"Cloudflare Global API Key\"",
            "'enter the right key here'",
            "\"$KEY is not set\"",
            "?[:0]const u8 = getKey();",
            "Optional[str] = env[\"A\"]",
            "String? = \"abc\"",
            "optional[0].key,",
            "str(key),",
            "?,",
        ] {
            assert!(!is_nothing(value.as_bytes()), "{value}");
        }
    }
}
