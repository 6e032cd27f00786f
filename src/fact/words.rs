//! Names as words: `CF_DNS_API_TOKEN`, `cfDnsApiToken` and `cf-dns-api-token` all read `cf dns api token`.

mod languages;

use languages::{english, translated};

use crate::span::Span;

/// How long a word without separators may be to be split into known words, in bytes.
const LONGEST: usize = 40;

/// Returns the known words that start with a letter. They split a word that people write without separators, if they
/// cover all of it.
fn parts(first: u8) -> &'static [&'static str] {
    match first {
        b'a' => &["account", "access", "auth", "api", "app", "aws"],
        b'b' => &["bearer"],
        b'c' => &["cloudflare", "credentials", "credential", "client", "cf", "ca"],
        b'd' => &["dns", "ddns"],
        b'e' => &["email", "endpoint"],
        b'g' => &["global"],
        b'h' => &["host"],
        b'i' => &["images", "id"],
        b'k' => &["key"],
        b'm' => &["mail", "my"],
        b'n' => &["name"],
        b'o' => &["origin"],
        b'p' => &["password", "private", "purge", "pass", "pages", "pwd"],
        b'r' => &["r2"],
        b's' => &["service", "secret", "stream", "site", "s3"],
        b't' => &["turnstile", "tunnel", "token", "tkn"],
        b'u' => &["user", "url"],
        b'w' => &["worker", "workers"],
        b'z' => &["zone"],
        _ => &[],
    }
}

/// Whether the byte can be part of an identifier: a letter, a digit or `_`.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns where a name starts behind the escape that a backslash before it makes of its first letter: `\nCF_API_KEY` in a
/// text of several lines. That of `\token` is the name itself.
pub fn after_escape(bytes: &[u8], name: Span) -> usize {
    const BEGINNINGS: &[&[u8]] = &[
        b"account",
        b"access",
        b"api",
        b"auth",
        b"aws",
        b"cf",
        b"client",
        b"cloudflare",
        b"dns",
        b"email",
        b"export",
        b"global",
        b"key",
        b"login",
        b"password",
        b"r2",
        b"s3",
        b"secret",
        b"token",
        b"tunnel",
        b"turnstile",
        b"user",
        b"zone",
    ];
    let own = &bytes[name.start..name.end];
    let Some((b'n' | b'r' | b't', rest)) = own.split_first() else { return name.start };
    let begins = rest.first().is_none_or(|b| b.is_ascii_uppercase())
        || BEGINNINGS.iter().any(|word| rest.starts_with(word));
    name.start + usize::from(bytes[..name.start].ends_with(b"\\") && begins)
}

/// Appends the words of an identifier to `out`, in lower case, each followed by a space.
pub fn split(identifier: &[u8], out: &mut String) {
    if !identifier.is_ascii() {
        return split(translated(identifier).as_bytes(), out);
    }
    let mut word = String::new();
    let mut previous = Class::Other;
    // Where a word in lower case follows its abbreviation directly.
    let mut joint = None;
    for (i, &byte) in identifier.iter().enumerate() {
        let class = Class::of(byte);
        let boundary = match (previous, class) {
            (_, Class::Other) => true,
            (Class::Lower | Class::Digit, Class::Upper) => true,
            // In `APIToken` and `CFToken`, the last capital letter starts the next word; not in `CFtoken`.
            (Class::Upper, Class::Upper) => identifier.get(i + 1).is_some_and(|next| {
                let whole = next.is_ascii_lowercase() && is_abbreviation(&word, byte, &identifier[i + 1..]);
                joint = if whole { Some(i + 1) } else { joint };
                next.is_ascii_lowercase() && !whole
            }),
            _ => joint == Some(i),
        };
        if boundary {
            finish(&mut word, out);
        }
        if class != Class::Other {
            word.push(byte.to_ascii_lowercase() as char);
        }
        previous = class;
    }
    finish(&mut word, out);
}

/// Whether the capital letters read so far and the next one are a known word, and the lower-case letters after them as
/// well: `CF` and `token`.
fn is_abbreviation(capitals: &str, last: u8, rest: &[u8]) -> bool {
    let length = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
    let known = |word: &str| word.len() <= LONGEST && cover(word, &mut Vec::new());
    let mut abbreviation = String::from(capitals);
    abbreviation.push(last.to_ascii_lowercase() as char);
    std::str::from_utf8(&rest[..length]).is_ok_and(known) && known(&abbreviation)
}

/// Returns the words of an identifier, joined by single spaces.
pub fn words(identifier: &[u8]) -> String {
    let mut out = String::new();
    split(identifier, &mut out);
    out.truncate(out.trim_end().len());
    out
}

/// Whether any of the phrases, of one or two words and in order, is in the words of a name.
pub fn has_any(words: &str, phrases: &[&str]) -> bool {
    let is_listed = |phrase: &str| phrases.binary_search(&phrase).is_ok();
    let mut previous = 0;
    let mut start = 0;
    words.split(' ').any(|word| {
        let end = start + word.len();
        let found = is_listed(word) || previous < start && is_listed(&words[previous..end]);
        (previous, start) = (start, end + 1);
        found
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Other,
}

impl Class {
    fn of(byte: u8) -> Class {
        match byte {
            b'a'..=b'z' => Class::Lower,
            b'A'..=b'Z' => Class::Upper,
            b'0'..=b'9' => Class::Digit,
            _ => Class::Other,
        }
    }
}

/// Ends a word: appends it to `out`, split into known parts if they cover it, and clears it.
fn finish(word: &mut String, out: &mut String) {
    if word.is_empty() {
        return;
    }
    // `CloudFlare` is one word.
    if word == "flare" && (out == "cloud " || out.ends_with(" cloud ")) {
        out.truncate(out.len() - 1);
    }
    // pfSense joins the name of a method, `dns_cf`, and that of its setting, `cf_key`.
    if word == "cfcf" {
        word.truncate(2);
    }
    if let Some(english) = english(word) {
        out.push_str(english);
        out.push(' ');
        word.clear();
        return;
    }
    let mut parts = Vec::new();
    if word.len() <= LONGEST && cover(word, &mut parts) {
        for part in parts {
            out.push_str(part);
            out.push(' ');
        }
    } else {
        out.push_str(word);
        out.push(' ');
    }
    word.clear();
}

/// Covers `rest` with known parts and trailing digits; false if that is impossible.
fn cover<'a>(rest: &'a str, out: &mut Vec<&'a str>) -> bool {
    if rest.is_empty() {
        return true;
    }
    let digits = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    if digits.is_empty() {
        out.push(rest);
        return true;
    }
    for part in parts(rest.as_bytes()[0]) {
        if let Some(tail) = rest.strip_prefix(part) {
            out.push(&rest[..part.len()]);
            if out.len() < 6 && cover(tail, out) {
                return true;
            }
            out.pop();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{after_escape, words};
    use crate::span::Span;

    #[test]
    fn all_spellings_read_the_same() {
        for name in
            ["CF_DNS_API_TOKEN", "cfDnsApiToken", "cf-dns-api-token", "CFDnsAPIToken", "cf.dns.apitoken"]
        {
            assert_eq!(words(name.as_bytes()), "cf dns api token", "{name}");
        }
        assert_eq!(words(b"cftoken"), "cf token");
        assert_eq!(words(b"X-Auth-Key"), "x auth key");
        assert_eq!(words(b"process.env.cloudflareApiKey"), "process env cloudflare api key");
        assert_eq!(words(b"cfg"), "cfg");
        assert_eq!(words(b"CloudFlare.CloudFlare"), "cloudflare cloudflare");
        assert_eq!(words(b"myCloudFlareToken"), "my cloudflare token");
        assert_eq!(words(b"solar_flare"), "solar flare");
        assert_eq!(words(b"R2_SECRET_ACCESS_KEY"), "r2 secret access key");
    }

    #[test]
    fn the_letter_of_an_escape_is_not_part_of_the_name_behind_it() {
        for (text, name) in [
            ("\\nCF_API_KEY", "CF_API_KEY"),
            ("\\ndns_cloudflare_api_key", "dns_cloudflare_api_key"),
            ("\\tapi_token", "api_token"),
            ("\\token", "token"),
            ("\\namespace", "namespace"),
            ("nCF_API_KEY", "nCF_API_KEY"),
            ("\\r", ""),
        ] {
            let start = text.len() - text.trim_start_matches('\\').len();
            let from = after_escape(text.as_bytes(), Span::new(start, text.len()));
            assert_eq!(&text[from..], name, "{text}");
        }
    }

    #[test]
    fn lower_case_may_follow_an_abbreviation() {
        for (name, expected) in [
            ("CFtkn", "cf tkn"),
            ("CFtoken", "cf token"),
            ("CFkey", "cf key"),
            ("myCFtoken2", "my cf token 2"),
            ("CFAPIkey_old", "cf api key old"),
            ("APItoken", "api token"),
            ("CFtokenForDNS", "cf token for dns"),
            ("CFlare", "c flare"),
            ("CFTokens", "cf tokens"),
            ("CAname", "ca name"),
            ("XMLtoken", "xm ltoken"),
        ] {
            assert_eq!(words(name.as_bytes()), expected, "{name}");
        }
    }
}
