//! Values of the configuration that may be written in more than one way, and what is said, in plain words, of those that
//! are wrong.

use std::fmt;

use serde::de::{self, Deserializer, SeqAccess, Unexpected, Visitor};

/// Reads a size: a number of bytes, or one with a decimal (kB, MB, GB) or binary unit (KiB, MiB, GiB) in any case, which
/// may have a fraction.
///
/// # Errors
/// What to write instead.
pub fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 8] = [
        ("", 1),
        ("b", 1),
        ("kb", 1_000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
    ];
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '_' | '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    match factor.and_then(|factor| multiple(&number.replace('_', ""), factor)) {
        Some(0) => Err(String::from(NOTHING)),
        Some(bytes) => Ok(bytes),
        None => Err(String::from(
            "write a whole number of bytes, or a number with one of the units kB, MB, GB, KiB, MiB, GiB: 10MB, 1.5MB, 512KiB",
        )),
    }
}

/// Returns `factor` times the number, without a fraction of a byte; `None` if that is not a number, too large, or a
/// fraction of one byte.
fn multiple(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if number.ends_with('.') || fraction.len() > LONGEST_FRACTION || factor == 1 && !fraction.is_empty() {
        return None;
    }
    let of_one = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = u64::try_from(u128::from(part) * u128::from(factor) / u128::from(of_one)).ok()?;
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(part)
}

/// The most digits after the point: more than that are less than a byte of the largest unit.
const LONGEST_FRACTION: usize = 10;

const NOTHING: &str = "with a largest size of 0 nothing would be scanned";

struct Size;

impl Visitor<'_> for Size {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or one with a unit in quotes, for example \"10MB\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
        let bytes = u64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))?;
        self.visit_u64(bytes)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
        if number == 0 { Err(E::custom(NOTHING)) } else { Ok(number) }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        size(text).map_err(|what| E::custom(format!("`{text}` is not a size: {what}")))
    }
}

/// Reads a size as a number or as text.
pub(super) fn size_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_any(Size).map(Some)
}

/// What [`size_or_number`] accepts, for editors.
#[cfg(test)]
pub(super) fn size_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": ["integer", "string", "null"], "minimum": 1, "default": null })
}

/// A list of texts; holds what it is, for messages.
struct List(&'static str);

impl<'de> Visitor<'de> for List {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = list.next_element()? {
            out.push(item);
        }
        Ok(out)
    }
}

/// Reads a list of globs.
pub(super) fn globs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(List("a list of globs, for example [\"vendor/**\"]"))
}

/// Reads a list of digests.
pub(super) fn digests<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(List("a list of SHA-256 digests in hex, for example [\"<64 hex digits>\"]"))
}

/// Returns a message of the parser's library, which speaks of its types, in words of TOML.
pub(super) fn plain(message: &str) -> String {
    const WORDS: [(&str, &str); 10] = [
        ("unknown field", "unknown key"),
        ("unknown variant", "unknown value"),
        ("missing field", "missing key"),
        ("wanted string or table", "invalid type, expected a word in quotes"),
        ("invalid type: map", "invalid type: table"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected a table"),
        ("expected a string", "expected text in quotes"),
        ("expected a boolean", "expected true or false"),
        ("expected u32", "expected a whole number, 0 or more"),
    ];
    let text = WORDS.iter().fold(message.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
    match text.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a table"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("1", 1),
            ("10_000", 10_000),
            ("10 MB", 10_000_000),
            ("1.5MB", 1_500_000),
            ("0.5 kib", 512),
            ("1.0001kB", 1_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "1.5", "1.MB", ".5MB", "1.5.5MB", "-1", "1e3", "10 parsecs", "99999999999GB"] {
            assert!(size(text).unwrap_err().contains("1.5MB"), "{text}");
        }
        assert!(size("0.0001kB").unwrap_err().contains("nothing"));
    }
}
