//! What clients say.

use serde::{Deserialize, Serialize};

use crate::model::{Attributes, Availability};
use crate::secret::Secret;
use crate::text::{self, FieldError};
use crate::wire_enum::wire_enum;

/// A message of a client's. On the wire one flat map: `type`, `ref` and the body's fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientMessage {
    /// What it asks.
    #[serde(flatten)]
    pub body: ClientBody,
    /// `ref`: comes back on the answer. Rising within a session.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<i64>,
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ClientBody {
    /// The first message: who is there.
    #[serde(rename = "hello")]
    Hello(Box<Hello>),
    /// Still there.
    #[serde(rename = "ping")]
    Ping,
    /// An agent says what it is.
    #[serde(rename = "availability.set")]
    AvailabilitySet {
        /// Online or away.
        availability: Availability,
    },
    /// A visitor asks for somebody.
    #[serde(rename = "conversation.open")]
    ConversationOpen(Box<ConversationOpen>),
    /// It is over.
    #[serde(rename = "conversation.close")]
    ConversationClose {
        /// Which.
        conversation_id: String,
    },
    /// It is not over after all.
    #[serde(rename = "conversation.reopen")]
    ConversationReopen {
        /// Which.
        conversation_id: String,
    },
    /// An agent takes what it was offered.
    #[serde(rename = "conversation.accept")]
    ConversationAccept {
        /// Which.
        conversation_id: String,
        /// By which offer.
        offer_id: String,
    },
    /// An agent does not.
    #[serde(rename = "conversation.decline")]
    ConversationDecline {
        /// Which.
        conversation_id: String,
        /// By which offer.
        offer_id: String,
    },
    /// An agent takes one that waits.
    #[serde(rename = "conversation.claim")]
    ConversationClaim {
        /// Which.
        conversation_id: String,
    },
    /// An agent gives one to somebody else.
    #[serde(rename = "conversation.transfer")]
    ConversationTransfer(Box<ConversationTransfer>),
    /// The app goes to sleep with leave.
    #[serde(rename = "session.hold")]
    SessionHold {
        /// For how long.
        hold_ms: u64,
    },
    /// Gone on purpose.
    #[serde(rename = "session.end")]
    SessionEnd,
    /// The agent does something.
    #[serde(rename = "session.activity")]
    SessionActivity,
    /// A fresh token of the same person.
    #[serde(rename = "token.renew")]
    TokenRenew {
        /// The token.
        token: Secret,
    },
    /// Tell the live view from now on.
    #[serde(rename = "live.subscribe")]
    LiveSubscribe,
    /// Stop telling it.
    #[serde(rename = "live.unsubscribe")]
    LiveUnsubscribe,
    /// Tell events from now on. Reserved.
    #[serde(rename = "events.subscribe")]
    EventsSubscribe {
        /// The last offset that is known already.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
    },
}

impl ClientBody {
    /// The `type` on the wire.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Ping => "ping",
            Self::AvailabilitySet { .. } => "availability.set",
            Self::ConversationOpen(_) => "conversation.open",
            Self::ConversationClose { .. } => "conversation.close",
            Self::ConversationReopen { .. } => "conversation.reopen",
            Self::ConversationAccept { .. } => "conversation.accept",
            Self::ConversationDecline { .. } => "conversation.decline",
            Self::ConversationClaim { .. } => "conversation.claim",
            Self::ConversationTransfer(_) => "conversation.transfer",
            Self::SessionHold { .. } => "session.hold",
            Self::SessionEnd => "session.end",
            Self::SessionActivity => "session.activity",
            Self::TokenRenew { .. } => "token.renew",
            Self::LiveSubscribe => "live.subscribe",
            Self::LiveUnsubscribe => "live.unsubscribe",
            Self::EventsSubscribe { .. } => "events.subscribe",
        }
    }
}

wire_enum! {
    /// What sort of device a session is on.
    pub enum DeviceKind {
        /// A browser.
        Web = "web",
        /// An app that may be put to sleep.
        Mobile = "mobile",
        /// A program.
        Api = "api",
    }
}

/// Who is there. Either `token`, or `site_key` and what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hello {
    /// The token of an agent, or an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// The public key of a workspace's widget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_key: Option<String>,
    /// What an earlier welcome gave this visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor_token: Option<Secret>,
    /// What the visitor says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<VisitorClaims>,
    /// What the host vouches for: a signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor_identity: Option<Secret>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The session to continue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// What a visitor says of itself; nobody vouches for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VisitorClaims {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The host's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// The device of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// Its own id: a new session of the same device replaces the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is. One that is not known is `Other`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "any_kind")]
    pub kind: Option<DeviceKind>,
}

/// The session to continue, and how much of it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Which.
    pub session_id: String,
    /// Its epoch, opaque.
    pub epoch: String,
    /// The last push that arrived.
    pub seq: u64,
}

/// What a visitor asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConversationOpen {
    /// Whom to ask; else the workspace's only or default department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<String>,
    /// What the host attaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The same key is the same conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The host's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// To whom an agent gives a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationTransfer {
    /// Which.
    pub conversation_id: String,
    /// To a department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<String>,
    /// To an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What to know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Hello {
    /// Checks what a visitor says of itself and the device's id; names are trimmed.
    pub fn check(&mut self) -> Result<(), FieldError> {
        if let Some(visitor) = &mut self.visitor {
            visitor.check().map_err(|error| error.within("visitor"))?;
        }
        match self.device.as_ref().and_then(|device| device.id.as_deref()) {
            Some(id) => text::check_id("device.id", id),
            None => Ok(()),
        }
    }
}

impl VisitorClaims {
    /// Checks every field; the name is trimmed, and a blank one dropped.
    pub fn check(&mut self) -> Result<(), FieldError> {
        if self.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            self.name = None;
        }
        if let Some(name) = &mut self.name {
            text::trim_name("name", name)?;
        }
        if let Some(email) = &self.email {
            text::check_email("email", email)?;
        }
        match &self.external_id {
            Some(id) => text::check_key("external_id", id),
            None => Ok(()),
        }
    }
}

impl ConversationOpen {
    /// Checks the keys; attributes were checked when read.
    pub fn check(&self) -> Result<(), FieldError> {
        if let Some(key) = &self.key {
            text::check_key("key", key)?;
        }
        match &self.external_id {
            Some(id) => text::check_key("external_id", id),
            None => Ok(()),
        }
    }
}

impl ConversationTransfer {
    /// Checks the comment, and that somebody is named.
    pub fn check(&self) -> Result<(), FieldError> {
        if self.department_id.is_none() && self.agent_id.is_none() {
            return Err(FieldError::new("department_id", "name a department or an agent"));
        }
        match &self.comment {
            Some(comment) => text::check_comment("comment", comment),
            None => Ok(()),
        }
    }
}

/// Unlike other values of a request, a kind of device may be one we don't know.
fn any_kind<'de, D>(deserializer: D) -> Result<Option<DeviceKind>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.parse().unwrap_or(DeviceKind::Other)))
}
