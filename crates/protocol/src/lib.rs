//! The wire of Switchboard: messages in both encodings, HTTP bodies, error and close codes,
//! limits.
//!
//! It owns what is written to and read from clients, and knows nothing of routing, sockets or
//! time. Bytes from outside come in by [`decode_client`] and [`http::decode_body`] alone: both
//! look through the bytes first (depth, lengths, duplicate keys), then read into typed values
//! with bounds checked, and never panic. A client reads with [`decode_server`], which forgives
//! what it does not know.

mod client_message;
mod code;
mod codec;
mod decode;
pub mod http;
mod limits;
pub mod model;
mod scan;
mod secret;
mod server_message;
mod strict;
pub mod text;
mod wire_enum;

pub use client_message::{
    ClientBody, ClientMessage, ConversationOpen, ConversationTransfer, Device, DeviceKind, Hello,
    Resume, VisitorClaims,
};
pub use code::{CloseCode, ErrorCode, should_reconnect};
pub use codec::{EncodeError, Encoding, encode, encode_into};
pub use decode::{DecodeError, DecodeErrorKind, decode_client, decode_server};
pub use limits::{Limits, PersonLimits, Rate};
pub use secret::Secret;
pub use server_message::{
    AvailabilityChanged, ConversationClosed, ConversationPush, ConversationQueued,
    ConversationRejected, ConversationReleased, DepartmentsChanged, ErrorAnswer, EventPush,
    GoingAway, Heartbeat, MembershipChanged, OfferWithdrawn, OkAnswer, ServerMessage,
    TokenExpiring, Welcome,
};
pub use text::FieldError;
pub use wire_enum::UnknownValue;
