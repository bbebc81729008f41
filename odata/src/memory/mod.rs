//! Rows in memory for any model: loaded from JSON, checked against the declared types, and read by requests.
//!
//! The data is one JSON object with a member for each entity set and singleton:
//!
//! ```json
//! {
//!   "Products": [
//!     { "ID": 1, "Name": "Lamp", "Price": "19.90", "Tags": ["light"], "Size": { "Width": 3 }, "Category": 7 }
//!   ],
//!   "Categories": [{ "ID": 7, "Name": "Home", "Products": [1] }],
//!   "Me": { "ID": 1 }
//! }
//! ```
//!
//! Values are written as in OData's JSON; a number may also be a string, which keeps decimals of more than 17 digits.
//! What is missing is null, or empty if it is a collection. A navigation property holds the key of the entity it leads
//! to, or a list of keys; a key of several properties is an object. `"Category@odata.bind": "Categories(7)"` says the
//! same. A navigation property that no entity of a set has is found by its referential constraints, or else by its
//! partner the other way round.

mod announce;
mod expand;
mod keys;
mod links;
mod load;
mod paths;
mod read;
mod related;
mod search;
mod value;

use std::fmt;

pub use read::PAGE_ROWS;

use crate::edm::{SetId, TypeId};
use crate::value::Row;
use keys::Keys;

/// The rows of every set and singleton of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// In the order of the model's sets.
    tables: Vec<Table>,
    /// In the order of the model's singletons.
    singles: Vec<Single>,
    /// Rows of a page at most.
    page_rows: u64,
}

/// The rows of a set, in the order they were loaded.
#[derive(Debug, Clone, PartialEq)]
struct Table {
    kind: TypeId,
    /// Indices of the key properties.
    key: Vec<usize>,
    rows: Vec<Row>,
    keys: Keys,
    /// For each navigation property.
    ways: Vec<Way>,
}

/// The one row of a singleton.
#[derive(Debug, Clone, PartialEq)]
struct Single {
    kind: TypeId,
    row: Option<Row>,
    ways: Vec<Way>,
}

/// Where a navigation property of a set leads to.
#[derive(Debug, Clone, PartialEq, Default)]
struct Way {
    /// The set; none when it is not known, and then nothing is there.
    target: Option<SetId>,
    /// For each row, the rows there, ascending.
    links: Vec<Vec<usize>>,
}

/// Why data cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// Where, as in `Products[3].Price`; empty for the whole.
    pub place: String,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl LoadError {
    fn new(message: impl Into<String>) -> Self {
        Self { place: String::new(), message: message.into() }
    }

    /// The same error, further from the root.
    fn within(mut self, outer: impl fmt::Display) -> Self {
        let joint = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{outer}{joint}{}", self.place);
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.place, self.message)
        }
    }
}

impl std::error::Error for LoadError {}

#[cfg(test)]
mod tests;
