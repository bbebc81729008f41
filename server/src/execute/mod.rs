//! Carries out a plan: reads candidates, filters them again, and stops where a page ends.
//!
//! Every page stands alone: what the next one needs to know is in its [`Position`], which travels in the page link, so
//! that any replica can go on. A page holds only rows that are proven: ids ascend without a duplicate, and nothing that
//! HubSpot's search counted is missing before them. What cannot be proven is an error, never a shorter table.

mod anew;
mod context;
mod count;
mod entity;
mod error;
mod estimate;
mod fetch;
mod fresh;
mod inline;
mod key;
mod matching;
mod pace;
mod page;
mod position;
mod reach;
mod reader;
mod saved;
pub mod skiptoken;
mod sorted;
mod target;
mod time;
mod whole;

pub use context::Context;
pub use count::count;
pub use entity::{entity, with_expanded};
pub use error::ExecuteError;
pub use estimate::{estimate, grants};
pub use inline::{Entity, Inline};
pub use page::{Flow, Page, Sink, page};
pub use position::Position;
pub use reach::reach;
pub use target::LARGEST;
