//! The binary, killed at random moments under load.
//!
//! Owns how the test is built and told what to do; what it does is the test's
//! (`crates/server/tests/crash/`).

use crate::command::{Command, Failure};

/// Optimised, so that much happens before each death.
pub(crate) const TEST: Command = Command::new(
    "cargo",
    &["test", "--profile", "proof", "--package", "switchboard-server", "--test", "crash"],
)
// One after the other, so that no test counts another's time.
.followed_by(&["--", "--nocapture", "--test-threads=1"]);

/// What is asked for, as variables of the test.
#[derive(Debug, PartialEq)]
pub(crate) struct Asked(Vec<(&'static str, String)>);

impl Asked {
    /// Reads `--rounds N [--seed S] [--durability relaxed|strict]`, in any order.
    pub(crate) fn parse(args: &[&str]) -> Option<Self> {
        let mut variables = Vec::new();
        for pair in args.chunks(2) {
            let [name, value] = pair else { return None };
            let (variable, good) = match *name {
                "--rounds" => ("CRASH_ROUNDS", value.parse::<u32>().is_ok()),
                "--seed" => ("CRASH_SEED", value.parse::<u64>().is_ok()),
                "--durability" => ("CRASH_DURABILITY", matches!(*value, "relaxed" | "strict")),
                _ => return None,
            };
            if !good || variables.iter().any(|(other, _)| *other == variable) {
                return None;
            }
            variables.push((variable, (*value).to_owned()));
        }
        variables.iter().any(|(name, _)| *name == "CRASH_ROUNDS").then_some(Self(variables))
    }

    /// Builds it and runs it.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        TEST.run_in(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_is_asked() {
        let asked = Asked::parse(&["--seed", "7", "--rounds", "9", "--durability", "strict"]);
        let variables =
            [("CRASH_SEED", "7"), ("CRASH_ROUNDS", "9"), ("CRASH_DURABILITY", "strict")];
        let expected = variables.map(|(name, value)| (name, value.to_owned())).to_vec();
        assert_eq!(asked, Some(Asked(expected)));
    }

    #[test]
    fn what_it_does_not_understand_is_told() {
        for args in [
            &[][..],
            &["--rounds"],
            &["--rounds", "many"],
            &["--seed", "7"],
            &["--rounds", "1", "--rounds", "2"],
            &["--rounds", "1", "--durability", "none"],
            &["--rounds", "1", "--loud", "1"],
        ] {
            assert_eq!(Asked::parse(args), None, "{args:?}");
        }
    }
}
