//! Nothing is seen before it is safe: what others see waits here for the journal.

use std::sync::{Arc, atomic::Ordering};

use switchboard_journal::{Append, Site, Stored};
use switchboard_protocol::{CloseCode, ErrorCode, ServerMessage, model};
use switchboard_routing::SessionId;
use tokio::time::Instant;

use super::{message::ReplyTo, session_log::SessionLog, worker::Worker};
use crate::{
    ask::{Answer, ApiError},
    mail::{Mail, Outcome, Report},
    seam::{Delivery, LatestKind, Link, SharedMessage, ToConnection},
};

/// Something that others see. None happens before what it depends on is safe.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A message for a socket.
    Deliver(Arc<dyn Link>, ToConnection),
    /// A part of the live view for a watcher.
    Watch(SessionId, Arc<dyn Link>, SharedMessage),
    /// An answer to HTTP.
    Reply(ReplyTo, Result<Answer, ApiError>),
    /// A mail is to be sent.
    Mail(Outgoing),
    /// What must be known of the workspace before it is loaded is this.
    Publish(Arc<Site>),
    /// What the node shows of this workspace without asking it.
    Report { queued: u64, oldest_since: u64, summary: Option<Box<model::Workspace>> },
    /// An assignment reached its agent's outbox: how long after the conversation's arrival.
    Latency(Instant),
}

/// A mail, and who is told what becomes of it.
pub(crate) struct Outgoing {
    pub(crate) mail: Mail,
    pub(crate) report: Report,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outgoing")
    }
}

/// When to ask again what could not be written.
const RETRY_MS: u64 = 1_000;

/// The `ref` of a request that was done or refused.
fn answered(message: &ServerMessage) -> Option<i64> {
    match message {
        ServerMessage::Ok(_) | ServerMessage::Error(_) => message.reference(),
        _ => None,
    }
}

/// The append failed, or nobody knows: memory is ahead of what is safe, and must be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) Append);

/// What waits for an append.
#[derive(Debug)]
pub(crate) struct Held {
    /// Which: the writer's appends that are pending are counted.
    append: u64,
    /// Position of the last event that is written with it.
    position: u64,
    /// Number of the last change that is noted with it.
    audited: u64,
    effects: Vec<Effect>,
    begun: Instant,
}

/// So many appends may be pending; until then nothing more is taken in.
pub(super) const PENDING: usize = 1_024;

impl Worker {
    /// Writes what the steps since the last commit did, and releases what depends on it.
    ///
    /// # Errors
    /// Where it is not known to be written: nothing of it was shown to anyone.
    pub(crate) fn commit(&mut self) -> Result<(), Broken> {
        let effects = std::mem::take(&mut self.effects);
        self.finish_hours();
        self.batch.sessions = self.session_log.take();
        if self.batch.is_empty() {
            match self.held.back_mut() {
                // What was seen may still be undone: it waits for it.
                Some(held) => held.effects.extend(effects),
                None => self.release(effects),
            }
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let (begun, position) = (Instant::now(), self.core.position());
        let audited = self.profiles.audited;
        match self.writer.append(batch) {
            Append::Done => {
                self.node.metrics.journal_commit.record(begun.elapsed().as_secs_f64());
                self.written(position, audited);
                self.release(effects);
                self.snapshot_if_due();
                Ok(())
            }
            Append::Pending => {
                self.appended += 1;
                let append = self.appended;
                self.held.push_back(Held { append, position, audited, effects, begun });
                Ok(())
            }
            failed => {
                self.effects = effects;
                Err(Broken(failed))
            }
        }
    }

    /// Whether so much waits for the store that nothing more should be taken in.
    pub(crate) fn is_behind(&self) -> bool {
        self.held.len() >= PENDING
    }

    /// Whether something waits for the store.
    pub(crate) fn is_unsafe(&self) -> bool {
        !self.held.is_empty()
    }

    /// Appends that were pending have an outcome.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(crate) fn committed(&mut self, append: u64, outcome: Append) -> Result<(), Broken> {
        if outcome != Append::Done {
            return Err(Broken(outcome));
        }
        while let Some(held) = self.held.pop_front_if(|held| held.append <= append) {
            self.node.metrics.journal_commit.record(held.begun.elapsed().as_secs_f64());
            self.written(held.position, held.audited);
            self.run(held.effects);
        }
        if self.held.is_empty() {
            self.parting.clear();
        }
        self.snapshot_if_due();
        Ok(())
    }

    /// Tells whoever asked something that was not written that it came to nothing.
    pub(super) fn refuse_unwritten(&mut self) {
        let held = self.held.drain(..).flat_map(|held| held.effects);
        let effects = held.chain(std::mem::take(&mut self.effects)).collect::<Vec<_>>();
        let detail = "this could not be written; ask again";
        for effect in effects {
            match effect {
                Effect::Deliver(link, ToConnection::Message(message)) => {
                    if let Some(reference) = answered(&message) {
                        let mut error =
                            ServerMessage::error(Some(reference), ErrorCode::Internal, detail);
                        if let ServerMessage::Error(error) = &mut error {
                            error.retry_after_ms = Some(RETRY_MS);
                        }
                        link.deliver(ToConnection::Message(error));
                    }
                }
                Effect::Reply(reply, _) => {
                    let error = ApiError::new(ErrorCode::Internal, detail);
                    let error = ApiError { retry_after_ms: Some(RETRY_MS), ..error };
                    // Who asked may be gone.
                    let _ = reply.send(Err(error));
                }
                _ => {}
            }
        }
    }

    /// Everything so far is safe: shows it, and forgets the sockets that were to be closed.
    fn release(&mut self, effects: Vec<Effect>) {
        self.parting.clear();
        self.run(effects);
    }

    fn run(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Deliver(link, message) => {
                    link.deliver(message);
                }
                Effect::Watch(session_id, link, message) => {
                    if link.deliver(ToConnection::Latest(LatestKind::Live, message))
                        == Delivery::Replaced
                    {
                        self.live.fell_behind(&session_id);
                    }
                }
                Effect::Reply(reply, answer) => {
                    // Who asked may be gone.
                    let _ = reply.send(answer);
                }
                Effect::Mail(Outgoing { mail, report }) => {
                    if let Err(error) = self.node.mailer.send(mail, report.clone()) {
                        report(Outcome::Failed { reason: error.to_string() });
                    }
                }
                Effect::Publish(site) => self.store.publish(self.id.as_str(), site),
                Effect::Report { queued, oldest_since, summary } => {
                    self.stats.queued.store(queued, Ordering::Relaxed);
                    self.stats.oldest_since.store(oldest_since, Ordering::Relaxed);
                    if let Some(summary) = summary {
                        *self.stats.summary.lock() = Some(*summary);
                    }
                }
                Effect::Latency(arrived) => {
                    self.node.metrics.routing_latency.record(arrived.elapsed().as_secs_f64());
                }
            }
        }
    }

    /// Stores a snapshot once replaying would cost more than a few times the state itself.
    fn snapshot_if_due(&mut self) {
        const EVERY: u64 = 10_000;
        let size = self.core.seats() as usize + self.core.conversation_count();
        if self.writer.since_snapshot() > EVERY.max(4 * size as u64) {
            self.snapshot();
        }
    }

    /// Stores a snapshot.
    pub(crate) fn snapshot(&mut self) {
        let begun = Instant::now();
        let stored = Stored {
            snapshot: self.core.snapshot(),
            histories: self.histories.clone(),
            figures: Some(self.figures.clone()),
            sessions: Some(SessionLog::whole(&self.streams)),
            dormant: self.core.is_dormant() && self.core.queued() == 0,
        };
        if let Err(error) = self.writer.snapshot(stored) {
            tracing::warn!(workspace = %self.id, %error, "the snapshot failed; the log is intact");
        }
        tracing::debug!(workspace = %self.id, took = ?begun.elapsed(), "took a snapshot");
    }

    /// Closes every socket. Nothing is told of it to the core.
    pub(crate) fn close_all(&mut self, code: CloseCode) {
        let live = self.streams.live().filter_map(|(_, stream)| stream.link.as_ref());
        for link in live.chain(&self.parting) {
            link.deliver(ToConnection::Close(code));
        }
    }

    /// Something that is to happen once all of this is safe.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The same, before whatever else is to happen.
    pub(crate) fn effect_first(&mut self, effect: Effect) {
        self.effects.insert(0, effect);
    }

    /// Closes a socket whose session is over. Should the step behind it be undone, it is closed
    /// all the same: nobody else knows it any more.
    pub(crate) fn part(&mut self, link: Arc<dyn Link>, code: CloseCode) {
        self.deliver(&link, ToConnection::Close(code));
        self.parting.push(link);
    }
}
