//! Signed tokens: `at_{workspace}.{payload}.{mac}` for agents, `vt_…` for visitors.
//!
//! The payload is a version, the time of expiry and the person's id; the MAC is HMAC-SHA256, with
//! the workspace's secret, over everything before it. So kind and workspace are signed too, and
//! can be read before anything is checked. Nothing about a token is stored.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use switchboard_protocol::{Secret, text};

/// Longer than any token of ours.
const MAX_TOKEN_BYTES: usize = 512;
/// The first byte of a payload.
const VERSION: u8 = 1;
/// The version and the expiry, before the id.
const HEAD_BYTES: usize = 9;

/// The key that a workspace signs its tokens with.
pub type TokenSecret = [u8; 32];

/// Whose token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An agent's: its rights are the agent's role at the moment of use.
    Agent,
    /// A visitor's.
    Visitor,
}

impl TokenKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "at_",
            Self::Visitor => "vt_",
        }
    }
}

/// What a token says, once checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    /// The agent or visitor.
    pub id: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_at: u64,
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

/// Signs a token.
pub fn mint(
    kind: TokenKind,
    workspace: &str,
    secret: &TokenSecret,
    id: &str,
    expires_at: u64,
) -> Secret {
    let mut payload = Vec::with_capacity(HEAD_BYTES + id.len());
    payload.push(VERSION);
    payload.extend_from_slice(&expires_at.to_be_bytes());
    payload.extend_from_slice(id.as_bytes());
    let mut token = format!("{}{workspace}.{}", kind.prefix(), BASE64URL_NOPAD.encode(&payload));
    let mac = sign(&token, secret).finalize().into_bytes();
    token.push('.');
    BASE64URL_NOPAD.encode_append(&mac, &mut token);
    Secret::from(token)
}

/// Checks a token; the MAC in constant time, and before anything else that it says.
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
    let parts = split(token, kind).ok_or(TokenError::Malformed)?;
    if parts.workspace != workspace {
        return Err(TokenError::Malformed);
    }
    let mac = decode(parts.mac)?;
    sign(parts.signed, secret).verify_slice(&mac).map_err(|_| TokenError::Forged)?;
    let claims = read_payload(&decode(parts.payload)?).ok_or(TokenError::Malformed)?;
    if claims.expires_at <= now_ms {
        return Err(TokenError::Expired);
    }
    Ok(claims)
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

fn read_payload(payload: &[u8]) -> Option<TokenClaims> {
    let (version, rest) = payload.split_first()?;
    let (expires_at, id) = rest.split_first_chunk::<8>()?;
    let id = std::str::from_utf8(id).ok().filter(|id| text::valid_id(id))?;
    (*version == VERSION)
        .then(|| TokenClaims { id: id.to_owned(), expires_at: u64::from_be_bytes(*expires_at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: TokenSecret = [7; 32];
    const NOW: u64 = 1_000;

    fn minted() -> String {
        mint(TokenKind::Agent, "acme", &SECRET, "ann", NOW + 1).expose().to_owned()
    }

    fn check(token: &str) -> Result<TokenClaims, TokenError> {
        verify(token, TokenKind::Agent, "acme", &SECRET, NOW)
    }

    #[test]
    fn a_token_says_who_and_until_when() {
        let claims = check(&minted()).unwrap();
        assert_eq!(claims, TokenClaims { id: "ann".into(), expires_at: NOW + 1 });
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
        let forged = mint(TokenKind::Agent, "acme", &[8; 32], "ann", NOW + 1);
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
        let token = mint(TokenKind::Agent, "a", &SECRET, "b", NOW + 1);
        assert_eq!(workspace_of(token.expose(), TokenKind::Agent), Some("a"));
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
