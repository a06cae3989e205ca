//! What HTTP asks, answered from the state. Rights are looked up here, at the moment of the
//! call, never taken from a token.

mod accounts;
mod agents;
mod api_keys;
mod audit;
mod conversations;
mod departments;
mod done;
mod explain;
mod feed;
mod invites;
mod reports;
mod site;
mod visitors;
mod workspace;

use std::net::IpAddr;

use switchboard_journal::SecretDigest;
use switchboard_protocol::{ErrorCode, model};
use switchboard_routing::{AgentId, By, Command, Conversation, Origin, Status};
use tokio::time::Instant;

use super::{
    commit::Effect,
    message::ReplyTo,
    worker::{Step, Worker},
};
use crate::{
    ask::{Answer, ApiError, Asking, Caller, Question},
    auth::Proof,
    convert::refused,
    ids,
};
use audit::Target;

/// What a caller may do, now.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    origin: Origin,
    /// An admin, the operator, or a back end whose key has the scope.
    admin: bool,
    root: bool,
    /// Which agent it is, until when its token holds, and what proves it.
    agent: Option<AgentId>,
    proof: Option<(Proof, u64)>,
    /// From where it asks.
    address: Option<IpAddr>,
}

/// An answer, and what the step behind it has to tell others.
type Answered = Result<(Answer, Option<Step>), ApiError>;

impl Rights {
    fn new(origin: Origin) -> Self {
        let (admin, root) = (false, false);
        Self { origin, admin, root, agent: None, proof: None, address: None }
    }

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
        asking: Asking,
        question: Question,
        reply: ReplyTo,
        arrived: Instant,
    ) {
        let Asking { caller, address, keep } = asking;
        let answered = match self.rights(&caller, &question) {
            Ok(rights) => self.answer_question(&Rights { address, ..rights }, question),
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

    fn rights(&mut self, caller: &Caller, question: &Question) -> Result<Rights, ApiError> {
        match caller {
            Caller::Root => Ok(Rights { admin: true, root: true, ..Rights::new(Origin::ROOT) }),
            Caller::Engine => Ok(Rights::new(Origin::ENGINE)),
            Caller::Site if self.is_suspended() => Err(ApiError::not_found("site key")),
            Caller::Site => Ok(Rights::new(Origin::ENGINE)),
            Caller::Anyone => self.unless_suspended(Rights::new(Origin::ENGINE)),
            Caller::Agent { id, expires_at, proof } => self.agent_rights(id, *expires_at, proof),
            Caller::ApiKey { id, digest } => self.key_rights(id, digest, question),
        }
    }

    fn is_suspended(&self) -> bool {
        self.core.config().status == Status::Suspended
    }

    fn unless_suspended(&self, rights: Rights) -> Result<Rights, ApiError> {
        if self.is_suspended() {
            return Err(ApiError::new(ErrorCode::Forbidden, "the workspace is suspended"));
        }
        Ok(rights)
    }

    fn agent_rights(
        &self,
        id: &AgentId,
        expires_at: u64,
        proof: &Proof,
    ) -> Result<Rights, ApiError> {
        let gone = |detail: &str| Err(ApiError::new(ErrorCode::Unauthenticated, detail));
        let Some(agent) = self.core.agent(id.as_str()) else {
            return gone("the agent of this token was removed");
        };
        if !self.holds(id, proof) {
            return gone("the agent has signed out");
        }
        let admin = agent.role == switchboard_routing::Role::Admin;
        let by = if admin { By::Admin } else { By::Agent };
        self.unless_suspended(Rights {
            admin,
            agent: Some(id.clone()),
            proof: Some((*proof, expires_at)),
            ..Rights::new(Origin::new(by, id.as_str()))
        })
    }

    /// A key may do what one of its scopes allows, and `admin` what an admin may.
    fn key_rights(
        &mut self,
        id: &str,
        digest: &SecretDigest,
        question: &Question,
    ) -> Result<Rights, ApiError> {
        if !self.key_holds(id, digest) {
            return Err(ApiError::new(ErrorCode::Unauthenticated, "the key was revoked"));
        }
        self.note_key_use(id);
        // Where and whom, a colleague knows too: addresses are for who manages agents.
        let as_colleague =
            matches!(question, Question::Agents(_)) && !self.key_has(id, model::Scope::AgentsWrite);
        let rights = Rights { admin: !as_colleague, ..Rights::new(Origin::new(By::Api, id)) };
        let rights = self.unless_suspended(rights)?;
        let Some(scopes) = question.scopes() else {
            let detail = "only the agent concerned can do this, no API key";
            return Err(ApiError::new(ErrorCode::Forbidden, detail));
        };
        if scopes.iter().any(|scope| self.key_has(id, *scope)) {
            return Ok(rights);
        }
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let detail = format!("the key has not the scope {}", names.join(" or "));
        Err(ApiError::new(ErrorCode::Forbidden, detail))
    }

    fn answer_question(&mut self, rights: &Rights, question: Question) -> Answered {
        let read = |answer: Result<Answer, ApiError>| answer.map(|answer| (answer, None));
        match question {
            Question::CreateWorkspace(request) => {
                let id = self.id.to_string();
                self.audited(rights, "workspace.created", Target::Workspace, &id, |worker| {
                    worker.create_workspace(rights, request)
                })
            }
            Question::Workspace => read(self.workspace(rights)),
            Question::PatchWorkspace(patch) => {
                let id = self.id.to_string();
                self.audited(rights, "workspace.changed", Target::Workspace, &id, |worker| {
                    worker.patch_workspace(rights, patch)
                })
            }
            Question::Site => read(Ok(self.site())),
            Question::Departments(page) => read(self.departments(&page)),
            Question::CreateDepartment(mut request) => {
                let id = request.id.get_or_insert_with(|| ids::fresh("dep")).clone();
                self.audited(rights, "department.created", Target::Department, &id, |worker| {
                    worker.create_department(rights, request)
                })
            }
            Question::Department(id) => read(self.department(rights, &id)),
            Question::PatchDepartment(id, patch) => {
                self.audited(rights, "department.changed", Target::Department, &id, |worker| {
                    worker.patch_department(rights, &id, *patch)
                })
            }
            Question::DeleteDepartment(id) => {
                self.audited(rights, "department.deleted", Target::Department, &id, |worker| {
                    worker.delete_department(rights, &id)
                })
            }
            Question::AddMember { department_id, agent_id } => {
                self.audited(rights, "member.added", Target::Agent, &agent_id, |worker| {
                    let (department_id, agent_id) =
                        (department_id.into(), agent_id.as_str().into());
                    worker.change_members(rights, Command::AddMember { department_id, agent_id })
                })
            }
            Question::RemoveMember { department_id, agent_id } => {
                self.audited(rights, "member.removed", Target::Agent, &agent_id, |worker| {
                    let (department_id, agent_id) =
                        (department_id.into(), agent_id.as_str().into());
                    worker.change_members(rights, Command::RemoveMember { department_id, agent_id })
                })
            }
            Question::Agents(page) => read(self.agents(rights, &page)),
            Question::CreateAgent(mut request) => {
                let id = request.id.get_or_insert_with(|| ids::fresh("agt")).clone();
                self.audited(rights, "agent.created", Target::Agent, &id, |worker| {
                    worker.create_agent(rights, request)
                })
            }
            Question::Agent(id) => read(self.agent(rights, &id)),
            Question::Me => read(self.me(rights)),
            Question::PatchAgent(id, patch, password) => {
                self.audited(rights, "agent.changed", Target::Agent, &id, |worker| {
                    worker.patch_agent(rights, &id, *patch, password)
                })
            }
            Question::DeleteAgent(id) => {
                self.audited(rights, "agent.removed", Target::Agent, &id, |worker| {
                    worker.delete_agent(rights, &id)
                })
            }
            Question::Leave => self.leave(rights),
            Question::SetAvailability(id, said) => {
                self.audited(rights, "agent.availability_set", Target::Agent, &id, |worker| {
                    worker.set_availability(rights, &id, said)
                })
            }
            Question::CreateToken(id, request) => read(self.create_token(rights, &id, request)),
            Question::RenewToken => read(self.renew_token(rights)),
            Question::SignOut { everywhere } => self.sign_out(rights, everywhere),
            Question::PasswordOf(email) => read(Ok(self.password_of(&email))),
            Question::SignIn { agent_id, password, rehashed } => {
                read(self.sign_in(&agent_id, &password, rehashed))
            }
            Question::ForgotPassword(email) => read(Ok(self.forgot_password(&email))),
            Question::CheckReset(token) => read(self.check_reset(&token)),
            Question::ResetPassword { token, password } => {
                self.reset_password(rights, &token, password)
            }
            Question::Invites(page) => read(self.invites(rights, &page)),
            Question::CreateInvites { invites, many } => self.create_invites(rights, invites, many),
            Question::RevokeInvite(id) => self.revoke_invite(rights, &id),
            Question::ResendInvite(id) => self.resend_invite(rights, &id),
            Question::CheckInvite(token) => read(self.check_invite(&token)),
            Question::AcceptInvite { token, name, password } => {
                self.accept_invite(rights, &token, name, password)
            }
            Question::MailSent { token, state } => read(Ok(self.mail_sent(&token, state))),
            Question::ApiKeys(page) => read(self.api_keys(rights, &page)),
            Question::CreateApiKey(request) => read(self.create_api_key(rights, request)),
            Question::RevokeApiKey(id) => read(self.revoke_api_key(rights, &id)),
            Question::PublicKeys(page) => read(self.public_keys(rights, &page)),
            Question::CreatePublicKey(key) => read(self.create_public_key(rights, key)),
            Question::RemovePublicKey(id) => read(self.remove_public_key(rights, &id)),
            Question::RotateSiteKey { old_valid_ms } => {
                let id = self.id.to_string();
                self.audited(rights, "site_key.rotated", Target::Workspace, &id, |worker| {
                    worker.rotate_site_key(rights, old_valid_ms)
                })
            }
            Question::Audit(page) => read(self.audit(rights, &page)),
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
                let force = request.force;
                let action = force.then_some("conversation.assigned_by_force");
                self.audited_if(rights, action, Target::Conversation, &id.clone(), |worker| {
                    worker.done(rights, id, |worker, asker, id| {
                        worker.assign(asker, id, request.agent_id.into(), force)
                    })
                })
            }
            Question::TransferConversation(id, request) => {
                let action = request.force.then_some("conversation.transferred_by_force");
                self.audited_if(rights, action, Target::Conversation, &id.clone(), |worker| {
                    worker.done(rights, id, |worker, asker, id| {
                        worker.transfer(asker, id, (*request).into())
                    })
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
