//! The agents: who is online and present, in which departments, and for which of them each holds
//! something.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use switchboard_routing::{AgentId, DepartmentId, Timestamp};

use super::hour::HourFigures;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Staff(BTreeMap<AgentId, Person>);

/// What counts of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Person {
    /// Whether it says that it is online.
    pub(super) online: bool,
    /// Whether it has a session.
    pub(super) present: bool,
    /// The departments that it is a member of.
    pub(super) departments: BTreeSet<DepartmentId>,
    /// How many conversations of each department it holds.
    held: BTreeMap<DepartmentId, u32>,
    /// Up to when it is counted.
    counted: Timestamp,
}

impl Person {
    fn is_there(&self) -> bool {
        self.online && self.present
    }

    /// Counts its time from where that was left off.
    fn count(&self, id: &AgentId, until: Timestamp, hour: &mut HourFigures) {
        let ms = until.since_ms(self.counted);
        if ms == 0 || !self.is_there() {
            return;
        }
        let own = hour.agent(id);
        own.online_ms += ms;
        own.busy_ms += if self.held.is_empty() { 0 } else { ms };
        for department in &self.departments {
            let room = hour.department(department);
            room.online_ms += ms;
            room.busy_ms += if self.held.contains_key(department) { ms } else { 0 };
        }
    }
}

impl Staff {
    /// Changes something of an agent, whose time until then counts as it was.
    pub(super) fn change(
        &mut self,
        id: &AgentId,
        at: Timestamp,
        hour: &mut HourFigures,
        change: impl FnOnce(&mut Person),
    ) {
        let person = self.0.entry(id.clone()).or_default();
        person.count(id, at, hour);
        person.counted = at;
        change(person);
    }

    /// An agent holds one more of a department's. Only the first one makes a difference to its
    /// time.
    pub(super) fn take(
        &mut self,
        id: &AgentId,
        department: &DepartmentId,
        at: Timestamp,
        hour: &mut HourFigures,
    ) {
        let held = self.0.get_mut(id).and_then(|person| person.held.get_mut(department));
        match held {
            Some(held) => *held = held.saturating_add(1),
            None => self.change(id, at, hour, |person| {
                person.held.insert(department.clone(), 1);
            }),
        }
    }

    /// It holds one less.
    pub(super) fn give_back(
        &mut self,
        id: &AgentId,
        department: &DepartmentId,
        at: Timestamp,
        hour: &mut HourFigures,
    ) {
        let held = self.0.get_mut(id).and_then(|person| person.held.get_mut(department));
        match held {
            None => {}
            Some(held) if *held > 1 => *held -= 1,
            Some(_) => self.change(id, at, hour, |person| {
                person.held.remove(department);
            }),
        }
    }

    /// Changes something of every agent.
    pub(super) fn change_all(
        &mut self,
        at: Timestamp,
        hour: &mut HourFigures,
        change: impl Fn(&mut Person),
    ) {
        for (id, person) in &mut self.0 {
            person.count(id, at, hour);
            person.counted = at;
            change(person);
        }
    }

    /// What was before a time is not counted.
    pub(super) fn skip_to(&mut self, at: Timestamp) {
        self.0.values_mut().for_each(|person| person.counted = person.counted.max(at));
    }

    /// An agent is gone.
    pub(super) fn remove(&mut self, id: &AgentId, at: Timestamp, hour: &mut HourFigures) {
        if let Some(person) = self.0.remove(id) {
            person.count(id, at, hour);
        }
    }

    /// Counts the time of all that is not counted yet, without noting it.
    pub(super) fn count(&self, until: Timestamp, hour: &mut HourFigures) {
        self.0.iter().for_each(|(id, person)| person.count(id, until, hour));
    }

    /// Whether anybody is online and present.
    pub(super) fn is_anybody_there(&self) -> bool {
        self.0.values().any(Person::is_there)
    }
}
