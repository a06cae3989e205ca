//! The wire as a stranger reads it: both encodings, and what every message must look like.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Text frames.
    Json,
    /// Binary frames.
    MessagePack,
}

/// Tests a scenario once in each encoding.
macro_rules! in_both {
    ($($scenario:ident),+ $(,)?) => {
        $(mod $scenario {
            #[tokio::test]
            async fn json() {
                super::$scenario(crate::ws_wire::Encoding::Json).await;
            }

            #[tokio::test]
            async fn msgpack() {
                super::$scenario(crate::ws_wire::Encoding::MessagePack).await;
            }
        })+
    };
}
pub(crate) use in_both;

impl Encoding {
    /// Its name in the handshake.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "switchboard.v1.json",
            Self::MessagePack => "switchboard.v1.msgpack",
        }
    }

    /// A message's bytes.
    pub fn write(self, body: &Value) -> Vec<u8> {
        match self {
            Self::Json => serde_json::to_vec(body).unwrap(),
            Self::MessagePack => rmp_serde::to_vec_named(body).unwrap(),
        }
    }

    /// A frame of the kind that belongs to it.
    pub fn frame(self, bytes: Vec<u8>) -> Message {
        match self {
            Self::Json => Message::text(String::from_utf8(bytes).unwrap()),
            Self::MessagePack => Message::binary(bytes),
        }
    }

    /// The message in a frame, which is of the kind that belongs to it.
    pub fn read(self, frame: &Message) -> Value {
        match (self, frame) {
            (Self::Json, Message::Text(text)) => serde_json::from_str(text.as_str()).unwrap(),
            (Self::MessagePack, Message::Binary(bytes)) => rmp_serde::from_slice(bytes).unwrap(),
            (_, other) => panic!("a frame of the wrong kind: {other:?}"),
        }
    }
}

/// The pushes that are numbered.
pub const SEQUENCED: [&str; 9] = [
    "conversation.opened",
    "conversation.assigned",
    "conversation.offered",
    "conversation.released",
    "conversation.closed",
    "conversation.rejected",
    "offer.withdrawn",
    "availability.changed",
    "membership.changed",
];

/// An `ok` or an error.
pub fn is_answer(said: &Value) -> bool {
    said["type"] == "ok" || said["type"] == "error"
}

/// A push that is not numbered.
pub fn is_latest(said: &Value) -> bool {
    !is_answer(said) && said.get("seq").is_none()
}

/// An error is whole, and has this code.
#[track_caller]
pub fn check_error(answer: &Value, code: &str) {
    assert_eq!(answer["type"], "error", "{answer}");
    assert_eq!(answer["code"], code, "{answer}");
    assert!(answer["message"].is_string() && answer["retryable"].is_boolean(), "{answer}");
}

/// The fields of a value, as they are: no more, no fewer.
#[track_caller]
pub fn check_fields(value: &Value, expected: &[&str]) {
    let mut fields: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    fields.sort_unstable();
    expected.sort_unstable();
    assert_eq!(fields, expected, "{value:#}");
}

/// The reason that goes with a close code.
pub fn close_name(code: u16) -> &'static str {
    match code {
        1000 => "normal",
        1001 => "going_away",
        1009 => "too_big",
        4001 => "token_expired",
        4002 => "slow_reader",
        4003 => "silent",
        4004 => "too_fast",
        4005 => "workspace_moved",
        4500 => "bad_protocol",
        4501 => "unauthenticated",
        4502 => "origin_not_allowed",
        4503 => "removed",
        4504 => "replaced",
        4505 => "hello_timeout",
        4506 => "too_many_sessions",
        _ => panic!("{code} is not for this"),
    }
}
