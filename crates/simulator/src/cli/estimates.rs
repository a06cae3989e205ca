//! What was told of waits beside what came, as a table.

use std::{process::ExitCode, time::Instant};

use super::{
    Shared, complain,
    count::{count, spaced},
    quantities::Duration,
    say,
};
use crate::estimates::{Calibration, World, worlds};

/// Whether the waits that visitors are told come true
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Estimates")]
pub(crate) struct Options {
    /// Estimates beside the waits that followed, in worlds of many kinds, as a table
    #[arg(long)]
    estimates: bool,
    /// How many come into each of these worlds
    #[arg(long, value_parser = count, default_value = "50k", value_name = "N", requires = "estimates")]
    estimated: u64,
}

impl Options {
    /// Whether this is what is to be done; nothing: something else is.
    pub(super) fn run(&self, shared: &Shared) -> Option<ExitCode> {
        self.estimates.then(|| self.table(shared.seed))
    }

    fn table(&self, seed: u64) -> ExitCode {
        let begun = Instant::now();
        say(HEAD);
        for world in worlds() {
            if let Err(refusal) = self.line(&world, seed) {
                complain(format_args!("{}: the engine refuses: {refusal}", world.name));
                return ExitCode::FAILURE;
            }
        }
        say(format_args!(
            "\n{} arrivals in each, seed {seed}, {:.0} s",
            spaced(self.estimated),
            begun.elapsed().as_secs_f64()
        ));
        ExitCode::SUCCESS
    }

    fn line(&self, world: &World, seed: u64) -> Result<(), switchboard_routing::Refusal> {
        let [arriving, later] = world.run(self.estimated, seed)?;
        let shown = |c: &Calibration| {
            let percent = |ms| format!("{:.0} %", 100.0 * c.part(ms));
            format!(
                "{} | {:+.0} % | {} | {} | {} / {}",
                Duration { ms: c.mean_wait_ms },
                100.0 * c.part(c.bias_ms),
                percent(c.error_p50_ms),
                percent(c.error_p90_ms),
                percent(c.hindsight_p50_ms),
                percent(c.hindsight_p90_ms),
            )
        };
        let nulls = 100.0 * arriving.nulls as f64 / arriving.asked as f64;
        let bias_later = 100.0 * later.part(later.bias_ms);
        let name = world.name;
        say(format_args!("| {name} | {} | {nulls:.1} % | {bias_later:+.0} % |", shown(&arriving)));
        Ok(())
    }
}

const HEAD: &str = "\
| agents × room | mean wait | bias | error p50 | p90 | in hindsight | nulls | bias later |
|---|---|---|---|---|---|---|---|";
