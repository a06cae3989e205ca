//! What people did besides coming and answering, as commands: who comes to work and goes, what
//! admins set.

use std::collections::BTreeSet;

use switchboard_routing::{
    AgentId, Availability, Command, ConversationId, DepartmentId, Input, Origin, Person, Role,
    SessionId, Timestamp,
};

use super::{
    cast::Plan,
    happening::{Described, What},
    policy::to_core,
    story::Deed,
};
use crate::centre::Change;

/// See the module.
pub(super) struct Deeds<'a> {
    left: std::slice::Iter<'a, (u64, Deed)>,
    plan: &'a Plan,
    departments: BTreeSet<DepartmentId>,
    agents: BTreeSet<AgentId>,
}

impl<'a> Deeds<'a> {
    pub(super) fn new(deeds: &'a [(u64, Deed)], plan: &'a Plan) -> Self {
        let (departments, agents) = (BTreeSet::new(), BTreeSet::new());
        Self { left: deeds.iter(), plan, departments, agents }
    }

    /// What the next deed comes to; none: there is no more.
    pub(super) fn next(&mut self) -> Option<Vec<Change>> {
        let (at, deed) = self.left.next()?;
        let commands = match deed {
            Deed::World(what) => self.world(what),
            Deed::Leaves { agent, on_purpose } => {
                self.each(agent, |agent| leaves(agent, *on_purpose))
            }
            Deed::Claims { case, agent } => self.itself(agent, |agent_id| {
                Command::ClaimConversation { conversation_id: named(*case), agent_id }
            }),
            Deed::Gives { case, agent } => {
                self.itself(agent, |agent_id| Command::AssignConversation {
                    conversation_id: named(*case),
                    agent_id,
                    // Whether it was is not recorded: who may have passed capacity may again.
                    force: true,
                })
            }
            Deed::Moves { case, department, agent } => vec![Command::TransferConversation {
                conversation_id: named(*case),
                department_id: Some(department.clone()),
                agent_id: agent.clone(),
                force: false,
            }],
        };
        let at = Timestamp(*at);
        let change = |command| Change { at, input: Input::new(Origin::ROOT, command) };
        Some(commands.into_iter().map(change).collect())
    }

    fn world(&mut self, what: &What) -> Vec<Command> {
        match what {
            What::Department { id, policy } => {
                let policy = Box::new(to_core(&self.plan.policy(id, policy)));
                let (department_id, name) = (id.clone(), id.to_string());
                vec![match self.departments.insert(id.clone()) {
                    true => Command::CreateDepartment { department_id, name, policy },
                    false => Command::UpdateDepartment { department_id, name, policy },
                }]
            }
            What::Hours { id, open } => {
                vec![Command::SetDepartmentOpen { department_id: id.clone(), open: *open }]
            }
            What::DepartmentDeleted { id } => {
                vec![Command::DeleteDepartment { department_id: id.clone() }]
            }
            What::Agent { id, is } => {
                let doers: Vec<AgentId> = self.plan.doers(id).cloned().collect();
                let capacity = self.plan.capacity(id, is.capacity);
                doers.into_iter().map(|agent| self.described(agent, capacity, is)).collect()
            }
            What::AgentRemoved { id } => {
                self.each(id, |agent_id| Command::RemoveAgent { agent_id })
            }
            What::Availability { id, online, .. } => self.each(id, |agent_id| {
                let availability = if *online { Availability::Online } else { Availability::Away };
                Command::SetAvailability { agent_id, availability }
            }),
            What::Presence { id, .. } => self.each(id, comes),
            What::Member { agent, department, member } => self.each(agent, |agent_id| {
                let department_id = department.clone();
                match member {
                    true => Command::AddMember { department_id, agent_id },
                    false => Command::RemoveMember { department_id, agent_id },
                }
            }),
            What::Recovered => vec![Command::Recover],
            _ => Vec::new(),
        }
    }

    fn described(&mut self, agent_id: AgentId, capacity: u32, is: &Described) -> Command {
        let skills = is.skills.clone();
        match self.agents.insert(agent_id.clone()) {
            // Nobody is an admin here: the last of those could not be removed.
            true => Command::AddAgent {
                agent_id,
                role: Role::Agent,
                capacity,
                skills,
                department_ids: Vec::new(),
                invite_id: None,
            },
            false => Command::UpdateAgent {
                agent_id,
                role: None,
                capacity: Some(capacity),
                skills: Some(skills),
                department_ids: None,
            },
        }
    }

    /// What an agent did, and all do who are like it.
    fn each(&self, agent: &AgentId, command: impl Fn(AgentId) -> Command) -> Vec<Command> {
        self.plan.doers(agent).cloned().map(command).collect()
    }

    /// What only one can do.
    fn itself(&self, agent: &AgentId, command: impl Fn(AgentId) -> Command) -> Vec<Command> {
        let itself = self.plan.doers(agent).find(|doer| *doer == agent);
        itself.cloned().map(command).into_iter().collect()
    }
}

/// The conversation that a visit is in a centre.
fn named(case: usize) -> ConversationId {
    format!("c{case}").into()
}

/// Each has one session.
fn session_of(agent: &AgentId) -> SessionId {
    format!("session-of-{agent}").into()
}

fn comes(agent: AgentId) -> Command {
    Command::AttachSession { session_id: session_of(&agent), person: Person::Agent(agent) }
}

fn leaves(agent: AgentId, on_purpose: bool) -> Command {
    let session_id = session_of(&agent);
    match on_purpose {
        true => Command::EndSession { session_id },
        false => Command::LoseSession { session_id },
    }
}
