//! The filter as it is meant: the data source's own and the client's together, and `''` as null.

use std::collections::BTreeSet;

use odata::Value;
use odata::expr::{CompareOp, Expr, Node};

use super::pushdown::whole;

/// Both filters, either of which may be missing: what a row itself can decide, and what is decided by rows related to it.
pub(super) fn effective(own: Option<&Expr>, client: Option<&Expr>) -> (Option<Expr>, Option<Expr>) {
    let parts = [own, client].into_iter().flatten().cloned().map(empty_is_null);
    let mut operands = Vec::new();
    for part in parts {
        match part.node {
            Node::And(nested) => operands.extend(nested),
            _ => operands.push(part),
        }
    }
    // All operands have to be true, so that they can be asked in any order.
    let (local, distant) = operands.into_iter().partition(Expr::is_local);
    (conjunction(local), conjunction(distant))
}

fn conjunction(mut operands: Vec<Expr>) -> Option<Expr> {
    let ty = operands.first()?.ty.clone();
    if operands.len() == 1 { operands.pop() } else { Some(Expr { node: Node::And(operands), ty }) }
}

/// HubSpot does not tell an empty text from none, so rows have null for both, and `email eq ''` asks for null.
pub(super) fn empty_is_null(mut expr: Expr) -> Expr {
    expr.node = match expr.node {
        Node::Compare(op @ (CompareOp::Eq | CompareOp::Ne), left, right) => {
            let (left, right) = match (is_property(&left), is_property(&right)) {
                (true, false) => (left, Box::new(null_for_empty(*right))),
                (false, true) => (Box::new(null_for_empty(*left)), right),
                _ => (left, right),
            };
            Node::Compare(op, left, right)
        }
        Node::In(needle, items) if is_property(&needle) => {
            Node::In(needle, items.into_iter().map(null_for_empty).collect())
        }
        Node::And(operands) => Node::And(operands.into_iter().map(empty_is_null).collect()),
        Node::Or(operands) => Node::Or(operands.into_iter().map(empty_is_null).collect()),
        Node::Not(operand) => Node::Not(Box::new(empty_is_null(*operand))),
        Node::Lambda(mut lambda) => {
            lambda.collection.filter =
                lambda.collection.filter.map(|filter| Box::new(empty_is_null(*filter)));
            lambda.predicate =
                lambda.predicate.map(|(name, predicate)| (name, Box::new(empty_is_null(*predicate))));
            Node::Lambda(lambda)
        }
        other => other,
    };
    expr
}

fn is_property(expr: &Expr) -> bool {
    match &expr.node {
        Node::Property(_) => true,
        Node::Path(path) => path.property.is_some(),
        _ => false,
    }
}

fn null_for_empty(expr: Expr) -> Expr {
    match expr.as_literal() {
        Some(Value::String(text)) if text.is_empty() => Expr::literal(Value::Null),
        _ => expr,
    }
}

/// The only ids a matching row can have, when the filter names them; `columns` are those that hold the id, and `read`
/// finds it in a value. A value without one is nobody's.
pub(super) fn ids(
    filter: &Expr,
    columns: &[usize],
    read: fn(&Value) -> Option<u64>,
) -> Option<BTreeSet<u64>> {
    let ids = |operand: &Expr| ids(operand, columns, read);
    match &filter.node {
        Node::And(operands) => {
            operands.iter().filter_map(ids).reduce(|a, b| a.intersection(&b).copied().collect())
        }
        Node::Or(operands) => {
            let sets: Option<Vec<_>> = operands.iter().map(ids).collect();
            Some(sets?.into_iter().flatten().collect())
        }
        Node::Compare(CompareOp::Eq, left, right) => {
            named(left, right, columns, read).or_else(|| named(right, left, columns, read))
        }
        Node::In(needle, items) => {
            let sets: Option<Vec<_>> = items.iter().map(|item| named(needle, item, columns, read)).collect();
            Some(sets?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

fn named(
    property: &Expr,
    value: &Expr,
    columns: &[usize],
    read: fn(&Value) -> Option<u64>,
) -> Option<BTreeSet<u64>> {
    match property.node {
        Node::Property(index) if columns.contains(&index) => {}
        _ => return None,
    }
    Some(read(value.as_literal()?).into_iter().collect())
}

/// The id that a number is.
pub(super) fn number_id(value: &Value) -> Option<u64> {
    let (floor, ceiling) = whole(value)?;
    u64::try_from(floor).ok().filter(|id| floor == ceiling && *id > 0)
}

/// The id that the key of a link begins with.
pub(super) fn link_id(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.split('-').next()?.parse().ok().filter(|id| *id > 0),
        _ => None,
    }
}
