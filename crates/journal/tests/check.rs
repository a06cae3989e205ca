//! `check`: what it finds in a store that was damaged on purpose, and that it finds nothing else.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod stocked;

use std::{fs, path::Path};

use stocked::{Scratch, stock};
use switchboard_journal::*;

fn said(place: &Path) -> Vec<String> {
    check(place).unwrap().findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_store_that_was_left_is_sound_and_stays_as_it_was() {
    let scratch = Scratch::new();
    let left = stock(&scratch);
    let files = [DATABASE, "switchboard.db-wal"].map(|name| left.join(name));
    let before = files.clone().map(|file| fs::read(file).unwrap());
    let report = check(&left).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.wal_seen && report.is_sound());
    assert_eq!((report.workspaces, report.bytes > 100_000), (2, true));
    assert!(report.events > 40 && report.conversations > 10, "{report:?}");
    assert!(before[1].len() > 20_000, "nothing waits in the write-ahead log");
    assert!(before == files.map(|file| fs::read(file).unwrap()), "it changed the files");
}

#[test]
fn a_store_in_use_is_checked_but_for_its_write_ahead_log() {
    let scratch = Scratch::new();
    let store = Sqlite::open(&Options::new(scratch.path("used"))).unwrap();
    stocked::fill(&store);
    let report = check(&scratch.path("used")).unwrap();
    assert_eq!(report.findings, []);
    assert!(!report.wal_seen && report.workspaces == 2);
    stocked::go_on(&store);
}

#[test]
fn what_is_changed_behind_its_back_is_found_where_it_is() {
    let cases = [
        (
            "UPDATE log SET record = replace(record, 'c4', 'c3') WHERE position = 30",
            "log 1/30: event 30 is not what was written",
        ),
        ("UPDATE log SET epoch = 9 WHERE position = 5", "event 6 is of epoch 1, after 9"),
        ("DELETE FROM log WHERE workspace = 1 AND position = 20", "event 19 is followed by 21"),
        ("DELETE FROM log WHERE workspace = 1", "its log ends at 0, before its snapshot"),
        (
            "DELETE FROM snapshots; DELETE FROM log WHERE workspace = 1 AND position < 10",
            "its log begins at 10, behind its snapshot",
        ),
        ("UPDATE snapshots SET body = x'7b7d'", "snapshots 1: it is not what was written"),
        ("UPDATE ended SET open = 1 - open WHERE conversation = 'c0'", "ended 1/1: "),
        ("UPDATE decisions SET nth = 7 WHERE number = 1", "decisions 1/1/"),
        ("UPDATE people SET body = zeroblob(128) WHERE id = 1", "people 1: it is not"),
        ("UPDATE who SET subject = 'v1x' WHERE subject = 'v1'", "it is not what was written"),
        ("UPDATE who SET row = 99 WHERE subject = 'v0'", "v0 (kind 2) is known by a row"),
        ("DELETE FROM who WHERE subject = 'v0'", "it is nobody's, and not blank"),
        ("DELETE FROM who WHERE subject = 'v0'", "v0 (kind 2) is vouched for"),
        ("INSERT INTO blank VALUES (128, 1)", "row 1 of people is to be filled again, and is not"),
        ("DELETE FROM blank", "is blank, and not to be filled again"),
        ("INSERT INTO chores VALUES ('scrvb')", "what is to be done is unknown"),
        ("UPDATE vouched SET visitor = 'v1' WHERE visitor = 'v0'", "vouched 1/"),
        ("UPDATE streams SET at = at + 1", "streams 1: it is not what was written"),
        ("UPDATE answers SET status = 200", "answers 1: it is not what was written"),
        ("UPDATE workspaces SET awake = 3", "workspaces 1: its state is unknown"),
        ("UPDATE workspaces SET epoch = 0 WHERE id = 'tiny'", "workspaces 3: it is not"),
        ("INSERT INTO streams VALUES (99, 2, 0, 0, x'00', x'00')", "something is kept in streams"),
        ("UPDATE sqlite_sequence SET seq = 1", "sqlite_sequence"),
        ("DROP INDEX ended_by_time", "ended_by_time is missing"),
        ("CREATE TABLE more (a)", "more is none of ours"),
    ];
    let scratch = Scratch::new();
    let left = stock(&scratch);
    let damaged = scratch.path("damaged");
    fs::create_dir(&damaged).unwrap();
    let mut missed = Vec::new();
    for (sql, expected) in cases {
        stocked::copy(&left, &damaged);
        let at = rusqlite::Connection::open(damaged.join(DATABASE)).unwrap();
        at.execute_batch(sql).unwrap();
        drop(at);
        let said = said(&damaged);
        if !said.iter().any(|line| line.contains(expected)) {
            missed.push((sql, said));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_is_no_store_cannot_be_checked() {
    let scratch = Scratch::new();
    assert!(matches!(check(&scratch.path("nowhere")), Err(CheckError::Missing(_))));
    fs::write(scratch.path(DATABASE), "SQLite format 3 it is not").unwrap();
    assert!(matches!(check(&scratch.0), Err(CheckError::Database { .. })));
    fs::remove_file(scratch.path(DATABASE)).unwrap();
    let other = rusqlite::Connection::open(scratch.path(DATABASE)).unwrap();
    other.execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(check(&scratch.0), Err(CheckError::Foreign { .. })));
}

/// The bytes of a write-ahead log, and how long a frame is.
const FRAME: usize = 24 + 4_096;

#[test]
fn a_torn_write_ahead_log_is_dropped_and_a_damaged_one_is_refused() {
    let scratch = Scratch::new();
    let left = stock(&scratch);
    let wal = left.join("switchboard.db-wal");
    let whole = fs::read(&wal).unwrap();
    let open = || Sqlite::open(&Options::new(&left)).map(drop);

    let mut early = whole.clone();
    early[32 + FRAME + 100] ^= 1;
    fs::write(&wal, &early).unwrap();
    assert!(matches!(check(&left).unwrap().findings[..], [Finding::Wal(_), ..]));
    let refused = open().unwrap_err().to_string();
    assert!(refused.contains("frame 2 does not check out"), "{refused}");
    assert!(fs::read(&wal).unwrap() == early, "what is damaged is left alone");

    let mut headless = whole.clone();
    headless[9] ^= 1;
    fs::write(&wal, &headless).unwrap();
    assert!(matches!(open(), Err(OpenError::Wal { .. })));

    fs::write(&wal, &whole[..whole.len() - 1_000]).unwrap();
    let report = check(&left).unwrap();
    assert!(matches!(report.findings[..], [Finding::TornWal { bytes }] if bytes >= 3_120));
    assert!(report.is_sound());
    open().unwrap();
    assert_eq!(check(&left).unwrap().findings, []);
}

#[test]
fn what_an_earlier_round_left_behind_the_end_of_the_write_ahead_log_is_nothing() {
    let scratch = Scratch::new();
    let left = stocked::stock_anew(&scratch);
    let wal = left.join("switchboard.db-wal");
    let mut whole = fs::read(&wal).unwrap();
    let frames = whole.len() / FRAME;
    let salt = |frame: usize| &whole[32 + frame * FRAME + 8..][..8];
    assert!(salt(0) == &whole[16..24] && salt(frames - 1) != salt(0), "there is no earlier round");
    assert_eq!(check(&left).unwrap().findings, []);
    let last = whole.len() - 1;
    whole[last] ^= 1;
    fs::write(&wal, &whole).unwrap();
    assert_eq!(check(&left).unwrap().findings, []);
    whole[32 + FRAME + 8] ^= 1;
    fs::write(&wal, &whole).unwrap();
    assert!(matches!(check(&left).unwrap().findings[..], [Finding::Wal(_), ..]), "a salt counts");
}
