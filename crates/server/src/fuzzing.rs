//! What the fuzz targets see of the inside of the server, and nobody else: one connection over
//! any stream, one WebSocket's frames, and opening hours. No promise of any kind.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    task::{Context, Poll},
};

use axum::Router;
use bytes::Bytes;
use switchboard_journal::Memory;
use switchboard_protocol::{
    Limits, Secret,
    http::{CreateAgent, CreateDepartment, CreateWorkspace},
    model::{BusinessHours, Plan},
};
use switchboard_routing::Timestamp;
use tokio::sync::watch;

use crate::{
    ask::{ApiError, Caller, Question},
    auth::{Gate, RootKeys, mint_agent_token},
    connection::{Gateway, Incoming, Stream, closed_by},
    hours::Hours,
    http::{App, Surface, router},
    listener::receive_one,
    node::{Clock, Node},
    readiness::Readiness,
    registry::Workspaces,
};

/// Ample for one run, whatever time does in it.
const TOKEN_TTL_MS: u64 = 3_600_000;
/// Who connects.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A node without a network. To be used within one runtime.
#[derive(Debug)]
pub struct Station {
    node: Arc<Node>,
    workspaces: Workspaces,
    gateway: Arc<Gateway>,
    router: Router,
    shutdown: watch::Sender<bool>,
}

impl Station {
    /// A node in which nothing is, that knows this root key.
    #[must_use]
    pub fn start(limits: Limits, root_key: &str) -> Self {
        let node = Arc::new(Node {
            limits,
            clock: Clock::start(),
            metrics: Default::default(),
            mailer: crate::mail::Mailer::nowhere(),
            mail_reports: crate::node::MailReports::nowhere(),
        });
        let workspaces = Workspaces::new(Arc::clone(&node), Arc::new(Memory::default()));
        let root = RootKeys::new([&Secret::from(root_key.to_owned())]);
        let gate = Gate::new(Arc::clone(&node), workspaces.clone(), root);
        let authenticator = Arc::new(gate.clone());
        let gateway =
            Gateway::new(Arc::clone(&node), workspaces.clone(), authenticator, Vec::new());
        let readiness = Arc::new(Readiness::of(Arc::clone(workspaces.store())));
        readiness.ready();
        let app = App::new(Arc::clone(&node), workspaces.clone(), gate, readiness, Surface::Whole);
        let (router, shutdown) = (router(app), watch::Sender::new(false));
        Self { node, workspaces, gateway, router, shutdown }
    }

    /// Makes a workspace with one department, `sales`, and one agent in it, `ann`.
    ///
    /// # Errors
    /// Where there is one by that name.
    pub async fn found(&self, workspace: &str) -> Result<(), ApiError> {
        let name = workspace.to_owned();
        let create = CreateWorkspace { id: Some(name.clone()), name, plan: Plan::Custom };
        self.workspaces.create(create, Caller::Root.into()).await?;
        let ask = async |question| {
            self.workspaces.ask(workspace, Caller::Root, question).await.map(|_| ())
        };
        let sales = CreateDepartment {
            id: Some("sales".to_owned()),
            name: "Sales".to_owned(),
            policy: None,
        };
        ask(Question::CreateDepartment(sales)).await?;
        let ann = CreateAgent {
            id: Some("ann".to_owned()),
            email: "ann@example.com".to_owned(),
            name: "Ann".to_owned(),
            department_ids: Some(vec!["sales".to_owned()]),
            ..CreateAgent::default()
        };
        ask(Question::CreateAgent(ann)).await
    }

    /// The public key of a workspace.
    #[must_use]
    pub fn site_key(&self, workspace: &str) -> Option<String> {
        Some(self.workspaces.keys(workspace)?.site_key().to_owned())
    }

    /// A token of Ann's.
    #[must_use]
    pub fn token(&self, workspace: &str) -> Option<String> {
        let keys = self.workspaces.keys(workspace)?;
        let now = self.node.clock.now_ms();
        let (secret, until) = (&keys.token_secret, now + TOKEN_TTL_MS);
        let token = mint_agent_token(workspace, secret, "ann", 0, now, until);
        Some(token.expose().to_owned())
    }

    /// Serves one connection, from its first request to the end of what became of it.
    pub fn receive<S: Stream>(
        &self,
        stream: S,
    ) -> impl Future<Output = ()> + Send + 'static + use<S> {
        let (gateway, router) = (Arc::clone(&self.gateway), self.router.clone());
        receive_one(stream, PEER, gateway, router, self.shutdown.subscribe())
    }
}

/// What a peer says in a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A text.
    Text(Bytes),
    /// Binary.
    Binary(Bytes),
    /// A ping or a pong.
    Control,
    /// A goodbye.
    Close(Option<u16>),
}

/// One WebSocket after its handshake.
#[derive(Debug)]
pub struct Frames<S>(crate::connection::Socket<S>);

impl<S: Stream> Frames<S> {
    /// Over this stream; `part` was read from it before.
    pub fn new(stream: S, part: Vec<u8>, max_message_bytes: usize) -> Self {
        Self(crate::connection::Socket::new(stream, part, max_message_bytes))
    }

    /// From now on no message may be larger.
    pub fn set_max_message_bytes(&mut self, bytes: usize) {
        self.0.set_max_message_bytes(bytes);
    }

    /// The next frame, or the number of the close frame that ends it all.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Heard, u16>> {
        self.0.poll_next(cx).map_err(closed_by).map_ok(|incoming| match incoming {
            Incoming::Text(bytes) => Heard::Text(bytes),
            Incoming::Binary(bytes) => Heard::Binary(bytes),
            Incoming::Control => Heard::Control,
            Incoming::Close(code) => Heard::Close(code),
        })
    }

    /// How much waits to be written.
    pub fn unwritten(&mut self) -> usize {
        self.0.out().len()
    }

    /// Writes what waits.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), u16>> {
        self.0.poll_flush(cx).map_err(closed_by)
    }
}

/// Whether hours are open at a moment, and when that changes; none: nobody knows their zone.
#[must_use]
pub fn standing(hours: &BusinessHours, at: Timestamp) -> Option<(bool, Option<Timestamp>)> {
    let standing = Hours::new(hours).ok()?.at(at);
    Some((standing.open, standing.changes_at))
}
