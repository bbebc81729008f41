//! An `Authorization` field: whatever the bytes, what is read from it is what somebody has put in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use feedgate::access::{Presented, read_authorization};

/// Words of the field.
pub(crate) const WORDS: &[&str] = &[
    "Basic ",
    "basic ",
    "BASIC",
    "Bearer ",
    " ",
    "\t",
    ":",
    "=",
    "==",
    "YW5uYTpzZWNyZXQ=",
    "Og==",
    "w7w6eA==",
    "/zph",
    "YToKYg==",
    "-_",
    "%3D",
    "fg_",
    "\r\n",
    ",",
    "QUFB",
];

/// Whether the field has a user name and a password.
///
/// # Panics
/// When the property does not hold.
pub(crate) fn hold(data: &[u8]) -> bool {
    put_together(data);
    let Presented::Basic { user, password } = read_authorization(Some(data)) else { return false };
    assert!(!user.contains(':'), "a user name ends at the first colon: {user:?}");
    assert!(!format!("{user}{}", *password).chars().any(char::is_control));
    let field = format!("Basic {}", STANDARD.encode(format!("{user}:{}", *password)));
    assert_eq!(taken_apart(&field), Some((user, password.to_string())));
    true
}

/// The bytes as a user name and a password, which have to be understood unless they cannot be written in the field.
fn put_together(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (user, password) =
        text.split_at(text.char_indices().nth(text.chars().count() / 3).map_or(0, |(at, _)| at));
    let possible = !user.contains(':') && !text.chars().any(char::is_control) && text.len() < 700;
    let field = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let expected = possible.then(|| (user.to_owned(), password.to_owned()));
    let found = taken_apart(&field);
    assert!(
        found == expected || (expected.is_none() && !text.contains(char::is_control)),
        "{text:?} is read as {found:?}"
    );
}

fn taken_apart(field: &str) -> Option<(String, String)> {
    match read_authorization(Some(field.as_bytes())) {
        Presented::Basic { user, password } => Some((user, password.to_string())),
        Presented::Missing | Presented::Undecodable => None,
    }
}
