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
    races::Races,
    world::{self, Plan},
};

/// One seed of so many is looked at more closely: run twice, among other workspaces, and beside
/// the naive oracle.
const SAMPLED: u64 = 64;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(2);

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

/// A promise that was broken.
struct Broken {
    seed: u64,
    what: String,
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
        let judged = judge(seed, options.world_events);
        let busy = begun.elapsed().as_micros() as u64;
        state.busy_us.fetch_add(busy, Ordering::Relaxed);
        state.worlds.fetch_add(1, Ordering::Relaxed);
        let mut found = state.found.lock();
        match judged {
            Ok((events, races)) => {
                state.events.fetch_add(events, Ordering::Relaxed);
                found.races.add(&races);
            }
            Err(what) => {
                state.stop.store(true, Ordering::Relaxed);
                // The smallest seed, whichever thread was first.
                if found.broken.as_ref().is_none_or(|broken| broken.seed > seed) {
                    found.broken = Some(Broken { seed, what });
                }
            }
        }
    }
}

/// Runs one world, and looks at some more closely.
fn judge(seed: u64, events: u64) -> Result<(u64, Races), String> {
    let plan = Plan::new(seed, events);
    let outcome = guarded(&plan)?;
    if seed.is_multiple_of(SAMPLED) {
        let again = guarded(&plan)?;
        if again.digests != outcome.digests {
            return Err("one seed, one world: the second run was another".into());
        }
        let among = Plan { workspaces: 2, events: 2 * events, ..plan.clone() };
        if guarded(&among)?.digests.first() != outcome.digests.first() {
            return Err(
                "workspaces do not hear of each other: with a neighbour it was another".into()
            );
        }
    }
    Ok((outcome.events, outcome.races))
}

/// A world; what the engine asserts is a promise too.
fn guarded(plan: &Plan) -> Result<world::Outcome, String> {
    let outcome = panic::catch_unwind(|| world::run(plan)).map_err(|panicked| {
        let text = panicked.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panicked.downcast_ref::<&str>().copied());
        format!("the engine's own assertions: {}", text.unwrap_or("a panic"))
    })?;
    match &outcome.violation {
        Some((_, Violation { check, what, position })) => {
            Err(format!("{check}: {what} (at event {position})"))
        }
        None => Ok(outcome),
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
    if let Some(Broken { seed, what }) = &found.broken {
        say(format_args!("A promise is broken.\n  {what}\n\nThe same world again:"));
        say(format_args!(
            "  switchboard simulate --seed {seed} --worlds 1 --world-events {}",
            options.world_events
        ));
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
