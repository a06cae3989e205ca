//! The store in a file: SQLite, in WAL mode.
//!
//! One thread writes ([`writer`]): whatever came in while the last transaction was committed is the
//! next one, so that a commit is shared by as many as wait for it and nobody waits for company.
//! Others read, each on a connection of its own ([`readers`]). A second thread turns snapshots into
//! bytes and brings the write-ahead log home ([`housekeeper`]).
//!
//! Every row carries a checksum of all that is in it: SQLite finds damage to its own structure, and
//! not to what it holds. Personal data is erased in place ([`people`]), so that no copy is left.

mod append;
mod archive;
mod backup;
mod check;
mod directory;
mod export;
mod housekeeper;
mod import;
mod load;
mod lock;
mod people;
mod readers;
mod row;
mod schema;
mod wal;
mod writer;

pub use backup::{BackupError, backup};
pub use check::{CheckError, Finding, Report, check};
pub use export::{ExportError, export};
pub use import::{ImportError, Imported, import};
pub use lock::LockError;
pub use schema::DATABASE;
pub use wal::Wal;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
};

use parking_lot::Mutex;
use rusqlite::Connection;
use switchboard_routing::{Record, WorkspaceId};

use crate::{Append, Batch, Claim, Directory, Log, LogError, Notify, Stored, Writer};
use directory::Entries;
use housekeeper::Housekeeper;
use lock::Lock;
use readers::Readers;
use writer::{Health, Order, Reply, WriterThread, ask, closed};

/// What a commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process: `kill -9`. The system writes when it likes.
    #[default]
    Relaxed,
    /// The loss of power as well: each commit waits for the disk.
    Strict,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its files are. Made where it is not there.
    pub dir: PathBuf,
    /// What a commit survives.
    pub durability: Durability,
    /// For how long conversations are kept once they have ended, in milliseconds; none: for ever.
    pub retention_ms: Option<u64>,
    /// The most that the database may take on disk, in bytes; none: what there is.
    pub max_bytes: Option<u64>,
}

impl Options {
    /// In this directory, and else as it is by default.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            durability: Durability::default(),
            retention_ms: None,
            max_bytes: None,
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or used.
    #[error("cannot use {}: {source}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else has it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// It is of a later release, or nothing of ours.
    #[error("{} {what}", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// SQLite cannot read or write it.
    #[error("cannot open {}: {source}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// What was written last but not brought home is damaged before its end: starting would lose
    /// what comes after.
    #[error(
        "{} is damaged: {what}. Starting would lose what was committed from there on. Look with \
         `switchboard check`; then restore a backup, or move that file away and lose everything in it",
        path.display()
    )]
    Wal {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// See the module. Cheap to clone: clones share the file.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    readers: Readers,
    entries: Mutex<Entries>,
    orders: mpsc::Sender<Order>,
    housekeeper: Housekeeper,
    health: Arc<Health>,
    retention_ms: Option<u64>,
    /// Ended before the lock is given back.
    writer: Option<WriterThread>,
    _lock: Lock,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the store in a directory, and makes it where there is none.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be read and written.
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let dir = &options.dir;
        let unusable = |source| OpenError::Directory { path: dir.clone(), source };
        lock::make_private_dir(dir).map_err(unusable)?;
        let lock = Lock::take(dir)?;
        let path = dir.join(DATABASE);
        let database = |source| OpenError::Database { path: path.clone(), source };
        let connection = connect(&path, options)?;
        let entries = Entries::read(&connection).map_err(database)?;
        let readers = Readers::new(&path);
        readers.with(|_| Ok(())).map_err(database)?;
        let health = Arc::new(Health::default());
        let (orders, inbox) = mpsc::channel();
        let housekeeper = Housekeeper::start(&path, orders.clone()).map_err(unusable)?;
        let writer = WriterThread::start(connection, inbox, health.clone(), housekeeper.dirt())
            .map_err(unusable)?;
        let inner = Inner {
            path: path.clone(),
            readers,
            entries: Mutex::new(entries),
            orders,
            housekeeper,
            health,
            retention_ms: options.retention_ms,
            writer: Some(writer),
            _lock: lock,
        };
        let store = Self { inner: Arc::new(inner) };
        if store.inner.readers.with(directory::wants_scrub).map_err(database)?
            && let Err(error) = store.scrub()
        {
            tracing::error!(%error, "what was erased may be in the files still");
        }
        Ok(store)
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    fn number_of(&self, id: &str) -> Option<u64> {
        self.inner.entries.lock().number_of(id)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.housekeeper.stop();
        let _ = self.orders.send(Order::Stop);
        if let Some(writer) = self.writer.take() {
            writer.join();
        }
    }
}

/// A connection to write with, to a database whose lock is held; made where there is none.
fn connect(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    let database = |source| OpenError::Database { path: path.to_owned(), source };
    refuse_damaged_wal(&wal::path_of(path))?;
    let mut connection = Connection::open(path).map_err(database)?;
    let unusable = |source| OpenError::Directory { path: path.to_owned(), source };
    lock::make_private_file(path).map_err(unusable)?;
    schema::prepare(&mut connection, path, options)?;
    Ok(connection)
}

/// SQLite would drop what is behind the damage, and say nothing.
fn refuse_damaged_wal(path: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::Directory { path: path.to_owned(), source };
    match wal::scan(path).map_err(unusable)? {
        Wal::Empty | Wal::Sound { .. } => {}
        Wal::Torn { bytes, .. } => {
            tracing::warn!(
                path = %path.display(), bytes,
                "the write-ahead log ends in a transaction that was cut off: dropped"
            );
        }
        Wal::Damaged { what, .. } => {
            return Err(OpenError::Wal { path: path.to_owned(), what });
        }
    }
    Ok(())
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Log for Sqlite {
    fn claim(&self, workspace: &WorkspaceId, notify: Notify) -> Result<Claim, LogError> {
        let entry = self.inner.entries.lock().find(workspace.as_str()).cloned();
        let entry = entry.ok_or(LogError::Unknown)?;
        let number = entry.number;
        let epoch = self.ask(|reply| Order::Claim { workspace: number, reply })?;
        let loaded = self.inner.readers.with(|reader| Ok(load::load(reader, &entry, epoch)))??;
        let writer = SqliteWriter {
            workspace: number,
            epoch,
            orders: self.inner.orders.clone(),
            snapshots: self.inner.housekeeper.snapshots(),
            notify,
            appended: 0,
            since_snapshot: loaded.replayed,
        };
        Ok(Claim {
            recovered: loaded.recovered,
            profiles: loaded.profiles,
            sessions: loaded.sessions,
            writer: Box::new(writer),
        })
    }

    fn read(
        &self,
        workspace: &WorkspaceId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, LogError> {
        let number = self.number_of(workspace.as_str()).ok_or(LogError::Unknown)?;
        let read = |reader: &Connection| Ok(load::records(reader, number, after, limit));
        self.inner.readers.with(read)?
    }

    fn trouble(&self) -> Option<String> {
        self.inner.health.trouble()
    }

    fn flush(&self) {
        housekeeper::settle(&self.inner.housekeeper.snapshots());
    }
}

impl Sqlite {
    /// Asks the writer, behind everything that was asked of it before, and waits.
    fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, LogError> {
        ask(&self.inner.orders, order)
    }

    /// Lets the writer do something in a transaction of its own.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LogError> {
        self.ask(|reply| Order::run(work, reply))
    }
}

/// Appends go to the thread that writes; it reports what became of them.
struct SqliteWriter {
    workspace: u64,
    epoch: u64,
    orders: mpsc::Sender<Order>,
    snapshots: mpsc::Sender<housekeeper::Task>,
    notify: Notify,
    appended: u64,
    since_snapshot: u64,
}

impl fmt::Debug for SqliteWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteWriter").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Writer for SqliteWriter {
    fn append(&mut self, batch: Batch) -> Append {
        self.since_snapshot += batch.size();
        let order = Order::Append {
            workspace: self.workspace,
            epoch: self.epoch,
            append: self.appended + 1,
            batch: Box::new(batch),
            notify: self.notify.clone(),
        };
        if self.orders.send(order).is_err() {
            return Append::Failed(closed());
        }
        self.appended += 1;
        Append::Pending
    }

    fn settle(&mut self) {
        housekeeper::settle(&self.snapshots);
    }

    fn since_snapshot(&self) -> u64 {
        self.since_snapshot
    }

    fn snapshot(&mut self, stored: Stored) -> Result<(), LogError> {
        self.since_snapshot = 0;
        let (workspace, epoch) = (self.workspace, self.epoch);
        let task = housekeeper::Task::Snapshot { workspace, epoch, stored: Box::new(stored) };
        self.snapshots.send(task).map_err(|_| closed())
    }
}
