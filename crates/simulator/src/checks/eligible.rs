//! Rule 1: only who is eligible at the moment of the decision is ever offered or assigned
//! anything. Who sleeps is asked, never given to.

use switchboard_routing::AssignmentCause;

use super::{Given, Verdict};
use crate::ledger::{Aside, Ledger};

pub(super) fn given(before: &Ledger, given: &Given<'_>) -> Verdict {
    let (id, agent) = (given.conversation, given.agent);
    let itself = matches!(given.cause, Some(AssignmentCause::Claimed | AssignmentCause::Accepted));
    // Room has a check of its own.
    let aside = Aside { capacity: true, cooling: itself };
    if let Some(bar) = before.bar(agent, id, aside) {
        return Err(format!("c{id} goes to a{agent}, who is not eligible: {bar:?}"));
    }
    let awake = before.agent(agent).is_some_and(crate::ledger::Agent::is_awake);
    if given.cause.is_some() && !awake && !itself {
        return Err(format!("c{id} is given to a{agent}, who sleeps"));
    }
    Ok(())
}
