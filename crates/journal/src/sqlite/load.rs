//! Reading a workspace back: its latest snapshot, the events after it, and who its people are.
//! Every row is checked. What is damaged at the very end of a log was never acknowledged, or is of
//! a disk that failed: it is reported and left out; damage before the end is an error.

use std::{collections::HashSet, sync::Arc};

use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::Deserialize;
use switchboard_routing::{AgentId, ConversationId, Record, Snapshot, VERSION, VisitorId};

use super::{
    append::event_checksum,
    archive,
    people::{self, Kind},
    row::Checksum,
};
use crate::{
    Account, AgentProfile, ApiKey, Details, Entry, Figures, Histories, Invite, LogError, Profiles,
    Recovered, Stored,
};

/// What the files give of a workspace.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(super) recovered: Recovered,
    pub(super) profiles: Profiles,
    pub(super) sessions: Vec<Vec<u8>>,
    /// How many events had to be replayed.
    pub(super) replayed: u64,
}

/// A row of `log`.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) position: u64,
    epoch: u64,
    version: u64,
    crc: [u8; 4],
    record: String,
}

impl EventRow {
    /// Of its columns.
    pub(crate) fn of(
        position: u64,
        epoch: u64,
        version: u64,
        crc: [u8; 4],
        record: String,
    ) -> Self {
        Self { position, epoch, version, crc, record }
    }

    /// The event, where it is what was written.
    pub(crate) fn record(&self, workspace: u64) -> std::result::Result<Record, String> {
        let Self { position, epoch, version, crc, record } = self;
        if event_checksum(workspace, *position, *epoch, *version, record).bytes() != *crc {
            return Err(format!("event {position} is not what was written"));
        }
        if *version > u64::from(VERSION) {
            return Err(format!("event {position} is of a later release: version {version}"));
        }
        serde_json::from_str(record)
            .map_err(|error| format!("event {position} cannot be read: {error}"))
    }
}

/// The rows of a log after a position.
pub(crate) fn events(
    at: &Connection,
    workspace: u64,
    after: u64,
    limit: Option<usize>,
) -> Result<Vec<EventRow>> {
    let limit = limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    at.prepare_cached(
        "SELECT position, epoch, version, crc, record FROM log
         WHERE workspace = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
    )?
    .query_map(params![workspace, after, limit], |row| {
        Ok(EventRow {
            position: row.get(0)?,
            epoch: row.get(1)?,
            version: row.get(2)?,
            crc: row.get(3)?,
            record: row.get(4)?,
        })
    })?
    .collect()
}

/// Events for public reading.
pub(super) fn records(
    at: &Connection,
    workspace: u64,
    after: u64,
    limit: usize,
) -> std::result::Result<Vec<Arc<Record>>, LogError> {
    let rows = events(at, workspace, after, Some(limit))?;
    let read = |row: EventRow| {
        let damaged = |what| LogError::Damaged { position: row.position - 1, what };
        row.record(workspace).map(Arc::new).map_err(damaged)
    };
    rows.into_iter().map(read).collect()
}

#[derive(Deserialize)]
struct Body {
    snapshot: Snapshot,
    histories: Histories,
    /// Of before there were any: none.
    #[serde(default)]
    figures: Option<Figures>,
}

/// The body of a row of `snapshots`.
pub(super) fn snapshot_body(stored: &Stored) -> std::result::Result<Vec<u8>, serde_json::Error> {
    #[derive(serde::Serialize)]
    struct Body<'s> {
        snapshot: &'s Snapshot,
        histories: &'s Histories,
        figures: &'s Option<Figures>,
    }
    let Stored { snapshot, histories, figures, .. } = stored;
    serde_json::to_vec(&Body { snapshot, histories, figures })
}

/// The latest snapshot.
pub(crate) fn snapshot(
    at: &Connection,
    workspace: u64,
) -> std::result::Result<Option<Stored>, LogError> {
    let row = at
        .prepare_cached("SELECT position, epoch, crc, body FROM snapshots WHERE workspace = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([workspace], |row| {
                    let numbers = (row.get::<_, u64>(0)?, row.get::<_, u64>(1)?);
                    Ok((numbers, row.get::<_, [u8; 4]>(2)?, row.get::<_, Vec<u8>>(3)?))
                })
                .optional()
        })?;
    let Some(((position, epoch), crc, body)) = row else { return Ok(None) };
    let damaged = |what: String| LogError::Damaged { position, what };
    if Checksum::of(&[workspace, position, epoch]).and(&body).bytes() != crc {
        return Err(damaged("the snapshot is not what was written".to_owned()));
    }
    let Body { snapshot, histories, figures } = serde_json::from_slice(&body)
        .map_err(|error| damaged(format!("the snapshot cannot be read: {error}")))?;
    if snapshot.position != position {
        return Err(damaged("the snapshot is of another position".to_owned()));
    }
    Ok(Some(Stored { snapshot, histories, figures, sessions: None, dormant: false }))
}

/// Loads a workspace.
pub(super) fn load(
    at: &Connection,
    entry: &Entry,
    epoch: u64,
) -> std::result::Result<Loaded, LogError> {
    let transaction = at.unchecked_transaction()?;
    load_within(&transaction, entry, epoch)
}

/// Loads a workspace, in the transaction that is open.
pub(crate) fn load_within(
    at: &Connection,
    entry: &Entry,
    epoch: u64,
) -> std::result::Result<Loaded, LogError> {
    let workspace = entry.number;
    let stored = snapshot(at, workspace)?;
    let after = stored.as_ref().map_or(0, |stored| stored.snapshot.position);
    let rows = events(at, workspace, after, None)?;
    let tail = tail(&entry.id, workspace, &rows)?;
    let replayed = tail.len() as u64;
    let mut recovered = Recovered::fold(stored, &tail, epoch)?;
    take_up_histories(at, workspace, &mut recovered)?;
    let profiles = profiles(at, workspace, &recovered)?;
    let sessions = sessions(at, workspace)?;
    Ok(Loaded { recovered, profiles, sessions, replayed })
}

/// The events of the tail. What cannot be read at its very end is left out.
fn tail(
    id: &switchboard_routing::WorkspaceId,
    workspace: u64,
    rows: &[EventRow],
) -> std::result::Result<Vec<Arc<Record>>, LogError> {
    let mut tail = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        match row.record(workspace) {
            Ok(record) => tail.push(Arc::new(record)),
            Err(what) => {
                let later = rows.get(at + 1..).unwrap_or_default();
                if later.iter().any(|row| row.record(workspace).is_ok()) {
                    return Err(LogError::Damaged { position: row.position - 1, what });
                }
                let lost = rows.len() - at;
                tracing::error!(workspace = %id, %what, lost, "the end of the log is torn: left out");
                break;
            }
        }
    }
    Ok(tail)
}

/// What was reopened since the snapshot has the beginning of its history in the archive.
fn take_up_histories(
    at: &Connection,
    workspace: u64,
    recovered: &mut Recovered,
) -> std::result::Result<(), LogError> {
    let cut: Vec<ConversationId> = recovered.begun_earlier().cloned().collect();
    for id in cut {
        let since = recovered.histories.remove(&id).unwrap_or_default();
        let first = since.first().map_or(0, |record| record.position);
        let earlier = archive::earlier(at, workspace, &id)?;
        let before = earlier.into_iter().filter(|record| record.position < first);
        recovered.histories.insert(id, before.chain(since.iter().cloned()).collect());
    }
    Ok(())
}

/// Who is known by what: agents, and the visitors and conversations that are open.
fn profiles(at: &Connection, workspace: u64, recovered: &Recovered) -> Result<Profiles> {
    let mut profiles = Profiles::default();
    for (id, profile) in people::all::<AgentProfile>(at, workspace, Kind::Agent)? {
        profiles.load_agent(&AgentId::from(id), profile);
    }
    team(at, workspace, &mut profiles)?;
    let mut visitors: HashSet<&VisitorId> = HashSet::new();
    for open in recovered.workspace.conversations() {
        let details: Option<Details> =
            people::find(at, workspace, Kind::Conversation, open.id.as_str())?;
        if let Some(details) = details {
            profiles.conversations.insert(open.id.clone(), Arc::new(details));
        }
        if visitors.insert(&open.visitor_id) {
            let known = people::find(at, workspace, Kind::Visitor, open.visitor_id.as_str())?;
            if let Some(known) = known {
                profiles.load_visitor(&open.visitor_id, Arc::new(known));
            }
        }
    }
    Ok(profiles)
}

/// Who was asked to join, and what people and the host's back end sign in with.
fn team(at: &Connection, workspace: u64, profiles: &mut Profiles) -> Result<()> {
    let invites = people::all::<Invite>(at, workspace, Kind::Invite)?;
    profiles.invites.extend(invites.into_iter().map(|(id, invite)| (id, Arc::new(invite))));
    let keys = people::all::<ApiKey>(at, workspace, Kind::ApiKey)?;
    profiles.api_keys.extend(keys.into_iter().map(|(id, key)| (id, Arc::new(key))));
    let accounts = people::all::<Account>(at, workspace, Kind::Account)?;
    profiles.accounts.extend(accounts.into_iter().map(|(id, of)| (id.into(), Arc::new(of))));
    profiles.site = people::find(at, workspace, Kind::Site, "")?.map(Arc::new).unwrap_or_default();
    profiles.audited = archive::last_audited(at, workspace)?;
    Ok(())
}

/// What is kept of the streams of sessions. What is damaged is not given: who had it gets a full
/// welcome.
fn sessions(at: &Connection, workspace: u64) -> Result<Vec<Vec<u8>>> {
    let mut statement = at.prepare_cached(
        "SELECT whole, at, crc, body FROM streams WHERE workspace = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([workspace], |row| {
        let numbers = [workspace, row.get(0)?, row.get(1)?];
        Ok((numbers, row.get::<_, [u8; 4]>(2)?, row.get::<_, Vec<u8>>(3)?))
    })?;
    let mut sessions = Vec::new();
    for row in rows {
        let (numbers, crc, body) = row?;
        if Checksum::of(&numbers).and(&body).bytes() == crc {
            sessions.push(body);
        } else {
            tracing::error!("streams of sessions are damaged: those so far are given up");
            sessions.clear();
        }
    }
    Ok(sessions)
}
