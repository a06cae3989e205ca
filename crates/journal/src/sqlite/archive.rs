//! Reading what is kept for reading.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result, Row, ToSql, params};
use switchboard_routing::{
    Conversation, ConversationId, Decision, Record, State, Timestamp, VisitorId, WorkspaceId,
};

use super::{
    Sqlite,
    append::EndedRow,
    load,
    people::{self, Kind, damaged},
    row::Checksum,
};
use crate::{
    Archive, ArchiveFilter, AuditEntry, Details, Ended, HourFigures, KeptKey, Keyed, LogError,
    VisitorProfile,
};

/// The last so many decisions about a conversation are given.
const DECISIONS: usize = 50;

pub(crate) const COLUMNS: &str =
    "number, open, conversation, visitor, department, agent, rejected, ended_at,
     ending, key, fingerprint, positions, crc, body";

/// A row of `ended`, read and checked.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) conversation: Conversation,
    pub(crate) positions: Vec<u64>,
}

/// A row of [`COLUMNS`].
pub(crate) fn kept(workspace: u64, row: &Row<'_>) -> Result<Kept> {
    let (conversation, visitor) = (row.get::<_, String>(2)?, row.get::<_, String>(3)?);
    let (department, agent) = (row.get::<_, String>(4)?, row.get::<_, Option<String>>(5)?);
    let (key, fingerprint) = (row.get::<_, Option<String>>(9)?, row.get::<_, Option<Vec<u8>>>(10)?);
    let (positions, body) = (row.get::<_, String>(11)?, row.get::<_, String>(13)?);
    let checked = EndedRow {
        workspace,
        number: row.get(0)?,
        open: row.get(1)?,
        conversation: &conversation,
        visitor: &visitor,
        department: &department,
        agent: agent.as_deref(),
        rejected: row.get(6)?,
        ended_at: row.get(7)?,
        ending: row.get(8)?,
        key: key.as_deref(),
        fingerprint: fingerprint.as_deref(),
        positions: &positions,
        body: &body,
    };
    if checked.checksum() != row.get::<_, [u8; 4]>(12)? {
        return Err(damaged("the record", &conversation));
    }
    let unreadable = |_| damaged("the record", &conversation);
    Ok(Kept {
        conversation: serde_json::from_str(&body).map_err(unreadable)?,
        positions: serde_json::from_str(&positions).map_err(unreadable)?,
    })
}

/// Rows of `ended` that a condition picks. `?1` is the workspace.
pub(crate) fn select(
    at: &Connection,
    workspace: u64,
    condition: &str,
    parameters: &[&dyn ToSql],
) -> Result<Vec<Kept>> {
    let sql = format!("SELECT {COLUMNS} FROM ended WHERE workspace = ?1 AND {condition}");
    let mut statement = at.prepare_cached(&sql)?;
    let all: Vec<&dyn ToSql> =
        [&workspace as &dyn ToSql].into_iter().chain(parameters.iter().copied()).collect();
    statement.query_map(all.as_slice(), |row| kept(workspace, row))?.collect()
}

/// The events of a conversation that are in the log at these positions.
fn history(at: &Connection, workspace: u64, positions: &[u64]) -> Result<Vec<Arc<Record>>> {
    let mut history = Vec::with_capacity(positions.len());
    for position in positions {
        for row in load::events(at, workspace, position.saturating_sub(1), Some(1))? {
            if row.position == *position {
                let record = row.record(workspace).map_err(|what| damaged("the history", &what))?;
                history.push(Arc::new(record));
            }
        }
    }
    Ok(history)
}

/// What had happened to a conversation by the time at which it was reopened last.
pub(super) fn earlier(
    at: &Connection,
    workspace: u64,
    id: &ConversationId,
) -> Result<Vec<Arc<Record>>> {
    let kept = select(at, workspace, "conversation = ?2", &[&id.as_str()])?;
    match kept.first() {
        Some(kept) => history(at, workspace, &kept.positions),
        None => Ok(Vec::new()),
    }
}

fn ended(at: &Connection, workspace: u64, kept: Kept, with_history: bool) -> Result<Arc<Ended>> {
    let Kept { conversation, positions } = kept;
    let details: Option<Details> =
        people::find(at, workspace, Kind::Conversation, conversation.id.as_str())?;
    let history = if with_history { history(at, workspace, &positions)? } else { Vec::new() };
    Ok(Arc::new(Ended { conversation, details: details.map(Arc::new), history }))
}

/// The condition of a filter, and its parameters from `?4` on.
fn condition(filter: &ArchiveFilter) -> (String, Vec<String>) {
    let (mut condition, mut parameters) = (String::from("number > ?2 AND open = 0"), Vec::new());
    match filter.state {
        None => {}
        Some(State::Closed) => condition.push_str(" AND rejected = 0"),
        Some(State::Rejected) => condition.push_str(" AND rejected = 1"),
        Some(_) => condition.push_str(" AND 0"),
    }
    for (column, value) in [("department", &filter.department_id), ("agent", &filter.agent_id)] {
        if let Some(value) = value {
            parameters.push(value.clone());
            condition.push_str(&format!(" AND {column} = ?{}", 3 + parameters.len()));
        }
    }
    condition.push_str(" ORDER BY number LIMIT ?3");
    (condition, parameters)
}

impl Sqlite {
    fn read_of<T: Default>(
        &self,
        workspace: &WorkspaceId,
        read: impl FnOnce(&Connection, u64) -> Result<T>,
    ) -> std::result::Result<T, LogError> {
        let Some(number) = self.number_of(workspace.as_str()) else { return Ok(T::default()) };
        self.inner.readers.with(|at| read(at, number)).map_err(LogError::from)
    }
}

/// The number of the last change that was noted; 0: none was.
pub(crate) fn last_audited(at: &Connection, workspace: u64) -> Result<u64> {
    let last: Option<String> = at
        .prepare_cached("SELECT max(subject) FROM who WHERE workspace = ?1 AND kind = ?2")?
        .query_row(params![workspace, Kind::Audit as u64], |row| row.get(0))?;
    Ok(last.and_then(|subject| subject.parse().ok()).unwrap_or(0))
}

fn audit(
    at: &Connection,
    workspace: u64,
    before: u64,
    limit: usize,
) -> Result<Vec<(u64, Arc<AuditEntry>)>> {
    let subjects: Vec<String> = at
        .prepare_cached(
            "SELECT subject FROM who WHERE workspace = ?1 AND kind = ?2 AND subject < ?3
             ORDER BY subject DESC LIMIT ?4",
        )?
        .query_map(
            params![workspace, Kind::Audit as u64, people::numbered(before), limit],
            |row| row.get(0),
        )?
        .collect::<Result<_>>()?;
    let mut entries = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let number = subject.parse().map_err(|_| damaged("the number of a change", &subject))?;
        let entry = people::find(at, workspace, Kind::Audit, &subject)?;
        entries.extend(entry.map(|entry| (number, Arc::new(entry))));
    }
    Ok(entries)
}

impl Archive for Sqlite {
    fn find(
        &self,
        workspace: &WorkspaceId,
        id: &ConversationId,
    ) -> std::result::Result<Option<Arc<Ended>>, LogError> {
        self.read_of(workspace, |at, workspace| {
            let found = select(at, workspace, "conversation = ?2 AND open = 0", &[&id.as_str()])?;
            found.into_iter().next().map(|kept| ended(at, workspace, kept, true)).transpose()
        })
    }

    fn last_of(
        &self,
        workspace: &WorkspaceId,
        visitor: &VisitorId,
    ) -> std::result::Result<Option<Arc<Ended>>, LogError> {
        let condition = "visitor = ?2 AND open = 0 ORDER BY ending DESC LIMIT 1";
        self.read_of(workspace, |at, workspace| {
            let found = select(at, workspace, condition, &[&visitor.as_str()])?;
            found.into_iter().next().map(|kept| ended(at, workspace, kept, false)).transpose()
        })
    }

    fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &ArchiveFilter,
        after: u64,
        limit: usize,
    ) -> std::result::Result<Vec<Arc<Ended>>, LogError> {
        let (condition, own) = condition(filter);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read_of(workspace, |at, workspace| {
            let mut parameters: Vec<&dyn ToSql> = vec![&after, &limit];
            parameters.extend(own.iter().map(|value| value as &dyn ToSql));
            let found = select(at, workspace, &condition, &parameters)?;
            found.into_iter().map(|kept| ended(at, workspace, kept, false)).collect()
        })
    }

    fn decisions(
        &self,
        workspace: &WorkspaceId,
        id: &ConversationId,
        number: u64,
    ) -> std::result::Result<Vec<Arc<Decision>>, LogError> {
        self.read_of(workspace, |at, workspace| {
            let mut statement = at.prepare_cached(
                "SELECT position, nth, crc, body FROM decisions
                 WHERE workspace = ?1 AND number = ?2 ORDER BY position DESC, nth DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![workspace, number, DECISIONS], |row| {
                let numbers = [workspace, number, row.get(0)?, row.get(1)?];
                Ok((numbers, row.get::<_, [u8; 4]>(2)?, row.get::<_, String>(3)?))
            })?;
            let mut decisions = Vec::new();
            for row in rows {
                let (numbers, crc, body) = row?;
                let sum = Checksum::of(&numbers).and(&body).bytes();
                let decision = serde_json::from_str(&body).ok().filter(|_| sum == crc);
                decisions
                    .push(Arc::new(decision.ok_or_else(|| damaged("a decision", id.as_str()))?));
            }
            decisions.reverse();
            Ok(decisions)
        })
    }

    fn visitor(
        &self,
        workspace: &WorkspaceId,
        id: &VisitorId,
    ) -> std::result::Result<Option<Arc<VisitorProfile>>, LogError> {
        self.read_of(workspace, |at, workspace| {
            people::find(at, workspace, Kind::Visitor, id.as_str()).map(|known| known.map(Arc::new))
        })
    }

    fn vouched(
        &self,
        workspace: &WorkspaceId,
        external_id: &str,
    ) -> std::result::Result<Option<VisitorId>, LogError> {
        let secret = self.inner.entries.lock().find(workspace.as_str()).map(|e| e.token_secret);
        let Some(secret) = secret else { return Ok(None) };
        let digest = people::digest(&secret, external_id);
        self.read_of(workspace, |at, workspace| {
            let found = at
                .prepare_cached(
                    "SELECT visitor, crc FROM vouched WHERE workspace = ?1 AND digest = ?2",
                )?
                .query_row(params![workspace, digest], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 4]>(1)?))
                })
                .optional()?;
            let Some((visitor, crc)) = found else { return Ok(None) };
            let sum = Checksum::of(&[workspace]).and(digest).and(&visitor).bytes();
            if sum != crc {
                return Err(damaged("an external id", &visitor));
            }
            Ok(Some(visitor.into()))
        })
    }

    fn audit(
        &self,
        workspace: &WorkspaceId,
        before: u64,
        limit: usize,
    ) -> std::result::Result<Vec<(u64, Arc<AuditEntry>)>, LogError> {
        self.read_of(workspace, |at, workspace| audit(at, workspace, before, limit))
    }

    fn keyed(
        &self,
        workspace: &WorkspaceId,
        visitor: &VisitorId,
        key: &str,
    ) -> std::result::Result<Option<Keyed>, LogError> {
        self.read_of(workspace, |at, workspace| {
            let condition = "visitor = ?2 AND key = ?3 AND open = 0";
            let found = select(at, workspace, condition, &[&visitor.as_str(), &key])?;
            Ok(found.into_iter().next().and_then(|kept| {
                let fingerprint = kept.conversation.key.as_ref()?.fingerprint;
                Some(Keyed { conversation_id: kept.conversation.id.clone(), fingerprint })
            }))
        })
    }

    fn keys_since(
        &self,
        workspace: &WorkspaceId,
        after: Timestamp,
    ) -> std::result::Result<Vec<KeptKey>, LogError> {
        self.read_of(workspace, |at, workspace| {
            let mut statement = at.prepare_cached(
                "SELECT ended_at, conversation, visitor, key FROM ended
                 WHERE workspace = ?1 AND ended_at > ?2 AND key IS NOT NULL AND open = 0",
            )?;
            let rows = statement.query_map(params![workspace, after.0], |row| {
                Ok(KeptKey {
                    ended_at: Timestamp(row.get(0)?),
                    conversation_id: row.get::<_, String>(1)?.into(),
                    visitor_id: row.get::<_, String>(2)?.into(),
                    key: row.get::<_, String>(3)?.into(),
                })
            })?;
            rows.collect()
        })
    }

    fn expired(
        &self,
        workspace: &WorkspaceId,
        now: Timestamp,
        limit: usize,
    ) -> std::result::Result<Vec<Arc<Ended>>, LogError> {
        let Some(retention) = self.inner.retention_ms else { return Ok(Vec::new()) };
        let before = now.0.saturating_sub(retention);
        self.read_of(workspace, |at, workspace| {
            let condition = "ended_at < ?2 AND open = 0 ORDER BY ended_at LIMIT ?3";
            let found = select(at, workspace, condition, &[&before, &limit])?;
            found.into_iter().map(|kept| ended(at, workspace, kept, false)).collect()
        })
    }

    fn hours(
        &self,
        workspace: &WorkspaceId,
        from: u64,
        before: u64,
    ) -> std::result::Result<Vec<(u64, Arc<HourFigures>)>, LogError> {
        self.read_of(workspace, |at, workspace| {
            let (from, before) = (people::hour(from), people::hour(before));
            let hours = people::range(at, workspace, Kind::Hour, &*from..&*before)?;
            let number = |(subject, figures): (String, HourFigures)| {
                let hour = subject.parse().map_err(|_| damaged("an hour", &subject))?;
                Ok((hour, Arc::new(figures)))
            };
            hours.into_iter().map(number).collect()
        })
    }
}
