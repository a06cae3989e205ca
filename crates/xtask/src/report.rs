//! How the checks went: one line each, and the verdict.
//!
//! Owns the summary. "Not checked" is a third outcome beside passed and failed, and is shouted.

use std::fmt;
use std::time::Duration;

/// What became of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ran and found nothing wrong.
    Passed,
    /// It ran and found something, or should have run and could not.
    Failed(String),
    /// It could not run here, through no fault of the change.
    NotChecked(String),
}

/// All outcomes, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    outcome: Outcome,
    took: Duration,
}

impl Report {
    /// Adds the outcome of one check.
    pub(crate) fn add(&mut self, name: impl Into<String>, outcome: Outcome, took: Duration) {
        self.lines.push(Line { name: name.into(), outcome, took });
    }

    /// Adds all outcomes of another report.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.lines.append(&mut other.lines);
    }

    /// Whether the named check ran and passed.
    pub(crate) fn passed(&self, name: &str) -> bool {
        self.lines.iter().any(|line| line.name == name && line.outcome == Outcome::Passed)
    }

    /// Whether nothing failed.
    pub(crate) fn is_green(&self) -> bool {
        !self.lines.iter().any(|line| matches!(line.outcome, Outcome::Failed(_)))
    }

    fn unchecked(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line.outcome, Outcome::NotChecked(_))).count()
    }

    fn took(&self) -> Duration {
        self.lines.iter().map(|line| line.took).sum()
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "FAILED",
            Self::NotChecked(_) => "NOT CHECKED",
        }
    }

    fn why(&self) -> &str {
        match self {
            Self::Passed => "",
            Self::Failed(why) | Self::NotChecked(why) => why,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        let verdict = if self.is_green() { "passed" } else { "FAILED" };
        write!(f, "\nThe gate {verdict} in {}", in_words(self.took()))?;
        match self.unchecked() {
            0 => writeln!(f, "."),
            1 => writeln!(f, "; 1 item was NOT CHECKED."),
            n => writeln!(f, "; {n} items were NOT CHECKED."),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, word, why) = (&self.name, self.outcome.word(), self.outcome.why());
        let line = format!("{name:<26}{word:<13}{:>9}  {why}", in_words(self.took));
        write!(f, "{}", line.trim_end())
    }
}

fn in_words(took: Duration) -> String {
    match took.as_secs() {
        seconds @ 60.. => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{:.1}s", took.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_not_checked() {
        let mut report = Report::default();
        report.add("tests", Outcome::Passed, Duration::from_secs(62));
        report.add("advisories", Outcome::NotChecked("offline".to_owned()), Duration::ZERO);
        let text = report.to_string();
        assert!(text.contains("tests                     passed          1m 02s\n"), "{text}");
        assert!(text.contains("NOT CHECKED       0.0s  offline"), "{text}");
        assert!(text.ends_with("The gate passed in 1m 02s; 1 item was NOT CHECKED.\n"), "{text}");
    }

    #[test]
    fn says_what_failed() {
        let mut report = Report::default();
        report.add("clippy", Outcome::Failed("exit status: 101".to_owned()), Duration::ZERO);
        let text = report.to_string();
        assert!(text.contains("FAILED            0.0s  exit status: 101"), "{text}");
        assert!(text.contains("The gate FAILED"), "{text}");
        assert!(!report.is_green());
    }
}
