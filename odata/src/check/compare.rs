//! Comparisons and `in`: both sides must be of one sort, and a literal takes the type of the other side.

use super::{Checker, promote};
use crate::edm::{Primitive, Type};
use crate::error::Error;
use crate::expr::{CompareOp, Expr, Node};
use crate::url::ast::{Ast, Node as Parsed, Segment, SegmentKind};
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn compare(&mut self, op: CompareOp, left: &'a Ast, right: &'a Ast) -> Result<Expr, Error> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let right = self.adapted(right, &left);
        let left = self.adapted(left, &right);
        self.comparable(op, &left, &right)?;
        Ok(Expr::new(Node::Compare(op, Box::new(left), Box::new(right)), Primitive::Boolean))
    }

    pub(super) fn membership(&mut self, needle: &'a Ast, list: &'a Ast) -> Result<Expr, Error> {
        let needle = self.expr(needle)?;
        let mut items = Vec::new();
        for item in self.items(list)? {
            let checked = self.expr(item)?;
            let checked = self.adapted(checked, &needle);
            self.comparable(CompareOp::Eq, &needle, &checked).map_err(|error| error.at(item.at))?;
            items.push(checked);
        }
        Ok(Expr::new(Node::In(Box::new(needle), items), Primitive::Boolean))
    }

    /// The items of a list, or of the list an alias stands for.
    fn items(&self, list: &'a Ast) -> Result<&'a [Ast], Error> {
        let node = match &list.node {
            Parsed::Path(segments) => match &segments[..] {
                [Segment { kind: SegmentKind::At(name), .. }] => {
                    self.scope.aliases.get(name).map_or(&list.node, |ast| &ast.node)
                }
                _ => &list.node,
            },
            node => node,
        };
        match node {
            Parsed::List(items) => Ok(items),
            _ => Err(Error::not_supported("Anything but a list on the right of `in` is").at(list.at)),
        }
    }

    /// A literal of the other side's type, where it can be; anything else as it is.
    fn adapted(&self, expr: Expr, other: &Expr) -> Expr {
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

    fn comparable(&self, op: CompareOp, left: &Expr, right: &Expr) -> Result<(), Error> {
        let (Some(left_type), Some(right_type)) = (&left.ty, &right.ty) else { return Ok(()) };
        let only_equality = matches!(left_type, Type::Enum(_));
        if only_equality && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Err(Error::not_supported(format_args!("`{}` on enumerations is", op.name())));
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
        let name = type_name.strip_prefix(model.namespace()).and_then(|rest| rest.strip_prefix('.'));
        let found = model.enum_types().iter().position(|known| Some(known.name.as_str()) == name);
        let Some(index) = found else {
            return Err(Error::not_supported(format_args!(
                "The type `{type_name}` is unknown; such literals are"
            )));
        };
        let value = promote::members(&model.enum_types()[index], text);
        let value = value.ok_or_else(|| Error::of_type(format!("{type_name} has no member '{text}'.")))?;
        Ok(Expr { node: Node::Literal(value), ty: Some(Type::Enum(crate::edm::EnumId(index))) })
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
