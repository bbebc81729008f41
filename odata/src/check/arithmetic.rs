//! The types of calculations.

use super::Checker;
use crate::edm::Primitive;
use crate::error::Error;
use crate::expr::{ArithmeticOp, Expr, Node};
use crate::url::ast::Ast;

impl<'a> Checker<'a> {
    pub(super) fn negate(&mut self, operand: &'a Ast) -> Result<Expr, Error> {
        let operand = self.expr(operand)?;
        let fits = operand.primitive().is_some_and(|ty| ty.is_numeric() || ty == Primitive::Duration);
        if !(fits || operand.ty.is_none()) {
            return Err(Error::of_type(format!("A minus needs a number, and {}.", self.described(&operand))));
        }
        let ty = operand.ty.clone();
        Ok(Expr { node: Node::Negate(Box::new(operand)), ty })
    }

    pub(super) fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: &'a Ast,
        right: &'a Ast,
    ) -> Result<Expr, Error> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let ty = match (&left.ty, &right.ty) {
            (Some(_), Some(_)) => {
                let types = left.primitive().zip(right.primitive());
                types.and_then(|(left, right)| outcome(op, left, right)).ok_or_else(|| {
                    let (left, right) = (self.described(&left), self.described(&right));
                    Error::of_type(format!("{left} and {right}; `{}` cannot join them.", op.name()))
                })?
            }
            // With null on one side the outcome is null, of the type the other side suggests.
            (known, None) | (None, known) => {
                return Ok(Expr {
                    ty: known.clone(),
                    node: Node::Arithmetic(op, Box::new(left), Box::new(right)),
                });
            }
        };
        Ok(Expr::new(Node::Arithmetic(op, Box::new(left), Box::new(right)), ty))
    }
}

/// The type of an outcome (OData-URL 4.01, section 5.1.1.2), `None` where there is none.
fn outcome(op: ArithmeticOp, left: Primitive, right: Primitive) -> Option<Primitive> {
    use ArithmeticOp::{Add, Div, DivBy, Mul, Sub};
    use Primitive::{Date, DateTimeOffset, Decimal, Double, Duration, Int64};
    if left.is_numeric() && right.is_numeric() {
        return Some(if left.is_floating() || right.is_floating() {
            Double
        } else if left == Decimal || right == Decimal || op == DivBy {
            Decimal
        } else {
            Int64
        });
    }
    match (op, left, right) {
        (Add | Sub, DateTimeOffset | Date | Duration, Duration) => Some(left),
        (Sub, DateTimeOffset | Date, DateTimeOffset | Date) => Some(Duration),
        (Mul, Duration, number) | (Mul, number, Duration) if number.is_numeric() => Some(Duration),
        (Div | DivBy, Duration, number) if number.is_numeric() => Some(Duration),
        _ => None,
    }
}
