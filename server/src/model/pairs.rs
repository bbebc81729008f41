//! Which objects HubSpot associates with each other: a link set for each pair.
//!
//! The pairs that every portal has are a table. Of any other two objects HubSpot is asked whether it knows a type of
//! association between them. Links are read from one side: from custom objects to standard ones, from activities, quotes
//! and leads to the records they are about.

use futures_util::future::try_join_all;
use hubspot::{Call, Client, Error};

use super::objects::PortalObject;
use super::standard::place;
use super::{StoredSet, fixed};

/// The pairs that need no question, read from the first.
const ALWAYS: [(&str, &str); 6] = [
    ("contacts", "companies"),
    ("contacts", "deals"),
    ("companies", "deals"),
    ("tickets", "contacts"),
    ("tickets", "companies"),
    ("deals", "line_items"),
];

/// Questions that are asked together: a portal takes 100 or more in ten seconds.
const TOGETHER: usize = 10;

/// The link sets between those of these objects that HubSpot associates; `sets` have their names already.
pub(super) async fn links(
    client: &Client,
    call: &Call,
    objects: &[&PortalObject],
    sets: &[StoredSet],
) -> Result<Vec<StoredSet>, Error> {
    let pairs = pairs(objects);
    let mut links = Vec::new();
    for chunk in pairs.chunks(TOGETHER) {
        let known = chunk.iter().map(|(from, to)| are_associated(client, call, &from.path, &to.path));
        let known = try_join_all(known).await?;
        links.extend(
            chunk.iter().zip(known).filter(|(_, known)| *known).map(|((from, to), _)| fixed::link(from, to)),
        );
    }
    for index in 0..links.len() {
        let taken =
            |name: &str, links: &[StoredSet]| sets.iter().chain(&links[..index]).any(|set| set.name == name);
        let (base, mut number) = (links[index].name.clone(), 2);
        while taken(&links[index].name, &links) {
            links[index].name = format!("{base}_{number}");
            number += 1;
        }
    }
    Ok(links)
}

/// Each two objects once, and each one with itself, in the direction they are read.
fn pairs<'a>(objects: &[&'a PortalObject]) -> Vec<(&'a PortalObject, &'a PortalObject)> {
    let mut pairs = Vec::new();
    let always = ALWAYS.iter().filter_map(|(from, to)| {
        let at = |path: &str| objects.iter().find(|object| object.path == path).copied();
        Some((at(from)?, at(to)?))
    });
    pairs.extend(always);
    for (index, one) in objects.iter().enumerate() {
        for other in &objects[index..] {
            let is_pair = |(a, b): &(&PortalObject, &PortalObject)| {
                (a.path == one.path && b.path == other.path) || (a.path == other.path && b.path == one.path)
            };
            if !pairs.iter().any(is_pair) {
                pairs.push(if comes_first(one, other) { (*one, *other) } else { (*other, *one) });
            }
        }
    }
    pairs
}

/// Whether links are read from `one` to `other`.
fn comes_first(one: &PortalObject, other: &PortalObject) -> bool {
    match (place(&one.path), place(&other.path)) {
        (Some(one), Some(other)) => one >= other,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        // By their numbers, which are never given again.
        (None, None) => (one.path.len(), &one.path) <= (other.path.len(), &other.path),
    }
}

async fn are_associated(client: &Client, call: &Call, from: &str, to: &str) -> Result<bool, Error> {
    if ALWAYS.contains(&(from, to)) {
        return Ok(true);
    }
    match client.association_labels(call, from, to).await {
        Ok(types) => Ok(!types.is_empty()),
        Err(Error::ScopeMissing { .. } | Error::NotFound { .. } | Error::Rejected { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::object;
    use super::super::standard::standard;
    use super::*;

    #[test]
    fn the_direction_of_a_pair_does_not_depend_on_the_order_of_choice() {
        let custom = PortalObject { path: "2-5".to_owned(), name: "vehicle".to_owned(), ..object("goals") };
        let names =
            ["contacts", "notes", "deals", "tickets"].map(|name| PortalObject::from(standard(name).unwrap()));
        let mut objects: Vec<&PortalObject> = names.iter().chain([&custom]).collect();
        let shown = |objects: &[&PortalObject]| {
            let mut pairs: Vec<String> =
                pairs(objects).iter().map(|(from, to)| format!("{}>{}", from.name, to.name)).collect();
            pairs.sort();
            pairs
        };
        let forth = shown(&objects);
        objects.reverse();
        assert_eq!(shown(&objects), forth);
        assert_eq!(forth.len(), 15);
        for pair in [
            "contacts>deals",
            "tickets>contacts",
            "notes>contacts",
            "tickets>deals",
            "vehicle>notes",
            "deals>deals",
        ] {
            assert!(forth.iter().any(|known| known == pair), "{pair} in {forth:?}");
        }
    }
}
