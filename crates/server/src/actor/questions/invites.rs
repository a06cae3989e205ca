//! Asking people to join. A pending invite takes a seat, which the core counts; who is asked, as
//! what, and what became of the mail is kept beside it.

use std::{collections::HashSet, sync::Arc};

use subtle::ConstantTimeEq;
use switchboard_journal::{
    Account, AgentProfile, Invite, InviteEnd, MailState, PersonalChange, SecretDigest,
};
use switchboard_protocol::{ErrorCode, Secret, http, model};
use switchboard_routing::{
    AgentId, By, Command, DEFAULT_CAPACITY, DepartmentId, InviteId, Origin, Role, SeatReservation,
    Timestamp,
};

use super::{Answered, Rights, accounts::Entered, audit::Target, departments::page_of};
use crate::{
    actor::{
        commit::{Effect, Outgoing},
        worker::Worker,
    },
    ask::{Answer, ApiError, PageQuery},
    auth::{self, LinkKind, PasswordHash},
    convert::{ToCore, ToWire},
    ids,
    mail::{self, Outcome},
    node::MailReport,
};

/// An invite holds for so long.
const INVITE_TTL_MS: u64 = 72 * 3_600_000;
/// One that ended is shown for so long yet.
const ENDED_KEPT_MS: u64 = 30 * 86_400_000;

impl Worker {
    pub(super) fn invites(&self, rights: &Rights, page: &PageQuery) -> Result<Answer, ApiError> {
        rights.admin()?;
        // Oldest first; ids are random, so that many made at once stand in their order.
        let mut all: Vec<_> = self.profiles.invites.iter().collect();
        all.sort_by_key(|(id, invite)| (invite.created_at, *id));
        page_of(all, page, |(id, _)| id.as_str(), |(id, invite)| shown(id, invite))
    }

    pub(super) fn create_invites(
        &mut self,
        rights: &Rights,
        asked: Vec<http::CreateInvite>,
        many: bool,
    ) -> Answered {
        rights.admin()?;
        let mut addresses = HashSet::new();
        for (at, invite) in asked.iter().enumerate() {
            let checked = self.check_invite_to(invite, &mut addresses);
            checked.map_err(|error| if many { at_place(error, at) } else { error })?;
        }
        let now = self.now();
        let until = now.plus_ms(INVITE_TTL_MS);
        let made: Vec<(InviteId, Invite)> = asked
            .into_iter()
            .map(|asked| (InviteId::from(ids::fresh("inv")), invite(rights, asked, now, until)))
            .collect();
        let seats = made.iter().map(|(id, _)| SeatReservation { invite_id: id.clone(), until });
        let reserve = Command::ReserveSeats { seats: seats.collect() };
        let step = self.carry_out_for(rights.origin.clone(), reserve)?;
        let mut items = Vec::with_capacity(made.len());
        for (id, invite) in made {
            self.send_invite(&id, invite);
            let (id, after) = (id.as_str(), self.fields_of(Target::Invite, id.as_str()));
            self.note(rights, "invite.created", Target::Invite, id, None, after);
            items.extend(self.shown_invite(id));
        }
        let answer = match (many, items.first().cloned()) {
            (false, Some(one)) => Answer::created(one),
            _ => Answer::created(http::Invites { items }),
        };
        Ok((answer, Some(step)))
    }

    fn check_invite_to(
        &self,
        invite: &http::CreateInvite,
        addresses: &mut HashSet<String>,
    ) -> Result<(), ApiError> {
        self.check_email(&invite.email, None)?;
        let twice = !addresses.insert(invite.email.to_lowercase());
        if twice || self.pending_for(&invite.email).is_some() {
            let detail = "this address has an invite already";
            return Err(ApiError::new(ErrorCode::AlreadyInvited, detail));
        }
        let mut departments = invite.department_ids.iter().flatten();
        if departments.any(|id| self.core.department(id).is_none()) {
            return Err(ApiError::not_found("department"));
        }
        Ok(())
    }

    /// The pending invite of an address.
    pub(super) fn pending_for(&self, email: &str) -> Option<InviteId> {
        let email = email.to_lowercase();
        let mut pending = self.profiles.invites.iter().filter(|(_, invite)| invite.end.is_none());
        let own = pending.find(|(_, invite)| invite.email.to_lowercase() == email);
        own.map(|(id, _)| InviteId::from(id.as_str()))
    }

    /// Keeps an invite under a fresh token, and sends that.
    fn send_invite(&mut self, id: &InviteId, mut invite: Invite) {
        let token = auth::fresh_link_token(LinkKind::Invite, self.id.as_str());
        invite.token = Some(auth::digest_of(token.expose()));
        invite.mail = MailState::Queued(None);
        let mail = self.invitation(&invite, &token);
        let report = self.invite_report(auth::digest_of(token.expose()));
        self.change(PersonalChange::Invite(id.to_string(), Some(Box::new(invite))));
        self.effect(Effect::Mail(Outgoing { mail, report }));
    }

    fn invitation(&self, invite: &Invite, token: &Secret) -> mail::Mail {
        let departments = invite.department_ids.iter();
        let departments = departments.filter_map(|id| self.core.department(id.as_str()));
        let departments: Vec<&str> = departments.map(|d| d.name.as_str()).collect();
        let inviter = invite
            .invited_by
            .by_id
            .as_deref()
            .filter(|_| matches!(invite.invited_by.by, By::Admin | By::Agent));
        let inviter = inviter.and_then(|id| self.profiles.agents.get(&AgentId::from(id)));
        let link = format!("{}/join#{}", self.node.mailer.public_url(), token.expose());
        mail::letters::invitation(&mail::letters::Invitation {
            to: &invite.email,
            workspace_name: &self.core.config().name,
            invited_by: inviter.map(|profile| profile.name.as_str()),
            role: match invite.role {
                Role::Admin => "Admin",
                Role::Agent => "Agent",
            },
            departments: &departments,
            link: &link,
            expires_at: invite.expires_at.0,
        })
    }

    /// Tells the workspace what becomes of a mail, wherever it is by then.
    fn invite_report(&self, token: SecretDigest) -> mail::Report {
        let (workspace, reports) = (self.id.clone(), self.node.mail_reports.clone());
        Arc::new(move |outcome| {
            let state = match outcome {
                Outcome::Sent => MailState::Sent,
                Outcome::Retrying { reason } => MailState::Queued(Some(reason)),
                Outcome::Failed { reason } => MailState::Failed(reason),
            };
            let report = MailReport { workspace: workspace.clone(), token, state };
            reports.tell(report);
        })
    }

    /// Notes what became of a mail, unless it was sent again meanwhile.
    pub(super) fn mail_sent(&mut self, token: &SecretDigest, state: MailState) -> Answer {
        let mut invites = self.profiles.invites.iter();
        let found = invites.find(|(_, invite)| invite.token.as_ref() == Some(token));
        let Some((id, invite)) = found.map(|(id, i)| (id.clone(), (**i).clone())) else {
            return Answer::empty();
        };
        if invite.mail != state {
            let invite = Box::new(Invite { mail: state, ..invite });
            self.change(PersonalChange::Invite(id, Some(invite)));
        }
        Answer::empty()
    }

    /// Sends what waited to be sent when the workspace was put down: with fresh tokens, since the
    /// old ones are known by their digests alone.
    pub(crate) fn resume_mails(&mut self) {
        let now = self.now();
        let waits = |invite: &Invite| {
            invite.end.is_none()
                && invite.expires_at > now
                && matches!(invite.mail, MailState::Queued(_))
        };
        let waiting = self.profiles.invites.iter().filter(|(_, invite)| waits(invite));
        let waiting: Vec<_> =
            waiting.map(|(id, invite)| (InviteId::from(id.as_str()), (**invite).clone())).collect();
        for (id, invite) in waiting {
            self.send_invite(&id, invite);
        }
    }

    /// Whether a mail is on its way whose outcome is not known.
    pub(crate) fn has_mails_waiting(&self) -> bool {
        let waits = |invite: &Arc<Invite>| {
            invite.end.is_none() && matches!(invite.mail, MailState::Queued(_))
        };
        self.profiles.invites.values().any(waits)
    }

    pub(super) fn resend_invite(&mut self, rights: &Rights, id: &str) -> Answered {
        rights.admin()?;
        let invite = self.known_invite(id)?;
        let (now, before) = (self.now(), self.fields_of(Target::Invite, id));
        let (until, invite_id) = (now.plus_ms(INVITE_TTL_MS), InviteId::from(id));
        let command = match invite.end {
            None => Command::ExtendSeat { invite_id: invite_id.clone(), until },
            // Its seat was given up.
            Some(InviteEnd::Expired) => {
                self.check_email(&invite.email, None)?;
                if self.pending_for(&invite.email).is_some() {
                    let detail = "this address has another invite by now";
                    return Err(ApiError::new(ErrorCode::AlreadyInvited, detail));
                }
                let seats = vec![SeatReservation { invite_id: invite_id.clone(), until }];
                Command::ReserveSeats { seats }
            }
            Some(InviteEnd::Accepted { .. }) => {
                return Err(ApiError::new(ErrorCode::Conflict, "somebody has joined by it"));
            }
        };
        let step = self.carry_out_for(rights.origin.clone(), command)?;
        self.send_invite(&invite_id, Invite { expires_at: until, end: None, ..invite });
        let after = self.fields_of(Target::Invite, id);
        self.note(rights, "invite.resent", Target::Invite, id, before, after);
        let shown = self.shown_invite(id).ok_or_else(|| ApiError::not_found("invite"))?;
        Ok((Answer::ok(shown), Some(step)))
    }

    pub(super) fn revoke_invite(&mut self, rights: &Rights, id: &str) -> Answered {
        rights.admin()?;
        let invite = self.known_invite(id)?;
        let before = self.fields_of(Target::Invite, id);
        let step = match invite.end {
            None => {
                let release = Command::ReleaseSeat { invite_id: id.into() };
                Some(self.carry_out_for(rights.origin.clone(), release)?)
            }
            Some(_) => None,
        };
        self.change(PersonalChange::Invite(id.to_owned(), None));
        self.note(rights, "invite.revoked", Target::Invite, id, before, None);
        Ok((Answer::empty(), step))
    }

    fn known_invite(&self, id: &str) -> Result<Invite, ApiError> {
        let known = self.profiles.invites.get(id).map(|invite| (**invite).clone());
        known.ok_or_else(|| ApiError::not_found("invite"))
    }

    /// The pending invite whose token has this digest.
    fn invited(&self, token: &SecretDigest) -> Result<(InviteId, Invite), ApiError> {
        let (now, mut invites) = (self.now(), self.profiles.invites.iter());
        let found = invites.find(|(_, invite)| {
            let pending = invite.end.is_none() && invite.expires_at > now;
            pending && invite.token.is_some_and(|own| bool::from(own.ct_eq(token)))
        });
        let found = found.map(|(id, invite)| (InviteId::from(id.as_str()), (**invite).clone()));
        found.ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated, "the invite holds no longer"))
    }

    pub(super) fn check_invite(&self, token: &SecretDigest) -> Result<Answer, ApiError> {
        let (_, invite) = self.invited(token)?;
        self.check_email(&invite.email, None).map(|()| Answer::empty())
    }

    /// Somebody joins: a member of what it was invited to, away until it says otherwise.
    pub(super) fn accept_invite(
        &mut self,
        rights: &Rights,
        token: &SecretDigest,
        name: String,
        password: PasswordHash,
    ) -> Answered {
        let (invite_id, invite) = self.invited(token)?;
        self.check_email(&invite.email, None)?;
        let agent_id = AgentId::from(ids::fresh("agt"));
        let there = |id: &&DepartmentId| self.core.department(id.as_str()).is_some();
        let department_ids = invite.department_ids.iter().filter(there).cloned().collect();
        let add = Command::AddAgent {
            agent_id: agent_id.clone(),
            role: invite.role,
            capacity: DEFAULT_CAPACITY,
            skills: Vec::new(),
            department_ids,
            invite_id: Some(invite_id.clone()),
        };
        let origin = Origin::new(By::Agent, agent_id.as_str());
        let step = self.carry_out_for(origin.clone(), add)?;
        let profile = AgentProfile { email: invite.email.clone(), name, ..Default::default() };
        self.change(PersonalChange::Agent(agent_id.clone(), profile));
        let password = Some(password.expose().to_owned());
        self.set_account(&agent_id, Account { password, ..Account::default() });
        self.end_invite(&invite_id, &agent_id);
        let own = Rights { address: rights.address, ..Rights::new(origin) };
        let after = self.fields_of(Target::Agent, agent_id.as_str());
        self.note(&own, "invite.accepted", Target::Agent, agent_id.as_str(), None, after);
        let Entered { token, expires_at } = self.enter(&agent_id, auth::SIGNED_IN_TTL_MS);
        let name = self.core.config().name.clone();
        let workspace = model::WorkspaceRef { id: self.id.to_string(), name };
        let agent = self.shown_agent(agent_id.as_str())?;
        Ok((Answer::created(http::Joined { workspace, agent, token, expires_at }), Some(step)))
    }

    /// An invite ended: somebody has joined.
    pub(super) fn end_invite(&mut self, id: &InviteId, agent_id: &AgentId) {
        let Ok(invite) = self.known_invite(id.as_str()) else { return };
        let end = Some(InviteEnd::Accepted { agent_id: agent_id.clone(), at: self.now() });
        let invite = Box::new(Invite { token: None, end, ..invite });
        self.change(PersonalChange::Invite(id.to_string(), Some(invite)));
    }

    /// An invite ended: nobody has joined in time. Those that ended long ago go.
    pub(crate) fn expire_invite(&mut self, id: &InviteId) {
        if let Ok(invite) = self.known_invite(id.as_str()) {
            let invite = Box::new(Invite { token: None, end: Some(InviteEnd::Expired), ..invite });
            self.change(PersonalChange::Invite(id.to_string(), Some(invite)));
        }
        let before = self.now().0.saturating_sub(ENDED_KEPT_MS);
        let old = self
            .profiles
            .invites
            .iter()
            .filter(|(_, invite)| invite.end.is_some() && invite.expires_at.0 < before);
        for id in old.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.change(PersonalChange::Invite(id, None));
        }
    }

    fn shown_invite(&self, id: &str) -> Option<model::Invite> {
        self.profiles.invites.get(id).map(|invite| shown(id, invite))
    }
}

fn invite(rights: &Rights, asked: http::CreateInvite, now: Timestamp, until: Timestamp) -> Invite {
    let mut departments = asked.department_ids.unwrap_or_default();
    let mut seen = HashSet::new();
    departments.retain(|id| seen.insert(id.clone()));
    Invite {
        email: asked.email,
        role: asked.role.and_then(ToCore::to_core).unwrap_or(Role::Agent),
        department_ids: departments.into_iter().map(Into::into).collect(),
        invited_by: rights.origin.clone(),
        created_at: now,
        expires_at: until,
        token: None,
        mail: MailState::Queued(None),
        end: None,
    }
}

/// Of many, which one it is about.
fn at_place(error: ApiError, at: usize) -> ApiError {
    ApiError { detail: format!("invites.{at}: {}", error.detail), ..error }
}

fn shown(id: &str, invite: &Invite) -> model::Invite {
    use model::InviteState::{Accepted, Expired, Failed, Queued, Sent};
    let (state, mail_error) = match (&invite.end, &invite.mail) {
        (Some(InviteEnd::Accepted { .. }), _) => (Accepted, None),
        (Some(InviteEnd::Expired), _) => (Expired, None),
        (None, MailState::Queued(why)) => (Queued, why.clone()),
        (None, MailState::Sent) => (Sent, None),
        (None, MailState::Failed(why)) => (Failed, Some(why.clone())),
    };
    let agent_id = match &invite.end {
        Some(InviteEnd::Accepted { agent_id, .. }) => Some(agent_id.to_string()),
        _ => None,
    };
    model::Invite {
        id: id.to_owned(),
        email: invite.email.clone(),
        role: invite.role.to_wire(),
        department_ids: invite.department_ids.iter().map(ToString::to_string).collect(),
        state,
        mail_error,
        created_at: invite.created_at.0,
        expires_at: invite.expires_at.0,
        invited_by: invite.invited_by.by.to_wire(),
        invited_by_id: invite.invited_by.by_id.as_ref().map(ToString::to_string),
        agent_id,
    }
}
