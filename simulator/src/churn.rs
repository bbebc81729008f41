//! People who change rows while the portal is read: they create, change, delete, merge and link, at a rate by calls.
//!
//! Each call of the API gives the next throw of the dice, before it is answered. So the same calls under the same seed
//! meet the same changes, whatever the speed of the machine. Changed rows carry the portal's clock, as real ones do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::instant::iso;
use crate::portal::record::Record;
use crate::portal::{Change, NewLink, Portal};
use crate::world::World;

/// How often rows change, and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Churn {
    /// Changes for each hundred calls of the API.
    pub per_100_calls: u32,
    /// The object types they happen to.
    pub objects: Vec<String>,
    /// Share of new rows, copied from others; the shares are parts of their sum.
    pub create: u32,
    /// Share of rows of which a value changes to that of another row.
    pub change: u32,
    /// Share of deleted rows.
    pub archive: u32,
    /// Share of rows that are merged into another.
    pub merge: u32,
    /// Share of links that are made, or taken away, between contacts and companies.
    pub link: u32,
}

impl Default for Churn {
    fn default() -> Churn {
        let objects = vec!["contacts".to_owned()];
        Churn { per_100_calls: 10, objects, create: 3, change: 8, archive: 2, merge: 1, link: 2 }
    }
}

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Create,
    Change,
    Archive,
    Merge,
    Link,
}

/// Lets happen what falls on this call.
pub(crate) fn stir(world: &Arc<World>) {
    let call = world.next_call();
    let Some(churn) = world.behaviour().churn else { return };
    let mut dice = Dice::new(world.settings.seed, 73, call);
    let rate = churn.per_100_calls as usize;
    let portal = Portal { world: Arc::clone(world) };
    for _ in 0..rate / 100 + usize::from(dice.below(100) < rate % 100) {
        // A deed that finds no row for it does not happen.
        let _ = churn.act(&portal, &mut dice);
    }
}

impl Churn {
    fn deed(&self, dice: &mut Dice) -> Option<Deed> {
        let shares = [
            (self.create, Deed::Create),
            (self.change, Deed::Change),
            (self.archive, Deed::Archive),
            (self.merge, Deed::Merge),
            (self.link, Deed::Link),
        ];
        let mut throw = dice.below(shares.iter().map(|(share, _)| *share as usize).sum());
        for (share, deed) in shares {
            let share = share as usize;
            if throw < share {
                return Some(deed);
            }
            throw -= share;
        }
        None
    }

    fn act(&self, portal: &Portal, dice: &mut Dice) -> Option<()> {
        let deed = self.deed(dice)?;
        let object = self.objects.get(dice.below(self.objects.len()))?.as_str();
        let now = iso(portal.world.clock.now_ms());
        let touched =
            |id: u64| Change { id: Some(id.to_string()), updated_at: Some(now.clone()), ..Change::default() };
        let change = match deed {
            Deed::Create => Change {
                properties: values(portal, object, dice)?,
                created_at: Some(now.clone()),
                updated_at: Some(now.clone()),
                ..Change::default()
            },
            Deed::Change => {
                let id = living(portal, object, dice)?;
                let others = values(portal, object, dice)?;
                let value = others.into_iter().nth(dice.below(3))?;
                Change { properties: [value].into(), ..touched(id) }
            }
            Deed::Archive => Change { archived: Some(true), ..touched(living(portal, object, dice)?) },
            Deed::Merge => {
                let (from, into) = (living(portal, object, dice)?, living(portal, object, dice)?);
                portal.merge(object, from, into).ok()?;
                touched(into)
            }
            Deed::Link => {
                let (contact, company) =
                    (living(portal, "contacts", dice)?, living(portal, "companies", dice)?);
                let link = NewLink {
                    to: "companies".to_owned(),
                    id: company.to_string(),
                    type_ids: Vec::new(),
                    removed: dice.chance(400),
                };
                // HubSpot does not touch a record's time of change for its associations.
                return portal.link("contacts", contact, &link).ok();
            }
        };
        portal.change(object, &change).ok().map(|_| ())
    }
}

/// A living row, found by a random id between the first and the last.
fn living(portal: &Portal, object: &str, dice: &mut Dice) -> Option<u64> {
    pick(portal, object, dice, |record| record.id)
}

/// The values that a random row has, without those that HubSpot keeps itself.
fn values(
    portal: &Portal,
    object: &str,
    dice: &mut Dice,
) -> Option<std::collections::BTreeMap<String, Option<String>>> {
    let id = living(portal, object, dice)?;
    let row = portal.row(object, id).ok()??;
    let special = ["hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"];
    let mut values: Vec<(String, Option<String>)> = row
        .properties
        .into_iter()
        .filter(|(name, _)| !special.contains(&name.as_str()) && name != "hs_merged_object_ids")
        .map(|(name, value)| (name, Some(value)))
        .collect();
    dice.shuffle(&mut values);
    Some(values.into_iter().collect())
}

fn pick<T>(portal: &Portal, object: &str, dice: &mut Dice, of: impl Fn(&Record) -> T) -> Option<T> {
    let state = portal.world.read();
    let records = &state.tables[state.resolve(object)?].records;
    let (first, last) = (*records.first_key_value()?.0, *records.last_key_value()?.0);
    let from = dice.between(first.cast_signed(), last.cast_signed()).cast_unsigned();
    let lives = |record: &&Record| record.archived.is_none();
    let behind = records.range(from..).map(|(_, record)| record).find(lives);
    behind.or_else(|| records.values().find(lives)).map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::Bench;
    use crate::settings::Settings;

    fn stirred(churn: Churn) -> Vec<crate::LoggedChange> {
        let bench = Bench::with(Settings { churn: Some(churn), ..Settings::small(200) });
        (0..300).for_each(|_| stir(&bench.portal.world));
        bench.portal.changes(0)
    }

    #[test]
    fn the_same_seed_changes_the_same_rows_in_the_same_way() {
        let told = |log: Vec<crate::LoggedChange>| {
            log.iter().map(|c| format!("{:?} {} {:?}", c.kind, c.id, c.after)).collect::<Vec<_>>()
        };
        let churn = || Churn { objects: vec!["contacts".to_owned(), "deals".to_owned()], ..Churn::default() };
        let first = told(stirred(churn()));
        assert!((15..90).contains(&first.len()), "{}", first.len());
        assert_eq!(first, told(stirred(churn())));
    }

    #[test]
    fn every_deed_happens_and_rows_carry_the_portal_s_clock() {
        let log = stirred(Churn { per_100_calls: 250, ..Churn::default() });
        let rows: Vec<_> = log.iter().filter(|c| c.kind == crate::LoggedKind::Row).collect();
        let count = |what: &dyn Fn(&&&crate::LoggedChange) -> bool| rows.iter().filter(what).count();
        let born = count(&|c| c.before.is_none());
        let gone = count(&|c| c.after.as_ref().is_some_and(|row| row.archived));
        let merged = count(&|c| c.after.is_none());
        let changed = count(&|c| c.before.is_some() && c.after.as_ref().is_some_and(|row| !row.archived));
        assert!(born > 50 && gone > 30 && merged > 10 && changed > 100, "{born} {gone} {merged} {changed}");
        assert!(log.iter().any(|c| c.kind == crate::LoggedKind::Link));
        assert!(log.iter().any(|c| c.kind == crate::LoggedKind::Unlink));
        let last = rows.iter().rev().find_map(|c| c.after.as_ref()).unwrap();
        assert_eq!(last.updated_at, "2027-01-15T08:00:00Z", "the clock of the bench");
    }
}
