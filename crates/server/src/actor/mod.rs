//! One task for each workspace: its mailbox gives its messages one order, its state is nobody
//! else's.
//!
//! A panic is caught here: the sockets are told to come back, the state is dropped and loaded
//! again from the journal, and other workspaces never notice. Three in a minute, and the
//! workspace is quarantined: its calls are refused, and nothing loops.

mod archive;
mod census;
mod comments;
mod commit;
mod conversations;
mod hello;
mod history;
mod hours;
mod limits;
mod live;
mod message;
mod notify;
mod opening;
mod positions;
mod questions;
mod requests;
mod retention;
mod session_log;
mod stream;
#[cfg(test)]
mod tests;
mod tokens;
mod totals;
mod turn;
mod worker;

pub(crate) use archive::Hours;
pub(crate) use census::Dozing;
pub(crate) use message::{Message, Stop};

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use switchboard_journal::{Append, Entry, Notify, Store};
use switchboard_protocol::{CloseCode, ErrorCode};
use switchboard_routing::WorkspaceId;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::mpsc::{self, error::TrySendError},
    task::block_in_place,
    time::{Instant, sleep_until},
};

use crate::{ask::ApiError, node::Node, registry::Stats, seam::ToConnection};
use commit::Broken;
use turn::Next;
use worker::Worker;

/// How many messages are carried out before what they did is written and released.
const BATCH: usize = 64;
/// So many panics within [`PANIC_WINDOW`] quarantine a workspace.
const PANICS: usize = 3;
const PANIC_WINDOW: Duration = Duration::from_secs(60);
/// More than appends can be pending: a report always has room.
const REPORTS: usize = 2 * commit::PENDING;
/// What could not be written or loaded is tried again after so long.
const RETRY: Duration = Duration::from_millis(500);
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
}

/// What the journal reports: how many appends it is about, and what became of them. It has a way
/// of its own to the actor, which is never full.
type Report = (u64, Append);

/// What an actor asks of the map that it stands on.
pub(crate) trait Place: Send + Sync {
    /// Takes the actor off the map, if nobody can be sending to it any more; whether it did.
    fn unload(&self) -> bool;
    /// Takes the actor off the map: its workspace is gone.
    fn vanish(&self);
}

/// Why an actor's task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was told to, or its workspace is gone.
    Stopped,
    /// Nothing can happen in it: it can be loaded again when somebody asks.
    Idle,
}

/// Runs a workspace until it is told to stop or has nothing to do.
pub(crate) async fn run(
    spec: Spec,
    mut inbox: mpsc::Receiver<Message>,
    place: impl Place,
) -> Ended {
    let mut keeper = Keeper::new(spec);
    keeper.load();
    keeper.forget_sleep();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let (deadline, is_behind) = (keeper.next_deadline(), keeper.is_behind());
        tokio::select! {
            biased;
            Some(report) = keeper.reports.recv() => {
                keeper.committed(report);
                continue;
            }
            received = inbox.recv_many(&mut batch, BATCH), if !is_behind => if received == 0 {
                return Ended::Stopped;
            },
            () = sleep_until(deadline), if !is_behind => {}
            else => {
                // Nobody is left who could report.
                keeper.break_off(Broken(Append::Unknown));
                continue;
            }
        }
        let depth = &keeper.spec.node.metrics.mailbox_depth;
        depth.decrement(batch.len() as f64);
        match keeper.turn(&mut batch, &place) {
            None => {}
            Some(ended) => {
                keeper.spec.node.metrics.mailbox_depth.decrement(inbox.len() as f64);
                return ended;
            }
        }
        batch.clear();
    }
}

/// Keeps a workspace's state: loads it, drops it where it cannot be trusted, and stops trying.
struct Keeper {
    spec: Spec,
    /// None while the workspace cannot be served.
    worker: Option<Worker>,
    panics: VecDeque<Instant>,
    /// What the journal says of the state that is there now.
    reports: mpsc::Receiver<Report>,
    /// When to load again what could not be written or loaded.
    retry_at: Instant,
}

impl Keeper {
    fn new(spec: Spec) -> Self {
        let (_, reports) = mpsc::channel(1);
        let (panics, retry_at) = (VecDeque::new(), Instant::now());
        Self { spec, worker: None, panics, reports, retry_at }
    }

    /// One batch. What panics or fails in it costs this workspace's state and nobody else's.
    fn turn(&mut self, batch: &mut Vec<Message>, place: &impl Place) -> Option<Ended> {
        let Some(worker) = &mut self.worker else { return self.refuse_all(batch, place) };
        let carried_out = catch_unwind(AssertUnwindSafe(|| worker.carry_out(batch)));
        match carried_out {
            Ok(Ok(Next::GoOn)) => None,
            Ok(Ok(Next::Stop(stop, done))) => {
                if stop == Stop::Drain {
                    self.settle();
                }
                self.contain(|worker| worker.stop(stop));
                // Whoever waits for it may be gone.
                let _ = done.send(());
                Some(Ended::Stopped)
            }
            Ok(Ok(Next::Idle)) if place.unload() => {
                self.contain(Worker::fall_asleep);
                Some(Ended::Idle)
            }
            Ok(Ok(Next::Idle)) => {
                // Somebody holds its mailbox still.
                worker.last_asked = Instant::now();
                None
            }
            Ok(Err(broken)) => {
                self.break_off(broken);
                None
            }
            Err(_) => {
                self.count_panic();
                self.start_over();
                None
            }
        }
    }

    /// The journal says what became of appends.
    fn committed(&mut self, (append, outcome): Report) {
        let Some(worker) = &mut self.worker else { return };
        let released = catch_unwind(AssertUnwindSafe(|| worker.committed(append, outcome)));
        match released {
            Ok(Ok(())) => {}
            Ok(Err(broken)) => self.break_off(broken),
            Err(_) => {
                self.count_panic();
                self.start_over();
            }
        }
    }

    /// Waits until all that was appended is safe, or is not.
    fn settle(&mut self) {
        self.contain(|worker| without_blocking_others(|| worker.settle()));
        while let Ok(report) = self.reports.try_recv() {
            self.committed(report);
        }
    }

    /// What was done could not be written: nobody is told of it, and it is undone.
    fn break_off(&mut self, Broken(outcome): Broken) {
        if self.is_erased() {
            tracing::debug!(workspace = %self.spec.id, "it was erased");
        } else {
            tracing::error!(workspace = %self.spec.id, ?outcome, "an append failed");
            self.contain(Worker::refuse_unwritten);
        }
        // Where nothing at all could be written since it was loaded, it is not worth while yet.
        if self.worker.as_ref().is_some_and(|worker| !worker.has_written) {
            self.retry_at = Instant::now() + RETRY;
        }
        self.start_over();
    }

    fn is_behind(&self) -> bool {
        self.worker.as_ref().is_some_and(Worker::is_behind)
    }

    fn next_deadline(&self) -> Instant {
        self.worker
            .as_ref()
            .map_or_else(|| self.retry_at.max(Instant::now() + RETRY), Worker::next_deadline)
    }

    fn is_erased(&self) -> bool {
        self.spec.store.entry(self.spec.id.as_str()).is_none()
    }

    fn count_panic(&mut self) {
        self.spec.node.metrics.invariant_violations.increment(1);
        tracing::error!(workspace = %self.spec.id, "a panic");
        self.panics.push_back(Instant::now());
    }

    /// Does something with the state, where a panic costs the state alone.
    fn contain(&mut self, act: impl FnOnce(&mut Worker)) {
        let Some(worker) = &mut self.worker else { return };
        if catch_unwind(AssertUnwindSafe(|| act(worker))).is_err() {
            self.count_panic();
        }
    }

    /// Drops a state that cannot be trusted, and loads what the journal has. Its sockets are told
    /// to come back; those of a workspace that was erased, that it is gone.
    fn start_over(&mut self) {
        let code = if self.is_erased() { CloseCode::Removed } else { CloseCode::WorkspaceMoved };
        self.contain(|worker| worker.retire(code));
        self.worker = None;
        self.load();
    }

    /// Loads the workspace, unless it is erased or has panicked too often lately.
    fn load(&mut self) {
        while self.panics.front().is_some_and(|first| first.elapsed() > PANIC_WINDOW) {
            self.panics.pop_front();
        }
        if self.panics.len() >= PANICS {
            tracing::error!(workspace = %self.spec.id, "quarantined: {PANICS} panics in a minute");
            return;
        }
        if Instant::now() < self.retry_at {
            return;
        }
        let loaded =
            catch_unwind(AssertUnwindSafe(|| without_blocking_others(|| load(&self.spec))));
        match loaded {
            Ok(Some((worker, reports))) => {
                (self.worker, self.reports) = (Some(worker), reports);
            }
            Ok(None) => self.retry_at = Instant::now() + RETRY,
            Err(_) => self.count_panic(),
        }
    }

    /// Woken, the workspace was counted while it slept.
    fn forget_sleep(&self) {
        if let Some(worker) = self.worker.as_ref().filter(|_| self.spec.woken) {
            worker.count_status(-1.0);
            self.spec.stats.dozing.lock().retire(&self.spec.node.metrics);
        }
    }

    /// Answers whoever asks a workspace that is not served, and tries to load it for the next.
    fn refuse_all(&mut self, batch: &mut Vec<Message>, place: &impl Place) -> Option<Ended> {
        let erased = self.is_erased();
        let (code, detail, close) = if erased {
            place.vanish();
            (ErrorCode::NotFound, "there is no such workspace", CloseCode::Removed)
        } else {
            let detail = "the workspace is out of order just now; its operator knows";
            (ErrorCode::Internal, detail, CloseCode::WorkspaceMoved)
        };
        let retry_after_ms = (!erased).then_some(RETRY.as_millis() as u64);
        let mut ended = None;
        for message in batch.drain(..) {
            match message {
                Message::Ask { reply, .. } => {
                    let error = ApiError { retry_after_ms, ..ApiError::new(code, detail) };
                    let _ = reply.send(Err(error));
                }
                Message::Socket { link: Some(link), .. } => {
                    link.deliver(ToConnection::Close(close));
                }
                Message::Stop { done, .. } => {
                    let _ = done.send(());
                    ended = Some(Ended::Stopped);
                }
                Message::Socket { .. } => {}
            }
        }
        if !erased && ended.is_none() {
            self.load();
        }
        ended
    }
}

/// Does something that may have to wait for the disk, where other tasks need not wait with it.
pub(crate) fn without_blocking_others<T>(wait: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(wait),
        _ => wait(),
    }
}

/// The state as the journal has it; none where it cannot be had.
fn load(spec: &Spec) -> Option<(Worker, mpsc::Receiver<Report>)> {
    let (sender, reports) = mpsc::channel(REPORTS);
    let notify: Notify = Arc::new(move |append, outcome| {
        // Who has dropped the state need not know.
        if let Err(TrySendError::Full(report)) = sender.try_send((append, outcome)) {
            tracing::error!(?report, "more reports than appends");
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
    Some((worker, reports))
}
