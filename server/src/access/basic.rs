//! The `Authorization` field: Basic, as RFC 7617 has it.
//!
//! Promise: whatever the bytes, the outcome is a user name with a password, `missing`, or `undecodable`; nothing
//! panics and nothing of the input is kept in an error.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

/// A user name is at most 256 bytes and a token 57; with Base64's third on top, 1 KiB holds any honest field.
const MAX_FIELD: usize = 1024;

/// What the field says. It cannot be printed: there may be a password in it.
pub enum Presented {
    /// No field, another scheme, or an empty Bearer.
    Missing,
    /// Basic, but not Base64 of UTF-8 with a colon and without control characters.
    Undecodable,
    /// A user name and a password.
    Basic {
        /// Before the first colon.
        user: String,
        /// After it.
        password: Zeroizing<String>,
    },
}

/// Reads the value of an `Authorization` field.
#[must_use]
pub fn read(field: Option<&[u8]>) -> Presented {
    let Some(field) = field else { return Presented::Missing };
    let (scheme, rest) = match field.iter().position(|byte| *byte == b' ') {
        Some(blank) => (&field[..blank], field[blank..].trim_ascii()),
        None => (field, &field[field.len()..]),
    };
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Presented::Missing;
    }
    decode(rest).unwrap_or(Presented::Undecodable)
}

fn decode(credentials: &[u8]) -> Option<Presented> {
    if credentials.is_empty() || credentials.len() > MAX_FIELD {
        return None;
    }
    let bytes = STANDARD.decode(credentials).or_else(|_| STANDARD_NO_PAD.decode(credentials)).ok()?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    if text.chars().any(char::is_control) {
        return None;
    }
    Some(Presented::Basic { user: user.to_owned(), password: Zeroizing::new(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, expected: &str) {
        let said = match read(Some(field.as_bytes())) {
            Presented::Missing => "missing".to_owned(),
            Presented::Undecodable => "undecodable".to_owned(),
            Presented::Basic { user, password } => format!("{user} / {}", *password),
        };
        assert_eq!(said, expected, "{field}");
    }

    #[test]
    fn the_field_is_read_as_rfc_7617_has_it() {
        check("Basic YW5uYTpzZWNyZXQ=", "anna / secret");
        check("basic  YW5uYTpzZWNyZXQ=", "anna / secret");
        check("Basic YW5uYTpzZWNyZXQ", "anna / secret");
        check("Basic YTpiOmM=", "a / b:c");
        check("Basic w7w6eA==", "ü / x");
        check("Basic Og==", " / ");
        check("Basic", "undecodable");
        check("Basic YW5uYQ==", "undecodable");
        check("Basic %%%", "undecodable");
        check("Basic /zph", "undecodable");
        check("Basic YToKYg==", "undecodable");
        check(&format!("Basic {}", "QUFB".repeat(400)), "undecodable");
        check("Bearer", "missing");
        check("Bearer ", "missing");
        check("Negotiate abc", "missing");
        check("", "missing");
    }

    #[test]
    fn no_field_is_missing() {
        assert!(matches!(read(None), Presented::Missing));
    }
}
