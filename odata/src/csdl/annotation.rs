//! What is said about the parts of a model in the words of the OASIS vocabularies, for either document.

use crate::edm::{Conformance, EntitySet, EntityType, Model};
use crate::expr::Function;

/// A term with its value.
#[derive(Debug)]
pub(super) struct Annotation<'a> {
    /// The full name of the term.
    pub(super) term: &'static str,
    pub(super) value: Constant<'a>,
}

/// The constants that are needed.
#[derive(Debug)]
pub(super) enum Constant<'a> {
    Boolean(bool),
    Text(&'a str),
    /// The type and the member.
    Enum(&'static str, &'static str),
    Texts(Vec<&'a str>),
    PropertyPaths(Vec<&'a str>),
    Record(Vec<(&'static str, Constant<'a>)>),
}

macro_rules! core {
    ($term:literal) => {
        concat!("Org.OData.Core.V1.", $term)
    };
}

macro_rules! capabilities {
    ($term:literal) => {
        concat!("Org.OData.Capabilities.V1.", $term)
    };
}

/// The operators of filters, beside the functions; the vocabulary lists both in one.
const OPERATORS: [&str; 15] =
    ["eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "in", "add", "sub", "mul", "div", "mod"];

/// The versions of the protocol that [`crate::http::Version`] knows; the document itself is one of 4.0.
const VERSIONS: &str = "4.0 4.01";

/// What people call a part of the model and what they say about it.
pub(super) fn texts<'a>(label: &'a Option<String>, description: &'a Option<String>) -> Vec<Annotation<'a>> {
    let texts = [(core!("Description"), label), (core!("LongDescription"), description)];
    let given = texts.into_iter().filter_map(|(term, text)| Some((term, text.as_deref()?)));
    given.map(|(term, text)| Annotation { term, value: Constant::Text(text) }).collect()
}

/// What may be asked of the whole service.
pub(super) fn of_container(model: &Model) -> Vec<Annotation<'_>> {
    let functions = Function::ALL.into_iter().map(Function::name).chain(OPERATORS).collect();
    let conformance = model.capabilities().conformance.map(|level| Annotation {
        term: capabilities!("ConformanceLevel"),
        value: Constant::Enum(capabilities!("ConformanceLevelType"), level_name(level)),
    });
    let others = [
        Annotation { term: core!("ODataVersions"), value: Constant::Text(VERSIONS) },
        flag(capabilities!("BatchSupported"), model.capabilities().batch),
        flag(capabilities!("AsynchronousRequestsSupported"), model.capabilities().asynchronous),
        Annotation { term: capabilities!("FilterFunctions"), value: Constant::Texts(functions) },
    ];
    let batch = model.capabilities().batch.then(batch);
    conformance.into_iter().chain(others).chain(batch).collect()
}

/// Which batches are understood: what [`crate::batch`] reads and [`crate::service`] answers.
fn batch() -> Annotation<'static> {
    let formats = Constant::Texts(vec!["multipart/mixed", "application/json"]);
    record(
        capabilities!("BatchSupport"),
        vec![
            ("Supported", Constant::Boolean(true)),
            ("ContinueOnErrorSupported", Constant::Boolean(true)),
            ("ReferencesInRequestBodiesSupported", Constant::Boolean(false)),
            ("ReferencesAcrossChangeSetsSupported", Constant::Boolean(false)),
            ("EtagReferencesSupported", Constant::Boolean(false)),
            ("RequestDependencyConditionsSupported", Constant::Boolean(false)),
            ("SupportedFormats", formats),
        ],
    )
}

/// What may be asked of an entity set.
pub(super) fn of_set<'a>(set: &'a EntitySet, entity_type: &'a EntityType) -> Vec<Annotation<'a>> {
    let can = &set.capabilities;
    let names_of = |excluded: fn(&crate::edm::Property) -> bool| -> Vec<&'a str> {
        let properties = entity_type.properties.iter().filter(|property| excluded(property));
        properties.map(|property| property.name.as_str()).collect()
    };
    let mut filter = vec![("Filterable", Constant::Boolean(can.filterable))];
    paths(&mut filter, "NonFilterableProperties", names_of(|property| !property.filterable));
    let mut sort = vec![("Sortable", Constant::Boolean(can.sortable))];
    paths(&mut sort, "NonSortableProperties", names_of(|property| !property.sortable));
    let mut annotations = texts(&set.description, &None);
    annotations.extend([
        record(capabilities!("FilterRestrictions"), filter),
        record(capabilities!("SortRestrictions"), sort),
        restriction(capabilities!("CountRestrictions"), "Countable", can.countable),
        flag(capabilities!("TopSupported"), can.top),
        flag(capabilities!("SkipSupported"), can.skip),
        restriction(capabilities!("SearchRestrictions"), "Searchable", can.searchable),
        restriction(capabilities!("ExpandRestrictions"), "Expandable", can.expandable),
        restriction(capabilities!("SelectSupport"), "Supported", true),
        flag(capabilities!("IndexableByKey"), can.indexable_by_key),
        // This crate knows no request that changes anything.
        restriction(capabilities!("InsertRestrictions"), "Insertable", false),
        restriction(capabilities!("UpdateRestrictions"), "Updatable", false),
        restriction(capabilities!("DeleteRestrictions"), "Deletable", false),
    ]);
    annotations
}

fn level_name(level: Conformance) -> &'static str {
    match level {
        Conformance::Minimal => "Minimal",
        Conformance::Intermediate => "Intermediate",
        Conformance::Advanced => "Advanced",
    }
}

fn flag(term: &'static str, value: bool) -> Annotation<'static> {
    Annotation { term, value: Constant::Boolean(value) }
}

fn record<'a>(term: &'static str, members: Vec<(&'static str, Constant<'a>)>) -> Annotation<'a> {
    Annotation { term, value: Constant::Record(members) }
}

fn restriction(term: &'static str, member: &'static str, value: bool) -> Annotation<'static> {
    record(term, vec![(member, Constant::Boolean(value))])
}

fn paths<'a>(record: &mut Vec<(&'static str, Constant<'a>)>, member: &'static str, names: Vec<&'a str>) {
    if !names.is_empty() {
        record.push((member, Constant::PropertyPaths(names)));
    }
}
