//! The model a service serves: entity types, entity sets and everything they are made of.
//!
//! A [`Model`] is built once ([`Model::builder`]), checked as a whole, and immutable from then on: whoever holds one may
//! index it with the ids it gave out. It says nothing about where rows come from.

mod builder;
mod members;
mod step;
mod types;

pub use builder::{Builder, ModelError};
pub(crate) use members::{canonical as enum_members, number as enum_number};
pub use step::Step;
pub use types::{
    Binding, ComplexType, EntityType, EnumMember, EnumType, Facets, NavigationProperty, Primitive, Property,
    ReferentialConstraint, Scale, Type,
};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub usize);
    };
}

id!(/** Index of an entity type in [`Model::entity_types`]. */ TypeId);
id!(/** Index of an entity set in [`Model::entity_sets`]. */ SetId);
id!(/** Index of a singleton in [`Model::singletons`]. */ SingletonId);
id!(/** Index of an enumeration type in [`Model::enum_types`]. */ EnumId);
id!(/** Index of a complex type in [`Model::complex_types`]. */ ComplexId);

/// A checked entity data model with one schema and one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    namespace: String,
    container: String,
    entity_types: Vec<EntityType>,
    complex_types: Vec<ComplexType>,
    enum_types: Vec<EnumType>,
    entity_sets: Vec<EntitySet>,
    singletons: Vec<Singleton>,
    capabilities: ServiceCapabilities,
}

/// A named collection of entities that can be addressed by URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitySet {
    /// The name in the URL.
    pub name: String,
    /// What its members are.
    pub entity_type: TypeId,
    /// Where its navigation properties lead to.
    pub bindings: Vec<Binding>,
    /// What may be asked of it.
    pub capabilities: SetCapabilities,
    /// A sentence for people.
    pub description: Option<String>,
}

impl EntitySet {
    /// A set without bindings, with the default capabilities.
    pub fn new(name: impl Into<String>, entity_type: TypeId) -> Self {
        Self {
            name: name.into(),
            entity_type,
            bindings: Vec::new(),
            capabilities: SetCapabilities::default(),
            description: None,
        }
    }
}

/// A single entity that can be addressed by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Singleton {
    /// The name in the URL.
    pub name: String,
    /// What it is.
    pub entity_type: TypeId,
    /// Where its navigation properties lead to.
    pub bindings: Vec<Binding>,
    /// A sentence for people.
    pub description: Option<String>,
}

/// What may be asked of an entity set; written as `Org.OData.Capabilities.V1` annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCapabilities {
    /// `$filter`
    pub filterable: bool,
    /// `$orderby`
    pub sortable: bool,
    /// `$count=true` and `/$count`
    pub countable: bool,
    /// `$top`
    pub top: bool,
    /// `$skip`
    pub skip: bool,
    /// `$search`
    pub searchable: bool,
    /// `$expand`
    pub expandable: bool,
    /// `Set(key)`
    pub indexable_by_key: bool,
}

impl Default for SetCapabilities {
    /// What this crate can do with any set whose rows can be read: everything but `$search` and `$expand`.
    fn default() -> Self {
        Self {
            filterable: true,
            sortable: true,
            countable: true,
            top: true,
            skip: true,
            searchable: false,
            expandable: false,
            indexable_by_key: true,
        }
    }
}

/// What may be asked of the service as a whole; written as annotations of the container. By default, nothing is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceCapabilities {
    /// The level of conformance that is reached, if any is claimed.
    pub conformance: Option<Conformance>,
    /// `$batch`
    pub batch: bool,
    /// `Prefer: respond-async`
    pub asynchronous: bool,
}

/// How much of the protocol a service follows (OData 4.0 part 1 section 13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named like the levels")]
pub enum Conformance {
    Minimal,
    Intermediate,
    Advanced,
}

impl Model {
    /// Starts an empty model. `namespace` is what type names are qualified with, `container` the container's name.
    ///
    /// ```
    /// use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
    ///
    /// let mut builder = Model::builder("Crm", "Feed");
    /// let contact = builder.entity_type(
    ///     EntityType::new("contact")
    ///         .property(Property::new("id", Primitive::Int64).required())
    ///         .property(Property::new("email", Primitive::String))
    ///         .keyed_by(&["id"]),
    /// );
    /// builder.entity_set(EntitySet::new("contacts", contact));
    /// let model = builder.build()?;
    /// assert_eq!(model.entity_type(contact).properties[1].name, "email");
    /// # Ok::<(), odata::edm::ModelError>(())
    /// ```
    pub fn builder(namespace: impl Into<String>, container: impl Into<String>) -> Builder {
        Builder::new(namespace.into(), container.into())
    }

    /// The namespace of the one schema.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the entity container.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// What may be asked of the service as a whole.
    pub fn capabilities(&self) -> ServiceCapabilities {
        self.capabilities
    }

    /// All entity types, in the order they were added.
    pub fn entity_types(&self) -> &[EntityType] {
        &self.entity_types
    }

    /// All complex types, in the order they were added.
    pub fn complex_types(&self) -> &[ComplexType] {
        &self.complex_types
    }

    /// All enumeration types, in the order they were added.
    pub fn enum_types(&self) -> &[EnumType] {
        &self.enum_types
    }

    /// All entity sets, in the order they were added.
    pub fn entity_sets(&self) -> &[EntitySet] {
        &self.entity_sets
    }

    /// All singletons, in the order they were added.
    pub fn singletons(&self) -> &[Singleton] {
        &self.singletons
    }

    /// The entity set of that name; names are case-sensitive.
    pub fn entity_set(&self, name: &str) -> Option<&EntitySet> {
        self.entity_sets.iter().find(|set| set.name == name)
    }

    /// The id of the entity set of that name.
    pub fn set_id(&self, name: &str) -> Option<SetId> {
        self.entity_sets.iter().position(|set| set.name == name).map(SetId)
    }

    /// The singleton of that name.
    pub fn singleton(&self, name: &str) -> Option<&Singleton> {
        self.singletons.iter().find(|singleton| singleton.name == name)
    }

    /// The entity set with this id.
    ///
    /// # Panics
    /// When the id comes from another model.
    pub fn set(&self, id: SetId) -> &EntitySet {
        &self.entity_sets[id.0]
    }

    /// The entity type with this id.
    ///
    /// # Panics
    /// When the id comes from another model.
    pub fn entity_type(&self, id: TypeId) -> &EntityType {
        &self.entity_types[id.0]
    }

    /// The type of the members of an entity set.
    ///
    /// # Panics
    /// When the id comes from another model.
    pub fn type_of_set(&self, id: SetId) -> &EntityType {
        self.entity_type(self.set(id).entity_type)
    }

    /// The complex type with this id.
    ///
    /// # Panics
    /// When the id comes from another model.
    pub fn complex_type(&self, id: ComplexId) -> &ComplexType {
        &self.complex_types[id.0]
    }

    /// The enumeration type with this id.
    ///
    /// # Panics
    /// When the id comes from another model.
    pub fn enum_type(&self, id: EnumId) -> &EnumType {
        &self.enum_types[id.0]
    }

    /// The full name of a type: `Edm.String`, `Crm.stage`, `Collection(Edm.Int32)`.
    pub fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => primitive.to_string(),
            Type::Enum(id) => format!("{}.{}", self.namespace, self.enum_type(*id).name),
            Type::Complex(id) => format!("{}.{}", self.namespace, self.complex_type(*id).name),
            Type::Collection(item) => format!("Collection({})", self.type_name(item)),
        }
    }
}
