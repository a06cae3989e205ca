//! A command as data: what to start, with which arguments and environment.
//!
//! Owns how a command is printed and started; knows nothing of why it is run.

use std::ffi::OsString;
use std::fmt;
use std::process::{self, ExitStatus, Stdio};
use std::{env, io};

/// A command line, fixed when the tool is built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    program: &'static str,
    args: &'static [&'static str],
    /// Those that come after the others.
    more: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be started at all.
    NotStarted(io::Error),
    /// It ran and said no.
    Refused(ExitStatus),
}

impl Command {
    /// A command in the caller's own environment.
    pub(crate) const fn new(program: &'static str, args: &'static [&'static str]) -> Self {
        Self { program, args, more: &[], env: &[] }
    }

    /// The same with further arguments behind its own.
    pub(crate) const fn followed_by(mut self, more: &'static [&'static str]) -> Self {
        self.more = more;
        self
    }

    /// The same with variables set.
    pub(crate) const fn with_env(mut self, env: &'static [(&'static str, &'static str)]) -> Self {
        self.env = env;
        self
    }

    /// Prints the command, runs it in the terminal and waits for it.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        self.run_with(&[])
    }

    /// The same with further arguments, such as the caller's own.
    pub(crate) fn run_with(&self, rest: &[&str]) -> Result<(), Failure> {
        let words: Vec<String> =
            [self.to_string()].into_iter().chain(rest.iter().map(ToString::to_string)).collect();
        println!("\n$ {}", words.join(" "));
        finished(self.process().args(rest).status())
    }

    /// The same with further variables instead.
    pub(crate) fn run_in(&self, env: &[(&str, String)]) -> Result<(), Failure> {
        let words = env.iter().map(|(name, value)| format!("{name}=\"{value}\" "));
        println!("\n$ {}{self}", words.collect::<String>());
        finished(self.process().envs(env.iter().map(|(name, value)| (name, value))).status())
    }

    /// Runs the command unseen, to learn whether it works.
    pub(crate) fn succeeds_quietly(&self) -> bool {
        let silent = self
            .process()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        finished(silent).is_ok()
    }

    fn process(&self) -> process::Command {
        let mut process = process::Command::new(resolved(self.program));
        process.args(self.args).args(self.more).envs(self.env.iter().copied());
        process
    }
}

/// The cargo that started us rather than another one on the path.
fn resolved(program: &str) -> OsString {
    match (program, env::var_os("CARGO")) {
        ("cargo", Some(cargo)) => cargo,
        _ => program.into(),
    }
}

fn finished(status: io::Result<ExitStatus>) -> Result<(), Failure> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Refused(status)),
        Err(error) => Err(Failure::NotStarted(error)),
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.env {
            write!(f, "{name}=\"{value}\" ")?;
        }
        write!(f, "{}", self.program)?;
        self.args.iter().chain(self.more).try_for_each(|arg| write!(f, " {arg}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(error) => write!(f, "could not be started: {error}"),
            Self::Refused(status) => write!(f, "{status}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_printed_as_it_would_be_typed() {
        let command = Command::new("cargo", &["doc", "--no-deps"]).with_env(&[("FLAGS", "-D x")]);
        assert_eq!(command.to_string(), "FLAGS=\"-D x\" cargo doc --no-deps");
    }

    #[test]
    fn tells_success_refusal_and_absence_apart() {
        assert!(Command::new("true", &[]).run().is_ok());
        assert!(matches!(Command::new("false", &[]).run(), Err(Failure::Refused(_))));
        assert!(matches!(
            Command::new("no-such-program-anywhere", &[]).run(),
            Err(Failure::NotStarted(_))
        ));
    }
}
