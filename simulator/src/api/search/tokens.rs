//! Words: CONTAINS_TOKEN looks for whole ones (with `*` for any letters), full text for their beginnings.

use super::super::Scene;
use crate::portal::record::Record;
use crate::portal::state::Column;

/// The words that CONTAINS_TOKEN asks for; all must be there.
pub(super) struct Pattern {
    words: Vec<String>,
    case_sensitive: bool,
}

impl Pattern {
    pub(super) fn new(text: &str, case_sensitive: bool) -> Pattern {
        let text = if case_sensitive { text.to_owned() } else { text.to_lowercase() };
        Pattern { words: text.split_whitespace().map(str::to_owned).collect(), case_sensitive }
    }

    /// Whether every word of the pattern is a word of the text.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = if self.case_sensitive { text.to_owned() } else { text.to_lowercase() };
        !self.words.is_empty() && self.words.iter().all(|word| tokens(&text).any(|token| fits(word, token)))
    }
}

/// Words between blanks (or `;`), as they stand and without the punctuation around them.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty());
    words.flat_map(|word| [word, word.trim_matches(|c: char| !c.is_alphanumeric())])
}

/// Whether a word fits a pattern in which `*` stands for any number of characters.
fn fits(pattern: &str, word: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = word.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    match last {
        None => rest.is_empty(),
        Some(part) => rest.is_empty() || part.is_empty() || word_ends(pattern, word),
    }
}

/// The last part must stand at the end; the earlier ones have been found in order before it.
fn word_ends(pattern: &str, word: &str) -> bool {
    let Some((head, tail)) = pattern.rsplit_once('*') else { return false };
    word.strip_suffix(tail).is_some_and(|front| fits(&format!("{head}*"), front))
}

/// The words of `query`; each must begin a word of a searchable property.
pub(super) struct FullText {
    words: Vec<String>,
    columns: Vec<Column>,
}

impl FullText {
    pub(super) fn compile(scene: &Scene, query: Option<&str>) -> FullText {
        let words = query.unwrap_or_default().to_lowercase();
        FullText {
            words: words.split_whitespace().map(str::to_owned).collect(),
            columns: scene.table.kind.searchable.iter().filter_map(|name| scene.table.column(name)).collect(),
        }
    }

    pub(super) fn matches(&self, record: &Record) -> bool {
        self.words.iter().all(|word| self.columns.iter().any(|column| begins(record, *column, word)))
    }
}

fn begins(record: &Record, column: Column, word: &str) -> bool {
    record.text(column).is_some_and(|text| tokens(&text.to_lowercase()).any(|token| token.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_match_and_parts_of_words_do_not() {
        let check = |pattern: &str, text: &str| Pattern::new(pattern, false).matches(text);
        assert!(check("acme", "Acme Renewal"));
        assert!(!check("acme", "AcmeCorp"));
        assert!(check("acme*", "AcmeCorp"));
        assert!(check("*@hubspot.com", "anna@hubspot.com"));
        assert!(!check("*@hubspot.com", "anna@hubspot.com.example"));
        assert!(check("a*n*a", "anna"));
        assert!(!check("a*n*b", "anna"));
        assert!(check("renewal acme", "Acme, Inc. – Renewal"));
        assert!(check("*ab", "abab"));
        assert!(!check("", "anything"));
    }

    #[test]
    fn enumerations_keep_their_case() {
        assert!(!Pattern::new("call", true).matches("CALL"));
        assert!(Pattern::new("CALL", true).matches("EMAIL;CALL"));
    }
}
