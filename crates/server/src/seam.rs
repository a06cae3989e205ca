//! The seam between sockets and workspaces: one closed set of messages each way, serialisable,
//! keyed by session. The actor holds no socket and the connection no state of the workspace;
//! later the two may be on different nodes.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use switchboard_journal::SecretDigest;
use switchboard_protocol::{
    ClientBody, CloseCode, Device, Encoding, Resume, Secret, ServerMessage, VisitorClaims, encode,
};
use switchboard_routing::{AgentId, SessionId, VisitorId};

use crate::auth::Proof;

/// Who a socket's credentials say is there. Rights are not in it: they are looked up in the
/// workspace whenever they are needed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Claims {
    /// An agent, by a token that ends at `expires_at` (ms since the epoch).
    Agent {
        /// Which.
        agent_id: AgentId,
        /// When the token ends.
        expires_at: u64,
        /// What is to be looked up: whether it still holds.
        proof: Proof,
    },
    /// A workspace's back end, by a key that was not forged.
    ApiKey {
        /// Which.
        key_id: String,
        /// What the key is known by: whether it was revoked is to be looked up.
        digest: SecretDigest,
    },
    /// A visitor, known by its token or new.
    Visitor {
        /// Which: from the token, or made by the gateway.
        visitor_id: VisitorId,
        /// What it says of itself.
        claims: VisitorClaims,
        /// What its host says of it, where it came with that.
        identity: Option<Identity>,
        /// The token to come back with.
        token: Secret,
        /// When the token ends.
        expires_at: u64,
    },
}

/// Who a visitor is, by a signature of its host's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The host's id for it.
    pub external_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its address.
    pub email: Option<String>,
}

/// A socket that said `hello` with valid credentials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hello {
    /// The `ref` of the hello.
    pub reference: Option<i64>,
    /// Who.
    pub claims: Claims,
    /// On what.
    pub device: Option<Device>,
    /// The session to continue, if it can be.
    pub resume: Option<Resume>,
}

/// Which tenure of a session on a socket: rises with every hello of that session, so that what
/// an old socket says late is told from what the new one says.
pub type Generation = u64;

/// From a socket to its workspace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ToWorkspace {
    /// A socket wants a session, new or resumed. Answered by [`ToConnection::Attached`] or
    /// [`ToConnection::Close`].
    Hello(Box<Hello>),
    /// A message of a session.
    Request {
        /// Whose.
        session_id: SessionId,
        /// In which tenure.
        generation: Generation,
        /// Its `ref`.
        reference: Option<i64>,
        /// What is asked.
        body: ClientBody,
    },
    /// A token of the same person, checked by the gateway, replaces the session's own.
    Renewed {
        /// Whose.
        session_id: SessionId,
        /// In which tenure.
        generation: Generation,
        /// The `ref` of the request.
        reference: Option<i64>,
        /// Who the new token is for, and until when.
        claims: Claims,
    },
    /// A session's socket is gone.
    Lost {
        /// Whose.
        session_id: SessionId,
        /// In which tenure.
        generation: Generation,
    },
}

/// From a workspace to a socket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ToConnection {
    /// The hello was taken: this is the session, and its welcome.
    Attached {
        /// Which session the socket has from now on.
        session_id: SessionId,
        /// Its tenure.
        generation: Generation,
        /// The welcome.
        welcome: ServerMessage,
    },
    /// A sequenced push that a resumed session has missed: part of its welcome, which is sent
    /// however much it is.
    Missed(ServerMessage),
    /// An answer or a sequenced push: delivered, or the socket is closed.
    Message(ServerMessage),
    /// A latest value: replaces an unsent older one of the same kind.
    Latest(LatestKind, SharedMessage),
    /// Close the socket, after what is there already.
    Close(CloseCode),
}

/// What a latest value is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LatestKind {
    /// The place of a conversation.
    Queued(Arc<str>),
    /// The departments.
    Departments,
    /// The live view: a snapshot, or what changed since the last one.
    Live,
    /// The token's end.
    TokenExpiring,
    /// The drain.
    GoingAway,
    /// Nothing, but alive.
    Heartbeat,
}

/// A message to many: encoded at most once for each encoding, by whoever needs it first.
#[derive(Clone, Debug)]
pub struct SharedMessage(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    message: ServerMessage,
    json: OnceLock<Bytes>,
    msgpack: OnceLock<Bytes>,
}

impl SharedMessage {
    /// Makes a message ready to be sent to many.
    pub fn new(message: ServerMessage) -> Self {
        Self(Arc::new(Shared { message, json: OnceLock::new(), msgpack: OnceLock::new() }))
    }

    /// The message.
    pub fn message(&self) -> &ServerMessage {
        &self.0.message
    }

    /// Its bytes. A message that cannot be encoded (a bug) is empty, and not sent.
    pub fn bytes(&self, encoding: Encoding) -> Bytes {
        let slot = match encoding {
            Encoding::Json => &self.0.json,
            Encoding::MessagePack => &self.0.msgpack,
        };
        slot.get_or_init(|| encode(&self.0.message, encoding).unwrap_or_default().into()).clone()
    }
}

impl PartialEq for SharedMessage {
    fn eq(&self, other: &Self) -> bool {
        self.0.message == other.0.message
    }
}

impl Serialize for SharedMessage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.message.serialize(serializer)
    }
}

/// What became of a message given to a [`Link`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It will be sent.
    Taken,
    /// It will be sent instead of an older one that was not.
    Replaced,
    /// It will not: the socket is closed or closing.
    Closed,
}

/// Carries [`ToConnection`] to one socket. Never blocks: what does not fit closes the socket.
pub trait Link: Send + Sync + std::fmt::Debug {
    /// Takes a message for the socket.
    fn deliver(&self, message: ToConnection) -> Delivery;
}
