//! A turn of the actor: what came in and what is due is carried out, written, and released.

use std::sync::Arc;

use switchboard_protocol::CloseCode;
use switchboard_routing::Command;
use tokio::{sync::oneshot, time::Instant};

use super::{
    IDLE,
    commit::{Broken, Effect},
    hello::RESUME_WINDOW_MS,
    message::{Message, Stop},
    worker::Worker,
};
use crate::{
    convert::ToWire,
    seam::{Link, ToWorkspace},
};

/// How an actor goes on after a batch.
#[derive(Debug)]
pub(crate) enum Next {
    GoOn,
    Idle,
    Stop(Stop, oneshot::Sender<()>),
}

impl Worker {
    /// Takes a loaded workspace up: nobody is connected, and whoever was is lost since now.
    pub(super) fn begin(&mut self) {
        self.recall_sessions();
        self.census.load(&self.core, &self.node.metrics);
        self.count_status(1.0);
        // Of one that slept nobody is lost: nobody was there.
        if self.core.position() > 0 && !self.core.is_dormant() {
            self.step_as_engine(Command::Recover);
        }
        // Only now: those who were there before are known to be gone.
        self.recall_hours();
        self.keep_hours();
        // What was asked of the state before may not have been published.
        self.effect(Effect::Publish(Arc::clone(&self.profiles.site)));
        self.resume_mails();
        self.last_asked = Instant::now();
    }

    /// Carries out what came in and what is due, writes it, and releases what depends on it.
    pub(super) fn carry_out(&mut self, batch: &mut Vec<Message>) -> Result<Next, Broken> {
        let mut next = Next::GoOn;
        if !batch.is_empty() {
            self.last_asked = Instant::now();
        }
        // What is overdue happened before what is said now: a grace that is over is over.
        self.keep_hours();
        self.tick_if_due();
        for message in batch.drain(..) {
            match message {
                Message::Socket { message, link, arrived } => self.hear(message, link, arrived),
                Message::Ask { asking, question, reply, arrived } => {
                    self.question(*asking, question, reply, arrived);
                }
                Message::Stop { stop, done } => next = Next::Stop(stop, done),
            }
        }
        self.due();
        self.report();
        self.commit()?;
        if matches!(next, Next::GoOn) && self.is_idle() {
            next = Next::Idle;
        }
        Ok(next)
    }

    fn hear(&mut self, message: ToWorkspace, link: Option<Arc<dyn Link>>, arrived: Instant) {
        match (message, link) {
            (ToWorkspace::Hello(hello), Some(link)) => self.hello(*hello, link),
            (ToWorkspace::Hello(_), None) => tracing::error!("a hello without a link"),
            (ToWorkspace::Request { session_id, generation, reference, body }, _) => {
                self.request(&session_id, generation, reference, body, arrived);
            }
            (ToWorkspace::Renewed { session_id, generation, reference, claims }, _) => {
                self.renewed(&session_id, generation, reference, claims);
            }
            (ToWorkspace::Lost { session_id, generation }, _) => {
                self.lost(&session_id, generation);
            }
        }
    }

    /// Does whatever is due by the time.
    fn due(&mut self) {
        let now = self.clock.now();
        self.keep_hours();
        self.tick_if_due();
        while self.expiring.first().is_some_and(|(until, ..)| *until <= now) {
            let Some((_, session_id, generation)) = self.expiring.pop_first() else { break };
            let stream = self.streams.find(&session_id);
            if stream.is_some_and(|s| s.link.is_none() && s.generation == generation) {
                self.end_session(&session_id, None);
            }
        }
        self.check_tokens();
        self.forget_old();
        self.tell_departments();
        self.tell_positions();
        self.tell_live();
    }

    fn tick_if_due(&mut self) {
        let now = self.clock.now();
        if self.core.next_deadline().is_some_and(|(at, _)| at <= now) {
            self.step_as_engine(Command::Tick);
        }
    }

    /// When this actor next has something to do by itself.
    pub(super) fn next_deadline(&self) -> Instant {
        let own = [
            self.core.next_deadline().map(|(at, _)| at),
            self.expiring.first().map(|(until, ..)| *until),
            self.positions.deadline(),
            self.live.deadline(),
        ];
        let by_the_node = [
            self.warnings.first().map(|(at, _)| *at),
            self.tokens.first().map(|(at, _)| *at),
            self.timetable.deadline(),
        ];
        let own = own.into_iter().flatten().min().map(|at| self.clock.instant_of(at));
        let by_the_node = by_the_node.into_iter().flatten().min();
        let by_the_node = by_the_node.map(|at| self.node.clock.instant_of(at));
        // What is due later than that need not keep it in memory.
        let first = own.into_iter().chain(by_the_node).chain(self.sleeps_at()).min();
        first.unwrap_or_else(|| Instant::now() + IDLE)
    }

    /// From when on it need not be in memory. Who waits is seen by the node, and what happened in
    /// the last hour by the live view: neither is forgotten.
    fn sleeps_at(&self) -> Option<Instant> {
        let is_quiet = self.core.is_dormant()
            && self.core.queued() == 0
            && !self.is_unsafe()
            && self.streams.live().next().is_none();
        if !is_quiet || self.has_mails_waiting() {
            return None;
        }
        let idle = self.last_asked + IDLE;
        let counted = self.live.quiet_at().map(|at| self.clock.instant_of(at));
        Some(counted.map_or(idle, |counted| counted.max(idle)))
    }

    fn is_idle(&self) -> bool {
        self.sleeps_at().is_some_and(|at| at <= Instant::now())
    }

    /// What the node shows of this workspace without asking it: shown before the answers are.
    fn report(&mut self) {
        let summary = std::mem::take(&mut self.summary_stirred)
            .then(|| Box::new(self.view().workspace(self.id.as_str(), &self.entry.site_key)));
        self.effect_first(Effect::Report {
            queued: self.core.queued() as u64,
            oldest_since: self.core.waiting_since().map_or(0, |at| at.0),
            summary,
        });
    }

    /// Sessions that were there before are without a socket, and can be resumed for a while.
    fn recall_sessions(&mut self) {
        let until = self.now().plus_ms(RESUME_WINDOW_MS);
        let known = self.streams.all().map(|(id, stream)| (until, id.clone(), stream.generation));
        self.expiring.extend(known);
    }

    /// Waits until all that was appended has an outcome.
    pub(super) fn settle(&mut self) {
        self.writer.settle();
    }

    /// Saves everything before it is unloaded. It is still one of the node's workspaces.
    pub(super) fn fall_asleep(&mut self) {
        self.snapshot();
        *self.stats.dozing.lock() = self.census.doze();
        self.stats.clear();
    }

    pub(super) fn stop(&mut self, stop: Stop) {
        if stop == Stop::Drain {
            self.snapshot();
        }
        self.retire(match stop {
            Stop::Drain => CloseCode::GoingAway,
            Stop::Erased => CloseCode::Removed,
        });
    }

    /// Closes every socket, and takes the workspace out of the metrics.
    pub(super) fn retire(&mut self, code: CloseCode) {
        self.close_all(code);
        for (_, stream) in self.streams.live() {
            self.session_gauge(&stream.person).decrement(1);
        }
        self.stats.clear();
        self.census.retire(&self.node.metrics);
        self.count_status(-1.0);
    }

    pub(crate) fn count_status(&self, by: f64) {
        self.node.metrics.workspaces(self.core.config().status.to_wire()).increment(by);
    }
}
