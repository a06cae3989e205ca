//! What need not be done by the thread that writes: turning snapshots into bytes, and bringing the
//! write-ahead log home, while that thread goes on.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::{
    load::snapshot_body,
    readers,
    writer::{LONG_WAL_FRAMES, Order, Reply, ask},
};
use crate::{LogError, Stored};

/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);
/// After so many events, or what is as much, the log is brought home: some 30 MB of it.
const EVENTS: u64 = 20_000;
/// Or after so long, where there are any.
const AT_LEAST_EVERY: Duration = Duration::from_secs(10);

/// Whoever waits for the two threads gives up after so long.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the housekeeper is asked to do.
pub(super) enum Task {
    /// Turn a snapshot into bytes, and have it stored.
    Snapshot { workspace: u64, epoch: u64, stored: Box<Stored> },
    /// Say when everything before is done, the writer's part too.
    Settle(Sender<()>),
    /// Have the write-ahead log brought home by the writer, and cut to nothing.
    Truncate(Reply<()>),
    /// End.
    Stop,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Housekeeper {
    tasks: Sender<Task>,
    dirt: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Housekeeper {
    pub(super) fn start(path: &Path, orders: Sender<Order>) -> io::Result<Self> {
        let (tasks, inbox) = mpsc::channel();
        let dirt = Arc::new(AtomicU64::new(0));
        let (path, counted) = (path.to_owned(), dirt.clone());
        let run = move || {
            let connection = readers::open(&path)
                .and_then(|connection| {
                    connection.pragma_update(None, "query_only", false)?;
                    Ok(connection)
                })
                .inspect_err(|error| tracing::error!(%error, "the log is not brought home"))
                .ok();
            keep_house(&inbox, &orders, connection.as_ref(), &counted);
        };
        let thread = thread::Builder::new().name("housekeeper".to_owned()).spawn(run)?;
        Ok(Self { tasks, dirt, thread: Mutex::new(Some(thread)) })
    }

    /// Counts what was written.
    pub(super) fn dirt(&self) -> Arc<AtomicU64> {
        self.dirt.clone()
    }

    /// Where snapshots go.
    pub(super) fn snapshots(&self) -> Sender<Task> {
        self.tasks.clone()
    }

    /// Ends it, once what it was asked is done.
    pub(super) fn stop(&self) {
        // Workspaces may hold a way to it still.
        let _ = self.tasks.send(Task::Stop);
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that keeps house had panicked");
        }
    }
}

/// Waits until everything that was asked of the two threads is done, or for so long as anybody
/// would.
pub(super) fn settle(tasks: &Sender<Task>) {
    let (reply, done) = mpsc::channel();
    if tasks.send(Task::Settle(reply)).is_ok() {
        let _ = done.recv_timeout(SETTLE_TIMEOUT);
    }
}

fn keep_house(
    inbox: &Receiver<Task>,
    orders: &Sender<Order>,
    connection: Option<&Connection>,
    dirt: &AtomicU64,
) {
    let mut brought_home = Instant::now();
    loop {
        match inbox.recv_timeout(LOOK) {
            Ok(Task::Snapshot { workspace, epoch, stored }) => {
                store(orders, workspace, epoch, &stored);
            }
            Ok(Task::Settle(done)) => {
                let _ = orders.send(Order::Settle(done));
            }
            Ok(Task::Truncate(reply)) => {
                let _ = reply.send(truncate(orders));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Task::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let written = dirt.load(Ordering::Relaxed);
        let due = written >= EVENTS || (written > 0 && brought_home.elapsed() >= AT_LEAST_EVERY);
        if let Some(connection) = connection.filter(|_| due) {
            dirt.store(0, Ordering::Relaxed);
            bring_home(connection, orders);
            brought_home = Instant::now();
        }
    }
}

fn store(orders: &Sender<Order>, workspace: u64, epoch: u64, stored: &Stored) {
    match snapshot_body(stored) {
        Ok(body) => {
            // A store that is closed needs no snapshot.
            let _ = orders.send(Order::Snapshot {
                workspace,
                epoch,
                position: stored.snapshot.position,
                body,
                sessions: stored.sessions.as_ref().map(crate::Opaque::bytes),
                dormant: stored.dormant,
            });
        }
        Err(error) => tracing::error!(%error, "a snapshot has no JSON form"),
    }
}

/// Has the writer do it, and waits: two at it are in each other's way.
fn truncate(orders: &Sender<Order>) -> Result<(), LogError> {
    ask(orders, |reply| Order::Truncate { reply })
}

/// Brings the log home while the writer goes on with it. It begins at its start again only when
/// nothing is left of it for a moment, which under load the writer alone can see to: that is
/// short, once what came in meanwhile is home as well.
fn bring_home(connection: &Connection, orders: &Sender<Order>) {
    let frames = match bring_home_once(connection) {
        Ok(frames) if frames <= LONG_WAL_FRAMES => return,
        Ok(_) => bring_home_once(connection),
        Err(error) => Err(error),
    };
    let begun_again = frames
        .map_err(LogError::from)
        .and_then(|_| ask(orders, |reply| Order::BeginAgain { reply }));
    if let Err(error) = begun_again {
        // Somebody reads for long: next time.
        tracing::debug!(%error, "the write-ahead log stays long");
    }
}

/// How long the log is, in frames.
fn bring_home_once(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}
