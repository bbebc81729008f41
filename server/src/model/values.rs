//! HubSpot's text as typed values.
//!
//! HubSpot sends every value as text or null, whatever the property's type, and what people or imports wrote stands in
//! it. `""` is null for every type. Text that does not parse becomes null and is reported, never 0 and never an error:
//! one bad cell must not stop a refresh, and must not look like a number either.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use odata::Value;
use rust_decimal::Decimal;

use super::Kind;

/// A value, and whether text was there that could not be read as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What goes into the row.
    pub value: Value,
    /// True when a text that is not blank became null.
    pub nulled: bool,
}

/// Reads one value of a property of this kind.
#[must_use]
pub fn read(kind: Kind, text: Option<&str>) -> Reading {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Reading { value: Value::Null, nulled: false };
    };
    if kind == Kind::Text {
        return Reading { value: Value::string(text), nulled: false };
    }
    let trimmed = text.trim();
    let value = match kind {
        Kind::Integer => integer(trimmed).map(Value::Int64),
        Kind::Number => decimal(trimmed).map(Value::Decimal),
        Kind::Boolean => boolean(trimmed).map(Value::Boolean),
        Kind::Date => date(trimmed).map(Value::Date),
        Kind::DateTime => date_time(trimmed).map(Value::DateTimeOffset),
        Kind::Text => None,
    };
    let nulled = value.is_none() && !trimmed.is_empty();
    Reading { value: value.unwrap_or(Value::Null), nulled }
}

/// Reads a day, and shows it as its first instant in UTC.
#[must_use]
pub fn read_day_as_instant(text: Option<&str>) -> Reading {
    let reading = read(Kind::Date, text);
    let Value::Date(day) = reading.value else { return reading };
    let instant = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0));
    let value = instant.map_or(Value::Null, Value::DateTimeOffset);
    Reading { nulled: value == Value::Null, value }
}

fn integer(text: &str) -> Option<i64> {
    let value = decimal(text)?;
    if value.fract().is_zero() { i64::try_from(value.trunc()).ok() } else { None }
}

/// Digits with at most one point, and an exponent if need be. Decimal's own parser would also take `1_000`.
fn decimal(text: &str) -> Option<Decimal> {
    let mut parts = text.splitn(2, ['e', 'E']);
    let mantissa = parts.next()?;
    let digits = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().filter(|b| *b == b'.').count() <= 1;
    if !plain {
        return None;
    }
    let value = match parts.next() {
        None => mantissa.parse().ok()?,
        Some(exponent) => scaled(mantissa.parse().ok()?, exponent.parse().ok()?)?,
    };
    // Negative zero is written "-0", which some clients read as text.
    Some(if value.is_zero() { value.abs() } else { value })
}

/// `mantissa * 10^exponent`, if a decimal can hold it. A value too small to be told from zero is no value: never 0.
fn scaled(mantissa: Decimal, exponent: i32) -> Option<Decimal> {
    if mantissa.is_zero() {
        return Some(mantissa);
    }
    let mut value = mantissa.normalize();
    let down = i64::from(value.scale()) - i64::from(exponent);
    if down >= 0 {
        value.set_scale(u32::try_from(down).ok()?).ok()?;
        return Some(value);
    }
    value.set_scale(0).ok()?;
    // 96 bits hold at most 29 digits: more factors of ten overflow whatever the mantissa is.
    let up = u32::try_from(-down).ok().filter(|up| *up <= 28)?;
    value.checked_mul(Decimal::from_i128_with_scale(10_i128.pow(up), 0))
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A date as ISO date, as the UTC date of an ISO instant, or as epoch milliseconds or seconds.
fn date(text: &str) -> Option<Date> {
    let date = match epoch(text) {
        Some(number) => utc_date(if is_milliseconds(number) { millis(number)? } else { seconds(number)? }),
        None if text.len() == "2024-01-31".len() => text.parse().ok()?,
        None => utc_date(instant(text)?),
    };
    // Edm.Date is written with four digits.
    (date.year() >= 0).then_some(date)
}

/// HubSpot writes dates as midnight UTC in milliseconds, so a whole number of days is milliseconds. What else is
/// smaller than 100,000,000,000 (year 5138 in seconds, March 1973 in milliseconds) was written in seconds.
fn is_milliseconds(number: i64) -> bool {
    const DAY: i64 = 86_400_000;
    number % DAY == 0 || number.unsigned_abs() >= 100_000_000_000
}

fn date_time(text: &str) -> Option<Timestamp> {
    let value = match epoch(text) {
        Some(number) => millis(number)?,
        None if text.len() == "2024-01-31".len() => {
            Offset::UTC.to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok()?
        }
        None => instant(text)?,
    };
    let value = whole_milliseconds(value)?;
    (utc_date(value).year() >= 0).then_some(value)
}

/// ISO 8601 with an offset, or without one, which at HubSpot means UTC.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    // A text with a zone the instant's parser refused must not be read as UTC.
    let bare = text.bytes().all(|b| b.is_ascii_digit() || b"-:.T ".contains(&b)) && text.len() > 10;
    if bare { Offset::UTC.to_timestamp(local).ok() } else { None }
}

/// HubSpot stores and compares milliseconds. Rows are cut to them too, so that both agree on every comparison.
fn whole_milliseconds(value: Timestamp) -> Option<Timestamp> {
    let excess = i64::from(value.subsec_nanosecond()).rem_euclid(1_000_000);
    value.checked_sub(SignedDuration::from_nanos(excess)).ok()
}

/// A whole number, also as `1653696000000.0`, which exports make of it.
fn epoch(text: &str) -> Option<i64> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    whole.parse().ok()
}

fn millis(number: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(number).ok()
}

fn seconds(number: i64) -> Option<Timestamp> {
    Timestamp::from_second(number).ok()
}

fn utc_date(instant: Timestamp) -> Date {
    Offset::UTC.to_datetime(instant).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each text with the literal of its value, `null`, or `null!` when it counts as nulled.
    fn check(kind: Kind, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let Reading { value, nulled } = read(kind, Some(text));
            let actual = format!("{value}{}", if nulled { "!" } else { "" });
            assert_eq!(&actual, expected, "{kind:?} from {text:?}");
        }
    }

    #[test]
    fn a_missing_and_an_empty_value_are_null_for_every_kind() {
        for kind in [Kind::Integer, Kind::Number, Kind::Boolean, Kind::Date, Kind::DateTime, Kind::Text] {
            let null = Reading { value: Value::Null, nulled: false };
            assert_eq!(read(kind, None), null);
            assert_eq!(read(kind, Some("")), null);
        }
    }

    #[test]
    fn numbers_are_read_exactly_and_what_is_no_number_is_null_and_counted() {
        check(
            Kind::Number,
            &[
                ("42", "42.0"),
                ("-7", "-7.0"),
                ("+7", "7.0"),
                ("0", "0.0"),
                ("-0", "0.0"),
                ("12.50", "12.50"),
                (" 12.5\n", "12.5"),
                (".5", "0.5"),
                ("5.", "5.0"),
                ("1e3", "1000.0"),
                ("1.5E-3", "0.0015"),
                ("1.50e1", "15.0"),
                ("2.5e+2", "250.0"),
                ("0e99", "0.0"),
                ("79228162514264337593543950335", "79228162514264337593543950335.0"),
                ("1e28", "10000000000000000000000000000.0"),
                ("1e-28", "0.0000000000000000000000000001"),
                ("1e29", "null!"),
                ("1e-29", "null!"),
                ("1e999999999999", "null!"),
                ("792281625142643375935439503360", "null!"),
                ("N/A", "null!"),
                ("1,234", "null!"),
                ("1_000", "null!"),
                ("1.2.3", "null!"),
                ("12 %", "null!"),
                ("0x10", "null!"),
                ("NaN", "null!"),
                ("-", "null!"),
                (".", "null!"),
                ("  ", "null"),
            ],
        );
    }

    #[test]
    fn ids_are_whole_numbers() {
        check(
            Kind::Integer,
            &[("9007199254740993", "9007199254740993"), ("12.0", "12"), ("12.5", "null!"), ("abc", "null!")],
        );
    }

    #[test]
    fn dates_come_as_iso_dates_instants_milliseconds_and_seconds() {
        check(
            Kind::Date,
            &[
                ("2024-01-31", "2024-01-31"),
                ("2024-01-31T00:00:00Z", "2024-01-31"),
                ("2024-01-31T23:30:00-02:00", "2024-02-01"),
                ("2024-01-31T10:00:00", "2024-01-31"),
                ("1653696000000", "2022-05-28"),
                ("1653696000000.0", "2022-05-28"),
                ("1653696000", "2022-05-28"),
                ("1572480000000", "2019-10-31"),
                ("0", "1970-01-01"),
                ("86400000", "1970-01-02"),
                ("-631152000000", "1950-01-01"),
                ("2024-02-30", "null!"),
                ("31.01.2024", "null!"),
                ("-0044-03-15", "null!"),
                ("soon", "null!"),
                ("1653696000000.5", "null!"),
                ("999999999999999999", "null!"),
            ],
        );
    }

    #[test]
    fn date_times_come_with_any_offset_or_as_milliseconds_and_are_cut_to_milliseconds() {
        check(
            Kind::DateTime,
            &[
                ("2019-10-30T03:30:17.883Z", "2019-10-30T03:30:17.883Z"),
                ("2019-10-30T03:30:17.883999Z", "2019-10-30T03:30:17.883Z"),
                ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"),
                ("2024-01-31T10:00:00+01:00", "2024-01-31T09:00:00Z"),
                ("2024-01-31T10:00:00+0530", "2024-01-31T04:30:00Z"),
                ("2024-01-31T10:00:00", "2024-01-31T10:00:00Z"),
                ("2024-01-31", "2024-01-31T00:00:00Z"),
                ("1653696000123", "2022-05-28T00:00:00.123Z"),
                ("0", "1970-01-01T00:00:00Z"),
                ("10:00", "null!"),
                ("yesterday", "null!"),
                ("2024-01-31T10:00:00 Europe/Berlin", "null!"),
            ],
        );
    }

    #[test]
    fn booleans_are_the_two_words_in_any_case() {
        check(
            Kind::Boolean,
            &[("true", "true"), ("TRUE", "true"), ("False", "false"), ("yes", "null!"), ("1", "null!")],
        );
    }

    #[test]
    fn text_is_kept_as_it_is() {
        check(Kind::Text, &[(" a\nb ", "' a\nb '"), ("N/A", "'N/A'"), ("  ", "'  '")]);
    }
}
