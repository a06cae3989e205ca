//! Chores of the repository. `cargo xtask test` is the full gate that every change passes.
//!
//! Owns the list of checks and of the tools they need. Knows nothing of the product: it only runs
//! commands, prints each before it runs, and says at the end how all of them went.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks through the terminal"
)]

mod command;
mod crash;
mod fuzz;
mod gate;
mod need;
mod report;

use std::env;
use std::process::ExitCode;

use command::Command;

/// As it ships, so that its rate is what it says.
const SIMULATE: Command = Command::new(
    "cargo",
    &["run", "--release", "--package", "switchboard-server", "--", "simulate"],
);

const HELP: &str = "\
Usage: cargo xtask <COMMAND>

  test [--no-install]   the full gate: formatting, clippy, all tests, docs, simulated worlds,
                        planted bugs, a hundred kills, fuzzing, dependencies
  simulate [ARGS...]    `switchboard simulate` as it ships: worlds full of faults for as long as
                        you like (--events 1e9), or whatever else it is asked for (--help)
  crash --rounds N [--seed S] [--durability relaxed|strict]
                        the server under load, killed N times at random moments, and watched
  bench [ARGS...]       the criterion benches; ARGS go to `cargo bench`
                        (a baseline: cargo xtask bench -- --save-baseline before)
  fuzz [--seconds N] [TARGET...]
                        every fuzz target, or those named, for N seconds (60) each
  help                  this text

`test` and `fuzz` install the tools that they need and do not find; with
`test --no-install` a missing one is a failure instead.
The daily habit is plain `cargo test`, which needs neither network nor tools.
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["test"] => test(need::Install::Allowed),
        ["test", "--no-install"] => test(need::Install::Forbidden),
        ["bench", rest @ ..] => run_with(&Command::new("cargo", &["bench"]), rest),
        ["simulate", rest @ ..] => run_with(&SIMULATE, rest),
        ["crash", rest @ ..] => match crash::Asked::parse(rest) {
            Some(asked) => ended(asked.run()),
            None => misused(&args),
        },
        ["fuzz", rest @ ..] => match fuzz::Asked::parse(rest) {
            Some(asked) => told(&fuzz::run(&asked, need::Install::Allowed)),
            None => misused(&args),
        },
        [] | ["help" | "--help" | "-h"] => help(),
        other => misused(other),
    }
}

fn test(install: need::Install) -> ExitCode {
    told(&gate::run(install))
}

fn told(report: &report::Report) -> ExitCode {
    print!("\n{report}");
    if report.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_with(command: &Command, rest: &[&str]) -> ExitCode {
    ended(command.run_with(rest))
}

fn ended(outcome: Result<(), command::Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> ExitCode {
    print!("{HELP}");
    ExitCode::SUCCESS
}

fn misused(args: &[&str]) -> ExitCode {
    eprint!("not understood: {}\n\n{HELP}", args.join(" "));
    ExitCode::FAILURE
}
