//! Figures for reports: what the events of a workspace come to, hour by hour.
//!
//! An observer: it is told every event in order, and knows nothing else. No clock and no store:
//! the same events give the same figures, so that after a restart they are what they were. What is
//! counted, and how, is in `docs/reports.md`.

mod hour;
mod staff;
mod talks;
mod waits;

pub use hour::{HourFigures, Tally};
pub use waits::{EXACT_WAITS, EXACT_WAITS_TOGETHER, Waits};

use std::{collections::VecDeque, sync::Arc};

use serde::{Deserialize, Serialize};
use switchboard_routing::{
    Availability, By, DepartmentId, Event, Record, Timestamp, WithdrawnReason, Workspace,
};

use crate::Histories;
use staff::{Person, Staff};
use talks::{Held, Over, Talks};

/// An hour, in milliseconds.
pub const HOUR_MS: u64 = 3_600_000;
/// So many hours are kept where they are kept in memory, and no more are made up for: 400 days.
pub const KEPT_HOURS: u64 = 400 * 24;

/// The hour in which something happens: how many there were since the epoch, in UTC.
pub fn hour_of(at: Timestamp) -> u64 {
    at.0 / HOUR_MS
}

fn start_of(hour: u64) -> Timestamp {
    Timestamp(hour.saturating_mul(HOUR_MS))
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The hour that runs.
    hour: u64,
    /// Up to when everything is known.
    clock: Timestamp,
    /// The figures of the hour that runs. The time of agents is counted when something about them
    /// changes.
    running: HourFigures,
    /// Hours that are over and were not taken yet.
    #[serde(default)]
    finished: VecDeque<(u64, Arc<HourFigures>)>,
    talks: Talks,
    staff: Staff,
}

impl Figures {
    /// The figures of a workspace of which nobody kept any until now. What is past is not counted.
    pub fn begin(workspace: &Workspace, histories: &Histories) -> Self {
        let clock = workspace.clock();
        let mut figures = Self { hour: hour_of(clock), clock, ..Self::default() };
        for history in histories.values() {
            figures.talks.recall(history.iter().map(AsRef::as_ref));
        }
        for agent in workspace.agents() {
            let departments = workspace.departments_of(agent).map(|d| d.id.clone()).collect();
            figures.staff.change(&agent.id, clock, &mut figures.running, |person| {
                person.online = agent.availability == Availability::Online;
                person.present = agent.present;
                person.departments = departments;
            });
        }
        for held in figures.talks.held() {
            let Held { agent_id, department_id, .. } = held;
            figures.staff.take(agent_id, department_id, clock, &mut figures.running);
        }
        figures
    }

    /// Notes an event.
    pub fn observe(&mut self, record: &Record) {
        self.advance(record.at);
        // Never before what is known already, although a clock was put back.
        let at = self.clock;
        let over = self.talks.follow(&record.event, at);
        self.count(record, &over);
        self.release(over.held, at);
        self.note_staff(&record.event, at);
    }

    /// Nothing more happens before a time: the hours that are over by then are finished.
    pub fn advance(&mut self, now: Timestamp) {
        let target = hour_of(now);
        while self.hour < target {
            self.staff.change_all(start_of(self.hour + 1), &mut self.running, |_| {});
            self.finish();
            // Where nobody is online, nothing is counted in between; what is very long ago is not.
            self.hour = match self.staff.is_anybody_there() {
                true => (self.hour + 1).max(target.saturating_sub(KEPT_HOURS)),
                false => target,
            };
            self.staff.skip_to(start_of(self.hour));
        }
        self.clock = self.clock.max(now);
    }

    /// Gives the hours that are over and were not taken yet, oldest first. In those that are
    /// missing, nothing happened.
    pub fn take_finished(&mut self) -> Vec<(u64, Arc<HourFigures>)> {
        std::mem::take(&mut self.finished).into()
    }

    /// The hour that runs, and what it came to until now; it was advanced to now.
    pub fn running(&self, now: Timestamp) -> (u64, HourFigures) {
        let mut running = self.running.clone();
        self.staff.count(now.min(start_of(self.hour + 1)), &mut running);
        (self.hour, running)
    }

    fn finish(&mut self) {
        let figures = std::mem::take(&mut self.running);
        if figures.is_empty() {
            return;
        }
        self.finished.push_back((self.hour, Arc::new(figures)));
        if self.finished.len() as u64 > KEPT_HOURS {
            self.finished.pop_front();
        }
    }

    /// Counts what an event is, and what it ended.
    fn count(&mut self, record: &Record, over: &Over) {
        let hour = &mut self.running;
        match &record.event {
            Event::ConversationOpened { department_id, .. } => {
                hour.department(department_id).opened += 1;
            }
            Event::ConversationAssigned { department_id, agent_id, .. } => {
                hour.department(department_id).take(over.waited_ms);
                hour.agent(agent_id).take(over.waited_ms);
            }
            Event::ConversationClosed { department_id, agent_id, .. } => {
                let room = hour.department(department_id);
                room.closed += 1;
                let gave_up = matches!(record.origin.by, By::Visitor | By::VisitorLeft);
                room.abandoned += u64::from(gave_up && over.held.is_none());
                if let Some(agent_id) = agent_id {
                    hour.agent(agent_id).closed += 1;
                }
            }
            Event::ConversationRejected { department_id, .. } => {
                hour.department(department_id).rejected += 1;
            }
            Event::OfferEnded {
                department_id, agent_id, reason: WithdrawnReason::Expired, ..
            } => {
                hour.department(department_id).missed_offers += 1;
                hour.agent(agent_id).missed_offers += 1;
            }
            _ => {}
        }
    }

    /// An assignment is over: how long it took counts where it ended.
    fn release(&mut self, held: Option<Held>, at: Timestamp) {
        let Some(Held { agent_id, department_id, since }) = held else { return };
        let hour = &mut self.running;
        let took = at.since_ms(since);
        hour.department(&department_id).finish(took);
        hour.agent(&agent_id).finish(took);
        self.staff.give_back(&agent_id, &department_id, at, hour);
    }

    /// Notes what an event says of agents.
    fn note_staff(&mut self, event: &Event, at: Timestamp) {
        let (staff, hour) = (&mut self.staff, &mut self.running);
        match event {
            Event::AgentRemoved { agent_id } => staff.remove(agent_id, at, hour),
            Event::AvailabilityChanged { agent_id, availability } => {
                let online = *availability == Availability::Online;
                staff.change(agent_id, at, hour, |person| person.online = online);
            }
            Event::PresenceChanged { agent_id, present } => {
                staff.change(agent_id, at, hour, |person| person.present = *present);
            }
            Event::WorkspaceRecovered => {
                staff.change_all(at, hour, |person| person.present = false);
            }
            Event::MemberAdded { agent_id, department_id } => {
                let joins = |person: &mut Person| {
                    person.departments.insert(department_id.clone());
                };
                staff.change(agent_id, at, hour, joins);
            }
            Event::MemberRemoved { agent_id, department_id } => {
                let leaves = |person: &mut Person| leave(person, department_id);
                staff.change(agent_id, at, hour, leaves);
            }
            Event::DepartmentDeleted { department_id } => {
                staff.change_all(at, hour, |person| leave(person, department_id));
            }
            Event::ConversationAssigned { agent_id, department_id, .. } => {
                staff.take(agent_id, department_id, at, hour);
            }
            _ => {}
        }
    }
}

fn leave(person: &mut Person, department: &DepartmentId) {
    person.departments.remove(department);
}
