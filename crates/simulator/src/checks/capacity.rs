//! Nobody is given more than it may hold, offers and rests included; an admin may insist.

use switchboard_routing::AssignmentCause;

use super::{Given, Verdict};
use crate::ledger::{Aside, Bar, Ledger};

pub(super) fn given(before: &Ledger, given: &Given<'_>) -> Verdict {
    let (id, agent) = (given.conversation, given.agent);
    let accepted = given.cause == Some(AssignmentCause::Accepted);
    let insisted =
        accepted && before.conversation(id).and_then(|c| c.offer).is_some_and(|offer| offer.forced);
    if given.forced || insisted {
        return Ok(());
    }
    match before.bar(agent, id, Aside { capacity: false, cooling: true }) {
        Some(bar @ (Bar::AtCapacity | Bar::AtDepartmentCapacity)) => {
            let load = before.agent(agent).map_or(0, |agent| agent.load);
            Err(format!("c{id} goes to a{agent}, who has {load} already: {bar:?}"))
        }
        _ => Ok(()),
    }
}
