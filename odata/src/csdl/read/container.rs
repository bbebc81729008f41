//! The entity container: sets, singletons, where their navigation properties lead, and what may be asked of them.

use std::collections::HashMap;

use super::annotation::Annotations;
use super::tree::Element;
use super::types::Types;
use super::{Id, ReadError, Reader};
use crate::edm::{
    Binding, Builder, Conformance, EntitySet, EntityType, ServiceCapabilities, SetCapabilities, SetId,
    Singleton, TypeId,
};

macro_rules! capabilities {
    ($term:literal) => {
        concat!("Org.OData.Capabilities.V1.", $term)
    };
}

/// The one container of a document.
pub(super) fn only<'a>(schemas: &[&'a Element]) -> Result<&'a Element, ReadError> {
    let mut containers = schemas.iter().flat_map(|schema| schema.named("EntityContainer"));
    let Some(container) = containers.next() else {
        let line = schemas.first().map_or(1, |schema| schema.line);
        return Err(ReadError { line, element: None, message: "There is no EntityContainer.".into() });
    };
    if let Some(second) = containers.next() {
        return Err(second.error("It is the second EntityContainer; a service has one."));
    }
    if container.attribute("Extends").is_some() {
        return Err(container.error("A container that extends another is not supported."));
    }
    Ok(container)
}

impl<'a> Reader<'a> {
    /// Reads the container. What its annotations say about properties goes to the types.
    pub(super) fn container(
        &mut self,
        builder: &mut Builder,
        types: &mut Types,
        container: &'a Element,
    ) -> Result<(), ReadError> {
        let path = self.path_of(container)?;
        let names = container.named("EntitySet").filter_map(|set| set.attribute("Name"));
        let sets: HashMap<&str, SetId> =
            names.enumerate().map(|(index, name)| (name, SetId(index))).collect();
        let kinds = container.named("EntitySet").map(|set| self.type_of(set, "EntityType"));
        let kinds = kinds.collect::<Result<Vec<TypeId>, _>>()?;
        let targets = Targets { container, sets, kinds };
        for (index, element) in container.named("EntitySet").enumerate() {
            let name = element.required("Name")?;
            let annotations = self.annotations(element, &format!("{path}/{name}"));
            let mut set = EntitySet::new(name, targets.kinds[index]);
            let entity_type = &mut types.entities[set.entity_type.0];
            restrict(entity_type, &annotations);
            set.bindings = self.bindings(element, entity_type, &targets)?;
            set.capabilities = set_capabilities(&annotations);
            set.description = annotations.text("Org.OData.Core.V1.Description").map(str::to_owned);
            builder.entity_set(set);
        }
        for element in container.named("Singleton") {
            let name = element.required("Name")?;
            let entity_type = self.type_of(element, "Type")?;
            let annotations = self.annotations(element, &format!("{path}/{name}"));
            let bindings = self.bindings(element, &types.entities[entity_type.0], &targets)?;
            let description = annotations.text("Org.OData.Core.V1.Description").map(str::to_owned);
            builder.singleton(Singleton { name: name.to_owned(), entity_type, bindings, description });
        }
        for import in &container.children {
            if matches!(import.name.as_str(), "FunctionImport" | "ActionImport") {
                self.leave_out(import, "is not served: nothing here can be called.");
            }
        }
        builder.capabilities(service_capabilities(&self.annotations(container, &path)));
        Ok(())
    }

    fn path_of(&self, container: &Element) -> Result<String, ReadError> {
        Ok(format!("{}.{}", self.names.container_namespace(), container.required("Name")?))
    }

    fn type_of(&self, element: &Element, attribute: &str) -> Result<TypeId, ReadError> {
        let name = element.required(attribute)?;
        match (self.ids.get(&self.names.qualified(name)), self.names.declaration(name)) {
            (Some(Id::Entity(id)), _) => Ok(*id),
            (None, Some(found)) if found.name == "EntityType" => {
                Err(element.error(format!("`{name}` has no key of its own properties and cannot be served.")))
            }
            (_, Some(_)) => Err(element.error(format!("`{name}` is no entity type."))),
            (_, None) => Err(element.error(self.names.undeclared(name))),
        }
    }

    fn bindings(
        &mut self,
        element: &'a Element,
        entity_type: &EntityType,
        targets: &Targets<'a>,
    ) -> Result<Vec<Binding>, ReadError> {
        let mut bindings = Vec::new();
        for binding in element.named("NavigationPropertyBinding") {
            let path = binding.required("Path")?;
            let target = targets.set(binding)?;
            let way = entity_type.navigation_index(path).map(|index| &entity_type.navigation[index]);
            match (way, target) {
                (Some(way), Some(target)) if way.target == targets.kinds[target.0] => {
                    bindings.push(Binding { path: path.to_owned(), target });
                }
                (Some(_), Some(_)) => self.leave_out(binding, "is not kept: the set holds another type."),
                (None, _) => self.leave_out(binding, "is not kept: that navigation property is not served."),
                (_, None) => self.leave_out(binding, "is not kept: it leads to no entity set."),
            }
        }
        Ok(bindings)
    }
}

/// Where bindings can lead.
struct Targets<'a> {
    container: &'a Element,
    sets: HashMap<&'a str, SetId>,
    /// The type of each set.
    kinds: Vec<TypeId>,
}

impl Targets<'_> {
    /// The set a binding leads to; none for a singleton and for contained entities.
    fn set(&self, binding: &Element) -> Result<Option<SetId>, ReadError> {
        let target = binding.required("Target")?;
        let local = match target.split_once('/') {
            Some((container, rest)) if container.contains('.') => rest,
            _ => target,
        };
        if let Some(set) = self.sets.get(local) {
            return Ok(Some(*set));
        }
        let mut singletons = self.container.named("Singleton");
        let first = local.split('/').next().unwrap_or_default();
        let known =
            singletons.any(|one| one.attribute("Name") == Some(first)) || self.sets.contains_key(first);
        if known { Ok(None) } else { Err(binding.error(format!("There is no entity set `{target}`."))) }
    }
}

fn set_capabilities(annotations: &Annotations<'_>) -> SetCapabilities {
    let default = SetCapabilities::default();
    let member = |term, name, default| annotations.member_flag(term, name).unwrap_or(default);
    let flag = |term, default| annotations.flag(term).unwrap_or(default);
    SetCapabilities {
        filterable: member(capabilities!("FilterRestrictions"), "Filterable", default.filterable),
        sortable: member(capabilities!("SortRestrictions"), "Sortable", default.sortable),
        countable: member(capabilities!("CountRestrictions"), "Countable", default.countable),
        top: flag(capabilities!("TopSupported"), default.top),
        skip: flag(capabilities!("SkipSupported"), default.skip),
        searchable: member(capabilities!("SearchRestrictions"), "Searchable", default.searchable),
        expandable: member(capabilities!("ExpandRestrictions"), "Expandable", default.expandable),
        indexable_by_key: flag(capabilities!("IndexableByKey"), default.indexable_by_key),
    }
}

/// Sets speak of the properties that cannot be filtered or sorted by; the model keeps that with the property.
fn restrict(entity_type: &mut EntityType, annotations: &Annotations<'_>) {
    let filter = (capabilities!("FilterRestrictions"), "NonFilterableProperties");
    let sort = (capabilities!("SortRestrictions"), "NonSortableProperties");
    let [unfilterable, unsortable] =
        [filter, sort].map(|(term, member)| annotations.member_texts(term, member));
    for property in &mut entity_type.properties {
        property.filterable &= !unfilterable.contains(&property.name.as_str());
        property.sortable &= !unsortable.contains(&property.name.as_str());
    }
}

fn service_capabilities(annotations: &Annotations<'_>) -> ServiceCapabilities {
    let level = annotations.text(capabilities!("ConformanceLevel")).and_then(|text| text.rsplit('/').next());
    ServiceCapabilities {
        conformance: match level {
            Some("Minimal") => Some(Conformance::Minimal),
            Some("Intermediate") => Some(Conformance::Intermediate),
            Some("Advanced") => Some(Conformance::Advanced),
            _ => None,
        },
        batch: annotations.flag(capabilities!("BatchSupported")).unwrap_or(false),
        asynchronous: annotations.flag(capabilities!("AsynchronousRequestsSupported")).unwrap_or(false),
    }
}
