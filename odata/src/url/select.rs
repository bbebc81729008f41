//! `$select`

use super::nested::Piece;
use super::options::Environment;
use super::resource::complex;
use super::target::{Kind, Target};
use super::{NestedSelect, Options, Select};
use crate::check::About;
use crate::edm::{EntityType, Model, Property, Type};
use crate::error::{Error, ErrorKind};
use crate::hint::hint;

/// The type whose properties can be selected.
#[derive(Clone, Copy)]
struct Owner<'a> {
    name: &'a str,
    properties: &'a [Property],
    /// Of an entity type, for its navigation properties.
    entity_type: Option<&'a EntityType>,
}

/// Names separated by commas, blanks around them ignored; `*` is all structural properties.
pub(super) fn parse(
    environment: &Environment<'_>,
    target: &Target<'_>,
    text: Piece<'_>,
) -> Result<Select, Error> {
    let Some(owner) = owner(environment.model, target) else {
        return Err(Error::not_supported("Selecting properties of values without any is"));
    };
    let mut select = Select::default();
    for piece in text.split(',')? {
        let piece = piece.trimmed();
        item(environment, owner, piece, &mut select).map_err(|error| error.at(piece.at))?;
    }
    if select.all {
        select.properties = (0..owner.properties.len()).collect();
    }
    for indices in [&mut select.properties, &mut select.navigation] {
        indices.sort_unstable();
        indices.dedup();
    }
    Ok(select)
}

fn owner<'a>(model: &'a Model, target: &Target<'a>) -> Option<Owner<'a>> {
    match target.about? {
        About::Entity(id, _) => {
            let entity_type = model.entity_type(id);
            Some(Owner {
                name: &entity_type.name,
                properties: &entity_type.properties,
                entity_type: Some(entity_type),
            })
        }
        About::Item(ty) => {
            let complex = complex(model, ty)?;
            Some(Owner { name: &complex.name, properties: &complex.properties, entity_type: None })
        }
    }
}

fn item(
    environment: &Environment<'_>,
    owner: Owner<'_>,
    piece: Piece<'_>,
    select: &mut Select,
) -> Result<(), Error> {
    if piece.text == "*" {
        select.all = true;
        return Ok(());
    }
    let end = piece.text.find(['/', '(']).unwrap_or(piece.text.len());
    let (name, rest) = piece.text.split_at(end);
    let at = piece.at + name.chars().count() + 1;
    let below = rest.strip_prefix('/').map(|text| Piece { text, at });
    if let Some(below) =
        below.filter(|_| name.contains('.') && environment.model.unqualified(name) == owner.name)
    {
        return item(environment, owner, below, select);
    }
    if let Some(index) = owner.properties.iter().position(|property| property.name == name) {
        let part = part(environment, &owner.properties[index].ty, piece, below)?;
        add(select, index, part);
        return Ok(());
    }
    let navigation = owner.entity_type.and_then(|entity_type| entity_type.navigation_index(name));
    match navigation {
        Some(index) if rest.is_empty() => {
            select.navigation.push(index);
            Ok(())
        }
        Some(_) => Err(Error::not_supported(format_args!(
            "Selecting `{}`, below a navigation property, is (use $expand={name}($select=…))",
            piece.text
        ))),
        None => Err(refusal(owner, name, piece.text)),
    }
}

/// Which part of a property is selected; `property/member` and `property($select=member)` mean the same.
fn part(
    environment: &Environment<'_>,
    ty: &Type,
    piece: Piece<'_>,
    below: Option<Piece<'_>>,
) -> Result<Option<Options>, Error> {
    let (_, options) = match below {
        Some(_) => (piece, None),
        None => piece.with_options()?,
    };
    match (below, options, nested_target(ty)) {
        (None, None, _) => Ok(None),
        (Some(below), _, Some(target)) => {
            let select = Some(parse(environment, &target, below)?);
            Ok(Some(Options { select, ..Options::default() }))
        }
        (None, Some(options), Some(target)) => environment.nested(&target, options).map(Some),
        (_, _, None) => {
            let (what, ty) = (piece.text, environment.model.type_name(ty));
            Err(Error::of_type(format!("`{what}`: the property is {ty}, of which no part can be selected.")))
        }
    }
}

/// The whole of a property takes precedence over a part of it.
fn add(select: &mut Select, property: usize, part: Option<Options>) {
    let whole = select.properties.contains(&property)
        && select.nested.iter().all(|nested| nested.property != property);
    select.properties.push(property);
    match part {
        None => select.nested.retain(|nested| nested.property != property),
        Some(options) if !whole => merge(&mut select.nested, NestedSelect { property, options }),
        Some(_) => {}
    }
}

fn nested_target(ty: &Type) -> Option<Target<'_>> {
    match ty {
        Type::Collection(item) => Some(Target::new(Kind::SelectedItems, Some(About::Item(item)))),
        Type::Complex(_) => Some(Target::new(Kind::SelectedComplex, Some(About::Item(ty)))),
        Type::Primitive(_) | Type::Enum(_) => None,
    }
}

/// Several parts of one property are selected together.
fn merge(nested: &mut Vec<NestedSelect>, new: NestedSelect) {
    match nested.iter_mut().find(|known| known.property == new.property) {
        Some(known) => match (&mut known.options.select, new.options.select) {
            (Some(known), Some(new)) => known.merge(new),
            _ => known.options.select = None,
        },
        None => nested.push(new),
    }
}

impl Select {
    fn merge(&mut self, other: Self) {
        self.all |= other.all;
        self.properties.extend(other.properties);
        self.properties.sort_unstable();
        self.properties.dedup();
        for new in other.nested {
            merge(&mut self.nested, new);
        }
    }
}

fn refusal(owner: Owner<'_>, name: &str, item: &str) -> Error {
    if item.is_empty() {
        return Error::syntax("A name is missing.");
    }
    if name.contains(['.', '@']) || item.contains('(') {
        return Error::not_supported(format_args!(
            "Selecting `{item}` (a path, type, operation or annotation) is"
        ));
    }
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Error::syntax(format!("`{name}` is not a name; names are separated by commas."));
    }
    let structural = owner.properties.iter().map(|property| property.name.as_str());
    let ways = owner.entity_type.map_or(&[][..], |entity_type| &entity_type.navigation);
    let hint = hint(name, structural.chain(ways.iter().map(|navigation| navigation.name.as_str())));
    let message = format!("`{name}` is not a property of {}.{hint}", owner.name);
    Error::new(ErrorKind::PropertyNotFound, message)
}
