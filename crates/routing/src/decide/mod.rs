//! Deciding: pure, may refuse, gives events. Nothing here changes anything.

mod admin;
mod agent;
mod conversation;
mod deadline;
mod eligible;
mod explain;
mod handover;
mod offer;
mod routing;
mod seat;
mod session;

pub(crate) use deadline::due;
pub(crate) use explain::unplaced;
pub(crate) use offer::withdraw_unfit;
pub(crate) use routing::drain_one;

use crate::{Command, Decision, Done, Event, Origin, Refusal, Timestamp, Workspace};

/// The events that a decision comes to, in order.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Who asked.
    pub(crate) origin: Origin,
    /// When.
    pub(crate) now: Timestamp,
    /// What is to happen.
    pub(crate) events: Vec<Planned>,
}

/// Something that is to happen.
#[derive(Debug)]
pub(crate) struct Planned {
    /// By whose doing.
    pub(crate) origin: Origin,
    /// What.
    pub(crate) event: Event,
    /// How routing came to it.
    pub(crate) decisions: Vec<Decision>,
}

impl Plan {
    pub(crate) fn new(origin: Origin, now: Timestamp) -> Self {
        Self { origin, now, events: Vec::new() }
    }

    /// Something that whoever asked does.
    pub(crate) fn push(&mut self, event: Event) {
        self.push_as(self.origin.clone(), event);
    }

    /// Something that the engine does about it.
    pub(crate) fn push_as_engine(&mut self, event: Event) {
        self.push_as(Origin::ENGINE, event);
    }

    /// Something that somebody else does about it.
    pub(crate) fn push_as(&mut self, origin: Origin, event: Event) {
        self.push_decided(origin, event, Vec::new());
    }

    /// The same, as routing decided.
    pub(crate) fn push_decided(
        &mut self,
        origin: Origin,
        event: Event,
        decisions: impl IntoIterator<Item = Decision>,
    ) {
        let decisions = decisions.into_iter().collect();
        self.events.push(Planned { origin, event, decisions });
    }
}

/// Decides a command. On a refusal the plan is not carried out, whatever is in it.
pub(crate) fn decide(
    workspace: &Workspace,
    command: Command,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    match command {
        Command::Configure(config) => admin::configure(workspace, config, plan),
        Command::Recover => Ok(admin::recover(plan)),
        // Handled before a decision is asked for: it is made of several.
        Command::Tick => Ok(Done::Done),
        Command::CreateDepartment { department_id, name, policy } => {
            admin::create_department(workspace, department_id, name, policy, plan)
        }
        Command::UpdateDepartment { department_id, name, policy } => {
            admin::update_department(workspace, department_id, name, policy, plan)
        }
        Command::SetDepartmentOpen { department_id, open } => {
            admin::set_open(workspace, department_id, open, plan)
        }
        Command::DeleteDepartment { department_id } => {
            admin::delete_department(workspace, department_id, plan)
        }
        Command::ReserveSeats { seats } => seat::reserve(workspace, seats, plan),
        Command::ExtendSeat { invite_id, until } => seat::extend(workspace, invite_id, until, plan),
        Command::ReleaseSeat { invite_id } => seat::release(workspace, invite_id, plan),
        Command::AddAgent { agent_id, role, capacity, skills, department_ids, invite_id } => {
            let added = Event::AgentAdded { agent_id, role, capacity, skills, invite_id };
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
        Command::HoldSession { session_id, hold_ms } => {
            session::hold(workspace, session_id, hold_ms, plan)
        }
        Command::ReportActivity { agent_id } => agent::report_activity(workspace, agent_id, plan),
        Command::AcceptOffer { conversation_id, agent_id, offer } => {
            offer::accept(workspace, conversation_id, &agent_id, offer, plan)
        }
        Command::DeclineOffer { conversation_id, agent_id, offer } => {
            offer::decline(workspace, conversation_id, &agent_id, offer, plan)
        }
        Command::ClaimConversation { conversation_id, agent_id } => {
            handover::claim(workspace, conversation_id, &agent_id, plan)
        }
        Command::AssignConversation { conversation_id, agent_id, force } => {
            handover::assign(workspace, conversation_id, &agent_id, force, plan)
        }
        Command::TransferConversation { conversation_id, department_id, agent_id, force } => {
            let to = handover::Target { department_id, agent_id };
            handover::transfer(workspace, conversation_id, to, force, plan)
        }
        Command::ReopenConversation { conversation } => {
            conversation::reopen(workspace, *conversation, plan)
        }
        Command::Forget { visitor_id, key } => {
            if workspace.keys.contains_key(&(visitor_id.clone(), key.clone())) {
                plan.push(Event::ConversationForgotten { visitor_id, key });
            }
            Ok(Done::Done)
        }
    }
}
