//! Batches in JSON.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Item, Request};
use crate::error::Error;

pub(super) fn items(body: &[u8]) -> Result<Vec<Item>, Error> {
    let document: Value = serde_json::from_slice(body)
        .map_err(|error| Error::syntax(format!("The batch is not JSON: {error}.")))?;
    let Some(Value::Array(requests)) = document.get("requests") else {
        return Err(Error::syntax("The batch has no array `requests`."));
    };
    let mut names = Names::default();
    let mut items: Vec<Item> = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        let (request, group) = named(&mut names, request, items.last())
            .map_err(|problem| Error::syntax(format!("Request {} of the batch {problem}.", index + 1)))?;
        match (group, items.last_mut()) {
            (None, _) => items.push(Item::Request(request)),
            (Some(group), Some(Item::Group { id: Some(id), requests })) if *id == group => {
                requests.push(request);
            }
            (Some(group), _) => items.push(Item::Group { id: Some(group), requests: vec![request] }),
        }
    }
    Ok(items)
}

/// The names that were given so far: of requests, and of groups.
#[derive(Default)]
struct Names(HashSet<String>);

/// A request and the group it belongs to; the problem is the rest of a sentence.
fn named(names: &mut Names, value: &Value, last: Option<&Item>) -> Result<(Request, Option<String>), String> {
    let Value::Object(members) = value else { return Err("is not an object".to_owned()) };
    let (request, group) = request(members)?;
    let open = last.and_then(|item| match item {
        Item::Group { id, .. } => id.as_ref(),
        Item::Request(_) => None,
    });
    let unknown = request.depends_on.iter().find(|name| !names.0.contains(*name));
    if let Some(name) = unknown {
        return Err(format!("depends on `{name}`, which is no request before it"));
    }
    let id = request.id.clone().unwrap_or_default();
    if !names.0.insert(id.clone()) {
        return Err(format!("has the id `{id}`, which is taken"));
    }
    let new = group.as_ref().filter(|group| open != Some(group));
    if let Some(group) = new.filter(|group| !names.0.insert((*group).clone())) {
        return Err(format!("has the group `{group}`, which is taken or not adjacent"));
    }
    Ok((request, group))
}

fn request(members: &Map<String, Value>) -> Result<(Request, Option<String>), String> {
    let text = |name: &str| match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("has a `{name}` that is no text")),
    };
    let required = |name: &str| text(name)?.ok_or_else(|| format!("has no `{name}`"));
    let headers = headers(members.get("headers"))?;
    let request = Request {
        id: Some(required("id")?),
        method: required("method")?.to_ascii_uppercase(),
        url: required("url")?,
        body: body(members.get("body"), &headers),
        headers,
        depends_on: depends_on(members.get("dependsOn"))?,
        conditional: members.get("if").is_some_and(|condition| !condition.is_null()),
    };
    Ok((request, text("atomicityGroup")?))
}

/// A body of text is a string (OData JSON 4.01 section 19.1), and what it says without the quotes.
fn body(value: Option<&Value>, headers: &[(String, String)]) -> Vec<u8> {
    let is_text = |(name, value): &(String, String)| {
        name == "content-type" && value.get(..5).is_some_and(|sort| sort.eq_ignore_ascii_case("text/"))
    };
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if headers.iter().any(is_text) => text.clone().into_bytes(),
        Some(body) => body.to_string().into_bytes(),
    }
}

fn headers(value: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    let members = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(members)) => members,
        Some(_) => return Err("has `headers` that are no object".to_owned()),
    };
    let mut headers = members
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name.to_ascii_lowercase(), text.clone())),
            other if other.is_object() || other.is_array() => {
                Err(format!("has a header `{name}` that is no text"))
            }
            other => Ok((name.to_ascii_lowercase(), other.to_string())),
        })
        .collect::<Result<Vec<_>, _>>()?;
    headers.sort_unstable();
    match headers.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(format!("has the header `{}` twice", pair[0].0)),
        None => Ok(headers),
    }
}

fn depends_on(value: Option<&Value>) -> Result<Vec<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(names)) => {
            let names: Option<Vec<String>> =
                names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
            names.ok_or_else(|| "has a `dependsOn` with something that is no text".to_owned())
        }
        Some(_) => Err("has a `dependsOn` that is no array".to_owned()),
    }
}
