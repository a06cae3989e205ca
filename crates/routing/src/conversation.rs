//! A conversation: who waits, for whom, since when, and who has it.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, AssignmentCause, ConversationId, DepartmentId, Key, Origin, RejectedReason, Timestamp,
    VisitorId,
    queue::QueueKey,
    slab::{AgentIx, DepartmentIx, SkillSetIx},
};

/// Where a conversation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits.
    Queued,
    /// An agent is asked to take it.
    Offered,
    /// An agent has it.
    Assigned,
    /// It is over.
    Closed,
    /// It was not taken in.
    Rejected,
}

/// How a conversation came to its agent, and through whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// How.
    pub cause: AssignmentCause,
    /// Through whom.
    pub origin: Origin,
}

/// That an agent is asked to take a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its number: the position of the event that made it.
    pub number: u64,
    /// Who is asked.
    pub agent_id: AgentId,
    /// Until when.
    pub expires_at: Timestamp,
    /// An admin insisted: it is not withdrawn for want of room.
    #[serde(default)]
    pub forced: bool,
}

/// That an agent is not asked for a conversation for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Which agent.
    pub agent_id: AgentId,
    /// Until when.
    pub until: Timestamp,
    /// Whether it gave the conversation away; else it declined or missed it.
    pub giver: bool,
}

/// A conversation, as the workspace knows it. Names and attributes are kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The department it is for.
    pub department_id: DepartmentId,
    /// Who opened it.
    pub visitor_id: VisitorId,
    /// Higher is served first.
    pub priority: i32,
    /// What its agent must be skilled in.
    pub skills: Vec<String>,
    /// Where it is in its life.
    pub state: State,
    /// Rises with every change.
    pub revision: u64,
    /// Its number in the order of opening.
    pub number: u64,
    /// Its number in the order in which those who wait are served; survives requeueing, and is
    /// another after a reopening.
    pub place: u64,
    /// Who has it, or had it last.
    pub agent_id: Option<AgentId>,
    /// How it came to that agent; none while it waits.
    pub assignment: Option<Assignment>,
    /// Who is asked to take it.
    #[serde(default)]
    pub offer: Option<Offer>,
    /// Who has it or had it last, also while it waits again.
    #[serde(default)]
    pub last_agent_id: Option<AgentId>,
    /// Whether its visitor was there at any time while it was open.
    #[serde(default)]
    pub attended: bool,
    /// Where it ended: who was not to be asked for it for a while yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// What the strategy's next assignment of it is called: how it came to wait.
    pub next_cause: AssignmentCause,
    /// Departments that the chain of fallbacks has led through since it last was somebody's.
    #[serde(default)]
    pub passed: Vec<DepartmentId>,
    /// Why it was rejected.
    pub reason: Option<RejectedReason>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last began to wait.
    pub queued_at: Option<Timestamp>,
    /// When its agent got it; none while it waits.
    pub assigned_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Who ended it.
    pub closed_by: Option<Origin>,
    /// How long it waited in all the waits that are over, in milliseconds.
    pub waited_ms: u64,
    /// Its idempotency key.
    pub key: Option<Key>,
}

impl Conversation {
    /// How long it has waited until `now`, in milliseconds.
    pub fn waited_ms(&self, now: Timestamp) -> u64 {
        match (self.state, self.queued_at) {
            (State::Queued | State::Offered, Some(since)) => self.waited_ms + now.since_ms(since),
            _ => self.waited_ms,
        }
    }

    /// Whether it waits, asked for or not.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Queued | State::Offered)
    }

    pub(crate) fn queue_key(&self) -> QueueKey {
        QueueKey {
            urgency: -i64::from(self.priority),
            place: planted!(LastComeFirst, u64::MAX - self.place, self.place),
        }
    }

    /// The wait is over, one way or another.
    pub(crate) fn end_wait(&mut self, now: Timestamp) {
        self.waited_ms = self.waited_ms(now);
    }
}

/// A conversation that has not ended, with where its relations are.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) conversation: Conversation,
    pub(crate) department: DepartmentIx,
    pub(crate) agent: Option<AgentIx>,
    pub(crate) offered_to: Option<AgentIx>,
    /// Who is not asked for it for a while, by handle.
    pub(crate) cooling: Vec<Cooling>,
    pub(crate) skill_set: SkillSetIx,
    /// Opened in this very step: its visitor has not been told anything of it.
    pub(crate) arriving: bool,
}

impl Active {
    /// The part of its department's line that it stands in.
    pub(crate) fn part(&self) -> Part {
        Part { skills: self.skill_set, barred: self.cooling.iter().map(|c| c.agent).collect() }
    }

    /// Notes that an agent is not asked for a while, or (`until` none) may be asked again.
    pub(crate) fn cool(&mut self, agent: AgentIx, until: Option<Timestamp>, giver: bool) {
        self.cooling.retain(|cooling| cooling.agent != agent);
        if let Some(until) = until {
            let at = self.cooling.partition_point(|cooling| cooling.agent < agent);
            self.cooling.insert(at, Cooling { agent, until, giver });
        }
    }
}

/// That an agent is not asked for a conversation for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cooling {
    pub(crate) agent: AgentIx,
    pub(crate) until: Timestamp,
    /// It gave the conversation away; else it declined or missed it.
    pub(crate) giver: bool,
}

/// What those who wait in one part of a line have in common: they can be taken by the same agents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    /// The skills asked for.
    pub(crate) skills: SkillSetIx,
    /// Who is not asked, by handle.
    pub(crate) barred: Vec<AgentIx>,
}
