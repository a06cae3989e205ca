//! Making and changing agents, and their tokens.

use serde::{Deserialize, Serialize};

use super::{Body, Patch, account::check_password};
use crate::model::{Availability, Role};
use crate::secret::Secret;
use crate::text::{self, FieldError};

/// `POST …/agents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateAgent {
    /// Its id; else the server makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its address.
    pub email: String,
    /// Its name.
    pub name: String,
    /// What it may do; `agent` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The departments it joins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_ids: Option<Vec<String>>,
    /// How many conversations it holds at once; 5 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// What it can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
    /// The host's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// `PATCH …/agents/{id}`. An agent may change its own `name`, `avatar_url` and `password`; the
/// rest is an admin's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchAgent {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Its departments, all of them; null is none.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    pub department_ids: Patch<Vec<String>>,
    /// How many conversations it holds at once; null is the default.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub capacity: Patch<u32>,
    /// What it can do, all of it; null is nothing.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    pub skills: Patch<Vec<String>>,
    /// The host's id for it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub external_id: Patch<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub avatar_url: Patch<String>,
    /// A new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// `PUT …/agents/{id}/availability`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetAvailability {
    /// Online or away.
    pub availability: Availability,
}

/// `POST …/agents/{id}/tokens`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateToken {
    /// For how long it holds; else as long as the server says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

/// A token, shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// The token.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: Secret,
    /// Until when it holds.
    pub expires_at: u64,
}

impl Body for CreateAgent {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(id) = &self.id {
            text::check_id("id", id)?;
        }
        text::check_email("email", &self.email)?;
        text::trim_name("name", &mut self.name)?;
        if let Some(skills) = &self.skills {
            text::check_skills("skills", skills)?;
        }
        match &self.external_id {
            Some(id) => text::check_key("external_id", id),
            None => Ok(()),
        }
    }
}

impl Body for PatchAgent {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(email) = &self.email {
            text::check_email("email", email)?;
        }
        if let Some(name) = &mut self.name {
            text::trim_name("name", name)?;
        }
        if let Some(skills) = self.skills.value() {
            text::check_skills("skills", skills)?;
        }
        if let Some(id) = self.external_id.value() {
            text::check_key("external_id", id)?;
        }
        if let Some(url) = self.avatar_url.value() {
            text::check_url("avatar_url", url)?;
        }
        self.password.as_ref().map_or(Ok(()), |password| check_password("password", password))
    }
}

impl Body for SetAvailability {}

impl Body for CreateToken {
    fn check(&mut self) -> Result<(), FieldError> {
        match self.ttl_ms {
            Some(0) => Err(FieldError::new("ttl_ms", "must be more than 0")),
            _ => Ok(()),
        }
    }
}
