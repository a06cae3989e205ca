//! A server that says what a test tells it to.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::result_large_err)]

use futures::{SinkExt, StreamExt};
use switchboard_client::Options;
use switchboard_protocol::model::WorkspaceRef;
use switchboard_protocol::{
    ClientBody, ClientMessage, Encoding, Hello, OkAnswer, ServerMessage, Welcome, decode_client,
    encode,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) url: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v1/ws", listener.local_addr().unwrap());
        Self { listener, url }
    }

    pub(crate) fn options(&self) -> Options {
        let mut options = Options::agent(&self.url, "token");
        options.backoff = switchboard_client::Backoff::new(
            std::time::Duration::from_millis(5),
            std::time::Duration::from_millis(20),
        );
        options
    }

    /// The next socket, upgraded, and what its hello says.
    pub(crate) async fn accept(&self) -> (Peer, Hello) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut encoding = Encoding::Json;
        let callback = |request: &Request, mut response: Response| {
            let asked = request.headers().get("sec-websocket-protocol").unwrap().clone();
            encoding = Encoding::from_subprotocol(asked.to_str().unwrap()).unwrap();
            response.headers_mut().insert("sec-websocket-protocol", asked);
            Ok(response)
        };
        let stream = accept_hdr_async(stream, callback).await.unwrap();
        let mut peer = Peer { stream, encoding };
        let hello = peer.next().await;
        let ClientBody::Hello(hello) = hello.body else { panic!("{hello:?}") };
        (peer, *hello)
    }

    /// The same, welcomed to this session.
    pub(crate) async fn welcome(&self, session_id: &str, resumed: bool) -> (Peer, Hello) {
        let (mut peer, hello) = self.accept().await;
        peer.send(ServerMessage::Welcome(Box::new(welcome(session_id, resumed)))).await;
        (peer, hello)
    }
}

pub(crate) struct Peer {
    stream: WebSocketStream<TcpStream>,
    encoding: Encoding,
}

impl Peer {
    pub(crate) async fn next(&mut self) -> ClientMessage {
        loop {
            match self.stream.next().await.unwrap().unwrap() {
                Message::Text(text) => {
                    assert_eq!(self.encoding, Encoding::Json);
                    return decode_client(text.as_bytes(), Encoding::Json).unwrap();
                }
                Message::Binary(bytes) => {
                    assert_eq!(self.encoding, Encoding::MessagePack);
                    return decode_client(&bytes, Encoding::MessagePack).unwrap();
                }
                _ => {}
            }
        }
    }

    pub(crate) async fn send(&mut self, message: ServerMessage) {
        let bytes = encode(&message, self.encoding).unwrap();
        let message = if self.encoding.is_text() {
            Message::text(String::from_utf8(bytes).unwrap())
        } else {
            Message::binary(bytes)
        };
        self.stream.send(message).await.unwrap();
    }

    pub(crate) async fn ok(&mut self, request: &ClientMessage) {
        let answer = OkAnswer { reference: request.reference, now: Some(5), ..OkAnswer::default() };
        self.send(ServerMessage::Ok(answer)).await;
    }

    pub(crate) async fn close(mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        self.stream.close(Some(frame)).await.unwrap();
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    /// Waits until the other side is gone.
    pub(crate) async fn gone(mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

pub(crate) fn welcome(session_id: &str, resumed: bool) -> Welcome {
    Welcome {
        reference: Some(1),
        session_id: session_id.into(),
        epoch: "e".into(),
        seq: 0,
        resumed,
        heartbeat_ms: 60_000,
        resume_window_ms: 60_000,
        server_time: 1,
        workspace: WorkspaceRef { id: "acme".into(), name: "Acme".into() },
        agent: None,
        visitor: None,
        visitor_token: None,
        departments: None,
        conversations: vec![],
    }
}
