//! One seed's world, judged: by the checks that run in it, by the engine's own assertions, and,
//! of a sample of the seeds, by running it again: beside the naive oracle and among others.

use std::panic::{self, AssertUnwindSafe};

use crate::{
    checks::Violation,
    world::{Outcome, Plan, World},
};

/// One seed of so many is looked at more closely: run twice, among other workspaces, and beside
/// the naive oracle.
pub const SAMPLED: u64 = 64;
/// The oracle looks at so many events of a world: it is naive, and takes hundreds of times as
/// long as the core.
pub const FOLLOWED: u64 = 400;

/// What became of a world. Where it broke a promise, so does `Plan` that comes with it.
#[derive(Debug)]
pub struct Judged {
    /// What became of it.
    pub outcome: Outcome,
    /// The plan of the run that is told of.
    pub plan: Plan,
}

/// Judges the world of a plan, closely where its seed is of the sample.
pub fn judge(plan: &Plan) -> Judged {
    match plan.seed.is_multiple_of(SAMPLED) {
        true => closely(plan),
        false => Judged { outcome: guarded(plan), plan: plan.clone() },
    }
}

/// Judges it by everything that there is.
pub fn closely(plan: &Plan) -> Judged {
    let judged = |outcome, plan: &Plan| Judged { outcome, plan: plan.clone() };
    let alone = guarded(plan);
    if alone.violation.is_some() {
        return judged(alone, plan);
    }
    let beside = Plan { oracle: true, events: plan.events.min(FOLLOWED), ..plan.clone() };
    let followed = guarded(&beside);
    if followed.violation.is_some() {
        return judged(followed, &beside);
    }
    let again = guarded(plan);
    if again.digests != alone.digests {
        return judged(differs(alone, "one seed, one world", "the second run was another"), plan);
    }
    let among = Plan { workspaces: 2, events: 2 * plan.events, ..plan.clone() };
    let with_another = guarded(&among);
    if with_another.violation.is_some() {
        return judged(with_another, &among);
    }
    if with_another.digests.first() != alone.digests.first() {
        let what = "with a neighbour it was another";
        return judged(differs(alone, "workspaces do not hear of each other", what), plan);
    }
    judged(alone, plan)
}

fn differs(mut outcome: Outcome, check: &'static str, what: &str) -> Outcome {
    let violation = Violation { check, what: what.into(), position: outcome.events };
    outcome.violation = Some((0, violation));
    outcome
}

/// A world; what the engine asserts is a promise too.
pub fn guarded(plan: &Plan) -> Outcome {
    let mut world = World::default();
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        world = World::new(plan);
        world.run();
    }));
    if let Err(panicked) = ran {
        world.panicked(words(&*panicked));
    }
    world.outcome()
}

/// What a panic says.
pub(crate) fn words(panicked: &(dyn std::any::Any + Send)) -> String {
    let text = panicked.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panicked.downcast_ref::<&str>().copied()).unwrap_or("a panic").into()
}
