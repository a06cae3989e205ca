//! What is measured, of a recording and of its reruns alike, and what it comes to.
//!
//! Owns the definitions. A visit's wait is its first one: until an agent has it, or it ends. An
//! agent is reachable while it is online and present. Occupancy is how much of the room of
//! reachable agents was taken: conversations held, added up over that time, by capacity, added up
//! over the same time. Fairness is Jain's index (Jain, Chiu and Hawe, "A quantitative measure of
//! fairness and discrimination", 1984) of how many conversations each agent got per reachable
//! hour: 1 where all got alike, 1/n where one of n got all.

use std::collections::BTreeMap;

use switchboard_routing::{AgentId, ConversationId, DepartmentId};

use super::happening::{Happening, Unaccepted, What};

/// An agent counts for fairness who was reachable for at least this share of the time.
pub const FAIR_SHARE: f64 = 0.05;

/// One visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// When it began.
    pub at: u64,
    /// Where.
    pub department: DepartmentId,
    /// How long until an agent had it, or it ended, or the recording did.
    pub wait_ms: u64,
    /// The first agent who had it.
    pub agent: Option<AgentId>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits still.
    Waits,
    /// An agent had it.
    Served,
    /// It was closed before anybody had it.
    Abandoned,
    /// It was rejected.
    Rejected,
}

/// What an agent did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// How many conversations it got.
    pub got: u64,
    /// How long it was reachable.
    pub reachable_ms: u64,
    /// Its capacity, added up over that time.
    pub room_ms: u128,
    /// What it held, added up over that time.
    pub held_ms: u128,
}

impl Work {
    /// How many conversations it got per reachable hour.
    pub fn per_hour(&self) -> f64 {
        self.got as f64 * 3_600_000.0 / self.reachable_ms as f64
    }

    /// How much of its room was taken; none: it was never reachable, or had no room.
    pub fn occupancy(&self) -> Option<f64> {
        (self.room_ms > 0).then(|| self.held_ms as f64 / self.room_ms as f64)
    }
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Every visit, in the order of their beginnings.
    pub visits: Vec<Visit>,
    /// Every agent.
    pub agents: BTreeMap<AgentId, Work>,
    /// How many waited, by since when.
    pub line: Vec<(u64, u64)>,
    /// Offers that were made.
    pub offers: u64,
    /// Offers that were not answered in time.
    pub missed: u64,
    /// Offers that were declined.
    pub declined: u64,
    /// Conversations that lost their agent.
    pub requeued: u64,
    /// How long it all lasted.
    pub lasted_ms: u64,
    /// The waits of all who were not rejected, the shortest first.
    waits: Vec<u64>,
}

impl Figures {
    /// How many visits ended so.
    pub fn fates(&self, fate: Fate) -> u64 {
        self.visits.iter().filter(|visit| visit.fate == fate).count() as u64
    }

    /// The wait that this share of all who were not rejected did not exceed.
    pub fn wait_at(&self, share: f64) -> Option<u64> {
        quantile(&self.waits, share)
    }

    /// The waits of all who were not rejected, the shortest first.
    pub fn waits(&self) -> &[u64] {
        &self.waits
    }

    /// The same of one department.
    pub fn waits_in(&self, department: &DepartmentId) -> Vec<u64> {
        let there = self.visits.iter().filter(|visit| visit.department == *department);
        sorted_waits(there)
    }

    /// The mean wait of all who were not rejected.
    pub fn mean_wait(&self) -> Option<f64> {
        let sum: u128 = self.waits.iter().map(|wait| u128::from(*wait)).sum();
        (!self.waits.is_empty()).then(|| sum as f64 / self.waits.len() as f64)
    }

    /// The share of visits that were closed before anybody had them.
    pub fn abandonment(&self) -> Option<f64> {
        let all = self.visits.len();
        (all > 0).then(|| self.fates(Fate::Abandoned) as f64 / all as f64)
    }

    /// How much of the room of all reachable agents was taken.
    pub fn occupancy(&self) -> Option<f64> {
        let sum = |of: fn(&Work) -> u128| self.agents.values().map(of).sum::<u128>();
        let room = sum(|work| work.room_ms);
        (room > 0).then(|| sum(|work| work.held_ms) as f64 / room as f64)
    }

    /// See the module; none: nobody was reachable for long enough, or got anything.
    pub fn fairness(&self) -> Option<f64> {
        let least = self.lasted_ms as f64 * FAIR_SHARE;
        let counted = self
            .agents
            .values()
            .filter(|work| work.room_ms > 0 && work.reachable_ms as f64 >= least);
        jain(counted.map(Work::per_hour))
    }
}

/// Jain's index; none where there is nothing to share.
fn jain(shares: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut many, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for share in shares {
        many += 1.0;
        sum += share;
        squares += share * share;
    }
    (squares > 0.0).then(|| sum * sum / (many * squares))
}

/// The smallest that this share do not exceed, of some that are in order.
pub fn quantile(sorted: &[u64], share: f64) -> Option<u64> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

fn sorted_waits<'a>(visits: impl Iterator<Item = &'a Visit>) -> Vec<u64> {
    let admitted = visits.filter(|visit| visit.fate != Fate::Rejected);
    let mut waits: Vec<u64> = admitted.map(|visit| visit.wait_ms).collect();
    waits.sort_unstable();
    waits
}

/// Listens to what happens.
#[derive(Debug, Default)]
pub(super) struct Measure {
    figures: Figures,
    desks: BTreeMap<AgentId, Desk>,
    under_way: BTreeMap<ConversationId, UnderWay>,
    waiting: u64,
}

#[derive(Debug, Default)]
struct Desk {
    capacity: u32,
    online: bool,
    present: bool,
    held: u32,
    since: u64,
    work: Work,
}

impl Desk {
    /// What was so until now lasted until now.
    fn pass(&mut self, now: u64) {
        let passed = now.saturating_sub(self.since);
        self.since = now;
        if self.online && self.present {
            self.work.reachable_ms += passed;
            self.work.room_ms += u128::from(self.capacity) * u128::from(passed);
            self.work.held_ms += u128::from(self.held) * u128::from(passed);
        }
    }
}

#[derive(Debug)]
struct UnderWay {
    visit: usize,
    agent: Option<AgentId>,
}

impl Measure {
    pub(super) fn hear(&mut self, happening: &Happening) {
        let at = happening.at;
        match &happening.what {
            What::Agent { id, is } => self.desk(id, at).capacity = is.capacity,
            What::AgentRemoved { id } => self.desk(id, at).present = false,
            What::Availability { id, online, .. } => self.desk(id, at).online = *online,
            What::Presence { id, present } => self.desk(id, at).present = *present,
            What::Recovered => {
                for desk in self.desks.values_mut() {
                    desk.pass(at);
                    desk.present = false;
                }
            }
            What::Opened { id, department, .. } => self.opened(id, department, at),
            What::Offered { id, .. } => {
                self.figures.offers += u64::from(self.under_way.contains_key(id));
            }
            What::OfferEnded { id, how, .. } if self.under_way.contains_key(id) => match how {
                Unaccepted::Expired => self.figures.missed += 1,
                Unaccepted::Declined => self.figures.declined += 1,
                Unaccepted::Withdrawn => {}
            },
            What::Assigned { id, agent, .. } => self.assigned(id, agent, at),
            What::Requeued { id, agent, .. } => {
                self.figures.requeued += u64::from(agent.is_some());
                self.let_go(id, at);
            }
            What::Transferred { id, .. } => self.let_go(id, at),
            What::Closed { id, .. } => self.ended(id, Fate::Abandoned, at),
            What::Rejected { id } => self.ended(id, Fate::Rejected, at),
            _ => {}
        }
    }

    /// What it came to, at the end.
    pub(super) fn finish(mut self, from: u64, until: u64) -> Figures {
        for visit in self.figures.visits.iter_mut().filter(|visit| visit.fate == Fate::Waits) {
            visit.wait_ms = until.saturating_sub(visit.at);
        }
        for (id, mut desk) in self.desks {
            desk.pass(until);
            self.figures.agents.insert(id, desk.work);
        }
        self.figures.lasted_ms = until.saturating_sub(from);
        self.figures.waits = sorted_waits(self.figures.visits.iter());
        self.figures
    }

    fn desk(&mut self, id: &AgentId, at: u64) -> &mut Desk {
        let desk = self.desks.entry(id.clone()).or_default();
        desk.pass(at);
        desk
    }

    fn opened(&mut self, id: &ConversationId, department: &DepartmentId, at: u64) {
        let visit = self.figures.visits.len();
        let (wait_ms, agent, fate) = (0, None, Fate::Waits);
        self.figures.visits.push(Visit {
            at,
            department: department.clone(),
            wait_ms,
            agent,
            fate,
        });
        self.under_way.insert(id.clone(), UnderWay { visit, agent: None });
        self.line(1, at);
    }

    fn assigned(&mut self, id: &ConversationId, agent: &AgentId, at: u64) {
        self.let_go(id, at);
        let Some(under_way) = self.under_way.get_mut(id) else { return };
        under_way.agent = Some(agent.clone());
        if let Some(visit) = self.figures.visits.get_mut(under_way.visit)
            && visit.fate == Fate::Waits
        {
            visit.fate = Fate::Served;
            visit.wait_ms = at.saturating_sub(visit.at);
            visit.agent = Some(agent.clone());
        }
        let desk = self.desk(agent, at);
        desk.held += 1;
        desk.work.got += 1;
        self.line(-1, at);
    }

    /// Whoever had it has it no longer: it waits.
    fn let_go(&mut self, id: &ConversationId, at: u64) {
        let Some(agent) = self.under_way.get_mut(id).and_then(|held| held.agent.take()) else {
            return;
        };
        let desk = self.desk(&agent, at);
        desk.held = desk.held.saturating_sub(1);
        self.line(1, at);
    }

    fn ended(&mut self, id: &ConversationId, unserved: Fate, at: u64) {
        self.let_go(id, at);
        let Some(ended) = self.under_way.remove(id) else { return };
        self.line(-1, at);
        if let Some(visit) = self.figures.visits.get_mut(ended.visit)
            && visit.fate == Fate::Waits
        {
            visit.fate = unserved;
            visit.wait_ms = at.saturating_sub(visit.at);
        }
    }

    fn line(&mut self, by: i64, at: u64) {
        self.waiting = self.waiting.saturating_add_signed(by);
        match self.figures.line.last_mut().filter(|(last, _)| *last == at) {
            Some(last) => last.1 = self.waiting,
            None => self.figures.line.push((at, self.waiting)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_one_where_all_get_alike_and_least_where_one_gets_all() {
        let index = |shares: &[f64]| jain(shares.iter().copied());
        assert_eq!(index(&[2.0, 2.0, 2.0, 2.0]), Some(1.0));
        assert_eq!(index(&[8.0, 0.0, 0.0, 0.0]), Some(0.25));
        // (1 + 2 + 3)² ÷ 3(1 + 4 + 9)
        assert_eq!(index(&[1.0, 2.0, 3.0]), Some(36.0 / 42.0));
        assert_eq!(index(&[]), None);
        assert_eq!(index(&[0.0]), None);
    }

    #[test]
    fn quantiles_are_of_those_that_were_there() {
        let waits: Vec<u64> = (1..=10).collect();
        let at = [0.0, 0.5, 0.9, 0.99, 1.0].map(|share| quantile(&waits, share));
        assert_eq!(at, [1, 5, 9, 10, 10].map(Some));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
