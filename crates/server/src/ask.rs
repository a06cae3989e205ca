//! What HTTP asks a workspace: a closed set of questions, and an answer that is turned to JSON
//! outside of the actor.

use std::net::IpAddr;

use serde::Serialize;
use switchboard_journal::{HostKey, MailState, SecretDigest};
use switchboard_protocol::{ErrorCode, http, model, model::Scope};
use switchboard_routing::AgentId;

use crate::{
    auth::{Bearer, PasswordHash, Proof},
    idempotency::Keep,
};

/// Who asks, by credentials that were checked as far as that can be done outside of the workspace.
/// Rights are looked up in it, and whether the credential still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The operator.
    Root,
    /// An agent; an admin where its role says so now.
    Agent {
        /// Which.
        id: AgentId,
        /// When its token ends, in milliseconds since the epoch.
        expires_at: u64,
        /// By what it is known to be that one.
        proof: Proof,
    },
    /// The workspace's back end.
    ApiKey {
        /// By which key.
        id: String,
        /// What the key is known by.
        digest: SecretDigest,
    },
    /// Anyone with the site key.
    Site,
    /// Anyone: what is asked brings its own proof with it.
    Anyone,
    /// The server itself.
    Engine,
}

impl From<&Bearer> for Caller {
    fn from(bearer: &Bearer) -> Self {
        match bearer {
            Bearer::Root => Self::Root,
            Bearer::Agent { agent, .. } => Self::Agent {
                id: agent.id.as_str().into(),
                expires_at: agent.expires_at,
                proof: agent.proof,
            },
            Bearer::ApiKey { key_id, digest, .. } => {
                Self::ApiKey { id: key_id.clone(), digest: *digest }
            }
        }
    }
}

/// On whose behalf a workspace is asked.
#[derive(Debug)]
pub struct Asking {
    /// Who asks.
    pub caller: Caller,
    /// From where.
    pub address: Option<IpAddr>,
    /// How the answer is kept for repeats of the request, if it is.
    pub keep: Option<Keep>,
}

impl From<Caller> for Asking {
    fn from(caller: Caller) -> Self {
        Self { caller, address: None, keep: None }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// How many at most, 1–100.
    pub limit: usize,
    /// Where the last page ended; opaque to callers.
    pub cursor: Option<String>,
}

/// Which conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// In this state.
    pub state: Option<model::ConversationState>,
    /// Of this department.
    pub department_id: Option<String>,
    /// Of this agent.
    pub agent_id: Option<String>,
}

/// Which report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportQuery {
    /// From when, in milliseconds since the epoch; none: a day before the end.
    pub from: Option<u64>,
    /// Until when; none: now.
    pub to: Option<u64>,
    /// By what it is grouped.
    pub group: model::ReportGroup,
    /// By what spans of time.
    pub bucket: model::ReportBucket,
}

/// Everything HTTP can ask a workspace. Bodies are decoded and checked already.
#[derive(Debug)]
pub enum Question {
    /// `POST /v1/workspaces`, once the workspace is in the directory
    CreateWorkspace(http::CreateWorkspace),
    /// `GET /v1/workspaces/{ws}`
    Workspace,
    /// `PATCH /v1/workspaces/{ws}`
    PatchWorkspace(http::PatchWorkspace),
    /// `GET /v1/site`
    Site,
    /// `GET …/departments`
    Departments(PageQuery),
    /// `POST …/departments`
    CreateDepartment(http::CreateDepartment),
    /// `GET …/departments/{id}`
    Department(String),
    /// `PATCH …/departments/{id}`
    PatchDepartment(String, Box<http::PatchDepartment>),
    /// `DELETE …/departments/{id}`
    DeleteDepartment(String),
    /// `PUT …/departments/{id}/members/{agent}`
    AddMember {
        /// The department.
        department_id: String,
        /// The agent.
        agent_id: String,
    },
    /// `DELETE …/departments/{id}/members/{agent}`
    RemoveMember {
        /// The department.
        department_id: String,
        /// The agent.
        agent_id: String,
    },
    /// `GET …/agents`
    Agents(PageQuery),
    /// `POST …/agents`
    CreateAgent(http::CreateAgent),
    /// `GET …/agents/{id}`
    Agent(String),
    /// `GET /v1/me`
    Me,
    /// `PATCH …/agents/{id}`; the password in it is hashed already
    PatchAgent(String, Box<http::PatchAgent>, Option<PasswordHash>),
    /// `DELETE /v1/me`
    Leave,
    /// `POST /v1/me/tokens`
    RenewToken,
    /// `POST /v1/sign-out`
    SignOut {
        /// On every device.
        everywhere: bool,
    },
    /// What the agent with an address signs in with: see [`Found::Password`]
    PasswordOf(String),
    /// `POST /v1/sign-in`, once the password was found to be the one
    SignIn {
        /// Who.
        agent_id: AgentId,
        /// The hash that it was compared with.
        password: PasswordHash,
        /// The same password hashed as is done now, where that was not.
        rehashed: Option<PasswordHash>,
    },
    /// `POST /v1/password/forgot`
    ForgotPassword(String),
    /// Whether a link to set a password holds
    CheckReset(SecretDigest),
    /// `POST /v1/password/reset`
    ResetPassword {
        /// What the link's token is known by.
        token: SecretDigest,
        /// The new password.
        password: PasswordHash,
    },
    /// `GET …/invites`
    Invites(PageQuery),
    /// `POST …/invites`
    CreateInvites {
        /// Whom to ask.
        invites: Vec<http::CreateInvite>,
        /// Whether many were asked for, and the answer is a list.
        many: bool,
    },
    /// `DELETE …/invites/{id}`
    RevokeInvite(String),
    /// `POST …/invites/{id}/resend`
    ResendInvite(String),
    /// Whether an invite's token holds
    CheckInvite(SecretDigest),
    /// `POST /v1/invites/accept`
    AcceptInvite {
        /// What its token is known by.
        token: SecretDigest,
        /// The name to go by.
        name: String,
        /// The password.
        password: PasswordHash,
    },
    /// What became of an invite's mail
    MailSent {
        /// The invite's token then: a mail that was sent again is another one.
        token: SecretDigest,
        /// What became of it.
        state: MailState,
    },
    /// `GET …/api_keys`
    ApiKeys(PageQuery),
    /// `POST …/api_keys`
    CreateApiKey(http::CreateApiKey),
    /// `DELETE …/api_keys/{id}`
    RevokeApiKey(String),
    /// `GET …/public_keys`
    PublicKeys(PageQuery),
    /// `POST …/public_keys`
    CreatePublicKey(HostKey),
    /// `DELETE …/public_keys/{id}`
    RemovePublicKey(String),
    /// `POST …/site_key/rotate`
    RotateSiteKey {
        /// For how long the old one still holds.
        old_valid_ms: u64,
    },
    /// `GET …/audit`
    Audit(PageQuery),
    /// `DELETE …/agents/{id}`
    DeleteAgent(String),
    /// `PUT …/agents/{id}/availability`
    SetAvailability(String, model::Availability),
    /// `POST …/agents/{id}/tokens`
    CreateToken(String, http::CreateToken),
    /// `GET …/conversations`
    Conversations(ConversationFilter, PageQuery),
    /// `POST …/conversations`
    OpenConversation(Box<http::OpenConversation>),
    /// `GET …/conversations/{id}`
    Conversation(String),
    /// `GET …/conversations/{id}/explain`
    Explain(String),
    /// `POST …/conversations/{id}/close`
    CloseConversation(String),
    /// `POST …/conversations/{id}/reopen`
    ReopenConversation(String),
    /// `POST …/conversations/{id}/assign`
    AssignConversation(String, http::AssignConversation),
    /// `POST …/conversations/{id}/transfer`
    TransferConversation(String, Box<http::TransferConversation>),
    /// `POST …/conversations/{id}/accept`
    AcceptOffer {
        /// The conversation.
        conversation_id: String,
        /// The offer.
        offer_id: String,
    },
    /// `POST …/conversations/{id}/decline`
    DeclineOffer {
        /// The conversation.
        conversation_id: String,
        /// The offer.
        offer_id: String,
    },
    /// `POST …/conversations/{id}/claim`
    ClaimConversation(String),
    /// `DELETE …/visitors/{id}`
    EraseVisitor(String),
    /// `GET …/live`
    Live,
    /// `GET …/events?after=`
    Events {
        /// The last offset that is known already; the page's cursor goes before it.
        after: Option<u64>,
        /// The page.
        page: PageQuery,
    },
    /// `GET …/reports`
    Reports(ReportQuery),
}

/// What HTTP answers: a status, and a body that is turned to JSON by whoever sends it.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; none with 204.
    pub body: Option<Box<dyn Payload>>,
    /// What is found for the server's own use, and told nobody.
    pub found: Option<Found>,
}

/// What the server asks a workspace for itself.
#[derive(Debug)]
pub enum Found {
    /// The agent with an address, and the hash of its password if it has one.
    Password(AgentId, PasswordHash),
}

impl Question {
    /// Which scopes let a back end's key ask this, each by itself, besides `admin`; none: no key
    /// may. Who else may, the answers say.
    pub fn scopes(&self) -> Option<&'static [Scope]> {
        use Scope::{Admin, AgentsWrite, ConversationsWrite, EventsRead, LiveRead, TokensMint};
        Some(match self {
            Self::Workspace
            | Self::PatchWorkspace(_)
            | Self::ApiKeys(_)
            | Self::CreateApiKey(_)
            | Self::RevokeApiKey(_)
            | Self::PublicKeys(_)
            | Self::CreatePublicKey(_)
            | Self::RemovePublicKey(_)
            | Self::RotateSiteKey { .. }
            | Self::Audit(_) => &[Admin],
            // Whoever routes, mints or watches needs to know where and whom: as colleagues do.
            Self::Departments(_) | Self::Agents(_) => {
                &[AgentsWrite, ConversationsWrite, TokensMint, LiveRead]
            }
            Self::Department(_)
            | Self::Agent(_)
            | Self::CreateDepartment(_)
            | Self::PatchDepartment(..)
            | Self::DeleteDepartment(_)
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::CreateAgent(_)
            | Self::PatchAgent(..)
            | Self::DeleteAgent(_)
            | Self::SetAvailability(..)
            | Self::Invites(_)
            | Self::CreateInvites { .. }
            | Self::RevokeInvite(_)
            | Self::ResendInvite(_) => &[AgentsWrite],
            Self::CreateToken(..) => &[TokensMint],
            Self::Conversations(..)
            | Self::OpenConversation(_)
            | Self::Conversation(_)
            | Self::Explain(_)
            | Self::CloseConversation(_)
            | Self::ReopenConversation(_)
            | Self::AssignConversation(..)
            | Self::TransferConversation(..)
            | Self::EraseVisitor(_) => &[ConversationsWrite],
            Self::Live | Self::Reports(_) => &[LiveRead],
            Self::Events { .. } => &[EventsRead],
            // An agent's own, or nobody's.
            Self::CreateWorkspace(_)
            | Self::Site
            | Self::Me
            | Self::Leave
            | Self::RenewToken
            | Self::SignOut { .. }
            | Self::PasswordOf(_)
            | Self::SignIn { .. }
            | Self::ForgotPassword(_)
            | Self::CheckReset(_)
            | Self::ResetPassword { .. }
            | Self::CheckInvite(_)
            | Self::AcceptInvite { .. }
            | Self::MailSent { .. }
            | Self::AcceptOffer { .. }
            | Self::DeclineOffer { .. }
            | Self::ClaimConversation(_) => return None,
        })
    }
}

impl Answer {
    /// An answer with a body.
    pub fn new(status: u16, body: impl Payload + 'static) -> Self {
        Self { status, body: Some(Box::new(body)), found: None }
    }

    /// 200 with a body.
    pub fn ok(body: impl Payload + 'static) -> Self {
        Self::new(200, body)
    }

    /// 201 with a body.
    pub fn created(body: impl Payload + 'static) -> Self {
        Self::new(201, body)
    }

    /// Something for the server's own use; nothing is told.
    pub fn found(found: Option<Found>) -> Self {
        Self { found, ..Self::empty() }
    }

    /// 204.
    pub fn empty() -> Self {
        Self { status: 204, body: None, found: None }
    }
}

/// Something that can be sent as JSON.
pub trait Payload: Send + std::fmt::Debug {
    /// The JSON.
    ///
    /// # Errors
    /// Where the value has no JSON form, which is a bug.
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error>;
}

impl<T: Serialize + Send + std::fmt::Debug> Payload for T {
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// Why a question has no answer. Becomes `application/problem+json`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code:?}: {detail}")]
pub struct ApiError {
    /// The stable code; it decides the status.
    pub code: ErrorCode,
    /// What happened, in a sentence.
    pub detail: String,
    /// When to try again.
    pub retry_after_ms: Option<u64>,
    /// For `plan_too_small`: what is asked for and what is in use.
    pub plan: Option<(model::PlanLimits, model::PlanUsage)>,
}

impl ApiError {
    /// An error with nothing but its code and a sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after_ms: None, plan: None }
    }

    /// The thing is not there, or not for this caller to see.
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("there is no such {what}"))
    }
}
