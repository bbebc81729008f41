//! The part of the parser that knows no grammar: tokens one after the other, and the limits on what they may become.

use super::ast::{Ast, Node};
use super::lexer::{Kind, Token, tokens};
use crate::error::{Error, ErrorKind};

/// How deep an expression may be nested. People stay below 10 and generated filters below 50. Parsing, checking and
/// evaluating the deepest one takes a quarter of the stack of a thread of 2 MiB (what tokio gives its workers), without
/// optimisation three quarters; a test holds it to that.
pub(crate) const MAX_DEPTH: usize = 100;

/// How many parts an expression may have: what a URL of 32 KiB can hold, so only aliases could ever exceed it.
pub(crate) const MAX_NODES: usize = 10_000;

/// Reads tokens from left to right.
pub(super) struct Parser<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Index of the token that is read next.
    pub(super) next: usize,
    depth: usize,
    nodes: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Error> {
        Ok(Self { tokens: tokens(text)?, next: 0, depth: 0, nodes: 0 })
    }

    pub(super) fn peek(&self) -> &Token<'a> {
        // The last token is `End` and never consumed.
        &self.tokens[self.next]
    }

    pub(super) fn peek_after(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.next + 1)
    }

    pub(super) fn at(&self) -> usize {
        self.peek().at
    }

    pub(super) fn advance(&mut self) -> Kind<'a> {
        let kind = self.peek().kind.clone();
        if kind != Kind::End {
            self.next += 1;
        }
        kind
    }

    pub(super) fn is_symbol(&self, symbol: char) -> bool {
        self.peek().kind == Kind::Symbol(symbol)
    }

    pub(super) fn eat(&mut self, symbol: char) -> bool {
        let found = self.is_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: char) -> Result<(), Error> {
        if self.eat(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    pub(super) fn expected(&self, what: &str) -> Error {
        let found = self.peek();
        Error::syntax(format!("Expected {what}, found {}.", found.kind.describe())).at(found.at)
    }

    /// The text must be used up.
    pub(super) fn end(&self) -> Result<(), Error> {
        match &self.peek().kind {
            Kind::End => Ok(()),
            _ => Err(self.expected("an operator or the end")),
        }
    }

    /// Consumes this word if it is next, in any case.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek().kind, Kind::Name(name) if name.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    pub(super) fn node(&mut self, node: Node, at: usize) -> Result<Ast, Error> {
        self.nodes += 1;
        let height = 1 + node.children().iter().map(|child| child.height).max().unwrap_or(0);
        if self.nodes > MAX_NODES {
            return Err(too_complex(&format!("has more than {MAX_NODES} parts")).at(at));
        }
        if height > MAX_DEPTH {
            return Err(too_deep().at(at));
        }
        Ok(Ast { node, at, height })
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep().at(self.at()));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

fn too_deep() -> Error {
    too_complex(&format!("is nested more than {MAX_DEPTH} levels deep"))
}

fn too_complex(how: &str) -> Error {
    Error::new(ErrorKind::TooComplex, format!("The expression {how}."))
}
