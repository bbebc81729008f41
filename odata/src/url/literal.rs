//! Literals that are written without quotes, and the text inside prefixed ones (`duration'…'`).
//!
//! Years have at least four digits, a date and time always has a zone, hours end at 23: what the grammar of version 4
//! says. The number suffixes of version 2 (`5m`, `5L`, `1.5d`) are read too, because SAP's clients still write them.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::error::{Error, ErrorKind};
use crate::value::Value;

/// Reads the literal `text` begins with, if it begins with a digit, a sign and a digit, or a GUID.
/// Returns it with its length in bytes; what follows is the caller's to judge.
pub(super) fn leading(text: &str) -> Option<Result<(Value, usize), Error>> {
    let mut scanner = Scanner { text, at: 0 };
    if let Some(guid) = scanner.guid() {
        return Some(Ok((Value::Guid(guid), scanner.at)));
    }
    if let Some(date) = scanner.attempt(Scanner::date) {
        let value = date.and_then(|date| {
            if scanner.eat("T") || scanner.eat("t") {
                scanner.rest_of_date_time(date).map(Value::DateTimeOffset)
            } else {
                Ok(Value::Date(date))
            }
        });
        return Some(value.map(|value| (value, scanner.at)));
    }
    if let Some(time) = scanner.attempt(Scanner::time) {
        return Some(time.map(|time| (Value::TimeOfDay(time), scanner.at)));
    }
    scanner.number().map(|value| value.map(|value| (value, scanner.at)))
}

/// `2024-01-31T23:59:59.1234567+01:00`
///
/// # Errors
/// Malformed, without a zone, or a year that cannot be held.
///
/// ```
/// use odata::url::literal::date_time_offset;
///
/// assert_eq!(date_time_offset("2024-01-31T00:30+01:00")?.to_string(), "2024-01-30T23:30:00Z");
/// assert!(date_time_offset("2024-01-31T00:30").is_err(), "no zone");
/// assert!(date_time_offset("2024-02-30T00:30Z").is_err(), "no such day");
/// # Ok::<(), odata::Error>(())
/// ```
pub fn date_time_offset(text: &str) -> Result<Timestamp, Error> {
    whole(text, "a date and time such as 2024-01-31T23:59:59Z", |scanner| {
        let date = scanner.date()?;
        if !(scanner.eat("T") || scanner.eat("t")) {
            return None;
        }
        Some(date.and_then(|date| scanner.rest_of_date_time(date)))
    })
}

/// The `datetime'…'` of version 2, which has no zone and is read as UTC.
pub(super) fn date_time_v2(text: &str) -> Result<Timestamp, Error> {
    whole(text, "a date and time such as datetime'2024-01-31T23:59:59'", |scanner| {
        let date = scanner.date()?;
        let time = if scanner.eat("T") { scanner.time()? } else { Ok(Time::midnight()) };
        Some(date.and_then(|date| Ok(timestamp(DateTime::from_parts(date, time?), Offset::UTC))))
    })
}

/// `2024-01-31`
///
/// # Errors
/// Malformed, no day of the calendar, or a year that cannot be held.
pub fn date(text: &str) -> Result<Date, Error> {
    whole(text, "a date such as 2024-01-31", Scanner::date)
}

/// `23:59:59.1234567`
///
/// # Errors
/// Malformed.
pub fn time_of_day(text: &str) -> Result<Time, Error> {
    whole(text, "a time such as 23:59:59", Scanner::time)
}

/// `-P6DT23H59M59.9999S`
///
/// # Errors
/// Malformed (years and months have no fixed length and are not part of it), or too long to be held.
///
/// ```
/// use odata::url::literal::duration;
///
/// assert_eq!(duration("-P1DT1.5S")?.as_millis(), -86_401_500);
/// assert!(duration("P1Y").is_err(), "a year has no fixed length");
/// assert!(duration("PT").is_err(), "nothing after the T");
/// # Ok::<(), odata::Error>(())
/// ```
pub fn duration(text: &str) -> Result<SignedDuration, Error> {
    whole(text, "a duration such as P1DT12H30M5.5S", Scanner::duration)
}

/// `01234567-89ab-cdef-0123-456789abcdef`
///
/// # Errors
/// Malformed.
pub fn guid(text: &str) -> Result<[u8; 16], Error> {
    whole(text, "a GUID such as 01234567-89ab-cdef-0123-456789abcdef", |scanner| scanner.guid().map(Ok))
}

/// A number, as [`Value::Int64`], [`Value::Decimal`] or [`Value::Double`], whichever holds it exactly.
///
/// # Errors
/// Malformed, or beyond the largest double.
///
/// ```
/// use odata::Value;
/// use odata::url::literal::number;
///
/// assert_eq!(number("9223372036854775807")?, Value::Int64(i64::MAX));
/// assert_eq!(number("0.1")?.to_string(), "0.1");
/// assert_eq!(number("1e3")?, Value::Double(1000.0));
/// assert!(number(".1").is_err());
/// assert!(number("1,234").is_err());
/// # Ok::<(), odata::Error>(())
/// ```
pub fn number(text: &str) -> Result<Value, Error> {
    whole(text, "a number", Scanner::number)
}

/// base64url, padded or not
///
/// # Errors
/// Malformed.
pub fn binary(text: &str) -> Result<Vec<u8>, Error> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT)
        .decode(text)
        .map_err(|_| malformed(text, "base64url text"))
}

fn malformed(text: &str, expected: &str) -> Error {
    Error::syntax(format!("`{text}` is not {expected}."))
}

fn whole<'a, T>(
    text: &'a str,
    expected: &str,
    read: impl FnOnce(&mut Scanner<'a>) -> Option<Result<T, Error>>,
) -> Result<T, Error> {
    let mut scanner = Scanner { text, at: 0 };
    match read(&mut scanner) {
        Some(Err(error)) if error.kind != ErrorKind::Syntax => Err(error),
        Some(result) if scanner.rest().is_empty() => result,
        _ => Err(malformed(text, expected)),
    }
}

/// A point in time; within a day of the largest year's end or the smallest one's beginning it is moved to the nearest
/// one that can be held, because `9999-12-31T23:59:59Z` is how many clients write "never".
fn timestamp(date_time: DateTime, offset: Offset) -> Timestamp {
    offset.to_timestamp(date_time).unwrap_or(if date_time.year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    })
}

/// Reads forward; what returns `None` has not found its beginning, `Some(Err)` has, and something is wrong with it.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let read = read(self);
        if read.is_none() {
            self.at = start;
        }
        read
    }

    fn digits(&mut self, at_least: usize, at_most: usize) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.bytes().take(at_most).take_while(u8::is_ascii_digit).count();
        self.at += length;
        (length >= at_least).then(|| &rest[..length])
    }

    fn two_digits(&mut self) -> Option<i8> {
        self.digits(2, 2)?.parse().ok()
    }

    /// `[-]YYYY-MM-DD`
    fn date(&mut self) -> Option<Result<Date, Error>> {
        let start = self.at;
        let negative = self.eat("-");
        // Four digits or more without a leading zero; ten are enough for every year that can be refused by name.
        let year: i64 = self.digits(4, 10)?.parse().ok()?;
        let month = self.eat("-").then(|| self.two_digits())??;
        let day = self.eat("-").then(|| self.two_digits())??;
        let text = &self.text[start..self.at];
        let year = if negative { -year } else { year };
        Some(match i16::try_from(year).ok().filter(|year| (-9999..=9999).contains(year)) {
            None => Err(Error::not_supported(format_args!("`{text}`: years beyond 9999 are"))),
            Some(year) => Date::new(year, month, day)
                .map_err(|_| Error::syntax(format!("`{text}` is not a day of the calendar."))),
        })
    }

    /// `HH:MM[:SS[.fraction]]`
    fn time(&mut self) -> Option<Result<Time, Error>> {
        let start = self.at;
        let hour = self.two_digits()?;
        let minute = self.eat(":").then(|| self.two_digits())??;
        let (mut second, mut nanosecond) = (0, 0);
        if self.eat(":") {
            second = self.two_digits()?;
            if self.eat(".") {
                nanosecond = i32::try_from(self.nanoseconds()?).ok()?;
            }
        }
        let text = &self.text[start..self.at];
        Some(
            Time::new(hour, minute, second, nanosecond)
                .map_err(|_| Error::syntax(format!("`{text}` is not a time of the day."))),
        )
    }

    /// Up to twelve digits of a second (the grammar's limit); what is finer than nanoseconds is dropped.
    fn nanoseconds(&mut self) -> Option<u32> {
        let digits = self.digits(1, 12)?;
        format!("{digits:0<9}").get(..9)?.parse().ok()
    }

    fn rest_of_date_time(&mut self, date: Date) -> Result<Timestamp, Error> {
        let time = self.time().ok_or_else(|| {
            Error::syntax("After the T of a date and time comes the time, such as 2024-01-31T23:59:59Z.")
        })??;
        let offset = self.attempt(Self::offset).ok_or_else(|| {
            Error::syntax(
                "A date and time needs a zone: end it with Z for UTC, or with an offset such as %2B01:00.",
            )
        })?;
        Ok(timestamp(DateTime::from_parts(date, time), offset))
    }

    /// `Z`, `+01:00`; a blank for the plus, because that is what an unencoded `+` of a query becomes.
    fn offset(&mut self) -> Option<Offset> {
        if self.eat("Z") || self.eat("z") {
            return Some(Offset::UTC);
        }
        let sign = if self.eat("-") { -1 } else { 1 };
        if sign == 1 && !self.eat("+") && !self.eat(" ") {
            return None;
        }
        let hours = self.two_digits().filter(|hours| *hours < 24)?;
        let minutes = self.eat(":").then(|| self.two_digits())?.filter(|minutes| *minutes < 60)?;
        Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
    }

    fn duration(&mut self) -> Option<Result<SignedDuration, Error>> {
        let negative = self.eat("-");
        let _plus = !negative && self.eat("+");
        if !self.eat("P") {
            return None;
        }
        let (mut seconds, mut nanoseconds, mut parts) = (Some(0_i64), 0, 0);
        let add = |sum: Option<i64>, digits: &str, unit: i64| {
            sum?.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)
        };
        if let Some(days) = self.attempt(|s| s.digits(1, 20).filter(|_| s.eat("D"))) {
            (seconds, parts) = (add(seconds, days, 86_400), 1);
        }
        if self.eat("T") {
            parts = 0;
            for (name, unit) in [("H", 3600), ("M", 60)] {
                if let Some(digits) = self.attempt(|s| s.digits(1, 20).filter(|_| s.eat(name))) {
                    (seconds, parts) = (add(seconds, digits, unit), 1);
                }
            }
            if let Some(digits) = self.digits(1, 20) {
                (seconds, parts) = (add(seconds, digits, 1), 1);
                if self.eat(".") {
                    nanoseconds = self.nanoseconds()?;
                }
                if !self.eat("S") {
                    return None;
                }
            }
        }
        if parts == 0 {
            return None;
        }
        let length =
            seconds.map(|seconds| SignedDuration::new(seconds, i32::try_from(nanoseconds).unwrap_or(0)));
        Some(
            length
                .map(|length| if negative { -length } else { length })
                .ok_or_else(|| Error::new(ErrorKind::Overflow, "The duration is too long.")),
        )
    }

    fn guid(&mut self) -> Option<[u8; 16]> {
        let text = self.rest().get(..36)?;
        let shaped = text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        if !shaped {
            return None;
        }
        let number = u128::from_str_radix(&text.replace('-', ""), 16).ok()?;
        self.at += 36;
        Some(number.to_be_bytes())
    }

    /// `[+-]digits[.digits][e[+-]digits][suffix]`, `INF`, `-INF`, `NaN`
    fn number(&mut self) -> Option<Result<Value, Error>> {
        for (name, value) in [("-INF", f64::NEG_INFINITY), ("INF", f64::INFINITY), ("NaN", f64::NAN)] {
            if self.eat(name) {
                return Some(Ok(Value::Double(value)));
            }
        }
        let start = self.at + usize::from(self.rest().starts_with('+'));
        self.at = start + usize::from(self.text[start..].starts_with('-') && start == self.at);
        self.digits(1, usize::MAX)?;
        let fraction = self.attempt(|s| s.eat(".").then(|| s.digits(1, usize::MAX))?).is_some();
        let exponent = self.attempt(Self::exponent).is_some();
        let text = &self.text[start..self.at];
        Some(match self.suffix() {
            Some('m') => decimal(text),
            Some('l') if !fraction && !exponent => integer(text),
            Some('d') => double(text),
            None if exponent => double(text),
            None if fraction => decimal(text).or_else(|_| double(text)),
            None => integer(text).or_else(|_| decimal(text)).or_else(|_| double(text)),
            Some(_) => Err(malformed(text, "a whole number, as its suffix says")),
        })
    }

    fn exponent(&mut self) -> Option<()> {
        if !(self.eat("e") || self.eat("E")) {
            return None;
        }
        let _signed = self.eat("-") || self.eat("+");
        self.digits(1, usize::MAX).map(drop)
    }

    fn suffix(&mut self) -> Option<char> {
        let mut rest = self.rest().chars();
        let suffix = rest.next()?.to_ascii_lowercase();
        let ends = !rest.next().is_some_and(|next| next.is_alphanumeric() || next == '_');
        let known = matches!(suffix, 'm' | 'l' | 'd' | 'f') && ends;
        self.at += usize::from(known);
        known.then_some(if suffix == 'f' { 'd' } else { suffix })
    }
}

fn too_large(text: &str, what: &str) -> Error {
    Error::new(ErrorKind::Overflow, format!("`{text}` is too large for {what}."))
}

fn integer(text: &str) -> Result<Value, Error> {
    text.parse().map(Value::Int64).map_err(|_| too_large(text, "Edm.Int64"))
}

fn decimal(text: &str) -> Result<Value, Error> {
    // Zeros at the end of a fraction can make a number of 28 digits too long.
    let shortest = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_str_exact(shortest))
        .map(Value::Decimal)
        .map_err(|_| too_large(text, "Edm.Decimal"))
}

fn double(text: &str) -> Result<Value, Error> {
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    value.map(Value::Double).ok_or_else(|| too_large(text, "Edm.Double"))
}
