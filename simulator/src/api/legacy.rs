//! Associations as version 3 shows them: `{id, type}` instead of types with numbers, a hundred a page, and in a batch the
//! cursor of the page is sent but not understood.

use std::collections::HashSet;

use serde::Serialize;

use super::answer::{Answer, Problem};
use super::associations::{Body, EmbeddedLink, Id, links, named, nothing, page};
use super::batch::BatchBody;
use super::request::Request;
use super::rows::Paging;
use super::{Scene, whole};
use crate::portal::links::Link;
use crate::portal::state::Table;

/// Links of a page.
const PAGE: usize = 100;

/// Inputs of a batch.
const MAX_INPUTS: usize = 1_000;

#[derive(Serialize)]
struct From {
    from: Id,
    to: Vec<EmbeddedLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// Reads the associations of many records.
pub(super) fn batch(
    scene: &Scene,
    (to, other): (usize, &Table),
    request: &Request,
) -> Result<Answer, Problem> {
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|e| Problem::Invalid(format!("Invalid input JSON: {e}")))?;
    if body.inputs.len() > MAX_INPUTS {
        return Err(Problem::Invalid(format!("The maximum number of inputs is {MAX_INPUTS}")));
    }
    let (mut results, mut errors, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for input in body.inputs.iter().filter(|input| seen.insert(input.id.clone())) {
        let links = links(scene, to, other, &input.id);
        if links.is_empty() {
            errors.push(nothing(scene, other, &input.id));
            continue;
        }
        let cursor = input.after.as_deref().filter(|_| scene.quirks.v3_after_honoured);
        let (rows, after) = page(&links, cursor, PAGE)?;
        let paging = after.map(|after| next(request, after));
        results.push(From { from: Id { id: input.id.clone() }, to: shown(scene, to, other, &rows), paging });
    }
    Ok(BatchBody::answer(scene, results, errors))
}

/// The associations of one record.
pub(super) fn one(
    scene: &Scene,
    id: &str,
    (to, other): (usize, &Table),
    request: &Request,
) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Page {
        results: Vec<EmbeddedLink>,
        #[serde(skip_serializing_if = "Option::is_none")]
        paging: Option<Paging>,
    }
    let limit = whole(request.parameter("limit"), "limit", PAGE, 500)?;
    let links = links(scene, to, other, id);
    let (rows, after) = page(&links, request.parameter("after").as_deref(), limit)?;
    let paging = after.map(|after| next(request, after));
    Ok(Answer::json(200, &Page { results: shown(scene, to, other, &rows), paging }))
}

fn shown(scene: &Scene, to: usize, other: &Table, links: &[&Link]) -> Vec<EmbeddedLink> {
    links.iter().flat_map(|link| named(scene, to, other, link)).collect()
}

fn next(request: &Request, after: String) -> Paging {
    let link = format!("https://api.hubapi.com{}?after={after}", request.path);
    Paging::text(after, Some(link))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::Bench;
    use crate::quirks::Quirks;

    /// A company with 130 contacts.
    fn large() -> (Bench, u64) {
        let bench = Bench::empty();
        let company = bench.add("companies", &[]);
        let contact = json!({"associations": [{"to": "companies", "id": company.to_string()}]});
        let many = Value::Array(vec![contact; 130]);
        bench.control("POST", "/__sim/objects/contacts", &many.to_string());
        (bench, company)
    }

    fn read(bench: &Bench, company: u64, after: &Value) -> Value {
        let body = json!({"inputs": [{"id": company.to_string(), "after": after}]});
        bench.post("/crm/v3/associations/companies/contacts/batch/read", &body).1["results"][0].clone()
    }

    #[test]
    fn a_batch_of_version_3_never_gets_past_its_first_page() {
        let (bench, company) = large();
        let first = read(&bench, company, &Value::Null);
        assert_eq!(first["to"].as_array().unwrap().len(), 100);
        assert_eq!(first["to"][0]["type"], "company_to_contact_unlabeled");
        let after = &first["paging"]["next"]["after"];
        assert_eq!(read(&bench, company, after), first);
        let bench = bench.quirks(Quirks { v3_after_honoured: true, ..Quirks::default() });
        assert_eq!(read(&bench, company, after)["to"].as_array().unwrap().len(), 30);
    }

    #[test]
    fn a_single_record_is_paged_to_its_end() {
        let (bench, company) = large();
        let path = format!("/crm/v3/objects/companies/{company}/associations/contacts");
        let (_, first) = bench.get(&path);
        let after = first["paging"]["next"]["after"].as_str().unwrap();
        let (_, rest) = bench.get(&format!("{path}?after={after}"));
        assert_eq!(rest["results"].as_array().unwrap().len(), 30);
        assert!(rest.get("paging").is_none());
    }

    #[test]
    fn the_groups_of_properties_are_named() {
        let (_, answer) = Bench::empty().get("/crm/properties/2026-09/contacts/groups");
        let names: Vec<&str> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"contactinformation") && names.contains(&"our_fields"), "{names:?}");
    }
}
