//! The agents of a department who could take a conversation now, in the order of its strategy.
//!
//! Picking takes the first of an ordered set: O(log n), nothing is scanned. Agents with skills
//! stand in a second set too, one for each distinct set of skills, so that a conversation that
//! asks for skills looks at the heads of those sets alone.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use crate::{
    AgentId, Strategy,
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
            Strategy::LongestIdle => Self {
                first: planted!(IdleSinceAssigned, agent.last_assigned, agent.last_active),
                second: 0,
            },
        }
    }
}

/// Load ÷ capacity as a fixed-point number. Two different fractions whose denominators are at
/// most 2^16 differ by 2^-32 or more, so 40 binary places keep their order and their ties exact.
fn relative_load(load: u32, capacity: u32) -> u64 {
    let capacity = planted!(LoadWithoutCapacity, 1, capacity.max(1));
    (u64::from(load) << 40) / u64::from(capacity)
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

    /// Whom the strategy takes for a conversation that asks for these skills, but for those who
    /// are barred (sorted). `turn` is the rank after which the round begins; 0: at its beginning.
    ///
    /// O(log n) and one look for each who is barred; with skills, that for each set of skills
    /// that covers what is asked for, and one comparison for each other set.
    pub(crate) fn pick(
        &self,
        turn: u64,
        asked: Asked<'_>,
        barred: &[AgentIx],
        skills: &Skills,
    ) -> Option<AgentIx> {
        let may = |e: &&Entry| barred.binary_search(&e.agent).is_err() || planted!(AsksCooling);
        let next = |set| in_turn(set, turn).find(may);
        if asked.is_nothing() || planted!(AsksUnskilled) {
            return next(&self.all).map(|e| e.agent);
        }
        self.covering(asked, skills)
            .filter_map(next)
            .min_by_key(|e| (e.rank.first <= turn && turn > 0, *e))
            .map(|e| e.agent)
    }

    /// The first so many who have the skills asked for, in the order of the strategy.
    pub(crate) fn first(
        &self,
        turn: u64,
        asked: Asked<'_>,
        skills: &Skills,
        most: usize,
    ) -> Vec<AgentIx> {
        if asked.is_nothing() {
            return in_turn(&self.all, turn).take(most).map(|e| e.agent).collect();
        }
        // Each set is in order, so the first of all is the first of one of them.
        let order = |e: &'_ Entry| e.rank.first <= turn && turn > 0;
        let mut sets: Vec<_> = self.covering(asked, skills).map(|set| in_turn(set, turn)).collect();
        let heads = sets.iter_mut().zip(0usize..);
        let heads = heads.filter_map(|(set, at)| set.next().map(|e| Reverse((order(e), e, at))));
        let mut heads: BinaryHeap<_> = heads.collect();
        let mut firsts = Vec::new();
        while firsts.len() < most
            && let Some(Reverse((_, first, at))) = heads.pop()
        {
            firsts.push(first.agent);
            let next = sets.get_mut(at).and_then(Iterator::next);
            heads.extend(next.map(|e| Reverse((order(e), e, at))));
        }
        firsts
    }

    /// How many have the skills asked for.
    pub(crate) fn count(&self, asked: Asked<'_>, skills: &Skills) -> usize {
        match asked.is_nothing() {
            true => self.all.len(),
            false => self.covering(asked, skills).map(BTreeSet::len).sum(),
        }
    }

    fn covering<'a>(
        &'a self,
        asked: Asked<'a>,
        skills: &'a Skills,
    ) -> impl Iterator<Item = &'a BTreeSet<Entry>> {
        let covers = move |had: &SkillSetIx| skills.covers(*had, asked);
        self.skilled.iter().filter(move |(had, _)| covers(had)).map(|(_, set)| set)
    }
}

/// The entries ranked after the turn, then the others.
fn in_turn(set: &BTreeSet<Entry>, turn: u64) -> impl Iterator<Item = &Entry> {
    let first = if turn == 0 { 0 } else { turn + 1 };
    let bound = Entry { rank: Rank { first, second: 0 }, id: None, agent: AgentIx::ZERO };
    let before = (turn > 0).then(|| set.range(..bound.clone()));
    set.range(bound..).chain(before.into_iter().flatten())
}
