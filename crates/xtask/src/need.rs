//! The tools that the gate takes beside the toolchain itself.
//!
//! Owns what they are, how to tell that one is there and how to get it. A tool that is missing and
//! cannot be had fails the gate: a check is never left out in silence.

use crate::command::Command;
use crate::report::Outcome;

/// Something that has to be on the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// What it is called, here and in the summary.
    pub(crate) name: &'static str,
    /// Succeeds where it is there.
    pub(crate) probe: Command,
    /// Gets it.
    pub(crate) install: Command,
}

/// Whether a missing tool may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Install {
    /// Missing tools are installed.
    Allowed,
    /// A missing tool fails the gate.
    Forbidden,
}

/// `cargo deny`'s name in the summary, which the steps that take it refer to.
pub(crate) const CARGO_DENY: &str = "tool: cargo-deny";

/// All of them. A system package goes here as well, with its package manager as `install`.
pub(crate) const NEEDS: &[Need] = &[
    Need {
        name: "tool: rustfmt",
        probe: Command::new("cargo", &["fmt", "--version"]),
        install: Command::new("rustup", &["component", "add", "rustfmt"]),
    },
    Need {
        name: "tool: clippy",
        probe: Command::new("cargo", &["clippy", "--version"]),
        install: Command::new("rustup", &["component", "add", "clippy"]),
    },
    Need {
        name: CARGO_DENY,
        probe: Command::new("cargo", &["deny", "--version"]),
        install: Command::new("cargo", &["install", "--locked", "cargo-deny@0.20.2"]),
    },
];

/// Looks for a tool and gets it where it is missing and may be had.
pub(crate) fn ensure(need: &Need, install: Install) -> Outcome {
    if need.probe.succeeds_quietly() {
        return Outcome::Passed;
    }
    if install == Install::Forbidden {
        return Outcome::Failed(format!(
            "missing, and not to be installed; get it with: {}",
            need.install
        ));
    }
    println!("\n{} is missing: installing it", need.name);
    if let Err(failure) = need.install.run() {
        return Outcome::Failed(format!("missing; `{}`: {failure}", need.install));
    }
    if need.probe.succeeds_quietly() {
        return Outcome::Passed;
    }
    Outcome::Failed(format!("installed, but `{}` does not work still", need.probe))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESENT: Command = Command::new("true", &[]);
    const ABSENT: Command = Command::new("no-such-program-anywhere", &[]);

    fn outcome(probe: Command, install: Command, may: Install) -> Outcome {
        ensure(&Need { name: "thing", probe, install }, may)
    }

    #[test]
    fn what_is_there_is_not_installed() {
        assert_eq!(outcome(PRESENT, ABSENT, Install::Allowed), Outcome::Passed);
        assert_eq!(outcome(PRESENT, ABSENT, Install::Forbidden), Outcome::Passed);
    }

    #[test]
    fn what_may_not_be_installed_says_how_to_get_it() {
        let Outcome::Failed(why) = outcome(ABSENT, PRESENT, Install::Forbidden) else {
            panic!("a missing tool passed");
        };
        assert!(why.contains("get it with: true"), "{why}");
    }

    #[test]
    fn an_installation_that_fails_or_does_not_help_is_a_failure() {
        assert!(matches!(outcome(ABSENT, ABSENT, Install::Allowed), Outcome::Failed(_)));
        assert!(matches!(outcome(ABSENT, PRESENT, Install::Allowed), Outcome::Failed(_)));
    }
}
