//! What a run came to: what was compared, and what was not as it was shown.

use std::{collections::BTreeMap, fmt, time::Duration};

/// How a promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Something that was acknowledged or shown is not there.
    Lost,
    /// Something was done twice.
    Doubled,
    /// The order is another.
    Disordered,
    /// What is there is not what was shown, or cannot be.
    Untrue,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    /// Which kind.
    pub(crate) fault: Fault,
    /// In which round it was seen.
    pub(crate) round: u32,
    /// What was seen.
    pub(crate) what: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Where it is now.
    pub(crate) round: u32,
    /// How often the server was killed.
    pub(crate) kills: u32,
    /// How often it was killed once more while it started.
    pub(crate) early: u32,
    /// Answers of success that were found to be true.
    pub(crate) acknowledgements: u64,
    /// Pushes, welcomes and answers with a conversation that were found to be true.
    pub(crate) shown: u64,
    /// Sequenced pushes that came, in order.
    pub(crate) pushes: u64,
    /// Conversations that were read again.
    pub(crate) conversations: u64,
    /// Opens that were repeated with their `key`.
    pub(crate) keys: u64,
    /// Requests that were repeated with their `Idempotency-Key`.
    pub(crate) repeated: u64,
    /// Those among them of which no answer had come, but which had been done, and were refused.
    pub(crate) refused_repeats: u64,
    /// Requests on sockets that were repeated with their `ref`.
    pub(crate) references: u64,
    /// Events of the feed that were compared with what it showed before.
    pub(crate) events: u64,
    /// Conversations whose order in the line was compared.
    pub(crate) places: u64,
    /// Departments, agents, workspaces and what agents said that were read again.
    pub(crate) settings: u64,
    /// Tokens and keys that were used again.
    pub(crate) credentials: u64,
    /// Conversations that agents had again when they came back.
    pub(crate) kept: u64,
    /// Sessions that went on.
    pub(crate) resumed: u64,
    /// Sessions that were to go on and began anew.
    pub(crate) anew: u64,
    /// How often the feed told what.
    pub(crate) kinds: BTreeMap<String, u64>,
    /// From each restart until it was ready.
    pub(crate) restarts: Vec<Duration>,
    /// What was wrong.
    pub(crate) violations: Vec<Violation>,
}

impl Report {
    /// Something was wrong.
    pub(crate) fn wrong(&mut self, fault: Fault, what: impl Into<String>) {
        self.violations.push(Violation { fault, round: self.round, what: what.into() });
    }

    /// Something is wrong unless this holds.
    pub(crate) fn hold(&mut self, holds: bool, fault: Fault, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong(fault, what());
        }
    }

    fn count(&self, fault: Fault) -> usize {
        self.violations.iter().filter(|violation| violation.fault == fault).count()
    }

    /// The median and the longest of the restarts.
    fn restart(&self) -> (Duration, Duration) {
        let mut sorted = self.restarts.clone();
        sorted.sort_unstable();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        (median, sorted.last().copied().unwrap_or_default())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, longest) = self.restart();
        for (name, count) in [
            ("killed under load", u64::from(self.kills)),
            ("killed while it started", u64::from(self.early)),
            ("acknowledgements checked", self.acknowledgements),
            ("states shown, checked", self.shown),
            ("sequenced pushes", self.pushes),
            ("conversations read again", self.conversations),
            ("events compared", self.events),
            ("places compared", self.places),
            ("settings read again", self.settings),
            ("credentials used again", self.credentials),
            ("keys repeated", self.keys),
            ("Idempotency-Keys repeated", self.repeated),
            ("  done, repeat refused", self.refused_repeats),
            ("refs repeated", self.references),
            ("kept by who came back", self.kept),
            ("sessions resumed", self.resumed),
            ("sessions begun anew", self.anew),
        ] {
            writeln!(f, "{name:<28}{count:>9}")?;
        }
        writeln!(f, "restart to ready            {median:>9.1?} median, {longest:.1?} at most")?;
        let kinds = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}"));
        writeln!(f, "the feed: {}", kinds.collect::<Vec<_>>().join(", "))?;
        for violation in self.violations.iter().take(SHOWN) {
            let Violation { fault, round, what } = violation;
            writeln!(f, "{fault:?} in round {round}: {what}")?;
        }
        let (lost, doubled) = (self.count(Fault::Lost), self.count(Fault::Doubled));
        let (order, untrue) = (self.count(Fault::Disordered), self.count(Fault::Untrue));
        write!(f, "{lost} lost, {doubled} doubled, {order} out of order, {untrue} untrue")
    }
}

/// So many violations are shown.
const SHOWN: usize = 12;
