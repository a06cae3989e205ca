//! An agent: what it says, whether it is there, what it may do and what it holds. Three facts
//! about presence, never one flag: sessions, availability, and what capacity and membership allow.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AgentId, Availability, Origin, Role, SessionId, Timestamp,
    ready::Rank,
    slab::{ConversationIx, DepartmentIx, SkillSetIx},
};

/// The capacity of an agent for whom none was set.
pub const DEFAULT_CAPACITY: u32 = 5;
/// The highest capacity.
pub const MAX_CAPACITY: u32 = 10_000;

/// An agent, as the workspace knows it. Names and addresses are kept elsewhere.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What it may do.
    pub role: Role,
    /// The most conversations it holds at once, over all departments.
    pub capacity: u32,
    /// What it is skilled in.
    pub skills: Vec<String>,
    /// What it says of itself.
    pub availability: Availability,
    /// Since when it says so.
    pub availability_since: Timestamp,
    /// Who said so.
    pub availability_by: Origin,
    /// Whether it has a session.
    pub present: bool,
    /// Since when it has, or has not.
    pub present_since: Timestamp,
    /// Removed agents stay as a tombstone, so that the id is never given again.
    pub removed: bool,
    pub(crate) skill_set: SkillSetIx,
    /// Live sessions: these make it present.
    pub(crate) sessions: BTreeSet<SessionId>,
    /// Sessions without a socket, which may come back.
    pub(crate) lost: BTreeSet<SessionId>,
    pub(crate) memberships: BTreeMap<DepartmentIx, Membership>,
    pub(crate) conversations: BTreeSet<ConversationIx>,
    /// How many of the conversations are each department's, also of those it is no member of.
    pub(crate) held: BTreeMap<DepartmentIx, u32>,
    /// Position of the last assignment; 0: never.
    pub(crate) last_assigned: u64,
    /// Position of the last assignment or close; 0: never.
    pub(crate) last_active: u64,
}

/// An agent's place in a department.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Membership {
    /// Number in the order of joining.
    pub(crate) joined: u64,
    /// Its rank among the ready ones, while it is one of them.
    pub(crate) rank: Option<Rank>,
    /// Whether it is counted as staff of the department.
    pub(crate) staff: bool,
}

impl Agent {
    /// How many conversations count against its capacity, now.
    pub fn load(&self) -> u32 {
        // Bounded by MAX_CAPACITY but for forced ones; never near 2^32.
        self.conversations.len() as u32
    }

    /// Whether it says it is online, and is there.
    pub fn is_reachable(&self) -> bool {
        !self.removed && self.present && self.availability == Availability::Online
    }

    /// Whether it is a member of any department.
    pub fn is_member(&self) -> bool {
        !self.memberships.is_empty()
    }

    pub(crate) fn held_in(&self, department: DepartmentIx) -> u32 {
        self.held.get(&department).copied().unwrap_or(0)
    }
}
