//! Personal data. SQLite moves rows about when it balances its pages, and leaves copies in what it
//! does not use; overwriting what is deleted does not reach those. So nothing here is ever removed
//! or resized: rows are added at the end, which moves nothing, and blanked where they are, which
//! moves nothing either. What is blank is reclaimed when the database is rebuilt.

use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{append::json, row::Checksum};

/// What a row is about. The numbers are never 0 or 1: those take no room, and a row keeps its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What an agent is known by.
    Agent = 2,
    /// What is known of a visitor.
    Visitor = 3,
    /// What is attached to a conversation.
    Conversation = 4,
}

/// What is known of somebody, or something, is now this.
pub(crate) fn put(
    at: &Connection,
    workspace: u64,
    kind: Kind,
    subject: &str,
    what: &impl Serialize,
) -> Result<()> {
    let body = json(what)?;
    blank(at, workspace, kind, subject)?;
    insert(at, workspace, kind as u64, subject, &body)
}

/// Adds a row, by which somebody is known.
pub(crate) fn insert(
    at: &Connection,
    workspace: u64,
    kind: u64,
    subject: &str,
    body: &[u8],
) -> Result<()> {
    let crc = checksum(workspace, kind, subject, body).bytes();
    at.prepare_cached(
        "INSERT INTO people (workspace, kind, subject, crc, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![workspace, kind, subject, crc, body])?;
    at.prepare_cached(
        "INSERT OR REPLACE INTO who (workspace, kind, subject, row) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![workspace, kind, subject, at.last_insert_rowid()])?;
    Ok(())
}

/// Nothing is known of somebody any more.
pub(crate) fn blank(at: &Connection, workspace: u64, kind: Kind, subject: &str) -> Result<()> {
    let row = at
        .prepare_cached("SELECT row FROM who WHERE workspace = ?1 AND kind = ?2 AND subject = ?3")?
        .query_row(params![workspace, kind as u64, subject], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(row) = row else { return Ok(()) };
    blank_row(at, row)?;
    at.prepare_cached("DELETE FROM who WHERE workspace = ?1 AND kind = ?2 AND subject = ?3")?
        .execute(params![workspace, kind as u64, subject])?;
    Ok(())
}

fn blank_row(at: &Connection, row: i64) -> Result<()> {
    let (workspace, kind, subject, size) = at
        .prepare_cached("SELECT workspace, kind, subject, length(body) FROM people WHERE id = ?1")?
        .query_row([row], |row| {
            Ok((row.get(0)?, row.get::<_, u64>(1)?, row.get::<_, String>(2)?, row.get(3)?))
        })?;
    let body = vec![0_u8; size];
    let crc = checksum(workspace, kind, &subject, &body).bytes();
    at.prepare_cached("UPDATE people SET crc = ?2, body = ?3 WHERE id = ?1")?
        .execute(params![row, crc, body])?;
    Ok(())
}

/// Nothing is known of anybody in a workspace any more.
pub(crate) fn blank_all(at: &Connection, workspace: u64) -> Result<()> {
    let rows: Vec<i64> = at
        .prepare("SELECT row FROM who WHERE workspace = ?1")?
        .query_map([workspace], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for row in rows {
        blank_row(at, row)?;
    }
    at.execute("DELETE FROM who WHERE workspace = ?1", [workspace])?;
    at.execute("DELETE FROM vouched WHERE workspace = ?1", [workspace])?;
    Ok(())
}

/// The checksum of a row of `people`.
pub(crate) fn checksum(workspace: u64, kind: u64, subject: &str, body: &[u8]) -> Checksum {
    Checksum::of(&[workspace, kind]).and(subject).and(body)
}

/// What is known of somebody.
pub(crate) fn find<T: DeserializeOwned>(
    at: &Connection,
    workspace: u64,
    kind: Kind,
    subject: &str,
) -> Result<Option<T>> {
    let found = at
        .prepare_cached(
            "SELECT p.crc, p.body FROM who w JOIN people p ON p.id = w.row
             WHERE w.workspace = ?1 AND w.kind = ?2 AND w.subject = ?3",
        )?
        .query_row(params![workspace, kind as u64, subject], |row| {
            Ok((row.get::<_, [u8; 4]>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    let Some((crc, body)) = found else { return Ok(None) };
    if checksum(workspace, kind as u64, subject, &body).bytes() != crc {
        return Err(damaged("personal data", subject));
    }
    serde_json::from_slice(&body).map(Some).map_err(|_| damaged("personal data", subject))
}

/// What is known of all of a kind.
pub(crate) fn all<T: DeserializeOwned>(
    at: &Connection,
    workspace: u64,
    kind: Kind,
) -> Result<Vec<(String, T)>> {
    let subjects: Vec<String> = at
        .prepare_cached("SELECT subject FROM who WHERE workspace = ?1 AND kind = ?2")?
        .query_map(params![workspace, kind as u64], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut found = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let what = find(at, workspace, kind, &subject)?;
        found.extend(what.map(|what| (subject, what)));
    }
    Ok(found)
}

/// A row that is not what it was, as an error of the store.
pub(crate) fn damaged(what: &str, which: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        0,
        rusqlite::types::Type::Blob,
        format!("{what} of {which:?} is damaged").into(),
    )
}

/// A host's own id for a visitor, in a form that tells nobody what it is.
pub(crate) fn digest(secret: &[u8; 32], external_id: &str) -> [u8; 16] {
    let mut sha = Sha256::new();
    sha.update(secret);
    sha.update(external_id.as_bytes());
    let mut digest = [0; 16];
    digest.iter_mut().zip(sha.finalize()).for_each(|(to, from)| *to = from);
    digest
}
