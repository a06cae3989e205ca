//! A conversation has one holder, or one who is asked, or neither.

use switchboard_routing::{AssignmentCause, State};

use super::{Given, Verdict};
use crate::ledger::Ledger;

pub(super) fn given(before: &Ledger, given: &Given<'_>) -> Verdict {
    let id = given.conversation;
    let Some(c) = before.conversation(id) else {
        return Err(format!("c{id} is given, and was never opened"));
    };
    if c.department != given.department {
        return Err(format!("c{id} of d{} is given in d{}", c.department, given.department));
    }
    // Only an admin's word takes it out of somebody's hands in one step.
    let may_take = given.cause == Some(AssignmentCause::Assigned);
    if let Some(holder) = c.agent.filter(|_| !may_take) {
        return Err(format!("c{id} is a{holder}'s, and is given to a{}", given.agent));
    }
    if c.agent.is_none() && c.state == State::Assigned {
        return Err(format!("c{id} is assigned to nobody"));
    }
    let asked = c.offer.map(|offer| offer.agent);
    match given.cause {
        Some(AssignmentCause::Accepted) if asked != Some(given.agent) => {
            Err(format!("a{} accepts c{id}, and was not asked", given.agent))
        }
        Some(AssignmentCause::Accepted) => Ok(()),
        _ => asked.map_or(Ok(()), |other| {
            Err(format!("c{id} is given to a{} while a{other} is asked", given.agent))
        }),
    }
}
