//! The key of a state: two states with the same key go on alike, so that one of them is enough.
//!
//! It is made of the workspace's snapshot, which is all that a workspace is (what is not in it, sets
//! and indices, is rebuilt from it), walked field by field. A field is in the key **as it is**
//! unless `rules.rs` says otherwise, so that a field that comes new makes more keys, and never
//! merges what differs. What is otherwise, and why that is sound:
//!
//! - *Positions* (whose last assignment is longer ago, which offer is older, who came first) are
//!   only ever compared with their own kind. They are replaced by their rank among those that are
//!   there; "never" stays what it is.
//! - *Moments* are replaced by how long ago or ahead they are. What is ahead is exact. What began
//!   longer ago than the longest bound of the policy has had its effect and is only "long ago":
//!   bounds are all compared with a beginning plus a duration.
//! - A moment that no bound of the setting counts from is left out: since when an agent is
//!   present, where nobody is set away for it; since when something waits, where it may do so for
//!   ever; since when a session is lost, which only matters to who resumes it.
//! - *What is only told*, and nothing decided by, is left out: revisions, numbers in the order of
//!   opening, how long was waited, by whom something was said or assigned, the clock of the last
//!   event (all that happens is at the present, which is never before it), the epoch.
//! - *What no deed changes* is left out: the configuration, the policy, names.
//! - *What the strategy does not look at* is left out: whose turn it is is the round's, the last
//!   assignment the ties' of the load, the last activity the idlest one's.
//! - Of the memory of who served a visitor the latest of each visitor is kept, and only as long as
//!   it leads anywhere; the others only wait for being forgotten.
//!
//! Beside the snapshot stand how many conversations were opened, and, where they may come back,
//! those that ended, and what the checks ask the log about returning visitors.
//!
//! Conversations are opened in the order of their numbers, as a server gives ids. Where they differ
//! in nothing else, have no priority, key or visitor that does anything, and nothing is left of
//! them once they end, their numbers are replaced by ranks too: who came first is still first. A
//! lost session is the same as none where nobody signs out: that alone asks for it. Agents are not
//! exchangeable: ties go by id, rounds by joining.
//!
//! That this is sound is not only argued: of states that are reached again by another way some are
//! taken on with each of their histories, and must come to the same keys (`twins.rs`).

mod rules;
mod walk;

use serde::Serialize;
use switchboard_routing::{Conversation, Snapshot};

use super::{AGENTS, Setting};
use crate::ledger::Ledger;
use walk::Walk;

/// What of a setting makes a difference to what a key must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    strategy: switchboard_routing::Strategy,
    pub(super) horizon_ms: u64,
    /// Waiting is bounded, or ends with its visitor.
    waits_end: bool,
    /// Absence or idleness sets away.
    sets_away: bool,
    idles: bool,
    reopens: bool,
    returns: bool,
    signs_out: bool,
    /// Conversations differ in nothing but their numbers.
    alike: bool,
}

impl Facts {
    pub(super) fn of(setting: &Setting) -> Self {
        use super::Deed::{Arrive, Leave, SignOut};
        let any = |which: fn(&super::Deed) -> bool| setting.deeds.iter().any(which);
        let leaves = any(|deed| matches!(deed, Arrive(_) | Leave(_)));
        let (config, policy) = (&setting.config, &setting.policy);
        let equal = setting.priorities.iter().all(|p| setting.priorities.first() == Some(p));
        let lives_on = policy.sticky_ms > 0 || policy.wrap_up_ms > 0 || setting.reopens();
        Self {
            strategy: policy.strategy,
            horizon_ms: setting.horizon_ms(),
            waits_end: leaves || policy.max_wait_ms.is_some(),
            sets_away: config.absent_away_ms.is_some() || config.idle_away_ms.is_some(),
            idles: config.idle_away_ms.is_some(),
            reopens: setting.reopens(),
            returns: policy.sticky_ms > 0,
            signs_out: any(|deed| matches!(deed, SignOut(..))),
            alike: equal && !lives_on && !leaves && !setting.keyed,
        }
    }
}

/// What a key is made of.
pub(super) struct Seen<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) ledger: &'a Ledger,
    pub(super) now: u64,
    pub(super) opened: usize,
    pub(super) ended: &'a [Option<Conversation>],
}

/// The key of a state. Of 64 bits: among ten million states two different ones have the same
/// by accident with a probability of one in 300 000.
pub(super) fn key(facts: Facts, seen: &Seen<'_>) -> u64 {
    let mut walk = Walk::new(facts, seen.now, missed(seen.ledger));
    // The walk takes whatever serde gives it.
    let _ = seen.snapshot.serialize(&mut walk);
    walk.push(seen.opened as u64);
    if facts.reopens {
        for ended in seen.ended {
            let _ = ended.as_ref().map(Past).serialize(&mut walk);
        }
    }
    if facts.returns || facts.reopens {
        for visitor in 0..seen.ended.len() {
            let served = (0..AGENTS).map(|a| u64::from(seen.ledger.served(visitor, a)) << a);
            walk.push(served.sum());
        }
        let returns = |c: usize| seen.ledger.conversation(c).is_some_and(|c| c.returns);
        (0..seen.ended.len()).for_each(|c| walk.push(u64::from(returns(c))));
    }
    walk.finish()
}

/// Agents whose absence counts, as a set: they hold something.
fn missed(ledger: &Ledger) -> u64 {
    let holds = |(number, agent): (usize, &crate::ledger::Agent)| {
        u64::from(agent.held > 0) << number.min(63)
    };
    ledger.active_agents().map(holds).sum()
}

/// A conversation that ended: what of it lives on at a reopening.
struct Past<'a>(&'a Conversation);

impl Serialize for Past<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Conversation { id, department_id, visitor_id, priority, skills, .. } = self.0;
        let Conversation { state, last_agent_id, attended, pauses, key, .. } = self.0;
        let said = (id, department_id, visitor_id, priority, skills);
        (said, state, last_agent_id, attended, pauses, key).serialize(to)
    }
}
