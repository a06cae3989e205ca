//! The public event: what `GET …/events` and a conversation's history list.

use serde::{Deserialize, Serialize};

use super::By;

/// Something that happened. Mapped by hand from the form on disk, never the same type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its place in the workspace's one order of events.
    pub offset: u64,
    /// Its id.
    pub id: String,
    /// What happened, in the past tense: `conversation.opened`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub at: u64,
    /// Who caused it.
    pub by: By,
    /// Which of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<String>,
    /// The conversation concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The agent concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The department concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<String>,
    /// What else there is to say: an object.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: serde_json::Value,
}
