//! Builds a [`Model`] and refuses one that a client could not read.

use std::collections::HashSet;

use super::{
    Binding, ComplexType, EntitySet, EntityType, EnumType, Model, NavigationProperty, Property, Singleton,
    Type, TypeId,
};
use super::{ComplexId, EnumId, ServiceCapabilities, SetId};

/// The longest simple identifier CSDL allows (OData-CSDLXML 4.01, section 15.2), in characters.
const MAX_IDENTIFIER: usize = 128;

/// Why a model cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not an identifier, or too long.
    #[error(
        "`{0}` is not a valid name: a letter or underscore, then letters, digits and underscores, at most {MAX_IDENTIFIER}"
    )]
    InvalidName(String),
    /// Two things share a name in one scope.
    #[error("the name `{name}` is used twice in {scope}")]
    DuplicateName {
        /// The name.
        name: String,
        /// Where it has to be unique.
        scope: String,
    },
    /// An entity type has no key, or a key that cannot be one.
    #[error("the key of entity type `{entity_type}` {problem}")]
    Key {
        /// The type's name.
        entity_type: String,
        /// What is wrong, as the rest of a sentence.
        problem: &'static str,
    },
    /// An id or a name leads nowhere.
    #[error("{what} of `{owner}` does not exist")]
    Dangling {
        /// What was referred to.
        what: String,
        /// Who referred to it.
        owner: String,
    },
}

/// Collects the parts of a model; ids are valid as soon as they are given out.
#[derive(Debug, Clone)]
pub struct Builder(Model);

impl Builder {
    pub(super) fn new(namespace: String, container: String) -> Self {
        Self(Model {
            namespace,
            container,
            entity_types: Vec::new(),
            complex_types: Vec::new(),
            enum_types: Vec::new(),
            entity_sets: Vec::new(),
            singletons: Vec::new(),
            capabilities: ServiceCapabilities::default(),
        })
    }

    /// Adds an entity type.
    pub fn entity_type(&mut self, entity_type: EntityType) -> TypeId {
        self.0.entity_types.push(entity_type);
        TypeId(self.0.entity_types.len() - 1)
    }

    /// The entity type added earlier, for what can only be said when all types are known (navigation).
    pub fn entity_type_mut(&mut self, id: TypeId) -> Option<&mut EntityType> {
        self.0.entity_types.get_mut(id.0)
    }

    /// Adds a complex type.
    pub fn complex_type(&mut self, complex_type: ComplexType) -> ComplexId {
        self.0.complex_types.push(complex_type);
        ComplexId(self.0.complex_types.len() - 1)
    }

    /// Adds an enumeration type.
    pub fn enum_type(&mut self, enum_type: EnumType) -> EnumId {
        self.0.enum_types.push(enum_type);
        EnumId(self.0.enum_types.len() - 1)
    }

    /// Adds an entity set.
    pub fn entity_set(&mut self, entity_set: EntitySet) -> SetId {
        self.0.entity_sets.push(entity_set);
        SetId(self.0.entity_sets.len() - 1)
    }

    /// The entity set added earlier, for bindings to sets that come later.
    pub fn entity_set_mut(&mut self, id: SetId) -> Option<&mut EntitySet> {
        self.0.entity_sets.get_mut(id.0)
    }

    /// Adds a singleton.
    pub fn singleton(&mut self, singleton: Singleton) {
        self.0.singletons.push(singleton);
    }

    /// Says what may be asked of the service as a whole.
    pub fn capabilities(&mut self, capabilities: ServiceCapabilities) {
        self.0.capabilities = capabilities;
    }

    /// Checks names, keys, types and bindings.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn build(self) -> Result<Model, ModelError> {
        let model = &self.0;
        for part in model.namespace.split('.') {
            identifier(part)?;
        }
        schema_names(model)?;
        for entity_type in &model.entity_types {
            structured(model, &entity_type.name, &entity_type.properties, &entity_type.navigation)?;
            key(entity_type)?;
        }
        for complex_type in &model.complex_types {
            structured(model, &complex_type.name, &complex_type.properties, &[])?;
        }
        for enum_type in &model.enum_types {
            distinct(enum_type.members.iter().map(|member| member.name.as_str()), &enum_type.name)?;
        }
        container(model)?;
        Ok(self.0)
    }
}

impl From<Model> for Builder {
    /// A model to change; its ids stay what they are.
    fn from(model: Model) -> Self {
        Self(model)
    }
}

fn identifier(name: &str) -> Result<(), ModelError> {
    let mut chars = name.chars();
    let starts_well = chars.next().is_some_and(|first| first == '_' || first.is_alphabetic());
    if starts_well && chars.all(|c| c == '_' || c.is_alphanumeric()) && name.chars().count() <= MAX_IDENTIFIER
    {
        Ok(())
    } else {
        Err(ModelError::InvalidName(name.to_owned()))
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>, scope: &str) -> Result<(), ModelError> {
    let mut seen = HashSet::new();
    for name in names {
        identifier(name)?;
        if !seen.insert(name) {
            return Err(ModelError::DuplicateName { name: name.to_owned(), scope: scope.to_owned() });
        }
    }
    Ok(())
}

fn schema_names(model: &Model) -> Result<(), ModelError> {
    let types = model.entity_types.iter().map(|t| t.name.as_str());
    let complexes = model.complex_types.iter().map(|t| t.name.as_str());
    let enums = model.enum_types.iter().map(|t| t.name.as_str());
    let names = types.chain(complexes).chain(enums).chain([model.container.as_str()]);
    distinct(names, &model.namespace)
}

fn structured(
    model: &Model,
    owner: &str,
    properties: &[Property],
    navigation: &[NavigationProperty],
) -> Result<(), ModelError> {
    let names = properties.iter().map(|p| p.name.as_str()).chain(navigation.iter().map(|n| n.name.as_str()));
    distinct(names, owner)?;
    for property in properties {
        if !type_exists(model, &property.ty) {
            return Err(dangling("the type of property", &property.name, owner));
        }
    }
    for way in navigation {
        navigation_exists(model, owner, properties, way)?;
    }
    Ok(())
}

fn type_exists(model: &Model, ty: &Type) -> bool {
    match ty {
        Type::Primitive(_) => true,
        Type::Enum(id) => id.0 < model.enum_types.len(),
        Type::Complex(id) => id.0 < model.complex_types.len(),
        Type::Collection(item) => !matches!(**item, Type::Collection(_)) && type_exists(model, item),
    }
}

fn navigation_exists(
    model: &Model,
    owner: &str,
    properties: &[Property],
    way: &NavigationProperty,
) -> Result<(), ModelError> {
    let Some(target) = model.entity_types.get(way.target.0) else {
        return Err(dangling("the target of navigation property", &way.name, owner));
    };
    if way.partner.as_ref().is_some_and(|partner| target.navigation_index(partner).is_none()) {
        return Err(dangling("the partner of navigation property", &way.name, owner));
    }
    let constraints_exist = way
        .constraints
        .iter()
        .all(|c| c.property < properties.len() && c.referenced < target.properties.len());
    if constraints_exist {
        Ok(())
    } else {
        Err(dangling("a referential constraint of navigation property", &way.name, owner))
    }
}

fn key(entity_type: &EntityType) -> Result<(), ModelError> {
    let error = |problem| Err(ModelError::Key { entity_type: entity_type.name.clone(), problem });
    if entity_type.key.is_empty() {
        return error("is empty");
    }
    for &index in &entity_type.key {
        match entity_type.properties.get(index) {
            None => return error("names a property that does not exist"),
            Some(property) if property.nullable => return error("has a nullable property"),
            Some(property) if !can_be_key(&property.ty) => {
                return error("has a property of a type no key may have");
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// OData-CSDLXML 4.01, section 6.5: primitive but not floating-point or binary, or an enumeration.
fn can_be_key(ty: &Type) -> bool {
    use super::Primitive::{Binary, Double, Single};
    match ty {
        Type::Primitive(primitive) => !matches!(primitive, Single | Double | Binary),
        Type::Enum(_) => true,
        Type::Complex(_) | Type::Collection(_) => false,
    }
}

fn container(model: &Model) -> Result<(), ModelError> {
    let sets = model.entity_sets.iter().map(|set| set.name.as_str());
    distinct(sets.chain(model.singletons.iter().map(|s| s.name.as_str())), &model.container)?;
    for set in &model.entity_sets {
        bound(model, &set.name, set.entity_type, &set.bindings)?;
    }
    for singleton in &model.singletons {
        bound(model, &singleton.name, singleton.entity_type, &singleton.bindings)?;
    }
    Ok(())
}

fn bound(model: &Model, owner: &str, id: TypeId, bindings: &[Binding]) -> Result<(), ModelError> {
    let Some(entity_type) = model.entity_types.get(id.0) else {
        return Err(ModelError::Dangling { what: "the entity type".into(), owner: owner.into() });
    };
    for binding in bindings {
        let way = entity_type.navigation_index(&binding.path).map(|index| &entity_type.navigation[index]);
        let target = model.entity_sets.get(binding.target.0);
        if way.zip(target).is_none_or(|(way, target)| way.target != target.entity_type) {
            return Err(dangling("the binding", &binding.path, owner));
        }
    }
    Ok(())
}

fn dangling(what: &str, name: &str, owner: &str) -> ModelError {
    ModelError::Dangling { what: format!("{what} `{name}`"), owner: owner.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::Primitive;
    use super::*;

    fn contact() -> EntityType {
        EntityType::new("contact")
            .property(Property::new("id", Primitive::Int64).required())
            .keyed_by(&["id"])
    }

    fn refused(types: &[EntityType]) -> String {
        let mut builder = Model::builder("Crm", "Feed");
        for entity_type in types {
            builder.entity_type(entity_type.clone());
        }
        builder.build().expect_err("the model should be refused").to_string()
    }

    #[test]
    fn a_name_that_is_no_identifier_is_refused() {
        let message = refused(&[contact().property(Property::new("a b", Primitive::String))]);
        assert!(message.starts_with("`a b` is not a valid name"), "{message}");
    }

    #[test]
    fn two_properties_of_one_name_are_refused() {
        let message = refused(&[contact().property(Property::new("id", Primitive::String))]);
        assert_eq!(message, "the name `id` is used twice in contact");
    }

    #[test]
    fn a_key_must_exist_and_be_required() {
        assert_eq!(refused(&[EntityType::new("x")]), "the key of entity type `x` is empty");
        assert_eq!(
            refused(&[contact().keyed_by(&["nothing"])]),
            "the key of entity type `contact` names a property that does not exist"
        );
    }

    #[test]
    fn a_binding_must_lead_to_a_set_of_the_right_type() {
        let mut builder = Model::builder("Crm", "Feed");
        let id = builder.entity_type(contact());
        let set = builder.entity_set(EntitySet::new("contacts", id));
        let binding = Binding { path: "company".into(), target: set };
        builder.entity_set_mut(set).expect("just added").bindings.push(binding);
        let message = builder.build().expect_err("the binding leads nowhere").to_string();
        assert_eq!(message, "the binding `company` of `contacts` does not exist");
    }
}
