//! Owners and pipelines: small lists beside the objects.

use serde::Serialize;

/// A person or queue that records can belong to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Owner {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) r#type: &'static str,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// Null once archived.
    pub(crate) user_id: Option<u32>,
    pub(crate) user_id_including_inactive: u32,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) archived: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) teams: Vec<Team>,
}

/// A team of owners.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) primary: bool,
}

/// A pipeline of deals or tickets.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pipeline {
    pub(crate) label: String,
    pub(crate) display_order: u32,
    pub(crate) id: String,
    pub(crate) stages: Vec<Stage>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) archived: bool,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stage {
    pub(crate) label: String,
    pub(crate) display_order: u32,
    pub(crate) metadata: StageMetadata,
    pub(crate) id: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) archived: bool,
    pub(crate) write_permissions: &'static str,
}

/// All values are texts, also numbers and bools.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StageMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticket_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_closed: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) probability: Option<&'static str>,
}
