//! `source associations`: the map of a data source's objects.

use feedgate::model::{Origin, StoredModel, StoredSet, Way};
use serde::Serialize;

use super::found;
use super::refresh::current_model;
use crate::failure::Failure;
use crate::output::{Answer, Table};
use crate::session::Session;

/// How two entity sets belong together.
#[derive(Debug, Serialize)]
struct Link<'a> {
    from: &'a str,
    to: &'a str,
    /// The way from the first to the second, in the feed.
    navigation: Option<&'a str>,
    /// The way back.
    back: Option<&'a str>,
    /// The column of the first that names a row of the second.
    column: Option<&'a str>,
    /// The entity set with a row for each pair.
    link_set: Option<&'a str>,
}

pub(super) async fn run(session: &Session, id: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, id).await?;
    let model = current_model(&ctx, &source).await?;
    let links = links(&model);
    Ok(Answer::new(&links, table(&links))?.also(mermaid(&model, &links)))
}

/// Each pair once, in the order of the sets.
fn links(model: &StoredModel) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    for set in &model.sets {
        for way in &set.navigation {
            let (from, to) = (set.name.as_str(), way.target.as_str());
            if links.iter().any(|link| (link.from, link.to) == (to, from)) {
                continue;
            }
            let column = match &way.way {
                Way::Named(column) => Some(column.as_str()),
                Way::Associated => None,
            };
            let link_set = if column.is_none() { link_set(model, from, to) } else { None };
            let (navigation, back) = (Some(way.name.as_str()), way.partner.as_deref());
            links.push(Link { from, to, navigation, back, column, link_set });
        }
    }
    links.extend(wayless(model, &links));
    links
}

/// Pairs that have a link set and no ways: models of programs that had no ways.
fn wayless<'a>(model: &'a StoredModel, known: &[Link<'a>]) -> Vec<Link<'a>> {
    let link = |set: &'a StoredSet| match &set.origin {
        Origin::Links { from, to } if known.iter().all(|link| link.link_set != Some(set.name.as_str())) => {
            let link_set = Some(set.name.as_str());
            Some(Link {
                from: model.object_name(from),
                to: model.object_name(to),
                navigation: None,
                back: None,
                column: None,
                link_set,
            })
        }
        _ => None,
    };
    model.sets.iter().filter_map(link).collect()
}

fn link_set<'a>(model: &'a StoredModel, one: &str, other: &str) -> Option<&'a str> {
    let path = |name: &str| match model.set(name).map(|(_, set)| &set.origin) {
        Some(Origin::Object(path)) => Some(path.as_str()),
        _ => None,
    };
    let (one, other) = (path(one)?, path(other)?);
    let between = |set: &&StoredSet| match &set.origin {
        Origin::Links { from, to } => [(one, other), (other, one)].contains(&(from.as_str(), to.as_str())),
        _ => false,
    };
    model.sets.iter().find(between).map(|set| set.name.as_str())
}

fn table(links: &[Link<'_>]) -> String {
    let header = ["FROM", "TO", "NAVIGATION", "BACK", "BY"];
    let mut table = Table::new(&header, "The objects of the data source are not linked.");
    for link in links {
        let by = match (link.column, link.link_set) {
            (Some(column), _) => format!("column {column}"),
            (None, Some(set)) => format!("entity set {set}"),
            (None, None) => "HubSpot's associations".to_owned(),
        };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        table.row([link.from.to_owned(), link.to.to_owned(), text(link.navigation), text(link.back), by]);
    }
    table.render()
}

/// An entity relationship diagram. The names of entity sets are identifiers, and need no quotes.
fn mermaid(model: &StoredModel, links: &[Link<'_>]) -> String {
    let mut lines = vec!["erDiagram".to_owned()];
    let ends = |set: &StoredSet| !matches!(set.origin, Origin::Links { .. });
    lines.extend(model.sets.iter().filter(|set| ends(set)).map(|set| format!("    {}", set.name)));
    for link in links {
        let many = if link.column.is_some() { "}o--o|" } else { "}o--o{" };
        let by = link.column.or(link.link_set).unwrap_or("associated");
        lines.push(format!("    {} {many} {} : \"{by}\"", link.from, link.to));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model() -> StoredModel {
        let set = |name: &str, origin: serde_json::Value, navigation: serde_json::Value| json!({"name": name, "origin": origin, "properties": [], "navigation": navigation});
        let way = |name: &str, way: serde_json::Value, partner: Option<&str>| json!({"name": name, "target": name.trim_end_matches("_2"), "way": way, "partner": partner});
        let owner = json!({"name": "owner", "target": "owners", "way": {"named": "hubspot_owner_id"}});
        let sets = [
            set(
                "contacts",
                json!({"object": "contacts"}),
                json!([way("companies_2", json!("associated"), Some("contacts")), owner]),
            ),
            set(
                "companies",
                json!({"object": "companies"}),
                json!([way("contacts", json!("associated"), Some("companies_2"))]),
            ),
            set("products", json!({"object": "products"}), json!([])),
            set("owners", json!("owners"), json!([])),
            set("contacts_companies", json!({"links": {"from": "contacts", "to": "companies"}}), json!([])),
        ];
        StoredModel::from_json(&json!({"format": 1, "sets": sets}).to_string()).unwrap()
    }

    #[test]
    fn the_map_is_a_table_and_a_diagram() {
        let model = model();
        insta::assert_snapshot!(table(&links(&model)), @"
        FROM      TO         NAVIGATION   BACK      BY
        contacts  companies  companies_2  contacts  entity set contacts_companies
        contacts  owners     owner                  column hubspot_owner_id
        ");
        insta::assert_snapshot!(mermaid(&model, &links(&model)), @r#"
        erDiagram
            contacts
            companies
            products
            owners
            contacts }o--o{ companies : "contacts_companies"
            contacts }o--o| owners : "hubspot_owner_id"
        "#);
    }

    #[test]
    fn a_model_without_ways_has_its_link_sets() {
        let mut model = model();
        for set in &mut model.sets {
            set.navigation.clear();
        }
        insta::assert_snapshot!(table(&links(&model)), @"
        FROM      TO         NAVIGATION  BACK  BY
        contacts  companies                    entity set contacts_companies
        ");
    }
}
