//! The one thread that writes. It takes whatever has come in, writes it in one transaction, and
//! tells each what became of it; meanwhile the next has come in.
//!
//! A transaction that fails is written again batch by batch where nothing of it can be on disk, so
//! that one that cannot be written takes no other with it. Who could not be written is over: the
//! workspace's tenure is broken, and whatever it appended behind that is refused, until it is
//! claimed anew.

use std::{
    collections::HashMap,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};
use switchboard_routing::Timestamp;

use super::{
    append,
    directory::{self, State},
    row::Checksum,
    schema,
};
use crate::{Append, Batch, LogError, Notify};

/// So many orders share a transaction at most.
const GROUP: usize = 1_024;
/// How often it is tried whether the disk is well again.
const PROBE: Duration = Duration::from_millis(500);
/// What an event takes on disk, about.
const EVENT_BYTES: u64 = 512;
/// The write-ahead log begins at its start again once it is longer than this, in frames: 64 MiB.
pub(super) const LONG_WAL_FRAMES: i64 = 16 * 1_024;
/// Whoever reads keeps the log from being brought home: the writer waits for them no longer than
/// this, since everybody waits for it.
const READERS_TIME: Duration = Duration::from_millis(50);

pub(super) type Reply<T> = Sender<Result<T, LogError>>;

/// Nobody is there any more who could do what is asked.
pub(super) fn closed() -> LogError {
    LogError::Failed("the store is closed".to_owned())
}

/// Asks one of the threads for something, behind what it was asked before, and waits.
pub(super) fn ask<M, T>(
    thread: &Sender<M>,
    message: impl FnOnce(Reply<T>) -> M,
) -> Result<T, LogError> {
    let (reply, answer) = mpsc::channel();
    thread.send(message(reply)).map_err(|_| closed())?;
    answer.recv().map_err(|_| closed())?
}

/// Something in a transaction of its own. Told whether that was committed.
type Work = Box<
    dyn FnOnce(&Connection) -> Result<Box<dyn FnOnce(Result<(), LogError>) + Send>, rusqlite::Error>
        + Send,
>;

/// What the writer is asked to do.
pub(super) enum Order {
    /// Append a batch.
    Append { workspace: u64, epoch: u64, append: u64, batch: Box<Batch>, notify: Notify },
    /// Store a snapshot, and which streams there are.
    Snapshot {
        workspace: u64,
        epoch: u64,
        position: u64,
        body: Vec<u8>,
        sessions: Option<Vec<u8>>,
        dormant: bool,
    },
    /// Take a workspace over: gives the epoch.
    Claim { workspace: u64, reply: Reply<u64> },
    /// Do something else. Whoever writes a workspace that it erases is fenced off.
    Run { fences: Option<u64>, work: Work, failed: Box<dyn FnOnce(LogError) + Send> },
    /// Say when everything before is done.
    Settle(Sender<()>),
    /// Bring the write-ahead log home, and cut it to nothing.
    Truncate { reply: Reply<()> },
    /// Let the write-ahead log begin at its start again.
    BeginAgain { reply: Reply<()> },
    /// End.
    Stop,
}

impl Order {
    /// About how much it writes, in events.
    fn size(&self) -> u64 {
        match self {
            Self::Append { batch, .. } => 1 + batch.size(),
            Self::Snapshot { body, .. } => 1 + body.len() as u64 / EVENT_BYTES,
            _ => 1,
        }
    }

    pub(super) fn run<T: Send + 'static>(
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: Reply<T>,
    ) -> Self {
        Self::work(None, work, reply)
    }

    pub(super) fn erase<T: Send + 'static>(
        workspace: u64,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: Reply<T>,
    ) -> Self {
        Self::work(Some(workspace), work, reply)
    }

    fn work<T: Send + 'static>(
        fences: Option<u64>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: Reply<T>,
    ) -> Self {
        let refuse = reply.clone();
        let work: Work = Box::new(move |at| {
            let made = work(at)?;
            // Who asked may be gone.
            Ok(Box::new(move |outcome| drop(reply.send(outcome.map(|()| made)))))
        });
        let failed = Box::new(move |error| drop(refuse.send(Err(error))));
        Self::Run { fences, work, failed }
    }
}

/// Whether the store can be written.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Option<String>>);

impl Health {
    /// Why it cannot, if so.
    pub(super) fn trouble(&self) -> Option<String> {
        self.0.lock().clone()
    }

    fn failed(&self, error: &rusqlite::Error) {
        let mut trouble = self.0.lock();
        if trouble.is_none() {
            tracing::error!(%error, "the store cannot be written");
        }
        *trouble = Some(error.to_string());
    }

    /// Nobody writes any more.
    fn over(&self) {
        tracing::error!("the thread that writes has panicked");
        *self.0.lock() = Some("the thread that writes has panicked".to_owned());
    }

    fn well(&self) {
        if self.0.lock().take().is_some() {
            tracing::info!("the store can be written again");
        }
    }
}

/// The thread.
pub(super) struct WriterThread(JoinHandle<()>);

impl WriterThread {
    pub(super) fn start(
        connection: Connection,
        inbox: Receiver<Order>,
        health: Arc<Health>,
        dirt: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let (tenures, last, probed) = (HashMap::new(), Timestamp(0), Instant::now());
        let writer = WriterLoop { connection, tenures, health, dirt, last, probed };
        let run = move || {
            let health = writer.health.clone();
            if catch_unwind(AssertUnwindSafe(|| writer.run(&inbox))).is_err() {
                health.over();
            }
        };
        thread::Builder::new().name("journal".to_owned()).spawn(run).map(Self)
    }

    pub(super) fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the thread that writes had panicked");
        }
    }
}

/// Who writes a workspace.
#[derive(Debug)]
struct Tenure {
    epoch: u64,
    /// What it appended could not be written: what comes behind that is refused.
    broken: bool,
    /// Whether the directory says that this epoch writes.
    signed: bool,
    secret: [u8; 32],
}

struct WriterLoop {
    connection: Connection,
    tenures: HashMap<u64, Tenure>,
    health: Arc<Health>,
    /// How much was written since the log was brought home.
    dirt: Arc<AtomicU64>,
    /// The time does not go backwards here either.
    last: Timestamp,
    /// When the disk was tried last.
    probed: Instant,
}

impl fmt::Debug for WriterLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriterLoop")
    }
}

impl WriterLoop {
    fn run(mut self, inbox: &Receiver<Order>) {
        let mut group = Vec::new();
        loop {
            match inbox.recv_timeout(PROBE) {
                Ok(order) => group.push(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.probe();
            while group.len() < GROUP
                && let Ok(order) = inbox.try_recv()
            {
                group.push(order);
            }
            if !self.carry_out(&mut group) {
                break;
            }
        }
        let _ = self.checkpoint("TRUNCATE");
    }

    /// Appends and snapshots that stand together are one transaction; whether to go on.
    fn carry_out(&mut self, orders: &mut Vec<Order>) -> bool {
        let mut together = Vec::new();
        for order in orders.drain(..) {
            match order {
                Order::Append { .. } | Order::Snapshot { .. } => together.push(order),
                other => {
                    self.commit(std::mem::take(&mut together));
                    if !self.alone(other) {
                        return false;
                    }
                }
            }
        }
        self.commit(together);
        true
    }

    fn alone(&mut self, order: Order) -> bool {
        match order {
            Order::Claim { workspace, reply } => {
                let _ = reply.send(self.claim(workspace));
            }
            Order::Run { fences, work, failed } => self.work(fences, work, failed),
            Order::Settle(done) => {
                let _ = done.send(());
            }
            Order::Truncate { reply } => {
                let _ = reply.send(self.checkpoint("TRUNCATE").map_err(LogError::from));
            }
            Order::BeginAgain { reply } => {
                let _ = reply.send(self.checkpoint("RESTART").map_err(LogError::from));
            }
            Order::Stop => return false,
            Order::Append { .. } | Order::Snapshot { .. } => self.commit(vec![order]),
        }
        true
    }

    fn claim(&mut self, workspace: u64) -> Result<u64, LogError> {
        let row = directory::row(&self.connection, workspace)?;
        let row = row.filter(|row| row.state != State::Erased as u64).ok_or(LogError::Unknown)?;
        let last = self.tenures.get(&workspace).map_or(0, |tenure| tenure.epoch);
        let epoch = last.max(row.epoch) + 1;
        let secret = row.entry.token_secret;
        let tenure = Tenure { epoch, broken: false, signed: false, secret };
        self.tenures.insert(workspace, tenure);
        Ok(epoch)
    }

    fn work(&mut self, fences: Option<u64>, work: Work, failed: Box<dyn FnOnce(LogError) + Send>) {
        let outcome = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let tell = work(&transaction)?;
                transaction.commit()?;
                Ok(tell)
            });
        match outcome {
            Ok(tell) => {
                if let Some(workspace) = fences {
                    self.tenures.remove(&workspace);
                }
                self.dirt.fetch_add(1, Ordering::Relaxed);
                tell(Ok(()));
            }
            Err(error) => {
                self.roll_back();
                self.health.failed(&error);
                failed(error.into());
            }
        }
    }

    /// Writes orders in one transaction; where that fails, one by one.
    fn commit(&mut self, orders: Vec<Order>) {
        if orders.is_empty() {
            return;
        }
        let mut outcomes = Vec::with_capacity(orders.len());
        match self.write(&orders, &mut outcomes) {
            Ok(()) => tell(orders, outcomes),
            Err(_) if orders.len() > 1 => {
                for order in orders {
                    self.commit(vec![order]);
                }
            }
            Err(error) => {
                self.health.failed(&error);
                let failed = Append::Failed(error.into());
                for order in &orders {
                    self.break_tenure(order);
                }
                tell(orders, vec![failed]);
            }
        }
    }

    fn write(&mut self, orders: &[Order], outcomes: &mut Vec<Append>) -> rusqlite::Result<()> {
        let now = self.now();
        let written = {
            let Self { connection, tenures, .. } = self;
            connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(
                |transaction| {
                    for order in orders {
                        outcomes.push(write(&transaction, tenures, order, now)?);
                    }
                    transaction.commit()
                },
            )
        };
        match written {
            Ok(()) => {
                let size: u64 = orders.iter().map(Order::size).sum();
                self.dirt.fetch_add(size, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                outcomes.clear();
                self.roll_back();
                self.unsign(orders);
                Err(error)
            }
        }
    }

    /// What was signed in a transaction that is undone is not signed.
    fn unsign(&mut self, orders: &[Order]) {
        for order in orders {
            if let Order::Append { workspace, .. } = order
                && let Some(tenure) = self.tenures.get_mut(workspace)
            {
                tenure.signed = false;
            }
        }
    }

    fn break_tenure(&mut self, order: &Order) {
        if let Order::Append { workspace, epoch, .. } = order
            && let Some(tenure) = self.tenures.get_mut(workspace)
            && tenure.epoch == *epoch
        {
            tenure.broken = true;
        }
    }

    /// A transaction that failed may be open still.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction cannot be undone");
        }
    }

    /// Tries whether the disk is well again, where it was not: that something small can be written
    /// does not say that.
    fn probe(&mut self) {
        if self.health.trouble().is_none() || self.probed.elapsed() < PROBE {
            return;
        }
        self.probed = Instant::now();
        let tried = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                // As much as a batch takes, and nothing that stays.
                transaction.execute_batch(
                    "CREATE TABLE probe (body BLOB);
                     INSERT INTO probe VALUES (zeroblob(65536));
                     DROP TABLE probe",
                )?;
                transaction.commit()
            });
        match tried {
            Ok(()) => self.health.well(),
            Err(error) => {
                self.roll_back();
                self.health.failed(&error);
            }
        }
    }

    /// Brings the write-ahead log home. Nobody else may be at it: the housekeeper has this done.
    fn checkpoint(&self, mode: &str) -> rusqlite::Result<()> {
        self.connection.busy_timeout(READERS_TIME)?;
        let done = self.try_checkpoint(mode);
        self.connection.busy_timeout(schema::BUSY_TIMEOUT)?;
        done
    }

    fn try_checkpoint(&self, mode: &str) -> rusqlite::Result<()> {
        self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            if row.get::<_, i64>(0)? == 0 {
                return Ok(());
            }
            let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            Err(rusqlite::Error::SqliteFailure(busy, Some("it is being read".to_owned())))
        })
    }

    fn now(&mut self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        self.last = self.last.max(now);
        self.last
    }
}

/// Writes one order in the transaction that is open.
fn write(
    at: &Connection,
    tenures: &mut HashMap<u64, Tenure>,
    order: &Order,
    now: Timestamp,
) -> rusqlite::Result<Append> {
    match order {
        Order::Append { workspace, epoch, batch, .. } => {
            let Some(tenure) = tenures.get_mut(workspace).filter(|t| t.epoch == *epoch) else {
                return Ok(Append::Fenced);
            };
            if tenure.broken {
                let what = "what came before could not be written".to_owned();
                return Ok(Append::Failed(LogError::Failed(what)));
            }
            if !tenure.signed {
                sign(at, *workspace, *epoch, true)?;
                tenure.signed = true;
            }
            append::write(at, *workspace, &tenure.secret, batch, now)?;
            Ok(Append::Done)
        }
        Order::Snapshot { workspace, epoch, position, body, sessions, dormant } => {
            let tenure = tenures.get_mut(workspace).filter(|t| t.epoch == *epoch && !t.broken);
            let Some(tenure) = tenure else { return Ok(Append::Fenced) };
            let crc = Checksum::of(&[*workspace, *position, *epoch]).and(body).bytes();
            at.prepare_cached(
                "INSERT OR REPLACE INTO snapshots (workspace, position, epoch, crc, body)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(rusqlite::params![workspace, position, epoch, crc, body])?;
            if let Some(sessions) = sessions {
                append::stream(at, *workspace, true, sessions, now)?;
            }
            if *dormant {
                sign(at, *workspace, *epoch, false)?;
                tenure.signed = false;
            }
            Ok(Append::Done)
        }
        _ => Ok(Append::Done),
    }
}

/// The directory says who writes a workspace, and whether something may happen in it.
fn sign(at: &Connection, workspace: u64, epoch: u64, awake: bool) -> rusqlite::Result<()> {
    if let Some(mut row) = directory::row(at, workspace)? {
        (row.state, row.awake, row.epoch) = (State::There as u64, awake, epoch);
        row.put(at)?;
    }
    Ok(())
}

/// Tells each what became of it; of a workspace's appends that are done only the last one.
fn tell(orders: Vec<Order>, outcomes: Vec<Append>) {
    let mut done: HashMap<u64, (u64, Notify)> = HashMap::new();
    let mut others = Vec::new();
    for (order, outcome) in orders.into_iter().zip(outcomes) {
        match (order, outcome) {
            (Order::Append { workspace, append, notify, .. }, Append::Done) => {
                done.insert(workspace, (append, notify));
            }
            (Order::Append { append, notify, .. }, outcome) => {
                others.push((append, notify, outcome));
            }
            (Order::Snapshot { workspace, .. }, Append::Failed(error)) => {
                tracing::warn!(workspace, %error, "a snapshot failed; the log is intact");
            }
            _ => {}
        }
    }
    for (append, notify) in done.into_values() {
        notify(append, Append::Done);
    }
    for (append, notify, outcome) in others {
        notify(append, outcome);
    }
}
