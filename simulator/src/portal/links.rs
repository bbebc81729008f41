//! Associations: which records belong together, in both directions, and by which types.

use std::collections::{BTreeMap, HashMap};

/// A type of association in one direction, by the places of the two object types.
#[derive(Debug, Clone)]
pub(crate) struct LinkType {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) id: u32,
    pub(crate) category: &'static str,
    pub(crate) label: Option<String>,
    /// The id in the other direction; none where HubSpot keeps one direction only.
    pub(crate) inverse: Option<u32>,
}

/// All associations of a portal.
#[derive(Debug, Default)]
pub(crate) struct Links {
    types: Vec<LinkType>,
    /// (from type, to type) → from id → to id → type ids, ascending.
    map: HashMap<(usize, usize), BTreeMap<u64, Vec<Link>>>,
}

/// What one record is linked to.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) to: u64,
    /// At most four types on one link: two defined by HubSpot, some by users.
    pub(crate) types: Vec<u32>,
}

impl Links {
    /// Adds a type and its inverse.
    pub(crate) fn define(
        &mut self,
        from: usize,
        to: usize,
        ids: (u32, u32),
        category: &'static str,
        label: Option<&str>,
    ) {
        let label = label.map(str::to_owned);
        self.types.push(LinkType {
            from,
            to,
            id: ids.0,
            category,
            label: label.clone(),
            inverse: Some(ids.1),
        });
        self.types.push(LinkType { from: to, to: from, id: ids.1, category, label, inverse: Some(ids.0) });
    }

    /// Adds a type that is kept in this direction only: asked from the other end, the records have none.
    pub(crate) fn define_one_way(&mut self, from: usize, to: usize, id: u32, category: &'static str) {
        self.types.push(LinkType { from, to, id, category, label: None, inverse: None });
    }

    /// The types between two object types, in this direction; empty when there are none.
    pub(crate) fn types(&self, from: usize, to: usize) -> impl Iterator<Item = &LinkType> {
        self.types.iter().filter(move |t| t.from == from && t.to == to)
    }

    /// One type.
    pub(crate) fn find(&self, from: usize, to: usize, id: u32) -> Option<&LinkType> {
        self.types(from, to).find(|t| t.id == id)
    }

    /// Links two records by a type, both ways; false when there is no such type.
    pub(crate) fn add(&mut self, from: (usize, u64), to: (usize, u64), type_id: u32) -> bool {
        let Some(inverse) = self.find(from.0, to.0, type_id).map(|t| t.inverse) else { return false };
        self.put(from, to, type_id);
        if let Some(inverse) = inverse {
            self.put(to, from, inverse);
        }
        true
    }

    /// Takes every link between two records away.
    pub(crate) fn remove(&mut self, from: (usize, u64), to: (usize, u64)) {
        for (a, b) in [(from, to), (to, from)] {
            if let Some(links) = self.map.get_mut(&(a.0, b.0)).and_then(|m| m.get_mut(&a.1)) {
                links.retain(|link| link.to != b.1);
            }
        }
    }

    /// What a record is linked to, by ascending id.
    pub(crate) fn of(&self, from: usize, to: usize, id: u64) -> &[Link] {
        self.map.get(&(from, to)).and_then(|m| m.get(&id)).map_or(&[], Vec::as_slice)
    }

    /// Every link of a pair of object types.
    pub(crate) fn all(&self, from: usize, to: usize) -> impl Iterator<Item = (u64, &Link)> {
        self.map
            .get(&(from, to))
            .into_iter()
            .flatten()
            .flat_map(|(id, links)| links.iter().map(move |l| (*id, l)))
    }

    fn put(&mut self, from: (usize, u64), to: (usize, u64), type_id: u32) {
        let links = self.map.entry((from.0, to.0)).or_default().entry(from.1).or_default();
        let at = match links.binary_search_by_key(&to.1, |l| l.to) {
            Ok(at) => at,
            Err(at) => {
                links.insert(at, Link { to: to.1, types: Vec::new() });
                at
            }
        };
        if let Err(place) = links[at].types.binary_search(&type_id) {
            links[at].types.insert(place, type_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_seen_from_both_ends_with_its_own_type_id() {
        let mut links = Links::default();
        links.define(0, 1, (279, 280), "HUBSPOT_DEFINED", None);
        links.define(0, 1, (1, 2), "HUBSPOT_DEFINED", Some("Primary"));
        assert!(links.add((0, 10), (1, 20), 279) && links.add((0, 10), (1, 20), 1));
        assert!(!links.add((0, 10), (1, 20), 999));
        assert_eq!(links.of(0, 1, 10)[0].types, [1, 279]);
        assert_eq!(links.of(1, 0, 20)[0].types, [2, 280]);
        links.remove((1, 20), (0, 10));
        assert!(links.of(0, 1, 10).is_empty() && links.of(1, 0, 20).is_empty());
    }
}
