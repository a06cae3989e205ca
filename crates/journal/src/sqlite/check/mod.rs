//! Reads everything in a store, and says what is wrong and where. Changes nothing.
//!
//! SQLite checks its own structure; [`rows`] reads every row against its checksum; [`logic`] sees
//! whether the rows agree with each other, and loads every workspace.

mod finding;
mod logic;
mod rows;

pub use finding::Finding;
pub(crate) use logic::Subject;
pub(crate) use rows::known as known_person;

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{
    LockError, Wal,
    lock::Lock,
    readers,
    schema::{APPLICATION, CREATE, DATABASE, TABLES},
    wal,
};

/// So many findings are told at most; the others are counted.
const FINDINGS: usize = 10_000;

/// What a check saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong; nothing: the store is sound.
    pub findings: Vec<Finding>,
    /// So many workspaces are there.
    pub workspaces: u64,
    /// So many events are kept.
    pub events: u64,
    /// So many conversations are kept, ended and open.
    pub conversations: u64,
    /// The size of the files.
    pub bytes: u64,
    /// Whether the write-ahead log was read as bytes: not while a server runs.
    pub wal_seen: bool,
}

impl Report {
    /// Whether anything is damaged.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(Finding::is_damage)
    }

    fn find(&mut self, finding: Finding) {
        let told = self.findings.len();
        match self.findings.last_mut() {
            Some(Finding::More(more)) => *more += 1,
            _ if told >= FINDINGS => self.findings.push(Finding::More(1)),
            _ => self.findings.push(finding),
        }
    }
}

/// Why a store cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is none.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// Whether a server runs is not known.
    #[error(transparent)]
    Lock(LockError),
    /// Its files cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is of a later release, or nothing of ours.
    #[error("{} {what}", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// SQLite cannot open it.
    #[error("cannot open {}: {source}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Checks the store in a directory, or a copy of a database that stands alone. A server may run.
///
/// # Errors
/// Where there is nothing that can be opened.
pub fn check(place: &Path) -> Result<Report, CheckError> {
    let alone = place.is_file();
    let path = if alone { place.to_owned() } else { place.join(DATABASE) };
    if !path.is_file() {
        return Err(CheckError::Missing(path));
    }
    let mut report = Report::default();
    // Held until the end: no server starts meanwhile.
    let lock = match if alone { None } else { Some(Lock::take(place)) } {
        Some(Err(LockError::Taken(_))) => None,
        Some(Err(error)) => return Err(CheckError::Lock(error)),
        Some(Ok(lock)) => Some(lock),
        None => None,
    };
    if alone || lock.is_some() {
        look_at_wal(&path, &mut report)?;
    }
    report.bytes = size(&path) + size(&wal::path_of(&path));
    let database = |source| CheckError::Database { path: path.clone(), source };
    let connection = readers::open_to_look(&path).map_err(database)?;
    // All is read as of one moment.
    let transaction = connection.unchecked_transaction().map_err(database)?;
    known(&transaction, &path)?;
    header(&path, &mut report).map_err(|source| CheckError::Io { path: path.clone(), source })?;
    structure(&transaction, &mut report);
    if let Err(error) = tables(&transaction, &mut report) {
        report.find(Finding::Structure(error.to_string()));
    }
    rows::check(&transaction, None, &mut report);
    if let Err(error) = logic::check(&transaction, &mut report) {
        report.find(Finding::Structure(error.to_string()));
    }
    Ok(report)
}

/// What is wrong with all that is kept of one workspace.
pub(crate) fn of_workspace(at: &Connection, subject: &Subject<'_>) -> Vec<Finding> {
    let mut report = Report::default();
    rows::check(at, Some(subject.entry.number), &mut report);
    let (findings, _) = logic::workspace(at, subject);
    report.findings.extend(findings);
    report.findings
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn look_at_wal(database: &Path, report: &mut Report) -> Result<(), CheckError> {
    let path = wal::path_of(database);
    let seen = wal::scan(&path).map_err(|source| CheckError::Io { path, source })?;
    report.wal_seen = true;
    match seen {
        Wal::Empty | Wal::Sound { .. } => {}
        Wal::Torn { bytes, .. } => report.find(Finding::TornWal { bytes }),
        Wal::Damaged { what, .. } => report.find(Finding::Wal(what)),
    }
    Ok(())
}

/// Whether it is a database of ours, and of a version that is known.
fn known(at: &Connection, path: &Path) -> Result<(), CheckError> {
    let pragma = |name| at.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let numbers = pragma("application_id").and_then(|of| Ok((of, pragma("user_version")?)));
    let database = |source| CheckError::Database { path: path.to_owned(), source };
    let foreign = |what: String| CheckError::Foreign { path: path.to_owned(), what };
    match numbers.map_err(database)? {
        (APPLICATION, 1..=TABLES) => Ok(()),
        (APPLICATION, tables) => Err(foreign(format!(
            "has tables of version {tables}, which this release does not know"
        ))),
        _ => Err(foreign("is not a database of Switchboard's".to_owned())),
    }
}

/// Where the file says who may write it, and who may read it: a version of the format each.
const VERSIONS_AT: u64 = 18;

/// SQLite does not complain of a format that it can read and not write.
fn header(path: &Path, report: &mut Report) -> std::io::Result<()> {
    let (mut file, mut versions) = (File::open(path)?, [0; 2]);
    file.seek(SeekFrom::Start(VERSIONS_AT))?;
    file.read_exact(&mut versions)?;
    if !matches!(versions, [1, 1] | [2, 2]) {
        report.find(Finding::Structure(format!("its header says that its format is {versions:?}")));
    }
    Ok(())
}

fn structure(at: &Connection, report: &mut Report) {
    let read = || -> rusqlite::Result<Vec<String>> {
        at.prepare(&format!("PRAGMA integrity_check({FINDINGS})"))?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    match read() {
        Ok(lines) => {
            for line in lines.iter().flat_map(|line| line.lines()).filter(|line| *line != "ok") {
                report.find(Finding::Structure(line.to_owned()));
            }
        }
        Err(error) => report.find(Finding::Structure(error.to_string())),
    }
}

/// Whether the tables are those that are made.
fn tables(at: &Connection, report: &mut Report) -> rusqlite::Result<()> {
    let made = Connection::open_in_memory()?;
    made.execute_batch(CREATE)?;
    let (expected, found) = (schema(&made)?, schema(at)?);
    for (name, sql) in &expected {
        match found.iter().find(|(other, _)| other == name) {
            None => report.find(Finding::Tables(format!("{name} is missing"))),
            Some((_, other)) if other != sql => {
                report.find(Finding::Tables(format!("{name} is another")));
            }
            Some(_) => {}
        }
    }
    for (name, _) in found.iter().filter(|(name, _)| expected.iter().all(|(of, _)| of != name)) {
        report.find(Finding::Tables(format!("{name} is none of ours")));
    }
    Ok(())
}

type Described = Vec<(String, (String, String, Option<String>))>;

fn schema(at: &Connection) -> rusqlite::Result<Described> {
    at.prepare("SELECT name, type, tbl_name, sql FROM sqlite_schema")?
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))?
        .collect()
}
