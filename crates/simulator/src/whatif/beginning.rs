//! How things stood when a recording begins in the middle of a workspace's life: what its events
//! take for granted.
//!
//! Owns the guesses. A department that is never described has the default policy; an agent has the
//! default capacity, and is where, and as, the first that is heard of it says that it was.

use std::collections::{BTreeMap, BTreeSet};

use switchboard_protocol::model;
use switchboard_routing::{AgentId, DEFAULT_CAPACITY, DepartmentId};

use super::happening::{Came, Described, Happening, What};

/// What had to be guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guessed {
    /// Departments whose policy is not in the recording from the beginning.
    pub departments: Vec<DepartmentId>,
    /// Agents whose capacity, skills and departments are not.
    pub agents: Vec<AgentId>,
}

/// What is taken for granted, as happenings of the first moment, and what of it is guessed.
pub(super) fn beginning(recording: &[Happening]) -> (Vec<Happening>, Guessed) {
    let mut seen = Seen::default();
    for happening in recording {
        seen.hear(&happening.what);
    }
    let guessed = Guessed {
        departments: seen.departments.into_iter().collect(),
        agents: seen.agents.keys().cloned().collect(),
    };
    let departments = guessed.departments.iter().map(|id| {
        let (id, policy) = (id.clone(), Box::<model::Policy>::default());
        What::Department { id, policy }
    });
    let agents = seen.agents.into_iter().flat_map(|(id, before)| before.told(id));
    let first = recording.first().map_or((0, 0), |first| (first.offset, first.at));
    let (offset, at) = first;
    let told = departments.chain(agents).map(|what| Happening { offset, at, what });
    (told.collect(), guessed)
}

/// Who is heard of before it is described, and what that says.
#[derive(Default)]
struct Seen {
    described_departments: BTreeSet<DepartmentId>,
    described_agents: BTreeSet<AgentId>,
    departments: BTreeSet<DepartmentId>,
    agents: BTreeMap<AgentId, Before>,
}

/// How an agent was before it is first described; none: nothing was heard of it.
#[derive(Default)]
struct Before {
    present: Option<bool>,
    online: Option<bool>,
    member: BTreeMap<DepartmentId, bool>,
}

impl Before {
    fn told(self, id: AgentId) -> Vec<What> {
        let is = Described { capacity: DEFAULT_CAPACITY, skills: Vec::new() };
        let mut told = vec![What::Agent { id: id.clone(), is }];
        for (department, _) in self.member.into_iter().filter(|(_, member)| *member) {
            told.push(What::Member { agent: id.clone(), department, member: true });
        }
        if self.present == Some(true) {
            told.push(What::Presence { id: id.clone(), present: true });
        }
        if self.online == Some(true) {
            told.push(What::Availability { id, online: true, engine: false });
        }
        told
    }
}

impl Seen {
    fn hear(&mut self, what: &What) {
        match what {
            What::Department { id, .. } => {
                self.described_departments.insert(id.clone());
            }
            What::Agent { id, .. } => {
                self.described_agents.insert(id.clone());
            }
            What::Hours { id, .. } | What::DepartmentDeleted { id } => self.names(id),
            What::Opened { department, .. }
            | What::Requeued { department, .. }
            | What::Transferred { department, .. } => self.names(department),
            What::AgentRemoved { id } => {
                self.before(id);
            }
            What::Availability { id, online, .. } => {
                if let Some(before) = self.before(id) {
                    before.online.get_or_insert(!online);
                }
            }
            What::Presence { id, present } => {
                if let Some(before) = self.before(id) {
                    before.present.get_or_insert(!present);
                }
            }
            What::Member { agent, department, member } => {
                self.names(department);
                if let Some(before) = self.before(agent) {
                    before.member.entry(department.clone()).or_insert(!member);
                }
            }
            What::Offered { department, agent, .. }
            | What::Assigned { department, agent, came: Came::Routed | Came::Claimed, .. } => {
                self.names(department);
                self.takes(agent, department);
            }
            What::OfferEnded { agent, .. } | What::Assigned { agent, .. } => {
                self.before(agent);
            }
            What::Recovered => {
                // Whoever was there is lost without a word of its own.
                for before in self.agents.values_mut() {
                    before.present.get_or_insert(false);
                }
            }
            What::Queued { .. } | What::Closed { .. } | What::Rejected { .. } | What::Nothing => {}
        }
    }

    /// Whoever is given something was there, online, and a member.
    fn takes(&mut self, agent: &AgentId, department: &DepartmentId) {
        let Some(before) = self.before(agent) else { return };
        before.present.get_or_insert(true);
        before.online.get_or_insert(true);
        before.member.entry(department.clone()).or_insert(true);
    }

    fn names(&mut self, department: &DepartmentId) {
        if !self.described_departments.contains(department) {
            self.departments.insert(department.clone());
        }
    }

    /// What is known of how an agent was, where it was heard of before it was described.
    fn before(&mut self, agent: &AgentId) -> Option<&mut Before> {
        if self.described_agents.contains(agent) && !self.agents.contains_key(agent) {
            return None;
        }
        Some(self.agents.entry(agent.clone()).or_default())
    }
}
