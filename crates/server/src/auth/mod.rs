//! Who is there: credentials, and checking them.
//!
//! Every credential that is minted names its kind and its workspace, so that any node can route
//! it before checking it. What a person may do is not known here: roles are looked up in the
//! workspace at the moment of use.

mod gate;
pub mod jwt;
mod key;
mod password;
mod sockets;
mod token;

pub use gate::{Bearer, Gate, Rejected};
pub use key::{
    MAX_ROOT_KEY_BYTES, MIN_ROOT_KEY_BYTES, RootKeyError, RootKeys, check_root_key, fresh_root_key,
    fresh_site_key, same_key, workspace_of_site_key,
};
pub use password::{
    MAX_PASSWORD_BYTES, NoPasswordHash, PasswordError, PasswordHash, Passwords, WAITING_PASSWORDS,
    passwords_at_once,
};
pub use token::{TokenClaims, TokenError, TokenKind, TokenSecret, mint, verify, workspace_of};

use switchboard_protocol::{FieldError, Secret};

use crate::ids;

/// How long an agent token holds where nothing is asked: a working day.
pub const AGENT_TOKEN_TTL_MS: u64 = 12 * 3_600_000;
/// The shortest that may be asked for.
pub const MIN_AGENT_TOKEN_TTL_MS: u64 = 1_000;
/// The longest.
pub const MAX_AGENT_TOKEN_TTL_MS: u64 = 30 * 86_400_000;
/// How long a visitor token holds. A new one comes with every welcome.
pub const VISITOR_TOKEN_TTL_MS: u64 = 30 * 86_400_000;

/// A fresh key to sign a workspace's tokens with.
pub fn fresh_token_secret() -> TokenSecret {
    ids::random()
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

/// A token for an agent.
pub fn mint_agent_token(
    workspace: &str,
    secret: &TokenSecret,
    agent_id: &str,
    expires_at: u64,
) -> Secret {
    mint(TokenKind::Agent, workspace, secret, agent_id, expires_at)
}

/// A token for a visitor, who is now at `now_ms`.
pub fn mint_visitor_token(
    workspace: &str,
    secret: &TokenSecret,
    visitor_id: &str,
    now_ms: u64,
) -> Secret {
    let expires_at = now_ms.saturating_add(VISITOR_TOKEN_TTL_MS);
    mint(TokenKind::Visitor, workspace, secret, visitor_id, expires_at)
}
