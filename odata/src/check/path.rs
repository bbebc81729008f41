//! Names: properties, aliases, and what follows them.

use super::Checker;
use crate::edm::{Type, TypeId};
use crate::error::{Error, ErrorKind};
use crate::expr::{Expr, Node};
use crate::hint::hint;
use crate::url::ast::{Segment, SegmentKind};
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn path(&mut self, segments: &'a [Segment]) -> Result<Expr, Error> {
        use SegmentKind::{At, Call, Name};
        let kinds: Vec<&SegmentKind> = segments.iter().map(|segment| &segment.kind).collect();
        match kinds[..] {
            [Name(variable), Name(name)] if matches!(variable.as_str(), "$it" | "$this") => {
                self.property(name)
            }
            [Name(name)] => self.property(name),
            [At(name)] if !name.contains(['.', '#']) => self.alias(name),
            [Call { name, arguments }] => self.call(name, arguments),
            [Name(name), ..] if !name.starts_with('$') => Err(self.below(name, segments)),
            [At(name), ..] => {
                Err(Error::not_supported(format_args!("The annotation or path after `@{name}` is")))
            }
            _ => Err(Error::not_supported("Such a path in an expression is")),
        }
    }

    fn property(&self, name: &str) -> Result<Expr, Error> {
        let entity_type = self.scope.entity_type;
        let Some(index) = entity_type.property_index(name) else {
            return constant(name).map(Expr::literal).ok_or_else(|| self.no_property(name));
        };
        let ty = &entity_type.properties[index].ty;
        match ty {
            Type::Primitive(_) | Type::Enum(_) => {
                Ok(Expr { node: Node::Property(index), ty: Some(ty.clone()) })
            }
            Type::Complex(_) | Type::Collection(_) => {
                let ty = self.scope.model.type_name(ty);
                Err(Error::not_supported(format_args!(
                    "`{name}` is {ty}; using such a property in an expression is"
                )))
            }
        }
    }

    fn no_property(&self, name: &str) -> Error {
        let entity_type = self.scope.entity_type;
        if entity_type.navigation_index(name).is_some() {
            return Error::not_supported(format_args!(
                "The navigation property `{name}` in an expression is"
            ));
        }
        if name.starts_with('$') || name.contains('.') {
            return Error::not_supported(format_args!("`{name}` in an expression is"));
        }
        let hint = hint(name, entity_type.properties.iter().map(|property| property.name.as_str()));
        let message = format!("`{name}` is not a property of {}.{hint}", entity_type.name);
        Error::new(ErrorKind::UnknownProperty, message)
    }

    /// A path of several segments that begins with a name: not built, or the name is none.
    fn below(&self, name: &str, segments: &[Segment]) -> Error {
        let entity_type = self.scope.entity_type;
        if entity_type.property_index(name).is_some() {
            return Error::not_supported(format_args!("A path below the property `{name}` is"));
        }
        let Some(way) = entity_type.navigation_index(name).map(|index| &entity_type.navigation[index]) else {
            return self.no_property(name);
        };
        self.missing_below(way.target, segments).unwrap_or_else(|| {
            match segments.last().map(|last| &last.kind) {
                Some(SegmentKind::Lambda { all: true, .. }) => Error::not_supported("The operator `all` is"),
                Some(SegmentKind::Lambda { all: false, .. }) => Error::not_supported("The operator `any` is"),
                _ => Error::not_supported(format_args!("Following `{name}` in an expression is")),
            }
        })
    }

    /// Following is not built, but a slip in the name that follows is still worth telling.
    fn missing_below(&self, target: TypeId, segments: &[Segment]) -> Option<Error> {
        let target = self.scope.model.entity_type(target);
        let Segment { kind: SegmentKind::Name(name), at } = segments.get(1)? else { return None };
        let known = target.property_index(name).is_some() || target.navigation_index(name).is_some();
        if known || name.starts_with('$') || name.contains('.') {
            return None;
        }
        let hint = hint(name, target.properties.iter().map(|property| property.name.as_str()));
        let message = format!("`{name}` is not a property of {}.{hint}", target.name);
        Some(Error::new(ErrorKind::UnknownProperty, message).at(*at))
    }

    /// An alias stands for the expression it was given; one that was given nothing is null (OData-URL 4.0, 5.3).
    fn alias(&mut self, name: &'a str) -> Result<Expr, Error> {
        let Some(ast) = self.scope.aliases.get(name) else { return Ok(Expr::literal(Value::Null)) };
        if self.open_aliases.contains(&name) {
            return Err(Error::syntax(format!("The alias `@{name}` refers to itself.")));
        }
        self.open_aliases.push(name);
        let expr = self.expr(ast).map_err(|error| error.about(format!("@{name}")));
        self.open_aliases.pop();
        expr
    }
}

/// The grammar takes the constants in any case; a property called `True` comes first.
fn constant(name: &str) -> Option<Value> {
    let known = [("null", Value::Null), ("true", Value::Boolean(true)), ("false", Value::Boolean(false))];
    known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
