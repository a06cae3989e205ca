//! One task for each workspace: its mailbox gives its messages one order, its state is nobody
//! else's.
//!
//! A panic is caught here: the sockets are told to come back, the state is dropped and loaded
//! again from the journal, and other workspaces never notice. Three in a minute, and the
//! workspace is quarantined: its calls are refused, and nothing loops.

mod census;
mod hello;
mod limits;
mod live;
mod message;
mod notify;
mod opening;
mod positions;
mod questions;
mod requests;
mod retention;
mod stream;
#[cfg(test)]
mod tests;
mod tokens;
mod totals;
mod worker;

pub(crate) use message::{Message, Stop};

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use switchboard_journal::{Append, Entry, Notify, Store};
use switchboard_protocol::{CloseCode, ErrorCode, model::WorkspaceStatus};
use switchboard_routing::{Command, Timestamp, WorkspaceId};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::{ask::ApiError, convert::ToWire, node::Node, registry::Stats, seam::ToWorkspace};
use worker::{Broken, Worker};

/// How many messages are carried out before what they did is written and released.
const BATCH: usize = 64;
/// So many panics within [`PANIC_WINDOW`] quarantine a workspace.
const PANICS: usize = 3;
const PANIC_WINDOW: Duration = Duration::from_secs(60);
/// A workspace in which nothing can happen is unloaded after so long.
const IDLE: Duration = Duration::from_secs(300);

/// What an actor is made of.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) id: WorkspaceId,
    pub(crate) node: Arc<Node>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) entry: Entry,
    pub(crate) stats: Arc<Stats>,
    /// Whether it slept, and so stands among the node's workspaces already.
    pub(crate) woken: bool,
    /// The actor's own mailbox, for what the journal reports.
    pub(crate) mailbox: mpsc::WeakSender<Message>,
}

/// Why an actor's task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was told to.
    Stopped,
    /// Nothing can happen in it: it can be loaded again when somebody asks.
    Idle,
}

/// Runs a workspace until it is told to stop or has nothing to do. `unload` is asked when it has
/// been idle: it answers whether nobody can be sending to it any more.
pub(crate) async fn run(
    spec: Spec,
    mut inbox: mpsc::Receiver<Message>,
    unload: impl Fn(WorkspaceStatus) -> bool,
) -> Ended {
    let mut panics = VecDeque::new();
    let mut worker = load(&spec);
    if let Some(woken) = worker.as_ref().filter(|_| spec.woken) {
        // It was counted while it slept.
        woken.count_status(-1.0);
    }
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let deadline = match &worker {
            Some(worker) => worker.next_deadline(),
            None => Instant::now() + IDLE,
        };
        tokio::select! {
            biased;
            received = inbox.recv_many(&mut batch, BATCH) => if received == 0 {
                return Ended::Stopped;
            },
            () = sleep_until(deadline) => {}
        }
        spec.node.metrics.mailbox_depth.decrement(batch.len() as f64);
        let Some(current) = &mut worker else {
            refuse_all(&mut batch);
            worker = load_again(&spec, &mut panics);
            continue;
        };
        // The state is dropped after a panic, whatever it is then.
        let carried_out = catch_unwind(AssertUnwindSafe(|| current.carry_out(&mut batch)));
        match carried_out {
            Ok(Ok(Next::GoOn)) => {}
            Ok(Ok(Next::Stop(stop, done))) => {
                current.stop(stop);
                // Whoever waits for it may be gone.
                let _ = done.send(());
                spec.node.metrics.mailbox_depth.decrement(inbox.len() as f64);
                return Ended::Stopped;
            }
            Ok(Ok(Next::Idle)) if unload(current.core.config().status.to_wire()) => {
                current.fall_asleep();
                return Ended::Idle;
            }
            // Somebody holds its mailbox still.
            Ok(Ok(Next::Idle)) => current.last_asked = Instant::now(),
            Ok(Err(Broken(outcome))) => {
                tracing::error!(workspace = %spec.id, ?outcome, "an append failed: loading again");
                worker = start_over(&spec, worker);
            }
            Err(_) => {
                spec.node.metrics.invariant_violations.increment(1);
                tracing::error!(workspace = %spec.id, "a panic: loading again");
                panics.push_back(Instant::now());
                drop(retire(worker));
                worker = load_again(&spec, &mut panics);
            }
        }
        batch.clear();
    }
}

fn load(spec: &Spec) -> Option<Worker> {
    let (mailbox, depth) = (spec.mailbox.clone(), spec.node.metrics.mailbox_depth.clone());
    let notify: Notify = Arc::new(move |position, outcome: Append| {
        let Some(mailbox) = mailbox.upgrade() else { return };
        match mailbox.try_send(Message::Committed { position, outcome }) {
            Ok(()) => depth.increment(1),
            Err(error) => tracing::error!(%error, "a commit could not be reported"),
        }
    });
    let claim = match spec.store.claim(&spec.id, notify) {
        Ok(claim) => claim,
        Err(error) => {
            tracing::error!(workspace = %spec.id, %error, "cannot be loaded");
            return None;
        }
    };
    let (id, node) = (spec.id.clone(), spec.node.clone());
    let mut worker =
        Worker::load(id, node, spec.store.clone(), spec.entry.clone(), spec.stats.clone(), claim);
    worker.begin();
    Some(worker)
}

/// Drops a state that is ahead of what is safe, and loads what is.
fn start_over(spec: &Spec, old: Option<Worker>) -> Option<Worker> {
    drop(retire(old));
    load(spec)
}

/// Closes a state's sockets, to come back, and takes it out of the metrics.
fn retire(old: Option<Worker>) -> Option<Worker> {
    let mut old = old?;
    let retired = catch_unwind(AssertUnwindSafe(|| old.retire(CloseCode::WorkspaceMoved)));
    if retired.is_err() {
        tracing::error!("a broken workspace could not be taken apart");
    }
    Some(old)
}

/// Loads a workspace again after a panic, unless there were too many.
fn load_again(spec: &Spec, panics: &mut VecDeque<Instant>) -> Option<Worker> {
    while panics.front().is_some_and(|first| first.elapsed() > PANIC_WINDOW) {
        panics.pop_front();
    }
    if panics.len() >= PANICS {
        tracing::error!(workspace = %spec.id, "quarantined after {PANICS} panics in a minute");
        return None;
    }
    catch_unwind(AssertUnwindSafe(|| load(spec))).unwrap_or_else(|_| {
        panics.push_back(Instant::now());
        None
    })
}

/// Answers whoever asks a workspace that is not served.
fn refuse_all(batch: &mut Vec<Message>) {
    for message in batch.drain(..) {
        match message {
            Message::Ask { reply, .. } => {
                let detail = "the workspace is out of order; its operator knows";
                let _ = reply.send(Err(ApiError::new(ErrorCode::Internal, detail)));
            }
            Message::Socket { link: Some(link), .. } => {
                link.deliver(crate::seam::ToConnection::Close(CloseCode::WorkspaceMoved));
            }
            Message::Stop { done, .. } => {
                let _ = done.send(());
            }
            Message::Socket { .. } | Message::Committed { .. } => {}
        }
    }
}

/// How an actor goes on after a batch.
#[derive(Debug)]
pub(crate) enum Next {
    GoOn,
    Idle,
    Stop(Stop, oneshot::Sender<()>),
}

impl Worker {
    /// Takes a loaded workspace up: nobody is connected, and whoever was is lost since now.
    fn begin(&mut self) {
        self.census.load(&self.core, &self.node.metrics);
        self.count_status(1.0);
        if self.core.position() > 0 {
            self.step_as_engine(Command::Recover);
        }
        self.last_asked = Instant::now();
    }

    /// Carries out what came in and what is due, writes it, and releases what depends on it.
    fn carry_out(&mut self, batch: &mut Vec<Message>) -> Result<Next, Broken> {
        let mut next = Next::GoOn;
        if !batch.is_empty() {
            self.last_asked = Instant::now();
        }
        // What is overdue happened before what is said now: a grace that is over is over.
        self.tick_if_due();
        for message in batch.drain(..) {
            match message {
                Message::Socket { message, link, arrived } => self.hear(message, link, arrived),
                Message::Ask { caller, question, reply, arrived } => {
                    self.question(caller, question, reply, arrived);
                }
                Message::Committed { position, outcome } => self.committed(position, outcome)?,
                Message::Stop { stop, done } => next = Next::Stop(stop, done),
            }
        }
        self.due();
        self.commit()?;
        self.report();
        if matches!(next, Next::GoOn) && self.is_idle() {
            next = Next::Idle;
        }
        Ok(next)
    }

    fn hear(
        &mut self,
        message: ToWorkspace,
        link: Option<Arc<dyn crate::seam::Link>>,
        arrived: Instant,
    ) {
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
        let now = self.node.clock.now();
        self.tick_if_due();
        while let Some((_, session_id, generation)) =
            self.expiring.pop_front_if(|(until, ..)| *until <= now)
        {
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
        let now = self.node.clock.now();
        if self.core.next_deadline().is_some_and(|(at, _)| at <= now) {
            self.step_as_engine(Command::Tick);
        }
    }

    /// When this actor next has something to do by itself.
    fn next_deadline(&self) -> Instant {
        let times = [
            self.core.next_deadline().map(|(at, _)| at),
            self.expiring.front().map(|(until, ..)| *until),
            self.warnings.first().map(|(at, _)| *at),
            self.tokens.first().map(|(at, _)| *at),
            self.positions.deadline(),
            self.live.deadline(),
        ];
        let first: Option<Timestamp> = times.into_iter().flatten().min();
        match first {
            Some(at) => self.node.clock.instant_of(at),
            None if self.core.is_dormant() => self.last_asked + IDLE,
            None => Instant::now() + IDLE,
        }
    }

    fn is_idle(&self) -> bool {
        self.core.is_dormant() && self.last_asked.elapsed() >= IDLE
    }

    /// What the node knows of this workspace without asking it.
    fn report(&self) {
        let queued: usize = self.core.departments().map(|d| d.queued()).sum();
        let oldest = self.core.departments().filter_map(|d| d.waiting_since()).min();
        self.stats.queued.store(queued as u64, Ordering::Relaxed);
        self.stats.oldest_since.store(oldest.map_or(0, |at| at.0), Ordering::Relaxed);
    }

    /// Saves everything before it is unloaded. It is still one of the node's workspaces.
    fn fall_asleep(&mut self) {
        self.snapshot();
        self.stats.clear();
        self.census.retire(&self.node.metrics);
    }

    fn stop(&mut self, stop: Stop) {
        if stop == Stop::Drain {
            self.snapshot();
        }
        self.retire(match stop {
            Stop::Drain => CloseCode::GoingAway,
            Stop::Erased => CloseCode::Removed,
        });
    }

    /// Closes every socket, and takes the workspace out of the metrics.
    fn retire(&mut self, code: CloseCode) {
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
