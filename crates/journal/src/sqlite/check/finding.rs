//! What a check may find, and how it is said.

use std::fmt;

/// Something that is not as it was written, or contradicts something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// SQLite finds its own structure damaged, or cannot read on.
    Structure(String),
    /// The tables are not those that this release makes.
    Tables(String),
    /// A row is not what was written.
    Row {
        /// In which table.
        table: &'static str,
        /// Which: its key.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// What is kept of a workspace contradicts itself, or cannot be loaded.
    Workspace {
        /// Which: its id, or its number where it has none.
        workspace: String,
        /// What is wrong.
        what: String,
    },
    /// The write-ahead log is damaged before its last transaction: no server starts.
    Wal(String),
    /// The last transaction of the write-ahead log was cut off: the next start drops it.
    TornWal {
        /// So many bytes.
        bytes: u64,
    },
    /// There is more than is told.
    More(u64),
}

impl Finding {
    /// Whether something is lost or wrong. A transaction that a crash cut off is neither, unless
    /// the disk did it: nobody was told that it was committed.
    pub fn is_damage(&self) -> bool {
        !matches!(self, Self::TornWal { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Structure(what) => write!(f, "database: {what}"),
            Self::Tables(what) => write!(f, "tables: {what}"),
            Self::Row { table, key, what } => write!(f, "{table} {key}: {what}"),
            Self::Workspace { workspace, what } => write!(f, "workspace {workspace}: {what}"),
            Self::Wal(what) => write!(f, "write-ahead log: damaged: {what}"),
            Self::TornWal { bytes } => write!(
                f,
                "write-ahead log: its last transaction is cut off; the next start drops {bytes} bytes"
            ),
            Self::More(more) => write!(f, "and {more} findings more"),
        }
    }
}
