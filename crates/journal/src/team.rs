//! What a workspace keeps of its team beside the log: invites, passwords, API keys, what its
//! widgets and hosts may come in with, and who changed what. Addresses and digests are in it, so it
//! is kept as personal data is: [`crate::PersonalChange`].
//!
//! No secret is in it that could be used: tokens and keys are digests, passwords are hashes.

use serde::{Deserialize, Serialize};
use switchboard_routing::{AgentId, By, DepartmentId, Origin, Role, Timestamp};

/// SHA-256 of a secret of at least 128 random bits.
pub type SecretDigest = [u8; 32];
/// The random part by which one token of an agent is told from its others.
pub type TokenId = u64;

/// Somebody who was asked to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Where the invite was sent.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Of which departments it will be a member.
    pub department_ids: Vec<DepartmentId>,
    /// Who asked.
    pub invited_by: Origin,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// What its token is known by; none once that is of no use.
    pub token: Option<SecretDigest>,
    /// What became of the mail.
    pub mail: MailState,
    /// How it ended, if it did.
    pub end: Option<InviteEnd>,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It waits to be sent; where it was tried, why that failed.
    Queued(Option<String>),
    /// A server took it.
    Sent,
    /// It was given up: why.
    Failed(String),
}

/// How an invite ended. One that was taken back is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteEnd {
    /// Somebody joined by it.
    Accepted {
        /// Who.
        agent_id: AgentId,
        /// When.
        at: Timestamp,
    },
    /// Nobody did in time.
    Expired,
}

/// A key of a workspace's back end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do, by the scopes' names.
    pub scopes: Vec<String>,
    /// What it is known by.
    pub digest: SecretDigest,
    /// Who made it.
    pub created_by: Origin,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// What an agent signs in with, and which of its tokens hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its password, hashed; none: it has none.
    pub password: Option<String>,
    /// Tokens of an earlier generation do not hold: it signed out everywhere.
    pub generation: u32,
    /// When it last did: what a host signed before does not hold.
    pub signed_out_at: Option<Timestamp>,
    /// One token of an earlier generation that holds: the one that everything else was signed out
    /// with.
    pub spared: Option<TokenId>,
    /// Single tokens that were given back, and until when they would have held.
    pub revoked: Vec<(TokenId, Timestamp)>,
    /// Its password was forgotten, and it was sent a link.
    pub reset: Option<Reset>,
}

/// A link to set a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// What its token is known by.
    pub token: SecretDigest,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// What must be known of a workspace before it is loaded: what its widgets and its host may come
/// in with. Public but for nothing; the directory has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// The public key of its widgets, since it was last changed; none: the one that it began with.
    pub site_key: Option<String>,
    /// The keys before, and until when each still holds.
    pub old_site_keys: Vec<(String, Timestamp)>,
    /// From where widgets may connect; empty: from anywhere.
    pub allowed_origins: Vec<String>,
    /// Whether a widget may connect that does not say from where, while only some may.
    pub missing_origin_allowed: bool,
    /// With what its host signs.
    pub public_keys: Vec<HostKey>,
    /// Its departments, as people put them in order; those that are not in it come last.
    pub department_order: Vec<DepartmentId>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            site_key: None,
            old_site_keys: Vec::new(),
            allowed_origins: Vec::new(),
            missing_origin_allowed: true,
            public_keys: Vec::new(),
            department_order: Vec::new(),
        }
    }
}

/// A public key of a workspace's host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKey {
    /// Its id: `kid` of what is signed with it.
    pub id: String,
    /// By which algorithm: `EdDSA`, `ES256` or `RS256`.
    pub algorithm: String,
    /// The key, as PEM.
    pub pem: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// In what quality.
    pub by: By,
    /// Who.
    pub by_id: Option<String>,
    /// What was done, such as `agent.changed`.
    pub action: String,
    /// The kind of what it was done to.
    pub kind: String,
    /// Which.
    pub id: String,
    /// What of it was otherwise before: JSON.
    pub before: Option<String>,
    /// What of it is otherwise now: JSON.
    pub after: Option<String>,
    /// From which address.
    pub address: Option<String>,
}
