//! A workspace's team as its admins see it: invites, API keys, the host's public keys, the audit.

use serde::{Deserialize, Serialize};

use super::{By, Role};
use crate::{secret::Secret, wire_enum::wire_enum};

wire_enum! {
    /// What became of an invite.
    pub enum InviteState {
        /// Its mail waits to be sent, or is being tried again.
        Queued = "queued",
        /// A mail server took it.
        Sent = "sent",
        /// Its mail was given up; `mail_error` says why. The invite still holds: send it again.
        Failed = "failed",
        /// Somebody joined by it.
        Accepted = "accepted",
        /// Nobody did in time.
        Expired = "expired",
    }
}

/// Somebody who was asked to join. While it is pending it takes a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invite {
    /// Its id.
    pub id: String,
    /// Where it was sent.
    pub email: String,
    /// As what.
    pub role: Role,
    /// The departments that come with it.
    pub department_ids: Vec<String>,
    /// What became of it.
    pub state: InviteState,
    /// Why its mail could not be sent, or not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_error: Option<String>,
    /// When it was made.
    pub created_at: u64,
    /// Until when it can be accepted.
    pub expires_at: u64,
    /// In what quality it was made.
    pub invited_by: By,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by_id: Option<String>,
    /// The agent who joined by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

wire_enum! {
    /// What an API key may do.
    pub enum Scope {
        /// Open, read, assign, transfer, close and reopen conversations; erase visitors.
        ConversationsWrite = "conversations:write",
        /// Read and change agents, departments, memberships and invites.
        AgentsWrite = "agents:write",
        /// Mint agents' tokens: whoever may, may do what any of its agents may.
        TokensMint = "tokens:mint",
        /// Read the feed of events.
        EventsRead = "events:read",
        /// Read the live view and the reports.
        LiveRead = "live:read",
        /// All that an admin may.
        Admin = "admin",
    }
}

/// A key of a workspace's back end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: u64,
    /// In what quality it was made.
    pub created_by: By,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_id: Option<String>,
    /// When it was last used, to the minute; null: never.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_used_at: Option<u64>,
    /// The key itself; only in the answer that makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub secret: Option<Secret>,
}

/// A public key with which the host signs agents' tokens and visitors' identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicKey {
    /// Its id: the `kid` of what is signed with it.
    pub id: String,
    /// `EdDSA`, `ES256` or `RS256`.
    pub algorithm: String,
    /// The key, as PEM.
    pub key: String,
    /// SHA-256 of the key, in base64url.
    pub fingerprint: String,
    /// When it was registered.
    pub created_at: u64,
}

/// What a change was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditTarget {
    /// What kind of thing, such as `agent`.
    pub kind: String,
    /// Which.
    pub id: String,
}

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// When.
    pub at: u64,
    /// In what quality.
    pub by: By,
    /// By whom: of an agent, admin or API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<String>,
    /// What was done, such as `agent.changed`.
    pub action: String,
    /// To what.
    pub target: AuditTarget,
    /// What of it was otherwise before; null where it was not there, or that is a secret.
    #[cfg_attr(feature = "openapi", schema(required = true, value_type = Option<Object>))]
    pub before: Option<serde_json::Value>,
    /// What of it is otherwise now; null where it is no more.
    #[cfg_attr(feature = "openapi", schema(required = true, value_type = Option<Object>))]
    pub after: Option<serde_json::Value>,
    /// From which address; null where it came from none.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub address: Option<String>,
}
