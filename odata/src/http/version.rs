//! Which version of the protocol an answer is written in.

use crate::error::{Error, ErrorKind};

/// A version of the protocol this crate writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Version {
    /// 4.0, what is written unless the client says that it reads 4.01.
    #[default]
    V4_0,
    /// 4.01 and what comes after it.
    V4_01,
}

impl Version {
    /// The value of the `OData-Version` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4_0 => "4.0",
            Self::V4_01 => "4.01",
        }
    }

    /// What stands before the names of control information and of parameters of the media type.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::V4_0 => "odata.",
            Self::V4_01 => "",
        }
    }
}

/// The version of an answer, from the highest one the client reads (`OData-MaxVersion`) and the one it writes
/// (`OData-Version`).
///
/// It is 4.0 unless the client says that it reads 4.01 and does not say beside it that it is one of 4.0. Clients that
/// do not know the shorter names of 4.01 silently stop after the first page; among them are some that send
/// `OData-MaxVersion: 4.01`, and those that are known send `OData-Version: 4.0` with it. `MaxDataServiceVersion` of
/// version 3 is not looked at: Power Query sends it beside `OData-MaxVersion`.
///
/// # Errors
/// `NotSupported` when either header is below 4.0, `Syntax` when it is no version.
pub fn negotiate_version(max_version: Option<&str>, version: Option<&str>) -> Result<Version, Error> {
    let own = version.map(|text| read("OData-Version", text)).transpose()?;
    let highest = max_version.map(|text| read("OData-MaxVersion", text)).transpose()?;
    Ok(highest.unwrap_or_default().min(own.unwrap_or(Version::V4_01)))
}

fn read(header: &str, text: &str) -> Result<Version, Error> {
    // A repeated header arrives joined by commas; the lowest value is one that the client certainly reads.
    let versions: Option<Vec<(u32, &str)>> = text.split(',').map(parse).collect();
    let (major, fraction) = versions
        .and_then(|versions| versions.into_iter().min())
        .ok_or_else(|| refusal(ErrorKind::Syntax, header, text, "is not a version such as 4.0"))?;
    match major {
        0..4 => Err(refusal(
            ErrorKind::NotSupported,
            header,
            text,
            "is below 4.0, the lowest this service speaks",
        )),
        4 if fraction < "01" => Ok(Version::V4_0),
        _ => Ok(Version::V4_01),
    }
}

/// `4`, `4.0`, `4.01`, `4.0;NetFx` (what follows the semicolon names the client) as number and decimal fraction.
fn parse(text: &str) -> Option<(u32, &str)> {
    let number = text.split(';').next()?.trim();
    let (major, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(fraction))
        .then(|| Some((major.parse().ok()?, fraction.trim_end_matches('0'))))?
}

fn refusal(kind: ErrorKind, header: &str, text: &str, why: &str) -> Error {
    let message = format!("The {header} header '{text}' {why}. Send {header}: 4.0, or leave the header out.");
    Error::new(kind, message).about(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_4_0_unless_the_client_reads_4_01() {
        for (max_version, expected) in [
            (None, Version::V4_0),
            (Some("4.0"), Version::V4_0),
            (Some(" 4.0 "), Version::V4_0),
            (Some("4"), Version::V4_0),
            (Some("4.0;NetFx"), Version::V4_0),
            (Some("4.0, 4.0"), Version::V4_0),
            (Some("4.01, 4.0"), Version::V4_0),
            (Some("4.001"), Version::V4_0),
            (Some("4.01"), Version::V4_01),
            (Some("4.010"), Version::V4_01),
            (Some("4.1"), Version::V4_01),
            (Some("5.0"), Version::V4_01),
        ] {
            assert_eq!(negotiate_version(max_version, None).unwrap(), expected, "{max_version:?}");
        }
    }

    #[test]
    fn versions_below_4_and_what_is_no_version_are_refused_by_name() {
        let below = ["3.0", "1", "4.0, 2.0"].map(|text| (text, ErrorKind::NotSupported));
        let malformed = ["", "four", "4.", ".0", "4.0.1", "-4.0", "99999999999999999999.0", "4.0,x"];
        for (text, kind) in below.into_iter().chain(malformed.map(|text| (text, ErrorKind::Syntax))) {
            let error = negotiate_version(Some(text), None).unwrap_err();
            assert_eq!(error.kind, kind, "{text}");
            assert_eq!(error.target.as_deref(), Some("OData-MaxVersion"), "{text}");
        }
        insta::assert_snapshot!(
            negotiate_version(Some("3.0"), None).unwrap_err().message,
            @"The OData-MaxVersion header '3.0' is below 4.0, the lowest this service speaks. Send OData-MaxVersion: 4.0, or leave the header out."
        );
    }

    #[test]
    fn a_request_body_of_version_3_is_refused_and_one_of_version_4_does_not_raise_the_answer() {
        assert!(negotiate_version(None, Some("3.0")).is_err());
        assert_eq!(negotiate_version(None, Some("4.01")).unwrap(), Version::V4_0);
        assert_eq!(negotiate_version(Some("4.01"), Some("4.01")).unwrap(), Version::V4_01);
    }

    #[test]
    fn a_client_that_calls_itself_one_of_4_0_gets_4_0_whatever_it_claims_to_read() {
        assert_eq!(negotiate_version(Some("4.01"), Some("4.0")).unwrap(), Version::V4_0);
        assert_eq!(negotiate_version(Some("4.01"), None).unwrap(), Version::V4_01);
    }
}
