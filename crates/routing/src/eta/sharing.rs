//! Which departments share their agents: how many of those who can be reached are members of two.
//!
//! Kept along, an agent at a time, because a department may have thousands of members and is asked
//! about often. An agent is counted when something is first heard of it.

use std::collections::BTreeMap;

use crate::{Agent, AgentId, DepartmentId, Event, Workspace};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// The departments for which each agent is counted.
    counted: BTreeMap<AgentId, Vec<DepartmentId>>,
    /// How many are in both; under a department itself: how many are in it.
    both: BTreeMap<DepartmentId, BTreeMap<DepartmentId, u32>>,
}

impl Sharing {
    /// Learns from an event.
    pub(super) fn observe(&mut self, event: &Event, core: &Workspace) {
        match event {
            Event::MemberAdded { agent_id, .. }
            | Event::MemberRemoved { agent_id, .. }
            | Event::AvailabilityChanged { agent_id, .. }
            | Event::PresenceChanged { agent_id, .. }
            | Event::AgentRemoved { agent_id } => self.count(agent_id, core),
            // After a load it may be the first that is heard of it.
            Event::ConversationAssigned { agent_id, .. }
                if !self.counted.contains_key(agent_id) =>
            {
                self.count(agent_id, core);
            }
            Event::DepartmentDeleted { department_id } => {
                self.both.remove(department_id);
                for others in self.both.values_mut() {
                    others.remove(department_id);
                }
            }
            _ => {}
        }
    }

    /// The other departments that a department shares agents with, and which part of theirs.
    pub(super) fn others<'a>(
        &'a self,
        id: &'a DepartmentId,
    ) -> impl Iterator<Item = (&'a DepartmentId, f64)> {
        let others = self.both.get(id).into_iter().flatten();
        others.filter(move |(other, _)| *other != id).filter_map(|(other, both)| {
            let theirs = *self.both.get(other)?.get(other)?;
            (theirs > 0).then(|| (other, f64::from(*both) / f64::from(theirs)))
        })
    }

    /// Counts an agent as what it is now.
    fn count(&mut self, id: &AgentId, core: &Workspace) {
        let was = self.counted.remove(id).unwrap_or_default();
        self.add(&was, false);
        let Some(agent) = core.agent(id.as_str()).filter(|agent| Agent::is_reachable(agent)) else {
            return;
        };
        let is: Vec<DepartmentId> = core.departments_of(agent).map(|d| d.id.clone()).collect();
        self.add(&is, true);
        self.counted.insert(id.clone(), is);
    }

    /// One more, or one less, in each two of these.
    fn add(&mut self, departments: &[DepartmentId], more: bool) {
        for (one, other) in
            departments.iter().flat_map(|one| departments.iter().map(move |o| (one, o)))
        {
            if more {
                *self.both.entry(one.clone()).or_default().entry(other.clone()).or_default() += 1;
                continue;
            }
            let Some(others) = self.both.get_mut(one) else { continue };
            if let Some(count) = others.get_mut(other) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    others.remove(other);
                }
            }
        }
    }
}
