//! Worlds full of faults, from fixed seeds: no promise is broken in them, one seed is one world,
//! and workspaces do not hear of each other.
#![allow(clippy::panic, reason = "a test says what it found")]

use switchboard_simulator::{
    judge,
    world::{self, Outcome, Plan},
};

/// What the tests run; the gate runs much more of the same, by `switchboard simulate`.
const WORLDS: u64 = if cfg!(debug_assertions) { 40 } else { 400 };
const EVENTS: u64 = 2_000;

#[track_caller]
fn run(plan: &Plan) -> Outcome {
    let outcome = world::run(plan);
    if let Some((workspace, violation)) = &outcome.violation {
        panic!("seed {}, workspace {workspace}: {violation}", plan.seed);
    }
    outcome
}

#[test]
fn no_promise_is_broken() {
    let events: u64 = (0..WORLDS).map(|seed| run(&Plan::new(seed, EVENTS)).events).sum();
    assert!(events > WORLDS * EVENTS / 2, "too little happened: {events} events");
}

#[test]
fn one_seed_is_one_world() {
    for seed in 0..WORLDS / 10 {
        let plan = Plan::new(seed, EVENTS);
        assert_eq!(run(&plan).digests, run(&plan).digests, "seed {seed}");
    }
    let first = run(&Plan::new(0, EVENTS)).digests;
    assert_ne!(first, run(&Plan::new(1, EVENTS)).digests, "seeds differ");
}

#[test]
fn the_oracle_is_of_one_mind_with_the_core() {
    for seed in 0..WORLDS / 4 {
        let outcome = judge::closely(&Plan::new(seed, EVENTS)).outcome;
        assert_eq!(outcome.violation, None, "seed {seed}");
    }
}

#[test]
fn workspaces_do_not_hear_of_each_other() {
    for seed in 0..WORLDS / 10 {
        let alone = Plan::new(seed, EVENTS);
        let among = Plan { workspaces: 3, events: 3 * EVENTS, ..alone.clone() };
        let (alone, among) = (run(&alone), run(&among));
        assert_eq!(alone.digests.first(), among.digests.first(), "seed {seed}");
        assert_eq!(among.digests.len(), 3);
    }
}
