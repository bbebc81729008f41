//! Owners and pipelines.

use serde::Serialize;

use super::answer::{Answer, Problem};
use super::request::Request;
use super::rows::Paging;
use super::{Scene, whole};
use crate::portal::reference::{Owner, Pipeline};
use crate::portal::state::State;

#[derive(Serialize)]
struct Page<'a> {
    results: Vec<&'a Owner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// A page of owners; `archived=true` shows the archived ones only. The cursor is opaque to callers.
pub(super) fn owners(state: &State, request: &Request) -> Result<Answer, Problem> {
    let limit = whole(request.parameter("limit"), "limit", 100, 500)?;
    let archived = request.flag("archived");
    let email = request.parameter("email");
    let after = request.parameter("after").unwrap_or_default();
    let wanted = |owner: &&Owner| {
        owner.archived == archived
            && email.as_ref().is_none_or(|email| owner.email.eq_ignore_ascii_case(email))
    };
    let mut all =
        state.owners.iter().filter(wanted).skip_while(|owner| !after.is_empty() && owner.id <= after);
    let results: Vec<&Owner> = all.by_ref().take(limit).collect();
    let more = all.next().is_some();
    let paging = results.last().filter(|_| more).map(|owner| {
        let link = format!("https://api.hubapi.com{}?after={}&limit={limit}", request.path, owner.id);
        Paging::text(owner.id.clone(), Some(link))
    });
    Ok(Answer::json(200, &Page { results, paging }))
}

/// One owner, by its id or (`idProperty=userId`) by its user's.
pub(super) fn owner(state: &State, id: &str, request: &Request) -> Result<Answer, Problem> {
    let by_user = request.parameter("idProperty").as_deref() == Some("userId");
    let archived = request.flag("archived");
    let is = |owner: &&Owner| {
        let key = if by_user { owner.user_id_including_inactive.to_string() } else { owner.id.clone() };
        key == id && owner.archived == archived
    };
    let owner = state.owners.iter().find(is);
    owner
        .map(|owner| Answer::json(200, owner))
        .ok_or_else(|| Problem::NotFound("resource not found".to_owned()))
}

/// The pipelines of a type, never paged.
pub(super) fn pipelines(scene: &Scene) -> Answer {
    #[derive(Serialize)]
    struct Body<'a> {
        results: &'a [Pipeline],
    }
    Answer::json(200, &Body { results: &scene.table.pipelines })
}

/// One pipeline.
pub(super) fn pipeline(scene: &Scene, id: &str) -> Result<Answer, Problem> {
    let found = scene.table.pipelines.iter().find(|pipeline| pipeline.id == id);
    found
        .map(|pipeline| Answer::json(200, pipeline))
        .ok_or_else(|| Problem::NotFound("resource not found".to_owned()))
}
