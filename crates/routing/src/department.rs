//! A department: its members, its queue, its policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AgentIx, DepartmentId, MAX_QUEUE, OnAgentLost, Policy, Timestamp,
    agent::Standing,
    conversation::Part,
    queue::{Queue, QueueKey},
    ready::Ready,
    slab::ConversationIx,
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
    /// How many members stand how.
    pub(crate) standings: [u32; Standing::COUNT],
    /// How many of its conversations are with agents who are online and present.
    pub(crate) serving: u32,
    /// Members who could be picked and are awake.
    pub(crate) ready: Ready,
    /// Members who could be picked and sleep: they come after all who are awake.
    pub(crate) asleep: Ready,
    /// The joining number of whoever was assigned last.
    pub(crate) turn: u64,
    /// The waiting line, offered ones included, for the place of anybody in it.
    pub(crate) line: Queue,
    /// Those of it whom nobody is asked to take, in parts: all in a part can be taken by the same
    /// agents, so that only the heads need looking at.
    parts: BTreeMap<Part, Queue>,
    /// The heads of the parts, in the order in which they are served.
    heads: BTreeMap<QueueKey, ConversationIx>,
    pub(crate) queued: usize,
    /// The same conversations by the beginning of their wait.
    pub(crate) waiting: BTreeSet<Since>,
    /// Those that an agent is asked to take, by the beginning of their wait.
    pub(crate) offered: BTreeSet<Since>,
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
            standings: [0; Standing::COUNT],
            serving: 0,
            ready: Ready::default(),
            asleep: Ready::default(),
            turn: 0,
            line: Queue::default(),
            parts: BTreeMap::new(),
            heads: BTreeMap::new(),
            queued: 0,
            waiting: BTreeSet::new(),
            offered: BTreeSet::new(),
            left: BTreeSet::new(),
            missing: BTreeSet::new(),
        }
    }

    /// Whether somebody could be reached here: it is open, and a member is online and present.
    pub fn is_staffed(&self) -> bool {
        self.open && !self.deleted && self.online() > 0
    }

    /// How many members are online and present.
    pub fn online(&self) -> u32 {
        let out = self.standing(Standing::Away) + self.standing(Standing::Absent);
        self.standings.iter().sum::<u32>() - out
    }

    /// How many members stand so.
    pub(crate) fn standing(&self, standing: Standing) -> u32 {
        self.standings.get(standing as usize).copied().unwrap_or(0)
    }

    /// Counts a member who stands so, or no longer.
    pub(crate) fn count(&mut self, standing: Standing, more: bool) {
        if let Some(count) = self.standings.get_mut(standing as usize) {
            *count = *count + u32::from(more) - u32::from(!more);
        }
    }

    /// The members who could be picked and stand so; none stand otherwise.
    pub(crate) fn pickable(&mut self, standing: Standing) -> &mut Ready {
        match standing {
            Standing::Asleep => &mut self.asleep,
            _ => &mut self.ready,
        }
    }

    /// How many conversations wait that nobody is asked to take.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Since when whoever has waited longest has waited, asked for or not.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        let first = |set: &BTreeSet<Since>| set.first().map(|(since, ..)| *since);
        first(&self.waiting).into_iter().chain(first(&self.offered)).min()
    }

    /// How many of its conversations are with agents who are online and present: what it is being
    /// served by, now.
    pub fn serving(&self) -> u32 {
        self.serving
    }

    /// How many members it has.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// Whether there is anybody here who could be picked for anything.
    pub(crate) fn is_picking(&self) -> bool {
        (self.open || planted!(AsksWhileClosed))
            && !(self.ready.is_empty() && self.asleep.is_empty())
    }

    /// Whether so many in the queue, or more, are as many as there may be.
    pub(crate) fn is_full_with(&self, queued: usize) -> bool {
        queued >= self.policy.max_queue.map_or(MAX_QUEUE, |max| max.min(MAX_QUEUE)) as usize
    }

    /// Lets a conversation that nobody is asked to take wait in its part of the line.
    pub(crate) fn stand(&mut self, part: Part, key: QueueKey, at: ConversationIx) {
        self.unhead(&part);
        let queue = self.parts.entry(part).or_default();
        queue.insert(key, at);
        if let Some((key, at)) = queue.first() {
            self.heads.insert(key, at);
        }
        self.queued += 1;
    }

    /// Takes a conversation out of its part of the line, where it must be.
    pub(crate) fn unstand(&mut self, part: &Part, key: QueueKey) {
        self.unhead(part);
        if let Some(queue) = self.parts.get_mut(part) {
            assert!(queue.remove(key), "whoever waits stands in its part of the line");
            match queue.first() {
                Some((key, at)) => {
                    self.heads.insert(key, at);
                }
                None => {
                    self.parts.remove(part);
                }
            }
        }
        self.queued -= 1;
    }

    fn unhead(&mut self, part: &Part) {
        if let Some((key, _)) = self.parts.get(part).and_then(Queue::first) {
            self.heads.remove(&key);
        }
    }

    /// The first in line of each part, in the order in which they are served.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (QueueKey, ConversationIx)> + '_ {
        self.heads.iter().map(|(key, at)| (*key, *at))
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
        let (since, ..) = self.left.first().filter(|_| !planted!(LeftVisitorWaits))?;
        Some(since.plus_ms(self.policy.visitor_grace_ms))
    }

    pub(crate) fn max_wait_deadline(&self) -> Option<Timestamp> {
        let (since, ..) = self.waiting.first().filter(|_| !planted!(LongestWaitIsEndless))?;
        Some(since.plus_ms(self.policy.max_wait_ms?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::{Handle, SkillSetIx};

    fn is_full(max_queue: Option<u32>, queued: u32) -> bool {
        let policy = Policy { max_queue, ..Policy::default() };
        let department = Department::new("d".into(), "D".into(), policy, Timestamp(1));
        department.is_full_with(queued as usize)
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
    fn the_parts_of_a_line_are_served_by_their_heads() {
        let mut department =
            Department::new("d".into(), "D".into(), Policy::default(), Timestamp(1));
        let part = |of: u64| Part { skills: SkillSetIx::from_raw((of % 3) as u32), barred: vec![] };
        let key = |place| QueueKey { urgency: 0, place };
        for place in [5, 1, 4, 3, 0, 2, 6] {
            department.stand(part(place), key(place), ConversationIx::from_raw(place as u32));
        }
        let heads = |d: &Department| d.heads().map(|(key, ..)| key.place).collect::<Vec<_>>();
        assert_eq!(heads(&department), [0, 1, 2]);
        department.unstand(&part(0), key(0));
        assert_eq!(heads(&department), [1, 2, 3]);
        department.unstand(&part(5), key(5));
        department.unstand(&part(2), key(2));
        assert_eq!(heads(&department), [1, 3]);
        assert_eq!((department.parts.len(), department.queued()), (2, 4));
    }
}
