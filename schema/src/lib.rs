//! What Feedgate stores and the rules it obeys: tenants, users, tokens, connections, data sources, policies and the
//! history. Knows no HTTP, no HubSpot and no OData.
//!
//! [`operations`] holds what can be done, one file each; every one takes a [`Context`], which says who asks. What the
//! server reads at each request is in [`lookup`]. Only this crate contains SQL.

mod argon;
pub mod clock;
mod context;
pub mod duration;
mod error;
pub mod habit;
pub mod hashing;
pub mod history;
mod id;
pub mod keys;
pub mod lookup;
pub mod name;
pub mod notice;
pub mod operations;
pub mod policy;
pub mod random;
pub mod records;
pub mod refresh;
mod rights;
pub mod schedule;
mod secret;
pub mod shared_limit;
pub mod shared_window;
mod store;
#[cfg(test)]
mod testing;
pub mod token;

pub use clock::{Clock, SystemClock, TestClock};
pub use context::{Actor, Context};
pub use error::{OperationError, OperationErrorKind, StoreError};
pub use hashing::{HashError, HashSettings, Hasher, Verdict};
pub use history::{HistoryEntry, HistoryKind};
pub use id::{ConnectionId, DataSourceId, GroupId, TenantId, UserId};
pub use keys::{Keys, KeysError};
pub use lookup::{
    Credential, DataSourceAccess, credential, data_source_for, data_source_for_token, data_source_model,
};
pub use policy::Policy;
pub use random::{Random, SeededRandom, SystemRandom};
pub use records::{
    ConnectionKind, ConnectionRecord, ConnectionStatus, DataSourceRecord, GroupRecord, Role, TenantRecord,
    UserRecord,
};
pub use schedule::Schedule;
pub use secret::Secret;
pub use store::Store;
pub use token::{PlainToken, TokenId, TokenRecord, TokenStatus};
