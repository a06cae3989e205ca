//! One WebSocket: connecting it, and messages in and out. Knows nothing of sessions.

use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use switchboard_protocol::{
    ClientBody, ClientMessage, Encoding, Hello, ServerMessage, Welcome, decode_server, encode,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{
    HeaderValue, ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL,
};
use tokio_tungstenite::tungstenite::http::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::error::{ConnectError, End};
use crate::options::Options;

/// Small, because there may be many sockets in one program.
const BUFFER_BYTES: usize = 4_096;
/// What may wait to be written before writing fails.
const MAX_UNWRITTEN_BYTES: usize = 1024 * 1024;
/// The largest message taken: a live snapshot of a large workspace.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// How long a close frame may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// A connected socket.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    encoding: Encoding,
}

impl Socket {
    /// Connects, says hello and waits for the welcome.
    pub(crate) async fn connect(
        options: &Options,
        hello: Hello,
        reference: i64,
    ) -> Result<(Self, Welcome), ConnectError> {
        timeout(options.connect_timeout, Self::greet(options, hello, reference))
            .await
            .unwrap_or(Err(ConnectError::TimedOut))
    }

    async fn greet(
        options: &Options,
        hello: Hello,
        reference: i64,
    ) -> Result<(Self, Welcome), ConnectError> {
        let mut socket = Self::upgrade(options).await?;
        let body = ClientBody::Hello(Box::new(hello));
        let frame =
            encode_frame(&ClientMessage { body, reference: Some(reference) }, options.encoding)?;
        socket.write([frame]).await?;
        loop {
            match socket.read().await? {
                ServerMessage::Welcome(welcome) => return Ok((socket, *welcome)),
                ServerMessage::Error(answer) => {
                    socket.close().await;
                    return Err(ConnectError::Refused(answer));
                }
                _ => {}
            }
        }
    }

    async fn upgrade(options: &Options) -> Result<Self, ConnectError> {
        let (request, address) = request(options)?;
        let stream = TcpStream::connect(address).await.map_err(ConnectError::Unreachable)?;
        // Messages are small and somebody waits for each.
        stream.set_nodelay(true).map_err(ConnectError::Unreachable)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(BUFFER_BYTES)
            .max_write_buffer_size(MAX_UNWRITTEN_BYTES)
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let (stream, _) =
            client_async_with_config(request, stream, Some(config)).await.map_err(connect_error)?;
        Ok(Self { stream, encoding: options.encoding })
    }

    /// Writes frames, and flushes once.
    pub(crate) async fn write(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
    ) -> Result<(), End> {
        for frame in frames {
            self.stream.feed(frame.0).await.map_err(|_| End::Lost)?;
        }
        self.stream.flush().await.map_err(|_| End::Lost)
    }

    /// The next message; one of an unknown type is `Unknown`. Safe to cancel.
    pub(crate) async fn read(&mut self) -> Result<ServerMessage, End> {
        match self.stream.next().await {
            None | Some(Err(_)) => Err(End::Lost),
            Some(Ok(Message::Text(text))) => {
                decode_server(text.as_bytes(), self.encoding).map_err(broken)
            }
            Some(Ok(Message::Binary(bytes))) => {
                decode_server(&bytes, self.encoding).map_err(broken)
            }
            Some(Ok(Message::Close(frame))) => Err(closed(frame)),
            // A sign of life is as good as a message.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                Ok(ServerMessage::Unknown)
            }
        }
    }

    /// Says goodbye, or answers it; not for long.
    pub(crate) async fn close(&mut self) {
        let _ = timeout(CLOSE_TIMEOUT, self.stream.close(None)).await;
    }
}

/// A message ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct Frame(Message);

/// Writes a message into the kind of frame that its encoding wants.
pub(crate) fn encode_frame(
    message: &ClientMessage,
    encoding: Encoding,
) -> Result<Frame, switchboard_protocol::EncodeError> {
    let bytes = Bytes::from(encode(message, encoding)?);
    if !encoding.is_text() {
        return Ok(Frame(Message::Binary(bytes)));
    }
    // JSON is UTF-8 always; were it not, the server would say so.
    let frame = Utf8Bytes::try_from(bytes).map_or(Message::Binary(Bytes::new()), Message::Text);
    Ok(Frame(frame))
}

fn closed(frame: Option<CloseFrame>) -> End {
    match frame {
        Some(frame) => {
            End::Closed { code: frame.code.into(), reason: frame.reason.as_str().to_owned() }
        }
        // By the standard's number for a close frame without one.
        None => End::Closed { code: 1005, reason: String::new() },
    }
}

fn broken(error: switchboard_protocol::DecodeError) -> End {
    End::Broken(error.to_string())
}

/// The upgrade request, and where to send it.
fn request(options: &Options) -> Result<(Request<()>, String), ConnectError> {
    let bad = || ConnectError::BadUrl(options.url.clone());
    let mut request = options.url.as_str().into_client_request().map_err(|_| bad())?;
    if request.uri().scheme_str() != Some("ws") {
        return Err(bad());
    }
    let host = request.uri().host().ok_or_else(bad)?;
    let address = format!("{host}:{}", request.uri().port_u16().unwrap_or(80));
    let subprotocol = HeaderValue::from_static(options.encoding.subprotocol());
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    if let Some(origin) = &options.origin {
        let origin = HeaderValue::from_str(origin).map_err(|_| bad())?;
        request.headers_mut().insert(ORIGIN, origin);
    }
    Ok((request, address))
}

fn connect_error(error: tungstenite::Error) -> ConnectError {
    match error {
        tungstenite::Error::Http(response) => ConnectError::Status {
            status: response.status().as_u16(),
            retry_after: retry_after(&response),
        },
        tungstenite::Error::Io(error) => ConnectError::Unreachable(error),
        other => ConnectError::Socket(Box::new(other)),
    }
}

/// The header has whole seconds: all who are told the same come at times of their own in the
/// second after that.
fn retry_after<T>(response: &Response<T>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    let millis = getrandom::u64().unwrap_or_default() % 1_000;
    Some(Duration::from_secs(seconds) + Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn those_who_are_told_the_same_second_do_not_come_at_once() {
        let response = Response::builder().header(RETRY_AFTER, "3").body(()).unwrap();
        let waits: Vec<u128> =
            (0..200).map(|_| retry_after(&response).unwrap().as_millis()).collect();
        assert!(waits.iter().all(|wait| (3_000..4_000).contains(wait)));
        let early = waits.iter().filter(|wait| **wait < 3_500).count();
        assert!((50..150).contains(&early), "{early} of 200 in the first half");
    }
}
