//! Names: where a path begins, and what stands at its end.

use super::walk::{Place, Walk};
use super::{About, Checker, Frame};
use crate::edm::Type;
use crate::error::Error;
use crate::expr::{Expr, Node, Path, Start};
use crate::url::ast::{Ast, Node as Parsed, Segment, SegmentKind};
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn path(&mut self, segments: &'a [Segment]) -> Result<Expr, Error> {
        let Some((first, rest)) = segments.split_first() else { return Err(unbuilt()) };
        match &first.kind {
            SegmentKind::At(name) if name.contains(['.', '#']) => {
                Err(Error::not_supported(format_args!("The annotation `@{name}` in an expression is")))
            }
            SegmentKind::At(name) => self.alias(name, rest),
            SegmentKind::Call { name, arguments } if rest.is_empty() => self.call(name, arguments),
            SegmentKind::Name(name) => match constant(name) {
                Some(value) if rest.is_empty() && !self.is_property(name) => Ok(Expr::literal(value)),
                _ => self.named(name, segments),
            },
            _ => Err(unbuilt()),
        }
    }

    fn named(&mut self, name: &'a str, segments: &'a [Segment]) -> Result<Expr, Error> {
        let (mut walk, rest) = self.begin(name, segments)?;
        let rest = self.along(&mut walk, rest)?;
        if let Some(collection) = self.collection(&walk) {
            return self.of_collection(walk, collection, rest);
        }
        if let Some(segment) = rest.first() {
            return Err(misplaced(&walk.text(), segment).at(segment.at));
        }
        match walk.place {
            Place::Value(ty) => Ok(self.value(walk, ty)),
            Place::Entity(id, _) => {
                let name = &self.scope.model.entity_type(id).name;
                let text = walk.text();
                Err(Error::of_type(format!(
                    "`{text}` is an entity ({name}); compare one of its properties, or ask `{text} ne null`."
                )))
            }
            Place::Entities(_) => Err(unbuilt()),
        }
    }

    /// The row a path begins at, and what is left of the path.
    fn begin(&self, name: &'a str, segments: &'a [Segment]) -> Result<(Walk<'a>, &'a [Segment]), Error> {
        let rest = &segments[1..];
        if name == "$it" {
            return Ok((self.it(), rest));
        }
        let named = |(_, frame): &(usize, &Frame<'a>)| frame.name == Some(name);
        if let Some((index, frame)) = self.frames.iter().enumerate().rev().find(named) {
            return Ok((Walk::new(Start::Variable(index - 1), frame.about, Some(name)), rest));
        }
        let about = self.frames[self.implicit].about;
        let start = if self.implicit == 0 { Start::Row } else { Start::Variable(self.implicit - 1) };
        let is_item = matches!(about, About::Item(_));
        match name {
            "$this" => Ok((Walk::new(start, about, is_item.then_some("$this")), rest)),
            _ if name.starts_with('$') => {
                Err(Error::not_supported(format_args!("`{name}` in an expression is")))
            }
            _ => Ok((Walk::new(start, about, is_item.then_some("$this")), segments)),
        }
    }

    /// `$it`: the entity of the request, even in the options of what is expanded below it.
    fn it(&self) -> Walk<'a> {
        if let Some(root) = self.scope.root {
            return Walk::new(Start::Root, root, Some("$it"));
        }
        let shadowed = self.implicit > 0 || matches!(self.scope.about, About::Item(_));
        Walk::new(Start::Row, self.scope.about, shadowed.then_some("$it"))
    }

    fn value(&self, walk: Walk<'a>, ty: &Type) -> Expr {
        let is_item = matches!(self.scope.about, About::Item(_));
        let mut path = walk.finished();
        let first = path.text.split('/').next().unwrap_or_default();
        let hidden = path.start == Start::Row && self.frames.iter().any(|frame| frame.name == Some(first));
        if hidden {
            path.text = format!("$it/{}", path.text).into();
        }
        let plain = path.start == Start::Row && path.steps.is_empty() && path.members.is_empty();
        let node = match path.property {
            Some(index) if plain && !is_item && !path.text.starts_with('$') => Node::Property(index),
            _ => Node::Path(path),
        };
        Expr { node, ty: Some(ty.clone()) }
    }

    /// The path of an expression that leads to a single entity.
    pub(super) fn entity(&mut self, ast: &'a Ast) -> Result<Option<Path>, Error> {
        let Parsed::Path(segments) = &ast.node else { return Ok(None) };
        let [Segment { kind: SegmentKind::Name(name), .. }, ..] = &segments[..] else { return Ok(None) };
        let (mut walk, rest) = self.begin(name, segments)?;
        if constant(name).is_some() && segments.len() == 1 && !self.is_property(name) {
            return Ok(None);
        }
        let rest = self.along(&mut walk, rest)?;
        let is_entity = matches!(walk.place, Place::Entity(..)) && rest.is_empty();
        Ok((is_entity && !walk.path.steps.is_empty()).then(|| walk.finished()))
    }

    fn is_property(&self, name: &str) -> bool {
        match self.frames[self.implicit].about {
            About::Entity(id, _) => self.scope.model.entity_type(id).property_index(name).is_some(),
            About::Item(_) => false,
        }
    }

    /// An alias stands for the expression it was given; one that was given nothing is null (OData-URL 4.0, 5.3).
    fn alias(&mut self, name: &'a str, rest: &'a [Segment]) -> Result<Expr, Error> {
        if !rest.is_empty() {
            return Err(Error::not_supported(format_args!("A path that goes on after `@{name}` is")));
        }
        let Some(ast) = self.scope.aliases.get(name) else { return Ok(Expr::literal(Value::Null)) };
        self.replaced(name, |checker| checker.expr(ast))
    }

    /// Checks what an alias stands for: mistakes there are the alias's.
    pub(super) fn replaced<T>(
        &mut self,
        name: &'a str,
        check: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.open_aliases.contains(&name) {
            return Err(Error::syntax(format!("The alias `@{name}` refers to itself.")));
        }
        self.open_aliases.push(name);
        let checked = check(self).map_err(|error| error.about(format!("@{name}")));
        self.open_aliases.pop();
        checked
    }
}

fn unbuilt() -> Error {
    Error::not_supported("Such a path in an expression is")
}

/// What follows a single entity or value although it belongs behind a collection, or is not built.
fn misplaced(above: &str, segment: &Segment) -> Error {
    match &segment.kind {
        SegmentKind::Lambda { .. } | SegmentKind::Count(_) | SegmentKind::Filter(_) => {
            Error::of_type(format!("`{above}` is no collection."))
        }
        SegmentKind::Name(name) if name == "$count" => Error::of_type(format!("`{above}` is no collection.")),
        SegmentKind::Name(name) => Error::not_supported(format_args!("`{name}` in an expression is")),
        SegmentKind::At(name) => Error::not_supported(format_args!("The annotation `@{name}` is")),
        SegmentKind::Call { name, .. } => {
            Error::not_supported(format_args!("The function or key `{name}(…)` is"))
        }
    }
}

/// The grammar takes the constants in any case; a property called `True` comes first.
fn constant(name: &str) -> Option<Value> {
    let known = [("null", Value::Null), ("true", Value::Boolean(true)), ("false", Value::Boolean(false))];
    known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
