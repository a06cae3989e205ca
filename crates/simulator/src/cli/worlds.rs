//! Worlds full of faults, seed after seed, until there were events enough or a promise is broken.

use std::{
    panic,
    process::ExitCode,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    Shared, complain,
    count::{count, spaced},
    say,
};
use crate::{
    checks::Violation,
    judge::{self, judge},
    races::Races,
    shrink::{self, Shrunk},
    world::Plan,
};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(2);
/// A failing world is shrunk for so long at most.
const SHRINKING: Duration = Duration::from_secs(60);

/// Worlds full of faults: every event is judged by what routing promises
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Worlds")]
pub(crate) struct Options {
    /// So many events in all: 20_000_000, 20M, 1e9
    #[arg(long, value_parser = count, default_value = "2M", value_name = "N")]
    events: u64,
    /// So many worlds, whatever they come to: with --seed, one world again
    #[arg(long, value_parser = count, value_name = "N")]
    worlds: Option<u64>,
    /// So many events in each world
    #[arg(long, value_parser = count, default_value = "5000", value_name = "N")]
    world_events: u64,
    /// On so many cores; all of them unless said otherwise
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Fail where a race was reached less often
    #[arg(long, value_parser = count, default_value = "0", value_name = "N")]
    least: u64,
}

/// What all threads have come to so far.
#[derive(Default)]
struct State {
    next: AtomicU64,
    events: AtomicU64,
    worlds: AtomicU64,
    busy_us: AtomicU64,
    stop: AtomicBool,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    races: Races,
    broken: Option<Broken>,
}

/// A promise that was broken, in the world of this plan.
struct Broken {
    plan: Plan,
    violation: Violation,
}

pub(super) fn run(shared: &Shared, options: &Options) -> ExitCode {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = options.threads.unwrap_or(cores).max(1);
    let state = State::default();
    let begun = Instant::now();
    // What the engine asserts is reported as what it is, once.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    thread::scope(|scope| {
        // It closes when the last worker is gone.
        let (works, gone) = channel::<()>();
        for _ in 0..threads {
            let (works, state) = (works.clone(), &state);
            scope.spawn(move || {
                work(shared.seed, options, state);
                drop(works);
            });
        }
        drop(works);
        while gone.recv_timeout(PROGRESS) == Err(RecvTimeoutError::Timeout) {
            progress(options, &state, begun);
        }
    });
    panic::set_hook(hook);
    report(options, &state, begun)
}

fn work(first: u64, options: &Options, state: &State) {
    while !state.stop.load(Ordering::Relaxed) {
        let number = state.next.fetch_add(1, Ordering::Relaxed);
        let enough = match options.worlds {
            Some(worlds) => number >= worlds,
            None => state.events.load(Ordering::Relaxed) >= options.events,
        };
        if enough {
            return;
        }
        let seed = first.wrapping_add(number);
        let begun = Instant::now();
        let judged = judge(&Plan::new(seed, options.world_events));
        let busy = begun.elapsed().as_micros() as u64;
        state.busy_us.fetch_add(busy, Ordering::Relaxed);
        state.worlds.fetch_add(1, Ordering::Relaxed);
        let mut found = state.found.lock();
        let outcome = judged.outcome;
        let Some((_, violation)) = outcome.violation else {
            state.events.fetch_add(outcome.events, Ordering::Relaxed);
            found.races.add(&outcome.races);
            continue;
        };
        state.stop.store(true, Ordering::Relaxed);
        // The smallest seed, whichever thread was first.
        if found.broken.as_ref().is_none_or(|broken| broken.plan.seed > seed) {
            found.broken = Some(Broken { plan: judged.plan, violation });
        }
    }
}

fn progress(options: &Options, state: &State, begun: Instant) {
    let events = state.events.load(Ordering::Relaxed);
    let rate = events as f64 / begun.elapsed().as_secs_f64();
    let worlds = state.worlds.load(Ordering::Relaxed);
    let left = match options.worlds {
        Some(all) => format!("{} of {}", spaced(worlds), spaced(all)),
        None => {
            let seconds = options.events.saturating_sub(events) as f64 / rate.max(1.0);
            format!("{} · {seconds:.0} s to go", spaced(worlds))
        }
    };
    complain(format_args!(
        "{} events · {} a second · worlds {left}",
        spaced(events),
        spaced(rate as u64)
    ));
}

fn report(options: &Options, state: &State, begun: Instant) -> ExitCode {
    let found = state.found.lock();
    if let Some(broken) = &found.broken {
        tell(options, broken);
        return ExitCode::FAILURE;
    }
    let events = state.events.load(Ordering::Relaxed);
    let seconds = begun.elapsed().as_secs_f64();
    let busy = state.busy_us.load(Ordering::Relaxed) as f64 / 1e6;
    say(format_args!(
        "{} events in {} worlds, {seconds:.1} s: {} a second, {} a second on one core",
        spaced(events),
        spaced(state.worlds.load(Ordering::Relaxed)),
        spaced((events as f64 / seconds) as u64),
        spaced((events as f64 / busy.max(1e-9)) as u64),
    ));
    say("No promise was broken. Races that were reached:");
    for (_, what, times) in found.races.all() {
        say(format_args!("{:>12}  {what}", spaced(times)));
    }
    let missed: Vec<_> = found.races.missed(options.least).collect();
    for (race, times) in &missed {
        complain(format_args!("{race:?} was reached {times} times, fewer than {}", options.least));
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was broken, how to have it again, and the shortest script that breaks it.
fn tell(options: &Options, Broken { plan, violation }: &Broken) {
    say(format_args!("A promise is broken.\n  {violation}\n\nThe same world again:"));
    say(format_args!(
        "  switchboard simulate --seed {} --worlds 1 --world-events {}\n",
        plan.seed, options.world_events
    ));
    let Shrunk { script, breaks, of } = shrunk(plan, violation);
    let script = script.join("\n  ");
    match breaks {
        Some(breaks) => say(format_args!(
            "As a script, of which the world was {of} steps:\n\n  {script}\n\nIt breaks\n  {breaks}"
        )),
        None => say(format_args!(
            "It takes what goes wrong in the store: what was asked does not break it by itself. \
             The last of its {of} steps:\n\n  {script}"
        )),
    }
}

fn shrunk(plan: &Plan, violation: &Violation) -> Shrunk {
    let begun = Instant::now();
    let mut time = || begun.elapsed() < SHRINKING;
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let traced = judge::guarded(&Plan { trace: true, ..plan.clone() });
    let shrunk = shrink::shrink(plan, &traced.trace, violation, &mut time);
    panic::set_hook(hook);
    shrunk
}
