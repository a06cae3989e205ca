//! What a world breaks is shrunk to a few lines of the language of the routing rules' tests: run
//! there, they fail with the bug that the world was found with, and pass without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, reason = "a test says what it found")]

#[path = "../../../routing/tests/rules/always.rs"]
mod always;
#[path = "../../../routing/tests/rules/commands.rs"]
mod commands;
#[path = "../../../routing/tests/rules/script.rs"]
mod script;
#[path = "../../../routing/tests/rules/words.rs"]
mod words;

use std::panic::catch_unwind;

use switchboard_routing::planted::{self, Bug};
use switchboard_simulator::{
    checks::{ORACLE, Violation},
    judge,
    shrink::{Shrunk, shrink},
    world::{Outcome, Plan},
};

const WORLD_EVENTS: u64 = 3_000;
/// A world is shrunk in so many runs at most.
const RUNS: usize = 20_000;
/// A short script has so many lines at most.
const SHORT: usize = 15;

/// What takes the store does not come about without: of so many worlds that a bug breaks, one is to
/// do without it.
const WITHOUT_THE_STORE: usize = 5;

/// The first world that a bug breaks, with what it was asked.
fn broken(bug: Bug, oracle: bool) -> (Plan, Outcome, Violation) {
    broken_from(1, bug, oracle)
}

/// The same from a seed on.
fn broken_from(seed: u64, bug: Bug, oracle: bool) -> (Plan, Outcome, Violation) {
    for seed in seed..500 {
        let plan = Plan { oracle, trace: true, ..Plan::new(seed, WORLD_EVENTS) };
        let mut outcome = planted::with(bug, || judge::guarded(&plan));
        if let Some((_, violation)) = outcome.violation.take() {
            return (plan, outcome, violation);
        }
    }
    panic!("{bug:?} is not found");
}

fn shrunk(bug: Bug, plan: &Plan, outcome: &Outcome, violation: &Violation) -> Shrunk {
    let mut left = RUNS;
    let mut time = || {
        left = left.saturating_sub(1);
        left > 0
    };
    planted::with(bug, || shrink(plan, &outcome.trace, violation, &mut time))
}

/// What a world with the bug breaks is said in a short script, which tells the bug.
#[track_caller]
fn tells(bug: Bug, oracle: bool) {
    let mut seed = 1;
    let told = (0..WITHOUT_THE_STORE).find_map(|_| {
        let (plan, outcome, violation) = broken_from(seed, bug, oracle);
        seed = plan.seed + 1;
        let Shrunk { script, breaks, of } = shrunk(bug, &plan, &outcome, &violation);
        println!("{bug:?}: {} of {of}, {violation}\n{}\n", script.len(), script.join("\n"));
        breaks.map(|breaks| (script, breaks, violation))
    });
    let (script, breaks, violation) = told.expect("it comes about without the store");
    let text = script.join("\n");
    assert_eq!(breaks.check, violation.check, "it is still the same that breaks");
    assert!(script.len() <= SHORT, "{} lines:\n{text}", script.len());
    // Without the bug it keeps every promise, and this is what it answers.
    let expected = script::said(&text);
    let fails = catch_unwind(|| planted::with(bug, || script::check(&text, &expected))).is_err();
    assert!(fails, "with the bug it answers the same:\n{text}\n— said —\n{expected}");
}

macro_rules! told {
    ($($name:ident: $bug:ident,)*) => {
        $(#[test]
        fn $name() {
            tells(Bug::$bug, false);
        })*
    };
}

told! {
    a_claim_of_what_is_held: ClaimsHeld,
    an_agent_who_is_away: AsksAway,
    an_agent_without_the_skills: AsksUnskilled,
    one_more_than_there_is_room_for: OverCapacity,
    whoever_came_last_first: LastComeFirst,
    a_place_that_is_lost: LosesPlace,
    room_that_nobody_gets: FreedNotServed,
    load_without_capacity: LoadWithoutCapacity,
    a_key_that_is_forgotten: ForgetsKeys,
    a_snapshot_without_turns: SnapshotWithoutTurns,
    an_offer_that_stays: OfferNeverExpires,
    a_grace_that_never_begins: GraceNotStarted,
    a_wait_without_end: LongestWaitIsEndless,
    a_refusal_that_does_something: RefusesAndDoes,
    fallbacks_in_circles: FallsBackInCircles,
    an_invite_that_never_expires: InviteIsEndless,
    a_seat_that_is_taken_twice: AcceptedKeepsInvite,
}

#[test]
fn what_only_the_oracle_sees() {
    for bug in [Bug::AsksCooling, Bug::DeviceSetsOnline, Bug::StrangersReopen] {
        let (_, _, violation) = broken(bug, true);
        assert_eq!(violation.check, ORACLE);
        tells(bug, true);
    }
}

#[test]
fn what_takes_the_store_is_said_to() {
    let bug = Bug::AsksAway;
    let (plan, outcome, violation) = broken(bug, false);
    let lost = Violation { check: "nothing shown is lost", ..violation };
    let Shrunk { script, breaks, .. } = shrunk(bug, &plan, &outcome, &lost);
    assert_eq!(breaks, None);
    assert!(!script.is_empty(), "its end is shown all the same");
}
