//! A node with one workspace, and peers that talk to it by hand.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, routing::get};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use switchboard_journal::Memory;
use switchboard_protocol::{Limits, Secret, http, model::Plan};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::{
    ask::{Caller, Question},
    auth::{Gate, RootKeys, mint_agent_token},
    connection::Gateway,
    listener::Listener,
    node::{Clock, Node},
    registry::Workspaces,
};

/// The workspace.
pub(super) const WORKSPACE: &str = "acme";
/// An hour.
const HOUR_MS: u64 = 3_600_000;

/// See the module.
pub(super) struct World {
    pub(super) node: Arc<Node>,
    pub(super) workspaces: Workspaces,
    pub(super) gateway: Arc<Gateway>,
    pub(super) address: SocketAddr,
    shutdown: watch::Sender<bool>,
}

impl World {
    /// A node with these limits, the workspace, and one agent, `ann`.
    pub(super) async fn with(limits: Limits) -> Self {
        let node = Arc::new(Node {
            limits,
            clock: Clock::start(),
            metrics: Default::default(),
            mailer: crate::mail::Mailer::nowhere(),
            mail_reports: crate::node::MailReports::nowhere(),
        });
        let workspaces = Workspaces::new(node.clone(), Arc::new(Memory::default()));
        let gate = Gate::new(node.clone(), workspaces.clone(), RootKeys::new(&[]));
        let gateway = Gateway::new(node.clone(), workspaces.clone(), Arc::new(gate), Vec::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, stop) = watch::channel(false);
        let router = Router::new().route("/hello", get(async || "hello"));
        tokio::spawn(Listener::run(listener, gateway.clone(), router, stop));
        let world = Self { node, workspaces, gateway, address, shutdown };
        world.populate().await;
        world
    }

    async fn populate(&self) {
        let workspace = http::CreateWorkspace {
            id: Some(WORKSPACE.to_owned()),
            name: "Acme".to_owned(),
            plan: Plan::Custom,
        };
        self.workspaces.create(workspace, Caller::Root.into()).await.unwrap();
        let agent = json!({"id": "ann", "name": "Ann", "email": "ann@acme.example"});
        let create = Question::CreateAgent(serde_json::from_value(agent).unwrap());
        self.workspaces.ask(WORKSPACE, Caller::Root, create).await.unwrap();
    }

    /// A token of Ann's.
    pub(super) fn token(&self) -> Secret {
        self.token_of("ann", self.node.clock.now_ms() + HOUR_MS)
    }

    pub(super) fn token_of(&self, agent: &str, expires_at: u64) -> Secret {
        let keys = self.workspaces.keys(WORKSPACE).unwrap();
        let now = self.node.clock.now_ms();
        mint_agent_token(WORKSPACE, &keys.token_secret, agent, 0, now, expires_at)
    }

    pub(super) fn agent_hello(&self) -> Value {
        json!({"type": "hello", "ref": 1, "token": self.token()})
    }

    pub(super) fn visitor_hello(&self) -> Value {
        let keys = self.workspaces.keys(WORKSPACE).unwrap();
        json!({"type": "hello", "ref": 1, "site_key": keys.site_key()})
    }

    /// Whether Ann has a session.
    pub(super) async fn ann_is_present(&self) -> bool {
        let question = Question::Agent("ann".to_owned());
        let answer = self.workspaces.ask(WORKSPACE, Caller::Root, question).await.unwrap();
        let agent: Value =
            serde_json::from_slice(&answer.body.unwrap().to_json().unwrap()).unwrap();
        agent["present"] == json!(true)
    }

    /// A bare connection.
    pub(super) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A socket that speaks JSON and has said nothing.
    pub(super) async fn socket(&self) -> Peer {
        self.try_socket(None).await.unwrap()
    }

    /// A socket with this subprotocol, or why there is none.
    pub(super) async fn try_socket(&self, subprotocol: Option<&str>) -> Result<Peer, Error> {
        let mut request = format!("ws://{}/v1/ws", self.address).into_client_request()?;
        if let Some(name) = subprotocol {
            request.headers_mut().insert("sec-websocket-protocol", name.parse().unwrap());
        }
        let (socket, _) = client_async(request, self.tcp().await).await?;
        Ok(Peer { socket })
    }

    /// An agent's socket whose side of the network holds little.
    pub(super) async fn narrow_agent(&self) -> Peer {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4_096).unwrap();
        let tcp = tcp.connect(self.address).await.unwrap();
        let request = format!("ws://{}/v1/ws", self.address);
        let (socket, _) = client_async(request, tcp).await.unwrap();
        let mut peer = Peer { socket };
        peer.say(self.agent_hello()).await;
        assert_eq!(peer.next().await["type"], "welcome");
        peer
    }

    /// An agent's socket, welcomed.
    pub(super) async fn agent(&self) -> Peer {
        let mut peer = self.socket().await;
        peer.say(self.agent_hello()).await;
        assert_eq!(peer.next().await["type"], "welcome");
        peer
    }

    /// A visitor's socket, welcomed.
    pub(super) async fn visitor(&self) -> Peer {
        let mut peer = self.socket().await;
        peer.say(self.visitor_hello()).await;
        assert_eq!(peer.next().await["type"], "welcome");
        peer
    }

    /// How often a counter counted.
    pub(super) fn counted(&self, series: &str) -> u64 {
        let rendered = self.node.metrics.render();
        let line = rendered.lines().find_map(|line| line.strip_prefix(series)).unwrap();
        line.trim().parse().unwrap()
    }

    /// Waits until no socket is left.
    pub(super) async fn until_empty(&self) {
        while self.gateway.sockets() != Default::default() {
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn stop_listening(&self) {
        let _ = self.shutdown.send(true);
    }
}

/// One client.
pub(super) struct Peer {
    pub(super) socket: WebSocketStream<TcpStream>,
}

impl Peer {
    pub(super) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub(super) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// The next message, which is not the end.
    pub(super) async fn next(&mut self) -> Value {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not a message: {other:?}"),
            }
        }
    }

    /// Reads on to the end: the number and the reason in the close frame.
    pub(super) async fn end(&mut self) -> (u16, String) {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (1006, String::new()),
            }
        }
    }
}
