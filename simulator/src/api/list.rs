//! Listing records by ascending id, and one record by its id.
//!
//! `after` is the id of the next record, so any number can be given: the page starts at the first id that is not smaller.

use std::ops::Bound;

use serde::Serialize;

use super::answer::{Answer, Problem};
use super::request::Request;
use super::rows::{Paging, Projection, RowBody};
use super::{Scene, associations, whole};
use crate::portal::record::Record;

/// Rows of a page, and with `propertiesWithHistory`.
const MAX_LIMIT: usize = 100;
const MAX_LIMIT_WITH_HISTORY: usize = 50;

#[derive(Serialize)]
struct Page<'a> {
    results: Vec<RowBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// A page of records.
pub(super) fn list(scene: &Scene, request: &Request) -> Result<Answer, Problem> {
    let history = request.list("propertiesWithHistory");
    let max = if history.is_empty() { MAX_LIMIT } else { MAX_LIMIT_WITH_HISTORY };
    let limit = whole(request.parameter("limit"), "limit", 10, max)?;
    let after = cursor(scene, request.parameter("after"))?;
    let archived = request.flag("archived");
    let (rows, next) = page(scene, after, limit, archived);
    let projection = Projection::new(scene.table, scene.quirks, &request.list("properties"));
    let pairs = request.list("associations");
    let results = rows.into_iter().map(|record| {
        let mut body =
            RowBody::new(&projection, record).with_history(scene.table, record, &history).with_url(scene);
        body.associations = associations::embedded(scene, record.id, &pairs);
        body
    });
    let results = results.collect();
    let paging = next.map(|id| Paging::number(id, scene.quirks, Some(link(request, id))));
    Ok(Answer::json(200, &Page { results, paging }))
}

/// One record, by its id or by a property with unique values.
pub(super) fn get(scene: &Scene, id: &str, request: &Request) -> Result<Answer, Problem> {
    let archived = request.flag("archived");
    let property = request.parameter("idProperty");
    let merged = || scene.table.records.get(scene.table.merged.get(&id.parse().ok()?)?);
    let record = find(scene, id, property.as_deref())?.or_else(|| merged().filter(|_| property.is_none()));
    let found = record.filter(|record| record.archived.is_some() == archived);
    let record = found.ok_or_else(|| Problem::NotFound("resource not found".to_owned()))?;
    let projection = Projection::new(scene.table, scene.quirks, &request.list("properties"));
    let history = request.list("propertiesWithHistory");
    let mut body =
        RowBody::new(&projection, record).with_history(scene.table, record, &history).with_url(scene);
    body.associations = associations::embedded(scene, record.id, &request.list("associations"));
    Ok(Answer::json(200, &body))
}

/// The record that an id, or the value of a unique property, names.
pub(super) fn find<'a>(
    scene: &Scene<'a>,
    id: &str,
    property: Option<&str>,
) -> Result<Option<&'a Record>, Problem> {
    let Some(name) = property.filter(|name| *name != "hs_object_id") else {
        return Ok(id.parse().ok().and_then(|id: u64| scene.table.records.get(&id)));
    };
    let column = scene.table.column(name);
    let unique = scene.table.properties.iter().any(|p| p.name == name && p.has_unique_value);
    let column = column.filter(|_| unique);
    let column =
        column.ok_or_else(|| Problem::Invalid(format!("{name} is not a property with unique values")))?;
    let holds = |record: &&Record| record.text(column).is_some_and(|text| text.eq_ignore_ascii_case(id));
    Ok(scene.table.records.values().find(holds))
}

fn cursor(scene: &Scene, after: Option<String>) -> Result<u64, Problem> {
    let Some(text) = after.filter(|text| !text.is_empty()) else { return Ok(0) };
    let id: u64 = text.parse().map_err(|_| Problem::Invalid(format!("Invalid value for after: {text}")))?;
    let records = &scene.table.records;
    let known = records.contains_key(&id) || records.contains_key(&id.saturating_sub(1));
    if scene.quirks.strict_cursor && !known {
        return Err(Problem::Invalid(format!("Invalid value for after: {text}")));
    }
    Ok(id)
}

/// The rows of a page, and the id of the row behind them.
fn page<'a>(scene: &Scene<'a>, after: u64, limit: usize, archived: bool) -> (Vec<&'a Record>, Option<u64>) {
    let range = scene.table.records.range((Bound::Included(after), Bound::Unbounded));
    let mut rows: Vec<&Record> = range
        .map(|(_, record)| record)
        .filter(|r| r.archived.is_some() == archived)
        .take(limit + 1)
        .collect();
    let keep = kept(scene, scene.world.next_page(), limit.min(rows.len()));
    let next = rows.get(keep).map(|record| record.id);
    rows.truncate(keep);
    (rows, next)
}

/// How many of the rows the `number`-th page shows: all, unless a quirk makes it short or empty.
pub(super) fn kept(scene: &Scene, number: u64, rows: usize) -> usize {
    match scene.quirks {
        quirks if quirks.empty_pages && number % 4 == 3 => 0,
        quirks if quirks.short_pages && number % 3 == 2 => rows.div_ceil(2),
        _ => rows,
    }
}

/// The address of the next page: the same call with the new cursor.
fn link(request: &Request, after: u64) -> String {
    let others = request.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
    let query = others.chain([format!("after={after}").as_str()]).collect::<Vec<_>>().join("&");
    format!("https://api.hubapi.com{}?{query}", request.path)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, ids};
    use crate::quirks::Quirks;
    use crate::settings::Settings;

    const PATH: &str = "/crm/objects/2026-09/contacts";

    #[test]
    fn every_living_row_comes_once_in_the_order_of_ids() {
        let bench = Bench::with(Settings::small(250));
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let (_, answer) = bench.get(&format!("{PATH}?limit=100&after={after}"));
            all.extend(ids(&answer));
            let Some(next) = answer["paging"]["next"]["after"].as_str() else { break };
            assert!(answer["paging"]["next"]["link"].as_str().unwrap().ends_with(&format!("after={next}")));
            after = next.to_owned();
        }
        let living: Vec<u64> = bench
            .portal
            .rows("contacts")
            .unwrap()
            .iter()
            .filter(|row| !row.archived)
            .map(|row| row.id)
            .collect();
        assert_eq!(all, living);
    }

    #[test]
    fn any_number_is_a_cursor_unless_the_quirk_is_on() {
        let bench = Bench::with(Settings::small(30));
        let all = ids(&bench.get(&format!("{PATH}?limit=100")).1);
        let between = all[3] + 1;
        assert_eq!(ids(&bench.get(&format!("{PATH}?limit=2&after={between}")).1), all[4..6]);
        assert_eq!(ids(&bench.get(&format!("{PATH}?after=999999999999999")).1), [0; 0]);
        assert_eq!(bench.get(&format!("{PATH}?after=abc")).0, 400);
        let bench = bench.quirks(Quirks { strict_cursor: true, ..Quirks::default() });
        assert_eq!(bench.get(&format!("{PATH}?after={}", all[3])).0, 200);
        assert_eq!(bench.get(&format!("{PATH}?after=5")).0, 400);
    }

    #[test]
    fn the_limit_is_10_and_at_most_100_or_50_with_history() {
        let bench = Bench::with(Settings::small(120));
        let status = |query: &str| bench.get(&format!("{PATH}?{query}")).0;
        assert_eq!(ids(&bench.get(PATH).1).len(), 10);
        assert_eq!([status("limit=100"), status("limit=101"), status("limit=0")], [200, 400, 400]);
        assert_eq!(
            [status("limit=50&propertiesWithHistory=email"), status("limit=51&propertiesWithHistory=email")],
            [200, 400]
        );
    }

    #[test]
    fn properties_are_alphabetical_with_nulls_and_three_that_always_come() {
        let bench = Bench::empty();
        let id = bench.add("contacts", &[("lastname", "Ürün\n\"x\""), ("firstname", "")]);
        let body = String::from_utf8(
            bench
                .call("GET", &format!("{PATH}?properties=lastname,nonsense&properties=vip,firstname"), "")
                .body,
        );
        let at = "2026-11-01T02:00:00.001Z";
        let expected = format!(
            r#"{{"results":[{{"id":"{id}","properties":{{"createdate":"{at}","firstname":"","hs_object_id":"{id}","lastmodifieddate":"{at}","lastname":"Ürün\n\"x\"","vip":null}},"createdAt":"{at}","updatedAt":"{at}","archived":false,"url":"https://app.hubspot.com/contacts/48213377/record/0-1/{id}"}}]}}"#
        );
        assert_eq!(body.unwrap(), expected);
    }

    #[test]
    fn without_names_the_defaults_of_the_type_come() {
        let bench = Bench::with(Settings::small(10));
        let keys = |kind: &str| {
            let (_, answer) = bench.get(&format!("/crm/v3/objects/{kind}?limit=1"));
            answer["results"][0]["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(keys("contact"), "createdate email firstname hs_object_id lastmodifieddate lastname");
        assert_eq!(keys("0-2"), "createdate domain hs_lastmodifieddate hs_object_id name");
        assert_eq!(
            keys("DEALS"),
            "amount closedate createdate dealname dealstage hs_lastmodifieddate hs_object_id pipeline"
        );
        assert_eq!(keys("line_items"), "amount createdate hs_lastmodifieddate hs_object_id price quantity");
    }

    #[test]
    fn archived_shows_archived_rows_only() {
        let bench = Bench::empty();
        let (gone, _alive) = (bench.add("contacts", &[]), bench.add("contacts", &[]));
        bench.portal.archive("contacts", gone).unwrap();
        let (_, answer) = bench.get(&format!("{PATH}?archived=true"));
        assert_eq!(ids(&answer), [gone]);
        assert!(answer["results"][0]["archivedAt"].is_string());
        assert_eq!(bench.get(&format!("{PATH}/{gone}")).0, 404);
        assert_eq!(bench.get(&format!("{PATH}/{gone}?archived=true")).0, 200);
    }

    #[test]
    fn one_record_is_found_by_id_or_unique_property() {
        let bench = Bench::empty();
        let id = bench.add("contacts", &[("email", "Anna@x.example")]);
        assert_eq!(bench.get(&format!("{PATH}/{id}")).1["id"], id.to_string());
        assert_eq!(bench.get(&format!("{PATH}/anna@x.example?idProperty=email")).1["id"], id.to_string());
        assert_eq!(bench.get(&format!("{PATH}/x?idProperty=lastname")).0, 400);
        let (status, answer) = bench.get(&format!("{PATH}/99"));
        assert_eq!((status, answer["category"].as_str()), (404, Some("OBJECT_NOT_FOUND")));
    }

    #[test]
    fn quirky_pages_lose_no_row() {
        let quirks = Quirks { short_pages: true, empty_pages: true, ..Quirks::default() };
        let bench = Bench::with(Settings::small(90)).quirks(quirks);
        let (mut all, mut after, mut empty) = (Vec::new(), "0".to_owned(), 0);
        loop {
            let (_, answer) = bench.get(&format!("{PATH}?limit=10&after={after}"));
            empty += usize::from(ids(&answer).is_empty());
            all.extend(ids(&answer));
            let Some(next) = answer["paging"]["next"]["after"].as_str() else { break };
            after = next.to_owned();
        }
        assert_eq!((all.len(), all.is_sorted()), (90, true));
        assert!(empty > 0);
    }

    #[test]
    fn nulls_and_dates_change_their_form_when_told_to() {
        let bench = Bench::empty();
        bench.add("contacts", &[("createdate", "2024-05-01")]);
        let bench = bench.quirks(Quirks { absent_nulls: true, epoch_dates: true, ..Quirks::default() });
        let (_, answer) = bench.get(&format!("{PATH}?properties=email"));
        let properties = &answer["results"][0]["properties"];
        assert_eq!(properties["createdate"], "1714521600000");
        assert!(properties.get("email").is_none());
    }

    #[test]
    fn a_url_that_is_too_long_gets_html() {
        let bench = Bench::empty();
        let answer = bench.call("GET", &format!("{PATH}?properties={}", "x".repeat(16_200)), "");
        assert_eq!((answer.status, answer.content_type), (414, "text/html"));
        assert_eq!(bench.get(&format!("{PATH}?properties={}", "x".repeat(16_100))).0, 200);
    }

    #[test]
    fn the_same_seed_gives_the_same_portal() {
        let rows =
            |seed| Bench::with(Settings { seed, ..Settings::small(200) }).portal.rows("contacts").unwrap();
        assert_eq!(rows(7), rows(7));
        assert_ne!(rows(7), rows(8));
    }
}
