//! The full gate: every check, in order, as data.
//!
//! Owns what is checked and how one check depends on another. All of them run, so that one round
//! shows everything that is wrong; only a check whose ground is missing is left out, and says so.

use std::time::Instant;

use crate::command::Command;
use crate::crash;
use crate::fuzz;
use crate::need::{self, CARGO_DENY, Install, NEEDS};
use crate::report::{Outcome, Report};

/// One check.
#[derive(Debug, Clone, Copy)]
struct Step {
    name: &'static str,
    command: Command,
    /// The name of the step or tool without which this one means nothing.
    after: Option<&'static str>,
    /// What a failure of the command means.
    failure: Meaning,
}

/// What a failing command says about the change at hand.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// The change is not good.
    Fault,
    /// Nothing: the machine could not do it, for the reason given.
    Unknown(&'static str),
}

const SIMULATE: Command = Command::new(
    "cargo",
    &["run", "--profile", "proof", "--package", "switchboard-server", "--", "simulate"],
);

const ADVISORY_DATABASE: &str = "advisory database";

const STEPS: &[Step] = &[
    step("formatting", &["fmt", "--all", "--", "--check"]),
    step(
        "clippy",
        &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
    ),
    step("tests", &["test", "--workspace"]),
    Step {
        command: Command::new("cargo", &["doc", "--workspace", "--all-features", "--no-deps"])
            .with_env(&[("RUSTDOCFLAGS", "-D warnings")]),
        ..step("docs", &[])
    },
    simulation("worlds full of faults", &["--events", "20M", "--least", "1000"]),
    simulation("small worlds", &["--exhaustive", "--minutes", "3"]),
    simulation("queueing theory", &["--theory", "--visitors", "300k"]),
    step(
        "planted bugs",
        &[
            "test",
            "--profile",
            "proof",
            "--package",
            "switchboard-simulator",
            "--features",
            "planted",
            "--test",
            "hunt",
            "--test",
            "shrinking",
            "--test",
            "small",
        ],
    ),
    Step {
        command: crash::TEST.with_env(&[("CRASH_ROUNDS", "100")]),
        ..step("killed a hundred times", &[])
    },
    Step {
        after: Some(CARGO_DENY),
        ..step(
            "bans, licences, sources",
            &[
                "deny",
                "--workspace",
                "check",
                "--deny=unmatched-skip",
                "--deny=unnecessary-skip",
                "--deny=unused-wrapper",
                "bans",
                "licenses",
                "sources",
            ],
        )
    },
    Step {
        after: Some(CARGO_DENY),
        failure: Meaning::Unknown("it could not be fetched: is github.com within reach?"),
        ..step(ADVISORY_DATABASE, &["deny", "fetch", "db"])
    },
    Step {
        after: Some(ADVISORY_DATABASE),
        ..step("advisories", &["deny", "--workspace", "check", "advisories"])
    },
];

/// A cargo command that stands alone and has to succeed.
const fn step(name: &'static str, args: &'static [&'static str]) -> Step {
    Step { name, command: Command::new("cargo", args), after: None, failure: Meaning::Fault }
}

/// `switchboard simulate`, which has to succeed.
const fn simulation(name: &'static str, args: &'static [&'static str]) -> Step {
    Step { command: SIMULATE.followed_by(args), ..step(name, &[]) }
}

/// Gets the tools, runs every check, and reports.
pub(crate) fn run(install: Install) -> Report {
    let mut report = Report::default();
    for need in NEEDS {
        let started = Instant::now();
        let outcome = need::ensure(need, install);
        report.add(need.name, outcome, started.elapsed());
    }
    run_steps(STEPS, &mut report);
    report.append(fuzz::run(&fuzz::Asked::all(), install));
    report
}

fn run_steps(steps: &[Step], report: &mut Report) {
    for step in steps {
        let started = Instant::now();
        let outcome = run_step(step, report);
        report.add(step.name, outcome, started.elapsed());
    }
}

fn run_step(step: &Step, so_far: &Report) -> Outcome {
    if let Some(ground) = step.after
        && !so_far.passed(ground)
    {
        return Outcome::NotChecked(format!("without {ground}"));
    }
    match (step.command.run(), step.failure) {
        (Ok(()), _) => Outcome::Passed,
        (Err(failure), Meaning::Fault) => Outcome::Failed(failure.to_string()),
        (Err(_), Meaning::Unknown(why)) => Outcome::NotChecked(why.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Step = Step { command: Command::new("true", &[]), ..step("good", &[]) };
    const BAD: Step = Step { command: Command::new("false", &[]), ..step("bad", &[]) };

    fn report_of(steps: &[Step]) -> Report {
        let mut report = Report::default();
        run_steps(steps, &mut report);
        report
    }

    #[test]
    fn one_failure_fails_the_gate_and_the_rest_still_runs() {
        let report = report_of(&[BAD, GOOD]);
        assert!(!report.is_green());
        assert!(report.passed("good"));
        assert!(report_of(&[GOOD]).is_green());
    }

    #[test]
    fn what_the_machine_cannot_do_is_not_passed() {
        let fetch = Step { failure: Meaning::Unknown("offline"), ..BAD };
        let check = Step { name: "check", after: Some("bad"), ..GOOD };
        let report = report_of(&[fetch, check]);
        assert!(!report.passed("bad"));
        assert!(!report.passed("check"), "checked without its ground");
        assert!(report.is_green(), "an unreachable database is not a fault of the change");
    }

    #[test]
    fn a_check_without_its_tool_does_not_hide_the_failure_of_the_tool() {
        let check = Step { name: "check", after: Some("bad"), ..GOOD };
        assert!(!report_of(&[BAD, check]).is_green());
    }

    #[test]
    fn every_ground_comes_before_what_stands_on_it() {
        for (index, step) in STEPS.iter().enumerate() {
            let Some(ground) = step.after else { continue };
            let earlier = STEPS[..index].iter().map(|step| step.name);
            let mut known = NEEDS.iter().map(|need| need.name).chain(earlier);
            assert!(known.any(|name| name == ground), "{}: {ground} is not there yet", step.name);
        }
    }
}
