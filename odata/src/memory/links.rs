//! Which entities a navigation property leads to: as the data says, by referential constraints, or as the partner says.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::load::Given;
use super::{Data, LoadError, Way, keys, value};
use crate::edm::{EntityType, Model, NavigationProperty, SetId, SingletonId, Step};
use crate::url::{self, Resource};
use crate::value::{Row, Value};

/// What the data says of navigation properties, for each set and each singleton.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) sets: Vec<Given>,
    pub(super) singletons: Vec<Given>,
}

/// Fills in the ways of every table and singleton.
pub(super) fn connect(model: &Model, data: &mut Data, named: &Named) -> Result<(), LoadError> {
    let ways_of = |kind| model.entity_type(kind).navigation.len();
    for (index, set) in model.entity_sets().iter().enumerate() {
        let origin = Origin {
            model,
            data,
            entity_type: model.entity_type(set.entity_type),
            steps: (0..ways_of(set.entity_type))
                .map(|way| model.step(set.entity_type, Some(SetId(index)), way))
                .collect(),
            rows: data.tables[index].rows.iter().collect(),
            given: &named.sets[index],
            is_set: true,
        };
        let ways = origin.ways().map_err(|error| error.within(&set.name))?;
        data.tables[index].ways = ways;
    }
    for (index, one) in model.singletons().iter().enumerate() {
        let origin = Origin {
            model,
            data,
            entity_type: model.entity_type(one.entity_type),
            steps: (0..ways_of(one.entity_type))
                .map(|way| model.step_from_singleton(SingletonId(index), way))
                .collect(),
            rows: data.singles[index].row.iter().collect(),
            given: &named.singletons[index],
            is_set: false,
        };
        let ways = origin.ways().map_err(|error| error.within(&one.name))?;
        data.singles[index].ways = ways;
    }
    reverse(model, data, named);
    Ok(())
}

/// A set or singleton, seen as where ways begin.
struct Origin<'a> {
    model: &'a Model,
    data: &'a Data,
    entity_type: &'a EntityType,
    /// Where its ways lead to.
    steps: Vec<Step>,
    rows: Vec<&'a Row>,
    given: &'a Given,
    /// Whether there may be several rows, so that errors have to say which.
    is_set: bool,
}

impl Origin<'_> {
    fn ways(&self) -> Result<Vec<Way>, LoadError> {
        (0..self.entity_type.navigation.len()).map(|index| self.way(index)).collect()
    }

    fn way(&self, index: usize) -> Result<Way, LoadError> {
        let way = &self.entity_type.navigation[index];
        let target = self.steps[index].target_set;
        let links = match target {
            Some(target) if is_given(self.given, index) => self.listed(index, target)?,
            Some(target) if !way.constraints.is_empty() => self.constrained(way, target),
            None if is_given(self.given, index) => {
                let message = "The model does not say which entity set it leads to.";
                return Err(LoadError::new(message).within(&way.name));
            }
            _ => vec![Vec::new(); self.rows.len()],
        };
        Ok(Way { target, links })
    }

    /// What the data lists, each entity once.
    fn listed(&self, index: usize, target: SetId) -> Result<Vec<Vec<usize>>, LoadError> {
        let way = &self.entity_type.navigation[index];
        let found = self.given.iter().enumerate().map(|(row, ways)| {
            let found = match (&ways[index], way.collection) {
                (None | Some(Json::Null), _) => Ok(Vec::new()),
                (Some(Json::Array(items)), true) => {
                    items.iter().map(|item| self.find(target, item)).collect()
                }
                (Some(item), false) => self.find(target, item).map(|found| vec![found]),
                (Some(_), true) => {
                    Err(LoadError::new("It leads to several entities; write an array of their keys."))
                }
            };
            found.map_err(|error: LoadError| {
                let error = error.within(&way.name);
                if self.is_set { error.within(format_args!("[{row}]")) } else { error }
            })
        });
        let mut found = found.collect::<Result<Vec<Vec<usize>>, _>>()?;
        for links in &mut found {
            links.sort_unstable();
            links.dedup();
        }
        Ok(found)
    }

    /// The entity with that key: a value, an object of values, or a path such as `Products(1)`.
    fn find(&self, target: SetId, json: &Json) -> Result<usize, LoadError> {
        let set = self.model.set(target);
        let entity_type = self.model.type_of_set(target);
        let key = entity_type.key.iter().map(|&index| &entity_type.properties[index]);
        let values: Result<Vec<Value>, _> = match json {
            Json::Object(members) => {
                key.map(|part| value::property(self.model, part, members.get(&part.name))).collect()
            }
            single if entity_type.key.len() == 1 => {
                key.map(|part| value::property(self.model, part, Some(single))).collect()
            }
            _ => Err(LoadError::new(format!("The key of {} is an object of its properties.", set.name))),
        };
        let values = match (values, json) {
            (Err(_), Json::String(path)) => self.key_in_path(target, path)?,
            (values, _) => values?,
        };
        let found = self.data.tables[target.0].keys.find(&values.iter().collect::<Vec<_>>());
        // A text key could also be meant as a path.
        let found = found.or_else(|| {
            let path = self.key_in_path(target, json.as_str()?).ok()?;
            self.data.tables[target.0].keys.find(&path.iter().collect::<Vec<_>>())
        });
        found.ok_or_else(|| LoadError::new(format!("No entity of {} has the key {json}.", set.name)))
    }

    fn key_in_path(&self, target: SetId, path: &str) -> Result<Vec<Value>, LoadError> {
        match url::parse(self.model, path, None).map(|request| request.resource) {
            Ok(Resource::Entity { set, key }) if set == target => Ok(key),
            _ => {
                let name = &self.model.set(target).name;
                Err(LoadError::new(format!("`{path}` is neither a key nor a path to an entity of {name}.")))
            }
        }
    }

    /// The rows there that have the values of the rows here; null is the same as nothing.
    fn constrained(&self, way: &NavigationProperty, target: SetId) -> Vec<Vec<usize>> {
        let mut there: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, row) in self.data.tables[target.0].rows.iter().enumerate() {
            let values: Vec<&Value> = way.constraints.iter().map(|own| &row[own.referenced]).collect();
            there.entry(keys::text(&values)).or_default().push(index);
        }
        let of = |row: &&Row| {
            let values: Vec<&Value> = way.constraints.iter().map(|own| &row[own.property]).collect();
            let known = values.iter().all(|value| !value.is_null());
            known.then(|| there.get(&keys::text(&values)).cloned()).flatten().unwrap_or_default()
        };
        self.rows.iter().map(of).collect()
    }
}

fn is_given(given: &Given, index: usize) -> bool {
    given.iter().any(|ways| ways[index].is_some())
}

/// Gives the ways nothing was said of what their partners say, the other way round.
fn reverse(model: &Model, data: &mut Data, named: &Named) {
    let told = |set: usize, index: usize| {
        let way = &model.type_of_set(SetId(set)).navigation[index];
        is_given(&named.sets[set], index) || !way.constraints.is_empty()
    };
    for (set, definition) in model.entity_sets().iter().enumerate() {
        let entity_type = model.entity_type(definition.entity_type);
        for index in 0..entity_type.navigation.len() {
            let Some(target) = data.tables[set].ways[index].target.filter(|_| !told(set, index)) else {
                continue;
            };
            let Some(back) = partner(model, entity_type, index) else { continue };
            let opposite = &data.tables[target.0].ways[back];
            if opposite.target != Some(SetId(set)) || !told(target.0, back) {
                continue;
            }
            let mut links = vec![Vec::new(); data.tables[set].rows.len()];
            for (from, to) in opposite.links.iter().enumerate() {
                to.iter().for_each(|&to| links[to].push(from));
            }
            data.tables[set].ways[index].links = links;
        }
    }
}

/// The way back, whichever of the two names the other.
fn partner(model: &Model, entity_type: &EntityType, index: usize) -> Option<usize> {
    let way = &entity_type.navigation[index];
    let there = model.entity_type(way.target);
    let named = way.partner.as_deref().and_then(|name| there.navigation_index(name));
    named.or_else(|| {
        there.navigation.iter().position(|back| {
            back.partner.as_deref() == Some(&way.name)
                && std::ptr::eq(model.entity_type(back.target), entity_type)
        })
    })
}
