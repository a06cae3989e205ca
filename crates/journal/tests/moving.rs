//! Backups, exports and imports: what comes back is what was there, and nothing half.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod stocked;

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use stocked::Scratch;
use switchboard_journal::*;
use switchboard_routing::{Snapshot, Timestamp};

/// All that a store tells of a workspace.
#[derive(Debug, PartialEq)]
struct Told {
    snapshot: Snapshot,
    histories: Histories,
    profiles: Profiles,
    archive: Vec<Arc<Ended>>,
    decided: usize,
    vouched: Option<String>,
}

fn told(store: &Sqlite) -> Told {
    let id = "acme".into();
    let Claim { recovered, profiles, .. } = store.claim(&id, Arc::new(|_, _| {})).unwrap();
    let listed = store.list(&id, &ArchiveFilter::default(), 0, 100).unwrap();
    let found = |ended: &Arc<Ended>| store.find(&id, &ended.conversation.id).unwrap().unwrap();
    let decided = |ended: &Arc<Ended>| {
        let of = &ended.conversation;
        store.decisions(&id, &of.id, of.number).unwrap().len()
    };
    Told {
        snapshot: recovered.workspace.snapshot(),
        histories: recovered.histories,
        profiles,
        decided: listed.iter().map(decided).sum(),
        archive: listed.iter().map(found).collect(),
        vouched: store.vouched(&id, "host-v0").unwrap().map(|visitor| visitor.to_string()),
    }
}

fn filled(scratch: &Scratch) -> (PathBuf, Sqlite) {
    let dir = scratch.path("from");
    let store = Sqlite::open(&Options::new(&dir)).unwrap();
    stocked::fill(&store);
    stocked::go_on(&store);
    (dir, store)
}

fn exported(dir: &Path) -> String {
    let mut lines = Vec::new();
    let count = export(dir, "acme", &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count() as u64, count);
    lines
}

fn taken(dir: &Path, lines: &str) -> Result<Imported, ImportError> {
    import(&Options::new(dir), &mut lines.as_bytes())
}

#[test]
fn a_backup_of_a_store_in_use_is_all_of_it() {
    let scratch = Scratch::new();
    let (dir, store) = filled(&scratch);
    let target = scratch.path("copy.db");
    let bytes = backup(&dir, &target).unwrap();
    let file = fs::metadata(&target).unwrap();
    assert_eq!((file.len(), file.mode() & 0o777), (bytes, 0o600));
    assert_eq!(check(&target).unwrap().findings, [], "a copy can be checked by itself");
    // What is written since is not in it.
    let before = told(&store);
    stocked::Actor::of(&store, "acme").open("late", "v20", None);
    fs::create_dir(scratch.path("restored")).unwrap();
    fs::copy(&target, scratch.path("restored").join(DATABASE)).unwrap();
    let restored = Sqlite::open(&Options::new(scratch.path("restored"))).unwrap();
    assert!(restored.entry("gone").is_none());
    let after = told(&restored);
    assert_eq!(after.archive, before.archive);
    assert_eq!(after.profiles, before.profiles);
    assert_eq!(after.snapshot.position, before.snapshot.position);
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_half() {
    let scratch = Scratch::new();
    let (dir, _store) = filled(&scratch);
    let target = scratch.path("there");
    fs::write(&target, "mine").unwrap();
    assert!(matches!(backup(&dir, &target), Err(BackupError::Target { .. })));
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    let nowhere = scratch.path("nowhere");
    assert!(matches!(backup(&nowhere, &scratch.path("a")), Err(BackupError::Missing(_))));
    fs::create_dir(&nowhere).unwrap();
    fs::write(nowhere.join(DATABASE), "it is none").unwrap();
    assert!(matches!(backup(&nowhere, &scratch.path("a")), Err(BackupError::Database { .. })));
    assert!(!scratch.path("a").exists());
}

#[test]
fn a_workspace_that_is_exported_and_imported_is_the_same() {
    let scratch = Scratch::new();
    let (dir, store) = filled(&scratch);
    let (lines, to) = (exported(&dir), scratch.path("to"));
    let imported = taken(&to, &lines).unwrap();
    assert_eq!(imported.workspace, "acme");
    assert_eq!(check(&to).unwrap().findings, []);
    let other = Sqlite::open(&Options::new(&to)).unwrap();
    let (here, there) = (store.entry("acme").unwrap(), other.entry("acme").unwrap());
    assert_eq!((here.site_key, here.token_secret), (there.site_key, there.token_secret));
    assert_eq!(other.awake(), ["acme".into()]);
    // What was taken from it is in it to the last byte.
    let again = exported(&to);
    let body = |lines: &str| lines.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&again), body(&lines));
    // Only the epochs differ: the first has been claimed more often.
    let (mut here, there) = (told(&store), told(&other));
    assert!(here.archive.len() > 4 && here.decided > 4 && here.vouched.is_some());
    here.snapshot = there.snapshot.clone();
    assert_eq!(there, here);
}

#[test]
fn an_import_is_all_or_nothing() {
    let scratch = Scratch::new();
    let (dir, store) = filled(&scratch);
    let (lines, to) = (exported(&dir), scratch.path("to"));
    let all: Vec<&str> = lines.lines().collect();
    let without = |nth: usize| {
        let kept = all.iter().enumerate().filter(|(at, _)| *at != nth).map(|(_, line)| *line);
        kept.map(|line| format!("{line}\n")).collect::<String>()
    };
    let cases = [
        (lines[..lines.len() / 2].to_owned(), "the file is cut off after line "),
        (lines[..lines.len() - 1].to_owned(), "the file is cut off after line "),
        (without(all.len() - 1), "the file is cut off after line "),
        (without(10), "lines are missing before it"),
        (without(1), "line 2: the workspace's own line is missing"),
        (without(0), "line 1: "),
        (lines.replacen("\"version\":1", "\"version\":2", 1), "line 1: version 2 of the format"),
        (lines.replacen("switchboard-export", "other", 1), "line 1: it is not an export"),
        (lines.replacen("\"epoch\":1,\"at\"", "\"epoch\":9,\"at\"", 1), "it contradicts itself: "),
        (lines.replacen("\"state\":\"closed\"", "\"state\":\"shut\"", 1), "unknown variant `shut`"),
        (lines.replacen("\"version\":1}}", "\"version\":9}}", 1), "an event of a later release"),
        (format!("{lines}more\n"), "it follows the last one"),
    ];
    for (text, expected) in cases {
        let error = taken(&to, &text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}, and not {expected}");
        let report = check(&to).unwrap();
        assert_eq!((report.workspaces, report.events, &report.findings[..]), (0, 0, &[][..]));
    }
    let mut bytes = all[..2].join("\n").into_bytes();
    bytes.extend(b"\n\xff\n");
    let error = import(&Options::new(&to), &mut bytes.as_slice()).unwrap_err();
    assert!(matches!(error, ImportError::Line { line: 3, .. }), "{error}");
    assert!(matches!(taken(&dir, &lines), Err(ImportError::Open(OpenError::Lock(_)))));
    drop(store);
    assert!(matches!(taken(&dir, &lines), Err(ImportError::Taken(_))));
    let gone = lines.replacen("\"acme\"", "\"gone\"", 1);
    assert!(matches!(taken(&dir, &gone), Err(ImportError::Taken(_))), "an erased id stays taken");
    let mut nothing = Vec::new();
    for id in ["gone", "never"] {
        assert!(matches!(export(&dir, id, &mut nothing), Err(ExportError::Unknown(_))));
    }
    assert!(nothing.is_empty());
}

#[test]
fn what_is_damaged_is_not_exported() {
    let scratch = Scratch::new();
    let (dir, store) = filled(&scratch);
    drop(store);
    let at = rusqlite::Connection::open(dir.join(DATABASE)).unwrap();
    at.execute_batch("UPDATE log SET epoch = 2 WHERE workspace = 1 AND position = 3").unwrap();
    drop(at);
    let mut lines = Vec::new();
    assert!(matches!(export(&dir, "acme", &mut lines), Err(ExportError::Damaged(_))));
    assert!(lines.is_empty());
}

/// More than makes the store want to cut its write-ahead log short.
const MUCH: usize = 80 << 20;

#[test]
fn whoever_reads_for_long_keeps_nobody_from_writing() {
    let scratch = Scratch::new();
    let (dir, store) = filled(&scratch);
    let at = rusqlite::Connection::open(dir.join(DATABASE)).unwrap();
    let reading = at.unchecked_transaction().unwrap();
    reading.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, u64>(0)).unwrap();
    let body = vec![b'x'; 20_000];
    for nth in 0..MUCH / body.len() {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&nth.to_le_bytes());
        let answered = Answered { status: 200, body: Some(body.clone()) };
        let (request, begun) = ([1; 32], Instant::now());
        store.keep(KeptAnswer { key, request, at: Timestamp(1_000), answered }).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "a write waited for who reads");
    }
}
