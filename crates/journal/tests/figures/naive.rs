//! The figures, counted in the plainest way: each by looking through all events for it. It shares
//! nothing with the observer but the form of the answer.

use std::{collections::BTreeMap, sync::Arc};

use switchboard_journal::{HourFigures, Tally, Waits};
use switchboard_routing::*;

use crate::{HOUR_MS, Hours};

struct Count<'r> {
    records: &'r [Arc<Record>],
    hours: Hours,
    waits: BTreeMap<(u64, Whose), Vec<u64>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Department(DepartmentId),
    Agent(AgentId),
}

pub(crate) fn hours(records: &[Arc<Record>], now: Timestamp) -> Hours {
    let mut count = Count { records, hours: Hours::new(), waits: BTreeMap::new() };
    for (nth, record) in records.iter().enumerate() {
        count.happened(nth, record);
    }
    count.presence(now);
    for ((hour, whose), waits) in std::mem::take(&mut count.waits) {
        count.tally(hour, &whose).waits = of(waits);
    }
    count.hours
}

/// In the stored form, which is public.
fn of(mut waits: Vec<u64>) -> Waits {
    waits.sort_unstable();
    let (mut last, mut stored) = (0, Vec::new());
    for group in waits.chunk_by(|one, next| one == next) {
        stored.extend([group[0] - last, group.len() as u64]);
        last = group[0];
    }
    serde_json::from_value(serde_json::json!({ "exact": stored })).unwrap()
}

impl Count<'_> {
    fn tally(&mut self, hour: u64, whose: &Whose) -> &mut Tally {
        let HourFigures { departments, agents } = self.hours.entry(hour).or_default();
        match whose {
            Whose::Department(id) => departments.entry(id.clone()).or_default(),
            Whose::Agent(id) => agents.entry(id.clone()).or_default(),
        }
    }

    /// What one event counts, by what was before it.
    fn happened(&mut self, nth: usize, record: &Record) {
        let hour = record.at.0 / HOUR_MS;
        let department = |id: &DepartmentId| Whose::Department(id.clone());
        let agent = |id: &AgentId| Whose::Agent(id.clone());
        match &record.event {
            Event::ConversationOpened { department_id, .. } => {
                self.tally(hour, &department(department_id)).opened += 1;
            }
            Event::ConversationRejected { department_id, .. } => {
                self.tally(hour, &department(department_id)).rejected += 1;
            }
            Event::ConversationClosed { department_id, agent_id, .. } => {
                let waits = self.holder(nth).is_none();
                let left = matches!(record.origin.by, By::Visitor | By::VisitorLeft);
                let tally = self.tally(hour, &department(department_id));
                tally.closed += 1;
                if waits && left {
                    tally.abandoned += 1;
                }
                if let Some(agent_id) = agent_id {
                    self.tally(hour, &agent(agent_id)).closed += 1;
                }
            }
            Event::OfferEnded { department_id, agent_id, reason, .. }
                if *reason == WithdrawnReason::Expired =>
            {
                self.tally(hour, &department(department_id)).missed_offers += 1;
                self.tally(hour, &agent(agent_id)).missed_offers += 1;
            }
            Event::ConversationAssigned { department_id, agent_id, .. } => {
                let waited = self.waited(nth);
                for whose in [department(department_id), agent(agent_id)] {
                    self.tally(hour, &whose).assigned += 1;
                    if let Some(ms) = waited {
                        self.waits.entry((hour, whose)).or_default().push(ms);
                    }
                }
            }
            _ => {}
        }
        self.handled(nth, record);
    }

    /// The earlier events about the same conversation, latest first.
    fn before(&self, nth: usize) -> impl Iterator<Item = &Record> {
        let subject = self.records[nth].event.subject();
        self.records[..nth]
            .iter()
            .rev()
            .map(AsRef::as_ref)
            .filter(move |other| subject.is_some() && other.event.subject() == subject)
    }

    /// Who had the conversation until an event, for which department, since when.
    fn holder(&self, nth: usize) -> Option<(AgentId, DepartmentId, Timestamp)> {
        let changes = |event: &Event| {
            !matches!(event, Event::ConversationOffered { .. } | Event::OfferEnded { .. })
        };
        let last = self.before(nth).find(|other| changes(&other.event))?;
        match &last.event {
            Event::ConversationAssigned { agent_id, department_id, .. } => {
                Some((agent_id.clone(), department_id.clone(), last.at))
            }
            _ => None,
        }
    }

    fn handled(&mut self, nth: usize, record: &Record) {
        let ends = matches!(
            record.event,
            Event::ConversationAssigned { .. }
                | Event::ConversationClosed { .. }
                | Event::ConversationRejected { .. }
                | Event::ConversationRequeued { .. }
                | Event::ConversationTransferred { .. }
        );
        let Some((agent, department, since)) = self.holder(nth).filter(|_| ends) else { return };
        for whose in [Whose::Agent(agent), Whose::Department(department)] {
            let tally = self.tally(record.at.0 / HOUR_MS, &whose);
            tally.handled += 1;
            tally.handle_ms += record.at.0 - since.0;
        }
    }

    /// How long the wait was that an assignment ended; none where it was with an agent until then.
    fn waited(&self, nth: usize) -> Option<u64> {
        let over = |event: &Event| {
            matches!(
                event,
                Event::ConversationAssigned { .. }
                    | Event::ConversationClosed { .. }
                    | Event::ConversationRejected { .. }
            )
        };
        let wait: Vec<_> = self.before(nth).take_while(|other| !over(&other.event)).collect();
        let handed = |event: &Event| {
            matches!(event, Event::ConversationTransferred { agent_id: Some(_), .. })
        };
        match &wait[..] {
            [] => None,
            [only] if handed(&only.event) => None,
            [.., first] => Some(self.records[nth].at.0 - first.at.0),
        }
    }

    /// The time between two events, for every agent as it is then.
    fn presence(&mut self, now: Timestamp) {
        let ends = self.records.iter().skip(1).map(|record| record.at).chain([now]);
        let mut core = Workspace::new(1);
        for (record, until) in self.records.iter().zip(ends) {
            core.replay(record);
            let (mut from, there) = (record.at, there(&core));
            while from < until {
                let hour = from.0 / HOUR_MS;
                let next = until.min(Timestamp((hour + 1) * HOUR_MS));
                for (agent, departments, held) in &there {
                    let own = self.tally(hour, &Whose::Agent(agent.clone()));
                    own.online_ms += next.0 - from.0;
                    own.busy_ms += if held.is_empty() { 0 } else { next.0 - from.0 };
                    for department in departments {
                        let busy = held.contains(department);
                        let room = self.tally(hour, &Whose::Department(department.clone()));
                        room.online_ms += next.0 - from.0;
                        room.busy_ms += if busy { next.0 - from.0 } else { 0 };
                    }
                }
                from = next;
            }
        }
    }
}

/// Who is online and present, a member of what, and holding something of what.
fn there(core: &Workspace) -> Vec<(AgentId, Vec<DepartmentId>, Vec<DepartmentId>)> {
    let there = core.agents().filter(|agent| agent.is_reachable());
    let of = |agent: &Agent| {
        let departments = core.departments_of(agent).map(|d| d.id.clone()).collect();
        let held = core.held_by(agent.id.as_str()).map(|c| c.department_id.clone()).collect();
        (agent.id.clone(), departments, held)
    };
    there.map(of).collect()
}
