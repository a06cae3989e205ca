//! Signed credentials: `at_{workspace}.{payload}.{mac}` for agents, `vt_…` for visitors, `sk_…` for
//! back ends.
//!
//! The payload begins with a version; the MAC is HMAC-SHA256, with the workspace's secret, over
//! everything before it. So kind and workspace are signed too, and can be read before anything is
//! checked, and what is forged is refused without asking anybody. Nothing about a visitor's token
//! is stored; of an agent's, which no longer hold; of a back end's, a digest.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use switchboard_journal::TokenId;
use switchboard_protocol::{Secret, text};

/// Longer than any token of ours.
const MAX_TOKEN_BYTES: usize = 512;
/// The first byte of a visitor's payload: the time of expiry and the id follow.
const VISITOR_VERSION: u8 = 1;
/// The first byte of an agent's payload: see [`AgentStamp`].
const AGENT_VERSION: u8 = 2;
/// The first byte of a back end's payload: 16 random bytes and the id follow.
const KEY_VERSION: u8 = 3;
/// How much randomness is in a back end's key.
pub const KEY_NONCE_BYTES: usize = 16;

/// The key that a workspace signs its tokens with.
pub type TokenSecret = [u8; 32];

/// Whose token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An agent's: its rights are the agent's role at the moment of use.
    Agent,
    /// A visitor's.
    Visitor,
    /// A back end's.
    ApiKey,
}

impl TokenKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "at_",
            Self::Visitor => "vt_",
            Self::ApiKey => "sk_",
        }
    }
}

/// By what one of an agent's tokens is told from its others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AgentStamp {
    /// Which it is.
    pub id: TokenId,
    /// How often the agent had signed out everywhere when it was made.
    pub generation: u32,
    /// When it was made, in milliseconds since the epoch.
    pub issued_at: u64,
    /// When the first of those was made that were renewed into this one.
    pub since: u64,
}

/// What a token says, once checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    /// The agent or visitor.
    pub id: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_at: u64,
    /// Which of an agent's it is; of a visitor's nothing is told.
    pub stamp: Option<AgentStamp>,
}

/// Why a token is not taken. Callers are told no more than that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this kind and workspace.
    #[error("the token is not one of ours")]
    Malformed,
    /// Signed by nobody here.
    #[error("the token is forged")]
    Forged,
    /// It was one.
    #[error("the token has expired")]
    Expired,
}

/// The workspace that a token names. Says nothing about whether the token holds.
pub fn workspace_of(token: &str, kind: TokenKind) -> Option<&str> {
    split(token, kind).map(|parts| parts.workspace)
}

/// Signs an agent's token.
pub fn mint_agent(
    workspace: &str,
    secret: &TokenSecret,
    id: &str,
    expires_at: u64,
    stamp: &AgentStamp,
) -> Secret {
    let mut payload = vec![AGENT_VERSION];
    payload.extend_from_slice(&expires_at.to_be_bytes());
    payload.extend_from_slice(&stamp.issued_at.to_be_bytes());
    payload.extend_from_slice(&stamp.since.to_be_bytes());
    payload.extend_from_slice(&stamp.generation.to_be_bytes());
    payload.extend_from_slice(&stamp.id.to_be_bytes());
    payload.extend_from_slice(id.as_bytes());
    mint(TokenKind::Agent, workspace, secret, &payload)
}

/// Signs a visitor's token.
pub fn mint_visitor(workspace: &str, secret: &TokenSecret, id: &str, expires_at: u64) -> Secret {
    let mut payload = vec![VISITOR_VERSION];
    payload.extend_from_slice(&expires_at.to_be_bytes());
    payload.extend_from_slice(id.as_bytes());
    mint(TokenKind::Visitor, workspace, secret, &payload)
}

/// When a visitor's token ends, as it says itself. Says nothing about whether it holds.
pub fn visitor_expiry(token: &str) -> Option<u64> {
    let parts = split(token, TokenKind::Visitor)?;
    Some(read_visitor(&decode(parts.payload).ok()?)?.expires_at)
}

/// Signs a back end's key.
pub(super) fn mint_api_key(
    workspace: &str,
    secret: &TokenSecret,
    id: &str,
    nonce: &[u8; KEY_NONCE_BYTES],
) -> Secret {
    let mut payload = vec![KEY_VERSION];
    payload.extend_from_slice(nonce);
    payload.extend_from_slice(id.as_bytes());
    mint(TokenKind::ApiKey, workspace, secret, &payload)
}

fn mint(kind: TokenKind, workspace: &str, secret: &TokenSecret, payload: &[u8]) -> Secret {
    let mut token = format!("{}{workspace}.{}", kind.prefix(), BASE64URL_NOPAD.encode(payload));
    let mac = sign(&token, secret).finalize().into_bytes();
    token.push('.');
    BASE64URL_NOPAD.encode_append(&mac, &mut token);
    Secret::from(token)
}

/// Checks a person's token; the MAC in constant time, and before anything else that it says.
///
/// # Errors
/// Where it is not a token of this kind and workspace, signed with this secret, that still holds.
pub fn verify(
    token: &str,
    kind: TokenKind,
    workspace: &str,
    secret: &TokenSecret,
    now_ms: u64,
) -> Result<TokenClaims, TokenError> {
    let payload = signed_payload(token, kind, workspace, secret)?;
    let claims = match kind {
        TokenKind::Agent => read_agent(&payload),
        TokenKind::Visitor => read_visitor(&payload),
        TokenKind::ApiKey => None,
    };
    let claims = claims.ok_or(TokenError::Malformed)?;
    if claims.expires_at <= now_ms {
        return Err(TokenError::Expired);
    }
    Ok(claims)
}

/// Checks a back end's key: gives its id. Whether it was revoked, its workspace knows.
///
/// # Errors
/// Where it is not a key of this workspace, signed with this secret.
pub fn verify_api_key(
    key: &str,
    workspace: &str,
    secret: &TokenSecret,
) -> Result<String, TokenError> {
    let payload = signed_payload(key, TokenKind::ApiKey, workspace, secret)?;
    let (version, rest) = payload.split_first().ok_or(TokenError::Malformed)?;
    let id = rest.get(KEY_NONCE_BYTES..).filter(|_| *version == KEY_VERSION);
    id.and_then(read_id).ok_or(TokenError::Malformed)
}

fn signed_payload(
    token: &str,
    kind: TokenKind,
    workspace: &str,
    secret: &TokenSecret,
) -> Result<Vec<u8>, TokenError> {
    let parts = split(token, kind).ok_or(TokenError::Malformed)?;
    if parts.workspace != workspace {
        return Err(TokenError::Malformed);
    }
    let mac = decode(parts.mac)?;
    sign(parts.signed, secret).verify_slice(&mac).map_err(|_| TokenError::Forged)?;
    decode(parts.payload)
}

struct Parts<'t> {
    workspace: &'t str,
    payload: &'t str,
    mac: &'t str,
    signed: &'t str,
}

fn split(token: &str, kind: TokenKind) -> Option<Parts<'_>> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (signed, mac) = token.rsplit_once('.')?;
    let (workspace, payload) = signed.strip_prefix(kind.prefix())?.split_once('.')?;
    text::valid_id(workspace).then_some(Parts { workspace, payload, mac, signed })
}

fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| TokenError::Malformed)
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn sign(signed: &str, secret: &TokenSecret) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length will do");
    mac.update(signed.as_bytes());
    mac
}

fn read_visitor(payload: &[u8]) -> Option<TokenClaims> {
    let (version, rest) = payload.split_first()?;
    let (expires_at, id) = rest.split_first_chunk::<8>()?;
    let expires_at = u64::from_be_bytes(*expires_at);
    let id = read_id(id).filter(|_| *version == VISITOR_VERSION)?;
    Some(TokenClaims { id, expires_at, stamp: None })
}

fn read_agent(payload: &[u8]) -> Option<TokenClaims> {
    let (version, rest) = payload.split_first()?;
    let (expires_at, rest) = rest.split_first_chunk::<8>()?;
    let (issued_at, rest) = rest.split_first_chunk::<8>()?;
    let (since, rest) = rest.split_first_chunk::<8>()?;
    let (generation, rest) = rest.split_first_chunk::<4>()?;
    let (token_id, id) = rest.split_first_chunk::<8>()?;
    let stamp = AgentStamp {
        id: TokenId::from_be_bytes(*token_id),
        generation: u32::from_be_bytes(*generation),
        issued_at: u64::from_be_bytes(*issued_at),
        since: u64::from_be_bytes(*since),
    };
    let id = read_id(id).filter(|_| *version == AGENT_VERSION)?;
    Some(TokenClaims { id, expires_at: u64::from_be_bytes(*expires_at), stamp: Some(stamp) })
}

fn read_id(bytes: &[u8]) -> Option<String> {
    let id = std::str::from_utf8(bytes).ok().filter(|id| text::valid_id(id))?;
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: TokenSecret = [7; 32];
    const NOW: u64 = 1_000;

    const STAMP: AgentStamp =
        AgentStamp { id: u64::MAX - 3, generation: 2, issued_at: 7, since: 5 };

    fn minted() -> String {
        mint_agent("acme", &SECRET, "ann", NOW + 1, &STAMP).expose().to_owned()
    }

    fn check(token: &str) -> Result<TokenClaims, TokenError> {
        verify(token, TokenKind::Agent, "acme", &SECRET, NOW)
    }

    #[test]
    fn a_token_says_who_and_until_when() {
        let claims = check(&minted()).unwrap();
        assert_eq!(
            claims,
            TokenClaims { id: "ann".into(), expires_at: NOW + 1, stamp: Some(STAMP) }
        );
        assert_eq!(workspace_of(&minted(), TokenKind::Agent), Some("acme"));
    }

    #[test]
    fn it_ends_when_it_says() {
        let at_its_end = verify(&minted(), TokenKind::Agent, "acme", &SECRET, NOW + 1);
        assert_eq!(at_its_end, Err(TokenError::Expired));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let token = minted();
        for (at, old) in token.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let mut changed = token.clone();
            changed.replace_range(at..=at, &new.to_string());
            assert!(check(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn another_secret_forges_nothing() {
        let forged = mint_agent("acme", &[8; 32], "ann", NOW + 1, &STAMP);
        assert_eq!(check(forged.expose()), Err(TokenError::Forged));
    }

    #[test]
    fn another_kind_or_workspace_is_another_token() {
        let token = minted();
        let visitor = verify(&token, TokenKind::Visitor, "acme", &SECRET, NOW);
        assert_eq!(visitor, Err(TokenError::Malformed));
        let renamed = token.replacen("at_", "vt_", 1);
        let visitor = verify(&renamed, TokenKind::Visitor, "acme", &SECRET, NOW);
        assert_eq!(visitor, Err(TokenError::Forged));
        let elsewhere = verify(&token, TokenKind::Agent, "other", &SECRET, NOW);
        assert_eq!(elsewhere, Err(TokenError::Malformed));
        let moved = token.replacen("acme", "other", 1);
        let elsewhere = verify(&moved, TokenKind::Agent, "other", &SECRET, NOW);
        assert_eq!(elsewhere, Err(TokenError::Forged));
    }

    #[test]
    fn a_payload_and_a_workspace_do_not_run_into_each_other() {
        // Same signed text would need the same split, and a workspace has no dot in it.
        let token = mint_agent("a", &SECRET, "b", NOW + 1, &STAMP);
        assert_eq!(workspace_of(token.expose(), TokenKind::Agent), Some("a"));
    }

    #[test]
    fn a_visitors_token_says_nothing_but_who_and_until_when() {
        let token = mint_visitor("acme", &SECRET, "vis_1", NOW + 1);
        let claims = verify(token.expose(), TokenKind::Visitor, "acme", &SECRET, NOW).unwrap();
        assert_eq!(claims, TokenClaims { id: "vis_1".into(), expires_at: NOW + 1, stamp: None });
    }

    #[test]
    fn a_key_is_no_persons_token_and_the_other_way_round() {
        let key = mint_api_key("acme", &SECRET, "key_1", &[3; KEY_NONCE_BYTES]);
        assert_eq!(verify_api_key(key.expose(), "acme", &SECRET).unwrap(), "key_1");
        assert_eq!(verify_api_key(key.expose(), "acme", &[8; 32]), Err(TokenError::Forged));
        assert_eq!(verify_api_key(key.expose(), "other", &SECRET), Err(TokenError::Malformed));
        let as_agent = key.expose().replacen("sk_", "at_", 1);
        assert_eq!(check(&as_agent), Err(TokenError::Forged));
        let as_key = minted().replacen("at_", "sk_", 1);
        assert_eq!(verify_api_key(&as_key, "acme", &SECRET), Err(TokenError::Forged));
        let itself = verify(key.expose(), TokenKind::ApiKey, "acme", &SECRET, NOW);
        assert_eq!(itself, Err(TokenError::Malformed));
    }

    #[test]
    fn garbage_is_malformed() {
        let long = format!("at_acme.{}.AAAA", "A".repeat(MAX_TOKEN_BYTES));
        for garbage in ["", ".", "at_", "at_.", "at_..", "at_acme", "at_acme.", "at_a b.x.y", &long]
        {
            assert_eq!(check(garbage), Err(TokenError::Malformed), "{garbage}");
        }
        assert_eq!(check("at_acme.AAAA.!!"), Err(TokenError::Malformed));
        assert_eq!(check("at_acme.AAAA.AAAA"), Err(TokenError::Forged));
        assert_eq!(check("at_acme..ü"), Err(TokenError::Malformed));
    }
}
