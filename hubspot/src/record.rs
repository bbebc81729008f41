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
}

/// A property's value. HubSpot documents text or null; numbers and booleans are taken too, fractions are not (they
/// would have lost digits by then).
#[derive(Deserialize)]
struct PropertyValue(#[serde(deserialize_with = "wire::optional_text")] Option<String>);

fn properties<'de, D>(from: D) -> Result<HashMap<Box<str>, Option<Box<str>>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    from.deserialize_map(Properties)
}

/// Fills the map while reading: a wide record has hundreds of entries.
struct Properties;

impl<'de> serde::de::Visitor<'de> for Properties {
    type Value = HashMap<Box<str>, Option<Box<str>>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut properties = HashMap::with_capacity(map.size_hint().unwrap_or_default());
        while let Some((name, value)) = map.next_entry::<Box<str>, PropertyValue>()? {
            properties.insert(name, value.0.map(String::into_boxed_str));
        }
        Ok(properties)
    }
}
