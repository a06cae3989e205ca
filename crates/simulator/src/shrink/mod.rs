//! Of a world that broke a promise, the few steps that do: its history as a short script of the
//! language that the tests of the routing rules are written in
//! (`crates/routing/tests/rules/script.rs`), to be pasted there.
//!
//! What a workspace was asked, when, and where it was taken up again is asked once more of a
//! workspace alone, with the same checks, over and over with less of it, while the same check
//! fails. The store and what went wrong there is not part of that: a failure that needs it does
//! not come about, which is said.

mod fewer;
mod names;
mod replay;
mod script;
mod simpler;
mod step;

use crate::{
    checks::{self, Violation},
    node::Traced,
    world::Plan,
};

use replay::{How, replay};
use step::Step;

/// So many of the last steps are shown of a history that fails with the store alone.
const SHOWN: usize = 40;

/// What a history was shrunk to.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The script, line by line.
    pub script: Vec<String>,
    /// What it breaks; none: it does not without what went wrong in the store, and the script is
    /// only the end of the history.
    pub breaks: Option<Violation>,
    /// How many steps the history had.
    pub of: usize,
}

/// Shrinks what a workspace went through until it broke a promise, for as long as there is
/// `time`.
pub fn shrink(
    plan: &Plan,
    trace: &[Traced],
    broken: &Violation,
    time: &mut dyn FnMut() -> bool,
) -> Shrunk {
    // What is overdue is found once somebody looks what is due.
    let all = [step::steps(trace), vec![Step::Tick]].concat();
    let of = all.len();
    let how = How::of(plan, broken);
    let fails = |steps: &[Step]| replay(steps, how);
    let Some((at, _)) = fails(&all) else {
        let end = all.get(of.saturating_sub(SHOWN)..).unwrap_or_default();
        return Shrunk { script: script::lines(end, false), breaks: None, of };
    };
    let mut steps = all.clone();
    steps.truncate(at + 1);
    let mut still = |steps: &[Step]| time() && fails(steps).is_some();
    loop {
        let before = steps.clone();
        steps = fewer::fewer(steps, &mut still);
        steps = simpler::simpler(steps, &mut still);
        if steps == before {
            break;
        }
    }
    steps = names::shorter(steps, &mut still);
    let breaks = fails(&steps).map(|(_, found)| found);
    let seen = [checks::ORACLE, checks::FOLD, checks::LOG, checks::PRESENCE];
    Shrunk { script: script::lines(&steps, seen.contains(&broken.check)), breaks, of }
}
