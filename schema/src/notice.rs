//! Notices: what people are told, and where it goes. Only facts are stored; whoever delivers writes the sentences.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::StoreError;
use crate::id::{DataSourceId, TenantId};
use crate::records;
use crate::store::Row;
use crate::token::TokenId;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }
    };
}

words! {
    /// What a notice is about.
    NoticeKind {
        /// A token ends in some days, or has ended. Details: `label`, `expires_at`, `days`, `refreshes`.
        TokenExpires = "token_expires",
        /// The overlap of a rotated token ends, and the token is still used. Details: as for an expiry, and
        /// `rotated_to`, `last_used_at`, `last_used_address`.
        OverlapEnds = "overlap_ends",
        /// The first failure of a refresh. Details: `label`, `data_source_name`, `error_code`, `started_at`, `failed_at`.
        RefreshFailed = "refresh_failed",
        /// A refresh that failed has succeeded again. Details: `label`, `data_source_name`, `failing_since`.
        RefreshRecovered = "refresh_recovered",
        /// HubSpot refuses a connection's credential. Details: `connection`, `message`.
        ConnectionRejected = "connection_rejected",
        /// HubSpot accepts it again. Details: `connection`.
        ConnectionWorking = "connection_working",
        /// A property that a data source shows is gone or has another type. Details: `name` (of the data source), `column`.
        PropertyVanished = "property_vanished",
        /// A change of the policy shortened the life of tokens. Details: `clamped_tokens`.
        TokensClamped = "tokens_clamped",
        /// Somebody tries whether notices arrive.
        Test = "test",
    }
}

words! {
    /// How soon somebody should act.
    Severity {
        /// Good to know.
        Info = "info",
        /// In the next days.
        Warning = "warning",
        /// Now: a refresh fails, or does within a day.
        Urgent = "urgent",
    }
}

words! {
    /// How a notice travels.
    Channel {
        /// A signed HTTP request.
        Webhook = "webhook",
        /// A mail.
        Email = "email",
    }
}

/// A notice.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    /// The same for one occasion, however often it is delivered.
    pub id: String,
    /// Whose it is.
    #[serde(skip)]
    pub tenant: TenantId,
    /// When it was noticed.
    pub at: Timestamp,
    /// What it is about.
    pub kind: NoticeKind,
    /// How soon somebody should act.
    pub severity: Severity,
    /// The token concerned.
    pub token_id: Option<TokenId>,
    /// The user concerned.
    pub user: Option<String>,
    /// The data source concerned.
    pub data_source: Option<DataSourceId>,
    /// What is particular to the kind, as a JSON object.
    pub details: Value,
}

/// The columns of [`Notice`], of a table named `n`.
macro_rules! notice_columns {
    () => {
        " n.id, n.tenant_id, n.at, n.kind, n.severity, n.token_id, n.user_name, n.data_source_id, n.details "
    };
}

pub(crate) use notice_columns;

impl Notice {
    pub(crate) fn from_row(row: &mut Row) -> Result<Notice, StoreError> {
        Ok(Notice {
            id: row.take()?,
            tenant: TenantId(row.take()?),
            at: row.take()?,
            kind: row.take_as(NoticeKind::parse)?,
            severity: row.take_as(Severity::parse)?,
            token_id: row.take::<Option<String>>()?.map(TokenId::stored),
            user: row.take()?,
            data_source: row.take::<Option<String>>()?.map(DataSourceId::stored),
            details: records::json(&row.take::<String>()?)?,
        })
    }
}

/// The id of an occasion: half of a SHA-256 over its parts, in hexadecimal digits.
pub(crate) fn id_of(tenant: TenantId, kind: NoticeKind, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{tenant}|{}", kind.as_str()));
    for part in parts {
        hash.update(format!("|{}|{part}", part.len()));
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
