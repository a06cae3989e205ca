//! A batch, as rows.

use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::Serialize;
use switchboard_routing::{Conversation, Decision, Record, State, Timestamp, VERSION, VisitorId};

use super::{
    directory,
    people::{self, Kind},
    row::Checksum,
};
use crate::{
    AgentProfile, Batch, ERASED_STATUS, Ended, KEPT_MS, KeptAnswer, PersonalChange, VisitorProfile,
};

/// Streams of sessions are kept for so long, in milliseconds: longer than a session can be resumed.
const STREAMS_KEPT_MS: u64 = 600_000;
/// So many answers that are kept no longer are looked for whenever one is kept.
const EXPIRED_AT_ONCE: u64 = 4;

/// JSON of our own types, which always have one.
pub(crate) fn json(what: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(what).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Writes a batch in the transaction that is open. `now` is the wall clock's, in milliseconds.
pub(crate) fn write(
    at: &Connection,
    workspace: u64,
    secret: &[u8; 32],
    batch: &Batch,
    now: Timestamp,
) -> Result<()> {
    for record in &batch.events {
        event(at, workspace, record)?;
    }
    for reopened in &batch.reopened {
        set_open(at, workspace, reopened)?;
    }
    for over in &batch.ended {
        ended(at, workspace, over)?;
    }
    for change in &batch.personal {
        personal(at, workspace, secret, change)?;
    }
    for (nth, (number, decision)) in (0..).zip(&batch.decisions) {
        decided(at, workspace, *number, nth, decision)?;
    }
    for over in &batch.dropped {
        drop_ended(at, workspace, over)?;
    }
    if let Some(position) = batch.keep_from {
        trim(at, workspace, position)?;
    }
    for (hour, figures) in &batch.figures {
        people::put(at, workspace, Kind::Hour, &people::hour(*hour), figures)?;
    }
    for kept in &batch.answers {
        answer(at, workspace, kept)?;
    }
    if let Some(sessions) = &batch.sessions {
        stream(at, workspace, false, &sessions.bytes(), now)?;
    }
    Ok(())
}

fn event(at: &Connection, workspace: u64, record: &Record) -> Result<()> {
    let body = json(record)?;
    put_event(at, workspace, record, VERSION, std::str::from_utf8(&body)?)
}

/// Writes a row of `log`: a record, and its JSON in the form of a version.
pub(crate) fn put_event(
    at: &Connection,
    workspace: u64,
    record: &Record,
    version: u16,
    body: &str,
) -> Result<()> {
    let Record { position, epoch, .. } = record;
    let crc = event_checksum(workspace, *position, *epoch, version.into(), body).bytes();
    at.prepare_cached(
        "INSERT INTO log (workspace, position, epoch, version, crc, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![workspace, position, epoch, version, crc, body])?;
    Ok(())
}

/// The checksum of a row of `log`.
pub(crate) fn event_checksum(
    workspace: u64,
    position: u64,
    epoch: u64,
    version: u64,
    record: &str,
) -> Checksum {
    Checksum::of(&[workspace, position, epoch, version]).and(record)
}

/// A row of `ended`, for its checksum: in the order of the columns.
#[derive(Debug)]
pub(crate) struct EndedRow<'r> {
    pub(crate) workspace: u64,
    pub(crate) number: u64,
    pub(crate) open: u64,
    pub(crate) conversation: &'r str,
    pub(crate) visitor: &'r str,
    pub(crate) department: &'r str,
    pub(crate) agent: Option<&'r str>,
    pub(crate) rejected: u64,
    pub(crate) ended_at: u64,
    pub(crate) ending: u64,
    pub(crate) key: Option<&'r str>,
    pub(crate) fingerprint: Option<&'r [u8]>,
    pub(crate) positions: &'r str,
    pub(crate) body: &'r str,
}

impl EndedRow<'_> {
    pub(crate) fn checksum(&self) -> [u8; 4] {
        Checksum::of(&[
            self.workspace,
            self.number,
            self.open,
            self.rejected,
            self.ended_at,
            self.ending,
        ])
        .and(self.conversation)
        .and(self.visitor)
        .and(self.department)
        .and_maybe(self.agent)
        .and_maybe(self.key)
        .and_maybe(self.fingerprint)
        .and(self.positions)
        .and(self.body)
        .bytes()
    }
}

fn ended(at: &Connection, workspace: u64, over: &Ended) -> Result<()> {
    put_ended(at, workspace, over, false)
}

/// It is open again: of it only its earlier history is needed.
fn set_open(at: &Connection, workspace: u64, over: &Ended) -> Result<()> {
    put_ended(at, workspace, over, true)
}

fn put_ended(at: &Connection, workspace: u64, over: &Ended, open: bool) -> Result<()> {
    let all: Vec<u64> = over.history.iter().map(|record| record.position).collect();
    let body = json(&over.conversation)?;
    put_archived(at, workspace, &over.conversation, std::str::from_utf8(&body)?, &all, open)
}

/// Writes a row of `ended`: a conversation, its JSON, and where its events are in the log.
pub(crate) fn put_archived(
    at: &Connection,
    workspace: u64,
    of: &Conversation,
    body: &str,
    all: &[u64],
    open: bool,
) -> Result<()> {
    let positions = positions(all)?;
    let fingerprint = of.key.as_ref().map(|key| key.fingerprint.to_le_bytes());
    let row = EndedRow {
        workspace,
        number: of.number,
        open: open.into(),
        conversation: of.id.as_str(),
        visitor: of.visitor_id.as_str(),
        department: of.department_id.as_str(),
        agent: of.agent_id.as_ref().map(|agent| agent.as_str()),
        rejected: (of.state == State::Rejected).into(),
        ended_at: of.closed_at.unwrap_or_default().0,
        ending: all.last().copied().unwrap_or_default(),
        key: of.key.as_ref().map(|key| &*key.key),
        fingerprint: fingerprint.as_ref().map(<[u8; 8]>::as_slice),
        positions: &positions,
        body,
    };
    at.prepare_cached(
        "INSERT OR REPLACE INTO ended (workspace, number, open, conversation, visitor, department,
            agent, rejected, ended_at, ending, key, fingerprint, positions, crc, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        row.workspace,
        row.number,
        row.open,
        row.conversation,
        row.visitor,
        row.department,
        row.agent,
        row.rejected,
        row.ended_at,
        row.ending,
        row.key,
        row.fingerprint,
        row.positions,
        row.checksum(),
        row.body
    ])?;
    Ok(())
}

/// Where its events are in the log.
fn positions(all: &[u64]) -> Result<String> {
    let text = serde_json::to_string(all);
    text.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn personal(
    at: &Connection,
    workspace: u64,
    secret: &[u8; 32],
    change: &PersonalChange,
) -> Result<()> {
    match change {
        PersonalChange::Agent(id, profile) => {
            people::put(at, workspace, Kind::Agent, id.as_str(), profile)
        }
        PersonalChange::AgentLeft(id) => {
            let known: Option<AgentProfile> =
                people::find(at, workspace, Kind::Agent, id.as_str())?;
            let Some(known) = known else { return Ok(()) };
            people::blank(at, workspace, Kind::Account, id.as_str())?;
            people::put(at, workspace, Kind::Agent, id.as_str(), &known.gone())
        }
        PersonalChange::Visitor(id, profile) => {
            unvouch(at, workspace, secret, id)?;
            people::put(at, workspace, Kind::Visitor, id.as_str(), profile)?;
            match &profile.external_id {
                Some(external) if profile.vouched => vouch(at, workspace, secret, id, external),
                _ => Ok(()),
            }
        }
        PersonalChange::VisitorForgotten(id) => forget_visitor(at, workspace, secret, id),
        PersonalChange::VisitorErased(id) => erase_visitor(at, workspace, secret, id),
        PersonalChange::Conversation(id, details) => {
            people::put(at, workspace, Kind::Conversation, id.as_str(), details)
        }
        // It stays where it is: that the conversation ended, its row says.
        PersonalChange::Archived(_) => Ok(()),
        PersonalChange::Invite(id, invite) => {
            keep(at, workspace, Kind::Invite, id, invite.as_deref())
        }
        PersonalChange::ApiKey(id, key) => keep(at, workspace, Kind::ApiKey, id, key.as_deref()),
        PersonalChange::Account(id, account) => {
            people::put(at, workspace, Kind::Account, id.as_str(), account)
        }
        PersonalChange::Site(site) => people::put(at, workspace, Kind::Site, "", site),
        PersonalChange::Audit(number, entry) => {
            people::put(at, workspace, Kind::Audit, &people::numbered(*number), entry)
        }
    }
}

/// Keeps something, or nothing.
fn keep(
    at: &Connection,
    workspace: u64,
    kind: Kind,
    subject: &str,
    now: Option<&impl Serialize>,
) -> Result<()> {
    match now {
        Some(now) => people::put(at, workspace, kind, subject, now),
        None => people::blank(at, workspace, kind, subject),
    }
}

fn vouch(
    at: &Connection,
    workspace: u64,
    secret: &[u8; 32],
    visitor: &VisitorId,
    external_id: &str,
) -> Result<()> {
    put_vouched(at, workspace, people::digest(secret, external_id), visitor)
}

/// Writes a row of `vouched`.
pub(crate) fn put_vouched(
    at: &Connection,
    workspace: u64,
    digest: [u8; 16],
    visitor: &VisitorId,
) -> Result<()> {
    let crc = Checksum::of(&[workspace]).and(digest).and(visitor.as_str()).bytes();
    at.prepare_cached(
        "INSERT OR REPLACE INTO vouched (workspace, digest, visitor, crc) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![workspace, digest, visitor.as_str(), crc])?;
    Ok(())
}

/// A visitor is not found by its external id any more, unless that is another's by now.
fn unvouch(at: &Connection, workspace: u64, secret: &[u8; 32], visitor: &VisitorId) -> Result<()> {
    let known: Option<VisitorProfile> =
        people::find(at, workspace, Kind::Visitor, visitor.as_str())?;
    let Some(external) = known.filter(|known| known.vouched).and_then(|known| known.external_id)
    else {
        return Ok(());
    };
    at.prepare_cached("DELETE FROM vouched WHERE workspace = ?1 AND digest = ?2 AND visitor = ?3")?
        .execute(params![workspace, people::digest(secret, &external), visitor.as_str()])?;
    Ok(())
}

/// Nobody is known by a visitor's id any more.
fn forget_visitor(
    at: &Connection,
    workspace: u64,
    secret: &[u8; 32],
    visitor: &VisitorId,
) -> Result<()> {
    unvouch(at, workspace, secret, visitor)?;
    people::blank(at, workspace, Kind::Visitor, visitor.as_str())
}

/// Nothing of a visitor stays but ids: not its profile, nor what was attached to its conversations,
/// nor what streams and answers tell of it.
fn erase_visitor(
    at: &Connection,
    workspace: u64,
    secret: &[u8; 32],
    visitor: &VisitorId,
) -> Result<()> {
    forget_visitor(at, workspace, secret, visitor)?;
    let own: Vec<String> = at
        .prepare_cached("SELECT conversation FROM ended WHERE workspace = ?1 AND visitor = ?2")?
        .query_map(params![workspace, visitor.as_str()], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for conversation in own {
        people::blank(at, workspace, Kind::Conversation, &conversation)?;
    }
    directory::want_scrub(at)?;
    at.execute("DELETE FROM streams WHERE workspace = ?1", [workspace])?;
    blank_answers(at, workspace, Some(visitor))
}

/// Answers that a workspace gave, of all or those that tell of a visitor, tell nothing any more.
pub(crate) fn blank_answers(
    at: &Connection,
    workspace: u64,
    visitor: Option<&VisitorId>,
) -> Result<()> {
    let told: Vec<i64> = at
        .prepare_cached(
            "SELECT id FROM answers WHERE workspace = ?1 AND (?2 IS NULL OR instr(body, ?2) > 0)",
        )?
        .query_map(params![workspace, visitor.map(|id| id.as_str().as_bytes())], |row| row.get(0))?
        .collect::<Result<_>>()?;
    told.into_iter().try_for_each(|id| blank_answer(at, workspace, id))
}

fn blank_answer(at: &Connection, workspace: u64, id: i64) -> Result<()> {
    let (key, request, when) = at
        .prepare_cached("SELECT key, request, at FROM answers WHERE id = ?1")?
        .query_row([id], |row| {
            Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, u64>(2)?))
        })?;
    let crc = answer_checksum(&key, &request, workspace, when, ERASED_STATUS, None).bytes();
    at.prepare_cached("UPDATE answers SET status = ?2, body = NULL, crc = ?3 WHERE id = ?1")?
        .execute(params![id, ERASED_STATUS, crc])?;
    Ok(())
}

fn decided(
    at: &Connection,
    workspace: u64,
    number: u64,
    nth: u64,
    decision: &Decision,
) -> Result<()> {
    let body = json(decision)?;
    put_decision(at, [workspace, number, decision.position, nth], std::str::from_utf8(&body)?)
}

/// Writes a row of `decisions`: its workspace, number, position and nth, and its JSON.
pub(crate) fn put_decision(at: &Connection, key: [u64; 4], body: &str) -> Result<()> {
    let crc = Checksum::of(&key).and(body).bytes();
    let [workspace, number, position, nth] = key;
    at.prepare_cached(
        "INSERT OR REPLACE INTO decisions (workspace, number, position, nth, crc, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![workspace, number, position, nth, crc, body])?;
    Ok(())
}

fn drop_ended(at: &Connection, workspace: u64, over: &Ended) -> Result<()> {
    let of = &over.conversation;
    people::blank(at, workspace, Kind::Conversation, of.id.as_str())?;
    at.prepare_cached("DELETE FROM decisions WHERE workspace = ?1 AND number = ?2")?
        .execute(params![workspace, of.number])?;
    at.prepare_cached("DELETE FROM ended WHERE workspace = ?1 AND number = ?2 AND open = 0")?
        .execute(params![workspace, of.number])?;
    Ok(())
}

/// Removes events that nobody asks for any more: before a position, in the snapshot, and of no
/// conversation that is kept.
fn trim(at: &Connection, workspace: u64, position: u64) -> Result<()> {
    let snapshot: Option<u64> = at
        .prepare_cached("SELECT position FROM snapshots WHERE workspace = ?1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?;
    let kept: Option<u64> = at
        .prepare_cached(
            "SELECT min(json_extract(positions, '$[0]')) FROM ended WHERE workspace = ?1",
        )?
        .query_row([workspace], |row| row.get(0))?;
    let first = position.min(snapshot.unwrap_or(0)).min(kept.unwrap_or(u64::MAX));
    at.prepare_cached("DELETE FROM log WHERE workspace = ?1 AND position < ?2")?
        .execute(params![workspace, i64::try_from(first).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Keeps an answer; a few that are kept no longer go.
pub(crate) fn answer(at: &Connection, workspace: u64, kept: &KeptAnswer) -> Result<()> {
    let KeptAnswer { key, request, at: when, answered } = kept;
    let before = when.0.saturating_sub(KEPT_MS);
    at.prepare_cached(
        "DELETE FROM answers WHERE id IN (SELECT id FROM answers ORDER BY id LIMIT ?1)
         AND at < ?2",
    )?
    .execute(params![EXPIRED_AT_ONCE, before])?;
    let body = answered.body.as_deref();
    let crc = answer_checksum(key, request, workspace, when.0, answered.status, body).bytes();
    at.prepare_cached(
        "INSERT OR REPLACE INTO answers (key, request, workspace, at, status, crc, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![key, request, workspace, when.0, answered.status, crc, body])?;
    Ok(())
}

/// The checksum of a row of `answers`.
pub(crate) fn answer_checksum(
    key: &[u8; 32],
    request: &[u8; 32],
    workspace: u64,
    at: u64,
    status: u16,
    body: Option<&[u8]>,
) -> Checksum {
    Checksum::of(&[workspace, at, status.into()]).and(key).and(request).and_maybe(body)
}

/// Keeps what happened to the streams of sessions, or which there are; what is older than can be
/// asked for goes.
pub(crate) fn stream(
    at: &Connection,
    workspace: u64,
    whole: bool,
    body: &[u8],
    now: Timestamp,
) -> Result<()> {
    let crc = Checksum::of(&[workspace, whole.into(), now.0]).and(body).bytes();
    at.prepare_cached(
        "INSERT INTO streams (workspace, whole, at, crc, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![workspace, whole, now.0, crc, body])?;
    if whole {
        let (id, before) = (at.last_insert_rowid(), now.0.saturating_sub(STREAMS_KEPT_MS));
        at.prepare_cached(
            "DELETE FROM streams WHERE workspace = ?1 AND id < ?2 AND (whole = 1 OR at < ?3)",
        )?
        .execute(params![workspace, id, before])?;
    }
    Ok(())
}
