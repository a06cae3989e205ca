//! Asking people to join, and the keys of back ends and hosts.

use serde::{Deserialize, Serialize};

use super::Body;
use crate::model::{Agent, Invite, Role, Scope, WorkspaceRef};
use crate::secret::Secret;
use crate::text::{self, FieldError};

use super::account::check_password;

/// So many people are asked at once at most.
pub const MAX_INVITES: usize = 100;
/// The longest key that a host registers, in bytes.
const MAX_KEY_BYTES: usize = 8 * 1024;
/// For so long an old site key may hold on at most: 90 days.
const MAX_OLD_VALID_MS: u64 = 90 * 86_400_000;

/// Somebody to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateInvite {
    /// Where.
    pub email: String,
    /// As what; `agent` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The departments that come with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_ids: Option<Vec<String>>,
}

/// `POST …/invites`: one, or many in `invites`; of many all or none are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateInvites {
    /// Where, of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// As what; `agent` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The departments that come with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_ids: Option<Vec<String>>,
    /// Many, instead; 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invites: Option<Vec<CreateInvite>>,
}

/// The answer to many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invites {
    /// In the order in which they were asked for.
    pub items: Vec<Invite>,
}

/// `POST /v1/invites/accept`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptInvite {
    /// What the link of the mail ends with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: Secret,
    /// The name to go by.
    pub name: String,
    /// The password to sign in with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub password: Secret,
}

/// The answer to it: somebody joined, and is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Joined {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Who.
    pub agent: Agent,
    /// What to come in with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: Secret,
    /// Until when that holds.
    pub expires_at: u64,
}

/// `POST …/api_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do; one at least.
    pub scopes: Vec<Scope>,
}

/// `POST …/public_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatePublicKey {
    /// Its id: the `kid` of what is signed with it; else the server makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `EdDSA`, `ES256` or `RS256`.
    pub algorithm: String,
    /// The key: PEM, or a JWK as text.
    pub key: String,
}

/// `POST …/site_key/rotate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotateSiteKey {
    /// For how long the old one still holds; 0, the default: no longer.
    pub old_valid_ms: u64,
}

impl CreateInvites {
    /// Whom to ask, and whether many were asked for.
    pub fn into_list(self) -> (Vec<CreateInvite>, bool) {
        let Self { email, role, department_ids, invites } = self;
        match invites {
            Some(invites) => (invites, true),
            None => {
                let email = email.unwrap_or_default();
                (vec![CreateInvite { email, role, department_ids }], false)
            }
        }
    }
}

impl Body for CreateInvite {
    fn check(&mut self) -> Result<(), FieldError> {
        text::check_email("email", &self.email)?;
        check_ids("department_ids", self.department_ids.as_deref())
    }
}

impl Body for CreateInvites {
    fn check(&mut self) -> Result<(), FieldError> {
        let Some(invites) = &mut self.invites else {
            let email = self.email.as_deref();
            let email = email.ok_or_else(|| FieldError::new("email", "the field is missing"))?;
            text::check_email("email", email)?;
            return check_ids("department_ids", self.department_ids.as_deref());
        };
        if self.email.is_some() || self.role.is_some() || self.department_ids.is_some() {
            return Err(FieldError::new("invites", "give one invite or a list of them, not both"));
        }
        if !(1..=MAX_INVITES).contains(&invites.len()) {
            return Err(FieldError::new("invites", "must have 1 to 100 entries"));
        }
        for (at, invite) in invites.iter_mut().enumerate() {
            invite.check().map_err(|error| error.within(&format!("invites.{at}")))?;
        }
        Ok(())
    }
}

impl Body for AcceptInvite {
    fn check(&mut self) -> Result<(), FieldError> {
        text::trim_name("name", &mut self.name)?;
        check_password("password", &self.password)
    }
}

impl Body for CreateApiKey {
    fn check(&mut self) -> Result<(), FieldError> {
        text::trim_name("name", &mut self.name)?;
        if self.scopes.is_empty() {
            return Err(FieldError::new("scopes", "must have one at least"));
        }
        self.scopes.sort_unstable();
        self.scopes.dedup();
        Ok(())
    }
}

impl Body for CreatePublicKey {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(id) = &self.id {
            text::check_id("id", id)?;
        }
        if self.key.is_empty() || self.key.len() > MAX_KEY_BYTES {
            return Err(FieldError::new("key", "must have 1 to 8192 bytes"));
        }
        Ok(())
    }
}

impl Body for RotateSiteKey {
    fn check(&mut self) -> Result<(), FieldError> {
        if self.old_valid_ms > MAX_OLD_VALID_MS {
            return Err(FieldError::new("old_valid_ms", format!("not in 0 … {MAX_OLD_VALID_MS}")));
        }
        Ok(())
    }
}

fn check_ids(field: &str, ids: Option<&[String]>) -> Result<(), FieldError> {
    ids.unwrap_or_default().iter().try_for_each(|id| text::check_id(field, id))
}
