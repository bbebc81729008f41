//! Navigation properties of entity types.

use super::tree::Element;
use super::types::Descent;
use super::{Id, ReadError, Reader};
use crate::edm::{EntityType, NavigationProperty, ReferentialConstraint, TypeId};

impl<'a> Reader<'a> {
    /// The ways of the entity type with this index; all properties of all types are known by now.
    pub(super) fn navigation(
        &mut self,
        descent: &Descent<'a>,
        types: &[EntityType],
        index: usize,
    ) -> Result<Vec<NavigationProperty>, ReadError> {
        let mut ways = Vec::new();
        for (owner, element) in descent {
            for way in element.named("NavigationProperty") {
                ways.extend(self.way(owner, way, types, &types[index])?);
            }
        }
        Ok(ways)
    }

    fn way(
        &mut self,
        owner: &str,
        element: &'a Element,
        types: &[EntityType],
        here: &EntityType,
    ) -> Result<Option<NavigationProperty>, ReadError> {
        let name = element.required("Name")?;
        let text = element.required("Type")?;
        let item = text.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')'));
        let Some(target) = self.target(item.unwrap_or(text), element)? else { return Ok(None) };
        if element.flag("ContainsTarget", false)? {
            self.leave_out(element, "is not served: contained entities are not supported.");
            return Ok(None);
        }
        let annotations = self.annotations(element, &format!("{owner}/{name}"));
        Ok(Some(NavigationProperty {
            name: name.to_owned(),
            target,
            collection: item.is_some(),
            nullable: element.flag("Nullable", true)?,
            partner: element.attribute("Partner").map(str::to_owned),
            constraints: self.constraints(element, here, &types[target.0])?,
            label: annotations.text("Org.OData.Core.V1.Description").map(str::to_owned),
            description: annotations.text("Org.OData.Core.V1.LongDescription").map(str::to_owned),
        }))
    }

    /// The type at the other end; none when it cannot be served.
    fn target(&mut self, name: &str, element: &Element) -> Result<Option<TypeId>, ReadError> {
        if let Some(Id::Entity(id)) = self.ids.get(&self.names.qualified(name)) {
            return Ok(Some(*id));
        }
        match self.names.declaration(name) {
            Some(found) if found.name == "EntityType" => {
                self.leave_out(element, format!("is not served: `{name}` is not."));
                Ok(None)
            }
            Some(_) => Err(element.error(format!("`{name}` is no entity type."))),
            None if name == "Edm.EntityType" => {
                self.leave_out(element, "is not served: it may lead to entities of any type.");
                Ok(None)
            }
            None => Err(element.error(self.names.undeclared(name))),
        }
    }

    fn constraints(
        &mut self,
        element: &Element,
        here: &EntityType,
        there: &EntityType,
    ) -> Result<Vec<ReferentialConstraint>, ReadError> {
        let mut constraints = Vec::new();
        for part in element.named("ReferentialConstraint") {
            let (own, other) = (part.required("Property")?, part.required("ReferencedProperty")?);
            match (here.property_index(own), there.property_index(other)) {
                (Some(property), Some(referenced)) => {
                    constraints.push(ReferentialConstraint { property, referenced });
                }
                _ if own.contains('/') || other.contains('/') => {
                    self.leave_out(part, "is not kept: it leads into a complex property.");
                }
                _ => {
                    let message = format!("`{own}` and `{other}` are not both properties that are served.");
                    return Err(part.error(message));
                }
            }
        }
        Ok(constraints)
    }

    /// Takes away partners that were left out.
    pub(super) fn mend_partners(&mut self, descents: &[Descent<'a>], types: &mut [EntityType]) {
        let names: Vec<Vec<String>> =
            types.iter().map(|ty| ty.navigation.iter().map(|way| way.name.clone()).collect()).collect();
        for (descent, entity_type) in descents.iter().zip(types) {
            for way in &mut entity_type.navigation {
                let Some(partner) = &way.partner else { continue };
                if names[way.target.0].contains(partner) {
                    continue;
                }
                let reason = format!("is served without its partner `{partner}`, which is not.");
                way.partner = None;
                let mut declared =
                    descent.iter().flat_map(|(_, element)| element.named("NavigationProperty"));
                if let Some(element) = declared.find(|own| own.attribute("Name") == Some(way.name.as_str())) {
                    self.leave_out(element, reason);
                }
            }
        }
    }
}
