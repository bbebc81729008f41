//! Nodes of several parts: lists and `case`.

use super::Checker;
use crate::edm::{Primitive, Type};
use crate::error::Error;
use crate::expr::{CompareOp, Expr, Node};
use crate::url::ast::Ast;

impl<'a> Checker<'a> {
    /// `[1,2,3]`, whose items are of one sort.
    pub(super) fn list(&mut self, items: &'a [Ast]) -> Result<Expr, Error> {
        let items = items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
        let (items, ty) = self.alike(items)?;
        let ty = ty.map(|item| Type::Collection(Box::new(item)));
        Ok(Expr { node: Node::List(items), ty })
    }

    /// `case(condition:value,…)`; where no condition is true the outcome is null.
    pub(super) fn case(&mut self, branches: &'a [(Ast, Ast)]) -> Result<Expr, Error> {
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        for (condition, value) in branches {
            conditions.push(self.boolean(condition, "`case` needs conditions before the colons")?);
            values.push(self.expr(value)?);
        }
        let (values, ty) = self.alike(values)?;
        Ok(Expr { node: Node::Case(conditions.into_iter().zip(values).collect()), ty })
    }

    /// Expressions that become one type: that of the widest, to which literals are adapted.
    fn alike(&self, exprs: Vec<Expr>) -> Result<(Vec<Expr>, Option<Type>), Error> {
        let known = |expr: &&Expr| expr.ty.is_some();
        let first = exprs.iter().filter(known).find(|expr| expr.as_literal().is_none());
        let Some(first) = first.or_else(|| exprs.iter().find(known)).cloned() else {
            return Ok((exprs, None));
        };
        let exprs: Vec<Expr> = exprs.into_iter().map(|expr| self.adapted(expr, &first)).collect();
        for expr in &exprs {
            self.comparable(CompareOp::Eq, &first, expr)?;
        }
        let widest = exprs.iter().filter_map(Expr::primitive).max_by_key(|ty| width(*ty));
        let ty = if first.primitive().is_some() { widest.map(Type::Primitive) } else { first.ty };
        Ok((exprs, ty))
    }
}

/// In which order numeric types hold each other's values (OData-URL 4.01, section 5.1.1.11).
fn width(ty: Primitive) -> u8 {
    match ty {
        Primitive::Double => 5,
        Primitive::Single => 4,
        Primitive::Decimal => 3,
        Primitive::Int64 | Primitive::DateTimeOffset => 2,
        Primitive::Int32 => 1,
        _ => 0,
    }
}
