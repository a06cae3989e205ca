//! How a socket ends: why, what the peer is told, and how long it is waited for.

use std::{future::poll_fn, task::Poll, time::Duration};

use switchboard_protocol::CloseCode;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame,
    frame::{Utf8Bytes, coding},
};

use super::socket::{Incoming, Socket, SocketError, Stream};

/// How long what waits, and our goodbye, may take to be written.
const GOODBYE_TIME: Duration = Duration::from_secs(2);
/// How long the peer's goodbye is waited for after that.
const LINGER_TIME: Duration = Duration::from_secs(1);

/// A frame that is not WebSocket, RFC 6455.
const PROTOCOL_ERROR: u16 = 1002;
/// A text that is not UTF-8, RFC 6455.
const INVALID_PAYLOAD: u16 = 1007;
/// The peer's goodbye had no number, or there was no goodbye: for metrics alone.
const NO_NUMBER: u16 = 1005;
const NO_GOODBYE: u16 = 1006;

/// Why a socket ends.
#[derive(Debug)]
pub(crate) enum Ending {
    /// We end it.
    Close(CloseCode),
    /// The peer said goodbye.
    Left(Option<u16>),
    /// What the peer says is not WebSocket, or not readable any more.
    Broken(SocketError),
    /// It took too long to write to it: nothing more can be said.
    Stuck,
}

impl From<SocketError> for Ending {
    fn from(error: SocketError) -> Self {
        Self::Broken(error)
    }
}

impl Ending {
    /// The number that it counts under.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Close(code) => code.code(),
            Self::Left(code) => code.unwrap_or(NO_NUMBER),
            Self::Stuck => CloseCode::SlowReader.code(),
            Self::Broken(SocketError::Gone | SocketError::Io(_)) => NO_GOODBYE,
            Self::Broken(SocketError::TooBig) => CloseCode::TooBig.code(),
            Self::Broken(SocketError::Breach(_)) => PROTOCOL_ERROR,
            Self::Broken(SocketError::NotUtf8) => INVALID_PAYLOAD,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Close(code) => code.name(),
            Self::Left(_) => "",
            Self::Stuck => CloseCode::SlowReader.name(),
            Self::Broken(SocketError::Gone | SocketError::Io(_)) => "",
            Self::Broken(SocketError::TooBig) => CloseCode::TooBig.name(),
            Self::Broken(SocketError::Breach(_)) => "protocol_error",
            Self::Broken(SocketError::NotUtf8) => "invalid_utf8",
        }
    }

    /// Whether the peer can be told.
    fn can_be_told(&self) -> bool {
        !matches!(self, Self::Stuck | Self::Broken(SocketError::Gone | SocketError::Io(_)))
    }

    /// Whether the peer is given what it was to be told before.
    pub(crate) fn hears_the_rest(&self) -> bool {
        self.can_be_told() && !matches!(self, Self::Left(_))
    }

    /// Whether frames of the peer's can still be told apart.
    fn can_be_read(&self) -> bool {
        !matches!(self, Self::Broken(_))
    }

    fn frame(&self) -> CloseFrame {
        let code = coding::CloseCode::from(self.code());
        CloseFrame { code, reason: Utf8Bytes::from_static(self.reason()) }
    }
}

/// Says goodbye, waits a little for the peer's, and drops the socket.
pub(crate) async fn see_off<S: Stream>(mut socket: Socket<S>, ending: Ending) {
    if !ending.can_be_told() {
        return;
    }
    let told = timeout(GOODBYE_TIME, async {
        poll_fn(|cx| {
            socket.say_goodbye(Some(ending.frame()), cx);
            Poll::Ready(())
        })
        .await;
        poll_fn(|cx| socket.poll_flush(cx)).await
    });
    if !matches!(told.await, Ok(Ok(()))) || matches!(ending, Ending::Left(_)) {
        return;
    }
    // Dropped with bytes unread, the stream would be reset, and our goodbye lost with it.
    let _ = timeout(LINGER_TIME, async {
        if ending.can_be_read() {
            until_goodbye(&mut socket).await;
        } else {
            poll_fn(|cx| socket.poll_discard(cx)).await;
        }
    })
    .await;
}

/// Reads on until the peer's goodbye, or until it is gone.
async fn until_goodbye<S: Stream>(socket: &mut Socket<S>) {
    loop {
        match poll_fn(|cx| socket.poll_next(cx)).await {
            Ok(Incoming::Close(_)) | Err(_) => return,
            Ok(Incoming::Text(_) | Incoming::Binary(_) | Incoming::Control) => {}
        }
    }
}
