//! `cast`, `isof` and `matchespattern`: functions whose last argument is no value but a type or a pattern.

use super::{About, Checker};
use crate::edm::{EnumId, Primitive, Type, TypeId};
use crate::error::Error;
use crate::expr::{CompareOp, Expr, Node, Path, Pattern, Start, Target};
use crate::url::ast::{Argument, Ast, Node as Parsed, SegmentKind};
use crate::value::Value;

/// A type by its name.
enum Named {
    Value(Type),
    Entity(TypeId),
}

impl<'a> Checker<'a> {
    pub(super) fn cast(&mut self, arguments: &'a [Argument]) -> Result<Expr, Error> {
        let (operand, named) = self.value_and_type("cast", arguments)?;
        let target = match named {
            Named::Value(ty @ (Type::Primitive(_) | Type::Enum(_))) => self.target(ty),
            Named::Value(Type::Complex(_) | Type::Collection(_)) | Named::Entity(_) => {
                return Err(Error::not_supported(
                    "`cast` to anything but primitive types and enumerations is",
                ));
            }
        };
        if !matches!(operand.ty, None | Some(Type::Primitive(_) | Type::Enum(_))) {
            let what = self.described(&operand);
            return Err(Error::of_type(format!(
                "`cast` takes primitive values and enumerations, and {what}."
            )));
        }
        let ty = Some(target.ty.clone());
        let operand = match operand.ty {
            // The number of a member is what other types are made from.
            Some(Type::Enum(id)) if target.ty.primitive().is_some_and(Primitive::is_numeric) => {
                self.ranked(operand, id)
            }
            _ => operand,
        };
        Ok(Expr { node: Node::Cast(Box::new(operand), Box::new(target)), ty })
    }

    /// Without inheritance, a value is of the type it was declared with, or null.
    pub(super) fn isof(&mut self, arguments: &'a [Argument]) -> Result<Expr, Error> {
        match arguments {
            [Argument { name: None, value: ty }] => {
                let about = self.frames[self.implicit].about;
                if let (Named::Entity(id), About::Entity(own, _)) = (self.type_name(ty)?, about) {
                    return Ok(Expr::literal(Value::Boolean(id == own)));
                }
            }
            [Argument { name: None, value }, Argument { name: None, value: ty }] => {
                if let Some(path) = self.entity(value)? {
                    return self.entity_isof(path, ty);
                }
            }
            _ => {}
        }
        let (operand, named) = self.value_and_type("isof", arguments)?;
        let is_of = matches!(&named, Named::Value(ty) if operand.ty.as_ref() == Some(ty));
        if !is_of {
            return Ok(Expr::literal(Value::Boolean(false)));
        }
        let null = Box::new(Expr::literal(Value::Null));
        Ok(Expr::new(Node::Compare(CompareOp::Ne, Box::new(operand), null), Primitive::Boolean))
    }

    fn entity_isof(&self, path: Path, ty: &Ast) -> Result<Expr, Error> {
        let is_of = match self.type_name(ty)? {
            Named::Entity(id) => path.steps.last().is_some_and(|step| step.target == id),
            Named::Value(_) => false,
        };
        let exists = Expr::new(Node::Exists(path), Primitive::Boolean);
        Ok(if is_of { exists } else { Expr::literal(Value::Boolean(false)) })
    }

    pub(super) fn matches_pattern(&mut self, arguments: &'a [Argument]) -> Result<Expr, Error> {
        let [Argument { name: None, value: text }, Argument { name: None, value: pattern }] = arguments
        else {
            return Err(Error::syntax("`matchespattern` takes two arguments."));
        };
        let (text, at, pattern) = (self.expr(text)?, pattern.at, self.expr(pattern)?);
        if !matches!(text.ty, None | Some(Type::Primitive(Primitive::String))) {
            let what = self.described(&text);
            return Err(Error::of_type(format!("`matchespattern` takes String, and {what}.")));
        }
        let Some(Value::String(written)) = pattern.as_literal() else {
            return Err(Error::not_supported("A pattern that is no text in quotes is").at(at));
        };
        let compiled = Pattern::new(written).ok_or_else(|| {
            let message =
                "The regular expression is malformed, too large, or needs more than a linear search"
                    .to_owned();
            Error::not_supported(format_args!("{message}; it is")).at(at)
        })?;
        Ok(Expr::new(Node::Matches(Box::new(text), compiled), Primitive::Boolean))
    }

    /// The operand, or the row itself where only the type is given, and the type.
    fn value_and_type(&mut self, name: &str, arguments: &'a [Argument]) -> Result<(Expr, Named), Error> {
        let unnamed = arguments.iter().all(|argument| argument.name.is_none());
        match arguments {
            [ty] if unnamed => Ok((self.itself()?, self.type_name(&ty.value)?)),
            [operand, ty] if unnamed => Ok((self.expr(&operand.value)?, self.type_name(&ty.value)?)),
            _ => Err(Error::syntax(format!("`{name}` takes a value and a type, or only a type."))),
        }
    }

    fn itself(&self) -> Result<Expr, Error> {
        let About::Item(ty) = self.frames[self.implicit].about else {
            return Err(Error::not_supported("Casting an entity is"));
        };
        let path = Path {
            start: if self.implicit == 0 { Start::Row } else { Start::Variable(self.implicit - 1) },
            steps: Vec::new(),
            property: Some(0),
            members: Vec::new(),
            text: if self.implicit == 0 { "$it" } else { "$this" }.into(),
        };
        Ok(Expr { node: Node::Path(path), ty: Some(ty.clone()) })
    }

    fn type_name(&self, ast: &Ast) -> Result<Named, Error> {
        let model = self.scope.model;
        let name = match &ast.node {
            Parsed::Path(segments) => match &segments[..] {
                [segment] => match &segment.kind {
                    SegmentKind::Name(name) => Some(name.as_str()),
                    SegmentKind::Call { name, .. } if name == "Collection" => {
                        return Err(
                            Error::not_supported("A collection as a type in an expression is").at(ast.at)
                        );
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let name = name.ok_or_else(|| Error::syntax("Expected the name of a type.").at(ast.at))?;
        let own = model.unqualified(name);
        let primitive =
            name.strip_prefix("Edm.").and_then(|edm| Primitive::ALL.into_iter().find(|p| p.name() == edm));
        let enumeration = model.enum_types().iter().position(|known| known.name == own);
        let complex = model.complex_types().iter().position(|known| known.name == own);
        let value = primitive.map(Type::Primitive).or(enumeration.map(|index| Type::Enum(EnumId(index))));
        let value = value.or(complex.map(|index| Type::Complex(crate::edm::ComplexId(index))));
        let named = value.map(Named::Value).or_else(|| model.type_id(name).map(Named::Entity));
        named.ok_or_else(|| Error::not_supported(format_args!("The type `{name}` is")).at(ast.at))
    }

    fn target(&self, ty: Type) -> Target {
        let model = self.scope.model;
        let (members, is_flags) = match ty {
            Type::Enum(id) => (model.enum_type(id).members.as_slice().into(), model.enum_type(id).is_flags),
            _ => ([].into(), false),
        };
        Target { name: model.type_name(&ty).into(), ty, members, is_flags }
    }
}
