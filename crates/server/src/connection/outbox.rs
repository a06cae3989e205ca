//! What waits to be written to one socket. Anybody may put something in without waiting; the
//! socket's task takes it all out at once.
//!
//! Messages are encoded and framed when they come in, one behind the other in one buffer, so the
//! task writes them as they are. An idle outbox has no buffer at all. It knows nothing of
//! workspaces, and of the session only what the socket must be told.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::Waker,
};

use bytes::Bytes;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use switchboard_protocol::{CloseCode, Encoding, ServerMessage, encode_into};
use switchboard_routing::SessionId;

use super::frame;
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

#[derive(Debug)]
struct Queue {
    /// Framed messages in order.
    frames: Vec<u8>,
    /// Latest values that were not taken yet.
    latest: Vec<Latest>,
    latest_bytes: usize,
    /// What was taken and is being written.
    in_flight: usize,
    limit: usize,
    attachment: Option<Attachment>,
    closing: Option<CloseCode>,
    /// The socket is gone, or is being closed: nothing more is taken.
    shut: bool,
}

/// A latest value, and its place among the frames.
#[derive(Debug)]
struct Latest {
    kind: LatestKind,
    payload: Bytes,
    at: usize,
}

impl Outbox {
    /// An empty outbox, for a socket that has not said who it is.
    pub fn new(encoding: Encoding, node: Arc<Node>, ticks: Ticks) -> Self {
        let now = ticks.now();
        let limit = node.limits.visitor.outbox_bytes;
        Self {
            queue: Mutex::new(Queue::new(limit)),
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
        self.count(message);
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

    /// From here on nothing is taken in. Tells, the first time, of the session that is without a
    /// socket now.
    pub fn shut(&self) -> Option<Attachment> {
        let mut queue = self.queue.lock();
        queue.shut = true;
        queue.attachment.take()
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
                self.with_payload(&welcome, |queue, payload| {
                    queue.attach(attachment, payload, self.encoding)
                })
            }
            ToConnection::Message(message) => {
                self.count(&message);
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

    fn count(&self, message: &ServerMessage) {
        if let ServerMessage::Error(error) = message {
            self.node.metrics.messages_rejected(error.code);
        }
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

impl Queue {
    fn new(limit: usize) -> Self {
        Self {
            frames: Vec::new(),
            latest: Vec::new(),
            latest_bytes: 0,
            in_flight: 0,
            limit,
            attachment: None,
            closing: None,
            shut: false,
        }
    }

    fn is_closed(&self) -> bool {
        self.shut || self.closing.is_some()
    }

    fn attach(&mut self, to: Attachment, welcome: &[u8], encoding: Encoding) -> Delivery {
        if !self.is_closed() {
            self.attachment = Some(to);
        }
        self.push(welcome, encoding)
    }

    fn push(&mut self, payload: &[u8], encoding: Encoding) -> Delivery {
        if self.is_closed() || !self.has_room() {
            return Delivery::Closed;
        }
        frame::append(&mut self.frames, payload, encoding);
        Delivery::Taken
    }

    /// The newest goes to the end, so that what was said before it stays before it.
    fn replace(&mut self, kind: LatestKind, payload: Bytes) -> Delivery {
        let older = self.latest.iter().position(|latest| latest.kind == kind);
        if let Some(older) = older {
            self.latest_bytes -= self.latest.remove(older).payload.len();
        }
        if self.is_closed() || !self.has_room() {
            return Delivery::Closed;
        }
        self.latest_bytes += payload.len();
        self.latest.push(Latest { kind, payload, at: self.frames.len() });
        if older.is_some() { Delivery::Replaced } else { Delivery::Taken }
    }

    /// With the bound reached, the peer is too slow. One message may go over it, or none larger
    /// could ever be sent; and one that is being written leaves half of it for what comes next.
    fn has_room(&mut self) -> bool {
        let in_flight = self.in_flight.min(self.limit / 2);
        if in_flight + self.frames.len() + self.latest_bytes < self.limit {
            return true;
        }
        self.clear();
        self.closing = Some(CloseCode::SlowReader);
        false
    }

    fn close(&mut self, code: CloseCode) -> Delivery {
        if self.is_closed() {
            return Delivery::Closed;
        }
        self.closing = Some(code);
        Delivery::Taken
    }

    fn take(&mut self, out: &mut Vec<u8>, encoding: Encoding) {
        if !self.latest.is_empty() {
            self.take_merged(out, encoding);
        } else if out.is_empty() {
            *out = std::mem::take(&mut self.frames);
        } else {
            out.append(&mut self.frames);
        }
        self.in_flight = out.len();
    }

    fn take_merged(&mut self, out: &mut Vec<u8>, encoding: Encoding) {
        let frames = std::mem::take(&mut self.frames);
        let latest = std::mem::take(&mut self.latest);
        let overhead = frame::MAX_HEADER_BYTES * latest.len();
        out.reserve(frames.len() + self.latest_bytes + overhead);
        self.latest_bytes = 0;
        let mut from = 0;
        for Latest { payload, at, .. } in latest {
            out.extend_from_slice(frames.get(from..at).unwrap_or_default());
            from = at;
            if !payload.is_empty() {
                frame::append(out, &payload, encoding);
            }
        }
        out.extend_from_slice(frames.get(from..).unwrap_or_default());
    }

    fn clear(&mut self) {
        self.frames = Vec::new();
        self.latest = Vec::new();
        self.latest_bytes = 0;
    }
}
