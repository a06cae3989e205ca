//! Every row of every table, against its own checksum, and every JSON as what it is to be. Rows that
//! have none (`who`) are the concern of [`super::logic`].

use std::ops::Range;

use rusqlite::{Connection, Result, Row};
use serde::de::DeserializeOwned;
use switchboard_routing::Decision;

use super::{Finding, Report};
use crate::{
    Account, AgentProfile, ApiKey, AuditEntry, Details, HourFigures, Invite, Site, VisitorProfile,
    sqlite::{
        append::answer_checksum,
        archive,
        directory::State,
        load,
        people::{self, Kind},
        row::Checksum,
    },
};

/// What is wrong with a row.
type Verdict = std::result::Result<(), String>;

struct Table {
    name: &'static str,
    /// The columns that say which row it is.
    key: &'static str,
    /// All columns, in the order in which they are read. The key is read behind them.
    columns: &'static str,
    read: fn(&Row<'_>) -> Result<Verdict>,
}

const TABLES: &[Table] = &[
    Table {
        name: "workspaces",
        key: "number",
        columns: "number, state, awake, epoch, id, site_key, token_secret, crc",
        read: entry,
    },
    Table {
        name: "log",
        key: "workspace, position",
        columns: "workspace, position, epoch, version, crc, record",
        read: event,
    },
    Table {
        name: "snapshots",
        key: "workspace",
        columns: "workspace, position, epoch, crc, body",
        read: snapshot,
    },
    Table { name: "ended", key: "workspace, number", columns: archive::COLUMNS, read: ended },
    Table {
        name: "decisions",
        key: "workspace, number, position, nth",
        columns: "workspace, number, position, nth, crc, body",
        read: decision,
    },
    Table {
        name: "people",
        key: "id",
        columns: "workspace, kind, subject, crc, body",
        read: person,
    },
    Table {
        name: "vouched",
        key: "workspace, digest",
        columns: "workspace, digest, visitor, crc",
        read: vouched,
    },
    Table { name: "streams", key: "id", columns: "workspace, whole, at, crc, body", read: stream },
    Table {
        name: "answers",
        key: "id",
        columns: "workspace, at, status, key, request, crc, body",
        read: answer,
    },
];

/// Reads all tables, or what is in them of one workspace.
pub(super) fn check(at: &Connection, of: Option<u64>, report: &mut Report) {
    for table in TABLES {
        if let Err(error) = check_table(at, table, of, report) {
            report.find(Finding::Structure(format!("{} cannot be read on: {error}", table.name)));
        }
    }
}

fn check_table(at: &Connection, table: &Table, of: Option<u64>, report: &mut Report) -> Result<()> {
    let Table { name, key, columns, read } = table;
    let keys = columns.split(',').count()..columns.split(',').count() + key.split(',').count();
    let workspace = if *name == "workspaces" { "number" } else { "workspace" };
    let those = of.map_or(String::new(), |of| format!(" WHERE {workspace} = {of}"));
    // Whose a row of people is, who says.
    let from = match *name {
        "people" => "people LEFT JOIN who ON who.row = people.id",
        name => name,
    };
    let mut statement = at.prepare(&format!("SELECT {columns}, {key} FROM {from}{those}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // A value of another type than it was is no error of the database's.
        let verdict = match read(row) {
            Ok(verdict) => verdict,
            Err(error) => Err(error.to_string()),
        };
        match verdict {
            Ok(()) => count(name, report),
            Err(what) => {
                report.find(Finding::Row { table: name, key: said(row, keys.clone()), what })
            }
        }
    }
    Ok(())
}

fn count(table: &str, report: &mut Report) {
    match table {
        "log" => report.events += 1,
        "ended" => report.conversations += 1,
        _ => {}
    }
}

/// A row's key, for people.
fn said(row: &Row<'_>, keys: Range<usize>) -> String {
    let value = |at| match row.get_ref(at) {
        Ok(rusqlite::types::ValueRef::Integer(number)) => number.to_string(),
        Ok(rusqlite::types::ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        Ok(rusqlite::types::ValueRef::Blob(bytes)) => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }
        _ => "?".to_owned(),
    };
    keys.map(value).collect::<Vec<_>>().join("/")
}

fn is(sum: [u8; 4], crc: [u8; 4]) -> Verdict {
    (sum == crc).then_some(()).ok_or_else(|| "it is not what was written".to_owned())
}

fn parses<T: DeserializeOwned>(json: &[u8]) -> std::result::Result<T, String> {
    serde_json::from_slice(json).map_err(|error| format!("it cannot be read: {error}"))
}

fn entry(row: &Row<'_>) -> Result<Verdict> {
    let (number, state, awake) = (row.get(0)?, row.get::<_, u64>(1)?, row.get::<_, u64>(2)?);
    let numbers = [number, state, awake, row.get(3)?];
    let (id, site_key) = (row.get::<_, String>(4)?, row.get::<_, String>(5)?);
    let secret: [u8; 32] = row.get(6)?;
    let sum = Checksum::of(&numbers).and(id).and(site_key).and(secret).bytes();
    if state > State::Erased as u64 || awake > 1 {
        return Ok(Err(format!("its state is unknown: {state}, awake {awake}")));
    }
    Ok(is(sum, row.get(7)?))
}

fn event(row: &Row<'_>) -> Result<Verdict> {
    let (workspace, position, epoch) = (row.get(0)?, row.get::<_, u64>(1)?, row.get::<_, u64>(2)?);
    let event = load::EventRow::of(position, epoch, row.get(3)?, row.get(4)?, row.get(5)?);
    Ok(event.record(workspace).and_then(|record| {
        let same = record.position == position && record.epoch == epoch;
        same.then_some(()).ok_or_else(|| "it is of another position or epoch".to_owned())
    }))
}

fn snapshot(row: &Row<'_>) -> Result<Verdict> {
    let numbers = [row.get(0)?, row.get(1)?, row.get(2)?];
    let (crc, body): (_, Vec<u8>) = (row.get(3)?, row.get(4)?);
    // That it can be read, and is of its position, is seen when its workspace is loaded.
    Ok(is(Checksum::of(&numbers).and(&body).bytes(), crc))
}

fn ended(row: &Row<'_>) -> Result<Verdict> {
    let kept = archive::kept(row.get("workspace")?, row)?;
    let of = &kept.conversation;
    let (number, open) = (row.get::<_, u64>("number")?, row.get::<_, u64>("open")?);
    let (id, visitor): (String, String) = (row.get("conversation")?, row.get("visitor")?);
    let same = of.number == number && *id == *of.id.as_str() && *visitor == *of.visitor_id.as_str();
    if !same || open > 1 {
        return Ok(Err("its columns are not its body's".to_owned()));
    }
    let (ending, positions) = (row.get::<_, u64>("ending")?, &kept.positions);
    let in_order = positions.is_sorted_by(|one, next| one < next);
    let ends = positions.last().copied().unwrap_or_default() == ending;
    Ok((in_order && ends).then_some(()).ok_or_else(|| "its positions are out of order".to_owned()))
}

fn decision(row: &Row<'_>) -> Result<Verdict> {
    let position: u64 = row.get(2)?;
    let numbers = [row.get(0)?, row.get(1)?, position, row.get(3)?];
    let body: String = row.get(5)?;
    let verdict = is(Checksum::of(&numbers).and(&body).bytes(), row.get(4)?);
    Ok(verdict.and_then(|()| {
        let same = parses::<Decision>(body.as_bytes())?.position == position;
        same.then_some(()).ok_or_else(|| "it is of another position".to_owned())
    }))
}

fn person(row: &Row<'_>) -> Result<Verdict> {
    let (crc, body): ([u8; 4], Vec<u8>) = (row.get(3)?, row.get(4)?);
    let Some(workspace) = row.get(0)? else {
        let is_blank = crc == people::BLANK && body.iter().all(|byte| *byte == 0);
        return Ok(is_blank
            .then_some(())
            .ok_or_else(|| "it is nobody's, and not blank".to_owned()));
    };
    let (kind, subject): (u64, String) = (row.get(1)?, row.get(2)?);
    let verdict = is(people::checksum(workspace, kind, &subject, &body).bytes(), crc);
    Ok(verdict.and_then(|()| known(kind, &body)))
}

/// Whether a body of `people` is what its kind says.
pub(crate) fn known(kind: u64, body: &[u8]) -> Verdict {
    match kind {
        _ if kind == Kind::Agent as u64 => parses::<AgentProfile>(body).map(drop),
        _ if kind == Kind::Visitor as u64 => parses::<VisitorProfile>(body).map(drop),
        _ if kind == Kind::Conversation as u64 => parses::<Details>(body).map(drop),
        _ if kind == Kind::Invite as u64 => parses::<Invite>(body).map(drop),
        _ if kind == Kind::ApiKey as u64 => parses::<ApiKey>(body).map(drop),
        _ if kind == Kind::Account as u64 => parses::<Account>(body).map(drop),
        _ if kind == Kind::Site as u64 => parses::<Site>(body).map(drop),
        _ if kind == Kind::Audit as u64 => parses::<AuditEntry>(body).map(drop),
        _ if kind == Kind::Hour as u64 => parses::<HourFigures>(body).map(drop),
        _ => Err(format!("its kind is unknown: {kind}")),
    }
}

fn vouched(row: &Row<'_>) -> Result<Verdict> {
    let (digest, visitor): ([u8; 16], String) = (row.get(1)?, row.get(2)?);
    Ok(is(Checksum::of(&[row.get(0)?]).and(digest).and(visitor).bytes(), row.get(3)?))
}

fn stream(row: &Row<'_>) -> Result<Verdict> {
    let numbers = [row.get(0)?, row.get(1)?, row.get(2)?];
    let body: Vec<u8> = row.get(4)?;
    Ok(is(Checksum::of(&numbers).and(body).bytes(), row.get(3)?))
}

fn answer(row: &Row<'_>) -> Result<Verdict> {
    let (key, request): ([u8; 32], [u8; 32]) = (row.get(3)?, row.get(4)?);
    let (workspace, at, status) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let body: Option<Vec<u8>> = row.get(6)?;
    let sum = answer_checksum(&key, &request, workspace, at, status, body.as_deref());
    Ok(is(sum.bytes(), row.get(5)?))
}
