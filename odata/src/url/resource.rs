//! What a path leads to.

use crate::edm::{ComplexType, EntityType, Model, Property, SetId, SingletonId, Step, Type, TypeId};
use crate::value::Value;

/// What a path leads to. The short paths have variants of their own; [`Resource::path`] gives one form for all of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Resource {
    /// The root.
    ServiceDocument,
    /// `$metadata`
    Metadata,
    /// `$batch`
    Batch,
    /// `contacts`
    EntitySet {
        /// The set.
        set: SetId,
    },
    /// `contacts/$count`
    Count {
        /// The set.
        set: SetId,
    },
    /// `contacts(1)`
    Entity {
        /// The set.
        set: SetId,
        /// Which of its entities.
        key: Key,
    },
    /// `contacts(1)/email`
    Property {
        /// The set.
        set: SetId,
        /// Which of its entities.
        key: Key,
        /// Index of the property.
        property: usize,
    },
    /// `contacts(1)/email/$value`
    PropertyValue {
        /// The set.
        set: SetId,
        /// Which of its entities.
        key: Key,
        /// Index of the property.
        property: usize,
    },
    /// Every other path: over navigation, from a singleton, into complex values, to references and counts.
    Path(Box<ResourcePath>),
}

/// The values of a key, in the order of [`EntityType::key`](crate::edm::EntityType::key), of the declared types.
pub type Key = Vec<Value>;

/// A path, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePath {
    /// Where it begins.
    pub start: PathStart,
    /// The navigation it follows, from one entity to the next; only the last step may lead to several.
    pub steps: Vec<PathStep>,
    /// What is wanted there.
    pub part: Part,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub enum PathStart {
    /// `contacts`; no step follows.
    Set(SetId),
    /// `contacts(1)`
    Entity(SetId, Key),
    /// `me`
    Singleton(SingletonId),
}

/// A navigation property in a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathStep {
    /// Which.
    pub step: Step,
    /// The one entity of a collection, `companies(2)`.
    pub key: Option<Key>,
}

/// What of the entities at the end of a path is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Themselves, or itself.
    Entities,
    /// `$count`
    Count,
    /// `$ref`
    References,
    /// A property, or what is below one.
    Property(PropertyPath),
    /// `$value` of a property.
    Value(PropertyPath),
    /// `$count` of the items of a property.
    PropertyCount(PropertyPath),
}

/// A property, and the members of complex values below it.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyPath {
    /// Index of the property of the entity type.
    pub property: usize,
    /// Indices of members, each in its complex type, outermost first.
    pub members: Vec<usize>,
}

impl Resource {
    /// The path of what is no data.
    pub(super) fn document(&self) -> &'static str {
        match self {
            Self::Metadata => "$metadata",
            Self::Batch => "$batch",
            _ => "",
        }
    }

    /// The path, if it leads to data.
    pub fn path(&self) -> Option<ResourcePath> {
        let (start, part) = match self {
            Self::ServiceDocument | Self::Metadata | Self::Batch => return None,
            Self::Path(path) => return Some((**path).clone()),
            Self::EntitySet { set } => (PathStart::Set(*set), Part::Entities),
            Self::Count { set } => (PathStart::Set(*set), Part::Count),
            Self::Entity { set, key } => (PathStart::Entity(*set, key.clone()), Part::Entities),
            Self::Property { set, key, property } => {
                (PathStart::Entity(*set, key.clone()), Part::Property(PropertyPath::of(*property)))
            }
            Self::PropertyValue { set, key, property } => {
                (PathStart::Entity(*set, key.clone()), Part::Value(PropertyPath::of(*property)))
            }
        };
        Some(ResourcePath { start, steps: Vec::new(), part })
    }
}

impl From<ResourcePath> for Resource {
    /// The short variant, where there is one.
    fn from(path: ResourcePath) -> Self {
        let ResourcePath { start, steps, part } = path;
        match (start, &steps[..], part) {
            (PathStart::Set(set), [], Part::Entities) => Self::EntitySet { set },
            (PathStart::Set(set), [], Part::Count) => Self::Count { set },
            (PathStart::Entity(set, key), [], Part::Entities) => Self::Entity { set, key },
            (PathStart::Entity(set, key), [], Part::Property(path)) if path.members.is_empty() => {
                Self::Property { set, key, property: path.property }
            }
            (PathStart::Entity(set, key), [], Part::Value(path)) if path.members.is_empty() => {
                Self::PropertyValue { set, key, property: path.property }
            }
            (start, _, part) => Self::Path(Box::new(ResourcePath { start, steps, part })),
        }
    }
}

impl ResourcePath {
    /// The type of the entities at its end.
    pub fn entity_type(&self, model: &Model) -> TypeId {
        match (self.steps.last(), &self.start) {
            (Some(last), _) => last.step.target,
            (None, PathStart::Set(set) | PathStart::Entity(set, _)) => model.set(*set).entity_type,
            (None, PathStart::Singleton(id)) => model.singleton_with(*id).entity_type,
        }
    }

    /// The set that the entities at its end are members of, where that is known.
    pub fn set(&self) -> Option<SetId> {
        match (self.steps.last(), &self.start) {
            (Some(last), _) => last.step.target_set,
            (None, PathStart::Set(set) | PathStart::Entity(set, _)) => Some(*set),
            (None, PathStart::Singleton(_)) => None,
        }
    }

    /// Whether there may be several entities at its end.
    pub fn is_collection(&self) -> bool {
        match (self.steps.last(), &self.start) {
            (Some(last), _) => last.step.collection && last.key.is_none(),
            (None, start) => matches!(start, PathStart::Set(_)),
        }
    }
}

impl PropertyPath {
    /// A property itself.
    pub fn of(property: usize) -> Self {
        Self { property, members: Vec::new() }
    }

    /// What is declared at its end.
    pub fn declared<'m>(&self, model: &'m Model, entity_type: &'m EntityType) -> Option<&'m Property> {
        let mut declared = entity_type.properties.get(self.property)?;
        for &member in &self.members {
            declared = complex(model, &declared.ty)?.properties.get(member)?;
        }
        Some(declared)
    }

    /// The names along it.
    pub fn names<'m>(&self, model: &'m Model, entity_type: &'m EntityType) -> Vec<&'m str> {
        let whole = (0..=self.members.len())
            .map(|length| Self { property: self.property, members: self.members[..length].to_vec() });
        whole
            .filter_map(|path| path.declared(model, entity_type))
            .map(|declared| declared.name.as_str())
            .collect()
    }

    /// The value at its end; `None` where a complex value on the way is null.
    pub fn value<'r>(&self, model: &Model, entity_type: &EntityType, row: &'r [Value]) -> Option<&'r Value> {
        let names = self.names(model, entity_type);
        let value = row.get(self.property);
        names.iter().skip(1).fold(value, |value, name| crate::eval::member(value?, name))
    }
}

/// The complex type a type is, if it is one.
pub(super) fn complex<'m>(model: &'m Model, ty: &Type) -> Option<&'m ComplexType> {
    match ty {
        Type::Complex(id) => Some(model.complex_type(*id)),
        _ => None,
    }
}
