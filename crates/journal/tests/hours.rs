//! The figures of hours in both stores: written with a batch, read by the hour, gone with their
//! workspace, moved with it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod stocked;

use std::sync::Arc;

use stocked::{Actor, Scratch, create, furnish};
use switchboard_journal::*;

fn opened(count: u64) -> Arc<HourFigures> {
    let tally = Tally { opened: count, ..Tally::default() };
    let departments = [("help".into(), tally)].into();
    Arc::new(HourFigures { departments, ..HourFigures::default() })
}

fn write(actor: &mut Actor, figures: Vec<(u64, Arc<HourFigures>)>) {
    actor.write(Batch { figures, ..Batch::default() });
}

fn stores(scratch: &Scratch) -> [Arc<dyn Store>; 2] {
    let sqlite = Sqlite::open(&Options::new(scratch.path("data"))).unwrap();
    [Arc::new(Memory::default()), Arc::new(sqlite)]
}

fn read(store: &dyn Store, from: u64, before: u64) -> Vec<(u64, u64)> {
    let hours = store.hours(&"acme".into(), from, before).unwrap();
    hours.iter().map(|(hour, of)| (*hour, of.departments["help"].opened)).collect()
}

#[test]
fn hours_are_read_in_order_and_the_last_word_counts() {
    let scratch = Scratch::new();
    for store in stores(&scratch) {
        create(&*store, "acme", 7);
        let mut acme = Actor::of(&*store, "acme");
        write(&mut acme, vec![(490_000, opened(1)), (490_001, opened(2))]);
        write(&mut acme, vec![(99, opened(3)), (490_010, opened(4))]);
        // A restart writes again what it finds, at whatever length.
        let mut much = (*opened(5)).clone();
        much.agents = (0..100).map(|nth| (format!("a{nth}").into(), Tally::default())).collect();
        write(&mut acme, vec![(490_001, Arc::new(much))]);
        assert_eq!(read(&*store, 490_000, 490_002), [(490_000, 1), (490_001, 5)]);
        let all = [(99, 3), (490_000, 1), (490_001, 5), (490_010, 4)];
        assert_eq!(read(&*store, 0, 490_011), all);
        assert_eq!(read(&*store, 0, u64::MAX / HOUR_MS), all);
        assert_eq!(read(&*store, 490_001, 490_001), []);
        assert_eq!(read(&*store, 5, 4), []);
        assert!(store.erase("acme").unwrap());
        assert_eq!(read(&*store, 0, 500_000), []);
    }
}

#[test]
fn a_store_in_memory_keeps_the_last_ones() {
    let store = Memory::default();
    create(&store, "acme", 7);
    let mut acme = Actor::of(&store, "acme");
    write(&mut acme, (0..KEPT_HOURS + 3).map(|hour| (hour, opened(hour))).collect());
    let kept = read(&store, 0, u64::MAX);
    assert_eq!((kept.len() as u64, kept[0]), (KEPT_HOURS, (3, 3)));
}

/// An hour that was over is there after a restart, and one that ran goes on.
#[test]
fn figures_go_on_after_a_restart() {
    for with_snapshot in [false, true] {
        let scratch = Scratch::new();
        for store in stores(&scratch) {
            create(&*store, "acme", 7);
            let mut acme = Actor::of(&*store, "acme");
            furnish(&mut acme);
            acme.open("c1", "v1", None);
            acme.wait(HOUR_MS);
            acme.open("c2", "v2", None);
            if with_snapshot {
                acme.snapshot();
            }
            acme.wait(5 * 60_000);
            acme.close("c1");
            acme.settle();
            let mut before = acme.figures().clone();
            let claim = store.claim(&"acme".into(), Arc::new(|_, _| {})).unwrap();
            let mut after = claim.recovered.figures;
            // Whoever replays the hour finishes it again.
            assert_eq!(after.take_finished().is_empty(), with_snapshot);
            assert!(before.take_finished().is_empty());
            assert_eq!(after, before);
            let first = &store.hours(&"acme".into(), 0, 1).unwrap()[0].1;
            let counts = first.departments.values().map(|of| (of.opened, of.assigned));
            assert_eq!(counts.collect::<Vec<_>>(), [(1, 1), (0, 0)], "{first:#?}");
        }
    }
}

#[test]
fn hours_are_checked_and_move_with_their_workspace() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path("data"), scratch.path("to"));
    stocked::fill(&Sqlite::open(&Options::new(&from)).unwrap());
    assert_eq!(check(&from).unwrap().findings, []);
    let mut lines = Vec::new();
    export(&from, "acme", &mut lines).unwrap();
    import(&Options::new(&to), &mut &*lines).unwrap();
    let hours = |dir| Sqlite::open(&Options::new(dir)).unwrap().hours(&"acme".into(), 0, 100);
    let moved = hours(&to).unwrap();
    assert_eq!(moved, hours(&from).unwrap());
    assert!(!moved.is_empty());
    let bad = String::from_utf8(lines).unwrap().replace(r#""online_ms":"#, r#""online_ms":-"#);
    let refused = import(&Options::new(scratch.path("bad")), &mut bad.as_bytes());
    assert!(matches!(refused, Err(ImportError::Line { .. })), "{refused:?}");
}
