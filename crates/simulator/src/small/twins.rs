//! Whether two ways to a state with one key go on alike: if they do not, the key leaves out
//! something that matters, and "every order" is not true.

use super::{
    Setting,
    key::Facts,
    world::{Log, Outcome, World},
};
use crate::checks::Violation;

/// Does everything in both, and compares what comes of it: the same keys as often, by whichever
/// deeds, since the conversations of the one may have other numbers in the other.
pub(super) fn go_on_alike(
    setting: &Setting,
    facts: Facts,
    [(one, one_log), (other, other_log)]: [(&World, &mut Log); 2],
) -> Result<(), Violation> {
    let here = futures(setting, facts, one, one_log)?;
    let there = futures(setting, facts, other, other_log)?;
    if here == there {
        return Ok(());
    }
    let what = format!("{here:?} by one way, {there:?} by another");
    Err(Violation { check: "one key, one future", what, position: one.core.position() })
}

/// What can come next, in the order of keys.
fn futures(
    setting: &Setting,
    facts: Facts,
    world: &World,
    log: &mut Log,
) -> Result<Vec<(Outcome, u64)>, Violation> {
    let len = log.len();
    let mut futures = Vec::new();
    for deed in &setting.deeds {
        let after = world.after(setting, *deed, log)?;
        log.truncate(len);
        futures.extend(after.map(|(next, outcome)| (outcome, next.key(facts))));
    }
    futures.sort_unstable();
    Ok(futures)
}
