//! How people write lengths of time and rates: `45s`, `30m`, `12h`, `90d`, `none`; `1200/m`. Parsed strictly, printed
//! in the largest unit that fits exactly, so that what is shown can be typed again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// The units and their seconds, largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A hundred years: more is a slip of the finger, and keeps every sum inside the calendar.
const LONGEST: u64 = 36_525 * 86_400;

/// Why a text is not a length of time or a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DurationError(String);

/// A length of time, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Option<Duration>);

impl Span {
    /// So many days.
    #[must_use]
    pub const fn days(days: u64) -> Span {
        Span(Some(Duration::from_secs(days * 86_400)))
    }

    /// No length: without an end.
    pub const NONE: Span = Span(None);
}

/// Reads `45s`, `30m`, `12h` or `90d`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(schema::duration::parse("90d"), Ok(Duration::from_secs(90 * 86_400)));
/// assert!(schema::duration::parse("90").is_err());
/// assert!(schema::duration::parse("1.5h").is_err());
/// ```
///
/// # Errors
/// When the text is not a whole number followed by one unit, or longer than a hundred years.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let wrong = || {
        DurationError(format!(
            "\"{text}\" is not a length of time: write a whole number and s, m, h or d, as in 90d"
        ))
    };
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number = &text[..text.len() - unit.len_utf8()];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let total = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*seconds));
    match total {
        Some(total) if total <= LONGEST => Ok(Duration::from_secs(total)),
        _ => {
            Err(DurationError(format!("\"{text}\" is longer than a hundred years; write none for no limit")))
        }
    }
}

/// Prints a length of time in the largest unit that divides it; below a second is cut.
#[must_use]
pub fn print(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (unit, size) =
        UNITS.iter().find(|(_, size)| seconds.is_multiple_of(*size) && seconds > 0).unwrap_or(&('s', 1));
    format!("{}{unit}", seconds / size)
}

impl FromStr for Span {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Span, DurationError> {
        if text == "none" { Ok(Span::NONE) } else { parse(text).map(|duration| Span(Some(duration))) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(duration) => f.write_str(&print(duration)),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// So many requests in a minute, written `1200/m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests in each minute; at least 1.
    pub per_minute: u32,
}

impl FromStr for Rate {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Rate, DurationError> {
        let number =
            text.strip_suffix("/m").filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        match number.and_then(|number| number.parse().ok()) {
            Some(per_minute) if per_minute > 0 => Ok(Rate { per_minute }),
            _ => Err(DurationError(format!(
                "\"{text}\" is not a rate: write requests per minute, as in 1200/m"
            ))),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/m", self.per_minute)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read_again() {
        for text in ["none", "45s", "30m", "12h", "90d", "0s", "90s", "36525d"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("24h".parse::<Span>().unwrap().to_string(), "1d");
        assert_eq!("1200/m".parse::<Rate>().unwrap().to_string(), "1200/m");
    }

    #[test]
    fn other_texts_are_refused() {
        let spans = ["", "d", "90", "-1d", "+1d", "1.5h", "90 d", "90D", "1w", "NONE", "36526d", "1\u{e9}"];
        for text in spans {
            assert!(text.parse::<Span>().is_err(), "{text:?}");
        }
        assert!("99999999999999999999d".parse::<Span>().is_err());
        for text in ["", "/m", "0/m", "1200", "1200/s", "-1/m", "99999999999/m"] {
            assert!(text.parse::<Rate>().is_err(), "{text:?}");
        }
    }
}
