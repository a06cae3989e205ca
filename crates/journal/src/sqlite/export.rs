//! One workspace as lines of JSON, for another server. What is in a line stands there as it is in
//! the database, so that nothing is lost on the way.
//!
//! Not in it: answers to requests that may be repeated, and streams of sessions. Both are a
//! server's own: whoever has them asks that one.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, Row, types::ValueRef};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    check::{self, Finding, Subject},
    directory::{self, State, WorkspaceRow},
    readers,
    schema::DATABASE,
};

/// What the first line says of the file.
pub(crate) const FORMAT: &str = "switchboard-export";
/// The version of the lines.
pub(crate) const LINES: u32 = 1;

/// Why a workspace is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no database.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// There is no such workspace.
    #[error("there is no workspace {0:?}")]
    Unknown(String),
    /// What is kept of it is damaged.
    #[error("it is damaged: {0}. See `switchboard check`")]
    Damaged(Finding),
    /// SQLite cannot read the database.
    #[error("cannot read {}: {source}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The lines cannot be written.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

/// The first line.
#[derive(Debug, Serialize)]
struct Header<'h> {
    format: &'h str,
    version: u32,
    workspace: &'h str,
    exported_at: u64,
}

/// A line for each row of a table: its name, the columns, and the order.
const TABLES: &[(&str, &str)] = &[
    ("event", "SELECT version, record AS json FROM log WHERE workspace = ?1 ORDER BY position"),
    ("snapshot", "SELECT position, epoch, body AS json FROM snapshots WHERE workspace = ?1"),
    (
        "ended",
        "SELECT open, positions AS json_positions, body AS json FROM ended
         WHERE workspace = ?1 ORDER BY number",
    ),
    (
        "decision",
        "SELECT number, nth, body AS json FROM decisions
         WHERE workspace = ?1 ORDER BY number, position, nth",
    ),
    (
        "person",
        "SELECT w.kind, w.subject, p.body AS json FROM who w JOIN people p ON p.id = w.row
         WHERE w.workspace = ?1 ORDER BY p.id",
    ),
    ("vouched", "SELECT digest, visitor FROM vouched WHERE workspace = ?1 ORDER BY digest"),
];

/// Writes a workspace of the store in a directory; gives how many lines that were. A server may
/// run.
///
/// # Errors
/// Where there is no such workspace, or it is damaged, or something cannot be read or written.
pub fn export(dir: &Path, workspace: &str, output: &mut dyn Write) -> Result<u64, ExportError> {
    let path = dir.join(DATABASE);
    if !path.is_file() {
        return Err(ExportError::Missing(path));
    }
    let database = |source| ExportError::Database { path: path.clone(), source };
    let connection = readers::open_to_look(&path).map_err(database)?;
    let at = connection.unchecked_transaction().map_err(database)?;
    let rows = directory::rows(&at).map_err(database)?;
    let found = rows.into_iter().find(|(row, _)| row.entry.id.as_str() == workspace);
    let found = found.filter(|(row, _)| row.state == State::There as u64);
    let (row, _) = found.ok_or_else(|| ExportError::Unknown(workspace.to_owned()))?;
    let findings = check::of_workspace(&at, &Subject { entry: &row.entry, epoch: row.epoch });
    if let Some(finding) = findings.into_iter().next() {
        return Err(ExportError::Damaged(finding));
    }
    let mut lines = Lines { output, count: 0 };
    lines.header(&row)?;
    for (name, sql) in TABLES {
        lines.table(&at, row.entry.number, name, sql, &path)?;
    }
    let count = lines.count;
    lines.put(&serde_json::json!({ "end": { "lines": count + 1 } }))?;
    lines.output.flush()?;
    Ok(lines.count)
}

struct Lines<'o> {
    output: &'o mut dyn Write,
    count: u64,
}

impl Lines<'_> {
    fn put(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self.output, line)?;
        self.output.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    fn header(&mut self, row: &WorkspaceRow) -> io::Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let exported_at = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let workspace = row.entry.id.as_str();
        self.put(&Header { format: FORMAT, version: LINES, workspace, exported_at })?;
        let WorkspaceRow { entry, awake, epoch, .. } = row;
        let (site_key, token_secret) = (&entry.site_key, entry.token_secret);
        self.put(&serde_json::json!({ "workspace": {
            "site_key": site_key, "token_secret": token_secret, "awake": awake, "epoch": epoch,
        }}))
    }

    fn table(
        &mut self,
        at: &Connection,
        workspace: u64,
        name: &str,
        sql: &str,
        path: &Path,
    ) -> Result<(), ExportError> {
        let database = |source| ExportError::Database { path: path.to_owned(), source };
        let mut statement = at.prepare(sql).map_err(database)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([workspace]).map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            let line = line(row, &columns).map_err(database)?;
            self.put(&std::collections::BTreeMap::from([(name, line)]))?;
        }
        Ok(())
    }
}

type Line = std::collections::BTreeMap<String, Box<RawValue>>;

/// A row by its columns. What is JSON in it stays as it is.
fn line(row: &Row<'_>, columns: &[String]) -> rusqlite::Result<Line> {
    let mut line = Line::new();
    for (at, name) in columns.iter().enumerate() {
        let json = name.starts_with("json");
        let text = match row.get_ref(at)? {
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) | ValueRef::Blob(text) if json => {
                std::str::from_utf8(text)?.to_owned()
            }
            ValueRef::Text(text) => raw(&std::str::from_utf8(text)?)?,
            ValueRef::Blob(bytes) => raw(&bytes)?,
            _ => "null".to_owned(),
        };
        let name = name.strip_prefix("json_").unwrap_or(name).to_owned();
        let value = RawValue::from_string(text);
        line.insert(name, value.map_err(|error| unreadable(&error))?);
    }
    Ok(line)
}

fn raw(what: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(what).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> rusqlite::Error {
    let kind = rusqlite::types::Type::Text;
    rusqlite::Error::FromSqlConversionFailure(0, kind, error.to_string().into())
}
