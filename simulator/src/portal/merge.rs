//! Merging one record into another, as people do with duplicates: the old id leads to the record that is left.

use super::state::State;
use super::{Change, Portal, PortalError, table};

impl Portal {
    /// Merges a record into another of the same object. Its links move; its id is remembered in
    /// `hs_merged_object_ids`, found by single reads, and missing from lists, searches and batches.
    ///
    /// # Errors
    /// When the object or one of the records does not exist.
    pub fn merge(&self, object: &str, from: u64, into: u64) -> Result<(), PortalError> {
        let at = self.world.clock.now_ms();
        let merged = {
            let mut state = self.world.write();
            let place = state.resolve(object).ok_or_else(|| PortalError::UnknownObject(object.to_owned()))?;
            let known = |id: u64| state.tables[place].records.contains_key(&id);
            if from == into || !known(from) || !known(into) {
                return Err(PortalError::Invalid(format!("{from} into {into}")));
            }
            move_links(&mut state, place, (from, into), at);
            state.remove(place, from, at);
            let table = &mut state.tables[place];
            table.merged.values_mut().filter(|to| **to == from).for_each(|to| *to = into);
            table.merged.insert(from, into);
            let ids = table.merged.iter().filter(|(_, to)| **to == into).map(|(id, _)| id.to_string());
            ids.collect::<Vec<_>>().join(";")
        };
        let properties = [("hs_merged_object_ids".to_owned(), Some(merged))].into();
        let change = Change { id: Some(into.to_string()), properties, ..Change::default() };
        self.change(object, &change).map(|_| ())
    }

    /// The record that an id stands for since its own was merged.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn merged_into(&self, object: &str, id: u64) -> Result<Option<u64>, PortalError> {
        let state = self.world.read();
        Ok(table(&state, object)?.merged.get(&id).copied())
    }
}

fn move_links(state: &mut State, place: usize, (from, into): (u64, u64), at: i64) {
    for other in 0..state.tables.len() {
        for link in state.links.of(place, other, from).to_vec() {
            for type_id in &link.types {
                state.link((place, into), (other, link.to), *type_id, at);
            }
            state.unlink((place, from), (other, link.to), at);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::testing::{Bench, ids};

    const CONTACTS: &str = "/crm/objects/2026-09/contacts";

    #[test]
    fn an_old_id_leads_to_the_record_that_is_left_but_not_in_a_batch() {
        let bench = Bench::empty();
        let company = bench.add("companies", &[]);
        let [one, two, three] = ["a@x", "b@x", "c@x"].map(|email| bench.add("contacts", &[("email", email)]));
        let link =
            json!({"id": one.to_string(), "associations": [{"to": "companies", "id": company.to_string()}]});
        bench.control("POST", "/__sim/objects/contacts", &link.to_string());
        for (from, into) in [(one, two), (two, three)] {
            let merge = json!({"from": from.to_string(), "into": into.to_string()});
            assert_eq!(bench.control("POST", "/__sim/merge/contacts", &merge.to_string()).0, 204);
        }
        let (_, found) = bench.get(&format!("{CONTACTS}/{one}?properties=hs_merged_object_ids"));
        assert_eq!(found["id"], three.to_string());
        assert_eq!(found["properties"]["hs_merged_object_ids"], format!("{one};{two}"));
        assert_eq!(ids(&bench.get(CONTACTS).1), [three]);
        let batch = json!({"inputs": [{"id": one.to_string()}, {"id": three.to_string()}]});
        let (status, answer) = bench.post(&format!("{CONTACTS}/batch/read"), &batch);
        assert_eq!((status, ids(&answer)), (207, vec![three]));
        assert_eq!(bench.portal.links("contacts", "companies").unwrap(), [(three, company, vec![279])]);
        assert_eq!(bench.portal.merged_into("contacts", one).unwrap(), Some(three));
    }

    #[test]
    fn nothing_is_merged_into_itself_or_into_nothing() {
        let bench = Bench::empty();
        let id = bench.add("contacts", &[]);
        assert!(bench.portal.merge("contacts", id, id).is_err());
        assert!(bench.portal.merge("contacts", id, 99).is_err());
    }
}
