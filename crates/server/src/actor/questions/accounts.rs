//! What agents sign in with: passwords, tokens, and which of them hold.
//!
//! Passwords come here hashed, and are compared elsewhere: neither is done in an actor.

use subtle::ConstantTimeEq;
use switchboard_journal::{Account, PersonalChange, Reset, SecretDigest};
use switchboard_protocol::{CloseCode, ErrorCode, http};
use switchboard_routing::{AgentId, By, Command, Origin, Person, SessionId, Timestamp};

use super::{Answered, Rights, audit::Target};
use crate::{
    actor::{
        commit::{Effect, Outgoing},
        worker::Worker,
    },
    ask::{Answer, ApiError, Found},
    auth::{self, LinkKind, PasswordHash, Proof},
    mail,
};

/// A link to set a password holds for so long.
const RESET_TTL_MS: u64 = 3_600_000;
/// So many tokens are kept that were given back one by one; then all are void.
const MAX_REVOKED: usize = 64;

/// An agent who came in, and its token.
pub(super) struct Entered {
    pub(super) token: switchboard_protocol::Secret,
    pub(super) expires_at: u64,
}

impl Worker {
    /// Whether what proves an agent to be who it says still holds.
    pub(crate) fn holds(&self, agent: &AgentId, proof: &Proof) -> bool {
        let unknown = Account::default();
        let account = self.profiles.accounts.get(agent).map_or(&unknown, |account| account);
        match proof {
            Proof::Token(stamp) => {
                let revoked = account.revoked.iter().any(|(id, _)| *id == stamp.id);
                let current = stamp.generation == account.generation;
                !revoked && (current || account.spared == Some(stamp.id))
            }
            Proof::Host { issued_at } => {
                account.signed_out_at.is_none_or(|at| Timestamp(*issued_at) > at)
            }
        }
    }

    fn account(&self, agent: &AgentId) -> Account {
        self.profiles.accounts.get(agent).map(|account| (**account).clone()).unwrap_or_default()
    }

    pub(super) fn set_account(&mut self, agent: &AgentId, account: Account) {
        self.change(PersonalChange::Account(agent.clone(), Box::new(account)));
    }

    /// A token of an agent's, the first of its line.
    pub(super) fn enter(&self, agent: &AgentId, ttl_ms: u64) -> Entered {
        let now_ms = self.node.clock.now_ms();
        let expires_at = now_ms.saturating_add(ttl_ms);
        let generation = self.profiles.accounts.get(agent).map_or(0, |account| account.generation);
        let (id, secret) = (self.id.as_str(), &self.entry.token_secret);
        let token =
            auth::mint_agent_token(id, secret, agent.as_str(), generation, now_ms, expires_at);
        Entered { token, expires_at }
    }

    pub(super) fn create_token(
        &mut self,
        rights: &Rights,
        id: &str,
        request: http::CreateToken,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        let agent = self.core.agent(id).map(|agent| agent.id.clone());
        let agent = agent.ok_or_else(|| ApiError::not_found("agent"))?;
        let ttl_ms = auth::agent_token_ttl_ms(request.ttl_ms);
        let ttl_ms = ttl_ms.map_err(|e| ApiError::new(ErrorCode::BadRequest, e.to_string()))?;
        let Entered { token, expires_at } = self.enter(&agent, ttl_ms);
        self.note_secret(rights, "agent.token_minted", Target::Agent, id);
        Ok(Answer::created(http::Token { token, expires_at }))
    }

    /// A token that takes the place of the one that it is asked with.
    pub(super) fn renew_token(&self, rights: &Rights) -> Result<Answer, ApiError> {
        let agent = own(rights)?;
        let Some((Proof::Token(stamp), expires_at)) = &rights.proof else {
            let detail = "this token is its host's to renew";
            return Err(ApiError::new(ErrorCode::Conflict, detail));
        };
        let (id, secret) = (self.id.as_str(), &self.entry.token_secret);
        let now_ms = self.node.clock.now_ms();
        // The one that was spared when its siblings became void has a generation that is over.
        let generation = self.account(agent).generation;
        let stamp = auth::AgentStamp { generation, ..*stamp };
        let renewed =
            auth::renew_agent_token(id, secret, agent.as_str(), &stamp, *expires_at, now_ms);
        let (token, expires_at) = renewed.ok_or_else(|| {
            let detail = "it has been renewed for as long as it may be: sign in again";
            ApiError::new(ErrorCode::Unauthenticated, detail)
        })?;
        Ok(Answer::created(http::Token { token, expires_at }))
    }

    /// The agent with an address, and its password's hash. Nobody is told of it.
    pub(super) fn password_of(&self, email: &str) -> Answer {
        let agent = self.profiles.agent_of(email).cloned();
        let password = agent.and_then(|agent| {
            let hash = self.profiles.accounts.get(&agent)?.password.clone()?;
            Some(Found::Password(agent, PasswordHash::try_from(hash).ok()?))
        });
        Answer::found(password)
    }

    /// Signs an agent in whose password was found to be the one with this hash, unless it has
    /// another by now.
    pub(super) fn sign_in(
        &mut self,
        agent: &AgentId,
        password: &PasswordHash,
        rehashed: Option<PasswordHash>,
    ) -> Result<Answer, ApiError> {
        let mut account = self.account(agent);
        let known = account.password.as_deref() == Some(password.expose());
        if !known || self.core.agent(agent.as_str()).is_none() {
            let detail = "the address or the password is wrong";
            return Err(ApiError::new(ErrorCode::InvalidCredentials, detail));
        }
        if let Some(hash) = rehashed {
            account.password = Some(hash.expose().to_owned());
            self.set_account(agent, account);
        }
        let Entered { token, expires_at } = self.enter(agent, auth::SIGNED_IN_TTL_MS);
        let agent = self.shown_agent(agent.as_str())?;
        Ok(Answer::ok(http::SignedIn { agent, token, expires_at }))
    }

    /// Gives a token back, or all of them; the sessions that came in with them end.
    pub(super) fn sign_out(&mut self, rights: &Rights, everywhere: bool) -> Answered {
        let agent = own(rights)?.clone();
        let mut account = self.account(&agent);
        match &rights.proof {
            Some((Proof::Token(stamp), expires_at)) if !everywhere => {
                let now = self.node.clock.now();
                account.revoked.retain(|(_, until)| *until > now);
                account.revoked.push((stamp.id, Timestamp(*expires_at)));
                if account.revoked.len() > MAX_REVOKED {
                    self.void_all(&mut account, None);
                }
            }
            _ => self.void_all(&mut account, None),
        }
        self.set_account(&agent, account);
        if everywhere {
            self.note_secret(rights, "agent.signed_out_everywhere", Target::Agent, agent.as_str());
        }
        let sessions = self.end_void_sessions(&agent);
        Ok((Answer::ok(http::SignedOut { sessions }), None))
    }

    /// No token of an agent's holds any more, but for one.
    fn void_all(&self, account: &mut Account, spared: Option<u64>) {
        account.generation += 1;
        account.signed_out_at = Some(self.node.clock.now());
        account.spared = spared;
        account.revoked.clear();
    }

    /// Ends the sessions of an agent that came in with what no longer holds; gives how many.
    fn end_void_sessions(&mut self, agent: &AgentId) -> u64 {
        let person = Person::Agent(agent.clone());
        let void = |session: &&SessionId| {
            let proof = self.streams.find(session).and_then(|stream| stream.proof);
            proof.is_some_and(|proof| !self.holds(agent, &proof))
        };
        let void: Vec<SessionId> = self.streams.of(&person).iter().filter(void).cloned().collect();
        for session in &void {
            self.end_session(session, Some(CloseCode::Unauthenticated));
        }
        void.len() as u64
    }

    /// Sets an agent's password; every token of its that it was not set with is void.
    pub(super) fn set_password(&mut self, rights: &Rights, id: &str, hash: &PasswordHash) {
        let agent = AgentId::from(id);
        let mut account = self.account(&agent);
        account.password = Some(hash.expose().to_owned());
        account.reset = None;
        let used = match &rights.proof {
            Some((Proof::Token(stamp), _)) if rights.is(id) => Some(stamp.id),
            _ => None,
        };
        self.void_all(&mut account, used);
        self.set_account(&agent, account);
        self.note_secret(rights, "agent.password_changed", Target::Agent, id);
        self.end_void_sessions(&agent);
    }

    /// Sends a link to set a password to an agent's address, where there is one. Nobody is told
    /// whether there is.
    pub(super) fn forgot_password(&mut self, email: &str) -> Answer {
        let Some(agent) = self.profiles.agent_of(email).cloned() else { return Answer::empty() };
        let Some(profile) = self.profiles.agents.get(&agent).cloned() else {
            return Answer::empty();
        };
        let token = auth::fresh_link_token(LinkKind::Reset, self.id.as_str());
        let expires_at = self.node.clock.now().plus_ms(RESET_TTL_MS);
        let mut account = self.account(&agent);
        account.reset = Some(Reset { token: auth::digest_of(token.expose()), expires_at });
        self.set_account(&agent, account);
        let link = format!("{}/reset#{}", self.node.mailer.public_url(), token.expose());
        let mail = mail::letters::password_reset(&mail::letters::PasswordReset {
            to: &profile.email,
            workspace_name: &self.core.config().name,
            name: &profile.name,
            link: &link,
            expires_at: expires_at.0,
        });
        let workspace = self.id.clone();
        let report: mail::Report = std::sync::Arc::new(move |outcome| {
            tracing::debug!(%workspace, ?outcome, "a mail to set a password");
        });
        self.effect(Effect::Mail(Outgoing { mail, report }));
        Answer::empty()
    }

    fn resetting(&self, token: &SecretDigest) -> Result<AgentId, ApiError> {
        let now = self.node.clock.now();
        let mut accounts = self.profiles.accounts.iter();
        let found = accounts.find(|(_, account)| {
            let reset = account.reset.filter(|reset| reset.expires_at > now);
            reset.is_some_and(|reset| bool::from(reset.token.ct_eq(token)))
        });
        let agent = found.map(|(agent, _)| agent.clone());
        agent.ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated, "the link holds no longer"))
    }

    pub(super) fn check_reset(&self, token: &SecretDigest) -> Result<Answer, ApiError> {
        self.resetting(token).map(|_| Answer::empty())
    }

    pub(super) fn reset_password(
        &mut self,
        rights: &Rights,
        token: &SecretDigest,
        password: PasswordHash,
    ) -> Answered {
        let agent = self.resetting(token)?;
        let own = Rights {
            agent: Some(agent.clone()),
            address: rights.address,
            ..Rights::new(Origin::new(By::Agent, agent.as_str()))
        };
        self.set_password(&own, agent.as_str(), &password);
        let Entered { token, expires_at } = self.enter(&agent, auth::SIGNED_IN_TTL_MS);
        let agent = self.shown_agent(agent.as_str())?;
        Ok((Answer::ok(http::SignedIn { agent, token, expires_at }), None))
    }

    /// An agent removes itself.
    pub(super) fn leave(&mut self, rights: &Rights) -> Answered {
        let agent = own(rights)?.clone();
        let id = agent.to_string();
        self.audited(rights, "agent.left", Target::Agent, &id, |worker| {
            let remove = Command::RemoveAgent { agent_id: agent.clone() };
            let step = worker.carry_out_for(rights.origin.clone(), remove)?;
            worker.change(PersonalChange::AgentLeft(agent));
            Ok((Answer::empty(), Some(step)))
        })
    }
}

/// The agent who asks, for what is only its own.
fn own(rights: &Rights) -> Result<&AgentId, ApiError> {
    let nobody = || ApiError::not_found("agent: this credential is nobody's own");
    rights.agent.as_ref().ok_or_else(nobody)
}
