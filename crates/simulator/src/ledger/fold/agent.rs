//! What happens to agents.

use switchboard_routing::{Availability, Event};

use super::grown;
use crate::ledger::{Agent, Department, Ledger, number, skills};

impl Ledger {
    pub(super) fn read_agent(&mut self, event: &Event) {
        match event {
            Event::AgentAdded { agent_id, role, capacity, skills: names, invite_id } => {
                if let Some(invite) = invite_id {
                    self.invites.remove(&number(invite.as_str()));
                }
                *grown(&mut self.agents, number(agent_id.as_str())) = Agent {
                    was_added: true,
                    admin: *role == switchboard_routing::Role::Admin,
                    capacity: *capacity,
                    skills: skills(names),
                    ..Agent::default()
                };
            }
            Event::AgentUpdated { agent_id, role, capacity, skills: names } => {
                let agent = grown(&mut self.agents, number(agent_id.as_str()));
                agent.admin = *role == switchboard_routing::Role::Admin;
                agent.capacity = *capacity;
                agent.skills = skills(names);
                self.stir_agent(number(agent_id.as_str()));
            }
            Event::AgentRemoved { agent_id } => {
                let gone = number(agent_id.as_str());
                for department in &mut self.departments {
                    leave(department, gone);
                }
                let agent = grown(&mut self.agents, gone);
                agent.removed = true;
                agent.departments = 0;
                for (_, department, _) in std::mem::take(&mut agent.rests) {
                    agent.count(department, false);
                }
            }
            Event::MemberAdded { department_id, agent_id } => {
                let (department, agent) =
                    (number(department_id.as_str()), number(agent_id.as_str()));
                grown(&mut self.departments, department).joined.push(Some(agent));
                grown(&mut self.agents, agent).departments |= 1 << department;
                self.stir(department);
            }
            Event::MemberRemoved { department_id, agent_id } => {
                let (department, agent) =
                    (number(department_id.as_str()), number(agent_id.as_str()));
                leave(grown(&mut self.departments, department), agent);
                grown(&mut self.agents, agent).departments &= !(1 << department);
            }
            Event::AvailabilityChanged { agent_id, availability } => {
                let number = number(agent_id.as_str());
                let agent = grown(&mut self.agents, number);
                agent.online = *availability == Availability::Online;
                agent.misses = 0;
                self.stir_agent(number);
            }
            Event::WrapUpEnded { agent_id, conversation_id } => {
                self.rested(number(agent_id.as_str()), number(conversation_id.as_str()));
            }
            _ => {}
        }
    }

    /// What it closed still counts for a while.
    pub(super) fn rest(&mut self, own: usize, agent: usize, position: u64) {
        let department = grown(&mut self.conversations, own).department;
        let rest = grown(&mut self.departments, department).policy.wrap_up_ms;
        let holder = grown(&mut self.agents, agent);
        holder.last_active = position;
        if rest > 0 {
            holder.rests.push((own, department, self.at.saturating_add(rest)));
            holder.count(department, true);
        }
    }

    pub(super) fn rested(&mut self, agent: usize, conversation: usize) {
        let holder = grown(&mut self.agents, agent);
        let Some(at) = holder.rests.iter().position(|(own, ..)| *own == conversation) else {
            return;
        };
        let (_, department, _) = holder.rests.swap_remove(at);
        holder.count(department, false);
        self.stir_agent(agent);
    }
}

/// The place in the order of joining stands, so that turns go on where they were.
fn leave(department: &mut Department, agent: usize) {
    for member in &mut department.joined {
        if *member == Some(agent) {
            *member = None;
        }
    }
}
