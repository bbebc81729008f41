//! Names that people give: what is allowed, and when two are the same.

use crate::error::OperationError;

/// Longer names break tables and headers.
const LONGEST: usize = 200;

/// The form in which names are compared: NFC, ASCII letters in lower case. Other letters keep their case, because
/// lower-casing them depends on the language.
#[must_use]
pub fn key(name: &str) -> String {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(name).to_ascii_lowercase()
}

/// Checks a text shown to people, such as a label: not empty, no control characters, not longer than 200 characters.
///
/// # Errors
/// A sentence that names `what` it is.
pub(crate) fn check_text(what: &str, text: &str) -> Result<(), OperationError> {
    let problem = if text.is_empty() {
        "must not be empty"
    } else if text.trim() != text {
        "must not begin or end with a space"
    } else if text.chars().count() > LONGEST {
        "must not be longer than 200 characters"
    } else if text.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(());
    };
    Err(OperationError::invalid("NameInvalid", format!("the {what} {problem}")))
}

/// Checks a name that stands in credentials or commands: as a text, and without `:`, which ends the user name in
/// Basic authentication (RFC 7617) and marks groups in commands.
///
/// # Errors
/// A sentence that names `what` it is.
pub(crate) fn check(what: &str, name: &str) -> Result<(), OperationError> {
    check_text(what, name)?;
    if name.contains(':') {
        return Err(OperationError::invalid("NameInvalid", format!("the {what} must not contain a colon")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_ascii_case_and_composed() {
        assert_eq!(key("Anna@Example"), key("anna@example"));
        assert_eq!(key("Jos\u{e9}"), key("jose\u{301}"));
        assert_ne!(key("\u{c9}va"), key("\u{e9}va"));
    }

    #[test]
    fn names_that_break_credentials_are_refused() {
        for name in ["", " ann", "ann ", "a:b", "a\u{0}b", "a\nb", "a\u{85}b", &"x".repeat(201)] {
            assert!(check("user name", name).is_err(), "{name:?}");
        }
        for name in ["ann", "ann@example.org", "Jos\u{e9} Mar\u{ed}a", &"x".repeat(200)] {
            assert!(check("user name", name).is_ok(), "{name:?}");
        }
        assert!(check_text("label", "Sales: daily").is_ok());
    }
}
