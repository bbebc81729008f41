//! A CRM record as HubSpot sends it: every value is text or nothing.

use std::collections::HashMap;

use serde::Deserialize;

use crate::wire;

/// One record of a CRM object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// `hs_object_id`.
    #[serde(deserialize_with = "wire::id")]
    pub id: u64,
    /// Values by internal property name. A property without a value is `None`, or absent altogether; some come
    /// without having been asked for.
    #[serde(default, deserialize_with = "properties")]
    pub properties: HashMap<Box<str>, Option<Box<str>>>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// Deleted, and still in the recycling bin.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub archived: bool,
}

impl Record {
    /// The value of a property; `None` when it has none or was not read.
    #[must_use]
    pub fn value(&self, property: &str) -> Option<&str> {
        self.properties.get(property)?.as_deref()
    }

    /// Bytes of all names and values.
    pub(crate) fn bytes(&self) -> usize {
        let value = |value: &Option<Box<str>>| value.as_ref().map_or(0, |value| value.len());
        self.properties.iter().map(|(name, of)| name.len() + value(of)).sum()
    }
}

/// A property's value. HubSpot documents text or null; numbers and booleans are taken too, fractions are not (they
/// would have lost digits by then).
#[derive(Deserialize)]
struct PropertyValue(#[serde(deserialize_with = "wire::optional_text")] Option<String>);

/// Values by property name.
type Values = HashMap<Box<str>, Option<Box<str>>>;

fn properties<'de, D>(from: D) -> Result<Values, D::Error>
where
    D: serde::Deserializer<'de>,
{
    from.deserialize_map(Properties)
}

/// Fills the map while reading: a wide record has hundreds of entries.
struct Properties;

impl<'de> serde::de::Visitor<'de> for Properties {
    type Value = Values;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut properties = Values::with_capacity(map.size_hint().unwrap_or_default());
        while let Some((name, value)) = map.next_entry::<Box<str>, PropertyValue>()? {
            properties.insert(name, value.0.map(String::into_boxed_str));
        }
        Ok(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Record {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_value_is_text_or_nothing() {
        let record = read(
            r#"{"id":"512","properties":{"email":"a@b.example","phone":null,"note":"","age":42,"ok":true},
                "createdAt":"2019-10-30T03:30:17.883Z","updatedAt":"2019-10-30T03:30:17.884Z","archived":false,
                "url":"https://app.hubspot.com/x","objectWriteTraceId":"t"}"#,
        );
        assert_eq!(record.id, 512);
        let values = ["email", "phone", "note", "age", "ok", "absent"].map(|name| record.value(name));
        assert_eq!(values, [Some("a@b.example"), None, Some(""), Some("42"), Some("true"), None]);
        assert_eq!(record.created_at.as_deref(), Some("2019-10-30T03:30:17.883Z"));
        assert!(!record.archived);
    }

    #[test]
    fn a_record_needs_only_its_id() {
        let record = read(r#"{"id":7,"archived":null}"#);
        assert_eq!((record.id, record.properties.len(), record.created_at), (7, 0, None));
    }
}
