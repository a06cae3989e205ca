//! A byte that is flipped anywhere in a store's files is found by `check`, or does no harm: all that
//! can be read is as it was. `SWITCHBOARD_FLIPS=N` takes other bytes, and `SWITCHBOARD_FLIPS_EACH=N`
//! every N-th one of them.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod stocked;

use std::{fs, path::Path, sync::Arc};

use rusqlite::{Connection, types::Value};
use stocked::{Scratch, stock, stock_anew};
use switchboard_journal::*;
use switchboard_routing::Snapshot;

/// Every so many bytes by default, for each of the tests: they take some seconds.
const EACH: [usize; 3] = [1_499, 2_999, 7_499];

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Everything that can be read by SQL: rows that are blank aside, and the last number given, of
/// which only the least matters.
fn dump(dir: &Path) -> rusqlite::Result<Vec<Vec<Value>>> {
    let at = Connection::open(dir.join(DATABASE))?;
    let tables = [
        "workspaces ORDER BY number",
        "log ORDER BY workspace, position",
        "snapshots ORDER BY workspace",
        "ended ORDER BY workspace, number",
        "decisions ORDER BY workspace, number, position, nth",
        "people WHERE crc <> zeroblob(4) ORDER BY id",
        "blank ORDER BY size, row",
        "chores ORDER BY name",
        "who ORDER BY workspace, kind, subject",
        "vouched ORDER BY workspace, digest",
        "streams ORDER BY id",
        "answers ORDER BY id",
    ];
    let mut all = Vec::new();
    for table in tables {
        let mut statement = at.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            all.push((0..columns).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?);
        }
    }
    Ok(all)
}

/// What the workspaces are, loaded.
fn states(dir: &Path) -> Result<Vec<(Snapshot, Profiles)>, String> {
    let store = Sqlite::open(&Options::new(dir)).map_err(|error| error.to_string())?;
    let entries = store.entries(0, 10);
    let claim = |entry: &Entry| {
        let claim = store.claim(&entry.id, Arc::new(|_, _| {}));
        let claim = claim.map_err(|error| error.to_string())?;
        Ok((claim.recovered.workspace.snapshot(), claim.profiles))
    };
    entries.iter().map(claim).collect()
}

#[derive(Debug, Default)]
struct Tally {
    found: usize,
    harmless: usize,
}

/// Flips bytes of one of the files.
fn flip(left: &Path, work: &Path, file: &str, each: usize) -> Tally {
    stocked::copy(left, work);
    assert_eq!(check(work).unwrap().findings, []);
    let (dumped, loaded) = (dump(work).unwrap(), states(work).unwrap());
    let whole = fs::read(left.join(file)).unwrap();
    let each = number("SWITCHBOARD_FLIPS_EACH").unwrap_or(each);
    let first = number("SWITCHBOARD_FLIPS").unwrap_or(0) % each;
    let mut tally = Tally::default();
    // The header of a file is not left to chance.
    let header = if file == DATABASE { 0..100 } else { 0..32 };
    for at in header.chain((first..whole.len()).step_by(each)) {
        for mask in [0xff, 1] {
            let _ = fs::remove_file(work.join("switchboard.db-shm"));
            stocked::copy(left, work);
            let mut bytes = whole.clone();
            bytes[at] ^= mask;
            fs::write(work.join(file), &bytes).unwrap();
            if !check(work).is_ok_and(|report| report.findings.is_empty()) {
                tally.found += 1;
                continue;
            }
            tally.harmless += 1;
            let said = format!("{file}: byte {at} xor {mask:#x} does harm and is not found");
            assert!(dump(work).is_ok_and(|rows| rows == dumped), "{said}");
            assert_eq!(states(work).as_ref(), Ok(&loaded), "{said}");
        }
    }
    tally
}

#[test]
fn a_byte_flipped_in_the_database_is_found_or_harmless() {
    let scratch = Scratch::new();
    let (left, work) = (stock(&scratch), scratch.path("work"));
    // All of it is in the database itself.
    drop(Sqlite::open(&Options::new(&left)).unwrap());
    fs::create_dir(&work).unwrap();
    let tally = flip(&left, &work, DATABASE, EACH[0]);
    println!("{tally:?}");
    assert!(tally.found > tally.harmless / 10 && tally.harmless > 0, "{tally:?}");
}

#[test]
fn a_byte_flipped_in_the_write_ahead_log_is_found_or_harmless() {
    let scratch = Scratch::new();
    let (left, work) = (stock(&scratch), scratch.path("work"));
    fs::create_dir(&work).unwrap();
    let tally = flip(&left, &work, "switchboard.db-wal", EACH[1]);
    println!("{tally:?}");
    assert!(tally.found > 0, "{tally:?}");
}

#[test]
fn a_byte_flipped_behind_the_end_of_the_write_ahead_log_is_harmless() {
    let scratch = Scratch::new();
    let (left, work) = (stock_anew(&scratch), scratch.path("work"));
    fs::create_dir(&work).unwrap();
    let tally = flip(&left, &work, "switchboard.db-wal", EACH[2]);
    println!("{tally:?}");
    assert!(tally.found > 0 && tally.harmless > 0, "{tally:?}");
}
