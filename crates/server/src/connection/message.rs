//! From frames to messages, and what is answered where there is none.

use bytes::Bytes;
use switchboard_protocol::{
    ClientMessage, DecodeError, Encoding, ErrorAnswer, ErrorCode, ServerMessage, decode_client,
};

use super::socket::Incoming;
use crate::rate_limit::RateExceeded;

/// Why a frame is no message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    /// Text where binary belongs, or the other way round.
    #[error("a frame of the wrong kind for this subprotocol")]
    WrongFrame,
    /// It cannot be read.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
}

impl Rejection {
    /// The answer to it.
    pub(crate) fn answer(&self) -> ServerMessage {
        let (reference, code) = match self {
            Self::WrongFrame => (None, ErrorCode::BadMessage),
            Self::Undecodable(error) => (error.reference, error.code()),
        };
        ServerMessage::error(reference, code, self.to_string())
    }
}

/// Reads a message out of a frame; the frame, which may hold on to a larger buffer, is gone then.
pub(crate) fn read(frame: Incoming, encoding: Encoding) -> Result<ClientMessage, Rejection> {
    let bytes = payload(frame, encoding).ok_or(Rejection::WrongFrame)?;
    Ok(decode_client(&bytes, encoding)?)
}

/// The `ref` of a message that is not taken, where it can be read.
pub(crate) fn reference(frame: Incoming, encoding: Encoding) -> Option<i64> {
    match read(frame, encoding) {
        Ok(message) => message.reference,
        Err(Rejection::Undecodable(error)) => error.reference,
        Err(Rejection::WrongFrame) => None,
    }
}

/// The answer to one message too many.
pub(crate) fn rate_limited(reference: Option<i64>, exceeded: RateExceeded) -> ServerMessage {
    later(
        reference,
        ErrorCode::RateLimited,
        "too many in too short a time",
        exceeded.retry_after_ms,
    )
}

/// The answer where a workspace has no room for it.
pub(crate) fn overloaded(reference: Option<i64>, retry_after_ms: u64) -> ServerMessage {
    later(reference, ErrorCode::Overloaded, "the workspace is busy", retry_after_ms)
}

/// The answer to a hello that came with too many others.
pub(crate) fn crowded(reference: Option<i64>, exceeded: RateExceeded) -> ServerMessage {
    let text = "too many come at once: each is told when to come back";
    later(reference, ErrorCode::Overloaded, text, exceeded.retry_after_ms)
}

fn later(
    reference: Option<i64>,
    code: ErrorCode,
    message: &str,
    retry_after_ms: u64,
) -> ServerMessage {
    ServerMessage::Error(ErrorAnswer {
        reference,
        code,
        message: message.to_owned(),
        retryable: code.retryable(),
        retry_after_ms: Some(retry_after_ms),
    })
}

fn payload(frame: Incoming, encoding: Encoding) -> Option<Bytes> {
    match frame {
        Incoming::Text(bytes) => encoding.is_text().then_some(bytes),
        Incoming::Binary(bytes) => (!encoding.is_text()).then_some(bytes),
        Incoming::Control | Incoming::Close(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use switchboard_protocol::ClientBody;

    use super::*;

    const PING: &[u8] = br#"{"type":"ping","ref":7}"#;

    #[test]
    fn a_frame_of_the_right_kind_is_read() {
        let message = read(Incoming::Text(Bytes::from_static(PING)), Encoding::Json).unwrap();
        assert_eq!((message.body, message.reference), (ClientBody::Ping, Some(7)));
    }

    #[test]
    fn one_of_the_wrong_kind_is_a_bad_message() {
        for (frame, encoding) in [
            (Incoming::Binary(Bytes::from_static(PING)), Encoding::Json),
            (Incoming::Text(Bytes::from_static(PING)), Encoding::MessagePack),
        ] {
            let ServerMessage::Error(error) = read(frame, encoding).unwrap_err().answer() else {
                panic!("not an error")
            };
            assert_eq!(error.code, ErrorCode::BadMessage);
        }
    }

    #[test]
    fn what_cannot_be_read_keeps_its_ref() {
        let frame = Incoming::Text(Bytes::from_static(br#"{"type":"nonsense","ref":7}"#));
        let ServerMessage::Error(error) = read(frame, Encoding::Json).unwrap_err().answer() else {
            panic!("not an error")
        };
        assert_eq!((error.code, error.reference), (ErrorCode::Unsupported, Some(7)));
    }
}
