//! What waits to be written to one socket. Anybody may put something in without waiting; the
//! socket's task takes it all out at once.
//!
//! Messages are encoded and framed when they come in, one behind the other in one buffer, so the
//! task writes them as they are. An idle outbox has no buffer at all. It knows nothing of
//! workspaces, and of the session only what the socket must be told.

use std::{
    cell::RefCell,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    task::Waker,
};

use futures::task::AtomicWaker;
use parking_lot::Mutex;
use switchboard_protocol::{CloseCode, Encoding, ServerMessage, encode_into};
use switchboard_routing::SessionId;

use super::{queue::Queue, tenure::Heir};
use crate::{
    heartbeat::{Pace, Tick, Ticks},
    node::Node,
    seam::{Delivery, Generation, LatestKind, Link, SharedMessage, ToConnection},
};

/// A scratch buffer that grew beyond this is given back.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where messages are encoded, before any lock is taken.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// See the module.
#[derive(Debug)]
pub struct Outbox {
    queue: Mutex<Queue>,
    heir: OnceLock<Heir>,
    task: AtomicWaker,
    pulse: Pulse,
    encoding: Encoding,
    node: Arc<Node>,
}

/// When the peer was heard and spoken to last, and how often that must be.
#[derive(Debug)]
struct Pulse {
    ticks: Ticks,
    heard: AtomicU32,
    sent: AtomicU32,
    heartbeat: AtomicU32,
    dead_after: AtomicU32,
}

/// The session that a socket was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Which.
    pub session_id: SessionId,
    /// In which tenure.
    pub generation: Generation,
}

impl Outbox {
    /// An empty outbox, for a socket that has not said who it is.
    pub fn new(encoding: Encoding, node: Arc<Node>, ticks: Ticks) -> Self {
        let now = ticks.now();
        let limit = node.limits.visitor.outbox_bytes;
        Self {
            queue: Mutex::new(Queue::new(limit)),
            heir: OnceLock::new(),
            task: AtomicWaker::new(),
            pulse: Pulse {
                heard: AtomicU32::new(now),
                sent: AtomicU32::new(now),
                heartbeat: AtomicU32::new(Pace::NONE.heartbeat),
                dead_after: AtomicU32::new(Pace::NONE.dead_after),
                ticks,
            },
            encoding,
            node,
        }
    }

    /// The encoding of the socket.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The peer is known now: its bound and pace hold from here on.
    pub fn set_limits(&self, limit_bytes: usize, pace: Pace) {
        self.queue.lock().limit = limit_bytes;
        self.pulse.heartbeat.store(pace.heartbeat, Ordering::Relaxed);
        self.pulse.dead_after.store(pace.dead_after, Ordering::Relaxed);
    }

    /// The task that empties the outbox, to be woken when there is something.
    pub fn register(&self, waker: &Waker) {
        self.task.register(waker);
    }

    /// The peer was heard.
    pub fn heard(&self) {
        self.pulse.heard.store(self.pulse.ticks.now(), Ordering::Relaxed);
    }

    /// Puts a message in on behalf of the socket's own task, which looks anyway.
    pub fn answer(&self, message: &ServerMessage) {
        if let ServerMessage::Error(error) = message {
            self.node.metrics.messages_rejected(error.code);
        }
        self.with_payload(message, |queue, payload| queue.push(payload, self.encoding));
        self.spoke();
    }

    /// Takes all that waits, behind what is in `out` already. Tells what the socket is to be
    /// closed with, where it is, once that is written.
    pub fn take(&self, out: &mut Vec<u8>) -> Option<CloseCode> {
        let mut queue = self.queue.lock();
        queue.take(out, self.encoding);
        queue.closing
    }

    /// What the socket is to be closed with, where it is.
    pub fn closing(&self) -> Option<CloseCode> {
        self.queue.lock().closing
    }

    /// The session that the socket was given, once it was.
    pub fn attachment(&self) -> Option<Attachment> {
        self.queue.lock().attachment.clone()
    }

    /// From here on nothing is taken in. The heir hears of the session that is without a socket
    /// now, or will be, where the workspace's answer comes later than this.
    pub(crate) fn shut(&self, heir: Heir) {
        let _ = self.heir.set(heir);
        self.queue.lock().shut = true;
        self.bequeath();
    }

    fn bequeath(&self) {
        let Some(heir) = self.heir.get() else { return };
        let attachment = self.queue.lock().attachment.take();
        if let Some(attachment) = attachment {
            heir.inherit(attachment);
        }
    }

    /// Looks whether the peer must hear something or is dead; says when to look again, or that it
    /// never need be.
    pub fn beat(&self, now: Tick, heartbeat: &SharedMessage) -> Option<Tick> {
        let pulse = &self.pulse;
        let load = |tick: &AtomicU32| tick.load(Ordering::Relaxed);
        let dead_at = load(&pulse.heard).saturating_add(load(&pulse.dead_after));
        if dead_at <= now {
            self.deliver(ToConnection::Close(CloseCode::Silent));
            return None;
        }
        let mut due = load(&pulse.sent).saturating_add(load(&pulse.heartbeat));
        if due <= now {
            let message = ToConnection::Latest(LatestKind::Heartbeat, heartbeat.clone());
            if self.deliver(message) == Delivery::Closed {
                return None;
            }
            due = now.saturating_add(load(&pulse.heartbeat));
        }
        Some(due.min(dead_at))
    }

    fn spoke(&self) {
        self.pulse.sent.store(self.pulse.ticks.now(), Ordering::Relaxed);
    }

    fn put(&self, message: ToConnection) -> Delivery {
        match message {
            ToConnection::Attached { session_id, generation, welcome } => {
                let attachment = Attachment { session_id, generation };
                let delivery = self.with_payload(&welcome, |queue, payload| {
                    queue.attach(attachment, payload, self.encoding)
                });
                self.bequeath();
                delivery
            }
            ToConnection::Missed(message) => {
                self.with_payload(&message, |queue, payload| queue.grant(payload, self.encoding))
            }
            ToConnection::Message(message) => {
                self.with_payload(&message, |queue, payload| queue.push(payload, self.encoding))
            }
            ToConnection::Latest(kind, message) => {
                let payload = message.bytes(self.encoding);
                self.queue.lock().replace(kind, payload)
            }
            ToConnection::Close(code) => self.queue.lock().close(code),
        }
    }

    /// Encodes a message before the lock is taken.
    fn with_payload(
        &self,
        message: &ServerMessage,
        put: impl FnOnce(&mut Queue, &[u8]) -> Delivery,
    ) -> Delivery {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            if let Err(error) = encode_into(message, self.encoding, scratch) {
                tracing::error!(%error, kind = message.type_name(), "a message cannot be encoded");
                return self.queue.lock().close(CloseCode::WorkspaceMoved);
            }
            let delivery = put(&mut self.queue.lock(), scratch);
            scratch.shrink_to(SCRATCH_BYTES);
            delivery
        })
    }
}

impl Link for Outbox {
    fn deliver(&self, message: ToConnection) -> Delivery {
        let delivery = self.put(message);
        self.spoke();
        self.task.wake();
        delivery
    }
}
