//! The agents of a department who could take a conversation now, in the order of its strategy.
//!
//! Picking takes the first of an ordered set: O(log n), nothing is scanned. Agents with skills
//! stand in a second set too, one for each distinct set of skills, so that a conversation that
//! asks for skills looks at the heads of those sets alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use crate::{
    AgentId, Policy, Strategy,
    agent::Agent,
    skills::{Asked, Skills},
    slab::{AgentIx, SkillSetIx},
};

/// An agent's rank in a department: the lowest is picked. Meaning depends on the strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) first: u64,
    pub(crate) second: u64,
}

impl Rank {
    /// Ranks an agent that joined the department as number `joined`.
    pub(crate) fn of(agent: &Agent, joined: u64, strategy: Strategy) -> Self {
        match strategy {
            Strategy::LeastBusy => Self {
                first: relative_load(agent.load(), agent.capacity),
                second: agent.last_assigned,
            },
            Strategy::RoundRobin => Self { first: joined, second: 0 },
            Strategy::LongestIdle => Self { first: agent.last_active, second: 0 },
        }
    }
}

/// Load ÷ capacity as a fixed-point number. Two different fractions whose denominators are at
/// most 2^16 differ by 2^-32 or more, so 40 binary places keep their order and their ties exact.
fn relative_load(load: u32, capacity: u32) -> u64 {
    (u64::from(load) << 40) / u64::from(capacity.max(1))
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    rank: Rank,
    /// None stands before every agent of the same rank, in bounds of ranges alone.
    id: Option<AgentId>,
    agent: AgentIx,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready {
    all: BTreeSet<Entry>,
    skilled: BTreeMap<SkillSetIx, BTreeSet<Entry>>,
}

impl Ready {
    pub(crate) fn insert(&mut self, rank: Rank, agent: &Agent, at: AgentIx) {
        let entry = Entry { rank, id: Some(agent.id.clone()), agent: at };
        if agent.skill_set != Skills::none() {
            self.skilled.entry(agent.skill_set).or_default().insert(entry.clone());
        }
        self.all.insert(entry);
    }

    pub(crate) fn remove(&mut self, rank: Rank, agent: &Agent, at: AgentIx) {
        let entry = Entry { rank, id: Some(agent.id.clone()), agent: at };
        self.all.remove(&entry);
        if let Some(set) = self.skilled.get_mut(&agent.skill_set) {
            set.remove(&entry);
            if set.is_empty() {
                self.skilled.remove(&agent.skill_set);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whom the strategy takes for a conversation that asks for these skills. `turn` is the
    /// joining number of whoever was assigned last in this department.
    pub(crate) fn pick(
        &self,
        policy: &Policy,
        turn: u64,
        asked: Asked<'_>,
        skills: &Skills,
    ) -> Option<AgentIx> {
        let after = match policy.strategy {
            Strategy::RoundRobin => turn,
            Strategy::LeastBusy | Strategy::LongestIdle => 0,
        };
        if asked.is_nothing() {
            return next(&self.all, after).map(|e| e.agent);
        }
        self.skilled
            .iter()
            .filter(|(had, _)| skills.covers(**had, asked))
            .filter_map(|(_, set)| next(set, after))
            .min_by_key(|e| (e.rank.first <= after && after > 0, *e))
            .map(|e| e.agent)
    }
}

/// The first entry ranked after the turn, else the first of all.
fn next(set: &BTreeSet<Entry>, after: u64) -> Option<&Entry> {
    if after == 0 {
        return set.first();
    }
    let beyond = Rank { first: after + 1, second: 0 };
    let bound = Entry { rank: beyond, id: None, agent: AgentIx::ZERO };
    set.range((Bound::Included(bound), Bound::Unbounded)).next().or_else(|| set.first())
}
