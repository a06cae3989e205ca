//! Rule 5: an agent is present while it has a session that is live or held, and is said to be so
//! when that changes. Who is present is not online for that: what an agent says is its own.

use std::sync::Arc;

use switchboard_routing::{Availability, Event, Record};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let Event::PresenceChanged { agent_id, present } = &record.event else { return Ok(()) };
    // The session's own event stands before it.
    let is = before.agent(number(agent_id.as_str())).is_some_and(|agent| agent.is_present());
    if is == *present {
        Ok(())
    } else {
        Err(format!("{agent_id} is said to be present: {present}; its sessions say {is}"))
    }
}

/// Whose device comes is online for that no more than before.
pub(super) fn step(records: &[Arc<Record>]) -> Verdict {
    let says_online = |record: &&Arc<Record>| {
        let Event::AvailabilityChanged { availability, .. } = &record.event else { return false };
        *availability == Availability::Online
    };
    let attaches = |record: &Arc<Record>| matches!(record.event, Event::SessionAttached { .. });
    match records.iter().find(says_online).filter(|_| records.iter().any(attaches)) {
        Some(said) => Err(format!("a device came, and {:?}", said.event)),
        None => Ok(()),
    }
}
