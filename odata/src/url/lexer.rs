//! Cuts a decoded option value into tokens. Positions are byte offsets here and become characters when they are told.

use std::sync::Arc;

use super::literal;
use crate::error::Error;
use crate::value::Value;

/// A token and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    /// Offset of its first character, in characters.
    pub(super) at: usize,
    /// Whether a blank precedes it.
    pub(super) spaced: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'a> {
    /// A name, an operator, or names joined by dots; also `$it` and its like.
    Name(&'a str),
    /// A literal; `null`, `true` and `false` are names until the parser knows better.
    Literal(Value),
    /// `Namespace.Type'Member,Member'`
    Enum { type_name: &'a str, members: String },
    /// A text in double quotes, which occurs in JSON.
    Json(String),
    /// `@name`, also `@Namespace.Term#Qualifier`
    At(&'a str),
    /// Any other single character.
    Symbol(char),
    /// The end of the text.
    End,
}

impl Kind<'_> {
    /// How the token is called in a message.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Literal(value) => format!("the literal {value}"),
            Self::Enum { type_name, members } => format!("the literal {type_name}'{members}'"),
            Self::Json(text) => format!("the text \"{text}\""),
            Self::At(name) => format!("`@{name}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// All tokens of a text; the last is always [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Error> {
    let mut lexer = Lexer { text, byte: 0, char: 0 };
    let mut tokens = Vec::new();
    loop {
        let spaced = lexer.skip_blanks();
        let at = lexer.char;
        let kind = lexer.token().map_err(|error| error.at(at))?;
        let end = kind == Kind::End;
        tokens.push(Token { kind, at, spaced });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    byte: usize,
    char: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.byte..]
    }

    /// Moves on by so many bytes and returns them.
    fn take(&mut self, bytes: usize) -> &'a str {
        let taken = &self.rest()[..bytes];
        self.byte += bytes;
        self.char += taken.chars().count();
        taken
    }

    fn skip_blanks(&mut self) -> bool {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        !self.take(blanks).is_empty()
    }

    fn token(&mut self) -> Result<Kind<'a>, Error> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Kind::End) };
        let may_be_literal = first.is_ascii_alphanumeric() || matches!(first, '-' | '+');
        if let Some(literal) = may_be_literal.then(|| literal::leading(rest)).flatten() {
            return self.unquoted(literal?);
        }
        match first {
            '\'' => Ok(Kind::Literal(Value::string(self.quoted()?))),
            '"' => self.json_text().map(Kind::Json),
            '@' => {
                self.take(1);
                Ok(Kind::At(self.name(true)))
            }
            '$' | '_' => self.word(),
            letter if letter.is_alphabetic() => self.word(),
            symbol => {
                self.take(symbol.len_utf8());
                Ok(Kind::Symbol(symbol))
            }
        }
    }

    /// A literal must not run into a name: `5x` is neither, and `INFO` is a name.
    fn unquoted(&mut self, (value, length): (Value, usize)) -> Result<Kind<'a>, Error> {
        let next = self.rest()[length..].chars().next();
        let Some(next) = next.filter(|next| is_name_char(*next)) else {
            self.take(length);
            return Ok(Kind::Literal(value));
        };
        if self.rest().starts_with(char::is_alphabetic) {
            return self.word();
        }
        Err(Error::syntax(format!(
            "`{}` is neither a number nor a name.",
            &self.rest()[..length + next.len_utf8()]
        )))
    }

    /// Letters, digits and underscores, with dots between them.
    fn name(&mut self, qualifier: bool) -> &'a str {
        let rest = self.rest();
        let mut end = 0;
        let mut chars = rest.char_indices().peekable();
        while let Some((index, c)) = chars.next() {
            let joint = c == '.' || (qualifier && c == '#');
            let goes_on = joint && chars.peek().is_some_and(|(_, next)| is_name_char(*next));
            if !(is_name_char(c) || goes_on || (index == 0 && c == '$')) {
                break;
            }
            end = index + c.len_utf8();
        }
        self.take(end)
    }

    /// A name, or what a name directly before a quote makes of the quoted text.
    fn word(&mut self) -> Result<Kind<'a>, Error> {
        let name = self.name(false);
        if name.is_empty() || name == "$" {
            return Err(Error::syntax("A name is missing after `$`."));
        }
        if !self.rest().starts_with('\'') {
            return Ok(Kind::Name(name));
        }
        let text = self.quoted()?;
        let value = match name.to_ascii_lowercase().as_str() {
            "duration" | "time" => Value::Duration(literal::duration(&text)?),
            "guid" => Value::Guid(literal::guid(&text)?),
            "datetime" => Value::DateTimeOffset(literal::date_time_v2(&text)?),
            "datetimeoffset" => Value::DateTimeOffset(literal::date_time_offset(&text)?),
            "binary" => Value::Binary(Arc::from(literal::binary(&text)?)),
            "geography" | "geometry" => return Err(Error::not_supported("Geographic literals are")),
            _ if name.contains('.') => return Ok(Kind::Enum { type_name: name, members: text }),
            _ => return Err(Error::syntax(format!("A blank is missing between `{name}` and the quote."))),
        };
        Ok(Kind::Literal(value))
    }

    /// A text in single quotes; two of them inside mean one.
    fn quoted(&mut self) -> Result<String, Error> {
        self.take(1);
        let mut text = String::new();
        loop {
            let Some(end) = self.rest().find('\'') else {
                return Err(Error::syntax(
                    "The text has no closing quote; a quote inside a text is written twice.",
                ));
            };
            text.push_str(self.take(end));
            self.take(1);
            if !self.rest().starts_with('\'') {
                return Ok(text);
            }
            text.push_str(self.take(1));
        }
    }

    fn json_text(&mut self) -> Result<String, Error> {
        let mut stream = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        match stream.next() {
            Some(Ok(text)) => {
                let length = stream.byte_offset();
                self.take(length);
                Ok(text)
            }
            _ => Err(Error::syntax("The JSON text is malformed or has no closing quote.")),
        }
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
