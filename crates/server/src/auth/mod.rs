//! Who is there: credentials, and checking them.
//!
//! Every credential that is minted names its kind and its workspace, so that any node can route
//! it before checking it. What a person may do is not known here: roles are looked up in the
//! workspace at the moment of use.

mod gate;
pub mod jwt;
mod key;
mod origin;
mod password;
mod sockets;
mod token;

pub use gate::{Bearer, Gate, RecognisedAgent, Rejected};
pub use key::{
    MAX_ROOT_KEY_BYTES, MIN_ROOT_KEY_BYTES, RootKeyError, RootKeys, check_root_key, fresh_root_key,
    fresh_site_key, same_key, workspace_of_site_key,
};
pub use origin::may_connect;
pub use password::{
    MAX_PASSWORD_BYTES, NoPasswordHash, PasswordError, PasswordHash, Passwords, WAITING_PASSWORDS,
    passwords_at_once,
};
pub use token::{
    AgentStamp, KEY_NONCE_BYTES, TokenClaims, TokenError, TokenKind, TokenSecret, mint_agent,
    mint_visitor, verify, verify_api_key, visitor_expiry, workspace_of,
};

use serde::Serialize;
use sha2::{Digest, Sha256};
use switchboard_journal::SecretDigest;
use switchboard_protocol::{FieldError, Secret};

use crate::ids;

/// How long an agent token holds that an admin or a back end asks for, where nothing is said: a
/// working day.
pub const AGENT_TOKEN_TTL_MS: u64 = 12 * 3_600_000;
/// The shortest that may be asked for.
pub const MIN_AGENT_TOKEN_TTL_MS: u64 = 1_000;
/// The longest; also how long a token can be renewed into others.
pub const MAX_AGENT_TOKEN_TTL_MS: u64 = 30 * 86_400_000;
/// How long the token holds that an agent gets who signs in. It is renewed while it is used.
pub const SIGNED_IN_TTL_MS: u64 = 3_600_000;
/// How long a visitor token holds. A new one comes with every welcome.
pub const VISITOR_TOKEN_TTL_MS: u64 = 30 * 86_400_000;

/// By what an agent is known to be who it says: looked up in the workspace at the moment of use,
/// since it may hold no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Proof {
    /// A token of ours.
    Token(AgentStamp),
    /// A token that its host signed then, in milliseconds since the epoch.
    Host {
        /// When.
        issued_at: u64,
    },
}

/// A fresh key to sign a workspace's tokens with.
pub fn fresh_token_secret() -> TokenSecret {
    ids::random()
}

/// What a secret is known by where it is kept.
pub fn digest_of(secret: &str) -> SecretDigest {
    Sha256::digest(secret.as_bytes()).into()
}

/// How long an agent token shall hold.
///
/// # Errors
/// Where that is too short or too long.
pub fn agent_token_ttl_ms(asked: Option<u64>) -> Result<u64, FieldError> {
    let ttl = asked.unwrap_or(AGENT_TOKEN_TTL_MS);
    if (MIN_AGENT_TOKEN_TTL_MS..=MAX_AGENT_TOKEN_TTL_MS).contains(&ttl) {
        return Ok(ttl);
    }
    let range = format!("not in {MIN_AGENT_TOKEN_TTL_MS} … {MAX_AGENT_TOKEN_TTL_MS}");
    Err(FieldError::new("ttl_ms", range))
}

/// A token for an agent, the first of its line, made at `now_ms`.
pub fn mint_agent_token(
    workspace: &str,
    secret: &TokenSecret,
    agent_id: &str,
    generation: u32,
    now_ms: u64,
    expires_at: u64,
) -> Secret {
    let id = u64::from_be_bytes(ids::random());
    let stamp = AgentStamp { id, generation, issued_at: now_ms, since: now_ms };
    mint_agent(workspace, secret, agent_id, expires_at, &stamp)
}

/// A token that takes the place of an agent's own, and holds as long as that did; none: the line
/// of its tokens has been renewed for long enough.
pub fn renew_agent_token(
    workspace: &str,
    secret: &TokenSecret,
    agent_id: &str,
    old: &AgentStamp,
    old_expires_at: u64,
    now_ms: u64,
) -> Option<(Secret, u64)> {
    let ttl_ms = old_expires_at.saturating_sub(old.issued_at);
    let last = old.since.saturating_add(MAX_AGENT_TOKEN_TTL_MS);
    let expires_at = now_ms.saturating_add(ttl_ms).min(last);
    if expires_at <= now_ms {
        return None;
    }
    let id = u64::from_be_bytes(ids::random());
    let stamp = AgentStamp { id, issued_at: now_ms, ..*old };
    Some((mint_agent(workspace, secret, agent_id, expires_at, &stamp), expires_at))
}

/// A token for a visitor, who is now at `now_ms`.
pub fn mint_visitor_token(
    workspace: &str,
    secret: &TokenSecret,
    visitor_id: &str,
    now_ms: u64,
) -> Secret {
    let expires_at = now_ms.saturating_add(VISITOR_TOKEN_TTL_MS);
    mint_visitor(workspace, secret, visitor_id, expires_at)
}

/// A fresh key for a back end.
pub fn fresh_api_key(workspace: &str, secret: &TokenSecret, id: &str) -> Secret {
    token::mint_api_key(workspace, secret, id, &ids::random())
}

/// What a link in a mail ends with: its kind, the workspace, and 256 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// To join.
    Invite,
    /// To set a new password.
    Reset,
}

impl LinkKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Invite => "it_",
            Self::Reset => "rt_",
        }
    }
}

/// A fresh token for a link.
pub fn fresh_link_token(kind: LinkKind, workspace: &str) -> Secret {
    let random = data_encoding::BASE64URL_NOPAD.encode(&ids::random::<32>());
    Secret::from(format!("{}{workspace}.{random}", kind.prefix()))
}

/// The workspace that a link's token names. Says nothing about whether it holds.
pub fn workspace_of_link(token: &str, kind: LinkKind) -> Option<&str> {
    let (workspace, _) = token.strip_prefix(kind.prefix())?.split_once('.')?;
    switchboard_protocol::text::valid_id(workspace).then_some(workspace)
}
