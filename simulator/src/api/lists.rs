//! Lists, and the records on them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Problem};
use super::request::Request;
use super::rows::Paging;
use super::whole;
use crate::instant::iso;
use crate::portal::lists::{List, Rule};
use crate::portal::state::State;

/// Lists of an answer, and records of a page.
const MAX_LISTS: usize = 500;
const MAX_MEMBERS: usize = 250;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Search {
    query: Option<String>,
    offset: usize,
    count: Option<usize>,
    list_ids: Vec<String>,
    processing_types: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    offset: usize,
    has_more: bool,
    lists: Vec<ListBody<'a>>,
    total: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<'a> {
    list_id: String,
    list_version: u32,
    created_at: String,
    updated_at: String,
    filters_updated_at: String,
    processing_status: &'static str,
    created_by_id: &'static str,
    updated_by_id: &'static str,
    processing_type: &'static str,
    object_type_id: &'a str,
    name: &'a str,
    additional_properties: Additional,
}

#[derive(Serialize)]
struct Additional {
    hs_list_size: String,
    hs_list_reference_count: &'static str,
}

/// The lists whose names begin with the query, by their ids.
pub(super) fn search(state: &State, request: &Request) -> Result<Answer, Problem> {
    let body =
        if request.body.is_empty() { Ok(Search::default()) } else { serde_json::from_slice(&request.body) };
    let body: Search = body.map_err(|e| Problem::Invalid(format!("Invalid input JSON: {e}")))?;
    let count = body.count.unwrap_or(20);
    if count > MAX_LISTS {
        return Err(Problem::Invalid(format!("count must not be above {MAX_LISTS}")));
    }
    let query = body.query.unwrap_or_default().to_lowercase();
    let wanted = |list: &&List| {
        list.name.to_lowercase().contains(&query)
            && (body.list_ids.is_empty() || body.list_ids.contains(&list.id.to_string()))
            && (body.processing_types.is_empty()
                || body.processing_types.iter().any(|t| t == processing(list)))
    };
    let all: Vec<&List> = state.lists.iter().filter(wanted).collect();
    let page: Vec<ListBody> =
        all.iter().skip(body.offset).take(count).map(|list| shown(state, list)).collect();
    let offset = body.offset + page.len();
    Ok(Answer::json(200, &Found { offset, has_more: offset < all.len(), lists: page, total: all.len() }))
}

/// One list.
pub(super) fn get(state: &State, id: &str) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Body<'a> {
        list: ListBody<'a>,
    }
    Ok(Answer::json(200, &Body { list: shown(state, find(state, id)?) }))
}

/// A page of the records on a list; the cursor is opaque to callers.
pub(super) fn memberships(state: &State, id: &str, request: &Request) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Member {
        record_id: String,
        membership_timestamp: String,
    }
    #[derive(Serialize)]
    struct Page {
        total: usize,
        results: Vec<Member>,
        #[serde(skip_serializing_if = "Option::is_none")]
        paging: Option<Paging>,
    }
    let list = find(state, id)?;
    let limit = whole(request.parameter("limit"), "limit", 100, MAX_MEMBERS)?;
    let last = match request.parameter("after").filter(|text| !text.is_empty()) {
        None => 0,
        Some(text) => cursor(&text).ok_or_else(|| Problem::Invalid(format!("Invalid cursor: {text}")))?,
    };
    let table = &state.tables[list.object];
    let mut rest = list.members(table).filter(|(id, _)| *id > last);
    let page: Vec<(u64, i64)> = rest.by_ref().take(limit).collect();
    let after = page.last().filter(|_| rest.next().is_some()).map(|(id, _)| STANDARD.encode(id.to_string()));
    let link = |after: &String| Some(format!("https://api.hubapi.com{}?after={after}", request.path));
    let paging = after.map(|after| Paging::text(after.clone(), link(&after)));
    let member = |(id, at): (u64, i64)| Member { record_id: id.to_string(), membership_timestamp: iso(at) };
    let total = list.members(table).count();
    Ok(Answer::json(200, &Page { total, results: page.into_iter().map(member).collect(), paging }))
}

fn cursor(text: &str) -> Option<u64> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()?.parse().ok()
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a List, Problem> {
    let list = state.lists.iter().find(|list| list.id.to_string() == id);
    list.ok_or_else(|| Problem::NotFound(format!("List does not exist with ID {id}.")))
}

fn processing(list: &List) -> &'static str {
    if matches!(list.rule, Rule::ByHand(_)) { "MANUAL" } else { "DYNAMIC" }
}

fn shown<'a>(state: &'a State, list: &'a List) -> ListBody<'a> {
    let table = &state.tables[list.object];
    let created = iso(list.created);
    ListBody {
        list_id: list.id.to_string(),
        list_version: 1,
        updated_at: created.clone(),
        filters_updated_at: created.clone(),
        created_at: created,
        processing_status: "COMPLETE",
        created_by_id: "13534722",
        updated_by_id: "13534722",
        processing_type: processing(list),
        object_type_id: &table.kind.id,
        name: &list.name,
        additional_properties: Additional {
            hs_list_size: list.members(table).count().to_string(),
            hs_list_reference_count: "0",
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::Bench;
    use crate::settings::Settings;

    const LISTS: &str = "/crm/lists/2026-09";

    #[test]
    fn lists_are_found_by_name_and_paged_by_offset() {
        let bench = Bench::with(Settings::small(300));
        let (_, first) = bench.post(&format!("{LISTS}/search"), &json!({"count": 2}));
        assert_eq!((first["hasMore"].as_bool(), first["offset"].as_u64()), (Some(true), Some(2)));
        let (_, rest) = bench.post("/crm/v3/lists/search", &json!({"offset": 2, "count": 500}));
        assert_eq!(rest["hasMore"], false);
        assert_eq!(first["total"].as_u64().unwrap(), 2 + rest["lists"].as_array().unwrap().len() as u64);
        let (_, named) = bench.post(&format!("{LISTS}/search"), &json!({"query": "customers"}));
        assert_eq!(named["lists"][0]["objectTypeId"], "0-1");
        assert_eq!(bench.post(&format!("{LISTS}/search"), &json!({"count": 501})).0, 400);
    }

    #[test]
    fn members_are_paged_to_the_last_one() {
        let bench = Bench::with(Settings::small(900));
        let living: Vec<u64> =
            bench.portal.rows("contacts").unwrap().iter().filter(|r| !r.archived).map(|r| r.id).collect();
        let id = bench.portal.add_list("Everybody", "contacts", &living).unwrap();
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let (_, page) = bench.get(&format!("{LISTS}/{id}/memberships?limit=250&after={after}"));
            let ids = page["results"].as_array().unwrap().iter();
            seen.extend(ids.map(|m| m["recordId"].as_str().unwrap().parse::<u64>().unwrap()));
            assert_eq!(page["total"], 900);
            let Value::String(next) = &page["paging"]["next"]["after"] else { break };
            after = next.replace('=', "%3D");
        }
        assert_eq!(seen, living);
        bench.portal.archive("contacts", living[0]).unwrap();
        assert_eq!(
            bench.get(&format!("{LISTS}/{id}")).1["list"]["additionalProperties"]["hs_list_size"],
            "899"
        );
        assert_eq!(bench.get(&format!("{LISTS}/{id}/memberships?limit=251")).0, 400);
        assert_eq!(bench.get(&format!("{LISTS}/4711/memberships")).0, 404);
    }

    #[test]
    fn a_rule_is_always_up_to_date() {
        let bench = Bench::with(Settings::small(100));
        let before = bench.portal.list_members(1).unwrap();
        let id = bench.add("contacts", &[("lifecyclestage", "customer")]);
        assert_eq!(bench.portal.list_members(1).unwrap(), [before, vec![id]].concat());
    }

    #[test]
    fn lists_have_a_scope_of_their_own() {
        let bench = Bench::with(Settings { granted_scopes: Some(Vec::new()), ..Settings::small(0) });
        let (status, answer) = bench.post(&format!("{LISTS}/search"), &json!({}));
        let scopes = &answer["errors"][0]["context"]["requiredGranularScopes"];
        assert_eq!((status, scopes), (403, &json!(["crm.lists.read"])));
    }
}
