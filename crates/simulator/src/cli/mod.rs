//! `switchboard simulate`: what it takes, and which of the simulator's rooms does it.
//!
//! Each way of simulating has its options and its report in a file of its own here. Only here is
//! anything printed, and time measured: what is simulated knows no clock.

mod count;
mod estimates;
mod exhaustive;
mod quantities;
mod theory;
mod whatif;
mod worlds;

use std::{
    io::{Write, stderr, stdout},
    process::ExitCode,
};

/// Put the routing engine to the proof, under virtual time.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    worlds: worlds::Options,
    #[command(flatten)]
    exhaustive: exhaustive::Options,
    #[command(flatten)]
    whatif: whatif::Options,
    #[command(flatten)]
    theory: theory::Options,
    #[command(flatten)]
    estimates: estimates::Options,
}

/// What several ways of simulating take.
#[derive(Debug, clap::Args)]
pub(crate) struct Shared {
    /// Everything is drawn from it: the same seed is the same simulation
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Does what the options say, and reports on the terminal.
pub fn run(args: &Args) -> ExitCode {
    let shared = &args.shared;
    let exhaustive = args.exhaustive.run();
    let asked = exhaustive
        .or_else(|| args.whatif.run(shared))
        .or_else(|| args.theory.run(shared))
        .or_else(|| args.estimates.run(shared));
    asked.unwrap_or_else(|| worlds::run(shared, &args.worlds))
}

/// A part of a report. A closed terminal is no reason to stop computing.
fn say(text: impl std::fmt::Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// What is no report: progress, and what went wrong.
fn complain(text: impl std::fmt::Display) {
    let _ = writeln!(stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_option_is_there_twice() {
        <super::Args as clap::Args>::augment_args(clap::Command::new("simulate")).debug_assert();
    }
}
