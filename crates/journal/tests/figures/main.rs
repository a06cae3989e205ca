//! The figures of hours, against a count that is made anew from the whole list of events, over
//! random lives of a workspace; and that a restart finds them as they were.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod life;
mod naive;

use std::{collections::BTreeMap, sync::Arc};

use life::Life;
use switchboard_journal::{
    Figures, Histories, HourFigures, KEPT_HOURS, Recovered, Stored, hour_of,
};
use switchboard_routing::{Record, Timestamp};

const HOUR_MS: u64 = 3_600_000;

type Hours = BTreeMap<u64, HourFigures>;

/// What an observer finished, with the hour that runs.
fn all(figures: &mut Figures, now: Timestamp) -> Hours {
    figures.advance(now);
    let finished = figures.take_finished().into_iter();
    let mut hours: Hours = finished.map(|(hour, of)| (hour, (*of).clone())).collect();
    let (hour, running) = figures.running(now);
    if !running.is_empty() {
        assert!(hours.insert(hour, running).is_none(), "an hour is finished once");
    }
    hours
}

fn observed(records: &[Arc<Record>], now: Timestamp) -> Hours {
    let mut figures = Figures::default();
    records.iter().for_each(|record| figures.observe(record));
    all(&mut figures, now)
}

#[track_caller]
fn assert_same(seed: u64, expected: &Hours, found: &Hours) {
    let hours: Vec<_> = expected.keys().chain(found.keys()).collect();
    for hour in hours {
        assert_eq!(found.get(hour), expected.get(hour), "seed {seed}, hour {hour}");
    }
}

#[test]
fn figures_are_what_a_count_of_all_events_gives() {
    let (mut events, mut totals) = (0, switchboard_journal::Tally::default());
    for seed in 0..300 {
        let mut life = Life::new(seed);
        (0..250).for_each(|_| life.live());
        let now = life.end();
        let expected = naive::hours(&life.records, now);
        assert_same(seed, &expected, &observed(&life.records, now));
        events += life.records.len();
        for tally in expected.values().flat_map(|hour| hour.departments.values()) {
            totals.add(tally);
        }
    }
    // What is never counted is never wrong.
    assert!(events > 50_000, "{events}");
    let seen = [
        totals.opened,
        totals.assigned,
        totals.closed,
        totals.rejected,
        totals.abandoned,
        totals.handled,
        totals.missed_offers,
        totals.waits.count(),
    ];
    assert!(seen.iter().all(|count| *count > 500), "{seen:?}");
    assert!(totals.waits.count() < totals.assigned, "some were handed from one to another");
    assert!(0 < totals.busy_ms && totals.busy_ms < totals.online_ms, "{totals:?}");
}

#[test]
fn whoever_looks_now_and_then_sees_the_same() {
    for seed in 0..50 {
        let mut life = Life::new(seed);
        let (mut figures, mut told, mut hours) = (Figures::default(), 0, Hours::new());
        for _ in 0..250 {
            life.live();
            life.records[told..].iter().for_each(|record| figures.observe(record));
            told = life.records.len();
            // Looking changes nothing, and neither does the time that goes by.
            hours.extend(all(&mut figures, life.now()));
        }
        let now = life.end();
        life.records[told..].iter().for_each(|record| figures.observe(record));
        hours.extend(all(&mut figures, now));
        assert_same(seed, &naive::hours(&life.records, now), &hours);
    }
}

#[test]
fn a_restart_finds_them_as_they_were() {
    for seed in 0..50 {
        let mut life = Life::new(seed);
        let mut figures = Figures::default();
        (0..120).for_each(|_| life.live());
        life.records.iter().for_each(|record| figures.observe(record));
        // As an actor does between events.
        figures.advance(life.now());
        let taken = figures.take_finished();
        let stored = Stored {
            snapshot: life.core.snapshot(),
            histories: Histories::new(),
            figures: Some(written_and_read(&figures)),
            sessions: None,
            dormant: false,
        };
        let at_snapshot = life.records.len();
        (0..120).for_each(|_| life.live());
        let now = life.end();
        let tail = &life.records[at_snapshot..];
        let from_snapshot = Recovered::fold(Some(stored), tail, 2).unwrap();
        let from_log = Recovered::fold(None, &life.records, 2).unwrap();
        tail.iter().for_each(|record| figures.observe(record));
        for recovered in [&from_snapshot.figures, &from_log.figures] {
            let (mut recovered, mut live) = (recovered.clone(), figures.clone());
            recovered.advance(now);
            live.advance(now);
            recovered.take_finished();
            live.take_finished();
            assert_eq!(recovered, live, "seed {seed}");
        }
        let expected = naive::hours(&life.records, now);
        let mut hours: Hours = taken.iter().map(|(hour, of)| (*hour, (**of).clone())).collect();
        hours.extend(all(&mut from_snapshot.figures.clone(), now));
        assert_same(seed, &expected, &hours);
        assert_same(seed, &expected, &all(&mut from_log.figures.clone(), now));
    }
}

fn written_and_read(figures: &Figures) -> Figures {
    let json = serde_json::to_vec(figures).unwrap();
    let read = serde_json::from_slice(&json).unwrap();
    assert_eq!(figures, &read);
    read
}

/// A snapshot of a release that kept none: who is there, and who has what since when, is known.
#[test]
fn where_nobody_kept_any_they_begin_with_what_comes() {
    for seed in 0..50 {
        let mut life = Life::new(seed);
        (0..120).for_each(|_| life.live());
        let stored = Stored {
            snapshot: life.core.snapshot(),
            histories: life.histories(),
            figures: None,
            sessions: None,
            dormant: false,
        };
        let (begun, at) = (life.core.clock(), life.records.len());
        (0..120).for_each(|_| life.live());
        // Whoever takes it up finds nobody there, as after every restart.
        let now = life.end();
        let recovered = Recovered::fold(Some(stored), &life.records[at..], 2).unwrap();
        let expected = naive::hours(&life.records, now);
        let later = hour_of(begun) + 1;
        let whole = |hours: Hours| hours.into_iter().filter(|(hour, _)| *hour >= later).collect();
        let found = all(&mut recovered.figures.clone(), now);
        assert_same(seed, &whole(expected), &whole(found));
    }
}

#[test]
fn a_clock_that_jumps_far_makes_up_for_no_more_than_is_kept() {
    let mut life = Life::new(1);
    (0..20).for_each(|_| life.live());
    life.somebody_is_there();
    let mut figures = Figures::default();
    life.records.iter().for_each(|record| figures.observe(record));
    figures.take_finished();
    let far = Timestamp(life.now().0 + 100 * KEPT_HOURS * HOUR_MS);
    figures.advance(far);
    let finished = figures.take_finished();
    assert_eq!(finished.len() as u64, KEPT_HOURS);
    assert_eq!(finished.last().unwrap().0, hour_of(far) - 1);
    figures.advance(Timestamp(u64::MAX));
    assert_eq!(figures.running(Timestamp(u64::MAX)).0, hour_of(Timestamp(u64::MAX)));
}
