//! The expression grammar: recursive descent over tokens, one function for each level of precedence.
//!
//! From loose to tight (OData-URL 4.01, section 5.1.1.16): `or`, `and`, `eq ne`, `gt ge lt le`, `add sub`,
//! `mul div divby mod`, `not` and `-`, then `has`, `in`, calls and paths.

use super::ast::{Argument, Ast, Binary, Node, Segment, SegmentKind};
use super::lexer::Kind;
use super::parser::Parser;
use crate::error::Error;
use crate::expr::{ArithmeticOp, CompareOp};
use crate::value::Value;

/// Parses the whole text as one expression.
pub(super) fn parse(text: &str) -> Result<Ast, Error> {
    let mut parser = Parser::new(text)?;
    let ast = parser.expression()?;
    parser.end()?;
    Ok(ast)
}

/// Parses the value of `$compute`: expressions with the names they are given.
pub(super) fn computed(text: &str) -> Result<(), Error> {
    let mut parser = Parser::new(text)?;
    loop {
        parser.expression()?;
        if !parser.eat_word("as") {
            return Err(parser.expected("`as` and a name"));
        }
        let Kind::Name(_) = parser.peek().kind else { return Err(parser.expected("a name")) };
        parser.next += 1;
        if !parser.eat(',') {
            return parser.end();
        }
    }
}

impl<'a> Parser<'a> {
    /// `commonExpr`
    pub(super) fn expression(&mut self) -> Result<Ast, Error> {
        self.nested(Self::disjunction)
    }

    fn disjunction(&mut self) -> Result<Ast, Error> {
        let first = self.conjunction()?;
        self.chain(first, "or", Self::conjunction, Node::Or)
    }

    fn conjunction(&mut self) -> Result<Ast, Error> {
        let first = self.comparison()?;
        self.chain(first, "and", Self::comparison, Node::And)
    }

    fn comparison(&mut self) -> Result<Ast, Error> {
        self.binary(0)
    }

    /// The operand that was read, or with those that follow it one flat node.
    fn chain(
        &mut self,
        first: Ast,
        word: &str,
        operand: fn(&mut Self) -> Result<Ast, Error>,
        joined: fn(Vec<Ast>) -> Node,
    ) -> Result<Ast, Error> {
        if !self.eat_word(word) {
            return Ok(first);
        }
        let at = first.at;
        let mut operands = vec![first, operand(self)?];
        while self.eat_word(word) {
            operands.push(operand(self)?);
        }
        self.node(joined(operands), at)
    }

    /// Comparisons and calculations, by precedence climbing; `level` is the loosest operator that may be read.
    fn binary(&mut self, level: u8) -> Result<Ast, Error> {
        let mut left = self.unary()?;
        while let Some((operator, own)) = self.operator().filter(|(_, own)| *own >= level) {
            self.next += 1;
            let right = self.binary(own + 1)?;
            let at = left.at;
            left = self.node(Node::Binary(operator, Box::new(left), Box::new(right)), at)?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Binary, u8)> {
        use {ArithmeticOp as A, Binary::Arithmetic, Binary::Compare, CompareOp as C};
        let Kind::Name(name) = self.peek().kind else { return None };
        Some(match name.to_ascii_lowercase().as_str() {
            "eq" => (Compare(C::Eq), 0),
            "ne" => (Compare(C::Ne), 0),
            "gt" => (Compare(C::Gt), 1),
            "ge" => (Compare(C::Ge), 1),
            "lt" => (Compare(C::Lt), 1),
            "le" => (Compare(C::Le), 1),
            "add" => (Arithmetic(A::Add), 2),
            "sub" => (Arithmetic(A::Sub), 2),
            "mul" => (Arithmetic(A::Mul), 3),
            "div" => (Arithmetic(A::Div), 3),
            "divby" => (Arithmetic(A::DivBy), 3),
            "mod" => (Arithmetic(A::Mod), 3),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Ast, Error> {
        let at = self.at();
        if self.eat('-') {
            let operand = self.nested(Self::unary)?;
            return self.node(Node::Negate(Box::new(operand)), at);
        }
        if self.is_not() {
            self.next += 1;
            let operand = self.nested(Self::unary)?;
            return self.node(Node::Not(Box::new(operand)), at);
        }
        self.membership()
    }

    /// `not` is an operator unless something follows that only a property called `not` could have before it.
    fn is_not(&self) -> bool {
        let is_word = matches!(self.peek().kind, Kind::Name(name) if name.eq_ignore_ascii_case("not"));
        is_word
            && match self.peek_after().map(|token| &token.kind) {
                Some(Kind::Name(next)) => !is_operator(next) || self.tokens_call_follows(),
                Some(Kind::End | Kind::Symbol(')' | ',' | '/')) | None => false,
                Some(_) => true,
            }
    }

    /// `not in(…)` cannot be; but a function or property may be called like an operator: `not date eq`, `not has(x)`.
    fn tokens_call_follows(&self) -> bool {
        let opens = self.tokens.get(self.next + 2).is_some_and(|t| t.kind == Kind::Symbol('(') && !t.spaced);
        opens
            && !matches!(self.peek_after().map(|t| &t.kind), Some(Kind::Name(n)) if n.eq_ignore_ascii_case("in"))
    }

    fn membership(&mut self) -> Result<Ast, Error> {
        let mut left = self.primary()?;
        loop {
            let at = left.at;
            let (operator, right) = if self.eat_word("in") {
                (Binary::In, self.list_or_primary()?)
            } else if self.eat_word("has") {
                (Binary::Has, self.primary()?)
            } else {
                return Ok(left);
            };
            left = self.node(Node::Binary(operator, Box::new(left), Box::new(right)), at)?;
        }
    }

    fn list_or_primary(&mut self) -> Result<Ast, Error> {
        let at = self.at();
        if !self.eat('(') {
            return self.primary();
        }
        let items = self.items(')')?;
        self.node(Node::List(items), at)
    }

    /// Expressions separated by commas, up to the closing symbol; the opening one is behind us.
    fn items(&mut self, close: char) -> Result<Vec<Ast>, Error> {
        let mut items = Vec::new();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if !self.eat(',') {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    fn primary(&mut self) -> Result<Ast, Error> {
        let at = self.at();
        match self.peek().kind.clone() {
            Kind::Literal(value) => {
                self.next += 1;
                self.node(Node::Literal(value), at)
            }
            Kind::Json(text) => {
                self.next += 1;
                self.node(Node::Literal(Value::string(text)), at)
            }
            Kind::Enum { type_name, members } => {
                self.next += 1;
                self.node(Node::Enum { type_name: type_name.to_owned(), members }, at)
            }
            Kind::Symbol('(') => {
                self.next += 1;
                let inner = self.expression()?;
                self.expect(')')?;
                Ok(inner)
            }
            Kind::Symbol('[') => {
                self.next += 1;
                let items = self.items(']')?;
                self.node(Node::List(items), at)
            }
            Kind::Symbol('{') => self.object(at),
            Kind::Name(name) => self.constant_or_path(name, at),
            Kind::At(_) => self.path(at),
            Kind::Symbol(_) | Kind::End => Err(self.expected("a property, a literal or a function")),
        }
    }

    fn object(&mut self, at: usize) -> Result<Ast, Error> {
        self.expect('{')?;
        if !self.eat('}') {
            loop {
                if !matches!(self.advance(), Kind::Json(_)) {
                    return Err(Error::syntax("A JSON object has its names in double quotes.").at(at));
                }
                self.expect(':')?;
                self.expression()?;
                if !self.eat(',') {
                    break;
                }
            }
            self.expect('}')?;
        }
        self.node(Node::Object, at)
    }

    fn constant_or_path(&mut self, name: &str, at: usize) -> Result<Ast, Error> {
        let constant = match name {
            "null" => Value::Null,
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => return self.path(at),
        };
        self.next += 1;
        self.node(Node::Literal(constant), at)
    }

    fn path(&mut self, at: usize) -> Result<Ast, Error> {
        if let Some(branches) = self.case()? {
            return self.node(Node::Case(branches), at);
        }
        let mut segments = vec![self.segment(true)?];
        while self.eat('/') {
            segments.push(self.segment(false)?);
        }
        self.node(Node::Path(segments), at)
    }

    fn opens_call(&self) -> bool {
        self.peek_after().is_some_and(|token| token.kind == Kind::Symbol('(') && !token.spaced)
    }

    fn segment(&mut self, first: bool) -> Result<Segment, Error> {
        let at = self.at();
        let call = self.opens_call();
        let name = match self.peek().kind {
            Kind::At("") => return Err(Error::syntax("A name is missing after `@`.").at(at)),
            Kind::At(name) => {
                self.next += 1;
                return Ok(Segment { kind: SegmentKind::At(name.to_owned()), at });
            }
            Kind::Name(name) => name.to_owned(),
            _ => return Err(self.expected("a name")),
        };
        self.next += 1;
        if !call {
            return Ok(Segment { kind: SegmentKind::Name(name), at });
        }
        self.expect('(')?;
        let kind = self.called(name, first).map_err(|error| error.at(at))?;
        Ok(Segment { kind, at })
    }

    /// A segment with a parenthesis, which is open.
    fn called(&mut self, name: String, first: bool) -> Result<SegmentKind, Error> {
        let lambda = ["any", "all"].iter().position(|word| name.eq_ignore_ascii_case(word));
        match (lambda, name.as_str()) {
            (Some(_), _) if first => {
                Err(Error::syntax(format!("`{name}` needs a collection before it: Collection/{name}(…).")))
            }
            (None, "$filter" | "$count") if first => {
                Err(Error::syntax(format!("`{name}` needs a collection before it: Collection/{name}(…).")))
            }
            (Some(index), _) => self.lambda(index == 1),
            (None, "$filter") => {
                let condition = self.expression()?;
                self.expect(')')?;
                Ok(SegmentKind::Filter(Box::new(condition)))
            }
            (None, "$count") => self.count(),
            (None, _) => Ok(SegmentKind::Call { name, arguments: self.arguments()? }),
        }
    }

    /// `$count($filter=…)`; a search there is read, but nothing could answer it.
    fn count(&mut self) -> Result<SegmentKind, Error> {
        let mut condition = None;
        loop {
            let at = self.at();
            let Kind::Name(option) = self.advance() else { return Err(self.expected("`$filter`").at(at)) };
            self.expect('=')?;
            match option.trim_start_matches('$').to_ascii_lowercase().as_str() {
                "filter" if condition.is_none() => condition = Some(self.expression()?),
                "search" => return Err(Error::not_supported("`$search` inside an expression is").at(at)),
                _ => return Err(Error::syntax(format!("`$count` takes `$filter`, not `{option}`.")).at(at)),
            }
            if !self.eat(';') {
                break;
            }
        }
        self.expect(')')?;
        condition
            .map(|condition| SegmentKind::Count(Box::new(condition)))
            .ok_or_else(|| Error::syntax("`$count()` has nothing between its brackets."))
    }

    fn lambda(&mut self, all: bool) -> Result<SegmentKind, Error> {
        if !all && self.eat(')') {
            return Ok(SegmentKind::Lambda { all, variable: None });
        }
        let Kind::Name(variable) = self.peek().kind else { return Err(self.expected("a variable")) };
        self.next += 1;
        self.expect(':')?;
        let predicate = self.expression()?;
        self.expect(')')?;
        Ok(SegmentKind::Lambda { all, variable: Some((variable.to_owned(), Box::new(predicate))) })
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, Error> {
        let mut arguments = Vec::new();
        if self.eat(')') {
            return Ok(arguments);
        }
        loop {
            let name = match (&self.peek().kind, self.peek_after().map(|token| &token.kind)) {
                (Kind::Name(name), Some(Kind::Symbol('='))) => Some((*name).to_owned()),
                _ => None,
            };
            self.next += if name.is_some() { 2 } else { 0 };
            arguments.push(Argument { name, value: self.expression()? });
            if !self.eat(',') {
                self.expect(')')?;
                return Ok(arguments);
            }
        }
    }

    fn case(&mut self) -> Result<Option<Vec<(Ast, Ast)>>, Error> {
        let word = matches!(self.peek().kind, Kind::Name(name) if name.eq_ignore_ascii_case("case"));
        if !(word && self.opens_call()) {
            return Ok(None);
        }
        self.next += 2;
        let mut branches = Vec::new();
        loop {
            let condition = self.expression()?;
            self.expect(':')?;
            branches.push((condition, self.expression()?));
            if !self.eat(',') {
                self.expect(')')?;
                return Ok(Some(branches));
            }
        }
    }
}

fn is_operator(word: &str) -> bool {
    const OPERATORS: [&str; 16] = [
        "eq", "ne", "gt", "ge", "lt", "le", "add", "sub", "mul", "div", "divby", "mod", "and", "or", "in",
        "has",
    ];
    OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(word))
}
