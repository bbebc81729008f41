//! Answers: one value for programs, one text for people, both made from the same thing.

pub(crate) mod csv;
mod table;

use jiff::Timestamp;
use serde::Serialize;

use crate::args::Output;
use crate::failure::Failure;

pub(crate) use table::{Card, Table, harmless};

/// What a command has to say when it was done.
#[derive(Debug)]
pub(crate) struct Answer {
    json: String,
    text: String,
    /// The form that only this command has.
    special: Option<String>,
    /// Something was found that the exit code has to tell.
    pub(crate) found: bool,
}

impl Answer {
    /// `value` for programs, `text` for people.
    pub(crate) fn new(value: &impl Serialize, text: impl Into<String>) -> Result<Answer, Failure> {
        let json =
            serde_json::to_string(value).map_err(|error| Failure::failed("Output", error.to_string()))?;
        Ok(Answer { json, text: text.into(), special: None, found: false })
    }

    /// The same from JSON that is written already.
    pub(crate) fn written(json: String, text: String) -> Answer {
        Answer { json, text, special: None, found: false }
    }

    /// The same answer, with a form that only this command has.
    pub(crate) fn also(self, special: String) -> Answer {
        Answer { special: Some(special), ..self }
    }

    /// The same answer, with exit code 1 when `found`.
    pub(crate) fn alarming(self, found: bool) -> Answer {
        Answer { found, ..self }
    }

    /// The text that is printed.
    pub(crate) fn text(&self, output: Output) -> &str {
        match output {
            Output::Table => &self.text,
            Output::Json => &self.json,
            Output::Toml | Output::Mermaid => self.special.as_deref().unwrap_or(&self.text),
        }
    }
}

/// An instant for people: RFC 3339 in UTC, to the second.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An instant that may be missing.
pub(crate) fn instant_or(at: Option<Timestamp>, missing: &str) -> String {
    at.map_or_else(|| missing.to_owned(), instant)
}

/// `1 token`, `2 tokens`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// A name as a shell takes it.
pub(crate) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._-+".contains(c);
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_when_a_shell_would_split_it() {
        assert_eq!(quoted("anna@example.org"), "anna@example.org");
        assert_eq!(quoted("Anna O'Neil"), r"'Anna O'\''Neil'");
    }
}
