//! Connections to read with: as many as are used at once, each by one at a time.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

/// So many stay open while nobody reads.
const IDLE: usize = 4;

/// See the module.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Of a database that is there.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::default() }
    }

    /// Reads. Never inside of another read.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open(&self.path)?,
        };
        let outcome = read(&connection);
        let mut idle = self.idle.lock();
        if outcome.is_ok() && idle.len() < IDLE {
            idle.push(connection);
        }
        outcome
    }
}

/// A connection that only reads. The files may be written by others meanwhile.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    // To read a write-ahead log its index must be shared, which is a write to memory, not to data.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "mmap_size", 256_i64 << 20)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A connection that changes nothing, to a database that a server may have open.
pub(crate) fn open_to_look(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // What is in the write-ahead log stays there.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}
