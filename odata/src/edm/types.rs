//! What a model is made of: types, properties and navigation.

use std::fmt;

use super::{ComplexId, EnumId, SetId, TypeId};

/// The type of a property or of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// One of the built-in types.
    Primitive(Primitive),
    /// An enumeration of the model.
    Enum(EnumId),
    /// A complex type of the model.
    Complex(ComplexId),
    /// A collection of such items.
    Collection(Box<Type>),
}

impl From<Primitive> for Type {
    fn from(primitive: Primitive) -> Self {
        Self::Primitive(primitive)
    }
}

impl Type {
    /// The built-in type, if it is one.
    pub fn primitive(&self) -> Option<Primitive> {
        match self {
            Self::Primitive(primitive) => Some(*primitive),
            Self::Enum(_) | Self::Complex(_) | Self::Collection(_) => None,
        }
    }
}

/// The built-in types. `Single` values are held as doubles, all integers as 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the Edm type of its name")]
pub enum Primitive {
    Boolean,
    Byte,
    SByte,
    Int16,
    Int32,
    Int64,
    Single,
    Double,
    Decimal,
    String,
    Date,
    TimeOfDay,
    DateTimeOffset,
    Duration,
    Guid,
    Binary,
}

impl Primitive {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 16] = [
        Self::Boolean,
        Self::Byte,
        Self::SByte,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Single,
        Self::Double,
        Self::Decimal,
        Self::String,
        Self::Date,
        Self::TimeOfDay,
        Self::DateTimeOffset,
        Self::Duration,
        Self::Guid,
        Self::Binary,
    ];

    /// The name without `Edm.`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Byte => "Byte",
            Self::SByte => "SByte",
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::Single => "Single",
            Self::Double => "Double",
            Self::Decimal => "Decimal",
            Self::String => "String",
            Self::Date => "Date",
            Self::TimeOfDay => "TimeOfDay",
            Self::DateTimeOffset => "DateTimeOffset",
            Self::Duration => "Duration",
            Self::Guid => "Guid",
            Self::Binary => "Binary",
        }
    }

    /// A whole-number type.
    pub fn is_integer(self) -> bool {
        self.integer_range().is_some()
    }

    /// The smallest and the largest value of a whole-number type.
    pub fn integer_range(self) -> Option<(i64, i64)> {
        match self {
            Self::Byte => Some((0, u8::MAX.into())),
            Self::SByte => Some((i8::MIN.into(), i8::MAX.into())),
            Self::Int16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::Int32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::Int64 => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }

    /// A binary floating-point type.
    pub fn is_floating(self) -> bool {
        matches!(self, Self::Single | Self::Double)
    }

    /// A type one can calculate with.
    pub fn is_numeric(self) -> bool {
        self.is_integer() || self.is_floating() || self == Self::Decimal
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edm.{}", self.name())
    }
}

/// Limits on the values of a property; what is `None` is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facets {
    /// Longest text (characters) or binary (bytes).
    pub max_length: Option<u32>,
    /// Digits of a decimal, or of the fraction of a second.
    pub precision: Option<u16>,
    /// Digits after the decimal point.
    pub scale: Option<Scale>,
}

/// Digits after the decimal point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// At most so many.
    Fixed(u16),
    /// Any number, up to the precision.
    Variable,
}

/// A structural property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The name in the URL and in the payload.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// Whether it may be null.
    pub nullable: bool,
    /// Limits on its values.
    pub facets: Facets,
    /// The name people know it by.
    pub label: Option<String>,
    /// A sentence for people.
    pub description: Option<String>,
    /// Announced in the capabilities; this crate filters by any property it can evaluate.
    pub filterable: bool,
    /// Announced in the capabilities; this crate sorts by any property it can evaluate.
    pub sortable: bool,
}

impl Property {
    /// A nullable property that can be filtered and sorted by.
    pub fn new(name: impl Into<String>, ty: impl Into<Type>) -> Self {
        Self {
            name: name.into(),
            ty: ty.into(),
            nullable: true,
            facets: Facets::default(),
            label: None,
            description: None,
            filterable: true,
            sortable: true,
        }
    }

    /// The same, never null.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.nullable = false;
        self
    }
}

/// The shape of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityType {
    /// The name without the namespace.
    pub name: String,
    /// Indices of the key properties, in the order of the key.
    pub key: Vec<usize>,
    /// Structural properties; rows are aligned to them.
    pub properties: Vec<Property>,
    /// Ways to other entities.
    pub navigation: Vec<NavigationProperty>,
}

impl EntityType {
    /// A type without properties.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), key: Vec::new(), properties: Vec::new(), navigation: Vec::new() }
    }

    /// Adds a property.
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// Adds a navigation property.
    #[must_use]
    pub fn navigation(mut self, navigation: NavigationProperty) -> Self {
        self.navigation.push(navigation);
        self
    }

    /// Sets the key to these properties, which must have been added. A name that is none becomes an index out of
    /// range, which [`Builder::build`](super::Builder::build) refuses.
    #[must_use]
    pub fn keyed_by(mut self, names: &[&str]) -> Self {
        self.key = names.iter().map(|name| self.property_index(name).unwrap_or(usize::MAX)).collect();
        self
    }

    /// The index of the structural property of that name.
    pub fn property_index(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|property| property.name == name)
    }

    /// The index of the navigation property of that name.
    pub fn navigation_index(&self, name: &str) -> Option<usize> {
        self.navigation.iter().position(|navigation| navigation.name == name)
    }
}

/// A way from one entity to others; never contained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationProperty {
    /// The name in the URL.
    pub name: String,
    /// What is at the other end.
    pub target: TypeId,
    /// Whether any number of entities may be there, or at most one.
    pub collection: bool,
    /// Whether a single one may be absent; without meaning for a collection.
    pub nullable: bool,
    /// The way back, by name.
    pub partner: Option<String>,
    /// Which properties here repeat which there.
    pub constraints: Vec<ReferentialConstraint>,
    /// The name people know it by.
    pub label: Option<String>,
    /// A sentence for people.
    pub description: Option<String>,
}

impl NavigationProperty {
    /// A way to any number of entities.
    pub fn to_many(name: impl Into<String>, target: TypeId) -> Self {
        Self {
            name: name.into(),
            target,
            collection: true,
            nullable: true,
            partner: None,
            constraints: Vec::new(),
            label: None,
            description: None,
        }
    }

    /// A way to at most one entity.
    pub fn to_one(name: impl Into<String>, target: TypeId) -> Self {
        Self { collection: false, ..Self::to_many(name, target) }
    }
}

/// "This property here has the value of that property there."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferentialConstraint {
    /// Index into the properties of the type that has the navigation property.
    pub property: usize,
    /// Index into the properties of the target type.
    pub referenced: usize,
}

/// Where a navigation property leads to, as seen from one entity set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The navigation property's name.
    pub path: String,
    /// The set its entities are members of.
    pub target: SetId,
}

/// A structured type without a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplexType {
    /// The name without the namespace.
    pub name: String,
    /// Structural properties.
    pub properties: Vec<Property>,
}

impl ComplexType {
    /// The index of the property of that name.
    pub fn property_index(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|property| property.name == name)
    }
}

/// A type whose values are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// The name without the namespace.
    pub name: String,
    /// One of the whole-number types.
    pub underlying: Primitive,
    /// Whether a value may be several members at once.
    pub is_flags: bool,
    /// Its values, in the order they are written.
    pub members: Vec<EnumMember>,
}

/// A named value of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumMember {
    /// The name in literals and payloads.
    pub name: String,
    /// The number behind it.
    pub value: i64,
}
