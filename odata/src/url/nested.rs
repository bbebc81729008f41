//! Cuts what stands in `$select` and `$expand`: lists with options in parentheses, which hold lists again.

use crate::error::Error;

/// A piece of a text, and where in it, in characters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Piece<'a> {
    pub(super) fn whole(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The same without blanks around it.
    pub(super) fn trimmed(self) -> Self {
        let leading = self.text.chars().take_while(|c| c.is_whitespace()).count();
        Self { text: self.text.trim(), at: self.at + leading }
    }

    /// What is before a byte of the text, and what is behind the `skipped` bytes there.
    fn cut(self, byte: usize, skipped: usize) -> (Self, Self) {
        let (before, after) = (&self.text[..byte], &self.text[byte + skipped..]);
        let at = self.at + self.text[..byte + skipped].chars().count();
        (Self { text: before, at: self.at }, Self { text: after, at })
    }

    /// `name(options)`, cut at the first parenthesis, which must be closed by the last character.
    pub(super) fn with_options(self) -> Result<(Self, Option<Self>), Error> {
        let Some(open) = self.text.find('(') else { return Ok((self, None)) };
        let (name, inside) = self.cut(open, 1);
        let end = closing(inside.text).filter(|end| end + 1 == inside.text.len());
        let end = end.ok_or_else(|| Error::syntax("A parenthesis has no partner.").at(name.at))?;
        Ok((name, Some(inside.cut(end, 1).0)))
    }

    /// `name=value`, cut at the first equals sign.
    pub(super) fn pair(self) -> Option<(Self, Self)> {
        self.text.find('=').map(|equals| self.cut(equals, 1))
    }

    /// The pieces between separators that are neither in parentheses nor in quotes.
    pub(super) fn split(self, separator: char) -> Result<Vec<Self>, Error> {
        let mut pieces = Vec::new();
        let mut rest = self;
        loop {
            let Some(end) = outside(rest.text, |c| c == separator).map_err(|error| error.at(rest.at))? else {
                pieces.push(rest);
                return Ok(pieces);
            };
            let (piece, after) = rest.cut(end, separator.len_utf8());
            pieces.push(piece);
            rest = after;
        }
    }
}

impl Error {
    /// The same error in a longer text, in which this one begins at that character; aliases have places of their own.
    pub(super) fn inside(mut self, at: usize) -> Self {
        if self.target.is_none() {
            self.position = Some(self.position.unwrap_or(0) + at);
        }
        self
    }
}

/// The byte of the parenthesis that closes one opened just before the text.
fn closing(text: &str) -> Option<usize> {
    let mut level = 1_usize;
    let mut quotes = Quotes::default();
    for (byte, c) in text.char_indices() {
        match c {
            _ if quotes.inside(c) => {}
            '(' => level += 1,
            ')' if level == 1 => return Some(byte),
            ')' => level -= 1,
            _ => {}
        }
    }
    None
}

/// The first byte outside of parentheses and quotes that is looked for.
fn outside(text: &str, wanted: impl Fn(char) -> bool) -> Result<Option<usize>, Error> {
    let mut level = 0_usize;
    let mut quotes = Quotes::default();
    for (byte, c) in text.char_indices() {
        match c {
            _ if quotes.inside(c) => {}
            '(' => level += 1,
            ')' => {
                level = level.checked_sub(1).ok_or_else(|| Error::syntax("A parenthesis has no partner."))?;
            }
            c if level == 0 && wanted(c) => return Ok(Some(byte)),
            _ => {}
        }
    }
    match (level, quotes.open) {
        (0, None) => Ok(None),
        (_, Some(_)) => Err(Error::syntax("A quote has no partner.")),
        (_, None) => Err(Error::syntax("A parenthesis has no partner.")),
    }
}

/// Texts in single quotes, in which a doubled quote closes and opens again, and in double quotes with backslashes.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Whether the next character belongs to a text in quotes, or is one.
    fn inside(&mut self, c: char) -> bool {
        match (self.open, c) {
            _ if self.escaped => self.escaped = false,
            (Some('"'), '\\') => self.escaped = true,
            (Some(quote), c) if quote == c => self.open = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => self.open = Some(c),
            (None, _) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, separator: char) -> Vec<(&str, usize)> {
        let pieces = Piece::whole(text).split(separator).expect(text);
        pieces.into_iter().map(|piece| (piece.text, piece.at)).collect()
    }

    #[test]
    fn separators_inside_parentheses_and_quotes_do_not_separate() {
        assert_eq!(pieces("ä(b,c),d", ','), [("ä(b,c)", 0), ("d", 7)]);
        assert_eq!(pieces("x eq 'a;''b)';y", ';'), [("x eq 'a;''b)'", 0), ("y", 14)]);
        assert_eq!(pieces("\"a\\\",\",b", ','), [("\"a\\\",\"", 0), ("b", 7)]);
        assert_eq!(pieces("", ','), [("", 0)]);
    }

    #[test]
    fn options_are_between_partners() {
        let (name, options) = Piece::whole("a( b(c) )").with_options().unwrap();
        assert_eq!((name.text, options.unwrap().text, options.unwrap().at), ("a", " b(c) ", 2));
        for text in ["a(b", "a(b)c", "a(')"] {
            assert!(Piece::whole(text).with_options().is_err(), "{text}");
        }
        for text in ["a)", "(a", "'a"] {
            assert!(Piece::whole(text).split(',').is_err(), "{text}");
        }
    }
}
