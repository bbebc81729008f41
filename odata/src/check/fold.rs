//! Constants: what does not depend on the row or the clock is calculated once.

use jiff::Timestamp;

use crate::edm::Type;
use crate::error::Error;
use crate::eval::{self, Context};
use crate::expr::{Expr, Function, Node};
use crate::value::Value;

/// The same expression, as a literal if its operands are literals. Operands are folded already.
pub(super) fn folded(expr: Expr) -> Result<Expr, Error> {
    let expr = decided(expr);
    let constant = match &expr.node {
        Node::Literal(_) | Node::Property(_) | Node::Call(Function::Now, _) => false,
        Node::Path(_) | Node::Exists(_) | Node::Lambda(_) | Node::Count(_) => false,
        // These would lose what their text says: a member's number, the type of a member.
        Node::Rank(..) => false,
        Node::Cast(_, target) if matches!(target.ty, Type::Enum(_)) => false,
        Node::Call(Function::MinDateTime | Function::MaxDateTime, _) => true,
        _ => expr.operands().iter().all(|operand| operand.as_literal().is_some()),
    };
    if !constant {
        return Ok(expr);
    }
    // Nothing that is folded reads the clock.
    let context = Context { now: Timestamp::UNIX_EPOCH };
    let value = eval::evaluate(&expr, &[], &context)?;
    let literal = Expr::literal(value);
    let known = literal.ty.is_some() || literal.as_literal() == Some(&Value::Null);
    Ok(if known { literal } else { Expr { ty: expr.ty, ..literal } })
}

/// `and` without its operands that are true, `or` without those that are false; the constant that decides them.
fn decided(expr: Expr) -> Expr {
    let Expr { node, ty } = expr;
    let (mut operands, deciding, joined): (_, _, fn(Vec<Expr>) -> Node) = match node {
        Node::And(operands) => (operands, false, Node::And),
        Node::Or(operands) => (operands, true, Node::Or),
        node => return Expr { node, ty },
    };
    let is = |operand: &Expr, value: bool| operand.as_literal() == Some(&Value::Boolean(value));
    if operands.iter().any(|operand| is(operand, deciding)) {
        return Expr::literal(Value::Boolean(deciding));
    }
    operands.retain(|operand| !is(operand, !deciding));
    match operands.len() {
        0 => Expr::literal(Value::Boolean(!deciding)),
        1 => operands.swap_remove(0),
        _ => Expr { node: joined(operands), ty },
    }
}
