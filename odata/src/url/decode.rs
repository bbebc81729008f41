//! Percent-decoding, and cutting a query into its options. Nothing is decoded before it is cut, and nothing twice.

use crate::error::Error;

/// Decodes `%XX`; in a query a raw `+` is a blank, in a path it is a plus.
///
/// # Errors
/// A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
pub(super) fn percent(raw: &str, plus_is_blank: bool) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => escape(&mut rest)?,
            b'+' if plus_is_blank => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Error::syntax("The URL is not UTF-8 after percent-decoding."))
}

fn escape(rest: &mut impl Iterator<Item = u8>) -> Result<u8, Error> {
    let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
    let pair = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
    pair.ok_or_else(|| {
        Error::syntax(
            "A `%` in the URL must be followed by two hexadecimal digits; write %25 for the sign itself.",
        )
    })
}

/// An option of the query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawOption<'a> {
    /// Decoded name.
    pub(super) name: String,
    /// Decoded value; absent when there was no `=`.
    pub(super) value: Option<String>,
    /// The value as sent.
    pub(super) raw: &'a str,
}

/// Cuts at `&` and at the first `=`. Empty pieces (`a=1&&b=2`, a trailing `&`) are ignored.
pub(super) fn query(raw: &str) -> Result<Vec<RawOption<'_>>, Error> {
    raw.split('&').filter(|piece| !piece.is_empty()).map(option).collect()
}

fn option(piece: &str) -> Result<RawOption<'_>, Error> {
    let (name, raw) = piece.split_once('=').map_or((piece, None), |(name, value)| (name, Some(value)));
    let name = percent(name, true)?;
    let value = raw.map(|raw| percent(raw, true)).transpose().map_err(|error| error.about(name.as_str()))?;
    Ok(RawOption { name, value, raw: raw.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_blank_in_a_query_and_a_plus_in_a_path() {
        assert_eq!(percent("a+b%2Bc", true).as_deref(), Ok("a b+c"));
        assert_eq!(percent("a+b%2Bc", false).as_deref(), Ok("a+b+c"));
    }

    #[test]
    fn what_is_no_percent_encoding_is_refused() {
        for raw in ["%", "%2", "%zz", "%+1", "%ff", "%C3%28"] {
            assert!(percent(raw, true).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_query_is_cut_before_it_is_decoded() {
        let options = query("%24filter=a%26b%3Dc=d&&x&").expect("well-formed");
        assert_eq!(options[0].name, "$filter");
        assert_eq!(options[0].value.as_deref(), Some("a&b=c=d"));
        assert_eq!(options[0].raw, "a%26b%3Dc=d");
        assert_eq!((options[1].name.as_str(), &options[1].value), ("x", &None));
        assert_eq!(options.len(), 2);
    }
}
