//! Small worlds in every order, as deep as the time allows.

use std::{
    panic,
    process::ExitCode,
    time::{Duration, Instant},
};

use super::{
    complain,
    count::{count, spaced},
    say,
};
use crate::small::{AGENTS, CONVERSATIONS, Closeness, Report, Setting, explore};

/// One state of so many has the naive oracle beside it.
const ORACLE: usize = 100;
/// One time of so many that a state is reached again, both ways to it are taken on.
const TWINS: usize = 1_000;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(2);

/// Small worlds: two agents, three conversations, and everything that can happen, in every order
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Small worlds")]
pub(crate) struct Options {
    /// Look at small worlds in every order, instead of at large ones drawn by chance
    #[arg(long)]
    exhaustive: bool,
    /// Every order of so many deeds, and none longer
    #[arg(long, value_parser = count, value_name = "N", requires = "exhaustive")]
    depth: Option<u64>,
    /// So long in all
    #[arg(long, default_value_t = 3.0, value_name = "M", requires = "exhaustive")]
    minutes: f64,
}

impl Options {
    /// Whether this is what is to be done; nothing: something else is.
    pub(super) fn run(&self) -> Option<ExitCode> {
        self.exhaustive.then(|| run(self))
    }
}

fn run(options: &Options) -> ExitCode {
    let hook = panic::take_hook();
    // What the engine asserts is reported as what it is, once.
    panic::set_hook(Box::new(|_| {}));
    let all = look(options);
    panic::set_hook(hook);
    table(&all);
    let mut found = all.iter().filter_map(|looked| Some((looked, looked.report.found.as_ref()?)));
    let Some((looked, found)) = found.next() else {
        say("\nNo order breaks a promise.");
        return ExitCode::SUCCESS;
    };
    say(format_args!("\nA promise is broken: {}\n  {}", looked.setting.name, found.violation));
    say("\nThe shortest way there:");
    for (number, deed) in (1..).zip(&found.deeds) {
        say(format_args!("{number:>4}. {deed}"));
    }
    ExitCode::FAILURE
}

/// A setting that was looked at.
struct Looked {
    setting: Setting,
    report: Report,
    took: Duration,
}

/// Looks at all settings, or up to the first in which something is found. What one leaves of its
/// share of the time is the others'.
fn look(options: &Options) -> Vec<Looked> {
    let depth = options.depth.map_or(usize::MAX, |depth| depth as usize);
    let closeness = Closeness { depth, oracle: ORACLE, twins: TWINS };
    let time = Duration::try_from_secs_f64(options.minutes * 60.0).unwrap_or_default();
    let ends = Instant::now() + time;
    let mut all = Vec::new();
    let settings = Setting::all();
    let mut left = settings.len() as u32;
    for setting in settings {
        let begun = Instant::now();
        let stops = begun + ends.saturating_duration_since(begun) / left.max(1);
        let mut told = begun;
        let report = explore(&setting, closeness, &mut |so_far| {
            let now = Instant::now();
            if now.duration_since(told) >= PROGRESS {
                told = now;
                progress(&setting, so_far);
            }
            now < stops
        });
        let failed = report.found.is_some();
        all.push(Looked { setting, report, took: begun.elapsed() });
        left -= 1;
        if failed {
            break;
        }
    }
    all
}

fn progress(setting: &Setting, so_far: &Report) {
    complain(format_args!(
        "{} · depth {} · {} states · {} transitions",
        setting.name,
        so_far.depth,
        spaced(so_far.states as u64),
        spaced(so_far.transitions)
    ));
}

fn table(all: &[Looked]) {
    say(format_args!("{AGENTS} agents, {CONVERSATIONS} conversations, every order\n"));
    say(format_args!(
        "{:<26} {:>9} {:>11} {:>12} {:>10} {:>9} {:>7} {:>7}",
        "setting", "depth", "states", "transitions", "refused", "oracle", "twins", "s"
    ));
    for Looked { setting, report, took } in all {
        let depth = match report.exhausted {
            true => format!("{}, all", report.depth),
            false => report.depth.to_string(),
        };
        say(format_args!(
            "{:<26} {depth:>9} {:>11} {:>12} {:>10} {:>9} {:>7} {:>7.1}",
            setting.name,
            spaced(report.states as u64),
            spaced(report.transitions),
            spaced(report.refused),
            spaced(report.overseen),
            spaced(report.twins),
            took.as_secs_f64(),
        ));
    }
    let states = all.iter().map(|looked| looked.report.states as u64).sum();
    let transitions: u64 = all.iter().map(|looked| looked.report.transitions).sum();
    let seconds: f64 = all.iter().map(|looked| looked.took.as_secs_f64()).sum();
    say(format_args!(
        "\n{} states, {} transitions in {seconds:.1} s: {} a second on one core",
        spaced(states),
        spaced(transitions),
        spaced((transitions as f64 / seconds.max(1e-9)) as u64),
    ));
}
