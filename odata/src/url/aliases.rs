//! Parameter aliases, `@name=value`: parsed once, checked wherever they are used.

use std::cell::Cell;
use std::collections::HashMap;

use super::ast::Ast;

/// The aliases of a request, and how much its expressions have become with them: a short URL can repeat a long alias
/// many times, in one expression or in many.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    asts: HashMap<String, Ast>,
    parts: Cell<usize>,
}

impl Aliases {
    /// Adds an alias; false if there is one of that name.
    pub(super) fn insert(&mut self, name: &str, ast: Ast) -> bool {
        self.asts.insert(name.to_owned(), ast).is_none()
    }

    /// What a name stands for.
    pub(crate) fn get(&self, name: &str) -> Option<&Ast> {
        self.asts.get(name)
    }

    /// Counts one more part of the request's expressions; how many there are.
    pub(crate) fn count(&self) -> usize {
        let parts = self.parts.get() + 1;
        self.parts.set(parts);
        parts
    }
}
