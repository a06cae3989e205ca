//! An agent: what it says, whether it is there, what it may do and what it holds. Three facts
//! about presence, never one flag: sessions, availability, and what capacity and membership allow.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AgentId, Availability, ConversationId, Origin, Role, SessionId, Timestamp,
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
    /// Sessions asleep with leave: these do too.
    pub(crate) asleep: BTreeSet<SessionId>,
    /// Sessions without a socket, which may come back.
    pub(crate) lost: BTreeSet<SessionId>,
    pub(crate) memberships: BTreeMap<DepartmentIx, Membership>,
    pub(crate) conversations: BTreeSet<ConversationIx>,
    /// How many of the conversations are each department's, also of those it is no member of.
    pub(crate) held: BTreeMap<DepartmentIx, u32>,
    /// What it is asked to take, by the offer's number.
    pub(crate) offers: BTreeMap<u64, ConversationIx>,
    /// What it closed and still counts, with the department and until when.
    pub(crate) wrapping: BTreeMap<ConversationId, (DepartmentIx, Timestamp)>,
    /// How much of the load is each department's.
    pub(crate) load_in: BTreeMap<DepartmentIx, u32>,
    /// Offers missed in a row.
    pub(crate) misses: u32,
    /// When it last did something itself.
    pub(crate) active_at: Timestamp,
    /// Whether what it holds counts as being served: it was reachable when last looked at.
    pub(crate) serves: bool,
    /// Where it stands among the absent or the idle ones, if it does.
    pub(crate) noted: Option<Noted>,
    /// Position of the last assignment; 0: never.
    pub(crate) last_assigned: u64,
    /// Position of the last assignment or close; 0: never.
    pub(crate) last_active: u64,
}

/// Where an agent stands among those whom time sets away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    Absent(Timestamp),
    Idle(Timestamp),
}

/// What is in the way of an agent's being picked in a department, conversations aside: the first
/// that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Away,
    Absent,
    AtCapacity,
    AtDepartmentCapacity,
    /// Nothing.
    Ready,
    /// Nothing, but all its sessions sleep.
    Asleep,
}

impl Standing {
    /// How many there are.
    pub(crate) const COUNT: usize = 6;
}

/// An agent's place in a department.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Membership {
    /// Number in the order of joining.
    pub(crate) joined: u64,
    /// As it was last looked at; none: never.
    pub(crate) standing: Option<Standing>,
    /// Its rank among the ready or the sleeping ones, while it is one of them.
    pub(crate) rank: Option<Rank>,
}

impl Membership {
    pub(crate) fn new(joined: u64) -> Self {
        Self { joined, standing: None, rank: None }
    }
}

impl Agent {
    /// How many conversations count against its capacity, now: held, offered and in wrap-up.
    pub fn load(&self) -> u32 {
        // Bounded by MAX_CAPACITY but for forced ones; never near 2^32.
        (self.conversations.len() + self.offers.len() + self.wrapping.len()) as u32
    }

    /// How many conversations it is asked to take.
    pub fn offered(&self) -> usize {
        self.offers.len()
    }

    /// Whether it has a session that is awake.
    pub fn is_awake(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Whether it says it is online, and is there.
    pub fn is_reachable(&self) -> bool {
        !self.removed && self.present && self.availability == Availability::Online
    }

    /// Whether it is a member of any department.
    pub fn is_member(&self) -> bool {
        !self.memberships.is_empty()
    }

    /// How much of its load is a department's.
    pub(crate) fn load_in(&self, department: DepartmentIx) -> u32 {
        self.load_in.get(&department).copied().unwrap_or(0)
    }

    /// Counts something of a department's, or no longer.
    pub(crate) fn count(&mut self, department: DepartmentIx, more: bool) {
        tally(&mut self.load_in, department, more);
    }

    /// Where it stands in a department that allows so much of its own on one agent.
    pub(crate) fn standing(&self, department: DepartmentIx, most: Option<u32>) -> Standing {
        if self.availability == Availability::Away && !planted!(AsksAway) {
            Standing::Away
        } else if (!self.present && !planted!(AsksAbsent)) || self.removed {
            Standing::Absent
        } else if self.load() >= self.capacity + u32::from(planted!(OverCapacity)) {
            Standing::AtCapacity
        } else if most.is_some_and(|most| self.load_in(department) >= most)
            && !planted!(OverAgentCapacity)
        {
            Standing::AtDepartmentCapacity
        } else if self.is_awake() {
            Standing::Ready
        } else {
            Standing::Asleep
        }
    }
}

/// Counts one more or one less; what is down to nothing is not kept.
pub(crate) fn tally(counts: &mut BTreeMap<DepartmentIx, u32>, of: DepartmentIx, more: bool) {
    let count = counts.entry(of).or_default();
    *count = *count + u32::from(more) - u32::from(!more);
    if *count == 0 {
        counts.remove(&of);
    }
}
