//! Deciding: pure, may refuse, gives events. Nothing here changes anything.

mod admin;
mod agent;
mod conversation;
mod deadline;
mod routing;
mod session;

pub(crate) use deadline::due;
pub(crate) use routing::drain_one;

use crate::{Command, Done, Event, Origin, Refusal, Workspace};

/// The events that a decision comes to, in order.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Who asked.
    pub(crate) origin: Origin,
    /// What is to happen, and by whose doing.
    pub(crate) events: Vec<(Origin, Event)>,
}

impl Plan {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, events: Vec::new() }
    }

    /// Something that whoever asked does.
    pub(crate) fn push(&mut self, event: Event) {
        self.events.push((self.origin.clone(), event));
    }

    /// Something that the engine does about it.
    pub(crate) fn push_as_engine(&mut self, event: Event) {
        self.push_as(Origin::ENGINE, event);
    }

    /// Something that somebody else does about it.
    pub(crate) fn push_as(&mut self, origin: Origin, event: Event) {
        self.events.push((origin, event));
    }
}

/// Decides a command. On a refusal the plan is not carried out, whatever is in it.
pub(crate) fn decide(
    workspace: &Workspace,
    command: Command,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    match command {
        Command::Configure(config) => admin::configure(workspace, *config, plan),
        Command::Recover => Ok(admin::recover(plan)),
        // Handled before a decision is asked for: it is made of several.
        Command::Tick => Ok(Done::Done),
        Command::CreateDepartment { department_id, name, policy } => {
            admin::create_department(workspace, department_id, name, *policy, plan)
        }
        Command::UpdateDepartment { department_id, name, policy } => {
            admin::update_department(workspace, department_id, name, *policy, plan)
        }
        Command::SetDepartmentOpen { department_id, open } => {
            admin::set_open(workspace, department_id, open, plan)
        }
        Command::DeleteDepartment { department_id } => {
            admin::delete_department(workspace, department_id, plan)
        }
        Command::AddAgent { agent_id, role, capacity, skills, department_ids } => {
            let added = Event::AgentAdded { agent_id, role, capacity, skills };
            agent::add(workspace, added, department_ids, plan)
        }
        Command::UpdateAgent { agent_id, role, capacity, skills, department_ids } => {
            let change = agent::Change { role, capacity, skills, department_ids };
            agent::update(workspace, agent_id, change, plan)
        }
        Command::RemoveAgent { agent_id } => agent::remove(workspace, agent_id, plan),
        Command::AddMember { department_id, agent_id } => {
            agent::add_member(workspace, department_id, agent_id, plan)
        }
        Command::RemoveMember { department_id, agent_id } => {
            agent::remove_member(workspace, department_id, agent_id, plan)
        }
        Command::SetAvailability { agent_id, availability } => {
            agent::set_availability(workspace, agent_id, availability, plan)
        }
        Command::AttachSession { session_id, person } => {
            session::attach(workspace, session_id, person, plan)
        }
        Command::LoseSession { session_id } => session::lose(workspace, session_id, plan),
        Command::EndSession { session_id } => session::end(workspace, session_id, plan),
        Command::OpenConversation(open) => conversation::open(workspace, open, plan),
        Command::CloseConversation { conversation_id } => {
            conversation::close(workspace, conversation_id, plan)
        }
        Command::HoldSession { .. }
        | Command::ReportActivity { .. }
        | Command::AcceptOffer { .. }
        | Command::DeclineOffer { .. }
        | Command::ClaimConversation { .. }
        | Command::AssignConversation { .. }
        | Command::TransferConversation { .. }
        | Command::ReopenConversation { .. } => Err(Refusal::NotFound(crate::Kind::Conversation)),
        Command::Forget { visitor_id, key } => {
            if workspace.keys.contains_key(&(visitor_id.clone(), key.clone())) {
                plan.push(Event::ConversationForgotten { visitor_id, key });
            }
            Ok(Done::Done)
        }
    }
}
