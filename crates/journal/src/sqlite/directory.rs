//! Which workspaces there are. All of them are kept in memory, as entries: ten thousand that sleep
//! cost that.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension, Result, params};
use switchboard_routing::{Timestamp, WorkspaceId};

use super::{
    Sqlite,
    append::{self, answer_checksum},
    housekeeper::Task,
    people::{self, Kind, damaged},
    row::Checksum,
    writer::{Order, ask},
};
use crate::{Answered, Directory, DirectoryError, Entry, KeptAnswer, LogError, Site};

/// Somebody reads now and then, and each try waits a moment for who does.
const SCRUB_TRIES: usize = 20;

/// The state of a workspace on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing was written in it yet.
    New = 0,
    /// It is there.
    There = 1,
    /// It was erased.
    Erased = 2,
}

/// A row of `workspaces`.
#[derive(Clone, Debug)]
pub(crate) struct WorkspaceRow {
    pub(crate) entry: Entry,
    pub(crate) state: u64,
    pub(crate) awake: bool,
    pub(crate) epoch: u64,
}

impl WorkspaceRow {
    pub(crate) fn checksum(&self) -> [u8; 4] {
        let Self { entry, state, awake, epoch } = self;
        Checksum::of(&[entry.number, *state, (*awake).into(), *epoch])
            .and(entry.id.as_str())
            .and(&entry.site_key)
            .and(entry.token_secret)
            .bytes()
    }

    /// Writes it, whole.
    pub(crate) fn put(&self, at: &Connection) -> Result<()> {
        let Self { entry, state, awake, epoch } = self;
        at.prepare_cached(
            "INSERT OR REPLACE INTO workspaces
                (number, id, state, awake, epoch, site_key, token_secret, crc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            entry.number,
            entry.id.as_str(),
            state,
            awake,
            epoch,
            entry.site_key,
            entry.token_secret,
            self.checksum()
        ])?;
        Ok(())
    }
}

/// All rows of `workspaces`, and whether each is what was written.
pub(crate) fn rows(at: &Connection) -> Result<Vec<(WorkspaceRow, bool)>> {
    at.prepare(
        "SELECT number, id, state, awake, epoch, site_key, token_secret, crc FROM workspaces
         ORDER BY number",
    )?
    .query_map([], |row| {
        let secret: Vec<u8> = row.get(6)?;
        let entry = Entry {
            number: row.get(0)?,
            id: row.get::<_, String>(1)?.into(),
            site_key: row.get(5)?,
            token_secret: secret.try_into().unwrap_or_default(),
            site: Arc::default(),
        };
        let awake = row.get::<_, u64>(3)? != 0;
        let read = WorkspaceRow { entry, state: row.get(2)?, awake, epoch: row.get(4)? };
        let sound = read.checksum() == row.get::<_, [u8; 4]>(7)?;
        Ok((read, sound))
    })?
    .collect()
}

/// One row of `workspaces`.
pub(crate) fn row(at: &Connection, number: u64) -> Result<Option<WorkspaceRow>> {
    at.prepare_cached(
        "SELECT id, state, awake, epoch, site_key, token_secret FROM workspaces WHERE number = ?1",
    )?
    .query_row([number], |row| {
        let entry = Entry {
            number,
            id: row.get::<_, String>(0)?.into(),
            site_key: row.get(4)?,
            token_secret: row.get(5)?,
            site: Arc::default(),
        };
        let awake = row.get::<_, u64>(2)? != 0;
        Ok(WorkspaceRow { entry, state: row.get(1)?, awake, epoch: row.get(3)? })
    })
    .optional()
}

/// The workspaces that are there, and the ids that are taken.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    by_number: BTreeMap<u64, Entry>,
    numbers: HashMap<WorkspaceId, u64>,
    erased: BTreeSet<WorkspaceId>,
    /// Those in which something may happen, when the store was opened.
    awake: Vec<WorkspaceId>,
}

impl Entries {
    /// Reads the directory. What is damaged in it is not served, and its id stays taken.
    pub(crate) fn read(at: &Connection) -> Result<Self> {
        let mut entries = Self::default();
        for (row, sound) in rows(at)? {
            if !sound {
                tracing::error!(workspace = %row.entry.id, "its entry is damaged: not served");
                entries.erased.insert(row.entry.id);
            } else if row.state == State::Erased as u64 {
                entries.erased.insert(row.entry.id);
            } else {
                if row.awake {
                    entries.awake.push(row.entry.id.clone());
                }
                let WorkspaceRow { mut entry, .. } = row;
                match people::find::<Site>(at, entry.number, Kind::Site, "") {
                    Ok(site) => entry.site = site.map(Arc::new).unwrap_or_default(),
                    Err(error) => {
                        // With the defaults, more could come in than may.
                        tracing::error!(workspace = %entry.id, %error, "not served");
                        entries.erased.insert(entry.id);
                        continue;
                    }
                }
                entries.insert(entry);
            }
        }
        Ok(entries)
    }

    fn insert(&mut self, entry: Entry) {
        self.numbers.insert(entry.id.clone(), entry.number);
        self.by_number.insert(entry.number, entry);
    }

    fn remove(&mut self, id: &str) -> Option<Entry> {
        let number = self.numbers.remove(id)?;
        self.by_number.remove(&number)
    }

    pub(crate) fn number_of(&self, id: &str) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Entry> {
        self.by_number.get(&self.number_of(id)?)
    }

    fn is_taken(&self, id: &str) -> bool {
        self.numbers.contains_key(id) || self.erased.contains(id)
    }
}

fn failed(error: LogError) -> DirectoryError {
    DirectoryError::Failed(error.to_string())
}

/// Writes a new workspace's entry under the next number; gives it with that.
pub(crate) fn create(at: &Connection, mut entry: Entry) -> Result<Entry> {
    let last =
        at.query_row("SELECT max(number) FROM workspaces", [], |row| row.get::<_, Option<u64>>(0))?;
    // Numbers are never given again: what is left of an erased one must not be somebody else's.
    let given: Option<u64> = at
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'workspaces'", [], |row| {
            row.get(0)
        })
        .optional()?;
    entry.number = last.max(given).unwrap_or(0) + 1;
    let row =
        WorkspaceRow { entry: entry.clone(), state: State::New as u64, awake: true, epoch: 0 };
    row.put(at)?;
    Ok(entry)
}

/// Removes all that is kept of a workspace but its id.
fn erase(at: &Connection, entry: &Entry) -> Result<()> {
    let number = entry.number;
    people::blank_all(at, number)?;
    // What was done is not done again: repeats are told that it is gone.
    append::blank_answers(at, number, None)?;
    for table in ["log", "snapshots", "ended", "decisions", "streams"] {
        at.execute(&format!("DELETE FROM {table} WHERE workspace = ?1"), [number])?;
    }
    want_scrub(at)?;
    let epoch = row(at, number)?.map_or(0, |row| row.epoch);
    let nobody = Entry { number, ..Entry::new(entry.id.clone(), String::new(), [0; 32]) };
    WorkspaceRow { entry: nobody, state: State::Erased as u64, awake: false, epoch }.put(at)
}

/// The files are to be scrubbed, at the next start if not before.
pub(super) fn want_scrub(at: &Connection) -> Result<()> {
    at.execute("INSERT OR IGNORE INTO chores (name) VALUES ('scrub')", []).map(|_| ())
}

/// Whether the files are to be scrubbed.
pub(super) fn wants_scrub(at: &Connection) -> Result<bool> {
    at.query_row("SELECT count(*) FROM chores WHERE name = 'scrub'", [], |row| row.get::<_, i64>(0))
        .map(|count| count > 0)
}

/// Streams and answers are removed row by row, which leaves copies where rows were moved: what is
/// left of them goes to tables of its own, and the old ones are overwritten as a whole.
fn rebuild_passing_tables(at: &Connection) -> Result<()> {
    for table in ["streams", "answers"] {
        let create: Vec<String> = at
            .prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC")?
            .query_map([table], |row| row.get(0))?
            .collect::<Result<_>>()?;
        at.execute_batch(&format!("ALTER TABLE {table} RENAME TO {table}_old"))?;
        for index in at
            .prepare("SELECT name FROM sqlite_schema WHERE tbl_name = ?1 AND type = 'index' AND sql IS NOT NULL")?
            .query_map([format!("{table}_old")], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>>>()?
        {
            at.execute_batch(&format!("DROP INDEX {index}"))?;
        }
        for sql in create {
            at.execute_batch(&sql)?;
        }
        at.execute_batch(&format!(
            "INSERT INTO {table} SELECT * FROM {table}_old ORDER BY id; DROP TABLE {table}_old"
        ))?;
    }
    at.execute("DELETE FROM chores WHERE name = 'scrub'", []).map(|_| ())
}

impl Directory for Sqlite {
    fn create(&self, entry: Entry) -> std::result::Result<Entry, DirectoryError> {
        let mut entries = self.inner.entries.lock();
        if entries.is_taken(entry.id.as_str()) {
            return Err(DirectoryError::Taken);
        }
        let entry = self.run(move |at| create(at, entry)).map_err(failed)?;
        entries.insert(entry.clone());
        Ok(entry)
    }

    fn abandon(&self, id: &str) {
        let Some(entry) = self.inner.entries.lock().remove(id) else { return };
        let gone = self.run(move |at| {
            at.execute("DELETE FROM workspaces WHERE number = ?1 AND state = 0", [entry.number])
        });
        if let Err(error) = gone {
            tracing::warn!(%error, "what came to nothing is removed at the next start");
        }
    }

    fn entry(&self, id: &str) -> Option<Entry> {
        self.inner.entries.lock().find(id).cloned()
    }

    fn publish(&self, id: &str, site: Arc<Site>) {
        let mut entries = self.inner.entries.lock();
        let Some(number) = entries.number_of(id) else { return };
        if let Some(entry) = entries.by_number.get_mut(&number) {
            entry.site = site;
        }
    }

    fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        let entries = self.inner.entries.lock();
        let later = entries.by_number.range(after.saturating_add(1)..);
        later.take(limit).map(|(_, entry)| entry.clone()).collect()
    }

    fn awake(&self) -> Vec<WorkspaceId> {
        self.inner.entries.lock().awake.clone()
    }

    fn erase(&self, id: &str) -> std::result::Result<bool, DirectoryError> {
        let Some(entry) = self.inner.entries.lock().find(id).cloned() else { return Ok(false) };
        let number = entry.number;
        let erased = self.ask(|reply| Order::erase(number, move |at| erase(at, &entry), reply));
        erased.map_err(failed)?;
        let mut entries = self.inner.entries.lock();
        if let Some(entry) = entries.remove(id) {
            entries.erased.insert(entry.id);
        }
        Ok(true)
    }

    fn scrub(&self) -> std::result::Result<(), DirectoryError> {
        self.run(rebuild_passing_tables).map_err(failed)?;
        let tasks = self.inner.housekeeper.snapshots();
        let truncate = || ask(&tasks, Task::Truncate);
        let done = (1..SCRUB_TRIES).find_map(|_| truncate().ok());
        done.map_or_else(truncate, Ok).map_err(failed)
    }

    fn answer(
        &self,
        key: &[u8; 32],
        since: Timestamp,
    ) -> std::result::Result<Option<KeptAnswer>, DirectoryError> {
        let read = |at: &Connection| {
            let found = at
                .prepare_cached(
                    "SELECT request, workspace, at, status, crc, body FROM answers WHERE key = ?1",
                )?
                .query_row([key], |row| {
                    let kept = KeptAnswer {
                        key: *key,
                        request: row.get(0)?,
                        at: Timestamp(row.get(2)?),
                        answered: Answered { status: row.get(3)?, body: row.get(5)? },
                    };
                    Ok((kept, row.get::<_, u64>(1)?, row.get::<_, [u8; 4]>(4)?))
                })
                .optional()?;
            let Some((kept, workspace, crc)) = found else { return Ok(None) };
            let Answered { status, body } = &kept.answered;
            let sum =
                answer_checksum(key, &kept.request, workspace, kept.at.0, *status, body.as_deref());
            if sum.bytes() != crc {
                return Err(damaged("an answer", "a key"));
            }
            Ok(Some(kept).filter(|kept| kept.at > since))
        };
        self.inner.readers.with(read).map_err(|error| DirectoryError::Failed(error.to_string()))
    }

    fn keep(&self, kept: KeptAnswer) -> std::result::Result<(), DirectoryError> {
        self.run(move |at| append::answer(at, 0, &kept)).map_err(failed)
    }
}
