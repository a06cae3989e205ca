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
    /// The waiting line, for the place of anybody in it.
    pub(crate) line: Queue,
    /// The same in one part for each set of skills asked for: all in a part can be taken by the
    /// same agents, so that only the heads need looking at.
    parts: BTreeMap<SkillSetIx, Queue>,
    /// The heads of the parts, in the order in which they are served.
    heads: BTreeMap<QueueKey, (SkillSetIx, ConversationIx)>,
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
            line: Queue::default(),
            parts: BTreeMap::new(),
            heads: BTreeMap::new(),
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

    /// How many of its conversations are with agents who are online and present: what it is being
    /// served by, now.
    pub fn serving(&self) -> u32 {
        self.assigned
    }

    /// How many members it has.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// Whether there is anybody here who could be picked for anything.
    pub(crate) fn is_picking(&self) -> bool {
        self.open && !self.ready.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.queued >= self.policy.max_queue.map_or(MAX_QUEUE, |max| max.min(MAX_QUEUE)) as usize
    }

    pub(crate) fn enqueue(&mut self, skills: SkillSetIx, key: QueueKey, at: ConversationIx) {
        self.unhead(skills);
        self.parts.entry(skills).or_default().insert(key, at);
        self.head(skills);
        self.line.insert(key, at);
        self.queued += 1;
    }

    /// Takes a conversation out of the line; whether it was there.
    pub(crate) fn dequeue(&mut self, skills: SkillSetIx, key: QueueKey) -> bool {
        if !self.line.remove(key) {
            return false;
        }
        self.unhead(skills);
        if let Some(part) = self.parts.get_mut(&skills) {
            part.remove(key);
            if part.is_empty() {
                self.parts.remove(&skills);
            }
        }
        self.head(skills);
        self.queued -= 1;
        true
    }

    fn head(&mut self, skills: SkillSetIx) {
        if let Some((key, at)) = self.parts.get(&skills).and_then(Queue::first) {
            self.heads.insert(key, (skills, at));
        }
    }

    fn unhead(&mut self, skills: SkillSetIx) {
        if let Some((key, _)) = self.parts.get(&skills).and_then(Queue::first) {
            self.heads.remove(&key);
        }
    }

    /// The first in line of each set of skills asked for, in the order in which they are served.
    pub(crate) fn heads(
        &self,
    ) -> impl Iterator<Item = (QueueKey, SkillSetIx, ConversationIx)> + '_ {
        self.heads.iter().map(|(key, (skills, at))| (*key, *skills, *at))
    }

    /// How many are served before `key`.
    pub(crate) fn ahead_of(&self, key: QueueKey) -> usize {
        self.line.ahead_of(key)
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
    use crate::slab::Handle;

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

    #[test]
    fn the_parts_of_a_line_are_one_line() {
        let mut department =
            Department::new("d".into(), "D".into(), Policy::default(), Timestamp(1));
        let skills = |of: u64| SkillSetIx::from_raw((of % 3) as u32);
        let key = |place| QueueKey { urgency: 0, place };
        for place in [5, 1, 4, 3, 0, 2, 6] {
            department.enqueue(skills(place), key(place), ConversationIx::from_raw(place as u32));
        }
        let heads = |d: &Department| d.heads().map(|(key, ..)| key.place).collect::<Vec<_>>();
        assert_eq!(heads(&department), [0, 1, 2]);
        assert!(department.dequeue(skills(0), key(0)) && !department.dequeue(skills(0), key(0)));
        assert_eq!(heads(&department), [1, 2, 3]);
        assert!(department.dequeue(skills(5), key(5)) && department.dequeue(skills(2), key(2)));
        assert_eq!(heads(&department), [1, 3]);
        assert_eq!(department.parts.len(), 2);
        assert_eq!((department.queued(), department.ahead_of(key(4))), (4, 2));
        let line: Vec<_> = department.line.iter().map(|(key, _)| key.place).collect();
        assert_eq!(line, [1, 3, 4, 6]);
    }
}
