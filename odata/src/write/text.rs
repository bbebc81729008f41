//! Primitive values in the text form they have in JSON strings, in `/$value` and in numbers.

use std::io::Write as _;

use jiff::civil::{Date, DateTime, Time};

/// Below and from here on, a double is written with an exponent: shorter than its digits, and what `f64` holds exactly.
const PLAIN_DOUBLES: std::ops::Range<f64> = 1e-5..1e16;

/// Anything that can be displayed.
pub(super) fn display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing into a Vec cannot fail.
    let _ = write!(out, "{value}");
}

/// A whole number in decimal.
pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(out, value.unsigned_abs(), 1);
}

/// `value` in decimal with at least `width` digits (at most 20, as many as a `u64` can have).
pub(super) fn unsigned(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    while value > 0 {
        start -= 1;
        digits[start] = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
    out.extend_from_slice(&digits[start.min(digits.len() - width)..]);
}

/// A finite double, in the fewest digits that are read as the same number.
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    if value == 0.0 || PLAIN_DOUBLES.contains(&value.abs()) {
        display(out, value);
    } else {
        display(out, format_args!("{value:e}"));
    }
}

/// A double that is not finite.
pub(super) fn special_double(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "INF"
    } else {
        "-INF"
    }
}

/// `2024-01-31`; years before 1 are `-0044`.
pub(super) fn date(out: &mut Vec<u8>, value: Date) {
    if value.year() < 0 {
        out.push(b'-');
    }
    unsigned(out, value.year().unsigned_abs().into(), 4);
    out.push(b'-');
    two(out, value.month());
    out.push(b'-');
    two(out, value.day());
}

/// `23:59:59`, with 3, 6 or 9 digits of fraction when there is one.
pub(super) fn time(out: &mut Vec<u8>, value: Time) {
    two(out, value.hour());
    out.push(b':');
    two(out, value.minute());
    out.push(b':');
    two(out, value.second());
    let nanoseconds = value.subsec_nanosecond().unsigned_abs();
    let (fraction, width) = match nanoseconds {
        0 => return,
        n if n % 1_000_000 == 0 => (n / 1_000_000, 3),
        n if n % 1_000 == 0 => (n / 1_000, 6),
        n => (n, 9),
    };
    out.push(b'.');
    unsigned(out, fraction.into(), width);
}

/// `2024-01-31T23:59:59Z`, the date and time being UTC.
pub(super) fn date_time(out: &mut Vec<u8>, value: DateTime) {
    date(out, value.date());
    out.push(b'T');
    time(out, value.time());
    out.push(b'Z');
}

fn two(out: &mut Vec<u8>, value: i8) {
    unsigned(out, value.unsigned_abs().into(), 2);
}

/// `01234567-89ab-cdef-0123-456789abcdef`.
pub(super) fn guid(out: &mut Vec<u8>, bytes: &[u8; 16]) {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers_are_written_to_their_limits() {
        for value in [0, 1, -1, 10, -99, i64::MAX, i64::MIN] {
            assert_eq!(written(|out| integer(out, value)), value.to_string());
        }
        assert_eq!(written(|out| unsigned(out, u64::MAX, 1)), u64::MAX.to_string());
        assert_eq!(written(|out| unsigned(out, 7, 4)), "0007");
    }

    #[test]
    fn doubles_are_short_and_are_read_as_the_same_number() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1e16, "1e16"),
            (-1.5e-7, "-1.5e-7"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(written(|out| double(out, value)), text);
        }
    }

    #[test]
    fn fractions_of_a_second_are_written_only_as_far_as_needed() {
        for (nanosecond, text) in [
            (0, "23:05:09"),
            (123_000_000, "23:05:09.123"),
            (1_000_000, "23:05:09.001"),
            (1_000, "23:05:09.000001"),
            (1, "23:05:09.000000001"),
        ] {
            let value = Time::constant(23, 5, 9, nanosecond);
            assert_eq!(written(|out| time(out, value)), text);
        }
    }

    #[test]
    fn dates_have_four_digits_of_year_and_a_sign_before_the_year_0() {
        assert_eq!(written(|out| date(out, Date::constant(2024, 1, 31))), "2024-01-31");
        assert_eq!(written(|out| date(out, Date::constant(44, 3, 15))), "0044-03-15");
        assert_eq!(written(|out| date(out, Date::constant(-44, 3, 15))), "-0044-03-15");
    }

    #[test]
    fn guids_are_written_in_lower_case() {
        let bytes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 1, 2, 3, 4, 5, 6, 0xff];
        assert_eq!(written(|out| guid(out, &bytes)), "01234567-89ab-cdef-0001-0203040506ff");
    }
}
