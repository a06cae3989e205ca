//! The conversation, the same everywhere, with what its reader may see.

use serde::{Deserialize, Deserializer, Serialize};

use super::{AgentRef, Attributes, Visitor};
use crate::wire_enum::wire_enum;

wire_enum! {
    /// Where a conversation is in its life.
    pub enum ConversationState {
        /// Waits for an agent.
        Queued = "queued",
        /// Offered to one, who has yet to accept.
        Offered = "offered",
        /// With an agent.
        Assigned = "assigned",
        /// Over. May be reopened.
        Closed = "closed",
        /// Nobody could take it. May be reopened.
        Rejected = "rejected",
    }
}

wire_enum! {
    /// Who, or which rule, caused something.
    pub enum By {
        /// The visitor.
        Visitor = "visitor",
        /// An agent.
        Agent = "agent",
        /// An admin.
        Admin = "admin",
        /// The workspace's back end.
        Api = "api",
        /// Who runs the server.
        Root = "root",
        /// Routing itself.
        Engine = "engine",
        /// The visitor was gone for too long.
        VisitorLeft = "visitor_left",
        /// The agent missed too many offers.
        MissedOffers = "missed_offers",
        /// The agent was absent for too long.
        Absence = "absence",
        /// The agent did nothing for too long.
        Idle = "idle",
    }
}

wire_enum! {
    /// How a conversation came to its agent.
    pub enum AssignmentCause {
        /// By the department's strategy.
        Routed = "routed",
        /// The agent accepted an offer.
        Accepted = "accepted",
        /// The agent took it from the queue.
        Claimed = "claimed",
        /// Another gave it.
        Transferred = "transferred",
        /// An admin said so.
        Assigned = "assigned",
        /// The visitor was with this agent lately.
        Sticky = "sticky",
        /// Routed again after it lost its agent.
        Requeued = "requeued",
        /// Reopened, with the agent who held it last.
        Reopened = "reopened",
    }
}

wire_enum! {
    /// Why a conversation was rejected.
    pub enum RejectedReason {
        /// Nobody was there.
        NoAgentsOnline = "no_agents_online",
        /// The queue was at its bound.
        QueueFull = "queue_full",
        /// It waited too long.
        MaxWait = "max_wait",
        /// Its department is gone.
        DepartmentDeleted = "department_deleted",
    }
}

wire_enum! {
    /// Why an agent no longer holds a conversation.
    pub enum ReleasedReason {
        /// It was transferred.
        Transferred = "transferred",
        /// An admin gave it to another.
        Reassigned = "reassigned",
        /// The agent was gone for too long.
        AgentLost = "agent_lost",
        /// The agent was removed.
        Removed = "removed",
    }
}

wire_enum! {
    /// Why an offer ended without an assignment on this device.
    pub enum WithdrawnReason {
        /// The agent declined.
        Declined = "declined",
        /// The agent did not answer in time.
        Expired = "expired",
        /// The agent went away.
        Away = "away",
        /// The agent's last session was lost.
        Lost = "lost",
        /// The conversation closed.
        Closed = "closed",
        /// The agent was removed.
        Removed = "removed",
        /// Another agent claimed it.
        Claimed = "claimed",
        /// Another device of the agent's accepted.
        AcceptedElsewhere = "accepted_elsewhere",
        /// An admin gave it to another.
        Reassigned = "reassigned",
        /// The agent no longer fits.
        NotEligible = "not_eligible",
        /// The department is gone.
        DepartmentDeleted = "department_deleted",
    }
}

wire_enum! {
    /// Why a conversation went back to a queue, or on to another.
    pub enum RequeuedReason {
        /// Its agent was gone for too long.
        AgentLost = "agent_lost",
        /// Its agent was removed.
        Removed = "removed",
        /// Its department is gone: it waits in the fallback.
        DepartmentDeleted = "department_deleted",
        /// It waited too long: it waits in the fallback.
        MaxWait = "max_wait",
        /// An admin gave it to an agent who must be asked first.
        Reassigned = "reassigned",
    }
}

/// A conversation. What a visitor may not see is absent: `skills`, `priority`, `offer` and the
/// assignment's `comment`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// Rises with every change.
    pub revision: u64,
    /// Where it is in its life.
    pub state: ConversationState,
    /// The department it belongs to now.
    pub department_id: String,
    /// Higher first. Absent for visitors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// What its agent must be able to do. Absent for visitors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
    /// What the host attached.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub attributes: Attributes,
    /// The host's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Who asks.
    pub visitor: Visitor,
    /// Who holds it.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub agent: Option<AgentRef>,
    /// Its open offer. Outer `None` (for visitors) is absent, inner `None` null.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Offer>))]
    pub offer: Option<Option<Offer>>,
    /// Its place in the queue, from 1.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub position: Option<u64>,
    /// How long it will wait yet, as far as can be told from how fast its department serves; null
    /// where there is nothing to go on, and while it is offered.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub eta_ms: Option<u64>,
    /// Why it was rejected.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<RejectedReason>,
    /// When it was opened.
    pub opened_at: u64,
    /// Since when it waits, or waited last.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub queued_at: Option<u64>,
    /// When its agent got it.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub assigned_at: Option<u64>,
    /// When it ended.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub closed_at: Option<u64>,
    /// How long it has waited for an agent.
    pub waited_ms: u64,
    /// How it came to its agent.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub assignment: Option<Assignment>,
}

/// An offer that awaits its agent's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// The agent asked.
    pub agent_id: String,
    /// When it ends.
    pub expires_at: u64,
    /// The same as a duration, for clients whose clock is wrong.
    pub expires_in_ms: u64,
}

/// How a conversation came to its agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assignment {
    /// In which way.
    pub cause: AssignmentCause,
    /// By whom.
    pub by: By,
    /// Which of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<String>,
    /// What the giver said. Absent for visitors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Tells null (`Some(None)`) from absent (`None`, by the field's default).
fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
