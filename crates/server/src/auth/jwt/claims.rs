//! What a token claims, once its signature has been checked.

use serde_json::Value;
use switchboard_protocol::text;

use super::{JwtError, Kind, Registered, json::Object};

/// How far ahead a token may end. Whoever needs longer signs another in time: a signed token
/// cannot be called back.
pub const MAX_LIFETIME_MS: u64 = 24 * 3_600_000;
/// How far the host's clock may be ahead of ours, for `nbf` and `iat`. `exp` has no such leeway.
pub const MAX_CLOCK_SKEW_MS: u64 = 30_000;

/// Who somebody is, as the host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The agent or visitor, by the name that the host has for them: 1 to 128 bytes.
    pub sub: String,
    /// How they are called.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// When the token ends.
    pub expires_at_ms: u64,
    /// When it was made, if it says so.
    pub issued_at_ms: Option<u64>,
    /// The key that it was signed with.
    pub key_id: String,
}

/// Reads what is claimed, and whether it is for this audience and kind, and holds now.
pub(super) fn read(
    claims: &Object,
    key: &Registered,
    audience: &str,
    kind: Kind,
    now_ms: u64,
) -> Result<Identity, JwtError> {
    if one_audience(claims) != Some(audience) {
        return Err(JwtError::WrongAudience);
    }
    if claims.text("kind") != Some(kind.name()) {
        return Err(JwtError::WrongKind);
    }
    let issued_at_ms = time(claims, "iat")?;
    let expires_at_ms = time(claims, "exp")?.ok_or(JwtError::BadClaims)?;
    check_times(expires_at_ms, [issued_at_ms, time(claims, "nbf")?], now_ms)?;
    Ok(Identity {
        sub: subject(claims)?,
        name: optional(claims, "name", |name| text::name("name", name))?,
        email: optional(claims, "email", |email| {
            text::check_email("email", email).map(|()| email)
        })?,
        expires_at_ms,
        issued_at_ms,
        key_id: key.id.clone(),
    })
}

/// The one audience: a text, or a list with nothing else in it.
pub(super) fn one_audience(claims: &Object) -> Option<&str> {
    match claims.member("aud")? {
        Value::String(audience) => Some(audience),
        Value::Array(audiences) => match audiences.as_slice() {
            [Value::String(audience)] => Some(audience),
            _ => None,
        },
        _ => None,
    }
}

fn check_times(expires: u64, begins: [Option<u64>; 2], now_ms: u64) -> Result<(), JwtError> {
    if expires <= now_ms {
        return Err(JwtError::Expired);
    }
    if expires - now_ms > MAX_LIFETIME_MS {
        return Err(JwtError::TooLong);
    }
    let latest = now_ms.saturating_add(MAX_CLOCK_SKEW_MS);
    if begins.into_iter().flatten().any(|begins| begins > latest) {
        return Err(JwtError::TooEarly);
    }
    Ok(())
}

/// A time in milliseconds, which a token gives in seconds, with or without a fraction.
fn time(claims: &Object, name: &str) -> Result<Option<u64>, JwtError> {
    let Some(value) = claims.member(name) else { return Ok(None) };
    if let Some(seconds) = value.as_u64() {
        return Ok(Some(seconds.saturating_mul(1_000)));
    }
    match value.as_f64() {
        // What is too large becomes the largest: far in the future it is either way.
        Some(seconds) if seconds >= 0.0 => Ok(Some((seconds * 1_000.0) as u64)),
        _ => Err(JwtError::BadClaims),
    }
}

fn subject(claims: &Object) -> Result<String, JwtError> {
    let sub = claims.text("sub").ok_or(JwtError::BadClaims)?;
    text::check_key("sub", sub).map_err(|_| JwtError::BadClaims)?;
    Ok(sub.to_owned())
}

/// A text that need not be there, but is fit to be shown where it is. Null is as good as absent.
fn optional<'c>(
    claims: &'c Object,
    name: &str,
    fit: impl FnOnce(&'c str) -> Result<&'c str, text::FieldError>,
) -> Result<Option<String>, JwtError> {
    match claims.member(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            fit(text).map(|text| Some(text.to_owned())).map_err(|_| JwtError::BadClaims)
        }
        Some(_) => Err(JwtError::BadClaims),
    }
}
