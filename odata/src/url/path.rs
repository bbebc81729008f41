//! The path: which resource of the model it leads to.

use super::key::{key, segment_name};
use super::options::Named;
use super::resource::{Part, PathStart, PathStep, PropertyPath, Resource, ResourcePath, complex};
use super::{Aliases, entity_id, expression};
use crate::check::{self, About, Scope};
use crate::edm::{EntityType, Model, SetId, Type, TypeId};
use crate::error::{Error, ErrorKind};
use crate::expr::Expr;
use crate::hint::hint;

use super::decode::percent;

/// What a path leads to, and the conditions that it has in itself (`/$filter(…)`).
#[derive(Debug)]
pub(super) struct Found {
    pub(super) resource: Resource,
    pub(super) filters: Vec<Expr>,
}

impl From<Resource> for Found {
    fn from(resource: Resource) -> Self {
        Self { resource, filters: Vec::new() }
    }
}

/// Finds the resource. A single slash at the end is ignored; an empty segment elsewhere leads nowhere.
pub(super) fn find(model: &Model, root: Option<&str>, path: &str, named: &mut Named) -> Result<Found, Error> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Resource::ServiceDocument.into());
    }
    let segments = split(path).into_iter().map(|raw| percent(raw, false)).collect::<Result<Vec<_>, _>>()?;
    let (first, rest) = (segments[0].as_str(), &segments[1..]);
    match (first, rest) {
        ("$metadata", []) => Ok(Resource::Metadata.into()),
        ("$batch", []) => Ok(Resource::Batch.into()),
        ("$metadata" | "$batch", _) => Err(not_found(format!("There is nothing below `{first}`."))),
        ("$entity", rest) => entity_id::find(model, root, rest, named),
        ("$all", _) => Err(Error::not_supported("`$all` is")),
        _ if first.starts_with("$crossjoin(") => Err(crossjoin(model, first)),
        _ => below_root(model, first, rest, &named.aliases),
    }
}

/// Cuts at slashes that are not inside the quotes of a parenthesis.
fn split(path: &str) -> Vec<&str> {
    let (mut segments, mut start) = (Vec::new(), 0);
    let (mut level, mut in_text) = (0_usize, false);
    for (index, c) in path.char_indices() {
        let encoded = path.get(index..index + 3).filter(|_| c == '%').unwrap_or_default();
        match (c, encoded) {
            ('/', _) if !in_text && (level == 0 || !is_filter(&path[start..])) => {
                segments.push(&path[start..index]);
                (start, level) = (index + 1, 0);
            }
            ('(', _) | ('%', "%28") if !in_text => level += 1,
            (')', _) | ('%', "%29") if !in_text => level = level.saturating_sub(1),
            ('\'', _) | ('%', "%27") if level > 0 => in_text = !in_text,
            _ => {}
        }
    }
    segments.push(&path[start..]);
    segments
}

/// Only the condition of a filter has slashes of its own.
fn is_filter(segment: &str) -> bool {
    segment.starts_with("$filter") || segment.starts_with("%24filter")
}

fn not_found(message: String) -> Error {
    Error::new(ErrorKind::EntitySetNotFound, message)
}

/// A product of entity sets is read, but not calculated.
fn crossjoin(model: &Model, segment: &str) -> Error {
    let Some(names) = segment.strip_prefix("$crossjoin(").and_then(|rest| rest.strip_suffix(')')) else {
        return Error::syntax("`$crossjoin` is written $crossjoin(Set,Set).");
    };
    let mut unknown = names.split(',').map(str::trim).filter(|name| model.set_id(name).is_none());
    unknown.next().map_or_else(|| Error::not_supported("`$crossjoin` is"), |name| unknown_set(model, name))
}

fn below_root(model: &Model, first: &str, rest: &[String], aliases: &Aliases) -> Result<Found, Error> {
    let name = segment_name(first);
    let keyed = name.len() < first.len();
    let start = match (model.set_id(name), model.singleton_id(name)) {
        (Some(set), _) if keyed => {
            PathStart::Entity(set, key(model, model.set(set).entity_type, first, aliases)?)
        }
        (Some(set), _) => PathStart::Set(set),
        (None, Some(singleton)) if !keyed => PathStart::Singleton(singleton),
        _ => return Err(unknown_set(model, name)),
    };
    let path = ResourcePath { start, steps: Vec::new(), part: Part::Entities };
    let mut walk = Walk { model, aliases, path, filters: Vec::new(), text: first.to_owned() };
    let mut rest = rest;
    while let Some((segment, below)) = rest.split_first() {
        rest = below;
        walk.segment(segment, below)?;
        walk.text = format!("{}/{segment}", walk.text);
    }
    Ok(Found { resource: walk.path.into(), filters: walk.filters })
}

fn unknown_set(model: &Model, name: &str) -> Error {
    if name.is_empty() {
        return not_found("The path has an empty segment; is there a slash too many?".to_owned());
    }
    let sets = model.entity_sets().iter().map(|set| set.name.as_str());
    let hint = hint(name, sets.chain(model.singletons().iter().map(|one| one.name.as_str())));
    not_found(format!("There is no entity set `{name}`.{hint}"))
}

/// Segments that the grammar knows are not built; others do not exist.
fn unbuilt(segment: &str) -> Error {
    const KNOWN: [&str; 6] = ["$ref", "$each", "$query", "$value", "$count", "$filter("];
    if KNOWN.iter().any(|known| segment.starts_with(known)) {
        Error::not_supported(format_args!("The path segment `{segment}` is"))
    } else {
        property_not_found(format!("There is no path segment `{segment}`."))
    }
}

fn property_not_found(message: String) -> Error {
    Error::new(ErrorKind::PropertyNotFound, message)
}

/// A path as far as it was followed.
struct Walk<'a> {
    model: &'a Model,
    aliases: &'a Aliases,
    path: ResourcePath,
    filters: Vec<Expr>,
    text: String,
}

impl<'a> Walk<'a> {
    fn segment(&mut self, segment: &str, below: &[String]) -> Result<(), Error> {
        if segment.is_empty() {
            return Err(not_found(format!("There is an empty segment after `{}`.", self.text)));
        }
        match &self.path.part {
            Part::Entities if self.path.is_collection() => self.below_collection(segment, below),
            Part::Entities => self.below_entity(segment),
            Part::Property(property) => {
                let property = property.clone();
                self.below_property(property, segment)
            }
            _ => Err(property_not_found(format!("There is nothing below `{}`.", self.text))),
        }
    }

    fn target(&self) -> (TypeId, &'a EntityType) {
        let id = self.path.entity_type(self.model);
        (id, self.model.entity_type(id))
    }

    /// A type name that is the type's own changes nothing.
    fn is_cast(&self, segment: &str, own: &str) -> bool {
        segment.contains('.') && self.model.unqualified(segment) == own
    }

    fn below_collection(&mut self, segment: &str, below: &[String]) -> Result<(), Error> {
        let (_, entity_type) = self.target();
        match segment {
            "$count" => self.path.part = Part::Count,
            "$ref" => self.path.part = Part::References,
            _ if segment.starts_with("$filter(") => return self.filter(segment, below),
            _ if segment.starts_with('$') => return Err(unbuilt(segment)),
            _ if self.is_cast(segment, &entity_type.name) => {}
            _ => return Err(self.misplaced(entity_type, segment)),
        }
        Ok(())
    }

    fn misplaced(&self, entity_type: &EntityType, segment: &str) -> Error {
        let known =
            entity_type.property_index(segment).is_some() || entity_type.navigation_index(segment).is_some();
        let text = &self.text;
        if known {
            property_not_found(format!(
                "`{text}` is a collection; name one of its entities first: {text}(key)/{segment}."
            ))
        } else {
            Error::not_supported(format_args!("A key, type or function as a segment after `{text}` is"))
        }
    }

    /// `$filter(condition)`, of which every one has to be fulfilled.
    fn filter(&mut self, segment: &str, below: &[String]) -> Result<(), Error> {
        if below.iter().any(|below| *below != "$count" && !below.starts_with("$filter(")) {
            return Err(Error::not_supported("Anything but `$count` behind `$filter(…)` is"));
        }
        let condition = segment.strip_prefix("$filter(").and_then(|rest| rest.strip_suffix(')'));
        let condition = condition.ok_or_else(|| Error::syntax("`$filter(` has no end."))?;
        let (id, _) = self.target();
        let scope = Scope {
            model: self.model,
            about: About::Entity(id, self.path.set()),
            root: None,
            aliases: self.aliases,
        };
        let condition = expression::parse(condition).and_then(|ast| check::filter(&scope, &ast));
        self.filters.push(condition.map_err(|error| error.about("$filter"))?);
        Ok(())
    }

    fn below_entity(&mut self, segment: &str) -> Result<(), Error> {
        let (id, entity_type) = self.target();
        let name = segment_name(segment);
        if segment == "$ref" {
            self.path.part = Part::References;
        } else if let Some(property) = entity_type.property_index(segment) {
            self.path.part = Part::Property(PropertyPath::of(property));
        } else if let Some(navigation) = entity_type.navigation_index(name) {
            self.follow(id, navigation, segment)?;
        } else if !self.is_cast(segment, &entity_type.name) {
            return Err(no_property(entity_type, segment));
        }
        Ok(())
    }

    fn follow(&mut self, from: TypeId, navigation: usize, segment: &str) -> Result<(), Error> {
        let step = match self.path.start {
            PathStart::Singleton(id) if self.path.steps.is_empty() => {
                self.model.step_from_singleton(id, navigation)
            }
            _ => self.model.step(from, self.path.set(), navigation),
        };
        let keyed = segment_name(segment).len() < segment.len();
        let key = match (keyed, step.collection) {
            (false, _) => None,
            (true, true) => Some(key(self.model, step.target, segment, self.aliases)?),
            (true, false) => {
                return Err(Error::syntax(format!(
                    "`{segment}`: there is only one entity, which needs no key."
                )));
            }
        };
        self.path.steps.push(PathStep { step, key });
        Ok(())
    }

    fn below_property(&mut self, mut path: PropertyPath, segment: &str) -> Result<(), Error> {
        let (_, entity_type) = self.target();
        let Some(declared) = path.declared(self.model, entity_type) else { return Err(unbuilt(segment)) };
        match (&declared.ty, segment) {
            (Type::Primitive(_) | Type::Enum(_), "$value") => self.path.part = Part::Value(path),
            (Type::Collection(_), "$count") => self.path.part = Part::PropertyCount(path),
            (Type::Complex(id), name) if self.model.complex_type(*id).property_index(name).is_some() => {
                path.members.extend(self.model.complex_type(*id).property_index(name));
                self.path.part = Part::Property(path);
            }
            (ty, _) => {
                let cast =
                    complex(self.model, ty).is_some_and(|complex| self.is_cast(segment, &complex.name));
                if !cast {
                    return Err(below_property(self.model, &declared.name, ty, segment));
                }
            }
        }
        Ok(())
    }
}

/// What is not below a property, or not built.
fn below_property(model: &Model, property: &str, ty: &Type, segment: &str) -> Error {
    let built_nowhere = matches!(segment, "$count" | "$query") || segment.contains('.');
    if built_nowhere || matches!(ty, Type::Collection(_)) && segment != "$value" {
        return Error::not_supported(format_args!("`{segment}` below the property `{property}` is"));
    }
    let members = complex(model, ty).map_or(&[][..], |complex| &complex.properties);
    let hint = hint(segment, members.iter().map(|member| member.name.as_str()));
    property_not_found(format!("There is no `{segment}` below the property `{property}`.{hint}"))
}

fn no_property(entity_type: &EntityType, segment: &str) -> Error {
    if segment.starts_with('$') {
        return unbuilt(segment);
    }
    if segment.contains('.') {
        return Error::not_supported(format_args!("The function, action or type `{segment}` is"));
    }
    let structural = entity_type.properties.iter().map(|property| property.name.as_str());
    let hint = hint(segment, structural.chain(entity_type.navigation.iter().map(|way| way.name.as_str())));
    property_not_found(format!("`{segment}` is not a property of {}.{hint}", entity_type.name))
}

/// `set(key)` as the path of one entity.
pub(super) fn entity(
    model: &Model,
    segments: &[String],
    aliases: &Aliases,
) -> Result<(SetId, super::Key), Error> {
    match segments {
        [segment] if segment_name(segment).len() < segment.len() => {
            let name = segment_name(segment);
            let set = model.set_id(name).ok_or_else(|| unknown_set(model, name))?;
            Ok((set, key(model, model.set(set).entity_type, segment, aliases)?))
        }
        _ => Err(Error::not_supported("An entity by anything but its set and key is")),
    }
}
