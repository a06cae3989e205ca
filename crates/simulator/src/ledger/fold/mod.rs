//! Reading one event more: what it is about has a file of its own.

mod agent;
mod conversation;
mod session;

use switchboard_routing::{Event, Policy, Record};

use super::{Department, Ledger, SessionIs, number};

/// An element of a list that grows to have it.
fn grown<T: Default>(list: &mut Vec<T>, at: usize) -> &mut T {
    if list.len() <= at {
        list.resize_with(at + 1, T::default);
    }
    // It was just made long enough.
    #[allow(clippy::indexing_slicing)]
    &mut list[at]
}

impl Ledger {
    /// Reads an event.
    pub fn read(&mut self, record: &Record) {
        self.position = record.position;
        self.at = self.at.max(record.at.0);
        if let Some(id) = record.event.subject() {
            grown(&mut self.conversations, number(id.as_str())).changes += 1;
        }
        match &record.event {
            Event::WorkspaceConfigured { config } => self.config.clone_from(config),
            Event::WorkspaceRecovered => self.everybody_is_lost(),
            Event::DepartmentCreated { department_id, policy, .. } => {
                let department = grown(&mut self.departments, number(department_id.as_str()));
                *department = Department {
                    exists: true,
                    open: true,
                    policy: Policy::clone(policy),
                    ..Department::default()
                };
            }
            Event::DepartmentUpdated { department_id, policy, .. } => {
                let number = number(department_id.as_str());
                grown(&mut self.departments, number).policy.clone_from(policy);
                self.stir(number);
            }
            Event::DepartmentOpened { department_id } => self.set_open(department_id, true),
            Event::DepartmentClosed { department_id } => self.set_open(department_id, false),
            Event::DepartmentDeleted { department_id } => {
                self.department_deleted(number(department_id.as_str()));
            }
            Event::ConversationForgotten { visitor_id, key } => {
                self.keys.remove(&(number(visitor_id.as_str()), key_number(key)));
            }
            Event::SessionAttached { session_id, person } => self.attached(session_id, person),
            Event::SessionHeld { session_id, until, .. } => {
                self.set_session(session_id, SessionIs::Held(until.0));
            }
            Event::SessionLost { session_id } => self.set_session(session_id, SessionIs::Lost),
            Event::SessionEnded { session_id } => self.session_ended(session_id),
            Event::SeatReserved { invite_id, until } | Event::SeatExtended { invite_id, until } => {
                self.invites.insert(number(invite_id.as_str()), until.0);
            }
            Event::SeatReleased { invite_id, .. } => {
                self.invites.remove(&number(invite_id.as_str()));
            }
            Event::AgentActive { .. } | Event::PresenceChanged { .. } => {}
            event if is_about_an_agent(event) => self.read_agent(event),
            _ => self.read_conversation(record),
        }
    }

    fn set_open(&mut self, department: &switchboard_routing::DepartmentId, open: bool) {
        let number = number(department.as_str());
        grown(&mut self.departments, number).open = open;
        self.stir(number);
    }

    fn department_deleted(&mut self, number: usize) {
        let department = grown(&mut self.departments, number);
        department.exists = false;
        department.joined.clear();
        for agent in &mut self.agents {
            agent.departments &= !(1 << number);
        }
        if self
            .config
            .default_department_id
            .as_ref()
            .is_some_and(|id| super::number(id.as_str()) == number)
        {
            self.config.default_department_id = None;
        }
    }

    fn stir(&mut self, department: usize) {
        self.stirred |= 1 << department;
    }

    fn stir_agent(&mut self, agent: usize) {
        self.stirred |= grown(&mut self.agents, agent).departments;
    }
}

fn is_about_an_agent(event: &Event) -> bool {
    matches!(
        event,
        Event::AgentAdded { .. }
            | Event::AgentUpdated { .. }
            | Event::AgentRemoved { .. }
            | Event::MemberAdded { .. }
            | Event::MemberRemoved { .. }
            | Event::AvailabilityChanged { .. }
            | Event::WrapUpEnded { .. }
    )
}

/// Keys are single letters.
fn key_number(key: &str) -> u8 {
    key.bytes().next().unwrap_or_default()
}
