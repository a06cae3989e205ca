//! The actor under paused time: its messages in, what its sockets were given out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod asleep;
mod explain;
mod handing_on;
mod hours;
mod journal;
mod places;
mod reopening;
mod reports;
mod restarts;
mod unloaded;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use switchboard_journal::{Memory, Store};
use switchboard_protocol::{
    ClientBody, CloseCode, ConversationOpen, ErrorCode, Limits, OkAnswer, Resume, ServerMessage,
    Welcome, http, model,
};
use switchboard_routing::SessionId;

use super::hello::RESUME_WINDOW_MS;
use crate::{
    ask::{Answer, ApiError, Caller, PageQuery, Question},
    metrics::Metrics,
    node::{Clock, Node},
    registry::{Mailbox, Workspaces},
    seam::{Claims, Delivery, Hello, Link, ToConnection, ToWorkspace},
};

/// A socket that keeps what it is given.
#[derive(Debug, Default)]
struct Socket {
    given: Mutex<Vec<ToConnection>>,
    /// Breaks whoever first sends to it.
    breaks: AtomicBool,
}

impl Link for Socket {
    fn deliver(&self, message: ToConnection) -> Delivery {
        assert!(!self.breaks.swap(false, Ordering::SeqCst), "a planted fault");
        self.given.lock().push(message);
        Delivery::Taken
    }
}

/// A person's end of a session.
struct Session {
    socket: Arc<Socket>,
    mailbox: Mailbox,
    id: SessionId,
    generation: u64,
    welcome: Box<Welcome>,
    reference: i64,
}

struct Rig {
    node: Arc<Node>,
    workspaces: Workspaces,
}

impl Rig {
    async fn new() -> Self {
        Self::over(Arc::new(Memory::default())).await
    }

    /// Workspace `w`: department `sales`, agents `ann` and `bob` in it, with one place each.
    async fn over(store: Arc<dyn Store>) -> Self {
        Self::at(Clock::start(), store).await
    }

    async fn at(clock: Clock, store: Arc<dyn Store>) -> Self {
        let node = Arc::new(Node {
            limits: Limits::default(),
            clock,
            metrics: Metrics::new(),
            mailer: crate::mail::Mailer::nowhere(),
            mail_reports: crate::node::MailReports::nowhere(),
        });
        let rig = Self { workspaces: Workspaces::new(node.clone(), store), node };
        rig.fill("w").await;
        rig
    }

    async fn fill(&self, workspace: &str) {
        let create: http::CreateWorkspace =
            body(&format!(r#"{{"id":"{workspace}","name":"W","plan":"custom"}}"#));
        self.workspaces.create(create, Caller::Root.into()).await.unwrap();
        let sales = r#"{"id":"sales","name":"Sales","policy":{"reconnect_grace_ms":10000}}"#;
        self.ask_in(workspace, Question::CreateDepartment(body(sales))).await.unwrap();
        for name in ["ann", "bob"] {
            let agent = format!(
                r#"{{"id":"{name}","email":"{name}@x.io","name":"{name}","capacity":1,"department_ids":["sales"]}}"#
            );
            self.ask_in(workspace, Question::CreateAgent(body(&agent))).await.unwrap();
        }
    }

    async fn ask(&self, question: Question) -> Result<Answer, ApiError> {
        self.ask_in("w", question).await
    }

    async fn ask_in(&self, workspace: &str, question: Question) -> Result<Answer, ApiError> {
        self.workspaces.ask(workspace, Caller::Root, question).await
    }

    async fn open_for(&self, visitor: &str) -> serde_json::Value {
        let json = format!(r#"{{"visitor":{{"external_id":"{visitor}"}}}}"#);
        self.read(Question::OpenConversation(Box::new(body(&json)))).await
    }

    /// A conversation of the host's visitor with this id; gives back our id for the visitor.
    async fn open_and_close(&self, visitor: &str) -> serde_json::Value {
        let opened = self.open_for(visitor).await;
        let id = opened["id"].as_str().unwrap().to_owned();
        self.ask(Question::CloseConversation(id)).await.unwrap();
        self.settle().await;
        opened["visitor"]["id"].clone()
    }

    async fn read(&self, question: Question) -> serde_json::Value {
        let answer = self.ask(question).await.unwrap();
        serde_json::from_slice(&answer.body.unwrap().to_json().unwrap()).unwrap()
    }

    async fn agent(&self, name: &str) -> Session {
        self.agent_until(name, u64::MAX, None).await
    }

    async fn agent_until(&self, name: &str, expires_at: u64, resume: Option<Resume>) -> Session {
        let claims = Claims::Agent {
            agent_id: name.into(),
            expires_at,
            proof: crate::auth::Proof::Host { issued_at: 0 },
        };
        self.hello("w", claims, resume, Socket::default()).await.unwrap()
    }

    async fn visitor(&self, name: &str) -> Session {
        self.visitor_in("w", name).await
    }

    async fn visitor_in(&self, workspace: &str, name: &str) -> Session {
        let claims = Claims::Visitor {
            visitor_id: name.into(),
            identity: None,
            claims: Default::default(),
            token: "vt".into(),
            expires_at: u64::MAX,
        };
        self.hello(workspace, claims, None, Socket::default()).await.unwrap()
    }

    async fn hello(
        &self,
        workspace: &str,
        claims: Claims,
        resume: Option<Resume>,
        socket: Socket,
    ) -> Option<Session> {
        let (socket, mailbox) = (Arc::new(socket), self.workspaces.mailbox(workspace).unwrap());
        let hello = Hello { reference: Some(1), claims, device: None, resume };
        mailbox.send(ToWorkspace::Hello(Box::new(hello)), Some(socket.clone())).unwrap();
        self.settle_in(workspace).await;
        let first = socket.given.lock().first().cloned()?;
        let ToConnection::Attached { session_id, generation, welcome } = first else { return None };
        let ServerMessage::Welcome(welcome) = welcome else { panic!("not a welcome") };
        Some(Session { socket, mailbox, id: session_id, generation, welcome, reference: 1 })
    }

    /// Waits until everything that was sent is carried out: the mailbox has one order.
    async fn settle(&self) {
        self.settle_in("w").await;
    }

    async fn settle_in(&self, workspace: &str) {
        let _ = self.ask_in(workspace, Question::Workspace).await;
    }

    async fn wait(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        self.settle().await;
    }
}

impl Session {
    fn say(&mut self, body: ClientBody) -> i64 {
        self.reference += 1;
        self.say_as(self.reference, body);
        self.reference
    }

    fn say_as(&self, reference: i64, body: ClientBody) {
        let (session_id, generation) = (self.id.clone(), self.generation);
        let reference = Some(reference);
        let request = ToWorkspace::Request { session_id, generation, reference, body };
        self.mailbox.send(request, None).unwrap();
    }

    async fn request(&mut self, rig: &Rig, body: ClientBody) -> ServerMessage {
        let reference = self.say(body);
        rig.settle().await;
        let answers = self.messages();
        let mut own = answers.into_iter().filter(|m| m.reference() == Some(reference));
        own.next_back().unwrap()
    }

    async fn online(&mut self, rig: &Rig) {
        let availability = model::Availability::Online;
        self.request(rig, ClientBody::AvailabilitySet { availability }).await;
    }

    async fn open(&mut self, rig: &Rig) -> Arc<model::Conversation> {
        let open = ClientBody::ConversationOpen(Box::default());
        match self.request(rig, open).await {
            ServerMessage::Ok(OkAnswer { conversation: Some(opened), .. }) => opened,
            other => panic!("not opened: {other:?}"),
        }
    }

    fn lose(&self) {
        let (session_id, generation) = (self.id.clone(), self.generation);
        self.mailbox.send(ToWorkspace::Lost { session_id, generation }, None).unwrap();
    }

    fn messages(&self) -> Vec<ServerMessage> {
        let given = self.socket.given.lock();
        let message = |given: &ToConnection| match given {
            ToConnection::Message(message) | ToConnection::Missed(message) => Some(message.clone()),
            ToConnection::Latest(_, shared) => Some(shared.message().clone()),
            _ => None,
        };
        given.iter().filter_map(message).collect()
    }

    fn types(&self) -> Vec<&'static str> {
        self.messages().iter().map(ServerMessage::type_name).collect()
    }

    fn closed(&self) -> Option<CloseCode> {
        match self.socket.given.lock().last() {
            Some(ToConnection::Close(code)) => Some(*code),
            _ => None,
        }
    }
}

fn body<T: http::Body>(json: &str) -> T {
    http::decode_body(json.as_bytes()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_a_hello_sets_off_comes_after_its_welcome() {
    let rig = Rig::new().await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    ann.lose();
    let mut visitor = rig.visitor("v1").await;
    assert_eq!(visitor.open(&rig).await.position, Some(1));
    let back = rig.agent("ann").await;
    assert!(back.welcome.conversations.is_empty() && back.welcome.seq == 0);
    let [ServerMessage::ConversationAssigned(push)] = &back.messages()[..] else {
        panic!("{:?}", back.messages())
    };
    assert_eq!(push.seq, 1);
    assert!(visitor.types().contains(&"conversation.assigned"));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_ref_is_answered_again_and_done_once() {
    let rig = Rig::new().await;
    let visitor = rig.visitor("v1").await;
    for _ in 0..3 {
        visitor.say_as(7, ClientBody::ConversationOpen(Box::default()));
    }
    rig.settle().await;
    let answers = visitor.messages();
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test(start_paused = true)]
async fn an_agent_lost_past_the_grace_loses_what_it_holds_and_hears_of_it() {
    let rig = Rig::new().await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    let opened = visitor.open(&rig).await;
    ann.lose();
    rig.wait(9_990).await;
    assert!(!visitor.types().contains(&"conversation.queued"));
    rig.wait(20).await;
    assert!(visitor.types().contains(&"conversation.queued"));
    let resume =
        Resume { session_id: ann.id.to_string(), epoch: ann.welcome.epoch.clone(), seq: 1 };
    let back = rig.agent_until("ann", u64::MAX, Some(resume)).await;
    assert!(back.welcome.resumed);
    assert_eq!(back.welcome.seq, 2);
    let pushed: Vec<_> = back.messages().iter().map(|m| (m.type_name(), m.seq())).collect();
    let expected = [("conversation.released", Some(2)), ("conversation.assigned", Some(3))];
    assert_eq!(pushed, expected, "{opened:?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_cannot_be_resumed_after_its_window() {
    let rig = Rig::new().await;
    let ann = rig.agent("ann").await;
    ann.lose();
    rig.wait(RESUME_WINDOW_MS + 1).await;
    let resume =
        Resume { session_id: ann.id.to_string(), epoch: ann.welcome.epoch.clone(), seq: 0 };
    let back = rig.agent_until("ann", u64::MAX, Some(resume)).await;
    assert!(!back.welcome.resumed);
    assert_ne!(back.welcome.session_id, ann.welcome.session_id);
}

#[tokio::test(start_paused = true)]
async fn places_are_told_at_most_once_a_second_and_the_last_is_right() {
    let rig = Rig::new().await;
    let mut ahead = Vec::new();
    for n in 0..5 {
        let mut visitor = rig.visitor(&format!("v{n}")).await;
        let opened = visitor.open(&rig).await;
        ahead.push((visitor, opened.id.clone()));
    }
    let mut last = rig.visitor("last").await;
    assert_eq!(last.open(&rig).await.position, Some(6));
    for (visitor, id) in &mut ahead {
        let conversation_id = id.clone();
        visitor.request(&rig, ClientBody::ConversationClose { conversation_id }).await;
    }
    rig.wait(1_000).await;
    let places: Vec<_> = last
        .messages()
        .iter()
        .filter_map(|message| match message {
            ServerMessage::ConversationQueued(queued) => queued.position,
            _ => None,
        })
        .collect();
    assert!(places.len() <= 2, "{places:?}");
    assert_eq!(places.last(), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_warned_of_and_then_over() {
    let rig = Rig::new().await;
    let now = rig.workspaces_now();
    let ann = rig.agent_until("ann", now + 90_000, None).await;
    rig.wait(29_900).await;
    assert!(ann.types().is_empty());
    rig.wait(200).await;
    assert_eq!(ann.types(), ["token.expiring"]);
    rig.wait(60_000).await;
    assert_eq!(ann.closed(), Some(CloseCode::TokenExpired));
}

impl Rig {
    fn workspaces_now(&self) -> u64 {
        Clock::start().now_ms()
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_restarts_one_workspace_and_no_other() {
    let rig = Rig::new().await;
    rig.fill("neighbour").await;
    let mut next_door = rig.visitor_in("neighbour", "v1").await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    let opened = visitor.open(&rig).await;
    let claims = Claims::Agent {
        agent_id: "bob".into(),
        expires_at: u64::MAX,
        proof: crate::auth::Proof::Host { issued_at: 0 },
    };
    let socket = Socket { breaks: true.into(), ..Socket::default() };
    assert!(rig.hello("w", claims, None, socket).await.is_none());
    rig.settle().await;
    assert_eq!(ann.closed(), Some(CloseCode::WorkspaceMoved));
    assert_eq!(visitor.closed(), Some(CloseCode::WorkspaceMoved));
    // What was acknowledged is there, and its agent may come back to it.
    let back = rig.agent("ann").await;
    assert_eq!(back.welcome.conversations[0].id, opened.id);
    assert_eq!(next_door.closed(), None);
    next_door.say(ClientBody::ConversationOpen(Box::<ConversationOpen>::default()));
    rig.settle_in("neighbour").await;
    assert_eq!(next_door.types(), ["ok"]);
}

#[tokio::test(start_paused = true)]
async fn three_panics_in_a_minute_quarantine_a_workspace() {
    let rig = Rig::new().await;
    for _ in 0..3 {
        let claims = Claims::Agent {
            agent_id: "bob".into(),
            expires_at: u64::MAX,
            proof: crate::auth::Proof::Host { issued_at: 0 },
        };
        let socket = Socket { breaks: true.into(), ..Socket::default() };
        rig.hello("w", claims, None, socket).await;
    }
    let refused = rig.ask(Question::Workspace).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Internal);
    rig.wait(61_000).await;
    assert!(rig.ask(Question::Workspace).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_suspended_workspace_puts_everybody_out_and_loses_nothing() {
    let rig = Rig::new().await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    visitor.open(&rig).await;
    let set = |status: &str| Question::PatchWorkspace(body(&format!(r#"{{"status":"{status}"}}"#)));
    rig.ask(set("suspended")).await.unwrap();
    assert_eq!(ann.closed(), Some(CloseCode::Removed));
    let claims = Claims::Agent {
        agent_id: "ann".into(),
        expires_at: u64::MAX,
        proof: crate::auth::Proof::Host { issued_at: 0 },
    };
    assert!(rig.hello("w", claims, None, Socket::default()).await.is_none());
    rig.ask(set("active")).await.unwrap();
    assert_eq!(rig.agent("ann").await.welcome.conversations.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_archive_drops_is_forgotten_everywhere() {
    let rig = Rig::over(Arc::new(Memory::keeping(1_000, 2))).await;
    let mut visitors = Vec::new();
    for name in ["first", "second", "third"] {
        visitors.push(rig.open_and_close(name).await);
    }
    // Two are kept: they are known by the host's id for them. The first is a stranger again.
    assert_eq!(rig.open_for("third").await["visitor"]["id"], visitors[2]);
    assert_eq!(rig.open_for("second").await["visitor"]["id"], visitors[1]);
    assert_ne!(rig.open_for("first").await["visitor"]["id"], visitors[0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_forgotten_is_known_after_a_load() {
    let rig = Rig::over(Arc::new(Memory::keeping(1_000, 2))).await;
    let first = rig.open_and_close("first").await;
    rig.open_and_close("second").await;
    // Unloaded for want of anything to do, and loaded by the next question.
    rig.wait(301_000).await;
    rig.open_and_close("third").await;
    assert_ne!(rig.open_and_close("first").await, first);
}

#[tokio::test(start_paused = true)]
async fn an_erased_workspace_is_gone_for_its_sockets_and_callers_alike() {
    let store = Memory::default();
    let rig = Rig::over(Arc::new(store.clone())).await;
    let mut ann = rig.agent("ann").await;
    // Erased behind the actor's back, as far as it knows: what it writes next is refused.
    assert!(switchboard_journal::Directory::erase(&store, "w").unwrap());
    let availability = model::Availability::Online;
    ann.say(ClientBody::AvailabilitySet { availability });
    let asked = rig.ask(Question::Departments(PageQuery { limit: 1, cursor: None })).await;
    assert_eq!(asked.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(ann.closed(), Some(CloseCode::Removed));
    assert!(ann.types().is_empty());
    let again = rig.ask(Question::Workspace).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::NotFound);
}
