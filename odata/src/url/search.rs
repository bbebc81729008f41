//! `$search`: words, phrases, `AND`, `OR`, `NOT` and parentheses.
//!
//! `AND` binds more tightly than `OR`; terms side by side are joined by `AND`. The three words are operators only in
//! capitals and where an operator can stand: a search for `OR` alone looks for that word.

use std::fmt;

use super::parser::MAX_DEPTH;
use crate::error::{Error, ErrorKind};

/// How many words and phrases a search may have; people write fewer than ten.
const MAX_TERMS: usize = 200;

/// A search for text, the meaning of which is the service's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchTerm {
    /// One word.
    Word(String),
    /// Words in this order.
    Phrase(String),
    /// Anything without it.
    Not(Box<SearchTerm>),
    /// All of at least two; none of them is itself an `And`.
    And(Vec<SearchTerm>),
    /// Any of at least two; none of them is itself an `Or`.
    Or(Vec<SearchTerm>),
}

/// A free-text search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text as it was written.
    pub text: String,
    /// What it asks for.
    pub term: SearchTerm,
}

impl Search {
    /// Parses the decoded value of a `$search`.
    ///
    /// # Errors
    /// Parentheses or quotes that are not closed, or nothing to search for.
    ///
    /// ```
    /// use odata::url::{Search, SearchTerm};
    ///
    /// let search = Search::parse("blue NOT \"dark green\"")?;
    /// assert_eq!(search.term.to_string(), "blue AND NOT \"dark green\"");
    /// assert_eq!(Search::parse("OR")?.term, SearchTerm::Word("OR".into()));
    /// assert!(Search::parse("\"blue").is_err());
    /// # Ok::<(), odata::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        // The grammar takes anything in single quotes; what cannot be read otherwise is searched for as it stands.
        let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let whole = quoted.map(|text| text.replace('"', "")).filter(|text| !text.trim().is_empty());
        let term = match (Reader::new(text).whole(), whole) {
            (Err(error), Some(phrase)) if error.kind == ErrorKind::Syntax => SearchTerm::Phrase(phrase),
            (term, _) => term?,
        };
        Ok(Self { text: text.to_owned(), term })
    }
}

impl SearchTerm {
    /// Whether a text fulfils it. `found` says whether a word, or the words of a phrase in their order, are there.
    pub fn holds(&self, found: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Word(text) | Self::Phrase(text) => found(text),
            Self::Not(term) => !term.holds(found),
            Self::And(terms) => terms.iter().all(|term| term.holds(found)),
            Self::Or(terms) => terms.iter().any(|term| term.holds(found)),
        }
    }
}

/// The search as it can be parsed again.
impl fmt::Display for SearchTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => f.write_str(text),
            Self::Phrase(text) => write!(f, "\"{text}\""),
            Self::Not(term) => {
                f.write_str("NOT ")?;
                operand(f, term, matches!(**term, Self::And(_) | Self::Or(_)))
            }
            Self::And(terms) => list(f, terms, " AND ", |term| matches!(term, Self::Or(_))),
            Self::Or(terms) => list(f, terms, " OR ", |_| false),
        }
    }
}

fn list(
    f: &mut fmt::Formatter<'_>,
    terms: &[SearchTerm],
    joint: &str,
    brackets: impl Fn(&SearchTerm) -> bool,
) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            f.write_str(joint)?;
        }
        operand(f, term, brackets(term))?;
    }
    Ok(())
}

fn operand(f: &mut fmt::Formatter<'_>, term: &SearchTerm, brackets: bool) -> fmt::Result {
    if brackets { write!(f, "({term})") } else { write!(f, "{term}") }
}

struct Reader {
    rest: Vec<char>,
    next: usize,
    depth: usize,
    terms: usize,
}

impl Reader {
    fn new(text: &str) -> Self {
        Self { rest: text.chars().collect(), next: 0, depth: 0, terms: 0 }
    }

    fn whole(mut self) -> Result<SearchTerm, Error> {
        let term = self.or()?;
        self.blanks();
        match self.peek() {
            None => Ok(term),
            Some(c) => Err(self.error(&format!("`{c}` is not expected here."))),
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.next).copied()
    }

    fn blanks(&mut self) -> bool {
        let start = self.next;
        while self.peek().is_some_and(char::is_whitespace) {
            self.next += 1;
        }
        self.next > start
    }

    fn error(&self, message: &str) -> Error {
        Error::syntax(message).at(self.next)
    }

    fn or(&mut self) -> Result<SearchTerm, Error> {
        let mut terms = vec![self.and()?];
        while self.operator("OR") {
            terms.push(self.and()?);
        }
        Ok(joined(terms, SearchTerm::Or))
    }

    fn and(&mut self) -> Result<SearchTerm, Error> {
        let mut terms = vec![self.unary()?];
        while !self.is_operator("OR") && (self.operator("AND") || self.goes_on()) {
            terms.push(self.unary()?);
        }
        Ok(joined(terms, SearchTerm::And))
    }

    fn unary(&mut self) -> Result<SearchTerm, Error> {
        self.blanks();
        self.terms += 1;
        if self.terms > MAX_TERMS || self.depth >= MAX_DEPTH {
            return Err(Error::new(ErrorKind::TooComplex, "The search is too large.").at(self.next));
        }
        self.depth += 1;
        let term = if self.operator("NOT") {
            self.unary().map(|term| SearchTerm::Not(Box::new(term)))
        } else {
            self.primary()
        };
        self.depth -= 1;
        term
    }

    fn primary(&mut self) -> Result<SearchTerm, Error> {
        match self.peek() {
            None => Err(self.error("There is nothing to search for.")),
            Some('(') => {
                self.next += 1;
                let term = self.or()?;
                self.blanks();
                if self.peek() != Some(')') {
                    return Err(self.error("The parenthesis has no end."));
                }
                self.next += 1;
                Ok(term)
            }
            Some('"') => self.phrase(),
            Some(_) => self.word().map(SearchTerm::Word),
        }
    }

    fn phrase(&mut self) -> Result<SearchTerm, Error> {
        let start = self.next + 1;
        let length = self.rest[start..].iter().position(|c| *c == '"');
        let length = length.ok_or_else(|| self.error("The phrase has no closing quote."))?;
        if length == 0 {
            return Err(self.error("The phrase is empty."));
        }
        self.next = start + length + 1;
        Ok(SearchTerm::Phrase(self.rest[start..start + length].iter().collect()))
    }

    fn word(&mut self) -> Result<String, Error> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"');
        let length = self.rest[self.next..].iter().position(|c| ends(*c));
        let end = length.map_or(self.rest.len(), |length| self.next + length);
        if end == self.next {
            return Err(self.error(&format!("`{}` is no word.", self.peek().unwrap_or_default())));
        }
        let word = self.rest[self.next..end].iter().collect();
        self.next = end;
        Ok(word)
    }

    /// Whether a further term follows, so that `AND` is meant.
    fn goes_on(&mut self) -> bool {
        let before = self.next;
        let spaced = self.blanks();
        let goes_on = spaced && self.peek().is_some_and(|c| c != ')');
        self.next = before;
        goes_on
    }

    /// The word, with a blank and something to search for behind it.
    fn is_operator(&self, word: &str) -> bool {
        let blanks = self.rest[self.next..].iter().take_while(|c| c.is_whitespace()).count();
        let start = self.next + blanks;
        let end = start + word.len();
        let spelt = self.rest.get(start..end).is_some_and(|text| text.iter().copied().eq(word.chars()));
        let separated = blanks > 0 || word == "NOT";
        let after = self.rest.get(end).is_some_and(|c| c.is_whitespace());
        let operand = self.rest[end.min(self.rest.len())..].iter().find(|c| !c.is_whitespace());
        spelt && separated && after && operand.is_some_and(|c| *c != ')')
    }

    fn operator(&mut self, word: &str) -> bool {
        let found = self.is_operator(word);
        if found {
            self.blanks();
            self.next += word.len();
        }
        found
    }
}

fn joined(mut terms: Vec<SearchTerm>, join: fn(Vec<SearchTerm>) -> SearchTerm) -> SearchTerm {
    match (terms.len(), terms.pop()) {
        (1, Some(term)) => term,
        (_, last) => {
            terms.extend(last);
            let mut flat = Vec::new();
            for term in terms {
                match (join(Vec::new()), term) {
                    (SearchTerm::And(_), SearchTerm::And(inner)) => flat.extend(inner),
                    (SearchTerm::Or(_), SearchTerm::Or(inner)) => flat.extend(inner),
                    (_, term) => flat.push(term),
                }
            }
            join(flat)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_bind_and_words_are_words_where_no_operator_can_be() {
        for (text, expected) in [
            ("blue", "blue"),
            ("blue green", "blue AND green"),
            ("blue NOT green", "blue AND NOT green"),
            ("a AND b OR c AND d", "a AND b OR c AND d"),
            ("a AND (b OR c)", "a AND (b OR c)"),
            ("(NOT a) OR b", "NOT a OR b"),
            ("NOT NOT", "NOT NOT"),
            ("OR AND", "OR AND AND"),
            ("NOT NOT x", "NOT NOT x"),
            ("a or b", "a AND or AND b"),
            ("\"blue green\" x", "\"blue green\" AND x"),
            ("O'Neil 3.14 08/15 #1 a&b;c", "O'Neil AND 3.14 AND 08/15 AND #1 AND a&b;c"),
            (" ( a ) ", "a"),
            ("ANDY ORB NOTE", "ANDY AND ORB AND NOTE"),
        ] {
            let search = Search::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(search.term.to_string(), expected, "{text}");
            let again = Search::parse(expected).unwrap_or_else(|error| panic!("{expected}: {error}"));
            assert_eq!(again.term, search.term, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_refused_with_its_place() {
        for (text, at) in [("", 0), ("(a", 2), ("a)", 1), ("\"a", 0), ("\"\"", 0), ("gr(een", 2)] {
            let error = Search::parse(text).expect_err(text);
            assert_eq!((error.kind, error.position), (ErrorKind::Syntax, Some(at)), "{text}");
        }
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(Search::parse(&deep).expect_err("deep").kind, ErrorKind::TooComplex);
        assert_eq!(Search::parse(&"a ".repeat(300)).expect_err("long").kind, ErrorKind::TooComplex);
    }

    #[test]
    fn a_term_holds_by_its_words() {
        let term = Search::parse("a (b OR NOT c)").unwrap().term;
        assert!(term.holds(&|word| word == "a"));
        assert!(!term.holds(&|word| word == "a" || word == "c"));
        assert!(!term.holds(&|word| word == "b"));
    }
}
