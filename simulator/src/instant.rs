//! Instants as HubSpot writes and reads them: milliseconds since 1970 inside, ISO 8601 with `Z` outside.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Milliseconds of one day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// `2019-10-30T03:30:17.883Z`; without a fraction when it is zero.
pub(crate) fn iso(ms: i64) -> String {
    let digits = if ms % 1_000 == 0 { 0 } else { 3 };
    format!("{:.digits$}", Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// `2019-10-30`.
pub(crate) fn iso_date(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(TimeZone::UTC).date().to_string()
}

/// Reads epoch milliseconds, a date (midnight UTC) or an ISO instant; microseconds are cut, as in search.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(ms) = text.parse::<i64>() {
        return Some(ms);
    }
    if let Ok(date) = text.parse::<Date>()
        && !text.contains(['T', 't', ' '])
    {
        return Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond());
    }
    text.parse().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_notations_of_one_instant_are_read_alike() {
        let ms = 1_572_406_217_883;
        assert_eq!(iso(ms), "2019-10-30T03:30:17.883Z");
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(parse("2019-10-30T03:30:17.883999Z"), Some(ms));
        assert_eq!(parse("1572406217883"), Some(ms));
        assert_eq!(parse("2019-10-30"), Some(1_572_393_600_000));
        assert_eq!(iso_date(ms), "2019-10-30");
        assert_eq!(parse("tomorrow"), None);
    }
}
