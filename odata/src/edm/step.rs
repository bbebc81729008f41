//! Following a navigation property: from where to where, and where the entities at the other end live.

use super::{Binding, EntityType, Model, SetId, Singleton, SingletonId, TypeId};

/// A navigation property as it is followed from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    /// The type that has the navigation property.
    pub from: TypeId,
    /// The set its entities are members of, where that is known.
    pub set: Option<SetId>,
    /// Index of the navigation property in that type.
    pub navigation: usize,
    /// The type of the entities it leads to.
    pub target: TypeId,
    /// The set they are members of: what the navigation property is bound to, else the only set of their type.
    pub target_set: Option<SetId>,
    /// Whether it leads to any number of entities, or to at most one.
    pub collection: bool,
}

impl Model {
    /// The singleton with this id.
    ///
    /// # Panics
    /// When the id comes from another model.
    pub fn singleton_with(&self, id: SingletonId) -> &Singleton {
        &self.singletons[id.0]
    }

    /// The id of the singleton of that name.
    pub fn singleton_id(&self, name: &str) -> Option<SingletonId> {
        self.singletons.iter().position(|singleton| singleton.name == name).map(SingletonId)
    }

    /// Following a navigation property from entities of a type, members of that set if one is known.
    ///
    /// # Panics
    /// When the type comes from another model or has no such navigation property.
    pub fn step(&self, from: TypeId, set: Option<SetId>, navigation: usize) -> Step {
        let bindings = set.map_or(&[][..], |set| &self.set(set).bindings);
        self.step_with(from, set, navigation, bindings)
    }

    /// Following a navigation property of a singleton.
    ///
    /// # Panics
    /// When the id comes from another model, or its type has no such navigation property.
    pub fn step_from_singleton(&self, id: SingletonId, navigation: usize) -> Step {
        let singleton = self.singleton_with(id);
        self.step_with(singleton.entity_type, None, navigation, &singleton.bindings)
    }

    /// Following a navigation property from where a step has led to.
    ///
    /// # Panics
    /// When the step comes from another model, or its target has no such navigation property.
    pub fn step_after(&self, step: &Step, navigation: usize) -> Step {
        self.step(step.target, step.target_set, navigation)
    }

    /// Following the same navigation property once more, where it leads to entities that have it too.
    pub(crate) fn step_after_if(&self, step: &Step) -> Option<Step> {
        (step.from == step.target).then(|| self.step_after(step, step.navigation))
    }

    /// The navigation property a step follows.
    ///
    /// # Panics
    /// When the step comes from another model.
    pub fn way(&self, step: &Step) -> &super::NavigationProperty {
        &self.entity_type(step.from).navigation[step.navigation]
    }

    fn step_with(&self, from: TypeId, set: Option<SetId>, navigation: usize, bindings: &[Binding]) -> Step {
        let way = &self.entity_type(from).navigation[navigation];
        let bound = bindings.iter().find(|binding| binding.path == way.name).map(|binding| binding.target);
        Step {
            from,
            set,
            navigation,
            target: way.target,
            target_set: bound.or_else(|| self.only_set_of(way.target)),
            collection: way.collection,
        }
    }

    fn only_set_of(&self, entity_type: TypeId) -> Option<SetId> {
        let mut sets =
            (0..self.entity_sets.len()).filter(|&set| self.entity_sets[set].entity_type == entity_type);
        let first = sets.next()?;
        sets.next().is_none().then_some(SetId(first))
    }

    /// The id of an entity type, by the name it has with or without the namespace.
    pub fn type_id(&self, name: &str) -> Option<TypeId> {
        let name = self.unqualified(name);
        self.entity_types.iter().position(|entity_type: &EntityType| entity_type.name == name).map(TypeId)
    }

    /// A name of this schema without its namespace; any other name as it is.
    pub(crate) fn unqualified<'n>(&self, name: &'n str) -> &'n str {
        name.strip_prefix(self.namespace.as_str()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EntitySet, NavigationProperty, Primitive, Property};
    use super::*;

    fn keyed(name: &str) -> EntityType {
        EntityType::new(name).property(Property::new("id", Primitive::Int64).required()).keyed_by(&["id"])
    }

    #[test]
    fn a_step_leads_to_the_bound_set_or_to_the_only_one() {
        let mut builder = Model::builder("Crm", "Feed");
        let company = builder.entity_type(keyed("company"));
        let contact = keyed("contact").navigation(NavigationProperty::to_many("companies", company));
        let contact = builder.entity_type(contact);
        let contacts = builder.entity_set(EntitySet::new("contacts", contact));
        let companies = builder.entity_set(EntitySet::new("companies", company));
        let model = builder.clone().build().unwrap();
        assert_eq!(model.step(contact, Some(contacts), 0).target_set, Some(companies));
        let archived = builder.entity_set(EntitySet::new("archived", company));
        let model = builder.clone().build().unwrap();
        assert_eq!(model.step(contact, Some(contacts), 0).target_set, None);
        let binding = Binding { path: "companies".into(), target: archived };
        builder.entity_set_mut(contacts).unwrap().bindings.push(binding);
        let model = builder.build().unwrap();
        assert_eq!(model.step(contact, Some(contacts), 0).target_set, Some(archived));
        assert_eq!(model.step(contact, None, 0).target_set, None);
    }
}
