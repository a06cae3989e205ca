//! The tables, and the settings without which they are not what they promise.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, TransactionBehavior};

use super::{Durability, OpenError, Options};

/// The name of the database in its directory.
pub const DATABASE: &str = "switchboard.db";
/// What says that a database is ours: "SwBd".
pub(crate) const APPLICATION: i32 = 0x5377_4264;
/// The version of the tables.
pub(crate) const TABLES: i32 = 1;
/// Who finds the database locked waits for so long.
pub(crate) const BUSY: Duration = Duration::from_secs(5);
/// The size of a page, in bytes.
pub(crate) const PAGE_BYTES: u64 = 4_096;

/// `crc` is over all other columns of its row. Times are milliseconds since the Unix epoch.
pub(crate) const CREATE: &str = "
CREATE TABLE workspaces (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,     -- 0 nothing written yet, 1 there, 2 erased: its id stays taken
    awake INTEGER NOT NULL,     -- whether something may happen in it by itself
    epoch INTEGER NOT NULL,     -- of the last tenure that wrote
    site_key TEXT NOT NULL,
    token_secret BLOB NOT NULL,
    crc BLOB NOT NULL
);
-- What happened: JSON of the routing core's Record.
CREATE TABLE log (
    workspace INTEGER NOT NULL,
    position INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    version INTEGER NOT NULL,
    crc BLOB NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (workspace, position)
) WITHOUT ROWID;
-- The state at a position, and the events of each conversation that had not ended.
CREATE TABLE snapshots (
    workspace INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    crc BLOB NOT NULL,
    body BLOB NOT NULL
);
-- Conversations that ended, or had ended before they were reopened (open = 1).
CREATE TABLE ended (
    workspace INTEGER NOT NULL,
    number INTEGER NOT NULL,    -- in the order of opening
    open INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    visitor TEXT NOT NULL,
    department TEXT NOT NULL,
    agent TEXT,
    rejected INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    ending INTEGER NOT NULL,    -- position of the event that ended it
    key TEXT,
    fingerprint BLOB,
    positions TEXT NOT NULL,    -- of its events: JSON
    crc BLOB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ended_by_id ON ended (workspace, conversation);
CREATE INDEX ended_of_visitor ON ended (workspace, visitor, ending);
CREATE INDEX ended_by_agent ON ended (workspace, agent, number) WHERE agent IS NOT NULL;
CREATE INDEX ended_rejected ON ended (workspace, number) WHERE rejected = 1;
CREATE INDEX ended_by_time ON ended (workspace, ended_at);
CREATE INDEX ended_by_key ON ended (workspace, visitor, key) WHERE key IS NOT NULL;
-- How routing decided.
CREATE TABLE decisions (
    workspace INTEGER NOT NULL,
    number INTEGER NOT NULL,    -- of the conversation
    position INTEGER NOT NULL,  -- of the event that it led to
    nth INTEGER NOT NULL,       -- where several led to one
    crc BLOB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, number, position, nth)
) WITHOUT ROWID;
-- Personal data. A row is never removed and never changes its size: it is blanked in its place.
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    kind INTEGER NOT NULL,      -- 2 agent, 3 visitor, 4 conversation
    subject TEXT NOT NULL,
    crc BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE who (
    workspace INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    subject TEXT NOT NULL,
    row INTEGER NOT NULL,       -- in people
    PRIMARY KEY (workspace, kind, subject)
) WITHOUT ROWID;
-- Visitors by a digest of the id that the host's back end gave them.
CREATE TABLE vouched (
    workspace INTEGER NOT NULL,
    digest BLOB NOT NULL,
    visitor TEXT NOT NULL,
    crc BLOB NOT NULL,
    PRIMARY KEY (workspace, digest)
) WITHOUT ROWID;
-- Streams of sessions, in the server's own form, for some minutes.
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    whole INTEGER NOT NULL,     -- 1: which streams there are
    at INTEGER NOT NULL,
    crc BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX streams_of ON streams (workspace, id);
-- Answers to requests with an idempotency key, for a day.
CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    request BLOB NOT NULL,
    workspace INTEGER NOT NULL, -- 0: none
    at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    crc BLOB NOT NULL,
    body BLOB
);
CREATE UNIQUE INDEX answers_by_key ON answers (key);
";

/// Makes the tables where there are none, and sets how they are written.
pub(crate) fn prepare(
    connection: &mut Connection,
    path: &Path,
    options: &Options,
) -> Result<(), OpenError> {
    let database = |source| OpenError::Database { path: path.to_owned(), source };
    let foreign = |what: String| OpenError::Foreign { path: path.to_owned(), what };
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, tables) =
        (pragma("application_id").map_err(database)?, pragma("user_version").map_err(database)?);
    let new = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(database)?
        == 0;
    if !new && application != APPLICATION {
        return Err(foreign("is not a database of Switchboard's".to_owned()));
    }
    if tables > TABLES {
        return Err(foreign(format!("is of a later release: its tables are of version {tables}")));
    }
    configure(connection, options.durability).map_err(database)?;
    if let Some(bytes) = options.max_bytes {
        connection
            .pragma_update_and_check(None, "max_page_count", bytes.div_ceil(PAGE_BYTES), |_| Ok(()))
            .map_err(database)?;
    }
    if new {
        create(connection).map_err(database)?;
    }
    sweep(connection).map_err(database)
}

fn configure(connection: &Connection, durability: Durability) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    let synchronous = match durability {
        Durability::Relaxed => "NORMAL",
        Durability::Strict => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // What is deleted is overwritten.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // The log is brought home by the housekeeper.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 4 << 20, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -64_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(CREATE)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", TABLES)?;
    transaction.commit()
}

/// Workspaces that were never configured came to nothing: nobody was told of them.
fn sweep(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM workspaces WHERE state = 0", []).map(|_| ())
}
