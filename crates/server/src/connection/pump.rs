//! Moves a socket's bytes both ways: reads the peer's frames, writes what waits in the outbox.
//!
//! One task, no halves. Everything that waits goes out in one write. While that is stuck nothing
//! is read, so that a peer that talks without listening fills its own buffers and not ours.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::{
    ending::Ending,
    outbox::{Attachment, Outbox},
    socket::{Incoming, Socket, Stream},
};

/// How long a write may be stuck.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// How many frames are read before answers are written.
const READS_PER_WRITE: u8 = 16;

/// See the module.
#[derive(Debug)]
pub(crate) struct Pump<S = TcpStream> {
    pub(crate) socket: Socket<S>,
    pub(crate) outbox: Arc<Outbox>,
    /// There while a write is stuck; a timer only then.
    stuck: Option<Pin<Box<Sleep>>>,
    reads: u8,
}

impl<S: Stream> Pump<S> {
    /// Moves the bytes between a socket and its outbox.
    pub(crate) fn new(socket: Socket<S>, outbox: Arc<Outbox>) -> Self {
        Self { socket, outbox, stuck: None, reads: 0 }
    }

    /// The peer's next frame, while everything that waits is written; or the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Ending>> {
        self.outbox.register(cx.waker());
        if self.stuck.is_some() && self.poll_write(cx)?.is_pending() {
            return Poll::Pending;
        }
        loop {
            if self.reads < READS_PER_WRITE
                && let Poll::Ready(frame) = self.socket.poll_next(cx)?
            {
                self.reads += 1;
                self.outbox.heard();
                return Poll::Ready(Ok(frame));
            }
            let may_be_more = self.reads == READS_PER_WRITE;
            self.reads = 0;
            if self.poll_write(cx)?.is_pending() || !may_be_more {
                return Poll::Pending;
            }
        }
    }

    /// Writes until there is a session or an end, and reads nothing.
    pub(crate) fn poll_attached(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Attachment, Ending>> {
        self.outbox.register(cx.waker());
        let _ = self.poll_write(cx)?;
        match self.outbox.attachment() {
            Some(attachment) => Poll::Ready(Ok(attachment)),
            None => Poll::Pending,
        }
    }

    /// Writes all that waits; ready once there is nothing left.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ending>> {
        loop {
            if self.socket.poll_flush(cx)?.is_pending() {
                return self.poll_stuck(cx).map(Err);
            }
            self.stuck = None;
            if let Some(code) = self.outbox.take(self.socket.out()) {
                return Poll::Ready(Err(Ending::Close(code)));
            }
            if self.socket.out().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// A write is stuck: ready when that took too long, or when there is no point in waiting.
    fn poll_stuck(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        if let Some(code) = self.outbox.closing() {
            return Poll::Ready(Ending::Close(code));
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(WRITE_TIME)));
        stuck.as_mut().poll(cx).map(|()| Ending::Stuck)
    }

    /// Puts what still waits behind what is being written, where the peer shall have it.
    pub(crate) fn take_rest(&mut self, ending: &Ending) {
        let mut dropped = Vec::new();
        let told = ending.hears_the_rest();
        self.outbox.take(if told { self.socket.out() } else { &mut dropped });
    }

    /// The socket alone.
    pub(crate) fn into_socket(self) -> Socket<S> {
        self.socket
    }
}
