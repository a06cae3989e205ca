//! Agents: in full for those who may see them so, and in the little that others see.

use serde::{Deserialize, Serialize};

use super::By;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// What an agent may do.
    pub enum Role {
        /// Handles conversations.
        Agent = "agent",
        /// Also runs the workspace.
        Admin = "admin",
    }
}

wire_enum! {
    /// What an agent says of itself.
    pub enum Availability {
        /// Takes conversations.
        Online = "online",
        /// Takes none.
        Away = "away",
    }
}

wire_enum! {
    /// Why nothing can be routed to an agent just now.
    pub enum RoutableReason {
        /// It says it is away.
        Away = "away",
        /// It has no session, live or held.
        Absent = "absent",
        /// It is in no department.
        NoDepartment = "no_department",
        /// It holds as many conversations as it may.
        AtCapacity = "at_capacity",
    }
}

/// An agent as admins and the agent itself see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its address, unique in the workspace.
    pub email: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The departments it is a member of.
    pub department_ids: Vec<String>,
    /// How many conversations it holds at once.
    pub capacity: u32,
    /// What it can do, for conversations that ask for it.
    pub skills: Vec<String>,
    /// The host's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What it says of itself.
    pub availability: Availability,
    /// Since when.
    pub availability_since: u64,
    /// And by whom.
    pub availability_by: By,
    /// Whether it has a session, live or held.
    pub present: bool,
    /// Assigned, offered and in wrap-up, now.
    pub load: u32,
    /// Whether something may be routed to it now.
    pub routable: bool,
    /// If not, why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routable_reason: Option<RoutableReason>,
}

/// An agent as its colleagues see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentSummary {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub availability: Availability,
    /// Whether it has a session, live or held.
    pub present: bool,
    /// The departments it is a member of.
    pub department_ids: Vec<String>,
}

/// The agent of a conversation: all that a visitor learns of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}
