//! Dates that a program computes relative to now: `timeadd(timestamp(), "43800h")`, `AddDate(5, 0, 0)`,
//! `timedelta(days=900)`, `addYears(5)`, `"+5 years"`. Only literal numbers are added up.

use crate::check::fixed;

/// Returns how many days the expression adds to the present, or `None` if it does not say.
pub(super) fn of(text: &[u8]) -> Option<i64> {
    fixed! {
        static PART = concat!(
            r#"(?xi) timeadd\(\s*(?:plan)?timestamp\(\)\s*,\s*"(?<hours>\d{1,9})h"#,
            r#"| \b(?<unit>hours|days|weeks|months|years)\s*[=:]\s*(?<keyword>\d{1,6})\b"#,
            r#"| \b(?:add|plus)_?(?<call>Hours|Days|Weeks|Months|Years)\(\s*(?<count>\d{1,6})"#,
            r#"| \bAddDate\(\s*(?<years>\d{1,4})\s*,\s*(?<months>\d{1,5})\s*,\s*(?<days>\d{1,6})\s*\)"#,
            r#"| ["'](?:now\s*)?\+\s*(?<spoken>\d{1,6})\s*(?<word>hour|day|week|month|year)"#,
            r#"| \b(?<number>\d{1,6})\.(?<member>hours|days|weeks|months|years)\.from_now"#,
        );
    }
    let mut total = None;
    for groups in PART.captures_iter(text) {
        let number = |name: &str| {
            let text = std::str::from_utf8(groups.name(name)?.as_bytes()).ok()?;
            text.parse::<i64>().ok()
        };
        let unit = |name: &str| groups.name(name).map(|unit| days_of(unit.as_bytes()));
        let pair = |count: &str, name: &str| Some(number(count)? as f64 * unit(name)?);
        let date = || Some(number("years")? * 365 + number("months")? * 30 + number("days")?);
        let part = number("hours")
            .map(|hours| hours as f64 / 24.0)
            .or_else(|| pair("keyword", "unit"))
            .or_else(|| pair("count", "call"))
            .or_else(|| pair("spoken", "word"))
            .or_else(|| pair("number", "member"))
            .or_else(|| date().map(|days| days as f64));
        total = part.map(|part| total.unwrap_or(0.0) + part).or(total);
    }
    total.map(|days| days as i64)
}

/// Returns how many days a unit has, by its first letter.
fn days_of(unit: &[u8]) -> f64 {
    match unit.first().map(u8::to_ascii_lowercase) {
        Some(b'h') => 1.0 / 24.0,
        Some(b'w') => 7.0,
        Some(b'm') => 30.0,
        Some(b'y') => 365.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn numbers_that_are_written_out_count() {
        for (text, days) in [
            ("timeadd(timestamp(), \"43800h\")", 1825),
            ("timeadd(plantimestamp(), \"2160h\")", 90),
            ("datetime.now(UTC) + timedelta(days=900)", 900),
            ("time.Now().AddDate(5, 0, 0).Format(time.RFC3339)", 1825),
            ("CarbonImmutable::now()->addYears(2)->toIso8601ZuluString()", 730),
            ("date('c', strtotime('+5 years'))", 1825),
            ("2.years.from_now.iso8601", 730),
        ] {
            assert_eq!(of(text.as_bytes()), Some(days), "{text}");
        }
        for text in
            ["var.expiry", "time_rotating.a.rotation_rfc3339", "timeadd(timestamp(), var.life)", "days"]
        {
            assert_eq!(of(text.as_bytes()), None, "{text}");
        }
    }
}
