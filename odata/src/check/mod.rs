//! From what the grammar read to what can be evaluated: names become indices, types are made to fit, constants are folded.
//!
//! Two decisions a reader may wonder about. A text is never read as a number or a date because it meets one: `'5'` beside
//! a number is an error, as it can only be a slip. An `Edm.Date` beside an `Edm.DateTimeOffset` is taken as its midnight
//! in UTC: the specification has no rule for the pair, but clients filter columns of either type with literals of the
//! other (Power Query writes a date and time whatever the column is).

mod arithmetic;
mod call;
mod cast;
mod compare;
mod fold;
mod lambda;
mod path;
mod promote;
mod several;
mod walk;

pub(crate) use promote::constant;

use crate::edm::{Model, Primitive, SetId, Type, TypeId};
use crate::error::{Error, ErrorKind};
use crate::expr::{Expr, Node};
use crate::url::ast::{Ast, Binary, Node as Parsed};
use crate::url::{Aliases, MAX_DEPTH, MAX_NODES};

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum About<'a> {
    /// An entity, and the set it is a member of, where that is known.
    Entity(TypeId, Option<SetId>),
    /// An item of a collection of values: a row of one value.
    Item(&'a Type),
}

/// Where names are looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) model: &'a Model,
    pub(crate) about: About<'a>,
    /// In the options of an expanded property: the entity that is expanded.
    pub(crate) root: Option<About<'a>>,
    pub(crate) aliases: &'a Aliases,
}

/// A row that is open: the one the expression is about, and those of the lambdas around a part of it.
#[derive(Debug, Clone, Copy)]
struct Frame<'a> {
    /// The variable's name; a filter inside a path has none.
    name: Option<&'a str>,
    about: About<'a>,
}

/// Checks an expression that has to be Boolean.
pub(crate) fn filter(scope: &Scope<'_>, ast: &Ast) -> Result<Expr, Error> {
    Checker::new(scope).boolean(ast, "$filter needs a condition")
}

/// The conjunction of checked conditions; none of none.
pub(crate) fn all(conditions: Vec<Expr>) -> Result<Option<Expr>, Error> {
    Expr::all(conditions).map(fold::folded).transpose()
}

/// Checks an expression that has to have an order.
pub(crate) fn sortable(scope: &Scope<'_>, ast: &Ast) -> Result<Expr, Error> {
    let mut checker = Checker::new(scope);
    let expr = checker.expr(ast)?;
    match expr.ty.clone() {
        Some(Type::Complex(_) | Type::Collection(_)) => {
            let what = checker.described(&expr);
            Err(Error::of_type(format!("{what}; there is no order of such values.")).at(ast.at))
        }
        Some(Type::Enum(id)) => Ok(checker.ranked(expr, id)),
        _ => Ok(expr),
    }
}

/// Walks down a syntax tree. Its parts are counted for the whole request, because aliases can repeat each other.
struct Checker<'a> {
    scope: &'a Scope<'a>,
    /// The row of the expression, then the variables of the lambdas around, outermost first.
    frames: Vec<Frame<'a>>,
    /// The frame that names without a variable belong to.
    implicit: usize,
    /// Aliases that are being replaced right now, outermost first.
    open_aliases: Vec<&'a str>,
    depth: usize,
}

impl<'a> Checker<'a> {
    fn new(scope: &'a Scope<'a>) -> Self {
        let frames = vec![Frame { name: None, about: scope.about }];
        Self { scope, frames, implicit: 0, open_aliases: Vec::new(), depth: 0 }
    }

    fn expr(&mut self, ast: &'a Ast) -> Result<Expr, Error> {
        let parts = self.scope.aliases.count();
        if parts > MAX_NODES || self.depth >= MAX_DEPTH {
            let message = "The expressions are too large once the aliases are replaced.";
            return Err(Error::new(ErrorKind::TooComplex, message).at(ast.at));
        }
        self.depth += 1;
        let checked = self.node(ast).and_then(fold::folded).map_err(|error| error.at(ast.at));
        self.depth -= 1;
        checked
    }

    fn node(&mut self, ast: &'a Ast) -> Result<Expr, Error> {
        match &ast.node {
            Parsed::Literal(value) => Ok(Expr::literal(value.clone())),
            Parsed::Enum { type_name, members } => self.enum_literal(type_name, members),
            Parsed::Path(segments) => self.path(segments),
            Parsed::Not(operand) => self.not(operand),
            Parsed::Negate(operand) => self.negate(operand),
            Parsed::And(operands) => self.chain(operands, "and", Node::And),
            Parsed::Or(operands) => self.chain(operands, "or", Node::Or),
            Parsed::Binary(Binary::Compare(op), left, right) => self.compare(*op, left, right),
            Parsed::Binary(Binary::Arithmetic(op), left, right) => self.arithmetic(*op, left, right),
            Parsed::Binary(Binary::In, needle, items) => self.membership(needle, items),
            Parsed::Binary(Binary::Has, operand, members) => self.has(operand, members),
            Parsed::List(items) => self.list(items),
            Parsed::Object => Err(Error::not_supported("A JSON object in an expression is")),
            Parsed::Case(branches) => self.case(branches),
        }
    }

    fn boolean(&mut self, ast: &'a Ast, need: &str) -> Result<Expr, Error> {
        let expr = self.expr(ast)?;
        match &expr.ty {
            None | Some(Type::Primitive(Primitive::Boolean)) => Ok(expr),
            Some(_) => {
                let what = self.described(&expr);
                Err(Error::of_type(format!("{need}, and {what}; compare it with something.")).at(ast.at))
            }
        }
    }

    fn not(&mut self, operand: &'a Ast) -> Result<Expr, Error> {
        let need = "`not` needs a condition; write `not (a eq b)` with parentheses";
        let operand = self.boolean(operand, need)?;
        Ok(Expr::new(Node::Not(Box::new(operand)), Primitive::Boolean))
    }

    fn chain(
        &mut self,
        operands: &'a [Ast],
        word: &str,
        joined: fn(Vec<Expr>) -> Node,
    ) -> Result<Expr, Error> {
        let need = format!("`{word}` needs conditions on both sides");
        let mut flat = Vec::with_capacity(operands.len());
        for operand in operands {
            let operand = self.boolean(operand, &need)?;
            match (word, operand.node) {
                ("and", Node::And(inner)) | ("or", Node::Or(inner)) => flat.extend(inner),
                (_, node) => flat.push(Expr { node, ty: operand.ty }),
            }
        }
        Ok(Expr::new(joined(flat), Primitive::Boolean))
    }

    /// "`amount` is Edm.Decimal", for messages.
    fn described(&self, expr: &Expr) -> String {
        let ty = expr.ty.as_ref().map_or_else(|| "null".to_owned(), |ty| self.scope.model.type_name(ty));
        match self.scope.about {
            About::Entity(id, _) => {
                format!("`{}` is {ty}", expr.display(self.scope.model.entity_type(id)))
            }
            About::Item(_) => format!("`{expr}` is {ty}"),
        }
    }
}
