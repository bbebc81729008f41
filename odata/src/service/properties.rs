//! Answers with one property of an entity.

use super::rows::Rows;
use super::{Answer, Refusal};
use crate::error::{Error, ErrorKind};
use crate::eval;
use crate::http::BINARY_CONTENT_TYPE;
use crate::url::PropertyPath;
use crate::value::Value;
use crate::write::{self, PropertyAnswer};

/// A property as JSON; of a collection the items that are asked for.
pub(super) fn property(rows: &Rows<'_>, path: &PropertyPath) -> Result<Answer, Refusal> {
    let shape = rows.shape()?;
    let Some(entity) = rows.found()? else { return Ok(Answer::no_content()) };
    let found = value_at(rows, path, entity.row);
    let (value, count) = match found {
        Value::Collection(items) => {
            let (items, count) = eval::items(rows.options, items, &rows.context())?;
            (Value::Collection(items.into()), rows.options.count.then_some(count as u64))
        }
        other => (other.clone(), None),
    };
    let select = rows.options.select.as_ref();
    let answer = PropertyAnswer { select, count, ..PropertyAnswer::of(path, &value) };
    let body = write::property_at(&shape, entity.row, &answer);
    let answer = body.map_or_else(Answer::no_content, |body| Answer::ok(shape.format.content_type(), body));
    Ok(rows.applied(answer, None))
}

/// A property as bare text or bytes.
pub(super) fn value(rows: &Rows<'_>, path: &PropertyPath) -> Result<Answer, Refusal> {
    let Some(entity) = rows.found()? else { return Ok(Answer::no_content()) };
    let value = value_at(rows, path, entity.row);
    Ok(match (value, write::raw_value(value)) {
        (_, None) => Answer::no_content(),
        (Value::Binary(_), Some(body)) => Answer::ok(BINARY_CONTENT_TYPE, body),
        (_, Some(body)) => Answer::text(body),
    })
}

/// How many items of a collection match.
pub(super) fn count(rows: &Rows<'_>, path: &PropertyPath) -> Result<Answer, Refusal> {
    let Some(entity) = rows.found()? else {
        return Err(Error::new(ErrorKind::EntityNotFound, "There is no such entity.").into());
    };
    let count = match value_at(rows, path, entity.row) {
        Value::Collection(items) => eval::items(rows.options, items, &rows.context())?.1,
        _ => 0,
    };
    Ok(Answer::text(count.to_string()))
}

fn value_at<'r>(rows: &Rows<'_>, path: &PropertyPath, row: &'r [Value]) -> &'r Value {
    let entity_type = rows.model.entity_type(rows.path.entity_type(rows.model));
    path.value(rows.model, entity_type, row).unwrap_or(&Value::Null)
}
