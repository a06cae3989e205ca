//! A department: its members, its queue, its policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AgentIx, DepartmentId, MAX_QUEUE, OnAgentLost, Policy, Timestamp,
    queue::{Queue, QueueKey},
    ready::Ready,
    slab::{ConversationIx, SkillSetIx},
};

/// Since when something is so of a conversation, and its place: what begins at once is in the
/// order of arrival, whatever handles were given.
pub(crate) type Since = (Timestamp, u64, ConversationIx);

/// A department, as the workspace knows it.
#[derive(Clone, Debug)]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// What people call it.
    pub name: String,
    /// How it routes.
    pub policy: Policy,
    /// Whether its opening hours are on.
    pub open: bool,
    /// Deleted departments stay as a tombstone, so that the id is never given again.
    pub deleted: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// How many of its conversations agents hold.
    pub assigned: u32,
    /// Members in joining order.
    pub(crate) members: BTreeMap<u64, AgentIx>,
    pub(crate) next_joined: u64,
    /// How many members are online and present.
    pub(crate) staff: u32,
    pub(crate) ready: Ready,
    /// The joining number of whoever was assigned last.
    pub(crate) turn: u64,
    /// The waiting line, in one part for each set of skills asked for: all in a part can be
    /// taken by the same agents, so that only the heads need looking at.
    pub(crate) queues: BTreeMap<SkillSetIx, Queue>,
    pub(crate) queued: usize,
    /// The same conversations by the beginning of their wait.
    pub(crate) waiting: BTreeSet<Since>,
    /// Waiting conversations whose visitor is gone, by since when that counts.
    pub(crate) left: BTreeSet<Since>,
    /// Absent agents who hold conversations of this department, by since when.
    pub(crate) missing: BTreeSet<(Timestamp, AgentIx)>,
}

impl Department {
    pub(crate) fn new(id: DepartmentId, name: String, policy: Policy, at: Timestamp) -> Self {
        Self {
            id,
            name,
            policy,
            open: true,
            deleted: false,
            created_at: at,
            assigned: 0,
            members: BTreeMap::new(),
            next_joined: 1,
            staff: 0,
            ready: Ready::default(),
            turn: 0,
            queues: BTreeMap::new(),
            queued: 0,
            waiting: BTreeSet::new(),
            left: BTreeSet::new(),
            missing: BTreeSet::new(),
        }
    }

    /// Whether somebody could be reached here: it is open, and a member is online and present.
    pub fn is_staffed(&self) -> bool {
        self.open && !self.deleted && self.staff > 0
    }

    /// How many members are online and present.
    pub fn online(&self) -> u32 {
        self.staff
    }

    /// How many conversations wait.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Since when whoever has waited longest has waited.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(since, ..)| *since)
    }

    /// How many members it has.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.queued >= self.policy.max_queue.map_or(MAX_QUEUE, |max| max.min(MAX_QUEUE)) as usize
    }

    pub(crate) fn enqueue(&mut self, skills: SkillSetIx, key: QueueKey, at: ConversationIx) {
        self.queues.entry(skills).or_default().insert(key, at);
        self.queued += 1;
    }

    /// Takes a conversation out of the line; whether it was there.
    pub(crate) fn dequeue(&mut self, skills: SkillSetIx, key: QueueKey) -> bool {
        let Some(queue) = self.queues.get_mut(&skills) else { return false };
        let found = queue.remove(key);
        if queue.is_empty() {
            self.queues.remove(&skills);
        }
        self.queued -= usize::from(found);
        found
    }

    /// How many are served before `key`, over all parts of the line.
    pub(crate) fn ahead_of(&self, key: QueueKey) -> usize {
        self.queues.values().map(|queue| queue.ahead_of(key)).sum()
    }

    /// Whether what a lost agent holds of it is requeued. A deleted department's conversations
    /// stay with their agents until they are closed.
    pub(crate) fn takes_from_lost(&self) -> bool {
        !self.deleted && self.policy.on_agent_lost == OnAgentLost::Requeue
    }

    pub(crate) fn agent_lost_deadline(&self) -> Option<Timestamp> {
        let (since, _) = self.missing.first()?;
        self.takes_from_lost().then(|| since.plus_ms(self.policy.reconnect_grace_ms))
    }

    pub(crate) fn visitor_left_deadline(&self) -> Option<Timestamp> {
        let (since, ..) = self.left.first()?;
        Some(since.plus_ms(self.policy.visitor_grace_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_full(max_queue: Option<u32>, queued: u32) -> bool {
        let policy = Policy { max_queue, ..Policy::default() };
        let mut department = Department::new("d".into(), "D".into(), policy, Timestamp(1));
        department.queued = queued as usize;
        department.is_full()
    }

    #[test]
    fn no_policy_allows_a_longer_queue_than_there_may_be() {
        for max_queue in [None, Some(MAX_QUEUE), Some(MAX_QUEUE + 1), Some(u32::MAX)] {
            assert!(!is_full(max_queue, MAX_QUEUE - 1));
            assert!(is_full(max_queue, MAX_QUEUE), "{max_queue:?}");
        }
        assert!(is_full(Some(3), 3) && !is_full(Some(3), 2));
    }
}
