//! From JSON to tables.

use serde_json::{Map, Value as Json};

use super::keys::{self, Keys};
use super::links::{self, Named};
use super::{Data, LoadError, PAGE_ROWS, Single, Table, value};
use crate::edm::{EntityType, Model, TypeId};
use crate::hint::hint;
use crate::value::Row;

type Object = Map<String, Json>;

impl Data {
    /// Loads rows for a model from JSON; the shape is described at [the module](super).
    ///
    /// # Errors
    /// The first thing that does not fit the model: no JSON, a name that is not declared, a value of another type, a
    /// key that occurs twice or leads nowhere.
    ///
    /// ```
    /// use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
    /// use odata::memory::Data;
    ///
    /// let mut builder = Model::builder("Crm", "Feed");
    /// let contact = EntityType::new("contact")
    ///     .property(Property::new("id", Primitive::Int64).required())
    ///     .property(Property::new("born", Primitive::Date))
    ///     .keyed_by(&["id"]);
    /// let contact = builder.entity_type(contact);
    /// builder.entity_set(EntitySet::new("contacts", contact));
    /// let model = builder.build()?;
    ///
    /// assert!(Data::load(&model, r#"{"contacts": [{"id": 1, "born": "1815-12-10"}]}"#).is_ok());
    /// let error = Data::load(&model, r#"{"contacts": [{"id": 1, "born": "yesterday"}]}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "contacts[0].born: \"yesterday\" is no Edm.Date.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(model: &Model, json: &str) -> Result<Self, LoadError> {
        let root: Json = serde_json::from_str(json)
            .map_err(|error| LoadError::new(format!("The data is no JSON: {error}.")))?;
        let Json::Object(root) = root else {
            return Err(LoadError::new("The data must be one JSON object."));
        };
        known_names(model, &root)?;
        let mut named = Named::default();
        let mut tables = Vec::new();
        for set in model.entity_sets() {
            let loaded = table(model, set.entity_type, root.get(&set.name))
                .map_err(|error| error.within(&set.name))?;
            tables.push(loaded.0);
            named.sets.push(loaded.1);
        }
        let mut singles = Vec::new();
        for singleton in model.singletons() {
            let kind = singleton.entity_type;
            let loaded = single(model, model.entity_type(kind), root.get(&singleton.name));
            let (row, given) = loaded.map_err(|error| error.within(&singleton.name))?;
            singles.push(Single { kind, row, ways: Vec::new() });
            named.singletons.push(given);
        }
        let mut data = Self { tables, singles, page_rows: PAGE_ROWS };
        links::connect(model, &mut data, &named)?;
        Ok(data)
    }
}

fn known_names(model: &Model, root: &Object) -> Result<(), LoadError> {
    let sets = model.entity_sets().iter().map(|set| set.name.as_str());
    let names: Vec<&str> = sets.chain(model.singletons().iter().map(|one| one.name.as_str())).collect();
    match root.keys().find(|name| !is_annotation(name) && !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let hint = hint(unknown, names.into_iter());
            Err(LoadError::new(format!("There is no entity set or singleton `{unknown}`.{hint}")))
        }
    }
}

fn is_annotation(name: &str) -> bool {
    name.starts_with(['@', '$'])
}

/// What each row of a set says of its navigation properties: for each of them, the JSON if it is there.
pub(super) type Given = Vec<Vec<Option<Json>>>;

fn table(model: &Model, kind: TypeId, json: Option<&Json>) -> Result<(Table, Given), LoadError> {
    let entity_type = model.entity_type(kind);
    let items = match json {
        None => &[][..],
        Some(Json::Array(items)) => items,
        Some(_) => return Err(LoadError::new("It is an entity set; write an array.")),
    };
    let (key, mut given) = (entity_type.key.clone(), Vec::new());
    let mut table = Table { kind, key, rows: Vec::new(), keys: Keys::default(), ways: Vec::new() };
    for (index, item) in items.iter().enumerate() {
        let loaded = entity(model, entity_type, item).and_then(|(row, ways)| {
            if table.keys.add(&keys::of(&table.key, &row), index) {
                Ok((row, ways))
            } else {
                Err(LoadError::new("Another entity before it has the same key."))
            }
        });
        let (row, ways) = loaded.map_err(|error| error.within(format_args!("[{index}]")))?;
        table.rows.push(row);
        given.push(ways);
    }
    Ok((table, given))
}

fn single(
    model: &Model,
    entity_type: &EntityType,
    json: Option<&Json>,
) -> Result<(Option<Row>, Given), LoadError> {
    match json {
        None | Some(Json::Null) => Ok((None, Vec::new())),
        Some(item) => entity(model, entity_type, item).map(|(row, ways)| (Some(row), vec![ways])),
    }
}

fn entity(
    model: &Model,
    entity_type: &EntityType,
    json: &Json,
) -> Result<(Row, Vec<Option<Json>>), LoadError> {
    let Json::Object(members) = json else { return Err(LoadError::new("It is an entity; write an object.")) };
    for name in members.keys() {
        declared(entity_type, name)?;
    }
    let read =
        |property: &crate::edm::Property| value::property(model, property, members.get(&property.name));
    let row = entity_type.properties.iter().map(read).collect::<Result<Row, _>>()?;
    let ways = entity_type.navigation.iter().map(|way| {
        members.get(&way.name).or_else(|| members.get(&format!("{}@odata.bind", way.name))).cloned()
    });
    Ok((row, ways.collect()))
}

/// Annotations may be there and mean nothing, except for `@odata.bind`.
fn declared(entity_type: &EntityType, member: &str) -> Result<(), LoadError> {
    let name = match member.split_once('@') {
        Some((name, "odata.bind")) => name,
        Some(_) => return Ok(()),
        None => member,
    };
    if entity_type.property_index(name).is_some() || entity_type.navigation_index(name).is_some() {
        return Ok(());
    }
    let properties = entity_type.properties.iter().map(|property| property.name.as_str());
    let hint = hint(name, properties.chain(entity_type.navigation.iter().map(|way| way.name.as_str())));
    Err(LoadError::new(format!("`{name}` is not a property of {}.{hint}", entity_type.name)))
}
