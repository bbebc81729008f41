//! Walks along a path, from one row to the next, and keeps what it passes.

use super::{About, Checker, Frame};
use crate::edm::{Property, SetId, Step, Type, TypeId};
use crate::error::{Error, ErrorKind};
use crate::expr::{Path, Start};
use crate::hint::hint;
use crate::url::ast::{Segment, SegmentKind};

/// Where a walk stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// At one entity.
    Entity(TypeId, Option<SetId>),
    /// At any number of them.
    Entities(Step),
    /// At a value.
    Value(&'a Type),
}

/// A path as far as it was walked.
pub(super) struct Walk<'a> {
    pub(super) path: Path,
    pub(super) place: Place<'a>,
    /// The segments so far, with what they begin with.
    text: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    /// Begins at a row. `prefix` is how the row is called in front of what follows.
    pub(super) fn new(start: Start, about: About<'a>, prefix: Option<&'a str>) -> Self {
        let (place, property) = match about {
            About::Entity(ty, set) => (Place::Entity(ty, set), None),
            About::Item(ty) => (Place::Value(ty), Some(0)),
        };
        let path = Path { start, steps: Vec::new(), property, members: Vec::new(), text: "".into() };
        Self { path, place, text: prefix.into_iter().collect() }
    }

    pub(super) fn text(&self) -> String {
        self.text.join("/")
    }

    /// The path as walked so far.
    pub(super) fn finished(mut self) -> Path {
        self.path.text = self.text().into();
        self.path
    }
}

impl<'a> Checker<'a> {
    /// Goes along names as far as one entity or value leads to the next; what is left begins below a collection, or is
    /// no name.
    pub(super) fn along(&self, walk: &mut Walk<'a>, segments: &'a [Segment]) -> Result<&'a [Segment], Error> {
        for (index, segment) in segments.iter().enumerate() {
            let SegmentKind::Name(name) = &segment.kind else { return Ok(&segments[index..]) };
            let collection = matches!(walk.place, Place::Entities(_) | Place::Value(Type::Collection(_)));
            if collection || name.starts_with('$') {
                return Ok(&segments[index..]);
            }
            self.step(walk, name).map_err(|error| error.at(segment.at))?;
        }
        Ok(&[])
    }

    fn step(&self, walk: &mut Walk<'a>, name: &'a str) -> Result<(), Error> {
        match walk.place {
            Place::Entity(ty, set) => self.below_entity(walk, ty, set, name),
            Place::Value(Type::Complex(id)) => {
                let complex = self.scope.model.complex_type(*id);
                if self.is_cast(name, &complex.name) {
                    return Ok(());
                }
                let Some(index) = complex.property_index(name) else {
                    return Err(self.no_such(name, &complex.name, &complex.properties));
                };
                walk.path.members.push(name.into());
                walk.place = Place::Value(&complex.properties[index].ty);
                walk.text.push(name);
                Ok(())
            }
            Place::Value(ty) => {
                let (above, ty) = (walk.text(), self.scope.model.type_name(ty));
                let message = format!("`{above}` is {ty}; there is no `{name}` below it.");
                Err(Error::new(ErrorKind::UnknownProperty, message))
            }
            Place::Entities(_) => Ok(()),
        }
    }

    fn below_entity(
        &self,
        walk: &mut Walk<'a>,
        ty: TypeId,
        set: Option<SetId>,
        name: &'a str,
    ) -> Result<(), Error> {
        let model = self.scope.model;
        let entity_type = model.entity_type(ty);
        if let Some(index) = entity_type.property_index(name) {
            walk.path.property = Some(index);
            walk.place = Place::Value(&entity_type.properties[index].ty);
        } else if let Some(index) = entity_type.navigation_index(name) {
            let step = model.step(ty, set, index);
            if step.collection {
                walk.place = Place::Entities(step);
            } else {
                walk.path.steps.push(step);
                walk.place = Place::Entity(step.target, step.target_set);
            }
        } else if self.is_cast(name, &entity_type.name) {
            return Ok(());
        } else {
            return Err(self.no_such(name, &entity_type.name, &entity_type.properties));
        }
        walk.text.push(name);
        Ok(())
    }

    /// A type name that is the type's own changes nothing.
    fn is_cast(&self, name: &str, own: &str) -> bool {
        name.contains('.') && self.scope.model.unqualified(name) == own
    }

    pub(super) fn no_such(&self, name: &str, owner: &str, properties: &[Property]) -> Error {
        if name.contains('.') {
            return Error::not_supported(format_args!("`{name}` in an expression is"));
        }
        let hint = hint(name, properties.iter().map(|property| property.name.as_str()));
        let mut message = format!("`{name}` is not a property of {owner}.{hint}");
        if let Some(variable) = self.variable_with(name) {
            message.push_str(&format!(" Of the variable it is written `{variable}/{name}`."));
        }
        Error::new(ErrorKind::UnknownProperty, message)
    }

    /// A variable whose rows have a property of that name.
    fn variable_with(&self, name: &str) -> Option<&'a str> {
        let has = |frame: &&Frame<'a>| match frame.about {
            About::Entity(id, _) => self.scope.model.entity_type(id).property_index(name).is_some(),
            About::Item(_) => false,
        };
        self.frames[1..].iter().rev().find(has)?.name
    }
}
