//! One WebSocket over one stream of bytes: frames in, bytes out.
//!
//! It drives tungstenite's protocol machine directly instead of through an async wrapper, which
//! would cost two shared wakers for each socket and two wake-ups' bookkeeping for each poll. What
//! the machine writes by itself (pongs, closes) lands in the same buffer as everything else.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    error::{CapacityError, ProtocolError},
    protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext},
};

/// Read in one go. Nearly every message is smaller; a larger one makes room for itself.
const READ_BUFFER_BYTES: usize = 512;
/// The machine's own write buffer, which it empties into ours at once: room for one control
/// frame.
const CONTROL_BUFFER_BYTES: usize = 512;
/// How much is thrown away in one go while a broken peer is waited for.
const DISCARD_BYTES: usize = 4_096;

/// What a socket runs over: TCP, or what stands in for it where sockets are fuzzed.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// See the module.
#[derive(Debug)]
pub(crate) struct Socket<S = TcpStream> {
    stream: S,
    protocol: WebSocketContext,
    /// What is being written.
    out: Vec<u8>,
    /// How much of it is written.
    written: usize,
}

/// What a peer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A text frame.
    Text(Bytes),
    /// A binary frame.
    Binary(Bytes),
    /// A ping, answered already, or a pong.
    Control,
    /// A goodbye, with its number where it had one.
    Close(Option<u16>),
}

/// Why nothing more can be read from a socket, or written to it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// Gone without a goodbye.
    #[error("the peer is gone")]
    Gone,
    /// The network failed.
    #[error("the connection failed")]
    Io(#[source] io::Error),
    /// A frame or message is larger than allowed.
    #[error("a frame is too big")]
    TooBig,
    /// What is said is not WebSocket.
    #[error("a breach of the WebSocket protocol")]
    Breach(#[source] Box<Error>),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
}

impl<S: Stream> Socket<S> {
    /// A socket after its handshake; `part` is what was read beyond it.
    pub(crate) fn new(stream: S, part: Vec<u8>, max_message_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(CONTROL_BUFFER_BYTES)
            .max_message_size(Some(max_message_bytes))
            .max_frame_size(Some(max_message_bytes));
        let protocol = WebSocketContext::from_partially_read(part, Role::Server, Some(config));
        Self { stream, protocol, out: Vec::new(), written: 0 }
    }

    /// From now on no message may be larger.
    pub(crate) fn set_max_message_bytes(&mut self, bytes: usize) {
        self.protocol.set_config(|config| {
            config.max_message_size = Some(bytes);
            config.max_frame_size = Some(bytes);
        });
    }

    /// The next frame of the peer's, if there is one now. What answers it by itself is put with
    /// what is to be written, and bounded by not reading while that is stuck.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Incoming, SocketError>> {
        let mut wire = Wire { stream: &mut self.stream, out: &mut self.out, cx };
        match self.protocol.read(&mut wire) {
            Ok(Message::Text(text)) => Poll::Ready(Ok(Incoming::Text(text.into()))),
            Ok(Message::Binary(bytes)) => Poll::Ready(Ok(Incoming::Binary(bytes))),
            Ok(Message::Close(frame)) => {
                Poll::Ready(Ok(Incoming::Close(frame.map(|frame| frame.code.into()))))
            }
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
                Poll::Ready(Ok(Incoming::Control))
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    /// The buffer to put framed messages in; empty once everything was written.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Writes all that is to be written, then gives its memory back.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest)) {
                Ok(0) => return Poll::Ready(Err(SocketError::Gone)),
                Ok(bytes) => self.written += bytes,
                Err(error) => return Poll::Ready(Err(SocketError::Io(error))),
            }
        }
        if self.written > 0 {
            self.written = 0;
            self.out = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Puts our goodbye behind what is to be written; or, where the peer said its own first, the
    /// answer to that.
    pub(crate) fn say_goodbye(&mut self, frame: Option<CloseFrame>, cx: &mut Context<'_>) {
        let mut wire = Wire { stream: &mut self.stream, out: &mut self.out, cx };
        // All it can say is that the goodbyes are complete.
        let _ = self.protocol.close(&mut wire, frame);
    }

    /// Throws away what still comes, until the peer is gone.
    pub(crate) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; DISCARD_BYTES];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

/// The stream as the protocol machine sees it, for the time of one call: reads what is there,
/// writes into our buffer.
struct Wire<'s, 'c, 'w, S> {
    stream: &'s mut S,
    out: &'s mut Vec<u8>,
    cx: &'c mut Context<'w>,
}

impl<S: Stream> Read for Wire<'_, '_, '_, S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(bytes);
        match Pin::new(&mut *self.stream).poll_read(self.cx, &mut buffer) {
            Poll::Ready(outcome) => outcome.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: Stream> Write for Wire<'_, '_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Error> for SocketError {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => Self::Io(error),
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone,
            Error::Capacity(CapacityError::MessageTooLong { .. }) => Self::TooBig,
            Error::Utf8(_) => Self::NotUtf8,
            error => Self::Breach(Box::new(error)),
        }
    }
}
