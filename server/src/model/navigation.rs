//! The ways between the entity sets of a data source: HubSpot's associations, seen from both sides, and the owner that a
//! record names.
//!
//! Pipelines and stages have two key columns, of which a record names only one, so there is no way to them: join on the
//! columns instead.

use serde::{Deserialize, Serialize};

use super::{Origin, StoredSet};

/// The property by which a record of any object names its owner.
const OWNER: &str = "hubspot_owner_id";

/// The pairs of objects that HubSpot associates in both directions by types of its own.
const PAIRS: [(&str, &str); 7] = [
    ("contacts", "companies"),
    ("contacts", "deals"),
    ("contacts", "tickets"),
    ("companies", "deals"),
    ("companies", "tickets"),
    ("deals", "tickets"),
    ("deals", "line_items"),
];

/// A way from the records of one set to those of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNavigation {
    /// Its name in OData.
    pub name: String,
    /// The name of the set it leads to.
    pub target: String,
    /// How the other end is found.
    pub way: Way,
    /// The name of the way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
}

/// How the other end of a navigation property is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By HubSpot's associations: any number of records.
    Associated,
    /// By the column of this name, which holds the key of the other end: one row or none.
    Named(String),
}

impl StoredNavigation {
    /// Whether it leads to any number of rows, or to one at most.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        self.way == Way::Associated
    }
}

/// Gives each set its ways to the others.
pub(super) fn connect(sets: &mut [StoredSet]) {
    let mut ways: Vec<Vec<StoredNavigation>> = sets.iter().map(|from| ways_from(from, sets)).collect();
    let names: Vec<Vec<(String, String)>> = ways.iter().map(|ways| ways.iter().map(ends).collect()).collect();
    for (index, ways) in ways.iter_mut().enumerate() {
        for way in ways.iter_mut().filter(|way| way.is_collection()) {
            let other = sets.iter().position(|set| set.name == way.target);
            let back = other.and_then(|other| names[other].iter().find(|(to, _)| *to == sets[index].name));
            way.partner = back.map(|(_, name)| name.clone());
        }
    }
    for (set, ways) in sets.iter_mut().zip(ways) {
        set.navigation = ways;
    }
}

fn ends(way: &StoredNavigation) -> (String, String) {
    (way.target.clone(), way.name.clone())
}

fn ways_from(from: &StoredSet, sets: &[StoredSet]) -> Vec<StoredNavigation> {
    let Origin::Object(object) = &from.origin else { return Vec::new() };
    let mut ways: Vec<StoredNavigation> = sets.iter().filter_map(|to| way(from, object, to, sets)).collect();
    let mut taken: Vec<String> = from.properties.iter().map(|property| property.name.clone()).collect();
    for way in &mut ways {
        way.name = free(&way.name, &taken);
        taken.push(way.name.clone());
    }
    ways
}

fn way(from: &StoredSet, object: &str, to: &StoredSet, sets: &[StoredSet]) -> Option<StoredNavigation> {
    let (name, way) = match &to.origin {
        Origin::Object(other) if is_pair(object, other) || is_linked(object, other, sets) => {
            (to.name.clone(), Way::Associated)
        }
        Origin::Owners => {
            let column =
                from.properties.iter().find(|column| column.hubspot == OWNER && column.labels.is_empty())?;
            ("owner".to_owned(), Way::Named(column.name.clone()))
        }
        _ => return None,
    };
    Some(StoredNavigation { name, target: to.name.clone(), way, partner: None })
}

fn is_pair(one: &str, other: &str) -> bool {
    PAIRS.contains(&(one, other)) || PAIRS.contains(&(other, one))
}

/// Whether there is a link set between two objects. Of leads it is known that their records may not know of them.
fn is_linked(from: &str, to: &str, sets: &[StoredSet]) -> bool {
    let links = |set: &StoredSet| match &set.origin {
        Origin::Links { from: one, to: other } if one != other => {
            (one == from && other == to) || (one == to && other == from && one != "leads")
        }
        _ => false,
    };
    sets.iter().any(links)
}

/// A column may have the name already: the way then gets a number.
fn free(name: &str, taken: &[String]) -> String {
    let mut free = name.to_owned();
    let mut number = 2;
    while taken.contains(&free) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, StoredProperty, fixed};
    use super::*;

    fn object(name: &str, columns: &[&str]) -> StoredSet {
        let columns = ["id"].iter().chain(columns);
        let columns = columns.map(|name| StoredProperty::plain(name, Kind::Text)).collect();
        StoredSet::new(name.to_owned(), Origin::Object(name.to_owned()), columns)
    }

    fn shown(set: &StoredSet) -> Vec<String> {
        let way = |way: &StoredNavigation| {
            let partner = way.partner.as_deref().unwrap_or("nothing");
            format!("{} to {}, back by {partner}", way.name, way.target)
        };
        set.navigation.iter().map(way).collect()
    }

    #[test]
    fn associated_objects_lead_to_each_other_and_records_to_their_owner() {
        let mut sets = vec![
            object("contacts", &["hubspot_owner_id"]),
            object("companies", &[]),
            object("products", &["hubspot_owner_id"]),
            fixed::owners(),
        ];
        connect(&mut sets);
        assert_eq!(
            shown(&sets[0]),
            ["companies to companies, back by contacts", "owner to owners, back by nothing"]
        );
        assert_eq!(shown(&sets[1]), ["contacts to contacts, back by companies"]);
        assert_eq!(shown(&sets[2]), ["owner to owners, back by nothing"]);
        assert!(sets[3].navigation.is_empty());
    }

    #[test]
    fn a_way_does_not_take_the_name_of_a_column() {
        let mut sets = vec![object("deals", &["tickets", "tickets_2"]), object("tickets", &[])];
        connect(&mut sets);
        assert_eq!(shown(&sets[0]), ["tickets_3 to tickets, back by deals"]);
        assert_eq!(shown(&sets[1]), ["deals to deals, back by tickets_3"]);
    }
}
