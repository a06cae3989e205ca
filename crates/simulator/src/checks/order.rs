//! Rule 2: of those whom an agent can take, over all its departments, the highest priority goes
//! first, then who came first.

use switchboard_routing::AssignmentCause;

use super::{Given, Verdict};
use crate::ledger::{Aside, Ledger};

pub(super) fn given(before: &Ledger, given: &Given<'_>) -> Verdict {
    let Some(c) = before.conversation(given.conversation) else { return Ok(()) };
    // Whose return frees the very room that it takes passes nobody.
    let returns = c.returns && c.last_agent == Some(given.agent);
    if given.is_by_name() || given.forced || returns {
        return Ok(());
    }
    if given.cause == Some(AssignmentCause::Reopened) && c.last_agent == Some(given.agent) {
        return Ok(());
    }
    let Some(agent) = before.agent(given.agent) else { return Ok(()) };
    for (number, department) in before.existing_departments() {
        if !agent.is_member(number) {
            continue;
        }
        for (order, other) in &department.line {
            if *order >= c.order() {
                break;
            }
            let free = before.bar(given.agent, *other, Aside::default()).is_none();
            if free && *other != given.conversation {
                let (id, agent) = (given.conversation, given.agent);
                return Err(format!("c{id} goes to a{agent} before c{other}, which came first"));
            }
        }
    }
    Ok(())
}
