//! Requests that wait for their answers.

use std::collections::BTreeMap;

use switchboard_protocol::{ClientBody, ClientMessage, Encoding, OkAnswer};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::RequestError;
use crate::socket::{Frame, encode_frame};

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<OkAnswer, RequestError>>;

/// A request and who waits for it.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) body: ClientBody,
    frame: Frame,
    reply: Reply,
    deadline: Instant,
    sent: bool,
}

/// All that wait, by `ref`. One time-out for all makes the oldest the first to run out.
#[derive(Debug)]
pub(crate) struct Requests {
    encoding: Encoding,
    last: i64,
    waiting: BTreeMap<i64, Waiting>,
}

impl Requests {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, last: 0, waiting: BTreeMap::new() }
    }

    /// The next `ref`. They rise for the client's whole life, over all its sessions.
    pub(crate) fn next_reference(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// One more, not sent yet.
    pub(crate) fn add(&mut self, body: ClientBody, reply: Reply, deadline: Instant) {
        let reference = self.next_reference();
        let message = ClientMessage { body, reference: Some(reference) };
        match encode_frame(&message, self.encoding) {
            Ok(frame) => {
                let body = message.body;
                let waiting = Waiting { body, frame, reply, deadline, sent: false };
                self.waiting.insert(reference, waiting);
            }
            Err(_) => drop(reply.send(Err(RequestError::Unwritable))),
        }
    }

    /// What is to be written now; it counts as sent.
    pub(crate) fn unsent(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        // New ones are at the end.
        for waiting in self.waiting.values_mut().rev().take_while(|waiting| !waiting.sent) {
            waiting.sent = true;
            frames.push(waiting.frame.clone());
        }
        frames.reverse();
        frames
    }

    /// The answer to one came. What was asked, if anybody still waits.
    pub(crate) fn answer(
        &mut self,
        reference: Option<i64>,
        answer: Result<OkAnswer, RequestError>,
    ) -> Option<ClientBody> {
        let waiting = self.waiting.remove(&reference?)?;
        let _ = waiting.reply.send(answer);
        Some(waiting.body)
    }

    /// The session goes on: what was sent is sent again, the server carries it out once.
    pub(crate) fn resend(&mut self) {
        self.waiting.values_mut().for_each(|waiting| waiting.sent = false);
    }

    /// The session is gone: nobody knows what became of those that were sent.
    pub(crate) fn fail_sent(&mut self) {
        for (_, waiting) in self.waiting.extract_if(.., |_, waiting| waiting.sent) {
            let _ = waiting.reply.send(Err(RequestError::SessionLost));
        }
    }

    /// The client ends.
    pub(crate) fn fail_all(&mut self) {
        while let Some((_, waiting)) = self.waiting.pop_first() {
            let error = if waiting.sent { RequestError::SessionLost } else { RequestError::Ended };
            let _ = waiting.reply.send(Err(error));
        }
    }

    /// When the next one runs out.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, waiting)| waiting.deadline)
    }

    /// Tells those whose time is up.
    pub(crate) fn expire(&mut self, now: Instant) {
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            if let Some((_, waiting)) = self.waiting.pop_first() {
                let _ = waiting.reply.send(Err(RequestError::TimedOut));
            }
        }
    }
}
