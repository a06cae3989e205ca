//! Signing in and out, and passwords.

use serde::{Deserialize, Serialize};

use super::Body;
use crate::model::Agent;
use crate::secret::Secret;
use crate::text::{self, FieldError};

/// The shortest password that is taken.
const MIN_PASSWORD_CHARS: usize = 8;
/// The longest: hashing it costs the server.
const MAX_PASSWORD_BYTES: usize = 1_024;

/// `POST /v1/sign-in`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// Where.
    pub workspace_id: String,
    /// The agent's address.
    pub email: String,
    /// Its password.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub password: Secret,
}

/// An agent who is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Who.
    pub agent: Agent,
    /// What to come in with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: Secret,
    /// Until when that holds.
    pub expires_at: u64,
}

/// `POST /v1/sign-out`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignOut {
    /// On every device: none of the agent's tokens holds any more.
    pub everywhere: bool,
}

/// The answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedOut {
    /// How many sessions ended with it.
    pub sessions: u64,
}

/// `POST /v1/password/forgot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForgotPassword {
    /// Where.
    pub workspace_id: String,
    /// The agent's address.
    pub email: String,
}

/// `POST /v1/password/reset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResetPassword {
    /// What the link of the mail ends with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: Secret,
    /// The new password.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub password: Secret,
}

/// That something was taken, of which nothing more is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Taken {}

impl Body for SignIn {
    /// What cannot be right is not found out before it is tried, so that every failure is alike.
    fn check(&mut self) -> Result<(), FieldError> {
        if self.password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(FieldError::new("password", "longer than 1024 bytes"));
        }
        Ok(())
    }
}

impl Body for SignOut {}

impl Body for ForgotPassword {
    fn check(&mut self) -> Result<(), FieldError> {
        text::check_email("email", &self.email)
    }
}

impl Body for ResetPassword {
    fn check(&mut self) -> Result<(), FieldError> {
        check_password("password", &self.password)
    }
}

/// Whether a text can be a password: bytes as they are, neither trimmed nor normalised.
pub(super) fn check_password(field: &str, password: &Secret) -> Result<(), FieldError> {
    let text = password.expose();
    if text.len() > MAX_PASSWORD_BYTES || text.chars().count() < MIN_PASSWORD_CHARS {
        return Err(FieldError::new(field, "must have 8 characters to 1024 bytes"));
    }
    Ok(())
}
