//! Tells values that look like real secrets from words, sequences, placeholders, identifiers and references.

use crate::literals::contains;
use crate::rule::Randomness;

/// Words that people write in place of a secret. A value that contains one, in any case, is a placeholder.
const PLACEHOLDERS: &[&str] = &[
    "your",
    "example",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "xxxx",
    "dummy",
    "redacted",
    "replace",
    "insert",
    "sample",
    "fake",
    "secret_here",
    "token_here",
    "key_here",
    "notreal",
    "not-real",
    "not_real",
    "todo",
    "cloudflare",
    "apitoken",
    "api_token",
    "api-token",
    "apikey",
    "api_key",
    "api-key",
    "1234567890",
    "0123456789",
    "abcdefgh",
    "deadbeef",
    "mytoken",
    "my_token",
    "my-token",
    "supersecret",
    "lorem",
    "foobar",
    "testtest",
];

/// Words that describe a secret. A value that consists of nothing else is a placeholder.
const DESCRIPTIVE: &[&str] = &[
    "a",
    "acceptance",
    "access",
    "account",
    "admin",
    "an",
    "and",
    "api",
    "app",
    "at",
    "auth",
    "authorization",
    "bar",
    "baz",
    "be",
    "bearer",
    "bits",
    "byte",
    "bytes",
    "cf",
    "characters",
    "chars",
    "ci",
    "client",
    "code",
    "credential",
    "credentials",
    "default",
    "demo",
    "dev",
    "e",
    "ee",
    "enough",
    "enter",
    "exactly",
    "example",
    "fixture",
    "fixtures",
    "foo",
    "for",
    "from",
    "generated",
    "goes",
    "here",
    "id",
    "in",
    "integration",
    "invalid",
    "is",
    "it",
    "key",
    "least",
    "length",
    "local",
    "long",
    "min",
    "minimum",
    "mock",
    "must",
    "my",
    "new",
    "none",
    "not",
    "null",
    "of",
    "old",
    "one",
    "only",
    "pass",
    "passphrase",
    "password",
    "paste",
    "postgres",
    "pre",
    "private",
    "prod",
    "production",
    "psk",
    "public",
    "purpose",
    "purposes",
    "put",
    "random",
    "real",
    "root",
    "sandbox",
    "secret",
    "set",
    "shared",
    "should",
    "some",
    "staging",
    "string",
    "stub",
    "super",
    "temp",
    "temporary",
    "test",
    "testing",
    "tests",
    "text",
    "that",
    "the",
    "this",
    "tmp",
    "to",
    "token",
    "tunnel",
    "unit",
    "update",
    "updated",
    "user",
    "username",
    "valid",
    "value",
    "very",
    "webhook",
    "with",
    "worker",
];

/// Whether the value looks random in the given way.
pub(crate) fn looks_random(kind: Randomness, value: &[u8]) -> bool {
    match kind {
        Randomness::Token => is_random_token(value),
        Randomness::Hex => is_random_hex(value),
        Randomness::Opaque => {
            !is_placeholder(value)
                && distinct(value) > 4
                && !decoded(value).is_some_and(|v| is_placeholder(&v))
        }
    }
}

/// Returns the Shannon entropy of the value, in bits per byte.
pub(crate) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    value.iter().for_each(|b| counts[*b as usize] += 1);
    let total = value.len() as f64;
    counts.iter().filter(|c| **c > 0).map(|c| f64::from(*c) / total).map(|p| -p * p.log2()).sum()
}

/// Returns the value without the `0x4AAA…` that all Turnstile keys start with, which is not random.
pub(crate) fn body(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"0x4").map_or(value, |rest| {
        let start = rest.iter().position(|b| *b != b'A').unwrap_or(rest.len());
        &rest[start..]
    })
}

/// Whether the value stands in for a secret: it has placeholder words, repetitions, sequences, or template characters.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    let value = body(value);
    let lower = value.to_ascii_lowercase();
    let text = String::from_utf8_lossy(&lower);
    PLACEHOLDERS.iter().any(|word| text.contains(word))
        || describes(&text)
        || value.iter().any(|b| matches!(b, b'<' | b'>' | b'{' | b'}' | b'$' | b'*' | b' '))
        || longest_run(&lower) >= 6
        || longest_sequence(&lower) >= 7
        || is_periodic(&lower)
}

/// Whether the value consists of words that describe a secret: `auth_credentials`, `my-client-secret-2`. In a sentence
/// of at least six words, up to a quarter may be other words: `minimal-secret-that-is-at-least-32-bytes`.
fn describes(lower: &str) -> bool {
    const SENTENCE: usize = 6;
    let known = |word: &str| {
        let own = word.trim_end_matches(|c: char| c.is_ascii_digit());
        is_descriptive(own) || word.len() < 3
    };
    let words = || lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let (mut all, mut others) = (0, 0);
    for word in words() {
        all += 1;
        others += usize::from(!known(word));
    }
    // `github-secret`, `webhook-secret-token-12345`: words and numbers, one of which says what it should be.
    let names = || words().any(|word| matches!(word, "secret" | "token" | "password" | "key" | "psk"));
    all > 0
        && (others == 0
            || all >= SENTENCE && others * 4 <= all
            || all >= 2 && words().all(is_plain_word) && names())
}

/// Whether a word describes a secret, or consists of words that do: `mysecrettoken`.
fn is_descriptive(word: &str) -> bool {
    DESCRIPTIVE.contains(&word)
        || DESCRIPTIVE
            .iter()
            .filter(|first| first.len() > 1)
            .any(|first| word.strip_prefix(first).is_some_and(|rest| rest.len() > 1 && is_descriptive(rest)))
}

/// Whether letters may be a word, or digits a number: `github`, `ws1`, `12345`, `32b`.
fn is_plain_word(word: &str) -> bool {
    const LONGEST: usize = 16;
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = word.len() - letters.len();
    let spoken = letters.len() < 4 || letters.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let number = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit =
        number.bytes().all(|b| b.is_ascii_digit()) && number.len() <= 5 && word.len() - number.len() <= 2;
    unit || letters.len() <= LONGEST
        && letters.bytes().all(|b| b.is_ascii_lowercase())
        && spoken
        && digits <= 5
}

/// Returns the value decoded, if it is Base64 of printable text.
fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    STANDARD.decode(value).ok().filter(|plain| plain.iter().all(|b| (b' '..=b'~').contains(b)))
}

/// Whether the value looks like a random token: letters of both cases and digits in random order. The kind of character
/// changes rarely in identifiers, but at about two of three positions in random strings. A random token fails this test
/// about once in a few thousand.
fn is_random_token(value: &[u8]) -> bool {
    let has = |f: fn(&u8) -> bool| value.iter().any(f);
    let classes = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    let class = |b: &u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changes = || value.windows(2).filter(|w| class(&w[0]) != class(&w[1])).count();
    classes
        && changes() * 8 >= value.len() * 3
        && distinct(value) * 5 >= value.len() * 2
        && bytes_in_words(value) * 2 < value.len()
        && decoded(value).is_none()
        && !is_placeholder(value)
}

/// Returns the number of bytes that may belong to words: runs of four or more lower-case letters that include a vowel.
/// In identifiers these are about half of all bytes; a random token of 40 characters rarely has more than one such run.
fn bytes_in_words(value: &[u8]) -> usize {
    let runs = value.split(|b| !b.is_ascii_lowercase());
    let word = |run: &&[u8]| run.len() >= 4 && run.iter().any(|b| b"aeiou".contains(b));
    runs.filter(word).map(<[u8]>::len).sum()
}

/// Whether hex digits look random: both letters and digits, at least nine different ones, no sequence, no repetition.
fn is_random_hex(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    digits < value.len()
        && digits > 0
        && distinct(value) >= 9
        && longest_run(value) < 6
        && longest_sequence(value) < 7
        && !is_periodic(value)
        && !contains(value, b"deadbeef")
        && !contains(value, b"cafebabe")
}

/// Returns the number of different bytes.
fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    value.iter().for_each(|b| seen[*b as usize] = true);
    seen.iter().filter(|s| **s).count()
}

/// Returns the length of the longest run of one byte.
fn longest_run(value: &[u8]) -> usize {
    longest(value, |a, b| a == b)
}

/// Returns the length of the longest ascending or descending sequence: `abcdefg`, `7654321`, `89abcdef`.
fn longest_sequence(value: &[u8]) -> usize {
    let next = |a: u8, b: u8| b == a.wrapping_add(1) || (a == b'9' && matches!(b, b'a' | b'0'));
    longest(value, next).max(longest(value, |a, b| next(b, a)))
}

/// Returns the length of the longest stretch in which `follows` holds for each pair of neighbours.
fn longest(value: &[u8], follows: impl Fn(u8, u8) -> bool) -> usize {
    let (mut best, mut run) = (1, 1);
    for pair in value.windows(2) {
        run = if follows(pair[0], pair[1]) { run + 1 } else { 1 };
        best = best.max(run);
    }
    best
}

/// Whether the value repeats one piece of at most 16 bytes.
fn is_periodic(value: &[u8]) -> bool {
    (1..=16.min(value.len() / 2)).any(|p| value.iter().zip(&value[p..]).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::looks_random;
    use crate::rule::Randomness;
    use crate::synthetic::value;

    #[test]
    fn random_values_pass() {
        for n in 0..200 {
            let n = n.to_string();
            assert!(looks_random(Randomness::Token, value("alnum40", &n).unwrap().as_bytes()), "{n}");
            assert!(looks_random(Randomness::Hex, value("hex37", &n).unwrap().as_bytes()), "{n}");
        }
    }

    #[test]
    fn words_and_systems_do_not() {
        for text in [
            "AsyncLayer7ResourceWithStreamingResponse",
            "TunnelListResponsesV4PagePaginationArray",
            "AccountWorkersR2StorageBucketItemWriteV2",
            "dGhpcyBpcyBub3QgYSByZWFsIHNlY3JldCBhdCBh",
            "YOUR_CLOUDFLARE_API_TOKEN_GOES_RIGHT_HER",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "abcdefghijklmnopqrstuvwxyz1234567890ABCD",
        ] {
            assert!(!looks_random(Randomness::Token, text.as_bytes()), "{text}");
        }
        let sentence = b"minimal-tunnel-secret-that-is-at-least-32-bytes-long-testing";
        assert!(!looks_random(Randomness::Opaque, sentence));
        assert!(looks_random(Randomness::Opaque, b"correct-horse-battery-staple-orbit-lamp"));
        for text in [
            "github-secret",
            "webhook-secret-token-12345",
            "ws1-secret",
            "mysecrettoken",
            "testtoken-privatekey1",
            "alternative-name-secret-32-bytes-long",
            "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=",
        ] {
            assert!(!looks_random(Randomness::Opaque, text.as_bytes()), "{text}");
        }
        for text in
            ["Kx7-secret-9fQzL2mv", "hunter2-correct-battery", "qzx7rk-token-pw5tdm2v", "mysecrethorse"]
        {
            assert!(looks_random(Randomness::Opaque, text.as_bytes()), "{text}");
        }
        for text in ["0123456789abcdef0123456789abcdef01234", "6743787633689793699141714808227354901"] {
            assert!(!looks_random(Randomness::Hex, text.as_bytes()), "{text}");
        }
    }
}
