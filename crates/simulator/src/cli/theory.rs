//! Theory beside the engine: the reference table, or any other case.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use parking_lot::Mutex;
use switchboard_routing::{Refusal, Strategy};

use super::{
    Shared, complain,
    count::{count, spaced},
    quantities::{Duration, Rate, duration, rate},
    say,
};
use crate::theory::{Case, Figure, Length, Measured, What, table};

/// The most servers: agents times capacity, and the most departments.
const MOST: u32 = 20_000;

/// A contact centre whose agents are all alike, beside what queueing theory says of it
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Queueing theory")]
pub(crate) struct Options {
    /// Every row of the reference table, with each strategy; fails where theory is outside of a
    /// 99.99 % interval twice
    #[arg(long)]
    theory: bool,
    /// How many come, as if by chance: 8/min, 0.5/s, 120/h
    #[arg(long, value_parser = rate, value_name = "RATE", requires = "service", conflicts_with = "theory")]
    arrivals: Option<Rate>,
    /// How long one takes to serve on average, exponentially: 5min, 90s, 1.5h
    #[arg(long, value_parser = duration, value_name = "DURATION", requires = "arrivals")]
    service: Option<Duration>,
    /// How many agents there are
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MOST as i64), default_value_t = 1, value_name = "N", requires = "arrivals")]
    agents: u32,
    /// How many conversations each holds at once
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MOST as i64), default_value_t = 1, value_name = "N", requires = "arrivals")]
    capacity: u32,
    /// After how long who waits gives up on average, exponentially; never unless said: 2min
    #[arg(long, value_parser = duration, value_name = "DURATION", requires = "arrivals")]
    patience: Option<Duration>,
    /// Also the share that waits for longer than this: 20s
    #[arg(long, value_parser = duration, value_name = "DURATION", requires = "arrivals")]
    within: Option<Duration>,
    /// Over how many departments those who come are spread; every agent is a member of all
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000), default_value_t = 1, value_name = "N", requires = "arrivals")]
    departments: u32,
    /// Who is taken first: least_busy, round_robin or longest_idle
    #[arg(long, value_parser = strategy, default_value = "least_busy", value_name = "NAME", requires = "arrivals")]
    strategy: Strategy,
    /// How many come in all, after a warm-up; with --theory in each row
    #[arg(long, value_parser = visitors, default_value = "1M", value_name = "N")]
    visitors: u64,
}

impl Options {
    /// Whether this is what is to be done; nothing: something else is.
    pub(super) fn run(&self, shared: &Shared) -> Option<ExitCode> {
        match (self.arrivals, self.service) {
            (Some(arrivals), Some(service)) => Some(self.other(arrivals, service, shared.seed)),
            _ => self.theory.then(|| whole_table(self.visitors, shared.seed)),
        }
    }

    fn other(&self, arrivals: Rate, service: Duration, seed: u64) -> ExitCode {
        if self.agents.saturating_mul(self.capacity) > MOST {
            complain(format_args!("more than {MOST} conversations at once are not simulated"));
            return ExitCode::from(2);
        }
        let case = Case {
            arrivals: arrivals.per_ms,
            service: service.ms.recip(),
            impatience: self.patience.map(|patience| patience.ms.recip()),
            agents: self.agents,
            capacity: self.capacity,
            departments: self.departments,
            strategy: self.strategy,
            longer_than: self.within.map(|within| within.ms),
        };
        let begun = Instant::now();
        match case.run(Length::of(self.visitors), seed) {
            Ok(measured) => {
                tell_case(&case, &measured, self.visitors);
                say(format_args!("\n{:.1} s, seed {seed}", begun.elapsed().as_secs_f64()));
                ExitCode::SUCCESS
            }
            Err(refusal) => {
                complain(format_args!("The engine refuses: {refusal}"));
                ExitCode::FAILURE
            }
        }
    }
}

/// Enough for every batch to have some.
const FEWEST_VISITORS: u64 = 10_000;

fn visitors(text: &str) -> Result<u64, String> {
    let visitors = count(text)?;
    match visitors < FEWEST_VISITORS {
        true => Err(format!("fewer than {FEWEST_VISITORS} say nothing")),
        false => Ok(visitors),
    }
}

fn strategy(text: &str) -> Result<Strategy, String> {
    let named = table::STRATEGIES.into_iter().find(|strategy| name(*strategy) == text);
    named.ok_or_else(|| "it is least_busy, round_robin or longest_idle".to_owned())
}

fn name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::LeastBusy => "least_busy",
        Strategy::RoundRobin => "round_robin",
        Strategy::LongestIdle => "longest_idle",
    }
}

fn symbol(what: What) -> &'static str {
    match what {
        What::Delayed => "P(wait)",
        What::MeanWait => "E[W]",
        What::Line => "Lq",
        What::Longer => "P(W>t)",
        What::Abandoned => "P(abandon)",
        What::Utilisation => "utilisation",
    }
}

fn tell_case(case: &Case, measured: &Measured, visitors: u64) {
    let load = case.offered().load_per_server();
    say(format_args!(
        "{} conversations at once, load {load:.3} of each, {} visitors, {}\n",
        case.offered().servers,
        spaced(visitors),
        name(case.strategy),
    ));
    say(format_args!("{:<26}{:>12} {:<16}{:>12}", "", "simulated", "± (99.99 %)", "theory"));
    for figure in &measured.figures {
        let shown = |value: f64| match figure.what {
            What::MeanWait => Duration { ms: value }.to_string(),
            _ => format!("{value:.5}"),
        };
        let Figure { simulated, theory, .. } = figure;
        let theory = theory.map_or("none".to_owned(), shown);
        let (mean, half) = (shown(simulated.mean), shown(simulated.half_width));
        let far = if figure.contradicts() { "  outside" } else { "" };
        say(format_args!("{:<26}{mean:>12} ± {half:<14}{theory:>12}{far}", words(figure.what)));
    }
    let [half, most, nearly] = measured.quantiles.map(|ms| Duration { ms });
    say(format_args!("\nWaits: 50 % at most {half}, 90 % {most}, 99 % {nearly}"));
    if measured.refused > 0 {
        let refused = spaced(measured.refused);
        say(format_args!("{refused} were turned away: the line was as long as it may be."));
    }
    if measured.figures.iter().any(|figure| figure.theory.is_none()) {
        say(why_none(case));
    }
}

fn words(what: What) -> &'static str {
    match what {
        What::Delayed => "P(wait)",
        What::MeanWait => "mean wait",
        What::Line => "mean length of the line",
        What::Longer => "P(wait longer than asked)",
        What::Abandoned => "P(abandon)",
        What::Utilisation => "utilisation",
    }
}

fn why_none(case: &Case) -> &'static str {
    if case.impatience.is_none() && case.offered().load_per_server() >= 1.0 {
        "Theory has no answer: more come than can be served, and nobody gives up, so the line \
         grows for as long as it lasts. With --patience there is one."
    } else {
        "Where theory has no figure, it has no simple one: how long those wait who may give up."
    }
}

/// Where theory is outside, it is looked at again with so many times as many visitors, from another
/// seed: of ten thousand figures one is outside by chance, but not twice.
const AGAIN: u64 = 4;
/// Far from all seeds that are counted up from the first.
const AGAIN_SEED: u64 = 1 << 32;

/// A case that was run, once or twice, and for how long.
#[derive(Clone)]
struct Done {
    first: Measured,
    again: Option<Measured>,
    seconds: f64,
}

impl Done {
    fn run(case: &Case, visitors: u64, seed: u64) -> Result<Self, Refusal> {
        let begun = Instant::now();
        let first = case.run(Length::of(visitors), seed)?;
        let again = match outside(&first) {
            0 => None,
            _ => Some(case.run(Length::of(AGAIN * visitors), seed.wrapping_add(AGAIN_SEED))?),
        };
        Ok(Self { first, again, seconds: begun.elapsed().as_secs_f64() })
    }
}

fn outside(measured: &Measured) -> usize {
    measured.figures.iter().filter(|figure| figure.contradicts()).count()
}

/// Every row of the reference table, on all cores.
fn whole_table(visitors: u64, seed: u64) -> ExitCode {
    let cases: Vec<Case> = table::cases().collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Done>>> = Mutex::new(vec![None; cases.len()]);
    let begun = Instant::now();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = cases.get(number) else { return };
                // Each case has a chance of its own.
                let ran = Done::run(case, visitors, seed.wrapping_add(number as u64)).ok();
                if let Some(entry) = done.lock().get_mut(number) {
                    *entry = ran;
                }
            }
        };
        (0..cores).for_each(|_| drop(scope.spawn(work)));
    });
    say("simulated ± half-width of a 99.99 % interval = theory; times in the unit of the row\n");
    let wrong = tell_rows(&cases, &done.into_inner());
    tell_skipped();
    say(format_args!(
        "{} arrivals, {cores} at a time, {:.0} s",
        spaced(visitors * cases.len() as u64),
        begun.elapsed().as_secs_f64(),
    ));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Gives how many figures theory contradicts.
fn tell_rows(cases: &[Case], done: &[Option<Done>]) -> usize {
    let (mut figures, mut looked_again, mut wrong, mut busy) = (0, 0, 0, 0.0);
    for (case, done) in cases.iter().zip(done) {
        let Some(Done { first, again, seconds }) = done else {
            say(format_args!("REFUSED {}", row(case)));
            wrong += 1;
            continue;
        };
        busy += seconds;
        figures += first.figures.len();
        say(row(case));
        say(format_args!("    {}", beside(first)));
        if let Some(again) = again {
            looked_again += 1;
            wrong += outside(again);
            let found = if outside(again) > 0 { "OUTSIDE twice" } else { "outside once, again" };
            say(format_args!("    {found}: {}", beside(again)));
        }
    }
    let cases = cases.len();
    say(format_args!(
        "\n{cases} cases, {figures} figures; {looked_again} cases looked at again, {wrong} figures \
         outside; {busy:.0} s in all"
    ));
    wrong
}

fn tell_skipped() {
    for skipped in table::PATIENT.iter().filter(|row| row.remembers_long()) {
        let table::Row { arrivals, servers, .. } = skipped;
        say(format_args!(
            "Left out: λ {arrivals}, n {servers}; so near to a load of one it takes ten million \
             arrivals:\n  switchboard simulate --arrivals {arrivals}/s --service 1s \
             --agents {servers} --visitors 10M"
        ));
    }
}

fn row(case: &Case) -> String {
    let Case { arrivals, service, agents, capacity, .. } = case;
    let theta = case.impatience.map_or(String::new(), |theta| format!(" θ {theta:.3}"));
    let strategy = name(case.strategy);
    format!("λ {arrivals} μ {service:.3}{theta} · {agents} × {capacity} · {strategy}")
}

fn beside(measured: &Measured) -> String {
    let shown = |figure: &Figure| {
        let Figure { what, simulated, theory } = figure;
        let theory = theory.map_or("none".to_owned(), |theory| format!("{theory:.5}"));
        let (mean, half) = (simulated.mean, simulated.half_width);
        format!("{} {mean:.5} ± {half:.5} = {theory}", symbol(*what))
    };
    measured.figures.iter().map(shown).collect::<Vec<_>>().join(" · ")
}
