//! The real engine beside queueing theory, briefly and from fixed seeds. The gate runs the whole
//! table, ten to a hundred times as long, by `switchboard simulate --theory`.
#![allow(clippy::unwrap_used, reason = "a test says what it found")]

use switchboard_routing::Strategy;
use switchboard_simulator::theory::{Case, Figure, Length, Measured, What, table};

/// How many arrive in a case.
const ARRIVALS: u64 = if cfg!(debug_assertions) { 10_000 } else { 50_000 };

fn run(case: &Case, seed: u64) -> Measured {
    case.run(Length::of(ARRIVALS), seed).unwrap()
}

fn contradicting(measured: &Measured) -> Vec<&Figure> {
    measured.figures.iter().filter(|figure| figure.contradicts()).collect()
}

#[test]
fn the_engine_comes_to_what_theory_says() {
    for (number, case) in table::cases().enumerate() {
        // These alone: a batch of so few has to be longer than a queue's memory.
        let short = case.impatience.is_some() || case.offered().load_per_server() < 0.85;
        // In a debug build a few of them, whose strategies differ.
        if !short || (cfg!(debug_assertions) && number % 7 != 0) {
            continue;
        }
        let measured = run(&case, number as u64);
        assert!(contradicting(&measured).is_empty(), "{case:?}: {measured:#?}");
        assert_eq!(measured.refused, 0);
        assert!(measured.figures.iter().all(|figure| figure.theory.is_some()));
    }
}

fn case(agents: u32) -> Case {
    Case {
        arrivals: 6.0,
        service: 1.0,
        impatience: Some(0.5),
        agents,
        capacity: 1,
        departments: 1,
        strategy: Strategy::LeastBusy,
        longer_than: None,
    }
}

#[test]
fn one_agent_more_or_less_is_found_out() {
    let measured = run(&case(8), 1);
    assert!(contradicting(&measured).is_empty(), "{measured:#?}");
    for agents in [7, 9] {
        for what in [What::Delayed, What::MeanWait, What::Line, What::Abandoned] {
            let wrong = case(agents).theory(what).unwrap();
            let ours = measured.figures.iter().find(|figure| figure.what == what).unwrap();
            assert!(!ours.simulated.contains(wrong), "{agents} agents: {ours:?}");
        }
    }
}

#[test]
fn agents_of_several_departments_are_as_many_servers() {
    let spread = Case { departments: 4, agents: 4, capacity: 2, ..case(8) };
    let measured = run(&spread, 2);
    assert!(contradicting(&measured).is_empty(), "{measured:#?}");
}

#[test]
fn a_seed_is_a_run() {
    let length = Length::of(2_000);
    assert_eq!(case(8).run(length, 3), case(8).run(length, 3));
    assert_ne!(case(8).run(length, 3), case(8).run(length, 4));
}

#[test]
fn where_more_comes_than_can_be_served_theory_has_no_answer() {
    let measured = case(5);
    let endless = Case { impatience: None, ..measured };
    let ran = endless.run(Length::of(2_000), 1).unwrap();
    assert!(ran.figures.iter().all(|figure| figure.theory.is_none() && !figure.contradicts()));
    assert!(ran.quantiles[2] > 10.0, "waits grow: {ran:?}");
}
