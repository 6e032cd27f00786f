//! Days of the Gregorian calendar, counted from 1970-01-01 in UTC. The conversions are Howard Hinnant's
//! (<https://howardhinnant.github.io/date_algorithms.html>).

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds in a day.
pub(crate) const SECONDS: u64 = 86_400;

/// Returns the current day.
pub(crate) fn today() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs() / SECONDS).unwrap_or_default()
}

/// Returns the day that a text begins with, written `YYYY-MM-DD` as in ISO 8601; `None` if it does not begin with
/// one.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Returns a day as `YYYY-MM-DD`.
pub(crate) fn date(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day = z.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let m = (5 * in_year + 2) / 153;
    let month = if m < 10 { m + 3 } else { m - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", in_year - (153 * m + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::{date, parse};

    #[test]
    fn days_count_from_1970() {
        for (days, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_780, "2026-11-23"),
            (20_819, "2027-01-01"),
        ] {
            assert_eq!((parse(text), date(days).as_str()), (Some(days), text));
        }
        assert_eq!(parse("2026-11-23T10:00:00Z"), Some(20_780));
        assert_eq!(parse("soon"), None);
    }
}
