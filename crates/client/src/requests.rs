//! Requests that wait for their answers.

use std::collections::{BTreeMap, VecDeque};

use switchboard_protocol::{ClientBody, ClientMessage, Encoding, OkAnswer};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::RequestError;
use crate::socket::{Frame, encode_frame};

/// How many are on their way at most: the server keeps so many answers for those that are sent
/// again, and no more.
const IN_FLIGHT: usize = 64;

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<OkAnswer, RequestError>>;

/// A request and who waits for it.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) body: ClientBody,
    frame: Frame,
    reply: Reply,
    deadline: Instant,
}

/// All that wait, by `ref`. One time-out for all makes the oldest the first to run out.
#[derive(Debug)]
pub(crate) struct Requests {
    encoding: Encoding,
    last: i64,
    waiting: BTreeMap<i64, Waiting>,
    /// Those that are not sent yet, the oldest first: all behind those that are.
    unsent: VecDeque<i64>,
}

impl Requests {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, last: 0, waiting: BTreeMap::new(), unsent: VecDeque::new() }
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
                self.waiting.insert(reference, Waiting { body, frame, reply, deadline });
                self.unsent.push_back(reference);
            }
            Err(_) => drop(reply.send(Err(RequestError::Unwritable))),
        }
    }

    /// What is to be written now; it counts as sent.
    pub(crate) fn unsent(&mut self) -> Vec<Frame> {
        let in_flight = self.waiting.len() - self.unsent.len();
        let room = IN_FLIGHT.saturating_sub(in_flight).min(self.unsent.len());
        let next = self.unsent.drain(..room);
        next.filter_map(|reference| Some(self.waiting.get(&reference)?.frame.clone())).collect()
    }

    /// The answer to one came. What was asked, if anybody still waits.
    pub(crate) fn answer(
        &mut self,
        reference: Option<i64>,
        answer: Result<OkAnswer, RequestError>,
    ) -> Option<ClientBody> {
        let waiting = self.take(reference?)?;
        let _ = waiting.reply.send(answer);
        Some(waiting.body)
    }

    fn take(&mut self, reference: i64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&reference)?;
        if let Ok(place) = self.unsent.binary_search(&reference) {
            self.unsent.remove(place);
        }
        Some(waiting)
    }

    /// The session goes on: what was sent is sent again, the server carries it out once.
    pub(crate) fn resend(&mut self) {
        self.unsent = self.waiting.keys().copied().collect();
    }

    /// The session is gone: nobody knows what became of those that were sent. What has a key is
    /// sent again where it is the same person who asks, the server carries it out once.
    pub(crate) fn session_lost(&mut self, same_person: bool) {
        self.fail_sent_unless(|body| same_person && has_key(body));
        self.resend();
    }

    /// Those that were sent are not sent again.
    pub(crate) fn fail_sent(&mut self) {
        self.fail_sent_unless(|_| false);
    }

    fn fail_sent_unless(&mut self, keep: impl Fn(&ClientBody) -> bool) {
        let first_unsent = self.unsent.front().copied().unwrap_or(i64::MAX);
        let gone = |_: &i64, waiting: &mut Waiting| !keep(&waiting.body);
        for (_, waiting) in self.waiting.extract_if(..first_unsent, gone) {
            let _ = waiting.reply.send(Err(RequestError::SessionLost));
        }
    }

    /// The client ends.
    pub(crate) fn fail_all(&mut self) {
        self.fail_sent();
        self.unsent.clear();
        while let Some((_, waiting)) = self.waiting.pop_first() {
            let _ = waiting.reply.send(Err(RequestError::Ended));
        }
    }

    /// When the next one runs out.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, waiting)| waiting.deadline)
    }

    /// Tells those whose time is up.
    pub(crate) fn expire(&mut self, now: Instant) {
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            let oldest = self.waiting.first_key_value().map(|(reference, _)| *reference);
            if let Some(waiting) = oldest.and_then(|reference| self.take(reference)) {
                let _ = waiting.reply.send(Err(RequestError::TimedOut));
            }
        }
    }
}

/// Whether it is the same request in any session of the same person.
fn has_key(body: &ClientBody) -> bool {
    matches!(body, ClientBody::ConversationOpen(open) if open.key.is_some())
}
