//! The hunt: each bug that is planted in the core is found by worlds drawn from seeds, in less
//! than a minute on one core. It prints the table of `docs/proof.md`, and writes it there where
//! `WRITE_PROOF` is set:
//!
//! ```text
//! WRITE_PROOF=1 cargo test --release -p switchboard-simulator --features planted --test hunt
//! ```
//!
//! `BUG=TwoHolders` hunts one alone.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it found")]
#![allow(clippy::disallowed_methods, reason = "the limit is in seconds")]

use std::{
    env, fs,
    panic::{set_hook, take_hook},
    time::{Duration, Instant},
};

use switchboard_routing::planted::{self, Bug};
use switchboard_simulator::{
    checks::Violation,
    judge::{Judged, judge},
    world::Plan,
};

/// As `switchboard simulate` has it.
const WORLD_EVENTS: u64 = 5_000;
/// Each bug is found in this time, or the simulator is not good enough.
const LIMIT: Duration = Duration::from_secs(60);

/// Where and when a bug was found.
struct Find {
    bug: Bug,
    violation: Violation,
    seed: u64,
    events: u64,
    took: Duration,
}

/// World after world, as `switchboard simulate` has them, until the bug is found.
fn hunt(bug: Bug) -> Option<Find> {
    let (begun, mut events, mut seed) = (Instant::now(), 0, 0);
    while begun.elapsed() < LIMIT {
        seed += 1;
        let plan = Plan::new(seed, WORLD_EVENTS);
        let Judged { outcome, .. } = planted::with(bug, || judge(&plan));
        events += outcome.events;
        if let Some((_, violation)) = outcome.violation {
            return Some(Find { bug, violation, seed, events, took: begun.elapsed() });
        }
    }
    None
}

/// `TwoHolders` in words.
fn words(bug: Bug) -> String {
    format!("{bug:?}").chars().fold(String::new(), |text, c| {
        let space = if c.is_uppercase() && !text.is_empty() { " " } else { "" };
        text + space + &c.to_lowercase().to_string()
    })
}

fn row(find: &Find) -> String {
    let Find { bug, violation, seed, events, took } = find;
    let seconds = took.as_secs_f64();
    format!("| {} | {} | {events} | {seconds:.2} | {seed} |\n", words(*bug), violation.check)
}

const HEAD: &str =
    "| bug | found by | after so many events | seconds | seed |\n|---|---|--:|--:|--:|\n";
const BEGIN: &str = "<!-- the hunt's table begins -->\n";
const END: &str = "<!-- the hunt's table ends -->\n";

fn write(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/proof.md");
    let page = fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    fs::write(path, format!("{before}{BEGIN}\n{table}\n{END}{after}")).unwrap();
}

#[test]
fn every_planted_bug_is_found() {
    let only = env::var("BUG").ok();
    let wanted = |bug: &&Bug| only.as_ref().is_none_or(|only| *only == format!("{bug:?}"));
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let (mut table, mut missed) = (String::from(HEAD), Vec::new());
    for bug in Bug::ALL.iter().filter(wanted) {
        match hunt(*bug) {
            Some(find) => {
                table += &row(&find);
                println!("{}    {}", row(&find).trim_end(), gist(&find.violation));
            }
            None => missed.push(bug),
        }
    }
    set_hook(hook);
    assert!(missed.is_empty(), "not found: {missed:?}");
    println!("{table}");
    if env::var_os("WRITE_PROOF").is_some() && only.is_none() {
        write(&table);
    }
}

fn gist(violation: &Violation) -> String {
    violation.what.chars().take(120).collect()
}
