//! From bytes to messages.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client_message::{
    ClientBody, ClientMessage, ConversationOpen, ConversationTransfer, Hello,
};
use crate::code::ErrorCode;
use crate::codec::{self, Encoding};
use crate::model::Availability;
use crate::scan::{self, Seen};
use crate::secret::Secret;
use crate::server_message::ServerMessage;
use crate::text::FieldError;

/// How much of an unknown `type` is told.
const MAX_TYPE_CHARS: usize = 64;

/// A message that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct DecodeError {
    /// Its `ref`, where it could be read all the same.
    pub reference: Option<i64>,
    /// What is wrong.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    /// The bytes are not a message.
    #[error("{0}")]
    Malformed(String),
    /// The `type` is not known.
    #[error("the type `{0}` is not known")]
    Unsupported(String),
    /// A field is missing, of the wrong kind or out of bounds.
    #[error("{0}")]
    BadField(FieldError),
}

impl DecodeError {
    /// The code of the `error` that answers it.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self.kind {
            DecodeErrorKind::Malformed(_) | DecodeErrorKind::BadField(_) => ErrorCode::BadMessage,
            DecodeErrorKind::Unsupported(_) => ErrorCode::Unsupported,
        }
    }
}

/// Reads a client's message: whatever the bytes are, without panic and without building more than
/// they hold.
pub fn decode_client(bytes: &[u8], encoding: Encoding) -> Result<ClientMessage, DecodeError> {
    let (kind, reference) = head(bytes, encoding)?;
    let body =
        client_body(&kind, bytes, encoding).map_err(|kind| DecodeError { reference, kind })?;
    Ok(ClientMessage { body, reference })
}

/// Reads a server's message. One of an unknown type is [`ServerMessage::Unknown`].
pub fn decode_server(bytes: &[u8], encoding: Encoding) -> Result<ServerMessage, DecodeError> {
    let (kind, reference) = head(bytes, encoding)?;
    ServerMessage::read(&kind, bytes, encoding)
        .map_err(|error| DecodeError { reference, kind: DecodeErrorKind::BadField(error) })
}

type Head<'b> = (std::borrow::Cow<'b, str>, Option<i64>);

fn head(bytes: &[u8], encoding: Encoding) -> Result<Head<'_>, DecodeError> {
    let (head, outcome) = scan::scan(bytes, encoding);
    let reference = head.reference();
    let refuse = |kind| Err(DecodeError { reference, kind });
    let bad = |field: &str, message: &str| {
        refuse(DecodeErrorKind::BadField(FieldError::new(field, message)))
    };
    if let Err(fault) = outcome {
        return refuse(DecodeErrorKind::Malformed(fault.to_string()));
    }
    if head.reference == Seen::Wrong {
        return bad("ref", "must be an integer");
    }
    match head.kind {
        Seen::Value(kind) => Ok((kind, reference)),
        Seen::Wrong => bad("type", "must be a text"),
        Seen::Absent => bad("type", "the field is missing"),
    }
}

#[derive(Deserialize)]
struct OfConversation {
    conversation_id: String,
}

#[derive(Deserialize)]
struct OfOffer {
    conversation_id: String,
    offer_id: String,
}

#[derive(Deserialize)]
struct OfAvailability {
    availability: Availability,
}

#[derive(Deserialize)]
struct OfHold {
    hold_ms: u64,
}

#[derive(Deserialize)]
struct OfToken {
    token: Secret,
}

#[derive(Deserialize)]
struct OfFeed {
    #[serde(default)]
    after: Option<u64>,
}

fn client_body(
    kind: &str,
    bytes: &[u8],
    encoding: Encoding,
) -> Result<ClientBody, DecodeErrorKind> {
    let fields = Fields { bytes, encoding };
    Ok(match kind {
        "hello" => {
            let mut hello: Hello = fields.read()?;
            hello.check().map_err(DecodeErrorKind::BadField)?;
            ClientBody::Hello(Box::new(hello))
        }
        "ping" => ClientBody::Ping,
        "availability.set" => {
            let OfAvailability { availability } = fields.read()?;
            ClientBody::AvailabilitySet { availability }
        }
        "conversation.open" => {
            let open: ConversationOpen = fields.read()?;
            open.check().map_err(DecodeErrorKind::BadField)?;
            ClientBody::ConversationOpen(Box::new(open))
        }
        "conversation.close" => {
            let OfConversation { conversation_id } = fields.read()?;
            ClientBody::ConversationClose { conversation_id }
        }
        "conversation.reopen" => {
            let OfConversation { conversation_id } = fields.read()?;
            ClientBody::ConversationReopen { conversation_id }
        }
        "conversation.accept" => {
            let OfOffer { conversation_id, offer_id } = fields.read()?;
            ClientBody::ConversationAccept { conversation_id, offer_id }
        }
        "conversation.decline" => {
            let OfOffer { conversation_id, offer_id } = fields.read()?;
            ClientBody::ConversationDecline { conversation_id, offer_id }
        }
        "conversation.claim" => {
            let OfConversation { conversation_id } = fields.read()?;
            ClientBody::ConversationClaim { conversation_id }
        }
        "conversation.transfer" => {
            let transfer: ConversationTransfer = fields.read()?;
            transfer.check().map_err(DecodeErrorKind::BadField)?;
            ClientBody::ConversationTransfer(Box::new(transfer))
        }
        "session.hold" => {
            let OfHold { hold_ms } = fields.read()?;
            ClientBody::SessionHold { hold_ms }
        }
        "session.end" => ClientBody::SessionEnd,
        "session.activity" => ClientBody::SessionActivity,
        "token.renew" => {
            let OfToken { token } = fields.read()?;
            ClientBody::TokenRenew { token }
        }
        "live.subscribe" => ClientBody::LiveSubscribe,
        "live.unsubscribe" => ClientBody::LiveUnsubscribe,
        "events.subscribe" => {
            let OfFeed { after } = fields.read()?;
            ClientBody::EventsSubscribe { after }
        }
        unknown => {
            let told = unknown.chars().take(MAX_TYPE_CHARS).collect();
            return Err(DecodeErrorKind::Unsupported(told));
        }
    })
}

struct Fields<'b> {
    bytes: &'b [u8],
    encoding: Encoding,
}

impl Fields<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, DecodeErrorKind> {
        codec::read_strict(self.bytes, self.encoding).map_err(DecodeErrorKind::BadField)
    }
}
