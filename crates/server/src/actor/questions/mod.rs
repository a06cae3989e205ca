//! What HTTP asks, answered from the state. Rights are looked up here, at the moment of the
//! call, never taken from a token.

mod agents;
mod conversations;
mod departments;
mod done;
mod explain;
mod feed;
mod reports;
mod visitors;
mod workspace;

use switchboard_protocol::ErrorCode;
use switchboard_routing::{AgentId, By, Command, Conversation, Origin, Status};
use tokio::time::Instant;

use super::{
    commit::Effect,
    message::ReplyTo,
    worker::{Step, Worker},
};
use crate::{
    ask::{Answer, ApiError, Caller, Question},
    convert::refused,
    idempotency::Keep,
};

/// What a caller may do, now.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    origin: Origin,
    /// An admin, or the operator.
    admin: bool,
    root: bool,
    /// Which agent it is.
    agent: Option<AgentId>,
}

/// An answer, and what the step behind it has to tell others.
type Answered = Result<(Answer, Option<Step>), ApiError>;

impl Rights {
    /// Refuses who is not an admin.
    fn admin(&self) -> Result<(), ApiError> {
        if self.admin { Ok(()) } else { Err(forbidden()) }
    }

    fn is(&self, agent: &str) -> bool {
        self.agent.as_ref().is_some_and(|own| own.as_str() == agent)
    }

    /// Who does something to this agent: itself, or an admin.
    fn origin_for(&self, agent: &str) -> Origin {
        match &self.agent {
            Some(own) if own.as_str() == agent => Origin::new(By::Agent, own.as_str()),
            _ => self.origin.clone(),
        }
    }
}

fn forbidden() -> ApiError {
    ApiError::new(ErrorCode::Forbidden, "this needs an admin of the workspace")
}

impl Worker {
    /// Answers a question; everybody else hears of what it did.
    pub(crate) fn question(
        &mut self,
        caller: Caller,
        question: Question,
        keep: Option<Box<Keep>>,
        reply: ReplyTo,
        arrived: Instant,
    ) {
        let answered = match self.rights(&caller) {
            Ok(rights) => self.answer_question(&rights, question),
            Err(error) => Err(error),
        };
        let answered = self.unless_unread(answered, |(_, step)| step.is_some());
        let (answer, step) =
            answered.map_or_else(|error| (Err(error), None), |(answer, step)| (Ok(answer), step));
        if let Some(keep) = keep {
            let at = self.now();
            self.batch.answers.extend(keep.kept(&answer, at));
        }
        self.effect(Effect::Reply(reply, answer));
        if let Some(step) = step {
            self.tell(&step);
            self.time(&step, arrived);
        }
    }

    fn rights(&self, caller: &Caller) -> Result<Rights, ApiError> {
        let suspended = self.core.config().status == Status::Suspended;
        match caller {
            Caller::Root => {
                Ok(Rights { origin: Origin::ROOT, admin: true, root: true, agent: None })
            }
            Caller::Site if suspended => Err(ApiError::not_found("site key")),
            Caller::Site => {
                Ok(Rights { origin: Origin::ENGINE, admin: false, root: false, agent: None })
            }
            Caller::Agent(id) => {
                let Some(agent) = self.core.agent(id.as_str()) else {
                    let detail = "the agent of this token was removed";
                    return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
                };
                if suspended {
                    let detail = "the workspace is suspended";
                    return Err(ApiError::new(ErrorCode::Forbidden, detail));
                }
                let admin = agent.role == switchboard_routing::Role::Admin;
                let by = if admin { By::Admin } else { By::Agent };
                let origin = Origin::new(by, id.as_str());
                Ok(Rights { origin, admin, root: false, agent: Some(id.clone()) })
            }
        }
    }

    fn answer_question(&mut self, rights: &Rights, question: Question) -> Answered {
        let read = |answer: Result<Answer, ApiError>| answer.map(|answer| (answer, None));
        match question {
            Question::CreateWorkspace(request) => self.create_workspace(rights, request),
            Question::Workspace => read(self.workspace(rights)),
            Question::PatchWorkspace(patch) => self.patch_workspace(rights, patch),
            Question::Site => read(Ok(self.site())),
            Question::Departments(page) => read(self.departments(&page)),
            Question::CreateDepartment(request) => self.create_department(rights, request),
            Question::Department(id) => read(self.department(rights, &id)),
            Question::PatchDepartment(id, patch) => self.patch_department(rights, &id, *patch),
            Question::DeleteDepartment(id) => self.delete_department(rights, &id),
            Question::AddMember { department_id, agent_id } => {
                let (department_id, agent_id) = (department_id.into(), agent_id.into());
                self.change_members(rights, Command::AddMember { department_id, agent_id })
            }
            Question::RemoveMember { department_id, agent_id } => {
                let (department_id, agent_id) = (department_id.into(), agent_id.into());
                self.change_members(rights, Command::RemoveMember { department_id, agent_id })
            }
            Question::Agents(page) => read(self.agents(rights, &page)),
            Question::CreateAgent(request) => self.create_agent(rights, request),
            Question::Agent(id) => read(self.agent(rights, &id)),
            Question::Me => read(self.me(rights)),
            Question::PatchAgent(id, patch) => self.patch_agent(rights, &id, patch),
            Question::DeleteAgent(id) => self.delete_agent(rights, &id),
            Question::SetAvailability(id, said) => self.set_availability(rights, &id, said),
            Question::CreateToken(id, request) => read(self.create_token(rights, &id, request)),
            Question::Conversations(filter, page) => {
                read(self.conversations(rights, &filter, &page))
            }
            Question::OpenConversation(request) => self.open_for(rights, *request),
            Question::Conversation(id) => read(self.conversation(rights, &id)),
            Question::Explain(id) => read(self.explain(rights, &id)),
            Question::CloseConversation(id) => self.done(rights, id, Self::close),
            Question::ReopenConversation(id) => self.done(rights, id, Self::reopen),
            Question::ClaimConversation(id) => self.done(rights, id, Self::claim),
            Question::AcceptOffer { conversation_id, offer_id } => {
                self.done(rights, conversation_id, |worker, asker, id| {
                    worker.accept(asker, id, &offer_id)
                })
            }
            Question::DeclineOffer { conversation_id, offer_id } => {
                self.done(rights, conversation_id, |worker, asker, id| {
                    worker.decline(asker, id, &offer_id)
                })
            }
            Question::AssignConversation(id, request) => {
                self.done(rights, id, |worker, asker, id| {
                    worker.assign(asker, id, request.agent_id.into(), request.force)
                })
            }
            Question::TransferConversation(id, request) => {
                self.done(rights, id, |worker, asker, id| {
                    worker.transfer(asker, id, (*request).into())
                })
            }
            Question::EraseVisitor(id) => self.erase_visitor(rights, &id),
            Question::Live => read(self.live_view(rights)),
            Question::Events { after, page } => read(self.events(rights, after, &page)),
            Question::Reports(query) => read(self.reports(rights, &query)),
        }
    }

    /// Lets the core carry out a caller's command.
    fn carry_out_for(&mut self, origin: Origin, command: Command) -> Result<Step, ApiError> {
        self.step(origin, None, command).map_err(refused)
    }

    /// Whether an agent may see a conversation: its own, and those of its departments. One that
    /// ended is its own where it was the last to hold it.
    pub(crate) fn agent_sees(&self, agent: &AgentId, conversation: &Conversation) -> bool {
        let held_last = conversation.last_agent_id.as_ref() == Some(agent);
        self.is_admin(agent)
            || conversation.agent_id.as_ref() == Some(agent)
            || (conversation.closed_at.is_some() && held_last)
            || self.core.is_member(agent.as_str(), conversation.department_id.as_str())
    }
}
