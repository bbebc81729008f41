//! Reading HubSpot's JSON: ids as text or as number, cursors, envelopes. Ids never pass through a float.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, Error as _, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

/// `{"results": [...]}`, the envelope of everything that comes as a list. Without `results` it is not an answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Results<T> {
    pub(crate) results: Vec<T>,
    #[serde(default)]
    pub(crate) paging: Option<Paging>,
}

impl<T> Results<T> {
    /// The cursor of the next page; `None` on the last one.
    pub(crate) fn next(&mut self) -> Option<String> {
        self.paging.take().and_then(Paging::into_after)
    }
}

/// `{"next": {"after": ...}}`. The `link` beside it is never read: following it would let an answer choose the host
/// that gets the credential.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Debug, Deserialize)]
struct Next {
    #[serde(default, deserialize_with = "optional_text")]
    after: Option<String>,
}

impl Paging {
    pub(crate) fn into_after(self) -> Option<String> {
        self.next?.after.filter(|after| !after.is_empty())
    }
}

/// `{"id": "1"}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Id {
    #[serde(deserialize_with = "id", serialize_with = "id_as_text")]
    pub(crate) id: u64,
}

/// An error inside a 207.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BatchError {
    pub(crate) category: Option<String>,
    pub(crate) sub_category: Option<serde_json::Value>,
    pub(crate) message: Option<String>,
    pub(crate) context: Option<serde_json::Value>,
}

impl BatchError {
    /// The thing asked for does not exist or has nothing to show: an absence, not a failure.
    pub(crate) fn is_absence(&self) -> bool {
        self.category.as_deref() == Some("OBJECT_NOT_FOUND")
    }

    /// A trouble of HubSpot's own, for no reason of what was asked for: it may be over when that is asked again.
    fn may_pass(&self) -> bool {
        matches!(self.category.as_deref(), Some("INTERNAL_ERROR" | "RATE_LIMITS"))
    }

    /// The ids it speaks of: what stands in its context under a name like `ids` or `fromObjectId`.
    fn ids(&self) -> HashSet<u64> {
        let context = self.context.as_ref().and_then(serde_json::Value::as_object).into_iter().flatten();
        let lists = context.filter(|(name, _)| name.to_ascii_lowercase().contains("id"));
        let entries = lists.flat_map(|(_, list)| list.as_array().into_iter().flatten());
        entries.filter_map(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok())).collect()
    }
}

/// The things asked for that an answer says nothing about, or nothing but that HubSpot failed: neither that they are there
/// nor that they are not. They must not be taken for absent. An absence that names nothing is taken to speak of all, unless
/// something failed as well.
///
/// # Errors
/// The first error of the answer that is no absence and will not pass.
pub(crate) fn unanswered(
    asked: impl Iterator<Item = u64>,
    found: &HashSet<u64>,
    errors: Vec<BatchError>,
) -> Result<Vec<u64>, crate::Error> {
    let mut absent = HashSet::new();
    let (mut all, mut failed) = (false, false);
    for error in errors {
        if error.may_pass() {
            failed = true;
            continue;
        }
        if !error.is_absence() {
            return Err(error.into());
        }
        let ids = error.ids();
        all |= ids.is_empty();
        absent.extend(ids);
    }
    if all && !failed {
        return Ok(Vec::new());
    }
    Ok(asked.filter(|id| !found.contains(id) && !absent.contains(id)).collect())
}

/// How often the rest of a batch is asked for that the answers before said nothing about.
pub(crate) const BATCH_TRIES: u32 = 3;

impl From<BatchError> for crate::Error {
    fn from(error: BatchError) -> Self {
        Self::Rejected {
            status: 207,
            category: error.category,
            message: crate::failure::shortened(error.message.as_deref().unwrap_or("no reason given")),
        }
    }
}

/// Text, also from a number or a boolean.
struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a whole number")
    }

    fn visit_str<E>(self, v: &str) -> Result<String, E> {
        Ok(v.to_owned())
    }

    fn visit_string<E>(self, v: String) -> Result<String, E> {
        Ok(v)
    }

    fn visit_u64<E>(self, v: u64) -> Result<String, E> {
        Ok(v.to_string())
    }

    fn visit_i64<E>(self, v: i64) -> Result<String, E> {
        Ok(v.to_string())
    }

    fn visit_bool<E>(self, v: bool) -> Result<String, E> {
        Ok(v.to_string())
    }
}

#[derive(Deserialize)]
struct AnyText(#[serde(deserialize_with = "text")] String);

pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    from.deserialize_any(Text)
}

pub(crate) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<AnyText>::deserialize(from)?.map(|text| text.0))
}

/// `null` and absent both become the default.
pub(crate) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// A record's id: a whole number, as text or as number.
struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id (a whole number, also as text)")
    }

    fn visit_u64<E>(self, v: u64) -> Result<u64, E> {
        Ok(v)
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<u64, E> {
        // `parse` would take "+1" too, which HubSpot never sends.
        v.parse()
            .ok()
            .filter(|_| !v.starts_with('+'))
            .ok_or_else(|| E::invalid_value(Unexpected::Str(v), &self))
    }
}

pub(crate) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    from.deserialize_any(IdVisitor)
}

pub(crate) fn optional_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match optional_text(from)? {
        Some(text) => {
            IdVisitor.visit_str(&text).map(Some).map_err(|e: serde::de::value::Error| D::Error::custom(e))
        }
        None => Ok(None),
    }
}

fn id_as_text<S: serde::Serializer>(id: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_whole_number_however_it_is_written() {
        let read =
            |json: &str| serde_json::from_str::<Id>(&format!(r#"{{"id":{json}}}"#)).map(|id| id.id).ok();
        assert_eq!(read("512"), Some(512));
        assert_eq!(read(r#""512""#), Some(512));
        // Beyond what a double tells apart.
        assert_eq!(read("9007199254740993"), Some(9_007_199_254_740_993));
        assert_eq!(read(r#""18446744073709551615""#), Some(u64::MAX));
        for bad in
            [r#""""#, r#""abc""#, r#""-1""#, r#""+1""#, r#""1.0""#, "1.0", "-1", "1e3", "null", "true", "[]"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(serde_json::to_string(&Id { id: 7 }).unwrap(), r#"{"id":"7"}"#);
    }

    #[test]
    fn a_cursor_is_text_or_a_number_and_the_last_page_has_none() {
        let read = |paging: &str| {
            let json = format!(r#"{{"results":[1],"later":"field"{paging}}}"#);
            serde_json::from_str::<Results<u8>>(&json).unwrap().next()
        };
        assert_eq!(
            read(r#","paging":{"next":{"after":"NTI1","link":"https://evil.example"}}"#),
            Some("NTI1".to_owned())
        );
        assert_eq!(read(r#","paging":{"next":{"after":20}}"#), Some("20".to_owned()));
        for last in [
            "",
            r#","paging":null"#,
            r#","paging":{}"#,
            r#","paging":{"next":null}"#,
            r#","paging":{"next":{}}"#,
            r#","paging":{"next":{"after":null}}"#,
            r#","paging":{"next":{"after":""}}"#,
        ] {
            assert_eq!(read(last), None, "{last}");
        }
    }

    #[test]
    fn a_list_without_results_is_none() {
        assert!(serde_json::from_str::<Results<u8>>("{}").is_err());
        assert!(serde_json::from_str::<Results<u8>>(r#"{"results":null}"#).is_err());
    }
}
