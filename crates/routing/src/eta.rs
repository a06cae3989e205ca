//! How long who waits will wait yet: an estimate, from how fast a department has served lately and
//! who serves it now.
//!
//! While everybody who serves is busy, a line moves as fast as conversations leave their agents:
//! with `c` of them at work, each for `m` on average, one leaves every `m / c`, and whoever is
//! n-th in line is served by the n-th to leave, after `n × m / c`. That is the mean of the wait in
//! an M/M/c queue with n - 1 ahead, and the estimate by queue length of Whitt, "Predicting
//! queueing delays", Management Science 45 (6), 1999, and of Ibrahim and Whitt, "Real-time delay
//! estimation based on delay history", M&SOM 11 (3), 2009, who find it the best of the simple
//! ones.
//!
//! `m` is how long an agent's room is taken, from the assignment until it is free for another:
//! over the last hundred or so, the older the less. `c` counts the room that is taken, by agents
//! who are online and present: what is held, offered, or rests after its end. Room that is taken
//! by an offer is not waited for: who is offered stands in line still, but needs nobody to leave.
//!
//! **Who gives up** ahead makes the line shorter too. With `i` ahead, each of them giving up at the
//! rate `θ`, one of those at work or ahead leaves at the rate `c / m + i × θ`: the wait is the sum
//! of `1 / (c / m + i × θ)` over `i` from 0 to n - 1, the estimate QLₘ of Ibrahim and Whitt,
//! "Real-time delay estimation in overloaded multiserver queues with abandonments", Management
//! Science 55 (10), 2009. `θ` is how many gave up over how long all together waited, lately.
//!
//! **Departments that share agents** have one line between them, in the order of arrival: who
//! leaves an agent makes room for the first of either. So what is served in the other department,
//! and who waits there, count as much as the part of its agents that are members of this one. How
//! many wait there before one's turn follows from one's place in one's own line: whoever came last
//! has all of them before it, whoever is in the middle half of them.
//!
//! **What takes always the same** is nearer to its end the longer it lasts; what ends as if by chance
//! is not. So as far as services are alike, what has passed since one last left counts: of the next
//! leaving with one agent at work, `1 - v` of it, where `v` is the square of the deviation over that
//! of the mean. With `c` of them at work it is a `c`-th of that, which is right on average: of `c`
//! services of one length, begun at any time, the next to end does so after `m / (c + 1)`.
//!
//! Where it takes longer than that, it says so. Once nothing has moved for [`OVERDUE`] times as
//! long as one leaving should take (by chance, that is one time in twenty), the next one is
//! expected to take as long as that is exceeded.
//!
//! Nothing of this is kept: after a restart there is no estimate until something was served. It
//! is no part of the state machine: it listens to the events, and nothing is decided by it.

mod pace;
mod sharing;

use std::collections::BTreeMap;

use crate::{
    Agent, AgentId, Availability, ConversationId, Department, DepartmentId, Event, Record,
    RequeuedReason, Timestamp, Whereabouts, Workspace,
};

use pace::Pace;
use sharing::Sharing;

/// Nothing has moved for too long once it is so many times as long as it should take.
const OVERDUE: f64 = 3.0;
/// The next leaving is never nearer than this part of what is usual.
const NEAREST: f64 = 0.1;

/// How fast each department serves.
#[derive(Debug, Default)]
pub struct Eta {
    paces: BTreeMap<DepartmentId, Pace>,
    /// What rests after its end: with whom, and in which department.
    resting: BTreeMap<ConversationId, (AgentId, DepartmentId)>,
    sharing: Sharing,
}

/// What a department's line can expect, now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// From one leaving to the next, in milliseconds.
    gap_ms: f64,
    /// How many of each who waits give up in a millisecond.
    impatience: f64,
    /// How long nothing has moved.
    still_ms: f64,
    /// How much of that the next leaving is nearer for.
    steadiness: f64,
    /// How many in line have room kept for them.
    offered: u64,
    /// How many wait in all lines that the same agents serve, for each in this one.
    lines: f64,
}

impl Estimate {
    /// For whoever waits at a place, in milliseconds.
    pub fn at(&self, position: u64) -> u64 {
        let place = position.saturating_sub(self.offered).max(1);
        let ahead = place as f64 * self.lines - 1.0;
        // Far below 2^53, but for means that nobody lives to see: a cast that saturates.
        (self.after_ms(ahead.max(0.0)) + self.next_ms()).round() as u64
    }

    /// Until the next one leaves.
    fn next_ms(&self) -> f64 {
        let nearer_ms = self.steadiness * self.still_ms;
        let usual_ms = (self.gap_ms - nearer_ms).max(NEAREST * self.gap_ms);
        usual_ms.max(self.still_ms - (OVERDUE - 1.0) * self.gap_ms)
    }

    /// Until so many are gone. The sum is taken for an integral, each term in the middle of its
    /// step: it is as good as exact, and costs the same for a place far back.
    fn after_ms(&self, ahead: f64) -> f64 {
        let each = self.impatience * self.gap_ms;
        if each <= 0.0 {
            return ahead * self.gap_ms;
        }
        (ahead * each / (1.0 + each / 2.0)).ln_1p() / self.impatience
    }
}

/// What leaves the agents of a department, and who waits for that.
#[derive(Default)]
struct Flow {
    /// How much of their room is taken, by what is known and what is not how long it takes.
    taken: f64,
    /// Of that, how much leaves in a millisecond, and how much it is.
    rate: f64,
    timed: f64,
    /// And how much of it is how much alike.
    steady: f64,
    /// How many wait in the lines of other departments.
    elsewhere: f64,
    moved_at: Timestamp,
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
        self.line_moves(record, before, core);
        self.sharing.observe(&record.event, core);
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

    /// How long the lines are that somebody left or came to, and whether it gave up.
    fn line_moves(&mut self, record: &Record, before: &Whereabouts, core: &Workspace) {
        let after = Whereabouts::after(record);
        let (left, entered) = (before.line(), after.line());
        for department in left.into_iter().chain(entered) {
            let now = core.department(department.as_str()).filter(|now| !now.deleted);
            let Some(now) = now else { continue };
            let length = now.queued + now.offered.len();
            self.pace(department).line.is_now(length, record.at);
        }
        if let Some(left) = left.filter(|left| entered != Some(left)) {
            let gave_up = !matches!(record.event, Event::ConversationAssigned { .. });
            self.pace(left).line.left(gave_up);
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
        if !department.open || department.deleted {
            return None;
        }
        let mut flow = Flow::default();
        self.add(&mut flow, department, 1.0, core);
        for (other, part) in self.sharing.others(&department.id) {
            let Some(other) = core.department(other.as_str()) else { continue };
            self.add(&mut flow, other, part, core);
            flow.elsewhere += if other.open { part * other.queued as f64 } else { 0.0 };
        }
        // What is not known to take any time takes as long as the rest.
        let rate = flow.rate * flow.taken / flow.timed;
        let pace = self.paces.get(&department.id);
        (rate > 0.0).then(|| Estimate {
            gap_ms: rate.recip(),
            impatience: pace.map_or(0.0, |pace| pace.line.impatience()),
            still_ms: now.since_ms(flow.moved_at) as f64,
            steadiness: flow.steady / flow.timed / flow.taken.max(1.0),
            offered: pace.map_or(0, |pace| u64::from(pace.offered)),
            lines: 1.0 + flow.elsewhere / department.queued.max(1) as f64,
        })
    }

    /// Adds what leaves a department's agents, as far as it is of any use.
    fn add(&self, flow: &mut Flow, department: &Department, part: f64, core: &Workspace) {
        let Some(pace) = self.paces.get(&department.id) else { return };
        let reachable = |id: &AgentId| core.agent(id.as_str()).is_some_and(Agent::is_reachable);
        let resting: u32 =
            pace.resting.iter().filter(|(id, _)| reachable(id)).map(|(_, count)| count).sum();
        let taken = part * f64::from(department.serving() + pace.offered + resting);
        flow.taken += taken;
        if pace.count > 0 {
            flow.timed += taken;
            flow.steady += taken * pace.steadiness();
            // Nothing takes no time at all.
            flow.rate += taken / pace.mean_ms.max(1.0);
        }
        flow.moved_at = flow.moved_at.max(pace.moved_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(gap_ms: f64, still_ms: f64, offered: u64) -> Estimate {
        Estimate { gap_ms, impatience: 0.0, still_ms, steadiness: 0.0, offered, lines: 1.0 }
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
    fn what_is_overdue_takes_longer_and_longer() {
        let at = |still_ms| estimate(1_000.0, still_ms, 0).at(3);
        assert_eq!([0.0, 3_000.0, 3_001.0, 60_000.0].map(at), [3_000, 3_000, 3_001, 60_000]);
    }

    #[test]
    fn what_takes_always_the_same_is_soon_over() {
        let line = |still_ms| Estimate { steadiness: 1.0, ..estimate(1_000.0, still_ms, 0) };
        let at = |still_ms| line(still_ms).at(1);
        assert_eq!([0.0, 400.0, 990.0, 2_000.0].map(at), [1_000, 600, 100, 100]);
        assert_eq!(at(5_000.0), 3_000, "it is overdue");
    }

    #[test]
    fn who_gives_up_ahead_is_not_waited_for() {
        // One at work for a second, patience of four: 1 / (1 + i / 4), added up.
        let line = Estimate { impatience: 1.0 / 4_000.0, ..estimate(1_000.0, 0.0, 0) };
        let mut exact = 0.0;
        for place in 1..100_u64 {
            exact += 1_000.0 / (1.0 + (place - 1) as f64 / 4.0);
            let ours = line.at(place) as f64;
            assert!((ours - exact).abs() < 0.01 * exact, "{place}: {ours} for {exact}");
        }
    }

    #[test]
    fn who_waits_elsewhere_for_the_same_agents_is_before_one() {
        let line = Estimate { lines: 3.0, ..estimate(1_000.0, 0.0, 0) };
        assert_eq!([1, 2].map(|place| line.at(place)), [3_000, 6_000]);
    }
}
