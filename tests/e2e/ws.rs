//! A WebSocket client as a stranger would write it with the contract in hand. What comes is read
//! into plain values, so that names and nulls are checked as they are on the wire. Every socket
//! checks by itself that its sequenced pushes are numbered without a gap.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

pub(crate) use crate::ws_wire::in_both;
pub use crate::ws_wire::{Encoding, check_error, check_fields};
use crate::ws_wire::{SEQUENCED, close_name, is_answer, is_latest};

/// Longer than anything takes that is to happen at all.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What a socket says.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A message.
    Said(Value),
    /// A goodbye.
    Closed(u16, String),
    /// Nothing any more, without a goodbye.
    Gone,
}

/// A socket, and the session that it has once it said hello.
#[derive(Debug)]
pub struct Ws {
    stream: WebSocketStream<TcpStream>,
    encoding: Encoding,
    /// The last sequenced push.
    pub seq: u64,
    /// What came before the answer that was waited for.
    unread: VecDeque<Value>,
    /// The answer to the hello.
    pub welcome: Value,
}

impl Ws {
    /// A socket that has not said hello.
    pub async fn connect(addr: SocketAddr, subprotocol: Option<&str>) -> Self {
        Self::connect_from(addr, subprotocol, None).await
    }

    /// The same, from a page of this origin.
    pub async fn connect_from(
        addr: SocketAddr,
        subprotocol: Option<&str>,
        origin: Option<&str>,
    ) -> Self {
        let mut request = format!("ws://{addr}/v1/ws").into_client_request().unwrap();
        if let Some(name) = subprotocol {
            let name = name.parse().unwrap();
            request.headers_mut().insert("sec-websocket-protocol", name);
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let tcp = TcpStream::connect(addr).await.unwrap();
        let (stream, _) = client_async(request, tcp).await.expect("a handshake");
        let encoding = match subprotocol {
            Some("switchboard.v1.msgpack") => Encoding::MessagePack,
            _ => Encoding::Json,
        };
        let unread = VecDeque::new();
        Self { stream, encoding, seq: 0, unread, welcome: Value::Null }
    }

    /// A socket that says this hello, and is welcome.
    pub async fn hello(addr: SocketAddr, encoding: Encoding, hello: Value) -> Self {
        let mut ws = Self::connect(addr, Some(encoding.subprotocol())).await;
        ws.say_hello(hello).await;
        ws
    }

    /// An agent's socket.
    pub async fn agent(addr: SocketAddr, encoding: Encoding, token: &str) -> Self {
        Self::hello(addr, encoding, json!({"token": token})).await
    }

    /// An agent's socket; the agent is online then.
    pub async fn online(addr: SocketAddr, encoding: Encoding, token: &str) -> Self {
        let mut agent = Self::agent(addr, encoding, token).await;
        agent.set_availability("online").await;
        agent
    }

    /// A new visitor's socket.
    pub async fn visitor(addr: SocketAddr, encoding: Encoding, site_key: &str) -> Self {
        Self::hello(addr, encoding, json!({"site_key": site_key})).await
    }

    /// Says hello, and is welcome.
    pub async fn say_hello(&mut self, mut hello: Value) -> &Value {
        let missed_from = hello["resume"]["seq"].as_u64().unwrap_or_default();
        hello["type"] = json!("hello");
        let reference = next_ref();
        hello["ref"] = json!(reference);
        self.send(&hello).await;
        let Heard::Said(welcome) = self.heard().await else { panic!("no welcome") };
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        assert_eq!(welcome["ref"], reference);
        self.seq = if welcome["resumed"] == true { missed_from } else { 0 };
        self.welcome = welcome;
        &self.welcome
    }

    /// What a hello says to continue this session.
    pub fn resume(&self) -> Value {
        let (session_id, epoch) = (&self.welcome["session_id"], &self.welcome["epoch"]);
        json!({"session_id": session_id, "epoch": epoch, "seq": self.seq})
    }

    /// Sends a message as it is.
    pub async fn send(&mut self, body: &Value) {
        let bytes = self.encoding.write(body);
        self.send_frame(self.encoding.frame(bytes)).await;
    }

    /// Sends any frame.
    pub async fn send_frame(&mut self, frame: Message) {
        self.stream.send(frame).await.expect("a socket that takes frames");
    }

    /// Sends a request under the next `ref`, and does not wait.
    pub async fn ask(&mut self, mut body: Value) -> i64 {
        let reference = next_ref();
        body["ref"] = json!(reference);
        self.send(&body).await;
        reference
    }

    /// The answer to a request. What else comes before it is kept for later.
    pub async fn request(&mut self, body: Value) -> Value {
        let reference = self.ask(body).await;
        self.answer(reference).await
    }

    /// The answer to what was asked under a `ref`.
    pub async fn answer(&mut self, reference: i64) -> Value {
        loop {
            match self.heard().await {
                Heard::Said(said) if said["type"] == "heartbeat" => {}
                Heard::Said(said) if is_answer(&said) => {
                    assert_eq!(said["ref"], reference, "{said}");
                    return said;
                }
                Heard::Said(said) => self.unread.push_back(said),
                end => panic!("no answer but {end:?}"),
            }
        }
    }

    /// The answers to what was asked under these `ref`s, one each, in whatever order they come.
    pub async fn answers(&mut self, references: &[i64]) -> Vec<Value> {
        let mut open = references.to_vec();
        let mut answers = Vec::new();
        while !open.is_empty() {
            match self.heard().await {
                Heard::Said(said) if is_answer(&said) => {
                    let asked = open.iter().position(|asked| said["ref"] == *asked);
                    open.remove(asked.unwrap_or_else(|| panic!("nobody asked: {said}")));
                    answers.push(said);
                }
                Heard::Said(said) if said["type"] == "heartbeat" => {}
                Heard::Said(said) => self.unread.push_back(said),
                end => panic!("no answer but {end:?}"),
            }
        }
        answers
    }

    /// The `ok` to a request.
    pub async fn ok(&mut self, body: Value) -> Value {
        let asked = body.to_string();
        let answer = self.request(body).await;
        assert_eq!(answer["type"], "ok", "{asked} was answered {answer}");
        answer
    }

    /// The refusal of a request: a whole error, with this code.
    pub async fn refused(&mut self, body: Value, code: &str) -> Value {
        let answer = self.request(body).await;
        check_error(&answer, code);
        answer
    }

    /// The next message that is no heartbeat.
    pub async fn recv(&mut self) -> Value {
        if let Some(said) = self.unread.pop_front() {
            return said;
        }
        loop {
            match self.heard().await {
                Heard::Said(said) if said["type"] == "heartbeat" => {}
                Heard::Said(said) => return said,
                end => panic!("no message but {end:?}"),
            }
        }
    }

    /// The next push, which is of this type. Latest values of other types may come before it.
    pub async fn push(&mut self, kind: &str) -> Value {
        self.push_past(kind, &[]).await
    }

    /// The same, where these may come before it as well.
    pub async fn push_past(&mut self, kind: &str, others: &[&str]) -> Value {
        loop {
            let said = self.recv().await;
            if said["type"] == kind {
                return said;
            }
            let other = said["type"].as_str().unwrap();
            assert!(others.contains(&other) || is_latest(&said), "{kind} was waited for: {said}");
        }
    }

    /// All that the workspace had to say to this socket up to now: it is asked for something that
    /// changes nothing, and says things in order.
    pub async fn settle(&mut self) -> Vec<Value> {
        let nobodys = json!({"type": "conversation.close", "conversation_id": "cnv_of_nobody"});
        self.refused(nobodys, "not_found").await;
        self.unread.drain(..).collect()
    }

    /// Nothing was to be said to this socket.
    pub async fn quiet(&mut self) {
        let said = self.settle().await;
        assert!(said.is_empty(), "this was not to be said: {said:#?}");
    }

    /// A ping and its answer.
    pub async fn ping(&mut self) -> Value {
        self.ok(json!({"type": "ping"})).await
    }

    /// Sets the agent online or away.
    pub async fn set_availability(&mut self, availability: &str) -> Value {
        self.ok(json!({"type": "availability.set", "availability": availability})).await
    }

    /// Opens a conversation with a department; gives it as the `ok` tells it.
    pub async fn open(&mut self, department: &str) -> Value {
        let body = json!({"type": "conversation.open", "department_id": department});
        self.ok(body).await["conversation"].clone()
    }

    /// Closes a conversation; gives it as the `ok` tells it.
    pub async fn close(&mut self, conversation: &Value) -> Value {
        let body = json!({"type": "conversation.close", "conversation_id": conversation["id"]});
        self.ok(body).await["conversation"].clone()
    }

    /// The next thing heard, heartbeats included.
    pub async fn heard(&mut self) -> Heard {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let next = timeout_at(deadline, self.stream.next()).await.expect("something to hear");
            return match next {
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(Some(frame)))) => {
                    Heard::Closed(frame.code.into(), frame.reason.as_str().to_owned())
                }
                Some(Ok(Message::Close(None))) | Some(Err(_)) | None => Heard::Gone,
                Some(Ok(frame)) => {
                    let said = self.encoding.read(&frame);
                    self.check_number(&said);
                    Heard::Said(said)
                }
            };
        }
    }

    fn check_number(&mut self, said: &Value) {
        if said["type"] == "welcome" {
            return;
        }
        if let Some(seq) = said["seq"].as_u64() {
            assert_eq!(seq, self.seq + 1, "a gap or a repeat: {said}");
            self.seq = seq;
        }
        let has_number = said.get("seq").is_some();
        let kind = said["type"].as_str().unwrap();
        assert_eq!(has_number, SEQUENCED.contains(&kind), "{said}");
    }

    /// The goodbye, whatever is said before it; its reason is the code's name.
    pub async fn expect_close(&mut self, code: u16) {
        loop {
            match self.heard().await {
                Heard::Said(_) => {}
                Heard::Closed(seen, reason) => {
                    assert_eq!((seen, reason.as_str()), (code, close_name(code)));
                    return;
                }
                Heard::Gone => panic!("gone, without the goodbye {code}"),
            }
        }
    }

    /// Says goodbye, and waits for the server's.
    pub async fn leave(mut self) {
        self.stream.close(None).await.unwrap();
        while let Heard::Said(_) = self.heard().await {}
    }
}

/// Rises within every session, also over a resume.
fn next_ref() -> i64 {
    static LAST: AtomicI64 = AtomicI64::new(1_000);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
