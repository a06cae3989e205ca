//! Personal data. SQLite moves rows about when it balances its pages, and leaves copies in what it
//! does not use; overwriting what is deleted does not reach those. So nothing here is ever removed
//! or resized: rows are added at the end, which moves nothing, blanked where they are, and filled
//! again with something of the same size, which moves nothing either.

use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{append::json, row::Checksum};

/// Rows are as long as a multiple of this, in bytes, so that what was blanked fits others.
const SIZE_BYTES: usize = 128;
/// The checksum of a row that is blank.
pub(crate) const BLANK: [u8; 4] = [0; 4];

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What an agent is known by.
    Agent = 1,
    /// What is known of a visitor.
    Visitor = 2,
    /// What is attached to a conversation.
    Conversation = 3,
    /// An invite.
    Invite = 4,
    /// An API key.
    ApiKey = 5,
    /// What an hour came to: nothing personal, but as long as its hour was busy. Its subject is
    /// [`hour`].
    Hour = 6,
    /// What an agent signs in with.
    Account = 7,
    /// What must be known of the workspace before it is loaded: one row, of no subject.
    Site = 8,
    /// A change that somebody made, by its number.
    Audit = 9,
}

/// A number as a subject, so that they stand in order.
pub(crate) fn numbered(number: u64) -> String {
    format!("{number:020}")
}

/// An hour as a subject: in ten digits, so that a range of subjects is one of hours.
pub(crate) fn hour(hour: u64) -> String {
    format!("{hour:010}")
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

/// Writes what is known of somebody of whom nothing is.
pub(crate) fn insert(
    at: &Connection,
    workspace: u64,
    kind: u64,
    subject: &str,
    json: &[u8],
) -> Result<()> {
    let mut body = json.to_vec();
    // JSON may end in blanks.
    body.resize(body.len().next_multiple_of(SIZE_BYTES), b' ');
    let row = fill(at, checksum(workspace, kind, subject, &body).bytes(), &body)?;
    at.prepare_cached(
        "INSERT OR REPLACE INTO who (workspace, kind, subject, row) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![workspace, kind, subject, row])?;
    Ok(())
}

/// Writes a row where one of its size is blank, else at the end.
fn fill(at: &Connection, crc: [u8; 4], body: &[u8]) -> Result<i64> {
    let free = at
        .prepare_cached("SELECT row FROM blank WHERE size = ?1 LIMIT 1")?
        .query_row([body.len()], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(row) = free else {
        at.prepare_cached("INSERT INTO people (crc, body) VALUES (?1, ?2)")?
            .execute(params![crc, body])?;
        return Ok(at.last_insert_rowid());
    };
    at.prepare_cached("DELETE FROM blank WHERE size = ?1 AND row = ?2")?
        .execute(params![body.len(), row])?;
    at.prepare_cached("UPDATE people SET crc = ?2, body = ?3 WHERE id = ?1")?
        .execute(params![row, crc, body])?;
    Ok(row)
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
    let size: usize = at
        .prepare_cached("SELECT length(body) FROM people WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?;
    at.prepare_cached("UPDATE people SET crc = ?2, body = ?3 WHERE id = ?1")?.execute(params![
        row,
        BLANK,
        vec![0_u8; size]
    ])?;
    at.prepare_cached("INSERT INTO blank (size, row) VALUES (?1, ?2)")?
        .execute(params![size, row])?;
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

/// The checksum of a row of `people` that is somebody's.
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

/// What is known of a kind, from one subject on and before another, in their order.
pub(crate) fn range<T: DeserializeOwned>(
    at: &Connection,
    workspace: u64,
    kind: Kind,
    subjects: std::ops::Range<&str>,
) -> Result<Vec<(String, T)>> {
    let kind = kind as u64;
    let mut statement = at.prepare_cached(
        "SELECT w.subject, p.crc, p.body FROM who w JOIN people p ON p.id = w.row
         WHERE w.workspace = ?1 AND w.kind = ?2 AND w.subject >= ?3 AND w.subject < ?4
         ORDER BY w.subject",
    )?;
    let those = params![workspace, kind, subjects.start, subjects.end];
    let rows = statement.query_map(those, |row| {
        let (subject, body) = (row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(2)?);
        let sound =
            checksum(workspace, kind, &subject, &body).bytes() == row.get::<_, [u8; 4]>(1)?;
        let what = serde_json::from_slice(&body).ok().filter(|_| sound);
        let what = what.ok_or_else(|| damaged("what is known", &subject))?;
        Ok((subject, what))
    })?;
    rows.collect()
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
