//! What a workspace can be asked to do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Availability, Conversation, ConversationId, DepartmentId, InviteId, Key, Origin,
    Person, Policy, Role, SessionId, Timestamp, VisitorId, workspace::Config,
};

/// One input of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Who asks.
    pub origin: Origin,
    /// The session that asks, if it is one: it gets the answer, the person's others are told.
    pub session: Option<SessionId>,
    /// What is asked.
    pub command: Command,
}

impl Input {
    /// An input that does not come from a session.
    pub fn new(origin: Origin, command: Command) -> Self {
        Self { origin, session: None, command }
    }

    /// An input of a session.
    pub fn from_session(origin: Origin, session: SessionId, command: Command) -> Self {
        Self { origin, session: Some(session), command }
    }
}

/// A new conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenConversation {
    /// Its id, made by the shell.
    pub conversation_id: ConversationId,
    /// Who opens it.
    pub visitor_id: VisitorId,
    /// Where; none: the workspace's default or only department.
    pub department_id: Option<DepartmentId>,
    /// Higher is served first.
    pub priority: i32,
    /// What its agent must be skilled in.
    pub skills: Vec<String>,
    /// Makes a repeat of this open the same conversation.
    pub key: Option<Key>,
}

/// A seat that is to be held for whoever accepts an invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatReservation {
    /// For which invite, made by the shell.
    pub invite_id: InviteId,
    /// Until when, in workspace time: from then on it is free.
    pub until: Timestamp,
}

/// Everything a workspace can be asked to do. Whether the asker's role allows an admin's command
/// is the shell's to check, at the moment of the call, with [`crate::Workspace::agent`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the fields name themselves; the variants are documented
pub enum Command {
    /// Set the workspace's own settings, as a whole.
    Configure(Box<Config>),
    /// Take the workspace up after a crash or a move: whoever had a session is lost since now.
    Recover,
    /// Do what is due: see [`crate::Workspace::next_deadline`].
    Tick,
    /// Create a department.
    CreateDepartment { department_id: DepartmentId, name: String, policy: Box<Policy> },
    /// Set a department's name and policy, as a whole.
    UpdateDepartment { department_id: DepartmentId, name: String, policy: Box<Policy> },
    /// Begin (`open`) or end a department's opening hours.
    SetDepartmentOpen { department_id: DepartmentId, open: bool },
    /// Delete a department: its queue moves to the fallback or is rejected.
    DeleteDepartment { department_id: DepartmentId },
    /// Hold a seat for each of these invites, or none at all.
    ReserveSeats { seats: Vec<SeatReservation> },
    /// Hold the seat of a pending invite until then.
    ExtendSeat { invite_id: InviteId, until: Timestamp },
    /// Take a pending invite back: its seat is free.
    ReleaseSeat { invite_id: InviteId },
    /// Add an agent, `away`, to these departments; one who accepts an invite takes its seat.
    AddAgent {
        agent_id: AgentId,
        role: Role,
        capacity: u32,
        skills: Vec<String>,
        department_ids: Vec<DepartmentId>,
        invite_id: Option<InviteId>,
    },
    /// Set an agent's role, capacity, skills and departments; none: as it is.
    UpdateAgent {
        agent_id: AgentId,
        role: Option<Role>,
        capacity: Option<u32>,
        skills: Option<Vec<String>>,
        department_ids: Option<Vec<DepartmentId>>,
    },
    /// Remove an agent: what it holds is requeued, its sessions end.
    RemoveAgent { agent_id: AgentId },
    /// Make an agent a member of a department.
    AddMember { department_id: DepartmentId, agent_id: AgentId },
    /// End a membership. What the agent holds stays.
    RemoveMember { department_id: DepartmentId, agent_id: AgentId },
    /// Say that an agent is online or away.
    SetAvailability { agent_id: AgentId, availability: Availability },
    /// A session is on a socket: a new one, or one that was lost.
    AttachSession { session_id: SessionId, person: Person },
    /// A session's socket is gone.
    LoseSession { session_id: SessionId },
    /// A session is over: a live one on purpose, so that a person who has no other gets no grace;
    /// a lost one because it can no longer be resumed. To replace a session, attach the new one
    /// first.
    EndSession { session_id: SessionId },
    /// Open a conversation.
    OpenConversation(OpenConversation),
    /// Close a conversation.
    CloseConversation { conversation_id: ConversationId },
    /// Let a session sleep with leave for so long, in milliseconds; the workspace's bound applies.
    HoldSession { session_id: SessionId, hold_ms: u64 },
    /// An agent does something: it is not idle.
    ReportActivity { agent_id: AgentId },
    /// Take what is offered. `offer` is the offer's number.
    AcceptOffer { conversation_id: ConversationId, agent_id: AgentId, offer: u64 },
    /// Refuse what is offered: it goes on to the next.
    DeclineOffer { conversation_id: ConversationId, agent_id: AgentId, offer: u64 },
    /// Take a conversation that waits, or is offered to somebody else.
    ClaimConversation { conversation_id: ConversationId, agent_id: AgentId },
    /// Give a conversation to an agent; `force` passes capacity, nothing else.
    AssignConversation { conversation_id: ConversationId, agent_id: AgentId, force: bool },
    /// Hand a conversation to a department, an agent, or an agent in a department.
    TransferConversation {
        conversation_id: ConversationId,
        department_id: Option<DepartmentId>,
        agent_id: Option<AgentId>,
        force: bool,
    },
    /// Take a conversation that ended in again, as it was when it ended.
    ReopenConversation { conversation: Box<Conversation> },
    /// Forget the idempotency key of an ended conversation that is no longer kept.
    Forget { visitor_id: VisitorId, key: Arc<str> },
}
