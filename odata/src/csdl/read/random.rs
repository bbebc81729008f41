//! Random models: whatever the writers can express.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::edm::{
    Binding, ComplexId, ComplexType, Conformance, EntitySet, EntityType, EnumId, EnumMember, EnumType,
    Facets, Model, NavigationProperty, Primitive, Property, ReferentialConstraint, Scale,
    ServiceCapabilities, SetCapabilities, SetId, Singleton, Type, TypeId,
};

/// A model with up to a handful of everything.
pub(super) fn model() -> impl Strategy<Value = Model> {
    let enums = prop::collection::vec(enumeration(), 0..3);
    let complexes = prop::collection::vec(properties(), 0..3);
    let entities = prop::collection::vec((properties(), prop::collection::vec(way(), 0..4), key()), 1..4);
    let sets = prop::collection::vec(set(), 0..4);
    let singletons = prop::collection::vec((any::<Index>(), text()), 0..3);
    let service = (any::<bool>(), any::<bool>(), conformance());
    let namespace = "[A-Z][a-z]{1,6}(\\.[A-Z][a-z]{1,6}){0,2}";
    (namespace, enums, complexes, entities, sets, singletons, service).prop_map(
        |(namespace, enums, complexes, entities, sets, singletons, service)| {
            let mut parts = Parts { enums: enums.len(), complexes: complexes.len(), entities: Vec::new() };
            let mut builder = Model::builder(namespace, "Container");
            for (index, ty) in enums.into_iter().enumerate() {
                builder.enum_type(EnumType { name: format!("enum_{index}"), ..ty });
            }
            for (index, drafts) in complexes.into_iter().enumerate() {
                let properties = drafts.into_iter().map(|draft| parts.property(draft)).collect();
                builder.complex_type(ComplexType { name: format!("complex_{index}"), properties });
            }
            for (index, (drafts, _, key)) in entities.iter().enumerate() {
                let entity = parts.entity(index, drafts, key, &sets, entities.len());
                parts.entities.push(entity);
            }
            let ways: Vec<Vec<Way>> = entities.into_iter().map(|(_, ways, _)| ways).collect();
            parts.connect(&ways);
            parts.entities.iter().cloned().for_each(|entity| {
                builder.entity_type(entity);
            });
            let kinds: Vec<TypeId> = sets.iter().map(|set| parts.type_id(&set.ty)).collect();
            for (index, draft) in sets.into_iter().enumerate() {
                let bindings = parts.bindings(kinds[index], &kinds, &draft.bound);
                builder.entity_set(EntitySet {
                    name: format!("set_{index}"),
                    entity_type: kinds[index],
                    bindings,
                    capabilities: draft.capabilities,
                    description: draft.description,
                });
            }
            for (index, (ty, description)) in singletons.into_iter().enumerate() {
                let entity_type = parts.type_id(&ty);
                let bindings = parts.bindings(entity_type, &kinds, &ty);
                builder.singleton(Singleton {
                    name: format!("one_{index}"),
                    entity_type,
                    bindings,
                    description,
                });
            }
            let (batch, asynchronous, conformance) = service;
            builder.capabilities(ServiceCapabilities { conformance, batch, asynchronous });
            builder.build().unwrap()
        },
    )
}

/// What is needed to make references between drafts real.
struct Parts {
    enums: usize,
    complexes: usize,
    entities: Vec<EntityType>,
}

impl Parts {
    fn property(&self, draft: Draft) -> Property {
        let item = match draft.kind {
            Kind::Enum(index) if self.enums > 0 => Type::Enum(EnumId(index.index(self.enums))),
            Kind::Complex(index) if self.complexes > 0 => {
                Type::Complex(ComplexId(index.index(self.complexes)))
            }
            Kind::Primitive(primitive) => primitive.into(),
            Kind::Enum(_) | Kind::Complex(_) => Primitive::String.into(),
        };
        let mut facets = draft.facets;
        if item == Type::Primitive(Primitive::Decimal) && facets.scale == Some(Scale::Variable) {
            facets.scale = None;
        }
        let ty = if draft.collection { Type::Collection(Box::new(item)) } else { item };
        Property {
            nullable: draft.nullable,
            facets,
            label: draft.label,
            description: draft.description,
            ..Property::new(draft.name, ty)
        }
    }

    /// Which properties cannot be filtered by is only said by sets: without one, all can.
    fn entity(
        &self,
        index: usize,
        drafts: &[Draft],
        key: &Draft,
        sets: &[SetDraft],
        types: usize,
    ) -> EntityType {
        let mut entity = EntityType::new(format!("entity_{index}"));
        let has_set = sets.iter().any(|set| set.ty.index(types) == index);
        for draft in drafts {
            let mut property = self.property(draft.clone());
            if has_set {
                (property.filterable, property.sortable) = draft.capable;
            }
            entity.properties.push(property);
        }
        let part = Draft {
            name: "key".into(),
            kind: Kind::Primitive(Primitive::Int64),
            collection: false,
            nullable: false,
            ..key.clone()
        };
        entity.properties.insert(0, self.property(part));
        entity.keyed_by(&["key"])
    }

    fn type_id(&self, index: &Index) -> TypeId {
        TypeId(index.index(self.entities.len()))
    }

    fn connect(&mut self, drafts: &[Vec<Way>]) {
        let count = self.entities.len();
        for (here, ways) in drafts.iter().enumerate() {
            for (index, way) in ways.iter().enumerate() {
                let target = way.target.index(count);
                let partners = drafts[target].len();
                let constraints = way.constraints.iter().map(|(own, other)| ReferentialConstraint {
                    property: own.index(self.entities[here].properties.len()),
                    referenced: other.index(self.entities[target].properties.len()),
                });
                let constraints = constraints.collect();
                let partner =
                    way.partner.filter(|_| partners > 0).map(|own| format!("way_{}", own.index(partners)));
                self.entities[here].navigation.push(NavigationProperty {
                    name: format!("way_{index}"),
                    target: TypeId(target),
                    collection: way.collection,
                    nullable: way.nullable || way.collection,
                    partner,
                    constraints,
                    label: way.label.clone(),
                    description: way.description.clone(),
                });
            }
        }
    }

    fn bindings(&self, ty: TypeId, kinds: &[TypeId], bound: &Index) -> Vec<Binding> {
        let ways = self.entities[ty.0].navigation.iter();
        let binding = |way: &NavigationProperty| {
            let fitting: Vec<usize> = (0..kinds.len()).filter(|set| kinds[*set] == way.target).collect();
            let target = SetId(*fitting.get(bound.index(fitting.len() + 1))?);
            Some(Binding { path: way.name.clone(), target })
        };
        ways.filter_map(binding).collect()
    }
}

#[derive(Debug, Clone)]
struct Draft {
    name: String,
    kind: Kind,
    collection: bool,
    nullable: bool,
    facets: Facets,
    label: Option<String>,
    description: Option<String>,
    capable: (bool, bool),
}

#[derive(Debug, Clone)]
enum Kind {
    Primitive(Primitive),
    Enum(Index),
    Complex(Index),
}

#[derive(Debug, Clone)]
struct Way {
    target: Index,
    collection: bool,
    nullable: bool,
    partner: Option<Index>,
    constraints: Vec<(Index, Index)>,
    label: Option<String>,
    description: Option<String>,
}

#[derive(Debug, Clone)]
struct SetDraft {
    ty: Index,
    bound: Index,
    capabilities: SetCapabilities,
    description: Option<String>,
}

/// Any text XML can carry, with everything that has to be escaped.
fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("([ \t\r\n<>&\"']|\\PC){0,12}")
}

fn properties() -> impl Strategy<Value = Vec<Draft>> {
    let named = |drafts: Vec<Draft>| {
        let renamed =
            |(index, draft): (usize, Draft)| Draft { name: format!("{}_{index}", draft.name), ..draft };
        drafts.into_iter().enumerate().map(renamed).collect()
    };
    prop::collection::vec(key(), 0..6).prop_map(named)
}

fn key() -> impl Strategy<Value = Draft> {
    let kind = prop_oneof![
        4 => select(&Primitive::ALL[..]).prop_map(Kind::Primitive),
        1 => any::<Index>().prop_map(Kind::Enum),
        1 => any::<Index>().prop_map(Kind::Complex),
    ];
    let scale = prop::option::of(prop_oneof![any::<u16>().prop_map(Scale::Fixed), Just(Scale::Variable)]);
    let facets = (prop::option::of(any::<u32>()), prop::option::of(any::<u16>()), scale)
        .prop_map(|(max_length, precision, scale)| Facets { max_length, precision, scale });
    let flags = (any::<bool>(), any::<bool>(), any::<(bool, bool)>());
    ("[A-Za-z_äЖ][A-Za-z0-9_é]{0,6}", kind, facets, text(), text(), flags).prop_map(
        |(name, kind, facets, label, description, (collection, nullable, capable))| Draft {
            name,
            kind,
            collection,
            nullable,
            facets,
            label,
            description,
            capable,
        },
    )
}

fn way() -> impl Strategy<Value = Way> {
    let constraints = prop::collection::vec(any::<(Index, Index)>(), 0..3);
    let partner = prop::option::of(any::<Index>());
    (any::<(Index, bool, bool)>(), partner, constraints, text(), text()).prop_map(
        |((target, collection, nullable), partner, constraints, label, description)| Way {
            target,
            collection,
            nullable,
            partner,
            constraints,
            label,
            description,
        },
    )
}

fn set() -> impl Strategy<Value = SetDraft> {
    (any::<[Index; 2]>(), any::<[bool; 8]>(), text()).prop_map(|([ty, bound], can, description)| {
        let [filterable, sortable, countable, top, skip, searchable, expandable, indexable_by_key] = can;
        let capabilities = SetCapabilities {
            filterable,
            sortable,
            countable,
            top,
            skip,
            searchable,
            expandable,
            indexable_by_key,
        };
        SetDraft { ty, bound, capabilities, description }
    })
}

fn enumeration() -> impl Strategy<Value = EnumType> {
    let whole: Vec<Primitive> = Primitive::ALL.into_iter().filter(|own| own.is_integer()).collect();
    (select(whole), any::<bool>(), prop::collection::vec(any::<i64>(), 0..5)).prop_map(
        |(underlying, is_flags, values)| {
            let member = |(index, value)| EnumMember { name: format!("member_{index}"), value };
            EnumType {
                name: String::new(),
                underlying,
                is_flags,
                members: values.into_iter().enumerate().map(member).collect(),
            }
        },
    )
}

fn conformance() -> impl Strategy<Value = Option<Conformance>> {
    prop::option::of(select(&[Conformance::Minimal, Conformance::Intermediate, Conformance::Advanced][..]))
}
