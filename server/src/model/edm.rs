//! The stored model as the EDM model that OData serves.

use odata::edm::{
    Binding, Conformance, EntitySet, EntityType, Facets, Model, ModelError, NavigationProperty, Primitive,
    Property, ReferentialConstraint, Scale, ServiceCapabilities, Type, TypeId,
};

use super::standard::at_path;
use super::{Kind, Origin, StoredModel, StoredNavigation, StoredProperty, StoredSet, Way};

/// Builds the EDM model. Set `n` of the stored model is entity set `n`, and columns keep their order.
///
/// # Errors
/// When two names clash or one is no identifier, which discovery does not let happen.
pub fn edm(stored: &StoredModel) -> Result<Model, ModelError> {
    let mut builder = Model::builder("HubSpot", "Feed");
    builder.capabilities(ServiceCapabilities {
        // What docs/odata-conformance.md shows by tests; the advanced level asks for more of `$search` than there is.
        conformance: Some(Conformance::Intermediate),
        batch: true,
        // docs/adr/0008
        asynchronous: false,
    });
    let mut ids = Vec::with_capacity(stored.sets.len());
    for set in &stored.sets {
        let entity_type = builder.entity_type(entity_type(set));
        let mut entity_set = EntitySet::new(&set.name, entity_type);
        entity_set.description = Some(set.description.clone().unwrap_or_else(|| description(&set.origin)));
        entity_set.capabilities.expandable = !set.navigation.is_empty();
        entity_set.capabilities.searchable = set.is_searchable();
        ids.push((builder.entity_set(entity_set), entity_type));
    }
    for (set, (id, entity_type)) in stored.sets.iter().zip(&ids) {
        for way in &set.navigation {
            // A way whose target is gone leads nowhere and is not shown.
            let Some((index, target)) = stored.set(&way.target) else { continue };
            let (target_set, target_type) = ids[index];
            if let Some(entity_type) = builder.entity_type_mut(*entity_type) {
                entity_type.navigation.push(navigation(set, way, target, target_type));
            }
            if let Some(entity_set) = builder.entity_set_mut(*id) {
                entity_set.bindings.push(Binding { path: way.name.clone(), target: target_set });
            }
        }
    }
    builder.build()
}

fn navigation(
    set: &StoredSet,
    way: &StoredNavigation,
    target: &StoredSet,
    target_type: TypeId,
) -> NavigationProperty {
    let column = |name: &String| set.properties.iter().position(|column| column.name == *name);
    let (constraints, description) = match &way.way {
        Way::Associated => {
            (Vec::new(), format!("The {} that HubSpot associates with it.", target.name.replace('_', " ")))
        }
        // The key of the target is its first column.
        Way::Named(name) => (
            column(name)
                .map(|property| ReferentialConstraint { property, referenced: 0 })
                .into_iter()
                .collect(),
            format!("The row that `{name}` names."),
        ),
    };
    NavigationProperty {
        name: way.name.clone(),
        target: target_type,
        collection: way.is_collection(),
        nullable: true,
        partner: way.partner.clone(),
        constraints,
        label: None,
        description: Some(description),
    }
}

fn entity_type(set: &StoredSet) -> EntityType {
    let mut entity_type = EntityType::new(type_name(set));
    entity_type.properties = set.properties.iter().map(|column| property(column, set.key())).collect();
    entity_type.keyed_by(set.key())
}

fn property(column: &StoredProperty, key: &[&str]) -> Property {
    let mut property = Property::new(&column.name, ty(column.kind));
    property.nullable = !key.contains(&column.name.as_str());
    property.facets = facets(column.kind);
    property.label.clone_from(&column.label);
    property.description.clone_from(&column.description);
    property
}

fn ty(kind: Kind) -> Type {
    Type::Primitive(match kind {
        Kind::Integer => Primitive::Int64,
        Kind::Number => Primitive::Decimal,
        Kind::Boolean => Primitive::Boolean,
        Kind::Date => Primitive::Date,
        Kind::DateTime => Primitive::DateTimeOffset,
        Kind::Text => Primitive::String,
    })
}

fn facets(kind: Kind) -> Facets {
    match kind {
        Kind::Number => Facets { scale: Some(Scale::Variable), ..Facets::default() },
        // HubSpot's resolution is the millisecond.
        Kind::DateTime => Facets { precision: Some(3), ..Facets::default() },
        Kind::Integer | Kind::Boolean | Kind::Date | Kind::Text => Facets::default(),
    }
}

fn type_name(set: &StoredSet) -> String {
    if let Some(name) = &set.type_name {
        return name.clone();
    }
    match &set.origin {
        Origin::Object(object) => singular(object),
        Origin::Owners => "Owner".to_owned(),
        Origin::Pipelines(_) => "Pipeline".to_owned(),
        Origin::Stages(_) => "PipelineStage".to_owned(),
        Origin::Links { from, to } => format!("{}{}Link", singular(from), singular(to)),
        Origin::History { object, .. } => format!("{}History", singular(object)),
        Origin::Lists => "List".to_owned(),
        Origin::Memberships => "ListMembership".to_owned(),
    }
}

/// An object that is not in the table keeps its name: a model stored by a later version may have one.
fn singular(object: &str) -> String {
    at_path(object).map_or_else(|| format!("{object}_entity"), |known| known.entity.to_owned())
}

fn description(origin: &Origin) -> String {
    match origin {
        Origin::Object(object) => format!("The {} of the HubSpot account.", object.replace('_', " ")),
        Origin::Owners => {
            "The people and queues that records can be assigned to, removed ones included.".to_owned()
        }
        Origin::Pipelines(objects) => format!("The pipelines of {}.", objects.join(" and ")),
        Origin::Stages(objects) => format!("The stages of the pipelines of {}.", objects.join(" and ")),
        Origin::Links { from, to } => {
            format!("Which {from} are associated with which {to}: a row for each pair and association type.")
        }
        Origin::History { object, .. } => format!("What properties of {object} were and are."),
        Origin::Lists => "The lists of the HubSpot account.".to_owned(),
        Origin::Memberships => "Which records are on which lists.".to_owned(),
    }
}
