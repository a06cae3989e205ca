//! What waits in an outbox: framed messages in order, latest values in between, and whether the
//! socket is to be closed after them. Plain data; the outbox has the lock.

use bytes::Bytes;
use switchboard_protocol::{CloseCode, Encoding};

use super::{frame, outbox::Attachment};
use crate::seam::{Delivery, LatestKind};

/// See the module.
#[derive(Debug)]
pub(super) struct Queue {
    /// Framed messages in order.
    frames: Vec<u8>,
    /// Latest values that were not taken yet.
    latest: Vec<Latest>,
    latest_bytes: usize,
    /// How much of the frames came with the session. It does not count, or who has missed much
    /// could never come back.
    granted: usize,
    /// What was taken and is being written.
    in_flight: usize,
    /// How many bytes may wait.
    pub(super) limit: usize,
    /// The session that the socket was given.
    pub(super) attachment: Option<Attachment>,
    /// What the socket is to be closed with, once all that waits is written.
    pub(super) closing: Option<CloseCode>,
    /// The socket's task takes no more.
    pub(super) shut: bool,
}

/// A latest value, and its place among the frames.
#[derive(Debug)]
struct Latest {
    kind: LatestKind,
    payload: Bytes,
    at: usize,
}

impl Queue {
    /// An empty queue with this bound.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            frames: Vec::new(),
            latest: Vec::new(),
            latest_bytes: 0,
            granted: 0,
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

    /// A socket that is to be closed is given its session all the same: it will be lost from it.
    pub(super) fn attach(
        &mut self,
        attachment: Attachment,
        welcome: &[u8],
        encoding: Encoding,
    ) -> Delivery {
        self.attachment = Some(attachment);
        self.grant(welcome, encoding)
    }

    /// Puts what comes with the session at the end, however much it is.
    pub(super) fn grant(&mut self, payload: &[u8], encoding: Encoding) -> Delivery {
        if self.is_closed() {
            return Delivery::Closed;
        }
        frame::append(&mut self.frames, payload, encoding);
        self.granted = self.frames.len();
        Delivery::Taken
    }

    /// Puts a message at the end.
    pub(super) fn push(&mut self, payload: &[u8], encoding: Encoding) -> Delivery {
        if self.is_closed() || !self.has_room() {
            return Delivery::Closed;
        }
        frame::append(&mut self.frames, payload, encoding);
        Delivery::Taken
    }

    /// Puts a latest value at the end, instead of an older one: what was said before it stays
    /// before it.
    pub(super) fn replace(&mut self, kind: LatestKind, payload: Bytes) -> Delivery {
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
        let frames = self.frames.len() - self.granted;
        if in_flight + frames + self.latest_bytes < self.limit {
            return true;
        }
        self.clear();
        self.closing = Some(CloseCode::SlowReader);
        false
    }

    /// Nothing more after what waits already.
    pub(super) fn close(&mut self, code: CloseCode) -> Delivery {
        if self.is_closed() {
            return Delivery::Closed;
        }
        self.closing = Some(code);
        Delivery::Taken
    }

    /// Moves all that waits behind what is in `out`.
    pub(super) fn take(&mut self, out: &mut Vec<u8>, encoding: Encoding) {
        if !self.latest.is_empty() {
            self.take_merged(out, encoding);
        } else if out.is_empty() {
            *out = std::mem::take(&mut self.frames);
        } else {
            out.append(&mut self.frames);
        }
        self.granted = 0;
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
        self.granted = 0;
        self.latest = Vec::new();
        self.latest_bytes = 0;
    }
}
