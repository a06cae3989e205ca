//! Opening, giving and answering conversations.

use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Body;
use crate::model::{Attributes, Conversation, Event};
use crate::secret::Secret;
use crate::text::{self, FieldError};

/// What a priority may be.
const PRIORITIES: RangeInclusive<i32> = -1_000..=1_000;

/// `POST …/conversations`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenConversation {
    /// Whom to ask; else the workspace's only or default department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<String>,
    /// Who asks; else a new visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<OpenVisitor>,
    /// What the host attaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// −1 000 … 1 000, higher first; 0 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// What the agent must be able to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
    /// The same key is the same conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The host's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenVisitor {
    /// One that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The host's id for it: the same one is the same visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// The answer to `POST …/conversations`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenedConversation {
    /// The conversation, field by field.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Conversation))]
    pub conversation: Arc<Conversation>,
    /// What the visitor's widget signs in with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub visitor_token: Secret,
}

/// The answer to `GET …/conversations/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationDetail {
    /// The conversation, field by field.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Conversation))]
    pub conversation: Arc<Conversation>,
    /// Its events, oldest first.
    pub history: Vec<Event>,
}

/// `POST …/conversations/{id}/assign`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignConversation {
    /// To whom.
    pub agent_id: String,
    /// Beyond its capacity, if need be.
    #[serde(default)]
    pub force: bool,
}

/// `POST …/conversations/{id}/transfer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferConversation {
    /// To a department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<String>,
    /// To an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What to know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Beyond its capacity, if need be.
    pub force: bool,
}

/// `POST …/conversations/{id}/accept` and `/decline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferAnswer {
    /// Which offer.
    pub offer_id: String,
}

/// A body of which nothing is asked: empty, or an object whose fields are ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoFields {}

impl Body for NoFields {
    fn check(&mut self) -> Result<(), FieldError> {
        Ok(())
    }
}

impl Body for OpenConversation {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(visitor) = &mut self.visitor {
            visitor.check().map_err(|error| error.within("visitor"))?;
        }
        if self.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
            return Err(FieldError::new("priority", "not in -1000 … 1000"));
        }
        if let Some(skills) = &self.skills {
            text::check_skills("skills", skills)?;
        }
        if let Some(key) = &self.key {
            text::check_key("key", key)?;
        }
        match &self.external_id {
            Some(id) => text::check_key("external_id", id),
            None => Ok(()),
        }
    }
}

impl OpenVisitor {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(id) = &self.external_id {
            text::check_key("external_id", id)?;
        }
        if let Some(name) = &mut self.name {
            text::trim_name("name", name)?;
        }
        match &self.email {
            Some(email) => text::check_email("email", email),
            None => Ok(()),
        }
    }
}

impl Body for AssignConversation {}

impl Body for TransferConversation {
    fn check(&mut self) -> Result<(), FieldError> {
        if self.department_id.is_none() && self.agent_id.is_none() {
            return Err(FieldError::new("department_id", "name a department or an agent"));
        }
        match &self.comment {
            Some(comment) => text::check_comment("comment", comment),
            None => Ok(()),
        }
    }
}

impl Body for OfferAnswer {}
