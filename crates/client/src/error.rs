//! What can go wrong: on connecting, with a request, for good.

use std::time::Duration;

use switchboard_protocol::{CloseCode, DecodeError, EncodeError, ErrorAnswer, should_reconnect};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

/// Why a socket is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The server closed it.
    #[error("closed by the server: {code} {reason}")]
    Closed {
        /// The close code.
        code: u16,
        /// The code's name.
        reason: String,
    },
    /// The network took it away.
    #[error("the connection was lost")]
    Lost,
    /// Nothing was heard for too long.
    #[error("nothing was heard for too long")]
    Silent,
    /// The server skipped a push, or said what is not a message.
    #[error("the server broke the protocol: {0}")]
    Broken(String),
    /// This side wanted it.
    #[error("ended on purpose")]
    Finished,
    /// Connecting again failed for good.
    #[error("refused: {0}")]
    Refused(String),
}

impl End {
    /// The close code, where it is one of ours.
    #[must_use]
    pub fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Closed { code, .. } => CloseCode::from_code(*code),
            _ => None,
        }
    }

    /// Whether to come back after it.
    #[must_use]
    pub fn should_reconnect(&self) -> bool {
        match self {
            Self::Closed { code, .. } => should_reconnect(*code),
            Self::Lost | Self::Silent | Self::Broken(_) => true,
            Self::Finished | Self::Refused(_) => false,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is none.
    #[error("not a ws:// address: {0}")]
    BadUrl(String),
    /// It took too long.
    #[error("connecting took too long")]
    TimedOut,
    /// Nobody listens there.
    #[error("cannot reach the server")]
    Unreachable(#[source] std::io::Error),
    /// The server refused the upgrade.
    #[error("the server answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// When to try again, if it says so.
        retry_after: Option<Duration>,
    },
    /// The server refused the hello.
    #[error("the hello was refused: {} {}", .0.code, .0.message)]
    Refused(ErrorAnswer),
    /// The socket ended before the welcome.
    #[error(transparent)]
    Ended(#[from] End),
    /// The hello cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The welcome cannot be read.
    #[error("the server sent what is no message: {0}")]
    Decode(#[from] DecodeError),
    /// Anything else about the socket.
    #[error("the socket failed")]
    Socket(#[source] Box<tungstenite::Error>),
}

impl ConnectError {
    /// Whether another try may succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::BadUrl(_) | Self::Encode(_) | Self::Decode(_) => false,
            Self::TimedOut | Self::Unreachable(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Refused(answer) => answer.retryable,
            Self::Ended(end) => end.should_reconnect(),
            Self::Socket(error) => match error.as_ref() {
                // A proxy whose server is away: it takes the connection, and hangs up.
                tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => true,
                tungstenite::Error::Protocol(_) | tungstenite::Error::Url(_) => false,
                _ => true,
            },
        }
    }

    /// When the server wants to see us again, if it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Refused(answer) => answer.retry_after_ms.map(Duration::from_millis),
            _ => None,
        }
    }
}

/// Why a request has no `ok`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The server refused it.
    #[error("{}: {}", .0.code, .0.message)]
    Refused(ErrorAnswer),
    /// No answer came in time. It may have been carried out all the same.
    #[error("no answer came in time")]
    TimedOut,
    /// The session is gone, and with it the answer. It may have been carried out all the same.
    /// Told of what cannot safely be asked twice: an open with a `key` is asked again instead.
    #[error("the session was lost before the answer came")]
    SessionLost,
    /// The client has ended.
    #[error("the client has ended")]
    Ended,
    /// The answer lacks what it must carry.
    #[error("the answer lacks `{0}`")]
    Incomplete(&'static str),
    /// The request cannot be written.
    #[error("the request cannot be written")]
    Unwritable,
}

impl RequestError {
    /// The server's code, where it refused.
    #[must_use]
    pub fn code(&self) -> Option<switchboard_protocol::ErrorCode> {
        match self {
            Self::Refused(answer) => Some(answer.code),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_hung_up_on_tries_again_and_who_is_misunderstood_does_not() {
        let socket = |error| ConnectError::Socket(Box::new(tungstenite::Error::Protocol(error)));
        assert!(socket(ProtocolError::HandshakeIncomplete).retryable());
        assert!(!socket(ProtocolError::WrongHttpMethod).retryable());
    }
}
