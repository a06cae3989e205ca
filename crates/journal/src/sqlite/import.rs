//! Takes in what [`super::export`] wrote: a whole workspace or nothing. No server may run.

use std::{
    io::{self, BufRead},
    path::Path,
};

use rusqlite::{Connection, TransactionBehavior, params};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use switchboard_routing::{Conversation, Decision, Record, VERSION, VisitorId};

use super::{
    OpenError, Options, append,
    check::{self, Finding, Subject, known_person},
    connect,
    directory::{self, State, WorkspaceRow},
    export::{FORMAT, LINES},
    lock::{self, Lock},
    people,
    row::Checksum,
    schema::DATABASE,
};
use crate::Entry;

/// Why nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store cannot be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A line is not what it should be.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The file ends before its last line.
    #[error("the file is cut off after line {0}")]
    CutOff(u64),
    /// The workspace is there, or was.
    #[error("the id {0:?} is in use or was")]
    Taken(String),
    /// The lines contradict each other.
    #[error("it contradicts itself: {0}")]
    Unsound(Finding),
    /// It cannot be written.
    #[error("cannot write: {0}")]
    Database(#[from] rusqlite::Error),
    /// The lines cannot be read.
    #[error("cannot read: {0}")]
    Input(#[from] io::Error),
}

/// What was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Which workspace.
    pub workspace: String,
    /// Of how many lines.
    pub lines: u64,
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
    workspace: String,
}

/// Any line but the first.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Workspace { site_key: String, token_secret: [u8; 32], awake: bool, epoch: u64 },
    Event { version: u16, json: Box<RawValue> },
    Snapshot { position: u64, epoch: u64, json: Box<RawValue> },
    Ended { open: u64, positions: Vec<u64>, json: Box<RawValue> },
    Decision { number: u64, nth: u64, json: Box<RawValue> },
    Person { kind: u64, subject: String, json: Box<RawValue> },
    Vouched { digest: [u8; 16], visitor: String },
    End { lines: u64 },
}

/// Takes a workspace into the store of a directory, which is made where there is none.
///
/// # Errors
/// Where a server runs, the workspace is there or was, or the lines are not all there and right:
/// then nothing was taken in.
pub fn import(options: &Options, input: &mut dyn BufRead) -> Result<Imported, ImportError> {
    let dir = &options.dir;
    let unusable = |source| OpenError::Directory { path: dir.clone(), source };
    let path = dir.join(DATABASE);
    lock::make_private_dir(dir).map_err(unusable)?;
    let _lock = Lock::take(dir).map_err(OpenError::Lock)?;
    let mut connection = connect(&path, options)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let imported = take_in(&transaction, input)?;
    transaction.commit()?;
    finish(&connection, &path)?;
    Ok(imported)
}

/// Waits until it is on the disk.
fn finish(connection: &Connection, path: &Path) -> Result<(), ImportError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    std::fs::File::open(path)?.sync_all()?;
    Ok(())
}

fn take_in(at: &Connection, input: &mut dyn BufRead) -> Result<Imported, ImportError> {
    let mut lines = Lines { input, text: String::new(), count: 0 };
    let header: Header = lines.next()?;
    if header.format != FORMAT {
        return Err(lines.wrong("it is not an export of Switchboard's"));
    }
    if header.version != LINES {
        return Err(lines.wrong(format!("version {} of the format is unknown", header.version)));
    }
    let Line::Workspace { site_key, token_secret, awake, epoch } = lines.next()? else {
        return Err(lines.wrong("the workspace's own line is missing"));
    };
    let taken = "SELECT count(*) FROM workspaces WHERE id = ?1";
    if at.query_row(taken, [&header.workspace], |row| row.get::<_, u64>(0))? > 0 {
        return Err(ImportError::Taken(header.workspace));
    }
    let id = header.workspace.as_str().into();
    let entry = directory::create(at, Entry::new(id, site_key, token_secret))?;
    let row = WorkspaceRow { entry, state: State::There as u64, awake, epoch };
    row.put(at)?;
    let number = row.entry.number;
    loop {
        match lines.next()? {
            Line::End { lines: all } if all == lines.count => break,
            Line::End { .. } => return Err(lines.wrong("lines are missing before it")),
            line => {
                let put = put(at, number, line);
                put.map_err(|what| ImportError::Line { line: lines.count, what })?;
            }
        }
    }
    lines.nothing_more()?;
    let subject = Subject { entry: &row.entry, epoch };
    match check::of_workspace(at, &subject).into_iter().next() {
        Some(finding) => Err(ImportError::Unsound(finding)),
        None => Ok(Imported { workspace: header.workspace, lines: lines.count }),
    }
}

struct Lines<'i> {
    input: &'i mut dyn BufRead,
    text: String,
    count: u64,
}

impl Lines<'_> {
    fn next<T: DeserializeOwned>(&mut self) -> Result<T, ImportError> {
        self.text.clear();
        let next = self.count + 1;
        let read = self.input.read_line(&mut self.text).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => {
                ImportError::Line { line: next, what: "it is not UTF-8".to_owned() }
            }
            _ => error.into(),
        })?;
        if read == 0 || !self.text.ends_with('\n') {
            return Err(ImportError::CutOff(self.count));
        }
        self.count += 1;
        let line = self.count;
        serde_json::from_str(&self.text)
            .map_err(|error| ImportError::Line { line, what: error.to_string() })
    }

    fn nothing_more(&mut self) -> Result<(), ImportError> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(());
        }
        Err(ImportError::Line { line: self.count + 1, what: "it follows the last one".to_owned() })
    }

    fn wrong(&self, what: impl Into<String>) -> ImportError {
        ImportError::Line { line: self.count, what: what.into() }
    }
}

/// Writes a line as a row.
fn put(at: &Connection, workspace: u64, line: Line) -> Result<(), String> {
    let written = match line {
        Line::Workspace { .. } => return Err("the workspace has a line already".to_owned()),
        Line::End { .. } => Ok(()),
        Line::Event { version, .. } if version > VERSION => {
            return Err(format!("an event of a later release: version {version}"));
        }
        Line::Event { version, json } => {
            let record: Record = read(&json)?;
            append::put_event(at, workspace, &record, version, json.get())
        }
        Line::Snapshot { position, epoch, json } => {
            let body = json.get().as_bytes();
            let crc = Checksum::of(&[workspace, position, epoch]).and(body).bytes();
            at.execute(
                "INSERT INTO snapshots (workspace, position, epoch, crc, body)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![workspace, position, epoch, crc, body],
            )
            .map(drop)
        }
        Line::Ended { open, positions, json } => {
            let conversation: Conversation = read(&json)?;
            append::put_archived(at, workspace, &conversation, json.get(), &positions, open != 0)
        }
        Line::Decision { number, nth, json } => {
            let decision: Decision = read(&json)?;
            append::put_decision(at, [workspace, number, decision.position, nth], json.get())
        }
        Line::Person { kind, subject, json } => {
            known_person(kind, json.get().as_bytes())?;
            people::insert(at, workspace, kind, &subject, json.get().as_bytes())
        }
        Line::Vouched { digest, visitor } => {
            append::put_vouched(at, workspace, digest, &VisitorId::from(visitor))
        }
    };
    written.map_err(|error| error.to_string())
}

fn read<T: DeserializeOwned>(json: &RawValue) -> Result<T, String> {
    serde_json::from_str(json.get()).map_err(|error| error.to_string())
}
