//! Shorter questions: with an option less, or with a part of a condition in its place.

use odata::edm::Model;
use odata::expr::{Expr, Node};
use odata::url::{Options, Request, parse};

/// Questions that ask for less than this one, those that leave most away first.
pub(crate) fn shorter(model: &Model, url: &str) -> Vec<String> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let Ok(request) = parse(model, path, Some(query)) else { return Vec::new() };
    let own = request.text(model);
    let less = options(&request.options).into_iter().map(|options| Request { options, ..request.clone() });
    let texts = less.map(|request| request.text(model)).filter(|text| text.len() < own.len());
    let mut texts: Vec<String> = texts.collect();
    texts.sort_by_key(String::len);
    texts.dedup();
    texts
}

fn options(options: &Options) -> Vec<Options> {
    let mut less = Vec::new();
    let mut change = |change: &dyn Fn(&mut Options)| {
        let mut changed = options.clone();
        change(&mut changed);
        less.push(changed);
    };
    change(&|options| options.filter = None);
    change(&|options| options.search = None);
    change(&|options| options.select = None);
    change(&|options| options.top = None);
    change(&|options| options.skip = None);
    change(&|options| options.count = false);
    for index in 0..options.orderby.len() {
        change(&|options| drop(options.orderby.remove(index)));
    }
    for filter in options.filter.iter().flat_map(parts) {
        change(&|options| options.filter = Some(filter.clone()));
    }
    for (index, expand) in options.expand.iter().enumerate() {
        change(&|options| drop(options.expand.remove(index)));
        for inner in self::options(&expand.options) {
            change(&|options| options.expand[index].options = inner.clone());
        }
    }
    less
}

/// Conditions that could stand in place of one.
fn parts(expr: &Expr) -> Vec<Expr> {
    let with = |node: Node| Expr { node, ty: expr.ty.clone() };
    match &expr.node {
        Node::And(operands) => chain(operands, Node::And, &with),
        Node::Or(operands) => chain(operands, Node::Or, &with),
        Node::Not(operand) => {
            let inside = parts(operand).into_iter().map(|part| with(Node::Not(Box::new(part))));
            std::iter::once((**operand).clone()).chain(inside).collect()
        }
        Node::Lambda(lambda) => {
            let mut less = Vec::new();
            if let Some((name, predicate)) = &lambda.predicate {
                let changed = |predicate| {
                    let mut lambda = lambda.clone();
                    lambda.predicate = predicate;
                    with(Node::Lambda(lambda))
                };
                less.extend((!lambda.all).then(|| changed(None)));
                less.extend(
                    parts(predicate).into_iter().map(|part| changed(Some((name.clone(), Box::new(part))))),
                );
            }
            less
        }
        Node::In(needle, items) if items.len() > 1 => (0..items.len())
            .map(|index| {
                let mut items = items.clone();
                items.remove(index);
                with(Node::In(needle.clone(), items))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn chain(operands: &[Expr], joined: fn(Vec<Expr>) -> Node, with: &dyn Fn(Node) -> Expr) -> Vec<Expr> {
    let mut less = operands.to_vec();
    for index in 0..operands.len() {
        let mut fewer = operands.to_vec();
        fewer.remove(index);
        less.push(if fewer.len() == 1 { fewer.remove(0) } else { with(joined(fewer)) });
        for part in parts(&operands[index]) {
            let mut changed = operands.to_vec();
            changed[index] = part;
            less.push(with(joined(changed)));
        }
    }
    less
}
