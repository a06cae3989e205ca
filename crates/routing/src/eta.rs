//! How long who waits will wait yet: an estimate, from how fast a department has served lately and
//! who serves it now.
//!
//! While everybody who serves is busy, a line moves as fast as conversations leave their agents:
//! with `c` of them at work, each for `m` on average, one leaves every `m / c`, and whoever is
//! n-th in line is served by the n-th to leave, after `n × m / c`. That is the mean of the wait in
//! an M/M/c queue with n - 1 ahead, and the estimate by queue length of Whitt, "Predicting
//! queueing delays", Management Science 45 (6), 1999, and of Ibrahim and Whitt, "Real-time delay
//! estimation based on delay history", M&SOM 11 (3), 2009, who find it the best of the simple
//! ones. It knows nothing of those who give up ahead, and so errs on the long side.
//!
//! `m` is how long an agent's room is taken, from the assignment until it is free for another:
//! over the last hundred or so, the older the less. `c` counts the room that is taken, by agents
//! who are online and present: what is held, offered, or rests after its end. Room that is taken
//! by an offer is not waited for: who is offered stands in line still, but needs nobody to leave.
//!
//! Where it takes longer than that, it says so. Once nothing has moved for longer than one leaving
//! should have taken, the next one is expected to take as long again as it has already.
//!
//! Nothing of this is kept: after a restart there is no estimate until something was served. It
//! is no part of the state machine: it listens to the events, and nothing is decided by it.

use std::collections::BTreeMap;

use crate::{
    Agent, AgentId, Availability, ConversationId, Department, DepartmentId, Event, Record,
    RequeuedReason, Timestamp, Whereabouts, Workspace,
};

/// About so many of the last ones make the mean.
const REMEMBERED: u32 = 100;

/// How fast each department serves.
#[derive(Debug, Default)]
pub struct Eta {
    paces: BTreeMap<DepartmentId, Pace>,
    /// What rests after its end: with whom, and in which department.
    resting: BTreeMap<ConversationId, (AgentId, DepartmentId)>,
}

/// How fast a department serves, and what of its agents' room is taken by no conversation.
#[derive(Debug, Default)]
struct Pace {
    /// How long an agent's room is taken by one, in milliseconds; 0 where none has left.
    mean_ms: f64,
    /// How many made the mean, up to [`REMEMBERED`].
    count: u32,
    /// When one last came to an agent or left it, or when serving began anew.
    moved_at: Timestamp,
    /// How many are offered.
    offered: u32,
    /// How many rest after their end, by agent.
    resting: BTreeMap<AgentId, u32>,
}

/// What a department's line can expect, now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// From one leaving to the next, in milliseconds.
    gap_ms: f64,
    /// How long nothing has moved.
    still_ms: f64,
    /// How many in line have room kept for them.
    offered: u64,
}

impl Pace {
    /// One more took so long.
    fn learn(&mut self, taken_ms: f64) {
        self.count = (self.count + 1).min(REMEMBERED);
        self.mean_ms += (taken_ms - self.mean_ms) / f64::from(self.count);
    }
}

impl Estimate {
    /// For whoever waits at a place, in milliseconds.
    pub fn at(&self, position: u64) -> u64 {
        let after = position.saturating_sub(self.offered).max(1) - 1;
        let next = self.gap_ms.max(self.still_ms);
        // Far below 2^53, but for means that nobody lives to see: a cast that saturates.
        (after as f64 * self.gap_ms + next).ceil() as u64
    }
}

impl Eta {
    /// Learns from an event; `before` is where its conversation was until then.
    pub fn observe(&mut self, record: &Record, before: &Whereabouts, core: &Workspace) {
        if let Whereabouts::Offered(department) = before {
            // After a restart, offers end that were made before it.
            let pace = self.pace(department);
            pace.offered = pace.offered.saturating_sub(1);
        }
        if let Whereabouts::Held(department, since) = before {
            self.left(record, department, *since, core);
        }
        match &record.event {
            Event::ConversationOffered { department_id, .. } => {
                self.pace(department_id).offered += 1;
            }
            Event::ConversationAssigned { department_id, .. }
            | Event::DepartmentOpened { department_id } => {
                self.pace(department_id).moved_at = record.at;
            }
            Event::ConversationReopened { conversation, .. } => self.rested(&conversation.id),
            Event::WrapUpEnded { conversation_id, .. } => self.rested(conversation_id),
            Event::AvailabilityChanged { agent_id, availability: Availability::Online }
            | Event::PresenceChanged { agent_id, present: true } => {
                let agent = core.agent(agent_id.as_str());
                for department in agent.into_iter().flat_map(|agent| core.departments_of(agent)) {
                    self.pace(&department.id).moved_at = record.at;
                }
            }
            Event::AgentRemoved { agent_id } => self.forget_agent(agent_id),
            Event::DepartmentDeleted { department_id } => {
                self.paces.remove(department_id);
                self.resting.retain(|_, (_, department)| department != department_id);
            }
            _ => {}
        }
    }

    /// Something left its agent, and made room, where that agent was not lost with it.
    fn left(&mut self, record: &Record, from: &DepartmentId, since: Timestamp, core: &Workspace) {
        let Some(department) = core.department(from.as_str()) else { return };
        let rest_ms = match &record.event {
            Event::ConversationClosed { conversation_id, agent_id: Some(agent), .. } => {
                let rest_ms = department.policy.wrap_up_ms;
                if rest_ms > 0 {
                    self.rests(conversation_id, agent, from);
                }
                rest_ms
            }
            Event::ConversationAssigned { .. }
            | Event::ConversationTransferred { .. }
            | Event::ConversationRequeued { reason: RequeuedReason::Reassigned, .. } => 0,
            _ => return,
        };
        let taken_ms = record.at.since_ms(since).saturating_add(rest_ms) as f64;
        let pace = self.pace(from);
        pace.learn(taken_ms);
        pace.moved_at = record.at;
    }

    fn pace(&mut self, department: &DepartmentId) -> &mut Pace {
        self.paces.entry(department.clone()).or_default()
    }

    fn rests(&mut self, id: &ConversationId, agent: &AgentId, department: &DepartmentId) {
        self.resting.insert(id.clone(), (agent.clone(), department.clone()));
        *self.pace(department).resting.entry(agent.clone()).or_default() += 1;
    }

    fn rested(&mut self, id: &ConversationId) {
        let Some((agent, department)) = self.resting.remove(id) else { return };
        let resting = &mut self.pace(&department).resting;
        if let Some(count) = resting.get_mut(&agent) {
            *count -= 1;
            if *count == 0 {
                resting.remove(&agent);
            }
        }
    }

    fn forget_agent(&mut self, agent: &AgentId) {
        self.resting.retain(|_, (own, _)| own != agent);
        for pace in self.paces.values_mut() {
            pace.resting.remove(agent);
        }
    }

    /// What a department's line can expect; none where there is nothing to go on: nothing has been
    /// served yet, or nobody serves.
    pub fn estimate(
        &self,
        core: &Workspace,
        department: &Department,
        now: Timestamp,
    ) -> Option<Estimate> {
        let pace = self.paces.get(&department.id).filter(|pace| pace.count > 0)?;
        if !department.open || department.deleted {
            return None;
        }
        let reachable = |id: &AgentId| core.agent(id.as_str()).is_some_and(Agent::is_reachable);
        let resting: u32 =
            pace.resting.iter().filter(|(id, _)| reachable(id)).map(|(_, count)| count).sum();
        let taken = department.serving() + pace.offered + resting;
        (taken > 0).then(|| Estimate {
            gap_ms: pace.mean_ms / f64::from(taken),
            still_ms: now.since_ms(pace.moved_at) as f64,
            offered: u64::from(pace.offered),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(gap_ms: f64, still_ms: f64, offered: u64) -> Estimate {
        Estimate { gap_ms, still_ms, offered }
    }

    #[test]
    fn the_nth_is_served_by_the_nth_to_leave() {
        let line = estimate(1_500.0, 0.0, 0);
        assert_eq!([1, 2, 10].map(|place| line.at(place)), [1_500, 3_000, 15_000]);
    }

    #[test]
    fn who_is_offered_needs_nobody_to_leave() {
        let line = estimate(1_000.0, 0.0, 2);
        assert_eq!([1, 3, 4, 5].map(|place| line.at(place)), [1_000, 1_000, 2_000, 3_000]);
    }

    #[test]
    fn what_is_overdue_takes_as_long_again() {
        let at = |still_ms| estimate(1_000.0, still_ms, 0).at(3);
        assert_eq!([0.0, 1_000.0, 1_001.0, 60_000.0].map(at), [3_000, 3_000, 3_001, 62_000]);
    }

    #[test]
    fn the_last_hundred_make_the_mean() {
        let mut eta = Eta::default();
        let pace = eta.pace(&"d".into());
        for taken_ms in [10.0, 20.0] {
            pace.learn(taken_ms);
        }
        assert_eq!((pace.mean_ms, pace.count), (15.0, 2));
        (0..1_000).for_each(|_| pace.learn(500.0));
        assert!((499.0..=500.0).contains(&pace.mean_ms) && pace.count == REMEMBERED);
    }
}
