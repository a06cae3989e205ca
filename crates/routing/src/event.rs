//! What happened. Events are the only thing that changes a workspace, and what a log keeps.
//!
//! They hold ids, never names, addresses or attributes: personal data sits beside the log, so
//! that it can be erased although the log only grows. Their serialised form is a promise of its
//! own ([`VERSION`]); the public feed is mapped from it by hand, in the shell.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Conversation, ConversationId, DepartmentId, InviteId, Policy, SessionId, Timestamp,
    VisitorId, workspace::Config,
};

/// The version of the serialised form of [`Record`] and [`crate::Snapshot`].
pub const VERSION: u16 = 1;

/// Who made something happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A visitor.
    Visitor,
    /// An agent, for itself or for what it holds.
    Agent,
    /// An admin of the workspace.
    Admin,
    /// An API key of the workspace.
    Api,
    /// The operator.
    Root,
    /// The engine: routing, deadlines, recovery.
    Engine,
    /// A visitor who left and did not come back in time.
    VisitorLeft,
    /// Three offers missed in a row.
    MissedOffers,
    /// Absent for too long.
    Absence,
    /// No activity for too long.
    Idle,
}

/// Who made something happen, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// In what quality.
    pub by: By,
    /// Which one: of a visitor, agent, admin or API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<Arc<str>>,
}

impl Origin {
    /// The engine itself.
    pub const ENGINE: Self = Self { by: By::Engine, by_id: None };
    /// The operator.
    pub const ROOT: Self = Self { by: By::Root, by_id: None };
    /// A visitor who left and did not come back in time, or left on purpose.
    pub const VISITOR_LEFT: Self = Self { by: By::VisitorLeft, by_id: None };
    /// Three offers missed in a row.
    pub const MISSED_OFFERS: Self = Self { by: By::MissedOffers, by_id: None };
    /// Absent for too long.
    pub const ABSENCE: Self = Self { by: By::Absence, by_id: None };
    /// No activity for too long.
    pub const IDLE: Self = Self { by: By::Idle, by_id: None };

    /// Somebody with an id.
    pub fn new(by: By, id: impl Into<Arc<str>>) -> Self {
        Self { by, by_id: Some(id.into()) }
    }
}

/// What an agent says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Takes conversations.
    Online,
    /// Takes none.
    #[default]
    Away,
}

/// What an agent may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Handles conversations.
    #[default]
    Agent,
    /// Configures the workspace too.
    Admin,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// An agent's.
    Agent(AgentId),
    /// A visitor's.
    Visitor(VisitorId),
}

/// How a conversation came to its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentCause {
    /// By the strategy, at its arrival or from the queue.
    Routed,
    /// An offer was accepted.
    Accepted,
    /// An agent took it.
    Claimed,
    /// It was transferred.
    Transferred,
    /// An admin gave it.
    Assigned,
    /// A returning visitor was led to the same agent.
    Sticky,
    /// By the strategy, after it had lost its agent.
    Requeued,
    /// It was reopened.
    Reopened,
}

/// Why a conversation was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedReason {
    /// Nobody was there, and the policy says to reject.
    NoAgentsOnline,
    /// The queue was as long as it may be.
    QueueFull,
    /// It waited as long as it may.
    MaxWait,
    /// Its department was deleted, without a fallback.
    DepartmentDeleted,
}

/// Why an agent no longer has a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleasedReason {
    /// It was transferred.
    Transferred,
    /// An admin gave it to somebody else.
    Reassigned,
    /// The agent was lost for longer than the grace.
    AgentLost,
    /// The agent was removed.
    Removed,
}

/// Why an offer ended other than by being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawnReason {
    /// The agent refused it.
    Declined,
    /// The agent did not answer in time.
    Expired,
    /// The agent went away.
    Away,
    /// The agent's last session was lost.
    Lost,
    /// The conversation was closed.
    Closed,
    /// The agent was removed.
    Removed,
    /// Another agent claimed the conversation.
    Claimed,
    /// The agent accepted it on another device.
    AcceptedElsewhere,
    /// An admin gave the conversation to somebody, or it was transferred.
    Reassigned,
    /// The agent may no longer take it.
    NotEligible,
    /// The department was deleted.
    DepartmentDeleted,
}

/// Why a conversation went back to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequeuedReason {
    /// Its agent was lost for longer than the grace.
    AgentLost,
    /// Its agent was removed.
    Removed,
    /// Its department was deleted; it waits in the fallback.
    DepartmentDeleted,
    /// It waited as long as it may; it waits in the fallback.
    MaxWait,
    /// An admin gave it to an agent who must be asked first.
    Reassigned,
}

/// The idempotency key of an open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// As the caller gave it; a key is the visitor's own.
    pub key: Arc<str>,
    /// A digest of the rest of the request: the same key with other content is refused.
    pub fingerprint: u64,
}

/// What happened, where, when, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Rises by one with every event of the workspace, from 1.
    pub position: u64,
    /// The tenure of the node that wrote it.
    pub epoch: u64,
    /// When, in workspace time.
    pub at: Timestamp,
    /// By whom.
    #[serde(flatten)]
    pub origin: Origin,
    /// What.
    pub event: Event,
}

/// Everything that can happen to a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)] // the fields name themselves; the variants are documented
pub enum Event {
    /// The workspace's own settings are now these; the first event of every workspace.
    WorkspaceConfigured { config: Box<Config> },
    /// A node took the workspace up again: whoever had a session is lost since now.
    WorkspaceRecovered,
    /// A department was created.
    DepartmentCreated { department_id: DepartmentId, name: String, policy: Box<Policy> },
    /// A department's name and policy are now these.
    DepartmentUpdated { department_id: DepartmentId, name: String, policy: Box<Policy> },
    /// A department's opening hours began.
    DepartmentOpened { department_id: DepartmentId },
    /// A department's opening hours ended.
    DepartmentClosed { department_id: DepartmentId },
    /// A department was deleted; its id stays taken.
    DepartmentDeleted { department_id: DepartmentId },
    /// A seat is held for an invite, until then.
    SeatReserved { invite_id: InviteId, until: Timestamp },
    /// A pending invite holds its seat until then.
    SeatExtended { invite_id: InviteId, until: Timestamp },
    /// An invite holds its seat no longer, and nobody took it.
    SeatReleased {
        invite_id: InviteId,
        /// Its time was over; else it was taken back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        expired: bool,
    },
    /// An agent was added, `away` and in no department.
    AgentAdded {
        agent_id: AgentId,
        role: Role,
        capacity: u32,
        skills: Vec<String>,
        /// The invite that was accepted, whose seat this is now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invite_id: Option<InviteId>,
    },
    /// An agent's role, capacity and skills are now these.
    AgentUpdated { agent_id: AgentId, role: Role, capacity: u32, skills: Vec<String> },
    /// An agent was removed; its id stays taken.
    AgentRemoved { agent_id: AgentId },
    /// An agent joined a department, behind those who were there.
    MemberAdded { department_id: DepartmentId, agent_id: AgentId },
    /// An agent left a department.
    MemberRemoved { department_id: DepartmentId, agent_id: AgentId },
    /// An agent says something else of itself.
    AvailabilityChanged { agent_id: AgentId, availability: Availability },
    /// An agent's first session came or its last one went.
    PresenceChanged { agent_id: AgentId, present: bool },
    /// A session is on a socket: new, or resumed.
    SessionAttached { session_id: SessionId, person: Person },
    /// A session sleeps with leave.
    SessionHeld {
        session_id: SessionId,
        until: Timestamp,
        /// Whether its socket is still there.
        #[serde(default)]
        on_socket: bool,
    },
    /// An agent did something.
    AgentActive { agent_id: AgentId },
    /// What a closed conversation still cost its agent's capacity is over.
    WrapUpEnded { agent_id: AgentId, conversation_id: ConversationId },
    /// An agent who declined, missed or gave away a conversation may be asked for it again.
    CooldownEnded { conversation_id: ConversationId, agent_id: AgentId },
    /// A session lost its socket.
    SessionLost { session_id: SessionId },
    /// A session is over.
    SessionEnded { session_id: SessionId },
    /// A conversation was opened. In the same step it is assigned, queued or rejected.
    ConversationOpened {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        visitor_id: VisitorId,
        priority: i32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skills: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Key>,
        /// Departments that the chain of fallbacks has led through.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed: Vec<DepartmentId>,
    },
    /// A conversation waits in a department's queue.
    ConversationQueued { conversation_id: ConversationId, department_id: DepartmentId },
    /// An agent is asked to take a conversation. The event's position is the offer's number.
    ConversationOffered {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        agent_id: AgentId,
        expires_at: Timestamp,
        /// An admin insisted: it is not withdrawn for want of room.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        forced: bool,
    },
    /// An offer ended, but not by being accepted: the conversation waits as before.
    OfferEnded {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        agent_id: AgentId,
        offer: u64,
        reason: WithdrawnReason,
        /// Until when the agent is not asked again; none: it may be at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cooling_until: Option<Timestamp>,
    },
    /// A conversation was handed on, and waits in this department until it is somebody's.
    ConversationTransferred {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        from_department_id: DepartmentId,
        /// Who had it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_agent_id: Option<AgentId>,
        /// To whom, where that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
        /// Until when who had it is not asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cooling_until: Option<Timestamp>,
        /// Departments that the chain of fallbacks has led through.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed: Vec<DepartmentId>,
    },
    /// A conversation that had ended was taken in again. In the same step it is somebody's,
    /// offered or queued.
    ConversationReopened { conversation: Box<Conversation>, department_id: DepartmentId },
    /// A conversation is an agent's.
    ConversationAssigned {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        agent_id: AgentId,
        cause: AssignmentCause,
    },
    /// A conversation waits again, at its original place.
    ConversationRequeued {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
        reason: RequeuedReason,
        /// Departments that the chain of fallbacks has led through.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed: Vec<DepartmentId>,
    },
    /// A conversation was closed.
    ConversationClosed {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
    },
    /// A conversation was rejected.
    ConversationRejected {
        conversation_id: ConversationId,
        department_id: DepartmentId,
        reason: RejectedReason,
    },
    /// An ended conversation is no longer kept, and neither is its idempotency key.
    ConversationForgotten { visitor_id: VisitorId, key: Arc<str> },
}

impl Event {
    /// The conversation that it happened to; none where it is about something else, be it the
    /// room that an ended one still takes.
    pub fn subject(&self) -> Option<&ConversationId> {
        match self {
            Self::ConversationOpened { conversation_id, .. }
            | Self::ConversationQueued { conversation_id, .. }
            | Self::ConversationAssigned { conversation_id, .. }
            | Self::ConversationOffered { conversation_id, .. }
            | Self::OfferEnded { conversation_id, .. }
            | Self::ConversationTransferred { conversation_id, .. }
            | Self::ConversationRequeued { conversation_id, .. }
            | Self::ConversationClosed { conversation_id, .. }
            | Self::ConversationRejected { conversation_id, .. } => Some(conversation_id),
            Self::ConversationReopened { conversation, .. } => Some(&conversation.id),
            _ => None,
        }
    }

    /// Whether this only observes who is connected: appended, never awaited, and ignored by a
    /// recovery, which finds everybody lost.
    pub fn is_observation(&self) -> bool {
        matches!(
            self,
            Self::PresenceChanged { .. }
                | Self::SessionAttached { .. }
                | Self::SessionHeld { .. }
                | Self::AgentActive { .. }
                | Self::SessionLost { .. }
                | Self::SessionEnded { .. }
        )
    }
}
