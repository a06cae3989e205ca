//! Every order of deeds in a setting, breadth first: whatever is found is found by a shortest way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    Deed, Setting,
    key::Facts,
    twins,
    way::{MOST_STATES, Walker, Ways},
    world::{Outcome, World},
};
use crate::checks::Violation;

/// Whoever waits hears of it after so many states.
const TOLD_EVERY: usize = 256;

/// How closely a setting is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Closeness {
    /// Every order of so many deeds, and none longer.
    pub depth: usize,
    /// One state of so many has the naive oracle beside it, in everything that can be done there.
    pub oracle: usize,
    /// One time of so many that a state is reached again, both ways to it are taken on.
    pub twins: usize,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every order of so many deeds was looked at.
    pub depth: usize,
    /// There are no other states: every order of any length was looked at.
    pub exhausted: bool,
    /// How many states there are, as far as was looked.
    pub states: usize,
    /// How many deeds were done in them, refused ones included.
    pub transitions: u64,
    /// Of these, how many were refused.
    pub refused: u64,
    /// Of these, how many with the oracle beside them.
    pub overseen: u64,
    /// How many pairs of ways to one state were taken on.
    pub twins: u64,
    /// A shortest way to where a promise is broken.
    pub found: Option<Counterexample>,
}

/// A way to where a promise is broken.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// What is done, in order.
    pub deeds: Vec<Deed>,
    /// What is broken then.
    pub violation: Violation,
}

/// Looks at every order of deeds, until all states were seen, the depth is reached, something is
/// found, or `go_on` says no; it is asked now and then with what was looked at so far.
pub fn explore(
    setting: &Setting,
    closeness: Closeness,
    go_on: &mut dyn FnMut(&Report) -> bool,
) -> Report {
    let mut report = Report::default();
    let explorer = guarded(|| Explorer::new(setting, closeness));
    let outcome = explorer.map_err(|violation| Counterexample { deeds: Vec::new(), violation });
    let outcome = outcome.and_then(|mut explorer| explorer.run(&mut report, go_on));
    report.found = outcome.err();
    report
}

struct Explorer<'a> {
    setting: &'a Setting,
    facts: Facts,
    closeness: Closeness,
    ways: Ways,
    walker: Walker,
    /// Goes to the other way of a pair.
    other: Walker,
    again: u64,
}

impl<'a> Explorer<'a> {
    fn new(setting: &'a Setting, closeness: Closeness) -> Result<Self, Violation> {
        let facts = Facts::of(setting);
        let (mut walker, other) = (Walker::new(setting, false)?, Walker::new(setting, false)?);
        let mut ways = Ways::default();
        ways.add(walker.go(setting, &ways, 0)?.key(facts), 0, 0);
        Ok(Self { setting, facts, closeness, ways, walker, other, again: 0 })
    }

    fn run(
        &mut self,
        report: &mut Report,
        go_on: &mut dyn FnMut(&Report) -> bool,
    ) -> Result<(), Counterexample> {
        let (mut state, mut level_ends) = (0, 1);
        while state < self.ways.count() {
            if state == level_ends {
                report.depth += 1;
                level_ends = self.ways.count();
            }
            report.states = self.ways.count();
            let told = state.is_multiple_of(TOLD_EVERY);
            if report.depth >= self.closeness.depth || told && !go_on(report) {
                return Ok(());
            }
            if self.ways.count() > MOST_STATES {
                return Ok(());
            }
            self.expand(state, report)?;
            state += 1;
        }
        (report.states, report.exhausted) = (self.ways.count(), true);
        report.depth += 1;
        Ok(())
    }

    /// Does everything that can be done in a state.
    fn expand(&mut self, state: usize, report: &mut Report) -> Result<(), Counterexample> {
        let world = guarded(|| self.walker.go(self.setting, &self.ways, state));
        let world = world.map_err(|violation| self.at(state, None, violation))?;
        if state.is_multiple_of(self.closeness.oracle) {
            self.oversee(state, report)?;
        }
        let len = self.walker.log.len();
        for (number, deed) in self.setting.deeds.iter().enumerate() {
            let after = self.done(&world, *deed);
            let after = after.map_err(|violation| self.at(state, Some(*deed), violation))?;
            if let Some((next, outcome)) = after {
                report.transitions += 1;
                match outcome {
                    Outcome::Refused => report.refused += 1,
                    Outcome::Done => self.reach(&next, state, number, report)?,
                }
            }
            self.walker.log.truncate(len);
        }
        Ok(())
    }

    fn done(&mut self, world: &World, deed: Deed) -> Result<Option<(World, Outcome)>, Violation> {
        let (setting, log) = (self.setting, &mut self.walker.log);
        guarded(|| world.after(setting, deed, log))
    }

    /// Adds a state that was reached. Where it is known, both ways to it may be taken on.
    fn reach(
        &mut self,
        next: &World,
        from: usize,
        number: usize,
        report: &mut Report,
    ) -> Result<(), Counterexample> {
        let Some(known) = self.ways.add(next.key(self.facts), from, number) else {
            return Ok(());
        };
        self.again += 1;
        if !self.again.is_multiple_of(self.closeness.twins as u64) {
            return Ok(());
        }
        report.twins += 1;
        let (setting, facts) = (self.setting, self.facts);
        let verdict = guarded(|| {
            let twin = self.other.go(setting, &self.ways, known)?;
            let ways = [(next, &mut self.walker.log), (&twin, &mut self.other.log)];
            twins::go_on_alike(setting, facts, ways)
        });
        verdict
            .map_err(|violation| self.at(from, self.setting.deeds.get(number).copied(), violation))
    }

    /// Does everything again with the oracle beside it.
    fn oversee(&mut self, state: usize, report: &mut Report) -> Result<(), Counterexample> {
        let (setting, ways) = (self.setting, &self.ways);
        let beside = guarded(|| {
            let mut walker = Walker::new(setting, true)?;
            Ok((walker.go(setting, ways, state)?, walker.log))
        });
        let (world, mut log) = beside.map_err(|violation| self.at(state, None, violation))?;
        let len = log.len();
        for deed in &self.setting.deeds {
            let after = guarded(|| world.after(setting, *deed, &mut log));
            let after = after.map_err(|violation| self.at(state, Some(*deed), violation))?;
            report.overseen += u64::from(after.is_some());
            log.truncate(len);
        }
        Ok(())
    }

    fn at(&self, state: usize, deed: Option<Deed>, violation: Violation) -> Counterexample {
        let mut deeds = self.ways.deeds(self.setting, state);
        deeds.extend(deed);
        Counterexample { deeds, violation }
    }
}

/// What the engine asserts is a promise too.
fn guarded<T>(run: impl FnOnce() -> Result<T, Violation>) -> Result<T, Violation> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panicked| {
        let text = panicked.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panicked.downcast_ref::<&str>().copied());
        let what = text.unwrap_or("a panic").to_owned();
        Err(Violation { check: "the engine's own assertions", what, position: 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of the first setting, by keys in which all that ever began is long ago.
    #[test]
    fn a_key_that_leaves_out_what_matters_is_found_out() {
        let setting = Setting::all().into_iter().next().unwrap();
        let closeness = Closeness { depth: 6, oracle: usize::MAX, twins: 1 };
        let mut explorer = Explorer::new(&setting, closeness).unwrap();
        explorer.facts.horizon_ms = 0;
        let found = explorer.run(&mut Report::default(), &mut |_| true).unwrap_err();
        assert_eq!(found.violation.check, "one key, one future");
    }
}
