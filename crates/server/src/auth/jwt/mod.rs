//! Tokens that a host signs with its own key: JWTs (RFC 7519), verified and never made.
//!
//! A product with its own sign-in registers a public key with its workspace. From then on its back
//! end says who somebody is: an agent, or a visitor. What such a token must be is stricter than
//! the standard, and all of it is here: see `docs/identity.md`. How keys are stored, and what an
//! identity may do, is not known here.
//!
//! **Nothing in a token chooses how it is checked.** The algorithm is the key's; the header's must
//! be the same. Its `kid` picks among the registered keys, and no more. Keys and addresses of keys
//! in it (`jwk`, `jku`, `x5u`, `x5c`) are not looked at.
//!
//! **A token says what it is for.** Hosts sign agents' tokens and visitors' identities with one key,
//! and both have but a `sub`. Without a difference a customer whose name in the host's product is
//! `ann` could sign in as the agent `ann`. So the claim `kind` is required, and checked.

mod claims;
mod json;
mod key;
mod spki;
#[cfg(test)]
mod tests;
mod token;

use jsonwebtoken::{DecodingKey, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use self::{json::Object, token::Header};

pub use claims::{Identity, MAX_CLOCK_SKEW_MS, MAX_LIFETIME_MS};
pub use key::{
    KeyError, MAX_KEY_BYTES, MAX_RSA_BITS, MIN_RSA_BITS, ParsedKey, PublicKey, Registered,
};
pub use token::audience_of;

/// The longest token that is looked at.
pub const MAX_TOKEN_BYTES: usize = 8 * 1_024;
/// The most keys that a token is tried with: those after these are as if they were not there.
pub const MAX_KEYS: usize = 10;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519.
    EdDSA,
    /// ECDSA with P-256 and SHA-256.
    ES256,
    /// RSA with PKCS #1 1.5 and SHA-256.
    RS256,
}

impl Algorithm {
    /// Its name in a header and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::EdDSA, Self::ES256, Self::RS256].into_iter().find(|one| one.name() == name)
    }
}

/// What a token is for, as its claim `kind` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `agent`: to be this agent.
    Agent,
    /// `visitor`: to be this visitor.
    Visitor,
}

impl Kind {
    /// What the claim says.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Visitor => "visitor",
        }
    }
}

/// Why a token is not taken. What it says is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JwtError {
    /// No signed token of the usual shape.
    #[error("not a signed JWT in compact form, or one with extensions")]
    Malformed,
    /// It names a key that is not registered, or none that is fits.
    #[error("no such key is registered")]
    UnknownKey,
    /// Its algorithm is not that of the key.
    #[error("the token's algorithm is not that of the key")]
    WrongAlgorithm,
    /// Signed by somebody else, or changed since.
    #[error("the signature is not that of the key")]
    BadSignature,
    /// It was one.
    #[error("the token has expired")]
    Expired,
    /// It will be one.
    #[error("the token is not valid yet: its `nbf` or `iat` is in the future")]
    TooEarly,
    /// It would be one for too long.
    #[error("the token holds for too long: its `exp` is more than 24 hours ahead")]
    TooLong,
    /// For another workspace, or for several.
    #[error("the token's `aud` is not this workspace alone")]
    WrongAudience,
    /// An agent's where a visitor's is asked for, or the other way round, or neither.
    #[error("the token's `kind` is not what is asked for here")]
    WrongKind,
    /// What it says is missing, of the wrong type, there twice, or not taken.
    #[error("a claim is missing or not what it should be")]
    BadClaims,
}

/// Checks a token against the keys of a workspace, whose id is `audience`.
///
/// Nothing that it claims is read before its signature is checked. Without a `kid` each key of its
/// algorithm is tried.
///
/// # Errors
/// Where it is not a token of this kind, for this workspace alone, signed with one of the keys,
/// that holds now.
pub fn verify(
    token: &str,
    keys: &[Registered],
    audience: &str,
    kind: Kind,
    now_ms: u64,
) -> Result<Identity, JwtError> {
    let (header, _) = token::split(token).ok_or(JwtError::Malformed)?;
    let header = Header::read(&header)?;
    let keys = keys.get(..MAX_KEYS).unwrap_or(keys);
    let mut refusal = JwtError::UnknownKey;
    for key in keys.iter().filter(|key| header.kid.as_ref().is_none_or(|kid| *kid == key.id)) {
        match signed_with(token, &header, key, audience) {
            Ok(claims) => return claims::read(&claims, key, audience, kind, now_ms),
            // Another key may still be the one; that one fitted and was not is said before others.
            Err(JwtError::BadSignature) => refusal = JwtError::BadSignature,
            Err(error @ (JwtError::UnknownKey | JwtError::WrongAlgorithm)) => {
                refusal = if refusal == JwtError::BadSignature { refusal } else { error };
            }
            Err(error) => return Err(error),
        }
    }
    Err(refusal)
}

/// What a token claims, if it was signed with this key.
fn signed_with(
    token: &str,
    header: &Header,
    key: &Registered,
    audience: &str,
) -> Result<Object, JwtError> {
    if header.algorithm != key.algorithm {
        return Err(JwtError::WrongAlgorithm);
    }
    let spki = key.spki().ok_or(JwtError::UnknownKey)?;
    let (decoding, algorithm) = match key.algorithm {
        Algorithm::EdDSA => (DecodingKey::from_ed_der(&spki), jsonwebtoken::Algorithm::EdDSA),
        Algorithm::ES256 => (DecodingKey::from_ec_der(&spki), jsonwebtoken::Algorithm::ES256),
        Algorithm::RS256 => (DecodingKey::from_rsa_der(&spki), jsonwebtoken::Algorithm::RS256),
    };
    let validation = validation(algorithm, audience);
    match jsonwebtoken::decode::<Object>(token, &decoding, &validation) {
        Ok(decoded) => Ok(decoded.claims),
        Err(error) => Err(refusal_of(error.kind())),
    }
}

/// What the library looks at; every one of its settings. Times are for [`claims`], by our clock.
fn validation(algorithm: jsonwebtoken::Algorithm, audience: &str) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.algorithms = vec![algorithm];
    validation.set_required_spec_claims(&["exp", "aud", "sub"]);
    validation.set_audience(&[audience]);
    validation.validate_aud = true;
    validation.leeway = 0;
    validation.reject_tokens_expiring_in_less_than = 0;
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.iss = None;
    validation.sub = None;
    validation
}

fn refusal_of(kind: &ErrorKind) -> JwtError {
    match kind {
        ErrorKind::InvalidSignature => JwtError::BadSignature,
        ErrorKind::InvalidAlgorithm => JwtError::WrongAlgorithm,
        ErrorKind::InvalidAudience => JwtError::WrongAudience,
        // The header was read before, so what cannot be read are the claims.
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => JwtError::BadClaims,
        _ => JwtError::Malformed,
    }
}
