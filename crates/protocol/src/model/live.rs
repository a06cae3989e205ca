//! The live view: who is there, what waits, how it goes.

use serde::{Deserialize, Serialize};

use super::{Availability, Role};

/// Everything, whole: `live.snapshot` and `GET …/live`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveSnapshot {
    /// As of when.
    pub at: u64,
    /// The agents.
    pub agents: Vec<LiveAgent>,
    /// The departments.
    pub departments: Vec<LiveDepartment>,
    /// Sums of the last hour.
    pub totals: LiveTotals,
    /// The first hundred that wait.
    pub queued: Vec<LiveQueued>,
}

/// What changed since the last one, each entry whole: `live.delta`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveDelta {
    /// As of when.
    pub at: u64,
    /// The agents that changed.
    pub agents: Vec<LiveAgent>,
    /// The departments that changed.
    pub departments: Vec<LiveDepartment>,
    /// Sums of the last hour.
    pub totals: LiveTotals,
    /// The first hundred that wait.
    pub queued: Vec<LiveQueued>,
    /// What is gone.
    #[serde(default)]
    pub removed: LiveRemoved,
}

/// An agent in the live view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveAgent {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What it says of itself.
    pub availability: Availability,
    /// Since when.
    pub availability_since: u64,
    /// Whether it has a session, live or held.
    pub present: bool,
    /// Assigned, offered and in wrap-up, now.
    pub load: u32,
    /// How many conversations it holds at once.
    pub capacity: u32,
    /// The departments it is a member of.
    pub department_ids: Vec<String>,
}

/// A department in the live view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveDepartment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Open, with a member online and present.
    pub staffed: bool,
    /// How many members are online and present.
    pub online: u32,
    /// How many wait that nobody is asked to take.
    pub queued: u64,
    /// How long the oldest of those has who wait, offered or not; null when nobody does.
    pub oldest_wait_ms: Option<u64>,
    /// How many are with an agent.
    pub assigned: u64,
}

/// Sums over the last hour; `waiting` is now. The percentiles are null when nobody was assigned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveTotals {
    /// Opened.
    pub opened: u64,
    /// Assigned.
    pub assigned: u64,
    /// Closed.
    pub closed: u64,
    /// Rejected.
    pub rejected: u64,
    /// Waiting now.
    pub waiting: u64,
    /// Half of the assigned waited no longer than this.
    pub wait_p50_ms: Option<u64>,
    /// 99 of 100 waited no longer than this.
    pub wait_p99_ms: Option<u64>,
}

/// A conversation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveQueued {
    /// The conversation.
    pub conversation_id: String,
    /// Where it waits.
    pub department_id: String,
    /// Its place there, from 1.
    pub position: u64,
    /// How long it has waited.
    pub waited_ms: u64,
}

/// What a delta takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRemoved {
    /// Agents that are gone.
    pub agent_ids: Vec<String>,
    /// Departments that are gone.
    pub department_ids: Vec<String>,
}
