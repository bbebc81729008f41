//! The ids of rows: one type each, so that a user's id cannot stand where a tenant's is meant.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::random::{Random, short_id};

macro_rules! number_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

number_id! {
    /// A tenant's row.
    TenantId,
    /// A user's row.
    UserId,
    /// A group's row.
    GroupId,
}

macro_rules! text_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        /// Ten characters of lower-case base 32, for example `k7m2q9x4tb`.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Reads an id. `None` when the text has not the form of one.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                is_short_id(text).then(|| $name(text.to_owned()))
            }

            /// A fresh id.
            #[must_use]
            pub fn generate(random: &dyn Random) -> $name {
                $name(short_id(random))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// An id as the store gives it.
            pub(crate) fn stored(text: String) -> $name {
                $name(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )+};
}

text_id! {
    /// A data source: the last part of its URL.
    DataSourceId,
    /// A connection to one HubSpot portal.
    ConnectionId,
}

fn is_short_id(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn generated_ids_can_be_read_again() {
        let id = DataSourceId::generate(&SeededRandom::new(3));
        assert_eq!(DataSourceId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn what_is_not_ten_lower_case_characters_is_no_id() {
        for text in ["", "k7m2q9x4t", "k7m2q9x4tbb", "K7m2q9x4tb", "k7m2q9x4t/", "k7m2q9x4\u{e9}"] {
            assert_eq!(DataSourceId::parse(text), None, "{text:?}");
        }
    }
}
