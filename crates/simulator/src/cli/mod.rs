//! `switchboard simulate`: what it takes, and which of the simulator's rooms does it.
//!
//! Each way of simulating has its options and its report in a file of its own here.

use std::process::ExitCode;

/// Put the routing engine to the proof, under virtual time.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Does what the options say, and reports on the terminal.
pub fn run(_args: &Args) -> ExitCode {
    ExitCode::SUCCESS
}
