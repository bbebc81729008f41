//! Values and members that are reached by paths.

use super::{Evaluator, Scope};
use crate::error::Error;
use crate::expr::{Collection, Expr, Lambda, Path, Start};
use crate::value::Value;

impl<'a> Evaluator<'a, '_> {
    /// The value at the end of a path; `None` where the way breaks off.
    pub(super) fn at(&self, path: &Path) -> Result<Option<&'a Value>, Error> {
        let Some(row) = self.entity(path)? else { return Ok(None) };
        let value = path.property.and_then(|property| row.get(property));
        Ok(path.members.iter().fold(value, |value, name| value.and_then(|value| member(value, name))))
    }

    /// The entity that a path leads to or through.
    pub(super) fn entity(&self, path: &Path) -> Result<Option<&'a [Value]>, Error> {
        let mut row = match path.start {
            Start::Row => Some(self.scope.row),
            Start::Root => self.scope.root,
            Start::Variable(index) => self.variables.get(index).copied(),
        };
        for step in &path.steps {
            let Some(from) = row else { return Ok(None) };
            row = self.scope.related.related(step, from)?.into_iter().next();
        }
        Ok(row)
    }

    pub(super) fn lambda(&self, lambda: &'a Lambda) -> Result<bool, Error> {
        let condition = lambda.predicate.as_ref().map(|(_, condition)| condition);
        // What is looked for is a member that decides: one that fulfils `any`, or one that does not fulfil `all`.
        let found = self.members(&lambda.collection, 1, |member| match condition {
            None => Ok(true),
            Some(condition) => Ok(member.holds(condition)? != lambda.all),
        })?;
        Ok((found > 0) != lambda.all)
    }

    pub(super) fn count(&self, collection: &'a Collection) -> Result<i64, Error> {
        let count = self.members(collection, usize::MAX, |_| Ok(true))?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// How many members pass the collection's own filter and `counts`; not more than `enough` are looked for.
    fn members(
        &self,
        collection: &'a Collection,
        enough: usize,
        mut counts: impl FnMut(&Evaluator<'a, '_>) -> Result<bool, Error>,
    ) -> Result<usize, Error> {
        let mut variables = self.variables.to_vec();
        variables.push(&[]);
        let (last, mut count) = (variables.len() - 1, 0);
        for row in self.rows(collection)? {
            variables[last] = row;
            let member = Evaluator { scope: self.scope, variables: &variables, context: self.context };
            let passes = collection.filter.as_ref().map_or(Ok(true), |filter| member.holds(filter))?;
            count += usize::from(passes && counts(&member)?);
            if count >= enough {
                break;
            }
        }
        Ok(count)
    }

    fn rows(&self, collection: &Collection) -> Result<Vec<&'a [Value]>, Error> {
        match (&collection.step, &collection.path) {
            (Some(step), path) => match self.entity(path)? {
                Some(row) => self.scope.related.related(step, row),
                None => Ok(Vec::new()),
            },
            (None, path) => Ok(match self.at(path)? {
                Some(Value::Collection(items)) => items.iter().map(std::slice::from_ref).collect(),
                _ => Vec::new(),
            }),
        }
    }

    fn holds(&self, condition: &'a Expr) -> Result<bool, Error> {
        self.value(condition).map(|value| *value == Value::Boolean(true))
    }
}

impl<'a> Scope<'a> {
    /// The value a path leads to from here; `None` where the way breaks off. Lambda variables are not known here.
    ///
    /// # Errors
    /// As [`Related::related`](super::Related::related).
    pub fn value(&self, path: &Path, context: &'a super::Context) -> Result<Option<&'a Value>, Error> {
        Evaluator { scope: *self, variables: &[], context }.at(path)
    }
}

/// A member of a complex value.
pub(crate) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Complex(members) => members.iter().find(|(known, _)| **known == *name).map(|(_, value)| value),
        _ => None,
    }
}
