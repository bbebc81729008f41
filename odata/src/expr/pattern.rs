//! The regular expressions of `matchespattern`.

use std::fmt;
use std::sync::Arc;

use regex_lite::{Regex, RegexBuilder};

/// How large a compiled pattern may become, in bytes: some thousand characters without counted repetition.
const MAX_COMPILED: usize = 256 * 1024;

/// How deep groups may be nested; the compiler calls itself for each.
const MAX_NESTING: u32 = 20;

/// A compiled regular expression. Matching takes time linear in the text, whatever the pattern.
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    regex: Arc<Regex>,
}

impl Pattern {
    /// Compiles a pattern; `None` if it is malformed, too large, or needs what cannot be bounded (references back, looking
    /// around).
    pub fn new(text: &str) -> Option<Self> {
        let regex = RegexBuilder::new(text).size_limit(MAX_COMPILED).nest_limit(MAX_NESTING).build().ok()?;
        Some(Self { text: text.into(), regex: Arc::new(regex) })
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a part of the text matches; `^` and `$` stand for its ends.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_may_match_and_anchors_are_the_ends() {
        let matches = |pattern: &str, text: &str| Pattern::new(pattern).unwrap().matches(text);
        assert!(matches("b+", "abbc"));
        assert!(matches("^a.*c$", "abbc"));
        assert!(!matches("^b", "abbc"));
    }

    #[test]
    fn what_cannot_be_bounded_is_no_pattern() {
        for pattern in ["(", "(a)\\1", "a(?=b)", "(((a{100}){100}){100}){100}", &"(".repeat(1_000)] {
            assert!(Pattern::new(pattern).is_none(), "{pattern}");
        }
    }
}
