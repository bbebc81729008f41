//! Comparisons and `in`: both sides must be of one sort, and a literal takes the type of the other side.

use super::{Checker, promote};
use crate::edm::{EnumId, Primitive, Type};
use crate::error::Error;
use crate::expr::{CompareOp, Expr, Node};
use crate::url::ast::{Ast, Node as Parsed, Segment, SegmentKind};
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn compare(&mut self, op: CompareOp, left: &'a Ast, right: &'a Ast) -> Result<Expr, Error> {
        if let Some(exists) = self.existence(op, left, right)? {
            return Ok(exists);
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let right = self.adapted(right, &left);
        let left = self.adapted(left, &right);
        self.comparable(op, &left, &right)?;
        let (left, right) = self.by_rank(op, left, right);
        Ok(Expr::new(Node::Compare(op, Box::new(left), Box::new(right)), Primitive::Boolean))
    }

    /// `company ne null`: whether there is a related entity.
    fn existence(&mut self, op: CompareOp, left: &'a Ast, right: &'a Ast) -> Result<Option<Expr>, Error> {
        let is_null = |ast: &Ast| matches!(ast.node, Parsed::Literal(Value::Null));
        let path = match (is_null(left), is_null(right)) {
            (false, true) => self.entity(left)?,
            (true, false) => self.entity(right)?,
            _ => None,
        };
        let exists = path.map(|path| Expr::new(Node::Exists(path), Primitive::Boolean));
        Ok(match op {
            CompareOp::Ne => exists,
            CompareOp::Eq => exists.map(|exists| Expr::new(Node::Not(Box::new(exists)), Primitive::Boolean)),
            _ => None,
        })
    }

    /// Enumerations are ordered by their numbers, and flags are the same in whatever order they are named.
    fn by_rank(&self, op: CompareOp, left: Expr, right: Expr) -> (Expr, Expr) {
        let Some(Type::Enum(id)) = left.ty.as_ref().or(right.ty.as_ref()) else { return (left, right) };
        let (id, equality) = (*id, matches!(op, CompareOp::Eq | CompareOp::Ne));
        if equality && !self.scope.model.enum_type(id).is_flags {
            return (left, right);
        }
        (self.ranked(left, id), self.ranked(right, id))
    }

    pub(super) fn ranked(&self, expr: Expr, id: EnumId) -> Expr {
        if expr.ty.is_none() {
            return expr;
        }
        let members = self.scope.model.enum_type(id).members.as_slice().into();
        Expr { node: Node::Rank(Box::new(expr), members), ty: Some(Type::Enum(id)) }
    }

    pub(super) fn has(&mut self, operand: &'a Ast, members: &'a Ast) -> Result<Expr, Error> {
        let (operand, members) = (self.expr(operand)?, self.expr(members)?);
        let members = self.adapted(members, &operand);
        match (operand.ty.clone(), members.ty.clone()) {
            (Some(Type::Enum(left)), Some(Type::Enum(right))) if left == right => {
                let (operand, members) = (self.ranked(operand, left), self.ranked(members, right));
                Ok(Expr::new(Node::Has(Box::new(operand), Box::new(members)), Primitive::Boolean))
            }
            (None, _) | (_, None) => Ok(Expr { node: Node::Literal(Value::Null), ty: None }),
            _ => {
                let (operand, members) = (self.described(&operand), self.described(&members));
                let message =
                    format!("`has` asks an enumeration for its members, and {operand} and {members}.");
                Err(Error::of_type(message))
            }
        }
    }

    pub(super) fn membership(&mut self, needle: &'a Ast, list: &'a Ast) -> Result<Expr, Error> {
        let needle = self.expr(needle)?;
        let Some((alias, list)) = self.items(list) else { return self.within(needle, list) };
        let flags = match needle.ty {
            Some(Type::Enum(id)) if self.scope.model.enum_type(id).is_flags => Some(id),
            _ => None,
        };
        let items = match alias {
            None => self.like(&needle, list)?,
            Some(name) => self.replaced(name, |checker| checker.like(&needle, list))?,
        };
        let ranked = |expr: Expr| match flags {
            Some(id) => self.ranked(expr, id),
            None => expr,
        };
        let items = items.into_iter().map(ranked).collect();
        Ok(Expr::new(Node::In(Box::new(ranked(needle)), items), Primitive::Boolean))
    }

    /// Expressions that can be compared with this one.
    fn like(&mut self, needle: &Expr, list: &'a [Ast]) -> Result<Vec<Expr>, Error> {
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            let checked = self.expr(item)?;
            let checked = self.adapted(checked, needle);
            self.comparable(CompareOp::Eq, needle, &checked).map_err(|error| error.at(item.at))?;
            items.push(checked);
        }
        Ok(items)
    }

    /// The items of a list, or of the list an alias stands for, and then its name.
    fn items(&self, list: &'a Ast) -> Option<(Option<&'a str>, &'a [Ast])> {
        let (alias, node) = match &list.node {
            Parsed::Path(segments) => match &segments[..] {
                [Segment { kind: SegmentKind::At(name), .. }] => {
                    (Some(name.as_str()), &self.scope.aliases.get(name)?.node)
                }
                _ => return None,
            },
            node => (None, node),
        };
        match node {
            Parsed::List(items) => Some((alias, items)),
            _ => None,
        }
    }

    /// A literal of the other side's type, where it can be; anything else as it is.
    pub(super) fn adapted(&self, expr: Expr, other: &Expr) -> Expr {
        let Some(value) = expr.as_literal() else { return expr };
        let promoted = match (&other.ty, value) {
            (Some(Type::Primitive(to)), value) => promote::promoted(value, *to),
            (Some(Type::Enum(id)), Value::String(text)) => {
                promote::members(self.scope.model.enum_type(*id), text)
            }
            _ => None,
        };
        match promoted {
            Some(value) => Expr { node: Node::Literal(value), ty: other.ty.clone() },
            None => expr,
        }
    }

    pub(super) fn comparable(&self, op: CompareOp, left: &Expr, right: &Expr) -> Result<(), Error> {
        let (Some(left_type), Some(right_type)) = (&left.ty, &right.ty) else { return Ok(()) };
        let only_equality = matches!(left_type, Type::Complex(_) | Type::Collection(_));
        if only_equality && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let what = self.described(left);
            return Err(Error::of_type(format!("{what}; `{}` needs values that have an order.", op.name())));
        }
        if same_sort(left_type, right_type) {
            return Ok(());
        }
        let (left, right) = (self.described(left), self.described(right));
        let hint = quotes_hint(left_type, right_type);
        Err(Error::of_type(format!("{left} and {right}; they cannot be compared.{hint}")))
    }

    pub(super) fn enum_literal(&self, type_name: &str, text: &str) -> Result<Expr, Error> {
        let model = self.scope.model;
        let name = model.unqualified(type_name);
        let Some(index) = model.enum_types().iter().position(|known| known.name == name) else {
            return Err(Error::not_supported(format_args!(
                "The type `{type_name}` is unknown; such literals are"
            )));
        };
        let value = promote::members(&model.enum_types()[index], text);
        let value = value.ok_or_else(|| Error::of_type(format!("{type_name} has no member '{text}'.")))?;
        Ok(Expr { node: Node::Literal(value), ty: Some(Type::Enum(EnumId(index))) })
    }
}

fn same_sort(left: &Type, right: &Type) -> bool {
    use Primitive::{Date, DateTimeOffset};
    match (left, right) {
        (Type::Primitive(left), Type::Primitive(right)) => {
            left == right
                || (left.is_numeric() && right.is_numeric())
                || matches!((left, right), (Date, DateTimeOffset) | (DateTimeOffset, Date))
        }
        // Literals are of the widest type: `[1,2]` is a collection of Edm.Int64.
        (Type::Collection(left), Type::Collection(right)) => same_sort(left, right),
        _ => left == right,
    }
}

fn quotes_hint(left: &Type, right: &Type) -> &'static str {
    let string = Type::Primitive(Primitive::String);
    let enumeration = matches!(left, Type::Enum(_)) || matches!(right, Type::Enum(_));
    match (*left == string, *right == string) {
        _ if enumeration => " Is it a member of the enumeration?",
        (true, false) | (false, true) => " Text is written in single quotes, everything else without.",
        _ => "",
    }
}
