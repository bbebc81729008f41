//! Lists of records: by hand, or by a rule that is always up to date.

use std::collections::BTreeMap;

use super::record::Record;
use super::state::Table;
use super::{Portal, PortalError, state};

/// A list.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The place of its object type.
    pub(crate) object: usize,
    pub(crate) rule: Rule,
    pub(crate) created: i64,
}

/// Who is on a list.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// Records whose property holds this value, or has it among several.
    Holds(&'static str, &'static str),
    /// These, and since when.
    ByHand(BTreeMap<u64, i64>),
}

impl List {
    /// The living records on it, by id, and since when.
    pub(crate) fn members<'a>(&'a self, table: &'a Table) -> Box<dyn Iterator<Item = (u64, i64)> + 'a> {
        let lives = |record: &&Record| record.archived.is_none();
        match &self.rule {
            Rule::ByHand(ids) => Box::new(
                ids.iter()
                    .filter(move |(id, _)| table.records.get(id).is_some_and(|r| lives(&r)))
                    .map(|(id, at)| (*id, *at)),
            ),
            Rule::Holds(property, value) => {
                let column = table.column(property);
                let holds = move |record: &&Record| {
                    let text = column.and_then(|column: state::Column| record.text(column));
                    text.is_some_and(|text| text.split(';').any(|part| part == *value))
                };
                let since = |record: &Record| (record.id, record.created.max(self.created));
                Box::new(table.records.values().filter(lives).filter(holds).map(since))
            }
        }
    }
}

impl Portal {
    /// Adds a list that is kept by hand, and returns its id.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn add_list(&self, name: &str, object: &str, members: &[u64]) -> Result<u64, PortalError> {
        let mut state = self.world.write();
        let place = state.resolve(object).ok_or_else(|| PortalError::UnknownObject(object.to_owned()))?;
        state.changes += 1;
        let now = self.world.settings.now.as_millisecond() + state.changes;
        let id = state.lists.last().map_or(1, |list| list.id + 1);
        let members = members.iter().map(|id| (*id, now)).collect();
        let (name, rule) = (name.to_owned(), Rule::ByHand(members));
        state.lists.push(List { id, name, object: place, rule, created: now });
        Ok(id)
    }

    /// The ids of the records on a list.
    ///
    /// # Errors
    /// When there is no such list.
    pub fn list_members(&self, id: u64) -> Result<Vec<u64>, PortalError> {
        let state = self.world.read();
        let list = state.lists.iter().find(|list| list.id == id);
        let list = list.ok_or_else(|| PortalError::Invalid(id.to_string()))?;
        Ok(list.members(&state.tables[list.object]).map(|(id, _)| id).collect())
    }
}
