//! What a program holds: the client, its handles, its pushes.

use std::ops::Deref;
use std::sync::Arc;

use switchboard_protocol::model::{Availability, Conversation};
use switchboard_protocol::{
    ClientBody, ConversationOpen, ConversationTransfer, OkAnswer, ServerMessage, Welcome,
};
use tokio::sync::{mpsc, oneshot};

use crate::error::{ConnectError, End, RequestError};
use crate::options::Options;
use crate::requests::Reply;
use crate::task::{self, Task};

/// How many requests may wait for the task to take them.
const COMMANDS: usize = 64;
/// How many pushes may wait for the program; beyond that the socket is not read.
const PUSHES: usize = 4_096;

/// What an `ok` carried.
pub type Answer = OkAnswer;

/// Something that nobody asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Push {
    /// The server tells something. Heartbeats and unknown messages don't get here.
    Message(ServerMessage),
    /// The socket is lost; the client is coming back.
    Disconnected(End),
    /// The client is back. Not `resumed`, it is a new session: the welcome tells all there is to
    /// know, and what was told before may be out of date.
    Resumed {
        /// Whether the session goes on.
        resumed: bool,
        /// The welcome.
        welcome: Arc<Welcome>,
    },
    /// It is over for good. The last push.
    Ended(End),
}

/// A command to the task.
#[derive(Debug)]
pub(crate) enum Command {
    Request(ClientBody, Reply),
    Sever,
}

/// A connected client. Dropping it, and all its handles, closes the socket.
#[derive(Debug)]
pub struct Client {
    handle: Handle,
    pushes: mpsc::Receiver<Push>,
    welcome: Arc<Welcome>,
}

/// What requests are made with. Clones share the client's socket.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
}

impl Client {
    /// Connects, once: a failure here is told at once, [`ConnectError::retryable`] or not. A
    /// socket lost later is another matter.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let (commands, command_inbox) = mpsc::channel(COMMANDS);
        let (push_outbox, pushes) = mpsc::channel(PUSHES);
        let mut task = Task::new(options, command_inbox, push_outbox);
        let connected = task.connect().await?;
        let welcome = Arc::clone(&connected.welcome);
        tokio::spawn(task::run(task, connected));
        Ok(Self { handle: Handle { commands }, pushes, welcome })
    }

    /// The latest welcome, as far as pushes were taken.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The next push; none after [`Push::Ended`]. Safe to cancel.
    ///
    /// Pushes must be taken: behind a few thousand that wait the socket is no longer read, and
    /// requests get no answer. A program that wants none keeps a [`Handle`] and drops the client.
    pub async fn next_push(&mut self) -> Option<Push> {
        let push = self.pushes.recv().await?;
        self.note(&push);
        Some(push)
    }

    /// A push, if there is one now.
    pub fn try_next_push(&mut self) -> Option<Push> {
        let push = self.pushes.try_recv().ok()?;
        self.note(&push);
        Some(push)
    }

    /// Something to make requests with from elsewhere.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    fn note(&mut self, push: &Push) {
        if let Push::Resumed { welcome, .. } = push {
            self.welcome = Arc::clone(welcome);
        }
    }
}

impl Deref for Client {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Handle {
    /// Asks, and waits for the answer. While the socket is lost it waits for the next one: where
    /// the session goes on there, what was sent is sent again under its `ref`, and carried out
    /// once; in a new session it is [`RequestError::SessionLost`], but for an open with a `key`.
    pub async fn request(&self, body: ClientBody) -> Result<Answer, RequestError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Request(body, reply);
        self.commands.send(command).await.map_err(|_| RequestError::Ended)?;
        answer.await.unwrap_or(Err(RequestError::Ended))
    }

    /// A visitor asks for somebody. Give it a `key` if it may be asked twice.
    pub async fn open(&self, open: ConversationOpen) -> Result<Arc<Conversation>, RequestError> {
        self.for_conversation(ClientBody::ConversationOpen(Box::new(open))).await
    }

    /// It is over.
    pub async fn close(
        &self,
        conversation_id: impl Into<String>,
    ) -> Result<Arc<Conversation>, RequestError> {
        let conversation_id = conversation_id.into();
        self.for_conversation(ClientBody::ConversationClose { conversation_id }).await
    }

    /// It is not over after all.
    pub async fn reopen(
        &self,
        conversation_id: impl Into<String>,
    ) -> Result<Arc<Conversation>, RequestError> {
        let conversation_id = conversation_id.into();
        self.for_conversation(ClientBody::ConversationReopen { conversation_id }).await
    }

    /// An agent takes what it is offered.
    pub async fn accept(
        &self,
        conversation_id: impl Into<String>,
        offer_id: impl Into<String>,
    ) -> Result<Arc<Conversation>, RequestError> {
        let (conversation_id, offer_id) = (conversation_id.into(), offer_id.into());
        self.for_conversation(ClientBody::ConversationAccept { conversation_id, offer_id }).await
    }

    /// An agent does not: it goes on to the next.
    pub async fn decline(
        &self,
        conversation_id: impl Into<String>,
        offer_id: impl Into<String>,
    ) -> Result<(), RequestError> {
        let (conversation_id, offer_id) = (conversation_id.into(), offer_id.into());
        self.request(ClientBody::ConversationDecline { conversation_id, offer_id }).await.map(drop)
    }

    /// An agent takes one that waits, or that is offered to somebody else.
    pub async fn claim(
        &self,
        conversation_id: impl Into<String>,
    ) -> Result<Arc<Conversation>, RequestError> {
        let conversation_id = conversation_id.into();
        self.for_conversation(ClientBody::ConversationClaim { conversation_id }).await
    }

    /// An agent hands one on: to a department, an agent, or an agent in a department.
    pub async fn transfer(
        &self,
        transfer: ConversationTransfer,
    ) -> Result<Arc<Conversation>, RequestError> {
        self.for_conversation(ClientBody::ConversationTransfer(Box::new(transfer))).await
    }

    /// The app goes to sleep with leave; until when it has it.
    pub async fn hold(&self, hold_ms: u64) -> Result<u64, RequestError> {
        let answer = self.request(ClientBody::SessionHold { hold_ms }).await?;
        answer.held_until.ok_or(RequestError::Incomplete("held_until"))
    }

    /// An agent does something: it is not idle. Once a minute is enough.
    pub async fn report_activity(&self) -> Result<(), RequestError> {
        self.request(ClientBody::SessionActivity).await.map(drop)
    }

    /// An agent says what it is; what it is then.
    pub async fn set_availability(
        &self,
        availability: Availability,
    ) -> Result<Availability, RequestError> {
        let answer = self.request(ClientBody::AvailabilitySet { availability }).await?;
        answer.availability.ok_or(RequestError::Incomplete("availability"))
    }

    /// Still there? The server's clock.
    pub async fn ping(&self) -> Result<u64, RequestError> {
        let answer = self.request(ClientBody::Ping).await?;
        answer.now.ok_or(RequestError::Incomplete("now"))
    }

    /// The live view from now on, by pushes.
    pub async fn subscribe_live(&self) -> Result<(), RequestError> {
        self.request(ClientBody::LiveSubscribe).await.map(drop)
    }

    /// Gone on purpose: no grace, and the client ends.
    pub async fn end(&self) -> Result<(), RequestError> {
        self.request(ClientBody::SessionEnd).await.map(drop)
    }

    /// Drops the socket without a word, as a lost network would. The client comes back by itself.
    pub async fn sever(&self) -> Result<(), RequestError> {
        self.commands.send(Command::Sever).await.map_err(|_| RequestError::Ended)
    }

    async fn for_conversation(&self, body: ClientBody) -> Result<Arc<Conversation>, RequestError> {
        let answer = self.request(body).await?;
        answer.conversation.ok_or(RequestError::Incomplete("conversation"))
    }
}
