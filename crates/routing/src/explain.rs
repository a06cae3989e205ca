//! Why routing decided as it did: captured in the decision, read afterwards.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AgentId, AssignmentCause, ConversationId, DepartmentId, Strategy, Timestamp};

/// The most candidates that a decision names; the others are counted.
pub const NAMED_CANDIDATES: usize = 50;

/// What a decision made of a member of the department: one closed set, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateReason {
    /// It was taken.
    Chosen,
    /// It could have been taken; somebody else came first.
    RankedLower,
    /// It could have been asked; agents who are awake come first.
    Held,
    /// It says that it is away.
    Away,
    /// It is not there.
    Absent,
    /// It gave this conversation away just now.
    Giver,
    /// It holds as many conversations as it may.
    AtCapacity,
    /// It holds as many of this department's as it may.
    AtDepartmentCapacity,
    /// The department is closed.
    DepartmentClosed,
    /// It has not all the skills asked for.
    MissingSkill,
    /// It declined or missed this conversation just now.
    CoolingDown,
}

/// A member of the department, in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub agent_id: AgentId,
    /// How many conversations counted against its capacity.
    pub load: u32,
    /// How many may.
    pub capacity: u32,
    /// Its place in the order of the strategy, from 1; none: it could not be taken.
    pub rank: Option<u32>,
    /// What was made of it.
    pub reason: CandidateReason,
}

/// How routing decided about a conversation: taken by whom, or by nobody, and why not by others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// About which.
    pub conversation_id: ConversationId,
    /// In which department.
    pub department_id: DepartmentId,
    /// Position of the event that it led to.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// How a conversation that is given so comes to its agent.
    pub cause: AssignmentCause,
    /// The department's strategy.
    pub strategy: Strategy,
    /// Who was taken; none: it waits, or was rejected.
    pub chosen: Option<AgentId>,
    /// Who was taken, then the other members who have room and the skills, in the order of the
    /// strategy, then the rest in joining order: at most [`NAMED_CANDIDATES`]. Who cools down stands among the first, without
    /// a rank.
    pub candidates: Vec<Candidate>,
    /// All other members, counted.
    pub left_out: BTreeMap<CandidateReason, u32>,
}

/// What would have to happen for an agent to take a conversation that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It answers the offer that it has.
    Answer,
    /// It says that it is online.
    ComeOnline,
    /// It connects.
    ComeBack,
    /// It closes one of its conversations, of the department where that is full.
    Close,
    /// It has room again once a closed conversation counts no longer: then.
    Rest(Timestamp),
    /// It is given room: its capacity, or its share of the department, allows none at all.
    HaveRoom,
    /// The pause after declining, missing or giving away is over: then.
    CoolDown(Timestamp),
}

/// Somebody, or something, that a waiting conversation waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitsFor {
    /// An agent.
    Agent(AgentId, Need),
    /// So many agents more, in the same need but for times.
    Others(Need, u32),
    /// The department's opening.
    Opening,
    /// Somebody who has these skills: no member has.
    Skills(Vec<String>),
    /// Anybody: the department has no members.
    Members,
}
