//! Whether rows agree with each other, and whether every workspace can be loaded.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Result};

use super::{Finding, Report};
use crate::{
    Entry,
    sqlite::{
        directory::{self, State},
        load,
    },
};

/// A workspace that is looked at.
#[derive(Debug)]
pub(crate) struct Subject<'e> {
    pub(crate) entry: &'e Entry,
    /// Of the last tenure that wrote, as the directory has it.
    pub(crate) epoch: u64,
}

/// Looks at the directory, at every workspace in it, and at what belongs to none.
pub(super) fn check(at: &Connection, report: &mut Report) -> Result<()> {
    let mut there = BTreeSet::new();
    for (row, sound) in directory::rows(at)? {
        // Of one that is damaged nothing else can be said: it is found by its checksum.
        if !sound || row.state != State::There as u64 {
            continue;
        }
        there.insert(row.entry.number);
        report.workspaces += 1;
        let subject = Subject { entry: &row.entry, epoch: row.epoch };
        let (findings, open) = workspace(at, &subject);
        report.conversations += open;
        findings.into_iter().for_each(|finding| report.find(finding));
    }
    strays(at, &there, report)?;
    blanks_and_chores(at, report)?;
    sequence(at, report)
}

/// What contradicts itself in a workspace, and how many conversations are open in it.
pub(crate) fn workspace(at: &Connection, subject: &Subject<'_>) -> (Vec<Finding>, u64) {
    let found = |what: String| Finding::Workspace { workspace: subject.entry.id.to_string(), what };
    let mut all = Vec::new();
    for look in [log, archived, people] {
        match look(at, subject) {
            Ok(what) => all.extend(what.into_iter().map(found)),
            Err(error) => all.push(found(format!("it cannot be read: {error}"))),
        }
    }
    let mut open = 0;
    match load::load_within(at, subject.entry, subject.epoch + 1) {
        Ok(loaded) => {
            open = loaded.recovered.workspace.conversation_count() as u64;
            match states(at, subject.entry.number, &loaded) {
                Ok(what) => all.extend(what.into_iter().map(found)),
                Err(error) => all.push(found(format!("it cannot be read: {error}"))),
            }
        }
        Err(error) => all.push(found(format!("it cannot be loaded: {error}"))),
    }
    (all, open)
}

/// The log has no gap, reaches the snapshot, and is of epochs that rise.
fn log(at: &Connection, subject: &Subject<'_>) -> Result<Vec<String>> {
    let (mut found, mut last) = (Vec::new(), None::<(u64, u64)>);
    let number = subject.entry.number;
    let snapshot: Option<u64> = at
        .query_row("SELECT position FROM snapshots WHERE workspace = ?1", [number], |r| r.get(0))
        .optional()?;
    let mut statement =
        at.prepare("SELECT position, epoch FROM log WHERE workspace = ?1 ORDER BY position")?;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        let (position, epoch): (u64, u64) = (row.get(0)?, row.get(1)?);
        match last {
            None if position > snapshot.unwrap_or(0) + 1 => {
                found.push(format!("its log begins at {position}, behind its snapshot"));
            }
            Some((before, _)) if position != before + 1 => {
                found.push(format!("event {before} is followed by {position}"));
            }
            Some((_, before)) if epoch < before => {
                found.push(format!("event {position} is of epoch {epoch}, after {before}"));
            }
            _ => {}
        }
        last = Some((position, epoch));
    }
    let (end, epoch) = last.unwrap_or_default();
    if end < snapshot.unwrap_or(0) {
        found.push(format!("its log ends at {end}, before its snapshot"));
    }
    if epoch > subject.epoch {
        found.push(format!("its log is of epoch {epoch}, the directory of {}", subject.epoch));
    }
    Ok(found)
}

/// The events of conversations that ended are in the log, where that was not trimmed.
fn archived(at: &Connection, subject: &Subject<'_>) -> Result<Vec<String>> {
    let mut statement = at.prepare(
        "SELECT conversation, p.value FROM ended, json_each(positions) p
         WHERE workspace = ?1
           AND p.value >= (SELECT min(position) FROM log WHERE workspace = ?1)
           AND NOT EXISTS (SELECT 1 FROM log WHERE workspace = ?1 AND position = p.value)",
    )?;
    let rows = statement.query_map([subject.entry.number], |row| {
        let (conversation, position): (String, u64) = (row.get(0)?, row.get(1)?);
        Ok(format!("event {position} of conversation {conversation} is not in its log"))
    })?;
    rows.collect()
}

/// Who is known has a row, and who is vouched for is known. Whose a row is, its checksum says.
fn people(at: &Connection, subject: &Subject<'_>) -> Result<Vec<String>> {
    let looks = [
        (
            "SELECT w.kind, w.subject FROM who w
             WHERE w.workspace = ?1 AND NOT EXISTS (SELECT 1 FROM people WHERE id = w.row)",
            "is known by a row that is not there",
        ),
        (
            "SELECT 2, v.visitor FROM vouched v WHERE v.workspace = ?1 AND NOT EXISTS
                (SELECT 1 FROM who WHERE workspace = ?1 AND kind = 2 AND subject = v.visitor)",
            "is vouched for, and not known",
        ),
    ];
    let mut found = Vec::new();
    for (sql, what) in looks {
        let mut statement = at.prepare(sql)?;
        let rows = statement.query_map([subject.entry.number], |row| {
            let (kind, subject): (u64, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{subject} (kind {kind}) {what}"))
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// A conversation is open, or it has ended.
fn states(at: &Connection, workspace: u64, loaded: &load::Loaded) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut statement = at.prepare("SELECT conversation, open FROM ended WHERE workspace = ?1")?;
    let mut rows = statement.query([workspace])?;
    while let Some(row) = rows.next()? {
        let (id, open): (String, bool) = (row.get(0)?, row.get(1)?);
        if loaded.recovered.workspace.conversation(&id).is_some() != open {
            let said = if open { "open" } else { "ended" };
            found.push(format!("conversation {id} is {said} in the archive, and not in its state"));
        }
    }
    Ok(found)
}

/// Nothing is kept of workspaces that are not there, but that what they answered is gone.
fn strays(at: &Connection, there: &BTreeSet<u64>, report: &mut Report) -> Result<()> {
    for table in ["log", "snapshots", "ended", "decisions", "who", "vouched", "streams"] {
        let sql = format!("SELECT DISTINCT workspace FROM {table}");
        let mut statement = at.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let workspace: i64 = row.get(0)?;
            if !u64::try_from(workspace).is_ok_and(|number| there.contains(&number)) {
                let what = format!("something is kept in {table}, and it is not there");
                report.find(Finding::Workspace { workspace: workspace.to_string(), what });
            }
        }
    }
    Ok(())
}

/// What may be written over is blank, and what is to be done is known.
fn blanks_and_chores(at: &Connection, report: &mut Report) -> Result<()> {
    let looks = [
        (
            "SELECT b.row FROM blank b LEFT JOIN people p ON p.id = b.row
             WHERE p.id IS NULL OR length(p.body) <> b.size OR p.body <> zeroblob(b.size)",
            "is to be filled again, and is not blank",
        ),
        (
            "SELECT id FROM people WHERE crc = zeroblob(4) AND id NOT IN (SELECT row FROM blank)",
            "is blank, and not to be filled again",
        ),
    ];
    for (sql, what) in looks {
        let rows: Vec<i64> =
            at.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
        for row in rows {
            report.find(Finding::Tables(format!("row {row} of people {what}")));
        }
    }
    let unknown: u64 =
        at.query_row("SELECT count(*) FROM chores WHERE name <> 'scrub'", [], |row| row.get(0))?;
    if unknown > 0 {
        report.find(Finding::Tables("what is to be done is unknown".to_owned()));
    }
    Ok(())
}

/// Numbers of workspaces are never given again: the last one given is at least the greatest.
fn sequence(at: &Connection, report: &mut Report) -> Result<()> {
    let last: u64 =
        at.query_row("SELECT coalesce(max(number), 0) FROM workspaces", [], |row| row.get(0))?;
    let rows: Vec<(String, i64)> = at
        .prepare("SELECT name, seq FROM sqlite_sequence")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let fits = match rows.as_slice() {
        [] => last == 0,
        [(name, given)] => name == "workspaces" && u64::try_from(*given).is_ok_and(|g| g >= last),
        _ => false,
    };
    if !fits {
        report.find(Finding::Tables("sqlite_sequence is not what it was".to_owned()));
    }
    Ok(())
}
