//! What the server says.
//!
//! Each message has a struct of its own, so that a reader goes straight from the `type` to the
//! fields without keeping anything in between.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::code::ErrorCode;
use crate::codec::{self, Encoding};
use crate::model::{
    Agent, Availability, By, Conversation, Event, LiveDelta, LiveSnapshot, PublicDepartment,
    RejectedReason, ReleasedReason, VisitorSelf, WithdrawnReason, WorkspaceRef,
};
use crate::secret::Secret;
use crate::text::FieldError;

macro_rules! server_messages {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $text:tt,)+) => {
        /// A message of the server's. On the wire one flat map with a `type`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum ServerMessage {
            $($(#[$meta])* #[serde(rename = $text)] $variant($body),)+
            /// A message younger than this program: ignored.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ServerMessage {
            /// The `type` on the wire.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $text,)+
                    Self::Unknown => "unknown",
                }
            }

            /// Reads the message of this `type`.
            pub(crate) fn read(
                kind: &str,
                bytes: &[u8],
                encoding: Encoding,
            ) -> Result<Self, FieldError> {
                match kind {
                    $($text => Ok(Self::$variant(codec::read_lenient(bytes, encoding)?)),)+
                    _ => Ok(Self::Unknown),
                }
            }
        }
    };
}

server_messages! {
    /// The answer to `hello`.
    Welcome(Box<Welcome>) = "welcome",
    /// The request was done.
    Ok(OkAnswer) = "ok",
    /// The request was refused.
    Error(ErrorAnswer) = "error",
    /// Nothing else to say, but alive.
    Heartbeat(Heartbeat) = "heartbeat",
    /// The visitor opened one on another device. Sequenced.
    ConversationOpened(ConversationPush) = "conversation.opened",
    /// To the agent: yours. To the visitor: an agent has it. Sequenced.
    ConversationAssigned(ConversationPush) = "conversation.assigned",
    /// To the agent: will you? Sequenced.
    ConversationOffered(ConversationPush) = "conversation.offered",
    /// To the agent: no longer yours. Sequenced.
    ConversationReleased(ConversationReleased) = "conversation.released",
    /// It is over. Sequenced.
    ConversationClosed(ConversationClosed) = "conversation.closed",
    /// To the visitor: nobody can take it. Sequenced.
    ConversationRejected(ConversationRejected) = "conversation.rejected",
    /// To the agent: no longer asked. Sequenced.
    OfferWithdrawn(OfferWithdrawn) = "offer.withdrawn",
    /// The agent's availability was set, not by this device. Sequenced.
    AvailabilityChanged(AvailabilityChanged) = "availability.changed",
    /// The agent's departments changed. Sequenced.
    MembershipChanged(MembershipChanged) = "membership.changed",
    /// To the visitor: its place. Latest value.
    ConversationQueued(ConversationQueued) = "conversation.queued",
    /// To the visitor: who is there. Latest value.
    DepartmentsChanged(DepartmentsChanged) = "departments.changed",
    /// The live view, whole. Latest value.
    LiveSnapshot(Arc<LiveSnapshot>) = "live.snapshot",
    /// The live view, what changed. Latest value.
    LiveDelta(Arc<LiveDelta>) = "live.delta",
    /// The token runs out soon. Latest value.
    TokenExpiring(TokenExpiring) = "token.expiring",
    /// The server drains: come back after a while. Latest value.
    GoingAway(GoingAway) = "going_away",
    /// An event of the feed. Reserved.
    Event(Box<EventPush>) = "event",
}

/// The answer to `hello`: all there is to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The `ref` of the hello.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<i64>,
    /// The session.
    pub session_id: String,
    /// Its epoch, opaque.
    pub epoch: String,
    /// The number of the last sequenced push that was given out.
    pub seq: u64,
    /// Whether the session goes on, or is new.
    pub resumed: bool,
    /// Something is sent within so long, always.
    pub heartbeat_ms: u64,
    /// For so long after a lost socket the session may be resumed.
    pub resume_window_ms: u64,
    /// The server's clock.
    pub server_time: u64,
    /// The workspace.
    pub workspace: WorkspaceRef,
    /// The agent, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<Agent>>,
    /// The visitor, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<VisitorSelf>,
    /// The visitor's token, to come back with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor_token: Option<Secret>,
    /// The departments a visitor may ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departments: Option<Arc<[PublicDepartment]>>,
    /// The agent's open ones; the visitor's open ones and its last ended one.
    #[serde(default)]
    pub conversations: Vec<Arc<Conversation>>,
}

/// The request was done. Which fields there are depends on the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OkAnswer {
    /// The `ref` of the request.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<i64>,
    /// The server's clock (`ping`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<u64>,
    /// What is set now (`availability.set`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// The conversation after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Arc<Conversation>>,
    /// Until when the session may sleep (`session.hold`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<u64>,
    /// Until when the token holds (`token.renew`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

/// The request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// The `ref` of the request, where it could be read.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<i64>,
    /// Why, for programs.
    pub code: ErrorCode,
    /// Why, for people.
    #[serde(default)]
    pub message: String,
    /// Whether the same may succeed a little later.
    #[serde(default)]
    pub retryable: bool,
    /// How much later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// Alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The server's clock.
    pub now: u64,
}

/// A push with a whole conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationPush {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// The conversation.
    pub conversation: Arc<Conversation>,
}

/// No longer yours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationReleased {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// Which.
    pub conversation_id: String,
    /// The conversation's revision after it.
    pub revision: u64,
    /// Why.
    pub reason: ReleasedReason,
}

/// It is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationClosed {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// Which.
    pub conversation_id: String,
    /// The conversation's revision after it.
    pub revision: u64,
    /// By whom.
    pub by: By,
}

/// Nobody can take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationRejected {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// Which.
    pub conversation_id: String,
    /// The conversation's revision after it.
    pub revision: u64,
    /// Why.
    pub reason: RejectedReason,
}

/// No longer asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferWithdrawn {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// Which.
    pub conversation_id: String,
    /// The conversation's revision after it.
    pub revision: u64,
    /// Which offer.
    pub offer_id: String,
    /// Why.
    pub reason: WithdrawnReason,
}

/// The agent's availability was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityChanged {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// To what.
    pub availability: Availability,
    /// By whom.
    pub by: By,
}

/// The agent's departments changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipChanged {
    /// Its number in the session's epoch.
    pub seq: u64,
    /// All of them.
    pub department_ids: Vec<String>,
}

/// The visitor's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationQueued {
    /// Which.
    pub conversation_id: String,
    /// The conversation's revision.
    pub revision: u64,
    /// The place, from 1.
    pub position: Option<u64>,
    /// How long it will wait yet; null where there is nothing to go on.
    pub eta_ms: Option<u64>,
}

/// Who is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentsChanged {
    /// All departments.
    pub departments: Arc<[PublicDepartment]>,
}

/// The token runs out soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenExpiring {
    /// When.
    pub expires_at: u64,
}

/// The server drains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoingAway {
    /// Come back after so long.
    pub retry_after_ms: u64,
}

/// An event of the feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventPush {
    /// The event.
    pub event: Event,
}

impl ServerMessage {
    /// An `error`.
    pub fn error(reference: Option<i64>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Error(ErrorAnswer {
            reference,
            code,
            message: message.into(),
            retryable: code.retryable(),
            retry_after_ms: None,
        })
    }

    /// The number of a sequenced push.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::ConversationOpened(push)
            | Self::ConversationAssigned(push)
            | Self::ConversationOffered(push) => Some(push.seq),
            Self::ConversationReleased(push) => Some(push.seq),
            Self::ConversationClosed(push) => Some(push.seq),
            Self::ConversationRejected(push) => Some(push.seq),
            Self::OfferWithdrawn(push) => Some(push.seq),
            Self::AvailabilityChanged(push) => Some(push.seq),
            Self::MembershipChanged(push) => Some(push.seq),
            _ => None,
        }
    }

    /// Numbers a sequenced push; any other message stays as it is.
    pub fn set_seq(&mut self, seq: u64) {
        match self {
            Self::ConversationOpened(push)
            | Self::ConversationAssigned(push)
            | Self::ConversationOffered(push) => push.seq = seq,
            Self::ConversationReleased(push) => push.seq = seq,
            Self::ConversationClosed(push) => push.seq = seq,
            Self::ConversationRejected(push) => push.seq = seq,
            Self::OfferWithdrawn(push) => push.seq = seq,
            Self::AvailabilityChanged(push) => push.seq = seq,
            Self::MembershipChanged(push) => push.seq = seq,
            _ => {}
        }
    }

    /// The conversation that a push or an answer tells in full.
    #[must_use]
    pub fn conversation(&self) -> Option<&Conversation> {
        match self {
            Self::ConversationOpened(push)
            | Self::ConversationAssigned(push)
            | Self::ConversationOffered(push) => Some(&push.conversation),
            Self::Ok(answer) => answer.conversation.as_deref(),
            _ => None,
        }
    }

    /// The `ref` of an answer.
    #[must_use]
    pub fn reference(&self) -> Option<i64> {
        match self {
            Self::Welcome(welcome) => welcome.reference,
            Self::Ok(answer) => answer.reference,
            Self::Error(answer) => answer.reference,
            _ => None,
        }
    }
}
