//! Departments: in full for agents, and as the public sees them.

use serde::{Deserialize, Serialize};

use super::Policy;

/// A department as agents and admins see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Department {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it routes.
    pub policy: Policy,
    /// Its members, in joining order.
    pub member_ids: Vec<String>,
    /// Open, with a member online and present.
    pub staffed: bool,
    /// How many wait in its queue.
    pub queued: u64,
    /// Its place among the departments, from 1.
    pub position: u64,
    /// When it was made.
    pub created_at: u64,
}

/// A department as visitors see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicDepartment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Open, with a member online and present.
    pub staffed: bool,
    /// When it opens next, where it keeps hours and is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<u64>,
}
